"""Temporal is restarted every ten seconds while people register, import and act; nothing is lost.

People see progress or one sentence, never a traceback. `make test` restarts it twice, `make proof` nine times.
"""

import datetime as dt
import random
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest
from crowd import Crowd, longest_wait
from crowd_wishes import AGENCIES, deadline_on
from dondoc_command import until
from office_on_trial import OfficeOnTrial, figure, task_timeout
from trial_policy import RULES
from workbooks import a_workbook

pytestmark = [pytest.mark.server, pytest.mark.slow, pytest.mark.timeout(900)]

__all__ = ["figure"]

SEED = random.randrange(10**6)
EVERY = 10.0
"""Seconds between two restarts."""

ISSUED, DUE = dt.date(2026, 11, 25), dt.date(2026, 11, 30)


@dataclass
class Clerks:
    """One imports a file, one registers directives one by one, both by the installed command."""

    office: OfficeOnTrial
    imported: list[subprocess.CompletedProcess[str]] = field(default_factory=list)
    registered: list[subprocess.CompletedProcess[str]] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)

    def import_file(self, rows: int) -> None:
        file = a_workbook(self.office.folder / "tasks.xlsx", [_row(place) for place in range(rows)])
        self.imported.append(self.office.dondoc.run("import", str(file), seconds=600))

    def register(self) -> None:
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


def work_goes_on(
    folder: Path, restarts: int, directives: int, rows: int, dice: random.Random, figure: Callable[..., None]
) -> None:
    """Restart Temporal again and again under a crowd and two clerks, and have everything judged."""
    with OfficeOnTrial(folder, RULES).open() as office:
        office.register(directives, lambda now, place: deadline_on(now, 1 + place % 3))
        crowd = Crowd(office.data, office.folder / "crowd", office.registered, SEED, people=8)
        clerks = Clerks(office)
        working = [threading.Thread(target=clerks.import_file, args=(rows,)), threading.Thread(target=clerks.register)]
        crowd.start()
        for thread in working:
            thread.start()
        for _ in range(restarts):
            time.sleep(EVERY * dice.uniform(0.8, 1.2))
            struck = office.kill("temporal")
            until(partial(office.ready, without=struck), 60)
        clerks.stopping.set()
        for thread in working:
            thread.join()
        crowd.stop()
        office.registered += [code for (code,) in office.ask("SELECT code FROM directive")]

        verdict = office.judged(crowd.logs)

        for told in (*clerks.imported, *clerks.registered):
            people_see_progress_or_one_sentence(told)
        assert f"Đã nhận {rows} dòng" in clerks.imported[0].stdout
        assert office.count("ledger WHERE kind = 'registered'") == directives + rows + len(clerks.registered)
        assert [line for line in crowd.lines if line.told == "failed"] == []
        figure("seed", SEED)
        figure("looked at", verdict)
        figure("registered one by one", len(clerks.registered))
        figure("longest wait of one client, s", f"{longest_wait(crowd.lines):.1f}")


def people_see_progress_or_one_sentence(told: subprocess.CompletedProcess[str]) -> None:
    shown = told.stdout + told.stderr
    assert told.returncode in (0, 1), shown
    assert "Traceback" not in shown, shown
    assert "WARN" not in shown, shown
    if told.returncode == 1:
        assert len(told.stderr.strip().splitlines()) == 1, told.stderr


def test_registering_importing_and_acting_go_on_while_temporal_is_restarted_every_ten_seconds(
    tmp_path: Path, figure: Callable[..., None]
) -> None:
    with task_timeout(8):
        work_goes_on(tmp_path, 2, directives=60, rows=60, dice=random.Random(SEED), figure=figure)


@pytest.mark.proof
def test_an_import_of_1320_goes_on_while_temporal_is_restarted_every_ten_seconds(
    tmp_path: Path, figure: Callable[..., None]
) -> None:
    work_goes_on(tmp_path, 9, directives=100, rows=1320, dice=random.Random(SEED), figure=figure)
