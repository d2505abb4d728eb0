"""How `dondoc` commands find a running system, and what ended the last one."""

import json
from dataclasses import dataclass
from pathlib import Path

from embedded import pid_files
from embedded.failures import EmbeddedFailure
from embedded.files import write_whole
from embedded.plan import Part
from embedded.ports import read_addresses

FAILURE_FILE = "failure.json"


@dataclass(frozen=True)
class RunningSystem:
    """A supervisor that lives, and the addresses of its parts.

    Attributes:
        pids: the parts that have a process at this moment; a part that is being started again is missing.
    """

    supervisor_pid: int
    temporal_address: str
    namespace: str
    web_url: str
    web_port: int
    pids: dict[Part, int]


def running_system(data_dir: Path) -> RunningSystem | None:
    """Find the system that runs on a data folder; None if none does.

    A system that is still starting is found as soon as it has chosen its ports.
    """
    run_dir = data_dir / "run"
    supervisor_pid = pid_files.read(run_dir, pid_files.SUPERVISOR)
    addresses = read_addresses(run_dir)
    if supervisor_pid is None or addresses is None:
        return None
    pids = {part: pid for part in Part if (pid := pid_files.read(run_dir, part)) is not None}
    return RunningSystem(
        supervisor_pid=supervisor_pid,
        temporal_address=addresses.temporal_address,
        namespace=addresses.namespace,
        web_url=addresses.web_url,
        web_port=addresses.web_port,
        pids=pids,
    )


def last_failure(data_dir: Path) -> EmbeddedFailure | None:
    """Tell why the last system on a data folder gave up; None if it was stopped on purpose."""
    try:
        kept = json.loads((data_dir / "run" / FAILURE_FILE).read_text(encoding="utf-8"))
        return EmbeddedFailure(kept["message"], **kept["data"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def keep_failure(run_dir: Path, failure: EmbeddedFailure) -> None:
    """Keep the reason for `last_failure`.

    Raises: OSError if the folder cannot be written.
    """
    write_whole(run_dir / FAILURE_FILE, json.dumps({"message": failure.message, "data": failure.data}))


def forget_failure(run_dir: Path) -> None:
    """Forget the reason of an earlier end: a new start is made."""
    (run_dir / FAILURE_FILE).unlink(missing_ok=True)
