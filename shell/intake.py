"""`dondoc import` and `dondoc register`."""

import asyncio
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from documents.language import N_, Language
from shell.context import Failed, Shell, in_language, run
from shell.output import complain, print_json, print_lines, print_table, progress

if TYPE_CHECKING:
    from models.commands import Actor
    from models.engine import CommandEnvelope
    from services.intake import Intake
    from services.registration import Reason
    from services.workbook_import import ImportReport

START_SECONDS = 600.0
"""How long an import waits for the last workflow's first act; the sweep goes on afterwards."""

SHOWN = 20
"""Refused rows that are shown to a person; all are in the workbook of refused rows."""


def add_to(app: typer.Typer, language: Language) -> None:
    """Add the commands of this subject."""
    words = in_language(language)
    help_as = words(N_("Người thực hiện: mã, địa chỉ thư hoặc họ tên (mặc định: văn thư)."))
    help_json = words(N_("In kết quả dạng JSON."))
    help_dry = words(N_("Chỉ kiểm tra, không lưu gì."))

    @app.command("import", help=words(N_("Nhập nhiệm vụ từ bảng tính .xlsx, trả lại các dòng bị từ chối.")))
    def import_(
        ctx: typer.Context,
        file: Annotated[Path, typer.Argument(metavar="FILE.xlsx")],
        dry_run: Annotated[bool, typer.Option("--dry-run", help=help_dry)] = False,
        refused: Annotated[
            Path | None,
            typer.Option(
                "--refused",
                metavar="FILE.xlsx",
                help=words(N_("Nơi ghi các dòng bị từ chối (mặc định: cạnh tệp nhập).")),
            ),
        ] = None,
        person: Annotated[str, typer.Option("--as", metavar="PERSON", help=help_as)] = "",
        json_: Annotated[bool, typer.Option("--json", help=help_json)] = False,
    ) -> None:
        import_file(ctx.obj, file, dry=dry_run, refused=refused, person=person, as_json=json_)

    @app.command("register", help=words(N_("Đăng ký một nhiệm vụ.")))
    def register(
        ctx: typer.Context,
        json_: Annotated[
            str, typer.Option("--json", metavar="FILE|-", help=words(N_("Đọc nhiệm vụ từ tệp JSON.")))
        ] = "",
        content: Annotated[str, typer.Option(help=words(N_("Nội dung nhiệm vụ.")))] = "",
        lead: Annotated[str, typer.Option(help=words(N_("Cơ quan chủ trì.")))] = "",
        coordinating: Annotated[
            list[str] | None, typer.Option(help=words(N_("Cơ quan phối hợp (dùng nhiều lần).")))
        ] = None,
        deadline: Annotated[
            str, typer.Option(help=words(N_("Thời hạn, như “trước 15/12” hay “30 ngày làm việc”.")))
        ] = "",
        imposed: Annotated[str, typer.Option(help=words(N_("Hạn cấp trên giao.")))] = "",
        urgency: Annotated[str, typer.Option(help=words(N_("Độ khẩn.")))] = "",
        leader: Annotated[str, typer.Option(help=words(N_("Người chỉ đạo.")))] = "",
        supervisor: Annotated[str, typer.Option(help=words(N_("Lãnh đạo phụ trách.")))] = "",
        field: Annotated[str, typer.Option(help=words(N_("Lĩnh vực.")))] = "",
        number: Annotated[str, typer.Option(help=words(N_("Số ký hiệu văn bản.")))] = "",
        date: Annotated[str, typer.Option(help=words(N_("Ngày văn bản.")))] = "",
        abstract: Annotated[str, typer.Option(help=words(N_("Trích yếu.")))] = "",
        code: Annotated[str, typer.Option(help=words(N_("Mã nhiệm vụ (để trống thì hệ thống đặt).")))] = "",
        person: Annotated[str, typer.Option("--as", metavar="PERSON", help=help_as)] = "",
        dry_run: Annotated[bool, typer.Option("--dry-run", help=help_dry)] = False,
    ) -> None:
        given = {
            "content": content,
            "lead_agency": lead,
            "coordinating_agencies": coordinating or [],
            "deadline": deadline,
            "imposed_deadline": imposed,
            "urgency": urgency,
            "assigning_leader": leader,
            "supervising_leader": supervisor,
            "field": field,
            "code": code,
            "document": {"number": number, "date": date, "abstract": abstract},
        }
        read = _read_json(json_) if json_ else given
        register_one(ctx.obj, read, person=person, dry=dry_run, as_json=bool(json_))


