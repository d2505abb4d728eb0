"""Acts of administration in words, as the audit shows them."""

from typing import Final

from documents.language import N_, Language
from documents.translation import translated

ACTS: Final[dict[str, str]] = {
    "sign_in": N_("đăng nhập"),
    "sign_in.failed": N_("đăng nhập không thành"),
    "password.reset": N_("đặt lại mật khẩu qua thư"),
    "second_factor.on": N_("bật xác thực hai bước"),
    "second_factor.off": N_("tắt xác thực hai bước"),
    "second_factor.codes": N_("tạo mã dự phòng mới"),
    "second_factor.taken_off": N_("bỏ xác thực hai bước của người khác"),
    "account.add": N_("cấp tài khoản hoặc đặt lại mật khẩu"),
    "account.remove": N_("bỏ tài khoản"),
    "account.sign_out": N_("kết thúc mọi phiên đăng nhập"),
    "person.add": N_("thêm người"),
    "person.change": N_("sửa người"),
    "person.erase": N_("xóa thông tin cá nhân"),
    "agency.add": N_("thêm cơ quan"),
    "agency.change": N_("sửa cơ quan"),
    "field.add": N_("thêm lĩnh vực"),
    "field.change": N_("sửa lĩnh vực"),
    "agency.succeed": N_("chuyển sang cơ quan kế thừa"),
    "absence.enter": N_("ghi vắng mặt"),
    "absence.remove": N_("bỏ vắng mặt"),
    "directory.load": N_("thay danh bạ bằng tệp"),
    "calendar.off": N_("cho nghỉ"),
    "calendar.work": N_("cho làm bù"),
    "calendar.remove": N_("bỏ ngày đã nhập"),
    "calendar.confirm": N_("xác nhận lịch năm"),
    "policy.activate": N_("áp dụng thang đôn đốc"),
    "webhook.add": N_("thêm nơi nhận"),
    "webhook.on": N_("bật nơi nhận"),
    "webhook.off": N_("tắt nơi nhận"),
    "webhook.remove": N_("bỏ nơi nhận"),
    "webhook.test": N_("gọi thử nơi nhận"),
    "webhook.again": N_("gửi lại cho nơi nhận"),
    "token.create": N_("tạo mã truy cập"),
    "token.revoke": N_("thu hồi mã truy cập"),
}
"""What each act is called; another one is shown by its own word."""


def act_words(act: str, language: Language) -> str:
    """Name an act."""
    return translated(ACTS[act], language) if act in ACTS else act
