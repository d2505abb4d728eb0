"""`dondoc policy`: the ladder of reminders and escalations, as data."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from documents.language import N_, Language, format_instant, label
from shell.context import Failed, Shell, in_language
from shell.output import print_json, print_lines, print_table

if TYPE_CHECKING:
    from models.policy import Policy
    from services.policies import Simulation


def add_to(app: typer.Typer, language: Language) -> None:
    """Add the commands of this subject."""
    words = in_language(language)
    json_help = words(N_("In kết quả dạng JSON."))
    policy = typer.Typer(
        help=words(N_("Thang đôn đốc: xem, kiểm tra, thử, áp dụng.")), no_args_is_help=True, rich_markup_mode=None
    )
    app.add_typer(policy, name="policy")

    @policy.command("check", help=words(N_("Kiểm tra một tệp thang; nêu mọi lỗi và chỗ của nó.")))
    def check(
        ctx: typer.Context,
        file: Annotated[Path, typer.Argument(metavar="FILE")],
        json_: Annotated[bool, typer.Option("--json", help=json_help)] = False,
    ) -> None:
        check_file(ctx.obj, file, as_json=json_)

    @policy.command("show", help=words(N_("Thang đang áp dụng.")))
    def show(ctx: typer.Context, json_: Annotated[bool, typer.Option("--json", help=json_help)] = False) -> None:
        show_policy(ctx.obj, as_json=json_)

    @policy.command("simulate", help=words(N_("Thang này sẽ nhắc gì trong 30 ngày tới, khác gì thang đang áp dụng.")))
    def simulate(
        ctx: typer.Context,
        file: Annotated[Path, typer.Argument(metavar="FILE")],
        json_: Annotated[bool, typer.Option("--json", help=json_help)] = False,
    ) -> None:
        from services.data_files import read_text
        from services.policies import simulate as simulated

        show_simulation(ctx.obj, simulated(ctx.obj.office, read_text(file)), as_json=json_)

    @policy.command("activate", help=words(N_("Áp dụng thang từ bây giờ, thành phiên bản mới.")))
    def activate(
        ctx: typer.Context,
        file: Annotated[Path, typer.Argument(metavar="FILE")],
        person: Annotated[
            str, typer.Option("--as", metavar="PERSON", help=words(N_("Người thực hiện (mặc định: quản trị).")))
        ] = "",
    ) -> None:
        from services.data_files import read_text
        from services.policies import activate as activated

        shell: Shell = ctx.obj
        done = activated(shell.office, read_text(file), person)
        if done is None:
            print_lines(shell.say(N_("Thang này giống thang đang áp dụng; không có gì thay đổi.")))
            return
        print_lines(
            shell.say(
                N_("Đã áp dụng phiên bản {version}. {number} nhiệm vụ đang mở sẽ được tính lại mốc, hệ thống tự làm."),
                version=done.version,
                number=done.replanned,
            )
        )


def check_file(shell: Shell, file: Path, *, as_json: bool) -> None:
    """Check a policy's file.

    Raises:
        Failed: it has faults; in JSON they stand on stdout as well.
    """
    from services.data_files import FileRefused, read_text
    from services.policies import check

    try:
        policy = check(read_text(file))
    except FileRefused as refused:
        if not as_json:
            raise
        faults = [
            {"place": fault.place, "line": fault.line, "message": fault.explain(shell.language)}
            for fault in refused.faults
        ]
        print_json({"ok": False, "faults": faults})
        raise Failed(N_("{file} có {number} lỗi."), file=file, number=len(faults)) from None
    if as_json:
        print_json({"ok": True, "faults": []})
    else:
        print_lines(shell.say(N_("{file}: thang “{name}” dùng được."), file=file, name=policy.name))


def show_policy(shell: Shell, *, as_json: bool) -> None:
    """Show the policy in force."""
    from services.policies import policy_in_force

    found = policy_in_force(shell.office)
    if as_json:
        print_json(
            {
                "version": found.policy.version,
                "since": found.since.isoformat(),
                "activated_by": found.activated_by,
                "policy": found.policy.model_dump(mode="json", by_alias=True),
            }
        )
        return
    head = N_("{name}, phiên bản {version}, từ {since}")
    print_lines(
        shell.say(
            head,
            name=found.policy.name,
            version=found.policy.version,
            since=format_instant(found.since, shell.language),
        )
    )
    titles = [shell.say(title) for title in (N_("Độ khẩn"), N_("Đồng hồ"), N_("Mốc"), N_("Tới"), N_("Cấp"))]
    print_table(titles, _steps(shell, found.policy))


def _steps(shell: Shell, policy: "Policy") -> list[tuple[object, ...]]:
    from documents.moment_words import audience_words, step_words

    return [
        (
            label(urgency, shell.language),
            label(clock, shell.language),
            step_words(clock, step.name(), shell.language),
            audience_words(step.to, shell.language),
            step.level or "",
        )
        for urgency, ladder in policy.ladders.items()
        for clock, rule in ladder.clocks.items()
        for step in rule.steps
    ]


def show_simulation(shell: Shell, found: "Simulation", *, as_json: bool) -> None:
    """Show what another policy would say, beside the one in force."""
    from documents.moment_words import step_words
    from models.vocabulary import Clock

    if as_json:
        print_json(
            {
                "directives": found.directives,
                "from": found.start.isoformat(),
                "until": found.until.isoformat(),
                "counts": [one.__dict__ for one in found.counts],
                "changes": [
                    {
                        "code": one.code,
                        "change": one.change.value,
                        "clock": one.moment.clock.value,
                        "step": one.moment.step,
                        "before": one.before.at.isoformat() if one.before else None,
                        "after": one.after.at.isoformat() if one.after else None,
                    }
                    for one in found.changes
                ],
            }
        )
        return
    titles = [shell.say(title) for title in (N_("Đồng hồ"), N_("Mốc"), N_("Đang áp dụng"), N_("Thang mới"))]
    rows = [
        (
            label(Clock(one.clock), shell.language),
            step_words(Clock(one.clock), one.step, shell.language),
            one.before,
            one.after,
        )
        for one in found.counts
    ]
    print_table(titles, rows)
    print_lines(
        shell.say(
            N_("{directives} nhiệm vụ đang mở, đến {until}: {number} mốc sẽ khác."),
            directives=found.directives,
            until=found.until,
            number=len(found.changes),
        )
    )
