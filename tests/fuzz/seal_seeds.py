"""Valid seals, signatures with them, sealed documents and files about seals to begin with."""

from __future__ import annotations

import struct
import tempfile
import zlib
from datetime import timedelta
from functools import lru_cache
from pathlib import Path

from fuzz import message_seeds, seeds
from fuzz.seeds import AT, LEAF_KEY, ROOT_KEY, SUB_KEY
from gmpki.algorithms import sm3
from gmpki.asn1 import der
from gmpki.asn1.rfc5280.ext_keys import KeyUsage, KeyUsages
from gmpki.seal import (
    FileGrants,
    FileSealRegistry,
    FileUseLog,
    Seal,
    SealLayout,
    SealPicture,
    SealSigner,
    SealSpec,
    SealTrust,
    UseEvent,
    make_seal,
    prepare_file,
    seal_file,
)
from gmpki.seal.ofd import OFDPackage, OFDWriter, prepare_ofd, sign_ofd
from gmpki.seal.ofd import Stamp as OFDStamp
from gmpki.seal.pdf import Stamp as PDFStamp
from gmpki.seal.pdf import prepare_pdf, sign_pdf
from gmpki.tsa import TokenVerifier
from gmpki.x509.certificate import Certificate

__all__ = ["ACCEPTED", "CONTENT", "DIGEST", "SEEDS", "outside", "seal", "trust"]

CONTENT = "参保证明，一页。".encode()
DIGEST = sm3.digest(CONTENT)
ACCEPTED = frozenset({"signer-revocation", "maker-revocation", "seal-status", "time-stamp", "seal-copy"})
LAYOUTS = (SealLayout.GBT38540, SealLayout.GMT0031)
NAME = "示例市社会保障局"
MAX_OUTSIDE_LEN = 20_000


@lru_cache(maxsize=1)
def maker() -> Certificate:
    """Return the certificate of the maker of seals."""
    usage = KeyUsage(KeyUsages.DIGITAL_SIGNATURE)
    return seeds.certificate("sub", SUB_KEY, "root", ROOT_KEY, usage, serial_number=9)


@lru_cache(maxsize=1)
def trust() -> SealTrust:
    """Trust the root, and do without what nobody tells."""
    return SealTrust(message_seeds.trust(), timestamps=TokenVerifier(message_seeds.trust()), accept=ACCEPTED)


