import json

import pytest
from office_fixture import Desk

from documents.language import Language
from shell import upkeep


def test_verify_says_that_all_is_as_it_was_written(desk: Desk) -> None:
    desk.register("NV-1", "2026-03-02 09:00")

    told = desk.dondoc(upkeep, "verify")

    assert (told.code, told.out) == (0, "Đã kiểm tra 2 dòng của 1 nhiệm vụ: tất cả đúng như lúc ghi.\n")
    assert desk.dondoc(upkeep, "verify", "NV-1", "--json").json == {"checked": 2, "directives": 1, "broken": []}


def test_verify_of_an_empty_ledger_is_well(desk: Desk) -> None:
    assert desk.dondoc(upkeep, "verify", "--json").json == {"checked": 0, "directives": 0, "broken": []}


@pytest.mark.parametrize("words", [("verify",), ("verify", "NV-1")])
def test_verify_names_what_was_changed_and_fails(desk: Desk, words: tuple[str, ...]) -> None:
    desk.register("NV-1", "2026-03-02 09:00")
    desk.tamper("UPDATE ledger SET actor = 'chutich' WHERE seq = 2")

    told = desk.dondoc(upkeep, *words, "--json")

    assert told.code == 1
    assert told.json == {
        "checked": 2,
        "directives": 1,
        "broken": [
            {
                "code": "NV-1",
                "seq": 2,
                "fault": "content",
                "sentence": "Dòng 2 của NV-1 đã bị sửa sau khi ghi.",
            }
        ],
    }
    assert "Dòng 2 của NV-1 đã bị sửa sau khi ghi." in desk.dondoc(upkeep, *words).out


def test_verify_of_an_unknown_directive_is_one_sentence(desk: Desk) -> None:
    told = desk.dondoc(upkeep, "verify", "NV-9")

    assert (told.code, told.out) == (1, "")
    assert told.err == "Không tìm thấy nhiệm vụ NV-9. Kiểm tra lại mã nhiệm vụ.\n"


def test_rebuild_snapshots_says_how_many(desk: Desk) -> None:
    desk.register("NV-1", "2026-03-02 09:00")
    desk.sql("DELETE FROM directive")

    assert desk.dondoc(upkeep, "rebuild", "snapshots").out == ("Đã dựng lại bản tổng hợp của 1 nhiệm vụ từ nhật ký.\n")
    assert desk.directive("NV-1").lead_agency == "SYT"


def test_rebuild_snapshots_names_what_it_could_not_and_fails(desk: Desk) -> None:
    desk.register("NV-1", "2026-03-02 09:00")
    desk.tamper("UPDATE ledger SET data = 'x'")

    told = desk.dondoc(upkeep, "rebuild", "snapshots", "--json")

    assert told.code == 1
    assert json.loads(told.out) == {"rebuilt": 0, "failed": ["NV-1"]}
    assert "1 nhiệm vụ không dựng lại được: NV-1." in told.err


@pytest.mark.parametrize("words", [("reconcile",), ("reconcile", "--repair"), ("rebuild", "workflows")])
def test_what_needs_temporal_says_in_a_sentence_that_nothing_runs(desk: Desk, words: tuple[str, ...]) -> None:
    told = desk.dondoc(upkeep, *words)

    assert (told.code, told.out) == (1, "")
    assert told.err.startswith("Bộ máy chưa chạy ở ")


def test_rebuild_of_something_else_is_a_wrong_use(desk: Desk) -> None:
    assert desk.dondoc(upkeep, "rebuild", "everything").code == 2


def test_help_is_in_the_readers_language(desk: Desk) -> None:
    assert "chuỗi băm" in desk.dondoc(upkeep, "verify", "--help").out
    assert "JSON" in desk.dondoc(upkeep, "verify", "--help", language=Language.EN).out
