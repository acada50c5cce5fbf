"""XML as OFD documents are written here: by text, the same bytes every time.

>>> element("ofd:PageArea", element("ofd:PhysicalBox", box(0, 0, 210, 297)))
'<ofd:PageArea><ofd:PhysicalBox>0 0 210 297</ofd:PhysicalBox></ofd:PageArea>'

:standard: GB/T 33190-2016
"""

from __future__ import annotations

import re
from typing import Final

from gmpki._inputs import as_text
from gmpki.errors import InvalidInputError
from gmpki.seal.ofd.xml import NAMESPACE

__all__ = ["box", "decimal", "document", "element", "escaped", "plain_text"]

# What XML 1.0 has no way to write, not even escaped.
_UNWRITABLE: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ESCAPES: Final = {ord("&"): "&amp;", ord("<"): "&lt;", ord(">"): "&gt;", ord('"'): "&quot;"} | {
    ord(space): f"&#{ord(space)};"
    for space in "\t\n\r"  # which readers would turn into other white space
}


def plain_text(value: str, name: str) -> str:
    """Return text that XML can hold.

    :raises InvalidTypeError: when it is not ``str``.
    :raises InvalidInputError: when it has control characters or halves of surrogate pairs.
    """
    if _UNWRITABLE.search(as_text(value, name)):
        raise InvalidInputError(f"{name} has characters that XML cannot hold")
    return value


def escaped(text: str) -> str:
    """Return text as it stands in XML, between tags or between quotes."""
    return text.translate(_ESCAPES)


def element(name: str, *content: str, **attributes: object) -> str:
    """Return an element. Its content is markup already; what attributes hold is escaped here, None leaves one out."""
    written = "".join(f' {key}="{escaped(str(value))}"' for key, value in attributes.items() if value is not None)
    inner = "".join(content)
    return f"<{name}{written}>{inner}</{name}>" if inner else f"<{name}{written}/>"


def document(name: str, *content: str, **attributes: object) -> bytes:
    """Return a file of XML with one element of the namespace of OFD."""
    declared = {"xmlns:ofd": NAMESPACE, **attributes}
    return ('<?xml version="1.0" encoding="UTF-8"?>\n' + element(name, *content, **declared)).encode()


def decimal(value: float) -> str:
    """Return a number as OFD writes them: no exponent, at most four decimals, a tenth of a micrometre."""
    text = f"{value:.4f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def box(x: float, y: float, width: float, height: float) -> str:
    """Return a rectangle as OFD writes it: left, top, width, height."""
    return " ".join(map(decimal, (x, y, width, height)))