def png(side: int = 16, *, paper: bool = False) -> bytes:
    """Return a red ring: on transparent ground, or on white paper as a scan has it."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    rows = bytearray()
    middle = (side - 1) / 2
    for y in range(side):
        rows.append(0)
        for x in range(side):
            on_ring = 0.33 * side <= ((x - middle) ** 2 + (y - middle) ** 2) ** 0.5 <= (0.42 if paper else 0.5) * side
            colour = (200, 0, 0) if on_ring else (255, 255, 255)
            rows += bytes(colour if paper else (*colour, 255 * on_ring))
    head = struct.pack(">IIBBBBB", side, side, 8, 2 if paper else 6, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(rows), 9)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


@lru_cache
def seal(layout: SealLayout = SealLayout.GBT38540, *, list_digests: bool = False) -> Seal:
    """Return the seal in a layout."""
    spec = SealSpec(
        seal_id="31010000000001",
        name=NAME,
        picture=SealPicture("PNG", png(), 40, 40),
        signers=[message_seeds.signer()],
        valid_from=AT - timedelta(days=1),
        valid_until=AT + timedelta(days=365),
        created_at=AT - timedelta(days=1),
        list_digests=list_digests,
    )
    return make_seal(spec, SUB_KEY, maker(), layout=layout)


def signer(layout: SealLayout = SealLayout.GBT38540, *, stamped: bool = False) -> SealSigner:
    """Return who seals, at the time of the seeds."""
    stamp = message_seeds.authority().stamp if stamped else None
    return SealSigner(seal(layout), LEAF_KEY, message_seeds.signer(), timestamp=stamp, clock=lambda: AT)


def seals() -> list[bytes]:
    """Return a seal of each kind."""
    return [*(seal(layout).der for layout in LAYOUTS), seal(list_digests=True).der]


def seal_signatures() -> list[bytes]:
    """Return signatures with a seal, with a time-stamp and without."""
    return [signer(layout, stamped=each).sign(DIGEST, "x").der for layout in LAYOUTS for each in (False, True)]


# ---- documents ----------------------------------------------------------------------------
@lru_cache(maxsize=1)
def paper() -> bytes:
    """Return an OFD document of one page."""
    writer = OFDWriter(title="参保证明", created_at=AT, document_id="0123456789abcdef" * 2)
    page = writer.add_page(100, 100)
    page.line(10, 10, 90, 10)
    page.rectangle(10, 20, 40, 20, fill=(240, 240, 200))
    page.image(60, 20, 20, 20, png())
    return writer.to_bytes()


@lru_cache
def sealed_ofd(times: int = 1) -> bytes:
    """Return the document with some seals."""
    data = paper()
    for number in range(times):
        data = sign_ofd(data, signer(LAYOUTS[number % 2]), OFDStamp(1, 10 + 40 * number, 50), time=AT)
    return data


def files_of(package: bytes) -> bytes:
    """Return the files of a package as DER, which is changed by its elements: SEQUENCE OF { name, content }."""
    opened = OFDPackage.from_bytes(package)
    pairs = [
        der.encode_sequence(der.encode_utf8_string(name), der.encode_octet_string(opened.read(name)))
        for name in opened.names
    ]
    return der.encode_sequence(*pairs)


@lru_cache(maxsize=1)
def page() -> bytes:
    """Return a PDF file of one page."""
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 300] /Contents 4 0 R /Resources << >> >>",
        b"<< /Length 23 >>\nstream\n0 0 1 RG 9 9 99 99 re S\nendstream",
    ]
    data = b"%PDF-1.7\n"
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(len(data))
        data += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    rows = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    table = b"xref\n0 5\n0000000000 65535 f \n" + rows + b"trailer\n<< /Size 5 /Root 1 0 R >>\n"
    return data + table + b"startxref\n%d\n%%%%EOF\n" % len(data)


@lru_cache
def sealed_pdf(layout: SealLayout = SealLayout.GBT38540) -> bytes:
    """Return the file with a seal."""
    return sign_pdf(page(), signer(layout), PDFStamp(1, 20, 20), time=AT)


@lru_cache
def sealed_file() -> bytes:
    """Return what stands beside a file."""
    return seal_file(CONTENT, signer(), name="form.html", media_type="text/html")


def prepared() -> list[bytes]:
    """Return signatures of every container that wait for their value."""
    who = SealSigner(seal(), None, message_seeds.signer(), clock=lambda: AT)
    return [
        who.prepare(DIGEST, "x").to_bytes(),
        prepare_ofd(paper(), who, OFDStamp(1, 10, 50), time=AT).to_bytes(),
        prepare_pdf(page(), who, time=AT).to_bytes(),
        prepare_file(CONTENT, who, name="form.html").to_bytes(),
    ]


# ---- pictures -----------------------------------------------------------------------------
SVG = (
    b'<svg xmlns="http://www.w3.org/2000/svg" width="40mm" height="40mm" viewBox="0 0 40 40"><g fill="none" '
    b'stroke="#c00" transform="rotate(9 20 20)"><circle cx="20" cy="20" r="19" stroke-width="1.2"/></g>'
    b'<path d="M20 12l2 6h6l-5 4 2 6-5-4-5 4 2-6-5-4h6z" fill="#c00"/></svg>'
)


def pictures() -> list[bytes]:
    """Return a drawing and a picture."""
    return [SVG, png(240)]


# ---- files about seals ----------------------------------------------------------------------
def journals() -> list[bytes]:
    """Return a registry, grants and a log of uses, each as its file."""
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory)
        registry = FileSealRegistry.create(folder / "registry", clock=lambda: AT)
        registry.make(seal(), by="李四")
        registry.file(seal(), by="李四", record_number="1")
        registry.stop(seal(), by="李四", why="年检")
        grants = FileGrants.create(folder / "grants", clock=lambda: AT)
        grants.grant(
            seal(), message_seeds.signer(), purposes={"合同"}, valid_from=AT, valid_until=AT, limit=2, by="李四"
        )
        log = FileUseLog.create(folder / "log")
        for number in range(3):
            log.record(UseEvent(AT, "seal", DIGEST, f"{number}.ofd", "1", "张三"))
        (chain,) = (path for path in (folder / "registry").iterdir() if path.is_file() and path.stat().st_size)
        return [chain.read_bytes(), (folder / "grants").read_bytes(), (folder / "log").read_bytes()]


SEEDS = {
    "seal": seals,
    "seal_signature": seal_signatures,
    "archive": lambda: [sealed_ofd(), paper()],
    "package": lambda: [files_of(sealed_ofd()), files_of(sealed_ofd(2))],
    "pdf": lambda: [sealed_pdf(layout) for layout in LAYOUTS],
    "sealed_file": lambda: [sealed_file()],
    "two_phase": prepared,
    "picture": pictures,
    "scan": lambda: [png(160, paper=True)],
    "seal_journal": journals,
}


def outside(folder: Path, target: str) -> list[bytes]:
    """Return outside files for a target; none where the folder is absent."""
    patterns = {"seal": "*.esl", "seal_signature": "*.dat", "archive": "*.ofd"}
    if target not in patterns:
        return []
    found = [path.read_bytes() for path in sorted((folder / "seals").glob(patterns[target]))]
    return [data for data in found if len(data) <= MAX_OUTSIDE_LEN]
