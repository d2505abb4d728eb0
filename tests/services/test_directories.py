from pathlib import Path

import pytest
import yaml
from builders import SEED, day
from office_fixture import Desk

from models.refusal import Code, Refused
from services.data_files import FileRefused
from services.directories import (
    enter_absence,
    find_agencies,
    find_people,
    load,
    remove_absence,
)

TODAY = day("2026-03-04", "Wednesday")
SMALL = """
agencies:
  - {code: UBND, name: UBND tỉnh, kind: leadership}
  - {code: VP, name: Văn phòng, kind: office}
  - {code: SYT, name: Sở Y tế, kind: department, aliases: [SYT, Sở YT], field: y-te}
fields:
  - {code: y-te, name: Y tế, vice_chairman: pct, monitoring_officer: theodoi}
people:
  - {code: pct, name: Lê Pho}
  - {code: theodoi, name: Trần Theo}
  - {code: quantri, name: Phạm Trị}
posts:
  - {person: pct, agency: UBND, position: vice_chairman, fields: [y-te]}
  - {person: theodoi, agency: VP, position: monitoring_officer}
  - {person: quantri, agency: VP, position: administrator}
"""


def written(folder: Path, text: str) -> Path:
    file = folder / "directory.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def faults_of(desk: Desk, file: Path) -> list[str]:
    before = desk.office.reference().directory
    with pytest.raises(FileRefused) as refused:
        load(desk.office, file, "")
    assert desk.office.reference().directory == before
    return str(refused.value).splitlines()


def test_a_directory_is_replaced_by_that_of_a_file_and_used_at_once(desk: Desk, tmp_path: Path) -> None:
    load(desk.office, written(tmp_path, SMALL), "quantri")

    directory = desk.office.reference().directory
    assert {agency.code for agency in directory.agencies} == {"UBND", "VP", "SYT"}
    assert directory.find_agency("so yt", TODAY).code == "SYT"


def test_the_shipped_directory_loads_again_and_nothing_differs(desk: Desk) -> None:
    before = desk.office.reference().directory

    load(desk.office, SEED / "quang_ngai.yaml", "")

    assert desk.office.reference().directory == before


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("code: SYT, name: Sở Y tế", "code: VP, name: Sở Y tế", "Dòng 5, agencies.2.code: mã “VP” có hai lần."),
        ("code: theodoi, name", "code: pct, name", "people.1.code: mã “pct” có hai lần."),
        ("code: theodoi, name", "code: TheoDoi, name", "people.1.code: mã người “TheoDoi” phải viết bằng chữ thường."),
        ("person: theodoi, agency: VP", "person: ai, agency: VP", "posts.1.person: không có người nào mã “ai”"),
        ("person: theodoi, agency: VP", "person: theodoi, agency: VX", "posts.1.agency: không có cơ quan nào mã “VX”"),
        ("fields: [y-te]}", "fields: [yte]}", "posts.0.fields: không có lĩnh vực nào mã “yte”"),
        ("field: y-te}", "field: yte}", "agencies.2.field: không có lĩnh vực nào mã “yte”"),
        ("vice_chairman: pct,", "vice_chairman: ptc,", "fields.0.vice_chairman: không có người nào mã “ptc”"),
        ("aliases: [SYT, Sở YT]", "aliases: [Văn phòng]", "tên “Văn phòng” cũng là tên của VP trong cùng thời gian."),
        ("aliases: [SYT, Sở YT]", "aliases: [VĂN  PHÒNG]", "cũng là tên của VP trong cùng thời gian."),
        (
            "position: administrator}",
            "position: administrator, valid_from: 2026-02-01, valid_until: 2026-01-01}",
            "posts.2.valid_until: kết thúc ngày 01/01/2026 trước khi bắt đầu ngày 01/02/2026.",
        ),
        (
            "kind: department",
            "kind: so",
            "agencies.2.kind: “so” không dùng được ở đây; chọn một trong: leadership, office,",
        ),
    ],
)
def test_a_fault_of_a_file_is_named_and_nothing_changes(
    desk: Desk, tmp_path: Path, old: str, new: str, said: str
) -> None:
    assert old in SMALL

    assert any(said in fault for fault in faults_of(desk, written(tmp_path, SMALL.replace(old, new))))


def test_agencies_of_different_times_may_share_a_name(desk: Desk, tmp_path: Path) -> None:
    text = SMALL.replace(
        "{code: VP, name: Văn phòng, kind: office}",
        "{code: VP, name: Văn phòng, kind: office}\n"
        "  - {code: SYT1, name: Sở Y tế, kind: department, valid_until: 2025-02-28}",
    ).replace("kind: department, aliases", "kind: department, valid_from: 2025-03-01, aliases")

    load(desk.office, written(tmp_path, text), "")

    assert desk.office.reference().directory.find_agency("Sở Y tế", TODAY).code == "SYT"


def test_accents_alone_may_part_two_names(desk: Desk, tmp_path: Path) -> None:
    text = SMALL.replace(
        "fields:\n",
        "  - {code: X1, name: Xã Sơn Hà, kind: commune}\n  - {code: X2, name: Xã Sơn Hạ, kind: commune}\nfields:\n",
        1,
    )

    load(desk.office, written(tmp_path, text), "")

    assert desk.office.reference().directory.find_agency("xã sơn hạ", TODAY).code == "X2"


def test_an_agency_that_something_open_needs_cannot_be_left_out(desk: Desk, tmp_path: Path) -> None:
    desk.register("NV-1", "2026-03-02 09:00", lead_agency="STC", coordinating_agencies=("SYT",))

    faults = faults_of(desk, written(tmp_path, SMALL))

    assert faults == [
        "agencies: thiếu STC (Sở Tài chính), đang có 1 nhiệm vụ chưa xong: NV-1. Ghi valid_until thay vì bỏ đi."
    ]


