"""An office on a disk of its own, whose parts can be given a wrong clock, and whose every setting holds a canary."""

import contextlib
import datetime as dt
import json
import os
import signal
import sqlite3
import subprocess
import threading
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from checker import Verdict
from crowd import Crowd
from dondoc_command import DONDOC, until
from machine_clock import NoSuchClock, ProcessClock
from machine_disk import LoopDisk
from office_on_trial import OfficeOnTrial

from embedded.processes import alive
from models.deadline import Deadline, make_deadline

PARTS = ("supervisor", "worker", "web", "temporal")
"""Whose clocks are set, in this order: on a machine they are one clock, so nobody may see Temporal's alone."""

TRIES = 1_000


def tomorrow(now: dt.datetime, _place: int) -> Deadline:
    """A deadline that is nobody's matter during a trial."""
    return make_deadline((now + dt.timedelta(days=2)).date())


@dataclass
class MachineOffice(OfficeOnTrial):
    """An office under `dondoc up` whose machine fails."""

    clocks: "Clocks" = field(init=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.clocks = Clocks(self.data / "run")

    def sentence(self, *words: str, seconds: float = 240) -> str:
        """The one sentence of a command that fails."""
        done = self.dondoc.run(*words, seconds=seconds)
        assert done.returncode == 1, f"{words} ended with {done.returncode}: {done.stdout}{done.stderr}"
        (line,) = done.stderr.strip().splitlines()
        return line

    def examined(self, ahead: int = 0) -> dict[str, str]:
        """What `dondoc doctor` complains of: name and sentence.

        Args:
            ahead: the clock that it sees itself, as on a machine whose one clock was set.
        """
        words = [DONDOC, "doctor", "--json", "--data", str(self.data)]
        environment = os.environ | {"DONDOC_LANG": "vi"} | self.dondoc.environment
        with subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, text=True) as doctor:
            if ahead:
                set_clock(doctor.pid, ahead)
            told = json.loads(doctor.communicate(timeout=240)[0])
        return {check["name"]: check["sentence"] for check in told["checks"] if not check["ok"]}

    def readiness(self) -> tuple[int, dict[str, str]]:
        """The status of /readyz, and what it complains of."""
        status, body = self.get("/readyz")
        return status, {check["name"]: check["sentence"] for check in body["checks"] if not check["ok"]}

    def get(self, path: str) -> tuple[int, Any]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.dondoc.port}{path}", timeout=10) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as refused:
            return refused.code, json.load(refused)

    def supervisor_said(self, words: str) -> int:
        """How often the supervisor's log has these words."""
        return (self.data / "log" / "supervisor.log").read_text(encoding="utf-8").count(words)

    def comment(self, code: str, text: str) -> int:
        """Comment as one client more, who notes what he was told; the exit code."""
        wish = str(uuid.uuid4())
        line = {"id": wish, "code": code, "kind": "comment", "client": "the test", "sent_at": time.time()}
        self._note(line | {"told": "sent"})
        words = ("do", code, "comment", "--as", "chanhvanphong", "--text", text, "--id", wish, "--json")
        done = self.dondoc.run(*words)
        told: dict[str, Any] = {"told": "failed", "refusal": done.stderr.strip()}
        if done.returncode == 0:
            answer = json.loads(done.stdout)
            told = {"told": "done", "seq": answer["seq"], "kinds": answer["kinds"]}
        elif "được giữ lại" in done.stderr or "đang ghi" in done.stderr:
            told = {"told": "kept"}
        self._note(line | told | {"told_at": time.time()})
        return done.returncode

    def _note(self, line: dict[str, Any]) -> None:
        with (self.folder / "test.log").open("a", encoding="utf-8") as log:
            log.write(json.dumps(line, ensure_ascii=False) + "\n")

    def all_in_order(self, seconds: float = 150) -> Verdict:
        """Have everything looked at that anybody was told, once it is in order; mails never leave here.

        What was left lying by a crash is picked up a minute later, so that is waited for.
        """
        own = self.folder / "test.log"
        own.touch()
        logs = [own, *sorted(self.folder.glob("crowd*/*.log"))]
        with contextlib.suppress(AssertionError):  # the judge says what it is that did not come right
            until(lambda: self.settled() and not self.verdict(logs, mails_complete=False).faults, seconds)
            until(lambda: self.dondoc.run("reconcile").returncode == 0, seconds)
        return self.judged(logs, mails_complete=False)

    def comments(self, text: str) -> int:
        """How often a comment with that text stands in the ledger."""
        return self.count("ledger WHERE kind = 'commented' AND data LIKE ?", f'%"{text}"%')

    @contextlib.contextmanager
    def crowd(self, name: str, seed: int, people: int = 20) -> Iterator[Crowd]:
        """People who act on all that is registered, until the block ends or they are killed in it."""
        keys = {name: value for name, value in self.dondoc.environment.items() if name == "DONDOC_TEMPORAL_KEYS"}
        crowd = Crowd(self.data, self.folder / name, self.registered, seed, people, settings=keys)
        crowd.start()
        try:
            yield crowd
        finally:
            crowd.kill()


