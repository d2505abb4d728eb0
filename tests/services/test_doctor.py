import contextlib
import datetime as dt
import pwd
import socket
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from builders import a_deadline, local
from databases import ON_POSTGRESQL, as_superuser, sqlite_only
from office_fixture import Desk
from sqlalchemy import insert, text
from temporal_server import free_port

from activities.clock_guard import running_seconds
from database import commands
from database.engine import open_engine, reading, writing
from documents.language import Language
from models import commands as c
from models.engine import CommandEnvelope
from models.tables import WEBHOOK
from services.doctor import Check, database_checks, work_checks
from services.doctor_machine import accounts_check, canary_check, clock_check, folder_checks, smtp_check
from services.doctor_office import office_checks
from services.keepers import find_keeper


def examined(desk: Desk) -> dict[str, Check]:
    with reading(desk.office.engine) as connection:
        reference, now = desk.office.reference(connection), desk.office.now()
        checks = [*work_checks(connection, reference, now), *office_checks(connection, reference, now)]
    return {check.name: check for check in checks}


def said(check: Check, language: Language = Language.VI) -> str:
    return check.said.explain(language)


def ill(checks: dict[str, Check]) -> set[str]:
    return {name for name, check in checks.items() if not check.ok}


def test_an_office_in_order_has_nothing_to_complain_of(desk: Desk) -> None:
    desk.register("NV-1", "2026-03-04 09:00", deadline=a_deadline("2026-03-20"))
    desk.sql("UPDATE delivery SET state = 'sent'")

    assert ill(examined(desk)) == set()
    assert [check.ok for check in database_checks(desk.office.engine)] == [True, True, True]


def test_a_moment_that_nobody_told_is_named_with_its_directive(desk: Desk) -> None:
    desk.register("NV-1", "2026-03-02 09:00")

    moments = examined(desk)["moments"]

    assert not moments.ok
    assert said(moments) == "1 nhiệm vụ có mốc đã qua hơn 2 phút mà chưa được nhắc: NV-1."


def test_a_moment_told_late_says_by_how_much_and_is_over(desk: Desk) -> None:
    desk.register("NV-1", "2026-03-02 09:00")
    desk.tell("NV-1", "2026-03-04 09:01:40")

    moments = examined(desk)["moments"]

    assert moments.ok
    assert said(moments) == ("Không có mốc nào bị chậm; mốc gần nhất, 08:00 04/03/2026, được nhắc sau 3700 giây.")


def test_a_command_without_an_answer_is_named_after_a_minute(desk: Desk) -> None:
    desk.register("NV-1", "2026-03-04 09:00")
    actor = find_keeper(desk.office.reference(), "vanthu", desk.office.now())
    for number, ago in enumerate((30, 90)):
        envelope = CommandEnvelope(id=str(number), directive="NV-1", actor=actor, command=c.Comment(text="?"))
        with writing(desk.office.engine) as connection:
            commands.keep(connection, envelope, desk.office.now() - dt.timedelta(seconds=ago))

    kept = examined(desk)["commands"]

    assert not kept.ok
    assert said(kept) == "1 lệnh đã nhận hơn 1 phút mà chưa ghi được, của các nhiệm vụ: NV-1."


@pytest.mark.parametrize(("registered", "ok"), [("2026-03-04 09:30", False), ("2026-03-04 09:59:30", True)])
def test_a_directive_that_awaits_its_start_is_named_and_is_no_fault_in_its_first_minute(
    desk: Desk, registered: str, ok: bool
) -> None:
    desk.register("NV-1", registered)
    desk.sql("UPDATE directive SET awaiting_start = TRUE")

    starts = examined(desk)["starts"]

    assert starts.ok is ok
    assert said(starts) == "1 nhiệm vụ chờ khởi tạo: NV-1."


def test_one_directive_whose_rows_break_the_code_is_named_alone(desk: Desk) -> None:
    for code in ("NV-1", "NV-2"):
        desk.register(code, "2026-03-04 09:00")
    desk.sql(
        "INSERT INTO ledger (directive, seq, at, kind, actor, part, data, previous_hash, hash) "
        "VALUES ('NV-2', 3, '2026-03-04T02:01:00.000000Z', 'teleported', 'vanthu', 0, '{}', '', '')"
    )

    data = examined(desk)["data"]

    assert not data.ok
    assert "đứng yên: NV-2." in said(data)


