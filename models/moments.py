"""When the policy wants something said: every reminder and escalation is found here and nowhere else."""

import datetime as dt
from collections.abc import Iterator

from models.calendar import Calendar, at, local_day
from models.directive import ClockRun, Directive, Frozen
from models.events import moment_key
from models.policy import ClockRule, Policy, PolicyTimeline, Step
from models.vocabulary import Audience, Clock, Status

UNPAUSED = (Clock.DEADLINE, Clock.IMPOSED_DEADLINE)
"""Clocks that count to a named day: a suspension takes no time out of them (RULES 12)."""

REPETITIONS_SHOWN = 3
"""How many repetitions of a step that goes on for ever `upcoming` lists."""


class Moment(Frozen):
    """An instant at which the policy wants something said (mốc).

    Attributes:
        at: the planned instant, UTC.
        run: the sequence number of the event that set the clock's anchor.
        step: the step's name within its clock, such as `-3`, `+15` or `+2h`.
        then_every: working days (or hours) after which it repeats; None when it does not.
    """

    at: dt.datetime
    clock: Clock
    run: int
    step: str
    level: int
    audience: tuple[Audience, ...]
    at_once: bool
    then_every: float | None = None
    policy_version: int = 0

    @property
    def key(self) -> str:
        """Its identity within the directive (RULES 7)."""
        return moment_key(self.clock, self.run, self.step)


def next_moment(directive: Directive, policy: Policy, calendar: Calendar, after: dt.datetime) -> Moment | None:
    """Find the first instant later than `after` at which the policy wants something said.

    Steps already past when a clock starts are no moments: the notice of that act covers them. So a directive
    assigned two working days before its deadline has no "-7" and no "-3" of its own.

    Args:
        directive: as it stands.
        policy: the policy in force; steps are working days unless they say hours.
        calendar: the announced days.
        after: an aware instant in UTC, normally that of the event just decided.

    Returns: the moment, its instant in UTC; None when no running clock has a step left.

    Raises:
        ValueError: `after` has no time zone.

    Source: the default ladder, docs/policy.md; rule 8 of the fine rules.
    """
    _require_aware(after)
    firsts = (
        next(_moments(directive, policy, calendar, clock, rule, step, after), None)
        for clock, rule in _running(directive, policy)
        for step in rule.steps
    )
    return min((moment for moment in firsts if moment is not None), key=_order, default=None)


def upcoming(directive: Directive, policy: Policy, calendar: Calendar, after: dt.datetime) -> tuple[Moment, ...]:
    """List every coming moment if nobody acts; a step that repeats for ever is listed a few times.

    Args as in `next_moment`, whose answer is the first of this list.
    """
    _require_aware(after)
    found: list[Moment] = []
    for clock, rule in _running(directive, policy):
        for step in rule.steps:
            most = 1 + REPETITIONS_SHOWN if step.then_every else 1
            moments = _moments(directive, policy, calendar, clock, rule, step, after)
            found += [moment for moment, _ in zip(moments, range(most), strict=False)]
    return tuple(sorted(found, key=_order))


def covered_steps(directive: Directive, policy: Policy, calendar: Calendar, now: dt.datetime) -> tuple[str, ...]:
    """Name the deadline's steps that are past when an act hands the directive out or sets its deadline (RULES 8).

    The notice of that act covers them and says so; they are never told on their own.
    """
    rule = policy.ladder(directive.urgency).clocks.get(Clock.DEADLINE)
    run = directive.clocks.get(Clock.DEADLINE)
    if rule is None or run is None or directive.status not in rule.runs_while:
        return ()
    steps = sorted(rule.steps, key=lambda step: step.offset)
    return tuple(step.name() for step in steps if _planned(step, 0, run, calendar, ()) <= now)


