"""The installed `dondoc` command as a person uses it: one process a call, what it printed, and its exit code."""

import json
import os
import signal
import subprocess
import sysconfig
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from temporal_server import free_port

DONDOC = Path(sysconfig.get_path("scripts")) / "dondoc"


@dataclass
class Dondoc:
    """One data folder, and `dondoc` run on it."""

    data: Path
    environment: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)

    def run(self, *words: str, seconds: float = 240, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run a command whatever its exit code."""
        return subprocess.run(
            [DONDOC, *words, "--data", str(self.data)],
            env=os.environ | {"DONDOC_LANG": "vi"} | self.environment,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )

    def __call__(self, *words: str, seconds: float = 240, stdin: str | None = None) -> str:
        """Run a command that must succeed; what it printed."""
        done = self.run(*words, seconds=seconds, stdin=stdin)
        assert done.returncode == 0, f"dondoc {' '.join(words)}: {done.stderr}{done.stdout}"
        return done.stdout

    def json(self, *words: str, seconds: float = 240) -> Any:
        return json.loads(self(*words, "--json", seconds=seconds))

    def refused(self, *words: str) -> str:
        """Run a command that must be refused; its one sentence."""
        done = self.run(*words)
        assert done.returncode == 1, f"dondoc {' '.join(words)} ended with {done.returncode}: {done.stdout}"
        lines = done.stderr.strip().splitlines()
        assert len(lines) == 1, done.stderr
        return lines[0]

    def up(self) -> None:
        self("up", "--detach", "--port", str(self.port))

    def down(self) -> None:
        self.run("down")

    def pids(self) -> dict[str, int]:
        return {file.stem: int(file.read_text().split()[0]) for file in (self.data / "run").glob("*.pid")}

    def kill_all(self) -> None:
        """SIGKILL for every process, the supervisor first."""
        pids = self.pids()
        for part in sorted(pids, key=lambda one: one != "supervisor"):
            os.kill(pids[part], signal.SIGKILL)
        until(lambda: not any(_lives(pid) for pid in pids.values()))


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def until(condition: Callable[[], object], seconds: float = 60) -> None:
    """Wait for a condition, looking again and again."""
    give_up_at = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < give_up_at, f"the condition did not come true in {seconds} seconds"
        time.sleep(0.1)
