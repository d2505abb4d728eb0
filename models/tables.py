"""How it all lies in SQL. No rule lives here; the rules read and write values, `database` and `activities` rows."""

import datetime as dt
from typing import Any, Final

from sqlalchemy import JSON, Column, ColumnElement, Index, Text, UniqueConstraint, literal_column
from sqlmodel import Field, SQLModel

from models.column_types import Instant


def _instant(*, nullable: bool = False, index: bool = False) -> Any:  # noqa: ANN401 - a column is whatever sqlmodel makes of it
    return Field(default=None, sa_column=Column(Instant, nullable=nullable, index=index))


def _text(*, nullable: bool = False) -> Any:  # noqa: ANN401
    return Field(default=None if nullable else "", sa_column=Column(Text, nullable=nullable))


GREATEST_NUMBER: Final = 2**31 - 1
"""The greatest number that a row can have; PostgreSQL fails when it is asked for one beyond."""


def _json(default: str | None = None) -> Any:  # noqa: ANN401
    return Field(default_factory=list, sa_column=Column(JSON, nullable=False, server_default=default))


# --- What people keep: agencies, people, calendar, policy -----------------------------------------------------------


class AgencyRow(SQLModel, table=True):
    """An agency."""

    __tablename__ = "agency"

    code: str = Field(primary_key=True)
    name: str
    kind: str
    field: str | None = None
    aliases: list[str] = _json()
    valid_from: dt.date | None = None
    valid_until: dt.date | None = None


class SuccessionRow(SQLModel, table=True):
    """One agency follows another."""

    __tablename__ = "succession"

    id: int | None = Field(default=None, primary_key=True)
    old: str
    new: str
    on: dt.date
    fields: list[str] = _json()


class PersonRow(SQLModel, table=True):
    """A person."""

    __tablename__ = "person"

    code: str = Field(primary_key=True)
    name: str
    email: str = ""
    locked: bool = False


class PostRow(SQLModel, table=True):
    """A post held by a person."""

    __tablename__ = "post"

    id: int | None = Field(default=None, primary_key=True)
    person: str = Field(index=True)
    agency: str = Field(index=True)
    position: str
    fields: list[str] = _json()
    valid_from: dt.date | None = None
    valid_until: dt.date | None = None


class FieldOfWorkRow(SQLModel, table=True):
    """A field (lĩnh vực)."""

    __tablename__ = "field_of_work"

    code: str = Field(primary_key=True)
    name: str
    vice_chairman: str | None = None
    monitoring_officer: str | None = None
    aliases: list[str] = _json()


class AbsenceRow(SQLModel, table=True):
    """An absence with its deputy."""

    __tablename__ = "absence"

    id: int | None = Field(default=None, primary_key=True)
    person: str = Field(index=True)
    deputy: str | None = None
    valid_from: dt.date | None = None
    valid_until: dt.date | None = None


class CalendarDayRow(SQLModel, table=True):
    """An announced day: off on a weekday, or worked on a weekend."""

    __tablename__ = "calendar_day"

    day: dt.date = Field(primary_key=True)
    working: bool
    reason: str
    announced_by: str | None = None


class CalendarYearRow(SQLModel, table=True):
    """A year whose days somebody confirmed."""

    __tablename__ = "calendar_year"

    year: int = Field(primary_key=True)
    confirmed_at: dt.datetime = _instant()


class PolicyVersionRow(SQLModel, table=True):
    """A version of the policy and since when it is in force."""

    __tablename__ = "policy_version"

    version: int = Field(primary_key=True)
    name: str
    text: str = _text()
    since: dt.datetime = _instant()
    activated_by: str = ""


class RevisionRow(SQLModel, table=True):
    """A counter that rises with each change of the directory, the calendar or the policy; caches compare it."""

    __tablename__ = "revision"

    subject: str = Field(primary_key=True)
    number: int = 0


