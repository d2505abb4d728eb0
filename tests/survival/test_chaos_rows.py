"""The faults that need PostgreSQL or pages, one by one: people act by the API and on pages, and all is judged.

`make chaos` runs them before its rounds; the short form of the most important ones is in `test_chaos_short.py`.
"""

import asyncio
import contextlib
import itertools
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from chaos_faults import (
    all_and_postgresql_are_killed,
    one_part_is_killed,
    postgresql_hangs,
    temporal_loses_its_store,
    two_parts_are_killed,
)
from chaos_rounds import Rounds
from crowd import environment
from crowd_client import Log
from crowd_wishes import OFFICE, deadline_on
from dondoc_command import until
from office_on_postgresql import OfficeOnPostgresql
from office_on_trial import figure, listens
from own_postgresql import own_postgresql
from temporal_server import free_port
from test_survival_storm import all_is_killed_in_the_middle
from trial_policy import ONE_MOMENT, RULES
from web_client import NAMES_OF_KEYS, told_by

from services import tokens

pytestmark = [pytest.mark.server, pytest.mark.slow, pytest.mark.proof, pytest.mark.timeout(1800)]

__all__ = ["figure"]

SEED = int(os.environ.get("SEED", str(random.randrange(10**6))))
Say = Callable[..., None]


@pytest.fixture(scope="module")
def rounds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rounds]:
    folder = tmp_path_factory.mktemp("chaos")
    with own_postgresql() as server, OfficeOnPostgresql(folder, RULES, server=server).open() as office:
        yield Rounds(office)


def test_postgresql_restarted_at_once_every_ten_seconds_loses_and_doubles_nothing(rounds: Rounds, figure: Say) -> None:
    def every_ten_seconds(office: OfficeOnPostgresql, _dice: random.Random) -> str:
        for _ in range(5):
            time.sleep(10)
            office.server.restart()
        return "5 times"

    figure("round", rounds.play(SEED, faults=[every_ten_seconds]))


def test_postgresql_that_hangs_for_a_minute_is_503_on_every_page_and_loses_and_doubles_nothing(
    rounds: Rounds, figure: Say
) -> None:
    def a_minute(office: OfficeOnPostgresql, _dice: random.Random) -> str:
        with office.server.hanging():
            time.sleep(60)
        return "60 s"

    played = rounds.play(SEED + 1, faults=[a_minute])

    assert played.turned_away > 0
    figure("round", played)


def test_a_postgresql_of_reads_only_goes_on_with_reading_and_heals_by_itself(rounds: Rounds, figure: Say) -> None:
    def half_a_minute(office: OfficeOnPostgresql, _dice: random.Random) -> str:
        with office.server.read_only():
            time.sleep(30)
            read = httpx2.get(f"{office.address}/directives", headers=cookie(office), timeout=60)
        assert read.status_code == 200
        assert "đang chỉ đọc" in read.text
        return "30 s"

    figure("round", rounds.play(SEED + 2, faults=[half_a_minute]))


def test_every_part_killed_at_random_instants_while_people_are_on_pages_loses_and_doubles_nothing(
    rounds: Rounds, figure: Say
) -> None:
    figure("round", rounds.play(SEED + 3, faults=[one_part_is_killed, two_parts_are_killed] * 4))


def test_pages_are_read_while_temporal_is_dead_and_commands_are_kept(rounds: Rounds, figure: Say) -> None:
    def temporal_stands_still(office: OfficeOnPostgresql, _dice: random.Random) -> str:
        pid = office.dondoc.pids()["temporal"]
        os.kill(pid, signal.SIGSTOP)
        try:
            for path in ("/", "/directives", "/board"):
                read = httpx2.get(f"{office.address}{path}", headers=cookie(office), timeout=60)
                assert read.status_code == 200
                assert "Bộ máy đang tạm nghỉ" in read.text
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)
        return "while it was silent"

    figure("round", rounds.play(SEED + 4, faults=[temporal_stands_still]))


def test_everything_and_postgresql_killed_at_once_loses_and_doubles_nothing(rounds: Rounds, figure: Say) -> None:
    figure("round", rounds.play(SEED + 5, faults=[all_and_postgresql_are_killed, postgresql_hangs]))


def test_a_lost_store_of_temporal_is_filled_again_from_postgresql_twice_in_a_row(rounds: Rounds, figure: Say) -> None:
    figure("round", rounds.play(SEED + 6, faults=[temporal_loses_its_store] * 2))


