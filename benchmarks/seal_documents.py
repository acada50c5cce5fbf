"""A maker of seals, somebody who signs, and documents of a hundred pages, each with a picture as large as a scan's.

Beside each job stands the cryptography in it and nothing else: the same signatures, and SM3 over the same bytes. What
a job costs besides is the difference. gmpki remembers certificates whose signatures held, so that paths of certificates
met before cost no signature; the maker's signature on the seal is verified each time.
"""

from __future__ import annotations

import random
import struct
import zlib
from datetime import datetime, timedelta, timezone
from functools import cached_property
from typing import Any

from gmpki.algorithms import sm3
from gmpki.asn1.rfc5280 import BasicConstraints
from gmpki.asn1.rfc5280.ext_keys import AuthorityKeyIdentifier, KeyUsage, KeyUsages
from gmpki.cms import Trust
from gmpki.keys.sm2 import SM2PrivateKey
from gmpki.seal import (
    Seal,
    SealLayout,
    SealPicture,
    SealSigner,
    SealSpec,
    SealTrust,
    check_seal_signature,
    make_seal,
    verify_seal,
)
from gmpki.seal.ofd import OFDPackage, OFDWriter, Stamp, sign_ofd, verify_ofd
from gmpki.seal.pdf import sign_pdf, verify_pdf
from gmpki.x509.certificate import Certificate
from gmpki.x509.certificate_builder import CertificateBuilder, key_identifier
from gmpki.x509.names import build_name

NOW = datetime.now(timezone.utc).replace(microsecond=0)
PAGES = 100
PICTURE_SIDE = 100  # pixels of a picture that does not get smaller by deflating: 30 KB on each page
DIGEST = bytes(range(32))
PROPERTY_INFO = "/Doc_0/Signs/Sign_0/Signature.xml"
LINES = ("兹证明张三在本市参加企业职工基本养老保险，累计缴费一十四个月，无欠费。", "本证明仅供示例使用，复印无效。")
# What nobody is asked about here: lists of revoked certificates, the status of seals, time-stamps.
UNASKED = frozenset({"signer-revocation", "maker-revocation", "seal-status", "time-stamp", "seal-copy"})


