"""Look for division in the machine code of the core: its time depends on the operands on common processors."""

from __future__ import annotations

import re
from pathlib import Path

from building import need, run

# Functions that may divide, each with the reason why no secret is an operand.
PUBLIC_ONLY: dict[str, str] = {}

_FUNCTION = re.compile(r"^[0-9a-f]+ <([^>]+)>:$")
_DIVIDE = re.compile(r"^\s+[0-9a-f]+:\s+(?:\S+\s+)??(i?div[bwlq]?)\s")
_LIBRARY_DIVIDE = re.compile(r"__(?:u|s)?(?:div|mod|divmod)[sdt]i[34]\b")


def divisions(objects: list[Path]) -> list[str]:
    """Return "file: function: instruction" for each division outside :data:`PUBLIC_ONLY`."""
    found = []
    objdump = need("objdump")
    for path in objects:
        function = ""
        for line in run([objdump, "-d", "-r", "--no-show-raw-insn", str(path)]).splitlines():
            start = _FUNCTION.match(line)
            if start:
                function = start.group(1).split(".")[0]
            match = _DIVIDE.match(line) or _LIBRARY_DIVIDE.search(line)
            if match and function not in PUBLIC_ONLY:
                found.append(f"{path.name}: {function}: {match.group().split()[-1]}")
    return found
