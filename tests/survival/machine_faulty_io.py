"""A disk whose n-th write or fsync fails, by a small library that is compiled here and preloaded into a process."""

import ctypes
import mmap
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

SOURCE = Path(__file__).with_name("machine_faulty_io.c")


class Orders(ctypes.Structure):
    """What is to fail, and what has; the same as in the library's source."""

    _fields_ = [(name, ctypes.c_int32) for name in ("nth", "sticky", "error", "seen", "failed")]


@dataclass
class FaultyDisk:
    """The orders that processes with the library follow. They hold for files with `name` in their path."""

    folder: Path
    name: str = "dondoc.db"
    library: Path = field(init=False)
    _map: mmap.mmap = field(init=False)
    orders: Orders = field(init=False)

    def __post_init__(self) -> None:
        self.library = compiled(self.folder)
        self._file.write_bytes(bytes(ctypes.sizeof(Orders)))
        self.attach()

    def attach(self) -> None:
        with self._file.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), ctypes.sizeof(Orders))
        self.orders = Orders.from_buffer(self._map)

    @property
    def _file(self) -> Path:
        return self.folder / "orders"

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs to be under orders."""
        return {
            "LD_PRELOAD": str(self.library),
            "FAULTY_IO_ORDERS": str(self._file),
            "FAULTY_IO_NAME": self.name,
        }

    @contextmanager
    def failing(self, nth: int, error: int, *, sticky: bool) -> Iterator[Orders]:
        """Let the n-th call fail, or all from the n-th on, while the block runs."""
        orders = self.orders
        orders.nth, orders.sticky, orders.error, orders.seen, orders.failed = 0, sticky, error, 0, 0
        orders.nth = nth
        try:
            yield orders
        finally:
            orders.nth = 0


def attached(folder: Path) -> FaultyDisk:
    """The disk of the process that was started with the environment of another one's."""
    disk = FaultyDisk.__new__(FaultyDisk)
    disk.folder = folder
    disk.name = os.environ["FAULTY_IO_NAME"]
    disk.attach()
    return disk


def compiled(folder: Path) -> Path:
    """Compile the library; where there is no compiler the test is skipped."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("this machine has no C compiler (cc) to make a disk that fails")
    library = folder / "machine_faulty_io.so"
    done = subprocess.run(
        [compiler, "-shared", "-fPIC", "-O1", "-o", str(library), str(SOURCE), "-ldl"],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        pytest.skip(f"the compiler of this machine cannot make the library: {done.stderr.splitlines()[:1]}")
    return library
