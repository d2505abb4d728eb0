"""Rounds of faults by chance at a living office on PostgreSQL, with people on the web, judged after each.

`python chaos_rounds.py`: ROUNDS (50) and SEED (by chance, printed) come from the environment. It ends at the first
thing that is lost or doubled, with the seed of its round, and keeps the folder; `SEED=that ROUNDS=1` throws the same.
"""

import contextlib
import os
import random
import shutil
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from chaos_faults import Fault, choose
from checker import Verdict
from crowd import back_within, longest_wait
from crowd_wishes import deadline_in, deadline_on
from dondoc_command import until
from office_on_postgresql import OfficeOnPostgresql
from own_postgresql import own_postgresql
from trial_policy import RULES
from web_crowd import WebCrowd

DIRECTIVES, PEOPLE, FAULTS_A_ROUND = 60, 8, 3
ROUNDS_AN_OFFICE = 10
"""After so many rounds the next begins with an empty office, so that no round is long."""

READY_SECONDS = 300.0
"""However slow the machine is, by then all is up again."""


@dataclass(frozen=True)
class Round:
    """What one round was, and what came of it."""

    seed: int
    faults: tuple[str, ...]
    verdict: Verdict
    pages: int
    turned_away: int
    slowest_page: float
    longest_wait: float
    seconds: float

    def __str__(self) -> str:
        return (
            f"seed {self.seed}: {'; '.join(self.faults)}\n    {str(self.verdict).splitlines()[0]}\n"
            f"    {self.pages} pages, {self.turned_away} answered 503, slowest {self.slowest_page:.1f} s; "
            f"longest wait for a command {self.longest_wait:.1f} s; the round took {self.seconds:.0f} s"
        )


@dataclass
class Rounds:
    """The rounds of one office."""

    office: OfficeOnPostgresql
    logs: list[Path] = field(default_factory=list)

    def play(self, seed: int, *, directives: int = DIRECTIVES, faults: Sequence[Fault] | None = None) -> Round:
        """Let people act, throw faults, and have everything judged.

        Raises:
            AssertionError: something was lost, doubled or told otherwise, or people saw what they must not see.
        """
        dice, office, began = random.Random(seed), self.office, time.time()
        name = f"R{len(self.logs)}-{seed}"
        first = len(office.registered)
        office.register(
            directives,
            lambda now, place: deadline_in(now, 60 + 2 * place) if place % 2 else deadline_on(now, 1 + place % 3),
            name,
        )
        crowd = WebCrowd.of(office, office.folder / name, office.registered[first:], seed, PEOPLE)
        told = []
        try:
            crowd.start()
            for fault in faults if faults is not None else choose(dice, FAULTS_A_ROUND):
                time.sleep(dice.uniform(1.0, 4.0))
                told.append(f"{fault.__name__.replace('_', ' ')}: {fault(office, dice)}")
            over = time.time()
            until(office.ready, READY_SECONDS)
            until(lambda: back_within(crowd.lines, over) is not None, READY_SECONDS)
            crowd.stop()
        finally:
            crowd.kill()
        self.logs += crowd.logs
        assert crowd.wrong() == [], crowd.wrong()[:5]
        verdict = office.judged(self.logs)
        pages = crowd.pages
        return Round(
            seed,
            tuple(told),
            verdict,
            len(pages),
            sum(page["status"] == 503 for page in pages),
            max((page["seconds"] for page in pages), default=0.0),
            longest_wait(crowd.lines),
            time.time() - began,
        )


def say(line: object) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> int:
    """Play the rounds; returns the exit code."""
    rounds = int(os.environ.get("ROUNDS", "50"))
    seed = int(os.environ.get("SEED", str(random.randrange(10**6))))
    say(f"{rounds} rounds, SEED={seed}")
    played: list[Round] = []
    while len(played) < rounds:
        folder = Path(tempfile.mkdtemp(prefix="dondoc-chaos-"))
        with own_postgresql() as server, OfficeOnPostgresql(folder, RULES, server=server).open() as office:
            several = Rounds(office)
            for number in range(len(played), min(rounds, len(played) + ROUNDS_AN_OFFICE)):
                try:
                    played.append(several.play(seed + number))
                except Exception:  # noqa: BLE001 - whatever it is, the seed and the folder are what is needed
                    traceback.print_exc()
                    with contextlib.suppress(AssertionError):
                        server.dump(folder / "dondoc.sql")
                    say(f"ROUND {number + 1} FAILED. SEED={seed + number} ROUNDS=1 throws the same. Kept: {folder}")
                    return 1
                say(f"{number + 1}/{rounds} {played[-1]}")
        shutil.rmtree(folder, ignore_errors=True)
    counted = Counter(told.partition(":")[0] for one in played for told in one.faults)
    say(f"{rounds} rounds, nothing lost, nothing doubled.")
    for fault, times in counted.most_common():
        say(f"  {times:3} × {fault}")
    say(
        f"  {sum(one.verdict.acknowledged for one in played)} commands done, "
        f"{sum(one.pages for one in played)} pages, {sum(one.turned_away for one in played)} answered 503"
    )
    return 0


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    os._exit(code)
