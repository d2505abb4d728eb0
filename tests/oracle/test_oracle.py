"""The engine's rules beside a second, naive computation of who should have been told what, when.

`DONDOC_ORACLE_LIVES` is how many lives the quick tests live together (5,000); `DONDOC_ORACLE_SEED` makes them other
lives. `make proof` lives 50,000.
"""

import ast
import datetime as dt
import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from builders import a_registration, local
from hypothesis import HealthCheck, Phase, given, seed, settings
from oracle.both import CODE, difference, disagreement, lines_of_engine, lines_of_oracle
from oracle.lives import ANNOUNCED, FLAVOURS, POLICIES, lives
from oracle.naive_life import Script
from oracle.naive_telling import expected_moments, live
from oracle.through_the_door import FIRST_VERSION, expected_covered, play_through_the_door

from database.engine import open_engine

HERE = Path(__file__).parent
LIVES = int(os.environ.get("DONDOC_ORACLE_LIVES", "5000"))
SEED = int(os.environ.get("DONDOC_ORACLE_SEED", "1"))
PARTS = 2
"""Each flavour is lived in so many tests, so that processes can share them."""
THROUGH_THE_DOOR = 60
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


@pytest.mark.proof
@pytest.mark.timeout(0)
@pytest.mark.parametrize("flavour", FLAVOURS)
def test_fifty_thousand_other_lives_agree_too(flavour: str) -> None:
    agree_on(flavour, max(1, max(LIVES, 50_000) // len(FLAVOURS)), PROOF_SEED + list(FLAVOURS).index(flavour))


# --- Through the real door -------------------------------------------------------------------------------------------


@pytest.fixture
def through_the_door(seeded_database: Path, tmp_path: Path) -> Callable[[Script], str]:
    """Plays a life through the real door on a database of its own; what the oracle says differently, or nothing."""
    count = 0

    def compare(script: Script) -> str:
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
        if expected != found:
            return "\n".join(difference(expected, found))
        wanted, sent = sorted(map(str, telling.messages)), sorted(map(str, messages))
        if wanted != sent:
            return "\n".join(difference(wanted, sent))
        if covered != expected_covered(telling, covered):
            return f"covered: {covered}, the oracle says {expected_covered(telling, covered)}"
        return ""

    return compare


@pytest.mark.slow
@pytest.mark.parametrize("flavour", FLAVOURS)
def test_through_the_real_door_ledger_and_inbox_hold_what_the_oracle_says(
    flavour: str, through_the_door: Callable[[Script], str]
) -> None:
    @seed(SEED * 1_000 + 500 + list(FLAVOURS).index(flavour))
    @settings(
        max_examples=max(1, THROUGH_THE_DOOR // len(FLAVOURS)),
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(lives(flavour))
    def both(script: Script) -> None:
        problem = through_the_door(script)
        assert not problem, problem

    both()
