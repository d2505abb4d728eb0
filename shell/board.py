"""The board as `dondoc board` shows it: figures that add up, by agency, field or leader."""

import datetime as dt
from typing import TYPE_CHECKING

from documents.language import N_, Language, format_instant
from shell.context import Shell
from shell.output import print_json, print_lines, print_table

if TYPE_CHECKING:
    from models.timeliness import Figures


def show_board(shell: Shell, *, by: str = "agency", as_json: bool, most: int | None = None) -> None:
    """Show the figures; every row adds up.

    Args:
        most: show only this many groups, the worst first; the line of all counts every one.
    """
    from database.engine import reading
    from services.answers import board_said
    from services.asking import board
    from services.succession import figures_by_successor

    now = shell.now()
    with reading(shell.office.engine) as connection:
        whole = board(connection, now)
        succeeded = figures_by_successor(connection, shell.office.reference(connection), now)
    directory = shell.reference().directory

    def field_name(code: str | None) -> str:
        field = directory.field(code)
        return field.name if field else code or ""

    groups = {
        "agency": (N_("Cơ quan"), whole.by_agency, directory.agency_name),
        "field": (N_("Lĩnh vực"), whole.by_field, field_name),
        "successor": (N_("Cơ quan kế thừa"), succeeded, directory.agency_name),
        "leader": (N_("Lãnh đạo phụ trách"), whole.by_leader, directory.person_name),
    }
    if as_json:
        print_json(board_said(whole, succeeded, directory).model_dump(mode="json"))
        return
    title, members, naming = groups[by]
    left_out = 0 if most is None else max(0, len(members) - most)
    _print_board(shell, whole.figures, title, [(naming(code), one) for code, one in members[:most]], whole.as_of)
    if left_out:
        print_lines(shell.say(N_("và {number} dòng nữa: dondoc board"), number=left_out))
    if whole.awaiting_start:
        print_lines(shell.say(N_("{number} nhiệm vụ đang chờ khởi tạo."), number=whole.awaiting_start))


def _counts(figures: "Figures") -> dict[str, int]:
    return {
        "on_time": figures.on_time,
        "due_soon": figures.due_soon,
        "overdue": figures.overdue,
        "completed_on_time": figures.completed_on_time,
        "completed_late": figures.completed_late,
    }


def _print_board(
    shell: Shell, whole: "Figures", axis: str, rows: list[tuple[str, "Figures"]], as_of: dt.datetime
) -> None:
    titles = (
        axis,
        N_("Tổng"),
        N_("Đang làm"),
        N_("Trong hạn"),
        N_("Sắp đến hạn"),
        N_("Quá hạn"),
        N_("Xong đúng hạn"),
        N_("Xong trễ hạn"),
    )

    def line(name: str, figures: "Figures") -> tuple[object, ...]:
        return (name, figures.total, figures.open, *_counts(figures).values())

    none = shell.say(N_("(chưa có)"))
    heading = shell.say(N_("Tổng hợp lúc {at}"), at=format_instant(as_of, shell.language))
    everything = (shell.say(N_("Tất cả")), whole)
    print_table(
        [shell.say(title) for title in titles],
        [line(*everything), *(line(name or none, figures) for name, figures in rows)],
        title=heading,
    )
    print_lines(
        shell.say(
            N_("Tỷ lệ quá hạn {rate} %; không có thời hạn: {open} đang làm, {done} đã xong; đã hủy: {cancelled}."),
            rate=_decimal(100 * whole.overdue_rate, shell.language),
            open=whole.no_deadline_open,
            done=whole.no_deadline_completed,
            cancelled=whole.cancelled,
        )
    )


def _decimal(value: float, language: Language) -> str:
    """One decimal, with the comma that Vietnamese writes."""
    written = f"{value:.1f}"
    return written.replace(".", ",") if language is Language.VI else written
