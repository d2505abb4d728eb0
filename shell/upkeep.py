"""`dondoc verify`, `reconcile` and `rebuild`: proving and mending both stores."""

from typing import Annotated

import typer

from documents.language import N_, Language
from shell.context import Failed, Shell, in_language, run
from shell.output import print_json, print_lines, progress

FAULTS = {
    "gap": N_("{code}, dòng {seq}: số thứ tự không liền với dòng trước."),
    "chain": N_("{code}, dòng {seq}: không khớp với dòng trước (có dòng bị đổi hoặc tráo)."),
    "content": N_("{code}, dòng {seq}: nội dung đã bị sửa."),
    "unreadable": N_("{code}, dòng {seq}: không đọc được."),
    "cut": N_("{code}, dòng {seq}: các dòng cuối đã mất."),
}

DIFFERENCES = {
    "not_started": N_("{code}: chờ khởi tạo."),
    "workflow_missing": N_("{code}: Temporal không có nhiệm vụ này."),
    "ledger_ahead": N_("{code}: nhật ký có dòng mà Temporal chưa biết."),
    "ledger_behind": N_("{code}: Temporal có dòng mà nhật ký chưa có."),
    "diverged": N_("{code}: nhật ký và Temporal ghi khác nhau."),
    "snapshot_stale": N_("{code}: bản tóm tắt không theo kịp nhật ký."),
    "workflow_left_over": N_("{code}: Temporal có nhiệm vụ mà nhật ký không biết."),
    "no_answer": N_("{code}: không trả lời."),
}


def add_to(app: typer.Typer, language: Language) -> None:
    """Add the commands of this subject."""
    words = in_language(language)
    json_help = words(N_("In kết quả dạng JSON."))
    rebuild = typer.Typer(help=words(N_("Dựng lại một kho từ kho kia.")), no_args_is_help=True, rich_markup_mode=None)
    app.add_typer(rebuild, name="rebuild")

    @app.command("verify", help=words(N_("Kiểm tra chuỗi băm của nhật ký: có dòng nào bị sửa không.")))
    def verify(
        ctx: typer.Context,
        code: Annotated[str, typer.Argument(metavar="[CODE]", help=words(N_("Mã nhiệm vụ.")))] = "",
        json_: Annotated[bool, typer.Option("--json", help=json_help)] = False,
    ) -> None:
        check_ledger(ctx.obj, code or None, as_json=json_)

    @app.command("reconcile", help=words(N_("So nhật ký, bản tóm tắt và Temporal; --repair thì sửa.")))
    def reconcile(
        ctx: typer.Context,
        repair: Annotated[bool, typer.Option("--repair", help=words(N_("Sửa những chỗ khác nhau.")))] = False,
        json_: Annotated[bool, typer.Option("--json", help=json_help)] = False,
    ) -> None:
        run(compare(ctx.obj, repair=repair, as_json=json_))

    @rebuild.command("workflows", help=words(N_("Khởi động lại mọi nhiệm vụ đang mở từ nhật ký.")))
    def workflows(ctx: typer.Context, json_: Annotated[bool, typer.Option("--json", help=json_help)] = False) -> None:
        run(rebuild_workflows(ctx.obj, as_json=json_))

    @rebuild.command("snapshots", help=words(N_("Lập lại mọi bản tóm tắt từ nhật ký.")))
    def snapshots(ctx: typer.Context, json_: Annotated[bool, typer.Option("--json", help=json_help)] = False) -> None:
        rebuild_snapshots(ctx.obj, as_json=json_)


def check_ledger(shell: Shell, code: str | None, *, as_json: bool) -> None:
    """Check the chains.

    Raises:
        Failed: something is broken.
    """
    from services.verifying import verify

    found = verify(shell.office, code)
    broken = [
        {
            "code": one.code,
            "seq": one.seq,
            "fault": one.fault.value,
            "sentence": shell.say(FAULTS[one.fault.value], code=one.code, seq=one.seq),
        }
        for one in found.broken
    ]
    if as_json:
        print_json({"checked": found.rows, "directives": found.directives, "broken": broken})
    else:
        print_lines(*(str(one["sentence"]) for one in broken))
    if broken:
        raise Failed(N_("{number} dòng của nhật ký không còn như khi ghi."), number=len(broken))
    if not as_json:
        print_lines(
            shell.say(
                N_("Nhật ký nguyên vẹn: {rows} dòng của {directives} nhiệm vụ."),
                rows=found.rows,
                directives=found.directives,
            )
        )


async def compare(shell: Shell, *, repair: bool, as_json: bool) -> None:
    """Compare the stores, and mend them when asked to.

    Raises:
        Failed: differences remain, or Temporal cannot be reached.
    """
    from services.reconciling import reconcile

    async with shell.temporal() as client:
        with progress() as bar:
            task = bar.add_task(shell.say(N_("So sánh")), total=None)
            checked, differences = await reconcile(
                shell.office,
                client,
                repair=repair,
                progress=lambda done, number: bar.update(task, completed=done, total=number),
            )
    sentences = [shell.say(DIFFERENCES[one.kind.value], code=one.code) for one in differences]
    if as_json:
        print_json(
            {
                "checked": checked,
                "differences": [
                    {"code": one.code, "kind": one.kind.value, "mended": one.mended, "sentence": said}
                    for one, said in zip(differences, sentences, strict=True)
                ],
            }
        )
    else:
        mended = shell.say(N_("đã sửa"))
        print_lines(
            *(f"{said} ({mended})" if one.mended else said for one, said in zip(differences, sentences, strict=True))
        )
    left = sum(not one.mended for one in differences)
    if left:
        raise Failed(
            N_("Còn {number} chỗ khác nhau trên {checked} nhiệm vụ. Sửa bằng “dondoc reconcile --repair”."),
            number=left,
            checked=checked,
        )
    if not as_json:
        print_lines(shell.say(N_("Đã so {checked} nhiệm vụ: không còn gì khác nhau."), checked=checked))


async def rebuild_workflows(shell: Shell, *, as_json: bool) -> None:
    """Start every open directive again from the ledger.

    Raises:
        Failed: some could not be started, or Temporal cannot be reached.
    """
    from services.reconciling import rebuild_workflows as rebuild

    async with shell.temporal() as client:
        with progress() as bar:
            task = bar.add_task(shell.say(N_("Khởi tạo")), total=None)
            started, lost = await rebuild(
                shell.office, client, lambda done, number: bar.update(task, completed=done, total=number)
            )
    if as_json:
        print_json({"started": started, "failed": lost})
    if lost:
        raise Failed(
            N_("{number} nhiệm vụ chưa khởi tạo được, trong đó có {codes}. Chạy lại lệnh này."),
            number=len(lost),
            codes=lost[:10],
        )
    if not as_json:
        print_lines(shell.say(N_("{number} nhiệm vụ đang mở đã chạy trong Temporal."), number=started))


def rebuild_snapshots(shell: Shell, *, as_json: bool) -> None:
    """Make every snapshot anew from the ledger."""
    from services.reconciling import rebuild_snapshots as rebuild

    with progress() as bar:
        task = bar.add_task(shell.say(N_("Lập lại")), total=None)
        number = rebuild(shell.office, lambda done, every: bar.update(task, completed=done, total=every))
    if as_json:
        print_json({"rebuilt": number})
    else:
        print_lines(shell.say(N_("Đã lập lại {number} bản tóm tắt."), number=number))
