"""The documents that the examples of ``gmpki ofd``, ``gmpki pdf`` and ``gmpki verify`` name; to be called after
:func:`cli.seal_files.write_seals`.
"""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path

from cli import seal_files
from gmpki.seal import SealSigner
from gmpki.seal.ofd import Stamp, sign_ofd
from gmpki.seal.pdf import sign_pdf
from gmpki.tsa import TimestampAuthority
from gmpki.tsa.serials import FileSerials
from seal import samples
from seal.ofd import papers
from seal.pdf import documents


def _signer() -> SealSigner:
    """Return who seals now, with time-stamps of an authority under the root of the signers."""
    tsa = seal_files.time_stamping()
    authority = TimestampAuthority(
        tsa.key, tsa.certificate, FileSerials("tsa.serials"), [samples.TSA_POLICY], clock=_now
    )
    who = seal_files.zhangsan()
    return SealSigner(seal_files.new_seal(), who.key, who.certificate, timestamp=authority.stamp)


def _now() -> datetime:
    return datetime.now(timezone.utc)


def write_plain() -> None:
    """Write documents that nobody has signed."""
    for name, pages in (("contract", 1), ("a", 2), ("b", 3), ("c", 4)):
        Path(f"{name}.ofd").write_bytes(papers.paper(pages))
        Path(f"{name}.pdf").write_bytes(documents.many_pages(pages))


def write_sealed() -> None:
    """Write documents that are sealed, with time-stamps."""
    seal_files.write_tsa()
    signer = _signer()
    for name in ("contract", "a", "b"):
        stamps = [Stamp(1, 120, 200)]
        Path(f"{name}.ofd").write_bytes(sign_ofd(papers.paper(), signer, stamps))
        Path(f"{name}.pdf").write_bytes(sign_pdf(documents.single_page(), signer, stamps))
    Path("sealed.pdf").write_bytes(Path("contract.pdf").read_bytes())
    Path("sub.pem").write_bytes(samples.maker_root().certificate.to_pem())
    Path("sub.crl").write_bytes(Path("root.crl").read_bytes())
