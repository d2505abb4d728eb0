from pathlib import Path

from builders import SEED
from office_fixture import Desk

from shell import directory


def test_people_are_found_without_accents_with_posts_and_address(desk: Desk) -> None:
    found = desk.dondoc(directory, "directory", "people", "truong.syt", "--json").json

    assert found == [
        {
            "code": "truong.syt",
            "name": desk.office.reference().directory.person_name("truong.syt"),
            "email": "truong.syt@quangngai.example",
            "posts": [{"position": "head", "agency": "Sở Y tế", "agency_code": "SYT"}],
            "can_act": True,
            "locked": False,
        }
    ]
    told = desk.dondoc(directory, "directory", "people", "so y te")
    assert "truong.syt\t" in told.out
    assert "\tThủ trưởng, Sở Y tế\ttruong.syt@quangngai.example" in told.out
    assert desk.dondoc(directory, "directory", "people", "xyz không có").out.endswith("Không tìm thấy ai.\n")


def test_agencies_are_found_today_and_among_those_that_ended(desk: Desk) -> None:
    assert [one["code"] for one in desk.dondoc(directory, "directory", "agencies", "SO Y TE", "--json").json] == ["SYT"]
    gone = desk.dondoc(directory, "directory", "agencies", "ke hoach va dau tu", "--all")
    assert "SKHDT\tSở Kế hoạch và Đầu tư\t" in gone.out
    assert "28/02/2025" in gone.out


def test_a_file_is_loaded_whole_or_not_at_all(desk: Desk, tmp_path: Path) -> None:
    assert desk.dondoc(directory, "directory", "load", str(SEED / "quang_ngai.yaml")).code == 0
    file = tmp_path / "directory.yaml"
    text = (SEED / "quang_ngai.yaml").read_text(encoding="utf-8").replace("person: vanthu,", "person: khongco,", 1)
    file.write_text(text, encoding="utf-8")
    before = desk.office.reference().directory

    told = desk.dondoc(directory, "directory", "load", str(file))

    assert told.code == 1
    first, last = told.err.splitlines()
    assert first.endswith(".person: không có người nào mã “khongco” trong tệp này.")
    assert last == f"Tệp {file} có 1 lỗi; chưa có gì thay đổi."
    assert desk.office.reference().directory == before


def test_an_absence_is_entered_with_its_deputy_and_taken_back(desk: Desk) -> None:
    names = desk.office.reference().directory

    told = desk.dondoc(
        directory,
        "directory",
        "absent",
        "truong.syt",
        "09/03/2026..13/03/2026",
        "--deputy",
        "pho.syt",
        "--as",
        "vanthu",
    )

    assert told.out == (
        f"{names.person_name('truong.syt')} vắng mặt từ 09/03/2026 đến 13/03/2026; "
        f"{names.person_name('pho.syt')} thay.\n"
    )
    back = desk.dondoc(directory, "directory", "absent", "truong.syt", "2026-03-10", "--remove")
    assert back.out == "Đã bỏ 1 lần vắng mặt.\n"
    again = desk.dondoc(directory, "directory", "absent", "truong.syt", "2026-03-10", "--remove")
    assert (again.code, again.err) == (1, "Không có vắng mặt nào được ghi cho những ngày này.\n")


def test_an_absence_that_leaves_nobody_says_who_hears_then(desk: Desk) -> None:
    told = desk.dondoc(directory, "directory", "absent", "truong.syt", "09/03/2026..13/03/2026")

    assert "không ghi người thay." in told.out
    assert "thông báo sẽ chuyển lên bậc kế tiếp." in told.out


def test_a_succession_is_shown_before_anything_moves(desk: Desk) -> None:
    desk.register("NV-1", "2026-03-02 09:00")

    told = desk.dondoc(directory, "directory", "succeed", "so y te", "STP", "--as", "quantri", "--dry-run")
    found = desk.dondoc(directory, "directory", "succeed", "SYT", "STP", "--as", "quantri", "--dry-run", "--json").json

    assert "NV-1\tchủ trì\t" in told.out
    assert told.out.splitlines()[-1] == "1 nhiệm vụ chưa xong sẽ chuyển từ Sở Y tế sang Sở Tư pháp; chưa chuyển gì."
    assert (found["old"], found["new"], found["dry_run"]) == ("SYT", "STP", True)
    assert [(one["code"], one["leads"]) for one in found["directives"]] == [("NV-1", True)]
    assert desk.directive("NV-1").lead_agency == "SYT"


def test_a_succession_while_nothing_runs_is_kept_and_said_so(desk: Desk) -> None:
    desk.register("NV-1", "2026-03-02 09:00")

    told = desk.dondoc(directory, "directory", "succeed", "SYT", "STP", "--as", "quantri", "--json")

    assert told.code == 0
    assert told.json == {
        "old": "SYT",
        "new": "STP",
        "fields": [],
        "dry_run": False,
        "moved": [],
        "kept": ["NV-1"],
        "refused": {},
    }


def test_an_agency_that_nobody_knows_is_one_sentence_with_the_closest_names(desk: Desk) -> None:
    told = desk.dondoc(directory, "directory", "succeed", "Sở Y tê học", "STP", "--as", "quantri")

    assert told.code == 1
    assert told.err.startswith("Không tìm thấy cơ quan “Sở Y tê học”. Có phải: ")
    assert told.err.count("\n") == 1
