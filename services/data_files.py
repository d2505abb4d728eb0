"""Reading the YAML files that people write, with every fault named at its place."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeVar

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from documents.language import N_, Language, sentence

LARGEST_FILE: Final = 5_000_000
"""Bytes. A directory of a province has some 200,000."""

Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True)
class FileFault:
    """One fault of a file: where it stands and a sentence with named holes.

    Attributes:
        place: the way to it, such as `ladders.normal.clocks.deadline.steps.3.at`; empty for the file as a whole.
        line: its line in the file, from 1; 0 where that is not known.
    """

    place: str
    line: int
    message: str
    data: dict[str, object] = field(default_factory=dict)

    def explain(self, language: Language) -> str:
        """Say it in one sentence, with its place in front."""
        said = sentence(self.message, language, **self.data)
        if self.line and self.place:
            return sentence(N_("Dòng {line}, {place}: {fault}"), language, line=self.line, place=self.place, fault=said)
        if self.line:
            return sentence(N_("Dòng {line}: {fault}"), language, line=self.line, fault=said)
        return f"{self.place}: {said}" if self.place else said


class FileRefused(Exception):
    """A file of people's data cannot be used. Nothing changes."""

    def __init__(self, faults: tuple[FileFault, ...]) -> None:
        super().__init__("\n".join(fault.explain(Language.VI) for fault in faults))
        self.faults = faults