def test_500_commands_at_once_on_one_directive_through_four_web_processes_all_hear_the_truth(
    rounds: Rounds, figure: Say
) -> None:
    office = rounds.office
    code = one_directive(office, "AT-ONCE")
    with several_webs(office, 3) as addresses:
        started = time.monotonic()
        told = asyncio.run(at_once(office, [office.address, *addresses], code, 500, rounds.logs))
        took = time.monotonic() - started

    until(lambda: office.count("command WHERE state = 'pending' AND directive = ?", code) == 0, 300)
    assert Counter(one["told"] for one in told)["failed"] == 0, [one for one in told if one["told"] == "failed"][:3]
    assert {one["kind"] for one in told if one["told"] == "refused"} == {"acknowledge"}
    kinds = Counter(kind for (kind,) in office.ask("SELECT kind FROM ledger WHERE directive = ?", code))
    assert kinds["commented"] == 450
    assert kinds["acknowledged"] == 1
    office.judged(rounds.logs)
    figure("500 commands at once", f"{took:.1f} s, {dict(Counter(one['told'] for one in told))}")


def test_5000_events_on_one_directive_through_the_api_are_there_once_and_paged(rounds: Rounds, figure: Say) -> None:
    office, number = rounds.office, int(os.environ.get("EVENTS", "5000"))
    code = one_directive(office, "MANY")
    asyncio.run(one_after_another(office, code, number, rounds.logs))

    rows = office.count("ledger WHERE directive = ? AND kind = 'commented'", code)
    assert rows == number
    mine = {"Authorization": f"Bearer {office.tokens[OFFICE][1]}"}
    seqs: list[int] = []
    path = f"{office.address}/api/v1/directives/{code}/history?limit=200"
    after = ""
    while True:
        said = httpx2.get(path + after, headers=mine, timeout=120).json()
        seqs += [one["seq"] for one in said["items"]]
        if said["next"] is None:
            break
        after = f"&after={said['next']}"
    assert seqs == list(range(1, len(seqs) + 1))
    page = httpx2.get(f"{office.address}/directives/{code}", headers=cookie(office), timeout=120)
    assert page.status_code == 200
    office.judged(rounds.logs)
    figure("rows, and bytes of the page", f"{len(seqs)}, {len(page.content)}")


