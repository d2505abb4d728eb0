"""Parts that start in the same instant in the same data folder do not stand in each other's way."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TIMES = 300

CLOCK = "from activities.clock_guard import ClockGuard\nact = lambda: ClockGuard.kept_in(file)\n"
READY = "from worker import _say_ready\nact = lambda: _say_ready(file)\n"
AT_THE_WORD = "print(flush=True)\nsys.stdin.readline()\n"
AGAIN = "[(file.unlink(missing_ok=True), act()) for _ in range(int(sys.argv[2]))]\n"


@pytest.mark.parametrize("act", [CLOCK, READY], ids=["how the clocks stand", "a worker is ready"])
def test_what_a_part_writes_at_its_start_it_writes_beside_others(tmp_path: Path, act: str) -> None:
    script = f"import sys\nfrom pathlib import Path\nfile = Path(sys.argv[1])\n{act}{AT_THE_WORD}{AGAIN}"
    command = [sys.executable, "-c", script, str(tmp_path / "said"), str(TIMES)]

    pipe = subprocess.PIPE
    parts = [subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, stderr=pipe, text=True) for _ in range(3)]
    for part in parts:
        assert part.stdout is not None
        assert part.stdout.readline() == "\n", "everything is loaded"
    for part in parts:
        assert part.stdin is not None
        part.stdin.write("\n")
        part.stdin.flush()
    told = [part.communicate(timeout=60)[1] for part in parts]

    assert told == ["", "", ""]
    assert [one.name for one in tmp_path.iterdir() if one.name != "said"] == []
