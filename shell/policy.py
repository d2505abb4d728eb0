"""`dondoc policy`: the ladder of reminders and escalations: shown, checked, tried, put in force."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from documents.language import N_, Language, label
from shell.context import Failed, Shell, in_language
from shell.output import complain, print_json, print_lines, print_table

if TYPE_CHECKING:
    from models.moments import Moment
    from models.policy import Policy, Step
    from models.vocabulary import Clock
    from services.data_files import FileRefused
    from services.policies import MomentChange, Simulation

SHOWN = 30
"""Changed moments of a simulation that a person sees; JSON has all."""

CHANGES = {
    "added": N_("thêm"),
    "removed": N_("bỏ"),
    "moved": N_("đổi giờ"),
    "other_people": N_("đổi người nhận"),
}
"""How a moment differs, by `services.policies.Change`."""


def add_to(app: typer.Typer, language: Language) -> None:
    """Add the commands of this subject."""
    words = in_language(language)
    policy = typer.Typer(
        help=words(N_("Thang đôn đốc: xem, kiểm tra, chạy thử, đưa vào áp dụng.")), no_args_is_help=True
    )
    app.add_typer(policy, name="policy")
    help_json = words(N_("In kết quả dạng JSON."))

    @policy.command("show", help=words(N_("Thang đôn đốc đang áp dụng.")))
    def show(ctx: typer.Context, json_: Annotated[bool, typer.Option("--json", help=help_json)] = False) -> None:
        show_policy(ctx.obj, as_json=json_)

    @policy.command("check", help=words(N_("Kiểm tra một tệp thang đôn đốc, nêu mọi lỗi và chỗ của lỗi.")))
    def check(
        ctx: typer.Context,
        file: Annotated[Path, typer.Argument(metavar="FILE.yaml")],
        json_: Annotated[bool, typer.Option("--json", help=help_json)] = False,
    ) -> None:
        check_file(ctx.obj, file, as_json=json_)

    @policy.command(
        "simulate", help=words(N_("Thang trong tệp sẽ nhắc gì trong 30 ngày tới, khác gì thang đang áp dụng."))
    )
    def simulate(
        ctx: typer.Context,
        file: Annotated[Path, typer.Argument(metavar="FILE.yaml")],
        json_: Annotated[bool, typer.Option("--json", help=help_json)] = False,
    ) -> None:
        from services.data_files import FileRefused, read_text
        from services.policies import simulate as try_out

        shell: Shell = ctx.obj
        try:
            tried = try_out(shell.office, read_text(file))
        except FileRefused as refused:
            refuse_file(shell, file, refused)
        else:
            show_simulation(shell, tried, as_json=json_)

    @policy.command("activate", help=words(N_("Đưa thang trong tệp vào áp dụng từ bây giờ, thành phiên bản mới.")))
    def activate(
        ctx: typer.Context,
        file: Annotated[Path, typer.Argument(metavar="FILE.yaml")],
        person: Annotated[str, typer.Option("--as", metavar="PERSON", help=words(N_("Người đưa vào áp dụng.")))],
    ) -> None:
        activate_file(ctx.obj, file, person)


def refuse_file(shell: Shell, file: Path, refused: "FileRefused") -> None:
    """Name every fault of a file on stderr, and fail.

    Raises:
        Failed: always.
    """
    for fault in refused.faults:
        complain(fault.explain(shell.language))
    raise Failed(N_("Tệp {file} có {number} lỗi; chưa có gì thay đổi."), file=file, number=len(refused.faults))


def check_file(shell: Shell, file: Path, *, as_json: bool) -> None:
    """Say whether a file is a policy; exit code 1 with every fault when it is none."""
    from services.data_files import FileRefused, read_text
    from services.policies import check

    try:
        policy = check(read_text(file))
    except FileRefused as refused:
        if not as_json:
            refuse_file(shell, file, refused)
        faults = [
            {"place": fault.place, "line": fault.line or None, "sentence": fault.explain(shell.language)}
            for fault in refused.faults
        ]
        print_json({"ok": False, "faults": faults})
        raise typer.Exit(1) from None
    if as_json:
        print_json({"ok": True, "faults": []})
    else:
        print_lines(shell.say(N_("Tệp {file} là thang đôn đốc hợp lệ: “{policy}”."), file=file, policy=policy.name))


def activate_file(shell: Shell, file: Path, person: str) -> None:
    """Put a file's policy in force."""
    from services.data_files import FileRefused, read_text
    from services.policies import activate

    try:
        done = activate(shell.office, read_text(file), person)
    except FileRefused as refused:
        refuse_file(shell, file, refused)
        return
    if done is None:
        print_lines(shell.say(N_("Thang đang áp dụng đã giống hệt tệp này; không có gì thay đổi.")))
        return
    print_lines(
        shell.say(
            N_("Đã áp dụng phiên bản {version} từ bây giờ; {number} nhiệm vụ chưa xong sẽ tự được tính lại mốc."),
            version=done.version,
            number=done.replanned,
        )
    )


