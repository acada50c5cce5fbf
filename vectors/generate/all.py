"""Make every vector file, or prove that the committed files are what the generators make.

``all.py`` builds each file, has it confirmed by the other implementations and writes it. ``all.py --check`` builds
only, and compares with the committed files. ``all.py --confirm`` asks the other implementations about the committed
files. Paths behind the options limit the work to those files.
"""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

import drbg_files
import limbo_files
import sm2_decrypt_files
import sm2_key_files
import sm2_nonce_files
import sm2_verify_files
import sm3_files
import sm4_aead_files
import sm4_files
from vectorfile import VECTORS, load, tests

if TYPE_CHECKING:
    from vectorfile import Document, Source

MODULES = (
    sm3_files,
    drbg_files,
    sm4_files,
    sm4_aead_files,
    sm2_key_files,
    sm2_nonce_files,
    sm2_verify_files,
    sm2_decrypt_files,
    limbo_files,
)
SOURCES: tuple[Source, ...] = tuple(source for module in MODULES for source in module.FILES)
MAX_LEN = 1_000_000


def complete(doc: Document, asked: Document) -> Document:
    """Put what other implementations said in its place, behind the notes."""
    out: Document = {}
    for name, value in doc.items():
        out[name] = value
        if name == "notes":
            out |= asked
    return out


def ask(source: Source, doc: Document) -> Document:
    """Ask every other implementation; where it is there to confirm, a contradiction raises."""
    asked: Document = {
        "confirmed_by": [{"implementation": name, "tests": confirmer(doc)} for name, confirmer in source.confirmers]
    }
    if source.peers is not None:
        asked["peers"] = source.peers(list(tests(doc)))
    return asked


def said(doc: Document) -> Document:
    """What a committed file has from other implementations."""
    return {name: doc[name] for name in ("confirmed_by", "peers") if name in doc}


def check(source: Source) -> str | None:
    """Name what is wrong with a committed file, if anything."""
    text = (VECTORS / source.path).read_text(encoding="utf-8")
    if source.render(complete(source.build(), said(load(source.path)))) != text:
        return "differs from what its generator makes"
    return None


def check_confirmed(source: Source) -> str | None:
    """Name what the other implementations say against a committed file, if anything."""
    doc = load(source.path)
    if ask(source, doc) != said(doc):
        return "other implementations say something else than it records"
    return None


def write(source: Source) -> str | None:
    """Build a file, ask the other implementations and write it."""
    doc = source.build()
    text = source.render(complete(doc, ask(source, doc)))
    if len(text.encode()) > MAX_LEN:
        return f"would have {len(text.encode())} bytes, more than {MAX_LEN}"
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
