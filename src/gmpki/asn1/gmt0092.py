"""The answer to a certificate request in a system with two certificates (GM/T 0092-2020)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gmpki import _inputs
from gmpki.asn1 import der
from gmpki.asn1._schema import Schema, der_of
from gmpki.asn1.gmt0009 import SM2EnvelopedKey
from gmpki.errors import InvalidInputError

if TYPE_CHECKING:
    from gmpki.asn1.der import Reader

__all__ = ["MAX_CERTIFICATES", "CSRResponse"]

MAX_CERTIFICATES: Final = 64
"""The most certificates of one set: an honest one holds a certificate and its chain."""

_KEY_TAG: Final = der.Tag.context(0, constructed=True)
_ENCRYPTION_TAG: Final = der.Tag.context(1, constructed=True)


@dataclass(frozen=True, slots=True)
class CSRResponse(Schema):
    """``SEQUENCE { signCertificate CertificateSet, encryptedPrivateKey [0] SM2EnvelopedKey OPTIONAL,
    encryptCertificate [1] CertificateSet OPTIONAL }``, a CertificateSet being a SET OF Certificate.

    The tags are implicit, as the module of the standard says. The key is read with an explicit tag too, which
    a published implementation writes and alone reads (confidence B), and the certificates of a set in any order.

    :ivar signing_certificates: the DER of each, the applicant's and whatever else of its chain, at least one.
    :ivar encrypted_private_key: the encryption key pair, for the holder of the signing key.
    :ivar encryption_certificates: the DER of each; empty when there are none.
    :raises InvalidInputError: when there is no signing certificate, or more than 64 of one kind.
    :standard: GM/T 0092-2020 clause 8 and annex A
    """

    signing_certificates: tuple[bytes, ...]
    encrypted_private_key: SM2EnvelopedKey | None = None
    encryption_certificates: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        for name in ("signing_certificates", "encryption_certificates"):
            certificates = getattr(self, name)
            _inputs.member(certificates, tuple, name)
            if len(certificates) > MAX_CERTIFICATES:
                raise InvalidInputError(f"{name} has {len(certificates)} parts; at most {MAX_CERTIFICATES} are taken")
        if not self.signing_certificates:
            raise InvalidInputError("a CSRResponse has at least one signing certificate")

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> CSRResponse:
        """Read a CSRResponse."""
        with reader.sequence(name) as fields:
            signing = _read_certificates(fields, "signCertificate", der.Tag.SET)
            key = _read_key(fields) if fields.next_is(_KEY_TAG) else None
            encryption: tuple[bytes, ...] = ()
            if fields.next_is(_ENCRYPTION_TAG):
                encryption = _read_certificates(fields, "encryptCertificate", _ENCRYPTION_TAG)
        return cls(signing, key, encryption)

    def to_der(self, *, explicit_key: bool = False) -> bytes:
        """Encode the structure as DER.

        :param explicit_key: tag the key explicitly, for readers that take nothing else.
        :raises InvalidTypeError: when a field has the wrong type.
        """
        key = b""
        if self.encrypted_private_key is not None:
            encode = der.encode_explicit if explicit_key else der.encode_implicit
            key = encode(0, der_of(self.encrypted_private_key, SM2EnvelopedKey, "encrypted_private_key"))
        encryption = b""
        if self.encryption_certificates:
            encryption = der.encode_set_of(self.encryption_certificates, tag=_ENCRYPTION_TAG)
        return der.encode_sequence(der.encode_set_of(self.signing_certificates), key, encryption)


def _read_certificates(reader: Reader, name: str, tag: int) -> tuple[bytes, ...]:
    """Read the certificates of a set, each as its exact bytes; what is in them is for the certificate layer."""
    certificates: list[bytes] = []
    with reader.set_of(name, tag=tag, any_order=True) as inside:
        if inside.at_end():
            raise inside.error("a set of certificates is not empty")
        while not inside.at_end():
            if len(certificates) == MAX_CERTIFICATES:
                raise inside.error(f"more than {MAX_CERTIFICATES} certificates")
            if not inside.next_is(der.Tag.SEQUENCE):
                raise inside.error("a certificate expected")
            certificates.append(inside.raw_element("certificate"))
    return tuple(certificates)


def _read_key(reader: Reader) -> SM2EnvelopedKey:
    """Read the key under either tagging: an explicit tag wraps one element, an implicit one stands before four."""
    name = "encryptedPrivateKey"
    tagged = reader.raw_element(name)
    inside = der.Reader(tagged, name=name).inside(_KEY_TAG)
    inside.raw_element()
    again = der.Reader(tagged, name=name)
    if not inside.at_end():
        return SM2EnvelopedKey.read(again, tag=_KEY_TAG)
    with again.inside(_KEY_TAG) as wrapped:
        return SM2EnvelopedKey.read(wrapped)
