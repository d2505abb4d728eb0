"""What is promised is compared with the docs: whatever people and scripts can name stands in docs/commands.md."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from fastapi import FastAPI
from typer.core import TyperCommand, TyperGroup, TyperOption

from cli import build
from documents import catalog, intake_columns
from documents.intake_columns import REQUIRED, Column
from documents.translation import Language
from models.refusal import Code
from services.command_words import KINDS
from services.office import Office
from settings import PREFIX, Settings
from shell.context import Shell
from web.app import create_app
from web.headers import SecurityHeaders
from web.origin import SameOriginOnly

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
PROSE = {file.name: file.read_text(encoding="utf-8") for file in (ROOT / "README.md", *(ROOT / "docs").glob("*.md"))}
VARIABLE = re.compile(rf"\b{PREFIX}[A-Z][A-Z_]*[A-Z]\b")
OF_THE_SHELL_ALONE = {"DONDOC_LANG"}  # read before settings are, for the help texts are made from it


def section(title: str) -> str:
    """One part of the page, from its heading to the next of the same depth."""
    found = re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert found is not None, f"docs/commands.md has no part “{title}”"
    return found[1]


def every_command() -> Iterator[tuple[str, TyperCommand]]:
    """Every command that people see, sub-commands as `calendar off`."""

    def walk(command: object, path: tuple[str, ...]) -> Iterator[tuple[str, TyperCommand]]:
        if isinstance(command, TyperGroup):
            for name, one in command.commands.items():
                yield from walk(one, (*path, name))
        elif isinstance(command, TyperCommand) and not command.hidden:
            yield " ".join(path), command

    return walk(typer.main.get_command(build(Language.VI, Shell())), ())


COMMANDS = dict(every_command())


def line_of(name: str) -> str:
    """The row of a command's table; of one that is described in prose, its paragraphs."""
    rows = [line for line in section("Every command").splitlines() if re.search(rf"`dondoc {name}(?![\w-])", line)]
    assert rows, f"docs/commands.md does not tell of “dondoc {name}”"
    return "\n".join(rows)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_stands_on_the_page(name: str) -> None:
    assert line_of(name)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_of_a_command_stands_beside_it(name: str) -> None:
    told = line_of(name)
    if name in ("register", "do", "rebuild"):  # their options have paragraphs and tables of their own
        told = section("Every command")

    options = {
        option
        for parameter in COMMANDS[name].params
        if isinstance(parameter, TyperOption) and not parameter.hidden
        for option in (*parameter.opts, *parameter.secondary_opts)
    }

    assert {option for option in options if not re.search(rf"`{option}(?![\w-])", told)} == set()


@pytest.mark.parametrize("kind", KINDS)
def test_every_act_on_a_directive_stands_on_the_page(kind: str) -> None:
    assert f"`{kind}`" in section("Every command")


def test_every_setting_stands_on_the_page_and_no_other() -> None:
    settings = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields} | OF_THE_SHELL_ALONE

    rows = set(re.findall(r"^\| `(DONDOC_\w+)` \|", section("Settings"), re.MULTILINE))

    assert rows == settings


def test_no_code_and_no_page_names_a_variable_that_is_no_setting() -> None:
    settings = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields} | OF_THE_SHELL_ALONE
    sources = [
        file
        for name in catalog.SOURCES
        for file in ([ROOT / name] if name.endswith(".py") else (ROOT / name).rglob("*.py"))
    ]

    named = {
        variable: file
        for file, text in ({str(one): one.read_text(encoding="utf-8") for one in sources} | PROSE).items()
        for variable in VARIABLE.findall(text)
    }

    assert {variable: file for variable, file in named.items() if variable not in settings} == {}


def test_every_refusal_code_has_its_meaning_and_no_other() -> None:
    cells = re.findall(r"^\| (`.+?`) \| \S", section("Refusal codes"), re.MULTILINE)

    told = [code for cell in cells for code in re.findall(r"`(\w+)`", cell)]

    assert sorted(told) == sorted(Code)