def test_a_directory_in_which_nobody_may_do_anything_is_refused(desk: Desk, tmp_path: Path) -> None:
    text = SMALL.replace("position: administrator", "position: inspector").replace(
        "monitoring_officer}\n  - {person: q", "inspector}\n  - {person: q"
    )

    assert faults_of(desk, written(tmp_path, text)) == [
        "posts: không còn ai của Văn phòng hay quản trị để nhập nhiệm vụ và sửa danh bạ."
    ]


def test_absences_entered_by_people_survive_a_file_that_does_not_speak_of_them(desk: Desk, tmp_path: Path) -> None:
    first, last = day("2026-03-09", "Monday"), day("2026-03-13", "Friday")
    enter_absence(desk.office, "truong.syt", first, last, "pho.syt", "")
    shipped = yaml.safe_load((SEED / "quang_ngai.yaml").read_text(encoding="utf-8"))
    shipped.pop("absences", None)

    load(desk.office, written(tmp_path, yaml.safe_dump(shipped, allow_unicode=True)), "")
    assert desk.office.reference().directory.stand_in("truong.syt", first) == "pho.syt"

    shipped["absences"] = []
    load(desk.office, written(tmp_path, yaml.safe_dump(shipped, allow_unicode=True)), "")
    assert desk.office.reference().directory.stand_in("truong.syt", first) == "truong.syt"


def test_a_head_of_an_agency_does_not_replace_the_directory(desk: Desk, tmp_path: Path) -> None:
    with pytest.raises(Refused) as refused:
        load(desk.office, written(tmp_path, SMALL), "truong.syt")

    assert refused.value.code is Code.NOT_ALLOWED


def test_people_are_found_by_name_code_address_or_agency_whatever_the_accents(desk: Desk) -> None:
    directory = desk.office.reference().directory

    assert [known.person.code for known in find_people(directory, "TRUONG.SYT", TODAY)] == ["truong.syt"]
    name = directory.person_name("truong.syt")
    assert "truong.syt" in [known.person.code for known in find_people(directory, name.upper(), TODAY)]
    assert {"truong.syt", "pho.syt", "chuyenvien.syt"} <= {
        known.person.code for known in find_people(directory, "so y te", TODAY)
    }
    assert find_people(directory, "không có ai tên thế", TODAY) == ()


def test_who_holds_no_post_any_more_is_found_only_among_everybody(desk: Desk) -> None:
    directory = desk.office.reference().directory
    gone = "truong.skhdt"
    assert directory.person(gone) is not None

    assert gone not in [known.person.code for known in find_people(directory, gone, TODAY)]
    [known] = find_people(directory, gone, TODAY, everybody=True)
    assert not known.can_act


def test_agencies_are_found_by_alias_and_those_that_ended_only_among_all(desk: Desk) -> None:
    directory = desk.office.reference().directory

    assert [agency.code for agency in find_agencies(directory, "so y te", TODAY)] == ["SYT"]
    assert find_agencies(directory, "ke hoach va dau tu", TODAY) == ()
    assert [agency.code for agency in find_agencies(directory, "ke hoach va dau tu", TODAY, everything=True)] == [
        "SKHDT"
    ]


def test_an_absence_replaces_those_of_the_same_days_and_can_be_taken_back(desk: Desk) -> None:
    monday, friday = day("2026-03-09", "Monday"), day("2026-03-13", "Friday")
    enter_absence(desk.office, "truong.syt", monday, friday, "", "")

    entered = enter_absence(desk.office, "truong.syt", monday, friday, "pho.syt", "vanthu")

    assert (entered.deputy, entered.stand_in) == ("pho.syt", "pho.syt")
    assert [absence.deputy for absence in desk.office.reference().directory.absences] == ["pho.syt"]
    assert remove_absence(desk.office, "truong.syt", monday, monday, "") == 1
    assert desk.office.reference().directory.absences == ()


def test_a_deputy_who_is_away_himself_passes_the_word_on(desk: Desk) -> None:
    monday = day("2026-03-09", "Monday")
    enter_absence(desk.office, "pho.syt", monday, monday, "chuyenvien.syt", "")

    assert enter_absence(desk.office, "truong.syt", monday, monday, "pho.syt", "").stand_in == "chuyenvien.syt"

    assert enter_absence(desk.office, "chuyenvien.syt", monday, monday, "truong.syt", "").stand_in is None


@pytest.mark.parametrize(
    ("absent", "first", "deputy", "keeper", "code"),
    [
        ("truong.syt", 9, "truong.syt", "", Code.NOT_DEPUTY),
        ("truong.syt", 20, "pho.syt", "", Code.BAD_DATE),
        ("truong.xyz", 9, "pho.syt", "", Code.UNKNOWN_PERSON),
        ("truong.syt", 9, "pho.xyz", "", Code.UNKNOWN_PERSON),
        ("truong.syt", 9, "pho.syt", "pho.syt", Code.NOT_ALLOWED),
    ],
)
def test_an_absence_that_makes_no_sense_is_refused_and_not_kept(
    desk: Desk, absent: str, first: int, deputy: str, keeper: str, code: Code
) -> None:
    with pytest.raises(Refused) as refused:
        enter_absence(desk.office, absent, TODAY.replace(day=first), TODAY.replace(day=13), deputy, keeper)

    assert refused.value.code is code
    assert desk.office.reference().directory.absences == ()
