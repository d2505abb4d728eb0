"""Temporal is restarted every ten seconds while people register, import and act; nothing is lost.

People see progress or one sentence, never a traceback. `make test` has the same with each part killed once, in
`test_survival_crashes.py`.
"""

import random
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from clerks import Clerks
from crowd import Crowd, longest_wait
from crowd_wishes import deadline_on
from dondoc_command import until
from office_on_trial import OfficeOnTrial, figure
from trial_policy import RULES

pytestmark = [pytest.mark.server, pytest.mark.slow, pytest.mark.proof, pytest.mark.timeout(900)]

__all__ = ["figure"]

SEED = random.randrange(10**6)
RESTARTS, DIRECTIVES, ROWS = 9, 100, 1320
EVERY = 10.0
"""Seconds between two restarts."""


def test_registering_importing_and_acting_go_on_while_temporal_is_restarted_every_ten_seconds(
    tmp_path: Path, figure: Callable[..., None]
) -> None:
    with OfficeOnTrial(tmp_path, RULES).open() as office:
        office.register(DIRECTIVES, lambda now, place: deadline_on(now, 1 + place % 3))
        crowd = Crowd(office.data, office.folder / "crowd", office.registered, SEED, people=8)
        crowd.start()
        with Clerks(office, ROWS).working() as clerks:
            for _ in range(RESTARTS):
                time.sleep(EVERY)
                struck = office.kill("temporal")
                until(partial(office.ready, without=struck), 60)
        crowd.stop()

        verdict = office.judged(crowd.logs)

        clerks.were_served()
        assert [line for line in crowd.lines if line.told == "failed"] == []
        figure("seed", SEED)
        figure("looked at", verdict)
        figure("registered one by one", len(clerks.registered))
        figure("longest wait of one client, s", f"{longest_wait(crowd.lines):.1f}")
