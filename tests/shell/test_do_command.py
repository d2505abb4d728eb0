"""`dondoc do` with no engine running: what may not be is refused at once, what may is kept and sent later."""

import hashlib
from pathlib import Path

import pytest
from builders import a_deadline
from dondoc_in_process import Dondoc, Said
from office_fixture import Desk
from sqlalchemy import select

from database.engine import reading
from models import commands as c
from models.attachments import reference_to
from models.engine import CommandEnvelope
from models.tables import COMMAND
from services.attachments import FileStore, files_of

CODE = "NV-1"
PDF = b"%PDF-1.4\n%%EOF\n"


@pytest.fixture
def dondoc(desk: Desk, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Dondoc:
    for name in ("DONDOC_LANG", "DONDOC_DATA_DIR", "DONDOC_DATABASE_URL", "DONDOC_TEMPORAL_ADDRESS"):
        monkeypatch.delenv(name, raising=False)
    desk.register(CODE, "Wed 2026-03-04 09:00", deadline=a_deadline("2026-03-20"))
    return Dondoc(desk.data, capsys)


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def kept(desk: Desk) -> list[tuple[str, str, CommandEnvelope]]:
    with reading(desk.office.engine) as connection:
        rows = connection.execute(select(COMMAND).order_by(COMMAND.c.created_at))
        return [(row.id, row.state, CommandEnvelope.model_validate_json(row.envelope)) for row in rows]


def test_a_command_while_nothing_runs_is_kept_and_said_so_with_exit_1(dondoc: Dondoc, desk: Desk) -> None:
    said = dondoc("do", CODE, "acknowledge", "--as", "truong.syt")

    ((command_id, state, envelope),) = kept(desk)
    assert command_id in said.sentence
    assert "Bộ máy chưa chạy" in said.sentence
    assert said.out == ""
    assert state == "pending"
    assert (envelope.directive, envelope.command, envelope.actor.person) == (CODE, c.Acknowledge(), "truong.syt")
    assert desk.directive(CODE).status == "assigned"


def test_a_kept_command_as_json_says_so_and_has_every_key(dondoc: Dondoc, desk: Desk) -> None:
    said = dondoc("do", CODE, "acknowledge", "--as", "truong.syt", "--json")

    assert said.sentence
    ((command_id, _state, _envelope),) = kept(desk)
    assert said.json == {
        "command_id": command_id,
        "outcome": "kept",
        "code": CODE,
        "seq": None,
        "at": None,
        "kinds": [],
        "status": None,
    }


def test_the_same_id_again_is_the_same_command(dondoc: Dondoc, desk: Desk) -> None:
    for _ in range(2):
        assert dondoc("do", CODE, "acknowledge", "--as", "truong.syt", "--id", "lenh-1").code == 1

    assert [command_id for command_id, _state, _envelope in kept(desk)] == ["lenh-1"]


def test_a_command_that_the_ledger_knows_is_answered_from_it_although_nothing_runs(dondoc: Dondoc, desk: Desk) -> None:
    desk.act(CODE, c.Acknowledge(), "truong.syt", "Wed 2026-03-04 09:30", command_id="lenh-1")

    said = dondoc("do", CODE, "acknowledge", "--as", "truong.syt", "--id", "lenh-1", "--json")

    assert said.code == 0
    assert said.err == ""
    assert said.json == {
        "command_id": "lenh-1",
        "outcome": "recorded",
        "code": CODE,
        "seq": 3,
        "at": "2026-03-04T02:30:00Z",
        "kinds": ["acknowledged"],
        "status": "in_progress",
    }
    assert dondoc("do", CODE, "acknowledge", "--as", "truong.syt", "--id", "lenh-1").out.startswith(f"{CODE}: đã ghi")
    assert kept(desk) == []


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (["acknowledge", "--as", "truong.stc"], ["Sở Y tế"]),
        (["accept", "--as", "truong.syt"], []),
        (["submit", "--as", "truong.syt", "--text", "Xong"], []),
        (["decline", "--as", "truong.syt"], []),
        (["frobnicate", "--as", "truong.syt"], ["frobnicate", "acknowledge"]),
        (["reassign", "--as", "chutich", "--agency", "Sở Y tê tỉnh"], ["Sở Y tế"]),
        (["request_extension", "--as", "truong.syt", "--deadline", "31/4/2026", "--reason", "x"], ["31/4/2026"]),
        (["acknowledge", "--as", "truong.sytt"], ["truong.sytt", "truong.syt"]),
        (["acknowledge", "--as", "truong.syt", "--for", "chutich"], []),
        (["comment", "--as", "truong.syt", "--text", "TỐI MẬT: nội dung"], []),
        (["contribute", "--as", "truong.syt"], []),
    ],
)
def test_a_refusal_is_one_sentence_that_names_what_is_wrong_and_keeps_nothing(
    dondoc: Dondoc, desk: Desk, words: list[str], names: list[str]
) -> None:
    said = dondoc("do", CODE, *words)

    assert all(name in said.sentence for name in names), said.sentence
    assert said.out == ""
    assert kept(desk) == []


