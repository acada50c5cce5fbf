"""Read ``skf.h``, the one place where the C interface is written, into declarations, functions and constants.

The header keeps to a narrow form; what does not fit it is an error that names the line, never skipped.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

from gmpki.errors import DriverError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Function", "constants", "declarations", "functions", "structures"]

_COMMENT: Final = re.compile(r"/\*.*?\*/", re.DOTALL)
_DIRECTIVE: Final = re.compile(r"\s*#\s*(\w+)\s*(.*)")
_CONSTANT: Final = re.compile(r"^#define[ \t]+(\w+)[ \t]+(0x[0-9A-Fa-f]+|\d+)[ \t]*$", re.MULTILINE)
_FUNCTION: Final = re.compile(
    r"(?:/\*(?P<comment>(?:(?!\*/).)*)\*/\s*)?GMPKI_SKF_(?P<kind>API|EXTRA)\s+"
    r"ULONG DEVAPI (?P<name>SKF_\w+)\((?P<parameters>[^;()]*)\);",
    re.DOTALL,
)
_STRUCTURE: Final = re.compile(r"^\} (\w+)(?:, \*\w+)?;", re.MULTILINE)
_CLAUSE: Final = re.compile(r"\s*(\d+\.\d+\.\d+)\b")
# Sizes of arrays, which the C parser of CFFI wants to know.
_ARRAY_SIZES: Final = re.compile(r"(?:MAX_|ECC_MAX_)")

_WORD_LEN: Final = 4  # what a parameter takes on the stack of 32-bit Windows, except a structure


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the interface. Immutable.

    :ivar clause: of GM/T 0016-2012, or None for what is not in that edition.
    :ivar common: whether it is one of the 78 that every known driver header declares.
    :ivar parameters: in C.
    """

    name: str
    clause: str | None
    common: bool
    parameters: tuple[str, ...]

    @property
    def declaration(self) -> str:
        """Its declaration in C, with DEVAPI for the calling convention."""
        return f"ULONG DEVAPI {self.name}({', '.join(self.parameters) or 'void'});"

    @property
    def stack_len(self) -> int:
        """How many bytes its parameters take on 32-bit Windows, where stdcall names say so."""
        # BLOCKCIPHERPARAM by value: an array of 32 bytes and three numbers.
        return sum(
            32 + 3 * _WORD_LEN if p.startswith("BLOCKCIPHERPARAM ") and "*" not in p else _WORD_LEN
            for p in self.parameters
        )


@cache
def _text() -> str:
    from importlib.resources import files

    try:
        return (files("gmpki") / "include" / "gmpki" / "skf.h").read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DriverError(f"the header skf.h, which comes with gmpki, cannot be read: {error}") from None


@cache
def constants() -> Mapping[str, int]:
    """Return the numbers that the header defines, by name.

    :raises DriverError: when the installation lacks the header.
    """
    return {name: int(value, 0) for name, value in _CONSTANT.findall(_COMMENT.sub("", _text()))}


@cache
def functions() -> Mapping[str, Function]:
    """Return the functions that the header declares, by name, in its order.

    :raises DriverError: when the installation lacks the header, or it does not keep to its form.
    """
    found = {}
    for match in _FUNCTION.finditer(_text()):
        inner = " ".join(match["parameters"].split())
        clause = _CLAUSE.match(match["comment"] or "")
        parameters = () if inner == "void" else tuple(part.strip() for part in inner.split(","))
        name = match["name"]
        found[name] = Function(name, clause[1] if clause else None, match["kind"] == "API", parameters)
    declared = set(re.findall(r"\b(SKF_\w+)\(", _COMMENT.sub("", _text())))
    if declared != set(found):
        raise DriverError(f"skf.h: declarations of a form not understood: {', '.join(sorted(declared ^ set(found)))}")
    return found


@cache
def structures() -> tuple[str, ...]:
    """Return the names of the structures that the header declares.

    :raises DriverError: when the installation lacks the header.
    """
    return tuple(_STRUCTURE.findall(_text()))


def declarations(*, ulong_len: int, blob_ulong_len: int, packed: bool) -> str:
    """Return the types of the interface as CFFI reads them.

    :raises DriverError: when the installation lacks the header, or it does not keep to its form.
    """
    conditions = {
        "ifdef _WIN32": False,  # the types are declared here on every platform
        "ifdef __cplusplus": False,
        "if GMPKI_SKF_ULONG == 8": ulong_len == 8,
        "if GMPKI_SKF_BLOB_ULONG == 8": blob_ulong_len == 8,
        "if GMPKI_SKF_PACKED": packed,
    }
    kept: list[str] = []
    open_branches: list[bool] = []
    for number, line in enumerate(_blanked().splitlines(), 1):
        directive = _DIRECTIVE.match(line)
        if directive is None:
            if all(open_branches):
                kept.append(line)
            continue
        word, rest = directive.groups()
        if word in ("if", "ifdef", "ifndef"):
            holds = all(open_branches) and _holds(f"{word} {rest}".strip(), conditions, number)
            open_branches.append(holds)
        elif word == "else" and open_branches:
            open_branches[-1] = not open_branches[-1]
        elif word == "endif" and open_branches:
            open_branches.pop()
        elif word not in ("define", "include", "pragma"):
            raise DriverError(f"skf.h, line {number}: #{word} is not understood")
    sizes = [f"#define {name} {value}" for name, value in constants().items() if _ARRAY_SIZES.match(name)]
    return "\n".join((*sizes, *(line for line in kept if line.strip()))) + "\n"


def _blanked() -> str:
    """Return the header without comments and functions, its lines where they were."""

    def blank(match: re.Match[str]) -> str:
        return re.sub(r"[^\n]", " ", match.group())

    return _COMMENT.sub(blank, _FUNCTION.sub(blank, _text()))


def _holds(condition: str, conditions: Mapping[str, bool], number: int) -> bool:
    if condition in conditions:
        return conditions[condition]
    word, _, name = condition.partition(" ")
    if word == "ifndef":
        # The guard and the defaults, which conditions stand for.
        return not conditions.get(f"ifdef {name}", name != "GMPKI_SKF_H")
    raise DriverError(f"skf.h, line {number}: #{condition} is not understood")
