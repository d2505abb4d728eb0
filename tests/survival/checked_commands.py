"""Are the commands in the ledger as the clients were told, and is the ledger one unbroken chain?"""

import datetime as dt
import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator

from checked_files import DONE, KEPT, REFUSED, Evidence, Fault, Row, Told

ENTERED_BY = ("registered", "moved_in")
"""The first event of a directive: its command is the intake's, which no client's log names."""


def check_commands(evidence: Evidence) -> Iterator[Fault]:
    """Acknowledged once and as told; refused never; kept to its end; nothing that nobody sent."""
    rows_of: dict[str, list[Row]] = defaultdict(list)
    for rows in evidence.lives.values():
        for row in rows:
            if row.command_id is not None:
                rows_of[row.command_id].append(row)
    told_of: dict[str, list[Told]] = defaultdict(list)
    for line in evidence.told:
        told_of[line.id].append(line)
    for command, rows in rows_of.items():
        yield from _recorded_once(command, rows)
        if command not in told_of and rows[0].kind not in ENTERED_BY:
            yield Fault("nobody_sent_it", rows[0].directive, f"row {rows[0].seq} is of the unknown command {command}")
    for command, lines in told_of.items():
        yield from _as_told(command, lines, rows_of.get(command, []), evidence.commands.get(command))
    for command, state in evidence.commands.items():
        if state == "pending":
            yield Fault("still_pending", command, "kept, and neither recorded nor refused by now")


def _recorded_once(command: str, rows: list[Row]) -> Iterator[Fault]:
    first = rows[0]
    if [row.part for row in rows] != list(range(len(rows))) or len({row.directive for row in rows}) > 1:
        places = ", ".join(f"{row.directive}#{row.seq} part {row.part}" for row in rows)
        yield Fault("command_doubled", first.directive, f"{command} stands in {places}")
    elif rows[-1].seq - first.seq != len(rows) - 1:
        yield Fault("command_torn", first.directive, f"{command} has rows {[row.seq for row in rows]}")


def _as_told(command: str, lines: list[Told], rows: list[Row], state: str | None) -> Iterator[Fault]:
    answers = {(line.code, line.seq, line.kinds) for line in lines if line.told == DONE}
    refused = [line for line in lines if line.told == REFUSED]
    if len(answers) > 1:
        yield Fault("two_answers", command, f"one command was answered as {sorted(answers, key=str)}")
    for code, seq, kinds in answers:
        found = tuple(row.kind for row in rows)
        if not rows:
            yield Fault("acknowledged_lost", code, f"{command} ({', '.join(kinds)}) was told as row {seq}")
        elif (found, rows[-1].seq, rows[-1].directive) != (kinds, seq, code):
            seen = f"{command} was told as {kinds} up to row {seq}; the ledger has {found} up to row {rows[-1].seq}"
            yield Fault("told_otherwise", code, seen)
    if refused and rows:
        yield Fault("refused_left_a_row", rows[0].directive, f"{command} was refused ({refused[0].refusal})")
    if refused and answers:
        yield Fault("two_answers", command, "one command was answered both as done and as refused")
    if state == "refused" and rows:
        yield Fault("refused_left_a_row", rows[0].directive, f"{command} is closed as refused")
    if state == "recorded" and not rows:
        yield Fault("acknowledged_lost", lines[0].code, f"{command} is closed as recorded")
    if any(line.told == KEPT for line in lines) and state is None and not rows and not refused:
        yield Fault("kept_and_gone", lines[0].code, f"{command} was told as kept; nothing knows it")


def check_chain(lives: Iterable[list[Row]]) -> Iterator[Fault]:
    """Numbers without a gap, each row sealed with the one before; computed anew."""
    for rows in lives:
        expected, before = 1, ""
        for row in rows:
            if row.seq != expected:
                yield Fault("gap", row.directive, f"row {row.seq} stands where row {expected} belongs")
            elif row.previous_hash != before:
                yield Fault("chain", row.directive, f"row {row.seq} does not follow the row before it")
            elif row.hash != _seal(row):
                yield Fault("content", row.directive, f"row {row.seq} is not what was sealed")
            expected, before = row.seq + 1, row.hash


def _seal(row: Row) -> str:
    parts = [row.previous_hash, row.directive, row.seq, _iso(row.at), row.planned_at and _iso(row.planned_at)]
    parts += [row.actor, row.on_behalf_of, row.command_id, row.part, row.kind, row.data]
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()


def _iso(at: dt.datetime) -> str:
    return at.astimezone(dt.UTC).isoformat()