def test_a_refusal_in_english(dondoc: Dondoc) -> None:
    vietnamese = dondoc("do", CODE, "accept", "--as", "truong.syt").sentence
    english = dondoc("do", CODE, "accept", "--as", "truong.syt", "--lang", "en").sentence

    assert english.isascii() or "Sở" in english
    assert english != vietnamese


def test_somebody_who_saw_an_older_state_is_told_who_did_what_since(dondoc: Dondoc, desk: Desk) -> None:
    desk.act(CODE, c.Acknowledge(), "truong.syt", "Wed 2026-03-04 09:30")

    said = dondoc("do", CODE, "report_progress", "--as", "pho.syt", "--text", "x", "--seen", "2")

    assert desk.office.reference().directory.person_name("truong.syt") in said.sentence
    assert kept(desk) == []
    assert dondoc("do", CODE, "report_progress", "--as", "pho.syt", "--text", "x", "--seen", "3").code == 1
    assert len(kept(desk)) == 1


def test_an_unknown_directive_is_refused(dondoc: Dondoc, desk: Desk) -> None:
    assert "NV-99" in dondoc("do", "NV-99", "acknowledge", "--as", "truong.syt").sentence
    assert kept(desk) == []


def test_words_and_files_reach_the_command_and_the_files_are_kept(dondoc: Dondoc, desk: Desk, tmp_path: Path) -> None:
    report, second = tmp_path / "bao-cao.pdf", tmp_path / "phụ lục.txt"
    report.write_bytes(PDF)
    second.write_text("Số liệu", encoding="utf-8")
    desk.act(CODE, c.Acknowledge(), "truong.syt", "Wed 2026-03-04 09:30")
    said: Said = dondoc(
        *("do", CODE, "submit", "--as", "truong.syt@quangngai.example", "--result", "Đã xong"),
        *("--document", "8/BC-SYT", "--attachment", str(report), "--attachment", str(second)),
    )

    assert said.code == 1
    ((_id, _state, envelope),) = kept(desk)
    named = (reference_to(sha256(PDF), "bao-cao.pdf"), reference_to(sha256("Số liệu".encode()), "phụ lục.txt"))
    assert envelope.command == c.Submit(result="Đã xong", document_number="8/BC-SYT", attachments=named)
    with reading(desk.office.engine) as connection:
        files = files_of(connection, CODE)
    assert tuple(files) == named
    assert {one.person for one in files.values()} == {"truong.syt"}
    store = FileStore(desk.data / "attachments")
    assert store.path(sha256(PDF)).read_bytes() == PDF


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("bao-cao.pdf", b"MZ\x90\x00", "bao-cao.pdf"),
        ("bao-cao.exe", b"MZ\x90\x00", "bao-cao.exe"),
        ("MẬT.txt", b"x", "mật"),
        ("khong-co.txt", None, "khong-co.txt"),
    ],
)
def test_a_file_that_is_not_taken_is_one_sentence_and_the_act_is_not_done(
    dondoc: Dondoc, desk: Desk, tmp_path: Path, name: str, content: bytes | None, told: str
) -> None:
    desk.act(CODE, c.Acknowledge(), "truong.syt", "Wed 2026-03-04 09:30")
    if content is not None:
        (tmp_path / name).write_bytes(content)

    said = dondoc("do", CODE, "report_progress", "--as", "truong.syt", "--attachment", str(tmp_path / name))

    assert said.code == 1
    assert told.casefold() in said.sentence.casefold()
    assert kept(desk) == []


def test_a_file_that_the_offices_scanner_refuses_is_not_taken(
    dondoc: Dondoc, desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.act(CODE, c.Acknowledge(), "truong.syt", "Wed 2026-03-04 09:30")
    (tmp_path / "a.txt").write_text("x", encoding="utf-8")
    monkeypatch.setenv("DONDOC_SCAN_COMMAND", "/bin/false")

    dondoc("do", CODE, "report_progress", "--as", "truong.syt", "--attachment", str(tmp_path / "a.txt"))

    assert kept(desk) == []


def test_who_may_not_act_hands_nothing_in(dondoc: Dondoc, desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("x", encoding="utf-8")

    said = dondoc("do", CODE, "submit", "--as", "truong.stc", "--text", "x", "--attachment", str(tmp_path / "a.txt"))

    assert said.code == 1
    with reading(desk.office.engine) as connection:
        assert files_of(connection, CODE) == {}


@pytest.mark.parametrize(
    "words", [[CODE], [CODE, "acknowledge"], [CODE, "report_progress", "--as", "x", "--percent", "y"]]
)
def test_wrong_usage_is_exit_2(dondoc: Dondoc, words: list[str]) -> None:
    assert dondoc("do", *words).code == 2
