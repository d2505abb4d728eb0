"""The sentences for every refusal; `documents/sentences.py` chooses among them and fills them.

They say what happened, show the value and say what to do; they blame nobody.
"""

from typing import Final

from documents.language import N_
from models.refusal import Code

REFUSALS: Final[dict[Code, tuple[str, ...]]] = {
    Code.NOT_ALLOWED: (
        N_(
            "Chức danh đang dùng không có quyền {command}. Nếu việc này cần làm, đề nghị Văn phòng hoặc lãnh đạo "
            "Ủy ban thực hiện."
        ),
        N_("Chức danh đang dùng không có quyền làm việc này. Nếu cần, đề nghị Văn phòng hoặc lãnh đạo Ủy ban."),
    ),
    Code.NOT_LEAD_AGENCY: (
        N_(
            "{agency} không chủ trì nhiệm vụ {directive}. Cơ quan chủ trì là {lead}. Nếu phân công chưa đúng, đề nghị "
            "Văn phòng phân công lại."
        ),
        N_(
            "Nhiệm vụ {directive} do {lead} chủ trì, việc này do cơ quan chủ trì làm. Nếu phân công chưa đúng, đề nghị "
            "Văn phòng phân công lại."
        ),
        N_("Nhiệm vụ {directive} chưa có cơ quan chủ trì. Đề nghị Văn phòng phân công trước."),
        N_("Việc này do cơ quan chủ trì làm. Nếu phân công chưa đúng, đề nghị Văn phòng phân công lại."),
    ),
    Code.NOT_CONCERNED: (
        N_("{agency} không chủ trì, không phối hợp nhiệm vụ {directive}. Kiểm tra lại mã nhiệm vụ hoặc tên cơ quan."),
        N_(
            "Nhiệm vụ {directive} do {lead} chủ trì; chỉ cơ quan chủ trì, cơ quan phối hợp, Văn phòng và lãnh đạo phụ "
            "trách làm được việc này. Kiểm tra lại mã nhiệm vụ."
        ),
        N_("Nhiệm vụ {directive} không giao cho cơ quan của người thực hiện. Kiểm tra lại mã nhiệm vụ."),
        N_("Nhiệm vụ này không giao cho cơ quan của người thực hiện. Kiểm tra lại mã nhiệm vụ."),
    ),
    Code.NOT_COORDINATING_AGENCY: (
        N_(
            "{agency} không phối hợp nhiệm vụ {directive} nên không thể chờ ý kiến của cơ quan này. Nếu cần, đề nghị "
            "Văn phòng bổ sung cơ quan phối hợp."
        ),
        N_(
            "Cơ quan của người thực hiện không phối hợp nhiệm vụ {directive}. Nếu cần phối hợp, đề nghị Văn phòng bổ "
            "sung cơ quan phối hợp."
        ),
        N_(
            "Cơ quan của người thực hiện không phối hợp nhiệm vụ này. Nếu cần phối hợp, đề nghị Văn phòng bổ sung cơ "
            "quan phối hợp."
        ),
    ),
    Code.OWN_AGENCY: (
        N_(
            "Nhiệm vụ {directive} do {agency} chủ trì; người của {agency} không quyết định về đề nghị hay kết quả của "
            "chính cơ quan mình. Đề nghị người khác có thẩm quyền quyết định."
        ),
        N_(
            "Không ai quyết định về đề nghị hay kết quả của chính cơ quan mình. Đề nghị người khác có thẩm quyền "
            "quyết định."
        ),
    ),
    Code.WRONG_STATE: (
        N_(
            "Chưa {command} được vì nhiệm vụ {directive} đang ở trạng thái “{status}”. Gần nhất, {actor} {last} lúc "
            "{at}. Xem lại nhiệm vụ rồi chọn việc phù hợp."
        ),
        N_(
            "Chưa {command} được vì nhiệm vụ {directive} đang ở trạng thái “{status}”. Xem lại nhiệm vụ rồi chọn việc "
            "phù hợp."
        ),
        N_("Nhiệm vụ đang ở trạng thái “{status}” nên việc này chưa làm được. Xem lại nhiệm vụ rồi chọn việc phù hợp."),
        N_("Trạng thái hiện tại của nhiệm vụ chưa cho làm việc này. Xem lại nhiệm vụ rồi chọn việc phù hợp."),
    ),
    Code.ALREADY_REGISTERED: (
        N_("Mã {directive} đã có nhiệm vụ. Dùng mã khác, hoặc điều chỉnh nhiệm vụ đã đăng ký."),
        N_("Mã này đã có nhiệm vụ. Dùng mã khác, hoặc điều chỉnh nhiệm vụ đã đăng ký."),
    ),
    Code.NOT_FOUND: (
        N_("Không tìm thấy nhiệm vụ {directive}. Kiểm tra lại mã nhiệm vụ."),
        N_("Lần nhập {upload} không còn: đã nhập xong, đã bỏ, hoặc đã quá một ngày. Tải tệp lên lại."),
        N_("Không tìm thấy nhiệm vụ này. Kiểm tra lại mã nhiệm vụ."),
    ),
    Code.REASON_REQUIRED: (N_("Việc này cần có lý do. Ghi lý do rồi gửi lại."),),
    Code.TEXT_REQUIRED: (
        N_("Phần {field} đang để trống. Ghi nội dung rồi gửi lại."),
        N_("Phần nội dung đang để trống. Ghi nội dung rồi gửi lại."),
    ),
    Code.CITATION_REQUIRED: (
        N_(
            "Văn phòng quyết định gia hạn theo ý kiến của lãnh đạo. Ghi số văn bản hoặc ý kiến của lãnh đạo làm căn cứ "
            "rồi gửi lại."
        ),
    ),
    Code.DEADLINE_REQUIRED: (N_("Việc này cần có thời hạn mới. Ghi ngày đến hạn rồi gửi lại."),),
    Code.DEADLINE_IN_PAST: (
        N_("Thời hạn {due_at} đã qua. Chọn một thời hạn về sau."),
        N_("Thời hạn này đã qua. Chọn một thời hạn về sau."),
    ),
    Code.DEADLINE_NOT_LATER: (
        N_("Thời hạn {deadline} không muộn hơn thời hạn hiện nay là {current}. Chọn một ngày sau ngày {current}."),
        N_("Thời hạn mới không muộn hơn thời hạn hiện nay. Chọn một ngày muộn hơn."),
    ),
    Code.DEADLINE_BEFORE_DOCUMENT: (
        N_("Thời hạn {deadline} ở trước ngày văn bản {issued_on}. Kiểm tra lại hai ngày này."),
        N_("Thời hạn ở trước ngày của văn bản. Kiểm tra lại hai ngày này."),
    ),
    Code.NO_DEADLINE: (
        N_(
            "Nhiệm vụ {directive} không có thời hạn nên không có gì để gia hạn. Nếu cần báo tình hình, báo cáo tiến độ."
        ),
        N_("Nhiệm vụ này không có thời hạn nên không có gì để gia hạn. Nếu cần báo tình hình, báo cáo tiến độ."),
    ),
    Code.NO_LEAD_AGENCY: (
        N_("Nhiệm vụ {directive} chưa có cơ quan chủ trì. Phân công cơ quan chủ trì trước."),
        N_("Nhiệm vụ này chưa có cơ quan chủ trì. Phân công cơ quan chủ trì trước."),
    ),
    Code.SAME_AGENCY: (
        N_("{agency} đang chủ trì nhiệm vụ {directive} rồi. Chọn cơ quan khác nếu muốn phân công lại."),
        N_("Cơ quan này đang chủ trì nhiệm vụ rồi. Chọn cơ quan khác nếu muốn phân công lại."),
    ),
    Code.EXTENSION_PENDING: (
        N_(
            "Nhiệm vụ {directive} đã có đề nghị gia hạn từ {since}, đang chờ quyết định. Chờ quyết định rồi "
            "đề nghị tiếp."
        ),
        N_("Nhiệm vụ này đã có đề nghị gia hạn đang chờ quyết định. Chờ quyết định rồi đề nghị tiếp."),
    ),
    Code.NO_EXTENSION_PENDING: (
        N_(
            "Nhiệm vụ {directive} không có đề nghị gia hạn nào đang chờ; có thể đã có người quyết định. Xem lại "
            "lịch sử."
        ),
        N_("Nhiệm vụ này không có đề nghị gia hạn nào đang chờ; có thể đã có người quyết định. Xem lại lịch sử."),
    ),
    Code.EXPLANATION_PENDING: (
        N_(
            "Nhiệm vụ {directive} đã có yêu cầu giải trình từ {since}, chưa được trả lời. Chờ trả lời, hoặc đôn đốc cơ "
            "quan chủ trì."
        ),
        N_("Nhiệm vụ này đã có yêu cầu giải trình chưa được trả lời. Chờ trả lời, hoặc đôn đốc cơ quan chủ trì."),
    ),
    Code.NO_EXPLANATION_PENDING: (
        N_("Nhiệm vụ {directive} không có yêu cầu giải trình nào đang chờ. Nếu cần báo tình hình, báo cáo tiến độ."),
        N_("Nhiệm vụ này không có yêu cầu giải trình nào đang chờ. Nếu cần báo tình hình, báo cáo tiến độ."),
    ),
    Code.NOTHING_TO_AMEND: (
        N_("Chưa có gì khác so với nhiệm vụ {directive} hiện nay. Ghi phần cần điều chỉnh rồi gửi lại."),
        N_("Chưa có gì khác so với nhiệm vụ hiện nay. Ghi phần cần điều chỉnh rồi gửi lại."),
    ),
    Code.LEAD_COORDINATES: (
        N_("{agency} vừa chủ trì vừa phối hợp. Bỏ {agency} khỏi danh sách phối hợp, hoặc chọn cơ quan chủ trì khác."),
        N_("Cơ quan chủ trì không đồng thời phối hợp. Bỏ cơ quan đó khỏi danh sách phối hợp."),
    ),
    Code.CHANGED_MEANWHILE: (
        N_(
            "Nhiệm vụ {directive} vừa thay đổi: {actor} {last} lúc {at}. Xem lại nhiệm vụ rồi quyết định có làm tiếp "
            "không."
        ),
        N_("Nhiệm vụ {directive} vừa được người khác thay đổi. Xem lại nhiệm vụ rồi quyết định có làm tiếp không."),
        N_("Nhiệm vụ vừa được người khác thay đổi. Xem lại nhiệm vụ rồi quyết định có làm tiếp không."),
    ),
    Code.ID_TAKEN: (
        N_(
            "Mã lệnh {id} đã dùng cho một việc khác (nhiệm vụ {directive}). Bỏ mã lệnh, hoặc dùng một mã mới, rồi gửi "
            "lại."
        ),
        N_("Mã lệnh này đã dùng cho một việc khác. Bỏ mã lệnh, hoặc dùng một mã mới, rồi gửi lại."),
    ),
    Code.UNKNOWN_AGENCY: (
        N_(
            "Một nhiệm vụ chỉ có một cơ quan chủ trì, ở đây ghi nhiều cơ quan: {leads}. Giữ một cơ quan, ghi các cơ "
            "quan còn lại vào phần phối hợp."
        ),
        N_("Chưa tách được các cơ quan phối hợp: {unparted}. Ghi dấu chấm phẩy “;” giữa các cơ quan."),
        N_("Không tìm thấy cơ quan “{agency}”. Có phải: {closest}? Ghi lại đúng tên hoặc mã cơ quan."),
        N_("Có nhiều cơ quan tên “{agency}”: {candidates}. Ghi mã cơ quan để rõ là cơ quan nào."),
        N_("Không tìm thấy cơ quan “{agency}”. Ghi đúng tên hoặc mã cơ quan trong danh bạ."),
        N_("Không tìm thấy cơ quan này. Ghi đúng tên hoặc mã cơ quan trong danh bạ."),
    ),
    Code.UNKNOWN_PERSON: (
        N_("Không tìm thấy người dùng “{person}”. Có phải: {closest}? Ghi đúng mã hoặc địa chỉ thư trong danh bạ."),
        N_("Không tìm thấy người dùng “{person}”. Ghi đúng mã hoặc địa chỉ thư trong danh bạ."),
        N_("Không tìm thấy người này. Ghi đúng mã hoặc địa chỉ thư trong danh bạ."),
    ),
    Code.NOT_DEPUTY: (
        N_(
            "{person} không được ủy quyền thay {on_behalf_of} hôm nay. Nếu {on_behalf_of} vắng mặt, đề nghị ghi nhận "
            "ủy quyền trước."
        ),
        N_("Chưa có ủy quyền để làm thay người này hôm nay. Đề nghị ghi nhận ủy quyền trước."),
    ),
    Code.NO_POSSIBLE_DEPUTY: (
        N_(
            "Chỉ ủy quyền được cho người cùng cơ quan; {person} không thuộc cơ quan này. Trường hợp khác, đề nghị "
            "Văn phòng ghi nhận."
        ),
        N_("Chỉ ủy quyền được cho người cùng cơ quan. Trường hợp khác, đề nghị Văn phòng ghi nhận."),
    ),
    Code.WEAK_PASSWORD: (
        N_("Mật khẩu cần ít nhất {least} ký tự. Một câu ngắn dễ nhớ là mật khẩu tốt."),
        N_("Mật khẩu dài quá {most} ký tự. Chọn mật khẩu ngắn hơn."),
        N_("Mật khẩu này quá dễ đoán. Chọn mật khẩu khác; một câu ngắn dễ nhớ là mật khẩu tốt."),
    ),
    Code.WRONG_PASSWORD: (N_("Tên đăng nhập hoặc mật khẩu không đúng."),),
    Code.WRONG_CODE: (N_("Mã không đúng, đã quá lâu hoặc đã dùng rồi. Chờ mã kế tiếp trong ứng dụng rồi nhập lại."),),
    Code.TOO_MANY_TRIES: (
        N_("Đã nhập sai nhiều lần. Thử lại sau {seconds} giây."),
        N_("Đã nhập sai nhiều lần. Thử lại sau ít phút."),
    ),
    Code.NO_ACCOUNT: (
        N_("{person} chưa có tài khoản đăng nhập. Tạo bằng “dondoc user add {account}”."),
        N_("Người này chưa có tài khoản đăng nhập. Tạo tài khoản trước."),
    ),
    Code.NO_SECOND_FACTOR: (
        N_("{person} không dùng xác thực hai bước."),
        N_("Người này không dùng xác thực hai bước."),
    ),
    Code.SINGLE_SIGN_ON_AWAY: (
        N_("Hệ thống đăng nhập chung chưa trả lời. Thử lại sau ít phút, hoặc đăng nhập bằng mật khẩu."),
    ),
    Code.SINGLE_SIGN_ON_FAILED: (
        N_(
            "Chưa đăng nhập được qua hệ thống đăng nhập chung. Bấm lại nút đăng nhập; nếu vẫn vậy, báo quản trị hệ "
            "thống."
        ),
    ),
    Code.SINGLE_SIGN_ON_UNKNOWN: (
        N_("Danh bạ không có ai đang giữ chức vụ với “{account}”. Đề nghị quản trị hệ thống bổ sung vào danh bạ."),
        N_("Danh bạ không có người này. Đề nghị quản trị hệ thống bổ sung vào danh bạ."),
    ),
    Code.SINGLE_SIGN_ON_AGENCY: (
        N_(
            "Hệ thống đăng nhập chung ghi cơ quan của đồng chí là “{agency}”, không khớp với danh bạ. Đề nghị quản trị "
            "hệ thống xem lại."
        ),
        N_("Cơ quan ở hệ thống đăng nhập chung không khớp với danh bạ. Đề nghị quản trị hệ thống xem lại."),
    ),
    Code.STATE_SECRET: (
        N_("Văn bản có độ mật “{marking}” không được đưa vào hệ thống. Theo dõi văn bản này theo quy định về bí mật."),
        N_("Văn bản có đóng dấu mật không được đưa vào hệ thống. Theo dõi văn bản này theo quy định về bí mật."),
    ),
    Code.BAD_DATE: (
        N_(
            "Chưa rõ thời hạn “{unclear}” là ngày nào. Ghi một ngày như “trước 15/12/2026” hay “16 giờ ngày 5/3/2026”, "
            "một khoảng như “30 ngày làm việc”, hoặc “không thời hạn”."
        ),
        N_("“{value}” không phải là ngày đúng. Ghi ngày/tháng/năm, ví dụ 12/04/2023."),
        N_("Ngày ghi chưa đúng. Ghi ngày/tháng/năm, ví dụ 12/04/2023."),
    ),
    Code.MISSING: (
        N_("Còn thiếu {field}. Bổ sung rồi gửi lại."),
        N_("Còn thiếu thông tin bắt buộc. Bổ sung rồi gửi lại."),
    ),
    Code.TOO_LONG: (
        N_("Phần {field} dài quá {limit} ký tự. Rút ngắn, hoặc để phần chi tiết vào tệp kèm theo."),
        N_("Phần {field} dài quá mức cho phép. Rút ngắn, hoặc để phần chi tiết vào tệp kèm theo."),
        N_("Nội dung dài quá mức cho phép. Rút ngắn, hoặc để phần chi tiết vào tệp kèm theo."),
    ),
    Code.DUPLICATE: (
        N_(
            "Mã {directive} đã dùng cho một nhiệm vụ có nội dung khác. Nếu đây là nhiệm vụ mới, ghi mã khác hoặc để "
            "trống; nếu muốn sửa nhiệm vụ đã có, thực hiện việc điều chỉnh."
        ),
        N_("Nhiệm vụ này trùng với một nhiệm vụ đã có. Nếu là nhiệm vụ khác, ghi rõ chỗ khác nhau."),
    ),
    Code.BAD_CODE: (
        N_(
            "Mã nhiệm vụ “{value}” không dùng được. Mã gồm chữ, số và các dấu “-”, “.”, “_”, “/”, không có khoảng "
            "trắng; giữa hai dấu “/” có ít nhất một chữ hoặc số."
        ),
        N_("Mã nhiệm vụ không dùng được. Mã gồm chữ, số và các dấu “-”, “.”, “_”, “/”, không có khoảng trắng."),
    ),
    Code.UNKNOWN_FIELD: (
        N_("Không tìm thấy lĩnh vực “{field_of_work}”. Ghi đúng tên hoặc mã lĩnh vực trong danh bạ."),
        N_("Không tìm thấy lĩnh vực này. Ghi đúng tên hoặc mã lĩnh vực trong danh bạ."),
    ),
    Code.UNKNOWN_URGENCY: (
        N_("Không có độ khẩn “{urgency}”. Ghi một trong các mức: Thường, Khẩn, Thượng khẩn, Hỏa tốc."),
        N_("Độ khẩn ghi chưa đúng. Ghi một trong các mức: Thường, Khẩn, Thượng khẩn, Hỏa tốc."),
    ),
    Code.UNKNOWN_COMMAND: (
        N_("Không có lệnh “{value}”. Các lệnh: {commands}."),
        N_("Không có lệnh này. Xem các lệnh bằng dondoc do --help."),
    ),
    Code.UNKNOWN_VALUE: (
        N_("Phần {field} không nhận giá trị “{value}”. Chọn một trong: {values}."),
        N_("Không có giá trị “{value}”. Chọn một trong: {values}."),
        N_("Giá trị này không có trong danh sách cho phép."),
    ),
    Code.TOO_MANY_FILES: (
        N_("Mỗi lần chỉ gửi được {limit} tệp. Gửi phần còn lại trong báo cáo sau."),
        N_("Gửi quá nhiều tệp một lần. Gửi phần còn lại trong báo cáo sau."),
    ),
    Code.FILE_TOO_LARGE: (
        N_("Tệp “{file}” lớn hơn {limit} MB. Nén hoặc chia nhỏ tệp rồi gửi lại."),
        N_("Tệp quá lớn. Nén hoặc chia nhỏ tệp rồi gửi lại."),
    ),
    Code.FILE_TYPE: (
        N_(
            "Không nhận tệp “{file}”: chỉ nhận PDF, DOCX, XLSX, ODT, PNG, JPG, TXT không có macro, và đuôi tên phải "
            "đúng với loại tệp."
        ),
        N_("Chỉ nhận tệp PDF, DOCX, XLSX, ODT, PNG, JPG, TXT không có macro, và đuôi tên phải đúng với loại tệp."),
    ),
    Code.FILE_INFECTED: (
        N_("Tệp “{file}” không qua được bước quét mã độc nên không được nhận. Kiểm tra lại tệp hoặc báo quản trị."),
        N_("Tệp không qua được bước quét mã độc nên không được nhận. Kiểm tra lại tệp hoặc báo quản trị."),
    ),
    Code.NO_SUCH_FILE: (N_("Không có tệp này."),),
    Code.UNREADABLE: (
        N_("Không có phần nào tên “{unknown}”. Các phần ghi được: {names}."),
        N_("Phần {field} ghi không đúng kiểu: cần {expected}. Kiểm tra lại rồi gửi lại."),
        N_("Phần {field} và phần {other} không đi cùng nhau. Bỏ một trong hai rồi gửi lại."),
        N_("Không đọc được phần {field}. Kiểm tra lại rồi gửi lại."),
        N_("Không đọc được nội dung gửi lên. Kiểm tra lại rồi gửi lại."),
    ),
}
"""For each code its sentences, the fullest first: the first that can be filled is told, and the last has no holes."""

