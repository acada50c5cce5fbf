"""Object identifiers, one line each, with the document and clause that assigns it.

An :class:`ObjectIdentifier` is a dotted string that also knows its names, so it compares equal to, and can be used as,
plain text. :func:`find` turns any dotted string into one.

A letter in brackets after the source says how far it is trusted where the standard's own text was not read: [B] two
independent implementations or more agree, [C] one implementation or secondary pages, [D] general knowledge.
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


# ---- the arc of the cryptography industry (GB/T 33560-2017, before it GM/T 0006-2012) -------------------------------
GM = _oid("1.2.156.10197", "china-cryptography", "密码行业标准化技术委员会", "GB/T 33560-2017 annex A")
GM_ALGORITHMS = _oid("1.2.156.10197.1", "algorithms", "密码算法", "GB/T 33560-2017 annex A")
GM_BLOCK_CIPHERS = _oid("1.2.156.10197.1.100", "block-ciphers", "分组密码算法", "GB/T 33560-2017 annex A")
GM_STREAM_CIPHERS = _oid("1.2.156.10197.1.200", "stream-ciphers", "序列密码算法", "GB/T 33560-2017 annex A")
GM_PUBLIC_KEY = _oid("1.2.156.10197.1.300", "public-key", "公钥密码算法", "GB/T 33560-2017 annex A")
GM_HASHES = _oid("1.2.156.10197.1.400", "hashes", "密码杂凑算法", "GB/T 33560-2017 annex A")
GM_COMBINED = _oid("1.2.156.10197.1.500", "sign-and-hash", "签名与杂凑组合", "GB/T 33560-2017 annex A")
GM_CA_CODE = _oid("1.2.156.10197.4.3", "ca-code", "CA代码", "GB/T 33560-2017 annex A")
GM_STANDARDS = _oid("1.2.156.10197.6", "standards", "标准体系", "GB/T 33560-2017 annex A")
GM_STANDARDS_BASE = _oid("1.2.156.10197.6.1", "standards-base", "基础类", "GB/T 33560-2017 annex A")
GM_STANDARDS_DEVICE = _oid("1.2.156.10197.6.2", "standards-device", "设备类", "GB/T 33560-2017 annex A")
GM_STANDARDS_SERVICE = _oid("1.2.156.10197.6.3", "standards-service", "服务类", "GB/T 33560-2017 annex A")
GM_STANDARDS_INFRASTRUCTURE = _oid(
    "1.2.156.10197.6.4", "standards-infrastructure", "基础设施类", "GB/T 33560-2017 annex A"
)
GM_STANDARDS_TESTING = _oid("1.2.156.10197.6.5", "standards-testing", "检测类", "GB/T 33560-2017 annex A")
GM_STANDARDS_MANAGEMENT = _oid("1.2.156.10197.6.6", "standards-management", "管理类", "GB/T 33560-2017 annex A")
GM_TEXT_ZUC = _oid("1.2.156.10197.6.1.1.1", "standard-ZUC", "祖冲之序列密码算法标准", "GB/T 33560-2017 annex A")
GM_TEXT_SM4 = _oid("1.2.156.10197.6.1.1.2", "standard-SM4", "SM4分组密码算法标准", "GB/T 33560-2017 annex A")
GM_TEXT_SM2 = _oid("1.2.156.10197.6.1.1.3", "standard-SM2", "SM2椭圆曲线公钥密码算法标准", "GB/T 33560-2017 annex A")
GM_TEXT_SM3 = _oid("1.2.156.10197.6.1.1.4", "standard-SM3", "SM3密码杂凑算法标准", "GB/T 33560-2017 annex A")
GM_TEXT_IDENTIFIERS = _oid(
    "1.2.156.10197.6.1.2.1", "standard-identifiers", "密码应用标识规范", "GB/T 33560-2017 annex A"
)
GM_TEXT_MODES = _oid("1.2.156.10197.6.1.3", "standard-modes", "工作模式", "GB/T 33560-2017 annex A")
GM_TEXT_MECHANISMS = _oid("1.2.156.10197.6.1.4", "standard-mechanisms", "安全机制", "GB/T 33560-2017 annex A")
GM_TEXT_SM2_USAGE = _oid(
    "1.2.156.10197.6.1.4.1", "standard-SM2-usage", "SM2密码算法使用规范", "GB/T 33560-2017 annex A"
)
GM_TEXT_SM2_SYNTAX = _oid(
    "1.2.156.10197.6.1.4.2", "standard-SM2-syntax", "SM2密码算法加密签名消息语法规范", "GB/T 33560-2017 annex A"
)
GM_TEXT_SM9_USAGE = _oid(
    "1.2.156.10197.6.1.4.3", "standard-SM9-usage", "SM9密码算法使用规范", "GB/T 33560-2017 annex A"
)
GM_TEXT_SM9_SYNTAX = _oid(
    "1.2.156.10197.6.1.4.4", "standard-SM9-syntax", "SM9密码算法加密签名消息语法规范", "GB/T 33560-2017 annex A"
)

# ---- commercial cryptography algorithms -----------------------------------------------------------------------------
SM6 = _oid("1.2.156.10197.1.101", "SM6", "SM6分组密码算法", "in no standard read [B]")
SM1 = _oid("1.2.156.10197.1.102", "SM1", "SM1分组密码算法", "GB/T 33560-2017 annex A")
SSF33 = _oid("1.2.156.10197.1.103", "SSF33", "SSF33分组密码算法", "GB/T 33560-2017 annex A")
SM4 = _oid("1.2.156.10197.1.104", "SM4", "SM4分组密码算法", "GB/T 33560-2017 annex A")
ZUC = _oid("1.2.156.10197.1.201", "ZUC", "祖冲之序列密码算法", "GB/T 33560-2017 annex A")
SM2 = _oid("1.2.156.10197.1.301", "SM2", "SM2椭圆曲线公钥密码算法", "GB/T 33560-2017 annex A; the curve too")
SM2_SIGN = _oid("1.2.156.10197.1.301.1", "SM2-1", "SM2数字签名算法", "GB/T 33560-2017 annex A")
SM2_EXCHANGE = _oid("1.2.156.10197.1.301.2", "SM2-2", "SM2密钥交换协议", "GB/T 33560-2017 annex A")
SM2_ENCRYPT = _oid("1.2.156.10197.1.301.3", "SM2-3", "SM2公钥加密算法", "GB/T 33560-2017 annex A")
WAPI_P192 = _oid("1.2.156.10197.1.301.101", "wapip192v1", "WAPI 192位曲线", "in no standard read [C]")
SM9 = _oid("1.2.156.10197.1.302", "SM9", "SM9标识密码算法", "GB/T 33560-2017 annex A")
SM9_SIGN = _oid("1.2.156.10197.1.302.1", "SM9-1", "SM9数字签名算法", "GB/T 33560-2017 annex A")
SM9_EXCHANGE = _oid("1.2.156.10197.1.302.2", "SM9-2", "SM9密钥交换协议", "GB/T 33560-2017 annex A")
SM9_ENCRYPT = _oid("1.2.156.10197.1.302.3", "SM9-3", "SM9密钥封装机制和公钥加密算法", "GB/T 33560-2017 annex A")
SM3 = _oid("1.2.156.10197.1.401", "SM3", "SM3密码杂凑算法", "GB/T 33560-2017 annex A")
SM3_HASH = _oid("1.2.156.10197.1.401.1", "SM3-1", "SM3密码杂凑算法，无密钥使用", "GB/T 33560-2017 annex A")
HMAC_SM3 = _oid("1.2.156.10197.1.401.2", "HMAC-SM3", "SM3密码杂凑算法，有密钥使用", "GB/T 33560-2017 annex A")
HMAC_SM3_0091 = _oid("1.2.156.10197.1.401.3.1", "hmacWithSM3", "HMAC-SM3", "GM/T 0091-2020 annex A.2 [B]")
# Some software has 502 to 506 for SM2 with SHA-1, SHA-256, SHA-512, SHA-224, SHA-384; here
# the standard's meaning holds.
SM2_WITH_SM3 = _oid("1.2.156.10197.1.501", "SM2-with-SM3", "基于SM2算法和SM3算法的签名", "GB/T 33560-2017 annex A")
SM9_WITH_SM3 = _oid("1.2.156.10197.1.502", "SM9-with-SM3", "基于SM9算法和SM3算法的签名", "GB/T 33560-2017 annex A")
RSA_WITH_SM3 = _oid("1.2.156.10197.1.504", "RSA-with-SM3", "基于RSA算法和SM3算法的签名", "GB/T 33560-2017 annex A")
ZUC_EEA3 = _oid("1.2.156.10197.1.801", "ZUC-128EEA3", "祖冲之机密性算法", "in no standard read [C]")
ZUC_EIA3 = _oid("1.2.156.10197.1.802", "ZUC-128EIA3", "祖冲之完整性算法", "in no standard read [C]")

# ---- modes of the block ciphers (in no standard read; the numbers that every implementation agrees on) --------------
SM1_ECB = _oid("1.2.156.10197.1.102.1", "SM1-ECB", "SM1 ECB模式", "de facto [B]")
SM1_CBC = _oid("1.2.156.10197.1.102.2", "SM1-CBC", "SM1 CBC模式", "de facto [B]")
SM1_OFB = _oid("1.2.156.10197.1.102.3", "SM1-OFB", "SM1 OFB模式", "de facto [B]")
SM1_CFB = _oid("1.2.156.10197.1.102.4", "SM1-CFB", "SM1 CFB模式", "de facto [B]")
SM1_CFB1 = _oid("1.2.156.10197.1.102.5", "SM1-CFB1", "SM1 CFB1模式", "de facto [B]")
SM1_CFB8 = _oid("1.2.156.10197.1.102.6", "SM1-CFB8", "SM1 CFB8模式", "de facto [B]")
SSF33_ECB = _oid("1.2.156.10197.1.103.1", "SSF33-ECB", "SSF33 ECB模式", "de facto [B]")
SSF33_CBC = _oid("1.2.156.10197.1.103.2", "SSF33-CBC", "SSF33 CBC模式", "de facto [B]")
SSF33_OFB = _oid("1.2.156.10197.1.103.3", "SSF33-OFB", "SSF33 OFB模式", "de facto [B]")
SSF33_CFB = _oid("1.2.156.10197.1.103.4", "SSF33-CFB", "SSF33 CFB模式", "de facto [B]")
SSF33_CFB1 = _oid("1.2.156.10197.1.103.5", "SSF33-CFB1", "SSF33 CFB1模式", "de facto [B]")
SSF33_CFB8 = _oid("1.2.156.10197.1.103.6", "SSF33-CFB8", "SSF33 CFB8模式", "de facto [B]")
SM4_ECB = _oid("1.2.156.10197.1.104.1", "SM4-ECB", "SM4 ECB模式", "de facto [B]")
SM4_CBC = _oid("1.2.156.10197.1.104.2", "SM4-CBC", "SM4 CBC模式", "de facto [B]")
SM4_OFB = _oid("1.2.156.10197.1.104.3", "SM4-OFB", "SM4 OFB模式", "de facto [B]")
SM4_CFB = _oid("1.2.156.10197.1.104.4", "SM4-CFB", "SM4 CFB模式", "de facto [B]")
SM4_CFB1 = _oid("1.2.156.10197.1.104.5", "SM4-CFB1", "SM4 CFB1模式", "de facto [B]")
SM4_CFB8 = _oid("1.2.156.10197.1.104.6", "SM4-CFB8", "SM4 CFB8模式", "de facto [B]")
SSF33_MAC = _oid("1.2.156.10197.1.103.7", "SSF33-MAC", "SSF33 CBC-MAC", "de facto [C]")
SM4_CTR = _oid("1.2.156.10197.1.104.7", "SM4-CTR", "SM4 CTR模式", "de facto [B]")
SM4_GCM = _oid("1.2.156.10197.1.104.8", "SM4-GCM", "SM4 GCM模式", "de facto [B]; parameters as RFC 5084 3.2")
SM4_CCM = _oid("1.2.156.10197.1.104.9", "SM4-CCM", "SM4 CCM模式", "de facto [B]; parameters as RFC 5084 3.1")
SM4_XTS = _oid("1.2.156.10197.1.104.10", "SM4-XTS", "SM4 XTS模式", "de facto [B]")
SM4_WRAP = _oid("1.2.156.10197.1.104.11", "SM4-WRAP", "SM4密钥包装", "de facto [B]")
SM4_WRAP_PAD = _oid("1.2.156.10197.1.104.12", "SM4-WRAP-PAD", "SM4密钥包装，带填充", "de facto [B]")
SM4_OCB = _oid("1.2.156.10197.1.104.100", "SM4-OCB", "SM4 OCB模式", "de facto [B]")

# ---- messages of GM/T 0010 (SM2) and GM/T 0081 (SM9) ----------------------------------------------------------------
GM_DATA = _oid("1.2.156.10197.6.1.4.2.1", "gm-data", "数据", "GM/T 0010-2012 [B]")
GM_SIGNED_DATA = _oid("1.2.156.10197.6.1.4.2.2", "gm-signedData", "签名数据", "GM/T 0010-2012 [B]")
GM_ENVELOPED_DATA = _oid("1.2.156.10197.6.1.4.2.3", "gm-envelopedData", "数字信封数据", "GM/T 0010-2012 [B]")
GM_SIGNED_AND_ENVELOPED_DATA = _oid(
    "1.2.156.10197.6.1.4.2.4", "gm-signedAndEnvelopedData", "签名及数字信封数据", "GM/T 0010-2012 [B]"
)
GM_ENCRYPTED_DATA = _oid("1.2.156.10197.6.1.4.2.5", "gm-encryptedData", "加密数据", "GM/T 0010-2012 [B]")
GM_KEY_AGREEMENT_INFO = _oid("1.2.156.10197.6.1.4.2.6", "gm-keyAgreementInfo", "密钥协商信息", "GM/T 0010-2012 [B]")
SM9_DATA = _oid("1.2.156.10197.6.1.4.4.1", "sm9-data", "数据", "GM/T 0081-2020 [B]")
SM9_SIGNED_DATA = _oid("1.2.156.10197.6.1.4.4.2", "sm9-signedData", "签名数据", "GM/T 0081-2020 [B]")
SM9_ENVELOPED_DATA = _oid("1.2.156.10197.6.1.4.4.3", "sm9-envelopedData", "数字信封数据", "GM/T 0081-2020 [B]")
SM9_SIGNED_AND_ENVELOPED_DATA = _oid(
    "1.2.156.10197.6.1.4.4.4", "sm9-signedAndEnvelopedData", "签名及数字信封数据", "GM/T 0081-2020 [B]"
)
SM9_ENCRYPTED_DATA = _oid("1.2.156.10197.6.1.4.4.5", "sm9-encryptedData", "加密数据", "GM/T 0081-2020 [B]")
SM9_KEY_AGREEMENT_INFO = _oid("1.2.156.10197.6.1.4.4.6", "sm9-keyAgreementInfo", "密钥协商信息", "GM/T 0081-2020 [B]")

# ---- requests of GM/T 0092 ------------------------------------------------------------------------------------------
GM_CSR = _oid("1.2.156.10197.6.1.4.1.10", "sm2-csr", "SM2证书申请语法规范", "GM/T 0092-2020")
GM_CSR_INFO = _oid("1.2.156.10197.6.1.4.1.10.1", "sm2-certificationRequestInfo", "证书申请信息", "GM/T 0092-2020")
GM_CSR_REQUEST = _oid("1.2.156.10197.6.1.4.1.10.2", "sm2-certificationRequest", "证书申请", "GM/T 0092-2020")
GM_CHALLENGE_PASSWORD = _oid("1.2.156.10197.6.1.4.1.10.3", "sm2-challengePassword", "挑战口令", "GM/T 0092-2020")

# ---- password based encryption of GM/T 0091-2020; two numberings are in use, neither could be seen in the text ------
GM_PASSWORD_BASED = _oid("1.2.156.10197.6.1.4.1.5", "sm-password-based", "基于口令的密钥派生规范", "GM/T 0091-2020 [C]")
SM_PBKDF = _oid("1.2.156.10197.6.1.4.1.5.1", "SM-PBKDF", "基于口令的密钥派生", "GM/T 0091-2020 [C]")
SM_PBES = _oid("1.2.156.10197.6.1.4.1.5.2", "SM-PBES", "基于口令的加密方案", "GM/T 0091-2020 [C]")
SM_PBMAC = _oid("1.2.156.10197.6.1.4.1.5.3", "SM-PBMAC", "基于口令的消息鉴别码", "GM/T 0091-2020 [C]")
SM_PBE_SM3_SM4_CBC = _oid(
    "1.2.156.10197.6.1.4.1.12.1.1", "pbeWithSM3AndSM4-CBC", "基于口令的SM3和SM4-CBC加密", "GM/T 0091-2020 annex B.2 [C]"
)
SM_PBKDF_ALTERNATE = _oid("1.2.156.10197.6.4.1.5.1", "SM-PBKDF (6.4 arc)", "基于口令的密钥派生", "de facto [C]")
SM_PBES_ALTERNATE = _oid("1.2.156.10197.6.4.1.5.2", "SM-PBES (6.4 arc)", "基于口令的加密方案", "de facto [C]")

# ---- identity extensions: GM/T 0015-2012, its 2023 edition, and what stood before them ------------------------------
IDENTIFY_CODE = _oid("1.2.156.10260.4.1.1", "identifyCode", "个人身份标识码", "GM/T 0015-2012 [B]")
INSURANCE_NUMBER = _oid(
    "1.2.156.10260.4.1.2", "insuranceNumber", "个人社会保险号", "GM/T 0015-2012 [B], GM/T 0015-2023 [C]"
)
IC_REGISTRATION_NUMBER = _oid("1.2.156.10260.4.1.3", "icRegistrationNumber", "企业工商注册号", "GM/T 0015-2012 [B]")
ORGANIZATION_CODE = _oid("1.2.156.10260.4.1.4", "organizationCode", "企业组织机构代码", "GM/T 0015-2012 [B]")
TAXATION_NUMBER = _oid("1.2.156.10260.4.1.5", "taxationNumber", "企业税号", "GM/T 0015-2012 [B]")
RESIDENT_IDENTITY_2023 = _oid(
    "1.2.156.10260.4.1.1.1", "residentIdentityCardNumber", "居民身份证号码", "GM/T 0015-2023 [C]"
)
PASSPORT_2023 = _oid("1.2.156.10260.4.1.1.2", "passportNumber", "护照号码", "GM/T 0015-2023 [C]")
# One implementation has the first in its documentation and the second in its code.
SOCIAL_CREDIT_CODE_2023 = _oid(
    "1.2.156.10260.4.4", "unifiedSocialCreditCode", "统一社会信用代码", "GM/T 0015-2023 [C], unresolved"
)
SOCIAL_CREDIT_CODE_2023_LONG = _oid(
    "1.2.156.10260.4.4.4", "unifiedSocialCreditCode (long form)", "统一社会信用代码", "GM/T 0015-2023 [C], unresolved"
)
LEGACY_PERSONAL_IDENTITY = _oid("1.2.86.11.7.1", "legacy-personalIdentity", "个人身份标识", "in no standard read [C]")
LEGACY_IDENTITY_2 = _oid("1.2.86.11.7.2", "legacy-identity2", "身份标识2", "in no standard read [C]")
LEGACY_BUSINESS_REGISTRATION = _oid(
    "1.2.86.11.7.3", "legacy-businessRegistration", "工商注册号", "in no standard read [C]"
)
LEGACY_ORGANIZATION_CODE = _oid(
    "1.2.86.11.7.4", "legacy-organizationOrCreditCode", "组织机构代码或统一社会信用代码", "in no standard read [C]"
)
LEGACY_TAXATION_NUMBER = _oid("1.2.86.11.7.5", "legacy-taxationNumber", "税号", "in no standard read [C]")
SHECA_UNIQUE_ID = _oid("1.2.156.1.8888.148", "shecaUniqueId", "上海CA唯一标识", "in no standard read [C]")
SHECA_UNIQUE_ID_205 = _oid("1.2.156.112570.11.205", "shecaUniqueId205", "上海CA唯一标识", "in no standard read [C]")
ZJCA_USER_NAME = _oid("1.2.156.112573.14", "zjcaUserName", "浙江CA用户名", "in no standard read [C]")

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
DSA = _oid("1.2.840.10040.4.1", "id-dsa", "DSA公钥", "RFC 3279 2.3.2")
X25519 = _oid("1.3.101.110", "id-X25519", "", "RFC 8410 3")
X448 = _oid("1.3.101.111", "id-X448", "", "RFC 8410 3")
ED448 = _oid("1.3.101.113", "id-Ed448", "", "RFC 8410 3")

# ---- hashes ---------------------------------------------------------------------------------------------------------
MD5 = _oid("1.2.840.113549.2.5", "md5", "", "RFC 3279 2.1")
SHA1 = _oid("1.3.14.3.2.26", "id-sha1", "", "RFC 3279 2.1.3")
SHA224 = _oid("2.16.840.1.101.3.4.2.4", "id-sha224", "", "RFC 5754 2.1")
SHA256 = _oid("2.16.840.1.101.3.4.2.1", "id-sha256", "", "RFC 5754 2.2")
SHA384 = _oid("2.16.840.1.101.3.4.2.2", "id-sha384", "", "RFC 5754 2.3")
SHA512 = _oid("2.16.840.1.101.3.4.2.3", "id-sha512", "", "RFC 5754 2.4")
MGF1 = _oid("1.2.840.113549.1.1.8", "id-mgf1", "", "RFC 8017 A.2.1")

# ---- signatures of other algorithms ---------------------------------------------------------------------------------
RSA_MD5 = _oid("1.2.840.113549.1.1.4", "md5WithRSAEncryption", "", "RFC 3279 2.2.1")
RSA_PSS = _oid("1.2.840.113549.1.1.10", "id-RSASSA-PSS", "", "RFC 8017 A.2.3")
RSA_SHA1 = _oid("1.2.840.113549.1.1.5", "sha1WithRSAEncryption", "", "RFC 8017 A.2.4")
RSA_SHA256 = _oid("1.2.840.113549.1.1.11", "sha256WithRSAEncryption", "", "RFC 8017 A.2.4")
RSA_SHA384 = _oid("1.2.840.113549.1.1.12", "sha384WithRSAEncryption", "", "RFC 8017 A.2.4")
RSA_SHA512 = _oid("1.2.840.113549.1.1.13", "sha512WithRSAEncryption", "", "RFC 8017 A.2.4")
RSA_SHA224 = _oid("1.2.840.113549.1.1.14", "sha224WithRSAEncryption", "", "RFC 8017 A.2.4")
DSA_SHA1 = _oid("1.2.840.10040.4.3", "id-dsa-with-sha1", "", "RFC 3279 2.2.2")
DSA_SHA256 = _oid("2.16.840.1.101.3.4.3.2", "id-dsa-with-sha256", "", "RFC 5758 3.1")
ECDSA_SHA1 = _oid("1.2.840.10045.4.1", "ecdsa-with-SHA1", "", "RFC 3279 2.2.3")
ECDSA_SHA224 = _oid("1.2.840.10045.4.3.1", "ecdsa-with-SHA224", "", "RFC 5758 3.2")
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
RC2_CBC = _oid("1.2.840.113549.3.2", "rc2CBC", "", "RFC 8018 B.2.3")
DES_CBC = _oid("1.3.14.3.2.7", "desCBC", "", "RFC 8018 B.2.1")
PBE_MD5_DES_CBC = _oid("1.2.840.113549.1.5.3", "pbeWithMD5AndDES-CBC", "", "RFC 8018 A.3")
PBE_MD5_RC2_CBC = _oid("1.2.840.113549.1.5.6", "pbeWithMD5AndRC2-CBC", "", "RFC 8018 A.3")
PBE_SHA1_DES_CBC = _oid("1.2.840.113549.1.5.10", "pbeWithSHA1AndDES-CBC", "", "RFC 8018 A.3")
PBE_SHA1_RC2_CBC = _oid("1.2.840.113549.1.5.11", "pbeWithSHA1AndRC2-CBC", "", "RFC 8018 A.3")

# ---- ciphers of messages, key transport -----------------------------------------------------------------------------
AES128_GCM = _oid("2.16.840.1.101.3.4.1.6", "id-aes128-GCM", "", "RFC 5084 3.2")
AES192_GCM = _oid("2.16.840.1.101.3.4.1.26", "id-aes192-GCM", "", "RFC 5084 3.2")
AES256_GCM = _oid("2.16.840.1.101.3.4.1.46", "id-aes256-GCM", "", "RFC 5084 3.2")
AES128_CCM = _oid("2.16.840.1.101.3.4.1.7", "id-aes128-CCM", "", "RFC 5084 3.1")
AES192_CCM = _oid("2.16.840.1.101.3.4.1.27", "id-aes192-CCM", "", "RFC 5084 3.1")
AES256_CCM = _oid("2.16.840.1.101.3.4.1.47", "id-aes256-CCM", "", "RFC 5084 3.1")
AES128_WRAP = _oid("2.16.840.1.101.3.4.1.5", "id-aes128-wrap", "", "RFC 3565 4.1")
AES192_WRAP = _oid("2.16.840.1.101.3.4.1.25", "id-aes192-wrap", "", "RFC 3565 4.1")
AES256_WRAP = _oid("2.16.840.1.101.3.4.1.45", "id-aes256-wrap", "", "RFC 3565 4.1")
RSA_OAEP = _oid("1.2.840.113549.1.1.7", "id-RSAES-OAEP", "", "RFC 8017 A.2.1")
P_SPECIFIED = _oid("1.2.840.113549.1.1.9", "id-pSpecified", "", "RFC 8017 A.2.1")
RSA_MD2 = _oid("1.2.840.113549.1.1.2", "md2WithRSAEncryption", "", "RFC 3279 2.2.1")
PBMAC1 = _oid("1.2.840.113549.1.5.14", "id-PBMAC1", "", "RFC 8018 A.5")

# ---- attributes of names (RFC 5280 appendix A.1, RFC 4519) ----------------------------------------------------------
COMMON_NAME = _oid("2.5.4.3", "commonName", "通用名", "RFC 5280 A.1")
SURNAME = _oid("2.5.4.4", "surname", "姓", "RFC 5280 A.1")
SERIAL_NUMBER = _oid("2.5.4.5", "serialNumber", "序列号", "RFC 5280 A.1")
COUNTRY_NAME = _oid("2.5.4.6", "countryName", "国家", "RFC 5280 A.1")
LOCALITY_NAME = _oid("2.5.4.7", "localityName", "城市", "RFC 5280 A.1")
STATE_OR_PROVINCE_NAME = _oid("2.5.4.8", "stateOrProvinceName", "省份", "RFC 5280 A.1")
STREET_ADDRESS = _oid("2.5.4.9", "streetAddress", "街道地址", "RFC 4519 2.34")
ORGANIZATION_NAME = _oid("2.5.4.10", "organizationName", "机构", "RFC 5280 A.1")
ORGANIZATIONAL_UNIT_NAME = _oid("2.5.4.11", "organizationalUnitName", "部门", "RFC 5280 A.1")
TITLE = _oid("2.5.4.12", "title", "职务", "RFC 5280 A.1")
DESCRIPTION = _oid("2.5.4.13", "description", "说明", "RFC 4519 2.5")
BUSINESS_CATEGORY = _oid("2.5.4.15", "businessCategory", "业务类别", "RFC 4519 2.1")
POSTAL_ADDRESS = _oid("2.5.4.16", "postalAddress", "邮政地址", "RFC 4519 2.23")
POSTAL_CODE = _oid("2.5.4.17", "postalCode", "邮政编码", "RFC 4519 2.24")
TELEPHONE_NUMBER = _oid("2.5.4.20", "telephoneNumber", "电话号码", "RFC 4519 2.35")
NAME = _oid("2.5.4.41", "name", "名称", "RFC 5280 A.1")
GIVEN_NAME = _oid("2.5.4.42", "givenName", "名", "RFC 5280 A.1")
INITIALS = _oid("2.5.4.43", "initials", "姓名首字母", "RFC 5280 A.1")
GENERATION_QUALIFIER = _oid("2.5.4.44", "generationQualifier", "辈分", "RFC 5280 A.1")
X500_UNIQUE_IDENTIFIER = _oid("2.5.4.45", "x500UniqueIdentifier", "唯一标识符", "RFC 4519 2.43")
DN_QUALIFIER = _oid("2.5.4.46", "dnQualifier", "甄别名限定符", "RFC 5280 A.1")
PSEUDONYM = _oid("2.5.4.65", "pseudonym", "化名", "RFC 5280 A.1")
ORGANIZATION_IDENTIFIER = _oid("2.5.4.97", "organizationIdentifier", "机构标识", "ETSI EN 319 412-1 5.1.4 [D]")
USER_ID = _oid("0.9.2342.19200300.100.1.1", "uid", "用户标识", "RFC 4519 2.39")
DOMAIN_COMPONENT = _oid("0.9.2342.19200300.100.1.25", "domainComponent", "域名成分", "RFC 5280 A.1")
EMAIL_ADDRESS = _oid("1.2.840.113549.1.9.1", "emailAddress", "电子邮件", "RFC 5280 A.1")
UNSTRUCTURED_NAME = _oid("1.2.840.113549.1.9.2", "unstructuredName", "非结构化名称", "RFC 2985 5.4.3")
JURISDICTION_LOCALITY = _oid(
    "1.3.6.1.4.1.311.60.2.1.1", "jurisdictionLocalityName", "注册地城市", "CA/Browser Forum EV guidelines [D]"
)
JURISDICTION_STATE_OR_PROVINCE = _oid(
    "1.3.6.1.4.1.311.60.2.1.2", "jurisdictionStateOrProvinceName", "注册地省份", "CA/Browser Forum EV guidelines [D]"
)
JURISDICTION_COUNTRY = _oid(
    "1.3.6.1.4.1.311.60.2.1.3", "jurisdictionCountryName", "注册地国家", "CA/Browser Forum EV guidelines [D]"
)

# ---- extensions (RFC 5280 4.2 and 5.2) ------------------------------------------------------------------------------
SUBJECT_DIRECTORY_ATTRIBUTES = _oid("2.5.29.9", "subjectDirectoryAttributes", "主体目录属性", "RFC 5280 4.2.1.8")
SUBJECT_KEY_IDENTIFIER = _oid("2.5.29.14", "subjectKeyIdentifier", "主体密钥标识符", "RFC 5280 4.2.1.2")
KEY_USAGE = _oid("2.5.29.15", "keyUsage", "密钥用法", "RFC 5280 4.2.1.3")
PRIVATE_KEY_USAGE_PERIOD = _oid("2.5.29.16", "privateKeyUsagePeriod", "私钥使用期", "RFC 3280 4.2.1.4")
SUBJECT_ALT_NAME = _oid("2.5.29.17", "subjectAltName", "主体可选替换名称", "RFC 5280 4.2.1.6")
ISSUER_ALT_NAME = _oid("2.5.29.18", "issuerAltName", "颁发者可选替换名称", "RFC 5280 4.2.1.7")
BASIC_CONSTRAINTS = _oid("2.5.29.19", "basicConstraints", "基本约束", "RFC 5280 4.2.1.9")
CRL_NUMBER = _oid("2.5.29.20", "cRLNumber", "CRL编号", "RFC 5280 5.2.3")
CRL_REASON = _oid("2.5.29.21", "reasonCode", "撤销原因", "RFC 5280 5.3.1")
HOLD_INSTRUCTION_CODE = _oid("2.5.29.23", "holdInstructionCode", "冻结指示", "RFC 3280 5.3.2")
INVALIDITY_DATE = _oid("2.5.29.24", "invalidityDate", "失效日期", "RFC 5280 5.3.2")
DELTA_CRL_INDICATOR = _oid("2.5.29.27", "deltaCRLIndicator", "增量CRL指示", "RFC 5280 5.2.4")
ISSUING_DISTRIBUTION_POINT = _oid("2.5.29.28", "issuingDistributionPoint", "颁发分布点", "RFC 5280 5.2.5")
CERTIFICATE_ISSUER = _oid("2.5.29.29", "certificateIssuer", "证书颁发者", "RFC 5280 5.3.3")
NAME_CONSTRAINTS = _oid("2.5.29.30", "nameConstraints", "名称限制", "RFC 5280 4.2.1.10")
CRL_DISTRIBUTION_POINTS = _oid("2.5.29.31", "cRLDistributionPoints", "CRL分布点", "RFC 5280 4.2.1.13")
CERTIFICATE_POLICIES = _oid("2.5.29.32", "certificatePolicies", "证书策略", "RFC 5280 4.2.1.4")
ANY_POLICY = _oid("2.5.29.32.0", "anyPolicy", "任意策略", "RFC 5280 4.2.1.4")
POLICY_MAPPINGS = _oid("2.5.29.33", "policyMappings", "策略映射", "RFC 5280 4.2.1.5")
AUTHORITY_KEY_IDENTIFIER = _oid("2.5.29.35", "authorityKeyIdentifier", "颁发机构密钥标识符", "RFC 5280 4.2.1.1")
POLICY_CONSTRAINTS = _oid("2.5.29.36", "policyConstraints", "策略限制", "RFC 5280 4.2.1.11")
EXTENDED_KEY_USAGE = _oid("2.5.29.37", "extKeyUsage", "扩展密钥用法", "RFC 5280 4.2.1.12")
FRESHEST_CRL = _oid("2.5.29.46", "freshestCRL", "最新CRL", "RFC 5280 4.2.1.15")
INHIBIT_ANY_POLICY = _oid("2.5.29.54", "inhibitAnyPolicy", "禁止任意策略", "RFC 5280 4.2.1.14")
NO_REV_AVAIL = _oid("2.5.29.56", "noRevAvail", "无撤销信息", "RFC 9608 2")
EXPIRED_CERTS_ON_CRL = _oid("2.5.29.60", "expiredCertsOnCRL", "CRL含过期证书", "X.509 (2019) 9.5.2.8 [D]")
AUTHORITY_INFO_ACCESS = _oid("1.3.6.1.5.5.7.1.1", "authorityInfoAccess", "颁发机构信息访问", "RFC 5280 4.2.2.1")
QC_STATEMENTS = _oid("1.3.6.1.5.5.7.1.3", "qcStatements", "合格证书声明", "RFC 3739 3.2.6")
SUBJECT_INFO_ACCESS = _oid("1.3.6.1.5.5.7.1.11", "subjectInfoAccess", "主体信息访问", "RFC 5280 4.2.2.2")
TLS_FEATURE = _oid("1.3.6.1.5.5.7.1.24", "tlsfeature", "TLS特性", "RFC 7633 6")
SCT_LIST = _oid("1.3.6.1.4.1.11129.2.4.2", "signedCertificateTimestampList", "证书透明度时间戳", "RFC 6962 3.3")
CT_POISON = _oid("1.3.6.1.4.1.11129.2.4.3", "ctPoison", "预证书标记", "RFC 6962 3.1")
SMIME_CAPABILITIES = _oid("1.2.840.113549.1.9.15", "smimeCapabilities", "S/MIME能力", "RFC 8551 2.5.2")
NETSCAPE_CERT_TYPE = _oid(
    "2.16.840.1.113730.1.1", "netscapeCertType", "Netscape证书类型", "Netscape certificate specifications [D]"
)
NETSCAPE_BASE_URL = _oid("2.16.840.1.113730.1.2", "netscapeBaseUrl", "", "Netscape certificate specifications [D]")
NETSCAPE_REVOCATION_URL = _oid(
    "2.16.840.1.113730.1.3", "netscapeRevocationUrl", "", "Netscape certificate specifications [D]"
)
NETSCAPE_CA_REVOCATION_URL = _oid(
    "2.16.840.1.113730.1.4", "netscapeCaRevocationUrl", "", "Netscape certificate specifications [D]"
)
NETSCAPE_RENEWAL_URL = _oid(
    "2.16.840.1.113730.1.7", "netscapeRenewalUrl", "", "Netscape certificate specifications [D]"
)
NETSCAPE_CA_POLICY_URL = _oid(
    "2.16.840.1.113730.1.8", "netscapeCaPolicyUrl", "", "Netscape certificate specifications [D]"
)
NETSCAPE_SSL_SERVER_NAME = _oid(
    "2.16.840.1.113730.1.12", "netscapeSslServerName", "", "Netscape certificate specifications [D]"
)
NETSCAPE_COMMENT = _oid(
    "2.16.840.1.113730.1.13", "netscapeComment", "Netscape注释", "Netscape certificate specifications [D]"
)
OLD_AUTHORITY_KEY_IDENTIFIER = _oid(
    "2.5.29.1", "authorityKeyIdentifier (obsolete)", "颁发机构密钥标识符（已废弃）", "X.509 (1993) [D]"
)
QT_CPS = _oid("1.3.6.1.5.5.7.2.1", "id-qt-cps", "认证业务声明指针", "RFC 5280 4.2.1.4")
QT_UNOTICE = _oid("1.3.6.1.5.5.7.2.2", "id-qt-unotice", "用户通告", "RFC 5280 4.2.1.4")
HOLD_NONE = _oid("1.2.840.10040.2.1", "id-holdinstruction-none", "", "RFC 3280 5.3.2")
HOLD_CALL_ISSUER = _oid("1.2.840.10040.2.2", "id-holdinstruction-callissuer", "", "RFC 3280 5.3.2")
HOLD_REJECT = _oid("1.2.840.10040.2.3", "id-holdinstruction-reject", "", "RFC 3280 5.3.2")
AD_OCSP = _oid("1.3.6.1.5.5.7.48.1", "id-ad-ocsp", "在线证书状态", "RFC 5280 4.2.2.1")
AD_CA_ISSUERS = _oid("1.3.6.1.5.5.7.48.2", "id-ad-caIssuers", "颁发者证书", "RFC 5280 4.2.2.1")
AD_TIME_STAMPING = _oid("1.3.6.1.5.5.7.48.3", "id-ad-timeStamping", "时间戳服务", "RFC 5280 4.2.2.2")
AD_CA_REPOSITORY = _oid("1.3.6.1.5.5.7.48.5", "id-ad-caRepository", "CA资料库", "RFC 5280 4.2.2.2")

# ---- extended key usages --------------------------------------------------------------------------------------------
ANY_EXTENDED_KEY_USAGE = _oid("2.5.29.37.0", "anyExtendedKeyUsage", "任意用途", "RFC 5280 4.2.1.12")
SERVER_AUTH = _oid("1.3.6.1.5.5.7.3.1", "serverAuth", "服务器身份验证", "RFC 5280 4.2.1.12")
CLIENT_AUTH = _oid("1.3.6.1.5.5.7.3.2", "clientAuth", "客户端身份验证", "RFC 5280 4.2.1.12")
CODE_SIGNING = _oid("1.3.6.1.5.5.7.3.3", "codeSigning", "代码签名", "RFC 5280 4.2.1.12")
EMAIL_PROTECTION = _oid("1.3.6.1.5.5.7.3.4", "emailProtection", "安全电子邮件", "RFC 5280 4.2.1.12")
TIME_STAMPING = _oid("1.3.6.1.5.5.7.3.8", "timeStamping", "时间戳", "RFC 5280 4.2.1.12")
OCSP_SIGNING = _oid("1.3.6.1.5.5.7.3.9", "OCSPSigning", "OCSP签名", "RFC 5280 4.2.1.12")
IPSEC_END_SYSTEM = _oid("1.3.6.1.5.5.7.3.5", "ipsecEndSystem", "IPSec终端", "RFC 2459 4.2.1.13 [D]")
IPSEC_TUNNEL = _oid("1.3.6.1.5.5.7.3.6", "ipsecTunnel", "IPSec隧道", "RFC 2459 4.2.1.13 [D]")
IPSEC_USER = _oid("1.3.6.1.5.5.7.3.7", "ipsecUser", "IPSec用户", "RFC 2459 4.2.1.13 [D]")
IPSEC_IKE = _oid("1.3.6.1.5.5.7.3.17", "ipsecIKE", "IKE", "RFC 4945 5.1.3.12")
DOCUMENT_SIGNING = _oid("1.3.6.1.5.5.7.3.36", "documentSigning", "文档签名", "RFC 9336 3.1")
MS_SMART_CARD_LOGON = _oid("1.3.6.1.4.1.311.20.2.2", "msSmartcardLogin", "智能卡登录", "Microsoft [D]")
MS_DOCUMENT_SIGNING = _oid("1.3.6.1.4.1.311.10.3.12", "msDocumentSigning", "微软文档签名", "Microsoft [D]")
MS_ENCRYPTED_FILE_SYSTEM = _oid("1.3.6.1.4.1.311.10.3.4", "msEFS", "加密文件系统", "Microsoft [D]")
MS_USER_PRINCIPAL_NAME = _oid("1.3.6.1.4.1.311.20.2.3", "msUPN", "用户主体名称", "Microsoft [D]")
MS_CERTIFICATE_TEMPLATE_NAME = _oid("1.3.6.1.4.1.311.20.2", "msCertificateTemplateName", "证书模板名", "Microsoft [D]")
MS_CA_VERSION = _oid("1.3.6.1.4.1.311.21.1", "msCAVersion", "CA版本", "Microsoft [D]")
MS_CERTIFICATE_TEMPLATE = _oid("1.3.6.1.4.1.311.21.7", "msCertificateTemplate", "证书模板", "Microsoft [D]")
MS_APPLICATION_POLICIES = _oid("1.3.6.1.4.1.311.21.10", "msApplicationPolicies", "应用程序策略", "Microsoft [D]")

# ---- OCSP (RFC 6960) ------------------------------------------------------------------------------------------------
OCSP_BASIC = _oid("1.3.6.1.5.5.7.48.1.1", "id-pkix-ocsp-basic", "基本OCSP响应", "RFC 6960 4.2.1")
OCSP_NONCE = _oid("1.3.6.1.5.5.7.48.1.2", "id-pkix-ocsp-nonce", "OCSP随机数", "RFC 6960 4.4.1; RFC 9654 2.1")
OCSP_CRL = _oid("1.3.6.1.5.5.7.48.1.3", "id-pkix-ocsp-crl", "OCSP引用的CRL", "RFC 6960 4.4.2")
OCSP_RESPONSE_TYPES = _oid("1.3.6.1.5.5.7.48.1.4", "id-pkix-ocsp-response", "可接受的OCSP响应类型", "RFC 6960 4.4.3")
OCSP_NO_CHECK = _oid("1.3.6.1.5.5.7.48.1.5", "id-pkix-ocsp-nocheck", "OCSP响应者证书免查", "RFC 6960 4.2.2.2.1")
OCSP_ARCHIVE_CUTOFF = _oid("1.3.6.1.5.5.7.48.1.6", "id-pkix-ocsp-archive-cutoff", "OCSP归档截止时间", "RFC 6960 4.4.4")
OCSP_SERVICE_LOCATOR = _oid("1.3.6.1.5.5.7.48.1.7", "id-pkix-ocsp-service-locator", "OCSP服务定位", "RFC 6960 4.4.6")
OCSP_PREFERRED_SIGNATURES = _oid(
    "1.3.6.1.5.5.7.48.1.8", "id-pkix-ocsp-pref-sig-algs", "OCSP首选签名算法", "RFC 6960 4.4.7"
)
OCSP_EXTENDED_REVOKE = _oid(
    "1.3.6.1.5.5.7.48.1.9", "id-pkix-ocsp-extended-revoke", "OCSP扩展撤销定义", "RFC 6960 4.4.8"
)
OCSP_SCT_LIST = _oid(
    "1.3.6.1.4.1.11129.2.4.5", "ocspSignedCertificateTimestampList", "证书透明度时间戳", "RFC 6962 3.3"
)

# ---- PKCS #7 and CMS content types, attributes of PKCS #9 (RFC 5652, RFC 2315, RFC 2985, RFC 3161, RFC 5035) --------
DATA = _oid("1.2.840.113549.1.7.1", "id-data", "数据", "RFC 5652 4")
SIGNED_DATA = _oid("1.2.840.113549.1.7.2", "id-signedData", "签名数据", "RFC 5652 5.1")
ENVELOPED_DATA = _oid("1.2.840.113549.1.7.3", "id-envelopedData", "数字信封数据", "RFC 5652 6.1")
SIGNED_AND_ENVELOPED_DATA = _oid("1.2.840.113549.1.7.4", "signedAndEnvelopedData", "签名及数字信封数据", "RFC 2315 11")
DIGESTED_DATA = _oid("1.2.840.113549.1.7.5", "id-digestedData", "摘要数据", "RFC 5652 7")
ENCRYPTED_DATA = _oid("1.2.840.113549.1.7.6", "id-encryptedData", "加密数据", "RFC 5652 8")
CONTENT_TYPE = _oid("1.2.840.113549.1.9.3", "id-contentType", "内容类型", "RFC 5652 11.1")
MESSAGE_DIGEST = _oid("1.2.840.113549.1.9.4", "id-messageDigest", "消息摘要", "RFC 5652 11.2")
SIGNING_TIME = _oid("1.2.840.113549.1.9.5", "id-signingTime", "签名时间", "RFC 5652 11.3")
COUNTERSIGNATURE = _oid("1.2.840.113549.1.9.6", "id-countersignature", "副署", "RFC 5652 11.4")
CHALLENGE_PASSWORD = _oid("1.2.840.113549.1.9.7", "challengePassword", "挑战口令", "RFC 2985 5.4.1")
UNSTRUCTURED_ADDRESS = _oid("1.2.840.113549.1.9.8", "unstructuredAddress", "非结构化地址", "RFC 2985 5.4.4 [D]")
EXTENSION_REQUEST = _oid("1.2.840.113549.1.9.14", "extensionRequest", "扩展请求", "RFC 2985 5.4.2")
FRIENDLY_NAME = _oid("1.2.840.113549.1.9.20", "friendlyName", "友好名称", "RFC 2985 5.5.1")
LOCAL_KEY_ID = _oid("1.2.840.113549.1.9.21", "localKeyId", "本地密钥标识", "RFC 2985 5.5.2")
CFCA_TEMPORARY_PUBLIC_KEY = _oid(
    "1.2.840.113549.1.9.63", "cfcaTemporaryPublicKey", "CFCA临时公钥", "in no standard read [C]"
)
TST_INFO = _oid("1.2.840.113549.1.9.16.1.4", "id-ct-TSTInfo", "时间戳信息", "RFC 3161 2.4.2")
SIGNING_CERTIFICATE = _oid("1.2.840.113549.1.9.16.2.12", "id-aa-signingCertificate", "签名证书", "RFC 5035 5")
TIME_STAMP_TOKEN = _oid("1.2.840.113549.1.9.16.2.14", "id-aa-timeStampToken", "时间戳令牌", "RFC 3161 appendix A")
SIGNING_CERTIFICATE_V2 = _oid("1.2.840.113549.1.9.16.2.47", "id-aa-signingCertificateV2", "签名证书", "RFC 5035 3")
CT_AUTH_DATA = _oid("1.2.840.113549.1.9.16.1.2", "id-ct-authData", "鉴别数据", "RFC 5652 9.1")
CT_COMPRESSED_DATA = _oid("1.2.840.113549.1.9.16.1.9", "id-ct-compressedData", "压缩数据", "RFC 3274 1.1")
AUTH_ENVELOPED_DATA = _oid("1.2.840.113549.1.9.16.1.23", "id-ct-authEnvelopedData", "鉴别数字信封数据", "RFC 5083 2.1")
ALGORITHM_PROTECTION = _oid("1.2.840.113549.1.9.52", "id-aa-CMSAlgorithmProtect", "算法保护", "RFC 6211 2")
CONTENT_REFERENCE = _oid("1.2.840.113549.1.9.16.2.10", "id-aa-contentReference", "内容引用", "RFC 2634 2.11")
ENCRYPTION_KEY_PREFERENCE = _oid("1.2.840.113549.1.9.16.2.11", "id-aa-encrypKeyPref", "加密密钥偏好", "RFC 8551 2.5.3")
CONTENT_HINT = _oid("1.2.840.113549.1.9.16.2.4", "id-aa-contentHint", "内容提示", "RFC 2634 2.9")
CONTENT_IDENTIFIER = _oid("1.2.840.113549.1.9.16.2.7", "id-aa-contentIdentifier", "内容标识", "RFC 2634 2.7")
SIGNATURE_POLICY_ID = _oid("1.2.840.113549.1.9.16.2.15", "id-aa-ets-sigPolicyId", "签名策略标识", "RFC 5126 5.8.1")
COMMITMENT_TYPE = _oid("1.2.840.113549.1.9.16.2.16", "id-aa-ets-commitmentType", "承诺类型", "RFC 5126 5.11.1")
SIGNER_LOCATION = _oid("1.2.840.113549.1.9.16.2.17", "id-aa-ets-signerLocation", "签名者位置", "RFC 5126 5.11.2")
SIGNER_ATTRIBUTES = _oid("1.2.840.113549.1.9.16.2.18", "id-aa-ets-signerAttr", "签名者属性", "RFC 5126 5.11.3")
OTHER_SIGNING_CERTIFICATE = _oid(
    "1.2.840.113549.1.9.16.2.19", "id-aa-ets-otherSigCert", "其他签名证书", "RFC 5126 5.7.3.3"
)
CONTENT_TIME_STAMP = _oid("1.2.840.113549.1.9.16.2.20", "id-aa-ets-contentTimestamp", "内容时间戳", "RFC 5126 5.11.4")
CERTIFICATE_REFS = _oid("1.2.840.113549.1.9.16.2.21", "id-aa-ets-certificateRefs", "证书引用", "RFC 5126 6.2.1")
REVOCATION_REFS = _oid("1.2.840.113549.1.9.16.2.22", "id-aa-ets-revocationRefs", "撤销信息引用", "RFC 5126 6.2.2")
CERTIFICATE_VALUES = _oid("1.2.840.113549.1.9.16.2.23", "id-aa-ets-certValues", "证书值", "RFC 5126 6.3.3")
REVOCATION_VALUES = _oid("1.2.840.113549.1.9.16.2.24", "id-aa-ets-revocationValues", "撤销信息值", "RFC 5126 6.3.4")
CADES_C_TIME_STAMP = _oid("1.2.840.113549.1.9.16.2.25", "id-aa-ets-escTimeStamp", "CAdES-C时间戳", "RFC 5126 6.3.5")
CERT_CRL_TIME_STAMP = _oid(
    "1.2.840.113549.1.9.16.2.26", "id-aa-ets-certCRLTimestamp", "证书及撤销信息时间戳", "RFC 5126 6.3.6"
)
ARCHIVE_TIME_STAMP = _oid("1.2.840.113549.1.9.16.2.48", "id-aa-ets-archiveTimestampV2", "归档时间戳", "RFC 5126 6.4.1")
RI_CRL = _oid("1.3.6.1.5.5.7.16.1", "id-ri-crl", "CRL撤销信息", "RFC 5940 [D]")
RI_OCSP_RESPONSE = _oid("1.3.6.1.5.5.7.16.2", "id-ri-ocsp-response", "OCSP撤销信息", "RFC 5940 [D]")

# ---- PKCS #12 (RFC 7292) --------------------------------------------------------------------------------------------
PBE_SHA1_RC4_128 = _oid("1.2.840.113549.1.12.1.1", "pbeWithSHAAnd128BitRC4", "", "RFC 7292 appendix C")
PBE_SHA1_RC4_40 = _oid("1.2.840.113549.1.12.1.2", "pbeWithSHAAnd40BitRC4", "", "RFC 7292 appendix C")
PBE_SHA1_3DES = _oid("1.2.840.113549.1.12.1.3", "pbeWithSHAAnd3-KeyTripleDES-CBC", "", "RFC 7292 appendix C")
PBE_SHA1_2DES = _oid("1.2.840.113549.1.12.1.4", "pbeWithSHAAnd2-KeyTripleDES-CBC", "", "RFC 7292 appendix C")
PBE_SHA1_RC2_128 = _oid("1.2.840.113549.1.12.1.5", "pbeWithSHAAnd128BitRC2-CBC", "", "RFC 7292 appendix C")
PBE_SHA1_RC2_40 = _oid("1.2.840.113549.1.12.1.6", "pbeWithSHAAnd40BitRC2-CBC", "", "RFC 7292 appendix C")
KEY_BAG = _oid("1.2.840.113549.1.12.10.1.1", "keyBag", "私钥包", "RFC 7292 4.2.1")
SHROUDED_KEY_BAG = _oid("1.2.840.113549.1.12.10.1.2", "pkcs8ShroudedKeyBag", "加密私钥包", "RFC 7292 4.2.2")
CERT_BAG = _oid("1.2.840.113549.1.12.10.1.3", "certBag", "证书包", "RFC 7292 4.2.3")
CRL_BAG = _oid("1.2.840.113549.1.12.10.1.4", "crlBag", "CRL包", "RFC 7292 4.2.4")
SECRET_BAG = _oid("1.2.840.113549.1.12.10.1.5", "secretBag", "秘密包", "RFC 7292 4.2.5")
SAFE_CONTENTS_BAG = _oid("1.2.840.113549.1.12.10.1.6", "safeContentsBag", "嵌套内容包", "RFC 7292 4.2.6")
CERT_TYPE_X509 = _oid("1.2.840.113549.1.9.22.1", "x509Certificate", "X.509证书", "RFC 7292 4.2.3")
CERT_TYPE_SDSI = _oid("1.2.840.113549.1.9.22.2", "sdsiCertificate", "SDSI证书", "RFC 7292 4.2.3")
CRL_TYPE_X509 = _oid("1.2.840.113549.1.9.23.1", "x509CRL", "X.509 CRL", "RFC 7292 4.2.4")
MS_KEY_PROVIDER = _oid("1.3.6.1.4.1.311.17.1", "msKeyProviderName", "密钥提供者名称", "Microsoft [D]")
MS_LOCAL_MACHINE_KEYS = _oid("1.3.6.1.4.1.311.17.2", "msLocalMachineKeyset", "本机密钥集", "Microsoft [D]")
JAVA_TRUSTED_KEY_USAGE = _oid("2.16.840.1.113894.746875.1.1", "trustedKeyUsage", "受信证书用途", "Oracle [D]")
