"""The `dondoc` command: finds language and data folder, runs a subject of shell/, and tells failures in a sentence."""

import io
import logging
import os
import sys
from pathlib import Path
from typing import Annotated

import structlog
import typer

from documents.language import N_, Language, sentence
from shell import (
    acting,
    asking,
    backup,
    calendar,
    deployment,
    directory,
    doctor,
    intake,
    keys,
    policy,
    running,
    schema,
    token,
    upkeep,
    user,
    webhook,
)
from shell.context import Shell
from shell.failures import told
from shell.output import complain

HOISTED = ("--data", "--lang")
"""Options that may stand anywhere on the command line."""


def hoist(arguments: list[str]) -> list[str]:
    """Bring the options that every command understands to the front; what follows `--` stays as it is."""
    front: list[str] = []
    rest: list[str] = []
    left = list(arguments)
    while left:
        one = left.pop(0)
        if one == "--":
            rest += [one, *left]
            break
        if one in HOISTED and left:
            front += [one, left.pop(0)]
        elif one.startswith(tuple(f"{name}=" for name in HOISTED)):
            front.append(one)
        else:
            rest.append(one)
    return front + rest


def language_of(arguments: list[str]) -> Language:
    """The reader's language: `--lang`, else the variable DONDOC_LANG, else Vietnamese."""
    chosen = os.environ.get("DONDOC_LANG", "")  # read here, before settings: help texts are made from it
    for place, one in enumerate(arguments):
        if one == "--lang" and place + 1 < len(arguments):
            chosen = arguments[place + 1]
        elif one.startswith("--lang="):
            chosen = one.removeprefix("--lang=")
    return Language(chosen) if chosen in list(Language) else Language.VI


def build(language: Language, shell: Shell) -> typer.Typer:
    """Make the command with all its subjects, its help in the reader's language.

    Args:
        shell: is given the data folder and the language that the command line names.
    """
    app = typer.Typer(
        name="dondoc",
        help=sentence(N_("Đôn Đốc theo dõi từng nhiệm vụ lãnh đạo giao cho đến khi xong."), language),
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )

    data_help = sentence(N_("Thư mục dữ liệu (biến DONDOC_DATA_DIR; mặc định ./var)."), language)
    language_help = sentence(N_("Ngôn ngữ: vi hoặc en (biến DONDOC_LANG)."), language)

    @app.callback()
    def prepare(
        ctx: typer.Context,
        data: Annotated[Path | None, typer.Option("--data", metavar="DIR", help=data_help)] = None,
        lang: Annotated[Language, typer.Option("--lang", help=language_help)] = language,
    ) -> None:
        shell.data, shell.language = data, lang
        ctx.obj = shell

    for subject in (
        running,
        intake,
        asking,
        acting,
        calendar,
        policy,
        directory,
        upkeep,
        doctor,
        webhook,
        user,
        token,
        schema,
        backup,
        keys,
        deployment,
    ):
        subject.add_to(app, language)
    return app


def run(arguments: list[str]) -> int:
    """Run one command; returns its exit code: 0 done, 1 refused or failed, 2 usage."""
    arguments = hoist(arguments)
    language = language_of(arguments)
    shell = Shell(language=language)
    try:
        build(language, shell)(args=arguments, prog_name="dondoc")
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 1
    except KeyboardInterrupt:
        return 130
    except Exception as problem:
        line = told(problem, shell)
        if line is None:
            raise
        complain(line)
        return 1
    return 0


def send_log_to_standard_error() -> None:
    """Keep what the services note out of what a command prints: warnings alone, beside its errors."""
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def main() -> None:
    """Entry of the installed command."""
    for stream in (sys.stdout, sys.stderr):  # a terminal that cannot show a letter shows its number
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    send_log_to_standard_error()
    try:
        code = run(sys.argv[1:])
    except BrokenPipeError:
        code = 1
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BrokenPipeError:
            code = 1
    os._exit(code)  # Temporal's SDK may crash an interpreter that winds down while its threads live


if __name__ == "__main__":
    main()
