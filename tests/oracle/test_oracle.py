"""The engine's rules beside a second, naive computation of who should have been told what, when.

`DONDOC_ORACLE_LIVES` is how many lives the quick tests live together (5,000); `DONDOC_ORACLE_SEED` makes them other
lives. `make proof` lives 50,000, and makes mistakes on purpose to see that they are noticed.
"""

import ast
import datetime as dt
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from builders import clock_face, day, local
from hypothesis import HealthCheck, Phase, given, seed, settings
from oracle.both import difference, disagreement, history_of, lines_of_engine, lines_of_oracle, moments_of
from oracle.corners import CORNERS
from oracle.lives import FLAVOURS, lives
from oracle.mutations import MISTAKES, NONE
from oracle.naive_calendar import Days
from oracle.naive_rows import Expected
from oracle.naive_script import CalendarChange, PolicyChange, Script, Wish
from oracle.naive_telling import Announced, expected_moments, live
from oracle.offices import ANNOUNCED, POLICIES, the_people
from oracle.through_the_door import FIRST_VERSION, expected_covered, play_through_the_door

from database.engine import open_engine
from models.events import Assigned, MomentReached, Recorded

HERE = Path(__file__).parent
LIVES = int(os.environ.get("DONDOC_ORACLE_LIVES", "5000"))
SEED = int(os.environ.get("DONDOC_ORACLE_SEED", "1"))
PARTS = 2
"""Each flavour is lived in so many tests, so that processes can share them."""
THROUGH_THE_DOOR = 63
LIVES_A_MISTAKE = 2_100
PROOF_SEED = 7_000


