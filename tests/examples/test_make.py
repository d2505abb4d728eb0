from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from openpyxl import load_workbook

from examples.grammar import LONGEST, SHORTEST, read_grammar
from examples.make import DONE_WORKBOOK, OPEN_WORKBOOK, SEED, main, make_examples
from models.calendar import Calendar, CalendarFile
from models.deadline_text import parse_deadline
from models.directory import Directory
from models.text import contains_state_secret_marking

TUESDAY = date(2026, 11, 24)
SUNDAY = date(2026, 11, 22)
IN_TET = date(2024, 2, 13)  # 8-14 February 2024 are off
DAYS = [TUESDAY, SUNDAY, IN_TET, date(2025, 3, 5), date(2025, 7, 2)]

OPEN_COLUMNS = [
    "Mã nhiệm vụ", "Số ký hiệu văn bản", "Ngày văn bản", "Trích yếu", "Người chỉ đạo", "Nội dung nhiệm vụ",
    "Cơ quan chủ trì", "Cơ quan phối hợp", "Thời hạn", "Độ khẩn", "Lĩnh vực",
]  # fmt: skip
DONE_COLUMNS = [*OPEN_COLUMNS, "Ngày báo cáo kết quả", "Số văn bản kết quả"]


@dataclass(frozen=True)
class Sheet:
    """A workbook as a person would read it: titles in row 4, a dictionary for each row below."""

    titles: list[str]
    rows: list[dict[str, object]]


@dataclass(frozen=True)
class Made:
    """Both workbooks of a day."""

    day: date
    open: Sheet
    done: Sheet


@pytest.fixture(scope="module")
def calendar() -> Calendar:
    text = (SEED / "calendar.yaml").read_text(encoding="utf-8")
    return CalendarFile.model_validate(yaml.safe_load(text)).to_calendar()


@pytest.fixture(scope="module")
def directory() -> Directory:
    return Directory.model_validate(yaml.safe_load((SEED / "quang_ngai.yaml").read_text(encoding="utf-8")))


@pytest.fixture(scope="module", params=DAYS, ids=str)
def made(request: pytest.FixtureRequest, calendar: Calendar, tmp_path_factory: pytest.TempPathFactory) -> Made:
    folder = tmp_path_factory.mktemp("examples")
    make_examples(request.param, folder, calendar)
    return Made(request.param, read(folder / OPEN_WORKBOOK), read(folder / DONE_WORKBOOK))


def read(path: Path) -> Sheet:
    workbook = load_workbook(path, read_only=True)
    table = list(workbook.worksheets[0].iter_rows(min_row=4, values_only=True))
    workbook.close()
    titles = [str(title) for title in table[0]]
    return Sheet(titles, [dict(zip(titles, row, strict=True)) for row in table[1:]])


def issued_on(row: dict[str, object]) -> date:
    return as_day(row["Ngày văn bản"])


def as_day(value: object) -> date:
    if isinstance(value, datetime):
        return value.date()
    assert isinstance(value, str)
    return datetime.strptime(value, "%d/%m/%Y").date()  # noqa: DTZ007  (a day has no zone)


def due_on(row: dict[str, object], calendar: Calendar) -> date | None:
    written = row["Thời hạn"]
    if written is None:
        return None
    if isinstance(written, datetime):
        return written.date()
    deadline = parse_deadline(str(written), issued_on(row), calendar)
    assert deadline is not None
    return deadline.day


def agencies(row: dict[str, object]) -> Iterator[str]:
    yield str(row["Cơ quan chủ trì"])
    yield from str(row["Cơ quan phối hợp"] or "").split("; ") if row["Cơ quan phối hợp"] else ()


def test_both_workbooks_have_1320_rows_with_the_columns_of_the_contract(made: Made) -> None:
    assert made.open.titles == OPEN_COLUMNS
    assert made.done.titles == DONE_COLUMNS
    assert len(made.open.rows) == len(made.done.rows) == 1320


def test_codes_run_through_the_year_without_a_gap(made: Made) -> None:
    year = made.day.year

    assert [row["Mã nhiệm vụ"] for row in made.open.rows] == [f"QN-{year}-{n:04}" for n in range(1, 1321)]
    assert [row["Mã nhiệm vụ"] for row in made.done.rows] == [f"QN-{year - 1}-{n:04}" for n in range(1, 1321)]


def test_every_agency_is_found_and_existed_at_the_documents_date(made: Made, directory: Directory) -> None:
    for row in (*made.open.rows, *made.done.rows):
        for name in agencies(row):
            assert directory.find_agency(name, issued_on(row)).holds_on(issued_on(row)), (name, row)


