"""The faults of the table in docs/operations.md that are thrown at a living office on PostgreSQL, by chance."""

import contextlib
import os
import random
import signal
import socket
import time
from collections.abc import Callable

import httpx2
from office_on_postgresql import OfficeOnPostgresql
from office_on_trial import PARTS

Fault = Callable[[OfficeOnPostgresql, random.Random], str]
"""Hurts an office and says how; what was stopped goes on when it returns."""


def one_part_is_killed(office: OfficeOnPostgresql, dice: random.Random) -> str:
    part = dice.choice(PARTS)
    office.kill(part)
    return part


def two_parts_are_killed(office: OfficeOnPostgresql, dice: random.Random) -> str:
    parts = dice.sample(PARTS, 2)
    for part in parts:
        office.kill(part)
    return " and ".join(parts)


def all_are_killed(office: OfficeOnPostgresql, _dice: random.Random) -> str:
    office.dondoc.kill_all()
    office.dondoc.up()
    return "and started again"


def all_and_postgresql_are_killed(office: OfficeOnPostgresql, _dice: random.Random) -> str:
    office.dondoc.kill_all()
    office.server.stop()
    office.server.start()
    office.dondoc.up()
    return "and started again"


def postgresql_is_restarted(office: OfficeOnPostgresql, dice: random.Random) -> str:
    times = dice.randrange(1, 4)
    for _ in range(times):
        office.server.restart()
        time.sleep(dice.uniform(0.5, 4.0))
    return f"{times} times, immediately"


def postgresql_is_away(office: OfficeOnPostgresql, dice: random.Random) -> str:
    seconds = dice.uniform(2.0, 10.0)
    office.server.stop()
    time.sleep(seconds)
    office.server.start()
    return f"for {seconds:.0f} s"


def postgresql_hangs(office: OfficeOnPostgresql, dice: random.Random) -> str:
    seconds = dice.uniform(5.0, 20.0)
    with office.server.hanging():
        time.sleep(seconds)
    return f"for {seconds:.0f} s"


def postgresql_takes_reads_only(office: OfficeOnPostgresql, dice: random.Random) -> str:
    seconds = dice.uniform(3.0, 10.0)
    with office.server.read_only():
        time.sleep(seconds)
    return f"for {seconds:.0f} s"


def every_session_is_ended(office: OfficeOnPostgresql, _dice: random.Random) -> str:
    ended = office.server.sql(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
        "WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
    )
    return ended.strip()


def one_part_hangs(office: OfficeOnPostgresql, dice: random.Random) -> str:
    part, seconds = dice.choice(("worker", "web")), dice.uniform(3.0, 12.0)
    pid = office.dondoc.pids().get(part)
    if pid is None:
        return f"{part} was not there"
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGSTOP)
        time.sleep(seconds)
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGCONT)
    return f"{part} for {seconds:.0f} s"


def temporal_loses_its_store(office: OfficeOnPostgresql, _dice: random.Random) -> str:
    office.dondoc.down()
    for file in office.data.glob("temporal.db*"):
        file.unlink()
    office.dondoc.up()
    office.dondoc("rebuild", "workflows", seconds=600)
    return "and gets every open directive back"


def big_and_slow_clients_come(office: OfficeOnPostgresql, dice: random.Random) -> str:
    slow = []
    for _ in range(100):
        with contextlib.suppress(OSError):
            connection = socket.create_connection(("127.0.0.1", office.dondoc.port), 2)
            connection.sendall(b"POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n")
            slow.append(connection)
    with contextlib.suppress(httpx2.TransportError):
        httpx2.post(f"{office.address}/sign-in", content=bytes(20_000_000), timeout=30)
    time.sleep(dice.uniform(2.0, 5.0))
    for connection in slow:
        connection.close()
    return f"{len(slow)} half requests and 20 MB"


FAULTS: dict[Fault, float] = {
    one_part_is_killed: 3.0,
    two_parts_are_killed: 1.0,
    all_are_killed: 1.0,
    all_and_postgresql_are_killed: 1.0,
    postgresql_is_restarted: 2.0,
    postgresql_is_away: 1.0,
    postgresql_hangs: 2.0,
    postgresql_takes_reads_only: 1.5,
    every_session_is_ended: 1.5,
    one_part_hangs: 1.0,
    temporal_loses_its_store: 0.5,
    big_and_slow_clients_come: 0.5,
}
"""How often each is chosen."""


def choose(dice: random.Random, number: int) -> list[Fault]:
    """So many different faults, in the order in which they come."""
    left, chosen = dict(FAULTS), []
    for _ in range(number):
        fault = dice.choices(list(left), weights=list(left.values()))[0]
        del left[fault]
        chosen.append(fault)
    return chosen