@dataclass
class Clocks:
    """The wall clocks of an office's parts, also of those that are started again meanwhile."""

    run_dir: Path
    ahead: dict[str, int] = field(default_factory=dict)
    _clocks: dict[str, ProcessClock] = field(default_factory=dict)

    @contextlib.contextmanager
    def kept(self, *parts: str) -> Iterator["Clocks"]:
        """Have hold of the clocks of these parts while the block runs; all are right afterwards."""
        over = threading.Event()
        self.ahead = dict.fromkeys(parts, 0)
        keeper = threading.Thread(target=self._keep, args=(over,), daemon=True)
        keeper.start()
        try:
            until(lambda: set(self._clocks) >= set(parts), 30)
            yield self
        finally:
            self.set(0)
            over.set()
            keeper.join()
            self._clocks.clear()

    def set(self, seconds: int) -> None:
        """Let all clocks that are held be ahead by so many seconds."""
        self.ahead = dict.fromkeys(self.ahead, seconds)
        for part in self.ahead if seconds else reversed(self.ahead):
            with contextlib.suppress(NoSuchClock, OSError, KeyError):
                self._clocks[part].set(seconds)

    def _keep(self, over: threading.Event) -> None:
        while not over.wait(0.02):
            for part, seconds in list(self.ahead.items()):
                with contextlib.suppress(OSError, ValueError, NoSuchClock):
                    pid = int((self.run_dir / f"{part}.pid").read_text())
                    known = self._clocks.get(part)
                    if known is None or known.pid != pid or not known.holds():
                        clock = ProcessClock(pid)
                        clock.set(seconds)
                        self._clocks[part] = clock


def set_clock(pid: int, ahead: int) -> None:
    """Set the clock of a process that is about to become its program, before it asks what time it is."""
    for attempt in range(TRIES):
        try:
            ProcessClock(pid).set(ahead)
        except NoSuchClock:  # it has no memory of its own at this instant
            if attempt == TRIES - 1:
                raise
        else:
            return


def cut_power(office: MachineOffice, disk: LoopDisk) -> None:
    """The power goes at once: from this instant nothing reaches the disk, and then no process is left.

    The disk as it was then is put into another machine, where both stores must be whole.
    """
    pids = office.dondoc.pids()
    disk.lose_power()
    for part in sorted(pids, key=lambda one: one != "supervisor"):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pids[part], signal.SIGKILL)
    until(lambda: not any(alive(pid) for pid in pids.values()))
    disk.unmount()
    found = disk.copied(office.folder / "found.img", disk.mounted_at)
    assert found.repaired() in (0, 1)
    disk.image.unlink()
    found.image.rename(disk.image)
    disk.mount()
    for store in ("dondoc.db", "temporal.db"):
        with contextlib.closing(sqlite3.connect(office.data / store)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def hold(seconds: float) -> None:
    """Let a fault last."""
    end = time.monotonic() + seconds
    until(lambda: time.monotonic() >= end, seconds + 10)


def wait_for(condition: Callable[[], object], seconds: float) -> float:
    """Wait for a condition; the seconds that it took."""
    start = time.monotonic()
    until(condition, seconds)
    return time.monotonic() - start
