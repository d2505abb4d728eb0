"""Files that people hand in: what is taken, where it lies, who stands for it, and when it goes again."""

import datetime as dt
import io
import os
import stat
import zipfile
from pathlib import Path

import pytest
import time_machine
from builders import local
from hypothesis import given, settings
from hypothesis import strategies as st
from office_fixture import Desk

from database.engine import reading
from documents.file_types import media_type_of
from models import commands as c
from models.attachments import AT_ONCE, NAME_LIMIT, SIZE_LIMIT, file_name, fits, read_reference, reference_to
from models.refusal import Code, Refused
from services.attachments import Attachment, FileStore, Upload, files_of, find, keep, kept_before

PDF = b"%PDF-1.7\n1 0 obj\n"
CODE = "NV-1"


def packed(*parts: str, mimetype: str = "") -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as file:
        if mimetype:
            file.writestr(zipfile.ZipInfo("mimetype"), mimetype)
        for part in parts:  # a ZipInfo has a date of its own, so that a test has the same name whenever it is collected
            file.writestr(zipfile.ZipInfo(part), "<x/>")
    return written.getvalue()


def upload(name: str = "Báo cáo.pdf", content: bytes = PDF) -> Upload:
    return Upload(name, io.BytesIO(content))


@pytest.fixture
def store(desk: Desk) -> FileStore:
    return FileStore(desk.data / "attachments")


def kept(desk: Desk, store: FileStore, *uploads: Upload, person: str = "truong.syt") -> tuple[str, ...]:
    return keep(desk.office, store, CODE, person, uploads or (upload(),))


def known(desk: Desk) -> dict[str, Attachment]:
    with reading(desk.office.engine) as connection:
        return files_of(connection, CODE)


def refused(desk: Desk, store: FileStore, *uploads: Upload) -> Code:
    with pytest.raises(Refused) as told:
        kept(desk, store, *uploads)
    assert known(desk) == {}
    assert [path for path in store.folder.rglob("*") if path.is_file()] == []
    return told.value.code


# --- Names -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("Báo cáo.pdf", "Báo cáo.pdf"),
        ("Ba\u0301o ca\u0301o.pdf", "Báo cáo.pdf"),  # as macOS writes it
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\an\\kết quả.docx", "kết quả.docx"),
        (".htaccess", "htaccess"),
        ("a\r\nSet-Cookie: x.pdf", "a Set-Cookie x.pdf"),
        ("hóa đơn\u202egpj.exe", "hóa đơngpj.exe"),  # nothing turns the direction of writing
        ("   ", "tep"),
        ("", "tep"),
    ],
)
def test_a_name_is_only_a_name(given: str, name: str) -> None:
    assert file_name(given) == name


@settings(deadline=None)
@given(st.text())
def test_any_name_becomes_one_that_is_safe_and_stays_as_it_is(text: str) -> None:
    name = file_name(text)

    assert 0 < len(name) <= NAME_LIMIT
    assert not set(name) & set('/\\\r\n\0"')
    assert not name.startswith(".")
    assert file_name(name) == name
    assert read_reference(reference_to("0" * 64, name)) == ("0" * 64, name)


def test_a_name_from_before_files_were_kept_stays_a_name() -> None:
    assert read_reference("bao-cao.pdf") == ("", "bao-cao.pdf")


# --- Kinds -----------------------------------------------------------------------------------------------------

WORD = packed("[Content_Types].xml", "word/document.xml")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.pdf", PDF),
        ("a.DOCX", WORD),
        ("a.xlsx", packed("[Content_Types].xml", "xl/workbook.xml")),
        ("a.odt", packed("content.xml", mimetype="application/vnd.oasis.opendocument.text")),
        ("a.png", b"\x89PNG\r\n\x1a\n...."),
        ("a.jpeg", b"\xff\xd8\xff\xe0...."),
        ("a.txt", "Đã xong\n".encode()),
        ("a.txt", ("đ" * 40_000).encode()),  # a letter lies across the end of what is read
    ],
)
def test_what_an_office_hands_in_is_taken(desk: Desk, store: FileStore, name: str, content: bytes) -> None:
    [reference] = kept(desk, store, upload(name, content))

    assert known(desk)[reference].size == len(content)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.exe", b"MZ\x90\x00"),
        ("a.pdf", b"MZ\x90\x00"),  # by its content, not by its name
        ("a.png", PDF),
        ("a.html", b"<script>alert(1)</script>"),
        ("a.svg", b"<svg onload='alert(1)'/>"),
        ("a.zip", packed("a.txt")),
        ("a.docx", packed("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin")),
        ("a.docx", WORD[:40]),
        ("a.txt", b""),
        ("a.txt", b"\x00\x01"),
        ("a", PDF),
    ],
)
def test_everything_else_is_refused(desk: Desk, store: FileStore, name: str, content: bytes) -> None:
    assert refused(desk, store, upload(name, content)) is Code.FILE_TYPE


@settings(deadline=None)
@given(st.binary())
def test_no_content_breaks_the_look_at_it(content: bytes) -> None:
    found = media_type_of(io.BytesIO(content))

    assert found is None or not fits("a.exe", found)


def test_one_that_is_too_large_is_refused(desk: Desk, store: FileStore) -> None:
    assert refused(desk, store, upload(content=PDF + b" " * SIZE_LIMIT)) is Code.FILE_TOO_LARGE


