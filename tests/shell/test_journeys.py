"""The office's journeys by the shell alone, with the real server, a real worker and a real mail server."""

import email
import email.policy
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path

import pytest
import yaml
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from dondoc_command import Dondoc, until
from temporal_server import free_port
from xlsxwriter import Workbook

from database.seed_data import read_default_policy

pytestmark = [pytest.mark.server, pytest.mark.slow, pytest.mark.timeout(600)]


@dataclass
class Mailbox:
    """What a real mail server got, in order."""

    mails: list[EmailMessage] = field(default_factory=list)

    async def handle_DATA(  # noqa: N802 - aiosmtpd calls it so
        self,
        server: SMTP,  # noqa: ARG002
        session: Session,  # noqa: ARG002
        envelope: Envelope,
    ) -> str:
        self.mails.append(email.message_from_bytes(envelope.original_content, policy=email.policy.default))
        return "250 OK"

    def to(self, address: str) -> list[EmailMessage]:
        return [mail for mail in self.mails if address in str(mail["To"])]


@pytest.fixture
def mailbox() -> Iterator[tuple[Mailbox, int]]:
    box, port = Mailbox(), free_port()
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    yield box, port
    controller.stop()


@pytest.fixture
def office(tmp_path: Path, mailbox: tuple[Mailbox, int]) -> Iterator[Dondoc]:
    """A running office, on a working morning, with its mail server."""
    dondoc = Dondoc(
        tmp_path / "data",
        {"DONDOC_CLOCK": "2026-11-25T09:00:00+07:00", "DONDOC_SMTP_URL": f"smtp://127.0.0.1:{mailbox[1]}"},
    )
    dondoc.up()
    yield dondoc
    dondoc.down()


def hasty_policy(folder: Path) -> Path:
    """The shipped policy with flash steps some seconds apart, so that a ladder is climbed while one looks."""
    policy = yaml.safe_load(read_default_policy())
    policy["name"] = "Thang thử"
    policy["ladders"]["flash"]["clocks"]["acknowledgement"]["steps"] = [
        {"hours": 10 / 3600, "to": ["lead_head"], "at_once": True},
        {"hours": 40 / 3600, "to": ["chief_of_office"], "at_once": True},
    ]
    file = folder / "policy.yaml"
    file.write_text(yaml.safe_dump(policy, allow_unicode=True), encoding="utf-8")
    return file


def a_workbook(folder: Path) -> Path:
    file = folder / "nhiem-vu.xlsx"
    with Workbook(file) as workbook:
        sheet = workbook.add_worksheet()
        titles = (
            *("Mã nhiệm vụ", "Số ký hiệu văn bản", "Ngày văn bản", "Trích yếu", "Người chỉ đạo"),
            *("Nội dung nhiệm vụ", "Cơ quan chủ trì", "Cơ quan phối hợp", "Thời hạn", "Độ khẩn"),
        )
        document = ("12/UBND-KTTH", "20/11/2026", "V/v y tế", "Chủ tịch")
        rows = (
            ("J-1", *document, "Báo cáo dịch bệnh", "sở y tế", "", "", "Hỏa tốc"),
            ("J-2", *document, "Rà soát trạm y tế", "SYT", "STC", "15/12/2026", ""),
            ("J-3", *document, "Việc khác", "Sở Y tê tỉnh", "", "31/11/2026", ""),
        )
        for number, row in enumerate((titles, *rows)):
            sheet.write_row(number, 0, row)
    return file


