"""The form in which a document and its directives are written: its fields, and what a browser sends of it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Final

from services.registering import ROWS, DirectiveWords, DocumentWords

DOCUMENT_FIELDS: Final = {
    "document_number": "number",
    "document_date": "date",
    "document_type": "type",
    "abstract": "abstract",
    "signer": "signer",
}
"""Each part of a document as the form and a refusal name it, and as the service does."""

DIRECTIVE_FIELDS: Final = tuple(field.name for field in fields(DirectiveWords))

_NAME: Final = re.compile(r"r(?P<number>\d{1,3})-(?P<field>[a-z_]+)")
_FORM_ID: Final = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class Sent:
    """What a browser sent.

    Attributes:
        id: names this form; empty where what was sent names none.
        directives: by the number of its row, in their order.
        act: the button that was pressed.
        row: the row that a preview is asked for.
    """

    id: str
    document: DocumentWords
    directives: dict[int, DirectiveWords]
    act: str = ""
    row: int = 0

    @property
    def written(self) -> dict[int, DirectiveWords]:
        """The rows in which anything stands but the urgency, which is always chosen; the others are passed over."""
        return {number: one for number, one in self.directives.items() if one != DirectiveWords(urgency=one.urgency)}


def read_form(given: Mapping[str, str]) -> Sent:
    """Read the form; rows beyond those that one form takes, and parts with other names, are left aside."""
    cells: dict[int, dict[str, str]] = {}
    for name, value in given.items():
        found = _NAME.fullmatch(name)
        if found is not None and found["field"] in DIRECTIVE_FIELDS:
            cells.setdefault(int(found["number"]), {})[found["field"]] = value.strip()
    row = given.get("row", "")
    return Sent(
        id=given.get("form", "") if _FORM_ID.fullmatch(given.get("form", "")) else "",
        document=DocumentWords(**{own: given.get(name, "").strip() for name, own in DOCUMENT_FIELDS.items()}),
        directives={number: DirectiveWords(**cells[number]) for number in sorted(cells)[:ROWS]},
        act=given.get("act", ""),
        row=int(row) if row.isdecimal() and len(row) < 4 else 0,
    )
