"""Signing with a seal.

>>> from gmpki.seal import SealSigner
>>> signer = SealSigner(seal, key, certificate, timestamp=client.stamp)  # doctest: +SKIP
>>> signature = signer.sign(digest, "/Doc_0/Signs/Sign_0/Signature.xml")  # doctest: +SKIP
>>> signature.der  # doctest: +SKIP
b'...'
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Final

from gmpki import oids
from gmpki._inputs import as_bytes, as_text, function, iterated, member, utc_seconds
from gmpki.asn1 import der, gbt38540, gmt0031
from gmpki.asn1.rfc5280 import Extension
from gmpki.cms.algorithms import hash_of_key
from gmpki.cms.digests import new_hash
from gmpki.cms.signer_certificate import check_usage
from gmpki.errors import (
    FaultDetected,
    InvalidInputError,
    InvalidSignature,
    InvalidTypeError,
    KeyMismatchError,
    StateError,
    UnsupportedAlgorithm,
)
from gmpki.keys.signature_algorithms import SM2_SIGNATURES
from gmpki.seal._uses import noted
from gmpki.seal.interfaces import UseEvent
from gmpki.seal.layouts import SealLayout
from gmpki.seal.seal import Seal
from gmpki.seal.signer_rules import check_listed, check_times
from gmpki.seal.two_phase import PreparedSealSignature, checked_token
from gmpki.tsa.token import TimestampToken
from gmpki.x509._building import demand_signer
from gmpki.x509.certificate import Certificate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from typing_extensions import Buffer

    from gmpki.keys.interfaces import Signer
    from gmpki.oids import ObjectIdentifier
    from gmpki.seal.interfaces import GrantCheck, UseRecorder
    from gmpki.seal.signature import SealSignature

__all__ = ["SealSigner"]

# GM/T 0031-2014 has SM2 and RSA; its field for the algorithm has no place for the parameters of RSASSA-PSS. With
# SHA-1, which the standard has too, nothing new is signed.
_RSA: Final = frozenset((oids.RSA_SHA256, oids.RSA_SHA384, oids.RSA_SHA512))
_TOKEN_LEN: Final = 8192
_OTHER_FIELDS_LEN: Final = 2048
_MAX_PROPERTY_INFO_LEN: Final = 65536


@dataclass(frozen=True)
class SealSigner:
    """Somebody who signs with a seal. Immutable; thread-safe when its parts are.

    :ivar seal: the seal, in the layout of which signatures are made. Whether its maker is trusted is a question for
        :func:`~gmpki.seal.verify_seal`, which is asked once, and not with every signature.
    :ivar signer: the private key, wherever it lives; None when it can only be reached by somebody else, for whom
        :meth:`prepare` makes what he signs.
    :ivar certificate: its certificate, one of those whom the seal names.
    :ivar timestamp: returns a time-stamp token over the bytes that it is given: the value of the signature; in the
        layout of GM/T 0031-2014, whose place for it is inside what is signed, the digest of the document. None for
        signatures without.
    :ivar clock: the time, with a time zone; None for that of this machine.
    :ivar grant: who knows whether this seal may be used; asked before each use.
    :ivar log: who keeps the log of uses: what was signed and what was refused. No signature is released that it did
        not keep.
    :ivar purpose: for what the seal is used, as grants name it.
    :ivar extensions: what is signed along in every signature, such as a consent.
    :ivar document_name: of the document, for the log of uses; empty takes what is protected, in the container's words.
    :raises InvalidTypeError: when a part has the wrong type.
    :raises KeyMismatchError: when the key is not that of the certificate.
    :raises SealError: "signer-not-listed" when the seal does not name the certificate.
    :raises ValidationError: "key-usage" or "extended-key-usage" when the certificate is not one to sign with.
    :raises UnsupportedAlgorithm: when the layout is one that is only read, or the key is one that signs with no seal of
        this layout.
    :raises InvalidInputError: when there are extensions, and the layout has no place for them.
    :raises GmpkiError: when the public key of the certificate cannot be loaded.
    :standard: GM/T 0031-2014; GB/T 38540-2020
    """

    seal: Seal
    signer: Signer | None
    certificate: Certificate
    timestamp: Callable[[bytes], Buffer] | None = None
    clock: Callable[[], datetime] | None = None
    grant: GrantCheck | None = None
    log: UseRecorder | None = None
    purpose: str = ""
    extensions: Iterable[Extension] = ()
    document_name: str = ""

    def __post_init__(self) -> None:
        member(self.seal, Seal, "seal")
        member(self.certificate, Certificate, "certificate")
        for name in ("timestamp", "clock"):
            if getattr(self, name) is not None:
                function(getattr(self, name), name)
        for name, method in (("grant", "check"), ("log", "record")):
            part = getattr(self, name)
            if part is not None and not callable(getattr(part, method, None)):
                raise InvalidTypeError(f"{name} must have a method {method}; {type(part).__name__} has none")
        for name in ("purpose", "document_name"):
            as_text(getattr(self, name), name)
        object.__setattr__(self, "extensions", self._taken(self.extensions))
        if self.signer is not None:
            demand_signer(self.signer)
            if self.signer.public_key.to_der() != self.certificate.public_key.to_der():
                raise KeyMismatchError("the private key is not that of the certificate")
        if not self.seal.layout.rules.is_made:
            raise UnsupportedAlgorithm(f"signatures in the layout {self.seal.layout.value} are verified, not made")
        self._check_algorithm()
        check_usage(self.certificate, None)
        check_listed(self.seal, self.certificate)

    # ---- what containers ask ----------------------------------------------------------------
    @property
    def kind(self) -> str:
        """The word "seal"."""
        return "seal"

    @property
    def digest_name(self) -> str:
        """The hash of documents, as ``hashlib`` names it: that of the signature.

        :standard: GM/T 0031-2014 (SM3 with SM2, SHA-256 and its like with RSA)
        """
        return hash_of_key(self.certificate.public_key if self.signer is None else self.signer.public_key)

    @property
    def estimated_len(self) -> int:
        """More bytes than a signature has."""
        extensions = sum(len(one.to_der()) for one in iterated(self.extensions, "extensions"))
        token = 0 if self.timestamp is None else _TOKEN_LEN
        return len(self.seal.der) + len(self.certificate.der) + extensions + token + _OTHER_FIELDS_LEN

    def sign_document(self, digest: Buffer, property_info: str) -> bytes:
        """Return the DER of a signature; parameters and errors as :meth:`sign`."""
        return self.sign(digest, property_info).der

    def prepare_document(self, digest: Buffer, property_info: str) -> PreparedSealSignature:
        """Prepare a signature for a key elsewhere; parameters and errors as :meth:`prepare`."""
        return self.prepare(digest, property_info)

    def using(self, **changes: Any) -> SealSigner:
        """Return the same with other parts, such as the extensions or the name of one document.

        :raises InvalidInputError: when there is no such part.
        :raises GmpkiError: as the constructor.
        """
        unknown = sorted(changes.keys() - self.__dataclass_fields__.keys())
        if unknown:
            raise InvalidInputError(f"a SealSigner has no part {unknown[0]!r}")
        return replace(self, **changes)

    # ---- signing ------------------------------------------------------------------------------
    def sign(
        self,
        digest: Buffer,
        property_info: str,
        *,
        time: datetime | None = None,
        extensions: Iterable[Extension] = (),
    ) -> SealSignature:
        """Sign the digest of a document, and return the signature after verifying it.

        :param digest: by the hash of :attr:`digest_name`: 32 bytes for SM3.
        :param property_info: what is protected, in the words of the container: ASCII text of at most 64 KiB.
        :param time: that the signature claims, with a time zone; None for that of the clock.
        :param extensions: what is signed along, besides :attr:`extensions`; none of them twice.
        :raises InvalidTypeError: when an input has the wrong type.
        :raises InvalidInputError: when the digest has another length, the text is not ASCII, an extension is there
            twice or has no place, or a time has no time zone or cannot be written.
        :raises SealError: "signed-before-certificate", "signed-after-certificate", "signed-before-seal" or
            "signed-after-seal" when the time is outside of the validity of certificate or seal; and what the grant
            raises.
        :raises StateError: when there is no private key.
        :raises FaultDetected: when the signature that was made does not hold.
        :raises TimestampError: when the time-stamp is over something else.
        :raises GmpkiError: what key, time-stamp and log of uses raise.
        """
        if self.signer is None:
            raise StateError("this SealSigner has no private key; prepare() makes what somebody else signs")
        name, hashed = as_text(property_info, "property_info"), self._checked_digest(digest)
        when = self._time(time)
        with noted(self.log, lambda: self._event("seal", hashed, name)):
            prepared = self._prepared(hashed, name, when, extensions)
            value = as_bytes(self.signer.sign_digest(prepared.digest), "the signature")
            return self._complete(prepared, value)

    def prepare(
        self,
        digest: Buffer,
        property_info: str,
        *,
        time: datetime | None = None,
        extensions: Iterable[Extension] = (),
    ) -> PreparedSealSignature:
        """Make everything of a signature but its value; parameters and errors as :meth:`sign`.

        The grant is asked here, and the use is counted here.
        """
        name, hashed = as_text(property_info, "property_info"), self._checked_digest(digest)
        when = self._time(time)
        with noted(self.log, lambda: self._event("prepare", hashed, name)):
            return self._prepared(hashed, name, when, extensions)

    def finish(self, prepared: PreparedSealSignature, signature: Buffer) -> SealSignature:
        """Finish a signature that :meth:`prepare` made, with the time-stamp and the log of this signer.

        :param signature: DER, or r, s as 64 bytes for SM2.
        :raises InvalidTypeError: when an input has the wrong type.
        :raises InvalidInputError: when it was prepared for another seal or certificate.
        :raises InvalidSignature: when the signature does not hold.
        :raises TimestampError: when the time-stamp is over something else.
        :raises GmpkiError: what time-stamp and log of uses raise.
        """
        member(prepared, PreparedSealSignature, "prepared")
        if prepared.seal != self.seal or prepared.certificate != self.certificate:
            raise InvalidInputError("the signature was prepared for another seal or another signer")
        with noted(self.log, lambda: self._event("seal", prepared.data_hash, prepared.property_info)):
            return prepared.complete(signature, self._later_stamp)

    # ---- steps --------------------------------------------------------------------------------
    def _check_algorithm(self) -> None:
        algorithm = self._algorithm
        if algorithm in SM2_SIGNATURES:
            return
        if self.seal.layout is not SealLayout.GMT0031 or algorithm not in _RSA:
            allowed = "SM2, or RSA with PKCS #1 v1.5" if self.seal.layout is SealLayout.GMT0031 else "SM2"
            raise UnsupportedAlgorithm(
                f"signatures in the layout of {self.seal.layout.value} are made with {allowed}, not {algorithm.name}"
            )

    @property
    def _algorithm(self) -> ObjectIdentifier:
        holder = self.certificate.public_key if self.signer is None else self.signer
        return holder.signature_algorithm.algorithm

    def _taken(self, extensions: Iterable[Extension]) -> tuple[Extension, ...]:
        given = iterated(extensions, "extensions", most=gmt0031.MAX_EXTENSIONS + 1)
        for one in given:
            member(one, Extension, "an extension")
        if len({one.extn_id for one in given}) != len(given):
            raise InvalidInputError("an extension is there twice")
        if len(given) > gmt0031.MAX_EXTENSIONS:
            raise InvalidInputError(f"more than {gmt0031.MAX_EXTENSIONS} extensions")
        if given and not self.seal.layout.rules.takes_signed_extensions:
            raise InvalidInputError(f"signatures in the layout of {self.seal.layout.value} have no signed extensions")
        return given

    def _checked_digest(self, digest: Buffer) -> bytes:
        hashed = as_bytes(digest, "the digest")
        wanted = new_hash(self.digest_name).digest_size
        if len(hashed) != wanted:
            raise InvalidInputError(f"a digest by {self.digest_name} has {wanted} bytes, not {len(hashed)}")
        return hashed

    def _time(self, time: datetime | None) -> datetime:
        if time is None:
            time = datetime.now(timezone.utc) if self.clock is None else self.clock()
        return utc_seconds(time, "the time of the signature")

    def _prepared(
        self, digest: bytes, property_info: str, when: datetime, extensions: Iterable[Extension]
    ) -> PreparedSealSignature:
        if len(property_info) > _MAX_PROPERTY_INFO_LEN:
            raise InvalidInputError(f"property_info is longer than {_MAX_PROPERTY_INFO_LEN} characters")
        every = self._taken((*iterated(self.extensions, "extensions"), *iterated(extensions, "extensions")))
        check_times(when, self.seal, self.certificate)
        if self.grant is not None:
            self.grant.check(self.seal, self.certificate, purpose=self.purpose, at=when)
        algorithm = self._algorithm
        structure = self.seal.structure
        tbs: gmt0031.TBSSign | gbt38540.TBSSign
        if isinstance(structure, gmt0031.SESeal):
            tbs = gmt0031.TBSSign(
                self.seal.version,
                structure,
                self._time_info(digest, when),
                digest,
                property_info,
                self.certificate.der,
                algorithm,
                self.seal.der,
            )
        else:
            tbs = gbt38540.TBSSign(
                self.seal.version, structure, when, digest, property_info, every, seal_der=self.seal.der
            )
        return PreparedSealSignature.of(self.seal, self.certificate, algorithm, tbs, tbs.to_der())

    def _time_info(self, digest: bytes, when: datetime) -> bytes:
        """Return timeInfo of GM/T 0031-2014: a time-stamp over the digest of the document, or the time."""
        if self.timestamp is None:
            return der.encode_utc_time(when)
        token = checked_token(self.timestamp(digest), digest)
        stamped = TimestampToken.from_der(token, lenient=True).time.replace(microsecond=0)
        check_times(stamped, self.seal, self.certificate)
        return token

    def _complete(self, prepared: PreparedSealSignature, value: bytes) -> SealSignature:
        try:
            return prepared.complete(value, self._later_stamp)
        except InvalidSignature as error:
            raise FaultDetected(f"the signature that was just made does not hold: {error}") from None

    @property
    def _later_stamp(self) -> Callable[[bytes], Buffer] | None:
        """Who stamps the value of a signature; nobody in the layout that has the time-stamp inside what is signed."""
        return None if self.seal.layout.rules.stamp_is_signed else self.timestamp

    def _event(self, action: str, digest: bytes, property_info: str) -> UseEvent:
        """Return what the log keeps: with the time of the clock, whatever time the signature claims."""
        name = self.document_name or property_info
        return UseEvent(self._time(None), action, digest, name, self.seal.seal_id, str(self.certificate.subject))
