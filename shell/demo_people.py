"""The people of the demo who can sign in: made once, their passwords printed once."""

from typing import Final

from documents.language import N_, label
from shell.context import Shell
from shell.output import print_lines, print_table

PEOPLE: Final = (
    "vanthu",
    "chanhvanphong",
    "chutich",
    "pct.vanxa",
    "truong.syt",
    "chuyenvien.syt",
    "thanhtra",
    "quantri",
)
"""One of each role: the Office, the leaders, a department's head and officer, the inspector, the administrator."""


def make_people(shell: Shell) -> None:
    """Give the demo's people accounts and print their passwords; who has an account already keeps his password."""
    from models.calendar import local_day
    from services import accounts

    directory, day = shell.reference().directory, local_day(shell.now())
    have = {account.person for account in accounts.listed(shell.office)}
    here = [person for code in PEOPLE if (person := directory.person(code)) is not None]
    fresh = [person for person in here if person.code not in have]
    if not fresh:
        print_lines(
            shell.say(
                N_("Người dùng thử đã được tạo lần trước. Đặt lại mật khẩu: dondoc user add PERSON --data {folder}"),
                folder=shell.settings.data_dir,
            )
        )
        return
    rows = []
    for person in fresh:
        posts = directory.posts_on(person.code, day)
        post = f"{label(posts[0].position, shell.language)}, {directory.agency_name(posts[0].agency)}" if posts else ""
        rows.append((post, person.code, accounts.add(shell.office, person.code, None, must_change=False)))
    titles = [shell.say(title) for title in (N_("Ai"), N_("Tên đăng nhập"), N_("Mật khẩu"))]
    print_lines(shell.say(N_("Người dùng thử; mật khẩu chỉ in lần này:")))
    print_table(titles, rows)
