"""Signing in by the office's OpenID Connect provider, against a real one on this machine that lies when it is told to.

Whom it names as truong.syt@quangngai.example is the head of Sở Y tế.
"""

from collections.abc import AsyncIterator, Iterator
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from lying_provider import CLIENT_ID, CLIENT_SECRET, RunningProvider, running_provider
from office_fixture import Desk
from sqlalchemy import select
from temporalio.client import Client

from database.engine import reading
from models.local_time import local_day
from models.safe_address import is_safe_address
from models.tables import AUDIT, IDENTITY
from models.vocabulary import Position
from services import accounts, forgotten_password
from services.accounts import Browser
from services.openid_provider import Provider
from services.single_sign_on import ClaimNames, SingleSignOn
from settings import SettingsRefused, load_settings
from web.app import Surroundings, create_app
from web.pages.single_sign_on import RETURN_PATH

HOST = "http://dondoc.test"
HEAD = "truong.syt@quangngai.example"
PASSWORD = "mưa rơi trên sông Trà"


@pytest.fixture(scope="module")
def provider() -> Iterator[RunningProvider]:
    with running_provider() as running:
        yield running


async def no_temporal() -> Client:
    raise RuntimeError("connection refused")


def browser_at(desk: Desk, issuer: str, names: ClaimNames, secret: str = CLIENT_SECRET) -> httpx2.AsyncClient:
    """A browser before our sign-in page."""
    there = Provider(issuer, CLIENT_ID, secret, "openid email", f"{HOST}{RETURN_PATH}")
    app = create_app(desk.office, no_temporal, Surroundings(base_url=HOST, single_sign_on=SingleSignOn(there, names)))
    return httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app), base_url=HOST, headers={"Origin": HOST, "User-Agent": "test"}
    )


@pytest.fixture
async def browser(desk: Desk, provider: RunningProvider) -> AsyncIterator[httpx2.AsyncClient]:
    async with browser_at(desk, provider.issuer, ClaimNames()) as client:
        yield client


@pytest.fixture
async def mapping(desk: Desk, provider: RunningProvider) -> AsyncIterator[httpx2.AsyncClient]:
    """With agency and position read from the claims."""
    async with browser_at(desk, provider.issuer, ClaimNames("email", "agency", "position")) as client:
        yield client


async def come_back(browser: httpx2.AsyncClient, provider: RunningProvider, wanted: str = "/board") -> httpx2.Response:
    """Press the button, sign in there, come back."""
    gone = await browser.get("/sign-in/provider", params={"next": wanted})
    assert gone.status_code == 303, gone.text
    return await browser.get(provider.signs_in(gone.headers["location"]))


async def test_whom_the_provider_names_is_signed_in_and_comes_to_where_he_wanted(
    browser: httpx2.AsyncClient, provider: RunningProvider
) -> None:
    provider.says(email=HEAD, email_verified=True)
    assert 'href="/sign-in/provider?next=/board"' in (await browser.get("/sign-in?next=/board")).text

    back = await come_back(browser, provider)

    assert (back.status_code, back.headers["location"]) == (303, "/board")
    assert "Phan Bùi Nhật Quang" in (await browser.get("/board")).text


async def test_what_the_token_does_not_say_is_asked_for(browser: httpx2.AsyncClient, provider: RunningProvider) -> None:
    provider.says("told_later", email=HEAD)

    assert (await come_back(browser, provider)).status_code == 303


async def test_what_is_sent_there_has_state_nonce_and_a_challenge_and_no_secret(browser: httpx2.AsyncClient) -> None:
    gone = await browser.get("/sign-in/provider")

    query = parse_qs(urlsplit(gone.headers["location"]).query)
    assert query["code_challenge_method"] == ["S256"]
    assert {"state", "nonce", "code_challenge", "redirect_uri", "client_id", "scope"} <= set(query)
    assert CLIENT_SECRET not in gone.headers["location"]
    assert "httponly" in gone.headers["set-cookie"].lower()


@pytest.mark.parametrize(
    "lie",
    [
        *("issuer", "audience", "party", "nonce", "expired", "future", "signature", "unsigned", "shared_secret"),
        *("no_nonce", "no_exp", "no_sub", "no_iss", "no_aud"),
        *("state", "answered_issuer", "silent_issuer", "error", "userinfo"),
    ],
)
async def test_a_provider_that_lies_in_one_field_signs_nobody_in(
    browser: httpx2.AsyncClient, provider: RunningProvider, lie: str
) -> None:
    provider.says(lie, email=HEAD)

    back = await come_back(browser, provider)

    assert back.status_code == 403
    assert "Chưa đăng nhập được qua hệ thống đăng nhập chung" in back.text
    assert "dondoc" not in browser.cookies
    assert (await browser.get("/board")).status_code == 303


