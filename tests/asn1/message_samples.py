"""One value or more of every structure of messages, time-stamps and what lasting signatures carry."""

from __future__ import annotations

from datetime import datetime, timezone

from gmpki import oids
from gmpki.asn1 import der
from gmpki.asn1._schema import Schema
from gmpki.asn1.gmt0010 import KeyAgreementInfo, SignedAndEnvelopedData
from gmpki.asn1.rfc3161 import (
    Accuracy,
    FailureInfo,
    MessageImprint,
    PKIStatus,
    PKIStatusInfo,
    TimeStampReq,
    TimeStampResp,
    TSTInfo,
)
from gmpki.asn1.rfc5035 import ESSCertID, ESSCertIDv2, IssuerSerial, SigningCertificate, SigningCertificateV2
from gmpki.asn1.rfc5083 import AuthEnvelopedData
from gmpki.asn1.rfc5084 import CCMParameters, GCMParameters
from gmpki.asn1.rfc5126 import (
    CertificateValues,
    CompleteCertificateRefs,
    CompleteRevocationRefs,
    CRLIdentifier,
    CRLOCSPRef,
    CRLValidatedID,
    OCSPResponsesID,
    OtherCertID,
    OtherHash,
    RevocationValues,
)
from gmpki.asn1.rfc5280 import NULL, AlgorithmIdentifier, Extension, GeneralName
from gmpki.asn1.rfc5280.ext_policies import PolicyInformation
from gmpki.asn1.rfc5652 import (
    Attribute,
    ContentInfo,
    DigestedData,
    EncapsulatedContentInfo,
    EncryptedContentInfo,
    EncryptedData,
    EnvelopedData,
    IssuerAndSerialNumber,
    KeyTransRecipientInfo,
    OriginatorInfo,
    OtherRecipientInfo,
    SignedData,
    SignerInfo,
    encode_attributes,
    signing_attributes,
)
from gmpki.asn1.rfc6960 import ResponderID
from gmpki.x509.names import build_name

NOW = datetime(2026, 3, 1, 8, 0, 0, tzinfo=timezone.utc)
NAME = build_name(("C", "CN"), ("O", "示例市社会保障局"), ("CN", "示例根"))
SM3 = AlgorithmIdentifier(oids.SM3)
SHA1 = AlgorithmIdentifier(oids.SHA1, NULL)
SHA256 = AlgorithmIdentifier(oids.SHA256)
SM2_SIGN = AlgorithmIdentifier(oids.SM2_SIGN)
SM4_CBC = AlgorithmIdentifier(oids.SM4_CBC, der.encode_octet_string(bytes(16)))
CERTIFICATE = der.encode_sequence(der.encode_octet_string(b"certificate"))
CRL = der.encode_sequence(der.encode_octet_string(b"list"))

SID = IssuerAndSerialNumber(NAME, 0x1234)
SIGNING_TIME = Attribute(oids.SIGNING_TIME, (der.encode_time(NOW),))
SIGNED = encode_attributes((*signing_attributes(oids.GM_DATA, b"d" * 32), SIGNING_TIME))
UNSIGNED = encode_attributes((Attribute(oids.TIME_STAMP_TOKEN, (der.encode_sequence(), der.encode_sequence(NULL))),))
BARE = SignerInfo(1, SID, SM3, None, SM2_SIGN, b"signature")
SIGNER = SignerInfo(1, SID, SM3, SIGNED, SM2_SIGN, b"signature")
BY_KEY = SignerInfo(3, b"key", SHA256, SIGNED, AlgorithmIdentifier(oids.RSA_ENCRYPTION, NULL), b"s" * 256, UNSIGNED)
CONTENT = EncapsulatedContentInfo(oids.GM_DATA, b"content")
MESSAGE = SignedData(1, (SM3,), CONTENT, (CERTIFICATE,), (), (SIGNER,))

RECIPIENT = KeyTransRecipientInfo(1, SID, AlgorithmIdentifier(oids.SM2_ENCRYPT), b"encrypted key")
RECIPIENT_BY_KEY = KeyTransRecipientInfo(2, b"key", AlgorithmIdentifier(oids.RSA_ENCRYPTION, NULL), b"k" * 256)
OTHER_RECIPIENTS = [OtherRecipientInfo(der.encode(0xA0 | number, NULL)) for number in (1, 2, 3, 4)]
ENCRYPTED = EncryptedContentInfo(oids.GM_DATA, SM4_CBC, b"c" * 32)
ENVELOPE = EnvelopedData(1, None, (RECIPIENT,), ENCRYPTED)
GCM = AlgorithmIdentifier(oids.AES128_GCM, GCMParameters(b"n" * 12, 16).to_der())

AUTH_MESSAGE = AuthEnvelopedData(0, OriginatorInfo(), (RECIPIENT,), ENCRYPTED, SIGNED, b"m" * 16, UNSIGNED)

IMPRINT = MessageImprint(SM3, b"h" * 32)
EXTENSION = Extension(oids.find("1.2.3"), False, NULL)
TOKEN = ContentInfo(oids.GM_SIGNED_DATA, MESSAGE.to_der()).to_der()
TST = TSTInfo(1, oids.find("1.2.3.4"), IMPRINT, 7, NOW)

