"""The messages between a registration office and an authority: JSON, signed as SignedData.

A request is posted, and answered in the same exchange:

    {"kind": "gmpki order 1", "to": ..., "at": ..., "actor": {"name": ..., "certificate": ...}, "issue": {...}}
    {"kind": "gmpki order answer 1", "request": ..., "at": ..., "issued": {...}}

``to`` is SM3 of the certificate of the authority's service, so that nothing that was meant for one is carried out by
another; ``request`` is SM3 of the message that is answered. In the place of ``issue`` there is ``revoke``, in that of
``issued`` there is ``revoked``, or ``refused`` with a code and a sentence. Times are seconds since 1970, serial numbers
and digests hexadecimal, DER is base64.

Each side has the certificate of the other beforehand; no other that comes with a message counts.

:standard: GM/T 0010 for SignedData; what is in it is a choice of this project (confidence D)
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any, Final

from gmpki.cms.signed import SignedMessage
from gmpki.cms.signer_certificate import is_named
from gmpki.cms.signing import sign
from gmpki.cms.trust import Trust
from gmpki.cms.verification import verify
from gmpki.errors import DecodeError, LimitExceeded, MessageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from typing_extensions import Buffer

    from gmpki.cms.signer_spec import SignerSpec
    from gmpki.x509.certificate import Certificate

__all__ = [
    "ANSWER_KIND",
    "MAX_MESSAGE_LEN",
    "MEDIA_TYPE",
    "REQUEST_KIND",
    "Fields",
    "read_signed",
    "signed_by",
    "verified_fields",
    "write_signed",
]

MAX_MESSAGE_LEN: Final = 1 << 20
"""The longest message taken, in bytes."""
MEDIA_TYPE: Final = "application/pkcs7-mime"
"""RFC 8551 3.2.1; SignedData of GM/T 0010 has no media type of its own."""
REQUEST_KIND: Final = "gmpki order 1"
ANSWER_KIND: Final = "gmpki order answer 1"
_MAX_NUMBER: Final = 1 << 63


def write_signed(fields: Mapping[str, Any], spec: SignerSpec) -> bytes:
    """Return the DER of a signed message; errors are those of the signer.

    :raises LimitExceeded: when it is longer than is taken.
    """
    content = json.dumps(fields, ensure_ascii=True, sort_keys=True, separators=(",", ":")).encode("ascii")
    message = sign(content, spec, include_signer_certificates=False)
    if len(message) > MAX_MESSAGE_LEN:
        raise LimitExceeded(f"a message of {len(message)} bytes; at most {MAX_MESSAGE_LEN} are sent")
    return message


def read_signed(data: Buffer) -> SignedMessage:
    """Read a message; nothing in it is verified.

    :raises InvalidInputError: when it is none.
    :raises MessageError: when it is one of another kind, or not signed by exactly one.
    """
    message = SignedMessage.from_der(data)
    if len(message.signers) != 1:
        raise MessageError("no-signers", f"a message of {len(message.signers)} signers, not of one")
    return message


def signed_by(message: SignedMessage, certificates: Iterable[Certificate]) -> Certificate | None:
    """Return the certificate that a message names as its signer's; None when it is none of them."""
    sid = message.signers[0].sid
    return next((each for each in certificates if is_named(each, sid)), None)


def verified_fields(message: SignedMessage, certificate: Certificate) -> Fields:
    """Return what the holder of a certificate has signed.

    :raises MessageError: "signer-missing" when it was signed by somebody else.
    :raises DecodeError: when it is no object of JSON.
    :raises GmpkiError: what :func:`gmpki.cms.verification.verify` raises.
    """
    verified = verify(message, Trust.signature_only([certificate]))
    if [signer.signer_certificate for signer in verified.signers] != [certificate]:
        raise MessageError("signer-missing", "the message was signed by somebody else")
    try:
        found = json.loads(verified.content, object_pairs_hook=_without_doubles)
    except (ValueError, RecursionError):
        raise DecodeError("the content of the message is not JSON") from None
    return Fields.of(found, "the message")


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise DecodeError("a field is there twice")
    return found


class Fields:
    """The fields of an object of JSON, each read once as what it should be.

    All methods raise DecodeError when a field is something else. Those that may return None do so where it is missing.
    """

    def __init__(self, values: Mapping[str, Any], name: str) -> None:
        self._left = dict(values)
        self._name = name

    @classmethod
    def of(cls, value: object, name: str) -> Fields:
        """Take an object of JSON."""
        if not isinstance(value, dict):
            raise DecodeError(f"{name} is no object")
        return cls(value, name)

    def __contains__(self, field: str) -> bool:
        return field in self._left

    def text(self, field: str) -> str:
        """Return text."""
        found = self._left.pop(field, None)
        if not isinstance(found, str):
            raise self._wrong(field, "text")
        return found

    def number(self, field: str) -> int:
        """Return a whole number of up to 63 bits."""
        found = self._left.pop(field, None)
        if not isinstance(found, int) or isinstance(found, bool) or not -_MAX_NUMBER < found < _MAX_NUMBER:
            raise self._wrong(field, "a whole number")
        return found

    def optional_number(self, field: str) -> int | None:
        """Return a whole number of up to 63 bits, or None."""
        return self.number(field) if field in self._left else None

    def binary(self, field: str) -> bytes:
        """Return what base64 encodes."""
        return self._decoded(field, self.text(field))

    def optional_binary(self, field: str) -> bytes | None:
        """Return what base64 encodes, or None."""
        return self.binary(field) if field in self._left else None

    def texts(self, field: str) -> tuple[str, ...]:
        """Return a list of text."""
        found = self._left.pop(field, None)
        if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
            raise self._wrong(field, "a list of text")
        return tuple(found)

    def inner(self, field: str) -> Fields:
        """Return an object."""
        return Fields.of(self._left.pop(field, None), f"{self._name}, {field}")

    def end(self) -> None:
        """See that every field was read."""
        if self._left:
            raise DecodeError(f"{self._name}: the field {min(self._left)[:40]!r} is not known")

    def _decoded(self, field: str, text: str) -> bytes:
        try:
            return base64.b64decode(text, validate=True)
        except ValueError:  # binascii.Error and characters beyond ASCII
            raise self._wrong(field, "base64") from None

    def _wrong(self, field: str, wanted: str) -> DecodeError:
        return DecodeError(f"{self._name}: {field} is not {wanted}")
