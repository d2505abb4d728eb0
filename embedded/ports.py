"""Which ports a data folder uses, and the file by which `dondoc` commands find a running system."""

import json
import secrets
import socket
from dataclasses import asdict, dataclass
from pathlib import Path

from embedded.failures import EmbeddedFailure
from embedded.files import write_whole

HOST = "127.0.0.1"
# Below the ports that kernels lend to outgoing connections (Linux from 32768, macOS from 49152): such a
# connection could hold our port while the server restarts, and a client calling a dead server at a port of
# that range can be given the very same port and then talks to itself.
PORTS = range(17233, 27233)
FILE = "ports.json"


@dataclass(frozen=True)
class Addresses:
    """What `ports.json` holds. `temporal_port` is None when Temporal is not ours to start."""

    temporal_address: str
    temporal_port: int | None
    namespace: str
    web_port: int
    web_url: str


def write_addresses(run_dir: Path, addresses: Addresses) -> None:
    """Keep the addresses for commands now and for the next start.

    Raises: OSError if the folder cannot be written.
    """
    write_whole(run_dir / FILE, json.dumps(asdict(addresses)) + "\n")


def read_addresses(run_dir: Path) -> Addresses | None:
    """Read the addresses of the running or the last system; None if there was none."""
    try:
        return Addresses(**json.loads((run_dir / FILE).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def free(port: int) -> bool:
    """Whether a server could listen on the port of this machine now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do: closed calls do not count
        try:
            trial.bind((HOST, port))
            trial.listen(1)
        except OSError:
            return False
    return True


def listening(port: int) -> bool:
    """Whether somebody answers on the port of this machine."""
    try:
        socket.create_connection((HOST, port), timeout=1).close()
    except OSError:
        return False
    return True


def temporal_port(run_dir: Path) -> int:
    """Take the port this folder had before if it is free, else a new one.

    Raises: EmbeddedFailure if none is free.
    """
    before = read_addresses(run_dir)
    if before and before.temporal_port and free(before.temporal_port):
        return before.temporal_port
    for _ in range(len(PORTS)):
        port = secrets.choice(PORTS)
        if free(port):
            return port
    raise EmbeddedFailure("Không còn cổng nào trống trên máy này để chạy Temporal.")


def require_free_web_port(port: int) -> None:
    """Refuse a web port that another program holds.

    Raises: EmbeddedFailure naming the port.
    """
    if not free(port):
        raise EmbeddedFailure(
            "Cổng {port} đang bị một chương trình khác sử dụng; hãy chọn cổng khác bằng --port.", port=str(port)
        )
