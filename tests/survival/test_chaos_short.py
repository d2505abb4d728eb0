"""The fault suite in short: one round on PostgreSQL, with people on the web, of the faults that come most often.

`make chaos` has each fault at length and fifty rounds of faults by chance.
"""

import os
import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from chaos_faults import choose, every_session_is_ended, one_part_is_killed
from chaos_rounds import Rounds
from office_on_postgresql import OfficeOnPostgresql
from office_on_trial import figure
from own_postgresql import own_postgresql
from trial_policy import RULES

pytestmark = [pytest.mark.server, pytest.mark.slow, pytest.mark.timeout(900)]

__all__ = ["figure"]

SEED = int(os.environ.get("SEED", str(random.randrange(10**6))))


def test_postgresql_is_restarted_hangs_and_takes_reads_only_a_part_is_killed_and_nothing_is_lost_or_doubled(
    tmp_path: Path, figure: Callable[..., None]
) -> None:
    def restarted_hanging_read_only(office: OfficeOnPostgresql, _dice: random.Random) -> str:
        office.server.restart()
        time.sleep(1)
        with office.server.hanging():
            time.sleep(5)
        with office.server.read_only():
            time.sleep(2)
        return "PostgreSQL"

    with own_postgresql() as server, OfficeOnPostgresql(tmp_path, RULES, server=server).open() as office:
        faults = (restarted_hanging_read_only, one_part_is_killed, every_session_is_ended)
        played = Rounds(office).play(SEED, directives=30, faults=faults)

    assert played.verdict.acknowledged > 0
    figure("round", played)


def test_the_same_seed_throws_the_same_faults() -> None:
    assert choose(random.Random(7), 5) == choose(random.Random(7), 5)
    assert len(set(choose(random.Random(7), 5))) == 5
