"""How Vietnamese text is compared, ordered and checked, without a library and without the host's locale.

Offices write the same name in two Unicode forms, two placements of the tone mark, capitals or none, with and
without accents. Every comparison in the engine passes through `fold` or `fold_key`.
"""

import re
import unicodedata
from typing import Final

_D_WITH_STROKE: Final = frozenset("đĐðÐɖƉ")
_DASHES: Final = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"
_SLASHES: Final = "\u2044\u2215\uff0f"


class _FoldTable(dict[int, str]):
    """What each code point folds to, worked out once and then remembered."""

    def __missing__(self, code_point: int) -> str:
        folded = _fold_character(chr(code_point))
        self[code_point] = folded
        return folded


def _fold_character(character: str) -> str:
    if character in _D_WITH_STROKE:
        return "d"
    decomposed = unicodedata.normalize("NFD", character)
    if len(decomposed) > 1 and all(unicodedata.combining(mark) for mark in decomposed[1:]):
        character = decomposed[0]
    folded = character.casefold()
    if len(folded) == 1:
        return folded
    lowered = character.lower()
    return lowered if len(lowered) == 1 else character


_FOLD_TABLE: Final = _FoldTable()


def fold(text: str) -> str:
    """Write a text without case and accents, one letter for one letter.

    The result is as long as the NFC form of the text, so a span found in it is the same span of
    `unicodedata.normalize("NFC", text)`. Both placements of a tone mark ("hoà", "hòa") fold alike.
    """
    return unicodedata.normalize("NFC", text).translate(_FOLD_TABLE)


_KEY_SPACES: Final = re.compile(rf"[\s.,;:'\"‘’“”_\-{_DASHES}\u200b\ufeff\xad]+")
_KEY_AMPERSAND: Final = re.compile(r" ?& ?")


def fold_key(text: str) -> str:
    """Make the key under which two writings of one name meet.

    `fold`, with dashes, dots, commas, quotes and any run of blanks as one space, none at the ends and none
    around "&". So "TP.Quảng Ngãi", "TP – Quảng  Ngãi" and "tp quang ngai" are one key.
    """
    return _KEY_AMPERSAND.sub("&", _KEY_SPACES.sub(" ", fold(text)).strip())


# The alphabet's own letters that fold onto a plain one, in their place after it: a ă â … d đ … u ư.
_LETTER_RANKS: Final = {"ă": "a1", "â": "a2", "đ": "d1", "ê": "e1", "ô": "o1", "ơ": "o2", "ư": "u1"}
# The tones in the order of Vietnamese dictionaries: none, huyền, hỏi, ngã, sắc, nặng.
_TONE_RANKS: Final = {"\u0300": 1, "\u0309": 2, "\u0303": 3, "\u0301": 4, "\u0323": 5}
_SORT_PARTS: Final = re.compile(r"\d+|[^\W\d_]+")
_NUMBER_WIDTH: Final = 12


def sort_key(text: str) -> str:
    """Make a text whose order by code point is the order of the Vietnamese alphabet.

    Words are compared one after another, first by letter (a ă â b c d đ e ê …), then by tone (ngang, huyền, hỏi,
    ngã, sắc, nặng), as dictionaries do; numbers come first and by size; punctuation and case do not count. Store it
    in a column and order by that column byte-wise (SQLite's BINARY, PostgreSQL's collation "C").
    """
    words = _SORT_PARTS.findall(unicodedata.normalize("NFC", text))
    return " ".join(_word_sort_key(word) for word in words)


def _word_sort_key(word: str) -> str:
    if word.isdecimal():
        return str(int(word)).zfill(_NUMBER_WIDTH)
    letters: list[str] = []
    tone = 0
    for character in word.lower():
        bare = []
        for part in unicodedata.normalize("NFD", "đ" if character == "ð" else character):
            if part in _TONE_RANKS:
                tone = max(tone, _TONE_RANKS[part])
            else:
                bare.append(part)
        letter = unicodedata.normalize("NFC", "".join(bare))
        letters.append(_LETTER_RANKS.get(letter, f"{fold(letter)}0") if letter else "")
    return f"{''.join(letters)}!{tone}"


_NUMBER_LABEL: Final = re.compile(r"^(?:số(?: ký hiệu)?|so)\s*[:.]?\s*(?=\d)", re.IGNORECASE)
_LEADING_NUMBER: Final = re.compile(r"^0*(\d+)")


def normalise_number(number: str) -> str:
    """Write the number and symbol of a document the one way: "số 5 / ubnd – ktth" is "05/UBND-KTTH".

    Capitals, no blanks, one kind of dash and slash, no label; a number below ten has its zero in front.
    Source of the zero: Decree 30/2020/NĐ-CP, annex I, part II.
    """
    text = unicodedata.normalize("NFC", number).strip()
    text = _NUMBER_LABEL.sub("", text)
    text = re.sub(rf"[{_DASHES}]", "-", text)
    text = re.sub(rf"[{_SLASHES}]", "/", text)
    text = re.sub(r"[\s\u200b\ufeff\xad]+", "", text).upper().translate({ord("Ð"): "Đ", ord("Ɖ"): "Đ"})
    text = text.strip(".,;:")
    return _LEADING_NUMBER.sub(lambda found: found.group(1).zfill(2), text)


# --- Markings of state secrets -------------------------------------------------------------------------------

