"""Either store is lost or older than the other, in an office on which people have acted, and is brought back.

`make test` takes 150 directives, `make proof` 1,320, each to be back within a minute.
"""

import asyncio
import datetime as dt
import json
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from checker import Verdict
from crowd import Crowd
from crowd_wishes import OFFICE, deadline_in, deadline_on
from dondoc_command import until
from office_on_trial import OfficeOnTrial, figure
from trial_policy import HOURS_LATER

from services.temporal import connect, handle
from workflows.directive import DirectiveWorkflow

pytestmark = [pytest.mark.server, pytest.mark.slow, pytest.mark.timeout(900)]

__all__ = ["figure"]

NUMBERS = [pytest.param(150, id="150"), pytest.param(1320, id="1320", marks=pytest.mark.proof)]
OPEN = "SELECT code FROM directive WHERE status NOT IN ('completed', 'cancelled')"

ACTING = 4.0
"""Seconds in which a crowd acts."""


class Stores:
    """An office with its crowds; each fault leaves it whole, so one office serves them all."""

    def __init__(self, office: OfficeOnTrial) -> None:
        self.office = office
        self.crowds: list[Crowd] = []
        self.mails_complete = True
        self.notes = office.folder / "notes.log"

    def let_people_act(self, seconds: float = ACTING, alone: str = "") -> None:
        """Let a crowd act on all directives but those whose codes begin with `alone`."""
        folder = self.office.folder / f"crowd{len(self.crowds)}"
        codes = [code for code in self.office.registered if not (alone and code.startswith(alone))]
        crowd = Crowd(self.office.data, folder, codes, 7, hurried=False)
        crowd.start()
        time.sleep(seconds)
        crowd.stop()
        self.crowds.append(crowd)
        self.office.wait_until_settled()

    def say(self, code: str, *words: str) -> None:
        """Give one command by the installed `dondoc`, and note what was told."""
        told = self.office.dondoc.json("do", code, *words)
        line = {"id": told["command_id"], "code": code, "kind": words[0], "told": "done"}
        line |= {"seq": told["seq"], "kinds": told["kinds"]}
        with self.notes.open("a", encoding="utf-8") as notes:
            notes.write(json.dumps(line) + "\n")

    @property
    def logs(self) -> list[Path]:
        return [self.notes, *(log for crowd in self.crowds for log in crowd.logs)]

    def judged(self) -> Verdict:
        return self.office.judged(self.logs, mails_complete=self.mails_complete)

    def open_codes(self) -> list[str]:
        return [code for (code,) in self.office.ask(OPEN)]

    def ledger(self) -> list[tuple[Any, ...]]:
        return self.office.ask(
            "SELECT directive, seq, at, planned_at, kind, command_id, part, data, hash FROM ledger ORDER BY 1, 2"
        )


@pytest.fixture(scope="module", params=NUMBERS)
def stores(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stores]:
    with OfficeOnTrial(tmp_path_factory.mktemp("stores"), HOURS_LATER).open() as office:
        office.register(request.param, lambda now, place: deadline_on(now, 1 + place % 6))
        found = Stores(office)
        found.let_people_act()
        yield found


def plans(stores: Stores) -> dict[str, dt.datetime | None]:
    """The next moment of each open directive, as its living workflow says."""

    async def ask() -> dict[str, dt.datetime | None]:
        client, gate = await connect(stores.office.temporal_address(), "default"), asyncio.Semaphore(24)

        async def of(code: str) -> tuple[str, dt.datetime | None]:
            async with gate:
                state = await handle(client, code).query(DirectiveWorkflow.state)
                return code, state.following.at if state.following else None

        return dict(await asyncio.gather(*(of(code) for code in stores.open_codes())))

    return asyncio.run(ask())


