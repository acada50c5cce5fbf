"""Write the C source of the extension module ``gmpki._native`` from the headers.

Usage: ``python emit_native.py OUTPUT.c [INCLUDE_DIR]``. Runs in the build; needs cffi.
"""

from __future__ import annotations

import sys
from pathlib import Path

from cffi import FFI

import headers


def main(arguments: list[str]) -> int:
    output = Path(arguments[0])
    include_dir = Path(arguments[1]) if len(arguments) > 1 else headers.INCLUDE_DIR
    try:
        declarations = headers.cdef(include_dir)
    except headers.HeaderError as error:
        print(f"bindings: {error}", file=sys.stderr)
        return 1
    ffi = FFI()
    ffi.cdef(declarations)
    ffi.set_source("gmpki._native", "".join(f'#include "gmpki/{header}"\n' for header in headers.HEADERS))
    ffi.emit_c_code(str(output))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