@pytest.mark.parametrize(
    ("now", "ok"),
    [
        ("Wed 2026-03-04 10:00", False),
        ("Wed 2026-03-04 07:10", True),  # mails leave since ten minutes only
        ("Wed 2026-03-04 06:00", True),
        ("Sat 2026-03-07 10:00", True),
    ],
)
def test_mails_that_should_have_left_are_counted_only_in_mail_hours(desk: Desk, now: str, ok: bool) -> None:
    desk.register("NV-1", "2026-03-03 09:00")
    desk.time_is(now)

    assert examined(desk)["outbox"].ok is ok


def test_a_refused_mail_is_named_with_its_address_and_reason(desk: Desk) -> None:
    desk.register("NV-1", "2026-03-04 09:00")
    desk.sql("UPDATE delivery SET state = 'parked', problem = '550 không có hộp thư này'")

    parked = examined(desk)["undelivered"]

    assert not parked.ok
    assert "@quangngai.example" in said(parked)
    assert "550 không có hộp thư này" in said(parked)

    desk.time_is("Wed 2026-06-03 10:00")
    assert examined(desk)["undelivered"].ok


def test_a_webhook_that_does_not_get_through_is_named(desk: Desk) -> None:
    with writing(desk.office.engine) as connection:
        connection.execute(
            insert(WEBHOOK).values(
                url="https://nhan.example/tin", secret="x" * 8, active=True, failures=3, after=0, problem="quá 10 giây."
            )
        )

    assert said(examined(desk)["webhooks"]) == (
        "Webhook không nhận được tin: https://nhan.example/tin. Lý do: quá 10 giây."
    )


def test_vacant_posts_are_named_those_of_agencies_only_where_they_lead_something_open(desk: Desk) -> None:
    desk.register("NV-1", "2026-03-04 09:00")
    desk.sql(
        "DELETE FROM post WHERE position = 'chairman'",
        "UPDATE person SET locked = TRUE WHERE code IN ('truong.syt', 'truong.stp')",
        "DELETE FROM post WHERE person = 'chuyenvien.syt'",
        "UPDATE field_of_work SET vice_chairman = NULL WHERE code = 'y-te'",
        "UPDATE revision SET number = number + 1",
    )

    posts = examined(desk)["posts"]

    assert not posts.ok
    assert said(posts) == (
        "4 chức danh đang khuyết hoặc không ai thay: Chủ tịch UBND tỉnh; Phó Chủ tịch phụ trách Y tế; "
        "Thủ trưởng Sở Y tế; Chuyên viên Sở Y tế. Người ở bậc kế tiếp sẽ nhận thay."
    )


def test_people_who_get_no_mail_and_people_away_with_nobody_to_stand_in_are_named(desk: Desk) -> None:
    desk.sql(
        "UPDATE person SET email = '' WHERE code IN ('truong.syt', 'quantri')",
        "INSERT INTO absence (person, deputy, valid_from, valid_until) "
        "VALUES ('truong.stp', NULL, '2026-03-02', '2026-03-06')",
        "UPDATE revision SET number = number + 1",
    )

    checks = examined(desk)

    assert ill(checks) == {"addresses", "absences"}
    assert "1 người giữ chức danh mà không có địa chỉ thư" in said(checks["addresses"])
    assert "truong.syt" in said(checks["addresses"])
    assert desk.office.reference().directory.person_name("truong.stp") in said(checks["absences"])


def test_an_unconfirmed_year_is_named_the_coming_one_only_as_a_remark(desk: Desk) -> None:
    desk.time_is("Tue 2026-12-01 10:00")
    assert examined(desk)["calendar"].ok
    assert "năm 2027 còn tạm tính" in said(examined(desk)["calendar"])

    desk.time_is("Mon 2027-01-04 10:00")
    assert not examined(desk)["calendar"].ok


def test_a_ledger_without_its_guards_is_named(desk: Desk) -> None:
    desk.tamper()

    [_, _, guards] = database_checks(desk.office.engine)

    assert not guards.ok
    missing = "ledger_append_only" if ON_POSTGRESQL else "ledger_no_delete; ledger_no_update"
    assert f"thiếu {missing}" in said(guards)


def test_an_older_schema_is_named_and_ends_the_checks(desk: Desk) -> None:
    with writing(desk.office.engine) as connection:
        as_superuser(connection)
        connection.execute(text("UPDATE alembic_version SET version_num = '0000'"))

    checks = list(database_checks(desk.office.engine))

    assert [(check.name, check.ok) for check in checks] == [("database", True), ("schema", False)]


