"""docs/security-checklist.md names tests that exist, and no line is without one."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in (ROOT / "docs" / "security-checklist.md").read_text(encoding="utf-8").splitlines()
    if line.startswith("| ") and not line.startswith(("| item", "|---"))
]
NAMED = {name for row in ROWS for name in re.findall(r"`(tests/[\w/]+\.py::\w+)`", row[3])}


def test_every_test_that_the_checklist_names_exists() -> None:
    missing = []
    for name in sorted(NAMED):
        file, _, function = name.partition("::")
        path = ROOT / file
        if not path.is_file() or not re.search(rf"^(?:async )?def {function}\(", path.read_text("utf-8"), re.MULTILINE):
            missing.append(name)

    assert len(NAMED) > 80
    assert missing == []


def test_every_line_names_a_test() -> None:
    assert all(len(row) == 4 for row in ROWS)
    assert [row[0] for row in ROWS if not re.search(r"`tests/", row[3])] == []