class SettingRow(SQLModel, table=True):
    """What belongs to this database rather than to a process, such as the shift of the clock in tests."""

    __tablename__ = "setting"

    name: str = Field(primary_key=True)
    value: str = _text()


# --- What happened: the ledger and what follows from it --------------------------------------------------------------

TURNS: Final = (
    *("registered", "accepted", "moved_in"),
    *("extension_decided", "returned", "resumed", "amended", "reopened"),
)
"""Kinds of events that have an index of their own: those that enter or complete, and those that may move a deadline."""


def is_turn() -> ColumnElement[bool]:
    """Whether a row is one of `TURNS`; written out, since a database uses the index only for its very words."""
    return literal_column(f"ledger.kind IN ({', '.join(map(repr, TURNS))})")


class LedgerRow(SQLModel, table=True):
    """One event of one directive. Triggers refuse to update or delete it; `hash` chains it to the row before."""

    __tablename__ = "ledger"
    __table_args__ = (
        UniqueConstraint("directive", "seq", name="ledger_one_row_a_number"),
        UniqueConstraint("directive", "command_id", "part", name="ledger_one_answer_a_command"),
        UniqueConstraint("directive", "moment", name="ledger_one_telling_a_moment"),
        Index("ledger_command", "command_id"),
        Index("ledger_turn", "kind", "at", "directive", sqlite_where=is_turn(), postgresql_where=is_turn()),
    )

    id: int | None = Field(default=None, primary_key=True)
    directive: str
    seq: int
    at: dt.datetime = _instant(index=True)
    planned_at: dt.datetime | None = _instant(nullable=True)
    kind: str
    actor: str
    on_behalf_of: str | None = None
    command_id: str | None = None
    part: int = 0
    moment: str | None = None
    data: str = _text()
    previous_hash: str
    hash: str


_LISTED = (
    *("status", "lead_agency", "field", "supervising_leader", "due_at", "judged_at", "due_soon_at"),
    *("escalation_level", "urgency", "registered_at", "updated_at", "document_number", "awaiting_start", "code"),
)


STATE_MARKS: Final = {
    "extension": '"extension":{"seq":',
    "explanation": '"explanation":{"seq":',
    "returned": '"times_returned":',
}
"""What stands in a snapshot's state while an extension or an explanation is pending, or once a result came back.

A request or a demand begins with its number, which a clock of that name does not; and within a text of somebody's the
quotation marks would be written with a backslash, so each is found nowhere else.
"""


def state_says(mark: str) -> ColumnElement[bool]:
    """Whether a state has one of `STATE_MARKS`, each of which has an index; written out as `is_turn` is."""
    return literal_column(f"directive.state LIKE '%{STATE_MARKS[mark]}%'")


def _marked(mark: str) -> Index:
    """The index of the few snapshots with a mark, so that nobody reads every state for them."""
    return Index(f"directive_{mark}", "status", sqlite_where=state_says(mark), postgresql_where=state_says(mark))


TRIGRAMS: Final = "pg_trgm"
"""The extension of PostgreSQL by which a part of a text is found without reading all of them."""


def is_open() -> ColumnElement[bool]:
    """Whether a directive is open; written out, so that the indexes of the open ones alone are used."""
    return literal_column("directive.status NOT IN ('completed', 'cancelled')")


def _only_on(dialect: str, index: Index) -> Index:
    """An index that only one kind of database has."""
    index.info["only_on"] = dialect
    index.ddl_if(dialect=dialect)
    return index


_OPEN_LISTS: Final = {"coordinating": "coordinating_agencies", "silent": "silent_agencies"}


def _elements(name: str, column: str) -> Index:
    """An index of the elements of a list, for what is open."""
    return Index(
        name,
        literal_column(f"({column}::jsonb)").label("listed"),
        postgresql_using="gin",
        postgresql_ops={"listed": "jsonb_path_ops"},
        postgresql_where=is_open(),
    )


