"""The messages of a login: the server's challenge and the client's answer, in DER.

::

    LoginChallenge ::= SEQUENCE {
        version    INTEGER (1),
        server     UTF8String (SIZE (1..255)),
        purpose    UTF8String (SIZE (1..64)),
        nonce      OCTET STRING (SIZE (32)),
        issuedAt   GeneralizedTime,
        expiresAt  GeneralizedTime }        -- at most an hour later

    LoginAnswer ::= SEQUENCE {
        challenge           LoginChallenge,
        certificate         Certificate,
        signatureAlgorithm  AlgorithmIdentifier,
        signature           OCTET STRING,
        others              SEQUENCE OF Certificate }    -- between it and an anchor, at most 8

The signature is over the line ``gmpki login 1``, its end included, and ``SEQUENCE { challenge LoginChallenge,
certificateDigest OCTET STRING }`` with the SM3 of the certificate. A client never signs bytes that a server chose: with
that line in front they are no certificate, no request, no CMS attributes and no document, whatever the challenge holds.

The structures are this project's own. How logins with certificates are done is laid down in no standard that was read.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from gmpki import _inputs
from gmpki.algorithms import sm3
from gmpki.asn1 import der
from gmpki.asn1._schema import Schema, der_of
from gmpki.asn1.rfc5280 import AlgorithmIdentifier
from gmpki.errors import InvalidInputError

if TYPE_CHECKING:
    from gmpki.asn1.der import Reader

__all__ = ["MAX_ANSWER_LEN", "MAX_OTHERS", "MAX_WINDOW", "NONCE_LEN", "LoginAnswer", "LoginChallenge"]

NONCE_LEN: Final = 32
MAX_WINDOW: Final = timedelta(hours=1)
"""How long a challenge can be answered at most."""
MAX_OTHERS: Final = 8
MAX_ANSWER_LEN: Final = 1 << 18
"""The longest answer that is read, in bytes."""

_VERSION: Final = 1
_MAX_SERVER: Final = 255
_MAX_PURPOSE: Final = 64
_SIGNED: Final = b"gmpki login 1\n"


@dataclass(frozen=True, slots=True)
class LoginChallenge(Schema):
    """What a server asks a client to sign a statement about. Immutable; thread-safe.

    :ivar server: the name that the client knows the server by, such as ``https://oa.example.cn``.
    :ivar purpose: what the signature is to allow, such as ``login``.
    :ivar nonce: 32 random bytes.
    :raises InvalidTypeError: when a field has the wrong type.
    :raises InvalidInputError: when a text is empty, too long or not printable, the nonce has another length, a time has
        no zone, or the window is empty or longer than :data:`MAX_WINDOW`.
    """

    server: str
    purpose: str
    nonce: bytes
    issued_at: datetime
    expires_at: datetime

    def __post_init__(self) -> None:
        for name, most in (("server", _MAX_SERVER), ("purpose", _MAX_PURPOSE)):
            text = _inputs.as_text(getattr(self, name), name)
            if not 1 <= len(text) <= most or not text.isprintable():
                raise InvalidInputError(f"{name} must be 1 to {most} printable characters")
        if len(_inputs.as_bytes(self.nonce, "nonce")) != NONCE_LEN:
            raise InvalidInputError(f"nonce must be {NONCE_LEN} bytes")
        issued_at = _inputs.utc_seconds(self.issued_at, "issued_at")
        if not timedelta(0) < _inputs.utc_seconds(self.expires_at, "expires_at") - issued_at <= MAX_WINDOW:
            raise InvalidInputError(f"a challenge is open for some time, and {MAX_WINDOW} at most")

    @property
    def identifier(self) -> bytes:
        """The SM3 of the challenge, 32 bytes: what a server remembers of it."""
        return sm3.digest(self.to_der())

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> LoginChallenge:
        """Read a challenge."""
        with reader.sequence(name) as fields:
            fields.integer("version", minimum=_VERSION, maximum=_VERSION)
            values = (
                fields.utf8_string("server"),
                fields.utf8_string("purpose"),
                fields.octet_string("nonce", size=NONCE_LEN),
                fields.generalized_time("issuedAt"),
                fields.generalized_time("expiresAt"),
            )
        try:
            return cls(*values)
        except InvalidInputError as error:
            raise reader.error(str(error)) from None

    def to_der(self) -> bytes:
        """Encode the challenge as DER."""
        return der.encode_sequence(
            der.encode_integer(_VERSION),
            der.encode_utf8_string(self.server),
            der.encode_utf8_string(self.purpose),
            der.encode_octet_string(self.nonce),
            der.encode_generalized_time(self.issued_at),
            der.encode_generalized_time(self.expires_at),
        )

    def statement(self, certificate_der: bytes) -> bytes:
        """Return the bytes that the client signs."""
        digest = der.encode_octet_string(sm3.digest(certificate_der))
        return _SIGNED + der.encode_sequence(self.to_der(), digest)


@dataclass(frozen=True, slots=True)
class LoginAnswer(Schema):
    """What a client answers. Immutable; thread-safe.

    :ivar certificate: the DER of the client's signing certificate.
    :ivar others: the DER of certificates between it and an anchor.
    """

    challenge: LoginChallenge
    certificate: bytes
    algorithm: AlgorithmIdentifier
    signature: bytes
    others: tuple[bytes, ...] = ()

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> LoginAnswer:
        """Read an answer without looking into its certificates."""
        with reader.sequence(name) as fields:
            challenge = LoginChallenge.read(fields, "challenge")
            certificate = fields.raw_element("certificate")
            algorithm = AlgorithmIdentifier.read(fields, "signatureAlgorithm")
            signature = fields.octet_string("signature")
            others: list[bytes] = []
            with fields.sequence("others") as elements:
                while not elements.at_end():
                    if len(others) == MAX_OTHERS:
                        raise elements.error(f"more than {MAX_OTHERS} certificates")
                    others.append(elements.raw_element())
        return cls(challenge, certificate, algorithm, signature, tuple(others))

    def to_der(self) -> bytes:
        """Encode the answer as DER.

        :raises InvalidTypeError: when a field has the wrong type.
        :raises InvalidInputError: when there are more than 8 other certificates.
        """
        if len(self.others) > MAX_OTHERS:
            raise InvalidInputError(f"at most {MAX_OTHERS} other certificates go along, not {len(self.others)}")
        return der.encode_sequence(
            der_of(self.challenge, LoginChallenge, "challenge"),
            self.certificate,
            der_of(self.algorithm, AlgorithmIdentifier, "algorithm"),
            der.encode_octet_string(self.signature),
            der.encode_sequence(*self.others),
        )
