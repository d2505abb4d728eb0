"""What is to run: the plan of an embedded system, and the progress told while it runs."""

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path

# -P keeps a stray worker.py or web/ in the folder a person stands in from being run instead of ours.
WORKER_COMMAND = (sys.executable, "-P", "-m", "worker")
WEB_COMMAND = (sys.executable, "-P", "-m", "web")
REBUILD_COMMAND = (sys.executable, "-P", "-m", "cli", "rebuild", "workflows")
DEFAULT_NAMESPACE = "default"


class Part(StrEnum):
    """The parts of an embedded system, in the order in which they start. The value names the pid file."""

    TEMPORAL = "temporal"
    WORKER = "worker"
    WEB = "web"


class Step(StrEnum):
    """What has just happened to a part, or to the whole system when no part is named."""

    STARTING = "starting"
    READY = "ready"
    DIED = "died"  # ended by itself or killed from outside; it is started again
    SILENT = "silent"  # Temporal lives, but its timers do not fire; it is started again
    STOPPING = "stopping"
    STOPPED = "stopped"


@dataclass(frozen=True)
class Progress:
    """One step, told to whoever started the system. `part` is None for the system as a whole."""

    step: Step
    part: Part | None = None


ProgressListener = Callable[[Progress], None]


def ignore_progress(_progress: Progress) -> None:
    """Tell nobody."""


@dataclass(frozen=True)
class Plan:
    """Everything the supervisor needs to know; made by the shell from settings and options.

    Attributes:
        data_dir: the absolute data folder; `run/` and `log/` are made inside it.
        web_port: TCP port on 127.0.0.1 at which the web part answers.
        temporal_binary: the program to start as server; None when `temporal_address` names one that runs.
        temporal_address: `host:port` of a Temporal that is not ours to start; None to start our own.
        temporal_secured: that Temporal wants TLS, which the parts know how to speak and the supervisor does not.
        rebuild_command: starts again, in an empty Temporal, what lived in the one that was put aside; run with the
            worker's environment until it ends with 0.
        environment: the whole environment of worker and web (`settings.inherited_environment()`). The
            supervisor adds DONDOC_DATA_DIR, DONDOC_TEMPORAL_ADDRESS, DONDOC_TEMPORAL_NAMESPACE and
            DONDOC_WEB_PORT.
        search_attributes: name and Temporal type of each, registered when our own server starts.
        time_skipping: let every workflow have its own virtual clock; for tests only.
        retention_days: how long our own server keeps closed workflows, in days.
    """

    data_dir: Path
    web_port: int
    temporal_binary: Path | None = None
    temporal_address: str | None = None
    temporal_secured: bool = False
    namespace: str = DEFAULT_NAMESPACE
    worker_command: tuple[str, ...] = WORKER_COMMAND
    web_command: tuple[str, ...] = WEB_COMMAND
    rebuild_command: tuple[str, ...] = REBUILD_COMMAND
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)  # it may hold secrets
    search_attributes: tuple[tuple[str, str], ...] = ()
    time_skipping: bool = False
    retention_days: int = 30

    def __post_init__(self) -> None:
        """Refuse a plan that names both or neither of a program and an address for Temporal."""
        if (self.temporal_binary is None) == (self.temporal_address is None):
            raise ValueError("a plan has either temporal_binary or temporal_address")

    @property
    def run_dir(self) -> Path:
        """The folder of pid files and addresses."""
        return self.data_dir / "run"

    @property
    def log_dir(self) -> Path:
        """The folder of the parts' logs."""
        return self.data_dir / "log"

    @property
    def parts(self) -> tuple[Part, ...]:
        """The parts that the supervisor starts, in order."""
        return tuple(part for part in Part if part is not Part.TEMPORAL or self.temporal_binary)

    def to_json(self) -> str:
        """Write the plan for the detached supervisor's standard input."""
        plain = asdict(self)
        plain["data_dir"] = str(self.data_dir)
        plain["temporal_binary"] = str(self.temporal_binary) if self.temporal_binary else None
        plain["environment"] = dict(self.environment)
        return json.dumps(plain)

    @classmethod
    def from_json(cls, text: str) -> "Plan":
        """Read what `to_json` wrote."""
        plain = json.loads(text)
        return cls(
            data_dir=Path(plain["data_dir"]),
            web_port=plain["web_port"],
            temporal_binary=Path(plain["temporal_binary"]) if plain["temporal_binary"] else None,
            temporal_address=plain["temporal_address"],
            temporal_secured=plain["temporal_secured"],
            namespace=plain["namespace"],
            worker_command=tuple(plain["worker_command"]),
            web_command=tuple(plain["web_command"]),
            rebuild_command=tuple(plain["rebuild_command"]),
            environment=plain["environment"],
            search_attributes=tuple((name, kind) for name, kind in plain["search_attributes"]),
            time_skipping=plain["time_skipping"],
            retention_days=plain["retention_days"],
        )
