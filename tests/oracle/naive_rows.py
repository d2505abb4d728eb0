"""What the oracle finds, as plain data: moments, rows of the history, messages."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

Key = tuple[str, int, str]
"""Clock, run of the clock, step: what a moment of one directive is, for ever (rule 7)."""


class Expected(NamedTuple):
    """One moment that should have been told."""

    planned_at: dt.datetime
    clock: str
    step: str
    level: int


@dataclass(frozen=True)
class Moment:
    """A step of a run of a clock, perhaps said again and again, and when it is planned (rule 7)."""

    planned_at: dt.datetime
    clock: str
    run: int
    step: str
    level: int
    audiences: tuple[str, ...]
    version: int
    again: bool = False

    @property
    def key(self) -> Key:
        return (self.clock, self.run, self.step)


@dataclass(frozen=True)
class Done:
    """A fact from a history, with the number of its row."""

    at: dt.datetime
    kind: str
    data: Mapping[str, Any]
    number: int


@dataclass(frozen=True)
class Row:
    """A row of the history: a fact, or a moment with all that should be known of it.

    Attributes:
        covered: the steps of the deadline's clock that the notice of an act says it covers.
        escalated: the level that was reached before an act; a new lead hears of it (rule 13).
    """

    number: int
    at: dt.datetime
    kind: str
    moment: Moment | None = None
    outcome: str = ""
    hearers: tuple[tuple[str, str | None], ...] = ()
    vacant: frozenset[str] = frozenset()
    covered: tuple[str, ...] | None = None
    escalated: int = 0


@dataclass(frozen=True)
class Message:
    """One message to one person (rules 3 and 10): what reached him, the level of it all, and for whom he hears.

    Attributes:
        number: the last row of the history that it tells of.
    """

    number: int
    at: dt.datetime
    person: str
    absent: str | None
    level: int
    steps: tuple[tuple[str, str], ...]


@dataclass
class Version:
    """A policy and the instant after which it is in force; the next one ends it."""

    since: dt.datetime
    policy: Mapping[str, Any]
    number: int
