"""`dondoc webhook`: other systems that are told of every event, with a signature."""

from typing import Annotated

import typer

from documents.language import N_, Language
from shell.context import Failed, Shell, in_language
from shell.output import print_json, print_lines, print_table


def add_to(app: typer.Typer, language: Language) -> None:
    """Add the commands of this subject."""
    words = in_language(language)
    as_help = words(N_("Người thực hiện (mặc định: quản trị)."))
    webhook = typer.Typer(
        help=words(N_("Webhook: báo mọi sự kiện cho hệ thống khác, có chữ ký.")),
        no_args_is_help=True,
        rich_markup_mode=None,
    )
    app.add_typer(webhook, name="webhook")

    @webhook.command("add", help=words(N_("Thêm nơi nhận; in khóa ký một lần.")))
    def add(
        ctx: typer.Context,
        url: Annotated[str, typer.Argument(metavar="URL")],
        person: Annotated[str, typer.Option("--as", metavar="PERSON", help=as_help)] = "",
    ) -> None:
        add_receiver(ctx.obj, url, person)

    @webhook.command("list", help=words(N_("Các nơi nhận.")))
    def list_(
        ctx: typer.Context,
        json_: Annotated[bool, typer.Option("--json", help=words(N_("In kết quả dạng JSON.")))] = False,
    ) -> None:
        show_receivers(ctx.obj, as_json=json_)

    @webhook.command("remove", help=words(N_("Bỏ một nơi nhận.")))
    def remove(
        ctx: typer.Context,
        number: Annotated[int, typer.Argument(metavar="NUMBER")],
        person: Annotated[str, typer.Option("--as", metavar="PERSON", help=as_help)] = "",
    ) -> None:
        from services.webhooks import remove as removed

        shell: Shell = ctx.obj
        if not removed(shell.office, number, person):
            raise Failed(N_("Không có nơi nhận số {number}."), number=number)
        print_lines(shell.say(N_("Đã bỏ nơi nhận số {number}."), number=number))


def add_receiver(shell: Shell, url: str, person: str) -> None:
    """Add a receiver and show its secret once."""
    from activities.delivery_failures import DeliveryFailure
    from services.webhooks import add

    try:
        number, secret = add(shell.office, url, frozenset(shell.settings.webhook_allow), person)
    except DeliveryFailure as refused:
        raise Failed("{reason}", reason=refused.explain(shell.language)) from None
    print_lines(
        shell.say(N_("Nơi nhận số {number}: {url}"), number=number, url=url),
        shell.say(N_("Khóa ký (chỉ hiện lần này): {secret}"), secret=secret),
    )


def show_receivers(shell: Shell, *, as_json: bool) -> None:
    """List the receivers."""
    from services.webhooks import listed

    found = listed(shell.office)
    if as_json:
        print_json([one.__dict__ for one in found])
    elif not found:
        print_lines(shell.say(N_("Chưa có nơi nhận nào.")))
    else:
        titles = [
            shell.say(title) for title in (N_("Số"), N_("Địa chỉ"), N_("Trạng thái"), N_("Người thêm"), N_("Trục trặc"))
        ]
        on, off = shell.say(N_("đang gửi")), shell.say(N_("đã tắt"))
        directory = shell.reference().directory
        print_table(
            titles,
            [
                (
                    one.id,
                    one.url,
                    on if one.active else off,
                    directory.person_name(one.owner) if one.owner else "",
                    one.problem or "",
                )
                for one in found
            ],
        )