@pytest.mark.parametrize("lie", ["described_issuer", "plain_http"])
async def test_a_provider_that_describes_itself_wrongly_is_not_gone_to(
    browser: httpx2.AsyncClient, provider: RunningProvider, lie: str
) -> None:
    provider.says(lie)

    answer = await browser.get("/sign-in/provider")

    assert answer.status_code == 503
    assert "chưa trả lời" in answer.text


async def test_a_code_a_state_and_a_link_are_good_once_and_in_one_browser(
    browser: httpx2.AsyncClient, desk: Desk, provider: RunningProvider
) -> None:
    provider.says(email=HEAD)
    gone = await browser.get("/sign-in/provider")
    cookie = browser.cookies["dondoc_attempt"]
    link = provider.signs_in(gone.headers["location"])

    async with browser_at(desk, provider.issuer, ClaimNames()) as another:
        elsewhere = await another.get(link)
    first = await browser.get(link)
    browser.cookies.clear()
    browser.cookies.set("dondoc_attempt", cookie)
    again = await browser.get(link)

    assert (elsewhere.status_code, first.status_code, again.status_code) == (403, 303, 403)


async def test_a_code_that_was_used_is_refused_by_a_fresh_attempt_too(
    browser: httpx2.AsyncClient, provider: RunningProvider
) -> None:
    provider.says(email=HEAD)
    used = parse_qs(urlsplit(str((await come_back(browser, provider)).request.url)).query)["code"][0]
    gone = await browser.get("/sign-in/provider")
    link = httpx2.URL(provider.signs_in(gone.headers["location"])).copy_set_param("code", used)

    assert (await browser.get(str(link))).status_code == 403


async def test_an_attempt_is_over_after_ten_minutes(
    browser: httpx2.AsyncClient, desk: Desk, provider: RunningProvider
) -> None:
    provider.says(email=HEAD)
    gone = await browser.get("/sign-in/provider")
    desk.time_is("Wed 2026-03-04 10:11")

    assert (await browser.get(provider.signs_in(gone.headers["location"]))).status_code == 403


async def test_a_wrong_secret_of_ours_signs_nobody_in(desk: Desk, provider: RunningProvider) -> None:
    provider.says(email=HEAD)
    async with browser_at(desk, provider.issuer, ClaimNames(), secret="another secret") as browser:
        assert (await come_back(browser, provider)).status_code == 403


async def test_a_provider_that_is_away_is_one_sentence_and_passwords_go_on(desk: Desk) -> None:
    accounts.add(desk.office, "truong.syt", PASSWORD, must_change=False)
    async with browser_at(desk, "http://127.0.0.1:9", ClaimNames()) as browser:
        away = await browser.get("/sign-in/provider")
        by_password = await browser.post("/sign-in", data={"name": "truong.syt", "password": PASSWORD})

    assert (away.status_code, by_password.status_code) == (503, 303)


@pytest.mark.parametrize(
    "claims",
    [
        {"email": "nguoi.la@quangngai.example"},
        {"email": "Phan Bùi Nhật Quang"},
        {"email": ""},
        {},
        {"email": [HEAD, "chutich@quangngai.example"]},
        {"email": HEAD, "email_verified": False},
    ],
)
async def test_whom_the_directory_does_not_have_is_refused_and_nobody_is_entered(
    browser: httpx2.AsyncClient, desk: Desk, provider: RunningProvider, claims: dict[str, object]
) -> None:
    provider.says(agency="SYT", position="officer", **claims)
    before = len(desk.office.reference().directory.people)

    back = await come_back(browser, provider)

    assert back.status_code == 403
    assert len(desk.office.reference().directory.people) == before


async def test_a_locked_person_is_refused(browser: httpx2.AsyncClient, desk: Desk, provider: RunningProvider) -> None:
    desk.sql("UPDATE person SET locked = TRUE WHERE code = 'truong.syt'", "UPDATE revision SET number = number + 1")
    provider.says(email=HEAD)

    assert (await come_back(browser, provider)).status_code == 403


async def test_after_the_first_time_the_providers_own_name_for_him_counts_and_an_address_given_on_lets_nobody_in(
    browser: httpx2.AsyncClient, desk: Desk, provider: RunningProvider
) -> None:
    provider.says(sub="s-7", email=HEAD)
    await come_back(browser, provider)
    provider.says(sub="s-7", email="truong.stc@quangngai.example")

    await come_back(browser, provider)

    assert "Phan Bùi Nhật Quang" in (await browser.get("/board")).text
    with reading(desk.office.engine) as connection:
        assert connection.execute(select(IDENTITY.c.subject, IDENTITY.c.person)).all() == [("s-7", "truong.syt")]


