"""Time-stamp tokens as they are read: what they say, with nothing verified yet."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from gmpki import oids
from gmpki._inputs import as_bytes
from gmpki.asn1.quirks import QuirkLog
from gmpki.asn1.rfc3161 import TSTInfo
from gmpki.cms.signed import SignedMessage
from gmpki.errors import DecodeError, InvalidInputError, LimitExceeded, TimestampError
from gmpki.keys._immutable import Immutable
from gmpki.tsa.imprint import Imprint
from gmpki.x509.extensions import Extensions

if TYPE_CHECKING:
    from datetime import datetime

    from typing_extensions import Buffer

    from gmpki.asn1.quirks import Quirk
    from gmpki.asn1.rfc3161 import MessageImprint
    from gmpki.asn1.rfc5280 import GeneralName
    from gmpki.asn1.rfc5652 import SignerInfo
    from gmpki.cms.profiles import MessageProfile
    from gmpki.oids import ObjectIdentifier
    from gmpki.x509.certificate import Certificate

__all__ = ["MAX_TOKEN_LEN", "TimestampToken"]

MAX_TOKEN_LEN: Final = 1 << 24
"""The longest token that is read, in bytes: one with its chain has about 5,000, revocation lists make it long."""
_MAX_ACCURACY_S: Final = 100 * 366 * 86400


class TimestampToken(Immutable):
    """A time-stamp token. Immutable; thread-safe. Tokens of the same bytes compare equal.

    What stands here is what the token says. Who made it, and over what, is found out by
    :class:`~gmpki.tsa.verify.TokenVerifier`.

    :standard: RFC 3161 2.4.2; GM/T 0033-2014, whose tokens are SignedData of GM/T 0010. Tokens with SM2 under the
        identifiers of PKCS #7 are made by authorities in use too [D], and taken alike
    """

    __slots__ = ("_der", "_extensions", "_info", "_lenient", "_message", "_quirks")
    _der: bytes
    _lenient: bool
    _message: SignedMessage
    _info: TSTInfo
    _extensions: Extensions
    _quirks: tuple[Quirk, ...]

    def __init__(self) -> None:
        """Refuse: tokens are read, or made by a TimestampAuthority.

        :raises InvalidInputError: always.
        """
        raise InvalidInputError("a TimestampToken is made by from_der; a TimestampAuthority makes the bytes of one")

    @classmethod
    def from_der(cls, data: Buffer, *, lenient: bool = False) -> TimestampToken:
        """Read a token.

        :param data: DER or BER of the ContentInfo.
        :param lenient: accept and note departures from DER, and the variants of signed messages in the field.
        :raises InvalidTypeError: when data has no buffer.
        :raises DecodeError: when it is no signed message, or what it holds is no TSTInfo.
        :raises LimitExceeded: when it is longer than 16 MiB.
        :raises MessageError: when it is a message of another kind.
        :raises TimestampError: when it is a signed message and no token: the reason is "content-type" when it holds
            something else or nothing, "signers" when it has not exactly one signer (RFC 3161 2.4.2).
        """
        encoded = as_bytes(data, "a time-stamp token")
        if len(encoded) > MAX_TOKEN_LEN:
            raise LimitExceeded(f"a time-stamp token of {len(encoded)} bytes; at most {MAX_TOKEN_LEN} are read")
        message = SignedMessage.from_der(encoded, lenient=bool(lenient))
        content = message.unverified_content()
        if message.content_type != oids.TST_INFO or content is None:
            held = "nothing" if content is None else message.content_type.name
            raise TimestampError("content-type", f"a time-stamp token holds {oids.TST_INFO.name}; here is {held}")
        if len(message.signers) != 1:
            raise TimestampError("signers", f"a time-stamp token has one signer, not {len(message.signers)}")
        log = QuirkLog(tolerant=bool(lenient))
        info = TSTInfo.from_der(content, quirks=log)
        if info.accuracy is not None and info.accuracy.seconds > _MAX_ACCURACY_S:
            raise DecodeError("an accuracy of more than 100 years", path=("TSTInfo", "accuracy"))
        extensions = Extensions(info.extensions, quirks=log, path="TSTInfo.extensions")
        self = object.__new__(cls)
        object.__setattr__(self, "_der", encoded)
        object.__setattr__(self, "_lenient", bool(lenient))
        object.__setattr__(self, "_message", message)
        object.__setattr__(self, "_info", info)
        object.__setattr__(self, "_extensions", extensions)
        object.__setattr__(self, "_quirks", (*message.quirks, *log.quirks))
        return self

    def to_der(self) -> bytes:
        """Return the bytes the token was read from."""
        return self._der

    # ---- what it says -------------------------------------------------------------------
    @property
    def info(self) -> TSTInfo:
        """The contents as a structure."""
        return self._info

    @property
    def message_imprint(self) -> MessageImprint:
        """The imprint as it stands there, whatever its hash."""
        return self._info.message_imprint

    @property
    def imprint(self) -> Imprint:
        """What was stamped.

        :raises UnsupportedAlgorithm: when its hash is not known.
        :raises DecodeError: when its value has another length than the hash.
        """
        return Imprint.from_structure(self._info.message_imprint)

    @property
    def time(self) -> datetime:
        """The time, in UTC, with the fraction of a second that the authority gave."""
        return self._info.gen_time

    @property
    def accuracy(self) -> timedelta | None:
        """How far the real time may be from :attr:`time` to both sides; None when the authority does not say."""
        accuracy = self._info.accuracy
        if accuracy is None:
            return None
        return timedelta(seconds=accuracy.seconds, milliseconds=accuracy.millis, microseconds=accuracy.micros)

    @property
    def policy(self) -> ObjectIdentifier:
        """The policy under which it was made."""
        return self._info.policy

    @property
    def serial_number(self) -> int:
        """The serial number, which the authority gives only once."""
        return self._info.serial_number

    @property
    def ordering(self) -> bool:
        """Whether the times of any two tokens of this authority tell their order, whatever the accuracy."""
        return self._info.ordering

    @property
    def nonce(self) -> int | None:
        """The number that the request had."""
        return self._info.nonce

    @property
    def authority_name(self) -> GeneralName | None:
        """The name that the authority gives itself; the certificate tells who it is."""
        return self._info.tsa

    @property
    def extensions(self) -> Extensions:
        """The extensions of the contents."""
        return self._extensions

    @property
    def message(self) -> SignedMessage:
        """The token as a signed message."""
        return self._message

    @property
    def signer(self) -> SignerInfo:
        """The one signer."""
        return self._message.signers[0]

    @property
    def certificates(self) -> tuple[Certificate, ...]:
        """The certificates that came along, none of them trusted."""
        return self._message.certificates

    @property
    def profile(self) -> MessageProfile:
        """Whose identifiers the token has: those of GM/T 0010, or those of PKCS #7 and RFC 5652."""
        return self._message.profile

    @property
    def quirks(self) -> tuple[Quirk, ...]:
        """What departs from the standards and was accepted."""
        return self._quirks

    @property
    def is_lenient(self) -> bool:
        """Tell whether it was read leniently."""
        return self._lenient

    def __eq__(self, other: object) -> bool:
        return self._der == other._der if isinstance(other, TimestampToken) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._der)

    def __repr__(self) -> str:
        return f"<TimestampToken {self.time.isoformat()} {self.message_imprint.hash_algorithm.algorithm.name}>"

    def __reduce__(self) -> tuple[object, tuple[bytes, bool]]:
        return _read, (self._der, self._lenient)


def _read(data: bytes, lenient: bool) -> TimestampToken:
    """Read a pickled token the way it was read before."""
    return TimestampToken.from_der(data, lenient=lenient)
