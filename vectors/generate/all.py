"""Make every vector file, or prove that the committed files are what the generators make.

``all.py`` builds each file, has it confirmed by the other implementations and writes it. ``all.py --check`` builds only,
and compares with the committed files; it needs nothing beyond Python. ``all.py --confirm`` asks the other implementations
about the committed files. Paths behind the options limit the work to those files.
"""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

import drbg_files
import sm2_files
import sm2_key_files
import sm3_files
import sm4_aead_files
import sm4_files
from vectorfile import VECTORS, load, render

if TYPE_CHECKING:
    from vectorfile import Document, Source

MODULES = (sm3_files, drbg_files, sm4_files, sm4_aead_files, sm2_key_files, sm2_files)
SOURCES: tuple[Source, ...] = tuple(source for module in MODULES for source in module.FILES)
MAX_LEN = 1_000_000


def complete(doc: Document, confirmed_by: list[dict[str, object]]) -> Document:
    """Put the confirmations in their place, behind the notes."""
    out: Document = {}
    for name, value in doc.items():
        out[name] = value
        if name == "notes":
            out["confirmed_by"] = confirmed_by
    return out


def confirm(source: Source, doc: Document) -> list[dict[str, object]]:
    """Ask every second implementation; a contradiction raises."""
    return [{"implementation": name, "tests": confirmer(doc)} for name, confirmer in source.confirmers]


def check(source: Source) -> str | None:
    """Name what is wrong with a committed file, if anything."""
    committed = load(source.path)
    if render(complete(source.build(), committed["confirmed_by"])) != (VECTORS / source.path).read_text(encoding="utf-8"):
        return "differs from what its generator makes"
    return None


def check_confirmed(source: Source) -> str | None:
    """Name what the other implementations say against a committed file, if anything."""
    committed = load(source.path)
    if confirm(source, committed) != committed["confirmed_by"]:
        return "is confirmed in another number of tests than it says"
    return None


def write(source: Source) -> str | None:
    """Build, confirm and write a file."""
    doc = source.build()
    text = render(complete(doc, confirm(source, doc)))
    if len(text) > MAX_LEN:
        return f"would have {len(text)} bytes, more than {MAX_LEN}"
    path = VECTORS / source.path
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return None


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    modes = parser.add_mutually_exclusive_group()
    modes.add_argument("--check", dest="act", action="store_const", const=check, default=write)
    modes.add_argument("--confirm", dest="act", action="store_const", const=check_confirmed)
    parser.add_argument("paths", nargs="*", help="files, relative to vectors/")
    options = parser.parse_args()
    chosen = [source for source in SOURCES if not options.paths or source.path in options.paths]
    failed = 0
    for source in chosen:
        problem = options.act(source)
        failed += problem is not None
        print(f"{source.path}: {problem or 'ok'}")
    print(f"vectors: {len(chosen) - failed} of {len(chosen)} files")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
