"""A crowd of clients in a few processes, and what they lived through."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from checked_files import Told, read_log
from dondoc_command import until

HERE = Path(__file__).parent
PROCESSES = 4


@dataclass
class Crowd:
    """Twenty people on the directives of one office.

    Attributes:
        folder: where their logs are; each crowd has its own.
        hurried: they also move deadlines so near that they fall due within the trial.
        settings: what they need to know of the office beside its data folder.
    """

    data: Path
    folder: Path
    codes: Sequence[str]
    seed: int
    people: int = 20
    hurried: bool = True
    settings: Mapping[str, str] = field(default_factory=dict)
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self) -> None:
        self.folder.mkdir(parents=True)
        (self.folder / "codes.json").write_text(json.dumps(list(self.codes)), encoding="utf-8")
        for number in range(PROCESSES):
            words = [str(self.data), str(self.folder / f"{number}.log"), str(self.folder / "codes.json")]
            words += [str(self.seed * 100 + number), str(self.people // PROCESSES), str(self.folder / "stop")]
            words += ["hurried"] if self.hurried else []
            with (self.folder / f"{number}.err").open("wb") as complaints:
                client = [sys.executable, str(HERE / "crowd_client.py"), *words]
                self.processes.append(subprocess.Popen(client, env=environment() | self.settings, stderr=complaints))

        until(self._everyone_has_spoken, 120)

    def _everyone_has_spoken(self) -> bool:
        for number, process in enumerate(self.processes):
            assert process.poll() is None, (self.folder / f"{number}.err").read_text()
        return len(self.logs) == PROCESSES and all(log.stat().st_size for log in self.logs)

    def stop(self) -> None:
        """Let everyone finish what he is at."""
        (self.folder / "stop").touch()
        for number, process in enumerate(self.processes):
            assert process.wait(120) == 0, (self.folder / f"{number}.err").read_text()

    def kill(self) -> None:
        for process in self.processes:
            process.send_signal(signal.SIGKILL)
            process.wait()

    @property
    def logs(self) -> list[Path]:
        return sorted(self.folder.glob("*.log"))

    @property
    def lines(self) -> list[Told]:
        return [line for log in self.logs for line in read_log(log)]


def environment() -> dict[str, str]:
    """The environment in which a process of ours finds the tests' modules and the engine."""
    given = [os.environ["PYTHONPATH"]] if os.environ.get("PYTHONPATH") else []
    return os.environ | {"PYTHONPATH": os.pathsep.join([*given, *map(str, (HERE, HERE.parent, HERE.parent.parent))])}


def longest_silence(lines: Sequence[Told], since: float, until: float) -> float:
    """The longest time, in seconds, in which no client at all was told that something is done."""
    instants = sorted(line.told_at for line in lines if line.told == "done" and since <= line.told_at <= until)
    edges = [since, *instants, until]
    return max(later - earlier for earlier, later in pairwise(edges))


def longest_wait(lines: Sequence[Told]) -> float:
    """The longest time, in seconds, that one client waited for what he was told at last."""
    return max((line.told_at - line.sent_at for line in lines if line.told != "sent"), default=0.0)


def back_within(lines: Sequence[Told], killed_at: float) -> float | None:
    """Seconds from a kill to the first command that was sent after it and done; None when there is none."""
    done = [line.told_at for line in lines if line.told == "done" and line.sent_at >= killed_at]
    return min(done) - killed_at if done else None
