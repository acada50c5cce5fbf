"""Responses of time-stamping authorities: a token, or why there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki._inputs import as_bytes, as_text, member
from gmpki.asn1.quirks import QuirkLog
from gmpki.asn1.rfc3161 import FailureInfo, PKIStatus, PKIStatusInfo, TimeStampResp
from gmpki.errors import InvalidInputError, TimestampRejected
from gmpki.keys._immutable import Immutable
from gmpki.tsa.token import MAX_TOKEN_LEN, TimestampToken
from gmpki.x509._spelling import spelling

if TYPE_CHECKING:
    from typing_extensions import Buffer

    from gmpki.asn1.quirks import Quirk

__all__ = ["MAX_RESPONSE_LEN", "FailureInfo", "PKIStatus", "TimestampResponse", "failure_names"]

MAX_RESPONSE_LEN: Final = MAX_TOKEN_LEN + (1 << 16)
"""The longest response that is read, in bytes."""
_GRANTED: Final = (PKIStatus.GRANTED, PKIStatus.GRANTED_WITH_MODS)


class TimestampResponse(Immutable):
    """A response. Immutable; thread-safe. Responses of the same bytes compare equal.

    :standard: RFC 3161 2.4.2; GM/T 0033-2014, with the same structure
    """

    __slots__ = ("_der", "_lenient", "_quirks", "_structure", "_token")
    _der: bytes
    _lenient: bool
    _structure: TimeStampResp
    _token: TimestampToken | None
    _quirks: tuple[Quirk, ...]

    def __init__(self) -> None:
        """Refuse: responses are read, or made of a token or of a refusal.

        :raises InvalidInputError: always.
        """
        raise InvalidInputError("a TimestampResponse is made by from_der, granted or refused")

    @classmethod
    def from_der(cls, data: Buffer, *, lenient: bool = False) -> TimestampResponse:
        """Read a response, and the token in it.

        :param lenient: accept and note departures from DER.
        :raises InvalidTypeError: when data has no buffer.
        :raises DecodeError: when it is no response or its token none; when there is a token although none was
            granted, or none although one was.
        :raises GmpkiError: another error when the token is none, as :meth:`TimestampToken.from_der` raises it.
        :raises LimitExceeded: when it is too long.
        """
        log = QuirkLog(tolerant=bool(lenient))
        encoded = as_bytes(data, "a time-stamp response")
        structure = TimeStampResp.from_der(encoded, max_size=MAX_RESPONSE_LEN, quirks=log)
        token = None
        if structure.token is not None:
            token = TimestampToken.from_der(structure.token, lenient=lenient)
            log.extend(token.quirks, "timeStampToken")
        self = object.__new__(cls)
        object.__setattr__(self, "_der", encoded)
        object.__setattr__(self, "_lenient", bool(lenient))
        object.__setattr__(self, "_structure", structure)
        object.__setattr__(self, "_token", token)
        object.__setattr__(self, "_quirks", log.quirks)
        return self

    @classmethod
    def granted(cls, token: Buffer) -> TimestampResponse:
        """Make the response that carries a token.

        :raises InvalidTypeError: when token has no buffer.
        :raises GmpkiError: when it is no token, as :meth:`TimestampToken.from_der` raises it.
        """
        encoded = as_bytes(token, "the token")
        return cls.from_der(TimeStampResp(PKIStatusInfo(PKIStatus.GRANTED), encoded).to_der())

    @classmethod
    def refused(
        cls, failures: FailureInfo, text: str = "", *, status: PKIStatus = PKIStatus.REJECTION
    ) -> TimestampResponse:
        """Make the response that says why there is no token.

        :param text: for a person; empty for none.
        :raises InvalidTypeError: when an input has the wrong type.
        :raises InvalidInputError: when the status is one of those with a token.
        """
        member(status, PKIStatus, "status")
        if status in _GRANTED:
            raise InvalidInputError(f"{spelling(status.name)} goes with a token")
        texts = (text,) if as_text(text, "text") else ()
        return cls.from_der(TimeStampResp(PKIStatusInfo(status, texts, failures)).to_der())

    def to_der(self) -> bytes:
        """Return the bytes of the response."""
        return self._der

    @property
    def status(self) -> PKIStatus:
        """What became of the request."""
        return self._structure.status.status

    @property
    def failures(self) -> FailureInfo:
        """Why there is no token, as far as the authority says."""
        return self._structure.status.failures

    @property
    def text(self) -> str:
        """What the authority says to a person, its lines one below the other."""
        return "\n".join(self._structure.status.texts)

    @property
    def is_granted(self) -> bool:
        """Whether there is a token."""
        return self._token is not None

    @property
    def token(self) -> TimestampToken:
        """The token, which nobody has verified yet.

        :raises TimestampRejected: when there is none.
        """
        if self._token is None:
            raise self._rejection()
        return self._token

    @property
    def rejection(self) -> TimestampRejected | None:
        """The error that says why there is no token; None when there is one."""
        return None if self.is_granted else self._rejection()

    def _rejection(self) -> TimestampRejected:
        return TimestampRejected(spelling(self.status.name), failure_names(self.failures), self.text)

    @property
    def quirks(self) -> tuple[Quirk, ...]:
        """What departs from DER and was accepted."""
        return self._quirks

    def __eq__(self, other: object) -> bool:
        return self._der == other._der if isinstance(other, TimestampResponse) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._der)

    def __repr__(self) -> str:
        return f"<TimestampResponse {spelling(self.status.name)}>"

    def __reduce__(self) -> tuple[object, tuple[bytes, bool]]:
        return _read, (self._der, self._lenient)


def failure_names(failures: FailureInfo) -> tuple[str, ...]:
    """Return the names of failures as RFC 3161 2.4.2 writes them, such as "badAlg"; bits without a name as numbers."""
    named = [(failure.name, int(failure)) for failure in FailureInfo]
    names = [spelling(name) for name, bit in named if name is not None and failures & bit]
    unnamed = int(failures) & ~sum(bit for _, bit in named)
    return (*names, *(f"bit {bit}" for bit in range(unnamed.bit_length()) if unnamed >> bit & 1))


def _read(data: bytes, lenient: bool) -> TimestampResponse:
    """Read a pickled response the way it was read before."""
    return TimestampResponse.from_der(data, lenient=lenient)
