"""The profiles of messages: one table of what each writes, types, versions and algorithm identifiers.

Readers take every profile; the table decides only what is written, and what is refused for lack of a place.

>>> from gmpki.cms.profiles import MessageKind, MessageProfile
>>> print(MessageProfile.GMT0010.content_type(MessageKind.SIGNED_DATA))
1.2.156.10197.6.1.4.2.2
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final

from gmpki import _inputs, oids
from gmpki.asn1.gmt0010 import GM_OF
from gmpki.asn1.rfc5280 import NULL, AlgorithmIdentifier
from gmpki.errors import ProfileError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gmpki.oids import ObjectIdentifier

__all__ = ["MessageKind", "MessageProfile", "ProfileRules"]


class MessageKind(Enum):
    """What a message is, whichever object identifier says so."""

    DATA = "data"
    SIGNED_DATA = "signed-data"
    ENVELOPED_DATA = "enveloped-data"
    SIGNED_AND_ENVELOPED_DATA = "signed-and-enveloped-data"
    ENCRYPTED_DATA = "encrypted-data"
    DIGESTED_DATA = "digested-data"
    AUTH_ENVELOPED_DATA = "auth-enveloped-data"
    KEY_AGREEMENT_INFO = "key-agreement-info"

    # There is one object of each; the hash of Enum is Python code, and the tables here are asked with every message.
    __hash__ = object.__hash__

    @classmethod
    def of(cls, content_type: str) -> MessageKind | None:
        """Return what a content type means in either family, PKCS #7 or GM/T 0010; None when it is neither's.

        :param content_type: an object identifier.
        """
        return _KIND_OF.get(content_type)


_K = MessageKind
_PKCS_TYPES: Final[Mapping[MessageKind, ObjectIdentifier]] = {
    _K.DATA: oids.DATA,
    _K.SIGNED_DATA: oids.SIGNED_DATA,
    _K.ENVELOPED_DATA: oids.ENVELOPED_DATA,
    _K.ENCRYPTED_DATA: oids.ENCRYPTED_DATA,
    _K.DIGESTED_DATA: oids.DIGESTED_DATA,
    _K.AUTH_ENVELOPED_DATA: oids.AUTH_ENVELOPED_DATA,
}
_GM_TYPES: Final[Mapping[MessageKind, ObjectIdentifier]] = {
    **{kind: GM_OF[oid] for kind, oid in _PKCS_TYPES.items() if oid in GM_OF},
    _K.SIGNED_AND_ENVELOPED_DATA: oids.GM_SIGNED_AND_ENVELOPED_DATA,
    _K.KEY_AGREEMENT_INFO: oids.GM_KEY_AGREEMENT_INFO,
}
# CFCA's software takes the types of RFC 5652 where GM/T 0010 has none.
_CFCA_TYPES: Final[Mapping[MessageKind, ObjectIdentifier]] = {**_PKCS_TYPES, **_GM_TYPES}
_KIND_OF: Final[Mapping[str, MessageKind]] = {
    oids.SIGNED_AND_ENVELOPED_DATA: _K.SIGNED_AND_ENVELOPED_DATA,
    **{oid: kind for kind, oid in _PKCS_TYPES.items()},
    **{oid: kind for kind, oid in _GM_TYPES.items()},
}


_RSA: Final = AlgorithmIdentifier(oids.RSA_ENCRYPTION, NULL)
_SM2_ENCRYPTION: Final = AlgorithmIdentifier(oids.SM2_ENCRYPT)


class MessageProfile(Enum):
    """How messages are written.

    ``GMT0010`` as GM/T 0010-2012 and the software that follows it: its content types, version 1 throughout, signers
    and recipients named by issuer and serial number. ``RFC5652`` as RFC 5652, with SM2 as much as with RSA. ``CFCA``
    as the software of that authority is described [C]: GM/T 0010, but recipients are named by key identifier with
    version 2, and SM4-CBC has the identifier of SM4 alone.
    """

    GMT0010 = "gmt0010"
    RFC5652 = "rfc5652"
    CFCA = "cfca"

    __hash__ = object.__hash__

    @property
    def rules(self) -> ProfileRules:
        """The row of the table."""
        return _RULES[self]

    def content_type(self, kind: MessageKind) -> ObjectIdentifier:
        """Return the object identifier of a kind of message.

        :raises InvalidTypeError: when kind is none.
        :raises ProfileError: when the profile has no such message.
        """
        _inputs.member(kind, MessageKind, "kind")
        found = self.rules.content_types.get(kind)
        if found is None:
            raise ProfileError(f"the profile {self.value} has no {kind.value}")
        return found

    def inner_type(self, content_type: str | None) -> ObjectIdentifier:
        """Return the type of a content: the one that was asked for, or for None data of the profile.

        :raises InvalidTypeError: when it is neither None nor ``str``.
        """
        if content_type is None:
            return self.content_type(MessageKind.DATA)
        return oids.find(_inputs.as_text(content_type, "content_type"))

    @classmethod
    def of(cls, content_type: str) -> MessageProfile | None:
        """Return the profile whose family a content type belongs to, GMT0010 or RFC5652; None when it is neither's."""
        if content_type in _GM_TYPES.values():
            return cls.GMT0010
        return cls.RFC5652 if content_type in _KIND_OF else None


