"""Two hundred ways in which somebody with the database's password changes what is written, and what must be named."""

import json
import random
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

GUARDS = ("ledger_no_update", "ledger_no_delete")

Place = tuple[str, int]
"""A directive and the number of a row."""


@dataclass
class Editor:
    """A person with sqlite3 and time. Each edit returns the places of which at least one must be named."""

    file: Path
    dice: random.Random
    connection: sqlite3.Connection = field(init=False)

    def __post_init__(self) -> None:
        self.connection = sqlite3.connect(self.file, isolation_level=None)
        self.connection.row_factory = sqlite3.Row
        for guard in GUARDS:
            self.connection.execute(f"DROP TRIGGER {guard}")

    def close(self) -> None:
        self.connection.close()

    def rows(self, where: str = "1", *values: object) -> list[sqlite3.Row]:
        return self.connection.execute(
            f"SELECT * FROM ledger WHERE {where} ORDER BY directive, seq",  # noqa: S608 - a test's own words
            values,
        ).fetchall()

    def any_row(self, where: str = "1") -> sqlite3.Row:
        return self.dice.choice(self.rows(where))

    def put(self, row: sqlite3.Row, column: str, value: object) -> set[Place]:
        self.connection.execute(f"UPDATE ledger SET {column} = ? WHERE id = ?", (value, row["id"]))  # noqa: S608
        return {(row["directive"], row["seq"])}

    # --- One column of one row -------------------------------------------------------------------------------

    def change_actor(self) -> set[Place]:
        row = self.any_row()
        return self.put(row, "actor", self.other(row["actor"], ("chutich", "vanthu", "engine", "ai do", "")))

    def change_representation(self) -> set[Place]:
        row = self.any_row()
        return self.put(row, "on_behalf_of", self.other(row["on_behalf_of"], ("chutich", None, "")))

    def change_command(self) -> set[Place]:
        row = self.any_row()
        return self.put(row, "command_id", self.other(row["command_id"], (f"lệnh-{self.dice.random()}", None)))

    def change_part(self) -> set[Place]:
        row = self.any_row()
        return self.put(row, "part", row["part"] + self.dice.randint(10, 99))

    def change_instant(self) -> set[Place]:
        """A result handed in a minute earlier, a second, a year: what people would want most."""
        row = self.any_row()
        at = row["at"]
        place = self.dice.choice((3, 15, 18, 24))  # of the year, the minute, the second, the microsecond
        changed = at[:place] + str((int(at[place]) + 1) % 6) + at[place + 1 :]
        return self.put(row, "at", changed)

    def change_planned_instant(self) -> set[Place]:
        row = self.any_row("kind = 'moment_reached'")
        return self.put(row, "planned_at", self.other(row["planned_at"], ("2026-01-05T01:00:00.000000Z", None)))

    def change_kind(self) -> set[Place]:
        row = self.any_row()
        return self.put(row, "kind", self.other(row["kind"], ("commented", "accepted", "không có loại này")))

    def change_content(self) -> set[Place]:
        row = self.any_row("length(data) > 2")
        data: dict[str, Any] = json.loads(row["data"])
        key = self.dice.choice(sorted(data))
        if self.dice.random() < 0.3:
            del data[key]
        else:
            data[key] = None if isinstance(data[key], str) else "Nội dung khác"
        return self.put(row, "data", json.dumps(data, ensure_ascii=False, separators=(",", ":")))

    def change_one_letter(self) -> set[Place]:
        row = self.any_row("length(data) > 10")
        place = self.dice.randrange(1, len(row["data"]) - 1)
        letter = self.other(row["data"][place], tuple("aáàảãạ0123456789"))
        return self.put(row, "data", row["data"][:place] + str(letter) + row["data"][place + 1 :])

    def change_hash(self) -> set[Place]:
        row = self.any_row()
        return self.put(row, "hash", "0" * 64)

    def change_previous_hash(self) -> set[Place]:
        row = self.any_row()
        return self.put(row, "previous_hash", "f" * 64)

    def change_key_of_moment(self) -> set[Place]:
        """Then the same moment could be told again, or another one never."""
        row = self.any_row("kind = 'moment_reached'")
        return self.put(row, "moment", self.other(row["moment"], (None, "deadline/9/+9")))

    def give_key_of_moment(self) -> set[Place]:
        row = self.any_row("kind <> 'moment_reached'")
        return self.put(row, "moment", "deadline/1/+15")

    def change_number(self) -> set[Place]:
        row = self.any_row()
        self.put(row, "seq", row["seq"] + 100)
        return {(row["directive"], row["seq"] + gap) for gap in (0, 1, 100)}

    def change_directive(self) -> set[Place]:
        row = self.any_row()
        into = self.any_row(f"directive <> '{row['directive']}'")["directive"]
        last = self.rows("directive = ?", into)[-1]["seq"]
        self.connection.execute(
            "UPDATE ledger SET directive = ?, seq = ?, moment = NULL WHERE id = ?", (into, last + 1, row["id"])
        )
        return {(into, last + 1)}

    # --- Rows ------------------------------------------------------------------------------------------------

    def swap_numbers(self) -> set[Place]:
        """Two rows of one directive change places in its story."""
        one, two = self.two_of_one_directive()
        self.put(one, "seq", -1)
        self.put(two, "seq", one["seq"])
        self.put(one, "seq", two["seq"])
        return {(one["directive"], one["seq"])}

    def swap_order_of_recording(self) -> set[Place]:
        """Two rows change places in the order in which all was recorded, which receivers of events follow."""
        one, two = self.two_of_one_directive()
        self.connection.execute("UPDATE ledger SET id = -1 WHERE id = ?", (one["id"],))
        self.connection.execute("UPDATE ledger SET id = ? WHERE id = ?", (one["id"], two["id"]))
        self.connection.execute("UPDATE ledger SET id = ? WHERE id = -1", (two["id"],))
        return {(one["directive"], seq) for seq in range(one["seq"], two["seq"] + 1)}

    def swap_between_directives(self) -> set[Place]:
        """What was said of one directive stands under another, whose words stand under the first."""
        one = self.any_row("kind NOT IN ('registered', 'moment_reached')")
        two = self.any_row(f"kind NOT IN ('registered', 'moment_reached') AND directive <> '{one['directive']}'")
        for place, other in ((one, two), (two, one)):
            self.connection.execute(
                "UPDATE ledger SET kind = ?, data = ?, actor = ? WHERE id = ?",
                (other["kind"], other["data"] + " ", other["actor"], place["id"]),
            )
        return {(one["directive"], one["seq"])}

    def take_out_of_the_middle(self) -> set[Place]:
        one, _ = self.two_of_one_directive()
        self.connection.execute("DELETE FROM ledger WHERE id = ?", (one["id"],))
        return {(one["directive"], one["seq"] + 1)}

    def cut_last(self) -> set[Place]:
        code = self.any_row()["directive"]
        last = self.rows("directive = ?", code)[-1]
        self.connection.execute("DELETE FROM ledger WHERE id = ?", (last["id"],))
        return {(code, last["seq"])}

    def copy_into_another(self) -> set[Place]:
        """A row of another directive is put at the end, chained to what stands there; its own hash cannot fit."""
        row = self.any_row()
        into = self.rows("directive = ?", self.any_row(f"directive <> '{row['directive']}'")["directive"])[-1]
        copied = dict(row) | {
            "directive": into["directive"],
            "seq": into["seq"] + 1,
            "previous_hash": into["hash"],
            "moment": None,
            "command_id": f"{row['command_id']}-chép",
        }
        del copied["id"]
        marks = ", ".join("?" * len(copied))
        self.connection.execute(
            f"INSERT INTO ledger ({', '.join(copied)}) VALUES ({marks})",  # noqa: S608
            tuple(copied.values()),
        )
        return {(into["directive"], into["seq"] + 1)}

    # --- What lists and figures show -------------------------------------------------------------------------

    def change_snapshot(self) -> set[Place]:
        row = self.dice.choice(self.connection.execute("SELECT * FROM directive").fetchall())
        column, values = self.dice.choice(SNAPSHOT)
        value = self.other(row[column], values)
        self.connection.execute(f"UPDATE directive SET {column} = ? WHERE code = ?", (value, row["code"]))  # noqa: S608
        return {(row["code"], self.rows("directive = ?", row["code"])[-1]["seq"])}

    def change_state_of_snapshot(self) -> set[Place]:
        row = self.dice.choice(self.connection.execute("SELECT code, state FROM directive").fetchall())
        state = json.loads(row["state"])
        state["content"] = "Việc khác"
        self.connection.execute("UPDATE directive SET state = ? WHERE code = ?", (json.dumps(state), row["code"]))
        return {(row["code"], self.rows("directive = ?", row["code"])[-1]["seq"])}

    # --- Dice ------------------------------------------------------------------------------------------------

    def other(self, than: object, values: tuple[object, ...]) -> object:
        return self.dice.choice([value for value in values if value != than])

    def two_of_one_directive(self) -> tuple[sqlite3.Row, sqlite3.Row]:
        """Two rows, the earlier first, with the later not the first row of the directive."""
        code = self.dice.choice([row["directive"] for row in self.rows("seq = 3")])
        one, two = sorted(self.dice.sample(self.rows("directive = ?", code), 2), key=lambda row: row["seq"])
        return one, two


SNAPSHOT: tuple[tuple[str, tuple[object, ...]], ...] = (
    ("status", ("completed", "cancelled", "in_progress")),
    ("lead_agency", ("SYT", "STC", None)),
    ("coordinating_agencies", ('["SNV"]', "[]")),
    ("supervising_leader", ("chutich", None)),
    ("urgency", ("flash", "normal")),
    ("content", ("Việc khác", "")),
    ("due_at", ("2030-01-01T17:00:00.000000Z", None)),
    ("judged_at", ("2026-03-01T00:00:00.000000Z", None)),
    ("escalation_level", (4, 0)),
    ("registered_at", ("2020-01-01T00:00:00.000000Z",)),
    ("updated_at", ("2020-01-01T00:00:00.000000Z",)),
    ("document_number", ("99/UBND",)),
    ("field", ("y-te", "ngan-sach", None)),
)

EDITS: tuple[Callable[[Editor], set[Place]], ...] = tuple(
    edit
    for name, edit in vars(Editor).items()
    if name.startswith(("change_", "swap_", "take_", "cut_", "copy_", "give_"))
)