def test_big_and_slow_clients_are_turned_away_and_others_are_served(rounds: Rounds, figure: Say) -> None:
    office = rounds.office
    mine = {"Authorization": f"Bearer {office.tokens[OFFICE][1]}", "Content-Type": "application/json"}
    with many_slow(office, 500) as slow:
        for path in ("/api/v1/directives", "/sign-in"):
            assert sent_whole(office, path, mine, 100_000_000) in (413, None)
        pages = [httpx2.get(f"{office.address}{path}", headers=cookie(office), timeout=60) for path in PAGES * 5]
        odd = {
            "10,000 filters": "/directives?" + "&".join(itertools.repeat("q=a", 10_000)),
            "a page that is not": "/directives?page=1000000000",
            "a regular expression": "/directives?q=" + "(a+)+$" * 30,
        }
        answers = {
            name: httpx2.get(f"{office.address}{path}", headers=cookie(office), timeout=120).status_code
            for name, path in odd.items()
        }
    assert {page.status_code for page in pages} == {200}
    assert {status // 100 for status in answers.values()} <= {2, 4}, answers
    figure("slow connections, answers", f"{len(slow)}, {answers}")


def test_an_older_backup_in_postgresql_gets_every_lost_row_back_from_the_living_temporal(
    rounds: Rounds, figure: Say
) -> None:
    office, backup = rounds.office, rounds.office.folder / "office.backup"
    office.wait_until_settled()
    office.dondoc("backup", str(backup))
    rounds.play(SEED + 7, faults=[])
    office.wait_until_settled()
    ledger = lines(office)
    office.dondoc.down()
    office.server.sql("DROP DATABASE dondoc WITH (FORCE)", "CREATE DATABASE dondoc")
    office.dondoc("restore", str(backup))
    lost = set(ledger) - set(lines(office))
    office.dondoc.up()

    found = json.loads(office.dondoc.run("reconcile", "--repair", "--json", seconds=900).stdout)

    assert len(lost) > 40
    assert [one for one in found["differences"] if not one["mended"]] == []
    assert set(ledger) - set(lines(office)) == set()
    office.judged(rounds.logs, mails_complete=False)
    figure("rows lost and brought back", len(lost))


def test_all_killed_in_the_middle_of_the_storm_on_postgresql_tells_each_person_once(
    tmp_path: Path, figure: Say
) -> None:
    with own_postgresql() as server, OfficeOnPostgresql(tmp_path, ONE_MOMENT, server=server).open() as office:
        all_is_killed_in_the_middle(office, 150, "CUT", figure)


# --- What they need ------------------------------------------------------------------------------------------------

PAGES = ("/", "/directives", "/board", "/inbox")


def cookie(office: OfficeOnPostgresql) -> dict[str, str]:
    return {"Cookie": f"dondoc={office.sessions[OFFICE]}"}


def lines(office: OfficeOnPostgresql) -> list[tuple[Any, ...]]:
    return office.ask("SELECT directive, seq, at, planned_at, kind, command_id, part, data, hash FROM ledger")


def one_directive(office: OfficeOnPostgresql, name: str) -> str:
    office.register(1, lambda now, _place: deadline_on(now, 5), name, leads=("SYT",))
    return f"{name}-0"


@contextlib.contextmanager
def several_webs(office: OfficeOnPostgresql, number: int) -> Iterator[list[str]]:
    """More web processes on the same office."""
    processes, addresses = [], []
    for _ in range(number):
        port = free_port()
        surroundings = environment() | office.dondoc.environment
        surroundings |= {"DONDOC_DATA_DIR": str(office.data), "DONDOC_TEMPORAL_ADDRESS": office.temporal_address()}
        surroundings |= {"DONDOC_WEB_PORT": str(port), "DONDOC_PUBLIC_URL": f"http://127.0.0.1:{port}"}
        with (office.folder / f"web-{port}.log").open("ab") as log:
            processes.append(
                subprocess.Popen([sys.executable, "-P", "-m", "web"], env=surroundings, stdout=log, stderr=log)
            )
        addresses.append(f"http://127.0.0.1:{port}")
        until(lambda port=port: listens("127.0.0.1", port), 300)
    try:
        yield addresses
    finally:
        for process in processes:
            process.terminate()
            process.wait(60)


def several_tokens(office: OfficeOnPostgresql, person: str, number: int) -> list[tuple[int, str]]:
    """As many as the allowance of one token asks for."""
    opened = office.office()
    made = [tokens.create(opened, person, "Nhiều", ("read", "write")) for _ in range(number)]
    opened.engine.dispose()
    return [(token.id, secret) for token, secret in made]


async def at_once(
    office: OfficeOnPostgresql, addresses: list[str], code: str, number: int, logs: list[Path]
) -> list[dict[str, Any]]:
    """Let so many act in the same moment; of ten one acknowledges, which only the first can."""
    file = office.folder / "at-once.log"
    log, people = (
        Log(file),
        {OFFICE: several_tokens(office, OFFICE, 8), "truong.syt": several_tokens(office, "truong.syt", 2)},
    )
    logs.append(file)
    async with httpx2.AsyncClient(timeout=180, limits=httpx2.Limits(max_connections=600)) as http:

        async def one(place: int) -> dict[str, Any]:
            acknowledges = place % 10 == 0
            own = people["truong.syt" if acknowledges else OFFICE]
            body = {"kind": "acknowledge"} if acknowledges else {"kind": "comment", "text": f"Ý kiến {place}"}
            return await until_told(http, addresses[place % len(addresses)], code, body, own[place % len(own)], log)

        return list(await asyncio.gather(*(one(place) for place in range(number))))


async def one_after_another(office: OfficeOnPostgresql, code: str, number: int, logs: list[Path]) -> None:
    """Comments, twenty at a time."""
    file = office.folder / "many.log"
    log, own, gate = Log(file), several_tokens(office, OFFICE, 60), asyncio.Semaphore(20)
    logs.append(file)
    async with httpx2.AsyncClient(timeout=180) as http:

        async def one(place: int) -> None:
            async with gate:
                body = {"kind": "comment", "text": f"Việc thứ {place}"}
                await until_told(http, office.address, code, body, own[place % len(own)], log)

        await asyncio.gather(*(one(place) for place in range(number)))


async def until_told(
    http: httpx2.AsyncClient, address: str, code: str, body: dict[str, Any], token: tuple[int, str], log: Log
) -> dict[str, Any]:
    """Send one command until somebody says what became of it."""
    key = str(uuid.uuid4())
    line = {"id": str(uuid.uuid5(NAMES_OF_KEYS, f"{token[0]}/{key}")), "code": code, "kind": body["kind"]}
    log.write(line | {"told": "sent"})
    headers = {"Authorization": f"Bearer {token[1]}", "Idempotency-Key": key}
    while True:
        try:
            answer = await http.post(f"{address}/api/v1/directives/{code}/commands", json=body, headers=headers)
        except httpx2.TransportError:
            told = None
        else:
            told = told_by((answer.status_code, dict(answer.headers), answer.text))
        if told is not None:
            log.write(line | told)
            return line | told
        await asyncio.sleep(random.uniform(0.2, 2.0))


@contextlib.contextmanager
def many_slow(office: OfficeOnPostgresql, number: int) -> Iterator[list[socket.socket]]:
    """Connections that bring half a request and no more."""
    slow: list[socket.socket] = []
    try:
        for _ in range(number):
            connection = socket.create_connection(("127.0.0.1", office.dondoc.port), 10)
            slow.append(connection)
            connection.sendall(b"GET /directives HTTP/1.1\r\nHost: dondoc\r\nX-Slow: ")
        yield slow
    finally:
        for connection in slow:
            connection.close()


def sent_whole(office: OfficeOnPostgresql, path: str, headers: dict[str, str], size: int) -> int | None:
    """The status that a body of this size gets; None when the door was shut while it came."""
    try:
        return httpx2.post(f"{office.address}{path}", content=bytes(size), headers=headers, timeout=180).status_code
    except httpx2.TransportError:
        return None
