"""What an office says half an hour before and after midnight, as one JSON file; run under several zones and locales.

    python tests/rules/office_at_midnight.py SEEDED_DATABASE FOLDER    (writes FOLDER/report.json)

A deadline on Thursday 19 March 2026 (at 23:30 due today, at 00:30 overdue), one on Friday the 20th, looked at again in
the night to Saturday, one at an hour, one on New Year's Eve, one without. Nothing of it depends on the machine.
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

import time_machine
from builders import a_deadline
from office_fixture import Desk
from real_office import RealOffice, a_delivery
from sqlalchemy import text

import shell.asking
from activities.transports import FolderTransport
from database.engine import reading
from database.figures import Filter
from database.reference import write_setting
from models import commands as c
from models.deadline_text import parse_deadline
from models.local_time import local_day
from models.vocabulary import Urgency
from services.asking import board, list_directives
from services.filters import make_filter

INSTANTS = {
    "Thursday 23:30": "Thu 2026-03-19 23:30",
    "Friday 00:30": "Fri 2026-03-20 00:30",
    "Saturday 00:30": "Sat 2026-03-21 00:30",
    "New Year's Eve 23:30": "Thu 2026-12-31 23:30",
    "New Year's Day 00:30": "Fri 2027-01-01 00:30",
}


def report(seeded: Path, folder: Path) -> dict[str, Any]:
    """Make the office and ask it at each instant by every way there is."""
    desk = Desk.copied(seeded, folder / "data")
    with desk.office.engine.begin() as connection:
        write_setting(connection, "clock_shift", "0")
    acting = RealOffice(desk.office.engine, references=desk.office.references)
    for code, deadline in (
        ("THURSDAY", a_deadline("2026-03-19", "Thursday")),
        ("FRIDAY", a_deadline("2026-03-20", "Friday")),
        ("AT-AN-HOUR", a_deadline("2026-03-20 23:45")),
        ("YEARS-END", a_deadline("2026-12-31", "Thursday")),
        ("NONE", None),
    ):
        acting.at("Wed 2026-03-04 09:00").register(code, acknowledged=True, deadline=deadline, urgency=Urgency.FLASH)
    delivery = a_delivery(acting, FolderTransport(folder / "mail"))
    acting.at("Thu 2026-03-19 20:00").tell_all()
    delivery.deliver()
    answers: dict[str, Any] = {"zone": time.tzname[0]}
    for name, instant in INSTANTS.items():
        acting.at(instant)
        answers[name] = _asked(desk, acting)
        kept = set((folder / "mail").rglob("*.eml"))
        for code in ("THURSDAY", "FRIDAY", "YEARS-END"):
            acting.act(code, c.Urge(text="Khẩn trương"), "chutich")
            delivery.deliver()
        new = sorted(set((folder / "mail").rglob("*.eml")) - kept)
        answers[name]["mails"] = {path.name: path.read_bytes().decode() for path in new}
        answers[name]["folders"] = sorted({path.parent.name for path in new})
    with reading(desk.office.engine) as connection:
        answers["stored"] = [
            [str(value) for value in row]
            for row in connection.execute(text("SELECT code, due_at, due_soon_at, next_at FROM directive ORDER BY 1"))
        ]
        answers["ledger"] = [row.hash for row in connection.execute(text("SELECT hash FROM ledger ORDER BY id"))]
    answers["read"] = [
        str(parse_deadline(written, local_day(acting.now()), desk.office.reference().calendar))
        for written in ("trước 16 giờ ngày 5/3/2027", "trong 10 ngày", "trong 1 tháng", "quý I/2027", "hôm nay")
    ]
    return answers


def _asked(desk: Desk, acting: RealOffice) -> dict[str, Any]:
    reference, now = desk.office.reference(), acting.now()
    with time_machine.travel(now, tick=False):
        shown = [
            desk.dondoc(shell.asking, *words).out
            for words in (("status",), ("status", "THURSDAY"), ("board",), ("next", "FRIDAY"), ("history", "FRIDAY"))
        ]
        exported = desk.data / "all.csv"
        desk.dondoc(shell.asking, "export", str(exported))
    with reading(desk.office.engine) as connection:
        everything = make_filter({}, reference, now, open_only=True)
        listed = {one.directive.code: str(one.timeliness) for one in list_directives(connection, everything, now)}

        def narrowed(judged: str) -> Filter:
            return make_filter({"timeliness": judged}, reference, now, open_only=True)

        counted = {
            judged: len(list(list_directives(connection, narrowed(judged), now)))
            for judged in ("overdue", "due_soon", "on_time", "no_deadline")
        }
        figures = board(connection, now).figures
    return {
        "list": listed,
        "count": counted,
        "board": {"overdue": figures.overdue, "due_soon": figures.due_soon, "on_time": figures.on_time},
        "shown": shown,
        "exported": exported.read_bytes().decode("utf-8-sig"),
    }


if __name__ == "__main__":
    told = report(Path(sys.argv[1]), Path(sys.argv[2]))
    (Path(sys.argv[2]) / "report.json").write_text(json.dumps(told), encoding="utf-8")
