"""The policy (thang đôn đốc): the data that says which moments a directive has and who hears of each."""

import datetime as dt
from collections.abc import Mapping
from typing import Self

from pydantic import Field, ValidationError, field_validator, model_validator

from models.deadline import OfficeHours
from models.directive import Frozen
from models.local_time import TimeOfDay
from models.vocabulary import Audience, Clock, Status, Urgency

RUNNABLE = frozenset({Status.REGISTERED, Status.ASSIGNED, Status.IN_PROGRESS, Status.SUBMITTED, Status.DECLINED})
MORNING = dt.time(8, 0)
"""The time of day of a step that names none."""


class Step(Frozen):
    """One step of a clock.

    Attributes:
        at: working days from the anchor, negative before it; exactly one of `at` and `hours` is given.
        hours: working hours from the anchor instant, for flash directives.
        time: the local time of day of a step in working days.
        to: who hears, as positions.
        level: 0 for a reminder, 1 to 4 for the levels of escalation.
        at_once: whether its mail leaves at once instead of waiting for the morning's digest.
        then_every: repeat for ever, every so many working days (or working hours) after this step.
    """

    at: int | None = Field(default=None, ge=-250, le=1_000)
    hours: float | None = Field(default=None, ge=-2_000, le=8_000)
    time: TimeOfDay = MORNING
    to: tuple[Audience, ...] = Field(min_length=1)
    level: int = Field(default=0, ge=0, le=4)
    at_once: bool = False
    then_every: float | None = Field(default=None, gt=0, le=1_000)

    @model_validator(mode="after")
    def _is_one_kind(self) -> Self:
        if (self.at is None) == (self.hours is None):
            raise ValueError("a step names either `at` (working days) or `hours` (working hours)")
        if self.at is not None and self.then_every is not None and self.then_every != int(self.then_every):
            raise ValueError("`then_every` of a step in working days is a whole number of days")
        if self.then_every is not None and self.offset < 0:
            raise ValueError("a step before its anchor cannot repeat")
        return self

    @property
    def offset(self) -> float:
        """Days or hours from the anchor."""
        return self.hours if self.hours is not None else float(self.at or 0)

    def name(self, repetition: int = 0) -> str:
        """Name the step, or its n-th repetition: `-3`, `0`, `+15`, `+2h`. The name is part of a moment's identity."""
        offset = self.offset + repetition * (self.then_every or 0)
        sign = "+" if offset > 0 else ""
        return f"{sign}{offset:g}h" if self.hours is not None else f"{sign}{offset:g}"


class ClockRule(Frozen):
    """One clock of a ladder: in which states it runs, and its steps."""

    runs_while: frozenset[Status] = Field(alias="while", min_length=1)
    steps: tuple[Step, ...] = Field(min_length=1)

    @field_validator("runs_while")
    @classmethod
    def _clocks_can_run(cls, states: frozenset[Status]) -> frozenset[Status]:
        for state in states - RUNNABLE:
            raise ValueError(f"no clock runs while a directive is {state.value}")
        return states

    @field_validator("steps")
    @classmethod
    def _steps_differ(cls, steps: tuple[Step, ...]) -> tuple[Step, ...]:
        names = [step.name() for step in steps]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"step {name} stands twice")
        return steps


class Ladder(Frozen):
    """All clocks of one urgency."""

    clocks: Mapping[Clock, ClockRule]


class MailHours(Frozen):
    """When e-mail leaves (RULES 22): local times of working days."""

    opening: TimeOfDay = dt.time(7, 0)
    closing: TimeOfDay = dt.time(18, 0)
    digest: TimeOfDay = MORNING

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not self.opening <= self.digest < self.closing:
            raise ValueError("opening ≤ digest < closing does not hold")
        return self


class Policy(Frozen):
    """One version of the office's policy.

    Attributes:
        version: the number under which the database keeps it; 0 for a file not yet in force.
        ladders: by urgency; an urgency that is absent uses the ladder of `normal`.
    """

    name: str = Field(min_length=1, max_length=200)
    version: int = 0
    office: OfficeHours = OfficeHours()
    mail: MailHours = MailHours()
    ladders: Mapping[Urgency, Ladder]

    @field_validator("ladders")
    @classmethod
    def _has_normal(cls, ladders: Mapping[Urgency, Ladder]) -> Mapping[Urgency, Ladder]:
        if Urgency.NORMAL not in ladders:
            raise ValueError("the ladder of urgency `normal` is missing")
        return ladders

    def ladder(self, urgency: Urgency) -> Ladder:
        """The ladder that a directive of this urgency climbs."""
        return self.ladders.get(urgency) or self.ladders[Urgency.NORMAL]


class PolicyPeriod(Frozen):
    """A policy and since when it is in force; the next period's start ends it."""

    policy: Policy
    since: dt.datetime


class PolicyTimeline(Frozen):
    """The versions of the policy, oldest first.

    A moment belongs to the version in force at its planned instant. So a change fires nothing of the past,
    removed steps are silent at once, and what was missed in an outage is judged by what held then (RULES 9, 10).
    """

    periods: tuple[PolicyPeriod, ...] = Field(min_length=1)

    @property
    def current(self) -> Policy:
        """The newest version."""
        return self.periods[-1].policy

    @classmethod
    def of(cls, policy: Policy) -> Self:
        """A timeline on which one policy has always been in force."""
        return cls(periods=(PolicyPeriod(policy=policy, since=dt.datetime.min.replace(tzinfo=dt.UTC)),))


def read_policy(data: object) -> Policy:
    """Read a policy from parsed YAML.

    Raises:
        ValueError: with one line for each fault, naming where it stands.
    """
    try:
        return Policy.model_validate(data)
    except ValidationError as invalid:
        faults = [
            f"{'.'.join(str(part) for part in fault['loc']) or 'policy'}: {fault['msg'].removeprefix('Value error, ')}"
            for fault in invalid.errors()
        ]
        raise ValueError("\n".join(faults)) from invalid
