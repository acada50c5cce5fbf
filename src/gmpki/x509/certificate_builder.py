"""Building certificates: the fields one by one, checked against each other, signed here or elsewhere.

>>> from datetime import datetime, timezone
>>> from gmpki.asn1.rfc5280 import BasicConstraints
>>> from gmpki.keys.sm2 import SM2PrivateKey
>>> from gmpki.x509.certificate_builder import CertificateBuilder, random_serial_number
>>> from gmpki.x509.names import build_name
>>> key = SM2PrivateKey.generate()
>>> name = build_name(("C", "CN"), ("O", "示例市数字证书认证中心"), ("CN", "示例根证书"))
>>> certificate = (
...     CertificateBuilder()
...     .subject(name)
...     .issuer(name)
...     .serial_number(random_serial_number())
...     .validity(datetime(2026, 1, 1, tzinfo=timezone.utc), datetime(2046, 1, 1, tzinfo=timezone.utc))
...     .public_key(key.public_key)
...     .add_extension(BasicConstraints(ca=True))
...     .sign(key)
... )
>>> certificate.verify_signature(certificate)
()
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final, TypeVar

from gmpki import _inputs, oids
from gmpki._inputs import as_bytes, member
from gmpki.algorithms import sm3
from gmpki.algorithms.rand import random_bytes
from gmpki.asn1.rfc5280 import (
    AlgorithmIdentifier,
    Extension,
    Name,
    SignedStructure,
    SubjectPublicKeyInfo,
    TBSCertificate,
    Validity,
)
from gmpki.asn1.rfc5280.certificate import MAX_SERIAL_LEN
from gmpki.errors import InvalidInputError
from gmpki.keys._immutable import Immutable
from gmpki.x509._building import ExtensionList, demand_signer, sign_structure
from gmpki.x509.certificate import Certificate
from gmpki.x509.named_key import key_info_of

if TYPE_CHECKING:
    from datetime import datetime

    from typing_extensions import Buffer

    from gmpki.keys.interfaces import PublicKey, Signer
    from gmpki.x509.extensions import ExtensionValue

__all__ = ["MAX_SERIAL", "CertificateBuilder", "key_identifier", "random_serial_number"]

MAX_SERIAL: Final = (1 << (8 * MAX_SERIAL_LEN - 1)) - 1
"""The largest serial number: 20 octets, of which the first begins with a zero bit (RFC 5280 4.1.2.2)."""
_SERIAL_LEN: Final = 16
_KEY_IDENTIFIERS: Final = ("sha1", "sm3")

V = TypeVar("V")


def random_serial_number() -> int:
    """Return a serial number of 127 random bits, positive, at most 16 octets long.

    Random bits in front of what is signed keep collisions of hashes from becoming forged certificates, and the number
    tells nobody how many certificates were issued. The caller's store sees to it that none comes twice.

    :raises RandomSourceError: when the random source fails.
    :standard: RFC 5280 4.1.2.2
    """
    while True:
        number = int.from_bytes(random_bytes(_SERIAL_LEN), "big") >> 1
        if number:
            return number


def key_identifier(public_key: PublicKey | SubjectPublicKeyInfo, method: str = "sha1") -> bytes:
    """Return the identifier of a key for subjectKeyIdentifier and authorityKeyIdentifier.

    :param method: "sha1" of the bytes of the key, 20 bytes, as RFC 5280 has it; or "sm3" of the same, 32 bytes. It is
        an identifier and no proof of anything, so collisions of SHA-1 do no harm.
    :raises InvalidInputError: when there is no such method.
    :raises InvalidTypeError: when an input has the wrong type.
    :standard: RFC 5280 4.2.1.2, method (1)
    """
    if _inputs.as_text(method, "method") not in _KEY_IDENTIFIERS:
        raise InvalidInputError(f"the method is {' or '.join(_KEY_IDENTIFIERS)}, not {method!r}")
    encoded = key_info_of(public_key).subject_public_key
    return sm3.digest(encoded) if method == "sm3" else hashlib.sha1(encoded, usedforsecurity=False).digest()


class CertificateBuilder(Immutable):
    """A certificate in the making. Immutable; thread-safe: each method returns a new builder.

    :standard: RFC 5280 4.1; GM/T 0015-2012
    """

    __slots__ = ("_extensions", "_fields")
    _extensions: ExtensionList
    _fields: dict[str, object]

    def __init__(self) -> None:
        """Begin with nothing set."""
        object.__setattr__(self, "_fields", {})
        object.__setattr__(self, "_extensions", ExtensionList())

    def _with(self, field: str, value: object) -> CertificateBuilder:
        if field in self._fields:
            raise InvalidInputError(f"the {field.replace('_', ' ')} is set already")
        return self._copy({**self._fields, field: value}, self._extensions)

    @staticmethod
    def _copy(fields: dict[str, object], extensions: ExtensionList) -> CertificateBuilder:
        new = CertificateBuilder.__new__(CertificateBuilder)
        object.__setattr__(new, "_fields", fields)
        object.__setattr__(new, "_extensions", extensions)
        return new

    def subject(self, name: Name) -> CertificateBuilder:
        """Set whose key is certified. An empty name needs a critical subjectAltName beside it.

        :raises InvalidTypeError: when it is no Name.
        :raises InvalidInputError: when it is set already.
        """
        member(name, Name, "subject")
        return self._with("subject", name)

    def issuer(self, name: Name) -> CertificateBuilder:
        """Set who signs: the subject of the issuer's certificate, byte for byte.

        :raises InvalidTypeError: when it is no Name.
        :raises InvalidInputError: when it is set already, or empty.
        """
        member(name, Name, "issuer")
        if name.is_empty:
            raise InvalidInputError("the issuer of a certificate has a name (RFC 5280 4.1.2.4)")
        return self._with("issuer", name)

    def serial_number(self, number: int) -> CertificateBuilder:
        """Set the serial number: positive, at most 20 octets; :func:`random_serial_number` makes one.

        :raises InvalidTypeError: when it is no ``int``.
        :raises InvalidInputError: when it is set already, or outside.
        """
        return self._with("serial_number", _inputs.number(number, 1, MAX_SERIAL, "serial_number"))

    def validity(self, not_before: datetime, not_after: datetime) -> CertificateBuilder:
        """Set the first and the last second of the validity.

        :raises InvalidTypeError: when one is no ``datetime``.
        :raises InvalidInputError: when it is set already, a time has no time zone or a fraction of a second, or the
            end lies before the beginning.
        """
        validity = Validity(not_before, not_after)
        validity.to_der()
        if not_after < not_before:
            raise InvalidInputError(f"the validity ends ({not_after}) before it begins ({not_before})")
        return self._with("validity", validity)

    def public_key(self, public_key: PublicKey | SubjectPublicKeyInfo) -> CertificateBuilder:
        """Set the key that is certified.

        :raises InvalidTypeError: when it is no public key.
        :raises InvalidInputError: when it is set already.
        """
        return self._with("public_key", key_info_of(public_key))

    def add_extension(self, value: ExtensionValue | Extension, *, critical: bool | None = None) -> CertificateBuilder:
        """Add an extension behind those that are there.

        :param value: what it holds, such as ``BasicConstraints(ca=True)``, or a whole
            :class:`~gmpki.asn1.rfc5280.Extension`, which is taken as it is.
        :param critical: None is what the standard says about its kind, or what the whole extension says.
        :raises InvalidTypeError: when value is neither.
        :raises InvalidInputError: when there is one of that kind already.
        """
        return self._copy(self._fields, self._extensions.adding(value, critical))

    # ---- the result ---------------------------------------------------------------------
    def to_be_signed(self, signature_algorithm: AlgorithmIdentifier) -> bytes:
        """Return the bytes to sign, for a key that lives elsewhere; bring its signature to :meth:`finish`.

        :param signature_algorithm: that of the key that will sign, such as ``public_key.signature_algorithm``.
        :raises InvalidTypeError: when it is none.
        :raises InvalidInputError: when a field is not set, or the subject is empty and no critical subjectAltName
            stands in for it.
        """
        member(signature_algorithm, AlgorithmIdentifier, "signature_algorithm")
        subject = self._get("subject", Name)
        if subject.is_empty:
            self._check_alternative_name()
        return TBSCertificate(
            3 if self._extensions else 1,
            self._get("serial_number", int),
            signature_algorithm,
            self._get("issuer", Name),
            self._get("validity", Validity),
            subject,
            self._get("public_key", SubjectPublicKeyInfo),
            extensions=tuple(self._extensions),
        ).to_der()

    def _get(self, field: str, kind: type[V]) -> V:
        value = self._fields.get(field)
        if not isinstance(value, kind):
            raise InvalidInputError(f"the certificate has no {field.replace('_', ' ')} yet: {field}() sets it")
        return value

    def _check_alternative_name(self) -> None:
        """RFC 5280 4.1.2.6: the alternative name then carries the identity alone, so nobody may pass over it."""
        found = next((e for e in self._extensions if e.extn_id == oids.SUBJECT_ALT_NAME), None)
        if found is None or not found.critical:
            raise InvalidInputError("an empty subject needs a critical subjectAltName (RFC 5280 4.1.2.6)")

    @staticmethod
    def finish(tbs: Buffer, signature_algorithm: AlgorithmIdentifier, signature: Buffer) -> Certificate:
        """Put a certificate together from what :meth:`to_be_signed` gave and its signature.

        :param signature: in the encoding of certificates; the public key's ``standard_signature`` gives it.
        :raises InvalidTypeError: when an input has the wrong type.
        :raises DecodeError: when tbs is not what was to be signed with this algorithm.
        """
        member(signature_algorithm, AlgorithmIdentifier, "signature_algorithm")
        parts = SignedStructure(as_bytes(tbs, "tbs"), signature_algorithm, as_bytes(signature, "the signature"))
        return Certificate.from_der(parts.to_der())

    def sign(self, signer: Signer, *, user_id: Buffer | None = None, verify: bool = False) -> Certificate:
        """Sign with a private key, wherever it lives, and return the certificate.

        :param user_id: the signer's id, for SM2 only; None is the default that every verifier expects. OpenSSL 3
            verifies chains only with the empty one.
        :param verify: verify the signature before the certificate is returned: against hardware faults, and against
            tokens that sign with another key than they say.
        :raises InvalidTypeError: when signer is none.
        :raises FaultDetected: when verify is set and the signature does not hold.
        :raises InvalidInputError: as :meth:`to_be_signed`, and as the signer does.
        :raises GmpkiError: what the signer raises.
        """
        demand_signer(signer)
        tbs = self.to_be_signed(signer.signature_algorithm)
        return Certificate._just_signed(sign_structure(tbs, signer, user_id, verify=verify))
