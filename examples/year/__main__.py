"""Live a year of an office and prove it: `python -m examples.year [--directives 200] [--year 2026] [--seed 1]`.

Exit codes: 0 each moment was told once and the figures add up; 1 something is not so, with one sentence; 2 usage;
130 interrupted.
"""

import argparse
import asyncio
import contextlib
import datetime as dt
import json
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from database.engine import reading
from database.seed_data import SEED, read_calendar_file
from documents.language import Language
from embedded.failures import EmbeddedFailure
from examples.year.checking import Fault, check, expected_by, the_oracle
from examples.year.engine import MAILS, make_office, running_engine
from examples.year.history import read_history
from examples.year.living import Year, total_ticks
from examples.year.report import Proof, make_report, print_report
from examples.year.script import Script, write_script
from examples.year.words import YearFailed, say
from models.calendar import LOCAL, at
from services.reconciling import reconcile
from services.verifying import verify
from settings import SettingsRefused

DIRECTIVES: Final = 200
QUICK: Final = 25
INTERRUPTED: Final = 130
PLAIN_WIDTH: Final = 140
"""Characters of a line when nobody looks at a terminal."""


class ProgressBar:
    """Shows the virtual date; where nobody looks at a terminal, a line a month."""

    def __init__(self, script: Script, language: Language) -> None:
        self._language = language
        self._month = 0
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[day]}"),
            TextColumn("{task.fields[open_now]}"),
            TimeElapsedColumn(),
            console=Console(file=sys.stderr),
            disable=not sys.stderr.isatty(),
        )
        self._task: TaskID = self._bar.add_task(
            say("Một năm của cơ quan", language), total=total_ticks(script), day="", open_now=""
        )

    def __enter__(self) -> "ProgressBar":
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def tick(self, instant: dt.datetime, open_now: int) -> None:
        """It is that instant, and so many directives are open."""
        day = instant.astimezone(LOCAL)
        words = say("đang mở {open_now}", self._language, open_now=open_now)
        self._bar.update(self._task, advance=1, day=f"{day:%d/%m/%Y}", open_now=words)
        if self._bar.disable and day.month != self._month:
            self._month = day.month
            line = say("{day}: đang mở {open_now} nhiệm vụ", self._language, day=f"{day:%d/%m/%Y}", open_now=open_now)
            sys.stderr.write(line + "\n")


async def live(wanted: "Wanted", folder: Path, scratch: Path) -> tuple[dict[str, Any], list[Fault]]:
    """Live a year in a folder; returns its report and what is wrong with it.

    Raises:
        YearFailed: it cannot be lived to its end.
    """
    started = time.monotonic()
    oracle = the_oracle()
    begins = at(dt.date(wanted.year, 1, 1), dt.time.min)
    office = make_office(folder, begins)
    reference = office.reference()
    policy = (SEED / "policy.yaml").read_text(encoding="utf-8")
    script = write_script(wanted.year, wanted.number, wanted.seed, reference.calendar, reference.directory, policy)
    async with running_engine(folder, scratch, office, begins) as engine:
        with ProgressBar(script, wanted.language) as bar:
            year = Year(engine, script, bar)
            await year.live()
        checked, differences = await reconcile(office, engine.client)
    engine.leave_clock_at(script.ends)
    verified = verify(office)
    with reading(office.engine) as connection:
        history = read_history(connection, folder / MAILS, script.ends)
    expected = expected_by(oracle, history.facts, year.known, history.policies, script.ends)
    faults = check(history, year.months, year.recorded, year.known, expected)
    if verified.broken:
        faults.append(Fault("Nhật ký hỏng {number} dòng.", {"number": len(verified.broken)}))
    if differences:
        faults.append(Fault("Đối chiếu: {number} chỗ khác nhau.", {"number": len(differences)}))
    due = sum(len(moments) for moments in expected.values())
    proof = Proof(faults, due, verified.rows, len(verified.broken), checked, len(differences))
    report = make_report(year, history, office.reference().directory, proof, time.monotonic() - started)
    office.engine.dispose()
    return report, faults


class Wanted(argparse.Namespace):
    """What the command line asks for."""

    year: int
    directives: int | None
    seed: int
    quick: bool
    data: Path | None
    json: Path | None
    lang: str

    @property
    def language(self) -> Language:
        """The language of what is printed."""
        return Language(self.lang)

    @property
    def number(self) -> int:
        """How many directives."""
        return self.directives or (QUICK if self.quick else DIRECTIVES)


def read_arguments(arguments: Sequence[str] | None) -> Wanted:
    """Read the command line; exits with 2 on a wrong one."""
    parser = argparse.ArgumentParser(prog="python -m examples.year", description="Live a year of an office.")
    parser.add_argument("--year", type=int, default=2026, help="with its real calendar (default: 2026)")
    parser.add_argument("--directives", type=_number, default=None, metavar="N", help=f"default: {DIRECTIVES}")
    parser.add_argument("--seed", type=int, default=1, help="another one gives another year (default: 1)")
    parser.add_argument("--quick", action="store_true", help=f"a small year: {QUICK} directives")
    parser.add_argument("--data", type=Path, metavar="DIR", help="keep the office, for `dondoc board --data DIR`")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the report there as JSON as well")
    parser.add_argument("--lang", choices=[one.value for one in Language], default=Language.VI.value)
    return parser.parse_args(arguments, namespace=Wanted())


def _number(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number


def main(arguments: Sequence[str] | None = None) -> int:
    """Live the year that is asked for; returns the exit code."""
    wanted = read_arguments(arguments)
    try:
        _require_what_it_needs(wanted)
        with contextlib.ExitStack() as stack:
            scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="dondoc-year-")))
            folder = (wanted.data or scratch / "office").resolve()
            report, faults = asyncio.run(live(wanted, folder, scratch))
    except KeyboardInterrupt:
        _complain(say("Đã dừng theo yêu cầu.", wanted.language))
        return INTERRUPTED
    except YearFailed as failed:
        return _complain(say(failed.message, wanted.language, **failed.data))
    except (EmbeddedFailure, SettingsRefused, OSError) as failed:
        return _complain(str(failed))
    if wanted.json is not None:
        wanted.json.write_text(json.dumps(report, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    console = Console(highlight=False, width=None if sys.stdout.isatty() else PLAIN_WIDTH)
    print_report(report, console, wanted.language)
    if wanted.data is not None:
        console.print(say("Xem tiếp: dondoc board --data {folder}", wanted.language, folder=folder), soft_wrap=True)
    if faults:
        first = say(faults[0].message, wanted.language, **faults[0].data)
        sentence = "Năm này có {number} chỗ sai. Chỗ đầu tiên: {first}"
        return _complain(say(sentence, wanted.language, number=len(faults), first=first))
    console.print(
        say("Mỗi mốc báo đúng một lần, không sớm, không thiếu; số liệu mỗi tháng khớp nhật ký.", wanted.language)
    )
    return 0


def _require_what_it_needs(wanted: Wanted) -> None:
    """Look for what would be found missing only after minutes."""
    known = sorted({row.day.year for row in read_calendar_file().days})
    if wanted.year not in known:
        years = ", ".join(str(one) for one in known)
        raise YearFailed("Chưa có lịch làm việc của năm {year}; có các năm {years}.", year=wanted.year, years=years)
    if wanted.json is not None and not wanted.json.resolve().parent.is_dir():
        raise YearFailed("Không ghi được {file}: chưa có thư mục đó.", file=wanted.json)


def _complain(sentence: str) -> int:
    sys.stderr.write(sentence + "\n")
    return 1


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # the SDK's threads may crash an interpreter that winds down