_GAP: Final = r"[^\S\n]*[._*·\-]*[^\S\n]*"
_LEVEL_WORDS: Final = tuple(
    re.compile(rf"(?<!\w){_GAP.join(letters)}(?!\w)", re.IGNORECASE)
    for letters in ("mật", "tối", "tuyệt", "tốimật", "tuyệtmật")
)
_LEVEL: Final = r"(?:tuyệt mật|tối mật|mật)"
_LEVEL_OR_BARE: Final = r"(?:tuyệt mật|tối mật|mật|tuyet mat|toi mat|mat)"
_URGENCY: Final = r"(?:thường|khẩn|thượng khẩn|hỏa tốc|hoả tốc)"
_WHOLE_FIELD: Final = re.compile(
    rf"\W*(?:dấu\W+)?(?:{_URGENCY}\W+)*{_LEVEL_OR_BARE}(?:\W+{_URGENCY})*\W*", re.IGNORECASE
)
_LABEL: Final = r"(?<!\w)(?:(?:mức )?độ mật|do mat|đóng dấu(?: chỉ độ mật)?|dấu chỉ độ mật)"
_LABELLED: Final = re.compile(
    rf"{_LABEL} ?(?:[:=\-(\[\"“] ?)+{_LEVEL_OR_BARE}(?!\w)(?! (?:độ|do)(?!\w))|{_LABEL} {_LEVEL_OR_BARE}$",
    re.IGNORECASE,
)
_BRACKETED: Final = re.compile(rf"[(\[{{<«“\"]\s*{_LEVEL_OR_BARE}\s*[)\]}}>»”\"]", re.IGNORECASE)
_DOCUMENT: Final = (
    r"(?:công văn|công điện|văn bản|tài liệu|báo cáo|tờ trình|kế hoạch|quyết định|hồ sơ|kết luận|thông báo"
    r"|chỉ thị|nghị quyết)"
)
_NUMBERED: Final = re.compile(rf"(?<!\w){_DOCUMENT} {_LEVEL} số:? ?\d", re.IGNORECASE)
_MARKED_DOCUMENT: Final = re.compile(rf"(?<!\w)(?i:{_DOCUMENT}) (?:Mật|Tối [Mm]ật|Tuyệt [Mm]ật)(?!\w)(?! [A-ZĐÀ-Ỹ])")
_HIGH_LEVEL: Final = re.compile(r"(?<!\w)(?:TỐI MẬT|TUYỆT MẬT|Tối Mật|Tuyệt Mật|(?<=\w )(?:Tối|Tuyệt) mật)(?!\w)")
_NOT_LETTERS: Final = re.compile(r"[\W_]+")
_CAPITALS: Final = re.compile(r"(?<!\w)MẬT(?!\w)")
# Syllables that make another word of "mật": bí mật, bảo mật, túi mật; mật độ, mật khẩu, mật ong.
_WORDS_ENDING_SO: Final = frozenset(
    re.findall(
        r"\w+",
        "bí bảo cơ cẩn thân hộp trù nghiêm chi kín thầm nội túi ống sỏi gan gấu đường ong rỉ rượu lấy dịch tuyến viêm "
        "vị không",
    )
)
_WORDS_BEGINNING_SO: Final = frozenset(
    re.findall(
        r"\w+",
        "độ ong khẩu mã vụ thám hoa thiết nghị tông đàm ước phục gấu mía đường rỉ ngọt ngữ kỳ",
    )
)


def contains_state_secret_marking(text: str) -> bool:
    """Tell whether a text carries the marking of a state secret: Mật, Tối mật or Tuyệt mật.

    A marking is a whole field or line ("Mật", "M Ậ T", "Tối mật - Khẩn"), one in brackets, one after a label
    ("Độ mật: Mật"), one in capitals, or one that names a document's kind ("Công văn Mật số 12"). A text that only
    speaks of secrets or uses the syllable otherwise (bí mật kinh doanh, bảo mật, mật độ, mật ong) has none, and a
    number's suffix such as "12/UBND-M" is not enough.
    """
    plain = unicodedata.normalize("NFKC", text)
    if "mat" not in _NOT_LETTERS.sub("", fold(plain)):
        return False  # nearly every text ends here; the rest costs ten times as much
    plain = "".join(character for character in plain if unicodedata.category(character) != "Cf")
    for word in _LEVEL_WORDS:
        plain = word.sub(_close_up, plain)
    for line in plain.splitlines():
        line = " ".join(line.split())
        if (
            _WHOLE_FIELD.fullmatch(line)
            or _LABELLED.search(line)
            or _BRACKETED.search(line)
            or _NUMBERED.search(line)
            or _MARKED_DOCUMENT.search(line)
            or _HIGH_LEVEL.search(line)
            or _in_capitals(line)
        ):
            return True
    return False


def _close_up(found: re.Match[str]) -> str:
    """Write a letter-spaced level closed up, with the one blank that belongs between its two words.

    Where "mật" itself is letter-spaced it is written in capitals: nobody spaces a word so but on a stamp.
    """
    letters = re.sub(_GAP, "", found.group())
    closed = letters if len(letters) <= len("tuyệt") else f"{letters[:-3]} {letters[-3:]}"
    if "mật" in found.group().lower() or not letters.lower().endswith("mật"):
        return closed
    before = re.sub(r"\s+", "", found.string[: found.start()]).lower()
    return closed if before.endswith(tuple(_WORDS_ENDING_SO)) else closed.upper()


def _in_capitals(line: str) -> bool:
    for found in _CAPITALS.finditer(line):
        before = re.findall(r"\w+", line[: found.start()])[-1:]
        after = re.match(r"\s*(\w+)", line[found.end() :])
        # Another word in capitals stands in capitals whole: "MẬT ĐỘ", but "MẬT Độ sẵn sàng chiến đấu".
        if before and before[0].isupper() and before[0].lower() in _WORDS_ENDING_SO:
            continue
        if after and after.group(1).isupper() and after.group(1).lower() in _WORDS_BEGINNING_SO:
            continue
        return True
    return False
