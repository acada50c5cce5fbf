"""Signatures that wait for their value: prepared by a server, signed by a key elsewhere, finished in any process.

>>> from gmpki.seal import SealSigner, prepared_from_bytes
>>> signer = SealSigner(seal, None, certificate)  # doctest: +SKIP
>>> prepared = signer.prepare(digest, "/Doc_0/Signs/Sign_0/Signature.xml")  # doctest: +SKIP
>>> stored = prepared.to_bytes()  # kept until the signature comes  # doctest: +SKIP
>>> value = token.sign_digest(prepared.digest)  # doctest: +SKIP
>>> prepared_from_bytes(stored).finish(value)  # doctest: +SKIP
b'...'
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from gmpki._inputs import as_bytes
from gmpki.algorithms.policy import DEFAULT_POLICY
from gmpki.asn1 import der, gbt38540, gmt0031
from gmpki.asn1.quirks import QuirkLog
from gmpki.asn1.rfc5280 import AlgorithmIdentifier
from gmpki.cms.signed import read_certificate
from gmpki.errors import DecodeError, InvalidInputError, TimestampError
from gmpki.keys.signature_algorithms import key_for
from gmpki.seal._received import MAX_LEN, Received
from gmpki.seal.layouts import SealLayout
from gmpki.seal.seal import Seal
from gmpki.seal.signature import SealSignature
from gmpki.seal.signer_rules import check_listed
from gmpki.tsa.token import TimestampToken

if TYPE_CHECKING:
    from collections.abc import Callable

    from typing_extensions import Buffer

    from gmpki.keys.interfaces import PublicKey
    from gmpki.oids import ObjectIdentifier
    from gmpki.seal.interfaces import PreparedDocumentSignature
    from gmpki.x509.certificate import Certificate

__all__ = ["PREPARED_FORMAT", "PreparedSealSignature", "checked_token", "prepared_from_bytes", "read_head"]

PREPARED_FORMAT: Final = 1
"""The version of the bytes in which signatures wait."""
_SEAL: Final = "seal"
_SIGNATURE: Final = "signature"
_LAYOUTS: Final = {layout.value: layout for layout in SealLayout if layout.rules.is_made}


@dataclass(frozen=True, slots=True)
class PreparedSealSignature:
    """A signature with a seal that waits for its value. Immutable; it can be pickled, and kept as bytes.

    Whoever can change it while it waits decides what will be signed: it is kept as carefully as what it signs.

    :ivar seal: the seal that is signed along.
    :ivar certificate: whose key signs.
    :ivar signature_algorithm: of the signature.
    :ivar digest: the digest that is signed: for SM2 e = SM3(ZA || to_be_signed) with the default user id, 32 bytes.
    """

    seal: Seal
    certificate: Certificate
    signature_algorithm: ObjectIdentifier
    _tbs: gmt0031.TBSSign | gbt38540.TBSSign = field(repr=False)
    _tbs_der: bytes = field(repr=False)
    digest: bytes = field(repr=False)

    @classmethod
    def of(
        cls,
        seal: Seal,
        certificate: Certificate,
        algorithm: ObjectIdentifier,
        tbs: gmt0031.TBSSign | gbt38540.TBSSign,
        tbs_der: bytes,
    ) -> PreparedSealSignature:
        """Take the parts, which the caller has checked, and compute what is signed.

        :raises GmpkiError: when the certificate's key makes no signatures of the algorithm.
        """
        key = _verifying_key(certificate, algorithm)
        return cls(seal, certificate, algorithm, tbs, tbs_der, key.digest(tbs_der))

    @property
    def to_be_signed(self) -> bytes:
        """The DER of TBS_Sign, which is signed."""
        return self._tbs_der

    @property
    def data_hash(self) -> bytes:
        """The digest of the document."""
        return self._tbs.data_hash

    @property
    def property_info(self) -> str:
        """What is protected, in the words of the container."""
        return self._tbs.property_info

    def finish(self, signature: Buffer, timestamp: Buffer | Callable[[bytes], Buffer] | None = None) -> bytes:
        """Return the DER of SES_Signature; parameters and errors as :meth:`complete`."""
        return self.complete(signature, timestamp).der

    def complete(self, signature: Buffer, timestamp: Buffer | Callable[[bytes], Buffer] | None = None) -> SealSignature:
        """Put the value of the signature in, after verifying it.

        :param signature: DER, or r, s as 64 bytes for SM2.
        :param timestamp: a time-stamp token over the value of the signature in DER, or a function that fetches one.
        :raises InvalidTypeError: when an input has the wrong type.
        :raises InvalidSignature: when the signature does not hold.
        :raises InvalidInputError: when there is a time-stamp, and the layout is that of GM/T 0031-2014, which has it
            inside what is signed.
        :raises TimestampError: "imprint" when the time-stamp is over something else, and as
            :meth:`~gmpki.tsa.token.TimestampToken.from_der`.
        :raises GmpkiError: when the time-stamp is malformed, and what the function raises.
        """
        if timestamp is not None and self.seal.layout.rules.stamp_is_signed:
            raise InvalidInputError(
                f"in the layout of {self.seal.layout.value} a time-stamp stands inside what is signed; "
                "a SealSigner asks for it when it prepares"
            )
        key = _verifying_key(self.certificate, self.signature_algorithm)
        value = as_bytes(signature, "the signature")
        key.verify_digest(value, self.digest)
        value = key.standard_signature(value)
        token = None
        if timestamp is not None:
            token = checked_token(timestamp(value) if callable(timestamp) else timestamp, value)
        return self._assembled(value, token)

    def _assembled(self, value: bytes, token: bytes | None) -> SealSignature:
        structure: gmt0031.SESSignature | gbt38540.SESSignature
        if isinstance(self._tbs, gmt0031.TBSSign):
            structure = gmt0031.SESSignature(self._tbs, value, self._tbs_der)
        else:
            structure = gbt38540.SESSignature(
                self._tbs, self.certificate.der, self.signature_algorithm, value, token, self._tbs_der
            )
        return SealSignature._with(
            self.seal, structure, structure.to_der(), self._tbs_der, lenient=self.seal.is_lenient
        )

    # ---- keeping it -------------------------------------------------------------------------
    def to_bytes(self) -> bytes:
        """Return everything as bytes, in a format of this package: to be read by :func:`prepared_from_bytes` alone."""
        return der.encode_sequence(
            der.encode_integer(PREPARED_FORMAT),
            der.encode_utf8_string(_SEAL),
            der.encode_utf8_string(self.seal.layout.value),
            der.encode_boolean(self.seal.is_lenient),
            self._tbs_der,
            der.encode_octet_string(self.certificate.der),
            der.encode_oid(self.signature_algorithm),
        )

    @classmethod
    def from_bytes(cls, data: Buffer) -> PreparedSealSignature:
        """Read what :meth:`to_bytes` gave; what will be signed is computed anew.

        :raises InvalidTypeError: when data has no buffer.
        :raises DecodeError: when it is something else, or parts of it do not fit together.
        :raises LimitExceeded: when it is longer than 64 MiB.
        :raises SealError: "signer-not-listed" when the seal does not name the signer.
        :raises GmpkiError: when the certificate's key makes no signatures of the algorithm.
        """
        reader = der.Reader(data, name="PreparedSealSignature")
        with reader.sequence() as fields:
            read_head(fields, _SEAL)
            at = fields.offset
            layout = _LAYOUTS.get(fields.utf8_string("layout"))
            if layout is None:
                raise fields.error("no layout of which signatures are made", "layout", offset=at)
            lenient = fields.boolean("lenient")
            tbs_der = fields.exact(der.Tag.SEQUENCE, "toSign")
            of_signer = fields.octet_string("certificate")
            algorithm = fields.oid("signatureAlgorithm")
        reader.end()
        schema = gmt0031.TBSSign if layout is SealLayout.GMT0031 else gbt38540.TBSSign
        log = QuirkLog(tolerant=lenient)
        tbs = schema.from_der(tbs_der, max_size=MAX_LEN, quirks=log)
        if isinstance(tbs, gmt0031.TBSSign) and (tbs.certificate, tbs.signature_algorithm) != (of_signer, algorithm):
            raise DecodeError("the certificate or the algorithm is not the one that is signed along")
        seal = Seal._of(Received(tbs.seal, tbs.seal_der, tbs.seal.info_der, log), lenient=lenient)
        if seal.layout is not layout:
            raise DecodeError(f"the seal is of {seal.layout.value}, the signature of {layout.value}")
        certificate = read_certificate(of_signer, lenient)
        check_listed(seal, certificate)
        return cls.of(seal, certificate, algorithm, tbs, tbs_der)

    def __reduce__(self) -> tuple[object, tuple[bytes]]:
        """Pickle the bytes."""
        return PreparedSealSignature.from_bytes, (self.to_bytes(),)


def prepared_from_bytes(data: Buffer) -> PreparedDocumentSignature:
    """Read a signature that waits for its value, with a seal or without, from what its ``to_bytes`` gave.

    :raises InvalidTypeError: when data has no buffer.
    :raises DecodeError: when it is something else, or parts of it do not fit together.
    :raises LimitExceeded: when it is longer than 64 MiB.
    :raises GmpkiError: as :meth:`PreparedSealSignature.from_bytes` and
        :meth:`~gmpki.seal.digital.PreparedDigitalSignature.from_bytes`.
    """
    encoded = as_bytes(data, "a signature that is prepared")
    look = der.Reader(encoded, name="a signature that is prepared").sequence()
    if read_head(look, _SEAL, _SIGNATURE) == _SEAL:
        return PreparedSealSignature.from_bytes(encoded)
    from gmpki.seal.digital import PreparedDigitalSignature

    return PreparedDigitalSignature.from_bytes(encoded)


def checked_token(token: Buffer, imprinted: bytes) -> bytes:
    """Return a time-stamp token that was fetched, after looking whether it is over what was sent.

    Who made it is found out by whoever verifies the signature.

    :raises TimestampError: "imprint" when it is over something else.
    :raises GmpkiError: as :meth:`~gmpki.tsa.token.TimestampToken.from_der`.
    """
    read = TimestampToken.from_der(token, lenient=True)
    if not read.imprint.matches(imprinted):
        raise TimestampError("imprint", "the time-stamp that was fetched is over other data")
    return read.to_der()


def read_head(fields: der.Reader, *kinds: str) -> str:
    """Read the version and the kind of a signature that waits; return the kind.

    :raises DecodeError: when they are others.
    """
    fields.integer("format", minimum=PREPARED_FORMAT, maximum=PREPARED_FORMAT)
    at = fields.offset
    kind = fields.utf8_string("kind")
    if kind not in kinds:
        raise fields.error("no kind of signature that is prepared", "kind", offset=at)
    return kind


def _verifying_key(certificate: Certificate, algorithm: ObjectIdentifier) -> PublicKey:
    return key_for(certificate.public_key, AlgorithmIdentifier(algorithm), DEFAULT_POLICY)