def test_so_are_too_many(desk: Desk, store: FileStore) -> None:
    assert refused(desk, store, *[upload(f"{number}.pdf") for number in range(AT_ONCE + 1)]) is Code.TOO_MANY_FILES


def test_of_several_all_are_kept_or_none(desk: Desk, store: FileStore) -> None:
    assert refused(desk, store, upload(), upload("a.exe", b"MZ")) is Code.FILE_TYPE


def test_a_name_with_the_marking_of_a_state_secret_is_refused(desk: Desk, store: FileStore) -> None:
    assert refused(desk, store, upload("Công văn MẬT.pdf")) is Code.STATE_SECRET


# --- The scanner -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "scan",
    [("/bin/sh", "-c", "exit 1"), ("/no/such/scanner",), ("/bin/sh", "-c", 'grep -q EICAR "$0" && exit 1')],
)
def test_what_the_scanner_refuses_or_cannot_judge_is_not_kept(desk: Desk, store: FileStore, scan: tuple[str]) -> None:
    scanned = FileStore(store.folder, scan)

    assert refused(desk, scanned, upload(content=PDF + b"EICAR")) is Code.FILE_INFECTED


def test_what_the_scanner_lets_pass_is_kept(desk: Desk, store: FileStore) -> None:
    scanned = FileStore(store.folder, ("/bin/sh", "-c", 'grep -q EICAR "$0" && exit 1 || exit 0'))

    assert len(kept(desk, scanned)) == 1


# --- Where it lies ---------------------------------------------------------------------------------------------


def test_bytes_lie_once_under_their_hash_for_the_owner_alone(desk: Desk, store: FileStore) -> None:
    first, second = kept(desk, store, upload("a.pdf"), upload("b.pdf"))

    sha256, name = read_reference(first)
    path = store.path(sha256)
    assert (name, path.read_bytes()) == ("a.pdf", PDF)
    assert read_reference(second)[0] == sha256
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [found for found in store.folder.rglob("*") if found.is_file()] == [path]


def test_the_same_file_sent_again_is_the_same_file(desk: Desk, store: FileStore) -> None:
    assert kept(desk, store) == kept(desk, store)
    assert len(known(desk)) == 1


def test_a_file_is_found_only_beside_its_own_directive(desk: Desk, store: FileStore) -> None:
    [reference] = kept(desk, store)
    one = known(desk)[reference]

    with reading(desk.office.engine) as connection:
        assert find(connection, store, CODE, one.id)[1].read_bytes() == PDF
        with pytest.raises(Refused):
            find(connection, store, "NV-2", one.id)
        with pytest.raises(Refused):
            find(connection, store, CODE, "../../etc/passwd")


def test_a_person_names_again_only_what_he_handed_in_himself(desk: Desk, store: FileStore) -> None:
    [reference] = kept(desk, store)

    with reading(desk.office.engine) as connection:
        assert kept_before(connection, CODE, "truong.syt", (reference, "x/y.pdf")) == (reference,)
        assert kept_before(connection, CODE, "pho.syt", (reference,)) == ()


# --- When it goes ----------------------------------------------------------------------------------------------


def make_old(path: Path) -> None:
    long_ago = dt.datetime(2020, 1, 1, tzinfo=dt.UTC).timestamp()
    os.utime(path, (long_ago, long_ago))


def test_what_no_command_took_within_a_day_is_deleted_and_what_one_took_stays(desk: Desk, store: FileStore) -> None:
    with time_machine.travel(local("Wed 2026-03-04 10:00"), tick=False):
        desk.time_is("Wed 2026-03-04 10:00")
        desk.register(CODE, "Wed 2026-03-04 09:00")
        taken, orphan = kept(desk, store, upload("a.pdf"), upload("b.pdf", PDF + b"b"))
        report = c.ReportProgress(text="Xong một nửa", attachments=(taken,))
        desk.act(CODE, report, "truong.syt", "Wed 2026-03-04 10:01")
        for reference in (taken, orphan):
            make_old(store.path(read_reference(reference)[0]))

        desk.time_is("Thu 2026-03-05 09:00")
        kept(desk, store, upload("c.pdf", PDF + b"c"))
        after_less_than_a_day = set(known(desk))
        desk.time_is("Thu 2026-03-05 10:01")
        kept(desk, store, upload("d.pdf", PDF + b"d"))

    assert {taken, orphan} <= after_less_than_a_day
    assert taken in known(desk)
    assert orphan not in known(desk)
    assert store.path(read_reference(taken)[0]).exists()
    assert not store.path(read_reference(orphan)[0]).exists()


def test_history_names_the_file_and_its_hash_stands_in_the_ledger(desk: Desk, store: FileStore) -> None:
    desk.register(CODE, "Wed 2026-03-04 09:00")
    [reference] = kept(desk, store)
    desk.act(CODE, c.ReportProgress(attachments=(reference,)), "truong.syt", "Wed 2026-03-04 10:01")

    from documents.event_sentences import event_sentence
    from documents.language import Language
    from services.asking import history_of

    with reading(desk.office.engine) as connection:
        row = history_of(connection, CODE)[-1]
    assert "Kèm theo: Báo cáo.pdf." in event_sentence(row, desk.office.reference().directory, Language.VI)
    assert read_reference(reference)[0] in row.data