def agree_on(flavour: str, number: int, which: int) -> None:
    """Live so many lives of a flavour; the first on which both disagree is shrunk and told."""

    @seed(SEED * 1_000 + which)
    @settings(
        max_examples=number,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(lives(flavour))
    def both(script: Script) -> None:
        problem = disagreement(script)
        assert not problem, problem

    both()


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("flavour", FLAVOURS)
def test_whatever_happens_in_a_life_the_engine_tells_whom_the_oracle_tells_at_the_same_instants(
    flavour: str, part: int
) -> None:
    agree_on(flavour, max(1, LIVES // (len(FLAVOURS) * PARTS)), list(FLAVOURS).index(flavour) * PARTS + part)


@pytest.mark.parametrize("sentence", CORNERS)
def test_in_the_corners_in_which_one_of_them_was_once_wrong_both_agree(sentence: str) -> None:
    assert disagreement(CORNERS[sentence]) == ""


@pytest.mark.proof
@pytest.mark.timeout(0)
@pytest.mark.parametrize("flavour", FLAVOURS)
def test_fifty_thousand_other_lives_agree_too(flavour: str) -> None:
    agree_on(flavour, max(LIVES, 50_000) // len(FLAVOURS), PROOF_SEED + list(FLAVOURS).index(flavour))


# --- The oracle itself -----------------------------------------------------------------------------------------------


def test_the_oracle_shares_no_code_with_the_engine() -> None:
    """Its modules import the standard library, yaml, and each other."""
    modules = sorted(HERE.glob("naive_*.py"))
    own = {f"oracle.{module.stem}" for module in modules}

    imported = {
        name
        for module in modules
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8")))
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }

    assert len(modules) >= 4
    assert {name for name in imported if name.split(".")[0] not in (*sys.stdlib_module_names, "yaml")} <= own


def test_the_naive_calendar_knows_the_swap_of_april_2024() -> None:
    """Monday 29 April 2024 was off, as were the two days of the holiday; Saturday 4 May was worked for it."""
    days, morning = Days(ANNOUNCED), dt.time(8, 0)

    assert clock_face(days.step_in_days(day("2024-04-26", "Friday"), 1, morning)) == "Thu 2024-05-02 08:00"
    assert clock_face(days.step_in_days(day("2024-05-02", "Thursday"), 2, morning)) == "Sat 2024-05-04 08:00"
    assert clock_face(days.step_in_days(day("2024-05-06", "Monday"), -1, morning)) == "Sat 2024-05-04 08:00"
    assert clock_face(days.step_in_hours(local("Fri 2024-05-03 16:00"), 5)) == "Sat 2024-05-04 11:30"


def a_script(*acts: Wish | CalendarChange | PolicyChange, until: str) -> Script:
    """A life of a directive of Sở Y tế, due on Friday 20 March 2026, registered on Monday 2 March at 09:00."""
    registration = {
        "lead_agency": "SYT",
        "deadline": {"day": local("2026-03-20 08:00").date(), "time": None, "qualifier": "by"},
    }
    register = Wish(local("Mon 2026-03-02 09:00"), "register", data=registration)
    return Script(ANNOUNCED, POLICIES[0], the_people(), (register, *acts), (), local(until))


def test_the_oracle_tells_an_ordinary_life_as_the_table_of_clocks_says() -> None:
    """Written by hand, so that the oracle itself is not believed blindly."""
    acts = (
        Wish(local("Tue 2026-03-03 09:30"), "acknowledge", "lead"),
        Wish(local("Thu 2026-03-26 14:00"), "submit", "lead"),
    )

    telling = live(a_script(*acts, until="Tue 2026-04-07 12:00"))

    said = [(row.at, f"{row.moment.clock} {row.moment.step}") for row in telling.rows if row.moment is not None]
    assert [(clock_face(at), step) for at, step in said] == [
        ("Tue 2026-03-03 08:00", "acknowledgement +1"),
        ("Wed 2026-03-11 08:00", "deadline -7"),
        ("Tue 2026-03-17 08:00", "deadline -3"),
        ("Thu 2026-03-19 08:00", "deadline -1"),
        ("Fri 2026-03-20 08:00", "deadline 0"),
        ("Mon 2026-03-23 08:00", "deadline +1"),
        ("Wed 2026-03-25 08:00", "deadline +3"),
        ("Mon 2026-03-30 08:00", "review +2"),
        ("Wed 2026-04-01 08:00", "review +4"),
    ]
    assert [message.person for message in telling.messages if message.level == 1] == ["truong.syt"]
    assert [message.person for message in telling.messages if message.level == 2] == ["chanhvanphong"]


@pytest.mark.proof
@pytest.mark.timeout(900)
@pytest.mark.parametrize("place", range(len(MISTAKES)))
def test_a_mistake_in_the_rules_is_noticed_by_the_oracle(place: int) -> None:
    """Each mistake is made in a copy of models/, in a process of its own; nothing here is touched."""
    command = [sys.executable, str(HERE / "mutations.py"), str(place), str(LIVES_A_MISTAKE)]

    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=900)

    assert ended.returncode == 1, f"{MISTAKES[place]} was not noticed: {ended.stdout}{ended.stderr[-2000:]}"
    assert ended.stdout


@pytest.mark.proof
@pytest.mark.timeout(900)
def test_without_a_mistake_the_same_lives_notice_none() -> None:
    command = [sys.executable, str(HERE / "mutations.py"), str(NONE), str(LIVES_A_MISTAKE)]

    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=900)

    assert (ended.returncode, ended.stdout) == (0, "")


# --- Through the real door -------------------------------------------------------------------------------------------


def expected_from_history(script: Script, rows: tuple[Recorded, ...]) -> list[Expected]:
    """What the oracle expects when it knows only the history, the calendars and the policies."""
    known = dict(script.calendar)
    calendars: list[tuple[dt.datetime | None, Announced]] = [(None, known)]
    policies: list[tuple[dt.datetime | None, Mapping[str, Any]]] = [(None, script.policy)]
    for happening in script.happenings:
        if isinstance(happening, CalendarChange):
            kept = {**known, **happening.days}
            known = {day: worked for day, worked in kept.items() if worked is not None}
            calendars.append((happening.at, known))
        elif isinstance(happening, PolicyChange):
            policies.append((happening.at, happening.policy))
    return expected_moments(history_of(rows), calendars, policies, script.until, script.outages)


@pytest.fixture
def through_the_door(seeded_database: Path, tmp_path: Path) -> Callable[[Script], tuple[Recorded, ...]]:
    """Plays a life through the real door on a database of its own and compares all that it left there."""
    count = 0

    def compare(script: Script) -> tuple[Recorded, ...]:
        nonlocal count
        count += 1
        file = tmp_path / f"{count}.db"
        shutil.copy(seeded_database, file)
        engine = open_engine(f"sqlite:///{file}")
        try:
            rows, messages, covered = play_through_the_door(script, engine)
        finally:
            engine.dispose()
            for left in tmp_path.glob(f"{count}.db*"):
                left.unlink()
        telling = live(script)
        expected, found = lines_of_oracle(telling, FIRST_VERSION), lines_of_engine(rows)
        assert expected == found, "\n".join(difference(expected, found))
        wanted, sent = sorted(map(str, telling.messages)), sorted(map(str, messages))
        assert wanted == sent, "\n".join(difference(wanted, sent))
        assert covered == expected_covered(telling, covered)
        assert expected_from_history(script, rows) == moments_of(rows)
        return rows

    return compare


@pytest.mark.slow
@pytest.mark.parametrize("flavour", FLAVOURS)
def test_through_the_real_door_ledger_and_inbox_hold_what_the_oracle_says(
    flavour: str, through_the_door: Callable[[Script], tuple[Recorded, ...]]
) -> None:
    moments = 0

    @seed(SEED * 1_000 + 500 + list(FLAVOURS).index(flavour))
    @settings(
        max_examples=THROUGH_THE_DOOR // len(FLAVOURS),
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(lives(flavour))
    def both(script: Script) -> None:
        nonlocal moments
        moments += len(moments_of(through_the_door(script)))

    both()
    assert moments > THROUGH_THE_DOOR // len(FLAVOURS), "hardly anything was told"


def test_who_takes_over_in_the_very_instant_of_a_step_hears_of_what_was_escalated_then(
    through_the_door: Callable[[Script], tuple[Recorded, ...]],
) -> None:
    """RULES 13 and 16: the step is told first, so the act that follows knows of it."""
    in_the_same_instant = Wish(local("Mon 2026-03-23 08:00"), "reassign", data={"agency": "SXD"})

    rows = through_the_door(a_script(in_the_same_instant, until="Mon 2026-03-23 12:00"))

    told, assigned = rows[-2].event, rows[-1].event
    assert isinstance(told, MomentReached)
    assert isinstance(assigned, Assigned)
    assert (told.step, told.level, assigned.escalation_level) == ("+1", 1, 1)