class DirectiveRow(SQLModel, table=True):
    """The snapshot of one directive: what lists, boards and searches read. It follows from the ledger.

    `judged_at` freezes timeliness at a submission or suspension; `plan` names the calendar and policy revisions under
    which the next moment was found; `awaiting_start` says that its workflow was not started yet (chờ khởi tạo);
    `silent_agencies` are those that coordinate and have said nothing, while it is open.
    """

    __tablename__ = "directive"
    # Lists and boards are answered from these alone: the rows themselves are some twenty times as much.
    # PostgreSQL keeps neither JSON nor long texts in an index; it reads rows in parallel instead.
    __table_args__ = (
        _only_on("sqlite", Index("directive_by_axis", *_LISTED, "coordinating_agencies")),
        _only_on("sqlite", Index("directive_search", "status", "search", *_LISTED[1:], "coordinating_agencies")),
        _only_on("postgresql", Index("directive_listed", *_LISTED)),
        # The same two questions that the longer indexes of SQLite answer: who coordinates, and what a text holds.
        _only_on(
            "postgresql",
            Index(
                "directive_coordinating",
                literal_column("(coordinating_agencies::jsonb)").label("listed"),
                postgresql_using="gin",
                postgresql_ops={"listed": "jsonb_path_ops"},
            ),
        ),
        _only_on(
            "postgresql",
            Index(
                "directive_text",
                "search",
                postgresql_using="gin",
                postgresql_ops={"search": "gin_trgm_ops"},
                info={"needs": TRIGRAMS},
            ),
        ),
        _only_on("postgresql", Index("directive_lower_code", literal_column("lower(code)"))),
        # What an agency has before it is a tenth of what it ever had.
        _only_on("postgresql", Index("directive_open_lead", "lead_agency", postgresql_where=is_open())),
        *(_only_on("postgresql", _elements(f"directive_open_{name}", column)) for name, column in _OPEN_LISTS.items()),
        *map(_marked, STATE_MARKS),
    )

    code: str = Field(primary_key=True)
    seq: int
    status: str
    lead_agency: str | None = Field(default=None, index=True)
    coordinating_agencies: list[str] = _json()
    silent_agencies: list[str] = _json(default="[]")
    field: str | None = Field(default=None, index=True)
    assigning_leader: str = ""
    supervising_leader: str | None = Field(default=None, index=True)
    urgency: str
    content: str = _text()
    search: str = _text()
    document_number: str = Field(default="", index=True)
    document_date: dt.date | None = None
    due_at: dt.datetime | None = _instant(nullable=True, index=True)
    due_soon_at: dt.datetime | None = _instant(nullable=True)
    judged_at: dt.datetime | None = _instant(nullable=True)
    escalation_level: int = 0
    next_at: dt.datetime | None = _instant(nullable=True, index=True)
    next_moment: str | None = _text(nullable=True)
    plan: str = ""
    awaiting_start: bool = Field(default=False, index=True)
    fingerprint: str = Field(index=True)
    registered_at: dt.datetime = _instant()
    updated_at: dt.datetime = _instant(index=True)
    state: str = _text()


class CommandRow(SQLModel, table=True):
    """A command as a person gave it, kept before it is sent and sent again until it is answered.

    state: `pending` until the workflow answered; then `recorded` or `refused`.
    """

    __tablename__ = "command"

    id: str = Field(primary_key=True)
    directive: str = Field(index=True)
    kind: str
    envelope: str = _text()
    state: str = Field(default="pending", index=True)
    answer: str | None = _text(nullable=True)
    created_at: dt.datetime = _instant()
    attempts: int = 0
    tried_at: dt.datetime | None = _instant(nullable=True)


class CounterRow(SQLModel, table=True):
    """The last number given out of a series of codes."""

    __tablename__ = "counter"

    series: str = Field(primary_key=True)
    number: int = 0


