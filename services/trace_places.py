"""Where a span stands in the trace of an act: its ids follow from the id of the command (decision 0016)."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Step = Literal["click", "update", "commit"]
"""The steps of which an act has one; the next finds its span as its parent."""

Told = Mapping[str, str | int]


@dataclass(frozen=True)
class Place:
    """Where a span stands.

    Attributes:
        cause: whose trace it is: a command's id, or what `own_step` says.
        step: of which it is the span; None for one that may be there more than once.
        within: the step in which it happened; None for the first.
    """

    cause: str
    step: Step | None
    within: Step | None = None


def trace_id_of(cause: str) -> int:
    """The id of an act's trace, as everything that knows its cause finds it."""
    return int.from_bytes(hashlib.sha256(f"dondoc trace {cause}".encode()).digest()[:16], "big")


def span_id_of(cause: str, step: Step) -> int:
    """The id of the span of one step of it."""
    return int.from_bytes(hashlib.sha256(f"dondoc {step} {cause}".encode()).digest()[:8], "big")
