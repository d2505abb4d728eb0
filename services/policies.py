"""Keeping the policy: checking a file, trying it on what is open, and putting it in force."""

import datetime as dt
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import select

from database.engine import reading, writing
from database.reference import write_policy
from documents.language import N_
from models.calendar import Calendar
from models.directive import Directive
from models.moments import Moment, due_moments
from models.policy import Policy, PolicyPeriod, PolicyTimeline
from models.tables import DIRECTIVE, POLICY_VERSION
from services.audit import note
from services.data_files import FileFault, FileRefused, read_model
from services.keepers import CLOSED, find_keeper, open_directives
from services.office import Office

HORIZON = dt.timedelta(days=30)
"""How far a simulation looks ahead."""


@dataclass(frozen=True)
class PolicyInForce:
    """The newest version, and how it came.

    Attributes:
        since: the instant since which it holds.
        activated_by: the person who put it in force.
        text: as it was written.
    """

    policy: Policy
    since: dt.datetime
    activated_by: str
    text: str = ""


@dataclass(frozen=True)
class PolicyVersion:
    """One version of the policy, as the history has it.

    Attributes:
        since: the instant since which it held.
        text: as it was written.
    """

    version: int
    name: str
    text: str
    since: dt.datetime
    activated_by: str


@dataclass(frozen=True)
class Activation:
    """What putting a policy in force did; `replanned` counts the open directives that the sweep plans anew."""

    version: int
    replanned: int


class Change(StrEnum):
    """How a moment differs under another policy."""

    ADDED = "added"  # only the new policy has it
    REMOVED = "removed"  # only the policy in force has it
    MOVED = "moved"  # at another instant
    OTHER_PEOPLE = "other_people"  # at the same instant to others, or at another level


@dataclass(frozen=True)
class MomentChange:
    """One moment of one directive that would be another one."""

    code: str
    change: Change
    before: Moment | None
    after: Moment | None

    @property
    def moment(self) -> Moment:
        """The moment that it is about, as it would be, or else as it is."""
        found = self.after or self.before
        if found is None:
            raise ValueError(f"{self.code}: a change without a moment")
        return found


@dataclass(frozen=True)
class StepCount:
    """How many moments of one step the coming days hold under the policy in force and under the other one."""

    clock: str
    step: str
    before: int
    after: int


@dataclass(frozen=True)
class Simulation:
    """What another policy would say of the open directives, if nobody acted, compared with the one in force."""

    directives: int
    start: dt.datetime
    until: dt.datetime
    counts: tuple[StepCount, ...]
    changes: tuple[MomentChange, ...]


def check(text: str) -> Policy:
    """Read a policy.

    Raises:
        FileRefused: with every fault and its place.
    """
    return read_model(text, Policy)


def policy_in_force(office: Office) -> PolicyInForce:
    """The policy as it is now."""
    with reading(office.engine) as connection:
        timeline = office.reference(connection).timeline
        kept = connection.execute(
            select(POLICY_VERSION.c.activated_by, POLICY_VERSION.c.text).where(
                POLICY_VERSION.c.version == timeline.current.version
            )
        ).first()
    newest = timeline.periods[-1]
    by, text = (kept.activated_by, kept.text) if kept else ("", "")
    return PolicyInForce(newest.policy, newest.since, by, text)


def policy_versions(office: Office) -> tuple[PolicyVersion, ...]:
    """All versions, the one in force first."""
    with reading(office.engine) as connection:
        rows = connection.execute(select(POLICY_VERSION).order_by(POLICY_VERSION.c.version.desc())).all()
    return tuple(PolicyVersion(row.version, row.name, row.text, row.since, row.activated_by) for row in rows)


def activate(office: Office, text: str, person: str, reason: str = "", seen: int | None = None) -> Activation | None:
    """Put a policy in force from now on, as a new version; None when it says what the one in force says.

    Nothing of the past is fired by it, and steps that it lacks are silent at once (RULES 9).

    Args:
        reason: stands in the audit.
        seen: the version that the person compared with; None when it does not matter.

    Raises:
        FileRefused: it is no policy, or another version came in force since `seen`.
        Refused: he may not.
    """
    policy = check(text)
    now = office.now()
    with writing(office.engine) as connection:
        reference = office.reference(connection)
        actor = find_keeper(reference, person, now)
        current = reference.timeline.current
        if seen is not None and seen != current.version:
            fault = N_("Phiên bản {version} vừa được áp dụng. So lại với phiên bản này rồi mới áp dụng.")
            raise FileRefused((FileFault("", 0, fault, {"version": current.version}),))
        if policy.model_copy(update={"version": current.version}) == current:
            return None
        version = write_policy(connection, text, now, actor.person)
        note(connection, actor.person, "policy.activate", str(version), now, {"name": policy.name, "reason": reason})
        return Activation(version, open_directives(connection))


def simulate(office: Office, text: str) -> Simulation:
    """Say what a policy would say in the coming 30 days, were it put in force now; nothing changes.

    Raises:
        FileRefused: it is no policy.
    """
    policy = check(text)
    now = office.now()
    until = now + HORIZON
    counts: dict[tuple[str, str], list[int]] = {}
    changes: list[MomentChange] = []
    with reading(office.engine) as connection:
        reference = office.reference(connection)
        states = select(DIRECTIVE.c.state).where(DIRECTIVE.c.status.not_in(CLOSED)).order_by(DIRECTIVE.c.code)
        rows = connection.execute(states.execution_options(yield_per=500))
        number = 0
        for (state,) in rows:
            number += 1
            directive = Directive.model_validate_json(state)
            before = _coming(directive, reference.timeline.current, reference.calendar, now, until)
            after = _coming(directive, policy, reference.calendar, now, until)
            for place, moments in enumerate((before, after)):
                for (clock, step), many in Counter((one.clock.value, one.step) for one in moments.values()).items():
                    counts.setdefault((clock, step), [0, 0])[place] += many
            changes += _changes(directive.code, before, after)
    return Simulation(
        directives=number,
        start=now,
        until=until,
        counts=tuple(StepCount(*key, *counts[key]) for key in sorted(counts, key=_in_order)),
        changes=tuple(changes),
    )


def _coming(
    directive: Directive, policy: Policy, calendar: Calendar, now: dt.datetime, until: dt.datetime
) -> dict[str, Moment]:
    """The moments of the coming days by their identity, as if the policy held from now on."""
    timeline = PolicyTimeline(periods=(PolicyPeriod(policy=policy, since=now),))
    return {moment.key: moment for moment in due_moments(directive, timeline, calendar, until)}


def _changes(code: str, before: dict[str, Moment], after: dict[str, Moment]) -> list[MomentChange]:
    found = []
    for key in dict.fromkeys((*before, *after)):
        old, new = before.get(key), after.get(key)
        if old is None or new is None:
            found.append(MomentChange(code, Change.REMOVED if new is None else Change.ADDED, old, new))
        elif old.at != new.at:
            found.append(MomentChange(code, Change.MOVED, old, new))
        elif (set(old.audience), old.level) != (set(new.audience), new.level):
            found.append(MomentChange(code, Change.OTHER_PEOPLE, old, new))
    return sorted(found, key=lambda change: change.moment.at)


def _in_order(key: tuple[str, str]) -> tuple[str, bool, float]:
    clock, step = key
    return clock, step.endswith("h"), float(step.removesuffix("h"))
