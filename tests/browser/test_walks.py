"""What people do in a working week, in a real browser before the real office."""

import pytest
from people import PHONE, People
from whole_office import WholeOffice, text_of

pytestmark = [pytest.mark.server, pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]


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


async def test_what_an_agency_leaves_undone_climbs_to_its_head_and_the_chief_of_office_and_is_done_in_the_end(
    people: People, office: WholeOffice
) -> None:
    office.clock_moves_on_to("2026-12-02T09:00:00+07:00")
    for person in ("truong.syt", "chanhvanphong"):
        office.mail_to(person, about="B-2")

    leader = await people.comes("chutich")
    await leader.signs_in("/board")
    await leader.reads("Sở Y tế")
    await leader.opens("/directives/B-2")
    await leader.reads("Quá hạn")
    await leader.does("Yêu cầu giải trình", text="Vì sao chưa rà soát?", deadline="05/12/2026")
    await leader.reads("Đã ghi nhận.")

    head = await people.comes("truong.syt", PHONE)
    await head.signs_in("/directives/B-2")
    await head.does("Gửi giải trình", text="Thiếu số liệu của ba xã.")
    await head.reads("Đã ghi nhận.")
    await head.does("Báo cáo tiến độ", percent="90", text="Còn một xã.")
    await head.reads("Đã ghi nhận.")
    await head.does("Nộp kết quả", text="Đã rà soát 96 trạm.", document="88/BC-SYT")
    await head.reads("Chờ thẩm định kết quả")

    chief = await people.comes("chanhvanphong")
    await chief.signs_in("/directives/B-2")
    await chief.does("Trả lại kết quả", reason="Thiếu phụ lục.")
    await chief.reads("Đang thực hiện")
    await head.opens("/directives/B-2")
    await head.does("Nộp kết quả", text="Đã bổ sung phụ lục.", document="89/BC-SYT")
    await chief.opens("/directives/B-2")
    await chief.does("Chấp nhận kết quả")
    await chief.reads("Đã hoàn thành")
    await head.opens("/directives/B-2")
    await head.reads("Đã hoàn thành")
