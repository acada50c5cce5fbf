"""The parts that the page of a report is put together from; what goes into :func:`element` is markup already."""

from __future__ import annotations

import base64
import hashlib
import html
from typing import TYPE_CHECKING, Final, NamedTuple

from gmpki.asn1.rfc5280._name_text import shown_text
from gmpki.cms.report import CheckStatus
from gmpki.seal.report import CHECK_TEXTS, SealCheck
from gmpki.seal.report_words import ACCEPTED, STATUS_TEXTS, Words

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from gmpki.cms.report import Check

__all__ = [
    "Fact",
    "checks_list",
    "clipped",
    "data_address",
    "element",
    "facts_list",
    "notes_list",
    "page",
    "section_title",
    "words",
]

_LONGEST: Final = 400  # characters of one text
_MARKS: Final = {CheckStatus.PASSED: "✓", CheckStatus.FAILED: "✗", CheckStatus.NOT_CHECKED: "–"}
_SPOKEN: Final = {"not-checked": Words("未检查", "not checked")}


class Fact(NamedTuple):
    """A label, and the markup of what is said."""

    label: Words
    value: str


def clipped(text: str) -> str:
    """Return text from elsewhere as markup: escaped, without what hides or turns other text, and not too long."""
    cut = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
    return html.escape(shown_text(cut))


def words(text: Words) -> str:
    """Return words in both languages."""
    chinese, english = clipped(text.chinese), clipped(text.english)
    return f'{chinese} <span class="en" lang="en">{english}</span>' if english else chinese


def element(name: str, content: str, classes: str = "") -> str:
    """Return an element around markup."""
    return f'<{name} class="{classes}">{content}</{name}>' if classes else f"<{name}>{content}</{name}>"


def page(title: str, body: str, style: str) -> str:
    """Return a whole page: one file that needs nothing else, and whose own policy forbids whatever else there might be.

    :param title: markup, as the body is.
    """
    allowed = base64.b64encode(hashlib.sha256(style.encode("utf-8")).digest()).decode("ascii")
    policy = f"default-src 'none'; img-src data:; style-src 'sha256-{allowed}'; form-action 'none'; base-uri 'none'"
    return (
        '<!DOCTYPE html>\n<html lang="zh-CN">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"<title>{title}</title>\n"
        f"<style>{style}</style>\n</head>\n<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )


def data_address(media_type: str, data: bytes) -> str:
    """Return an address that is the data itself."""
    return f"data:{media_type};base64,{base64.b64encode(data).decode('ascii')}"


def section_title(text: Words) -> str:
    """Return the title of a section."""
    return element("div", element("h2", words(text)), "title")


def facts_list(facts: Iterable[Fact]) -> str:
    """Return labels and what is said of each."""
    return element("dl", "".join(f"<dt>{words(one.label)}</dt><dd>{one.value}</dd>" for one in facts), "facts")


def notes_list(notes: Iterable[str]) -> str:
    """Return sentences from elsewhere."""
    return element("ul", "".join(element("li", clipped(note)) for note in notes), "notes")


def checks_list(checks: Iterable[Check], accepted: Collection[str]) -> str:
    """Return one line for each check: whether it passed, failed or was not made, and why."""
    return element("ul", "".join(_check(check, accepted) for check in checks), "checks")


def _check(check: Check, accepted: Collection[str]) -> str:
    status = check.status.value
    said = words(_SPOKEN.get(status, STATUS_TEXTS[status]))
    if check.status is CheckStatus.NOT_CHECKED and check.name in accepted:
        said += f" · {words(ACCEPTED)}"
    why = check.detail or ("" if check.error is None else str(check.error))
    found = element("b", said) + (element("span", clipped(why), "why") if why else "")
    chinese, english = CHECK_TEXTS[SealCheck(check.name)]
    return element(
        "li",
        element("span", _MARKS[check.status], "mark")
        + element("span", words(Words(chinese, english)), "words")
        + element("span", found, "found"),
        status,
    )