async def test_a_password_that_somebody_else_made_is_taken_away_and_asked_for_no_more(
    browser: httpx2.AsyncClient, desk: Desk, provider: RunningProvider
) -> None:
    accounts.add(desk.office, "truong.syt", PASSWORD)
    provider.says(email=HEAD)

    await come_back(browser, provider)

    assert (await browser.get("/board")).status_code == 200
    assert not accounts.listed(desk.office)[0].has_password
    assert forgotten_password.begin_reset(desk.office, "truong.syt", Browser()) is None


# --- Agency and position from the claims ---------------------------------------------------------------------


async def test_the_agency_that_the_provider_names_must_be_that_of_the_directory(
    mapping: httpx2.AsyncClient, provider: RunningProvider
) -> None:
    provider.says(email=HEAD, agency="Sở Tài chính", position="head")
    other = await come_back(mapping, provider)
    provider.says(email=HEAD, agency="sở y tế", position="head")
    own = await come_back(mapping, provider)

    assert other.status_code == 403
    assert "Sở Tài chính”, không khớp với danh bạ" in other.text
    assert own.status_code == 303


async def test_who_is_not_in_the_directory_is_entered_with_the_agency_and_position_of_the_claims(
    mapping: httpx2.AsyncClient, desk: Desk, provider: RunningProvider
) -> None:
    provider.says(sub="s-2", email="truong.syt@moi.example", agency="Sở Y tế", position="officer")

    back = await come_back(mapping, provider)
    text = (await mapping.get("/board")).text

    assert back.status_code == 303
    directory = desk.office.reference().directory
    (post,) = directory.posts_on("truong.syt-2", local_day(desk.office.now()))
    assert (post.agency, post.position) == ("SYT", Position.OFFICER)
    assert "Người Mới" in text
    with reading(desk.office.engine) as connection:
        acts = connection.execute(select(AUDIT.c.act).where(AUDIT.c.person == "truong.syt-2")).scalars().all()
    assert acts == ["person.entered", "identity.linked", "sign_in"]


@pytest.mark.parametrize(
    ("agency", "position"),
    [
        ("Sở Không Có", "officer"),
        ("Sở Y tế", "administrator"),
        ("Ủy ban nhân dân tỉnh", "chairman"),
        ("Sở Y tế", "trưởng phòng"),
        ("Sở Y tế", ""),
        ("", "officer"),
    ],
)
async def test_nobody_is_entered_with_an_agency_or_position_that_cannot_be(
    mapping: httpx2.AsyncClient, desk: Desk, provider: RunningProvider, agency: str, position: str
) -> None:
    provider.says(sub="s-3", email="moi@quangngai.example", agency=agency, position=position)

    back = await come_back(mapping, provider)

    assert back.status_code == 403
    assert desk.office.reference().directory.person("moi") is None


# --- Leaving -------------------------------------------------------------------------------------------------


async def test_who_came_by_the_provider_is_shown_the_way_out_there_too(
    browser: httpx2.AsyncClient, provider: RunningProvider
) -> None:
    provider.says(email=HEAD)
    await come_back(browser, provider)

    out = await browser.post("/sign-out")
    told = await browser.get(out.headers["location"])

    assert out.headers["location"] == "/signed-out"
    assert f"{provider.issuer}/end?client_id=dondoc&amp;post_logout_redirect_uri=" in told.text
    assert (await browser.get("/board")).status_code == 303


async def test_who_came_by_password_is_not(browser: httpx2.AsyncClient, desk: Desk) -> None:
    accounts.add(desk.office, "truong.syt", PASSWORD, must_change=False)
    await browser.post("/sign-in", data={"name": "truong.syt", "password": PASSWORD})

    assert (await browser.post("/sign-out")).headers["location"] == "/sign-in"


# --- Settings ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "safe"),
    [
        ("https://sso.quangngai.gov.vn/realms/tinh", True),
        ("http://127.0.0.1:8080", True),
        ("http://[::1]:8080", True),
        ("http://localhost", True),
        ("http://sso.quangngai.gov.vn", False),
        ("http://127.0.0.1.evil.example", False),
        ("http://localhost@evil.example", False),
        ("https://user:pass@sso.example", False),
        ("https://:443", False),
        ("ftp://sso.example", False),
        ("https://[::1", False),
        ("", False),
    ],
)
def test_secrets_travel_by_https_or_stay_on_this_machine(address: str, safe: bool) -> None:
    assert is_safe_address(address) is safe


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"oidc_issuer": "http://sso.example", "oidc_client_id": "dondoc"}, "DONDOC_OIDC_ISSUER"),
        ({"oidc_issuer": "https://sso.example"}, "DONDOC_OIDC_CLIENT_ID"),
        ({"oidc_scopes": "email"}, "DONDOC_OIDC_SCOPES"),
    ],
)
def test_settings_that_do_not_fit_are_named(wrong: dict[str, str], named: str) -> None:
    with pytest.raises(SettingsRefused, match=named):
        load_settings(**wrong)
