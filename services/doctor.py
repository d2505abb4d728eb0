"""Whether all is well: what a check says, and the checks of what lies in the database.

Each looks at one thing and names it for people. None changes anything, and none fails because another part does.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Connection, Engine, func, select, text
from sqlalchemy.exc import SQLAlchemyError

from database.deliveries import troubled_webhooks
from database.engine import is_read_only, may_write, reading
from database.migrate import current_revision, newest_revision
from database.reference import Reference
from database.snapshots import read_snapshot
from documents.language import N_, Language, sentence
from models.dispatch import mail_may_leave
from models.tables import COMMAND, DELIVERY, DIRECTIVE, LEDGER, MAIL, NOTICE
from services.keepers import CLOSED
from services.troubles import trouble
from services.verifying import readable_life

NAMED_AT_MOST = 10
"""Codes, people or addresses that one sentence names; how many there are stands beside."""

LATE = dt.timedelta(seconds=120)
WAITING = dt.timedelta(seconds=60)
AWAITED = dt.timedelta(seconds=10)
"""After how long a directive that should have moved is looked at more closely."""

MAIL_PATIENCE = dt.timedelta(minutes=15)
PARKED_FOR = dt.timedelta(days=30)
"""How long a mail that was refused for good is named."""


@dataclass(frozen=True)
class Phrase:
    """A part of a sentence that is said in the reader's language."""

    message: str
    data: dict[str, object] = field(default_factory=dict)

    def explain(self, language: Language) -> str:
        """Say it."""
        return sentence(self.message, language, **{key: _shown(value, language) for key, value in self.data.items()})


@dataclass(frozen=True)
class Check:
    """What one check found.

    Attributes:
        name: a stable word for machines.
        ok: whether nobody needs to do anything; a remark may stand in the sentence all the same.
        said: one sentence or two.
        todo: what to do, where `said` does not say it already.
    """

    name: str
    ok: bool
    said: Phrase
    todo: Phrase | None = None

    def explain(self, language: Language) -> str:
        """Say what was found and what to do."""
        told = self.said.explain(language)
        return told if self.todo is None else f"{told} {self.todo.explain(language)}"


def check(name: str, ok: bool, message: str, **data: object) -> Check:
    """Make a check.

    Args:
        **data: for the holes of the sentence; `todo` is none of them but a sentence of its own, what to do.
    """
    todo = data.pop("todo", None)
    return Check(name, ok, Phrase(message, data), None if todo is None else Phrase(str(todo), data))


def some(things: Sequence[object]) -> list[object]:
    """The first of many, for a sentence."""
    return [*things[:NAMED_AT_MOST], *(["…"] if len(things) > NAMED_AT_MOST else [])]


def _shown(value: object, language: Language) -> object:
    if isinstance(value, Phrase):
        return value.explain(language)
    if isinstance(value, list | tuple):
        return [_shown(item, language) for item in value]
    return value


def database_checks(engine: Engine) -> Iterator[Check]:
    """Whether the database answers, can be written, has this release's schema and guards its ledger."""
    try:
        found = current_revision(engine)
    except SQLAlchemyError as problem:
        yield check(
            "database",
            False,
            N_("Cơ sở dữ liệu không trả lời: {problem}."),
            todo=N_("Kiểm tra DONDOC_DATABASE_URL, ổ đĩa và máy chủ cơ sở dữ liệu."),
            problem=_reason(problem),
        )
        return
    refusal = writing_refused(engine)
    if refusal is None:
        yield check("database", True, N_("Cơ sở dữ liệu trả lời và ghi được."))
    else:
        message, data = trouble(refusal)
        yield check("database", False, message, **data)
    if found == newest_revision():
        yield check("schema", True, N_("Lược đồ cơ sở dữ liệu đúng phiên bản {found}."), found=found)
    else:
        yield check(
            "schema",
            False,
            N_("Lược đồ cơ sở dữ liệu ở phiên bản {found}, bản cài này cần {needed}. Chạy “dondoc up” để nâng cấp."),
            found=found or "0",
            needed=newest_revision(),
        )
        return
    missing = _missing_guards(engine)
    if missing:
        yield check(
            "ledger_triggers",
            False,
            N_("Nhật ký không còn được bảo vệ: thiếu {missing}. Khôi phục từ bản sao lưu, rồi chạy “dondoc verify”."),
            missing=missing,
        )
    else:
        yield check("ledger_triggers", True, N_("Nhật ký được bảo vệ, không sửa hay xóa được."))


def _reason(problem: SQLAlchemyError) -> str:
    return str(getattr(problem, "orig", None) or problem).strip().splitlines()[0].rstrip(".")


def writing_refused(engine: Engine) -> str | None:
    """Why nothing can be written; tried with a transaction that is rolled back."""
    try:
        if engine.dialect.name == "sqlite" and not may_write(Path(engine.url.database or "")):
            return "readonly"
        with engine.connect() as connection, connection.begin() as transaction:
            if connection.dialect.name == "postgresql":
                if is_read_only(connection):
                    return "read-only"
                _look_for_room(connection)
                return None
            # SQLite began as a writer; a version that is set to what it is makes it write.
            version = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
            connection.exec_driver_sql(f"PRAGMA user_version = {int(version)}")
            transaction.rollback()
    except SQLAlchemyError as problem:
        return _reason(problem)
    return None