def read_text(path: Path) -> str:
    """Read a file that people wrote.

    Raises:
        FileRefused: it is too large, or no text in UTF-8.
        OSError: it cannot be opened.
    """
    raw = path.read_bytes()
    if len(raw) > LARGEST_FILE:
        raise FileRefused((FileFault("", 0, N_("Tệp lớn hơn {limit} MB."), {"limit": LARGEST_FILE // 1_000_000}),))
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as broken:
        line = raw[: broken.start].count(b"\n") + 1
        raise FileRefused((FileFault("", line, N_("Có chữ không phải mã UTF-8.")),)) from None


def read_model(text: str, model: type[Model]) -> Model:
    """Read YAML as one of our models.

    Raises:
        FileRefused: it is no YAML, or does not have the model's shape; with every fault.
    """
    try:
        data = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as broken:
        raise FileRefused((_yaml_fault(broken),)) from None
    try:
        return model.model_validate(data if data is not None else {})
    except ValidationError as invalid:
        tree = _tree(text)
        errors = _causes(invalid.errors(include_url=False))
        raise FileRefused(tuple(_fault(error, tree) for error in errors)) from None


def lines_of(text: str, places: Iterable[tuple[str | int, ...]]) -> list[int]:
    """Find the lines at which values of a YAML text stand, or what is there of the way to them."""
    tree = _tree(text)
    return [_line(tree, place) for place in places]


def _causes(errors: list[ErrorDetails]) -> list[ErrorDetails]:
    """Leave out that a list is empty when it is so only because its entries are refused."""
    places = [error["loc"] for error in errors]

    def follows(error: ErrorDetails) -> bool:
        depth = len(error["loc"])
        return error["type"] == "too_short" and any(len(at) > depth and at[:depth] == error["loc"] for at in places)

    return [error for error in errors if not follows(error)]


def _yaml_fault(broken: Exception) -> FileFault:
    mark = getattr(broken, "problem_mark", None)
    line = mark.line + 1 if mark is not None else 0
    problem = getattr(broken, "problem", None) or str(broken)
    return FileFault("", line, N_("Không đúng cách viết YAML ({problem})."), {"problem": problem})


def _tree(text: str) -> yaml.Node | None:
    try:
        return yaml.compose(text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError):
        return None


def _line(node: yaml.Node | None, place: tuple[str | int, ...]) -> int:
    """The line of the deepest part of a place that is there."""
    line = node.start_mark.line + 1 if node is not None else 0
    for part in place:
        if isinstance(node, yaml.MappingNode):
            pair = next((pair for pair in node.value if getattr(pair[0], "value", None) == str(part)), None)
            if pair is None:
                break
            line, node = pair[0].start_mark.line + 1, pair[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.start_mark.line + 1
        else:
            break
    return int(line)


def _fault(error: ErrorDetails, tree: yaml.Node | None) -> FileFault:
    place = tuple(part for part in error["loc"] if part != "[key]")
    message, data = _message(error)
    return FileFault(".".join(str(part) for part in place), _line(tree, place), message, data)


_BY_TYPE: Final[dict[str, str]] = {
    "missing": N_("còn thiếu mục này."),
    "extra_forbidden": N_("không có mục nào tên như vậy."),
    "enum": N_("“{value}” không dùng được ở đây; chọn một trong: {expected}."),
    "literal_error": N_("“{value}” không dùng được ở đây; chọn một trong: {expected}."),
    "string_too_long": N_("dài quá {max_length} ký tự."),
    "string_too_short": N_("đang để trống."),
    "too_short": N_("phải có ít nhất một mục."),
    "string_type": N_("phải là chữ, không phải {value}; nếu là số thì đặt trong dấu nháy."),
    "bool_type": N_("phải là true hoặc false, không phải {value}."),
    "bool_parsing": N_("phải là true hoặc false, không phải {value}."),
    "greater_than": N_("phải lớn hơn {gt}, không phải {value}."),
    "greater_than_equal": N_("phải từ {ge} trở lên, không phải {value}."),
    "less_than_equal": N_("phải từ {le} trở xuống, không phải {value}."),
}
_BY_KIND: Final[tuple[tuple[str, str], ...]] = (
    ("int_", N_("phải là số nguyên, không phải {value}.")),
    ("float_", N_("phải là số, không phải {value}.")),
    ("date_", N_("phải là ngày viết năm-tháng-ngày như 2026-03-04, không phải {value}.")),
    ("time_", N_("phải là giờ viết trong dấu nháy như '08:00', không phải {value}.")),
    ("tuple_", N_("phải là một danh sách.")),
    ("list_", N_("phải là một danh sách.")),
    ("frozen_set_", N_("phải là một danh sách.")),
    ("mapping_", N_("phải gồm các mục có tên.")),
    ("dict_", N_("phải gồm các mục có tên.")),
    ("model_", N_("phải gồm các mục có tên.")),
)
_RULES: Final[tuple[tuple[re.Pattern[str], str], ...]] = (
    (
        re.compile(r"a step names either `at`"),
        N_("một bước ghi đúng một trong hai: at (ngày làm việc) hoặc hours (giờ)."),
    ),
    (
        re.compile(r"`then_every` of a step in working days"),
        N_("then_every của bước tính theo ngày phải là số ngày nguyên."),
    ),
    (re.compile(r"a step before its anchor cannot repeat"), N_("bước đứng trước mốc thì không lặp lại được.")),
    (
        re.compile(r"no clock runs while a directive is (?P<state>\w+)"),
        N_("không có đồng hồ nào chạy ở trạng thái {state}."),
    ),
    (re.compile(r"step (?P<step>\S+) stands twice"), N_("bước {step} có hai lần.")),
    (re.compile(r"opening ≤ digest < closing"), N_("giờ mở cửa, giờ gửi tổng hợp, giờ đóng cửa phải theo thứ tự.")),
    (re.compile(r"the ladder of urgency `normal` is missing"), N_("thiếu thang của độ khẩn normal.")),
    (
        re.compile(r"(?P<value>\S+) is no time of day"),
        N_("{value} không phải giờ; viết giờ trong dấu nháy như '14:00'."),
    ),
)
"""What the rules themselves say of a value, in people's words."""


def _message(error: ErrorDetails) -> tuple[str, dict[str, object]]:
    kind = error["type"]
    data: dict[str, object] = {"value": _shown(error["input"]), **error.get("ctx", {})}
    data["expected"] = re.sub(r"'| or ", lambda found: "" if found[0] == "'" else ", ", str(data.get("expected", "")))
    if kind in _BY_TYPE:
        return _BY_TYPE[kind], data
    if kind == "value_error":
        said = error["msg"].removeprefix("Value error, ")
        for pattern, message in _RULES:
            found = pattern.search(said)
            if found:
                return message, {**data, **found.groupdict()}
        return N_("{said}."), {"said": said}
    for start, message in _BY_KIND:
        if kind.startswith(start):
            return message, data
    return N_("{said}."), {"said": error["msg"]}


def _shown(value: object) -> str:
    text = str(value)
    return text if len(text) <= 60 else f"{text[:57]}…"
