"""The judge of every trial. It shares no code with the engine and believes nothing but what is written down.

It reads what the clients were told, the ledger, the outbox and the mails, and names each thing that must not be. An
empty list is the only good answer. `test_survival_checker.py` proves that it imports the standard library alone and
that it finds each fault when one is put there.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from checked_board import check_board, check_snapshot
from checked_commands import check_chain, check_commands
from checked_files import Evidence, Fault, read_evidence, read_server_evidence
from checked_moments import Rule, Step, check_moments
from checked_outbox import check_deliveries, check_notices

__all__ = ["Evidence", "Fault", "Rule", "Step", "Verdict", "judge", "read_evidence", "read_server_evidence"]

SETTLING = dt.timedelta(seconds=3)
"""What fell due within this time before the evidence was taken may still be on its way."""


@dataclass(frozen=True)
class Verdict:
    """What the judge found, and how much there was to look at.

    Attributes:
        lateness: by how many seconds the latest moment was told late.
    """

    faults: tuple[Fault, ...]
    directives: int
    rows: int
    moments: int
    acknowledged: int
    refused: int
    kept: int
    notices: int
    mails: int
    lateness: float

    def __str__(self) -> str:
        counted = (
            f"{self.directives} directives, {self.rows} rows, {self.moments} moments (latest {self.lateness:.1f} s "
            f"late), {self.acknowledged} commands done, {self.refused} refused, {self.kept} kept, "
            f"{self.notices} notices, {self.mails} mails"
        )
        return "\n".join([counted, *(f"  {fault}" for fault in self.faults[:40])])


def judge(
    evidence: Evidence,
    rules: tuple[Rule, ...],
    as_of: dt.datetime,
    *,
    board: dict[str, Any] | None = None,
    registered: Iterable[str] = (),
    mails_complete: bool = True,
) -> Verdict:
    """Look at everything.

    Args:
        rules: the trial's policy, in force since before the first directive.
        as_of: the office's instant at which the evidence was taken.
        board: what `dondoc board --json` said then.
        registered: codes that people were told are registered or accepted.
        mails_complete: as `check_deliveries`.
    """
    faults = [*check_chain(evidence.lives.values()), *check_commands(evidence)]
    faults += [
        Fault("registered_lost", code, "told as registered") for code in registered if code not in evidence.lives
    ]
    lives = []
    for code, rows in evidence.lives.items():
        try:
            life, wrong, next_at = check_moments(rows, rules, as_of - SETTLING)
        except (KeyError, IndexError, TypeError, ValueError) as unreadable:
            faults.append(Fault("unreadable", code, repr(unreadable)))
            continue
        lives.append(life)
        faults += [*wrong, *check_snapshot(life, evidence.snapshots.get(code), next_at)]
    faults += [*check_notices(evidence), *check_deliveries(evidence, mails_complete=mails_complete)]
    faults += check_board(lives, board) if board is not None else []
    every = [row for rows in evidence.lives.values() for row in rows]
    late = [(row.at - row.planned_at).total_seconds() for row in every if row.planned_at]
    answers = {line.id: line.told for line in evidence.told if line.told != "sent"}
    return Verdict(
        faults=tuple(faults),
        directives=len(evidence.lives),
        rows=len(every),
        moments=len(late),
        acknowledged=list(answers.values()).count("done"),
        refused=list(answers.values()).count("refused"),
        kept=list(answers.values()).count("kept"),
        notices=len(evidence.notices),
        mails=len(evidence.mails_on_disk),
        lateness=max(late, default=0.0),
    )


def judge_files(
    database: Path, logs: Iterable[Path], mail_folder: Path | None, rules: tuple[Rule, ...], as_of: dt.datetime
) -> Verdict:
    """Look at files alone."""
    return judge(read_evidence(database, logs, mail_folder), rules, as_of)
