"""Parts of a living office are killed while twenty people act on three hundred directives and two clerks take more in.

The short form kills each part once and all together once; `make proof` twenty times and all together. The seed of a run
is printed; `DONDOC_CRASH_SEED` repeats it, `DONDOC_CRASH_ROUNDS` sets the number of kills.
"""

import os
import random
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
from clerks import Clerks
from crowd import Crowd, back_within, longest_silence, longest_wait
from crowd_wishes import deadline_in, deadline_on
from dondoc_command import until
from office_on_trial import PARTS, OfficeOnTrial, figure
from trial_policy import RULES

pytestmark = [pytest.mark.server, pytest.mark.slow, pytest.mark.timeout(900)]

__all__ = ["figure"]

DIRECTIVES, IMPORTED = 300, 60
ROUNDS = int(os.environ.get("DONDOC_CRASH_ROUNDS", "20"))
SEED = int(os.environ.get("DONDOC_CRASH_SEED", str(random.randrange(10**6))))


@contextmanager
def an_office(folder: Path) -> Iterator[OfficeOnTrial]:
    with OfficeOnTrial(folder, RULES).open() as office:
        office.register(
            DIRECTIVES,
            lambda now, place: deadline_in(now, 60 + place) if place % 2 else deadline_on(now, 1 + place % 3),
        )
        yield office


def survive(office: OfficeOnTrial, kills: list[str], dice: random.Random, figure: Callable[..., None]) -> None:
    """Let people act, import and register, kill one part after another and then all, and have everything judged."""
    crowd = Crowd(office.data, office.folder / "crowd", office.registered, SEED)
    crowd.start()
    began, killed, ready_again = time.time(), [], []
    with Clerks(office, IMPORTED).working() as clerks:
        for part in kills:
            time.sleep(dice.uniform(0.3, 3.0))
            struck = office.kill(part)
            killed.append(time.time())
            until(partial(office.ready, without=struck), 60)
            ready_again.append(time.time() - killed[-1])
        time.sleep(dice.uniform(0.3, 3.0))
        office.dondoc.kill_all()
        all_killed = time.time()
        office.dondoc.up()
        all_up = time.time() - all_killed
        until(lambda: back_within(crowd.lines, all_killed + all_up) is not None, 60)
    crowd.stop()
    ended = time.time()

    verdict = office.judged(crowd.logs)
    lines = crowd.lines
    clerks.were_served()
    assert verdict.acknowledged > 50
    assert [line for line in lines if line.told == "failed"] == []
    figure("seed", SEED)
    figure("looked at", verdict)
    figure(
        "parts ready again after a kill, s",
        f"median {statistics.median(ready_again):.1f}, longest {max(ready_again):.1f}",
    )
    figure("all killed, ready again after, s", f"{all_up:.1f}")
    back = [found for found in (back_within(lines, instant) for instant in killed) if found is not None]
    figure("first command done after a kill, s", f"median {statistics.median(back):.1f}, longest {max(back):.1f}")
    figure("longest silence of all clients, s", f"{longest_silence(lines, began, ended):.1f}")
    figure("longest wait of one client, s", f"{longest_wait(lines):.1f}")


def test_people_act_import_and_register_while_each_part_is_killed_and_then_all_and_nothing_is_lost_or_doubled(
    tmp_path: Path, figure: Callable[..., None]
) -> None:
    dice = random.Random(SEED)

    with an_office(tmp_path) as office:
        survive(office, dice.sample(PARTS, len(PARTS)), dice, figure)


@pytest.mark.proof
def test_twenty_kills_at_random_instants_and_all_together_lose_and_double_nothing(
    tmp_path: Path, figure: Callable[..., None]
) -> None:
    dice = random.Random(SEED)

    with an_office(tmp_path) as office:
        survive(office, [dice.choice(PARTS) for _ in range(ROUNDS)], dice, figure)
