"""Read the C headers of ``native/include/gmpki`` into functions, parameters, constants and CFFI declarations.

The only reader of the headers: the CFFI declarations, the check of the marks, the completeness check of the
constant-time tests and the reference documentation all take what they need from here. The headers keep to a narrow
form (one declaration at a time, no function pointers, marks before each pointer parameter), so a few expressions read
them; what does not fit the form is an error that names the place, never skipped.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

INCLUDE_DIR = Path(__file__).resolve().parent.parent / "native" / "include"

MARKS = ("GMPKI_SECRET", "GMPKI_PUBLIC", "GMPKI_OUT")
EXPORTS = ("GMPKI_API", "GMPKI_API_VOID")

# The order of inclusion: each header only uses what stands before it.
HEADERS = ("common.h", "sm3.h", "kdf.h", "sm4.h", "rand.h", "sm2.h")

_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_CPP_GUARD = re.compile(r"#ifdef __cplusplus\n.*?#endif", re.DOTALL)
_DIRECTIVE = re.compile(r"^[ \t]*#(?:[^\n\\]|\\.|\\\n)*", re.MULTILINE)
_FUNCTION = re.compile(
    rf"\b(?P<export>{'|'.join(EXPORTS)})\b\s+(?P<head>[^;{{}}()]*?)\((?P<parameters>[^;{{}}()]*)\)\s*;"
)
_ARRAY = re.compile(r"(\w+)\s*\[([^\]]*)\]\s*$")


class HeaderError(Exception):
    """A header does not keep to the form; the message names header, function and parameter."""


@dataclass(frozen=True)
class Parameter:
    """One parameter of an exported function."""

    name: str
    declaration: str  # C text without the mark
    is_pointer: bool
    mark: str | None  # one of MARKS; None for a value


@dataclass(frozen=True)
class Function:
    """One exported function."""

    header: str
    name: str
    returns: str
    parameters: tuple[Parameter, ...]
    comment: str  # the text of the comment above it

    @property
    def secrets(self) -> tuple[str, ...]:
        """The names of the parameters that point to secrets."""
        return tuple(p.name for p in self.parameters if p.mark == "GMPKI_SECRET")


def _comment_before(text: str, position: int) -> str:
    """Return the text of the comment that ends right before position, without its stars."""
    before = text[:position].rstrip()
    if not before.endswith("*/"):
        return ""
    body = before[before.rindex("/*") + 2 : -2]
    return " ".join(line.strip().lstrip("*").strip() for line in body.splitlines()).strip()


def _parameter(header: str, function: str, text: str) -> Parameter:
    words = text.split()
    marks = [word for word in words if word in MARKS]
    declaration = " ".join(word for word in words if word not in MARKS)
    array = _ARRAY.search(declaration)
    is_pointer = "*" in declaration or array is not None
    name = array.group(1) if array else re.split(r"[\s*]+", declaration)[-1]
    place = f"{header}: {function}: parameter '{name}'"
    if is_pointer and len(marks) != 1:
        raise HeaderError(f"{place} is a pointer and must carry exactly one of {', '.join(MARKS)}; it has {marks}")
    if not is_pointer and marks:
        raise HeaderError(f"{place} is a value; only pointers carry {marks[0]}")
    if marks == ["GMPKI_OUT"] and re.match(r"const\b(?!.*\*.*\*)", declaration):
        raise HeaderError(f"{place} is GMPKI_OUT but points to const")
    return Parameter(name, declaration, is_pointer, marks[0] if marks else None)


def parse(text: str, header: str) -> list[Function]:
    """Return the exported functions of one header's text.

    :raises HeaderError: when a declaration does not keep to the form or a mark is missing.
    """
    blanked = _COMMENT.sub(lambda m: re.sub(r"[^\n]", " ", m.group()), text)
    code = _DIRECTIVE.sub(lambda m: re.sub(r"[^\n]", " ", m.group()), blanked)
    functions = []
    for match in _FUNCTION.finditer(code):
        head = match.group("head").split()
        if not head:
            raise HeaderError(f"{header}: a declaration without a name near '{match.group()[:60]}'")
        name = head[-1].lstrip("*")
        returns = " ".join(head[:-1]) + " *" * head[-1].count("*")
        inner = match.group("parameters").strip()
        parts = [] if inner == "void" else inner.split(",")
        parameters = tuple(_parameter(header, name, part.strip()) for part in parts)
        functions.append(Function(header, name, returns.strip(), parameters, _comment_before(text, match.start())))
    remains = re.findall(r"\bgmpki_\w+\s*\(", _FUNCTION.sub("", code))
    if remains:
        raise HeaderError(
            f"{header}: {remains[0].rstrip('( ')} is declared without GMPKI_API or in a form not understood"
        )
    return functions


def functions(include_dir: Path = INCLUDE_DIR) -> list[Function]:
    """Return every exported function, in the order of the headers.

    :raises HeaderError: see :func:`parse`.
    """
    found = []
    for header in HEADERS:
        found += parse((include_dir / "gmpki" / header).read_text(encoding="utf-8"), header)
    return found


def secret_functions(include_dir: Path = INCLUDE_DIR) -> dict[str, tuple[str, ...]]:
    """Return the functions that take a secret, each with the names of its secret parameters."""
    return {f.name: f.secrets for f in functions(include_dir) if f.secrets}


def strip(text: str) -> str:
    """Return a header's declarations as CFFI reads them: no comments, no preprocessor, no marks."""
    text = _CPP_GUARD.sub("", text)
    text = _COMMENT.sub("", text)
    text = _DIRECTIVE.sub("", text)
    text = re.sub(rf"\b(?:{'|'.join((*MARKS, *EXPORTS))})\b[ \t]*", "", text)
    return re.sub(r"\n\s*\n+", "\n", text).strip() + "\n"


def cdef(include_dir: Path = INCLUDE_DIR) -> str:
    """Return the CFFI declarations of the whole core.

    :raises HeaderError: see :func:`parse`; the marks are checked first.
    """
    functions(include_dir)
    return "".join(strip((include_dir / "gmpki" / header).read_text(encoding="utf-8")) for header in HEADERS)
