"""Every page: it fits on a phone, a tablet and a desk, and axe finds no violation of WCAG 2.2 AA in light and dark."""

from pathlib import Path
from typing import Final

import pytest
from people import DESK, PHONE, TABLET, People, Scheme

pytestmark = [pytest.mark.server, pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]

AXE: Final = (Path(__file__).parent / "axe" / "axe.min.js").read_text(encoding="utf-8")
RUN: Final = """async () => (await axe.run(document, {
    runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
    rules: {"target-size": {enabled: true}},
})).violations.flatMap(one => one.nodes.map(node =>
    `${one.id}: ${node.html.slice(0, 100)} ${node.failureSummary.split("\\n").slice(1).join(" ")}`))"""
"""Each violation in one line: the rule, the element, what is wrong."""

NOBODY: Final = ""
PAGES: Final = (
    (NOBODY, "/sign-in"),
    (NOBODY, "/forgotten"),
    (NOBODY, "/reset/khong-co"),
    (NOBODY, "/signed-out"),
    ("truong.syt", "/"),
    ("vanthu", "/"),
    ("chutich", "/"),
    ("truong.syt", "/directives"),
    ("truong.syt", "/directives?timeliness=overdue&text=khong-co"),
    ("truong.syt", "/directives/B-1"),
    ("chutich", "/directives/B-2"),
    ("vanthu", "/directives/B-3"),
    ("truong.syt", "/directives/khong-co"),
    ("chutich", "/board"),
    ("truong.syt", "/inbox"),
    ("truong.syt", "/password"),
    ("truong.syt", "/sessions"),
    ("chutich", "/board/meeting"),
    ("truong.syt", "/preferences"),
    ("truong.syt", "/tokens"),
    ("truong.syt", "/help"),
    ("vanthu", "/register"),
    ("vanthu", "/import"),
    ("vanthu", "/help/secretariat"),
    ("quantri", "/admin"),
    ("quantri", "/admin/people"),
    ("quantri", "/admin/people/truong.syt"),
    ("quantri", "/admin/new-person"),
    ("quantri", "/admin/agencies"),
    ("quantri", "/admin/agencies/SYT"),
    ("quantri", "/admin/succession"),
    ("quantri", "/admin/directory"),
    ("quantri", "/admin/calendar/2026"),
    ("quantri", "/admin/policy"),
    ("quantri", "/admin/tokens"),
    ("quantri", "/admin/webhooks"),
    ("quantri", "/admin/operations"),
    ("quantri", "/admin/audit"),
    ("quantri", "/admin/ledger"),
)
"""Each page of the application, seen by somebody for whom it is full."""


SCHEMES: Final[tuple[Scheme, ...]] = ("light", "dark")


@pytest.mark.parametrize(("person", "path"), PAGES)
async def test_a_page_fits_on_every_screen_and_axe_finds_nothing(people: People, person: str, path: str) -> None:
    somebody = await (people.comes_signed_in if person else people.comes)(person, PHONE, examined=True)
    await somebody.opens(path)
    for width, height in (PHONE, TABLET, DESK):
        await somebody.page.set_viewport_size({"width": width, "height": height})
        assert await somebody.overflow() <= 0, f"it is wider than a window of {width}"
    # An unfolded menu lies over what stands below it, so it is examined on one page.
    folded = "details" if path == "/" else "details:not(.dropdown)"
    for summary in await somebody.page.locator(f"{folded} > summary").all():
        await summary.evaluate("element => element.parentElement.open = true")
    await somebody.page.evaluate(AXE)
    found: list[str] = []
    for scheme in SCHEMES:
        await somebody.page.emulate_media(color_scheme=scheme)
        violations: list[str] = await somebody.page.evaluate(RUN)
        found += [f"{scheme}: {violation}" for violation in violations]

    assert not found, "\n".join(found)