@dataclass(frozen=True, slots=True)
class ProfileRules:
    """What one profile writes. Immutable; thread-safe.

    :ivar content_types: the object identifier of each kind of message it has.
    :ivar versions_by_content: whether versions follow from the content (RFC 5652 5.1, 6.1, 6.2.1, 7 and 8); else each
        is 1, that of a recipient named by key identifier and of the envelope around it 2.
    :ivar key_identifiers: whether signers and recipients may be named by key identifier.
    :ivar recipients_by_key_identifier: whether recipients are, unless the caller says otherwise.
    :ivar sm2_signature: the algorithm in a signer's entry for SM2 with SM3.
    :ivar rsa_signature: the same for RSA with PKCS #1 version 1.5, whichever digest it has (RFC 3370 3.2).
    :ivar sm2_encryption: the algorithm in a recipient's entry for SM2.
    :ivar rsa_encryption: the same for RSA with PKCS #1 version 1.5.
    :ivar sm4_cbc: the identifier of SM4-CBC, whose parameters are the initial value.
    """

    content_types: Mapping[MessageKind, ObjectIdentifier]
    versions_by_content: bool
    key_identifiers: bool
    recipients_by_key_identifier: bool
    sm2_signature: AlgorithmIdentifier
    rsa_signature: AlgorithmIdentifier = _RSA
    sm2_encryption: AlgorithmIdentifier = _SM2_ENCRYPTION
    rsa_encryption: AlgorithmIdentifier = _RSA
    sm4_cbc: ObjectIdentifier = oids.SM4_CBC

    def signed_version(self, *, plain_data: bool, key_identifiers: bool, other_certificates: bool = False) -> int:
        """Return the version of a SignedData.

        :param plain_data: whether the content type is data.
        :param key_identifiers: whether a signer is named by key identifier.
        :param other_certificates: whether certificates or revocation lists of other kinds than X.509 are carried.
        :standard: RFC 5652 5.1
        """
        if not self.versions_by_content:
            return 1
        if other_certificates:
            return 5
        return 1 if plain_data and not key_identifiers else 3

    def signer_version(self, *, key_identifier: bool) -> int:
        """Return the version of a SignerInfo (RFC 5652 5.3)."""
        return 3 if key_identifier and self.versions_by_content else 1

    def enveloped_version(self, *, key_identifiers: bool, more: bool = False) -> int:
        """Return the version of an EnvelopedData whose recipients are all by key transport.

        :param key_identifiers: whether a recipient is named by key identifier.
        :param more: whether there is originator information, or there are unprotected attributes.
        :standard: RFC 5652 6.1
        """
        if not self.versions_by_content:
            return 2 if key_identifiers else 1  # two envelopes of CFCA's software that were seen have 2
        return 2 if key_identifiers or more else 0

    def recipient_version(self, *, key_identifier: bool) -> int:
        """Return the version of a KeyTransRecipientInfo (RFC 5652 6.2.1)."""
        if key_identifier:
            return 2
        return 0 if self.versions_by_content else 1

    def encrypted_version(self, *, attributes: bool = False) -> int:
        """Return the version of an EncryptedData; with unprotected attributes it is another (RFC 5652 8)."""
        if not self.versions_by_content:
            return 1
        return 2 if attributes else 0

    def digested_version(self, *, plain_data: bool) -> int:
        """Return the version of a DigestedData (RFC 5652 7), which GM/T 0010 does not have."""
        return 0 if plain_data else 2


_RULES: Final[Mapping[MessageProfile, ProfileRules]] = {
    MessageProfile.GMT0010: ProfileRules(
        content_types=_GM_TYPES,
        versions_by_content=False,
        key_identifiers=False,
        recipients_by_key_identifier=False,
        sm2_signature=AlgorithmIdentifier(oids.SM2_SIGN),
    ),
    MessageProfile.RFC5652: ProfileRules(
        content_types=_PKCS_TYPES,
        versions_by_content=True,
        key_identifiers=True,
        recipients_by_key_identifier=False,
        sm2_signature=AlgorithmIdentifier(oids.SM2_WITH_SM3),
    ),
    MessageProfile.CFCA: ProfileRules(
        content_types=_CFCA_TYPES,
        versions_by_content=False,
        key_identifiers=True,
        recipients_by_key_identifier=True,
        sm2_signature=AlgorithmIdentifier(oids.SM2_SIGN),
        sm4_cbc=oids.SM4,
    ),
}
