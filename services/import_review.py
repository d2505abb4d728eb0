"""A workbook between its upload and its import: judged row by row, put right in place, kept for a day at most."""

import datetime as dt
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from pydantic import Field, ValidationError

from activities.commit import Door
from documents.intake_columns import REQUIRED, Column
from documents.intake_values import plain_text, read_text
from documents.intake_workbook import IntakeRow, open_intake
from documents.language import Language
from documents.workbook_faults import UnsafeWorkbook, WorkbookFault
from documents.workbook_safety import FILE_BYTES, MEGABYTE
from models.commands import Actor
from models.directive import Frozen
from models.refusal import Code, Refused
from services.intake import Intake, Verdict
from services.intake_warnings import IntakeWarning, find_warnings
from services.office import Office
from services.registering import require_secretariat
from services.registration import Reason, read_registration
from services.workbook_import import RowVerdict, corrected, import_workbook, raw_directive, write_refused_rows

KEPT: Final = dt.timedelta(days=1)
"""How long an upload that nobody imports lies on the disk."""

EXCERPT: Final = 200
SHOWN: Final = 8
"""Letters of a token that a sentence shows."""

LONGEST_NAME: Final = 120
LONGEST_CELL: Final = 12_000

_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{32}")
_CHUNK: Final = 1 << 20


class ReviewedRow(Frozen):
    """What would become of one row.

    Attributes:
        content: the beginning of what it says.
        corrected: whether somebody wrote something else in the place of its cells.
    """

    row: int
    verdict: Verdict
    code: str | None = None
    reasons: tuple[Reason, ...] = ()
    warnings: tuple[IntakeWarning, ...] = ()
    content: str = ""
    corrected: bool = False


class Review(Frozen):
    """A workbook that was uploaded, and what would become of it.

    Attributes:
        token: names it; nobody guesses it.
        name: as the file was called.
        person: who uploaded it; nobody else sees it.
        corrections: by row, what stands in the place of what the file holds.
    """

    token: str
    name: str
    person: str
    columns: tuple[Column, ...]
    rows: tuple[ReviewedRow, ...]
    corrections: dict[int, dict[Column, str]] = Field(default_factory=dict)

    def count(self, verdict: Verdict) -> int:
        """How many rows would end so."""
        return sum(row.verdict is verdict for row in self.rows)

    def row(self, number: int) -> ReviewedRow:
        """The row with this number.

        Raises:
            Refused: not_found.
        """
        found = next((row for row in self.rows if row.row == number), None)
        if found is None:
            raise Refused(Code.NOT_FOUND, upload=f"{self.token[:SHOWN]}/{number}")
        return found


class SecretRows(Exception):
    """Rows bear the marking of a state secret; the file is deleted already."""

    def __init__(self, rows: tuple[int, ...]) -> None:
        super().__init__("state secrets")
        self.rows = rows