def test_every_agency_of_an_open_directive_exists_on_the_day_of_making(made: Made, directory: Directory) -> None:
    for row in made.open.rows:
        for name in agencies(row):
            assert directory.find_agency(name, issued_on(row)).holds_on(made.day), (name, row)


def test_an_agency_of_last_year_still_stood_when_it_reported(made: Made, directory: Directory) -> None:
    for row in made.done.rows:
        lead = directory.find_agency(str(row["Cơ quan chủ trì"]), issued_on(row))

        assert lead.holds_on(as_day(row["Ngày báo cáo kết quả"])), row


def test_an_agency_coordinates_once_and_never_what_it_leads(made: Made, directory: Directory) -> None:
    for row in (*made.open.rows, *made.done.rows):
        codes = [directory.find_agency(name, issued_on(row)).code for name in agencies(row)]

        assert len(codes) == len(set(codes)) <= 5


def test_leaders_and_fields_are_those_of_the_directory(made: Made, directory: Directory) -> None:
    pairs = {(str(row["Lĩnh vực"]), str(row["Người chỉ đạo"])) for row in (*made.open.rows, *made.done.rows)}

    for field_name, leader in pairs:
        field = directory.find_field(field_name)
        person = directory.find_person(leader)
        assert field is not None
        assert person.code in ("chutich", field.vice_chairman)


def test_documents_are_dated_on_working_days_before_their_deadlines(made: Made, calendar: Calendar) -> None:
    for row in (*made.open.rows, *made.done.rows):
        due = due_on(row, calendar)

        assert calendar.is_working(issued_on(row)), row
        assert issued_on(row) <= made.day
        assert due is None or issued_on(row) < due, row


def test_open_deadlines_lie_from_last_week_to_half_a_year_ahead(made: Made, calendar: Calendar) -> None:
    dues = [due for row in made.open.rows if (due := due_on(row, calendar)) is not None]

    assert min(dues) >= made.day - timedelta(days=7)
    assert made.day + timedelta(days=120) < max(dues) <= made.day + timedelta(days=183)


def test_forty_are_overdue_and_some_are_due_today_and_on_the_next_working_day(made: Made, calendar: Calendar) -> None:
    dues = Counter(due_on(row, calendar) for row in made.open.rows)
    today = calendar.next_working(made.day)

    assert sum(count for due, count in dues.items() if due is not None and due < made.day) == 40
    assert dues[today] >= 22
    assert dues[calendar.add(today, 1)] >= 26
    assert dues[None] == 90


def test_named_deadlines_are_working_days_but_in_a_week_without_any(made: Made, calendar: Calendar) -> None:
    off = [
        due
        for row in (*made.open.rows, *made.done.rows)
        if (due := due_on(row, calendar)) is not None and not calendar.is_working(due)
    ]

    assert all(IN_TET - timedelta(days=7) <= due < IN_TET for due in off)
    if made.day != IN_TET:
        assert off == []


def test_deadlines_are_written_in_all_the_ways_people_write_them(made: Made) -> None:
    written = [row["Thời hạn"] for row in made.open.rows]
    texts = [text for text in written if isinstance(text, str)]

    assert sum(isinstance(value, datetime) for value in written) > 300
    assert sum(text[0].isdigit() for text in texts) > 150
    for start in ("trước ngày ", "chậm nhất ngày ", "trong "):
        assert sum(text.startswith(start) for text in texts) > 30, start
    assert any(text.endswith("ngày làm việc") for text in texts)
    assert any(" giờ 00 ngày " in text for text in texts)


def test_eleven_of_a_hundred_of_last_years_were_late(made: Made, calendar: Calendar) -> None:
    late = [
        row
        for row in made.done.rows
        if (due := due_on(row, calendar)) is not None and as_day(row["Ngày báo cáo kết quả"]) > due
    ]

    assert len(late) == 145


def test_results_of_last_year_came_in_that_year_and_never_on_the_day_of_a_named_hour(
    made: Made, calendar: Calendar
) -> None:
    for row in made.done.rows:
        result = as_day(row["Ngày báo cáo kết quả"])

        assert issued_on(row) <= result
        assert issued_on(row).year == result.year == made.day.year - 1
        assert row["Số văn bản kết quả"]
        if "giờ" in str(row["Thời hạn"]):
            assert result != due_on(row, calendar)


