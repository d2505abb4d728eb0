"""What is exported can be imported again and changes nothing."""

import csv
import datetime as dt
from pathlib import Path

import openpyxl
import pytest
from builders import a_deadline, day, local
from real_office import RealOffice
from sqlalchemy import func, select
from standing_office import StandingOffice

from database.engine import reading
from documents.language import Language
from models import commands as c
from models.tables import COMMAND, DIRECTIVE, LEDGER
from services.exporting import export_directives
from services.intake import Verdict
from services.workbook_import import import_workbook


@pytest.fixture
def filled(office: StandingOffice) -> StandingOffice:
    """Directives with and without everything that a column can hold."""
    office.take(
        office.read(),
        office.read(
            code="CU-7",
            content="Dòng một\nDòng hai",
            document_type="Công văn",
            signer="Huỳnh Vũ Phúc Lâm",
            assigning_leader="PCT Nguyễn Bùi Thế Vinh",
            field="Y tế",
            coordinating_agencies=("Sở Tài chính", "Sở Nội vụ"),
            deadline=dt.datetime(2026, 3, 24, 10, 30),  # noqa: DTZ001 - as Excel has it
            imposed_deadline=day("2026-04-10", "Friday"),
            urgency="flash",
        ),
        office.read(content="=1+1 không phải công thức", deadline=None),
        office.read(content="Trong năm ngày", deadline="trong 5 ngày làm việc"),
        office.read(content="Đã xong", result_date=day("2026-03-03", "Tuesday"), result_document="8/BC-SYT"),
    )
    return office


def rows_in(office: StandingOffice) -> list[int]:
    with reading(office.engine) as connection:
        return [
            connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (DIRECTIVE, COMMAND, LEDGER)
        ]


@pytest.mark.parametrize("language", Language)
def test_an_export_imported_again_is_unchanged_row_by_row(
    filled: StandingOffice, tmp_path: Path, language: Language
) -> None:
    path, before = tmp_path / "xuat.xlsx", rows_in(filled)

    assert export_directives(filled, path, language) == 5
    filled.clock = local("Thu 2026-04-16 14:00")
    report = import_workbook(path, filled.intake(), language)

    assert [row.verdict for row in report.rows] == [Verdict.UNCHANGED] * 5
    assert rows_in(filled) == before


def test_an_export_of_directives_that_lived_on_is_unchanged_too(
    office: StandingOffice, door: RealOffice, tmp_path: Path
) -> None:
    registered = [office.read(code=f"D-{number}", content=f"Việc {number}") for number in range(4)]
    for taken in office.take(*registered):
        assert taken.envelope is not None
        assert taken.code is not None
        office.start(taken.envelope)
        door.later(minutes=1).act(taken.code, c.Acknowledge(), "truong.syt")
    door.later(minutes=1).act("D-1", c.Amend(reason="Gia hạn", deadline=a_deadline("2026-04-10")), "chutich")
    door.later(minutes=1).act("D-2", c.Submit(result="Xong", document_number="8/BC-SYT"), "truong.syt")
    door.later(minutes=1).act("D-2", c.Accept(), "chanhvanphong")
    door.later(minutes=1).act("D-3", c.Reassign(agency="STC", reason="Đúng chức năng"), "chutich")
    office.clock = local("Thu 2026-03-05 14:00")
    path, before = tmp_path / "xuat.xlsx", rows_in(office)

    export_directives(office, path, Language.VI)
    report = import_workbook(path, office.intake(), Language.VI)

    assert {row.code: row.verdict for row in report.rows} == dict.fromkeys(
        ("D-0", "D-1", "D-2", "D-3"), Verdict.UNCHANGED
    )
    assert rows_in(office) == before


def test_the_summary_of_an_export_is_the_board(filled: StandingOffice, tmp_path: Path) -> None:
    path = tmp_path / "xuat.xlsx"
    export_directives(filled, path, Language.VI)

    summary = openpyxl.load_workbook(path)["Tổng hợp"]
    _titles, everything, *agencies = summary.iter_rows(values_only=True)

    assert everything[1:] == (5, 4, 3, 1, 0, 1, 0)
    assert [row[0] for row in agencies] == ["Sở Y tế"]


def test_only_the_open_ones_are_exported_when_asked_and_cancelled_ones_never(
    filled: StandingOffice, door: RealOffice, tmp_path: Path
) -> None:
    door.register("HUY-1")
    door.later(minutes=1).act("HUY-1", c.Cancel(reason="Thu hồi"), "chutich")

    assert export_directives(filled, tmp_path / "all.xlsx", Language.VI) == 5
    assert export_directives(filled, tmp_path / "open.xlsx", Language.VI, open_only=True) == 4


def test_a_csv_has_the_same_rows(filled: StandingOffice, tmp_path: Path) -> None:
    path = tmp_path / "xuat.csv"

    assert export_directives(filled, path, Language.VI) == 5

    with path.open(encoding="utf-8-sig", newline="") as source:
        rows = list(csv.DictReader(source))
    assert {row["Cơ quan chủ trì"] for row in rows} == {"Sở Y tế"}
    assert "'=1+1 không phải công thức" in {row["Nội dung nhiệm vụ"] for row in rows}
