"""KeyAgreementInfo: the SM2 key exchange, its two messages in the syntax of GM/T 0010.

Both sides begin, send each other :attr:`KeyAgreement.message`, read what came, **validate the certificate in it**, and
agree. Nothing in such a message is signed: what makes the key that of the peer is the peer's certificate alone.

>>> from gmpki.cms.key_agreement import KeyAgreement, KeyAgreementMessage
>>> from gmpki.keys.sm2 import Role
>>> run = KeyAgreement(key, certificate, Role.INITIATOR)  # doctest: +SKIP
>>> send(run.message)  # doctest: +SKIP
>>> peer = KeyAgreementMessage.from_der(receive())  # doctest: +SKIP
>>> validate(peer.certificate)  # doctest: +SKIP
>>> agreed = run.agree(peer, 16)  # doctest: +SKIP

:standard: GM/T 0010-2012 (confidence B for the structure); GB/T 32918.3-2016 for the exchange
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NoReturn

from gmpki import oids
from gmpki._inputs import as_bytes, member
from gmpki.algorithms.sm2 import DEFAULT_USER_ID, PointFormat
from gmpki.asn1.gmt0010 import KeyAgreementInfo
from gmpki.asn1.rfc5280.ext_keys import KeyUsages
from gmpki.asn1.rfc5652 import ContentInfo
from gmpki.cms.message import read_message
from gmpki.errors import InvalidInputError, InvalidTypeError, KeyMismatchError, MessageError, ProfileError
from gmpki.keys._immutable import Immutable
from gmpki.keys.interfaces import KeyAgreer
from gmpki.keys.sm2_public import SM2PublicKey
from gmpki.x509.certificate import Certificate

if TYPE_CHECKING:
    from typing_extensions import Buffer

    from gmpki.algorithms.sm2 import Role
    from gmpki.asn1.quirks import Quirk
    from gmpki.keys.interfaces import AgreedKey

__all__ = ["KeyAgreement", "KeyAgreementMessage"]

_VERSION: Final = 1
_MAX_USER_ID_LEN: Final = 8191


class KeyAgreementMessage(Immutable):
    """What one side of a key exchange sends. Immutable; thread-safe. Nothing in it has been verified.

    :standard: GM/T 0010-2012, KeyAgreementInfo
    """

    __slots__ = ("_certificate", "_ephemeral", "_quirks", "_user_id")
    _certificate: Certificate
    _ephemeral: SM2PublicKey
    _user_id: bytes
    _quirks: tuple[Quirk, ...]

    def __init__(self) -> None:
        """Refuse: a message is read.

        :raises InvalidTypeError: always.
        """
        raise InvalidTypeError("a KeyAgreementMessage is made by from_der; KeyAgreement makes the bytes of one")

    @classmethod
    def from_der(cls, data: Buffer, *, lenient: bool = False) -> KeyAgreementMessage:
        """Read a message: DER, BER, PEM or base64.

        :param lenient: accept and note departures from DER other than those of BER, in the certificate too.
        :raises InvalidTypeError: when an input has the wrong type.
        :raises DecodeError: when the message or its certificate is malformed.
        :raises InvalidPointError: when the ephemeral key is not a point on the curve.
        :raises InvalidInputError: when the ephemeral key is not 65 bytes, or the user id is longer than 8191.
        :raises LimitExceeded: when the message is longer than 64 MiB.
        :raises MessageError: "not-key-agreement" when it is a message of another kind.
        """
        member(lenient, bool, "lenient")
        message = read_message(data, lenient=lenient)
        info = message.content
        if not isinstance(info, KeyAgreementInfo):
            name = message.content_type.name
            raise MessageError("not-key-agreement", f"a message of the type {name}, not of a key exchange")
        if len(info.temporary_public_key) != PointFormat.UNCOMPRESSED:
            raise InvalidInputError(
                f"the ephemeral key has {PointFormat.UNCOMPRESSED:d} bytes, not {len(info.temporary_public_key)}"
            )
        if len(info.user_id) > _MAX_USER_ID_LEN:
            raise InvalidInputError(f"a user id has at most {_MAX_USER_ID_LEN} bytes, not {len(info.user_id)}")
        self = cls.__new__(cls)
        for name, value in (
            ("_certificate", Certificate.from_der(info.user_certificate, lenient=lenient)),
            ("_ephemeral", SM2PublicKey.from_bytes(info.temporary_public_key)),
            ("_user_id", info.user_id),
            ("_quirks", message.quirks),
        ):
            object.__setattr__(self, name, value)
        return self

    @property
    def certificate(self) -> Certificate:
        """The certificate of the sender, not validated."""
        return self._certificate

    @property
    def ephemeral_key(self) -> SM2PublicKey:
        """The ephemeral public key of the sender."""
        return self._ephemeral

    @property
    def user_id(self) -> bytes:
        """The id of the sender, as the key exchange takes it."""
        return self._user_id

    @property
    def quirks(self) -> tuple[Quirk, ...]:
        """What was met and accepted that is not as the standards say."""
        return self._quirks

    def __repr__(self) -> str:
        return f"<KeyAgreementMessage of {self._certificate.serial_number:x}>"


class KeyAgreement:
    """One side of one key exchange. A context, used once."""

    __slots__ = ("_certificate", "_exchange", "_message")

    def __init__(self, key: KeyAgreer, certificate: Certificate, role: Role, *, user_id: Buffer | None = None) -> None:
        """Begin: make the ephemeral key and the message for the peer.

        :param key: the own private key, in software or in a token.
        :param certificate: its certificate, the encryption certificate of a pair.
        :param role: who speaks first is ``Role.INITIATOR``.
        :param user_id: the own id, 0 to 8191 bytes; None is ``1234567812345678``.
        :raises InvalidTypeError: when an input has the wrong type.
        :raises InvalidInputError: when the user id is too long.
        :raises KeyMismatchError: when the certificate is not one of this key, or not of SM2.
        :raises ProfileError: when the keyUsage of the certificate does not allow key agreement.
        :raises RandomSourceError: when the random source fails.
        :raises GmpkiError: what a key outside raises, such as a token that is gone.
        """
        member(key, KeyAgreer, "key")
        member(certificate, Certificate, "certificate")
        if _agreement_key(certificate) != key.public_key:
            raise KeyMismatchError("the certificate is not one of this key")
        own_id = DEFAULT_USER_ID if user_id is None else as_bytes(user_id, "user_id")
        self._exchange = key.exchange(role, user_id=own_id)
        self._certificate = certificate
        info = KeyAgreementInfo(_VERSION, self._exchange.ephemeral, certificate.der, own_id)
        self._message = ContentInfo(oids.GM_KEY_AGREEMENT_INFO, info.to_der()).to_der()

    @property
    def message(self) -> bytes:
        """The DER that goes to the peer."""
        return self._message

    def agree(self, peer: KeyAgreementMessage, length: int) -> AgreedKey:
        """Derive the shared key from what the peer sent, once its certificate has been validated.

        :param length: bytes of key, 1 to 65536.
        :returns: the key, and what both sides can prove to each other with that they hold the same.
        :raises InvalidTypeError: when an input has the wrong type.
        :raises InvalidInputError: when length is outside.
        :raises KeyMismatchError: when the certificate of the peer is not of SM2.
        :raises ProfileError: when its keyUsage does not allow key agreement.
        :raises MessageError: "reflected" when the peer sent what this side sends: its certificate or ephemeral key.
        :raises StateError: when this exchange was used before.
        :raises InvalidPointError: when the shared point is infinity.
        :standard: GB/T 32918.3-2016 6.1
        """
        member(peer, KeyAgreementMessage, "peer")
        public_key = _agreement_key(peer.certificate)
        ephemeral = peer.ephemeral_key.to_bytes()
        if ephemeral == self._exchange.ephemeral or public_key == _agreement_key(self._certificate):
            raise MessageError("reflected", "the peer sent the own certificate or ephemeral key back")
        return self._exchange.agree(public_key.to_bytes(), ephemeral, length, peer_user_id=peer.user_id)

    def __repr__(self) -> str:
        return f"<KeyAgreement of {self._certificate.serial_number:x}>"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise InvalidTypeError("a key exchange can be neither pickled nor copied")


def _agreement_key(certificate: Certificate) -> SM2PublicKey:
    """Return the key of a certificate, which must be one for this key exchange."""
    usages = certificate.key_usage
    if usages is not None and not usages & KeyUsages.KEY_AGREEMENT:
        raise ProfileError(f"the keyUsage of the certificate {certificate.serial_number:x} has no keyAgreement")
    public_key = certificate.public_key
    if not isinstance(public_key, SM2PublicKey):
        raise KeyMismatchError(
            f"the key exchange is one of SM2; the certificate {certificate.serial_number:x} has "
            f"{certificate.public_key_info.algorithm.shown}"
        )
    return public_key
