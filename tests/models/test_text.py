import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.text import contains_state_secret_marking, fold, fold_key, normalise_number, sort_key


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Sở Nông nghiệp và Phát triển nông thôn", "so nong nghiep va phat trien nong thon"),
        ("ĐỨC PHỔ", "duc pho"),
        ("Ðức Phổ", "duc pho"),  # the Icelandic letter, common in old files
        ("hoà", "hoa"),
        ("hòa", "hoa"),
        ("ƯƠ ưở ĨŨ", "uo uo iu"),
        ("1234/UBND-KTTH", "1234/ubnd-ktth"),
        ("straße İ 가 ﬁ", "straße i 가 ﬁ"),
    ],
)
def test_folding_takes_away_case_and_accents_in_both_unicode_forms(text: str, folded: str) -> None:
    assert fold(text) == folded
    assert fold(unicodedata.normalize("NFD", text)) == folded


@given(st.text())
def test_a_folded_text_is_as_long_as_its_nfc_form_so_that_spans_map_back(text: str) -> None:
    assert len(fold(text)) == len(unicodedata.normalize("NFC", text))


def test_a_span_found_in_the_folded_text_is_the_same_span_of_the_original() -> None:
    text = unicodedata.normalize("NFD", "Giao Sở Tài chính chủ trì, phối hợp với Đài Phát thanh")
    start = fold(text).index("dai phat thanh")

    assert unicodedata.normalize("NFC", text)[start : start + 14] == "Đài Phát thanh"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("TP. Quảng Ngãi", "tp quảng ngãi"),
        ("TP.Quảng Ngãi", "TP – Quảng  Ngãi"),
        ("Sở NN&PTNT", "Sở NN & PTNT"),
        ("Ban Quản lý KKT – KCN", "ban quản lý kkt-kcn"),
        (" Sở\u00a0Y tế ", "sở y tế"),
        ("Hoà Bình", "Hòa Bình"),
        ("Sở TN-MT", "Sở TN MT"),
    ],
)
def test_two_writings_of_one_name_have_one_key(one: str, other: str) -> None:
    assert fold_key(one) == fold_key(other)


def test_two_names_have_two_keys() -> None:
    assert len({fold_key(name) for name in ("Sở Y tế", "Sở Tư pháp", "Sở Tài chính", "Sở Nội vụ")}) == 4


ORDERED = [
    "An Phú", "Ấn Độ",
    "Ba", "Ba Tơ", "Ba Vì", "Bà Rịa", "Ban Dân tộc", "Bình Sơn",
    "Cà Mau", "Châu Ổ",
    "Dung Quất", "Đà Nẵng", "Đức Phổ",
    "Em", "Ê đê",
    "Lý Sơn",
    "ma", "mà", "mả", "mã", "má", "mạ", "man", "Mộ Đức",
    "Ong", "Ông", "Ơn",
    "Phường 2", "Phường 10",
    "Sở Nội vụ", "Sở Nông nghiệp", "Sở Tư pháp", "Sở Y tế",
    "Trà Bồng", "Tư Nghĩa", "Ưng",
]  # fmt: skip


def test_names_are_ordered_as_in_a_vietnamese_dictionary_and_numbers_by_size() -> None:
    by_code_point = sorted(ORDERED)

    assert by_code_point != ORDERED
    assert sorted(by_code_point, key=sort_key) == ORDERED


def test_case_tone_placement_blanks_and_punctuation_do_not_change_the_order() -> None:
    assert sort_key("Hoà Bình") == sort_key("hòa  bình,")


@given(st.text(max_size=40))
def test_a_sort_key_does_not_depend_on_the_unicode_form(text: str) -> None:
    assert sort_key(unicodedata.normalize("NFD", text)) == sort_key(unicodedata.normalize("NFC", text))


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("1234/UBND-KTTH", "1234/UBND-KTTH"),
        (" 1234 / ubnd – ktth ", "1234/UBND-KTTH"),
        ("Số: 1234/UBND-KTTH", "1234/UBND-KTTH"),
        ("số 5/QĐ-UBND", "05/QĐ-UBND"),
        ("005/QÐ-UBND", "05/QĐ-UBND"),
        ("1454/ BTNMT-TCQLĐĐ", "1454/BTNMT-TCQLĐĐ"),
        ("1234/UBND-\nKTTH", "1234/UBND-KTTH"),
        ("30/2020/NĐ-CP.", "30/2020/NĐ-CP"),
        ("", ""),
    ],
)
def test_a_document_number_has_one_form_however_it_was_typed(written: str, expected: str) -> None:
    assert normalise_number(written) == expected
    assert normalise_number(unicodedata.normalize("NFD", written)) == expected
    assert normalise_number(expected) == expected