def import_file(
    shell: Shell,
    file: Path,
    *,
    dry: bool = False,
    refused: Path | None = None,
    person: str = "",
    as_json: bool = False,
) -> "ImportReport":
    """Import a workbook, start what was taken, and tell what became of each row."""
    from sqlalchemy.exc import OperationalError

    from services.intake_answers import import_said
    from services.workbook_import import import_workbook, write_refused_rows

    if not file.is_file():
        raise Failed(N_("Không có tệp {file}."), file=file)
    intake = make_intake(shell, person, dry=dry)
    with progress() as bar:
        task = bar.add_task(shell.say(N_("Đọc {file}"), file=file.name), total=None)
        saved = 0

        def note(done: int, announced: int | None) -> None:
            nonlocal saved
            saved = done
            bar.update(task, completed=done, total=announced or done)

        try:
            report = import_workbook(file, intake, shell.language, note)
        except OperationalError as problem:
            if dry or not saved:
                raise
            raise Failed(
                N_(
                    "Chỉ nhập được {done} dòng đầu rồi dừng: không ghi tiếp được vào cơ sở dữ liệu ({problem}). Sửa "
                    "xong thì nhập lại tệp này: dòng đã nhập không bị nhập lần nữa."
                ),
                done=saved,
                problem=problem.orig,
            ) from problem
    left = 0 if dry else run(start(shell, report.to_start))
    kept = None
    if report.refused and not dry:
        kept = refused or file.with_name(f"{file.stem}-bi-tu-choi.xlsx")
        write_refused_rows(report, kept)
    if as_json:
        print_json(import_said(report, shell.reference().directory, shell.language).model_dump(mode="json"))
    else:
        _tell_report(shell, report, kept, left, dry=dry)
    return report


def make_intake(shell: Shell, person: str, *, dry: bool = False) -> "Intake":
    """The intake of a person; the first clerk of the Office when none is named."""
    from activities.commit import Door
    from services.intake import Intake

    office = shell.office
    return Intake(office=office, door=Door(office.engine, office.references), actor=_actor(shell, person), dry=dry)


def _actor(shell: Shell, person: str) -> "Actor":
    from models.calendar import local_day
    from models.vocabulary import Position
    from services.acting import find_actor

    reference, now = shell.reference(), shell.now()
    if not person:
        directory, today = reference.directory, local_day(now)
        clerks = directory.holders((Position.CLERK,), today) or directory.holders((Position.CHIEF_OF_OFFICE,), today)
        if not clerks:
            raise Failed(N_("Danh bạ chưa có văn thư của Văn phòng. Nêu người thực hiện bằng --as."))
        person = clerks[0]
    return find_actor(reference, person, None, now)


async def start(shell: Shell, envelopes: "list[CommandEnvelope]") -> int:
    """Start workflows and wait for their first act, with progress; returns how many are left to the sweep."""
    from database.engine import reading
    from services.intake import awaiting_start, start_all
    from services.payload_encryption import PayloadRefused

    try:
        client = await shell.connect() if envelopes else None
    except PayloadRefused:  # the worker has the keys, and its sweep starts them
        client = None
    if client is None:
        return len(envelopes)
    with progress() as bar:
        task = bar.add_task(shell.say(N_("Khởi tạo")), total=len(envelopes))
        await start_all(client, envelopes, shell.reference().clock_shift, lambda: None)
        give_up_at, seen, pause = time.monotonic() + START_SECONDS, len(envelopes) + 1, 0.05
        while True:
            with reading(shell.office.engine) as connection:
                left = awaiting_start(connection)
            bar.update(task, completed=max(0, len(envelopes) - left))
            if left == 0 or time.monotonic() > give_up_at:
                return left
            if left < seen:  # as long as it goes on, give it time; a minute without a step means that nothing works
                seen, give_up_at = left, time.monotonic() + 60
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, 1.0)


def _tell_report(shell: Shell, report: "ImportReport", kept: Path | None, left: int, *, dry: bool) -> None:
    from services.intake import Verdict

    counts = {verdict.value: report.count(verdict) for verdict in Verdict}
    head = N_("Đã nhận {accepted} dòng, từ chối {refused}, không đổi {unchanged}.")
    if dry:
        head = N_("Kiểm tra: nhận được {accepted} dòng, từ chối {refused}, không đổi {unchanged}. Chưa lưu gì.")
    print_lines(shell.say(head, **counts))
    if left:
        print_lines(
            shell.say(N_("{left} nhiệm vụ đã lưu, đang chờ khởi tạo; bộ máy sẽ tự làm khi chạy lại."), left=left)
        )
    if report.refused:
        titles = (shell.say(N_("Dòng")), shell.say(N_("Lý do từ chối")))
        rows = [(one.row.row, "; ".join(one.reasons)) for one in report.refused[:SHOWN]]
        print_table(titles, rows)
        _tell_rest(shell, len(report.refused))
    _tell_warnings(shell, report)
    if kept is not None:
        print_lines(shell.say(N_("Các dòng bị từ chối kèm lý do ở {file}: sửa rồi nhập lại chính tệp đó."), file=kept))


