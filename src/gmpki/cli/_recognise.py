"""What a file is, by its content and never by its name."""

from __future__ import annotations

import re
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["KIND_WORDS", "FileKind", "recognise"]


class FileKind(str, Enum):
    """What is verified; the values are those of "kind" in answers."""

    CERTIFICATE = "certificate"
    CRL = "crl"
    REQUEST = "request"
    MESSAGE = "message"
    MANIFEST = "manifest"
    TIMESTAMP = "time-stamp"
    SEAL = "seal"
    SEAL_SIGNATURE = "seal-signature"
    DETACHED = "detached"
    OFD = "ofd"
    PDF = "pdf"
    LOG = "log"


KIND_WORDS = {
    FileKind.CERTIFICATE: "证书 certificate",
    FileKind.CRL: "撤销列表 revocation list",
    FileKind.REQUEST: "证书请求 request",
    FileKind.MESSAGE: "签名消息 signed message",
    FileKind.MANIFEST: "文件清单 manifest",
    FileKind.TIMESTAMP: "时间戳 time-stamp",
    FileKind.SEAL: "电子印章 seal",
    FileKind.SEAL_SIGNATURE: "电子签章数据 seal signature",
    FileKind.DETACHED: "外附签章 signature beside a file",
    FileKind.OFD: "OFD 文档 OFD document",
    FileKind.PDF: "PDF 文档 PDF document",
    FileKind.LOG: "防篡改日志 log",
}
"""What each kind is called."""

HEAD_LEN = 1024  # in which readers of PDF look for its beginning
MAX_DER_LEN = 64 << 20
ZIP = b"PK\x03\x04"
OFD_ROOT = b"OFD.xml"
LOG_LINE = re.compile(rb"[0-9a-f]{64} (?:log|entry|seal|mend|end) [1-9][0-9]{0,17} ")
MANIFEST = b"gmpki manifest "
# Labels of PEM that hold something to verify.
LABELS = {
    "CERTIFICATE": FileKind.CERTIFICATE,
    "X509 CERTIFICATE": FileKind.CERTIFICATE,
    "X509 CRL": FileKind.CRL,
    "CRL": FileKind.CRL,
    "CERTIFICATE REQUEST": FileKind.REQUEST,
    "NEW CERTIFICATE REQUEST": FileKind.REQUEST,
}


def recognise(data: bytes) -> tuple[FileKind, bytes]:
    """Return what a file is, and its content without PEM or base64 around a message, a seal or a time-stamp.

    :raises InvalidInputError: when it is nothing that is verified; the message says what it is, where that is known.
    """
    from gmpki.errors import InvalidInputError
    from gmpki.keys import pem

    if not data.strip():
        raise InvalidInputError("the file is empty")
    if b"%PDF-" in data[:HEAD_LEN]:
        return FileKind.PDF, data
    if data.startswith(ZIP):
        if OFD_ROOT in data:
            return FileKind.OFD, data
        raise InvalidInputError("this is a ZIP archive and no OFD document: an Office document, perhaps")
    if LOG_LINE.match(data):
        return FileKind.LOG, data
    if len(data) > MAX_DER_LEN:
        raise InvalidInputError(f"a file of {len(data)} bytes that is neither PDF nor OFD nor a log is not looked at")
    if data[:1] == b"\x30":
        return _kind_of_der(data), data
    if pem.is_pem(data):
        blocks = pem.read_pem(data)
        for block in blocks:
            if block.label in LABELS:
                return LABELS[block.label], data
        if "PRIVATE KEY" in blocks[0].label:
            raise InvalidInputError("this is a private key, which nobody signs")
        return _kind_of_der(blocks[0].data), blocks[0].data
    decoded = pem.bare_base64(data)
    if decoded:
        return _kind_of_der(decoded), decoded
    raise InvalidInputError("this is nothing that is verified here: neither PDF, OFD, DER, PEM, base64 nor a log")


def _kind_of_der(data: bytes) -> FileKind:
    from gmpki.errors import GmpkiError, InvalidInputError

    for kind, read in _readers():
        try:
            found = read(data)
        except GmpkiError:
            continue
        return kind if kind is not FileKind.MESSAGE else _kind_of_message(found)
    for what, read in _others():
        try:
            read(data)
        except GmpkiError:
            continue
        raise InvalidInputError(f"this is {what}")
    raise InvalidInputError("this is DER or BER, and nothing that is verified here")


def _kind_of_message(message: object) -> FileKind:
    from gmpki import oids
    from gmpki.cms.signed import SignedMessage

    if isinstance(message, SignedMessage) and not message.is_detached:
        if message.content_type == oids.TST_INFO:
            return FileKind.TIMESTAMP
        if (message.unverified_content() or b"").startswith(MANIFEST):
            return FileKind.MANIFEST
    return FileKind.MESSAGE


def _readers() -> Iterator[tuple[FileKind, Callable[[bytes], object]]]:
    """Yield what reads each kind as leniently as can be: what is wrong with it is told when it is verified."""
    from gmpki.asn1.sealed_file import DetachedSignature
    from gmpki.cms.signed import SignedMessage
    from gmpki.seal.seal import Seal
    from gmpki.seal.signature import SealSignature
    from gmpki.tsa.response import TimestampResponse
    from gmpki.x509.certificate import Certificate
    from gmpki.x509.crl import CertificateRevocationList
    from gmpki.x509.request import CertificateRequest

    yield FileKind.MESSAGE, lambda data: SignedMessage.from_der(data, lenient=True)
    yield FileKind.CERTIFICATE, lambda data: Certificate.from_der(data, lenient=True)
    yield FileKind.REQUEST, lambda data: CertificateRequest.from_der(data, lenient=True)
    yield FileKind.CRL, lambda data: CertificateRevocationList.from_der(data, lenient=True)
    yield FileKind.SEAL, lambda data: Seal.from_der(data, lenient=True)
    yield FileKind.SEAL_SIGNATURE, lambda data: SealSignature.from_der(data, lenient=True)
    yield FileKind.DETACHED, lambda data: DetachedSignature.from_der(data, max_size=MAX_DER_LEN)
    yield FileKind.TIMESTAMP, lambda data: TimestampResponse.from_der(data, lenient=True)


def _others() -> Iterator[tuple[str, Callable[[bytes], object]]]:
    """Yield what reads that which is known and not verified."""
    from gmpki.cms.message import read_message
    from gmpki.keys.loader import load_private_key, load_public_key
    from gmpki.ocsp.request import OCSPRequest
    from gmpki.ocsp.response import OCSPResponse
    from gmpki.tsa.request import TimestampRequest

    yield "a message that nobody signed", lambda data: read_message(data, lenient=True)
    yield 'an OCSP response: "gmpki ocsp verify"', lambda data: OCSPResponse.from_der(data, lenient=True)
    yield "a request for a time-stamp, which nobody signs", lambda data: TimestampRequest.from_der(data, lenient=True)
    yield "an OCSP request", lambda data: OCSPRequest.from_der(data, lenient=True)
    yield "a public key, which nobody signs", load_public_key
    yield "a private key, which nobody signs", load_private_key
