"""What a card does for the sake of measuring: verification, encryption with a public key, session keys.

The data of these commands are laid out as the software card has them; no source shows them for others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from gmpki import oids
from gmpki.algorithms.sm2 import PointFormat
from gmpki.errors import TokenUnsupportedError
from gmpki.tokens.interfaces import KeyUsage
from gmpki.tokens.key_objects import digest_info
from gmpki.tokens.latency import SessionKeyOperations

if TYPE_CHECKING:
    from collections.abc import Callable

    from gmpki.keys.rsa import RSAPublicKey
    from gmpki.keys.sm2_public import SM2PublicKey
    from gmpki.tokens.interfaces import Container
    from gmpki.tokens.pcsc.container import PCSCContainer

__all__ = ["PCSCOperations"]

_EXPONENT_LEN: Final = 4
_SM3: Final = 1  # P2 of DigestInit


class PCSCOperations(SessionKeyOperations):
    """The operations of a container of :class:`~gmpki.tokens.pcsc.driver.PCSCDriver`."""

    def verify(self, container: Container, algorithm: str, digest: bytes, signature: bytes) -> Callable[[], object]:
        """Verify by ECCVerify or RSAVerify."""
        own = cast("PCSCContainer", container)
        public = own.public_key(KeyUsage.SIGNING)
        if algorithm == "sm2":
            point = cast("SM2PublicKey", public).to_bytes(PointFormat.BARE)
            return lambda: _call(own, "ECCVerify", point + digest + signature)
        signed = digest_info(oids.SHA256, digest)
        data = _rsa_fields(cast("RSAPublicKey", public)) + len(signed).to_bytes(2, "big") + signed + signature
        return lambda: _call(own, "RSAVerify", data)

    def encrypt(self, container: Container, algorithm: str, message: bytes) -> Callable[[], object]:
        """Encrypt by ExtECCEncrypt."""
        if algorithm != "sm2":
            raise TokenUnsupportedError("no command of cards is known that encrypts with RSA")
        own = cast("PCSCContainer", container)
        point = cast("SM2PublicKey", own.public_key(KeyUsage.ENCRYPTION)).to_bytes(PointFormat.BARE)
        return lambda: _call(own, "ExtECCEncrypt", point + message, le=-1)

    def digest(self, container: Container, data: bytes) -> Callable[[], object]:
        """Hash by DigestInit and Digest."""
        own = cast("PCSCContainer", container)

        def digest() -> bytes:
            _call(own, "DigestInit", b"", p2=_SM3)
            return _call(own, "Digest", data, le=-1)

        return digest


def _call(container: PCSCContainer, command: str, data: bytes, *, p2: int = 0, le: int = 0) -> bytes:
    device = container.application.device
    with device._lock:
        return device._opened().call(command, data, p2=p2, le=le)


def _rsa_fields(public: RSAPublicKey) -> bytes:
    modulus, exponent = public._handle.numbers()
    fields = (public.bits.to_bytes(4, "big"), modulus.to_bytes(public.bits // 8, "big"))
    return b"".join((*fields, exponent.to_bytes(_EXPONENT_LEN, "big")))
