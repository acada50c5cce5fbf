"""The checks on one signer, in their order, and what each of them means."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, TypeVar

from gmpki import oids
from gmpki._inputs import member
from gmpki.algorithms import sm3
from gmpki.asn1 import der
from gmpki.asn1.quirks import Quirk, QuirkKind, QuirkLog
from gmpki.asn1.rfc5652 import SignerInfo
from gmpki.cms.algorithms import digest_name, signature_algorithm
from gmpki.cms.attributes import ReadAttributes, check_algorithm_protection, read_signed
from gmpki.cms.digests import ContentDigests
from gmpki.cms.report import Check, CheckName, CheckStatus, SignerReport, check_without_error
from gmpki.cms.signer_certificate import check_usage, find_certificate, verifying_key
from gmpki.cms.signing_certificate import check_signing_certificate
from gmpki.cms.timestamps import StampedTime
from gmpki.cms.variants import Variant
from gmpki.errors import (
    GmpkiError,
    InvalidSignature,
    LimitExceeded,
    MessageError,
    RevocationUnknownError,
    RevokedError,
)
from gmpki.keys.sm2_public import SM2PublicKey
from gmpki.x509.signatures import verify_digests, verify_signed

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from gmpki.asn1.rfc5280 import AlgorithmIdentifier
    from gmpki.cms.signed import SignedMessage
    from gmpki.cms.timestamps import TimestampVerifier
    from gmpki.cms.trust import Trust
    from gmpki.keys.interfaces import PublicKey
    from gmpki.oids import ObjectIdentifier
    from gmpki.x509.certificate import Certificate
    from gmpki.x509.path.result import ValidatedPath

__all__ = ["Judgement"]

T = TypeVar("T")

# A counter-signature over a counter-signature over a counter-signature has been asked for by nobody.
_MAX_DEPTH: Final = 3
_MAX_COUNTERSIGNATURES: Final = 64
_MAX_TIMESTAMPS: Final = 8
_DATA_TYPES: Final = frozenset((oids.DATA, oids.GM_DATA))


class Judgement:
    """Everything that the verification of one message goes by. A context: one thread at a time."""

    def __init__(
        self, message: SignedMessage, trust: Trust, timestamps: TimestampVerifier | None, *, collect: bool
    ) -> None:
        """Take what the caller of :func:`~gmpki.cms.verification.verify` gave, which was checked there."""
        self.message = message
        self.trust = trust
        self.timestamps = timestamps
        self.collect = collect
        signatures = trust.signatures
        # That a signature is written as r, s says nothing against it; only DER is taken strictly.
        lenient_encoding = message.is_lenient and not signatures.raw_sm2
        self.signatures = replace(signatures, raw_sm2=True) if lenient_encoding else signatures
        self._announced = {algorithm.algorithm for algorithm in message.digest_algorithms}
        self._countersignatures = 0

    @property
    def lenient(self) -> bool:
        """Tell whether named variants are accepted."""
        return self.message.is_lenient

    def signer(self, index: int, info: SignerInfo, digests: ContentDigests) -> SignerReport:
        """Verify a signer of the content.

        :raises GmpkiError: as :func:`~gmpki.cms.verification.verify`, unless errors are collected.
        """
        return _Signer(self, index, info, digests, depth=0).report()

    def count_countersignature(self) -> None:
        """Count one more signature over a signature.

        :raises LimitExceeded: when there are too many.
        """
        self._countersignatures += 1
        if self._countersignatures > _MAX_COUNTERSIGNATURES:
            raise LimitExceeded(f"more than {_MAX_COUNTERSIGNATURES} counter-signatures in a message")

    def check_announced(self, info: SignerInfo) -> bool:
        """Tell whether the digest algorithm of a signer is one that the message announces."""
        return info.digest_algorithm.algorithm in self._announced


class _Signer:
    """The checks on one signer or counter-signer."""

    def __init__(self, task: Judgement, index: int, info: SignerInfo, digests: ContentDigests, *, depth: int) -> None:
        self.task = task
        self.index = index
        self.info = info
        self.digests = digests
        self.depth = depth
        self.checks: list[Check] = []
        self.variants: list[Variant] = []
        self.quirks: list[Quirk] = []
        self.hash_name = ""
        self.attributes: ReadAttributes | None = None

    def report(self) -> SignerReport:
        """Ask everything in its order."""
        certificate = self._run(CheckName.CERTIFICATE, self._find)
        self._run(CheckName.DIGEST, lambda: self._digest(certificate))
        if certificate is None or not self.hash_name:
            self._leave(CheckName.SIGNATURE, "without the certificate or the digest nothing can be verified")
        else:
            self._run(CheckName.SIGNATURE, lambda: self._signature(certificate))
        if certificate is None:
            self._leave(CheckName.USAGE, "there is no certificate")
        else:
            self._run(CheckName.USAGE, lambda: check_usage(certificate, self._content_type))
        stamps = self._timestamps()
        signed_at = min((stamp.latest for stamp in stamps if stamp.is_trusted), default=None)
        path = self._path(certificate, signed_at)
        countersignatures = self._countersignatures()
        attributes = self.attributes
        return SignerReport(
            self.index,
            certificate,
            tuple(self.checks),
            signed_at,
            None if attributes is None else attributes.signing_time,
            stamps,
            path,
            () if attributes is None else tuple(attribute.type for attribute in attributes.attributes),
            countersignatures,
            tuple(dict.fromkeys(self.variants)) if self.variants else (),
            tuple(self.quirks),
        )

    @property
    def _content_type(self) -> ObjectIdentifier | None:
        """The type of what was signed; None for a counter-signature, which is over bytes of no type."""
        return self.task.message.content_type if self.depth == 0 else None

    # ---- keeping the account --------------------------------------------------------------
    def _run(self, name: CheckName, check: Callable[[], tuple[T, str]]) -> T | None:
        """Do a check; note that it passed, or that it failed and why.

        :raises GmpkiError: what the check raised, unless errors are collected.
        """
        try:
            value, detail = check()
        except GmpkiError as error:
            if not self.task.collect:
                raise
            self.checks.append(Check(name, CheckStatus.FAILED, str(error), error))
            return None
        self.checks.append(check_without_error(name, CheckStatus.PASSED, detail))
        return value

    def _leave(self, name: CheckName, detail: str) -> None:
        self.checks.append(check_without_error(name, CheckStatus.NOT_CHECKED, detail))

    # ---- certificate ------------------------------------------------------------------------
    def _find(self) -> tuple[Certificate, str]:
        certificate = find_certificate(self.info.sid, self.task.message.certificates, self.task.trust)
        return certificate, "the one that the signer names"

    # ---- digest -----------------------------------------------------------------------------
    def _digest(self, certificate: Certificate | None) -> tuple[bool, str]:
        """Check what ties the signature to the content, and to the algorithms that the message declares."""
        info, task = self.info, self.task
        name, variants = digest_name(info.digest_algorithm, lenient=task.lenient)
        self.hash_name = name
        self.variants += variants
        # A counter-signature is no signature over the content, which the announcement is about.
        if self.depth == 0 and not task.check_announced(info):
            self._tolerate(
                Variant.DIGEST_NOT_LISTED,
                f"the digest algorithm {info.digest_algorithm.shown} of the signer is not announced by the message",
            )
        task.trust.signatures.algorithms.check_hash(name)
        if info.signed_attributes is None:
            self._check_bare_content()
            return True, f"{name}, of the content itself"
        attributes = read_signed(info.attributes().items, lenient=task.lenient, countersignature=self.depth > 0)
        self.attributes = attributes
        if self.depth == 0:
            self._check_content_type(attributes)
        check_algorithm_protection(attributes, info)
        self._check_message_digest(attributes, name, certificate)
        return True, f"{name}, in the signed attributes"

    def _tolerate(self, variant: Variant, message: str, reason: str = "") -> None:
        """Note a variant when reading is lenient.

        :raises MessageError: otherwise.
        """
        if not self.task.lenient:
            raise MessageError(reason or variant.value, message)
        self.variants.append(variant)

    def _check_bare_content(self) -> None:
        """Check that a content may be signed without attributes at all."""
        kind = self._content_type
        if kind is None:
            # Who got somebody to sign these bytes as a content would have his counter-signature.
            self._tolerate(Variant.NO_ATTRIBUTES, "a counter-signature has signed attributes")
        elif kind not in _DATA_TYPES:
            self._tolerate(Variant.NO_ATTRIBUTES, f"a content of the type {kind.name} is signed with signed attributes")
        if self.digests.is_attributes:
            raise MessageError(
                "content-is-attributes",
                "the content is the encoding of signed attributes: the signature may be over those of another message",
            )

    def _check_content_type(self, attributes: ReadAttributes) -> None:
        """Compare the type that was signed with the one that stands beside the content."""
        said, found = attributes.content_type, self.task.message.content_type
        if said == found:
            return
        message = f"the content type is {found.name}, and the signed attribute says {said.name if said else 'nothing'}"
        if not (said in _DATA_TYPES and found in _DATA_TYPES):
            raise MessageError("content-type", message)
        self._tolerate(Variant.CONTENT_TYPE_SYNONYM, message, "content-type")

    def _check_message_digest(self, attributes: ReadAttributes, name: str, certificate: Certificate | None) -> None:
        computed = self.digests.hash(name)
        if attributes.message_digest == computed:
            return
        if self.task.lenient and name == "sm3" and certificate is not None and self.depth == 0:
            key = verifying_key(certificate, self.task.signatures)
            if isinstance(key, SM2PublicKey) and attributes.message_digest == self.digests.sm3_after(key.za()):
                self.variants.append(Variant.DIGEST_WITH_Z)
                return
        raise InvalidSignature(
            f"the content is not the one that was signed: its {name} digest is {computed[:8].hex()}..., "
            f"messageDigest is {attributes.message_digest[:8].hex()}..."
        )

    # ---- signature --------------------------------------------------------------------------
    def _signature(self, certificate: Certificate) -> tuple[bool, str]:
        info, policy = self.info, self.task.signatures
        key = verifying_key(certificate, policy)
        algorithm, variants = signature_algorithm(
            info.signature_algorithm, self.hash_name, key, policy.algorithms, lenient=self.task.lenient
        )
        self.variants += variants
        verify = self._over_content if info.signed_attributes is None else self._over_attributes
        # Messages have both identifiers of SM2 signatures by their profiles.
        self.quirks += [quirk for quirk in verify(key, algorithm) if quirk.kind is not QuirkKind.OID_SYNONYM]
        if self.attributes is not None:
            check_signing_certificate(self.attributes, certificate, lenient=self.task.lenient)
        if any(quirk.kind is QuirkKind.RAW_SIGNATURE for quirk in self.quirks):
            self.variants.append(Variant.RAW_SIGNATURE)
        return True, info.signature_algorithm.shown

    def _over_attributes(self, key: PublicKey, algorithm: AlgorithmIdentifier) -> tuple[Quirk, ...]:
        """Verify a signature over signed attributes, as they came or, where they came unsorted, as DER sorts them."""
        info, policy = self.info, self.task.signatures
        signed = info.signed_attributes_to_sign
        try:
            return verify_signed(key, algorithm, info.signature, signed, policy)
        except InvalidSignature:
            canonical = der.encode_set_of([attribute.to_der() for attribute in info.attributes()])
            if not self.task.lenient or canonical == signed:
                raise
        quirks = verify_signed(key, algorithm, info.signature, canonical, policy)
        return (*quirks, Quirk(QuirkKind.NORMALISED, -1, 1, "signedAttrs"))

    def _over_content(self, key: PublicKey, algorithm: AlgorithmIdentifier) -> tuple[Quirk, ...]:
        """Verify a signature over the content itself."""
        info, task = self.info, self.task
        if algorithm.algorithm == oids.ED25519 and self.digests.content is not None:
            return verify_signed(key, algorithm, info.signature, self.digests.content, task.signatures)
        try:
            return verify_digests(key, algorithm, info.signature, self.digests, task.signatures)
        except InvalidSignature:
            if not (task.lenient and task.signatures.without_za and isinstance(key, SM2PublicKey)) or self.depth:
                raise
            inner = task.message.signed_data.encap_content_info
            if inner.content is None:
                raise
            # GmSSL 3 hashes the whole inner content info and signs the plain hash.
            raw = key.standard_signature(info.signature)
            try:
                key.verify_digest(raw, sm3.digest(inner.to_der()))
            except InvalidSignature:
                pass
            else:
                self.variants.append(Variant.GMSSL3)
                return (Quirk(QuirkKind.WITHOUT_ZA, -1, 1, "signature"),)
            raise

    # ---- time-stamps ------------------------------------------------------------------------
    def _timestamps(self) -> tuple[StampedTime, ...]:
        """Verify the time-stamps over the signature, when there is somebody to do it."""
        if self.info.unsigned_attributes is None:
            self._leave(CheckName.TIME_STAMP, "there is none")
            return ()
        try:
            tokens = self.info.other_attributes().find_all(oids.TIME_STAMP_TOKEN)
        except GmpkiError as error:
            if not self.task.collect:
                raise
            self.checks.append(Check(CheckName.TIME_STAMP, CheckStatus.FAILED, str(error), error))
            return ()
        verifier = self.task.timestamps
        if not tokens:
            self._leave(CheckName.TIME_STAMP, "there is none")
            return ()
        if verifier is None:
            self._leave(CheckName.TIME_STAMP, "there is one, and nobody to verify it")
            return ()
        found = self._run(CheckName.TIME_STAMP, lambda: self._stamped(verifier, tokens))
        return found or ()

    def _stamped(self, verifier: TimestampVerifier, tokens: tuple[bytes, ...]) -> tuple[tuple[StampedTime, ...], str]:
        if len(tokens) > _MAX_TIMESTAMPS:
            raise LimitExceeded(f"{len(tokens)} time-stamps over one signature; at most {_MAX_TIMESTAMPS} are verified")
        stamps = []
        for token in tokens:
            stamp = verifier.verify(token, self.info.signature)
            member(stamp, StampedTime, "what a verifier of time-stamps returns")
            stamps.append(stamp)
        return tuple(stamps), ", ".join(map(_shown_stamp, stamps))

    # ---- chain and revocation ---------------------------------------------------------------
    def _path(self, certificate: Certificate | None, signed_at: datetime | None) -> ValidatedPath | None:
        """Validate the path of the certificate; revocation is told apart from the rest."""
        trust = self.task.trust
        if certificate is None or not trust.checks_chain:
            detail = "there is no certificate" if certificate is None else "not asked for: signatures alone"
            self._leave(CheckName.CHAIN, detail)
            self._leave(CheckName.REVOCATION, detail)
            return None
        try:
            path = trust.validate(certificate, self.task.message.certificates, at=signed_at)
        except (RevokedError, RevocationUnknownError) as error:
            self._failed(error)
            self.checks.append(Check(CheckName.CHAIN, CheckStatus.PASSED, "but for revocation"))
            self.checks.append(Check(CheckName.REVOCATION, CheckStatus.FAILED, str(error), error))
            return None
        except GmpkiError as error:
            self._failed(error)
            self.checks.append(Check(CheckName.CHAIN, CheckStatus.FAILED, str(error), error))
            self._leave(CheckName.REVOCATION, "there is no chain")
            return None
        when = "at the time of the time-stamp" if signed_at else "at the time asked for" if trust.at else "now"
        self.checks.append(Check(CheckName.CHAIN, CheckStatus.PASSED, f"valid {when}"))
        if path.revocation:
            status = ", ".join(result.status.value for result in path.revocation)
            self.checks.append(Check(CheckName.REVOCATION, CheckStatus.PASSED, status))
        else:
            self._leave(CheckName.REVOCATION, "nobody was asked")
        return path

    def _failed(self, error: GmpkiError) -> None:
        """Raise an error, unless errors are collected."""
        if not self.task.collect:
            raise error

    # ---- counter-signatures -----------------------------------------------------------------
    def _countersignatures(self) -> tuple[SignerReport, ...]:
        """Verify those who signed this signature: each as a signer of its own, over the bytes of the signature."""
        if self.info.unsigned_attributes is None:
            return ()
        reports: list[SignerReport] = []

        def check() -> tuple[bool, str]:
            values = self.info.other_attributes().find_all(oids.COUNTERSIGNATURE)
            if values and self.depth == _MAX_DEPTH:
                raise LimitExceeded(f"counter-signatures are verified {_MAX_DEPTH} deep")
            for index, value in enumerate(values):
                self.task.count_countersignature()
                log = QuirkLog(tolerant=self.task.lenient)
                info = SignerInfo.from_der(value, quirks=log)
                inner = _Signer(
                    self.task, index, info, ContentDigests.of(self.info.signature), depth=self.depth + 1
                ).report()
                reports.append(inner)
                inner.require()
            return True, f"{len(reports)}"

        try:
            there = oids.COUNTERSIGNATURE in [attribute.type for attribute in self.info.other_attributes()]
        except GmpkiError:  # the check of the time-stamps has said so
            there = False
        if there:
            self._run(CheckName.COUNTERSIGNATURE, check)
        return tuple(reports)


def _shown_stamp(stamp: StampedTime) -> str:
    return f"{stamp.time:%Y-%m-%d %H:%M:%S} UTC{'' if stamp.is_trusted else ' by nobody who is trusted'}"
