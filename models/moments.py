"""When the policy wants something said: every reminder and escalation is found here and nowhere else."""

import datetime as dt
from collections.abc import Iterator

from models.calendar import Calendar, at, local_day
from models.directive import ClockRun, Directive, Frozen
from models.events import Covering, Recorded, moment_key
from models.evolution import evolve
from models.policy import ClockRule, Policy, PolicyTimeline, Step
from models.vocabulary import Audience, Clock, Status

UNPAUSED = (Clock.DEADLINE, Clock.IMPOSED_DEADLINE)
"""Clocks that count to a named day: a suspension takes no time out of them (RULES 12)."""

NAMED_DAYS = (*UNPAUSED, Clock.EXPLANATION)
"""Clocks that may count back from a day: a change of calendar can move their steps to before the act that set them."""

_BEGINNING = dt.datetime.min.replace(tzinfo=dt.UTC)

REPETITIONS_SHOWN = 3
"""How many repetitions of a step that goes on for ever `upcoming` lists."""


class Pauses(Frozen):
    """The working time that a clock has lost (RULES 12).

    Attributes:
        since: the act that set the clock; what was lost is counted from it, also where the clock counts to a later day.
        out: the times in which it stood still.
    """

    since: dt.datetime
    out: tuple[tuple[dt.datetime, dt.datetime], ...] = ()


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
    steps, pauses = sorted(rule.steps, key=lambda step: step.offset), _pauses_of(directive, Clock.DEADLINE)
    return tuple(step.name() for step in steps if _planned(step, 0, run, calendar, pauses) <= now)


def note_covered(before: Directive | None, row: Recorded, policy: Policy, calendar: Calendar) -> Recorded:
    """Note in a row that is about to be recorded which steps its act covers, as the calendar stands (RULES 8, 9).

    The steps of clocks to a named day that this act starts or lets go on and that are past at its instant. So a later
    calendar that moves other steps to before that instant cannot pass for the act's own telling.

    Args:
        before: the directive before the row.
        policy: the policy in force.

    Returns: the row, with the steps noted where its event starts such a clock or lets one go on.
    """
    if before is None or not isinstance(row.event, Covering):
        return row
    after = evolve(before, row)
    covered = {
        clock: _names_until(row.at, rule, after, clock, calendar)
        for clock, rule in _running(after, policy)
        if clock in NAMED_DAYS and _floor(after, after.clocks[clock], rule) == row.at
    }
    if not covered:
        return row
    return row.model_copy(update={"event": row.event.model_copy(update={"covered": covered})})


def _names_until(
    instant: dt.datetime, rule: ClockRule, directive: Directive, clock: Clock, calendar: Calendar
) -> tuple[str, ...]:
    """The steps planned by an instant, in order; of one that repeats only the last."""
    run, pauses = directive.clocks[clock], _pauses_of(directive, clock)
    names = []
    for step in sorted(rule.steps, key=lambda step: step.offset):
        if _planned(step, 0, run, calendar, pauses) > instant:
            continue
        last = 0 if pauses.out else _repetitions_before(step, run, calendar, instant)
        while step.then_every and _planned(step, last + 1, run, calendar, pauses) <= instant:
            last += 1
        names.append(step.name(last))
    return tuple(names)


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
        ends = periods[index + 1].since if index + 1 < len(periods) else None
        until = now if ends is None else min(now, ends)
        if until <= period.since:
            continue
        for clock, rule in _running(directive, period.policy):
            after = period.since
            noted_at = _noted_at(directive, directive.clocks[clock], rule)
            if noted_at is not None and ends is not None and ends <= noted_at:
                continue  # what this policy said before that act is covered by it, or was told
            if noted_at is not None and period.since <= noted_at:
                after = _BEGINNING  # of that act's ladder nothing is past but what it noted
            for step in rule.steps:
                for moment in _moments(directive, period.policy, calendar, clock, rule, step, after):
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
    noted = _noted_at(directive, run, rule) is not None
    if not noted:
        after = max(after, _floor(directive, run, rule))
    pauses = _pauses_of(directive, clock)
    repetition = _repetitions_covered(step, run) if noted else 0
    if not pauses.out:
        repetition = max(repetition, _repetitions_before(step, run, calendar, after))
    while True:
        planned = _planned(step, repetition, run, calendar, pauses)
        name = step.name(repetition)
        if (
            planned > after
            and moment_key(clock, run.run, name) not in directive.told
            and not (noted and name in run.covered)
        ):
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


def _planned(step: Step, repetition: int, run: ClockRun, calendar: Calendar, pauses: Pauses) -> dt.datetime:
    """The instant of a step, without what lies in the pauses."""
    offset = step.offset + repetition * (step.then_every or 0)
    if step.hours is not None:
        planned = calendar.add_working_hours(run.anchor, offset)
        if not pauses.out or planned <= pauses.since:
            return planned
        hours = calendar.working_hours_between(pauses.since, planned)
        return calendar.add_working_hours(pauses.since, hours, pauses.out)
    day = calendar.add(run.day, int(offset))
    if pauses.out:
        set_on = local_day(pauses.since)
        days = calendar.working_days_between(set_on, day)
        if days > 0:
            day = calendar.add_with_pauses(set_on, days, step.time, pauses.out)
    return at(day, step.time)


def _repetitions_before(step: Step, run: ClockRun, calendar: Calendar, after: dt.datetime) -> int:
    """A number of repetitions that are surely past, so that years are not counted from the start."""
    if step.then_every is None or after <= run.anchor:
        return 0
    if step.hours is not None:
        passed = calendar.working_hours_between(run.anchor, after)
    else:
        passed = calendar.working_days_between(run.day, local_day(after))
    return max(0, int((passed - step.offset) // step.then_every) - 1)


def _repetitions_covered(step: Step, run: ClockRun) -> int:
    """How many repetitions of a step lie before the last that an act covered."""
    if step.then_every is None:
        return 0
    names = frozenset(run.covered)
    offsets = [float(name.rstrip("h")) for name in names if name.endswith("h") == (step.hours is not None)]
    repetitions = [(offset - step.offset) / step.then_every for offset in offsets]
    return int(max((one for one in repetitions if one >= 0 and one.is_integer()), default=0))


def _pauses_of(directive: Directive, clock: Clock) -> Pauses:
    """The times taken out of a clock: all suspensions that ended; none where the day was named by who resumed it."""
    run, demand = directive.clocks[clock], directive.explanation
    since = demand.at if clock is Clock.EXPLANATION and demand is not None else run.anchor
    if clock in UNPAUSED:
        return Pauses(since=since)
    ended = tuple((pause.start, pause.end) for pause in directive.suspensions if pause.end is not None)
    return Pauses(since=since, out=ended)


def _floor(directive: Directive, run: ClockRun, rule: ClockRule) -> dt.datetime:
    """Up to which instant steps are no moments: the act that set the clock, or the last that let it go on."""
    return max(run.since, _running_since(directive, rule.runs_while))


def _noted_at(directive: Directive, run: ClockRun, rule: ClockRule) -> dt.datetime | None:
    """When it was noted which steps are covered; None when the clock was set or let go on since without a note."""
    noted_at = run.covered_at
    return noted_at if noted_at is not None and noted_at >= _floor(directive, run, rule) else None


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
