"""`dondoc do` with no engine running: what may not be is refused at once, what may is kept and sent later."""

import pytest
from builders import a_deadline
from dondoc_in_process import Dondoc, Said
from office_fixture import Desk
from sqlalchemy import select

from database.engine import reading
from models import commands as c
from models.engine import CommandEnvelope
from models.tables import COMMAND

CODE = "NV-1"


@pytest.fixture
def dondoc(desk: Desk, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Dondoc:
    for name in ("DONDOC_LANG", "DONDOC_DATA_DIR", "DONDOC_DATABASE_URL", "DONDOC_TEMPORAL_ADDRESS"):
        monkeypatch.delenv(name, raising=False)
    desk.register(CODE, "Wed 2026-03-04 09:00", deadline=a_deadline("2026-03-20"))
    return Dondoc(desk.data, capsys)


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


def test_words_reach_the_command(dondoc: Dondoc, desk: Desk) -> None:
    desk.act(CODE, c.Acknowledge(), "truong.syt", "Wed 2026-03-04 09:30")
    said: Said = dondoc(
        *("do", CODE, "submit", "--as", "truong.syt@quangngai.example", "--result", "Đã xong"),
        *("--document", "8/BC-SYT", "--attachment", "/tmp/a/bao-cao.pdf", "--attachment", "phu-luc.xlsx"),  # noqa: S108
    )

    assert said.code == 1
    ((_id, _state, envelope),) = kept(desk)
    assert envelope.command == c.Submit(
        result="Đã xong", document_number="8/BC-SYT", attachments=("bao-cao.pdf", "phu-luc.xlsx")
    )


@pytest.mark.parametrize(
    "words", [[CODE], [CODE, "acknowledge"], [CODE, "report_progress", "--as", "x", "--percent", "y"]]
)
def test_wrong_usage_is_exit_2(dondoc: Dondoc, words: list[str]) -> None:
    assert dondoc("do", *words).code == 2
