"""Messages as products in the field write them, where they differ from the standards: each difference by name.

What is only another encoding is a :class:`~gmpki.asn1.quirks.QuirkKind`. What stands here concerns the meaning of a
message. Only lenient reading accepts it, unless said otherwise, and every report lists what was met.
"""

from __future__ import annotations

from enum import Enum

__all__ = ["Variant"]


class Variant(str, Enum):
    """A difference from the standards. The values are stable and stand in reports.

    Confidence: [F] seen in files of the field, [C] known from one implementation.
    """

    SM2_UNDER_PKCS7 = "sm2-under-pkcs7-identifiers"
    """SM2 signers in a message with the content types of PKCS #7, as OpenSSL and Bouncy Castle write it [F]. This is
    the profile RFC5652, which strict reading takes as well; it is named because GM/T 0010 has its own identifiers."""
    INNER_PKCS7_TYPE = "inner-pkcs7-type"
    """The outer content type is of GM/T 0010 and the inner one id-data of PKCS #7: BJCA, Yunnan CA with Gomain [F]."""
    INNER_GM_TYPE = "inner-gm-type"
    """The outer content type is of PKCS #7 and the inner one data of GM/T 0010."""
    CONTENT_TYPE_SYNONYM = "content-type-synonym"
    """The signed content-type attribute has the other identifier for data than the message: Yunnan CA with Gomain [F].
    """
    DIGEST_NOT_LISTED = "digest-not-listed"
    """The digest algorithm of a signer is not among digestAlgorithms of the message."""
    DIGEST_HMAC_IDENTIFIER = "digest-hmac-identifier"
    """1.2.156.10197.1.401.2, which is HMAC-SM3, in the place of SM3 [F]."""
    DIGEST_WITH_Z = "digest-with-z"
    """messageDigest is SM3(Z || content) instead of SM3(content) [C]."""
    KEY_AS_SIGNATURE_ALGORITHM = "key-as-signature-algorithm"
    """The signature algorithm of an SM2 or ECDSA signer names the kind of key: SM2 or id-ecPublicKey [F]."""
    MD2_RSA_FOR_SM2 = "md2-rsa-for-sm2"
    """1.2.840.113549.1.1.2, md2WithRSAEncryption, as the algorithm of an SM2 signature: BJCA [C]."""
    RAW_SIGNATURE = "raw-signature"
    """The SM2 signature is 64 bytes r, s instead of DER [F]."""
    KEY_IDENTIFIER_SIGNER = "key-identifier-signer"
    """A signer of GM/T 0010 named by the identifier of his key, which that standard does not have: the profile CFCA
    [C]. Strict reading takes it as well."""
    GMSSL3 = "gmssl3"
    """The SM3 digest of the whole encoding of the inner content info was signed, without Z: GmSSL 3 [C]."""
    NO_ATTRIBUTES = "no-attributes"
    """A signer without signed attributes over a content that is not plain data, for which RFC 5652 5.3 asks for them;
    or a counter-signer, who by these alone can be told from somebody who signed the same bytes as a content."""

    # Envelopes. To open one says nothing about who wrote it, so these are accepted by strict reading too, and reported.
    CIPHER_WITHOUT_MODE = "cipher-without-mode"
    """SM4 without a mode (1.2.156.10197.1.104) and with an IV, for SM4-CBC: CFCA [C]."""
    KEY_IDENTIFIER_RECIPIENT = "key-identifier-recipient"
    """A recipient of GM/T 0010 named by the identifier of the key, which that standard does not have: CFCA [C]."""
    EXCHANGE_AS_KEY_ENCRYPTION = "exchange-as-key-encryption"
    """1.2.156.10197.1.301.2, which is the key exchange, for a key encrypted with SM2: GmSSL 3 [C]."""
    PUBLIC_KEY_AS_KEY_ENCRYPTION = "public-key-as-key-encryption"
    """The algorithm of the recipient's public key, id-ecPublicKey with the curve or SM2, in the place of SM2-3: BJCA
    [C]."""
    RAW_CIPHERTEXT = "raw-ciphertext"
    """The key encrypted with SM2 is not DER but 04, x, y and the rest, in the order of the standard or that of 2010:
    what Bouncy Castle's cipher gives unless it is told otherwise [C]."""
    TAG_IN_CONTENT = "tag-in-content"
    """GCM in EnvelopedData, its tag at the end of the encrypted content, instead of AuthEnvelopedData: gmsm [C]."""
