"""`dondoc up`, `down` and `demo`: starting and stopping all parts on this machine."""

import asyncio
import datetime as dt
import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from documents.language import N_, Language
from shell.context import Shell, in_language, run
from shell.output import print_lines, progress

if TYPE_CHECKING:
    from embedded.plan import Plan, Progress
    from services.acting import Wish
    from services.office import Office

DEMO_FOLDER = Path("var/demo")
SHOWN_AGENCIES = 15
SEARCH_ATTRIBUTES = (
    ("DondocStatus", "Keyword"),
    ("DondocLeadAgency", "Keyword"),
    ("DondocDueAt", "Datetime"),
    ("DondocEscalationLevel", "Int"),
)


def add_to(app: typer.Typer, language: Language) -> None:
    """Add the commands of this subject."""
    words = in_language(language)
    port_help = words(N_("Cổng của trang web (mặc định 8000)."))

    @app.command("up", help=words(N_("Khởi động tất cả: Temporal, bộ máy, trang web.")))
    def up(
        ctx: typer.Context,
        port: Annotated[int | None, typer.Option(min=1, max=65535, help=port_help)] = None,
        detach: Annotated[
            bool, typer.Option("--detach", help=words(N_("Chạy nền; trả lời khi mọi phần đã sẵn sàng.")))
        ] = False,
        time_skipping: Annotated[bool, typer.Option("--time-skipping", hidden=True)] = False,
    ) -> None:
        start(ctx.obj, port, detach=detach, time_skipping=time_skipping)

    @app.command("down", help=words(N_("Dừng tất cả.")))
    def down(ctx: typer.Context) -> None:
        stop(ctx.obj)

    @app.command(
        "demo", help=words(N_("Dựng hệ thống thử với 1.320 nhiệm vụ giả định, in bảng tổng hợp, chạy đến Ctrl-C."))
    )
    def demo(
        ctx: typer.Context,
        port: Annotated[int | None, typer.Option(min=1, max=65535, help=port_help)] = None,
        leave: Annotated[
            bool,
            typer.Option("--detach", help=words(N_("In bảng rồi thoát, hệ thống chạy tiếp; dừng bằng dondoc down."))),
        ] = False,
    ) -> None:
        run_demo(ctx.obj, port, leave=leave)


def make_plan(shell: Shell, port: int | None, *, time_skipping: bool = False) -> "Plan":
    """What is to run, by settings and options.

    Raises:
        EmbeddedFailure: Temporal cannot be found.
    """
    from embedded.plan import Plan
    from embedded.temporal_binary import find_temporal
    from settings import inherited_environment, load_settings

    if port is not None:
        shell.settings = load_settings(data_dir=shell.data, web_port=port)
    settings = shell.settings
    found = find_temporal(settings.temporal_address, settings.temporal_binary, settings.data_dir / "bin")
    return Plan(
        data_dir=settings.data_dir,
        web_port=settings.web_port,
        temporal_binary=found.binary,
        temporal_address=found.address,
        temporal_secured=settings.uses_tls,
        namespace=settings.temporal_namespace,
        environment=inherited_environment(settings, dt.datetime.now(dt.UTC)),
        search_attributes=SEARCH_ATTRIBUTES,
        time_skipping=time_skipping,
    )


def prepare_database(shell: Shell, plan: "Plan") -> None:
    """Make or upgrade the database, and fill an empty one with the shipped policy, calendar and directory.

    Raises:
        Failed: the directory's file has faults.
    """
    from embedded.files import prepare_data_folder
    from embedded.locate import running_system
    from services.key_guard import require_keys
    from services.office import Office
    from shell.shifted_clock import shift_clock

    settings = shell.settings
    prepare_data_folder(settings.data_dir)
    runs = running_system(settings.data_dir) is not None
    if not runs:
        (settings.data_dir / "run" / "clock").unlink(missing_ok=True)  # who starts anew trusts the clock
    office = Office.at(settings.database_url)
    migrate_and_seed(shell, office)
    if not settings.payload_keys:  # a worker with a new key may begin with it
        require_keys(office, ())
    if settings.clock is not None and not runs:
        shift_clock(office, plan, settings.clock_offset(dt.datetime.now(dt.UTC)))
    office.engine.dispose()


def migrate_and_seed(shell: Shell, office: "Office") -> None:
    """Bring a database to this release; one that is empty gets the shipped policy and calendar and a directory.

    Raises:
        Failed: the directory's file has faults.
    """
    from database.migrate import migrate
    from database.seed_data import seed
    from shell.context import Failed

    migrate(office.engine)
    file = shell.settings.directory
    try:
        seed(office.engine, file, dt.datetime.now(dt.UTC))
    except ValueError as faults:
        raise Failed(N_("Danh bạ {file} chưa dùng được: {faults}"), file=file, faults=faults) from None


def start(shell: Shell, port: int | None, *, detach: bool, time_skipping: bool = False) -> None:
    """Start all parts; in the foreground until Ctrl-C, or in the background until they are ready."""
    from embedded.detached import start_detached
    from embedded.supervisor import run as supervise

    plan = make_plan(shell, port, time_skipping=time_skipping)
    prepare_database(shell, plan)
    if not detach:
        supervise(plan, lambda step: tell_step(shell, step))
        return
    system = start_detached(plan, lambda step: tell_step(shell, step))
    print_lines(shell.say(N_("Đã sẵn sàng: {url}. Dừng bằng “dondoc down”."), url=system.web_url))


