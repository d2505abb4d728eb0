"""What a process counts of what people do; each process counts for itself, and Prometheus adds them up."""

from typing import Final

from prometheus_client import Counter

REFUSED: Final = Counter(
    "dondoc_commands_refused", "Commands that people gave and that were refused, by code.", ["code"], registry=None
)
"""Belongs to no registry by itself: who answers `/metrics` takes it in."""