FIELDS: Final[dict[str, str]] = {
    "code": N_("mã nhiệm vụ"),
    "content": N_("nội dung nhiệm vụ"),
    "signer": N_("người ký"),
    "document_type": N_("loại văn bản"),
    "secrecy": N_("độ mật"),
    "result_date": N_("ngày báo cáo kết quả"),
    "result_document": N_("số văn bản kết quả"),
    "no_deadline": N_("không thời hạn"),
    "text": N_("nội dung"),
    "result": N_("kết quả"),
    "reason": N_("lý do"),
    "note": N_("ghi chú"),
    "citation": N_("căn cứ"),
    "lead_agency": N_("cơ quan chủ trì"),
    "agency": N_("cơ quan"),
    "old_agency": N_("cơ quan cũ"),
    "new_agency": N_("cơ quan mới"),
    "coordinating_agencies": N_("cơ quan phối hợp"),
    "deadline": N_("thời hạn"),
    "imposed_deadline": N_("hạn cấp trên giao"),
    "respond_by": N_("hạn giải trình"),
    "urgency": N_("độ khẩn"),
    "field": N_("lĩnh vực"),
    "assigning_leader": N_("người chỉ đạo"),
    "supervising_leader": N_("lãnh đạo phụ trách"),
    "document": N_("văn bản chỉ đạo"),
    "document_number": N_("số ký hiệu văn bản"),
    "document_date": N_("ngày văn bản"),
    "abstract": N_("trích yếu"),
    "percent": N_("tỷ lệ hoàn thành"),
    "attachments": N_("tệp kèm theo"),
    "opinion": N_("ý kiến"),
    "grade": N_("xếp loại kết quả"),
    "granted": N_("quyết định đồng ý hay không"),
    "name": N_("tên"),
    "scopes": N_("phạm vi"),
}
"""The parts of a command, within a sentence."""

EXPECTED: Final[dict[str, str]] = {
    "text": N_("chữ, đặt trong dấu nháy"),
    "names": N_("danh sách tên cơ quan"),
    "deadline": N_("chữ, hoặc một đối tượng có “day”"),
    "document": N_("một đối tượng có “number”, “date”, “type”, “abstract”, “signer”"),
    "percent": N_("số từ 0 đến 100"),
}
"""What the parts of a command hold, within a sentence."""