def show_policy(shell: Shell, *, as_json: bool) -> None:
    """The policy in force, its ladders as tables in words."""
    from services.policies import policy_in_force

    found = policy_in_force(shell.office)
    if as_json:
        policy = found.policy.model_dump(mode="json", by_alias=True, exclude={"version"})
        print_json(
            {
                "version": found.policy.version,
                "since": found.since.isoformat(),
                "activated_by": found.activated_by,
                "policy": policy,
            }
        )
        return
    print_lines(
        shell.say(
            N_("{policy}: phiên bản {version}, áp dụng từ {since}."),
            policy=found.policy.name,
            version=found.policy.version,
            since=found.since,
        )
    )
    for urgency, ladder in found.policy.ladders.items():
        print_lines("", shell.say(N_("Độ khẩn: {urgency}"), urgency=urgency))
        titles = [shell.say(title) for title in (N_("Đồng hồ"), N_("Khi nào"), N_("Giờ"), N_("Báo cho"), N_("Cấp"))]
        print_table(
            titles,
            [step_row(shell, clock, step) for clock, rule in ladder.clocks.items() for step in rule.steps],
        )
    print_lines("", mail_hours(shell, found.policy))


def step_row(shell: Shell, clock: "Clock", step: "Step") -> tuple[object, ...]:
    """One step in words."""
    from documents.moment_words import audience_words, step_words

    when = step_words(clock, step.name(), shell.language)
    if step.then_every:
        every = (
            N_("{when}, rồi cứ {every} giờ làm việc")
            if step.hours is not None
            else N_("{when}, rồi cứ {every} ngày làm việc")
        )
        when = shell.say(every, when=when, every=f"{step.then_every:g}")
    hour = "" if step.hours is not None else f"{step.time:%H:%M}"
    people = audience_words(step.to, shell.language)
    return (label(clock, shell.language), when, hour, people, step.level or "")


def mail_hours(shell: Shell, policy: "Policy") -> str:
    """When mails leave, in a sentence."""
    hours = policy.mail
    return shell.say(
        N_("Thư gửi từ {opening} đến {closing} ngày làm việc; bản tổng hợp lúc {digest}."),
        opening=f"{hours.opening:%H:%M}",
        closing=f"{hours.closing:%H:%M}",
        digest=f"{hours.digest:%H:%M}",
    )


def show_simulation(shell: Shell, tried: "Simulation", *, as_json: bool) -> None:
    """What another policy would say, and how that differs."""
    if as_json:
        print_json(
            {
                "directives": tried.directives,
                "start": tried.start.isoformat(),
                "until": tried.until.isoformat(),
                "counts": [
                    {"clock": one.clock, "step": one.step, "in_force": one.before, "simulated": one.after}
                    for one in tried.counts
                ],
                "changes": [change_json(change) for change in tried.changes],
            }
        )
        return
    from models.vocabulary import Clock

    titles = [shell.say(title) for title in (N_("Đồng hồ"), N_("Bước"), N_("Đang áp dụng"), N_("Thang thử"))]
    print_table(
        titles, [(label(Clock(one.clock), shell.language), one.step, one.before, one.after) for one in tried.counts]
    )
    if tried.changes:
        titles = [
            shell.say(title)
            for title in (N_("Nhiệm vụ"), N_("Thay đổi"), N_("Mốc"), N_("Đang áp dụng"), N_("Thang thử"))
        ]
        print_lines("")
        print_table(titles, [change_row(shell, change) for change in tried.changes[:SHOWN]])
    print_lines(
        "",
        shell.say(
            N_(
                "{directives} nhiệm vụ chưa xong, đến {until}: {before} mốc theo thang đang áp dụng, "
                "{after} mốc theo thang thử; {changes} mốc khác nhau."
            ),
            directives=tried.directives,
            until=tried.until,
            before=sum(one.before for one in tried.counts),
            after=sum(one.after for one in tried.counts),
            changes=len(tried.changes),
        ),
    )


def change_row(shell: Shell, change: "MomentChange") -> tuple[object, ...]:
    """One moment that would be another one, in words."""
    from documents.dates import short_instant
    from documents.moment_words import audience_words, step_words

    def told(moment: "Moment | None") -> str:
        if moment is None:
            return ""
        return f"{short_instant(moment.at)}, {audience_words(moment.audience, shell.language)}"

    step = step_words(change.moment.clock, change.moment.step, shell.language)
    return (change.code, shell.say(CHANGES[change.change.value]), step, told(change.before), told(change.after))


def change_json(change: "MomentChange") -> dict[str, Any]:
    """The same for machines."""

    def told(moment: "Moment | None") -> dict[str, Any] | None:
        if moment is None:
            return None
        audience = [one.value for one in moment.audience]
        return {"at": moment.at.isoformat(), "audience": audience, "level": moment.level}

    return {
        "code": change.code,
        "change": change.change.value,
        "clock": change.moment.clock.value,
        "step": change.moment.step,
        "in_force": told(change.before),
        "simulated": told(change.after),
    }
