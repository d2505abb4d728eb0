"""Pages: the templates, and the frame that every one of them has."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from documents.dates import short_day, short_instant
from documents.labels import label
from documents.language import Language, format_day, format_instant, sentence
from documents.phrases import span_words
from models.commands import Actor
from models.directory import Directory
from models.sight import Scope
from models.vocabulary import Role
from services.accounts import SignedIn
from services.keepers import KEEPERS
from web.assets import address

TEMPLATES: Final = Path(__file__).parent / "templates"

PAGE_POLICY: Final = (
    "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'; "
    "style-src 'self'; script-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'"
)
"""The content security policy of a page: only what lies beside it, nothing inline."""

PAGE_HEADERS: Final = {
    "Content-Security-Policy": PAGE_POLICY,
    # With no-referrer browsers send our own forms with `Origin: null`, as if they came from elsewhere.
    "Referrer-Policy": "same-origin",
}


@dataclass(frozen=True)
class Reader:
    """Who reads a page: what he may do and see today, in which language he reads.

    Attributes:
        actor: himself in his own posts; on behalf of others he acts only where a form says so.
        engine_up: whether commands are recorded now; otherwise they are kept, and the page says so.
        read_only: whether the database takes nothing now, and the page says so.
    """

    signed_in: SignedIn
    actor: Actor
    scope: Scope
    directory: Directory
    language: Language
    unread: int = 0
    engine_up: bool = True
    read_only: bool = False

    @property
    def name(self) -> str:
        """His name."""
        return self.directory.person_name(self.actor.person)

    @property
    def takes_in(self) -> bool:
        """Whether he is of the secretariat, who take directives in."""
        return Role.SECRETARIAT in self.actor.roles

    @property
    def keeps(self) -> bool:
        """Whether he may see health, people and calendar among the pages of the administration."""
        return bool(self.actor.roles & KEEPERS)

    @property
    def administers(self) -> bool:
        """Whether he keeps directory, calendar, policy and tokens."""
        return Role.ADMINISTRATOR in self.actor.roles


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(label=label, asset=address)
    return environment


_PAGES: Final = _environment()


@dataclass(frozen=True)
class View:
    """What one template names; each page has its own."""


def page(
    template: str,
    language: Language,
    reader: Reader | None = None,
    view: View | None = None,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> HTMLResponse:
    """Write a page.

    Args:
        reader: None where nobody is signed in.
        view: its fields are the names in the template.
    """

    def say(msgid: str, **holes: object) -> str:
        return sentence(msgid, language, **holes)

    text = _PAGES.get_template(template).render(
        say=say,
        words=lambda member: label(member, language),
        day=short_day,
        span=lambda seconds: span_words(seconds, language),
        instant=short_instant,
        long_day=lambda value: format_day(value, language),
        long_instant=lambda value: format_instant(value, language),
        language=language,
        reader=reader,
        **(vars(view) if view else {}),
    )
    return HTMLResponse(text, status, headers={**PAGE_HEADERS, **(headers or {})})
