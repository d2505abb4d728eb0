"""Every sentence of the code has an English one, and the catalog that runs is the one that people edit."""

from pathlib import Path

import pytest

from documents import catalog

MODULE = """
from documents.language import N_, sentence
GREETING = N_("chào {name}")
def f(language):
    sentence("một " "câu", language)
    language_module.sentence("câu khác", language)
    sentence(GREETING, language)
    other("không phải câu")
"""


def test_every_sentence_of_the_code_is_translated_and_compiled() -> None:
    assert catalog.faults() == []


def test_sentences_are_found_where_they_are_marked() -> None:
    assert set(catalog.sentences_in(MODULE)) == {"chào {name}", "một câu", "câu khác"}


@pytest.fixture
def small(tmp_path: Path) -> tuple[Path, Path]:
    """A small project with a catalog in step with its code."""
    module = tmp_path / "models" / "greeting.py"
    module.parent.mkdir()
    module.write_text(MODULE, encoding="utf-8")
    path = tmp_path / "dondoc.po"
    catalog.update(tmp_path, path)
    return tmp_path, path


def translate(path: Path, msgid: str, translation: str) -> None:
    text = path.read_text(encoding="utf-8")
    path.write_text(
        text.replace(f'msgid "{msgid}"\nmsgstr ""', f'msgid "{msgid}"\nmsgstr "{translation}"'), encoding="utf-8"
    )


def test_update_adds_what_is_new_keeps_what_is_translated_and_drops_what_is_gone(small: tuple[Path, Path]) -> None:
    root, path = small
    translate(path, "câu khác", "another")
    (root / "models" / "greeting.py").write_text('N_("câu khác"); N_("câu mới")', encoding="utf-8")

    added, dropped = catalog.update(root, path)

    assert (added, dropped) == (1, 2)
    assert {message.id: message.string for message in catalog.read_catalog(path) if message.id} == {
        "câu khác": "another",
        "câu mới": "",
    }


def test_updating_twice_changes_nothing(small: tuple[Path, Path]) -> None:
    root, path = small
    before = path.read_bytes()

    assert catalog.update(root, path) == (0, 0)
    assert path.read_bytes() == before


def test_check_names_each_fault(small: tuple[Path, Path]) -> None:
    root, path = small
    translate(path, "chào {name}", "hello {nam}")
    translate(path, "một câu", "a sentence")
    (root / "models" / "more.py").write_text('N_("chưa có")', encoding="utf-8")

    found = catalog.faults(root, path)

    assert found == [
        "not in the catalog: 'chưa có'",
        "other holes in the translation of 'chào {name}': 'hello {nam}'",
        "not translated: 'câu khác'",
        "dondoc.mo is not the one of dondoc.po: run compile",
    ]


def test_a_wrong_act_is_a_matter_of_usage() -> None:
    assert catalog.main(["dọn"]) == 2
