"""Pages over a province's whole ledger: how long each takes while people browse and commands are carried out.

One web process, one worker and one Temporal server beside PostgreSQL, all on this machine with the browsers.
"""

import asyncio
import datetime as dt
import math
import random
import tempfile
import time
import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Final

import httpx2
from sqlalchemy import text
from temporalio.client import Client

from activities.commit import Door
from bench.bare_page import ADDRESS
from bench.browsing import BARE, BOARD, COMMAND, KEPT_OPEN, PASSWORD, Answer, Person, ask_bare
from bench.machine import Machine, running
from bench.postgresql import postgresql
from bench.province import OF_EXAMPLES, settle
from bench.rates import say
from bench.sides import Wrong, until
from bench.workbook import CLERK
from database.engine import reading
from database.migrate import migrate
from database.seed_data import SEED, seed
from documents.intake_workbook import open_intake
from embedded.ports import free
from examples.make import OPEN_WORKBOOK
from models.calendar import local_day
from models.commands import Register
from models.directory import Directory
from models.engine import CommandEnvelope
from models.tokens import TokenScope
from models.vocabulary import Position
from services import accounts, tokens
from services.intake import Intake, Verdict, awaiting_start, start_all
from services.office import Office
from services.registration import read_registration
from services.workbook_import import raw_directive

DIRECTIVES: Final = 132_000
OPEN_SHARE: Final = 10
"""One in so many is open."""

SECONDS: Final = 240.0
WARM_UP: Final = 40.0
"""Seconds before anything counts."""

COMMANDS_A_SECOND: Final = 20.0
BARE_A_SECOND: Final = 5.0

SECRETARIAT: Final = (
    "vanthu",
    "chanhvanphong",
    "theodoi.kinhte",
    "theodoi.vanxa",
    "theodoi.nongnghiep",
    "theodoi.noichinh",
)
LEADERS: Final = ("chutich", "pct.kinhte", "pct.vanxa", "pct.nongnghiep", "pct.noichinh")
AGENCIES: Final = ("STC", "SXD", "SYT", "SNNMT", "SGDDT", "SKHCN", "SCT", "X21025", "X21028")
"""Whose officers browse."""

ACTS: Final[tuple[dict[str, object], ...]] = (
    {"kind": "acknowledge"},
    {"kind": "report_progress", "percent": 30, "text": "Đã xây dựng kế hoạch, phân công các phòng chuyên môn"},
    {"kind": "report_progress", "percent": 60, "text": "Đã tổng hợp báo cáo của các địa phương"},
    {"kind": "report_progress", "percent": 90, "text": "Đang lấy ý kiến các cơ quan liên quan"},
    {"kind": "submit", "text": "Đã hoàn thành, có báo cáo kèm theo", "document": "12/BC-SYT"},
    {"kind": "accept"},
)
"""What is done to one directive, one after another; the last by the secretariat, the others by its lead agency."""

APART: Final = 8.0
"""Seconds between two acts on one directive."""

TRIES: Final = 120
"""Times, a second apart, that a program asks again where it is told to."""

A_TOKEN: Final = 100
"""Commands given with one token: the API lets one give two a second, and 120 at once."""


@dataclass(frozen=True)
class Load:
    """What is asked of the machine.

    Attributes:
        directives: in the ledger; one in `OPEN_SHARE` of them is open.
        seconds: that are measured.
    """

    directives: int = DIRECTIVES
    seconds: float = SECONDS
    warm_up: float = WARM_UP

    @property
    def commands(self) -> int:
        """Commands given in all, in the warm-up as well."""
        return math.ceil((self.seconds + self.warm_up) * COMMANDS_A_SECOND)


@dataclass(frozen=True)
class Paged:
    """What was measured.

    Attributes:
        seconds: of each answer, by kind; `SELECT 1` and `command` among them.
        heaviest: bytes of the largest page, by kind.
        first_board: seconds of the first board that this web process showed, which reads half a year.
        cpu: CPU seconds a second, by process.
        kept: commands that were answered with "kept", not "recorded".
        turned_away: answers "come again in a few seconds" (503), to pages and commands.
    """

    directives: int
    seconds: dict[str, list[float]]
    heaviest: dict[str, int]
    first_board: float
    cpu: dict[str, float]
    pages_a_second: float
    commands_a_second: float
    kept: int
    turned_away: int = 0


