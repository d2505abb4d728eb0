"""One name is one agency and one person, in whatever form and through whatever door it comes in."""

import json
import unicodedata
from pathlib import Path

import pytest
import yaml
from builders import SEED
from machine_names import tone_on, writings
from office_fixture import Desk, Told, desk, run_dondoc
from sqlalchemy import select
from workbooks import ROW, TITLES, a_workbook

from database.engine import reading
from models.directory import Agency, Person
from models.refusal import Refused
from models.tables import DIRECTIVE
from services.directory_rules import directory_faults
from shell import acting, asking, directory, intake

__all__ = ["desk"]

AGENCIES = (
    "UBND xã Sơn Thuỷ",
    "UBND xã Đặng Thuỳ Trâm",
    "UBND phường Đức Phổ",
    "Sở Văn hóa, Thể thao và Du lịch",
    "Sở Giáo dục và Đào tạo",
)
PERSON = "Mai Đỗ Hoài Nam"


def nfd(text: str) -> str:
    return unicodedata.normalize("NFD", text)


def few(name: str) -> tuple[str, ...]:
    """Three of the writings of a name, for doors that take a second each."""
    return nfd(name), tone_on(name, 0).upper(), name.replace("Đ", "Ð").replace("đ", "ð") + " "


def leads(desk: Desk) -> list[str]:
    with reading(desk.office.engine) as connection:
        return list(connection.execute(select(DIRECTIVE.c.lead_agency).order_by(DIRECTIVE.c.code)).scalars())


def register(desk: Desk, tmp_path: Path, **fields: object) -> Told:
    file = tmp_path / "nhiệm vụ.json"
    file.write_text(json.dumps({"content": "Báo cáo", **fields}, ensure_ascii=False), encoding="utf-8")
    return run_dondoc(intake, desk.data, "register", "--json", str(file))


def test_a_name_has_more_than_ten_writings_and_a_tone_has_two_places() -> None:
    assert tone_on("Hoà Bình", 0) == "Hòa Bình"
    assert tone_on("Hòa Bình", 1) == "Hoà Bình"
    assert tone_on("Sơn Thuỷ", 0) == "Sơn Thủy"
    assert tone_on("phú quý", 0) == "phú quý"
    assert len(set(writings("Đặng Thuỳ Trâm"))) > 10


@pytest.mark.parametrize("name", AGENCIES)
def test_an_agency_is_one_agency_in_every_writing_of_its_name(desk: Desk, name: str) -> None:
    reference = desk.office.reference().directory
    today = desk.office.now().date()

    found = {reference.find_agency(one, today).code for one in writings(name)}

    assert len(found) == 1


def test_an_import_takes_one_agency_for_every_writing_and_a_second_time_adds_nothing(
    desk: Desk, tmp_path: Path
) -> None:
    lead, number = TITLES.index("Cơ quan chủ trì"), TITLES.index("Số ký hiệu văn bản")
    rows = [(*ROW[:lead], one, *ROW[lead + 1 :]) for one in dict.fromkeys(writings("UBND xã Đặng Thuỳ Trâm"))]
    rows = [(*row[:number], f"{place}/UBND-TH", *row[number + 1 :]) for place, row in enumerate(rows, start=1)]
    file = a_workbook(tmp_path / "nhập.xlsx", [recent(row) for row in rows])

    first = run_dondoc(intake, desk.data, "import", str(file), "--json")
    second = run_dondoc(intake, desk.data, "import", str(file), "--json")

    assert (first.json["accepted"], first.json["refused"]) == (len(rows), 0)
    assert (second.json["accepted"], second.json["unchanged"]) == (0, len(rows))
    assert len(set(leads(desk))) == 1


def recent(row: tuple[object, ...]) -> tuple[object, ...]:
    """The row with a document and a deadline of the days around which the office stands."""
    values = dict(zip(TITLES, row, strict=True))
    return tuple((values | {"Ngày văn bản": "02/03/2026", "Thời hạn": "20/03/2026"}).values())


def test_a_sheet_written_in_the_other_unicode_form_is_the_same_sheet(desk: Desk, tmp_path: Path) -> None:
    row = recent(ROW)
    composed = a_workbook(tmp_path / "nfc.xlsx", [row])
    decomposed = a_workbook(
        tmp_path / "nfd.xlsx",
        [[nfd(cell) if isinstance(cell, str) else cell for cell in row]],
        titles=[nfd(title) for title in TITLES],
    )

    first = run_dondoc(intake, desk.data, "import", str(composed), "--json")
    second = run_dondoc(intake, desk.data, "import", str(decomposed), "--json")

    assert (first.json["accepted"], second.json["unchanged"]) == (1, 1), (first.out, second.out)


