"""`dondoc do`: act on a directive as a person."""

import contextlib
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from documents.language import N_, Language, format_instant, label
from shell.context import Failed, Shell, in_language, run
from shell.output import print_json, print_lines

if TYPE_CHECKING:
    from services.acting import Wish
    from services.sending import Sent

COMMANDS = (
    "assign, reassign, acknowledge, decline, report_progress, request_extension, decide_extension, submit, "
    "accept, return, suspend, resume, amend, urge, demand_explanation, explain, contribute, comment, cancel, "
    "reopen, succeed"
)


def add_to(app: typer.Typer, language: Language) -> None:
    """Add the command of this subject."""
    words = in_language(language)

    @app.command("do", help=words(N_("Thực hiện một việc trên nhiệm vụ. Các lệnh: ")) + COMMANDS)
    def do(
        ctx: typer.Context,
        code: Annotated[str, typer.Argument(metavar="CODE", help=words(N_("Mã nhiệm vụ.")))],
        command: Annotated[str, typer.Argument(metavar="COMMAND", help=words(N_("Lệnh.")))],
        person: Annotated[
            str, typer.Option("--as", metavar="PERSON", help=words(N_("Người thực hiện: mã, địa chỉ thư hoặc họ tên.")))
        ],
        on_behalf_of: Annotated[
            str, typer.Option("--for", metavar="PERSON", help=words(N_("Thay mặt người đang vắng mặt.")))
        ] = "",
        reason: Annotated[str, typer.Option(help=words(N_("Lý do.")))] = "",
        text: Annotated[str, typer.Option("--text", "--result", help=words(N_("Nội dung, kết quả, lời nhắc.")))] = "",
        deadline: Annotated[
            str, typer.Option(help=words(N_("Thời hạn, như “trước 15/12” hay “30 ngày làm việc”.")))
        ] = "",
        no_deadline: Annotated[
            bool, typer.Option("--no-deadline", help=words(N_("Từ nay không có thời hạn.")))
        ] = False,
        agency: Annotated[str, typer.Option("--agency", "--lead", help=words(N_("Cơ quan chủ trì mới.")))] = "",
        old_agency: Annotated[str, typer.Option(help=words(N_("Cơ quan cũ (succeed).")))] = "",
        coordinating: Annotated[
            list[str] | None, typer.Option(help=words(N_("Cơ quan phối hợp (dùng nhiều lần).")))
        ] = None,
        waiting_for: Annotated[
            list[str] | None,
            typer.Option(help=words(N_("Cơ quan phối hợp đang phải chờ ý kiến, khi báo cáo tiến độ (nhiều lần)."))),
        ] = None,
        percent: Annotated[int | None, typer.Option(help=words(N_("Tỷ lệ hoàn thành, 0 đến 100.")))] = None,
        document: Annotated[str, typer.Option(help=words(N_("Số ký hiệu văn bản kết quả hoặc căn cứ.")))] = "",
        attachment: Annotated[
            list[Path] | None, typer.Option(metavar="FILE", help=words(N_("Tệp kèm theo (dùng nhiều lần).")))
        ] = None,
        grant: Annotated[
            bool | None, typer.Option("--grant/--refuse", help=words(N_("Đồng ý hay không đồng ý gia hạn.")))
        ] = None,
        citation: Annotated[str, typer.Option(help=words(N_("Quyết định của lãnh đạo được dẫn.")))] = "",
        grade: Annotated[str, typer.Option(help=words(N_("Xếp loại: excellent, good, satisfactory, poor.")))] = "",
        opinion: Annotated[
            str, typer.Option(help=words(N_("Ý kiến: agree, agree_with_comments, disagree, nothing_to_add.")))
        ] = "",
        content: Annotated[str, typer.Option(help=words(N_("Nội dung mới.")))] = "",
        urgency: Annotated[str, typer.Option(help=words(N_("Độ khẩn mới.")))] = "",
        field: Annotated[str, typer.Option(help=words(N_("Lĩnh vực mới.")))] = "",
        leader: Annotated[str, typer.Option(help=words(N_("Lãnh đạo phụ trách mới.")))] = "",
        id_: Annotated[
            str, typer.Option("--id", help=words(N_("Mã của lệnh: gửi lại cùng mã thì được cùng một trả lời.")))
        ] = "",
        seen: Annotated[
            int | None, typer.Option(help=words(N_("Số sự kiện cuối đã xem; có người làm trước thì bị từ chối.")))
        ] = None,
        json_: Annotated[bool, typer.Option("--json", help=words(N_("In kết quả dạng JSON.")))] = False,
    ) -> None:
        from services.acting import Wish
        from services.command_words import Words, make_command

        shell: Shell = ctx.obj
        files = keep_files(shell, code, command, person, on_behalf_of, attachment or [])
        given = Words(
            reason=reason,
            text=text,
            deadline=deadline,
            no_deadline=no_deadline,
            agency=agency,
            old_agency=old_agency,
            coordinating=tuple(coordinating or ()),
            percent=percent,
            document=document,
            attachments=files,
            grant=grant,
            citation=citation,
            grade=grade,
            opinion=opinion,
            content=content,
            urgency=urgency,
            field=field,
            leader=leader,
            waiting_for=tuple(waiting_for or ()),
        )
        wish = Wish(
            code=code,
            command=make_command(command, given, shell.reference(), shell.now()),
            person=person,
            on_behalf_of=on_behalf_of or None,
            id=id_ or None,
            seen_seq=seen,
        )
        tell(shell, wish, *run(carry_out(shell, wish)), as_json=json_)


