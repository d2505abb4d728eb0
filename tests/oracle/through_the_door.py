"""Plays a script through the real door on a real SQLite: ledger, notices and reference data as the office has them."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from oracle.both import CODE, Surroundings, play
from oracle.engine_values import directory_of, policy_text_of, row_of
from oracle.naive_rows import Message
from oracle.naive_script import CalendarChange, PeopleChange, PolicyChange, Script
from oracle.naive_telling import Telling
from sqlalchemy import Engine, select

from activities.commit import Door
from database.engine import reading, writing
from database.ledger import read_rows
from database.reference import remove_calendar_day, write_calendar_days, write_directory, write_policy
from models.engine import CommitRequest, Draft, Outcome
from models.events import Event, Recorded
from models.life import fold
from models.notices import MOMENT, NoticeContent
from models.tables import NOTICE

FIRST_VERSION = 1
"""The number that the database gives to the shipped policy; the oracle counts from 0."""


@dataclass
class Office(Surroundings):
    """What the engine reads lies in the database; whatever changes is written there."""

    engine: Engine

    def change(self, change: CalendarChange | PolicyChange | PeopleChange) -> None:
        super().change(change)
        with writing(self.engine) as connection:
            match change:
                case CalendarChange():
                    for day, working in change.days.items():
                        if working is None:
                            remove_calendar_day(connection, day)
                        else:
                            write_calendar_days(connection, (row_of(day, working=working),))
                case PolicyChange():
                    write_policy(connection, policy_text_of(change.policy), change.at, "quantri")
                case PeopleChange():
                    write_directory(connection, directory_of(change.people))


@dataclass
class Workflow:
    """What the workflow knows: its rows; it asks the door and takes what the door says."""

    door: Door
    rows: list[Recorded] = field(default_factory=list)

    def commit(self, events: tuple[Event, ...], now: dt.datetime) -> dt.datetime | None:
        result = self.door.commit(
            CommitRequest(
                directive=CODE,
                after_seq=self.rows[-1].seq if self.rows else 0,
                after_hash=self.rows[-1].hash if self.rows else "",
                drafts=tuple(
                    Draft(event=event, actor="somebody", command_id=f"command-{len(self.rows)}", part=part)
                    for part, event in enumerate(events)
                ),
                now=now,
            )
        )
        assert result.outcome is Outcome.RECORDED
        assert result.look_again_at is None, "the machine's clock was not to be trusted"
        self.rows += result.rows
        return result.following.at if result.following else None


def play_through_the_door(script: Script, engine: Engine) -> tuple[tuple[Recorded, ...], list[Message], dict[int, Any]]:
    """The script on a migrated database that holds the shipped calendar and policy.

    Returns: the ledger's rows; the messages that the moments caused; by its row, what an act's notices say is covered.
    """
    first = Surroundings.at_first(script)
    office = Office(first.calendar, first.timeline, first.directory, first.announced, engine)
    with writing(engine) as connection:
        write_directory(connection, directory_of(script.people))
    workflow = Workflow(Door(engine))
    play(script, office, workflow.commit, lambda: fold(workflow.rows))
    with reading(engine) as connection:
        rows = read_rows(connection, CODE)
        messages, covered = [], dict[int, Any]()
        for row in connection.execute(select(NOTICE).where(NOTICE.c.directive == CODE).order_by(NOTICE.c.id)):
            content = NoticeContent.model_validate_json(row.content)
            if row.kind != MOMENT:
                covered[row.seq] = content.covered
                continue
            steps = tuple(sorted((step.clock.value, step.step) for step in content.steps))
            messages.append(Message(row.seq, row.at, row.recipient, content.on_behalf_of, row.level, steps))
    return rows, messages, covered


def expected_covered(telling: Telling, said: Mapping[int, Any]) -> dict[int, Any]:
    """What the oracle says of the same acts: nothing is covered where it names nothing."""
    return {row.number: row.covered or () for row in telling.rows if row.number in said}
