"""What people do in a working week, in a real browser before the real office: `dondoc up` and a real mail server.

The last test is the long story: a directive is registered from a document, acknowledged on a phone and left undone; its
head's mail comes, then the chief's; the leader sees it red, an explanation is asked and given, the result is handed
in, returned, handed in again and accepted. The other journeys, each a test:

1. acknowledging on a phone                             9. the meeting: deciding on the spot
2. a forgotten password, by mail                       10. an inspector, who only reads
3. single sign-on and out again                        11. a file with a report, read by the office
4. without JavaScript                                  12. a filtered list, taken away as a workbook
5. wholly by keyboard                                  13. a day off in the calendar, and its audit
6. registering, seen at once on another's open page    14. a token, used by a program
7. a workbook judged, put right in place, imported     15. an extension, asked and granted
8. two people at once on one directive                 16. a deputy acting for an absent head
                                                       17. Temporal away: reading, acting, recovering
"""

from io import BytesIO
from pathlib import Path

import httpx2
import pytest
from dondoc_command import until
from openpyxl import load_workbook
from people import PHONE, People
from playwright.async_api import expect
from whole_office import DOCUMENT, WholeOffice, text_of, write_rows

pytestmark = [pytest.mark.server, pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]


def content_of(file: str | Path) -> bytes:
    return Path(file).read_bytes()


async def test_an_agency_acknowledges_on_a_phone(people: People) -> None:
    head = await people.comes("truong.syt", PHONE)

    await head.signs_in("/")
    await head.reads("Chờ tiếp nhận")
    await head.follows("B-1")
    await head.reads("Báo cáo tình hình dịch bệnh trên địa bàn tỉnh")
    await head.does("Tiếp nhận nhiệm vụ")

    await head.reads("Đã ghi nhận.")
    await head.reads("Đang thực hiện")
    assert await head.overflow() <= 0


async def test_who_forgot_the_password_gets_in_by_the_mail(people: People, office: WholeOffice) -> None:
    officer = await people.comes("chuyenvien.syt")

    await officer.opens("/")
    await officer.follows("Quên mật khẩu?")
    await officer.writes("Tên đăng nhập", "chuyenvien.syt@quangngai.example")
    await officer.presses("Gửi liên kết")
    await officer.reads("đã được gửi tới địa chỉ đó")
    mail = office.mail_to("chuyenvien.syt", about="Đặt lại mật khẩu")
    link = next(word for word in text_of(mail).split() if "/reset/" in word)
    await officer.opens(link)
    await officer.page.locator('[name="new"]').fill(officer.password + "!")
    await officer.page.locator('[name="again"]').fill(officer.password + "!")
    await officer.presses("Đặt mật khẩu mới")
    await officer.reads("Đã đặt mật khẩu mới.")

    officer.password += "!"
    await officer.signs_in("/board")
    await officer.reads("Cộng")


async def test_who_comes_by_the_single_sign_on_is_led_back_to_where_he_wanted_and_out_of_both(
    people: People, office: WholeOffice
) -> None:
    inspector = await people.comes("thanhtra")
    inspector.elsewhere = (office.provider.issuer,)
    office.provider.says(email="thanhtra@quangngai.example", email_verified=True)

    await inspector.opens("/directives/B-3")
    await inspector.follows("Đăng nhập qua hệ thống đăng nhập chung", button=True)
    await inspector.reads("Tham mưu dự toán mua vắc-xin năm 2027")
    await inspector.page.locator("details.dropdown > summary").click()
    await inspector.presses("Đăng xuất")
    await inspector.reads("Phiên đăng nhập ở Đôn Đốc đã kết thúc.")
    await inspector.follows("Đăng xuất khỏi hệ thống đăng nhập chung", button=True)
    await inspector.reads("Signed out of the provider")


async def test_without_scripts_everything_goes_on(people: People) -> None:
    head = await people.comes("truong.stc", scripts=False)

    await head.signs_in("/directives/B-3")
    await head.does("Tiếp nhận nhiệm vụ")
    await head.reads("Đã ghi nhận.")
    await head.presses("English")
    await head.opens("/directives/B-3")
    await head.reads("In progress")


