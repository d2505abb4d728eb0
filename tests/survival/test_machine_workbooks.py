"""Each hostile workbook of the table, in a child process with 512 MB and 10 seconds: refused whole, or read."""

import re
import resource
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from machine_bombs import BOMBS, a_bomb

MEMORY = 512 << 20
SECONDS = 10
"""Of the processor, so that it is the same on a busy machine."""

READER = """
    import sys
    from pathlib import Path
    from documents.intake_workbook import UnsafeWorkbook, read_intake
    try:
        rows = list(read_intake(Path(sys.argv[1])))
    except UnsafeWorkbook as error:
        print(error.code)
    else:
        print(len(rows), "row")
"""


def limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))


def what_became_of(path: Path) -> str:
    """Read it in a child process that is ended when it takes too much."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(READER), str(path)],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
        preexec_fn=limit,
    )
    assert (done.returncode, done.stderr) == (0, ""), f"it ended with {done.returncode}: {done.stderr[-500:]}"
    return done.stdout.strip()


@pytest.mark.parametrize("name", BOMBS)
def test_a_hostile_workbook_is_refused_or_read_within_10_seconds_and_512_megabytes(tmp_path: Path, name: str) -> None:
    make, expected = BOMBS[name]

    assert re.fullmatch(expected, what_became_of(make(tmp_path / "tệp.xlsx")))


def test_the_bomb_is_as_small_and_would_be_as_big_as_it_says(tmp_path: Path) -> None:
    bomb = a_bomb(tmp_path / "bom.xlsx", 10)

    assert bomb.stat().st_size < 12_000_000
    listed = subprocess.run(
        [sys.executable, "-m", "zipfile", "-l", str(bomb)], capture_output=True, text=True, check=True
    )
    assert sum(int(line.split()[-1]) for line in listed.stdout.splitlines()[1:]) > 10 << 30
