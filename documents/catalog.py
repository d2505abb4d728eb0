"""Keeps locale/ in step with the code: `python -m documents.catalog update|compile|check` (development only).

`update` adds the sentences that the code uses and the catalog lacks (with an empty translation) and drops those that
nobody uses any more; `compile` writes the .mo that runs; `check` says what is missing and changes nothing.
"""

import ast
import io
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from documents.language import BadSentence, holes
from documents.translation import CATALOG_DOMAIN, LOCALE_FOLDER, Language

if TYPE_CHECKING:
    from babel.messages.catalog import Catalog

ROOT: Final = LOCALE_FOLDER.parent
SOURCES: Final = (
    "activities",
    "cli.py",
    "database",
    "documents",
    "embedded",
    "models",
    "services",
    "settings.py",
    "shell",
    "web",
    "worker.py",
    "workflows",
)
MARKERS: Final = frozenset({"N_", "sentence", "translated", "EmbeddedFailure", "SettingFault"})
# A name that means something else in other modules: there its first argument is a field, not a sentence.
OWN_MARKERS: Final = {"settings.py": frozenset({"_refuse"})}
PO: Final = LOCALE_FOLDER / Language.EN / "LC_MESSAGES" / f"{CATALOG_DOMAIN}.po"
MO: Final = PO.with_suffix(".mo")
_SAID: Final = re.compile(r'\bsay\(\s*"(?P<sentence>(?:[^"\\]|\\.)+)"')
# A catalog that says when it was made differs each time; git says it better.
CREATED: Final = datetime(2026, 1, 1, tzinfo=UTC)


def sentences_in(source: str, own_markers: frozenset[str] = frozenset()) -> Iterator[str]:
    """Find the sentences that a module marks: the first argument of one of MARKERS, if literal.

    Args:
        own_markers: names that mark a sentence in this module only.
    """
    markers = MARKERS | own_markers
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        first = node.args[0]
        if name in markers and isinstance(first, ast.Constant) and isinstance(first.value, str):
            yield first.value


def sentences_in_template(text: str) -> Iterator[str]:
    """Find the sentences that a page's template says: the first argument of `say`, if literal."""
    for found in _SAID.finditer(text):
        yield found["sentence"].replace('\\"', '"')


def used_sentences(root: Path = ROOT) -> set[str]:
    """Collect the sentences of every package, module and template that runs."""
    said = {
        text
        for file in (root / "web" / "templates").rglob("*.html")
        for text in sentences_in_template(file.read_text(encoding="utf-8"))
    }
    files = [
        file for name in SOURCES for file in ([root / name] if name.endswith(".py") else (root / name).rglob("*.py"))
    ]
    return said | {
        text
        for file in files
        if file.exists()
        for text in sentences_in(file.read_text(encoding="utf-8"), OWN_MARKERS.get(file.name, frozenset()))
        if text
    }


def read_catalog(path: Path = PO) -> "Catalog":
    """Read the catalog that people edit; an empty one if there is none yet."""
    from babel.messages.catalog import Catalog
    from babel.messages.pofile import read_po

    if not path.exists():
        return Catalog(locale=Language.EN.value, project=CATALOG_DOMAIN, charset="utf-8")
    with path.open("rb") as file:
        return read_po(file, locale=Language.EN.value, charset="utf-8", abort_invalid=True)


def compiled(catalog: "Catalog") -> bytes:
    """Make the bytes of the .mo; the same catalog gives the same bytes."""
    from babel.messages.mofile import write_mo

    target = io.BytesIO()
    write_mo(target, catalog)
    return target.getvalue()


def _translations(mo: bytes) -> dict[str, str]:
    """Read a .mo without its header, which names the version of babel that wrote it."""
    from babel.messages.mofile import read_mo

    return {str(message.id): str(message.string) for message in read_mo(io.BytesIO(mo)) if message.id}


def update(root: Path = ROOT, path: Path = PO) -> tuple[int, int]:
    """Bring the catalog in step with the code; returns how many sentences were added and dropped."""
    from babel.messages.catalog import Catalog
    from babel.messages.pofile import write_po

    old = read_catalog(path)
    used = used_sentences(root)
    known = {str(message.id) for message in old if message.id}
    new = Catalog(
        locale=Language.EN.value,
        project=CATALOG_DOMAIN,
        charset="utf-8",
        version=" ",
        msgid_bugs_address=" ",
        creation_date=CREATED,
        revision_date=CREATED,
        last_translator=CATALOG_DOMAIN,
        language_team=Language.EN.value,
        header_comment="# Sentences of dondoc in English. Vietnamese is the source.",
        fuzzy=False,
    )
    for text in sorted(used):
        message = old.get(text)
        new.add(text, string=message.string if message else "")
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, new, width=110, no_location=True, sort_output=True)
    return len(used - known), len(known - used)


def faults(root: Path = ROOT, path: Path = PO) -> list[str]:
    """Name everything wrong with the catalog, one sentence each; an empty list when all is well."""
    catalog = read_catalog(path)
    used = used_sentences(root)
    found = [f"not in the catalog: {text!r}" for text in sorted(used) if text not in catalog]
    for message in catalog:
        msgid, translation = str(message.id), str(message.string)
        if not msgid:
            continue
        if msgid not in used:
            found.append(f"used nowhere: {msgid!r}")
        elif not translation:
            found.append(f"not translated: {msgid!r}")
        else:
            try:
                if holes(msgid) != holes(translation):
                    found.append(f"other holes in the translation of {msgid!r}: {translation!r}")
            except BadSentence as error:
                found.append(str(error))
    runs = path.with_suffix(".mo")
    if not runs.exists() or _translations(runs.read_bytes()) != _translations(compiled(catalog)):
        found.append(f"{runs.name} is not the one of {path.name}: run compile")
    return found


def main(arguments: list[str]) -> int:
    """Run one of the three acts; returns the exit code: 0 done, 1 something is wrong, 2 usage."""
    match arguments:
        case ["update"]:
            added, dropped = update()
            sys.stdout.write(f"{added} added, {dropped} dropped; translate the empty ones in {PO}, then compile\n")
            return 0
        case ["compile"]:
            MO.write_bytes(compiled(read_catalog()))
            return 0
        case ["check"]:
            found = faults()
            sys.stdout.writelines(f"{fault}\n" for fault in found)
            return 1 if found else 0
        case _:
            sys.stderr.write("usage: python -m documents.catalog update|compile|check\n")
            return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