ISSUER_SERIAL = IssuerSerial((GeneralName.directory(NAME),), 0x1234)
POLICY = PolicyInformation(oids.ANY_POLICY)
HASH = OtherHash(SM3, b"h" * 32)
OLD_HASH = OtherHash(AlgorithmIdentifier(oids.SHA1), b"h" * 20)
CRL_ID = CRLValidatedID(HASH, CRLIdentifier(NAME, NOW, 7))
OCSP_ID = OCSPResponsesID(ResponderID(key_hash=bytes(20)), NOW, OLD_HASH)

SAMPLES: list[Schema] = [
    ContentInfo(oids.GM_DATA, None),
    ContentInfo(oids.GM_DATA, der.encode_octet_string(b"")),
    ContentInfo(oids.SIGNED_DATA, MESSAGE.to_der()),
    EncapsulatedContentInfo(oids.DATA),
    CONTENT,
    EncapsulatedContentInfo(oids.SIGNED_DATA, der.encode_sequence(NULL), is_octet_string=False),
    SID,
    BARE,
    SIGNER,
    BY_KEY,
    MESSAGE,
    SignedData(1, (), EncapsulatedContentInfo(oids.DATA)),
    SignedData(
        3, (SM3, SHA256), CONTENT, (CERTIFICATE, b"\xa1\x02\x05\x00"), (CRL, b"\xa1\x02\x05\x00"), (SIGNER, BY_KEY)
    ),
    RECIPIENT,
    RECIPIENT_BY_KEY,
    *OTHER_RECIPIENTS,
    OriginatorInfo(),
    OriginatorInfo((CERTIFICATE,), (CRL,)),
    ENCRYPTED,
    EncryptedContentInfo(oids.DATA, SM4_CBC),
    EncryptedContentInfo(oids.GM_DATA, SM4_CBC, b"", b"one", b"two"),
    ENVELOPE,
    EnvelopedData(
        2, OriginatorInfo((CERTIFICATE,)), (RECIPIENT, RECIPIENT_BY_KEY, *OTHER_RECIPIENTS), ENCRYPTED, UNSIGNED
    ),
    EncryptedData(1, ENCRYPTED),
    EncryptedData(2, ENCRYPTED, UNSIGNED),
    DigestedData(0, SM3, CONTENT, b"d" * 32),
    AuthEnvelopedData(0, None, (RECIPIENT,), EncryptedContentInfo(oids.DATA, GCM, b"c"), None, b"m" * 16),
    AUTH_MESSAGE,
    GCMParameters(b"n" * 12),
    GCMParameters(b"n", 16),
    CCMParameters(b"n" * 7, 4),
    CCMParameters(b"n" * 13),
    SignedAndEnvelopedData(1, (RECIPIENT,), (SM3,), ENCRYPTED, (CERTIFICATE,), (CRL,), (BARE,)),
    SignedAndEnvelopedData(1, (RECIPIENT,), (SM3,), ENCRYPTED),
    KeyAgreementInfo(1, b"\x04" + bytes(64), CERTIFICATE, b"1234567812345678"),
    IMPRINT,
    TimeStampReq(1, IMPRINT),
    TimeStampReq(1, IMPRINT, oids.find("1.2.3.4"), -(1 << 70), True, (EXTENSION,)),
    *[PKIStatusInfo(status) for status in PKIStatus],
    PKIStatusInfo(PKIStatus.REJECTION, ("稍后再试", "try later"), FailureInfo.TIME_NOT_AVAILABLE | FailureInfo.BAD_ALG),
    TimeStampResp(PKIStatusInfo(PKIStatus.GRANTED), TOKEN),
    TimeStampResp(PKIStatusInfo(PKIStatus.REJECTION, (), FailureInfo.SYSTEM_FAILURE)),
    Accuracy(),
    Accuracy(1, 999, 1),
    TST,
    TSTInfo(
        1,
        oids.find("1.2.3.4"),
        IMPRINT,
        0,
        NOW.replace(microsecond=120),
        Accuracy(0, 5),
        True,
        9,
        GeneralName.directory(NAME),
        (EXTENSION,),
    ),
    ISSUER_SERIAL,
    ESSCertID(b"h" * 20),
    ESSCertID(b"h" * 20, ISSUER_SERIAL),
    ESSCertIDv2(SHA256, b"h" * 32),
    ESSCertIDv2(SM3, b"h" * 32, ISSUER_SERIAL),
    SigningCertificate((ESSCertID(b"h" * 20),), (POLICY,)),
    SigningCertificateV2((ESSCertIDv2(SM3, b"h" * 32), ESSCertIDv2(SHA256, b"h" * 32)), (POLICY,)),
    HASH,
    OLD_HASH,
    OtherCertID(HASH),
    CompleteCertificateRefs(()),
    CompleteCertificateRefs((OtherCertID(HASH, ISSUER_SERIAL), OtherCertID(OLD_HASH))),
    CRL_ID,
    CRLValidatedID(HASH),
    CRLIdentifier(NAME, NOW),
    OCSP_ID,
    OCSPResponsesID(ResponderID(name=NAME), NOW),
    CRLOCSPRef(),
    CRLOCSPRef((CRL_ID,), (OCSP_ID,), der.encode_sequence(NULL)),
    CompleteRevocationRefs((CRLOCSPRef((CRL_ID,)), CRLOCSPRef())),
    CertificateValues((CERTIFICATE, CERTIFICATE)),
    RevocationValues(),
    RevocationValues((CRL,), (CERTIFICATE,), der.encode_sequence(NULL)),
]