def tell_step(shell: Shell, step: "Progress") -> None:
    """Tell one step of starting and stopping."""
    from embedded.plan import Step
    from shell.output import complain

    if step.part is None:
        if step.step is Step.READY:
            complain(shell.say(N_("Mọi phần đã chạy.")))
        return
    sentences = {
        Step.STARTING: N_("{part}: đang khởi động"),
        Step.READY: N_("{part}: sẵn sàng"),
        Step.DIED: N_("{part}: đã dừng đột ngột, khởi động lại"),
        Step.SILENT: N_("{part}: im lặng, khởi động lại"),
        Step.STOPPING: N_("{part}: đang dừng"),
        Step.STOPPED: N_("{part}: đã dừng"),
    }
    complain(shell.say(sentences[step.step], part=step.part.value))


def stop(shell: Shell) -> None:
    """Stop all parts; doing it again is no error."""
    from embedded.stop import Stopped
    from embedded.stop import stop as stop_system

    sentences = {
        Stopped.NOTHING_RAN: N_("Không có gì đang chạy ở {folder}."),
        Stopped.IN_ORDER: N_("Đã dừng."),
        Stopped.BY_FORCE: N_("Đã dừng, có phần phải buộc dừng; dữ liệu vẫn nguyên."),
    }
    folder = shell.settings.data_dir
    print_lines(shell.say(sentences[stop_system(folder)], folder=folder))


def run_demo(shell: Shell, port: int | None, *, leave: bool) -> None:
    """Bring the system to life with invented directives, and keep it running."""
    from embedded.detached import start_detached
    from embedded.stop import stop as stop_system
    from shell.board import show_board
    from shell.demo_people import make_people

    if shell.data is None:
        shell.data = DEMO_FOLDER
    plan = make_plan(shell, port)
    prepare_database(shell, plan)
    system = start_detached(plan, lambda step: tell_step(shell, step), tied=not leave)
    try:
        _fill(shell)
        print_lines("")
        show_board(shell, as_json=False, most=SHOWN_AGENCIES)
        print_lines("")
        make_people(shell)
        print_lines("")
        _tell_how_to_ask(shell, system.web_url)
        if not leave:
            _wait_for_interrupt()
    finally:
        if not leave:
            stop_system(plan.data_dir)
    if not leave:
        print_lines(shell.say(N_("Đã dừng; dữ liệu còn ở {folder}."), folder=plan.data_dir))


def _fill(shell: Shell) -> None:
    """Import the examples and let invented people act, the first time."""
    from database.engine import reading
    from examples.acting import invented_wishes
    from examples.make import DONE_WORKBOOK, OPEN_WORKBOOK, make_examples
    from models.calendar import local_day
    from services.asking import board
    from shell.intake import import_file

    reference, now = shell.reference(), shell.now()
    with reading(shell.office.engine) as connection:
        filled = board(connection, now).figures.total > 0
    if filled:
        print_lines(shell.say(N_("Dữ liệu thử đã có ở {folder}."), folder=shell.settings.data_dir))
        return
    folder = shell.settings.data_dir / "examples"
    print_lines(shell.say(N_("Soạn nhiệm vụ giả định cho ngày {day}"), day=local_day(now).strftime("%d/%m/%Y")))
    folder.mkdir(parents=True, exist_ok=True)
    make_examples(local_day(now), folder, reference.calendar)
    for name in (OPEN_WORKBOOK, DONE_WORKBOOK):
        print_lines(name)
        import_file(shell, folder / name)
    wishes = invented_wishes(shell.office)
    print_lines(shell.say(N_("Người giả định thực hiện {number} việc"), number=sum(len(one) for one in wishes)))
    run(_act(shell, wishes))


async def _act(shell: Shell, wishes: "list[list[Wish]]") -> None:
    """Let invented people act, directive by directive, some at a time."""
    from models.refusal import Refused
    from services.acting import act
    from services.sending import Sender

    async with shell.temporal() as client:
        sender, gate = Sender(client, shell.office), asyncio.Semaphore(16)
        with progress() as bar:
            task = bar.add_task(shell.say(N_("Thực hiện")), total=sum(len(one) for one in wishes))

            async def play(acts: "list[Wish]") -> None:
                async with gate:
                    for wish in acts:
                        try:
                            await act(shell.office, sender, wish)
                        except Refused:
                            break
                        finally:
                            bar.advance(task)

            await asyncio.gather(*(play(acts) for acts in wishes))


def _tell_how_to_ask(shell: Shell, url: str) -> None:
    folder = shell.settings.data_dir
    lines = (
        shell.say(N_("Trang web: {url} (tình trạng: {url}/readyz, số liệu: {url}/metrics)"), url=url),
        shell.say(N_("Thư điện tử được giữ ở {folder}/mail"), folder=folder),
        shell.say(N_("Hỏi tiếp, trong một cửa sổ khác:")),
        f"  .venv/bin/dondoc status --timeliness overdue --data {folder}",
        f"  .venv/bin/dondoc next QN-{shell.now().year}-0001 --data {folder}",
        f"  .venv/bin/dondoc history QN-{shell.now().year}-0001 --data {folder}",
        f"  .venv/bin/dondoc inbox chanhvanphong --data {folder}",
        f"  .venv/bin/dondoc board --by field --data {folder}",
        shell.say(N_("Ctrl-C để dừng.")),
    )
    print_lines(*lines)


def _wait_for_interrupt() -> None:
    """Wait for Ctrl-C or SIGTERM."""
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    stopped.wait()
