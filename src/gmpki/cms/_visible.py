"""The variants that can be seen in a message without a key and without its content.

What verification and decryption meet beyond these, such as a digest made with Z, they report themselves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki import oids
from gmpki.asn1 import der
from gmpki.asn1.rfc5652 import KeyTransRecipientInfo
from gmpki.cms.algorithms import digest_name
from gmpki.cms.content_ciphers import CipherParameters
from gmpki.cms.enveloped import family_variants
from gmpki.cms.profiles import MessageProfile
from gmpki.cms.recipients import SM2_IDENTIFIERS
from gmpki.cms.variants import Variant
from gmpki.errors import GmpkiError
from gmpki.keys.signature_algorithms import SM2_SIGNATURES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gmpki.asn1.rfc5652 import EncryptedContentInfo, RecipientInfo, SignedData, SignerInfo

__all__ = ["envelope_variants", "signer_variants"]

_DATA_TYPES: Final = frozenset((oids.DATA, oids.GM_DATA))
_SM2_ALGORITHMS: Final = frozenset((*SM2_SIGNATURES, oids.SM2, oids.EC_PUBLIC_KEY, oids.RSA_MD2))
_RAW_LEN: Final = 64
_DER_OF_THAT_LEN: Final = b"\x30\x3e"


def signer_variants(signer: SignerInfo, message: SignedData) -> list[Variant]:
    """Name what is unusual about a signer."""
    found: list[Variant] = []
    digest = None
    try:
        digest, variants = digest_name(signer.digest_algorithm, lenient=True)
        found += variants
    except GmpkiError:
        pass  # no variant of anything: verification says what is wrong
    if signer.digest_algorithm.algorithm not in {item.algorithm for item in message.digest_algorithms}:
        found.append(Variant.DIGEST_NOT_LISTED)
    named = signer.signature_algorithm.algorithm
    if named in (oids.SM2, oids.EC_PUBLIC_KEY):
        found.append(Variant.KEY_AS_SIGNATURE_ALGORITHM)
    elif named == oids.RSA_MD2 and digest == "sm3":
        found.append(Variant.MD2_RSA_FOR_SM2)
    raw = len(signer.signature) == _RAW_LEN and signer.signature[:2] != _DER_OF_THAT_LEN
    if raw and named in _SM2_ALGORITHMS:
        found.append(Variant.RAW_SIGNATURE)
    inner = message.encap_content_info.content_type
    if signer.signed_attributes is None and inner not in _DATA_TYPES:
        found.append(Variant.NO_ATTRIBUTES)
    synonyms = [der.encode_oid(oid) for oid in _DATA_TYPES - {inner}] if inner in _DATA_TYPES else []
    if any(value in synonyms for value in signer.attributes().find_all(oids.CONTENT_TYPE)):
        found.append(Variant.CONTENT_TYPE_SYNONYM)
    return found


def envelope_variants(
    content_type: str, content: EncryptedContentInfo, recipients: Iterable[RecipientInfo]
) -> list[Variant]:
    """Name what is unusual about an encrypted message."""
    found: list[Variant] = []
    is_gm = MessageProfile.of(content_type) is MessageProfile.GMT0010
    for info in recipients:
        if isinstance(info, KeyTransRecipientInfo):
            variant = SM2_IDENTIFIERS.get(info.key_encryption_algorithm.algorithm)
            if variant is not None:
                found.append(variant)
            if is_gm and isinstance(info.rid, bytes):
                found.append(Variant.KEY_IDENTIFIER_RECIPIENT)
    try:
        parameters = CipherParameters.read(content.content_encryption_algorithm)
    except GmpkiError:
        return found  # a cipher that is not done here
    return found + list(family_variants(content_type, content.content_type, parameters))
