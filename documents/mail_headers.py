"""How the headers of our mails are written.

Python's own folding drops the blank where two encoded words meet ("ngày làmviệc") and encodes ids longer than a line,
so that no reader finds the thread. Here the older `email.header.Header` encodes, which keeps both.
"""

import re
from email.header import Header
from email.headerregistry import (
    HeaderRegistry,
    MessageIDHeader,
    UniqueSingleAddressHeader,
    UniqueUnstructuredHeader,
)
from email.policy import SMTP, Policy
from typing import Final

_CODE_FIRST: Final = re.compile(r"(\[[\x21-\x7e]{1,60}\]) (.+)")


def encoded(text: str, header_name: str, linesep: str) -> str:
    """Encode a header's text, folded; ASCII stays readable, as does a directive's code in brackets at the start."""
    if text.isascii():
        return Header(text, "us-ascii", header_name=header_name).encode(linesep=linesep)
    found = _CODE_FIRST.fullmatch(text)
    if found is None:
        return Header(text, "utf-8", header_name=header_name).encode(linesep=linesep)
    header = Header(found[1], "us-ascii", header_name=header_name)
    header.append(found[2], "utf-8")
    return header.encode(linesep=linesep)


class TextLine(UniqueUnstructuredHeader):
    """A header of free text: the subject."""

    def fold(self, *, policy: Policy) -> str:
        """Write the header."""
        name, text = getattr(self, "name", "Subject"), str(self)
        return f"{name}: {encoded(text, name, policy.linesep)}{policy.linesep}"


class AddressLine(UniqueSingleAddressHeader):
    """A header of one address with its name: From and To."""

    def fold(self, *, policy: Policy) -> str:
        """Write the header."""
        name, address = getattr(self, "name", "To"), self.address
        if address.display_name.isascii():
            return f"{name}: {address}{policy.linesep}"
        shown = encoded(address.display_name, name, policy.linesep)
        return f"{name}: {shown}{policy.linesep} <{address.addr_spec}>{policy.linesep}"


class PlainLine(UniqueUnstructuredHeader):
    """A header of machine-readable ASCII that is never folded: ids and addresses of lists."""

    def fold(self, *, policy: Policy) -> str:
        """Write the header."""
        name, text = getattr(self, "name", ""), str(self)
        shown = text if text.isascii() else encoded(text, name, policy.linesep)
        return f"{name}: {shown}{policy.linesep}"


def _registry() -> HeaderRegistry:
    registry = HeaderRegistry()
    mapped = {
        "subject": TextLine,
        "from": AddressLine,
        "to": AddressLine,
        "in-reply-to": MessageIDHeader,
        "references": MessageIDHeader,
        "list-id": PlainLine,
        "list-unsubscribe": PlainLine,
    }
    for name, header in mapped.items():
        # typeshed asks for a BaseHeader; the registry itself mixes BaseHeader into what it is given.
        registry.map_to_type(name, header)  # type: ignore[arg-type]
    return registry


MAIL_POLICY: Final = SMTP.clone(header_factory=_registry())
"""The policy that our messages are built and written with."""