def keep_files(
    shell: Shell, code: str, command: str, person: str, on_behalf_of: str, files: list[Path]
) -> tuple[str, ...]:
    """Keep the files that come with an act, checked as those of a page; how the act names each.

    Raises:
        Failed: one cannot be opened.
        Refused: one is not taken, or the directive or person is not known.
    """
    if not files:
        return ()
    from database.engine import reading
    from services.acting import find_actor
    from services.asking import status_of
    from services.attachments import FileStore, Upload, keep_for_act

    reference, now = shell.reference(), shell.now()
    actor = find_actor(reference, person, on_behalf_of or None, now)
    with reading(shell.office.engine) as connection:
        directive = status_of(connection, code, now).directive
    scan = tuple(shlex.split(shell.settings.scan_command))
    store = FileStore(shell.settings.data_dir / "attachments", scan)
    with contextlib.ExitStack() as stack:
        uploads = []
        for file in files:
            try:
                if not file.is_file():
                    raise FileNotFoundError(file)
                uploads.append(Upload(file.name, stack.enter_context(file.open("rb"))))
            except OSError:
                raise Failed(N_("Không mở được tệp {file}. Kiểm tra lại tên tệp và quyền đọc."), file=file) from None
        return keep_for_act(shell.office, store, directive, actor, command, uploads)


async def carry_out(shell: Shell, wish: "Wish") -> tuple["Sent", bool]:
    """Act, and say whether the engine runs when the command could only be kept."""
    from services.acting import act
    from services.sending import Sender
    from services.temporal import worker_is_there

    client = await shell.connect()
    sent = await act(shell.office, Sender(client, shell.office) if client else None, wish)
    running = sent.outcome == "recorded" or (client is not None and await worker_is_there(client))
    return sent, running


def tell(shell: Shell, wish: "Wish", sent: "Sent", running: bool, *, as_json: bool) -> None:
    """Tell what became of a command.

    Raises:
        Failed: it is kept and not recorded yet.
    """
    from documents.act_words import done_words
    from services.answers import command_said

    answer = sent.answer
    if as_json:
        print_json(command_said(sent.command_id, sent.outcome, wish.code, answer).model_dump(mode="json"))
    if answer is None:
        message = (
            N_("Đã nhận, đang ghi: lệnh {id} được giữ lại và sẽ tự ghi. Xem lại bằng “dondoc history {code}”.")
            if running
            else N_("Bộ máy chưa chạy. Lệnh {id} đã được giữ lại và sẽ tự ghi khi bộ máy chạy lại.")
        )
        raise Failed(message, id=sent.command_id, code=wish.code)
    if not as_json:
        done = "; ".join(done_words(kind, shell.language) for kind in answer.kinds)
        print_lines(
            shell.say(
                N_("{code}: đã ghi lúc {at} ({done}). Trạng thái: {status}."),
                code=wish.code,
                at=format_instant(answer.at, shell.language),
                done=done,
                status=label(answer.status, shell.language),
            )
        )
