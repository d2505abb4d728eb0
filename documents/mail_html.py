"""The HTML half of a mail: plain semantic elements, everything escaped, no style and nothing to load."""

from collections.abc import Sequence
from html import escape
from typing import Final

from documents.language import N_, Language
from documents.notice_text import NoticeText
from documents.phrases import Names, one_line
from documents.translation import translated
from models.notices import NoticeContent

DETAILED: Final = 30
"""How many notices of one mail are told in full; the table names all of them."""

Footer = tuple[str, str]
"""The last sentence and an address that it speaks of, perhaps empty."""


def single_page(text: NoticeText, greeting: str, footer: Footer, language: Language) -> str:
    """Write the page of one notice."""
    body = f"<p>{escape(greeting)}</p>\n<h1>{escape(text.headline)}</h1>\n{_article(text, language)}"
    return _page(text.subject, body, footer, language)


def digest_page(
    subject: str,
    greeting: str,
    notices: Sequence[tuple[NoticeContent, NoticeText]],
    names: Names,
    footer: Footer,
    language: Language,
) -> str:
    """Write the page of several notices: a table of the directives, then each notice; in the order given."""
    titles = (N_("Nhiệm vụ"), N_("Nội dung nhiệm vụ"), N_("Cơ quan chủ trì"), N_("Thời hạn"), N_("Việc"))
    head = "".join(f'<th scope="col">{escape(translated(title, language))}</th>' for title in titles)
    rows = "\n".join(_row(content, text, names) for content, text in notices)
    articles = "\n".join(
        f"<section>\n<h2>{escape(text.subject)}</h2>\n<p>{escape(text.headline)}</p>\n"
        f"{_article(text, language)}\n</section>"
        for _, text in notices[:DETAILED]
    )
    body = (
        f"<p>{escape(greeting)}</p>\n<h1>{escape(subject)}</h1>\n"
        f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}\n</tbody>\n</table>\n{articles}"
    )
    return _page(subject, body, footer, language)


def letter_page(title: str, greeting: str, paragraphs: Sequence[str], link: str, language: Language) -> str:
    """Write the page of a letter about no directive; the link stands after the first paragraph."""
    first, *rest = (f"<p>{escape(paragraph)}</p>" for paragraph in paragraphs)
    linked = f'<p><a href="{escape(link)}">{escape(link)}</a></p>'
    body = "\n".join((f"<p>{escape(greeting)}</p>", f"<h1>{escape(title)}</h1>", first, linked, *rest))
    return _page(title, body, (translated(N_("Thư này do hệ thống Đôn Đốc gửi."), language), ""), language)


def _row(content: NoticeContent, text: NoticeText, names: Names) -> str:
    code = f'<a href="{escape(text.link)}">{escape(one_line(content.code))}</a>'
    cells = (one_line(content.content), one_line(names.agency_name(content.lead_agency)), text.standing, text.title)
    return f'<tr><th scope="row">{code}</th>' + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>"


def _article(text: NoticeText, language: Language) -> str:
    facts = "".join(f"<dt>{escape(name)}</dt><dd>{_lines(value)}</dd>" for name, value in text.facts)
    said = f"<blockquote><p>{_lines(text.said)}</p></blockquote>\n" if text.said else ""
    remarks = "".join(f"<p>{escape(remark)}</p>\n" for remark in text.remarks)
    guide = "".join(
        f"<dt>{escape(translated(name, language))}</dt><dd>{escape(value)}</dd>"
        for name, value in (
            (N_("Vì sao có thông báo này"), text.why),
            (N_("Tiếp theo"), text.next),
            (N_("Cách xử lý"), text.act),
        )
    )
    commands = "".join(f"<li><code>{escape(command)}</code></li>" for command in text.commands)
    listed = f"<ul>{commands}</ul>\n" if commands else ""
    link = f'<p><a href="{escape(text.link)}">{escape(text.link)}</a></p>'
    return f"<dl>{facts}</dl>\n{said}{remarks}<dl>{guide}</dl>\n{link}\n{listed}".rstrip()


def _lines(text: str) -> str:
    return escape(text).replace("\n", "<br>")


def _page(title: str, body: str, footer: Footer, language: Language) -> str:
    words, address = footer
    link = f' <a href="{escape(address)}">{escape(address)}</a>' if address else ""
    return (
        f'<!DOCTYPE html>\n<html lang="{language.value}">\n<head><meta charset="utf-8">'
        f"<title>{escape(title)}</title></head>\n<body>\n<main>\n{body}\n</main>\n"
        f"<footer><p>{escape(words)}{link}</p></footer>\n</body>\n</html>\n"
    )