@dataclass
class _Commands:
    """The programs that give commands, each with a token."""

    client: httpx2.AsyncClient
    answers: list[Answer] = field(default_factory=list)
    kept: int = 0

    async def give(self, due: Sequence[tuple[str, dict[str, object], str]], begin: float) -> None:
        """Give commands at a steady pace, whatever the answers take.

        Args:
            due: the directive's code, the command and the token, in their order.
            begin: the instant (monotonic) of the first one.
        """
        before: dict[str, asyncio.Task[None]] = {}
        for number, (code, command, token) in enumerate(due):
            await asyncio.sleep(max(0.0, begin + number / COMMANDS_A_SECOND - time.monotonic()))
            before[code] = asyncio.create_task(self._give(code, command, token, before.get(code)))
        await asyncio.gather(*before.values())

    async def _give(self, code: str, command: dict[str, object], token: str, before: asyncio.Task[None] | None) -> None:
        if before is not None:
            await before
        start = time.monotonic()
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": str(uuid.uuid4())}
        turned_away = False
        for _ in range(TRIES):
            answer = await self.client.post(f"/api/v1/directives/{code}/commands", json=command, headers=headers)
            if answer.status_code != httpx2.codes.SERVICE_UNAVAILABLE:
                break
            turned_away = True  # as the answer says: the same once more, with the same key
            await asyncio.sleep(1)
        if answer.status_code not in (httpx2.codes.OK, httpx2.codes.ACCEPTED):
            raise Wrong(f"{command['kind']} of {code} is answered with {answer.status_code}: {answer.text[:300]}")
        self.answers.append(Answer(COMMAND, start, time.monotonic() - start, turned_away=turned_away))
        if answer.status_code == httpx2.codes.ACCEPTED:
            self.kept += 1
            await self._recorded(answer.headers["location"], headers)

    async def _recorded(self, address: str, headers: dict[str, str]) -> None:
        """Wait until a command that was kept is recorded: the next one on its directive follows from it.

        Raises:
            Wrong: it is not.
        """
        told = ""
        for _ in range(TRIES):
            await asyncio.sleep(1)
            answer = await self.client.get(address, headers=headers)
            told = answer.text[:300]
            if answer.status_code == httpx2.codes.OK and answer.json()["outcome"] != "kept":
                break
        if '"recorded"' not in told:
            raise Wrong(f"a command that was kept is not recorded: {told}")


async def paged(load: Load) -> Paged:
    """Fill a PostgreSQL, start everything, let people browse."""
    with tempfile.TemporaryDirectory(prefix="dondoc-bench-pages-") as made, postgresql() as database:
        folder = Path(made)
        url = database.create("dondoc")
        office = Office.at(url)
        try:
            start = time.monotonic()
            migrate(office.engine)
            seed(office.engine, SEED / "quang_ngai.yaml", dt.datetime.now(dt.UTC))
            opened = load.directives // OPEN_SHARE
            await asyncio.to_thread(settle, office, folder, opened, load.directives - opened)
            say(f"  {load.directives} directives in PostgreSQL after {time.monotonic() - start:.0f} s")
            environment = {"DONDOC_DATABASE_URL": url, "DONDOC_DATA_DIR": str(folder)}
            async with running(Machine(folder, ("worker",), environment, database=database)) as (machine, client):
                return await _measured(machine, client, office, load)
        finally:
            office.engine.dispose()


async def _measured(machine: Machine, client: Client, office: Office, load: Load) -> Paged:
    due = await _made_ready(client, office, machine.folder, load)
    address = await _start_web(machine)
    people = _people(office, address)
    limits = httpx2.Limits(max_connections=200, max_keepalive_connections=200, keepalive_expiry=KEPT_OPEN)
    async with httpx2.AsyncClient(base_url=address, timeout=60, trust_env=False, limits=limits) as own:
        for person in people:
            await person.sign_in()
        leader = next(person for person in people if person.code == LEADERS[0])
        await leader.look(BOARD, "/board")
        first_board = leader.answers[-1].seconds
        with office.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            await asyncio.to_thread(connection.execute, text("CHECKPOINT"))
        commands = _Commands(own)
        begin = time.monotonic()
        counted_from, ends_at = begin + load.warm_up, begin + load.warm_up + load.seconds
        say(f"  {len(people)} people browse for {load.warm_up + load.seconds:.0f} s")

        async def watch_cpu() -> dict[str, float]:
            await asyncio.sleep(max(0.0, counted_from - time.monotonic()))
            before = machine.cpu()
            await asyncio.sleep(max(0.0, ends_at - time.monotonic()))
            return {name: (used - before.get(name, 0.0)) / load.seconds for name, used in machine.cpu().items()}

        async with asyncio.TaskGroup() as together:
            watching = together.create_task(watch_cpu())
            together.create_task(commands.give(due, begin))
            bare = together.create_task(ask_bare(own, ADDRESS, BARE_A_SECOND, ends_at))
            for person in people:
                together.create_task(person.browse(ends_at))
    for person in people:
        await person.client.aclose()
    browsed = [answer for person in people for answer in person.answers]
    counted = [one for one in (*browsed, *commands.answers, *bare.result()) if one.asked >= counted_from]
    seconds: dict[str, list[float]] = defaultdict(list)
    heaviest: dict[str, int] = defaultdict(int)
    for one in counted:
        seconds[one.kind].append(one.seconds)
        heaviest[one.kind] = max(heaviest[one.kind], one.size)
    pages = sum(one.kind not in (BARE, COMMAND) for one in counted)
    return Paged(
        directives=load.directives,
        seconds=dict(seconds),
        heaviest=dict(heaviest),
        first_board=first_board,
        cpu=watching.result(),
        pages_a_second=pages / load.seconds,
        commands_a_second=len(seconds[COMMAND]) / load.seconds,
        kept=commands.kept,
        turned_away=sum(one.turned_away for one in counted),
    )