async def test_by_the_keyboard_alone_a_head_signs_in_and_reports(people: People) -> None:
    head = await people.comes("truong.syt")
    await head.opens("/directives/B-4")

    await head.types(head.name, "Tab", head.password, "Enter")
    await head.reads("Kiểm tra an toàn thực phẩm dịp Tết")
    await head.tabs_to("Báo cáo tiến độ")
    await head.types("Enter")
    await head.tabs_to("Đã làm được bao nhiêu phần trăm")
    await head.types("40")
    await head.tabs_to("Nội dung báo cáo")
    await head.types("Đã lập đoàn kiểm tra")
    await head.tabs_to("Báo cáo tiến độ")
    await head.types("Enter")

    await head.reads("Đã ghi nhận.")
    await head.reads("40 %")


async def test_a_document_registered_on_the_page_appears_by_itself_on_the_agencys_open_page(people: People) -> None:
    head, clerk = await people.comes_signed_in("truong.stc"), await people.comes_signed_in("vanthu")
    await head.opens("/inbox")
    before = int(await head.page.locator("#unread").get_attribute("data-number") or 0)

    await clerk.opens("/register")
    await clerk.writes("Số, ký hiệu", "77/UBND-KTTH")
    await clerk.writes("Ngày văn bản", "24/11/2026")
    await clerk.writes("Trích yếu", "V/v dự toán năm 2027")
    await clerk.writes("Nội dung nhiệm vụ", "Lập dự toán chi ngân sách năm 2027")
    await clerk.writes("Cơ quan chủ trì", "so tai chinh")
    await clerk.writes("Thời hạn", "trước 15/12")
    await clerk.presses("Xem trước")
    await clerk.reads("Sở Tài chính")
    await clerk.reads("14/12/2026")
    await clerk.reads("Phó Chủ tịch")  # the ladder, before anything is saved
    await clerk.presses("Lưu")
    await clerk.reads("NV-2026-00001")

    await expect(head.page.locator("#unread")).not_to_have_text(str(before), timeout=30_000)
    await head.opens("/")
    await head.reads("Lập dự toán chi ngân sách năm 2027")


async def test_a_workbook_is_judged_put_right_in_place_and_imported(people: People, tmp_path: Path) -> None:
    clerk = await people.comes_signed_in("vanthu")
    wrong = tmp_path / "sai.xlsx"
    write_rows(
        wrong,
        (
            ("C-2", *DOCUMENT, "Báo cáo rừng", "Sở Y tế", "", "18/12/2026", ""),
            ("C-3", *DOCUMENT, "Báo cáo biển", "Sở Không Có", "", "18/12/2026", ""),
        ),
    )
    await clerk.opens("/import")

    await clerk.page.locator('[name="file"]').set_input_files(wrong)
    await clerk.presses("Kiểm tra tệp")
    await clerk.reads("Sở Không Có")
    await clerk.page.get_by_role("link", name="Sửa").first.click()
    await clerk.page.locator('[name="LEAD_AGENCY"]').fill("Sở Tài chính")
    await clerk.presses("Kiểm tra lại dòng này")
    await clerk.presses("Nhập 2 dòng")
    await clerk.page.wait_for_url("**/operations/**")
    await expect(clerk.page.locator("main")).to_contain_text("Đã nhận 2 dòng", timeout=60_000)
    await clerk.opens("/directives/C-3")
    await clerk.reads("Báo cáo biển")


async def test_of_two_people_on_one_page_the_second_hears_what_the_first_did(people: People) -> None:
    first, second = (
        await people.comes_signed_in("truong.syt"),
        await people.comes_signed_in("chanhvanphong", scripts=False),
    )
    await first.opens("/directives/B-4")
    await second.opens("/directives/B-4")

    await first.does("Ghi ý kiến", text="Đoàn đi ngày mai.")
    await first.reads("Đã ghi nhận.")
    await second.does("Ghi ý kiến", text="Đã kiểm tra hai huyện.")

    await second.reads("vừa thay đổi")
    kept = second.page.locator("details.act[open] [name=text]")
    await expect(kept).to_have_value("Đã kiểm tra hai huyện.")


