"""Files of any kind with a signature beside them: a form, a spreadsheet, a drawing stays as it is, and a small file
holds what was sealed.

This is not sealing inside these formats: their readers show no seal, and nothing stops anybody from passing the file
on alone. Where people are to see the seal, make PDF or OFD of the file first.

>>> from gmpki.seal import seal_file, verify_detached
>>> sealed = seal_file(open("form.html", "rb"), signer, name="form.html", media_type="text/html")  # doctest: +SKIP
>>> verify_detached(sealed, open("form.html", "rb"), trust).verdict  # doctest: +SKIP
<Verdict.VALID: 'valid'>
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, replace
from typing import IO, TYPE_CHECKING, Any, Final

from gmpki import _files
from gmpki._inputs import as_bytes, as_text, member, not_a_buffer
from gmpki.asn1 import der
from gmpki.asn1.sealed_file import PROPERTY_INFO, DetachedSignature, FileInfo, SignatureKind
from gmpki.cms.digests import new_hash
from gmpki.errors import DecodeError, GmpkiError, InvalidInputError, InvalidTypeError, SealError
from gmpki.seal._checks import failed, in_order, left, passed
from gmpki.seal.interfaces import DocumentSigner, PreparedDocumentSignature
from gmpki.seal.report import DocumentReport, SealCheck, SignatureReport
from gmpki.seal.signature import SealSignature
from gmpki.seal.trust import SealTrust
from gmpki.seal.two_phase import prepared_from_bytes
from gmpki.tsa.imprint import STRONG_HASHES, Imprint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from typing_extensions import Buffer

    from gmpki.cms.report import Check

__all__ = ["MAX_CONTAINER_LEN", "PreparedFile", "prepare_file", "seal_file", "verify_detached"]

MAX_CONTAINER_LEN: Final = 32 << 20
"""The longest container that is read, in bytes."""
OCTETS: Final = "application/octet-stream"
_MAX_NAME_LEN: Final = 255
_FORMAT: Final = 1
_KINDS: Final = {"seal": SignatureKind.SEAL, "signature": SignatureKind.SIGNATURE}


def seal_file(source: Buffer | IO[bytes], signer: DocumentSigner, *, name: str, media_type: str = OCTETS) -> bytes:
    """Sign a file, and return the DER of the container that belongs beside it.

    :param source: the bytes of the file, or an open binary file, which is read to its end and may be of any length.
    :param name: of the file, without directories: 1 to 255 characters. It is signed along.
    :param media_type: what kind of file it is: ASCII text of 1 to 255 characters, signed along.
    :raises InvalidTypeError: when an argument has the wrong type.
    :raises InvalidInputError: when a text does not fit.
    :raises OSError: when the file cannot be read.
    :raises GmpkiError: as :meth:`~gmpki.seal.interfaces.DocumentSigner.sign_document`.
    """
    info = _file_info(source, signer, name, media_type)
    encoded = info.to_der()
    signature = signer.sign_document(_hash(encoded, _hash_name(signer)), PROPERTY_INFO)
    return DetachedSignature(info, _KINDS[signer.kind], as_bytes(signature, "the signature")).to_der()


def prepare_file(
    source: Buffer | IO[bytes], signer: DocumentSigner, *, name: str, media_type: str = OCTETS
) -> PreparedFile:
    """Make everything of a container but the value of its signature; parameters and errors as :func:`seal_file`."""
    info = _file_info(source, signer, name, media_type)
    prepared = signer.prepare_document(_hash(info.to_der(), _hash_name(signer)), PROPERTY_INFO)
    return PreparedFile(info, _KINDS[signer.kind], prepared)


@dataclass(frozen=True, slots=True)
class PreparedFile:
    """A container that waits for the value of its signature. Immutable.

    Whoever can change it while it waits decides what will be signed: it is kept as carefully as what it signs.

    :ivar file: what is known of the file.
    :ivar kind: what the signature will be.
    :ivar signature: what waits.
    """

    file: FileInfo
    kind: SignatureKind
    signature: PreparedDocumentSignature

    @property
    def to_be_signed(self) -> bytes:
        """The bytes that are signed."""
        return self.signature.to_be_signed

    @property
    def digest(self) -> bytes:
        """The digest of these bytes that is signed: for SM2 e = SM3(ZA || to_be_signed), 32 bytes."""
        return self.signature.digest

    def finish(self, signature: Buffer, timestamp: Buffer | Callable[[bytes], Buffer] | None = None) -> bytes:
        """Put the value in, after verifying it; return the DER of the container.

        :raises GmpkiError: as :meth:`~gmpki.seal.interfaces.PreparedDocumentSignature.finish`, which has the same
            parameters.
        """
        return DetachedSignature(self.file, self.kind, self.signature.finish(signature, timestamp)).to_der()

    def to_bytes(self) -> bytes:
        """Return everything as bytes, in a format of this package."""
        return der.encode_sequence(
            der.encode_integer(_FORMAT),
            self.file.to_der(),
            der.encode_integer(int(self.kind)),
            der.encode_octet_string(self.signature.to_bytes()),
        )

    @classmethod
    def from_bytes(cls, data: Buffer) -> PreparedFile:
        """Read what :meth:`to_bytes` gave.

        :raises InvalidTypeError: when data has no buffer.
        :raises DecodeError: when it is something else.
        :raises LimitExceeded: when it is longer than 64 MiB.
        :raises GmpkiError: as :func:`~gmpki.seal.two_phase.prepared_from_bytes`.
        """
        reader = der.Reader(data, name="PreparedFile")
        with reader.sequence() as fields:
            fields.integer("format", minimum=_FORMAT, maximum=_FORMAT)
            file = FileInfo.read(fields, "file")
            kind = fields.integer("kind", minimum=min(SignatureKind), maximum=max(SignatureKind))
            inner = fields.octet_string("signature")
        reader.end()
        return cls(file, SignatureKind(kind), prepared_from_bytes(inner))


def verify_detached(
    container: Buffer,
    source: Buffer | IO[bytes],
    trust: SealTrust,
    *,
    now: datetime | None = None,
    lenient: bool = False,
    name: str = "",
) -> DocumentReport:
    """Verify a file against the container that stands beside it.

    The name that the file has now does not count; that it had when it was signed stands in the report.

    :param source: the bytes of the file, or an open binary file, which is read to its end.
    :param trust: whom to trust, and what the caller does without.
    :param now: the time of the verification; None for that of the clock.
    :param lenient: accept and note where the signature departs from the standards in form.
    :param name: of the file, for the report; empty takes the name in the container.
    :raises InvalidTypeError: when an argument has the wrong type.
    :raises DecodeError: when the container is none.
    :raises LimitExceeded: when it is longer than 32 MiB.
    :raises InvalidInputError: when a time has no time zone.
    :raises OSError: when the file cannot be read.
    """
    member(trust, SealTrust, "trust")
    as_text(name, "name")
    held = DetachedSignature.from_der(container, max_size=MAX_CONTAINER_LEN)
    try:
        expected = Imprint.from_structure(held.file.imprint)
    except DecodeError:
        raise
    except GmpkiError as error:
        raise DecodeError(f"the container has no hash that can be computed: {error}") from None
    digests, size = _digests(source, {"sm3", expected.hash_name})
    report = _signature_report(held, expected, trust, now=now, lenient=lenient)
    own = (_check_file(held.file, expected, digests[expected.hash_name], size), _check_coverage(held, lenient=lenient))
    shown = name or held.file.name
    found = replace(
        report,
        checks=in_order((*own, *report.checks)),
        coverage=f"the whole file {held.file.name}, {held.file.size} bytes, {held.file.media_type}",
    )
    return DocumentReport("detached", shown, digests["sm3"], (found,), accepted=frozenset(trust.accept))


def _signature_report(
    held: DetachedSignature, expected: Imprint, trust: SealTrust, *, now: datetime | None, lenient: bool
) -> SignatureReport:
    from gmpki.seal.digital_check import check_digital_signature
    from gmpki.seal.verification import check_seal_signature

    info = held.file.to_der()
    if held.kind is SignatureKind.SEAL:
        digest = _hash(info, expected.hash_name)
        return check_seal_signature(held.signature, digest, trust, now=now, lenient=lenient, name=held.file.name)
    return check_digital_signature(
        held.signature, _hash(info, "sm3"), trust, content=info, now=now, lenient=lenient, name=held.file.name
    )


def _check_file(file: FileInfo, expected: Imprint, digest: bytes, size: int) -> Check:
    references = SealCheck.REFERENCES
    if expected.hash_name not in STRONG_HASHES:
        weak = f"the hash of the file is {expected.hash_name}, which proves nothing any more"
        return failed(references, SealError("weak-hash", weak))
    if size != file.size:
        return failed(references, SealError("changed", f"the file has {size} bytes, and {file.size} were signed"))
    if not hmac.compare_digest(digest, expected.digest):
        return failed(references, SealError("changed", "the file is not the one that was signed"))
    return passed(references, f"{expected.hash_name} of {size} bytes")


def _check_coverage(held: DetachedSignature, *, lenient: bool) -> Check:
    """Look whether a seal signature was made for a container of this kind."""
    if held.kind is SignatureKind.SEAL:
        try:
            said = SealSignature.from_der(held.signature, lenient=lenient).property_info
        except GmpkiError as error:
            return left(SealCheck.COVERAGE, f"the signature cannot be read: {error}")
        if said != PROPERTY_INFO:
            message = f"the signature was made for something else: {said[:80]!r}"
            return failed(SealCheck.COVERAGE, SealError("property-info", message))
    return passed(SealCheck.COVERAGE, "all of the file")


# ---- files ----------------------------------------------------------------------------------------------------------
def _file_info(source: Buffer | IO[bytes], signer: DocumentSigner, name: str, media_type: str) -> FileInfo:
    member(signer, DocumentSigner, "signer")
    if signer.kind not in _KINDS:
        raise InvalidInputError(f"a signer of the kind {signer.kind!r} is not known")
    if not 1 <= len(as_text(name, "name")) <= _MAX_NAME_LEN or not name.isprintable() or {*"/\\"} & {*name}:
        raise InvalidInputError(f"name must be the name of a file without directories, 1 to {_MAX_NAME_LEN} characters")
    kind = as_text(media_type, "media_type")
    if not 1 <= len(kind) <= _MAX_NAME_LEN or not kind.isascii() or not kind.isprintable():
        raise InvalidInputError(f"media_type must be ASCII text of 1 to {_MAX_NAME_LEN} characters")
    hash_name = _hash_name(signer)
    digests, size = _digests(source, {hash_name})
    return FileInfo(name, size, kind, Imprint(hash_name, digests[hash_name]).to_structure())


def _hash_name(signer: DocumentSigner) -> str:
    """Return the hash of what a signer signs: SM3, unless he says another."""
    return as_text(getattr(signer, "digest_name", "sm3"), "the hash of the signer")


def _hash(data: bytes, hash_name: str) -> bytes:
    return Imprint.of(data, hash_name).digest


def _digests(source: Buffer | IO[bytes], hash_names: set[str]) -> tuple[dict[str, bytes], int]:
    """Return digests of a file, and its length in bytes."""
    running: dict[str, Any] = {name: new_hash(name) for name in hash_names}
    size = 0
    for piece in _pieces(source):
        size += len(piece)
        for one in running.values():
            one.update(piece)
    return {name: one.digest() for name, one in running.items()}, size


def _pieces(source: Buffer | IO[bytes]) -> Iterator[bytes]:
    read = getattr(source, "read", None)
    if read is None:
        yield as_bytes(source, "source", text_hint="open the file")  # type: ignore[arg-type]
        return
    for piece in _files.pieces(source):  # type: ignore[arg-type]
        if not isinstance(piece, bytes):
            raise InvalidTypeError("source must be opened for reading bytes") from not_a_buffer(piece, "a piece")
        yield piece
