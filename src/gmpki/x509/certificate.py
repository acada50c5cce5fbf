"""Certificates: read strictly or leniently, kept byte for byte, verified over the bytes that came.

>>> from gmpki.x509.certificate import load_certificate
>>> certificate = load_certificate(open("root.pem", "rb").read())  # doctest: +SKIP
>>> certificate.verify_signature(certificate)  # doctest: +SKIP
()
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from gmpki._inputs import as_text, member
from gmpki.algorithms import sm3
from gmpki.asn1.gmt0009 import SM2Signature
from gmpki.asn1.quirks import QuirkKind
from gmpki.asn1.rfc5280 import SignedStructure, TBSCertificate
from gmpki.asn1.rfc5280.ext_keys import AuthorityKeyIdentifier, ExtendedKeyUsage, KeyUsage, SubjectKeyIdentifier
from gmpki.asn1.rfc5280.ext_names import BasicConstraints, SubjectAltName
from gmpki.errors import DecodeError, InvalidTypeError, LimitExceeded, UnsupportedAlgorithm
from gmpki.x509 import _armour
from gmpki.x509._received import read_inside
from gmpki.x509._signed import SignedObject, note_key
from gmpki.x509.extensions import Extensions
from gmpki.x509.signatures import STANDARD_SIGNATURES, SignaturePolicy

if TYPE_CHECKING:
    from datetime import datetime

    from typing_extensions import Buffer

    from gmpki.asn1.quirks import Quirk
    from gmpki.asn1.rfc5280 import AlgorithmIdentifier, Name, SubjectPublicKeyInfo
    from gmpki.asn1.rfc5280.ext_keys import KeyUsages
    from gmpki.keys.interfaces import PublicKey as PublicKeyProtocol
    from gmpki.keys.loader import PublicKey
    from gmpki.x509.named_key import NamedKey

__all__ = ["MAX_CERTIFICATE_LEN", "PEM_LABELS", "Certificate", "load_certificate", "load_certificates"]

MAX_CERTIFICATE_LEN: Final = 1 << 20
"""The longest certificate read, in bytes: one with a picture inside has some tens of thousands."""

PEM_LABELS: Final = ("CERTIFICATE", "X509 CERTIFICATE")
"""The labels of PEM blocks that hold a certificate (RFC 7468 5)."""
# Stands where a signature will be.
_NO_SIGNATURE: Final = SM2Signature(1, 1).to_der()
_FINGERPRINTS: Final = ("sm3", "sha1", "sha224", "sha256", "sha384", "sha512")


class Certificate(SignedObject[TBSCertificate]):
    """An X.509 certificate. Immutable; thread-safe. Equal by its bytes; it can be pickled.

    :standard: RFC 5280 4; GM/T 0015-2012
    """

    __slots__ = ("_extensions", "_path_facts")
    _extensions: Extensions
    # What path validation has worked out about it, which follows from its bytes alone; see x509.path.facts.
    _path_facts: object

    _WHAT = "certificate"
    _LABEL = "CERTIFICATE"
    _MAX_LEN = MAX_CERTIFICATE_LEN
    _TBS_NAME = "tbsCertificate"

    def __init__(self) -> None:
        """Refuse: a certificate is read or built.

        :raises InvalidTypeError: always.
        """
        raise InvalidTypeError("a Certificate is made by from_der, load_certificate or CertificateBuilder")

    @classmethod
    def from_der(cls, data: Buffer, *, lenient: bool = False) -> Certificate:
        """Read a certificate.

        Strict reading takes DER that follows RFC 5280, with every known extension well formed. NULL where parameters
        of algorithms should be absent, and synonyms of object identifiers, are accepted and noted in
        :attr:`~gmpki.x509._signed.SignedObject.quirks`.

        :param lenient: accept and note more: BER, default values written out, serial numbers that are zero, negative
            or too long, other forms of times and strings, extensions that are malformed, twice there or in versions
            without any, an algorithm inside that is not the one outside, and keys with explicit parameters of the
            curve.
        :raises InvalidTypeError: when data is not a buffer.
        :raises DecodeError: when it is no certificate, or not one that this way of reading takes.
        :raises LimitExceeded: when it is longer than 1 MiB.
        """
        return cls._read(data, TBSCertificate, lenient=lenient)._checked()

    @classmethod
    def _just_signed(cls, signed: SignedStructure) -> Certificate:
        """Return the certificate that :meth:`from_der` reads from a frame in hand; errors as there.

        What is signed is read again, because builders and signers are given names, keys and extensions that may hold
        anything; the frame around it is not.
        """
        encoded = signed.to_der()
        received = read_inside(signed, TBSCertificate) if len(encoded) <= cls._MAX_LEN else None
        if received is None or received.tbs.signature != signed.signature_algorithm:
            return cls.from_der(encoded)
        return cls._of(encoded, received, lenient=False)._checked()

    @classmethod
    def _unsigned(cls, tbs: bytes, algorithm: AlgorithmIdentifier, public_key: PublicKey | None = None) -> Certificate:
        """Return a certificate that is only read and looked at before it is signed: its signature is one of nothing.

        :param public_key: the key that is certified, where it is at hand: then it is not loaded again.
        :raises DecodeError: when :meth:`from_der` would not read it.
        :raises LimitExceeded: when it is too long.
        """
        unsigned = cls._just_signed(SignedStructure(tbs, algorithm, _NO_SIGNATURE))
        if public_key is not None and unsigned.public_key_info.to_der() == public_key.to_der():
            object.__setattr__(unsigned, "_public_key", public_key)
        return unsigned

    def _signed_with(self, signature: bytes) -> Certificate:
        """Return a certificate that :meth:`_unsigned` made with its signature; nothing inside is read again.

        :raises LimitExceeded: when it is longer than 1 MiB.
        """
        received = self._received
        signed = SignedStructure(received.signed.tbs_der, received.signed.signature_algorithm, signature)
        encoded = signed.to_der()
        if len(encoded) > self._MAX_LEN:
            raise LimitExceeded(f"a certificate of {len(encoded)} bytes; at most {self._MAX_LEN} are read")
        new = Certificate.__new__(Certificate)
        for name, value in (
            ("_der", encoded),
            ("_lenient", False),
            ("_received", replace(received, signed=signed)),
            ("_quirks", self._quirks),
            ("_extensions", self._extensions),
            ("_public_key", getattr(self, "_public_key", None)),
        ):
            object.__setattr__(new, name, value)
        return new

    def _checked(self) -> Certificate:
        """Compare the algorithms, note what is unusual about the key, and decode the extensions."""
        received, lenient = self._received, self._lenient
        tbs, log = received.tbs, received.log
        if tbs.signature != received.signed.signature_algorithm:
            message = "the signature algorithm inside the certificate is not the one beside the signature"
            if not lenient:
                raise DecodeError(message, path=("signatureAlgorithm",))
            log.note(QuirkKind.ALGORITHM_MISMATCH, path="signatureAlgorithm")
        note_key(log, tbs.subject_public_key_info, "tbsCertificate.subjectPublicKeyInfo.algorithm")
        extensions = Extensions(tbs.extensions, quirks=log, path="tbsCertificate.extensions")
        object.__setattr__(self, "_extensions", extensions)
        object.__setattr__(self, "_quirks", log.quirks)
        return self

    # ---- fields -------------------------------------------------------------------------
    @property
    def version(self) -> int:
        """1, 2 or 3, as people count."""
        return self._received.tbs.version

    @property
    def serial_number(self) -> int:
        """The serial number."""
        return self._received.tbs.serial_number

    @property
    def issuer(self) -> Name:
        """Who signed it."""
        return self._received.tbs.issuer

    @property
    def subject(self) -> Name:
        """Whose key it certifies."""
        return self._received.tbs.subject

    @property
    def not_before(self) -> datetime:
        """The first second of its validity, in UTC."""
        return self._received.tbs.validity.not_before

    @property
    def not_after(self) -> datetime:
        """The last second of its validity, in UTC. It may lie before :attr:`not_before`: then it is never valid."""
        return self._received.tbs.validity.not_after

    @property
    def public_key_info(self) -> SubjectPublicKeyInfo:
        """The public key as it stands there."""
        return self._received.tbs.subject_public_key_info

    @property
    def public_key(self) -> PublicKey:
        """The public key, loaded when it is first asked for; errors as
        :func:`~gmpki.keys.loader.load_public_key_info`.
        """
        return self._load_public_key(self._received.tbs.subject_public_key_info)

    @property
    def issuer_unique_id(self) -> bytes | None:
        """The issuer's unique identifier, which nobody should write any more; None when there is none."""
        return self._received.tbs.issuer_unique_id

    @property
    def subject_unique_id(self) -> bytes | None:
        """The subject's unique identifier, which nobody should write any more; None when there is none."""
        return self._received.tbs.subject_unique_id

    @property
    def extensions(self) -> Extensions:
        """The extensions, in their order."""
        return self._extensions

    @property
    def is_self_issued(self) -> bool:
        """Tell whether issuer and subject are the same name (RFC 5280 6.1); the signature is not looked at."""
        tbs = self._received.tbs
        if tbs.issuer == tbs.subject:
            return True
        from gmpki.x509.names import names_match

        return names_match(tbs.issuer, tbs.subject)

    # ---- extensions that everybody asks for ---------------------------------------------
    # Each raises DecodeError where the extension is malformed, which only lenient reading lets in.
    @property
    def basic_constraints(self) -> BasicConstraints | None:
        """The extension, or None.

        :raises DecodeError: when it is malformed or there twice.
        """
        return self._extensions.find(BasicConstraints)

    @property
    def is_ca(self) -> bool:
        """Tell whether basicConstraints says that it is the certificate of an authority; errors as there."""
        constraints = self.basic_constraints
        return constraints is not None and constraints.ca

    @property
    def key_usage(self) -> KeyUsages | None:
        """What the key may be used for, or None when nothing is said.

        :raises DecodeError: when the extension is malformed or there twice.
        """
        found = self._extensions.find(KeyUsage)
        return None if found is None else found.usages

    @property
    def extended_key_usage(self) -> ExtendedKeyUsage | None:
        """The extension, or None; errors as :attr:`basic_constraints`."""
        return self._extensions.find(ExtendedKeyUsage)

    @property
    def subject_alt_name(self) -> SubjectAltName | None:
        """The extension, or None; errors as :attr:`basic_constraints`."""
        return self._extensions.find(SubjectAltName)

    @property
    def subject_key_identifier(self) -> bytes | None:
        """The identifier of the subject's key, or None; errors as :attr:`basic_constraints`."""
        found = self._extensions.find(SubjectKeyIdentifier)
        return None if found is None else found.key_identifier

    @property
    def authority_key_identifier(self) -> AuthorityKeyIdentifier | None:
        """The extension, or None; errors as :attr:`basic_constraints`."""
        return self._extensions.find(AuthorityKeyIdentifier)

    # ---- use ----------------------------------------------------------------------------
    def fingerprint(self, hash_name: str = "sm3") -> bytes:
        """Return the hash of the exact bytes.

        :param hash_name: sm3, sha1, sha224, sha256, sha384 or sha512.
        :raises UnsupportedAlgorithm: when it is another.
        :raises InvalidTypeError: when it is not ``str``.
        """
        if as_text(hash_name, "hash_name") not in _FINGERPRINTS:
            raise UnsupportedAlgorithm(f"a fingerprint is made with {', '.join(_FINGERPRINTS)}, not {hash_name!r}")
        if hash_name == "sm3":
            return sm3.digest(self._der)
        return hashlib.new(hash_name, self._der, usedforsecurity=False).digest()

    def verify_signature(
        self, issuer: NamedKey | PublicKeyProtocol, *, policy: SignaturePolicy = STANDARD_SIGNATURES
    ) -> tuple[Quirk, ...]:
        """Verify the signature with the key of the issuer: a certificate, a trust anchor or a public key.

        This is one step of validation and no more: names, validity, extensions and revocation are not looked at.

        :returns: what was accepted that is not as the standards say, by the policy's leave.
        :raises InvalidSignature: when it does not hold.
        :raises KeyMismatchError: when the algorithm beside the signature is not one of the issuer's key.
        :raises UnsupportedAlgorithm: when the algorithm, or that of the issuer's key, is not known.
        :raises DecodeError: when its parameters, or the issuer's key, are malformed.
        :raises InvalidInputError: when the issuer's key has a wrong length or is no point on its curve.
        :raises PolicyError: when the policy refuses the hash or the key.
        :raises InvalidTypeError: when an input has the wrong type.
        """
        return self._verify(issuer, policy)

    def to_cryptography(self) -> Any:
        """Return the same as a ``cryptography.x509.Certificate``.

        :raises DecodeError: when ``cryptography`` does not read it.
        """
        from cryptography.x509 import InvalidVersion, load_der_x509_certificate

        try:
            return load_der_x509_certificate(self._der)
        except (ValueError, TypeError, InvalidVersion) as error:
            raise DecodeError(f"cryptography does not read this certificate: {error}") from None

    @classmethod
    def from_cryptography(cls, certificate: Any, *, lenient: bool = False) -> Certificate:
        """Read a ``cryptography.x509.Certificate``; the rest as :meth:`from_der`.

        :raises InvalidTypeError: when it is none.
        """
        from cryptography import x509
        from cryptography.hazmat.primitives.serialization import Encoding

        member(certificate, x509.Certificate, "certificate")
        return cls.from_der(certificate.public_bytes(Encoding.DER), lenient=lenient)

    def __repr__(self) -> str:
        return f"<Certificate of {str(self.subject)!r}, serial number {self.serial_number:x}>"


def load_certificate(data: Buffer, *, lenient: bool = False) -> Certificate:
    """Read the one certificate in PEM, DER or bare base64.

    :param lenient: see :meth:`Certificate.from_der`.
    :raises InvalidTypeError: when data is not a buffer.
    :raises InvalidInputError: when there is no certificate, or more than one.
    :raises DecodeError: when it is malformed.
    :raises LimitExceeded: when the file is longer than 64 MiB, or the certificate than 1 MiB.
    """
    return Certificate.from_der(_armour.read_one(data, PEM_LABELS, "certificate"), lenient=lenient)


def load_certificates(data: Buffer, *, lenient: bool = False) -> tuple[Certificate, ...]:
    """Read every certificate of a PEM file, at least one, or the one in DER or bare base64; the rest as
    :func:`load_certificate`.
    """
    found = _armour.read_all(data, PEM_LABELS, "certificate")
    return tuple(Certificate.from_der(encoded, lenient=lenient) for encoded in found)
