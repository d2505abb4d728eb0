"""People before a browser: a journey reads like a story, and whatever a browser complains of fails it."""

import re
from dataclasses import dataclass, field
from typing import Final, Literal
from urllib.parse import urlsplit

from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Response, expect

expect.set_options(timeout=20_000)

PHONE: Final = (360, 740)
TABLET: Final = (768, 1024)
DESK: Final = (1440, 900)

Scheme = Literal["light", "dark"]


@dataclass
class Person:
    """Somebody at a page of ours. What he does waits until the page shows it.

    Attributes:
        elsewhere: addresses of others to which his browser may go in this story.
        complaints: what the browser said that it should not: errors of the console (violations of the content security
            policy stand there too), scripts that broke, dialogs, requests to other hosts, answers that broke.
    """

    name: str
    page: Page
    home: str
    password: str
    elsewhere: tuple[str, ...] = ()
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))
        self.page.on("dialog", lambda dialog: self.complaints.append(f"dialog: {dialog.message}"))
        self.page.on("request", self._requested)
        self.page.on("response", self._answered)

    def _console(self, message: ConsoleMessage) -> None:
        # An answer of 4xx is written there too; whether it was right is said by what the page shows.
        if message.type in ("error", "warning") and "the server responded with a status of" not in message.text:
            self.complaints.append(f"console: {message.text}")

    def _requested(self, request: Request) -> None:
        if not request.url.startswith((f"{self.home}/", "data:", "blob:", *self.elsewhere)):
            self.complaints.append(f"request to {urlsplit(request.url).netloc}: {request.url[:100]}")

    def _answered(self, response: Response) -> None:
        if response.status >= 500:
            self.complaints.append(f"answer {response.status}: {response.url[:100]}")

    async def opens(self, path: str) -> "Person":
        """Go to a page, by its path or by a whole address as it stands in a mail."""
        await self.page.goto(path if path.startswith("http") else f"{self.home}{path}")
        return self

    async def signs_in(self, wanted: str = "/") -> "Person":
        """Sign in at the page to which he is led."""
        await self.opens(wanted)
        await self.page.get_by_label("Tên đăng nhập").fill(self.name)
        await self.page.get_by_label("Mật khẩu").fill(self.password)
        await self.presses("Đăng nhập")
        await expect(self.page).not_to_have_url(re.compile("/sign-in"))
        return self

    async def follows(self, link: str, *, button: bool = False) -> "Person":
        """Follow a link, by what it says; one may look like a button."""
        await self.page.get_by_role("button" if button else "link", name=link, exact=True).first.click()
        return self

    async def presses(self, button: str) -> "Person":
        """Press a button, by what it says."""
        await self.page.get_by_role("button", name=button, exact=True).first.click()
        return self

    async def writes(self, label: str, text: str) -> "Person":
        """Fill in an entry, by its label; of several the one that is seen."""
        await self.page.get_by_label(label, exact=False).locator("visible=true").first.fill(text)
        return self

    async def does(self, act: str, **entries: str) -> "Person":
        """Carry out an act on the directive before him: unfold its form, fill it in by its parts' names, send it."""
        form = self.page.locator("details.act").filter(
            has=self.page.locator("summary", has_text=re.compile(f"^{act}$"))
        )
        await form.locator("summary").click()
        for name, text in entries.items():
            entry = form.locator(f'[name="{name}"]')
            if await entry.evaluate("element => element.tagName") == "SELECT":
                await entry.select_option(text)
            else:
                await entry.fill(text)
        await form.get_by_role("button", name=act, exact=True).last.click()
        return self

    async def reads(self, text: str) -> "Person":
        """See a text on the page."""
        await expect(self.page.get_by_text(text).locator("visible=true").first).to_be_visible()
        return self

    async def does_not_read(self, text: str) -> "Person":
        """See the text nowhere."""
        await expect(self.page.get_by_text(text)).to_have_count(0)
        return self

    async def types(self, *keys: str) -> "Person":
        """Press keys of the keyboard, one after another; a text of more than a key's name is typed letter by letter."""
        await expect(self.page.locator(":focus")).to_have_count(1)
        for key in keys:
            if key in ("Tab", "Shift+Tab", "Enter", "Space", "Escape"):
                await self.page.keyboard.press(key)
            else:
                await self.page.keyboard.type(key)
        return self

    async def tabs_to(self, words: str, most: int = 60) -> "Person":
        """Press Tab until what has the focus says this (or is labelled so); fails when it is not reached."""
        for _ in range(most):
            await self.page.keyboard.press("Tab")
            said = await self.page.evaluate(
                "() => { const e = document.activeElement;"
                " return (e.labels && e.labels.length ? e.labels[0].innerText : e.innerText || '').trim(); }"
            )
            if said.startswith(words):
                return self
        raise AssertionError(f"“{words}” is not reached by the keyboard on {self.page.url}")

    async def overflow(self) -> int:
        """By how many pixels the page is wider than the window."""
        return int(await self.page.evaluate("() => document.documentElement.scrollWidth - window.innerWidth"))

    def has_no_complaint(self) -> None:
        """Nothing was said by the browser that should not have been."""
        assert not self.complaints, "\n".join(self.complaints)


@dataclass
class People:
    """Whoever comes to a browser during one test."""

    browser: Browser
    home: str
    password: str
    known: dict[str, list[dict[str, object]]]
    here: list[Person] = field(default_factory=list)
    contexts: list[BrowserContext] = field(default_factory=list)

    async def comes(
        self,
        name: str,
        size: tuple[int, int] = DESK,
        *,
        scheme: Scheme = "light",
        scripts: bool = True,
        examined: bool = False,
    ) -> Person:
        """Somebody comes to a browser of his own.

        Args:
            scripts: whether his browser runs any.
            examined: whether the page is examined by a script of the test, which its policy would refuse.
        """
        context = await self.browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme=scheme,
            java_script_enabled=scripts,
            bypass_csp=examined,
            locale="vi-VN",
            reduced_motion="reduce",  # a colour that is on its way to another is none to measure
            has_touch=size == PHONE,
        )
        self.contexts.append(context)
        context.set_default_timeout(20_000)
        person = Person(name, await context.new_page(), self.home, self.password)
        self.here.append(person)
        return person

    async def comes_signed_in(self, name: str, size: tuple[int, int] = DESK, **how: object) -> Person:
        """As `comes`, signed in; only the first time by the form."""
        person = await self.comes(name, size, **how)  # type: ignore[arg-type]
        if name in self.known:
            await self.contexts[-1].add_cookies(self.known[name])  # type: ignore[arg-type]
        else:
            await person.signs_in()
            self.known[name] = [dict(cookie) for cookie in await self.contexts[-1].cookies()]
        return person

    async def leave(self) -> None:
        """Everybody leaves; who comes later has a browser of his own again."""
        while self.contexts:
            await self.contexts.pop().close()
