"""Object identifiers, one line each, with the document and clause that assigns it.

An :class:`ObjectIdentifier` is a dotted string that also knows its names, so it compares equal to, and can be used as,
plain text. :func:`find` turns any dotted string into one.
"""

from __future__ import annotations

from typing import NoReturn

__all__ = ["ObjectIdentifier", "find", "registered"]


class ObjectIdentifier(str):
    """A dotted object identifier with its names. Immutable; thread-safe.

    :ivar name: the English name, as the standard writes it; the dotted text itself when it is not registered here.
    :ivar name_zh: the Chinese name, empty when there is none in use.
    :ivar source: the document and clause that assigns it.
    """

    __slots__ = ("name", "name_zh", "source")
    name: str
    name_zh: str
    source: str

    def __new__(cls, dotted: str, name: str = "", name_zh: str = "", source: str = "") -> ObjectIdentifier:
        """Make an identifier of a dotted string, which is taken as it is."""
        self = super().__new__(cls, dotted)
        object.__setattr__(self, "name", name or dotted)
        object.__setattr__(self, "name_zh", name_zh)
        object.__setattr__(self, "source", source)
        return self

    def __setattr__(self, attribute: str, value: object) -> NoReturn:
        raise AttributeError("an ObjectIdentifier is immutable")

    def __delattr__(self, attribute: str) -> NoReturn:
        raise AttributeError("an ObjectIdentifier is immutable")

    def __repr__(self) -> str:
        dotted = str.__str__(self)
        return f"<ObjectIdentifier {dotted}>" if self.name == dotted else f"<ObjectIdentifier {dotted} {self.name}>"

    def __reduce__(self) -> tuple[type[ObjectIdentifier], tuple[str, str, str, str]]:
        return ObjectIdentifier, (str.__str__(self), self.name, self.name_zh, self.source)


_registry: dict[str, ObjectIdentifier] = {}


def _oid(dotted: str, name: str, name_zh: str, source: str) -> ObjectIdentifier:
    value = ObjectIdentifier(dotted, name, name_zh, source)
    _registry[dotted] = value
    return value


def find(dotted: str) -> ObjectIdentifier:
    """Return the registered identifier of a dotted string, or an unnamed one."""
    known = _registry.get(dotted)
    return known if known is not None else ObjectIdentifier(dotted)


def registered() -> tuple[ObjectIdentifier, ...]:
    """Return every identifier that stands in this file, in its order."""
    return tuple(_registry.values())


# ---- commercial cryptography algorithms (GB/T 33560-2017, before it GM/T 0006-2012) ---------------------------------
SM1 = _oid("1.2.156.10197.1.102", "SM1", "SM1分组密码算法", "GB/T 33560-2017 annex A")
SM4 = _oid("1.2.156.10197.1.104", "SM4", "SM4分组密码算法", "GB/T 33560-2017 annex A")
SM2 = _oid("1.2.156.10197.1.301", "SM2", "SM2椭圆曲线公钥密码算法", "GB/T 33560-2017 annex A; the curve too")
SM2_SIGN = _oid("1.2.156.10197.1.301.1", "SM2-1", "SM2数字签名算法", "GB/T 33560-2017 annex A")
SM2_EXCHANGE = _oid("1.2.156.10197.1.301.2", "SM2-2", "SM2密钥交换协议", "GB/T 33560-2017 annex A")
SM2_ENCRYPT = _oid("1.2.156.10197.1.301.3", "SM2-3", "SM2公钥加密算法", "GB/T 33560-2017 annex A")
SM3 = _oid("1.2.156.10197.1.401", "SM3", "SM3密码杂凑算法", "GB/T 33560-2017 annex A")
SM3_HASH = _oid("1.2.156.10197.1.401.1", "SM3-1", "SM3密码杂凑算法，无密钥使用", "GB/T 33560-2017 annex A")
HMAC_SM3 = _oid("1.2.156.10197.1.401.2", "HMAC-SM3", "SM3密码杂凑算法，有密钥使用", "GB/T 33560-2017 annex A")
HMAC_SM3_0091 = _oid("1.2.156.10197.1.401.3.1", "hmacWithSM3", "HMAC-SM3", "GM/T 0091-2020 annex A.2")
SM2_WITH_SM3 = _oid("1.2.156.10197.1.501", "SM2-with-SM3", "基于SM2算法和SM3算法的签名", "GB/T 33560-2017 annex A")
RSA_WITH_SM3 = _oid("1.2.156.10197.1.504", "RSA-with-SM3", "基于RSA算法和SM3算法的签名", "GB/T 33560-2017 annex A")

# ---- SM4 modes (in no standard read here; the numbers every implementation agrees on) -------------------------------
SM4_ECB = _oid("1.2.156.10197.1.104.1", "SM4-ECB", "SM4 ECB模式", "de facto")
SM4_CBC = _oid("1.2.156.10197.1.104.2", "SM4-CBC", "SM4 CBC模式", "de facto")
SM4_GCM = _oid("1.2.156.10197.1.104.8", "SM4-GCM", "SM4 GCM模式", "de facto; parameters as RFC 5084 3.2")
SM4_CCM = _oid("1.2.156.10197.1.104.9", "SM4-CCM", "SM4 CCM模式", "de facto; parameters as RFC 5084 3.1")

