"""Connections that cannot hold us up: names looked up and whole conversations ended in bounded time."""

import contextlib
import os
import socket
import threading
from collections.abc import Iterator
from typing import Final

SocketAddress = tuple[str, int] | tuple[str, int, int, int]

_RESOLVED: Final = threading.BoundedSemaphore(64)
"""How many names may be looked up at once; a resolver that never answers keeps its thread."""


class NotResolved(OSError):
    """A name has no address, or the resolver did not answer in time."""


def resolve(host: str, port: int, seconds: float) -> list[tuple[socket.AddressFamily, SocketAddress]]:
    """Find the addresses of a host for TCP, in the order in which to try them.

    The system's resolver takes no time limit, so it runs beside and is left alone when it takes too long.

    Raises:
        NotResolved: no address, or none within `seconds`.
    """
    found: list[tuple[socket.AddressFamily, SocketAddress]] = []
    faults: list[Exception] = []

    def look_up() -> None:
        try:
            for family, _, _, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
                if family in (socket.AF_INET, socket.AF_INET6):
                    found.append((family, address))  # type: ignore[arg-type]  # typeshed joins all families' addresses
        except (OSError, UnicodeError) as error:  # UnicodeError: a label that is empty or longer than 63 letters
            faults.append(error)
        finally:
            _RESOLVED.release()

    if not _RESOLVED.acquire(timeout=seconds):
        raise NotResolved(f"the resolver is busy, {host} was not looked up")
    thread = threading.Thread(target=look_up, name="resolve", daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        raise NotResolved(f"no address of {host} within {seconds:g} s")
    if faults or not found:
        raise NotResolved(f"{host} has no address")
    return list(dict.fromkeys(found))


def connect(addresses: list[tuple[socket.AddressFamily, SocketAddress]], seconds: float) -> socket.socket:
    """Open a TCP connection to the first address that answers.

    Args:
        addresses: as `resolve` gives them, at least one.
        seconds: the limit for each address, and afterwards for each read and write.

    Raises:
        OSError: none answered; the last one's error.
    """
    fault: OSError | None = None
    for family, address in addresses:
        connection = socket.socket(family, socket.SOCK_STREAM)
        try:
            connection.settimeout(seconds)
            connection.connect(address)
        except OSError as error:
            connection.close()
            fault = error
        else:
            return connection
    raise fault or NotResolved("no address to connect to")


@contextlib.contextmanager
def ended_after(seconds: float, connection: socket.socket) -> Iterator[threading.Event]:
    """End a connection when the block takes longer than `seconds`; what waits on it then fails.

    A time limit on each read is not enough: one byte a second keeps a conversation alive for ever. A second handle is
    used, so that the end also comes while TLS is being set up on the first.

    Yields: an event that is set once the connection was ended, for those to whom a half answer looks like a whole one.
    """
    twin = socket.socket(fileno=os.dup(connection.fileno()))  # a TLS socket has no dup() of its own
    ended = threading.Event()
    timer = threading.Timer(seconds, _end, (twin, ended))
    timer.daemon = True
    timer.start()
    try:
        yield ended
    finally:
        timer.cancel()
        timer.join()
        twin.close()


def _end(connection: socket.socket, ended: threading.Event) -> None:
    ended.set()
    with contextlib.suppress(OSError):  # it is closed already
        connection.shutdown(socket.SHUT_RDWR)
