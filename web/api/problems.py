"""Every error of the API as RFC 9457 has it, with a code for machines and a sentence for people."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from http import HTTPStatus
from typing import Any, Final

import structlog
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from activities.delivery_failures import DeliveryFailure
from documents.language import N_, Language, sentence
from documents.refusals import REFUSALS
from documents.sentences import refusal_sentence
from models.calendar import CalendarRefused
from models.directory import Directory
from models.refusal import Code, Refused
from services.answered_requests import KeyRefused, KeyTrouble
from services.data_files import FileRefused
from services.troubles import why_away
from web.request_ids import route_of

PROBLEM_JSON: Final = "application/problem+json"
RETRY_SECONDS: Final = 5
"""After so long a caller may ask again when the database is away."""

log = structlog.get_logger()


class ProblemCode(StrEnum):
    """What can be wrong with a request before anything of the office judges it; beside them stand the refusal codes."""

    UNAUTHENTICATED = "unauthenticated"
    INSUFFICIENT_SCOPE = "insufficient_scope"
    MALFORMED = "malformed"
    INVALID = "invalid"
    NO_SUCH_ADDRESS = "no_such_address"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    NOT_REGISTERED = "not_registered"
    BAD_WORKBOOK = "bad_workbook"
    BAD_RECEIVER = "bad_receiver"
    DOES_NOT_FIT = "does_not_fit"
    TOO_LARGE = "too_large"
    TOO_MANY_ROWS = "too_many_rows"
    UNSUPPORTED_MEDIA_TYPE = "unsupported_media_type"
    TOO_MANY_REQUESTS = "too_many_requests"
    TOO_MANY_STREAMS = "too_many_streams"
    UNAVAILABLE = "unavailable"
    BROKEN = "broken"


TITLES: Final[dict[str, str]] = {
    ProblemCode.UNAUTHENTICATED: N_("Cần mã truy cập còn hiệu lực trong tiêu đề Authorization: Bearer."),
    ProblemCode.INSUFFICIENT_SCOPE: N_("Mã truy cập này không có phạm vi cần cho việc này."),
    ProblemCode.MALFORMED: N_("Không đọc được nội dung gửi lên."),
    ProblemCode.INVALID: N_("Có phần ghi không đúng; xem từng phần ở errors."),
    ProblemCode.NO_SUCH_ADDRESS: N_("Không có gì ở địa chỉ này."),
    ProblemCode.METHOD_NOT_ALLOWED: N_("Địa chỉ này không nhận cách gọi đó."),
    ProblemCode.NOT_REGISTERED: N_("Nhiệm vụ không được đăng ký; xem từng lý do ở errors."),
    ProblemCode.BAD_WORKBOOK: N_("Không nhập được bảng tính này."),
    ProblemCode.BAD_RECEIVER: N_("Không dùng được địa chỉ nhận này."),
    ProblemCode.DOES_NOT_FIT: N_(
        "Nội dung này không hợp với danh bạ, lịch hay thang đôn đốc; xem từng lý do ở errors."
    ),
    ProblemCode.TOO_LARGE: N_("Nội dung gửi lên quá lớn."),
    ProblemCode.TOO_MANY_ROWS: N_(
        "Danh sách có hơn 20.000 nhiệm vụ, quá số dòng của một bảng tính; lọc bớt hoặc lấy /directives.csv."
    ),
    ProblemCode.UNSUPPORTED_MEDIA_TYPE: N_("Địa chỉ này không nhận kiểu nội dung đó."),
    ProblemCode.TOO_MANY_REQUESTS: N_("Gọi quá nhiều lần; thử lại sau số giây ở Retry-After."),
    ProblemCode.TOO_MANY_STREAMS: N_("Đang có quá nhiều luồng sự kiện mở; đóng bớt rồi thử lại."),
    ProblemCode.UNAVAILABLE: N_(
        "Hệ thống tạm thời không trả lời được. Gửi lại sau ít giây với cùng Idempotency-Key: việc chỉ được ghi một lần."
    ),
    ProblemCode.BROKEN: N_("Hệ thống gặp lỗi khi trả lời; lỗi đã được ghi vào nhật ký."),
    KeyTrouble.REUSED: N_("Idempotency-Key này đã dùng cho một yêu cầu khác. Dùng một mã mới."),
    KeyTrouble.IN_USE: N_("Yêu cầu mang Idempotency-Key này đang được thực hiện. Thử lại sau ít giây."),
}

FORBIDDEN: Final = frozenset(
    {
        Code.NOT_ALLOWED,
        Code.NOT_LEAD_AGENCY,
        Code.NOT_CONCERNED,
        Code.NOT_COORDINATING_AGENCY,
        Code.OWN_AGENCY,
        Code.NOT_DEPUTY,
    }
)
ABSENT: Final = frozenset({Code.NOT_FOUND, Code.NO_SUCH_FILE, Code.NO_ACCOUNT, Code.NO_SECOND_FACTOR})
CONFLICTS: Final = frozenset(
    {
        Code.WRONG_STATE,
        Code.ALREADY_REGISTERED,
        Code.NO_DEADLINE,
        Code.NO_LEAD_AGENCY,
        Code.SAME_AGENCY,
        Code.EXTENSION_PENDING,
        Code.NO_EXTENSION_PENDING,
        Code.EXPLANATION_PENDING,
        Code.NO_EXPLANATION_PENDING,
        Code.NOTHING_TO_AMEND,
        Code.ID_TAKEN,
        Code.DUPLICATE,
    }
)


class Fault(BaseModel):
    """One part of a request that cannot be taken."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    field: str = Field(description="The part, such as `content` or `query.limit`.")
    code: str
    message: str


