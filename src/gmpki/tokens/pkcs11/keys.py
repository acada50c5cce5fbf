"""What a PKCS #11 token does with the private key of a pair."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from gmpki._inputs import as_bytes
from gmpki.algorithms import sm2
from gmpki.algorithms.sm2 import DEFAULT_USER_ID, CiphertextFormat, CurvePoint, PointFormat, Role
from gmpki.errors import DecodeError, DriverError, StateError, TokenUnsupportedError
from gmpki.tokens.interfaces import TokenKeyType
from gmpki.tokens.key_objects import KeyOperations
from gmpki.tokens.pkcs11.attributes import Built, Mechanism
from gmpki.tokens.pkcs11.header import C
from gmpki.tokens.pkcs11.public_keys import new_pair, public_key_attributes, public_key_info

if TYPE_CHECKING:
    from typing import Any

    from typing_extensions import Buffer

    from gmpki.keys.ciphertext import SM2Ciphertext
    from gmpki.keys.interfaces import AgreedKey, KeyExchange
    from gmpki.tokens.pkcs11.mechanism_map import MechanismMap
    from gmpki.tokens.pkcs11.session import Session

__all__ = ["PairOperations", "PrivateKeyPlace"]

_SIGNATURE_LEN: Final = 64
_MAX_KEY_LEN: Final = 65536


class PrivateKeyPlace(Protocol):
    """Where a private key is found when it is used."""

    @property
    def session(self) -> Session:
        """The session to use it in."""

    @property
    def numbers(self) -> MechanismMap:
        """The token's mechanisms for SM2."""

    @property
    def place(self) -> str:
        """Where the key is, for messages."""

    def private_key(self) -> int:
        """Return the handle of the private key.

        :raises LoginRequiredError: when nobody has logged in, who might see it.
        :raises TokenNotFoundError: when there is none.
        """


class PairOperations(KeyOperations):
    """The private key of one pair. Thread-safe."""

    def __init__(self, where: PrivateKeyPlace) -> None:
        """Use the private key of a place."""
        self._where = where

    @property
    def place(self) -> str:
        """Where the key is, for messages."""
        return self._where.place

    def sign_sm2(self, digest: bytes) -> bytes:
        """Return r, s, 64 bytes, over e of 32 bytes."""
        name = self._first("SM2 signatures over a digest", "sm2-sign", "sm2-sign-der")
        signature = self._sign(self._where.numbers.mechanisms[name], digest)
        if name == "sm2-sign" and len(signature) == _SIGNATURE_LEN:
            return signature
        try:
            return sm2.parse_signature(signature)
        except DecodeError:
            raise DriverError(f"the token's signature of {len(signature)} bytes is in no encoding of SM2") from None

    def sign_rsa(self, digest_info: bytes) -> bytes:
        """Return the signature of PKCS #1 v1.5 over a DigestInfo."""
        return self._sign(C.CKM_RSA_PKCS, digest_info)

    def sign_ecdsa(self, digest: bytes) -> bytes:
        """Return r, s, each as wide as the curve's order."""
        return self._sign(C.CKM_ECDSA, digest)

    def decrypt_sm2(self, ciphertext: SM2Ciphertext) -> bytes:
        """Return the message."""
        name = self._first("SM2 decryption", "sm2-encrypt-der", "sm2-encrypt")
        form = CiphertextFormat.DER if name == "sm2-encrypt-der" else CiphertextFormat.C1C3C2
        return self._decrypt(self._where.numbers.mechanisms[name], ciphertext.to_bytes(form))

    def decrypt_rsa(self, ciphertext: bytes) -> bytes:
        """Return the message, its padding of PKCS #1 v1.5 taken off."""
        return self._decrypt(C.CKM_RSA_PKCS, ciphertext)

    def exchange(self, role: Role, user_id: bytes) -> KeyExchange:
        """Begin an SM2 key exchange."""
        self._first("the SM2 key exchange", "sm2-exchange")
        return TokenKeyExchange(self._where, role, user_id)

    def _first(self, what: str, *names: str) -> str:
        """Return the first of some mechanisms that the token has."""
        for name in names:
            if name in self._where.numbers.mechanisms:
                return name
        raise self._lacking(what)

    def _sign(self, mechanism: int, data: bytes) -> bytes:
        return self._where.session.sign(Mechanism(mechanism), self._where.private_key(), data)

    def _decrypt(self, mechanism: int, data: bytes) -> bytes:
        return self._where.session.decrypt(Mechanism(mechanism), self._where.private_key(), data)


