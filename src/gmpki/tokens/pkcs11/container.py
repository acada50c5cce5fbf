"""A container of a PKCS #11 token: the pairs and certificates that belong together."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Final

from gmpki._inputs import member
from gmpki.asn1 import der
from gmpki.errors import (
    DriverError,
    KeyMismatchError,
    LoginRequiredError,
    StateError,
    TokenError,
    TokenExistsError,
    TokenNotFoundError,
    TokenUnsupportedError,
)
from gmpki.keys.envelope import KeyEnvelope
from gmpki.keys.loader import load_public_key_info
from gmpki.tokens.interfaces import Ability, KeyUsage, TokenKeyType
from gmpki.tokens.key_objects import TokenDecryptor, TokenKeyAgreer, TokenSigner
from gmpki.tokens.pkcs11.attributes import Mechanism
from gmpki.tokens.pkcs11.header import C
from gmpki.tokens.pkcs11.keys import PairOperations
from gmpki.tokens.pkcs11.objects import Group
from gmpki.tokens.pkcs11.public_keys import key_type, new_pair, sm2_point_attributes
from gmpki.x509.certificate import Certificate

if TYPE_CHECKING:
    from gmpki.keys.loader import PublicKey
    from gmpki.keys.sm2 import SM2PrivateKey
    from gmpki.tokens.key_objects import PairPublicKey
    from gmpki.tokens.pkcs11.application import PKCS11Application
    from gmpki.tokens.pkcs11.attributes import AttributeValue
    from gmpki.tokens.pkcs11.mechanism_map import MechanismMap
    from gmpki.tokens.pkcs11.objects import CertificateObject, Pair
    from gmpki.tokens.pkcs11.session import Session

__all__ = ["PKCS11Container"]

_ID_LEN: Final = 20


class PKCS11Container:
    """A container. Thread-safe. Made by an application.

    PKCS #11 has no empty containers: one that was created is in the token from its first pair on, its name in the
    CKA_LABEL of all that is made in it.
    """

    def __init__(self, application: PKCS11Application, name: str) -> None:
        """Name a container, whether it is there or not."""
        self._application = application
        self._name = name
        self._seen: tuple[int, Group] | None = None
        self._is_open = True

    @property
    def name(self) -> str:
        """Its name: the label of its objects, with their CKA_ID where that alone would not tell them apart."""
        return self._name

    @property
    def abilities(self) -> frozenset[Ability]:
        """What it can do."""
        return self._application.abilities & {
            Ability.TWO_KEY_PAIRS,
            Ability.CERTIFICATES,
            Ability.DECRYPTION,
            Ability.AGREEMENT,
            Ability.IMPORT_KEY_PAIR,
        }

    # ---- what is in it ------------------------------------------------------------------
    @property
    def _session(self) -> Session:
        if not self._is_open:
            raise StateError("the container is closed")
        return self._application.session

    @property
    def _numbers(self) -> MechanismMap:
        return self._application.numbers

    def _group(self) -> Group:
        """Return what is in the container, read anew after something changed."""
        if not self._is_open:
            raise StateError("the container is closed")
        epoch = self._application.epoch
        seen = self._seen
        if seen is None or seen[0] != epoch:
            found = self._application.group(self._name)
            self._seen = seen = (epoch, Group(self._name, ()) if found is None else found)
        return seen[1]

    def _pair(self, usage: KeyUsage) -> Pair:
        member(usage, KeyUsage, "usage")
        pair = self._group().pair(usage)
        if pair is None:
            raise TokenNotFoundError(f"{self._shown} has no {usage.value} pair")
        return pair

    @property
    def _shown(self) -> str:
        return f"container {self._name} of token {self._application.name}"

    def key_type(self, usage: KeyUsage) -> TokenKeyType | None:
        """Return what kind of pair there is for a usage, None when there is none.

        :raises InvalidTypeError: when usage is no KeyUsage.
        :raises TokenUnsupportedError: when it is of a kind without a name, RSA of 3072 bits for instance.
        """
        member(usage, KeyUsage, "usage")
        pair = self._group().pair(usage)
        return None if pair is None or pair.info is None else key_type(pair.info)

    def public_key(self, usage: KeyUsage = KeyUsage.SIGNING) -> PublicKey:
        """Return the public key of a pair.

        :raises InvalidTypeError: when usage is no KeyUsage.
        :raises TokenNotFoundError: when there is none, or nothing in the token tells it.
        :raises InvalidInputError: when it is malformed, or on no curve.
        :raises UnsupportedAlgorithm: when it is of a kind that gmpki does not do.
        :raises PolicyError: when the policy of the driver refuses it.
        """
        pair = self._pair(usage)
        if pair.info is None:
            raise TokenNotFoundError(f"{self._shown} does not tell the public key of its {usage.value} pair")
        return load_public_key_info(pair.info, policy=self._application.policy)

    @property
    def signing_key(self) -> TokenSigner:
        """The signing pair as a key; errors as :meth:`public_key`."""
        return TokenSigner(self._token_public_key(KeyUsage.SIGNING), self._operations(KeyUsage.SIGNING))

    @property
    def encryption_key(self) -> TokenDecryptor:
        """The encryption pair as a key; errors as :meth:`public_key`."""
        return TokenDecryptor(self._token_public_key(KeyUsage.ENCRYPTION), self._operations(KeyUsage.ENCRYPTION))

    @property
    def agreement_key(self) -> TokenKeyAgreer:
        """The encryption pair as a side of the SM2 key exchange; errors as :meth:`public_key`.

        :raises TokenUnsupportedError: when the token has no key exchange.
        """
        if Ability.AGREEMENT not in self.abilities:
            raise TokenUnsupportedError("the token has no mechanism for the SM2 key exchange")
        return TokenKeyAgreer(self._token_public_key(KeyUsage.ENCRYPTION), self._operations(KeyUsage.ENCRYPTION))

    def _token_public_key(self, usage: KeyUsage) -> PairPublicKey:
        from gmpki.keys.ed25519 import Ed25519PublicKey

        key = self.public_key(usage)
        if isinstance(key, Ed25519PublicKey):
            raise TokenUnsupportedError("Ed25519 keys in tokens are not used")
        return key

    def _operations(self, usage: KeyUsage) -> PairOperations:
        return PairOperations(_Place(self, usage))

    # ---- pairs made and imported --------------------------------------------------------
    def generate(self, key_type: TokenKeyType = TokenKeyType.SM2, *, usage: KeyUsage = KeyUsage.SIGNING) -> PublicKey:
        """Make a pair inside the token. One that is there already stays.

        :raises InvalidTypeError: when an input has the wrong type.
        :raises TokenExistsError: when there is a pair for this usage.
        :raises LoginRequiredError: unless the user has logged in.
        :raises TokenUnsupportedError: for a kind of key that the token does not make.
        :raises PolicyError: when the policy of the driver refuses the kind, RSA of 1024 bits by default.
        """
        member(key_type, TokenKeyType, "key_type")
        self._refuse_second(usage)
        self._application.policy_check(key_type)
        mechanism, attributes = new_pair(key_type, self._numbers)
        common = self._common(secrets.token_bytes(_ID_LEN))
        signs = usage is KeyUsage.SIGNING
        public = {**attributes, **common, C.CKA_VERIFY: signs, C.CKA_ENCRYPT: not signs}
        self._session.generate_key_pair(Mechanism(mechanism), public, {**common, **self._private(usage)})
        self._application.changed()
        return self.public_key(usage)

    def import_encryption_key(self, envelope: KeyEnvelope) -> None:
        """Import the encryption pair, which the token decrypts with the container's signing key.

        :raises InvalidTypeError: when envelope is no KeyEnvelope.
        :raises TokenExistsError: when there is an encryption pair.
        :raises TokenNotFoundError: when there is no signing pair.
        :raises LoginRequiredError: unless the user has logged in.
        :raises DecryptionError: when the token finds that it cannot be decrypted: made for another key, or changed.
        :raises TokenUnsupportedError: when the token has no mechanism for it; see :meth:`import_pair`.
        """
        member(envelope, KeyEnvelope, "envelope")
        number = self._numbers.mechanisms.get("sm2-enveloped-key")
        if number is None:
            raise TokenUnsupportedError("the token has no mechanism that imports an enveloped key pair")
        self._refuse_second(KeyUsage.ENCRYPTION)
        unwrapping = self._private_key(KeyUsage.SIGNING)
        template = {
            C.CKA_CLASS: C.CKO_PRIVATE_KEY,
            C.CKA_KEY_TYPE: self._numbers.key_types.get("sm2", C.CKK_EC),
            **self._common(secrets.token_bytes(_ID_LEN)),
            **self._private(KeyUsage.ENCRYPTION),
        }
        self._session.unwrap_key(Mechanism(number), unwrapping, envelope.to_der(), template)
        self._application.changed()
        if self.public_key(KeyUsage.ENCRYPTION) != envelope.public_key:
            raise DriverError(f"{self._shown} shows another public key than that of the pair it imported")

    def import_pair(self, key: SM2PrivateKey, usage: KeyUsage = KeyUsage.ENCRYPTION) -> None:
        """Import an SM2 pair that this program holds in clear, where a token takes no enveloped one.

        The key passes through this process and the module unprotected; what the key centre sends stays protected with
        :meth:`import_encryption_key` alone.

        :raises InvalidTypeError: when an input has the wrong type.
        :raises TokenExistsError: when there is a pair for this usage.
        :raises LoginRequiredError: unless the user has logged in.
        :raises TokenError: when the token refuses.
        """
        from gmpki.algorithms.sm2 import PointFormat
        from gmpki.keys.ec_forms import SM2_PARAMETERS
        from gmpki.keys.sm2 import SM2PrivateKey

        member(key, SM2PrivateKey, "key")
        self._refuse_second(usage)
        point = key.public_key.to_bytes(PointFormat.UNCOMPRESSED)
        public = sm2_point_attributes(point, self._numbers)
        private: dict[int, AttributeValue] = {C.CKA_EC_PARAMS: SM2_PARAMETERS, C.CKA_VALUE: key.to_bytes()}
        if self._numbers.attributes:
            private = {self._numbers.attributes["private"]: key.to_bytes(), **public}
        kind = {C.CKA_KEY_TYPE: self._numbers.key_types.get("sm2", C.CKK_EC)}
        common = {**kind, **self._common(secrets.token_bytes(_ID_LEN))}
        signs = usage is KeyUsage.SIGNING
        session = self._session
        made = session.create_object({C.CKA_CLASS: C.CKO_PRIVATE_KEY, **common, **private, **self._private(usage)})
        try:
            uses = {C.CKA_VERIFY: signs, C.CKA_ENCRYPT: not signs}
            session.create_object({C.CKA_CLASS: C.CKO_PUBLIC_KEY, **common, **public, **uses})
        except TokenError:
            session.destroy_object(made)
            raise
        finally:
            self._application.changed()

    def _refuse_second(self, usage: KeyUsage) -> None:
        member(usage, KeyUsage, "usage")
        if self._group().pair(usage) is not None:
            raise TokenExistsError(f"{self._shown} has a {usage.value} pair; PKCS #11 would put another beside it")

    def _common(self, identifier: bytes) -> dict[int, AttributeValue]:
        return {C.CKA_TOKEN: True, C.CKA_LABEL: self._name, C.CKA_ID: identifier}

    def _private(self, usage: KeyUsage) -> dict[int, AttributeValue]:
        signs = usage is KeyUsage.SIGNING
        # Only where the token has the exchange: others may refuse the attribute.
        agrees: dict[int, AttributeValue] = {C.CKA_DERIVE: not signs} if Ability.AGREEMENT in self.abilities else {}
        return {
            C.CKA_PRIVATE: True,
            C.CKA_SENSITIVE: True,
            C.CKA_EXTRACTABLE: False,
            C.CKA_SIGN: signs,
            C.CKA_DECRYPT: not signs,
            **agrees,
        }

    def _private_key(self, usage: KeyUsage) -> int:
        pair = self._pair(usage)
        if pair.private is not None:
            return pair.private
        if not self._application.is_user_logged_in:
            raise LoginRequiredError(f"log in first: the {usage.value} key of {self._shown} is private")
        raise TokenNotFoundError(f"{self._shown} has no private key for its {usage.value} pair")

    # ---- certificates -------------------------------------------------------------------
    def certificate(self, usage: KeyUsage = KeyUsage.SIGNING) -> Certificate | None:
        """Return the certificate kept for a pair, None when there is none.

        :raises InvalidTypeError: when usage is no KeyUsage.
        :raises DecodeError: when what is kept is no certificate.
        """
        member(usage, KeyUsage, "usage")
        pair = self._group().pair(usage)
        return None if pair is None or pair.certificate is None else Certificate.from_der(pair.certificate.encoded)

    def import_certificate(self, certificate: Certificate, usage: KeyUsage = KeyUsage.SIGNING) -> None:
        """Keep the certificate of a pair, in place of the one that is there.

        :raises InvalidTypeError: when an input has the wrong type.
        :raises KeyMismatchError: when its public key is not that of the pair.
        :raises TokenNotFoundError: when there is no such pair.
        :raises TokenError: when the token refuses; the old certificate is put back then.
        """
        member(certificate, Certificate, "certificate")
        pair = self._pair(usage)
        if pair.info is not None and certificate.public_key != self.public_key(usage):
            raise KeyMismatchError(f"the certificate is for another key than the {usage.value} pair of {self._shown}")
        encoded = certificate.to_der()
        if pair.certificate is not None and pair.certificate.encoded == encoded:
            return
        session = self._session
        try:
            if pair.certificate is not None:
                session.destroy_object(pair.certificate.handle)
            try:
                session.create_object(self._certificate_attributes(certificate, pair.identifier))
            except TokenError:
                self._put_back(pair.certificate)
                raise
        finally:
            self._application.changed()

    def _put_back(self, kept: CertificateObject | None) -> None:
        if kept is not None:
            old = Certificate.from_der(kept.encoded, lenient=True)
            self._session.create_object(self._certificate_attributes(old, kept.identifier))

    def _certificate_attributes(self, certificate: Certificate, identifier: bytes) -> dict[int, AttributeValue]:
        return {
            C.CKA_CLASS: C.CKO_CERTIFICATE,
            C.CKA_CERTIFICATE_TYPE: C.CKC_X_509,
            C.CKA_TOKEN: True,
            C.CKA_PRIVATE: False,
            C.CKA_LABEL: self._name,
            C.CKA_ID: identifier,
            C.CKA_SUBJECT: certificate.subject.to_der(),
            C.CKA_ISSUER: certificate.issuer.to_der(),
            C.CKA_SERIAL_NUMBER: der.encode_integer(certificate.serial_number),
            C.CKA_VALUE: certificate.to_der(),
        }

    # ---- its end ------------------------------------------------------------------------
    def delete(self) -> None:
        """Destroy every object of the container. For the application."""
        session = self._session
        for pair in self._group().pairs:
            certificate = None if pair.certificate is None else pair.certificate.handle
            for handle in (certificate, pair.public, pair.private):
                if handle is not None:
                    session.destroy_object(handle)
        self._application.changed()

    def close(self) -> None:
        """Refuse every further call; doing so twice is no error."""
        self._is_open = False

    def __repr__(self) -> str:
        return f"<PKCS11Container {self._name!r} of token {self._application.name!r}>"


class _Place:
    """Where the private key of a pair of a container is found; a PrivateKeyPlace."""

    def __init__(self, container: PKCS11Container, usage: KeyUsage) -> None:
        self._container = container
        self._usage = usage

    @property
    def session(self) -> Session:
        return self._container._session

    @property
    def numbers(self) -> MechanismMap:
        return self._container._numbers

    @property
    def place(self) -> str:
        return self._container._shown

    def private_key(self) -> int:
        return self._container._private_key(self._usage)
