"""What every implementation makes and reads beyond certificates: messages, key stores and time-stamps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from interop.scenario import Algorithm, Peer

__all__ = ["Envelope", "MessagePeer", "Signing", "SigningReading"]

PASSWORD = b"correct horse"
TIMESTAMP_POLICY = "1.2.156.99999.1.1"


@dataclass(frozen=True)
class Signing:
    """How a message is to be signed.

    :ivar signers: keys and certificates.
    :ivar authorities: certificates that go along.
    :ivar gm: with the object identifiers of GM/T 0010; else with those of RFC 5652.
    :ivar streamed: in the form in which the implementation signs what it does not hold as a whole.
    """

    signers: tuple[tuple[bytes, bytes], ...]
    authorities: tuple[bytes, ...]
    attributes: bool = True
    detached: bool = False
    gm: bool = False
    streamed: bool = False


@dataclass(frozen=True)
class SigningReading:
    """What a verifier saw in a message: every signature in it holds."""

    content: bytes
    signers: int
    counter_signers: int


@dataclass(frozen=True)
class Envelope:
    """How a content is to be encrypted, to the holders of certificates; the other fields are as in :class:`Signing`.

    :ivar authenticated: with GCM, as AuthEnvelopedData.
    """

    recipients: tuple[bytes, ...]
    authenticated: bool = False
    gm: bool = False
    streamed: bool = False


class MessagePeer(Peer, Protocol):
    """An implementation that makes and reads messages too.

    Algorithms beginning with "sm2" go with SM3 and SM4, others with SHA-256 and AES; "rsa-pss" encrypts keys with OAEP.
    """

    def make_signed(self, algorithm: Algorithm, content: bytes, how: Signing) -> bytes: ...
    def make_countersigned(self, algorithm: Algorithm, message: bytes, key: bytes, certificate: bytes) -> bytes: ...
    def check_signed(self, algorithm: Algorithm, message: bytes, root: bytes, content: bytes) -> SigningReading:
        """Verify every signer and counter-signer; ``content`` is that of a detached message, b"" for others."""

    def make_enveloped(self, algorithm: Algorithm, content: bytes, how: Envelope) -> bytes: ...
    def read_enveloped(self, algorithm: Algorithm, message: bytes, certificate: bytes, key: bytes) -> bytes: ...
    def make_encrypted(self, algorithm: Algorithm, content: bytes, key: bytes) -> bytes: ...
    def read_encrypted(self, algorithm: Algorithm, message: bytes, key: bytes) -> bytes: ...
    def make_store(self, algorithm: Algorithm, key: bytes, chain: tuple[bytes, ...], gm: bool) -> bytes:
        """Return PKCS #12 under PASSWORD, the certificate of the key first; ``gm`` is with SM4 and a MAC by SM3."""

    def read_store(self, algorithm: Algorithm, store: bytes, password: bytes) -> tuple[bytes, tuple[bytes, ...]]:
        """Return the public key of the one private key, and the certificates, that of the key first."""

    def make_timestamp_request(self, algorithm: Algorithm, data: bytes) -> bytes:
        """Return a request with an imprint by SM3 and a nonce."""

    def read_timestamp_request(self, algorithm: Algorithm, request: bytes) -> bytes:
        """Return the imprint, which must be by SM3, of a request with a nonce."""

    def make_timestamp(
        self, algorithm: Algorithm, request: bytes, key: bytes, certificate: bytes, authorities: tuple[bytes, ...]
    ) -> bytes: ...
    def check_timestamp(self, algorithm: Algorithm, response: bytes, request: bytes, data: bytes, root: bytes) -> bytes:
        """Return the imprint, once everything holds."""