def png(side: int, pixels: bytes) -> bytes:
    """Return an RGB picture."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    rows = b"".join(b"\0" + pixels[at : at + 3 * side] for at in range(0, 3 * side * side, 3 * side))
    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def pictures() -> list[bytes]:
    """Return the pixels of a picture for each page."""
    draws = random.Random(38540)
    return [draws.randbytes(3 * PICTURE_SIDE * PICTURE_SIDE) for _ in range(PAGES)]


def new_ofd(pages: int = PAGES) -> bytes:
    """Write a document of text, each page with a picture."""
    writer = OFDWriter(title="示例", created_at=NOW, document_id="0123456789abcdef" * 2)
    for pixels in pictures()[:pages]:
        page = writer.add_page()
        for row in range(30):
            page.text(20, 30 + 7 * row, LINES[row % 2])
        page.image(20, 245, 30, 30, png(PICTURE_SIDE, pixels))
    return writer.to_bytes()


def new_pdf(pages: int = PAGES) -> bytes:
    """Write the like as PDF: for each page its dictionary, its content and its picture."""
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", b"", b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"]

    def stream(entries: bytes, data: bytes) -> int:
        packed = zlib.compress(data)
        head = b"<< %s /Filter /FlateDecode /Length %d >>" % (entries, len(packed))
        objects.append(head + b"\nstream\n" + packed + b"\nendstream")
        return len(objects)

    kinds = []
    for pixels in pictures()[:pages]:
        form = b"/Type /XObject /Subtype /Image /Width %d /Height %d /ColorSpace /DeviceRGB /BitsPerComponent 8"
        image = stream(form % (PICTURE_SIDE, PICTURE_SIDE), pixels)
        lines = b"".join(b"BT /F 11 Tf 57 %d Td (Certificate, line %d) Tj ET\n" % (760 - 20 * n, n) for n in range(30))
        content = stream(b"", lines + b"q 85 0 0 85 57 62 cm /I Do Q")
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents %d 0 R "
            b"/Resources << /Font << /F 3 0 R >> /XObject << /I %d 0 R >> >> >>" % (content, image)
        )
        kinds.append(b"%d 0 R" % len(objects))
    objects[1] = b"<< /Type /Pages /Count %d /Kids [%s] >>" % (len(kinds), b" ".join(kinds))
    data, rows = bytearray(b"%PDF-1.7\n"), [b"0000000000 65535 f \n"]
    for number, body in enumerate(objects, 1):
        rows.append(b"%010d 00000 n \n" % len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    trailer = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(rows), len(data))
    return bytes(data) + b"xref\n0 %d\n" % len(rows) + b"".join(rows) + trailer


class Office:
    """An office with a seal of one layout, and who verifies what it seals."""

    def __init__(self, layout: SealLayout) -> None:
        self.layout = layout
        self.root_key, self.maker_key, self.key = (SM2PrivateKey.generate() for _ in range(3))
        root = build_name(("C", "CN"), ("O", "示例"), ("CN", "Root"))
        self.root = self._certify(root, self.root_key, root, 1)
        self.maker = self._certify(build_name(("C", "CN"), ("CN", "示例制章中心")), self.maker_key, root, 2)
        self.certificate = self._certify(build_name(("C", "CN"), ("CN", "张三")), self.key, root, 3)
        trust = Trust([self.root], at=NOW)
        self.trust = SealTrust(signers=trust, makers=trust, accept=UNASKED)

    def _certify(self, subject: Any, key: SM2PrivateKey, issuer: Any, number: int) -> Certificate:
        is_root = number == 1
        usages = KeyUsages.KEY_CERT_SIGN if is_root else KeyUsages.DIGITAL_SIGNATURE | KeyUsages.NON_REPUDIATION
        builder = (
            CertificateBuilder()
            .subject(subject)
            .issuer(issuer)
            .serial_number((1 << 100) + number)
            .validity(NOW - timedelta(days=1), NOW + timedelta(days=30))
            .public_key(key.public_key)
            .add_extension(AuthorityKeyIdentifier(key_identifier(self.root_key.public_key)))
            .add_extension(KeyUsage(usages))
        )
        return (builder.add_extension(BasicConstraints(ca=True)) if is_root else builder).sign(self.root_key)

    @cached_property
    def spec(self) -> SealSpec:
        picture = png(PICTURE_SIDE, pictures()[0])
        return SealSpec(
            "31010000000001",
            "示例市社会保障局",
            SealPicture("PNG", picture, 40, 40),
            [self.certificate],
            valid_from=NOW - timedelta(days=1),
            valid_until=NOW + timedelta(days=20),
        )

    @cached_property
    def seal(self) -> Seal:
        return self.make_seal()

    @cached_property
    def signer(self) -> SealSigner:
        return SealSigner(self.seal, self.key, self.certificate)

    @cached_property
    def signature(self) -> bytes:
        return self.sign()

    # ---- the jobs without a container ---------------------------------------------------
    def make_seal(self) -> Seal:
        return make_seal(self.spec, self.maker_key, self.maker, layout=self.layout)

    def check_seal(self) -> None:
        verify_seal(self.seal.der, self.trust).require()

    def sign(self) -> bytes:
        return self.signer.sign(DIGEST, PROPERTY_INFO).der

    def verify(self) -> None:
        report = check_seal_signature(self.signature, DIGEST, self.trust)
        assert report.verdict(UNASKED).value == "valid", report.checks

    # ---- their cryptography -------------------------------------------------------------
    @cached_property
    def _value(self) -> bytes:
        return self.maker_key.sign(self.seal.der)

    def bare_make_seal(self) -> None:
        """What is made once for many years is signed, and verified over its bytes as others will."""
        self.maker_key.public_key.verify(self.maker_key.sign(self.seal.der), self.seal.der)

    def bare_check_seal(self) -> None:
        """The maker's signature, and the digest of the seal for the report."""
        self.maker_key.public_key.verify(self._value, self.seal.der)
        sm3.digest(self.seal.der)

    def bare_sign(self) -> None:
        """A digest over the seal and what else is signed, its signature, and the verification of that."""
        hashed = self.key.public_key.digest(self.seal.der)
        self.key.public_key.verify_digest(self.key.sign_digest(hashed), hashed)

    def bare_verify(self) -> None:
        """Two signatures: that of whoever signed and that of the maker of the seal, over what each signed."""
        for _ in range(2):
            self.maker_key.public_key.verify(self._value, self.seal.der)

    # ---- documents ----------------------------------------------------------------------
    @cached_property
    def ofd(self) -> bytes:
        return new_ofd()

    @cached_property
    def pdf(self) -> bytes:
        return new_pdf()

    @cached_property
    def sealed_ofd(self) -> bytes:
        return self.ofd_sign()

    @cached_property
    def sealed_pdf(self) -> bytes:
        return self.pdf_sign()

    def ofd_sign(self) -> bytes:
        return sign_ofd(self.ofd, self.signer, [Stamp(PAGES, 130, 230)], time=NOW)

    def ofd_verify(self) -> None:
        verify_ofd(self.sealed_ofd, self.trust).require()

    def pdf_sign(self) -> bytes:
        return sign_pdf(self.pdf, self.signer, [Stamp(PAGES, 130, 230)], time=NOW)

    def pdf_verify(self) -> None:
        verify_pdf(self.sealed_pdf, self.trust).require()

    # ---- the cryptography of documents --------------------------------------------------
    @cached_property
    def _members(self) -> list[bytes]:
        package = OFDPackage.from_bytes(self.ofd)
        return [package.read(name) for name in package.names]

    def bare_ofd_sign(self) -> None:
        for content in self._members:
            sm3.digest(content)
        self.bare_sign()

    def bare_ofd_verify(self) -> None:
        """The files, the document as a whole for the report, and the signatures."""
        for content in self._members:
            sm3.digest(content)
        sm3.digest(self.sealed_ofd)
        self.bare_verify()

    def bare_pdf_sign(self) -> None:
        sm3.digest(self.sealed_pdf)
        self.bare_sign()

    def bare_pdf_verify(self) -> None:
        """What the signature covers, the document as a whole for the report, and the signatures."""
        sm3.digest(self.sealed_pdf)
        sm3.digest(self.sealed_pdf)
        self.bare_verify()