def test_an_empty_temporal_gets_every_open_directive_back_twice_in_a_row_with_its_next_moment_unchanged(
    stores: Stores, figure: Callable[..., None]
) -> None:
    office, before, ledger = stores.office, plans(stores), stores.ledger()
    assert len({at for at in before.values() if at}) > len(before) // 4, "people acted at many instants"

    for time_again in (1, 2):
        office.dondoc.down()
        for file in office.data.glob("temporal.db*"):
            file.unlink()
        office.dondoc.up()
        start = time.monotonic()
        rebuilt = office.dondoc.json("rebuild", "workflows", seconds=600)
        assert rebuilt == {"rebuilt": len(before), "failed": []}
        until(lambda: plans(stores) == before, 120)
        figure(f"rebuilt {len(before)}, time {time_again}, s", f"{time.monotonic() - start:.1f}")

    assert stores.ledger() == ledger
    stores.judged()


def test_an_older_database_gets_every_lost_row_back_from_the_living_temporal(
    stores: Stores, figure: Callable[..., None]
) -> None:
    office = stores.office
    older = office.folder / "older.db"
    copy_database(office.database, older)
    stores.let_people_act()
    office.register(10, lambda now, place: deadline_on(now, 1 + place), f"LATER-{len(office.registered)}")
    stores.let_people_act()
    ledger, stores.mails_complete = stores.ledger(), False
    lost = len(ledger) - sqlite3.connect(older).execute("SELECT count(*) FROM ledger").fetchone()[0]
    assert lost > 40

    copy_database(older, office.database)
    start = time.monotonic()
    found = json.loads(office.dondoc.run("reconcile", "--repair", "--json", seconds=600).stdout)

    figure(f"brought {lost} rows of {len(office.registered)} directives back, s", f"{time.monotonic() - start:.1f}")
    assert [one for one in found["differences"] if not one["mended"]] == []
    assert missing(ledger, stores.ledger()) == []
    stores.judged()


def test_an_older_temporal_folds_in_what_it_lacks_and_tells_no_old_reminder_again(stores: Stores) -> None:
    """Its timers ring again for what was told meanwhile, and the ledger knows better."""
    office, name = stores.office, f"SOON-{len(stores.office.registered)}"
    due = office.now() + dt.timedelta(seconds=30)
    office.register(10, lambda now, _place: deadline_in(now, (due - now).total_seconds()), name)
    older, temporal = office.folder / "older-temporal.db", office.data / "temporal.db"
    copy_database(temporal, older)
    stores.say(f"{name}-0", "amend", "--as", OFFICE, "--deadline", "14 giờ 30 ngày 27/11/2026", "--reason", "Thêm ngày")
    stores.say(f"{name}-1", "cancel", "--as", OFFICE, "--reason", "Không còn cần")
    office.register(5, lambda now, place: deadline_on(now, 1 + place), f"AFTER-{name}")
    stores.let_people_act(alone=name)
    until(lambda: told(office, name) >= 8, 120)
    ledger, before = stores.ledger(), plans(stores)
    office.dondoc.down()
    for file in office.data.glob("temporal.db*"):
        file.unlink()
    shutil.copy(older, temporal)

    office.dondoc.up()
    found = office.dondoc.run("reconcile", "--repair", "--json", seconds=600)

    assert [one for one in json.loads(found.stdout)["differences"] if not one["mended"]] == []
    assert missing(ledger, stores.ledger()) == []
    assert plans(stores) == before
    stores.judged()


def told(office: OfficeOnTrial, name: str) -> int:
    return office.count("ledger WHERE kind = 'moment_reached' AND directive LIKE ?", f"{name}-%")


def copy_database(source: Path, target: Path) -> None:
    """Copy a living SQLite in one instant, over whatever is there."""
    one, other = sqlite3.connect(source, timeout=30), sqlite3.connect(target, timeout=30)
    one.backup(other)
    one.close()
    other.close()


def missing(before: list[tuple[Any, ...]], after: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """The rows that were there and are not, letter by letter."""
    there = set(after)
    return [row[:5] for row in before if row not in there]
