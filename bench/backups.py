"""Backup, restore onto an empty machine and rebuilding of the workflows, beside the intake of the same directives."""

import asyncio
import os
import random
import resource
import shutil
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from temporalio.client import Client
from temporalio.service import RPCError

from bench.machine import Machine, running
from bench.rates import EMBEDDED, INTAKE, WARM_UP, Phase, Setting, measured, say, side
from bench.reading import DONDOC
from bench.sides import Ours, Wrong, at_once, database_of
from database.engine import reading
from database.ledger import last_rows
from services.temporal import handle
from workflows.directive import DirectiveWorkflow

ASKED: Final = 200
"""Directives that are asked after the rebuilding, the last among them: each must know its last row."""

FILE: Final = "dondoc.backup"


@dataclass(frozen=True)
class Restored:
    """Seconds of each step, for so many open directives.

    Attributes:
        intake: from the workbook until the ledger says `assigned` of the last.
        backup: `dondoc backup`, while the system runs.
        restore: `dondoc restore` onto an empty data folder or database, proving the ledger.
        rebuild: `dondoc rebuild workflows` in an empty Temporal, until the directives answer.
        size: bytes of the backup.
        intake_cpu, rebuild_cpu: milliseconds of CPU a directive, in all processes.
    """

    open: int
    intake: float
    backup: float
    restore: float
    rebuild: float
    size: int
    intake_cpu: float
    rebuild_cpu: float

    @property
    def back(self) -> float:
        """Seconds until everything is there again, as a ratio to the intake."""
        return (self.restore + self.rebuild) / self.intake


async def restored(number: int, setting: Setting = EMBEDDED) -> Restored:
    """Take in, back up, lose everything, bring it back."""
    async with side("ours", setting) as (machine, one):
        if not isinstance(one, Ours):
            raise TypeError("only our side can be backed up")
        await one.arrange([0.0])
        for few in (1, min(WARM_UP, number)):  # the first alone: it waits until the worker has come up
            await one.hand_in(few, None)
            await one.intake()
        await one.hand_in(number, None)
        intake = await measured(machine, INTAKE, number, one.intake())
        kept = machine.folder.parent / f"{machine.folder.name}.{FILE}"
        try:
            return await _lost_and_restored(machine, one, number, intake, kept)
        finally:
            kept.unlink(missing_ok=True)


async def _lost_and_restored(machine: Machine, one: Ours, number: int, intake: Phase, kept: Path) -> Restored:
    backup = await _timed(machine, "backup", str(kept))
    machine.stop()
    with reading(one.office.engine) as connection:
        seqs = {code: seq for code, (seq, _) in last_rows(connection, one.codes[-number:]).items()}
    one.office.engine.dispose()

    fresh = _emptied(machine)
    restore = await _timed(fresh, "restore", str(kept))
    async with running(fresh) as (again, client):
        start, used = time.monotonic(), _cpu(again)
        await _timed(again, "rebuild", "workflows")
        codes = [*random.Random(number).sample(sorted(seqs), min(ASKED, number)), max(seqs)]
        await at_once(range(len(codes)), lambda place: _answered(client, codes[place], seqs[codes[place]]))
        rebuild = time.monotonic() - start
        rebuild_cpu = 1000 * (_cpu(again) - used) / number
    size = await asyncio.to_thread(lambda: kept.stat().st_size)
    say(f"  backup {backup:.1f} s, restore {restore:.1f} s, rebuild {rebuild:.1f} s, {rebuild_cpu:.1f} ms CPU each")
    return Restored(number, intake.seconds, backup, restore, rebuild, size, intake.cpu_each, rebuild_cpu)


def _emptied(machine: Machine) -> Machine:
    """The same machine without anything on it."""
    environment = dict(machine.environment)
    folder = machine.folder / "again"
    folder.mkdir()
    for file in machine.folder.glob("*.db*"):
        file.unlink()
    shutil.rmtree(machine.folder / "run", ignore_errors=True)
    environment["DONDOC_DATA_DIR"] = str(folder)
    if machine.database is None:
        environment["DONDOC_DATABASE_URL"] = f"sqlite:///{database_of(folder)}"
    else:
        environment["DONDOC_DATABASE_URL"] = machine.database.create("again")
    return replace(machine, folder=folder, environment=environment, processes={}, address="")


def _cpu(machine: Machine) -> float:
    """CPU seconds of all processes, and of the commands that have ended."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return sum(machine.cpu().values()) + ended.ru_utime + ended.ru_stime


async def _timed(machine: Machine, *words: str) -> float:
    """Seconds of a command of the shell, from the start of its process to its end.

    Raises:
        Wrong: it failed.
    """
    named = {name: text for name, text in os.environ.items() if not name.startswith("DONDOC_")} | machine.environment
    if machine.address:
        named["DONDOC_TEMPORAL_ADDRESS"] = machine.address
    start = time.monotonic()
    pipe, beside = asyncio.subprocess.PIPE, asyncio.subprocess.STDOUT
    called = (str(DONDOC), *words, "--data", str(machine.folder))
    process = await asyncio.create_subprocess_exec(*called, env=named, stdout=pipe, stderr=beside)
    told, _ = await process.communicate()
    if process.returncode:
        raise Wrong(f"dondoc {words[0]}: {told.decode(errors='replace')[-500:]}")
    return time.monotonic() - start


async def _answered(client: Client, code: str, seq: int) -> None:
    """Wait until a directive's workflow says that it stands where the ledger does.

    Raises:
        Wrong: it does not.
    """
    for _ in range(600):
        try:
            live = await handle(client, code).query(DirectiveWorkflow.state)
        except RPCError:
            await asyncio.sleep(0.2)
            continue
        if live.seq == seq:
            return
        await asyncio.sleep(0.2)
    raise Wrong(f"{code} does not know its last row")