def _look_for_room(connection: Connection) -> None:
    """Let PostgreSQL ask its disk for new pages: more rows than it may hold in memory go to a file beside its tables.

    Nothing is left of that afterwards, and it needs no privilege. Where there is no room, some of what is recorded may
    still fit into old pages.

    Raises:
        sqlalchemy.exc.OperationalError: there is none.
    """
    connection.exec_driver_sql("SET LOCAL work_mem = 64")
    connection.exec_driver_sql("SELECT count(*) FROM generate_series(1, 20000)")


def _missing_guards(engine: Engine) -> list[str]:
    with reading(engine) as connection:
        if connection.dialect.name == "postgresql":
            needed = {"ledger_append_only"}
            found = connection.execute(
                text("SELECT tgname FROM pg_trigger WHERE tgrelid = 'ledger'::regclass AND tgenabled <> 'D'")
            )
        else:
            needed = {"ledger_no_update", "ledger_no_delete"}
            found = connection.execute(
                text("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'ledger'")
            )
        return sorted(needed - {str(row[0]) for row in found})


def work_checks(connection: Connection, reference: Reference, now: dt.datetime) -> Iterator[Check]:
    """Whether what should happen by itself happens: moments, commands, starts, mails."""
    yield moments_told(connection, now)
    yield from _kept(connection, now)
    yield _readable(connection, now)
    yield _outbox(connection, reference, now)
    yield _parked(connection, reference, now)
    yield _webhooks(connection)


def late_directives(connection: Connection, now: dt.datetime) -> list[str]:
    """The open directives with a moment that should have been told two minutes ago or earlier, the latest first."""
    rows = connection.execute(
        select(DIRECTIVE.c.code)
        .where(
            DIRECTIVE.c.next_at < now - LATE,
            DIRECTIVE.c.status.not_in(CLOSED),
            DIRECTIVE.c.awaiting_start.is_(False),
        )
        .order_by(DIRECTIVE.c.next_at)
    )
    return [row.code for row in rows]


def awaited_directives(connection: Connection, now: dt.datetime) -> list[str]:
    """The directives whose workflow should have done something ten seconds ago: told a moment, answered a command.

    A workflow that cannot go on is among them long before anybody calls it late.
    """
    since = now - AWAITED
    waiting = connection.execute(
        select(COMMAND.c.directive)
        .where(COMMAND.c.state == "pending", COMMAND.c.kind != "register", COMMAND.c.created_at < since)
        .order_by(COMMAND.c.created_at)
    )
    due = connection.execute(
        select(DIRECTIVE.c.code)
        .where(DIRECTIVE.c.next_at < since, DIRECTIVE.c.status.not_in(CLOSED), DIRECTIVE.c.awaiting_start.is_(False))
        .order_by(DIRECTIVE.c.next_at)
    )
    return list(dict.fromkeys((*waiting.scalars(), *due.scalars())))


def moments_told(connection: Connection, now: dt.datetime) -> Check:
    """Whether moments are told on time, and how late the latest was (RULES 27)."""
    late = late_directives(connection, now)
    if late:
        return check(
            "moments",
            False,
            N_("{number} nhiệm vụ có mốc đã qua hơn 2 phút mà chưa được nhắc: {codes}."),
            number=len(late),
            codes=some(late),
        )
    last = connection.execute(
        select(LEDGER.c.at, LEDGER.c.planned_at)
        .where(LEDGER.c.kind == "moment_reached", LEDGER.c.planned_at.is_not(None))
        .order_by(LEDGER.c.id.desc())
        .limit(1)
    ).first()
    if last is None:
        return check("moments", True, N_("Chưa có mốc nào đến, không có mốc nào bị chậm."))
    return check(
        "moments",
        True,
        N_("Không có mốc nào bị chậm; mốc gần nhất, {planned}, được nhắc sau {seconds} giây."),
        planned=last.planned_at,
        seconds=max(0, round((last.at - last.planned_at).total_seconds())),
    )


def _kept(connection: Connection, now: dt.datetime) -> Iterator[Check]:
    waiting = [
        row.directive
        for row in connection.execute(
            select(COMMAND.c.directive)
            .where(COMMAND.c.state == "pending", COMMAND.c.kind != "register", COMMAND.c.created_at < now - WAITING)
            .order_by(COMMAND.c.created_at)
        )
    ]
    if waiting:
        yield check(
            "commands",
            False,
            N_("{number} lệnh đã nhận hơn 1 phút mà chưa ghi được, của các nhiệm vụ: {codes}."),
            number=len(waiting),
            codes=some(list(dict.fromkeys(waiting))),
        )
    else:
        yield check("commands", True, N_("Không có lệnh nào còn chờ."))
    starting = connection.execute(
        select(DIRECTIVE.c.code, DIRECTIVE.c.registered_at)
        .where(DIRECTIVE.c.awaiting_start.is_(True))
        .order_by(DIRECTIVE.c.registered_at)
    ).all()
    if not starting:
        yield check("starts", True, N_("Không có nhiệm vụ nào chờ khởi tạo."))
    else:
        yield check(
            "starts",
            starting[0].registered_at >= now - WAITING,
            N_("{number} nhiệm vụ chờ khởi tạo: {codes}."),
            number=len(starting),
            codes=some([row.code for row in starting]),
        )