def test_contents_are_all_different_and_of_readable_length(made: Made) -> None:
    for sheet in (made.open, made.done):
        contents = [str(row["Nội dung nhiệm vụ"]) for row in sheet.rows]

        assert len(set(contents)) == 1320
        assert all(SHORTEST <= len(content) <= LONGEST for content in contents)
        assert not any("{" in content or "  " in content for content in contents)


def test_nothing_is_marked_a_state_secret(made: Made) -> None:
    for row in (*made.open.rows, *made.done.rows):
        assert not contains_state_secret_marking(f"{row['Trích yếu']}\n{row['Nội dung nhiệm vụ']}"), row


def test_most_documents_are_ordinary_and_a_few_are_flash(made: Made) -> None:
    urgencies = Counter(row["Độ khẩn"] for row in (*made.open.rows, *made.done.rows))

    assert set(urgencies) == {"Thường", "Khẩn", "Thượng khẩn", "Hỏa tốc"}
    assert 0.85 < urgencies["Thường"] / 2640 < 0.92
    assert urgencies["Khẩn"] > urgencies["Thượng khẩn"] > urgencies["Hỏa tốc"]


def test_a_document_has_one_to_four_directives_and_says_the_same_in_each(made: Made) -> None:
    documents: dict[object, list[tuple[object, ...]]] = {}
    same = ("Ngày văn bản", "Trích yếu", "Người chỉ đạo", "Độ khẩn", "Lĩnh vực")
    for row in (*made.open.rows, *made.done.rows):
        documents.setdefault((row["Số ký hiệu văn bản"], issued_on(row).year), []).append(
            tuple(row[title] for title in same)
        )

    assert {len(rows) for rows in documents.values()} == {1, 2, 3, 4}
    assert all(len(set(rows)) == 1 for rows in documents.values())


def test_last_year_of_2026_has_old_names_before_the_mergers_and_new_ones_after(
    calendar: Calendar, directory: Directory, tmp_path: Path
) -> None:
    make_examples(TUESDAY, tmp_path, calendar)
    rows = read(tmp_path / DONE_WORKBOOK).rows

    leads = {(directory.find_agency(str(row["Cơ quan chủ trì"]), issued_on(row)), issued_on(row)) for row in rows}
    codes_before = {lead.code for lead, day in leads if day < date(2025, 3, 1)}
    codes_after = {lead.code for lead, day in leads if day >= date(2025, 7, 1)}
    kinds_after = {lead.kind for lead, day in leads if day >= date(2025, 7, 1)}

    ended = {agency.code for agency in directory.agencies if agency.valid_until == date(2025, 2, 28)}
    assert len(ended & codes_before) >= 4
    assert not ended & codes_after
    assert {"SNNMT", "SDTTG"} <= codes_after - codes_before
    assert "commune" in kinds_after
    assert "district" not in kinds_after


def test_the_same_day_gives_the_same_bytes_and_another_day_other_ones(calendar: Calendar, tmp_path: Path) -> None:
    for folder, day in (("one", TUESDAY), ("two", TUESDAY), ("three", SUNDAY)):
        make_examples(day, tmp_path / folder, calendar)

    for name in (OPEN_WORKBOOK, DONE_WORKBOOK):
        first = (tmp_path / "one" / name).read_bytes()
        assert first == (tmp_path / "two" / name).read_bytes()
        assert first != (tmp_path / "three" / name).read_bytes()


def test_the_command_makes_both_files_where_it_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["--day", "2026-11-24", "--out", str(tmp_path / "new")])

    files = [tmp_path / "new" / name for name in (OPEN_WORKBOOK, DONE_WORKBOOK)]
    assert all(file.is_file() for file in files)
    assert capsys.readouterr().out.split() == [str(file) for file in files]


def test_a_day_that_is_none_is_refused_with_a_usage_line(tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as refused:
        main(["--day", "31/12/2026", "--out", str(tmp_path)])

    assert refused.value.code == 2
    assert list(tmp_path.iterdir()) == []


def test_the_grammar_names_only_agencies_and_fields_of_the_directory(directory: Directory) -> None:
    grammar = read_grammar()
    named = {code for topic in grammar.topics for code in (*topic.leads, *topic.partners)}
    named |= {code for codes in grammar.places.values() for code in codes}

    assert {code for code in named if directory.agency(code) is None} == set()
    assert {topic.field for topic in grammar.topics} == {field.code for field in directory.fields}
    assert sum(len(topic.tasks) + len(topic.local) for topic in grammar.topics) >= 80