@sqlite_only
def test_a_database_that_another_process_has_locked_is_named(desk: Desk) -> None:
    impatient = open_engine(str(desk.office.engine.url), lock_patience=0.2)
    with contextlib.closing(sqlite3.connect(desk.data / "dondoc.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        first = next(database_checks(impatient))
        other.execute("ROLLBACK")

    assert not first.ok
    assert "đang bận" in said(first)
    assert next(database_checks(impatient)).ok
    impatient.dispose()


@sqlite_only
def test_a_database_that_can_only_be_read_is_named(desk: Desk) -> None:
    desk.office.engine.dispose()
    read_only = open_engine(f"sqlite:///file:{desk.data / 'dondoc.db'}?mode=ro&uri=true")

    first = next(database_checks(read_only))
    read_only.dispose()

    assert not first.ok
    assert "chỉ đọc" in said(first)


def test_what_is_no_database_is_told_in_a_sentence(tmp_path: Path) -> None:
    file = tmp_path / "dondoc.db"
    file.write_bytes(b"khong phai co so du lieu" * 100)
    engine = open_engine(f"sqlite:///{file}")

    [found] = database_checks(engine)
    engine.dispose()

    assert said(found) == "Cơ sở dữ liệu không trả lời: file is not a database."


def test_a_clock_behind_the_ledger_is_wrong(desk: Desk) -> None:
    desk.register("NV-1", "2026-03-04 10:30")
    with reading(desk.office.engine) as connection:
        behind = clock_check(connection, local("2026-03-04 10:00"), 0.0)
        about_right = clock_check(connection, local("2026-03-04 10:29:30"), 0.0)

    assert not behind.ok
    assert said(behind).startswith("Đồng hồ máy sai: bây giờ là 10:00 04/03/2026, nhưng nhật ký đã có việc lúc 10:30")
    assert about_right.ok


@pytest.mark.parametrize(("jump", "ok"), [(59.0, True), (-59.0, True), (7_200.0, False), (-7_200.0, False)])
def test_a_clock_that_jumped_while_the_engine_runs_is_wrong(jump: float, ok: bool) -> None:
    assert clock_check(None, local("2026-03-04 10:00"), jump).ok is ok


@pytest.mark.parametrize(("age", "ok"), [(3.0, True), (29.0, True), (600.0, False), (-600.0, False)])
def test_a_silent_canary_is_heard_of(tmp_path: Path, age: float, ok: bool) -> None:
    (tmp_path / "canary").write_text(f"{running_seconds() - age:.3f}\n", encoding="ascii")

    assert canary_check(tmp_path / "canary").ok is ok


@pytest.mark.parametrize("text", [None, "", "chim"])
def test_a_canary_that_never_sang_is_no_crash(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "canary").write_text(text, encoding="utf-8")

    assert not canary_check(tmp_path / "canary").ok


def test_a_folder_that_is_not_there_or_is_a_file_is_named_and_not_made(tmp_path: Path) -> None:
    missing = tmp_path / "data"

    assert [check.ok for check in folder_checks(missing)] == [False]
    assert not missing.exists()

    assert next((check.name, check.ok) for check in folder_checks(tmp_path)) == ("folder", True)
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def listening() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield int(server.getsockname()[1])


def test_a_mail_server_is_tried_and_without_one_mails_are_files(listening: int, tmp_path: Path) -> None:
    assert smtp_check(f"smtp://127.0.0.1:{listening}", tmp_path).ok
    assert not smtp_check(f"smtp://127.0.0.1:{free_port()}", tmp_path).ok
    without = smtp_check(None, tmp_path)
    assert without.ok
    assert ".eml" in said(without)


def test_other_peoples_accounts_are_named_as_a_remark() -> None:
    def account(name: str, uid: int, shell: str = "/bin/bash") -> pwd.struct_passwd:
        return pwd.struct_passwd((name, "x", uid, uid, "", f"/home/{name}", shell))

    accounts = [
        account("root", 0),
        account("toi", 1000),
        account("lan", 1001),
        account("may", 1002, "/usr/sbin/nologin"),
        account("nobody", 65534),
    ]

    found = accounts_check(accounts, own_uid=1000)

    assert found.ok
    assert said(found).endswith("Temporal đi kèm: lan.")
    assert "lan" not in said(accounts_check(accounts, own_uid=1001))
