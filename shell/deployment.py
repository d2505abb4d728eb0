"""`dondoc worker` and `dondoc deployment`: workers of several builds, and which of them gets the tasks."""

import os
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from documents.language import N_, Language
from shell.context import Failed, Shell, in_language, run
from shell.output import print_json, print_lines, print_table

if TYPE_CHECKING:
    from services.deployments import Builds

STATES = {
    "current": N_("đang nhận việc"),
    "ramping": N_("đang nhận dần"),
    "waiting": N_("đang chờ"),
    "left": N_("đã thôi nhận việc"),
}
"""What a build is, by `services.deployments.BuildState`."""


def add_to(app: typer.Typer, language: Language) -> None:
    """Add the commands of this subject."""
    words = in_language(language)
    help_json = words(N_("In kết quả dạng JSON."))

    @app.command("worker", help=words(N_("Chạy một worker cho đến Ctrl-C hoặc SIGTERM; việc dở được làm cho xong.")))
    def worker(
        ctx: typer.Context,
        build: Annotated[str, typer.Option(help=words(N_("Bản dựng của worker (biến DONDOC_WORKER_BUILD).")))] = "",
    ) -> None:
        become_worker(ctx.obj, build)

    deployment = typer.Typer(
        help=words(N_("Các bản dựng của worker và bản nào nhận việc.")), no_args_is_help=True, rich_markup_mode=None
    )
    app.add_typer(deployment, name="deployment")

    @deployment.command("list", help=words(N_("Các bản dựng, số việc còn ở mỗi bản, số worker đang chạy.")))
    def list_(ctx: typer.Context, json_: Annotated[bool, typer.Option("--json", help=help_json)] = False) -> None:
        show_builds(ctx.obj, as_json=json_)

    @deployment.command("activate", help=words(N_("Giao việc cho một bản dựng từ nay; để lùi thì nêu bản trước.")))
    def activate(
        ctx: typer.Context,
        build: Annotated[str, typer.Argument(metavar="BUILD")],
        force: Annotated[
            bool, typer.Option("--force", help=words(N_("Cả khi chưa worker nào của bản này đang chạy.")))
        ] = False,
    ) -> None:
        let_work(ctx.obj, build, force=force)


def become_worker(shell: Shell, build: str) -> None:
    """Become a worker; the settings are read again by it."""
    settings = shell.settings  # whatever is wrong is told here, in the reader's language
    environment = {**os.environ, "DONDOC_DATA_DIR": str(settings.data_dir)}
    if build:
        environment["DONDOC_WORKER_BUILD"] = build
    os.execve(sys.executable, [sys.executable, "-P", "-m", "worker"], environment)  # noqa: S606 - our own module


def show_builds(shell: Shell, *, as_json: bool) -> None:
    """List the builds that Temporal knows."""
    from services.deployments import builds

    async def ask() -> "Builds":
        async with shell.temporal(to_look=True) as client:
            return await builds(client)

    found = run(ask())
    if as_json:
        print_json(
            {
                "current": found.current,
                "unversioned_workers": found.unversioned_workers,
                "builds": [
                    {"id": one.id, "state": one.state.value, "open": one.open_directives, "workers": one.workers}
                    for one in found.known
                ],
            }
        )
        return
    if not found.known:
        print_lines(shell.say(N_("Chưa có bản dựng nào: worker chạy không đánh số bản.")))
        return
    titles = [shell.say(title) for title in (N_("Bản dựng"), N_("Tình trạng"), N_("Việc còn mở"), N_("Worker"))]
    rows = [(one.id, shell.say(STATES[one.state.value]), one.open_directives, one.workers) for one in found.known]
    print_table(titles, rows)
    if found.unversioned_workers and found.current:
        print_lines(
            shell.say(
                N_("{number} worker không đánh số bản đang chạy mà không được giao việc nào."),
                number=found.unversioned_workers,
            )
        )


def let_work(shell: Shell, build: str, *, force: bool) -> None:
    """Make a build current.

    Raises:
        Failed: no worker of that build has asked for tasks.
    """
    from services.deployments import BuildUnknown, make_current

    async def ask() -> None:
        async with shell.temporal(to_look=True) as client:
            await make_current(client, build, unattended=force)

    try:
        run(ask())
    except BuildUnknown:
        raise Failed(
            N_("Chưa worker nào của bản {build} xin việc. Khởi động chúng trước, xem bằng “dondoc deployment list”."),
            build=build,
        ) from None
    print_lines(
        shell.say(N_("Từ nay bản {build} nhận việc; mỗi nhiệm vụ chuyển sang bản đó ở việc kế tiếp."), build=build)
    )
