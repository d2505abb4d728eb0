"""A page that says one sentence."""

from dataclasses import dataclass

from web.rendering import View


@dataclass(frozen=True)
class MessageView(View):
    """The sentence."""

    told: str


@dataclass(frozen=True)
class AwayView(View):
    """Why nothing can be shown now.

    Attributes:
        address: what was asked for.
        fields: of the form that was sent; none when a page was asked for.
    """

    told: str
    address: str
    fields: tuple[tuple[str, str], ...]