class Problem(BaseModel):
    """An error (RFC 9457)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: str = Field(description="`urn:dondoc:problem:` and the code.")
    title: str
    status: int
    detail: str = Field(description="A sentence for people, in Vietnamese or English as Accept-Language asks.")
    code: str = Field(description="Why, for machines: see docs/api.md and the refusal codes of docs/commands.md.")
    errors: list[Fault] = Field(default_factory=list, description="The parts that cannot be taken.")


class ApiProblem(Exception):
    """A request cannot be answered as asked."""

    def __init__(
        self,
        status: HTTPStatus,
        code: ProblemCode | KeyTrouble,
        *,
        detail: str = "",
        errors: tuple[Fault, ...] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(code.value)
        self.status = status
        self.code = code
        self.detail = detail
        self.errors = errors
        self.headers = dict(headers or {})


def language_of(headers: Headers) -> Language:
    """The first of our languages that Accept-Language names; Vietnamese when it names none."""
    for part in headers.get("accept-language", "").split(","):
        wanted = part.partition(";")[0].strip().partition("-")[0].casefold()
        if wanted in list(Language):
            return Language(wanted)
    return Language.VI


def problem_response(problem: ApiProblem, language: Language) -> Response:
    """Write an error."""
    title = sentence(TITLES[problem.code], language)
    return _written(problem.status, problem.code, title, problem.detail or title, problem.errors, problem.headers)


def refused_response(refused: Refused, language: Language, names: Directory) -> Response:
    """Write a refusal of the office."""
    code = refused.code
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    if code in ABSENT:
        status = HTTPStatus.NOT_FOUND
    elif code in FORBIDDEN:
        status = HTTPStatus.FORBIDDEN
    elif code is Code.CHANGED_MEANWHILE:
        status = HTTPStatus.PRECONDITION_FAILED
    elif code in CONFLICTS:
        status = HTTPStatus.CONFLICT
    told = refusal_sentence(code, refused.data, language, names)
    errors = (Fault(field=refused.data["field"], code=code, message=told),) if refused.data.get("field") else ()
    return _written(status, code, sentence(REFUSALS[code][-1], language), told, errors, {})


def _written(
    status: HTTPStatus, code: str, title: str, detail: str, errors: tuple[Fault, ...], headers: Mapping[str, str]
) -> Response:
    problem = Problem(
        type=f"urn:dondoc:problem:{code}",
        title=title,
        status=status,
        detail=detail,
        code=str(code),
        errors=list(errors),
    )
    return JSONResponse(problem.model_dump(mode="json"), status, headers=dict(headers), media_type=PROBLEM_JSON)


def unavailable(detail: str = "") -> ApiProblem:
    """The database cannot be asked or written now."""
    headers = {"Retry-After": str(RETRY_SECONDS)}
    return ApiProblem(HTTPStatus.SERVICE_UNAVAILABLE, ProblemCode.UNAVAILABLE, detail=detail, headers=headers)


OUR_RULES: Final = (ValidationError, FileRefused, CalendarRefused, DeliveryFailure)
"""What our own rules say to something that was sent."""


async def told_problem(request: Request, problem: Exception) -> Response:
    """Answer to whatever a caller or the surroundings can cause."""
    language = language_of(request.headers)
    match problem:
        case ApiProblem():
            return problem_response(problem, language)
        case KeyRefused():
            status = HTTPStatus.CONFLICT if problem.trouble is KeyTrouble.IN_USE else HTTPStatus.UNPROCESSABLE_ENTITY
            return problem_response(ApiProblem(status, problem.trouble), language)
        case RequestValidationError():
            return problem_response(_invalid(problem.errors(), language), language)
        case ValidationError():  # one of our own models has no such shape
            return problem_response(_invalid(problem.errors(), language), language)
        case FileRefused() | CalendarRefused():
            return problem_response(_unfit(problem, language), language)
        case DeliveryFailure():
            told = problem.explain(language)
            status, code = HTTPStatus.UNPROCESSABLE_ENTITY, ProblemCode.BAD_RECEIVER
            return problem_response(ApiProblem(status, code, detail=told), language)
        case HTTPException():
            return problem_response(_of_framework(problem), language)
        case _:
            return problem_response(unavailable(why_away(problem, language)), language)


async def told_broken(request: Request, problem: Exception) -> Response:
    """Answer when our code broke; what broke is for the log alone."""
    log.error("request_broke", route=route_of(request.scope), problem=type(problem).__name__)
    broken = ApiProblem(HTTPStatus.INTERNAL_SERVER_ERROR, ProblemCode.BROKEN)
    return problem_response(broken, language_of(request.headers))


def _of_framework(problem: HTTPException) -> ApiProblem:
    status = HTTPStatus(problem.status_code)
    codes = {
        HTTPStatus.BAD_REQUEST: ProblemCode.MALFORMED,
        HTTPStatus.NOT_FOUND: ProblemCode.NO_SUCH_ADDRESS,
        HTTPStatus.METHOD_NOT_ALLOWED: ProblemCode.METHOD_NOT_ALLOWED,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE: ProblemCode.TOO_LARGE,
    }
    return ApiProblem(status, codes.get(status, ProblemCode.MALFORMED), headers=problem.headers)


def _unfit(problem: FileRefused | CalendarRefused, language: Language) -> ApiProblem:
    """Name each thing that does not fit what the office goes by."""
    if isinstance(problem, CalendarRefused):
        told = [("", sentence(problem.msgid, language, **problem.data))]
    else:
        told = [(fault.place, fault.explain(language)) for fault in problem.faults[:50]]
    code = ProblemCode.DOES_NOT_FIT
    faults = tuple(Fault(field=place, code=code, message=message) for place, message in told)
    return ApiProblem(
        HTTPStatus.UNPROCESSABLE_ENTITY, code, detail=" ".join(one.message for one in faults), errors=faults
    )


def _invalid(found: Sequence[Any], language: Language) -> ApiProblem:
    """Name each part that cannot be taken; what was sent is not repeated."""
    if any(one["type"] in ("json_invalid", "json_type") for one in found):
        return ApiProblem(HTTPStatus.BAD_REQUEST, ProblemCode.MALFORMED)
    faults = tuple(
        Fault(field=_place(one["loc"]), code=str(one["type"]), message=_why(one, language)) for one in found[:50]
    )
    return ApiProblem(HTTPStatus.UNPROCESSABLE_ENTITY, ProblemCode.INVALID, errors=faults)


def _place(location: tuple[int | str, ...]) -> str:
    """`content` for a part of the body, `query.limit` for others."""
    first, *inner = (str(part)[:64] for part in location) if location else ("",)
    return ".".join(inner) if first == "body" and inner else ".".join((first, *inner))


def _why(one: Mapping[str, Any], language: Language) -> str:
    match one["type"]:
        case "missing":
            return sentence(REFUSALS[Code.MISSING][-1], language)
        case "extra_forbidden":
            return sentence(N_("Không có phần nào tên như vậy."), language)
        case "string_too_long" | "too_long":
            return sentence(REFUSALS[Code.TOO_LONG][-1], language)
        case _:
            return sentence(N_("Phần này ghi không đúng kiểu hoặc ngoài giới hạn."), language)
