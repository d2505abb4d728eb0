"""An office that works while its disk fails: run with the library preloaded.

`python machine_victim.py FOLDER SEEDED MODES NUMBERS…` writes one JSON line for each number: what the office was told
is done, what it could not do, and what lay in the files afterwards. Everything is the real thing but Temporal: what a
workflow would do at each step, the door is asked to do here.
"""

import contextlib
import errno
import json
import os
import shutil
import sqlite3
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from builders import local
from machine_faulty_io import FaultyDisk, attached
from office_fixture import Desk
from sqlalchemy.exc import DBAPIError
from standing_office import a_raw_directive

from database.engine import reading
from database.ledger import rows_of_command
from models import commands as c
from models.refusal import Refused
from services.intake import Intake, Taken, Verdict
from services.registration import read_registration
from services.verifying import verify

MODES = {
    "broken": (errno.EIO, False),  # one call fails, the next ones succeed
    "full": (errno.ENOSPC, True),  # all calls fail from then on, until the trouble is over
}
BATCH = 3
LIVES = 2
AT = "2026-03-04 09:00"


@dataclass
class Victim:
    """One office and what it was told."""

    desk: Desk
    done: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    def attempt(self, what: str, step: Callable[[], object]) -> None:
        """Do one thing; a refusal means that an earlier thing is missing, which is the fault's doing."""
        try:
            step()
        except (DBAPIError, sqlite3.Error, Refused, ValueError, AssertionError) as problem:
            self.failed.append(f"{what}: {type(problem).__name__}")
        else:
            self.done.append(what)

    def work(self) -> None:
        """A morning: a sheet is taken in, directives are registered, acknowledged and commented on."""
        self.attempt("import", self.take_in)
        for number in range(LIVES):
            code = f"NV-{number}"
            self.attempt(f"register {code}", lambda code=code: self.desk.register(code, AT))
            for kind, command, person in (
                ("acknowledge", c.Acknowledge(), "truong.syt"),
                ("comment", c.Comment(text="Ý kiến"), "chanhvanphong"),
                ("submit", c.Submit(result="Đã xong"), "truong.syt"),
            ):
                name = f"{kind}-{code}"
                self.attempt(
                    name,
                    lambda code=code, command=command, person=person, name=name: self.desk.act(
                        code, command, person, AT, command_id=name
                    ),
                )

    def take_in(self) -> list[Taken]:
        office = self.desk.office
        reference = office.reference()
        actor = reference.directory.actor("vanthu", local(AT).date())
        readings = [
            read_registration(
                a_raw_directive(document_number=f"{number}/UBND", code=f"NHAP-{number}"),
                reference,
                local(AT),
                needs_lead=True,
            )
            for number in range(BATCH)
        ]
        taken = list(Intake(office, self.desk.door, actor).take(readings))
        assert {one.verdict for one in taken} <= {Verdict.ACCEPTED, Verdict.UNCHANGED}, taken
        return taken


def lies_there(desk: Desk) -> dict[str, Any]:
    """What a fresh look at the files finds."""
    with contextlib.closing(sqlite3.connect(desk.data / "dondoc.db")) as connection:
        whole = connection.execute("PRAGMA integrity_check").fetchone()[0]
        imported = connection.execute("SELECT count(*) FROM directive WHERE code LIKE 'NHAP-%'").fetchone()[0]
        kept = connection.execute("SELECT count(*) FROM command WHERE directive LIKE 'NHAP-%'").fetchone()[0]
    names = [f"{kind}-NV-{number}" for number in range(LIVES) for kind in ("acknowledge", "comment", "submit")]
    with reading(desk.office.engine) as connection:
        recorded = {name: len(rows_of_command(connection, name)) for name in names}
        for number in range(LIVES):
            recorded[f"register NV-{number}"] = len(rows_of_command(connection, f"NV-{number}-{AT}"))
    broken = [(one.code, one.seq, one.fault) for one in verify(desk.office).broken]
    return {"whole": whole, "imported": imported, "kept": kept, "recorded": recorded, "broken": broken}


def suffer(disk: FaultyDisk, seeded: Path, folder: Path, nth: int, mode: str) -> dict[str, Any]:
    """Work while the n-th call fails; look; then do again what failed, as people would, and look once more."""
    error, sticky = MODES[mode]
    desk = Desk.copied(seeded, folder)
    victim = Victim(desk)
    with disk.failing(nth, error, sticky=sticky) as orders:
        victim.work()
        calls, failures = orders.seen, orders.failed
    desk.office.engine.dispose()
    before = lies_there(desk)
    again = Victim(desk)
    again.work()
    after = lies_there(desk)
    desk.office.engine.dispose()
    shutil.rmtree(folder)
    told = {"done": victim.done, "failed": victim.failed, "again": again.failed}
    return {"n": nth, "mode": mode, "calls": calls, "failures": failures, **told, "before": before, "after": after}


def main(folder: Path, seeded: Path, modes: str, numbers: list[int]) -> None:
    """Suffer each of the faults."""
    disk = attached(folder)
    for mode in modes.split(","):
        for nth in numbers:
            sys.stdout.write(json.dumps(suffer(disk, seeded, folder / f"{mode}-{nth}", nth, mode)) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], [int(number) for number in sys.argv[4:]])
    os._exit(0)