async def test_a_leader_decides_in_the_meeting_and_stays_in_it(people: People) -> None:
    leader = await people.comes_signed_in("chutich")
    await leader.opens("/board/meeting")

    await leader.reads("1 trên")
    await leader.does("Đôn đốc", text="Báo cáo trước thứ Sáu.")

    await leader.page.wait_for_url("**/board/meeting**")
    await leader.reads("Đã nhận ý kiến về nhiệm vụ")


async def test_an_inspector_reads_everything_and_has_nothing_to_press(people: People) -> None:
    inspector = await people.comes_signed_in("thanhtra")
    await inspector.opens("/directives/B-3")

    await inspector.reads("Tham mưu dự toán mua vắc-xin năm 2027")

    assert await inspector.page.locator("details.act").count() == 0


async def test_a_file_handed_in_with_a_report_is_read_by_the_office(people: People, tmp_path: Path) -> None:
    head, chief = await people.comes_signed_in("truong.syt"), await people.comes_signed_in("chanhvanphong")
    file = tmp_path / "bao-cao.pdf"
    file.write_bytes(b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n")
    await head.opens("/directives/B-4")
    act = head.page.locator("details.act").filter(has=head.page.locator("summary", has_text="Báo cáo tiến độ"))
    await act.locator("summary").click()
    await act.locator('[name="text"]').fill("Có báo cáo kèm theo.")
    await act.locator('input[type="file"]').set_input_files(file)
    await act.get_by_role("button", name="Báo cáo tiến độ", exact=True).last.click()
    await head.reads("Đã ghi nhận.")

    await chief.opens("/directives/B-4")
    async with chief.page.expect_download() as download:
        await chief.page.get_by_role("link", name="bao-cao.pdf").first.click()
    kept = await (await download.value).path()

    assert content_of(kept) == content_of(file)


async def test_a_list_is_narrowed_kept_and_taken_away_as_a_workbook(people: People) -> None:
    leader = await people.comes_signed_in("chutich")
    await leader.opens("/directives")
    await leader.writes("Tìm", "vac-xin")
    await leader.presses("Lọc")
    await leader.reads("Tham mưu dự toán mua vắc-xin năm 2027")
    await leader.does_not_read("Rà soát trạm y tế cấp xã")

    async with leader.page.expect_download() as download:
        await leader.page.get_by_role("link", name="Excel").click()
    kept = await (await download.value).path()

    sheet = load_workbook(BytesIO(content_of(kept))).active
    assert sheet is not None
    assert [row[0] for row in sheet.iter_rows(values_only=True) if str(row[0]).startswith("B-")] == ["B-3"]


async def test_an_administrator_enters_a_day_off_and_it_stands_in_the_audit(people: People) -> None:
    keeper = await people.comes_signed_in("quantri")
    await keeper.opens("/admin/calendar/2026")
    form = keeper.page.locator('form[action$="/off"]').last
    await form.locator('[name="first"]').fill("2026-12-24")
    await form.locator('[name="reason"]').fill("Bão số 12")
    await form.get_by_role("button").click()
    await keeper.reads("Bão số 12")

    await keeper.opens("/admin/audit")
    await keeper.reads("2026-12-24")


async def test_a_program_works_with_the_token_that_a_person_made_on_the_page(
    people: People, office: WholeOffice
) -> None:
    head = await people.comes_signed_in("truong.syt")
    await head.opens("/tokens")
    await head.page.locator("#name").fill("Báo cáo tuần")
    await head.page.get_by_role("button", name="Tạo mã", exact=True).click()
    secret = await head.page.locator("code.secret").first.inner_text()

    async with httpx2.AsyncClient(base_url=office.home) as program:
        answer = await program.get("/api/v1/directives/B-1", headers={"Authorization": f"Bearer {secret.strip()}"})

    assert answer.status_code == 200
    assert answer.json()["lead_agency"] == "Sở Y tế"


async def test_an_extension_is_asked_and_granted_and_appears_by_itself_where_it_was_asked(people: People) -> None:
    head, leader = await people.comes_signed_in("truong.stc"), await people.comes_signed_in("chutich")
    await head.opens("/directives/B-5")
    await head.does("Xin gia hạn", deadline="25/12/2026", reason="Chờ số liệu của 12 xã.")
    await head.reads("Đã ghi nhận.")

    await leader.opens("/")
    await leader.reads("Chờ quyết định của lãnh đạo")
    await leader.follows("B-5")
    await leader.reads("Chờ số liệu của 12 xã.")
    await leader.does("Quyết định gia hạn", grant="1")
    await leader.reads("Đã ghi nhận.")

    await head.reads("chậm nhất ngày 25/12/2026")
    await head.reads("Thời hạn ban đầu")


async def test_a_deputy_acts_for_the_absent_head_and_it_is_written_so(people: People) -> None:
    head, deputy = await people.comes_signed_in("truong.stc"), await people.comes_signed_in("chuyenvien.stc")
    await head.opens("/preferences")
    await head.page.locator('[name="first"]').last.fill("2026-11-25")
    await head.page.locator('[name="last"]').last.fill("2026-11-27")
    await head.page.locator('select[name="deputy"]').select_option("chuyenvien.stc")
    await head.presses("Ghi nhận vắng mặt")
    await head.reads("làm thay.")

    await deputy.opens("/directives/B-6")
    await deputy.reads("Thay mặt Mai Đỗ Hoài Nam")
    act = deputy.page.locator(r"#act-acknowledge-truong\.stc")
    await act.locator("summary").click()
    await act.get_by_role("button", name="Tiếp nhận nhiệm vụ").last.click()
    await deputy.reads("Đã ghi nhận.")
    await deputy.reads("thay mặt Mai Đỗ Hoài Nam) tiếp nhận nhiệm vụ.")

    await head.presses("Bỏ lần vắng mặt này")
    await head.reads("Chưa ghi lần vắng mặt nào.")


async def test_a_page_opened_with_temporal_away_shows_everything_says_so_in_one_line_and_recovers_by_itself(
    people: People, office: WholeOffice
) -> None:
    head = await people.comes_signed_in("truong.syt")
    await head.opens("/directives/B-4")
    paused = head.page.locator("#engine")
    with office.temporal_stands_still():
        await expect(paused).to_be_visible()
        for path, shown in (
            ("/", "Việc của tôi"),
            ("/directives", "Kiểm tra an toàn thực phẩm dịp Tết"),
            ("/board", "Cộng"),
            ("/inbox", "Thông báo"),
            ("/directives/B-4", "Kiểm tra an toàn thực phẩm dịp Tết"),
        ):
            await head.opens(path)
            await expect(paused).to_be_visible()
            await head.reads(shown)
        assert (
            await paused.evaluate(
                "e => { const r = document.createRange(); r.selectNodeContents(e);"
                " return new Set([...r.getClientRects()].map(one => one.top)).size; }"
            )
            == 1
        ), "one line says it"
        await head.does("Ghi ý kiến", text="Viết trong lúc bộ máy nghỉ.")
        await head.reads("Đã nhận, đang ghi.")

    await expect(paused).to_be_hidden(timeout=90_000)
    await expect(head.page.locator("#comments ~ article", has_text="Viết trong lúc")).to_be_visible(timeout=90_000)


async def test_what_an_agency_leaves_undone_climbs_to_its_head_then_to_the_chief_and_is_accepted_in_the_end(
    people: People, office: WholeOffice
) -> None:
    # The secretariat registers from a document.
    clerk = await people.comes_signed_in("vanthu")
    await clerk.opens("/register")
    await clerk.writes("Số, ký hiệu", "81/UBND-KGVX")
    await clerk.writes("Ngày văn bản", "24/11/2026")
    await clerk.writes("Trích yếu", "V/v rà soát mạng lưới y tế cơ sở")
    await clerk.writes("Nội dung nhiệm vụ", "Rà soát nhân lực trạm y tế cấp xã")
    await clerk.writes("Cơ quan chủ trì", "so y te")
    await clerk.writes("Thời hạn", "25/11/2026")
    await clerk.presses("Lưu")
    await clerk.reads("Đã lưu 1 nhiệm vụ.")
    code = await clerk.page.locator("table.lines a").first.inner_text()

    # The agency acknowledges on a phone, and does nothing.
    head = await people.comes_signed_in("truong.syt", PHONE)
    await head.opens("/")
    await head.follows(code)
    await head.reads("Rà soát nhân lực trạm y tế cấp xã")
    assert await head.overflow() <= 0
    await head.does("Tiếp nhận nhiệm vụ")
    await head.reads("Đã ghi nhận.")

    # On the first working day after the deadline its head gets his mail, on the third the chief of office.
    climbed = rf"\[{code}\] Sở Y tế: .*Đôn đốc cấp"
    await people.leave()
    office.clock_moves_on_to("2026-11-26T08:05:00+07:00")
    until(lambda: office.mails_saying(climbed))
    assert office.mails_saying(climbed) == [
        ("truong.syt", f"[{code}] Sở Y tế: quá hạn 1 ngày làm việc – Đôn đốc cấp 1"),
    ]
    office.clock_moves_on_to("2026-11-30T08:05:00+07:00")
    until(lambda: len(office.mails_saying(climbed)) > 1)
    assert office.mails_saying(climbed)[1:] == [
        ("chanhvanphong", f"[{code}] Sở Y tế: quá hạn 3 ngày làm việc – Đôn đốc cấp 2"),
    ]
    for_the_chief = text_of(office.mail_to("chanhvanphong", about=f"[{code}]"))
    assert "Rà soát nhân lực trạm y tế cấp xã" in for_the_chief
    assert f"{office.home}/directives/{code}" in for_the_chief

    # The leader sees it red on the board, opens what stands behind the figure, and asks for an explanation.
    leader = await people.comes_signed_in("chutich")
    await leader.opens("/board")
    red = leader.page.locator("section.by-agency tr", has_text="Sở Y tế").locator("td.red a")
    await expect(red).to_have_text("1")
    assert await red.evaluate("e => getComputedStyle(e).color") == "rgb(179, 38, 30)"
    await red.click()
    await leader.follows(code)
    await leader.reads("Quá hạn")
    await leader.does("Yêu cầu giải trình", text="Vì sao chưa rà soát?", deadline="05/12/2026")
    await leader.reads("Đã ghi nhận.")

    # The agency answers, submits, is returned, submits again, is accepted.
    head = await people.comes_signed_in("truong.syt", PHONE)
    await head.opens(f"/directives/{code}")
    await head.reads("Vì sao chưa rà soát?")
    await head.does("Gửi giải trình", text="Thiếu số liệu của ba xã.")
    await head.reads("Đã ghi nhận.")
    await head.does("Nộp kết quả", text="Đã rà soát 96 trạm.", document="88/BC-SYT")
    await head.reads("nộp trễ 3 ngày làm việc; chờ thẩm định từ")

    chief = await people.comes_signed_in("chanhvanphong")
    await chief.opens(f"/directives/{code}")
    await chief.reads("Thiếu số liệu của ba xã.")
    await chief.does("Trả lại kết quả", reason="Thiếu phụ lục.")
    await chief.reads("Đang thực hiện")
    await head.reads("Thiếu phụ lục.")  # by itself, on the page that is still open
    await head.opens(f"/directives/{code}")
    await head.does("Nộp kết quả", text="Đã bổ sung phụ lục.", document="89/BC-SYT")
    await head.reads("Chờ thẩm định kết quả")
    await chief.opens(f"/directives/{code}")
    await chief.does("Chấp nhận kết quả")
    await chief.reads("Hoàn thành quá hạn")
    await head.opens(f"/directives/{code}")
    await head.reads("Đã hoàn thành")
    assert len(office.mails_saying(climbed)) == 2, "nobody else was told meanwhile"