async def _made_ready(
    client: Client, office: Office, folder: Path, load: Load
) -> list[tuple[str, dict[str, object], str]]:
    """Take in by the door as many directives as there will be acted on, and say what is done when, with whose token."""
    number = math.ceil(load.commands / len(ACTS))
    say(f"  {number} directives more that live in Temporal")
    envelopes = await asyncio.to_thread(_register, office, folder / OPEN_WORKBOOK, number)
    await start_all(client, envelopes, 0.0, lambda: None)

    def started() -> bool:
        with reading(office.engine) as connection:
            return awaiting_start(connection) == 0

    await until(started)
    directory = office.reference().directory
    times = sorted(
        (place * len(ACTS) / COMMANDS_A_SECOND + step * APART, place, step)
        for place in range(number)
        for step in range(len(ACTS))
    )
    acting = (
        _deciding(directory, envelopes[place]) if step == len(ACTS) - 1 else _officer(directory, envelopes[place])
        for _, place, step in times
    )
    who = list(islice(acting, load.commands))
    given = await asyncio.to_thread(_tokens, office, who)
    return [
        (envelopes[place].directive, ACTS[step], token) for (_, place, step), token in zip(times, given, strict=False)
    ]


def _register(office: Office, workbook: Path, number: int) -> list[CommandEnvelope]:
    """Take in rows of the examples once more, as tasks of their own."""
    reference, now = office.reference(), office.now()
    intake = Intake(office, Door(office.engine, office.references), reference.directory.actor(CLERK, local_day(now)))
    envelopes: list[CommandEnvelope] = []
    round_ = 0
    while len(envelopes) < number:
        round_ += 1
        with open_intake(workbook) as sheet:
            rows = list(islice(sheet.rows(), min(OF_EXAMPLES, number - len(envelopes))))
        raws = (raw_directive(row) for row in rows)
        raws = (replace(raw, code="", content=f"{raw.content} (đợt {round_})") for raw in raws)
        taken = list(intake.take(read_registration(raw, reference, now, needs_lead=True) for raw in raws))
        envelopes += [one.envelope for one in taken if one.verdict is Verdict.ACCEPTED and one.envelope]
        if len(envelopes) < round_:
            raise Wrong(f"no row was taken: {taken[0]}")
    return envelopes


def _lead(envelope: CommandEnvelope) -> str | None:
    registration = envelope.command
    return registration.lead_agency if isinstance(registration, Register) else None


def _deciding(directory: Directory, envelope: CommandEnvelope) -> str:
    """Who accepts a result: the secretariat, or the chairman where the secretariat's own agency led."""
    own = {post.agency for post in directory.posts if post.person == CLERK}
    return LEADERS[0] if _lead(envelope) in own else CLERK


def _officer(directory: Directory, envelope: CommandEnvelope) -> str:
    """Who acts for the lead agency of a registration."""
    agency = _lead(envelope)
    return next(post.person for post in directory.posts if post.agency == agency and post.position is Position.OFFICER)


def _tokens(office: Office, who: Sequence[str]) -> list[str]:
    """A token for each command, a new one for a person whenever his last was used `A_TOKEN` times."""
    used: dict[str, int] = defaultdict(int)
    present: dict[str, str] = {}
    given = []
    for person in who:
        if used[person] % A_TOKEN == 0:
            _, present[person] = tokens.create(office, person, "bench", [TokenScope.READ, TokenScope.WRITE])
        used[person] += 1
        given.append(present[person])
    return given


def _people(office: Office, address: str) -> list[Person]:
    """The people who browse, with accounts."""
    directory = office.reference().directory
    officers = tuple(
        post.person for post in directory.posts if post.agency in AGENCIES and post.position is Position.OFFICER
    )
    people = (*SECRETARIAT, *LEADERS, *officers)
    for person in people:
        accounts.add(office, person, PASSWORD, must_change=False)
    return [Person(person, address, [], random.Random(person)) for person in people]


async def _start_web(machine: Machine) -> str:
    """Start the web part on a free port; its address, once it answers."""
    port = next(number for number in range(8800, 8999) if free(number))
    address = f"http://127.0.0.1:{port}"
    machine.start("web", "bench.bare_page", DONDOC_WEB_PORT=str(port), DONDOC_PUBLIC_URL=address)
    async with httpx2.AsyncClient(trust_env=False) as client:
        for _ in range(600):
            try:
                if (await client.get(f"{address}{ADDRESS}")).status_code == httpx2.codes.OK:
                    return address
            except httpx2.HTTPError:
                pass
            await asyncio.sleep(0.1)
    raise Wrong("the web part does not answer")
