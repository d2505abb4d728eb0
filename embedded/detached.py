"""`dondoc up --detach`: the supervisor in a session of its own, and its progress told until all is ready.

This module is also what the detached interpreter runs: `python -m embedded.detached DESCRIPTOR` reads the
plan from standard input (it may hold secrets, which an argument would show to every user of the machine)
and writes a line of JSON per step to the descriptor.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from embedded.failures import EmbeddedFailure
from embedded.files import folder_failure, prepare_data_folder, rotate
from embedded.locate import RunningSystem, running_system
from embedded.plan import Part, Plan, Progress, ProgressListener, Step, ignore_progress
from embedded.processes import child_command
from embedded.supervisor import run
from embedded.supervisor_log import FILE

_detached: list[subprocess.Popen[bytes]] = []  # kept, because a forgotten Popen of a living process warns


def start_detached(plan: Plan, progress: ProgressListener = ignore_progress, *, tied: bool = False) -> RunningSystem:
    """Start the system in the background and return when every part is ready.

    Args:
        plan: what is to run.
        progress: hears each step of the start.
        tied: let the system stop in order when the calling process dies (Linux), as `dondoc demo` wants.

    Raises: EmbeddedFailure as `supervisor.run`, or if the supervisor ended without a word.
    """
    prepare_data_folder(plan.data_dir)
    log = plan.log_dir / FILE
    reader, writer = os.pipe()
    with os.fdopen(reader, encoding="utf-8") as steps:
        try:
            process = _spawn_supervisor(plan, log, writer, tied=tied)
        except OSError as failure:
            raise folder_failure(plan.data_dir, failure) from failure
        finally:
            os.close(writer)
        try:
            for line in steps:
                step = _read_step(line)
                progress(step)
                if step == Progress(Step.READY) and (system := running_system(plan.data_dir)):
                    _detached.append(process)
                    return system
        except BaseException:  # Ctrl-C while waiting, or what the supervisor reported: nothing stays behind
            process.terminate()
            process.wait()
            raise
    raise EmbeddedFailure("Hệ thống đã dừng ngay khi khởi động mà không nêu lý do; xem cuối tệp {log}.", log=str(log))


def _spawn_supervisor(plan: Plan, log: Path, writer: int, *, tied: bool) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-P", "-m", "embedded.detached", str(writer)]
    rotate(log)
    with log.open("ab") as output:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter
            child_command(command, on_death=signal.SIGTERM) if tied else command,
            env=dict(plan.environment),
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=(writer,),
        )
    with contextlib.suppress(BrokenPipeError), process.stdin or contextlib.nullcontext() as wanted:
        if wanted is not None:
            wanted.write(plan.to_json().encode())
    return process


def _read_step(line: str) -> Progress:
    told = json.loads(line)
    if "message" in told:
        raise EmbeddedFailure(told["message"], **told["data"])
    return Progress(Step(told["step"]), Part(told["part"]) if told["part"] else None)


def main() -> None:
    """Run the supervisor and tell each step to whoever started it, as long as anybody listens."""
    plan = Plan.from_json(sys.stdin.read())
    writer = int(sys.argv[1])
    os.set_inheritable(writer, False)

    def tell(told: dict[str, object]) -> None:
        with contextlib.suppress(BrokenPipeError):
            os.write(writer, json.dumps(told).encode() + b"\n")

    try:
        run(plan, lambda step: tell({"step": step.step, "part": step.part}))
    except EmbeddedFailure as failure:
        tell({"message": failure.message, "data": failure.data})
        sys.exit(1)


if __name__ == "__main__":
    main()
