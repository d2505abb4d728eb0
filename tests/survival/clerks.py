"""Two clerks of an office on trial, who take directives in by the installed command whatever happens to the machine."""

import contextlib
import datetime as dt
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

from crowd_wishes import AGENCIES
from office_on_trial import OfficeOnTrial
from workbooks import a_workbook

ISSUED, DUE = dt.date(2026, 11, 25), dt.date(2026, 11, 30)


@dataclass
class Clerks:
    """One imports a file, one registers directives one by one, both by the installed command."""

    office: OfficeOnTrial
    rows: int
    imported: list[subprocess.CompletedProcess[str]] = field(default_factory=list)
    registered: list[subprocess.CompletedProcess[str]] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)

    @contextlib.contextmanager
    def working(self) -> Iterator["Clerks"]:
        """Let both work; at the end let them finish what they are at."""
        threads = [threading.Thread(target=self._import), threading.Thread(target=self._register)]
        for thread in threads:
            thread.start()
        try:
            yield self
        finally:
            self.stopping.set()
            for thread in threads:
                thread.join()
        self.office.registered += [code for (code,) in self.office.ask("SELECT code FROM directive")]

    def were_served(self) -> None:
        """Each saw progress or one sentence; every row and every directive is there once."""
        for told in (*self.imported, *self.registered):
            _progress_or_one_sentence(told)
        assert f"Đã nhận {self.rows} dòng" in self.imported[0].stdout
        assert self.registered
        for name, number in (("CLERK-%", len(self.registered)), ("NV-2026-%", self.rows)):
            assert self.office.count("ledger WHERE kind = 'registered' AND directive LIKE ?", name) == number, name

    def _import(self) -> None:
        file = a_workbook(self.office.folder / "tasks.xlsx", [_row(place) for place in range(self.rows)])
        self.imported.append(self.office.dondoc.run("import", str(file), seconds=600))

    def _register(self) -> None:
        while not self.stopping.is_set():
            number = len(self.registered)
            what = ("--code", f"CLERK-{number}", "--content", f"Báo cáo lần {number}", "--deadline", "30/11/2026")
            lead = AGENCIES[number % len(AGENCIES)]
            self.registered.append(self.office.dondoc.run("register", *what, "--lead", lead, seconds=600))


def _row(place: int) -> tuple[object, ...]:
    return (
        f"{place}/UBND-KTTH",
        ISSUED,
        "V/v giải ngân vốn đầu tư công",
        "",
        f"Nhiệm vụ số {place}",
        AGENCIES[place % len(AGENCIES)],
        "",
        DUE,
        "",
    )


def _progress_or_one_sentence(told: subprocess.CompletedProcess[str]) -> None:
    shown = told.stdout + told.stderr
    assert told.returncode in (0, 1), shown
    assert "Traceback" not in shown, shown
    assert "WARN" not in shown, shown
    if told.returncode == 1:
        assert len(told.stderr.strip().splitlines()) == 1, told.stderr