MARKED = [
    "M ậ t 19",
    "M ậ t: báo cáo",
    "12/UBND-M ậ t",
    "T ố i  m ậ t 5",
    "Mật",
    "MẬT",
    "mật",
    "Tối mật",
    "TỐI MẬT",
    "Tuyệt mật",
    "TUYỆT MẬT",
    "M Ậ T",
    "M.Ậ.T",
    "T U Y Ệ T   M Ậ T",
    "TUYỆTMẬT",
    "T Ố I M Ậ T",
    "(MẬT)",
    "[Tối mật]",
    "Báo cáo tình hình biên giới (Mật)",
    "Độ mật: Mật",
    "Độ mật : tối mật",
    "ĐỘ MẬT: TUYỆT MẬT",
    "Mức độ mật: Mật",
    "Do mat: Mat",
    "Mật - Khẩn",
    "HỎA TỐC, MẬT",
    "Khẩn / Tối mật",
    "MẬT Báo cáo tình hình an ninh biên giới",
    "Công văn MẬT về quốc phòng",
    "MẬT BÁO CÁO VỀ BIÊN GIỚI",
    "MẬT Độ sẵn sàng chiến đấu",
    "Công văn Mật số 15/UBND-NC",
    "công văn mật số 15/UBND-NC",
    "Kế hoạch Tuyệt mật về phòng thủ",
    "UBND TỈNH QUẢNG NGÃI\nMẬT\nV/v diễn tập khu vực phòng thủ",
    "Mậ\u200bt",
    "Ｍật",
]
UNMARKED = [
    "b í m ậ t nhà nước",
    "",
    "mật độ dân số",
    "MẬT ĐỘ XÂY DỰNG",
    "QUY HOẠCH MẬT ĐỘ DÂN CƯ",
    "bí mật kinh doanh",
    "BÍ MẬT NHÀ NƯỚC",
    "Tăng cường công tác bảo vệ bí mật nhà nước",
    "mật ong rừng",
    "Mật ong",
    "đường, mật, rượu",
    "bảo mật thông tin",
    "BẢO MẬT HỆ THỐNG THÔNG TIN",
    "đổi mật khẩu",
    "MẬT KHẨU",
    "cơ mật",
    "cơ quan mật vụ",
    "viêm túi mật",
    "12/UBND-M",
    "12/UBND-NC-M",
    "Độ mật: Không",
    "Độ mật: Thường",
    "Không mật",
    "Quy định về đóng dấu mật, tối mật, tuyệt mật trên văn bản",
    "không soạn thảo tài liệu tuyệt mật trên máy tính nối mạng",
    "quản lý văn bản mật theo Luật Bảo vệ bí mật nhà nước",
    "Công văn Mật Sơn",
    "Bà Nguyễn Thị Mật khiếu nại",
    "xã Mật Sơn",
    "Sở Y tế khẩn trương báo cáo",
    "mặt trận Tổ quốc",
    "MẶT BẰNG",
    "tính nghiêm mật của quy trình",
    "Thường",
    "Hỏa tốc",
]


@pytest.mark.parametrize("text", MARKED)
def test_a_document_marked_as_a_state_secret_is_recognised(text: str) -> None:
    assert contains_state_secret_marking(text)
    assert contains_state_secret_marking(unicodedata.normalize("NFD", text))


@pytest.mark.parametrize("text", UNMARKED)
def test_a_text_that_only_uses_the_word_is_not_taken_for_a_marking(text: str) -> None:
    assert not contains_state_secret_marking(text)
    assert not contains_state_secret_marking(unicodedata.normalize("NFD", text))