def due_moments(
    directive: Directive, timeline: PolicyTimeline, calendar: Calendar, now: dt.datetime
) -> tuple[Moment, ...]:
    """List the moments that are due and not told yet, in the order of their planned instants.

    More than one when an outage or a changed calendar let several pass; the caller tells them merged (RULES 9, 10).

    Args:
        directive: as it stands.
        timeline: which policy was in force when; a moment belongs to the version of its planned instant.
        calendar: the announced days.
        now: an aware instant in UTC.
    """
    _require_aware(now)
    found: list[Moment] = []
    periods = timeline.periods
    for index, period in enumerate(periods):
        until = min(now, periods[index + 1].since) if index + 1 < len(periods) else now
        if until <= period.since:
            continue
        for clock, rule in _running(directive, period.policy):
            for step in rule.steps:
                for moment in _moments(directive, period.policy, calendar, clock, rule, step, period.since):
                    if moment.at > until:
                        break
                    found.append(moment)
    distinct = {moment.key: moment for moment in sorted(found, key=_order, reverse=True)}
    return tuple(sorted(distinct.values(), key=_order))


def _order(moment: Moment) -> tuple[dt.datetime, int, str]:
    return (moment.at, moment.level, moment.key)


def _running(directive: Directive, policy: Policy) -> Iterator[tuple[Clock, ClockRule]]:
    for clock, rule in policy.ladder(directive.urgency).clocks.items():
        if clock in directive.clocks and directive.status in rule.runs_while:
            yield clock, rule


def _moments(
    directive: Directive,
    policy: Policy,
    calendar: Calendar,
    clock: Clock,
    rule: ClockRule,
    step: Step,
    after: dt.datetime,
) -> Iterator[Moment]:
    """One step's moments later than `after`, in order: one, or without end when the step repeats."""
    run = directive.clocks[clock]
    after = max(after, run.since, _running_since(directive, rule.runs_while))
    pauses = () if clock in UNPAUSED else _pauses(directive)
    repetition = 0 if pauses else _repetitions_before(step, run, calendar, after)
    while True:
        planned = _planned(step, repetition, run, calendar, pauses)
        name = step.name(repetition)
        if planned > after and moment_key(clock, run.run, name) not in directive.told:
            yield Moment(
                at=planned,
                clock=clock,
                run=run.run,
                step=name,
                level=step.level,
                audience=step.to,
                at_once=step.at_once or step.level > 0,
                then_every=step.then_every,
                policy_version=policy.version,
            )
        if step.then_every is None:
            return
        repetition += 1


def _planned(
    step: Step,
    repetition: int,
    run: ClockRun,
    calendar: Calendar,
    pauses: tuple[tuple[dt.datetime, dt.datetime], ...],
) -> dt.datetime:
    offset = step.offset + repetition * (step.then_every or 0)
    if step.hours is not None:
        return calendar.add_working_hours(run.anchor, offset, pauses)
    days = int(offset)
    if days > 0 and pauses:
        return at(calendar.add_with_pauses(run.day, days, step.time, pauses), step.time)
    return at(calendar.add(run.day, days), step.time)


def _repetitions_before(step: Step, run: ClockRun, calendar: Calendar, after: dt.datetime) -> int:
    """A number of repetitions that are surely past, so that years are not counted from the start."""
    if step.then_every is None or after <= run.anchor:
        return 0
    if step.hours is not None:
        passed = calendar.working_hours_between(run.anchor, after)
    else:
        passed = calendar.working_days_between(run.day, local_day(after))
    return max(0, int((passed - step.offset) // step.then_every) - 1)


def _pauses(directive: Directive) -> tuple[tuple[dt.datetime, dt.datetime], ...]:
    return tuple(
        (suspension.start, suspension.end) for suspension in directive.suspensions if suspension.end is not None
    )


def _running_since(directive: Directive, states: frozenset[Status]) -> dt.datetime:
    """Since when, without a break, the directive has been in states in which the clock runs.

    What was planned while the clock stood still is not sent afterwards (RULES 12, 14).
    """
    since = directive.registered_at
    for change in reversed(directive.status_changes):
        if change.status not in states:
            break
        since = change.at
    return since


def _require_aware(instant: dt.datetime) -> None:
    if instant.tzinfo is None:
        raise ValueError(f"{instant} has no time zone")
