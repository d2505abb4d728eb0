"""One office, one Chromium and one event loop for all browser tests of a process."""

import os
import shutil
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from people import People
from playwright.async_api import Browser, async_playwright
from whole_office import PASSWORD, WholeOffice, running_office

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MISSING = "Browser tests need Chromium: on Debian `apt-get install -y chromium`; elsewhere put `chromium` on PATH."


@pytest.fixture(scope="session")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholeOffice]:
    with running_office(tmp_path_factory.mktemp("office")) as running:
        yield running


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium() -> AsyncIterator[Browser]:
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    assert found is not None, MISSING
    unsafe = ["--no-sandbox"] if os.geteuid() == 0 else []  # its sandbox does not start as root
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=found, args=["--disable-gpu", *unsafe])
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def people(chromium: Browser, office: WholeOffice) -> AsyncIterator[People]:
    """Whoever comes; at the end the browsers must have had nothing to complain of."""
    here = People(chromium, office.home, PASSWORD, office.cookies)
    yield here
    await here.leave()
    for person in here.here:
        person.has_no_complaint()
