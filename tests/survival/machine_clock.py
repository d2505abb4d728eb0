"""The wall clock of one running process, set ahead and back while it runs, whatever it is written in.

A preloaded library does not reach Temporal, whose program is static, and the clock of the machine itself belongs to
everybody on it. But every process asks the time through the page of kernel code that is mapped into it (the vDSO), and
who may debug a process may write there: the page is then that process's own copy. So the three functions that tell the
wall clock are led to a few instructions that ask the kernel and add an offset, which can be changed at any instant.
The running time (CLOCK_MONOTONIC, CLOCK_BOOTTIME) stays true, as it does on a machine whose clock is set.
"""

import contextlib
import os
import platform
import signal
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

FUNCTIONS = ("__vdso_clock_gettime", "__vdso_gettimeofday", "__vdso_time")

# Each asks the kernel by its own number and adds the offset to what it was told. Four bytes of zero stand where the way
# to the offset is filled in. Registers as in the System V ABI: rdi and rsi hold the arguments; rcx and r11 are free.
_CLOCK_GETTIME = bytes.fromhex("b8e40000000f0585ff740583ff05750a488b0d0000000048010ec3")
_GETTIMEOFDAY = bytes.fromhex("b8600000000f054885ff740a488b0d0000000048010fc3")
_TIME = bytes.fromhex("b8c90000000f05488b0d000000004801c84885ff7403488907c3")
_WAY = bytes.fromhex("488b0d00000000")
_ROOM = 128


class NoSuchClock(Exception):
    """The clock of a process cannot be set on this machine; the sentence says why."""


@dataclass
class ProcessClock:
    """The wall clock of one process; it is right until it is set."""

    pid: int
    _offset_at: int = field(init=False)
    _own: bytes = field(init=False)

    def __post_init__(self) -> None:
        if platform.machine() != "x86_64" or not Path("/proc/self/mem").exists():
            raise NoSuchClock("the clock of a single process is set by x86-64 instructions through Linux's /proc")
        first, last = _vdso_of(self.pid)
        page = _read(self.pid, first, last - first)
        places = _symbols(page)
        own = bytearray(_ROOM)  # the offset first, then the three functions
        jumps = []
        at = 16
        for name, code in zip(FUNCTIONS, (_CLOCK_GETTIME, _GETTIMEOFDAY, _TIME), strict=True):
            start = len(page) - _ROOM + at
            after_way = code.index(_WAY) + len(_WAY)
            way = struct.pack("<i", (len(page) - _ROOM) - (start + after_way))
            own[at : at + len(code)] = code[: after_way - 4] + way + code[after_way:]
            jumps.append((places[name], b"\xe9" + struct.pack("<i", start - (places[name] + 5))))
            at += (len(code) + 15) // 16 * 16
        self._offset_at, self._own = first + len(page) - _ROOM, bytes(own[16:])
        if page[16 - _ROOM :] == own[16:]:
            return  # it was led here before
        if page[-_ROOM:].strip(b"\0"):
            raise NoSuchClock("the kernel's page of time functions has no room at its end")
        with _held(self.pid):
            _write(self.pid, self._offset_at, bytes(own))
            for place, jump in jumps:
                _write(self.pid, first + place, jump)

    def set(self, seconds: int) -> None:
        """Let the clock be ahead by so many seconds from now on; behind when negative, right when 0."""
        _write(self.pid, self._offset_at, struct.pack("<q", seconds))

    def holds(self) -> bool:
        """Whether the process still asks here; one that became another program asks the kernel again."""
        try:
            return _read(self.pid, self._offset_at + 16, _ROOM - 16) == self._own
        except OSError:
            return False


def _vdso_of(pid: int) -> tuple[int, int]:
    for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
        if line.endswith("[vdso]"):
            first, last = line.split()[0].split("-")
            return int(first, 16), int(last, 16)
    raise NoSuchClock("the process asks the kernel itself for the time")


@contextlib.contextmanager
def _held(pid: int) -> Iterator[None]:
    """Let the process stand still while the functions are changed that it may be about to call."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def _read(pid: int, address: int, size: int) -> bytes:
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        memory.seek(address)
        return memory.read(size)


def _write(pid: int, address: int, content: bytes) -> None:
    try:
        with Path(f"/proc/{pid}/mem").open("r+b", buffering=0) as memory:
            memory.seek(address)
            memory.write(content)
    except OSError as refused:
        raise NoSuchClock(f"the kernel does not let one process set the clock of another ({refused})") from refused


def _symbols(page: bytes) -> dict[str, int]:
    """Where the functions stand in the page, by its table of symbols (ELF64)."""
    headers_at, size, count = struct.unpack_from("<Q", page, 40)[0], *struct.unpack_from("<HH", page, 58)
    found = {}
    for number in range(count):
        kind, _, _, at, length, link = struct.unpack_from("<IQQQQI", page, headers_at + number * size + 4)
        if kind != 11:
            continue
        names_at = struct.unpack_from("<Q", page, headers_at + link * size + 24)[0]
        for symbol in range(at, at + length, 24):
            name_at, _, _, _, value = struct.unpack_from("<IBBHQ", page, symbol)
            end = page.index(b"\0", names_at + name_at)
            found[page[names_at + name_at : end].decode()] = value
    return found