def test_every_import_column_stands_on_the_page_with_its_synonyms() -> None:
    rows = {
        cells[1].removesuffix(" *"): (cells[1].endswith(" *"), set(cells[2].split("; " if ";" in cells[2] else ", ")))
        for line in section("Import columns").splitlines()
        if len(cells := [cell.strip() for cell in line.split("|")]) == 5 and cells[1] not in ("column", "---")
    }

    assert rows == {column.value: (column in REQUIRED, set(intake_columns._SYNONYMS[column])) for column in Column}


def test_every_command_that_answers_in_json_has_its_shape_on_the_page() -> None:
    answering = {
        name for name, command in COMMANDS.items() if any("--json" in parameter.opts for parameter in command.params)
    }

    told = section("JSON")

    assert {name for name in answering if not re.search(rf"`{name}(?: CODE)?`", told)} == set()


def test_every_route_of_the_web_door_stands_on_the_page(tmp_path: Path) -> None:
    door = create_app(Office.at(f"sqlite:///{tmp_path / 'dondoc.db'}"), lambda: pytest.fail("nobody asks"))
    assert isinstance(door, SecurityHeaders)
    assert isinstance(door.app, SameOriginOnly)
    assert isinstance(door.app.app, FastAPI)

    routes = _routes(door.app.app.routes)

    assert len(routes) > 10
    assert {route for route in routes if f"`{route}`" not in section("The web door")} == set()


def _routes(routes: object) -> set[str]:
    """All routes as `GET /path`, those of included routers too; what is mounted stands by its path."""
    found: set[str] = set()
    for route in routes if isinstance(routes, list | tuple) else ():
        if isinstance(path := getattr(route, "path", None), str):
            methods = (getattr(route, "methods", None) or {"GET"}) - {"HEAD"}
            found |= {f"{method} {path}" for method in methods}
        included = getattr(route, "original_router", None)
        found |= _routes(getattr(included, "routes", None))
    return found


def test_every_make_target_has_its_line_for_help_and_stands_in_the_docs() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    phony = re.search(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)
    assert phony is not None

    helped = set(re.findall(r"^([a-z]+):.*## \S", makefile, re.MULTILINE))

    assert helped == set(phony[1].split())
    assert {target for target in helped if f"make {target}" not in README + PAGE} == set()


def test_docs_and_sentences_name_only_commands_that_exist() -> None:
    """Advice such as “run dondoc verify” must work when a person types it."""
    first_words = {name.split()[0] for name in COMMANDS}
    groups = {name.split()[0] for name in COMMANDS if " " in name}
    texts = PROSE | {sentence: sentence for sentence in catalog.used_sentences()}

    wrong = {
        (where, " ".join(words))
        for where, text in texts.items()
        for words in re.findall(r"(?:[`“«\"]|bin/)dondoc ([a-z]+)(?: ([a-z]+))?", text)
        if words[0] not in first_words or (words[0] in groups and words[1] and " ".join(words) not in COMMANDS)
    }

    assert wrong == set()


# --- What is promised for the day on which something fails ---------------------------------------------------------

FAILURES = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for part in re.split(r"^## ", PROSE["operations.md"], flags=re.MULTILINE)
    if part.startswith("When something fails")
    for line in part.splitlines()
    if line.startswith("| ") and not line.startswith("| what |")
]


def test_every_fault_says_what_people_see_what_to_do_and_by_which_test_it_is_shown() -> None:
    assert len(FAILURES) > 35
    for row in FAILURES:
        assert len(row) == 4, row[0]
        assert all(row), row[0]
        assert "`test_" in row[3] or row[3].startswith("not shown: "), row[0]


def test_every_test_that_the_failure_table_names_is_there() -> None:
    there = {
        name
        for file in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^(?:async )?def (test_\w+)", file.read_text(encoding="utf-8"), re.MULTILINE)
    }

    named = {name for row in FAILURES for name in re.findall(r"`(test_\w+)`", row[3])}

    assert named - there == set()