def test_registering_one_task_in_two_writings_does_not_make_two(desk: Desk, tmp_path: Path) -> None:
    wish = {
        "content": "Đánh giá việc hoà giải ở cơ sở",
        "lead_agency": "Sở Tư pháp",
        "document": {"number": "12/UBND-NC", "date": "2026-03-02"},
    }
    assert register(desk, tmp_path, **wish).code == 0

    for content in few(str(wish["content"])):
        again = register(desk, tmp_path, **(wish | {"content": content, "lead_agency": nfd("sở tư pháp")}))
        assert '"accepted"' not in again.out, content

    assert leads(desk) == ["STP"]


@pytest.mark.parametrize("option", ["--agency"])
def test_a_list_is_asked_for_by_every_writing(desk: Desk, option: str) -> None:
    desk.register("NV-1", "2026-03-04 09:00", lead_agency="SGDDT")

    for one in few("Sở Giáo dục và Đào tạo"):
        told = run_dondoc(asking, desk.data, "status", option, one, "--json")
        assert [found["code"] for found in told.json] == ["NV-1"], one


def test_a_person_is_one_person_in_every_writing_of_his_name_wherever_he_acts(desk: Desk) -> None:
    (code,) = {desk.office.reference().directory.find_person(one).code for one in writings(PERSON)}

    for one in (*few(PERSON), code.upper(), f"{code}@QUANGNGAI.example"):
        assert run_dondoc(asking, desk.data, "inbox", one, "--json").code == 0
        absence = ("directory", "absent", one, "2026-03-09..2026-03-10")
        for words in (absence, (*absence, "--remove")):
            told = run_dondoc(directory, desk.data, *words)
            assert told.code == 0, told.err

    people = run_dondoc(directory, desk.data, "directory", "people", nfd(PERSON), "--json").json
    assert [person["code"] for person in people] == [code]


def test_a_command_is_judged_for_the_same_person_in_every_writing_of_his_name(desk: Desk) -> None:
    """Sở Tài chính does not lead it: whoever is meant by the name hears the same refusal, and nobody else acts."""
    desk.register("NV-1", "2026-03-04 09:00", lead_agency="SYT")

    refusals = {run_dondoc(acting, desk.data, "do", "NV-1", "acknowledge", "--as", one).err for one in few(PERSON)}

    assert len(refusals) == 1
    assert "Sở Y tế" in refusals.pop()


def test_a_second_agency_under_another_writing_of_a_name_is_a_fault_of_the_file(desk: Desk) -> None:
    known = desk.office.reference().directory

    for name in dict.fromkeys(writings("UBND xã Sơn Thuỷ")):
        second = Agency(code="X-MOI", name=name, kind="commune")
        found = list(directory_faults(known.model_copy(update={"agencies": (*known.agencies, second)})))
        assert [place for place, _, _ in found] == [("agencies", len(known.agencies), "aliases")], name


@pytest.mark.slow
def test_a_file_with_a_second_agency_under_another_writing_of_a_name_is_not_loaded(desk: Desk, tmp_path: Path) -> None:
    content = yaml.safe_load((SEED / "quang_ngai.yaml").read_text(encoding="utf-8"))
    content["agencies"].append({"code": "X-MOI", "name": nfd("UBND xã Sơn Thuỷ"), "kind": "commune"})
    file = tmp_path / "danh bạ.yaml"
    file.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8")

    told = run_dondoc(directory, desk.data, "directory", "load", str(file), "--as", "quantri")

    assert told.code == 1
    assert "cũng là tên của" in told.err


@pytest.mark.parametrize("second", [nfd("nguyễn.đức"), "nguyễn.ðức", "nguyen.duc", nfd("nguyễn.đúc")])
def test_a_second_person_under_another_writing_of_a_code_is_a_fault_of_the_file(desk: Desk, second: str) -> None:
    """Codes are what people sign in with: `nguyễn.đức` typed on another keyboard must not be somebody else."""
    known = desk.office.reference().directory
    people = (*known.people, *(Person(code=code, name=f"Người {code}") for code in ("nguyễn.đức", second)))

    found = list(directory_faults(known.model_copy(update={"people": people})))

    assert [place for place, _, _ in found] == [("people", len(people) - 1, "code")]


def test_a_person_is_found_by_every_writing_of_his_code(desk: Desk) -> None:
    known = desk.office.reference().directory
    found = known.model_copy(update={"people": (*known.people, Person(code="nguyễn.đức", name="Nguyễn Văn Đức"))})

    assert {found.find_person(one).code for one in writings("nguyễn.đức")} == {"nguyễn.đức"}


def test_of_two_people_whose_names_differ_by_an_accent_the_one_that_is_written_is_meant(desk: Desk) -> None:
    known = desk.office.reference().directory
    two = (Person(code="an.1", name="Trần Văn An"), Person(code="an.2", name="Trần Văn Ấn"))
    found = known.model_copy(update={"people": (*known.people, *two)})

    assert [found.find_person(nfd(person.name)).code for person in two] == ["an.1", "an.2"]
    with pytest.raises(Refused):
        found.find_person("tran van an")
