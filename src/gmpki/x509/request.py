"""Certification requests (PKCS #10): read strictly or leniently, verified, built from any key that signs.

>>> from gmpki.keys.sm2 import SM2PrivateKey
>>> from gmpki.x509.names import build_name
>>> from gmpki.x509.request import RequestBuilder
>>> key = SM2PrivateKey.generate()
>>> request = RequestBuilder().subject(build_name(("C", "CN"), ("CN", "张三"))).challenge_password("111111").sign(key)
>>> request.verify_signature()
()
>>> request.challenge_password
'111111'
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gmpki import _inputs, oids
from gmpki._inputs import as_bytes, iterated, member
from gmpki.asn1 import der
from gmpki.asn1.quirks import QuirkKind, QuirkLog
from gmpki.asn1.rfc2986 import CertificationRequestInfo
from gmpki.asn1.rfc5280 import (
    AlgorithmIdentifier,
    Attribute,
    Extension,
    Name,
    SignedStructure,
    encode_extensions,
    read_extensions,
)
from gmpki.errors import DecodeError, InvalidInputError, InvalidTypeError
from gmpki.keys._immutable import Immutable
from gmpki.keys.sm2_public import SM2PublicKey
from gmpki.x509 import _armour
from gmpki.x509._building import ExtensionList, demand_signer, sign_structure
from gmpki.x509._signed import SignedObject, note_key, verify_each
from gmpki.x509.extensions import Extensions
from gmpki.x509.named_key import key_info_of
from gmpki.x509.signatures import STANDARD_SIGNATURES, SignaturePolicy

if TYPE_CHECKING:
    from collections.abc import Iterable

    from typing_extensions import Buffer

    from gmpki.asn1.quirks import Quirk
    from gmpki.asn1.rfc5280 import SubjectPublicKeyInfo
    from gmpki.errors import GmpkiError
    from gmpki.keys.interfaces import PublicKey as PublicKeyProtocol
    from gmpki.keys.interfaces import Signer
    from gmpki.keys.loader import PublicKey
    from gmpki.x509.extensions import ExtensionValue

__all__ = ["MAX_REQUEST_LEN", "CertificateRequest", "RequestBuilder", "load_request", "verify_requests"]

MAX_REQUEST_LEN: Final = 1 << 20
"""The longest request read, in bytes."""

_LABELS: Final = ("CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST")
_CHALLENGE_PASSWORDS: Final = (oids.GM_CHALLENGE_PASSWORD, oids.CHALLENGE_PASSWORD)
# RFC 2985 appendix A: pkcs-9-ub-challengePassword, in characters.
_MAX_PASSWORD_LEN: Final = 255
_TBS: Final = "certificationRequestInfo"

# CFCA's temporary public key: a fixed head, then x and y, each followed by as many zeros.
_CFCA_HEAD: Final = bytes.fromhex("00B4000000010000")
_CFCA_COORDINATE_LEN: Final = 32
_CFCA_FIELD_LEN: Final = 64


class CertificateRequest(SignedObject[CertificationRequestInfo]):
    """A request for a certificate. Immutable; thread-safe. Equal by its bytes; it can be pickled.

    :standard: RFC 2986; GM/T 0092-2020
    """

    __slots__ = ("_extensions",)
    _extensions: Extensions

    _WHAT = "request"
    _LABEL = "CERTIFICATE REQUEST"
    _MAX_LEN = MAX_REQUEST_LEN
    _TBS_NAME = _TBS

    def __init__(self) -> None:
        """Refuse: a request is read or built.

        :raises InvalidTypeError: always.
        """
        raise InvalidTypeError("a CertificateRequest is made by from_der, load_request or RequestBuilder")

    @classmethod
    def from_der(cls, data: Buffer, *, lenient: bool = False) -> CertificateRequest:
        """Read a request.

        Strict reading accepts, and notes, an absent set of attributes, NULL parameters, synonyms of object
        identifiers, and several values of extensionRequest, whose extensions are then taken together.

        :param lenient: accept and note more: BER, sets out of order, attribute values that are not wrapped in a SET
            as CFCA's software writes them, other versions, extensions that are malformed or there twice, single
            attributes that are there twice (the first counts), and explicit parameters of the curve.
        :raises InvalidTypeError: when data is not a buffer.
        :raises DecodeError: when it is no request, or not one that this way of reading takes.
        :raises LimitExceeded: when it is longer than 1 MiB.
        """
        self = cls._read(data, CertificationRequestInfo, lenient=lenient)
        received = self._received
        log = received.log
        note_key(log, received.tbs.subject_public_key_info, f"{_TBS}.subjectPKInfo.algorithm")
        attributes = received.tbs.attributes
        for kinds in (_CHALLENGE_PASSWORDS, (oids.CFCA_TEMPORARY_PUBLIC_KEY,)):
            _check_single(attributes, kinds, log)
        requested = _requested_extensions(attributes, log)
        path = f"{_TBS}.attributes.extensionRequest"
        object.__setattr__(self, "_extensions", Extensions(requested, quirks=log, path=path))
        object.__setattr__(self, "_quirks", log.quirks)
        return self

    @property
    def version(self) -> int:
        """1, as people count."""
        return self._received.tbs.version

    @property
    def subject(self) -> Name:
        """Who asks."""
        return self._received.tbs.subject

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
    def attributes(self) -> tuple[Attribute, ...]:
        """All attributes, in the order of the encoding."""
        return self._received.tbs.attributes

    @property
    def extensions(self) -> Extensions:
        """The extensions that are asked for, empty when none are. What of them is granted is for the authority."""
        return self._extensions

    @property
    def challenge_password(self) -> str | None:
        """The password for revocation, under the identifier of GM/T 0092 or of PKCS #9; None when there is none.

        :raises DecodeError: when the value is no string.
        """
        value = _single_value(self.attributes, _CHALLENGE_PASSWORDS)
        if value is None:
            return None
        log = QuirkLog() if self._lenient else None
        reader = der.Reader(value, name="challengePassword", quirks=log)
        text = reader.any_string()
        reader.end()
        return text

    @property
    def temporary_public_key(self) -> SM2PublicKey | None:
        """The second public key of CFCA's double request, which the encryption key is sent under; None for none.

        The form is known from one published implementation, not from a document.

        :raises DecodeError: when the attribute has another form.
        :raises InvalidPointError: when the key is not a point on the curve.
        """
        value = _single_value(self.attributes, (oids.CFCA_TEMPORARY_PUBLIC_KEY,))
        return None if value is None else _cfca_key(value)

    def verify_signature(self, *, policy: SignaturePolicy = STANDARD_SIGNATURES) -> tuple[Quirk, ...]:
        """Verify the signature with the public key in the request: whoever made it has the private key.

        :returns: what was accepted that is not as the standards say, by the policy's leave.
        :raises InvalidSignature: when it does not hold.
        :raises KeyMismatchError: when the algorithm beside the signature is not one of the key.
        :raises UnsupportedAlgorithm: when the algorithm of the signature or of the key is not known.
        :raises DecodeError: when its parameters, or the key, are malformed.
        :raises InvalidInputError: when the key has a wrong length or is no point on its curve.
        :raises PolicyError: when the policy refuses the hash or the key.
        :raises InvalidTypeError: when policy is none.
        """
        return self._verify(self, policy)

    def to_cryptography(self) -> Any:
        """Return the same as a ``cryptography.x509.CertificateSigningRequest``.

        :raises DecodeError: when ``cryptography`` does not read it.
        """
        from cryptography.x509 import InvalidVersion, load_der_x509_csr

        try:
            return load_der_x509_csr(self._der)
        except (ValueError, TypeError, InvalidVersion) as error:
            raise DecodeError(f"cryptography does not read this request: {error}") from None

    @classmethod
    def from_cryptography(cls, request: Any, *, lenient: bool = False) -> CertificateRequest:
        """Read a ``cryptography.x509.CertificateSigningRequest``; the rest as :meth:`from_der`.

        :raises InvalidTypeError: when it is none.
        """
        from cryptography import x509
        from cryptography.hazmat.primitives.serialization import Encoding

        member(request, x509.CertificateSigningRequest, "request")
        return cls.from_der(request.public_bytes(Encoding.DER), lenient=lenient)

    def __repr__(self) -> str:
        return f"<CertificateRequest of {str(self.subject)!r}>"


def load_request(data: Buffer, *, lenient: bool = False) -> CertificateRequest:
    """Read the one request in PEM, DER or bare base64.

    :param lenient: see :meth:`CertificateRequest.from_der`.
    :raises InvalidTypeError: when data is not a buffer.
    :raises InvalidInputError: when there is no request, or more than one.
    :raises DecodeError: when it is malformed.
    :raises LimitExceeded: when the file is longer than 64 MiB, or the request than 1 MiB.
    """
    return CertificateRequest.from_der(_armour.read_one(data, _LABELS, "request"), lenient=lenient)


# ---- attributes -------------------------------------------------------------------------
def verify_requests(
    requests: Iterable[CertificateRequest], *, policy: SignaturePolicy = STANDARD_SIGNATURES
) -> list[tuple[Quirk, ...] | GmpkiError]:
    """Verify the signatures of many requests, several at a time where the processor can.

    It raises nothing for a signature that does not hold: look at every result.

    :returns: for each request what :meth:`CertificateRequest.verify_signature` returns, or the error that it raises.
    :raises InvalidTypeError: when an input has the wrong type.
    """
    every = iterated(requests, "requests")
    for each in every:
        member(each, CertificateRequest, "a request")
    return verify_each([(each, each) for each in every], policy)


def _check_single(attributes: tuple[Attribute, ...], kinds: tuple[str, ...], log: QuirkLog) -> None:
    """Check that there is one value at most: of two, nobody knows which one is meant."""
    count = sum(len(attribute.values) for attribute in attributes if attribute.type in kinds)
    if count > 1:
        name = oids.find(kinds[-1]).name
        if not log.tolerant:
            raise DecodeError(f"{count} values of {name}, which has one", path=(_TBS, "attributes"))
        log.note(QuirkKind.DUPLICATE_ATTRIBUTE, path=f"{_TBS}.attributes.{name}", times=count - 1)


def _single_value(attributes: tuple[Attribute, ...], kinds: tuple[str, ...]) -> bytes | None:
    return next((value for kind in attributes if kind.type in kinds for value in kind.values), None)


def _requested_extensions(attributes: tuple[Attribute, ...], log: QuirkLog) -> list[Extension]:
    """Return the extensions of every extensionRequest, of which there is one by RFC 2985 5.4.2 and there are two in
    requests of some programs; an extension that is in both is refused or noted where the extensions are decoded.
    """
    path = f"{_TBS}.attributes.extensionRequest"
    values = [value for kind in attributes if kind.type == oids.EXTENSION_REQUEST for value in kind.values]
    if len(values) > 1:
        log.note(QuirkKind.DUPLICATE_ATTRIBUTE, path=path, times=len(values) - 1)
    found: list[Extension] = []
    for value in values:
        inner = QuirkLog(tolerant=log.tolerant)
        reader = der.Reader(value, name=path, quirks=inner)
        found += read_extensions(reader, "")
        reader.end()
        log.extend(inner.quirks, "")
    return found


def _cfca_key(value: bytes) -> SM2PublicKey:
    """Read ``OCTET STRING`` of ``SEQUENCE { 1, OCTET STRING (136 bytes) }``."""
    reader = der.Reader(value, name="cfcaTemporaryPublicKey")
    with reader.inside(der.Tag.OCTET_STRING) as content, content.sequence() as fields:
        fields.integer("version", minimum=1, maximum=1)
        blob = fields.octet_string("publicKey", size=len(_CFCA_HEAD) + 2 * _CFCA_FIELD_LEN)
    reader.end()
    head, x, y = blob[:8], blob[8 : 8 + _CFCA_FIELD_LEN], blob[8 + _CFCA_FIELD_LEN :]
    if head != _CFCA_HEAD or any(x[_CFCA_COORDINATE_LEN:]) or any(y[_CFCA_COORDINATE_LEN:]):
        raise DecodeError("not a temporary public key of CFCA: the head or the filling is another")
    return SM2PublicKey.from_bytes(b"\x04" + x[:_CFCA_COORDINATE_LEN] + y[:_CFCA_COORDINATE_LEN])


# ---- building ---------------------------------------------------------------------------
class RequestBuilder(Immutable):
    """A request in the making. Immutable; thread-safe: each method returns a new builder.

    :standard: RFC 2986 4; GM/T 0092-2020
    """

    __slots__ = ("_extensions", "_password", "_subject")
    _subject: Name | None
    _extensions: ExtensionList
    _password: tuple[str, bool | None] | None

    def __init__(self) -> None:
        """Begin with nothing set."""
        self._fill(None, ExtensionList(), None)

    def _fill(
        self, subject: Name | None, extensions: ExtensionList, password: tuple[str, bool | None] | None
    ) -> RequestBuilder:
        object.__setattr__(self, "_subject", subject)
        object.__setattr__(self, "_extensions", extensions)
        object.__setattr__(self, "_password", password)
        return self

    def subject(self, name: Name) -> RequestBuilder:
        """Set who asks; an empty name is allowed.

        :raises InvalidTypeError: when it is no Name.
        :raises InvalidInputError: when it is set already.
        """
        member(name, Name, "subject")
        if self._subject is not None:
            raise InvalidInputError("the subject is set already")
        return RequestBuilder()._fill(name, self._extensions, self._password)

    def add_extension(self, value: ExtensionValue | Extension, *, critical: bool | None = None) -> RequestBuilder:
        """Ask for an extension; parameters and errors as
        :meth:`gmpki.x509.certificate_builder.CertificateBuilder.add_extension`.
        """
        return RequestBuilder()._fill(self._subject, self._extensions.adding(value, critical), self._password)

    def challenge_password(self, text: str, *, pkcs9: bool | None = None) -> RequestBuilder:
        """Set the password that revokes the certificate later. The request, and who reads it, shows it plainly.

        :param text: 1 to 255 characters.
        :param pkcs9: whether it stands under the identifier of PKCS #9 (RFC 2985 5.4.1) or under that of GM/T 0092,
            which has its own; None takes that of GM/T 0092 for SM2 keys and of PKCS #9 for others. Authorities that
            know one of the two only are met.
        :raises InvalidTypeError: when an input has the wrong type.
        :raises InvalidInputError: when it is set already, empty or too long.
        """
        _inputs.as_text(text, "the challenge password")
        if pkcs9 is not None:
            member(pkcs9, bool, "pkcs9")
        if self._password is not None:
            raise InvalidInputError("the challenge password is set already")
        if not 1 <= len(text) <= _MAX_PASSWORD_LEN:
            raise InvalidInputError(f"a challenge password has 1 to {_MAX_PASSWORD_LEN} characters, not {len(text)}")
        _encode_text(text)
        return RequestBuilder()._fill(self._subject, self._extensions, (text, pkcs9))

    def to_be_signed(self, public_key: PublicKeyProtocol | SubjectPublicKeyInfo) -> bytes:
        """Return the bytes to sign, for a key that lives elsewhere; bring its signature to :meth:`finish`.

        :param public_key: that of the key that will sign.
        :raises InvalidTypeError: when it is none.
        :raises InvalidInputError: when the subject is not set.
        """
        if self._subject is None:
            raise InvalidInputError("the request has no subject yet: subject() sets it")
        info = key_info_of(public_key)
        attributes = []
        if self._password is not None:
            text, pkcs9 = self._password
            if pkcs9 is None:
                pkcs9 = info.algorithm.parameters_oid != oids.SM2
            kind = oids.CHALLENGE_PASSWORD if pkcs9 else oids.GM_CHALLENGE_PASSWORD
            attributes.append(Attribute(kind, (_encode_text(text),)))
        if self._extensions:
            attributes.append(Attribute(oids.EXTENSION_REQUEST, (encode_extensions(self._extensions),)))
        return CertificationRequestInfo(1, self._subject, info, tuple(attributes)).to_der()

    @staticmethod
    def finish(tbs: Buffer, signature_algorithm: AlgorithmIdentifier, signature: Buffer) -> CertificateRequest:
        """Put a request together from what :meth:`to_be_signed` gave and its signature.

        :raises InvalidTypeError: when an input has the wrong type.
        :raises DecodeError: when tbs is not what was to be signed.
        """
        member(signature_algorithm, AlgorithmIdentifier, "signature_algorithm")
        parts = SignedStructure(as_bytes(tbs, "tbs"), signature_algorithm, as_bytes(signature, "the signature"))
        return CertificateRequest.from_der(parts.to_der())

    def sign(self, signer: Signer, *, user_id: Buffer | None = None, verify: bool = False) -> CertificateRequest:
        """Sign with the private key whose public key is to be certified, wherever it lives; return the request.

        :param user_id: the signer's id, for SM2 only; None is the default that every authority expects.
        :param verify: verify the signature before the request is returned, as in
            :meth:`gmpki.x509.certificate_builder.CertificateBuilder.sign`.
        :raises InvalidTypeError: when signer is none.
        :raises FaultDetected: when verify is set and the signature does not hold.
        :raises InvalidInputError: as :meth:`to_be_signed`, and as the signer does.
        :raises GmpkiError: what the signer raises.
        """
        demand_signer(signer)
        tbs = self.to_be_signed(signer.public_key)
        return CertificateRequest.from_der(sign_structure(tbs, signer, user_id, verify=verify).to_der())


def _encode_text(text: str) -> bytes:
    """Write a DirectoryString: PrintableString, which GM/T 0092 has, where the alphabet allows it, else UTF8String."""
    try:
        return der.encode_printable_string(text)
    except InvalidInputError:
        return der.encode_utf8_string(text)