# ---- password based encryption of GM/T 0091-2020; two numberings are in use, neither could be seen in the text ------
SM_PBKDF = _oid("1.2.156.10197.6.1.4.1.5.1", "SM-PBKDF", "基于口令的密钥派生", "GM/T 0091-2020")
SM_PBES = _oid("1.2.156.10197.6.1.4.1.5.2", "SM-PBES", "基于口令的加密方案", "GM/T 0091-2020")
SM_PBKDF_ALTERNATE = _oid("1.2.156.10197.6.4.1.5.1", "SM-PBKDF (6.4 arc)", "基于口令的密钥派生", "de facto")
SM_PBES_ALTERNATE = _oid("1.2.156.10197.6.4.1.5.2", "SM-PBES (6.4 arc)", "基于口令的加密方案", "de facto")

# ---- public keys and curves -----------------------------------------------------------------------------------------
EC_PUBLIC_KEY = _oid("1.2.840.10045.2.1", "id-ecPublicKey", "椭圆曲线公钥", "RFC 5480 2.1.1")
PRIME_FIELD = _oid("1.2.840.10045.1.1", "prime-field", "素域", "SEC 1 v2 C.1")
P192 = _oid("1.2.840.10045.3.1.1", "secp192r1", "", "RFC 5480 2.1.1.1")
P224 = _oid("1.3.132.0.33", "secp224r1", "", "RFC 5480 2.1.1.1")
P256 = _oid("1.2.840.10045.3.1.7", "secp256r1", "", "RFC 5480 2.1.1.1")
P384 = _oid("1.3.132.0.34", "secp384r1", "", "RFC 5480 2.1.1.1")
P521 = _oid("1.3.132.0.35", "secp521r1", "", "RFC 5480 2.1.1.1")
ED25519 = _oid("1.3.101.112", "id-Ed25519", "", "RFC 8410 3")
RSA_ENCRYPTION = _oid("1.2.840.113549.1.1.1", "rsaEncryption", "RSA公钥", "RFC 8017 A.1")

# ---- hashes ---------------------------------------------------------------------------------------------------------
SHA1 = _oid("1.3.14.3.2.26", "id-sha1", "", "RFC 3279 2.1.3")
SHA256 = _oid("2.16.840.1.101.3.4.2.1", "id-sha256", "", "RFC 5754 2.2")
SHA384 = _oid("2.16.840.1.101.3.4.2.2", "id-sha384", "", "RFC 5754 2.3")
SHA512 = _oid("2.16.840.1.101.3.4.2.3", "id-sha512", "", "RFC 5754 2.4")
MGF1 = _oid("1.2.840.113549.1.1.8", "id-mgf1", "", "RFC 8017 A.2.1")

# ---- signatures of other algorithms ---------------------------------------------------------------------------------
RSA_PSS = _oid("1.2.840.113549.1.1.10", "id-RSASSA-PSS", "", "RFC 8017 A.2.3")
RSA_SHA1 = _oid("1.2.840.113549.1.1.5", "sha1WithRSAEncryption", "", "RFC 8017 A.2.4")
RSA_SHA256 = _oid("1.2.840.113549.1.1.11", "sha256WithRSAEncryption", "", "RFC 8017 A.2.4")
RSA_SHA384 = _oid("1.2.840.113549.1.1.12", "sha384WithRSAEncryption", "", "RFC 8017 A.2.4")
RSA_SHA512 = _oid("1.2.840.113549.1.1.13", "sha512WithRSAEncryption", "", "RFC 8017 A.2.4")
ECDSA_SHA1 = _oid("1.2.840.10045.4.1", "ecdsa-with-SHA1", "", "RFC 3279 2.2.3")
ECDSA_SHA256 = _oid("1.2.840.10045.4.3.2", "ecdsa-with-SHA256", "", "RFC 5758 3.2")
ECDSA_SHA384 = _oid("1.2.840.10045.4.3.3", "ecdsa-with-SHA384", "", "RFC 5758 3.2")
ECDSA_SHA512 = _oid("1.2.840.10045.4.3.4", "ecdsa-with-SHA512", "", "RFC 5758 3.2")

# ---- PKCS #5 (RFC 8018) ---------------------------------------------------------------------------------------------
PBKDF2 = _oid("1.2.840.113549.1.5.12", "id-PBKDF2", "", "RFC 8018 A.2")
PBES2 = _oid("1.2.840.113549.1.5.13", "id-PBES2", "", "RFC 8018 A.4")
HMAC_SHA1 = _oid("1.2.840.113549.2.7", "id-hmacWithSHA1", "", "RFC 8018 B.1.1")
HMAC_SHA224 = _oid("1.2.840.113549.2.8", "id-hmacWithSHA224", "", "RFC 8018 B.1.2")
HMAC_SHA256 = _oid("1.2.840.113549.2.9", "id-hmacWithSHA256", "", "RFC 8018 B.1.2")
HMAC_SHA384 = _oid("1.2.840.113549.2.10", "id-hmacWithSHA384", "", "RFC 8018 B.1.2")
HMAC_SHA512 = _oid("1.2.840.113549.2.11", "id-hmacWithSHA512", "", "RFC 8018 B.1.2")
AES128_CBC = _oid("2.16.840.1.101.3.4.1.2", "aes128-CBC", "", "RFC 3565 4.1")
AES192_CBC = _oid("2.16.840.1.101.3.4.1.22", "aes192-CBC", "", "RFC 3565 4.1")
AES256_CBC = _oid("2.16.840.1.101.3.4.1.42", "aes256-CBC", "", "RFC 3565 4.1")
DES_EDE3_CBC = _oid("1.2.840.113549.3.7", "des-ede3-cbc", "", "RFC 8018 B.2.2")
