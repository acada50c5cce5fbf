"""Parameters of GCM and CCM; SM4 has them in the same shape as AES (RFC 5084)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gmpki import _inputs
from gmpki.asn1 import der
from gmpki.asn1._schema import Schema
from gmpki.errors import InvalidInputError

if TYPE_CHECKING:
    from gmpki.asn1.der import Reader

__all__ = ["CCMParameters", "GCMParameters"]

_DEFAULT_TAG_LEN: Final = 12
_GCM_TAG_LENS: Final = (12, 13, 14, 15, 16)
_CCM_TAG_LENS: Final = (4, 6, 8, 10, 12, 14, 16)
_CCM_NONCE_LENS: Final = range(7, 14)
# NIST SP 800-38D allows 2^61 bytes; no program uses more than a handful.
_MAX_GCM_NONCE_LEN: Final = 128


@dataclass(frozen=True, slots=True)
class GCMParameters(Schema):
    """``SEQUENCE { aes-nonce OCTET STRING, aes-ICVlen INTEGER (12..16) DEFAULT 12 }``.

    :ivar nonce: 1 to 128 bytes; 12 are recommended.
    :ivar tag_len: the length of the tag in bytes.
    :standard: RFC 5084 3.2
    """

    nonce: bytes
    tag_len: int = _DEFAULT_TAG_LEN

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> GCMParameters:
        """Read GCMParameters."""
        return cls(*_read(reader, name, range(1, _MAX_GCM_NONCE_LEN + 1), _GCM_TAG_LENS))

    def to_der(self) -> bytes:
        """Encode the structure as DER.

        :raises InvalidTypeError: when the nonce has no buffer, or the length is no ``int``.
        :raises InvalidInputError: when one has a length that is not allowed.
        """
        return _encode(self.nonce, self.tag_len, range(1, _MAX_GCM_NONCE_LEN + 1), _GCM_TAG_LENS)


@dataclass(frozen=True, slots=True)
class CCMParameters(Schema):
    """``SEQUENCE { aes-nonce OCTET STRING (SIZE (7..13)), aes-ICVlen INTEGER DEFAULT 12 }``.

    :ivar tag_len: the length of the tag in bytes: 4, 6, 8, 10, 12, 14 or 16.
    :standard: RFC 5084 3.1
    """

    nonce: bytes
    tag_len: int = _DEFAULT_TAG_LEN

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> CCMParameters:
        """Read CCMParameters."""
        return cls(*_read(reader, name, _CCM_NONCE_LENS, _CCM_TAG_LENS))

    def to_der(self) -> bytes:
        """Encode the structure as DER.

        :raises InvalidTypeError: when the nonce has no buffer, or the length is no ``int``.
        :raises InvalidInputError: when one has a length that is not allowed.
        """
        return _encode(self.nonce, self.tag_len, _CCM_NONCE_LENS, _CCM_TAG_LENS)


def _wrong(nonce_len: int, tag_len: int, nonce_lens: range, tag_lens: tuple[int, ...]) -> str:
    if nonce_len not in nonce_lens:
        return f"a nonce has {nonce_lens.start} to {nonce_lens.stop - 1} bytes, this one has {nonce_len}"
    if tag_len not in tag_lens:
        return f"a tag has {', '.join(map(str, tag_lens))} bytes, not {_inputs.shown_number(tag_len)}"
    return ""


def _read(reader: Reader, name: str, nonce_lens: range, tag_lens: tuple[int, ...]) -> tuple[bytes, int]:
    at = reader.offset
    with reader.sequence(name) as fields:
        nonce = fields.octet_string("nonce")
        tag_len = fields.integer_default(_DEFAULT_TAG_LEN, "icvLen")
    wrong = _wrong(len(nonce), tag_len, nonce_lens, tag_lens)
    if wrong:
        raise reader.error(wrong, name, offset=at)
    return nonce, tag_len


def _encode(nonce: bytes, tag_len: int, nonce_lens: range, tag_lens: tuple[int, ...]) -> bytes:
    octets = der.encode_octet_string(nonce)
    _inputs.number(tag_len, 0, max(tag_lens), "tag_len")
    wrong = _wrong(len(_inputs.as_bytes(nonce, "nonce")), tag_len, nonce_lens, tag_lens)
    if wrong:
        raise InvalidInputError(wrong)
    return der.encode_sequence(octets, b"" if tag_len == _DEFAULT_TAG_LEN else der.encode_integer(tag_len))
