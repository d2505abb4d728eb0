"""Each of the 27 fine rules has tests with its number in their names, in the file that README.md names."""

import ast
import re
from pathlib import Path

HERE = Path(__file__).parent
RULES = range(1, 28)

GROUPS = {
    "Days and instants": range(1, 7),
    "Moments": range(7, 19),
    "People": range(19, 22),
    "Messages": range(22, 28),
}
"""As in RULES.md."""

_NUMBERED = re.compile(r"test_rule_((?:\d\d_)(?:(?:and_)?\d\d_)*)")


def numbers_in(name: str) -> list[int]:
    """The rules that a test's name begins with: `test_rule_04_and_05_…` is about rules 4 and 5."""
    found = _NUMBERED.match(name)
    return [int(number) for number in re.findall(r"\d\d", found[1])] if found else []


def names_in(path: Path) -> list[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
    ]


def rules_with_tests() -> dict[int, dict[str, list[str]]]:
    """The tests of each rule, by their file."""
    found: dict[int, dict[str, list[str]]] = {rule: {} for rule in RULES}
    for path in sorted(HERE.glob("test_*.py")):
        for name in names_in(path):
            for rule in numbers_in(name):
                found.setdefault(rule, {}).setdefault(path.name, []).append(name)
    return found


def is_on_the_server(path: Path) -> bool:
    return "pytest.mark.server" in path.read_text(encoding="utf-8")


def test_a_rules_number_is_read_from_the_name_of_its_test() -> None:
    assert numbers_in("test_rule_03_step_minus_k_is_a_working_day") == [3]
    assert numbers_in("test_rule_04_and_05_flash_over_a_weekend") == [4, 5]
    assert numbers_in("test_rule_22_24_and_26_flash_on_friday") == [22, 24, 26]
    assert numbers_in("test_rule_01_a_deadline_at_24_00_of_that_day") == [1]
    assert numbers_in("test_every_rule_has_tests") == []


def test_every_rule_has_tests_of_its_own() -> None:
    found = rules_with_tests()

    assert [rule for rule in RULES if not found[rule]] == []
    assert set(found) == set(RULES), "a test names a rule that there is not"


def test_every_rule_has_a_file_of_its_own_whose_tests_all_bear_its_number() -> None:
    files = {rule: sorted(HERE.glob(f"test_rule_{rule:02}_*.py")) for rule in RULES}

    assert {rule: len(paths) for rule, paths in files.items() if len(paths) != 1} == {}
    strangers = {
        path.name: others
        for rule, (path,) in files.items()
        if (others := [name for name in names_in(path) if rule not in numbers_in(name)])
    }
    assert strangers == {}


def test_every_group_of_rules_has_a_test_on_the_real_server() -> None:
    found = rules_with_tests()
    on_the_server = {
        group: sorted({file for rule in rules for file in found[rule] if is_on_the_server(HERE / file)})
        for group, rules in GROUPS.items()
    }

    assert [group for group, files in on_the_server.items() if not files] == []


def test_the_readme_names_the_files_of_each_rule() -> None:
    lines = (HERE / "README.md").read_text(encoding="utf-8").splitlines()
    named = {
        int(found[1]): set(re.findall(r"`(test_\w+\.py)`", line))
        for line in lines
        if (found := re.match(r"\| (\d+) \|", line))
    }

    assert named == {rule: set(files) for rule, files in rules_with_tests().items()}
