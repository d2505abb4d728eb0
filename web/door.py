"""Who stands at the door: the cookie of a session, the language, and what a page needs to know of its reader."""

from typing import Final
from urllib.parse import quote, urlsplit

from sqlalchemy import bindparam, func, select
from starlette.requests import Request
from starlette.responses import Response

from database.engine import is_read_only, reading
from documents.language import Language
from models.local_time import local_day
from models.sight import scope_of
from models.tables import NOTICE
from services import accounts
from services.accounts import Browser
from services.office import Office
from web.engine_watch import engine_up
from web.rendering import Reader

LANGUAGE_COOKIE: Final = "dondoc_lang"


class SignInNeeded(Exception):
    """Nobody is signed in; he is led to the sign-in page and back to where he wanted to go."""

    def __init__(self, wanted: str) -> None:
        super().__init__(wanted)
        self.wanted = wanted


class PasswordChangeNeeded(Exception):
    """The password was made by somebody else, and is to be changed first."""


class SecondFactorNeeded(Exception):
    """He has to set up a second factor before anything else."""


NOT_IN: Final = (SignInNeeded, PasswordChangeNeeded, SecondFactorNeeded)
"""Why somebody does not read a page yet."""


def cookie_name(request: Request) -> str:
    """The session's cookie; over TLS its name binds it to this host (`__Host-`)."""
    return "__Host-dondoc" if request.url.scheme == "https" else "dondoc"


def set_cookie(request: Request, response: Response, secret: str) -> None:
    """Hand out the session."""
    secure = request.url.scheme == "https"
    response.set_cookie(cookie_name(request), secret, httponly=True, samesite="lax", secure=secure, path="/")


def drop_cookie(request: Request, response: Response) -> None:
    """Take it back."""
    secure = request.url.scheme == "https"
    response.delete_cookie(cookie_name(request), httponly=True, samesite="lax", secure=secure, path="/")


def end_present_session(request: Request, office: Office) -> None:
    """End the session of whatever cookie the browser has: it is worth nothing once somebody comes or goes."""
    secret = request.cookies.get(cookie_name(request))
    found = accounts.signed_in(office, secret) if secret else None
    if found is not None:
        accounts.end_session(office, found.person, found.session)


def browser_of(request: Request) -> Browser:
    """From where a request comes."""
    address = request.client.host if request.client else ""
    return Browser(address, request.headers.get("user-agent", ""))


def language_of(request: Request) -> Language:
    """The language that was chosen on a page; Vietnamese at first."""
    chosen = request.cookies.get(LANGUAGE_COOKIE, "")
    return Language(chosen) if chosen in list(Language) else Language.VI


LIVE_HEADER: Final = "Dondoc-Live"
"""Borne by what a page asks for by itself: it does not keep a session alive that nobody uses."""


def reader_of(
    request: Request,
    office: Office,
    *,
    may_have_old_password: bool = False,
    may_lack_second_factor: bool = False,
    used: bool = True,
) -> Reader:
    """Who reads this page.

    Args:
        used: whether a person asks; False for what a page does by itself.

    Raises:
        SignInNeeded: nobody is signed in.
        PasswordChangeNeeded: he has to change his password before anything else.
        SecondFactorNeeded: he has to set up a second factor before anything else.
    """
    secret = request.cookies.get(cookie_name(request))
    with reading(office.engine) as connection:
        reference = office.reference(connection)
        now = office.now(reference)
        found = accounts.find_signed_in(connection, office, reference, secret, now) if secret else None
        if found is None:
            raise SignInNeeded(_wanted(request))
        if found.must_change and not may_have_old_password:
            raise PasswordChangeNeeded
        if found.lacks_second_factor and not may_lack_second_factor:
            raise SecondFactorNeeded
        unread = connection.execute(_UNREAD, {"person": found.person}).scalar_one()
        read_only = is_read_only(connection)
    if used and LIVE_HEADER not in request.headers:
        accounts.note_use(office, found, now)
    today = local_day(now)
    return Reader(
        signed_in=found,
        actor=reference.directory.actor(found.person, today),
        scope=scope_of(found.person, reference.directory, today),
        directory=reference.directory,
        language=language_of(request),
        unread=unread,
        engine_up=engine_up(request.scope),
        read_only=read_only,
    )


_UNREAD: Final = select(func.count()).where(NOTICE.c.recipient == bindparam("person"), NOTICE.c.read_at.is_(None))


def sign_in_address(wanted: str) -> str:
    """The sign-in page that leads on to where somebody wanted to go."""
    return f"/sign-in?next={quote(wanted, safe='')}" if wanted not in ("", "/") else "/sign-in"


def safe_next(wanted: str) -> str:
    """Where to go after signing in: a page of ours, never another site."""
    parts = urlsplit(wanted)
    inside = not parts.scheme and not parts.netloc and wanted.startswith("/") and not wanted.startswith(("//", "/\\"))
    return wanted if inside else "/"


def _wanted(request: Request) -> str:
    if request.method != "GET":
        return "/"
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")
