"""Processes and pid files, with real processes."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from embedded import pid_files
from embedded.leftovers import clear_leftovers
from embedded.processes import alive, spawn, started_at, wait_gone
from embedded.stop import Stopped, stop

Until = Callable[..., None]
FOREVER = [sys.executable, "-c", "import sys; sys.stdin = open(0); import signal; signal.pause()"]


@pytest.fixture
def a_process() -> Iterator[Callable[[], "subprocess.Popen[bytes]"]]:
    """Start processes that do nothing until they are killed."""
    started = []

    def start() -> "subprocess.Popen[bytes]":
        started.append(subprocess.Popen(FOREVER, start_new_session=True))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


def state(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def test_a_zombie_counts_as_dead_though_it_still_answers_kill_0(until: Until) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        until(lambda: state(process.pid) == "Z")

        os.kill(process.pid, 0)
        assert not alive(process.pid)
        assert wait_gone(process.pid, 0)


def test_a_pid_file_holds_the_bare_pid_and_finds_the_living_process(
    a_process: Callable[[], "subprocess.Popen[bytes]"], tmp_path: Path
) -> None:
    process = a_process()

    pid_files.write(tmp_path, "worker", process.pid)

    assert (tmp_path / "worker.pid").read_text() == f"{process.pid}\n"
    assert pid_files.read(tmp_path, "worker") == process.pid


def test_a_pid_that_was_given_to_a_stranger_is_not_ours_and_is_never_killed(
    a_process: Callable[[], "subprocess.Popen[bytes]"], tmp_path: Path
) -> None:
    ours, stranger = a_process(), a_process()
    (tmp_path / "run").mkdir()
    pid_files.write(tmp_path / "run", "worker", ours.pid)
    (tmp_path / "run" / "worker.pid").write_text(f"{stranger.pid}\n")

    outcome = stop(tmp_path)

    assert outcome is Stopped.NOTHING_RAN
    assert alive(stranger.pid)
    assert not (tmp_path / "run" / "worker.pid").exists()


@pytest.mark.parametrize("text", ["", "no number", "0", "-1", "99999999"])
def test_a_pid_file_that_names_no_process_is_nobody(tmp_path: Path, text: str) -> None:
    (tmp_path / "worker.pid").write_text(text)
    (tmp_path / "worker.started").write_text("boot 1")

    assert pid_files.read(tmp_path, "worker") is None


def test_parts_left_by_a_supervisor_that_is_gone_are_ended(
    a_process: Callable[[], "subprocess.Popen[bytes]"], tmp_path: Path
) -> None:
    left = a_process()
    pid_files.write(tmp_path, "temporal", left.pid)

    ended = clear_leftovers(tmp_path)

    assert ended == 1
    assert left.wait() == -signal.SIGTERM


def test_two_processes_never_share_pid_and_start(a_process: Callable[[], "subprocess.Popen[bytes]"]) -> None:
    one, other = a_process(), a_process()

    assert started_at(one.pid) == started_at(one.pid)
    assert (one.pid, started_at(one.pid)) != (other.pid, started_at(other.pid))
    assert started_at(99999999) is None


@pytest.mark.skipif(sys.platform != "linux", reason="PR_SET_PDEATHSIG is Linux's")
def test_a_spawned_process_dies_with_the_process_that_started_it(tmp_path: Path, until: Until) -> None:
    script = (
        "import sys, signal; from pathlib import Path; from embedded.processes import spawn\n"
        f"print(spawn({FOREVER!r}, {{}}, Path({str(tmp_path / 'log')!r})).pid, flush=True); signal.pause()"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", script],
        env={"PYTHONPATH": str(Path(__file__).parents[2])},
        stdout=subprocess.PIPE,
    )
    with parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        try:
            until(lambda: Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0")[2:3] == [FOREVER[2].encode()])
        finally:
            parent.kill()

        until(lambda: not alive(child))


def test_a_command_that_does_not_exist_leaves_a_line_in_the_log_and_no_traceback(tmp_path: Path) -> None:
    process = spawn(["/no/such/program"], {}, tmp_path / "log")

    assert process.wait() == 127
    assert (tmp_path / "log").read_text() == "/no/such/program: No such file or directory\n"
