"""Verifying signatures of documents without a seal: messages over the digest of a document, in all forms of the field.

>>> from gmpki.seal import SealTrust, check_digital_signature
>>> check_digital_signature(data, digest, SealTrust(signers), content=signature_xml)  # doctest: +SKIP
SignatureReport(...)
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from gmpki._inputs import as_bytes, as_text, member, utc_seconds
from gmpki.asn1 import der
from gmpki.cms.algorithms import digest_name
from gmpki.cms.digests import ContentDigests, hash_of
from gmpki.cms.report import CheckName, CheckStatus
from gmpki.cms.signed import SignedMessage
from gmpki.cms.signer_certificate import check_usage
from gmpki.cms.trust import Trust
from gmpki.cms.verification import verify_signers
from gmpki.errors import DecodeError, GmpkiError, InvalidSignature, SealError
from gmpki.keys.sm2_public import SM2PublicKey
from gmpki.seal._checks import attempted, failed, in_order, left, passed
from gmpki.seal.report import SealCheck, SignatureReport
from gmpki.seal.signing_time import SigningTime, check_time, signer_path, time_of_verification
from gmpki.seal.trust import SealTrust
from gmpki.x509.certificate import Certificate

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from typing_extensions import Buffer

    from gmpki.asn1.quirks import Quirk
    from gmpki.cms.report import Check, SignerReport
    from gmpki.cms.timestamps import StampedTime

__all__ = ["check_digital_signature"]

# Each candidate for the signer of a bare signature costs up to three verifications.
_MAX_CANDIDATES: Final = 64
_MAX_BARE_LEN: Final = 80
_KINDS: Final = {
    CheckName.SIGNATURE: SealCheck.SIGNATURE,
    CheckName.USAGE: SealCheck.SIGNER_USAGE,
}


def check_digital_signature(
    data: Buffer,
    digest: Buffer,
    trust: SealTrust,
    *,
    content: Buffer | None = None,
    claimed_time: datetime | None = None,
    now: datetime | None = None,
    lenient: bool = False,
    index: int = 0,
    name: str = "",
) -> SignatureReport:
    """Ask everything about a signed message in the place of a signature that concerns no container.

    What is wrong with the signature is in the report; nothing is raised for it. The digest may be the content of the
    message, or the document its content, left out or not.

    :param data: the message, DER or BER.
    :param digest: SM3 of what the container protects.
    :param trust: whom to trust; only ``signers`` and ``timestamps`` matter.
    :param content: what the container protects, where it is at hand: then digests by other hashes than SM3, which
        messages with RSA have, and detached messages without signed attributes can be verified as well.
    :param claimed_time: when the document says that it was signed, where what is signed covers that; a time in the
        message goes before it.
    :param now: the time of the verification; None takes that of ``trust.signers``, or now.
    :param lenient: take the variants of messages (:class:`~gmpki.cms.variants.Variant`); base64 text of the digest as
        content; a detached message without attributes whose content is the digest; and a bare SM2 signature, which
        names nobody, of one of the certificates that the trust knows. Each is named in the report.
    :param index: which signature of the document, for the report.
    :param name: of the signature, for the report.
    :raises InvalidTypeError: when an input has the wrong type.
    :raises InvalidInputError: when a time has no time zone.
    :standard: RFC 5652 5.6; GM/T 0010; GM/T 0099-2020 7.2.2 (C)
    """
    member(trust, SealTrust, "trust")
    member(lenient, bool, "lenient")
    as_text(name, "name")
    encoded = as_bytes(data, "a signature")
    document = _Document(as_bytes(digest, "the digest"), None if content is None else as_bytes(content, "content"))
    claimed = None if claimed_time is None else utc_seconds(claimed_time, "claimed_time")
    task = _Task(trust, time_of_verification(now, trust.signers), claimed, document, index, name)
    try:
        if _is_bare(encoded):
            if not lenient:
                raise DecodeError("a bare SM2 signature in the place of a signed message; lenient reading takes it")
            return task.bare(encoded)
        message = SignedMessage.from_der(encoded, lenient=lenient)
        if len(message.signers) != 1:
            raise SealError("signers", f"a document is signed by one signer in each place, not {len(message.signers)}")
        return task.message(message)
    except GmpkiError as error:
        return SignatureReport(index, name, (failed(SealCheck.STRUCTURE, error),), kind="signature", layout="CMS")


@dataclass(frozen=True, slots=True)
class _Document:
    """What a message may be tied to."""

    digest: bytes
    content: bytes | None

    def values(self, hash_name: str) -> tuple[bytes, ...]:
        """Return the digests that stand for the document where a signer uses a hash."""
        if self.content is None or hash_name == "sm3":
            return (self.digest,)
        return (self.digest, hash_of(hash_name, self.content))

    def digests(self, hash_name: str) -> ContentDigests:
        """Return the digests of the document as the content of a detached message."""
        if self.content is not None:
            return ContentDigests.of(self.content)
        return ContentDigests.known({hash_name: self.digest})

    def mismatch(self, found: str) -> SealError:
        """Return the error for a message that is about something else."""
        return SealError("changed", f"the document is not the one that was signed: {found}")

    def check_content(self, hash_name: str, detail: str) -> str:
        """Check that the document is the one whose digest the container computed; return what was found.

        :raises SealError: "changed" when it is not.
        """
        content = self.content
        if content is not None and self.digest not in (hash_of("sm3", content), hash_of(hash_name, content)):
            raise self.mismatch(f"its digest is not {self.digest[:8].hex()}...")
        return detail


@dataclass(frozen=True, slots=True)
class _Task:
    """The verification of one signature."""

    trust: SealTrust
    today: datetime
    claimed: datetime | None
    document: _Document
    index: int
    name: str

    def message(self, message: SignedMessage) -> SignatureReport:
        """Verify a message of one signer."""
        variants: list[str] = [variant.value for variant in message.variants]
        digests, on_content = self._content(message, variants)
        only = Trust.signature_only(_known(self.trust.signers), signatures=self.trust.signers.signatures)
        (signer,) = verify_signers(message, only, digests, collect=True, timestamps=self.trust.timestamps)
        own = signer.check(CheckName.DIGEST)
        checks = [failed(SealCheck.DIGEST, own.error) if own.error is not None else on_content]
        checks += [_of_message(signer, kind, name) for kind, name in _KINDS.items()]
        checks.append(_stamp_check(signer))
        variants += [variant.value for variant in signer.variants]
        claimed = signer.claimed_signing_time or self.claimed
        return self._report(
            signer.signer_certificate,
            checks,
            SigningTime(self.today, claimed, signer.signed_at),
            others=message.certificates,
            stamps=signer.timestamps,
            quirks=(*message.quirks, *signer.quirks),
            variants=tuple(dict.fromkeys(variants)),
        )

    def bare(self, signature: bytes) -> SignatureReport:
        """Verify a bare SM2 signature: with every certificate at hand, because it names none."""
        certificate = self._bare_signer(signature)
        if certificate is None:
            detail = "the signature names no signer, and it is of nobody who is known here"
            checks = [left(name, detail) for name in (SealCheck.DIGEST, SealCheck.SIGNATURE, SealCheck.SIGNER_USAGE)]
        else:
            found = certificate
            checks = [
                passed(SealCheck.DIGEST, "sm3"),
                passed(SealCheck.SIGNATURE, "SM2"),
                attempted(SealCheck.SIGNER_USAGE, lambda: check_usage(found, None)[1]),
            ]
        checks.append(left(SealCheck.TIME_STAMP, "there is none"))
        when = SigningTime(self.today, self.claimed)
        return self._report(certificate, checks, when, variants=(_BARE,), layout="SM2")

    def _bare_signer(self, signature: bytes) -> Certificate | None:
        for certificate in _known(self.trust.signers)[:_MAX_CANDIDATES]:
            try:
                key = certificate.public_key
            except GmpkiError:  # of a kind that is not known: it made no SM2 signature
                continue
            if isinstance(key, SM2PublicKey) and any(
                _holds(key, signature, digest) for digest in _bare_digests(key, self.document)
            ):
                return certificate
        return None

    # ---- what the message is tied to ------------------------------------------------------------
    def _content(self, message: SignedMessage, variants: list[str]) -> tuple[ContentDigests, Check]:
        """Return the digests of the content, and whether it is the document or its digest."""
        document, (info,) = self.document, message.signers
        try:
            name, _ = digest_name(info.digest_algorithm, lenient=message.is_lenient)
        except GmpkiError:  # the check of the signer's digest says so
            name = "sm3"
        found = message.unverified_content()
        if found is not None:
            return ContentDigests.of(found), self._attached(found, name, message, variants)
        if info.signed_attributes is None and message.is_lenient and document.content is None:
            variants.append("the digest of the document is the content of the message, and left out")
            return ContentDigests.of(document.digest), passed(SealCheck.DIGEST, "left out of the message")

        try:
            digests = document.digests(name)
        except GmpkiError as error:
            return ContentDigests.of(b""), failed(SealCheck.DIGEST, error)
        detail = f"{name}, of the document"
        return digests, attempted(SealCheck.DIGEST, lambda: document.check_content(name, detail))

    def _attached(self, found: bytes, name: str, message: SignedMessage, variants: list[str]) -> Check:
        document = self.document
        if found in document.values(name):
            return passed(SealCheck.DIGEST, "the content of the message")
        if message.is_lenient and _decoded(found) in document.values(name):
            variants.append("the content of the message is base64 text of the digest")
            return passed(SealCheck.DIGEST, "the content of the message, as text")
        if hash_of("sm3", found) == document.digest or found == document.content:
            variants.append("the message carries what is signed, not its digest")
            return attempted(SealCheck.DIGEST, lambda: document.check_content(name, "in the message"))
        return failed(SealCheck.DIGEST, document.mismatch("the content of the message is not its digest"))

    # ---- the report -----------------------------------------------------------------------------
    def _report(
        self,
        certificate: Certificate | None,
        checks: list[Check],
        when: SigningTime,
        *,
        others: Sequence[Certificate] = (),
        stamps: tuple[StampedTime, ...] = (),
        quirks: tuple[Quirk, ...] = (),
        variants: tuple[str, ...] = (),
        layout: str = "CMS",
    ) -> SignatureReport:
        path = None
        checks = [passed(SealCheck.STRUCTURE, layout), *checks]
        if certificate is None:
            detail = "the certificate of the signer is not known"
            checks += [
                left(name, detail) for name in (SealCheck.SIGNER_CHAIN, SealCheck.SIGNER_REVOCATION, SealCheck.TIME)
            ]
        else:
            path, on_path = signer_path(certificate, others, self.trust.signers, when)
            checks += [*on_path, check_time(when, None, certificate)]
        return SignatureReport(
            self.index,
            self.name,
            in_order(checks),
            kind="signature",
            layout=layout,
            signer_certificate=certificate,
            signer_path=path,
            claimed_time=when.claimed,
            signed_at=when.signed_at,
            timestamps=stamps,
            quirks=quirks,
            variants=variants,
        )


_BARE: Final = "a bare SM2 signature without a message or a certificate"


def _is_bare(encoded: bytes) -> bool:
    """Tell whether bytes are SEQUENCE { INTEGER, INTEGER } and nothing else."""
    if len(encoded) > _MAX_BARE_LEN:
        return False
    reader = der.Reader(encoded)
    try:
        with reader.sequence() as numbers:
            numbers.integer()
            numbers.integer()
        reader.end()
    except DecodeError:
        return False
    return True


def _bare_digests(key: SM2PublicKey, document: _Document) -> Iterator[bytes]:
    """Yield the digests that a bare signature may be over: of the digest as a message, of the document, and that
    digest itself, without Z.
    """
    yield key.digest(document.digest)
    if document.content is not None:
        yield key.digest(document.content)
    if len(document.digest) == len(key.za()):
        yield document.digest


def _holds(key: SM2PublicKey, signature: bytes, digest: bytes) -> bool:
    try:
        key.verify_digest(signature, digest)
    except InvalidSignature:
        return False
    return True


def _known(trust: Trust) -> tuple[Certificate, ...]:
    """Return the certificates that the verifier has himself."""
    return (*trust.intermediates, *(anchor for anchor in trust.anchors if isinstance(anchor, Certificate)))


def _of_message(signer: SignerReport, kind: CheckName, name: SealCheck) -> Check:
    check = signer.check(kind)
    if check.error is not None:
        return failed(name, check.error)
    if check.status is CheckStatus.PASSED:
        return passed(name, check.detail)
    # Without a certificate cms leaves the signature unchecked; that the signer cannot be found is why.
    certificate = signer.check(CheckName.CERTIFICATE)
    return left(name, check.detail) if certificate.error is None else failed(name, certificate.error)


def _stamp_check(signer: SignerReport) -> Check:
    check = signer.check(CheckName.TIME_STAMP)
    name = SealCheck.TIME_STAMP
    if check.error is not None:
        return failed(name, check.error)
    if check.status is CheckStatus.PASSED and signer.signed_at is not None:
        return passed(name, check.detail)
    return left(name, check.detail)


def _decoded(text: bytes) -> bytes | None:
    """Return what base64 text stands for; None when it is none."""
    try:
        return base64.b64decode(b"".join(text.split()), validate=True)
    except ValueError:
        return None