def _readable(connection: Connection, now: dt.datetime) -> Check:
    """Directives whose rows or snapshot this release cannot read (RULES 18), looked for where one does not go on."""
    newest = select(LEDGER.c.directive, func.max(LEDGER.c.seq).label("seq")).group_by(LEDGER.c.directive).subquery()
    apart = connection.execute(
        select(newest.c.directive)
        .join(DIRECTIVE, DIRECTIVE.c.code == newest.c.directive, isouter=True)
        .where(DIRECTIVE.c.seq.is_(None) | (DIRECTIVE.c.seq != newest.c.seq))
    )
    suspects = dict.fromkeys((*(row[0] for row in apart), *late_directives(connection, now)))
    broken = [code for code in suspects if not _can_be_read(connection, code)]
    if broken:
        return check(
            "data",
            False,
            N_("{number} nhiệm vụ có dữ liệu không đọc được nên đứng yên: {codes}. Chạy “dondoc verify”."),
            number=len(broken),
            codes=some(broken),
        )
    return check("data", True, N_("Không thấy nhiệm vụ nào có dữ liệu hỏng."))


def _can_be_read(connection: Connection, code: str) -> bool:
    try:
        read_snapshot(connection, code)
    except ValueError:
        return False
    return readable_life(connection, code) is not None


def _outbox(connection: Connection, reference: Reference, now: dt.datetime) -> Check:
    hours, calendar = reference.timeline.current.mail, reference.calendar
    waiting, oldest = connection.execute(
        select(func.count(), func.min(NOTICE.c.at))
        .select_from(DELIVERY)
        .join(NOTICE, NOTICE.c.id == DELIVERY.c.notice)
        .where(DELIVERY.c.state.in_(("pending", "composed")), DELIVERY.c.due_at < now - MAIL_PATIENCE)
    ).one()
    open_hours = mail_may_leave(hours, calendar, now) and mail_may_leave(hours, calendar, now - MAIL_PATIENCE)
    if waiting and open_hours:
        return check(
            "outbox",
            False,
            N_("{number} thông báo quá giờ gửi hơn 15 phút mà chưa đi, cũ nhất từ {oldest}."),
            number=waiting,
            oldest=dt.datetime.fromisoformat(oldest) if isinstance(oldest, str) else oldest,
        )
    return check("outbox", True, N_("Không có thư nào bị chậm."))


def _parked(connection: Connection, reference: Reference, now: dt.datetime) -> Check:
    rows = connection.execute(
        select(MAIL.c.address, NOTICE.c.recipient, DELIVERY.c.problem)
        .select_from(DELIVERY)
        .join(NOTICE, NOTICE.c.id == DELIVERY.c.notice)
        .join(MAIL, MAIL.c.id == DELIVERY.c.mail, isouter=True)
        .where(
            ((DELIVERY.c.state == "parked") & (NOTICE.c.at > now - PARKED_FOR))
            | ((DELIVERY.c.state == "composed") & DELIVERY.c.problem.is_not(None))
        )
        .order_by(NOTICE.c.at.desc())
    ).all()
    if not rows:
        return check("undelivered", True, N_("Không có thư nào không gửi được."))
    addresses: list[object] = []
    for row in rows:
        person = reference.directory.person(row.recipient)
        addresses.append(row.address or (person.email if person else "") or row.recipient)
    return check(
        "undelivered",
        False,
        N_("{number} thư không gửi được, tới: {addresses}. Lý do gần nhất: {problem}"),
        number=len(rows),
        addresses=some(list(dict.fromkeys(addresses))),
        problem=rows[0].problem,
    )


def _webhooks(connection: Connection) -> Check:
    troubled = troubled_webhooks(connection)
    if troubled:
        return check(
            "webhooks",
            False,
            N_("Webhook không nhận được tin: {urls}. Lý do: {problem}"),
            urls=some([one.url for one in troubled]),
            problem=troubled[0].problem,
        )
    return check("webhooks", True, N_("Không có webhook nào gặp trục trặc."))


def guarded(name: str, checks: Callable[[], Iterator[Check]]) -> Iterator[Check]:
    """Run checks; what the database refuses meanwhile is itself a finding, never a crash."""
    try:
        yield from checks()
    except (SQLAlchemyError, ValueError) as problem:
        reason = _reason(problem) if isinstance(problem, SQLAlchemyError) else str(problem).splitlines()[0]
        yield check(name, False, N_("Không kiểm tra được ({problem})."), problem=reason)
