"""Consent to one signature: what an identity service says about it, bound into what is signed.

Whoever signs for somebody from a server asks him first, by his phone for instance, and gets a statement of the service
that asked. Bound into the signature, the statement cannot be given to another document, nor exchanged: the signature is
over both. What it says is the business of the service; here it is bytes.

>>> consent = Consent.of("身份服务", b"statement of the service")
>>> Consent.from_extension(consent.to_extension()).matches(b"statement of the service")
True
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from gmpki import oids
from gmpki._inputs import as_bytes, as_text, member
from gmpki.algorithms import sm3
from gmpki.asn1 import der
from gmpki.asn1.rfc5280 import Extension
from gmpki.errors import DecodeError, InvalidInputError, LimitExceeded
from gmpki.oids import ObjectIdentifier
from gmpki.seal.signature import SealSignature

if TYPE_CHECKING:
    from collections.abc import Iterable

    from typing_extensions import Buffer

    from gmpki.asn1.der import Reader

__all__ = ["CONSENT", "MAX_STATEMENT_LEN", "Consent", "consent_of"]

CONSENT: Final = ObjectIdentifier(
    "2.25.61470726188959901223289949476217097295",
    "gmpki-consent",
    "签章授权凭证",
    "of this package, from a random UUID (X.667 7)",
)
"""The object identifier under which a consent is bound in, unless the caller has one of his own."""
MAX_STATEMENT_LEN: Final = 1 << 16
"""The longest statement that is bound in whole, in bytes; of a longer one, bind the digest."""

_VERSION: Final = 1
_MAX_SERVICE_LEN: Final = 255
_STATEMENT, _DIGEST = (der.Tag.context(number) for number in range(2))


@dataclass(frozen=True, slots=True)
class Consent:
    """What an identity service says about the consent of a signer. Immutable; thread-safe.

    ``SEQUENCE { version INTEGER (1), service UTF8String, CHOICE { statement [0] IMPLICIT OCTET STRING, digest [1]
    IMPLICIT OCTET STRING } }``, a structure of this package.

    The digest alone keeps what the statement says out of a document that goes through many hands; whoever has to prove
    the consent keeps the statement.

    :ivar service: who says it, 1 to 255 characters.
    :ivar digest: SM3 of the statement, 32 bytes.
    :ivar statement: 1 to 65,536 bytes, which nobody here looks into; None when only its digest is bound in.
    :raises InvalidTypeError: when a field has the wrong type.
    :raises InvalidInputError: when one has another length, or the digest is not that of the statement.
    :raises LimitExceeded: when the statement is longer.
    """

    service: str
    digest: bytes
    statement: bytes | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if not 0 < len(as_text(self.service, "service")) <= _MAX_SERVICE_LEN:
            raise InvalidInputError(f"service has 1 to {_MAX_SERVICE_LEN} characters")
        der.encode_utf8_string(self.service)  # refuses what is no text to be written
        object.__setattr__(self, "digest", as_bytes(self.digest, "digest"))
        if len(self.digest) != sm3.DIGEST_LEN:
            raise InvalidInputError(f"the digest of a statement has {sm3.DIGEST_LEN} bytes, not {len(self.digest)}")
        if self.statement is None:
            return
        statement = as_bytes(self.statement, "statement")
        object.__setattr__(self, "statement", statement)
        if not statement:
            raise InvalidInputError("a statement is not empty")
        if len(statement) > MAX_STATEMENT_LEN:
            raise LimitExceeded(
                f"a statement of {len(statement)} bytes; at most {MAX_STATEMENT_LEN} are bound in whole"
            )
        if sm3.digest(statement) != self.digest:
            raise InvalidInputError("the digest is not that of the statement")

    @classmethod
    def of(cls, service: str, statement: Buffer, *, whole: bool = True) -> Consent:
        """Take a statement.

        :param whole: bind in the statement itself, not its digest alone.
        :raises InvalidTypeError: when an input has the wrong type.
        :raises InvalidInputError: when the statement is empty, or the service has no name or a long one.
        :raises LimitExceeded: when the statement is longer than 65,536 bytes and to be bound in whole.
        """
        member(whole, bool, "whole")
        given = as_bytes(statement, "statement")
        if not given:
            raise InvalidInputError("a statement is not empty")
        return cls(service, sm3.digest(given), given if whole else None)

    def matches(self, statement: Buffer) -> bool:
        """Tell whether a statement is the one that was bound in.

        :raises InvalidTypeError: when it has no buffer.
        """
        return sm3.digest(as_bytes(statement, "statement")) == self.digest

    # ---- in the signature -------------------------------------------------------------------
    def to_extension(self, oid: str = CONSENT) -> Extension:
        """Return it as an extension to be signed along: ``SealSigner.sign(..., extensions=[...])``.

        :param oid: the object identifier of the extension.
        :raises InvalidTypeError: when the identifier is no ``str``.
        :raises InvalidInputError: when it is none.
        """
        bound = (
            der.encode_octet_string(self.digest, tag=_DIGEST)
            if self.statement is None
            else der.encode_octet_string(self.statement, tag=_STATEMENT)
        )
        said = der.encode_sequence(der.encode_integer(_VERSION), der.encode_utf8_string(self.service), bound)
        extension = Extension(oids.find(as_text(oid, "oid")), False, said)
        extension.to_der()
        return extension

    @classmethod
    def from_extension(cls, extension: Extension) -> Consent:
        """Read an extension; its object identifier is not looked at.

        :raises InvalidTypeError: when it is none.
        :raises DecodeError: when it holds something else.
        :raises LimitExceeded: when the statement is longer than 65,536 bytes.
        """
        member(extension, Extension, "extension")
        reader = der.Reader(extension.extn_value, name="Consent")
        with reader.sequence() as fields:
            fields.integer("version", minimum=_VERSION, maximum=_VERSION)
            service = fields.utf8_string("service")
            consent = _read_bound(fields, service)
        reader.end()
        return consent


def _read_bound(fields: Reader, service: str) -> Consent:
    at = fields.offset
    try:
        if fields.next_is(_STATEMENT):
            return Consent.of(service, fields.octet_string("statement", tag=_STATEMENT))
        return Consent(service, fields.octet_string("digest", tag=_DIGEST))
    except LimitExceeded:
        raise
    except DecodeError:
        raise
    except InvalidInputError as error:
        raise fields.error(str(error), offset=at) from None


def consent_of(signature: SealSignature, oid: str = CONSENT) -> Consent | None:
    """Return the consent that was bound into a signature; None when there is none.

    It is as trustworthy as the signature, which is verified elsewhere.

    :param oid: the object identifier under which it was bound in.
    :raises InvalidTypeError: when an input has the wrong type.
    :raises DecodeError: when what stands under that identifier is something else, or stands there twice.
    :raises LimitExceeded: when the statement is longer than 65,536 bytes.
    """
    member(signature, SealSignature, "signature")
    found = _under(signature.extensions, as_text(oid, "oid"))
    if len(found) > 1:
        raise DecodeError("two consents in one signature")
    return Consent.from_extension(found[0]) if found else None


def _under(extensions: Iterable[Extension], oid: str) -> list[Extension]:
    return [one for one in extensions if one.extn_id == oid]
