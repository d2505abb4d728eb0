"""Where a worker's time goes: adds up a profile of py-spy by kind of work, `python -m bench.shares FILE.raw`.

docs/performance.md says how the profile is taken.
"""

import re
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

KINDS: tuple[tuple[str, str], ...] = (
    ("SQLite: carrying out statements, waiting for the disk", r"do_execute|do_executemany|do_commit|do_begin"),
    ("rules: moments, calendar, policy", r"models/(moments|calendar|policy|conditions|audience|timeliness)\.py"),
    ("rules: life, its fold and notices", r"models/(life|evolution|events|directive|notices)\.py"),
    ("the workflow: our loop and handlers", r"workflows/directive\.py"),
    ("SQLAlchemy: statements and rows", r"sqlalchemy/"),
    ("the door: ledger, snapshot and outbox as values", r"activities/commit\.py"),
    ("mail and sweep", r"activities/(delivery|mail_\w+|sweep|catching_up)\.py|documents/"),
    ("messages: pydantic and JSON", r"temporalio/(contrib/pydantic|converter)|pydantic"),
    ("SDK: activations, protobuf, bridge", r"temporalio/"),
    ("event loop and threads", r"asyncio|uvloop|threading|concurrent/futures"),
)
"""Each sample is of the first kind whose pattern stands in its stack."""


def shares(samples: Iterable[str]) -> dict[str, float]:
    """The share of each kind in samples of py-spy's raw format: frames with ";" between, a blank, a count."""
    counts: Counter[str] = Counter()
    for sample in samples:
        stack, _, count = sample.rpartition(" ")
        kind = next((name for name, pattern in KINDS if re.search(pattern, stack)), "else")
        counts[kind] += int(count)
    return {kind: count / counts.total() for kind, count in counts.most_common()}


if __name__ == "__main__":
    for kind, share in shares(Path(sys.argv[1]).read_text(encoding="utf-8").splitlines()).items():
        print(f"{share:6.1%}  {kind}")