# --- What is owed: notices and their delivery ------------------------------------------------------------------------


_UNREAD: Final[ColumnElement[bool]] = literal_column("read_at IS NULL")


class NoticeRow(SQLModel, table=True):
    """One message owed to one person because of one event; it is also his in-app inbox row."""

    __tablename__ = "notice"
    __table_args__ = (
        UniqueConstraint("directive", "seq", "recipient", name="notice_once"),
        Index("notice_inbox", "recipient", "at", "id"),
        Index("notice_unread", "recipient", sqlite_where=_UNREAD, postgresql_where=_UNREAD),
    )

    id: int | None = Field(default=None, primary_key=True)
    directive: str
    seq: int
    recipient: str
    at: dt.datetime = _instant()
    kind: str
    level: int = 0
    at_once: bool = False
    any_hour: bool = False
    content: str = _text()
    read_at: dt.datetime | None = _instant(nullable=True)


class DeliveryRow(SQLModel, table=True):
    """One notice on one channel that leaves the house.

    state: `pending`, then `composed` into a mail, and `sent`, `parked` (refused for good), `dropped` (the directive
    was completed before the digest left) or `restored` (recorded before a restored backup; not said again).
    """

    __tablename__ = "delivery"
    __table_args__ = (UniqueConstraint("notice", "channel", name="delivery_once"),)

    id: int | None = Field(default=None, primary_key=True)
    notice: int = Field(index=True)
    channel: str
    state: str = Field(default="pending", index=True)
    mail: int | None = Field(default=None, index=True)
    attempts: int = 0
    due_at: dt.datetime = _instant(index=True)
    problem: str | None = None


class MailRow(SQLModel, table=True):
    """One e-mail or webhook call, composed once with a fixed id; a retry repeats exactly this."""

    __tablename__ = "mail"

    id: int | None = Field(default=None, primary_key=True)
    message_id: str = Field(unique=True)
    channel: str
    recipient: str = Field(index=True)
    address: str
    digest: bool = False
    composed_at: dt.datetime = _instant()
    body: str | None = _text(nullable=True)
    state: str = Field(default="composed", index=True)
    attempts: int = 0
    due_at: dt.datetime = _instant(index=True)
    sent_at: dt.datetime | None = _instant(nullable=True)
    problem: str | None = None


class WebhookRow(SQLModel, table=True):
    """A receiver of ledger events, called with a signature.

    `after` is the last ledger id that it took; `owner` is the person who added it and hears when it is switched off,
    nobody for one that is older than this column.
    """

    __tablename__ = "webhook"

    id: int | None = Field(default=None, primary_key=True)
    url: str
    secret: str
    active: bool = True
    failures: int = 0
    after: int = 0
    due_at: dt.datetime | None = _instant(nullable=True)
    problem: str | None = None
    owner: str | None = None


class WebhookCallRow(SQLModel, table=True):
    """One call of a webhook: which event (a ledger id; none for a test call), and why it was not taken."""

    __tablename__ = "webhook_call"

    id: int | None = Field(default=None, primary_key=True)
    webhook: int = Field(index=True)
    event: int | None = None
    at: dt.datetime = _instant()
    problem: str | None = _text(nullable=True)


# --- Who signs in ----------------------------------------------------------------------------------------------------


class AccountRow(SQLModel, table=True):
    """A person who may sign in. Without a password he does so by the office's single sign-on only.

    `must_change` asks for a new password at the next sign-in: the one that is kept was made by somebody else.
    """

    __tablename__ = "account"

    person: str = Field(primary_key=True)
    password: str | None = None
    password_at: dt.datetime | None = _instant(nullable=True)
    must_change: bool = False
    created_at: dt.datetime = _instant()


