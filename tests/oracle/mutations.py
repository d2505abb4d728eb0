"""Mistakes made on purpose in the real rules, one at a time, to see whether the oracle notices.

Most show in lives that Hypothesis invents; some so seldom that the corners written by hand are lived first.

`python mutations.py PLACE LIVES` copies models/ with the mistake of that place into a temporary folder, lives so many
lives on it, and ends with 1 when the oracle disagrees (the mistake was noticed), 0 when it noticed nothing. At the
place NONE nothing is changed.
"""

import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Mistake:
    """A text of one module of models/ and what stands there instead.

    Attributes:
        rule: the rule of RULES.md that is broken by it.
    """

    rule: int
    module: str
    right: str
    wrong: str


MISTAKES = (
    Mistake(1, "deadline", "return at(last, office.closing_hour) if", "return end_of_day(last) if"),
    Mistake(
        1, "deadline", "return local_day(self.due_at - timedelta(microseconds=1))", "return local_day(self.due_at)"
    ),
    Mistake(3, "calendar", "self._count(ordinal) if count >= 0 else", "self._count(ordinal) if count > 0 else"),
    Mistake(3, "calendar", "self._count(ordinal - 1) + 1\n", "self._count(ordinal)\n"),
    Mistake(
        4,
        "calendar",
        "return row.working if row is not None else",
        "return row.working and day.weekday() < 5 if row else",
    ),
    Mistake(7, "moments", "and moment_key(clock, run.run, name) not in directive.told", ""),
    Mistake(7, "evolution", '"told": (*directive.told, event.key)', '"told": (event.key,)'),
    Mistake(
        7,
        "evolution",
        "return ClockRun(run=row.seq, day=local_day(row.at)",
        "return ClockRun(run=1, day=local_day(row.at)",
    ),
    Mistake(8, "moments", "if _planned(step, 0, run, calendar, pauses) > instant:", "if True:"),
    Mistake(8, "moments", "and not (noted and name in run.covered)", ""),
    Mistake(
        8,
        "evolution",
        '"first_deadline": directive.first_deadline or deadline,\n        "escalation_level": 0,',
        '"first_deadline": directive.first_deadline or deadline,',
    ),
    Mistake(9, "moments", "after = _BEGINNING", "after = period.since"),
    Mistake(
        9,
        "moments",
        "continue  # what this policy said before that act is covered by it, or was told",
        "pass",
    ),
    Mistake(8, "evolution", "tuple(dict.fromkeys((*clocks[clock].covered, *steps)))", "steps"),
    Mistake(9, "moments", "min(now, ends)", "now"),
    Mistake(9, "evolution", 'run.model_copy(update={"since": max(run.since, row.at)})', "run"),
    Mistake(10, "moments", "if moment.at > until:", "if moment.at >= until:"),
    Mistake(
        10,
        "moments",
        "return tuple(sorted(distinct.values(), key=_order))",
        "return tuple(sorted(distinct.values(), key=_order))[-1:]",
    ),
    Mistake(12, "moments", "return Pauses(since=since, out=ended)", "return Pauses(since=since)"),
    Mistake(12, "moments", "UNPAUSED = (Clock.DEADLINE, Clock.IMPOSED_DEADLINE)", "UNPAUSED = (Clock.DEADLINE,)"),
    Mistake(
        12,
        "moments",
        "since = demand.at if clock is Clock.EXPLANATION and demand is not None else run.anchor",
        "since = run.anchor",
    ),
    Mistake(
        12,
        "calendar",
        "first = max(anchor, self._count(_first_day_at(start, at) - 1))",
        "first = max(anchor, self._count(_first_day_at(start, at)))",
    ),
    Mistake(
        12,
        "evolution",
        '"suspensions": _ended(directive, row),\n            }\n        case e.Amended',
        "}\n        case e.Amended",
    ),
    Mistake(
        13,
        "evolution",
        'clocks = _without(clocks, Clock.EXTENSION)\n    if "explanation"',
        'pass\n    if "explanation"',
    ),
    Mistake(13, "life", "lapsed=() if command.agency == directive.lead_agency else _lapsing(directive),", ""),
    Mistake(14, "moments", "return max(run.since, _running_since(directive, rule.runs_while))", "return run.since"),
    Mistake(
        14, "evolution", '"clocks": clocks,\n            }\n        case e.Suspended', "}\n        case e.Suspended"
    ),
    Mistake(15, "evolution", '"clocks": {},\n', ""),
    Mistake(15, "evolution", "if directive.imposed_deadline is not None:  #", "if False:  #"),
    Mistake(19, "audience", "Audience.LEAD_HEAD: Audience.CHIEF_OF_OFFICE,", "Audience.LEAD_HEAD: Audience.CHAIRMAN,"),
    Mistake(19, "audience", "bool(directory.posts_on(person, day))", "True"),
    Mistake(
        20,
        "directory",
        "return current if self._reachable(current) and self.posts_on(current, day) else None",
        "return current",
    ),
    Mistake(20, "directory", "current = absence.deputy", "return absence.deputy"),
    Mistake(
        21,
        "evolution",
        "lead = event.new_agency if directive.lead_agency == event.old_agency else directive.lead_agency",
        "lead = directive.lead_agency",
    ),
    Mistake(
        3,
        "calendar",
        "return instant.astimezone(UTC) if self._is_open(instant) else self._earliest(worked)",
        "return instant.astimezone(UTC)",
    ),
    Mistake(14, "evolution", "if event.agency == directive.lead_agency:\n", "if True:\n"),
)
"""At least one for each rule that decides who is told what, and when."""


NONE = -1
NO_MISTAKE = Mistake(0, "moments", "def due_moments(", "def due_moments(")


def main(place: int, lives: int) -> int:
    """Live on the rules with one mistake; 1 when it was noticed."""
    mistake = NO_MISTAKE if place == NONE else MISTAKES[place]
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(ROOT / "models", Path(folder) / "models", ignore=shutil.ignore_patterns("__pycache__"))
        module = Path(folder) / "models" / f"{mistake.module}.py"
        text = module.read_text(encoding="utf-8")
        if text.count(mistake.right) != 1:
            print(f"models/{mistake.module}.py has {text.count(mistake.right)} times: {mistake.right}")  # noqa: T201
            return 2
        module.write_text(text.replace(mistake.right, mistake.wrong), encoding="utf-8")
        sys.path[:0] = [folder, str(ROOT / "tests"), str(ROOT)]
        return _live(lives)


def _live(lives: int) -> int:
    from hypothesis import HealthCheck, Phase, given, seed, settings
    from oracle.both import disagreement
    from oracle.corners import CORNERS
    from oracle.lives import FLAVOURS
    from oracle.lives import lives as lives_of
    from oracle.naive_script import Script

    for sentence, script in CORNERS.items():
        try:
            problem = disagreement(script)
        except Exception as noticed:  # noqa: BLE001 - as below
            problem = repr(noticed)
        if problem:
            print(f"{sentence}: {problem[:300]}")  # noqa: T201
            return 1
    for flavour in FLAVOURS:

        @seed(17)
        @settings(
            max_examples=max(1, lives // len(FLAVOURS)),
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(lives_of(flavour))
        def both(script: Script) -> None:
            problem = disagreement(script)
            assert not problem, problem

        try:
            both()
        except Exception as noticed:  # noqa: BLE001 - a mistake may also make the rules fail altogether
            print(f"{flavour}: {type(noticed).__name__}: {str(noticed)[:300]}")  # noqa: T201
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2])))
