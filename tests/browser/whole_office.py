"""The whole office as people's browsers find it: `dondoc up`, a real mail server and a real single sign-on.

Its clock stands at Wednesday 25 November 2026, 09:00 when it starts, and goes on; a test moves it on by days.
"""

import contextlib
import os
import re
import signal
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import parseaddr
from pathlib import Path
from typing import Final

from dondoc_command import Dondoc, until
from lying_provider import CLIENT_ID, CLIENT_SECRET, RunningProvider, running_provider
from real_office import Mailbox, a_free_port
from xlsxwriter import Workbook

from services import accounts
from services.office import Office

PASSWORD: Final = "mưa rơi trên sông Trà"
STARTS_AT: Final = "2026-11-25T09:00:00+07:00"

TITLES: Final = (
    *("Mã nhiệm vụ", "Số ký hiệu văn bản", "Ngày văn bản", "Trích yếu", "Người chỉ đạo"),
    *("Nội dung nhiệm vụ", "Cơ quan chủ trì", "Cơ quan phối hợp", "Thời hạn", "Độ khẩn"),
)
DOCUMENT: Final = ("12/UBND-KTTH", "20/11/2026", "V/v tăng cường công tác y tế", "Chủ tịch")
ROWS: Final = (
    ("B-1", *DOCUMENT, "Báo cáo tình hình dịch bệnh trên địa bàn tỉnh", "Sở Y tế", "Sở Tài chính", "15/12/2026", ""),
    ("B-2", *DOCUMENT, "Rà soát trạm y tế cấp xã", "Sở Y tế", "", "24/12/2026", "Khẩn"),
    ("B-3", *DOCUMENT, "Tham mưu dự toán mua vắc-xin năm 2027", "Sở Tài chính", "Sở Y tế", "10/12/2026", ""),
    ("B-4", *DOCUMENT, "Kiểm tra an toàn thực phẩm dịp Tết", "Sở Y tế", "", "", ""),
    ("B-5", *DOCUMENT, "Quyết toán ngân sách cấp xã", "Sở Tài chính", "", "18/12/2026", ""),
    ("B-6", *DOCUMENT, "Rà soát giá đất năm 2027", "Sở Tài chính", "", "21/12/2026", ""),
)
PEOPLE: Final = (
    *("vanthu", "chanhvanphong", "chutich", "pct.vanxa", "truong.syt", "chuyenvien.syt", "truong.stc"),
    "chuyenvien.stc",
    *("thanhtra", "quantri"),
)


@dataclass
class WholeOffice:
    """The running office."""

    dondoc: Dondoc
    mailbox: Mailbox
    provider: RunningProvider
    cookies: dict[str, list[dict[str, object]]] = field(default_factory=dict)

    @property
    def home(self) -> str:
        return f"http://127.0.0.1:{self.dondoc.port}"

    def mail_to(self, person: str, *, about: str, seconds: float = 60) -> EmailMessage:
        """The first mail to a person with this in its subject or text, once it is there."""

        def found() -> list[EmailMessage]:
            return [mail for mail in self.mailbox.to(person) if about in str(mail["Subject"]) or about in text_of(mail)]

        until(found, seconds)
        return found()[0]

    def mails_saying(self, pattern: str) -> list[tuple[str, str]]:
        """Every mail with a line that the pattern finds, in the order in which the server got them: to whom, its line.

        The subject is a line too; a mail that bundles several has such a line for each, with a number before it.
        """
        found = []
        for mail in tuple(self.mailbox.received):
            lines = (re.sub(r"^\d+\. ", "", line) for line in (str(mail["Subject"]), *text_of(mail).splitlines()))
            line = next((line for line in lines if re.search(pattern, line)), None)
            if line is not None:
                found.append((parseaddr(str(mail["To"]))[1].partition("@")[0], line))
        return found

    @contextlib.contextmanager
    def temporal_stands_still(self) -> Iterator[None]:
        """Temporal's process stops as it is, and goes on afterwards."""
        temporal = self.dondoc.pids()["temporal"]
        os.kill(temporal, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(temporal, signal.SIGCONT)

    def clock_moves_on_to(self, instant: str) -> None:
        """Let the whole office stand at a later instant (ISO, with its zone); everybody is to sign in again."""
        self.dondoc.down()
        self.dondoc.environment["DONDOC_CLOCK"] = instant
        self.cookies.clear()
        self.dondoc.up()


def text_of(mail: EmailMessage) -> str:
    """What a mail says in plain text."""
    plain = mail.get_body(("plain",))
    assert plain is not None
    return str(plain.get_content())


@contextlib.contextmanager
def running_office(folder: Path) -> Iterator[WholeOffice]:
    """Start an office with six directives and ten people who can sign in; stop it afterwards."""
    mailbox = Mailbox(a_free_port())
    with mailbox.open(), running_provider() as provider:
        dondoc = Dondoc(
            folder / "data",
            {
                "DONDOC_CLOCK": STARTS_AT,
                "DONDOC_SMTP_URL": f"smtp://127.0.0.1:{mailbox.port}",
                "DONDOC_OIDC_ISSUER": provider.issuer,
                "DONDOC_OIDC_CLIENT_ID": CLIENT_ID,
                "DONDOC_OIDC_CLIENT_SECRET": CLIENT_SECRET,
            },
        )
        dondoc.up()
        try:
            dondoc("import", str(write_rows(folder / "nhiem-vu.xlsx", ROWS)))
            _give_accounts(dondoc.data)
            yield WholeOffice(dondoc, mailbox, provider)
        finally:
            dondoc.down()


def _give_accounts(data: Path) -> None:
    office = Office.at(f"sqlite:///{data / 'dondoc.db'}")
    for person in PEOPLE:
        accounts.add(office, person, PASSWORD, must_change=False)
    office.engine.dispose()


def write_rows(file: Path, rows: Sequence[tuple[str, ...]]) -> Path:
    """Write a workbook of directives, one a row below the titles."""
    with Workbook(file) as workbook:
        sheet = workbook.add_worksheet()
        for number, row in enumerate((TITLES, *rows)):
            sheet.write_row(number, 0, row)
    return file