def _tell_warnings(shell: Shell, report: "ImportReport") -> None:
    from services.intake_warnings import Oddity

    every = [(row.row, one) for row in report.rows for one in row.warnings]
    years = {one.day.year: one for _, one in every if one.kind is Oddity.PROVISIONAL_YEAR}
    print_lines(*(shell.say(N_("Lưu ý: {warning}"), warning=one.explain(shell.language)) for one in years.values()))
    odd = [(number, one) for number, one in every if one.kind is not Oddity.PROVISIONAL_YEAR]
    if not odd:
        return
    print_lines(shell.say(N_("Lưu ý {number} thời hạn:"), number=len(odd)))
    rows = [(number, one.explain(shell.language)) for number, one in odd[:SHOWN]]
    print_table((shell.say(N_("Dòng")), shell.say(N_("Lưu ý"))), rows)
    _tell_rest(shell, len(odd))


def _tell_rest(shell: Shell, number: int) -> None:
    """Say how many rows are not shown, so that nobody takes those that are for all."""
    if number > SHOWN:
        print_lines(shell.say(N_("… và {number} dòng nữa; xem tất cả bằng --json."), number=number - SHOWN))


def _read_json(source: str) -> dict[str, Any]:
    if source == "-":
        written, name = sys.stdin.buffer.read(), "stdin"
    else:
        try:
            written, name = Path(source).read_bytes(), source
        except FileNotFoundError:
            raise Failed(N_("Không có tệp {file}."), file=source) from None
    try:
        read = json.loads(written.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise Failed(N_("Tệp {file} không phải văn bản UTF-8."), file=name) from None
    except json.JSONDecodeError as broken:
        raise Failed(
            N_("JSON sai ở dòng {line}, cột {column}: xem lại dấu ngoặc, dấu nháy và dấu phẩy ở đó."),
            line=broken.lineno,
            column=broken.colno,
        ) from None
    except (ValueError, RecursionError):  # a number of thousands of digits, brackets in brackets without end
        raise Failed(N_("JSON phải là một đối tượng nêu các phần của một nhiệm vụ.")) from None
    if not isinstance(read, dict):
        raise Failed(N_("JSON phải là một đối tượng nêu các phần của một nhiệm vụ."))
    return read


def register_one(shell: Shell, read: dict[str, Any], *, person: str, dry: bool, as_json: bool) -> None:
    """Register one directive, start it and tell its code and what comes next."""
    from models.refusal import Refused
    from services.intake import Verdict
    from services.intake_warnings import find_warnings
    from services.registration import Reason, read_registration
    from services.registration_words import raw_directive
    from shell.asking import show_status

    intake = make_intake(shell, person, dry=dry)
    reference = shell.reference()
    try:
        raw = raw_directive(read)
    except Refused as refused:
        reason = Reason(field=refused.data["field"], code=refused.code, data=refused.data)
        raise _not_registered(shell, None, [reason], as_json=as_json) from None
    reading_ = read_registration(raw, reference, shell.now(), needs_lead=False)
    taken = next(intake.take([reading_]))
    if taken.verdict is Verdict.REFUSED:
        raise _not_registered(shell, taken.code, taken.reasons, as_json=as_json)
    if reading_.registration is not None:
        for oddity in find_warnings(reading_.registration, reference, shell.now()):
            complain(shell.say(N_("Lưu ý: {warning}"), warning=oddity.explain(shell.language)))
    if dry and as_json:
        print_json({"verdict": taken.verdict.value, "code": taken.code, "reasons": []})
        return
    if dry and taken.verdict is Verdict.ACCEPTED:
        print_lines(shell.say(N_("Kiểm tra: nhận được. Chưa lưu gì.")))
        return
    if taken.envelope is not None and run(start(shell, [taken.envelope])) and not as_json:
        print_lines(shell.say(N_("Đã lưu, đang chờ khởi tạo; bộ máy sẽ tự làm khi chạy lại.")))
    show_status(shell, taken.code or "", as_json=as_json)


def _not_registered(shell: Shell, code: str | None, reasons: "list[Reason]", *, as_json: bool) -> Failed:
    """Tell programs each reason by its code; what is returned tells people."""
    from services.intake import Verdict
    from services.intake_answers import reasons_said

    told = [one.model_dump(mode="json") for one in reasons_said(reasons, shell.reference().directory, shell.language)]
    if as_json:
        print_json({"verdict": Verdict.REFUSED.value, "code": code, "reasons": told})
    return Failed("{reasons}", reasons=" ".join(one["message"] for one in told))
