"""Time-stamps over HTTP: media types, and a client over a transport that the caller brings. No sockets are opened here.

:standard: RFC 3161 3.4; GM/T 0033-2014, which has the same media types
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki._inputs import as_bytes, as_text, function, member
from gmpki.tsa.imprint import Imprint
from gmpki.tsa.request import TimestampRequest
from gmpki.tsa.response import TimestampResponse
from gmpki.tsa.verify import TokenVerifier

if TYPE_CHECKING:
    from collections.abc import Callable

    from typing_extensions import Buffer

    from gmpki.tsa.verify import VerifiedTimestamp

__all__ = ["QUERY_MEDIA_TYPE", "REPLY_MEDIA_TYPE", "TimestampClient"]

QUERY_MEDIA_TYPE: Final = "application/timestamp-query"
REPLY_MEDIA_TYPE: Final = "application/timestamp-reply"


class TimestampClient:
    """Asks an authority for time-stamps, and gives out only those that were verified. Thread-safe if its parts are."""

    def __init__(
        self,
        url: str,
        post: Callable[[str, bytes], Buffer],
        verifier: TokenVerifier,
        *,
        hash_name: str = "sm3",
        policy: str | None = None,
    ) -> None:
        """Make a client.

        :param url: of the authority.
        :param post: sends the DER of a request to an address by POST, as :data:`QUERY_MEDIA_TYPE`, and returns the
            body of the reply; what it raises goes through to the caller.
        :param verifier: judges the tokens.
        :param hash_name: the hash of imprints: "sm3", "sha256", "sha384" or "sha512".
        :param policy: the policy that is asked for, an object identifier; None leaves it to the authority.
        :raises InvalidTypeError: when an input has the wrong type.
        :raises InvalidInputError: when policy is no object identifier.
        :raises UnsupportedAlgorithm: when there is no such hash.
        """
        function(post, "post")
        member(verifier, TokenVerifier, "verifier")
        self._url = as_text(url, "url")
        self._post = post
        self._verifier = verifier
        self._hash_name = hash_name
        self._policy = policy
        TimestampRequest.of(b"", hash_name=hash_name, policy=policy)  # refuses here what would be refused each time

    def stamp(self, data: Buffer | Imprint) -> VerifiedTimestamp:
        """Get a time-stamp over data, or over a digest that somebody computed; ``token`` of the result is its DER.

        :raises InvalidTypeError: when data is neither.
        :raises TimestampRejected: when the authority gives none.
        :raises TimestampError: when it gives one that is not what was asked for.
        :raises GmpkiError: another error when the answer is no response, or its token is not in order.
        """
        request = TimestampRequest.of(data, hash_name=self._hash_name, policy=self._policy)
        answer = as_bytes(self._post(self._url, request.to_der()), "the answer of the transport")
        return self._verifier.verify_response(TimestampResponse.from_der(answer), request)
