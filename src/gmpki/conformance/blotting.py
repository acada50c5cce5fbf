"""Take PINs and device keys out of texts that a driver had a hand in, in the forms in which drivers print them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from typing_extensions import Self

    from gmpki.conformance.target import Target

__all__ = ["Blotter"]

_BLOT: Final = "***"
# What stands between the bytes of a dump in hexadecimal: "31 32", "31:32", "0x31, 0x32", "\\x31\\x32".
_BETWEEN: Final = r"(?:[\s:,;\-]*(?:0x|\\x)?)"


class Blotter:
    """Knows what is secret, and takes it out of texts. Immutable; what it knows does not show.

    What a driver hides on purpose is beyond it: the driver is given the PIN, and may print it backwards.
    """

    __slots__ = ("_patterns",)

    def __init__(self, secrets: Iterable[bytes]) -> None:
        # The longest first: one may begin with another.
        wanted = sorted({secret for secret in secrets if secret}, key=len, reverse=True)
        self._patterns = [pattern for secret in wanted for pattern in _patterns(secret)]

    @classmethod
    def of(cls, target: Target) -> Self:
        """Return one that knows the secrets of a target."""
        given = (target.user_pin, target.admin_pin, target.device_key)
        return cls(secret for secret in given if secret is not None)

    def blotted(self, text: str) -> str:
        """Return a text without what is secret."""
        for pattern in self._patterns:
            text = pattern.sub(_BLOT, text)
        return text


def _patterns(secret: bytes) -> list[re.Pattern[str]]:
    """Return what finds a secret as it is, with a zero byte behind each character, and in hexadecimal."""
    texts = {secret.decode("utf-8", "backslashreplace"), secret.decode("latin-1")}
    plain = ["\0?".join(map(re.escape, text)) for text in sorted(texts)]
    dump = _BETWEEN.join(f"{byte:02x}" for byte in secret)
    return [*map(re.compile, plain), re.compile(dump, re.IGNORECASE)]