# ---- the key exchange -----------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class _ExchangeParameters:
    """CK_GMPKI_SM2_EXCHANGE_PARAMS."""

    is_initiator: bool
    ephemeral: int
    user_id: bytes
    peer: bytes
    peer_ephemeral: bytes
    peer_user_id: bytes

    def build(self, ffi: Any) -> Built:
        """Return the structure with its buffers."""
        structure = ffi.new("CK_GMPKI_SM2_EXCHANGE_PARAMS *")
        structure.initiator = int(self.is_initiator)
        structure.hEphemeral = self.ephemeral
        kept = []
        fields = {
            "UserId": self.user_id,
            "PeerPoint": self.peer,
            "PeerEphemeral": self.peer_ephemeral,
            "PeerUserId": self.peer_user_id,
        }
        for name, value in fields.items():
            # At least one byte: NULL would stand for the default user id.
            data = ffi.new("CK_BYTE[]", max(1, len(value)))
            ffi.memmove(data, value, len(value))
            setattr(structure, f"p{name}", data)
            setattr(structure, f"ul{name}Len", len(value))
            kept.append(data)
        return Built(structure, ffi.sizeof("CK_GMPKI_SM2_EXCHANGE_PARAMS"), tuple(kept))


class TokenAgreedKey:
    """What a key exchange in a token gives. Immutable.

    :ivar key: the shared key. Secret.
    """

    __slots__ = ("key",)

    def __init__(self, key: bytes) -> None:
        self.key = key

    @property
    def confirmation(self) -> bytes:
        """Not known: the token gives the key out, and not the shared point that proves it.

        :raises TokenUnsupportedError: always.
        """
        raise TokenUnsupportedError("the token gives no confirmation of the key exchange out")

    def check(self, confirmation: Buffer) -> None:
        """Not possible, as :attr:`confirmation`.

        :raises TokenUnsupportedError: always.
        """
        as_bytes(confirmation, "the confirmation")
        raise TokenUnsupportedError("the token gives nothing out to check a confirmation with")

    def __repr__(self) -> str:
        return f"<TokenAgreedKey of {len(self.key)} bytes>"


class TokenKeyExchange:
    """One side of one key exchange, its ephemeral pair in the token too. A context, used once."""

    __slots__ = ("_ephemeral", "_role", "_shown", "_user_id", "_where")

    def __init__(self, where: PrivateKeyPlace, role: Role, user_id: bytes) -> None:
        """Make an ephemeral pair, which ends with the session.

        :raises TokenError: when the token refuses or fails.
        """
        self._where, self._role, self._user_id = where, role, user_id
        session, numbers = where.session, where.numbers
        mechanism, attributes = new_pair(TokenKeyType.SM2, numbers)
        private = {C.CKA_TOKEN: False, C.CKA_PRIVATE: True, C.CKA_DERIVE: True}
        handles = session.generate_key_pair(Mechanism(mechanism), {**attributes, C.CKA_TOKEN: False}, private)
        info = public_key_info(session.attributes(handles[0], *public_key_attributes(numbers)), numbers)
        self._ephemeral = [handles]
        if info is None:
            self._destroy()
            raise DriverError("the token does not tell the public key of a pair that it made")
        self._shown = info.subject_public_key

    @property
    def ephemeral(self) -> bytes:
        """The ephemeral public key for the peer: 65 bytes (04, x, y)."""
        return self._shown

    def agree(
        self, peer: Buffer, peer_ephemeral: Buffer, length: int, *, peer_user_id: Buffer | None = None
    ) -> AgreedKey:
        """Derive the shared key. The ephemeral pair is destroyed, whether this succeeds or not.

        :param peer: the peer's public key, a point of 33, 64 or 65 bytes; likewise peer_ephemeral.
        :param length: bytes of key, 1 to 65536.
        :raises StateError: when this exchange was used before.
        :raises InvalidInputError: when an input has a wrong length.
        :raises InvalidPointError: when a point is not on the curve.
        :raises TokenError: when the token refuses or fails.
        """
        from gmpki._inputs import number

        number(length, 1, _MAX_KEY_LEN, "length")
        points = [CurvePoint.from_bytes(point).to_bytes(PointFormat.UNCOMPRESSED) for point in (peer, peer_ephemeral)]
        identity = DEFAULT_USER_ID if peer_user_id is None else as_bytes(peer_user_id, "peer_user_id")
        if not self._ephemeral:
            raise StateError("this key exchange was used; each run needs a new one")
        session = self._where.session
        try:
            parameters = _ExchangeParameters(
                self._role is Role.INITIATOR,
                self._ephemeral[0][1],
                self._user_id,
                points[0],
                points[1],
                bytes(identity),
            )
            mechanism = Mechanism(self._where.numbers.mechanisms["sm2-exchange"], parameters)
            template = {
                C.CKA_CLASS: C.CKO_SECRET_KEY,
                C.CKA_KEY_TYPE: C.CKK_GENERIC_SECRET,
                C.CKA_TOKEN: False,
                C.CKA_SENSITIVE: False,
                C.CKA_EXTRACTABLE: True,
                C.CKA_VALUE_LEN: length,
            }
            derived = session.derive_key(mechanism, self._where.private_key(), template)
            try:
                key = session.attributes(derived, C.CKA_VALUE).get(C.CKA_VALUE)
            finally:
                session.destroy_object(derived)
        finally:
            self._destroy()
        if key is None or len(key) != length:
            raise DriverError("the token does not give the agreed key out")
        return TokenAgreedKey(key)

    def _destroy(self) -> None:
        while self._ephemeral:
            for handle in self._ephemeral.pop():
                self._where.session.destroy_object(handle)