def test_the_office_an_agency_and_a_leader_live_through_a_directive_by_the_shell_alone(
    office: Dondoc, mailbox: tuple[Mailbox, int], tmp_path: Path
) -> None:
    box = mailbox[0]
    office("policy", "activate", str(hasty_policy(tmp_path)), "--as", "vanthu")

    # The secretariat imports and registers.
    report = office.json("import", str(a_workbook(tmp_path)))
    assert (report["accepted"], report["refused"], report["unchanged"]) == (2, 1, 0)
    assert {reason["code"] for reason in report["rows"][2]["reasons"]} == {"unknown_agency", "bad_date"}
    again = office.json("import", str(a_workbook(tmp_path)))
    assert (again["accepted"], again["refused"], again["unchanged"]) == (0, 1, 2)
    registered = office(
        *("register", "--code", "J-4", "--content", "Báo cáo thu ngân sách", "--lead", "Sở Tài chính"),
        *("--deadline", "trước ngày 15/12/2026", "--number", "13/UBND-KTTH", "--date", "23/11/2026"),
    )
    assert "J-4" in registered

    # One agency acknowledges; the other does nothing, and its head and then the chief of office hear.
    office("do", "J-2", "acknowledge", "--as", "chuyenvien.syt")
    until(lambda: box.to("truong.syt@") and box.to("chanhvanphong@"), 120)
    history = office.json("history", "J-1")
    told = [(row["data"]["step"], row["data"]["audience"]) for row in history if row["kind"] == "moment_reached"]
    assert [audience for _step, audience in told] == [["lead_head"], ["chief_of_office"]]
    first = next(
        place for place, mail in enumerate(box.mails) if "truong.syt@" in str(mail["To"]) and "Nhắc" in body(mail)
    )
    second = next(place for place, mail in enumerate(box.mails) if "chanhvanphong@" in str(mail["To"]))
    assert first < second
    assert "J-1" in body(box.mails[second])

    # A leader asks.
    status = office.json("status", "J-1")
    assert (status["status"], status["lead_agency"], status["seq"]) == ("assigned", "Sở Y tế", len(history))
    following = office.json("next", "J-2")
    assert [moment["step"] for moment in following if moment["clock"] == "deadline"][:5] == [
        "-7",
        "-3",
        "-1",
        "0",
        "+1",
    ]
    assert following[0]["at"] == "2026-12-04T01:00:00Z"
    board = office.json("board")
    assert board["total"] == 3 == sum(board["by_timeliness"].values()) == sum(board["by_status"].values())

    # He demands an explanation and gets it.
    office("do", "J-1", "demand_explanation", "--as", "chutich", "--text", "Vì sao chưa tiếp nhận?")
    office("do", "J-1", "explain", "--as", "truong.syt", "--text", "Đang cử người phụ trách.")
    assert [item["kind"] for item in office.json("inbox", "chutich")] == ["explained"]

    # The result is returned once and accepted.
    office("do", "J-2", "submit", "--as", "truong.syt", "--result", "Báo cáo", "--document", "7/BC-SYT")
    office("do", "J-2", "return", "--as", "chanhvanphong", "--reason", "Thiếu phụ lục")
    office("do", "J-2", "submit", "--as", "truong.syt", "--result", "Báo cáo và phụ lục")
    refused = office.refused("do", "J-2", "accept", "--as", "chuyenvien.syt")
    assert "quyền" in refused
    office("do", "J-2", "accept", "--as", "chanhvanphong")
    done = office.json("status", "J-2")
    assert (done["status"], done["timeliness"], done["next_moment"]) == ("completed", "completed_on_time", None)
    assert office.json("board")["by_timeliness"]["completed_on_time"] == 1
    assert office.json("verify")["broken"] == []
    assert office.json("reconcile")["differences"] == []


def body(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def test_a_command_given_while_nothing_runs_is_kept_and_recorded_once_afterwards(office: Dondoc) -> None:
    office(*("register", "--code", "K-1", "--content", "Báo cáo", "--lead", "Sở Y tế", "--deadline", "15/12/2026"))
    office.down()

    said = office.refused("do", "K-1", "acknowledge", "--as", "chuyenvien.syt", "--id", "wish-1")
    assert "chưa chạy" in said
    assert "giữ lại" in said
    registered = office.run("register", "--code", "K-2", "--content", "Việc mới", "--lead", "Sở Tài chính")
    assert registered.returncode == 0
    assert office.json("status", "K-2")["awaiting_start"] is True

    office.up()
    until(lambda: office.json("status", "K-1")["status"] == "in_progress", 90)
    until(lambda: office.json("status", "K-2")["awaiting_start"] is False, 90)
    office("do", "K-1", "acknowledge", "--as", "chuyenvien.syt", "--id", "wish-1")
    assert [row["kind"] for row in office.json("history", "K-1")].count("acknowledged") == 1
