"""Help: for each role one screen of what is done day by day, with the way to each page."""

from dataclasses import dataclass
from typing import Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from documents.language import N_
from models.refusal import Code, Refused
from models.vocabulary import Role
from services.office import Office
from web.door import reader_of
from web.rendering import View, page


@dataclass(frozen=True)
class Step:
    """One thing that is done; `address` and `link` lead to where, both empty where it needs no page."""

    text: str
    address: str = ""
    link: str = ""


@dataclass(frozen=True)
class Guide:
    """What one role does: a sentence, and steps in the order of a day."""

    opening: str
    steps: tuple[Step, ...]


_MY_WORK: Final = ("/", N_("Việc của tôi"))
_DIRECTIVES: Final = ("/directives", N_("Nhiệm vụ"))
_BOARD: Final = ("/board", N_("Bảng tổng hợp"))
_INBOX: Final = ("/inbox", N_("Thông báo"))

GUIDES: Final[dict[Role, Guide]] = {
    Role.SECRETARIAT: Guide(
        N_("Văn phòng nhập nhiệm vụ từ văn bản chỉ đạo, phân công, theo dõi và thẩm định kết quả."),
        (
            Step(N_("Đầu ngày, mở các việc đang chờ Văn phòng: phân công, thẩm định, gia hạn."), *_MY_WORK),
            Step(
                N_("Có văn bản mới: đăng ký nhiệm vụ, mỗi việc một dòng, ghi rõ cơ quan chủ trì và thời hạn."),
                "/register",
                N_("Đăng ký"),
            ),
            Step(
                N_("Nhiều nhiệm vụ trong một bảng tính: tải tệp lên, xem trước rồi mới nhập."),
                "/import",
                N_("Nhập bảng tính"),
            ),
            Step(N_("Nhiệm vụ bị từ chối tiếp nhận: xem lý do, phân công lại cơ quan khác."), *_DIRECTIVES),
            Step(
                N_(
                    "Cơ quan nộp kết quả: đọc kết quả, chấp nhận hoặc trả lại kèm lý do. Thời gian chờ thẩm định không "
                    "tính là quá hạn của cơ quan."
                ),
                *_MY_WORK,
            ),
            Step(N_("Cơ quan xin gia hạn: ghi ý kiến của lãnh đạo làm căn cứ rồi quyết định."), *_MY_WORK),
            Step(
                N_(
                    "Việc quá hạn: hệ thống tự nhắc theo thang đôn đốc; khi cần thì đôn đốc thêm hoặc yêu cầu "
                    "giải trình."
                ),
                "/directives?timeliness=overdue",
                N_("Việc quá hạn"),
            ),
            Step(
                N_("Có thông báo nghỉ hay làm bù: báo quản trị ghi vào lịch; thời hạn tự được tính lại."),
                "/admin/calendar",
                N_("Lịch làm việc"),
            ),
        ),
    ),
    Role.AGENCY: Guide(
        N_("Cơ quan thực hiện tiếp nhận nhiệm vụ, báo cáo tiến độ và nộp kết quả đúng hạn."),
        (
            Step(N_("Đầu ngày, mở các việc đang chờ cơ quan mình; việc gấp đứng trên."), *_MY_WORK),
            Step(
                N_(
                    "Nhiệm vụ mới: đọc nội dung và thời hạn rồi tiếp nhận. Không đúng chức năng thì từ chối, "
                    "ghi rõ lý do."
                ),
                *_MY_WORK,
            ),
            Step(N_("Đang làm: báo cáo tiến độ bằng vài câu và phần trăm, để không bị nhắc vì im lặng."), *_DIRECTIVES),
            Step(
                N_("Cần cơ quan khác góp ý: nêu trong báo cáo; cơ quan phối hợp trả lời ngay trên nhiệm vụ."),
                *_DIRECTIVES,
            ),
            Step(
                N_("Biết trước là không kịp: xin gia hạn trước ngày đến hạn, nêu lý do và ngày đề nghị."), *_DIRECTIVES
            ),
            Step(
                N_("Làm xong: nộp kết quả, ghi số văn bản. Hạn ngừng tính từ lúc nộp đến khi thẩm định xong."),
                *_DIRECTIVES,
            ),
            Step(
                N_("Kết quả bị trả lại hoặc phải giải trình: xem lý do trong diễn biến, bổ sung rồi nộp lại."), *_INBOX
            ),
            Step(N_("Đi vắng: ghi người thay, để thông báo đến đúng người."), "/preferences", N_("Thư và ủy quyền")),
        ),
    ),
    Role.LEADER: Guide(
        N_("Lãnh đạo Ủy ban xem tình hình, quyết định gia hạn và đôn đốc khi cần."),
        (
            Step(
                N_("Xem số việc trong hạn, sắp đến hạn, quá hạn của từng cơ quan; bấm vào số để mở danh sách."), *_BOARD
            ),
            Step(N_("Mở các việc đang chờ ý kiến: đề nghị gia hạn, việc được báo cáo lên cấp mình."), *_MY_WORK),
            Step(N_("Đề nghị gia hạn: đồng ý, đồng ý với ngày khác, hoặc không đồng ý kèm lý do."), *_MY_WORK),
            Step(
                N_("Việc chậm: ghi một câu đôn đốc, hoặc yêu cầu giải trình trước một ngày."),
                "/directives?timeliness=overdue",
                N_("Việc quá hạn"),
            ),
            Step(
                N_("Tình hình thay đổi: điều chỉnh nội dung hay thời hạn, tạm dừng hoặc hủy, đều ghi lý do."),
                *_DIRECTIVES,
            ),
            Step(N_("Mỗi sáng thư tổng hợp nêu những việc cần biết; trả lời trên trang, không trả lời thư."), *_INBOX),
        ),
    ),
    Role.INSPECTOR: Guide(
        N_("Người kiểm tra xem được mọi nhiệm vụ và diễn biến, không thay đổi gì."),
        (
            Step(N_("Xem bảng tổng hợp theo cơ quan; mọi con số cộng lại đúng bằng tổng."), *_BOARD),
            Step(
                N_(
                    "Lọc nhiệm vụ theo cơ quan, lĩnh vực, tiến độ hạn; địa chỉ trang giữ nguyên bộ lọc để gửi cho nhau."
                ),
                *_DIRECTIVES,
            ),
            Step(N_("Mở một nhiệm vụ: phần Diễn biến nêu ai làm gì, lúc nào, đã nhắc ai."), *_DIRECTIVES),
            Step(
                N_("Xem cả việc đã xong: đánh dấu “cả việc đã xong” khi lọc."), "/directives?all=1", N_("Mọi nhiệm vụ")
            ),
            Step(N_("So thời hạn ban đầu với thời hạn hiện nay để thấy việc đã được gia hạn."), *_DIRECTIVES),
            Step(N_("Nhật ký không sửa, không xóa được; cần đối chiếu thì đề nghị quản trị chạy kiểm tra toàn vẹn.")),
        ),
    ),
    Role.ADMINISTRATOR: Guide(
        N_("Người quản trị giữ danh bạ, lịch, thang đôn đốc và hệ thống; không làm thay việc của người khác."),
        (
            Step(
                N_("Đầu ngày, xem hệ thống có khỏe không: Temporal, cơ sở dữ liệu, thư chờ gửi, mốc nhắc chậm."),
                "/admin",
                N_("Quản trị"),
            ),
            Step(
                N_(
                    "Người mới, người thôi việc: thêm người, ghi chức danh và ngày giữ; cấp tài khoản, mật "
                    "khẩu hiện một lần."
                ),
                "/admin/people",
                N_("Người"),
            ),
            Step(
                N_(
                    "Cơ quan đổi tên, sáp nhập: ghi tên gọi khác, ngày kết thúc, rồi chuyển nhiệm vụ sang cơ "
                    "quan kế thừa."
                ),
                "/admin/agencies",
                N_("Cơ quan"),
            ),
            Step(
                N_("Ngày nghỉ, ngày làm bù: ghi vào lịch kèm văn bản; cuối năm xác nhận lịch năm sau."),
                "/admin/calendar",
                N_("Lịch làm việc"),
            ),
            Step(
                N_("Thang đôn đốc: sửa, kiểm tra, xem trước trên nhiệm vụ đang có rồi mới áp dụng."),
                "/admin/policy",
                N_("Thang đôn đốc"),
            ),
            Step(
                N_("Hệ thống khác cần số liệu: thêm nơi nhận, thu hồi mã truy cập không dùng nữa."),
                "/admin/webhooks",
                N_("Nơi nhận"),
            ),
            Step(
                N_("Cần biết ai đã làm gì: tìm trong nhật ký quản trị và nhật ký nhiệm vụ."),
                "/admin/audit",
                N_("Nhật ký quản trị"),
            ),
        ),
    ),
}
"""By role; each is one screen long."""


@dataclass(frozen=True)
class HelpView(View):
    """One guide, and the roles that have one; `own` are the reader's."""

    role: Role
    guide: Guide
    roles: tuple[Role, ...]
    own: frozenset[Role]


def help_routes(office: Office) -> APIRouter:
    """The pages `/help` (the reader's own) and `/help/{role}`."""
    router = APIRouter(include_in_schema=False)

    @router.get("/help")
    def own(request: Request) -> Response:
        reader = reader_of(request, office)
        first = next((role for role in GUIDES if role in reader.actor.roles), Role.AGENCY)
        return _page(request, first)

    @router.get("/help/{role}")
    def of_role(request: Request, role: str) -> Response:
        reader_of(request, office)
        if role not in list(Role):
            raise Refused(Code.NOT_FOUND)
        return _page(request, Role(role))

    def _page(request: Request, role: Role) -> Response:
        reader = reader_of(request, office)
        view = HelpView(role, GUIDES[role], tuple(GUIDES), reader.actor.roles)
        return page("help.html", reader.language, reader, view)

    return router
