"""`dondoc verify`, `reconcile` and `rebuild`: proving the ledger, comparing both stores, bringing one back."""

import contextlib
import sys
from collections.abc import Callable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from documents.language import N_, Language
from shell.context import Failed, Shell, in_language, run
from shell.output import print_json, print_lines, print_table, progress

if TYPE_CHECKING:
    from temporalio.client import Client

    from services.anchors import Anchor
    from services.reconciling import Difference

FAULTS = {
    "gap": N_("Dòng {seq} của {code} không nối số với dòng trước: có dòng bị xóa hoặc đổi số."),
    "chain": N_("Dòng {seq} của {code} không nối với dòng trước: dòng trước đã bị thay hoặc đổi chỗ."),
    "content": N_("Dòng {seq} của {code} đã bị sửa sau khi ghi."),
    "unreadable": N_("Dòng {seq} của {code} có giá trị không đọc được."),
    "cut": N_("Nhật ký của {code} thiếu từ dòng {seq}: các dòng cuối đã bị xóa."),
    "rewritten": N_("Dòng {seq} của {code} khác với dòng đã neo: nhật ký đã bị viết lại, muộn nhất là từ dòng này."),
    "moment": N_("Dòng {seq} của {code} mang khóa mốc không đúng với nội dung: mốc có thể bị nhắc lại hay bỏ sót."),
    "order": N_("Dòng {seq} của {code} đã bị đổi thứ tự ghi."),
    "snapshot": N_(
        "Bản tổng hợp của {code} không đúng với nhật ký đến dòng {seq}. Chạy “dondoc rebuild snapshots” để dựng lại."
    ),
}
"""What is wrong with a row, by `services.verifying.Fault`."""

DIFFERENCES = {
    "not_started": N_("{code} đã đăng ký nhưng chưa được khởi tạo trong Temporal."),
    "workflow_missing": N_("{code} chưa xong nhưng Temporal không có."),
    "ledger_ahead": N_("Nhật ký của {code} có dòng mà Temporal chưa có."),
    "ledger_behind": N_("Temporal có dòng của {code} mà nhật ký không có."),
    "diverged": N_("Nhật ký và Temporal ghi khác nhau về {code}."),
    "snapshot_stale": N_("Bản tổng hợp của {code} không khớp dòng cuối của nhật ký."),
    "workflow_left_over": N_("Temporal còn giữ {code}, nhật ký không có nhiệm vụ này."),
    "no_answer": N_("{code} có trong Temporal nhưng không trả lời."),
}
"""How the stores differ, by `services.reconciling.DifferenceKind`."""

SHOWN = 20
"""Codes that a sentence names."""


class What(StrEnum):
    """What can be brought back."""

    WORKFLOWS = "workflows"
    SNAPSHOTS = "snapshots"


def add_to(app: typer.Typer, language: Language) -> None:
    """Add the commands of this subject."""
    words = in_language(language)
    json_help = words(N_("In kết quả dạng JSON."))

    @app.command("verify", help=words(N_("Kiểm tra chuỗi băm của nhật ký: có dòng nào bị sửa, xóa, đổi chỗ không.")))
    def verify(
        ctx: typer.Context,
        code: Annotated[str, typer.Argument(metavar="[CODE]", help=words(N_("Chỉ nhiệm vụ này.")))] = "",
        anchor: Annotated[
            str,
            typer.Option(
                "--anchor",
                metavar="FILE|-",
                help=words(N_("So với dấu neo đã ghi: nhật ký còn đủ các dòng đã neo không.")),
            ),
        ] = "",
        write_anchor: Annotated[
            str,
            typer.Option(
                "--write-anchor",
                metavar="FILE|-",
                help=words(N_("Ghi dấu neo (dòng cuối của từng nhiệm vụ) để cất ở nơi khác.")),
            ),
        ] = "",
        json_: Annotated[bool, typer.Option("--json", help=json_help)] = False,
    ) -> None:
        if (anchor or write_anchor) and code:
            raise typer.BadParameter(words(N_("Dấu neo là của toàn bộ nhật ký, không của riêng một nhiệm vụ.")))
        if write_anchor and (anchor or json_):
            raise typer.BadParameter(words(N_("--write-anchor không đi cùng --anchor hay --json.")))
        if write_anchor:
            keep_anchor(ctx.obj, write_anchor)
        else:
            show_verification(ctx.obj, code, anchor, as_json=json_)

    @app.command("reconcile", help=words(N_("So nhật ký, bản tổng hợp và Temporal với nhau; nêu từng chỗ khác nhau.")))
    def reconcile(
        ctx: typer.Context,
        repair: Annotated[bool, typer.Option("--repair", help=words(N_("Sửa những chỗ khác nhau.")))] = False,
        json_: Annotated[bool, typer.Option("--json", help=json_help)] = False,
    ) -> None:
        show_reconciliation(ctx.obj, repair=repair, as_json=json_)

    @app.command(
        "rebuild",
        help=words(N_("Dựng lại từ nhật ký: workflows (Temporal đã mất) hoặc snapshots (bản tổng hợp).")),
    )
    def rebuild(
        ctx: typer.Context,
        what: Annotated[What, typer.Argument(metavar="workflows|snapshots")],
        json_: Annotated[bool, typer.Option("--json", help=json_help)] = False,
    ) -> None:
        bring_back(ctx.obj, what, as_json=json_)