@dataclass(frozen=True)
class Reviews:
    """The uploads of an office, in one folder."""

    office: Office
    folder: Path

    def take(self, source: IO[bytes], name: str, actor: Actor, language: Language) -> Review:
        """Keep an uploaded workbook and judge its rows; nothing is registered.

        Args:
            name: as the browser calls the file.

        Raises:
            Refused: not_allowed.
            UnsafeWorkbook: the file is refused whole, and is not kept.
            SecretRows: it holds state secrets, and is not kept.
        """
        require_secretariat(actor)
        self.sweep()
        token = secrets.token_urlsafe(24)
        shown = plain_text(re.split(r"[/\\]", name)[-1])[:LONGEST_NAME] or "?"
        try:
            self._keep(source, token, shown)
            review = self._judge(token, shown, actor, language)
        except UnsafeWorkbook as problem:
            self.drop(token)
            raise UnsafeWorkbook(problem.code, **{**problem.data, "file": shown}) from problem
        except BaseException:
            self.drop(token)
            raise
        self._write(review)
        return review

    def find(self, token: str, person: str) -> Review:
        """A person's own upload.

        Raises:
            Refused: not_found, also when it was imported or a day has passed.
        """
        try:
            review = Review.model_validate_json(self._state(token).read_bytes())
        except (OSError, ValidationError):
            raise Refused(Code.NOT_FOUND, upload=token[:SHOWN]) from None
        if review.person != person or not self.source(token).exists():
            raise Refused(Code.NOT_FOUND, upload=token[:SHOWN])
        return review

    def cells(self, review: Review, number: int) -> dict[Column, str]:
        """A row's cells as texts, with what was corrected; those the sheet has, and those it must have.

        Raises:
            Refused: not_found.
        """
        row = corrected(self._original(review, number), review.corrections.get(number, {}))
        columns = [column for column in Column if column in review.columns or column in REQUIRED]
        return {column: read_text(row[column]) for column in columns}

    def correct(self, review: Review, number: int, cells: Mapping[Column, str], actor: Actor) -> Review:
        """Write something else in the place of a row's cells and judge it anew; the file stays as it is.

        Raises:
            Refused: not_allowed, not_found; state_secret, and then nothing of it is kept.
        """
        require_secretariat(actor)
        before = review.row(number)
        original = self._original(review, number)
        changed = {
            column: text[:LONGEST_CELL]
            for column, text in cells.items()
            if " ".join(text.split()) != " ".join(read_text(original[column]).split())
        }
        reference = self.office.reference()
        now = self.office.now(reference)
        row = corrected(original, changed)
        read = read_registration(raw_directive(row), reference, now, needs_lead=True)
        (taken,) = self.intake(actor, dry=True).take([read])
        if any(reason.code is Code.STATE_SECRET for reason in taken.reasons):
            raise Refused(Code.STATE_SECRET)
        warned = read.registration is not None and read.reported_at is None and taken.verdict is Verdict.ACCEPTED
        after = ReviewedRow(
            row=number,
            verdict=taken.verdict,
            code=taken.code,
            reasons=tuple(taken.reasons),
            warnings=find_warnings(read.registration, reference, now) if warned and read.registration else (),
            content=read_text(row[Column.CONTENT])[:EXCERPT],
            corrected=bool(changed),
        )
        corrections = {key: value for key, value in review.corrections.items() if key != number}
        new = review.model_copy(
            update={
                "rows": tuple(after if one is before else one for one in review.rows),
                "corrections": corrections | ({number: changed} if changed else {}),
            }
        )
        self._write(new)
        return new

    def refused_workbook(self, review: Review, actor: Actor, language: Language) -> Path:
        """Write the rows that would be refused, with their reasons, to be corrected and uploaded again."""
        intake = self.intake(actor, dry=True)
        report = import_workbook(self.source(review.token), intake, language, corrections=review.corrections)
        path = self.refused(review.token)
        write_refused_rows(report, path)
        path.chmod(0o600)
        return path

    def intake(self, actor: Actor, *, dry: bool = False) -> Intake:
        """What takes rows in for a person."""
        return Intake(office=self.office, door=Door(self.office.engine, self.office.references), actor=actor, dry=dry)

    def source(self, token: str) -> Path:
        """Where the uploaded file lies.

        Raises:
            Refused: not_found, when that is no token.
        """
        if not _TOKEN.fullmatch(token):
            raise Refused(Code.NOT_FOUND, upload=token[:SHOWN])
        return self.folder / f"{token}.xlsx"

    def refused(self, token: str) -> Path:
        """Where the workbook of its refused rows lies, once it was written."""
        return self.source(token).with_suffix(".refused.xlsx")

    def drop(self, token: str) -> None:
        """Delete an upload; what was written of its refused rows stays for its day."""
        for path in (self.source(token), self._state(token)):
            path.unlink(missing_ok=True)

    def sweep(self) -> None:
        """Delete what has lain for a day."""
        until = (dt.datetime.now(dt.UTC) - KEPT).timestamp()
        for path in self.folder.glob("*") if self.folder.is_dir() else ():
            if path.stat().st_mtime < until:
                path.unlink(missing_ok=True)

    def _keep(self, source: IO[bytes], token: str, name: str) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        size = 0
        with self._open_own(self.source(token)) as kept:
            while chunk := source.read(_CHUNK):
                size += len(chunk)
                if size > FILE_BYTES:
                    raise too_big(name, size)
                kept.write(chunk)

    def _judge(self, token: str, name: str, actor: Actor, language: Language) -> Review:
        rows: list[ReviewedRow] = []

        def note(row: IntakeRow, verdict: RowVerdict) -> None:
            rows.append(
                ReviewedRow(
                    row=row.row,
                    verdict=verdict.verdict,
                    code=verdict.code,
                    reasons=tuple(verdict.reasons),
                    warnings=verdict.warnings,
                    content=read_text(row[Column.CONTENT])[:EXCERPT],
                )
            )

        report = import_workbook(self.source(token), self.intake(actor, dry=True), language, judged=note)
        secret = tuple(row.row for row in rows if any(reason.code is Code.STATE_SECRET for reason in row.reasons))
        if secret:
            raise SecretRows(secret)
        return Review(token=token, name=name, person=actor.person, columns=report.columns, rows=tuple(rows))

    def _original(self, review: Review, number: int) -> IntakeRow:
        review.row(number)
        with open_intake(self.source(review.token)) as sheet:
            return next(row for row in sheet.rows() if row.row == number)

    def _state(self, token: str) -> Path:
        return self.source(token).with_suffix(".json")

    def _write(self, review: Review) -> None:
        state = self._state(review.token)
        new = state.with_suffix(f".{secrets.token_hex(4)}.new")
        with self._open_own(new) as file:
            file.write(review.model_dump_json().encode())
        new.replace(state)

    @staticmethod
    def _open_own(path: Path) -> IO[bytes]:
        """Open a new file that nobody else on the machine reads."""
        return os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb")


def too_big(name: str, size: int) -> UnsafeWorkbook:
    """The refusal of a file for its size in bytes."""
    return UnsafeWorkbook(
        WorkbookFault.TOO_BIG, file=name, megabytes=-(-size // MEGABYTE), limit=FILE_BYTES // MEGABYTE
    )
