"""Every page: it fits on a phone, a tablet and a desk, and axe finds no violation of WCAG 2.2 AA in light and dark."""

from pathlib import Path
from typing import Final

import pytest
from people import DESK, PHONE, TABLET, People, Person, Scheme
from whole_office import WholeOffice

from models.second_factor import code_at, step_of
from services.office import Office

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
    ("truong.syt", "/second-factor"),
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
    ("quantri", "/admin/fields"),
    ("quantri", "/admin/fields/y-te"),
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


async def violations(somebody: Person) -> list[str]:
    """What axe finds on the page before somebody, in both schemes."""
    await somebody.page.evaluate(AXE)
    found: list[str] = []
    for scheme in SCHEMES:
        await somebody.page.emulate_media(color_scheme=scheme)
        said: list[str] = await somebody.page.evaluate(RUN)
        found += [f"{scheme}: {violation}" for violation in said]
    return found


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
    found = await violations(somebody)

    assert not found, "\n".join(found)


async def test_so_do_the_pages_of_the_second_factor_while_it_is_set_up_and_asked_for(
    people: People, office: WholeOffice
) -> None:
    clock = Office.at(f"sqlite:///{office.dondoc.data / 'dondoc.db'}")
    somebody = await people.comes("thanhtra", PHONE, examined=True)
    await somebody.signs_in("/second-factor")
    await somebody.presses("Bắt đầu")
    secret = await somebody.page.locator("code.secret").inner_text()
    assert await somebody.overflow() <= 0
    found = await violations(somebody)
    await somebody.page.get_by_label("Mã 6 số").fill(code_at(secret, step_of(clock.now())))
    await somebody.page.get_by_label("Mật khẩu hiện nay").fill(somebody.password)
    await somebody.presses("Bật xác thực hai bước")
    await somebody.reads("Mã dự phòng chỉ hiện lần này")
    recovery = await somebody.page.locator("ol.codes code").all_inner_texts()
    assert await somebody.overflow() <= 0
    found += await violations(somebody)

    again = await people.comes("thanhtra", PHONE, examined=True)
    await again.opens("/sign-in")
    await again.writes("Tên đăng nhập", again.name)
    await again.writes("Mật khẩu", again.password)
    await again.presses("Đăng nhập")
    await again.reads("Mở ứng dụng xác thực")
    assert await again.overflow() <= 0
    found += await violations(again)
    await again.writes("Mã 6 số", recovery[0])
    await again.presses("Tiếp tục")
    await again.opens("/second-factor")
    found += await violations(again)
    await again.writes("Mật khẩu hiện nay", again.password)
    await again.writes("Mã 6 số", recovery[1])
    await again.presses("Tắt xác thực hai bước")
    await again.reads("Đã tắt xác thực hai bước")
    clock.engine.dispose()

    assert not found, "\n".join(found)