class SessionRow(SQLModel, table=True):
    """A person's browser that is signed in; `id` is the hash of what the cookie holds.

    `way` is `password` or `single_sign_on`.
    """

    __tablename__ = "session"

    id: str = Field(primary_key=True)
    person: str = Field(index=True)
    created_at: dt.datetime = _instant()
    seen_at: dt.datetime = _instant(index=True)
    address: str = ""
    agent: str = ""
    way: str = "password"


class FailureRow(SQLModel, table=True):
    """Wrong tries to sign in, by account and address or by address alone."""

    __tablename__ = "failure"

    key: str = Field(primary_key=True)
    count: int = 0
    last_at: dt.datetime = _instant(index=True)


class ResetRow(SQLModel, table=True):
    """A link by which a forgotten password is made anew, once; `id` is the hash of what stands in the mail."""

    __tablename__ = "reset"

    id: str = Field(primary_key=True)
    person: str = Field(index=True)
    created_at: dt.datetime = _instant()
    expires_at: dt.datetime = _instant()


class SecondFactorRow(SQLModel, table=True):
    """The secret from which a person's telephone makes codes; it counts from `confirmed_at` on.

    `last_step` is that of the last code that was taken: it and those before it are used up.
    """

    __tablename__ = "second_factor"

    person: str = Field(primary_key=True)
    secret: str
    created_at: dt.datetime = _instant()
    confirmed_at: dt.datetime | None = _instant(nullable=True)
    last_step: int = 0


class RecoveryCodeRow(SQLModel, table=True):
    """A code that stands in once for a lost telephone; it is deleted when it is used."""

    __tablename__ = "recovery_code"

    person: str = Field(primary_key=True)
    hash: str = Field(primary_key=True)


class HalfSessionRow(SQLModel, table=True):
    """Somebody gave the right password and is asked for the code; `id` is the hash of what the cookie holds."""

    __tablename__ = "half_session"

    id: str = Field(primary_key=True)
    person: str = Field(index=True)
    created_at: dt.datetime = _instant(index=True)


class IdentityRow(SQLModel, table=True):
    """Who somebody is at the single sign-on: an issuer's subject is this person."""

    __tablename__ = "identity"

    issuer: str = Field(primary_key=True)
    subject: str = Field(primary_key=True)
    person: str = Field(index=True)
    created_at: dt.datetime = _instant()


class SignInAttemptRow(SQLModel, table=True):
    """Somebody was sent to the single sign-on and has not come back; `state` is a hash of what he brings back."""

    __tablename__ = "sign_in_attempt"

    state: str = Field(primary_key=True)
    nonce: str
    verifier: str
    wanted: str = _text()
    created_at: dt.datetime = _instant(index=True)


class TokenRow(SQLModel, table=True):
    """A program that acts for a person by the API, or a calendar that reads his deadlines; `hash` is of the secret."""

    __tablename__ = "token"

    id: int | None = Field(default=None, primary_key=True)
    hash: str = Field(unique=True)
    name: str
    person: str = Field(index=True)
    scopes: list[str] = _json()
    created_by: str
    created_at: dt.datetime = _instant()
    expires_at: dt.datetime | None = _instant(nullable=True)
    used_at: dt.datetime | None = _instant(nullable=True)
    revoked_at: dt.datetime | None = _instant(nullable=True)


class AnsweredRequestRow(SQLModel, table=True):
    """What the API answered to a request that bore an Idempotency-Key; the same request is answered so again.

    `fingerprint` is the hash of method, path and body; `status` is empty while the first is being carried out.
    """

    __tablename__ = "answered_request"

    token: int = Field(primary_key=True)
    key: str = Field(primary_key=True)
    fingerprint: str
    status: int | None = None
    body: str | None = _text(nullable=True)
    headers: str | None = _text(nullable=True)
    created_at: dt.datetime = _instant(index=True)


# --- What people keep for themselves ---------------------------------------------------------------------------------