def show_verification(shell: Shell, code: str, anchor_file: str, *, as_json: bool) -> None:
    """Check the ledger, against an anchor too if one is given; exit code 1 when something does not fit."""
    from services.anchors import compare
    from services.verifying import verify

    anchor = _read_anchor(anchor_file) if anchor_file else None
    found = verify(shell.office, code or None)
    missing = compare(shell.office, anchor) if anchor else ()
    broken = [
        {
            "code": one.code,
            "seq": one.seq,
            "fault": one.fault.value,
            "sentence": shell.say(FAULTS[one.fault.value], code=one.code, seq=one.seq),
        }
        for one in dict.fromkeys((*found.broken, *missing))
    ]
    if as_json:
        told = {"checked": found.rows, "directives": found.directives, "broken": broken}
        print_json(told | ({"anchor": _anchor_json(anchor)} if anchor else {}))
    else:
        print_lines(*(str(one["sentence"]) for one in broken))
        message = (
            N_("Đã kiểm tra {rows} dòng của {directives} nhiệm vụ: {broken} dòng không đúng.")
            if broken
            else N_("Đã kiểm tra {rows} dòng của {directives} nhiệm vụ: tất cả đúng như lúc ghi.")
        )
        print_lines(shell.say(message, rows=found.rows, directives=found.directives, broken=len(broken)))
        if anchor and not missing:
            print_lines(shell.say(N_("Còn đủ {rows} dòng đã neo lúc {at}."), rows=anchor.rows, at=anchor.at))
    if broken:
        raise typer.Exit(1)


def _anchor_json(anchor: "Anchor") -> dict[str, object]:
    return {"at": anchor.at.isoformat(), "directives": len(anchor.heads), "rows": anchor.rows, "digest": anchor.digest}


def keep_anchor(shell: Shell, file: str) -> None:
    """Write an anchor of a ledger that is as it was written.

    Raises:
        Failed: it is not.
    """
    from services.anchors import take_anchor
    from services.verifying import verify

    if verify(shell.office).broken:
        raise Failed(
            N_("Nhật ký không còn đúng như lúc ghi nên không ghi dấu neo. Chạy “dondoc verify” để biết chỗ sai.")
        )
    anchor = take_anchor(shell.office)
    if file == "-":
        sys.stdout.write(anchor.to_text())
        return
    Path(file).write_text(anchor.to_text(), encoding="utf-8")
    print_lines(
        shell.say(
            N_("Đã ghi dấu neo của {directives} nhiệm vụ, {rows} dòng vào {file}. Cất tệp này ở máy khác."),
            directives=len(anchor.heads),
            rows=anchor.rows,
            file=file,
        ),
        shell.say(N_("Mã kiểm tra của dấu neo: {digest}"), digest=anchor.digest),
    )


