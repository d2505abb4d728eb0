"""Board, list and status: how long a question takes among few directives and among very many."""

import asyncio
import os
import random
import statistics
import subprocess
import sysconfig
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import String, cast, func, insert, literal, select

from bench.bare import STATUS, BareWorkflow
from bench.province import take
from bench.rates import say, side
from bench.sides import Wrong, open_office
from database.engine import reading, writing
from database.figures import Filter
from examples.make import DONE_WORKBOOK, OPEN_WORKBOOK, make_examples
from models.calendar import local_day
from models.tables import DIRECTIVE
from services.asking import board, list_directives, status_of
from services.office import Office

DONDOC = Path(sysconfig.get_path("scripts")) / "dondoc"

FEW = 1_320
COPIES = 50
"""Times that the open and the done directives of the examples stand in the great table: 132,000 in all."""

PAGE = 50
"""Directives of a list that a person sees at once."""

QUESTIONS = 200
"""Times that the status of one directive is asked for, of others each time."""

BOARDS = 20
"""Times that a list or board is asked for."""

CALLS = 3
"""Times that the command is called, which is a process each time."""

ENOUGH_SECONDS, LEAST = 5.0, 3
"""What takes so long in all is not asked more often than a few times."""


@dataclass(frozen=True)
class Read:
    """Seconds of one question, the median of many.

    Attributes:
        board_command: of `dondoc board`, from the start of its process to its end.
    """

    directives: int
    board: float
    page: float
    status: float
    board_command: float
    status_command: float


@dataclass(frozen=True)
class BareRead:
    """Seconds of the nearest thing to a question in bare Temporal: a listing by visibility, a query of a workflow."""

    board: float
    status: float


async def bare_reading(number: int = FEW) -> BareRead:
    """Ask bare Temporal where its workflows stand."""
    async with side("bare") as (_machine, bare):
        await bare.hand_in(number, None)
        await bare.intake()
        dice = random.Random(number)

        async def count() -> None:
            query, statuses = 'WorkflowType = "BareWorkflow"', Counter[object]()
            async for one in bare.client.list_workflows(query, page_size=1000):
                statuses[one.typed_search_attributes.get(STATUS)] += 1
            if statuses.total() != number:
                await asyncio.sleep(0.2)  # what was started last is not visible yet
                await count()

        async def ask() -> None:
            await bare.client.get_workflow_handle(f"bare/{dice.randrange(number)}").query(BareWorkflow.state)

        await count()
        return BareRead(board=await _asked(BOARDS, count), status=await _asked(QUESTIONS, ask))


async def _asked(times: int, question: Callable[[], Awaitable[None]]) -> float:
    taken: list[float] = []
    while _goes_on(taken, times):
        start = time.perf_counter()
        await question()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def _timed(times: int, question: Callable[[], object]) -> float:
    taken: list[float] = []
    while _goes_on(taken, times):
        start = time.perf_counter()
        question()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def _goes_on(taken: list[float], times: int) -> bool:
    """Whether to ask once more: slow questions are asked a few times only."""
    return len(taken) < (times if sum(taken) < ENOUGH_SECONDS else LEAST)


def our_reading(few: int = FEW, copies: int = COPIES, calls: int = CALLS) -> list[Read]:
    """Ask an office of few directives, all open; then of many times as many open ones and as many done ones."""
    with tempfile.TemporaryDirectory(prefix="dondoc-bench-reading-") as made:
        folder = Path(made)
        office = open_office(folder)
        try:
            make_examples(local_day(office.now()), folder, office.reference().calendar)
            take(office, folder / OPEN_WORKBOOK, few)
            found = [_read(office, folder, calls)]
            take(office, folder / DONE_WORKBOOK, few)
            _copy(office, copies)
            return [*found, _read(office, folder, calls)]
        finally:
            office.engine.dispose()


def _copy(office: Office, copies: int) -> None:
    """Copy every snapshot under other codes, in the database itself."""
    names = [column.name for column in DIRECTIVE.columns]
    for number in range(1, copies):
        mark = literal(f"-{number}", String)
        changed = {
            "code": DIRECTIVE.c.code + mark,
            "search": func.lower(DIRECTIVE.c.code + mark) + " " + DIRECTIVE.c.search,
            "fingerprint": DIRECTIVE.c.fingerprint + mark,
            "state": func.json_set(DIRECTIVE.c.state, "$.code", DIRECTIVE.c.code + mark),
        }
        values = [cast(changed[name], String) if name in changed else DIRECTIVE.c[name] for name in names]
        first = DIRECTIVE.c.code.not_like("%-%-%-%")  # the examples' own codes have two hyphens: QN-2026-0001
        with writing(office.engine) as connection:
            connection.execute(insert(DIRECTIVE).from_select(names, select(*values).where(first)))


def _read(office: Office, folder: Path, calls: int) -> Read:
    with reading(office.engine) as connection:
        codes = list(connection.execute(select(DIRECTIVE.c.code)).scalars())
    dice = random.Random(len(codes))

    def ask_board() -> None:
        with reading(office.engine) as connection:
            shown = board(connection, office.now())
        if shown.figures.total != len(codes):
            raise Wrong(f"the board has {shown.figures.total} of {len(codes)}")

    def ask_page() -> None:
        with reading(office.engine) as connection:
            if not list(list_directives(connection, Filter(open_only=True), office.now(), limit=PAGE)):
                raise Wrong("the list is empty")

    def ask_status() -> None:
        with reading(office.engine) as connection:
            status_of(connection, dice.choice(codes), office.now())

    read = Read(
        directives=len(codes),
        board=_timed(BOARDS, ask_board),
        page=_timed(BOARDS, ask_page),
        status=_timed(QUESTIONS, ask_status),
        board_command=_timed(calls, lambda: _call(folder, "board", "--json")),
        status_command=_timed(calls, lambda: _call(folder, "status", dice.choice(codes), "--json")),
    )
    say(f"  {read.directives} directives: board {read.board * 1000:.1f} ms, status {read.status * 1000:.2f} ms")
    return read


def _call(folder: Path, *words: str) -> None:
    words = (*words, "--data", str(folder))
    subprocess.run([DONDOC, *words], env=_without_settings(), stdout=subprocess.DEVNULL, check=True)


def _without_settings() -> dict[str, str]:
    return {name: text for name, text in os.environ.items() if not name.startswith("DONDOC_")}