class SavedViewRow(SQLModel, table=True):
    """A filter of the list that a person comes back to; `query` is that of its address."""

    __tablename__ = "saved_view"
    __table_args__ = (UniqueConstraint("person", "name", name="saved_view_one_a_name"),)

    id: int | None = Field(default=None, primary_key=True)
    person: str = Field(index=True)
    name: str
    query: str = _text()
    created_at: dt.datetime = _instant()


class PreferenceRow(SQLModel, table=True):
    """How a person wants his mails; without a row, as the policy says."""

    __tablename__ = "preference"

    person: str = Field(primary_key=True)
    digest_hour: int | None = None


class AttachmentRow(SQLModel, table=True):
    """A file that stands beside a directive; its bytes lie in the data folder under their hash."""

    __tablename__ = "attachment"

    id: str = Field(primary_key=True)
    directive: str = Field(index=True)
    name: str
    media_type: str
    size: int
    sha256: str = Field(index=True)
    person: str
    created_at: dt.datetime = _instant()


# --- What the administration did -------------------------------------------------------------------------------------


class AuditRow(SQLModel, table=True):
    """An act outside any directive: on people, agencies, calendar, policy, tokens, webhooks; and who signed in."""

    __tablename__ = "audit"

    id: int | None = Field(default=None, primary_key=True)
    at: dt.datetime = _instant(index=True)
    person: str = Field(index=True)
    act: str = Field(index=True)
    subject: str = ""
    data: str = _text()


class OperationRow(SQLModel, table=True):
    """Something that takes longer than a page: an import, for example. `outcome` is empty while it goes on."""

    __tablename__ = "operation"

    id: str = Field(primary_key=True)
    kind: str
    person: str = Field(index=True)
    title: str = _text()
    started_at: dt.datetime = _instant(index=True)
    seen_at: dt.datetime = _instant()
    done: int = 0
    total: int | None = None
    outcome: str | None = _text(nullable=True)
    data: str = _text()


METADATA = SQLModel.metadata

# The tables as SQLAlchemy's core sees them: statements are written on these.
AGENCY = METADATA.tables["agency"]
SUCCESSION = METADATA.tables["succession"]
PERSON = METADATA.tables["person"]
POST = METADATA.tables["post"]
FIELD_OF_WORK = METADATA.tables["field_of_work"]
ABSENCE = METADATA.tables["absence"]
CALENDAR_DAY = METADATA.tables["calendar_day"]
CALENDAR_YEAR = METADATA.tables["calendar_year"]
POLICY_VERSION = METADATA.tables["policy_version"]
REVISION = METADATA.tables["revision"]
SETTING = METADATA.tables["setting"]
LEDGER = METADATA.tables["ledger"]
DIRECTIVE = METADATA.tables["directive"]
COMMAND = METADATA.tables["command"]
COUNTER = METADATA.tables["counter"]
NOTICE = METADATA.tables["notice"]
DELIVERY = METADATA.tables["delivery"]
MAIL = METADATA.tables["mail"]
WEBHOOK = METADATA.tables["webhook"]
WEBHOOK_CALL = METADATA.tables["webhook_call"]
ACCOUNT = METADATA.tables["account"]
SESSION = METADATA.tables["session"]
FAILURE = METADATA.tables["failure"]
RESET = METADATA.tables["reset"]
SECOND_FACTOR = METADATA.tables["second_factor"]
RECOVERY_CODE = METADATA.tables["recovery_code"]
HALF_SESSION = METADATA.tables["half_session"]
IDENTITY = METADATA.tables["identity"]
SIGN_IN_ATTEMPT = METADATA.tables["sign_in_attempt"]
TOKEN = METADATA.tables["token"]
ANSWERED_REQUEST = METADATA.tables["answered_request"]
SAVED_VIEW = METADATA.tables["saved_view"]
PREFERENCE = METADATA.tables["preference"]
ATTACHMENT = METADATA.tables["attachment"]
AUDIT = METADATA.tables["audit"]
OPERATION = METADATA.tables["operation"]