def _read_anchor(file: str) -> "Anchor":
    """Read an anchor.

    Raises:
        Failed: it is none, or was changed.
    """
    from services.anchors import Anchor, AnchorRefused

    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
        return Anchor.from_text(text)
    except (AnchorRefused, UnicodeDecodeError):
        raise Failed(N_("{file} không phải là dấu neo, hoặc đã bị sửa sau khi ghi."), file=file) from None


def show_reconciliation(shell: Shell, *, repair: bool, as_json: bool) -> None:
    """Compare the stores; exit code 1 when differences remain."""
    from services.reconciling import reconcile

    office = shell.office

    async def compare() -> "tuple[int, list[Difference]]":
        async with shell.temporal() as client:
            await _require_worker(client)
            with _bar(shell.say(N_("So sánh"))) as step:
                return await reconcile(office, client, repair=repair, progress=step)

    checked, differences = run(compare())
    rows = [
        {
            "code": one.code,
            "kind": one.kind.value,
            "mended": one.mended,
            "sentence": _difference_sentence(shell, one),
        }
        for one in differences
    ]
    left = sum(not one.mended for one in differences)
    if as_json:
        print_json({"checked": checked, "differences": rows})
    else:
        if rows:
            titles = [shell.say(N_("Nhiệm vụ")), shell.say(N_("Khác nhau"))]
            print_table(titles, [(row["code"], row["sentence"]) for row in rows])
        print_lines(_reconciled(shell, checked, len(rows), left, repair=repair))
    if left:
        raise typer.Exit(1)


def _difference_sentence(shell: Shell, one: "Difference") -> str:
    said = shell.say(DIFFERENCES[one.kind.value], code=one.code)
    return f"{said} {shell.say(N_('Đã sửa.'))}" if one.mended else said


def _reconciled(shell: Shell, checked: int, found: int, left: int, *, repair: bool) -> str:
    if not found:
        return shell.say(N_("Đã so {checked} nhiệm vụ: không có gì khác nhau."), checked=checked)
    if not repair:
        return shell.say(
            N_("Đã so {checked} nhiệm vụ: {found} chỗ khác nhau. Chạy “dondoc reconcile --repair” để sửa."),
            checked=checked,
            found=found,
        )
    return shell.say(
        N_("Đã so {checked} nhiệm vụ: {found} chỗ khác nhau, đã sửa {mended}, còn {left}."),
        checked=checked,
        found=found,
        mended=found - left,
        left=left,
    )


def bring_back(shell: Shell, what: What, *, as_json: bool) -> None:
    """Rebuild and say how many; exit code 1 when some could not be."""
    from services.reconciling import rebuild_snapshots, rebuild_workflows

    office = shell.office

    async def start_again() -> tuple[int, list[str]]:
        async with shell.temporal() as client:
            with _bar(shell.say(N_("Khởi tạo lại"))) as step:
                return await rebuild_workflows(office, client, step)

    if what is What.WORKFLOWS:
        made, failed = run(start_again())
        message = N_("Đã có {made} nhiệm vụ chưa xong chạy trong Temporal.")
    else:
        with _bar(shell.say(N_("Dựng lại"))) as step:
            made, failed = rebuild_snapshots(office, step)
        message = N_("Đã dựng lại bản tổng hợp của {made} nhiệm vụ từ nhật ký.")
    if as_json:
        print_json({"rebuilt": made, "failed": failed})
    else:
        print_lines(shell.say(message, made=made))
    if failed:
        raise Failed(
            N_("{number} nhiệm vụ không dựng lại được: {codes}. Chạy “dondoc doctor” để biết vì sao."),
            number=len(failed),
            codes=failed[:SHOWN],
        )


async def _require_worker(client: "Client") -> None:
    """Without a worker no workflow answers, and each would be waited for in vain."""
    from services.temporal import worker_is_there

    if not await worker_is_there(client):
        raise Failed(N_("Không có worker nào làm việc nên không so được. Chạy “dondoc up”."))


@contextlib.contextmanager
def _bar(title: str) -> Iterator[Callable[[int, int], None]]:
    """A progress bar as the services drive it: how many are done, of how many."""
    with progress() as shown:
        task = shown.add_task(title, total=None)

        def step(done: int, everything: int) -> None:
            shown.update(task, completed=done, total=everything)

        yield step
