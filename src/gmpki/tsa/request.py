"""Requests for time-stamps: read, and made.

>>> request = TimestampRequest.of(b"contract", policy="1.2.156.11235.1.1")
>>> TimestampRequest.from_der(request.to_der()).imprint.matches(b"contract")
True
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki import oids
from gmpki._inputs import as_bytes, as_text, iterated, number
from gmpki.algorithms.rand import random_bytes
from gmpki.asn1.quirks import QuirkLog
from gmpki.asn1.rfc3161 import TimeStampReq
from gmpki.errors import InvalidInputError
from gmpki.keys._immutable import Immutable
from gmpki.tsa.imprint import Imprint
from gmpki.x509._building import ExtensionList
from gmpki.x509.extensions import Extensions

if TYPE_CHECKING:
    from collections.abc import Iterable

    from typing_extensions import Buffer

    from gmpki.asn1.quirks import Quirk
    from gmpki.asn1.rfc3161 import MessageImprint
    from gmpki.asn1.rfc5280 import Extension
    from gmpki.asn1.rfc5280._extension_value import ExtensionValue
    from gmpki.oids import ObjectIdentifier

__all__ = ["MAX_REQUEST_LEN", "NONCE_BITS", "TimestampRequest"]

MAX_REQUEST_LEN: Final = 1 << 16
"""The longest request that is read, in bytes; one without extensions has about 100."""
NONCE_BITS: Final = 64
"""The length of a nonce unless it is given (RFC 3161 2.4.1 asks for this much)."""
_MAX_NONCE: Final = 1 << 512


class TimestampRequest(Immutable):
    """A request for a time-stamp. Immutable; thread-safe. Requests of the same bytes compare equal.

    :standard: RFC 3161 2.4.1; GM/T 0033-2014, with the same structure
    """

    __slots__ = ("_der", "_extensions", "_quirks", "_structure")
    _der: bytes
    _structure: TimeStampReq
    _extensions: Extensions
    _quirks: tuple[Quirk, ...]

    def __init__(self) -> None:
        """Refuse: requests are read or made.

        :raises InvalidInputError: always.
        """
        raise InvalidInputError("a TimestampRequest is made by from_der or by of")

    @classmethod
    def of(
        cls,
        data: Buffer | Imprint,
        *,
        hash_name: str = "sm3",
        policy: str | None = None,
        nonce: int | bool = True,
        certificate: bool = True,
        extensions: Iterable[ExtensionValue | Extension] = (),
    ) -> TimestampRequest:
        """Make a request.

        :param data: what is to be stamped, or its imprint.
        :param hash_name: the hash of the imprint that is made of data.
        :param policy: the policy that is asked for, an object identifier; None leaves it to the authority.
        :param nonce: True for 64 random bits, False for none, or a number of 0 to 2^512; it ties the answer to this
            request, and shows that it was not made before.
        :param certificate: ask for the authority's certificate in the token.
        :param extensions: an authority refuses those that it does not know (RFC 3161 2.4.1).
        :raises InvalidTypeError: when an input has the wrong type.
        :raises InvalidInputError: when policy is no object identifier, nonce out of bounds, or two extensions are of
            one kind.
        :raises UnsupportedAlgorithm: when there is no such hash.
        :raises RandomSourceError: when the random source fails.
        """
        imprint = data if isinstance(data, Imprint) else Imprint.of(data, hash_name)
        value: int | None = None
        if nonce is True:
            value = int.from_bytes(random_bytes(NONCE_BITS // 8), "big")
        elif nonce is not False:
            value = number(nonce, 0, _MAX_NONCE, "nonce")
        added = ExtensionList()
        for extension in iterated(extensions, "extensions"):
            added = added.adding(extension, None)
        wanted = None if policy is None else oids.find(as_text(policy, "policy"))
        structure = TimeStampReq(1, imprint.to_structure(), wanted, value, bool(certificate), tuple(added))
        return cls.from_der(structure.to_der())

    @classmethod
    def from_der(cls, data: Buffer, *, lenient: bool = False) -> TimestampRequest:
        """Read a request.

        :param lenient: accept and note departures from DER.
        :raises InvalidTypeError: when data has no buffer.
        :raises DecodeError: when it is no request; unless lenient, when an extension is malformed or stands twice.
        :raises LimitExceeded: when it is longer than 65,536 bytes.
        """
        log = QuirkLog(tolerant=bool(lenient))
        encoded = as_bytes(data, "a time-stamp request")
        structure = TimeStampReq.from_der(encoded, max_size=MAX_REQUEST_LEN, quirks=log)
        self = object.__new__(cls)
        object.__setattr__(self, "_der", encoded)
        object.__setattr__(self, "_structure", structure)
        object.__setattr__(self, "_extensions", Extensions(structure.extensions, quirks=log, path="extensions"))
        object.__setattr__(self, "_quirks", log.quirks)
        return self

    def to_der(self) -> bytes:
        """Return the bytes of the request."""
        return self._der

    @property
    def message_imprint(self) -> MessageImprint:
        """The imprint as it stands there, whatever its hash."""
        return self._structure.message_imprint

    @property
    def imprint(self) -> Imprint:
        """What is to be stamped.

        :raises UnsupportedAlgorithm: when its hash is not known.
        :raises DecodeError: when its value has another length than the hash.
        """
        return Imprint.from_structure(self._structure.message_imprint)

    @property
    def policy(self) -> ObjectIdentifier | None:
        """The policy that is asked for; None leaves it to the authority."""
        return self._structure.req_policy

    @property
    def nonce(self) -> int | None:
        """The number that the token has to repeat."""
        return self._structure.nonce

    @property
    def certificate_wanted(self) -> bool:
        """Whether the token is to bring the authority's certificate along."""
        return self._structure.cert_req

    @property
    def extensions(self) -> Extensions:
        """The extensions."""
        return self._extensions

    @property
    def quirks(self) -> tuple[Quirk, ...]:
        """What departs from DER and was accepted."""
        return self._quirks

    def __eq__(self, other: object) -> bool:
        return self._der == other._der if isinstance(other, TimestampRequest) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._der)

    def __repr__(self) -> str:
        return f"<TimestampRequest {self.message_imprint.hash_algorithm.algorithm.name}>"

    def __reduce__(self) -> tuple[object, tuple[bytes, bool]]:
        return _read, (self._der, bool(self._quirks))


def _read(data: bytes, lenient: bool) -> TimestampRequest:
    """Read a pickled request the way it was read before."""
    return TimestampRequest.from_der(data, lenient=lenient)
