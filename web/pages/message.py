"""A page that says one sentence."""

from dataclasses import dataclass

from web.rendering import View


@dataclass(frozen=True)
class MessageView(View):
    """The sentence."""

    told: str
