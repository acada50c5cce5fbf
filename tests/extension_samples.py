"""One or more values of every kind of extension, for the tests of encodings, of the registry and of the text."""

from __future__ import annotations

from datetime import datetime, timezone

from gmpki import oids
from gmpki.asn1 import der, gmt0015, netscape, rfc3739, rfc6962, rfc7633
from gmpki.asn1.rfc5280 import (
    AccessDescription,
    Attribute,
    AttributeTypeAndValue,
    AuthorityInfoAccess,
    AuthorityKeyIdentifier,
    BasicConstraints,
    CertificateIssuer,
    CertificatePolicies,
    CRLDistributionPoints,
    CRLNumber,
    CRLReason,
    DeltaCRLIndicator,
    DisplayText,
    DistributionPoint,
    DistributionPointName,
    ExtendedKeyUsage,
    FreshestCRL,
    GeneralName,
    GeneralSubtree,
    HoldInstruction,
    InhibitAnyPolicy,
    InvalidityDate,
    IssuerAltName,
    IssuingDistributionPoint,
    KeyUsage,
    KeyUsages,
    Name,
    NameConstraints,
    NoticeReference,
    PolicyConstraints,
    PolicyInformation,
    PolicyMapping,
    PolicyMappings,
    PolicyQualifierInfo,
    PrivateKeyUsagePeriod,
    ReasonCode,
    ReasonFlags,
    SubjectAltName,
    SubjectDirectoryAttributes,
    SubjectInfoAccess,
    SubjectKeyIdentifier,
    UserNotice,
)
from gmpki.asn1.rfc5280._extension_value import ExtensionValue
from gmpki.asn1.rfc6960_nocheck import OCSPNoCheck
from gmpki.oids import find

NOW = datetime(2026, 1, 31, 23, 59, 59, tzinfo=timezone.utc)
LATER = datetime(2051, 1, 1, tzinfo=timezone.utc)
POLICY = find("1.2.156.99999.1")
COMMON_NAME = AttributeTypeAndValue(oids.COMMON_NAME, der.encode_utf8_string("示例"))
COUNTRY = AttributeTypeAndValue(oids.COUNTRY_NAME, der.encode_printable_string("CN"))
DIRECTORY = GeneralName.directory(Name(((COUNTRY,), (COMMON_NAME,))))
DNS = GeneralName.dns("www.example.cn")
URI = GeneralName.uri("http://crl.example.cn/1.crl")
OTHER = GeneralName.other("1.2.3.4", der.encode_utf8_string("其他"))
EVERY_NAME = (
    OTHER,
    GeneralName.email("a@example.cn"),
    DNS,
    DIRECTORY,
    URI,
    GeneralName.ip("192.0.2.1"),
    GeneralName.ip("2001:db8::1"),
    GeneralName.registered_id("1.2.3"),
)
NOTICE = UserNotice(NoticeReference(DisplayText("示例", der.Tag.UTF8_STRING), (1, 2)), "请阅读策略")
QUALIFIERS = (
    PolicyQualifierInfo.cps("http://cps.example.cn"),
    PolicyQualifierInfo.notice(NOTICE),
    PolicyQualifierInfo.notice(UserNotice(None, DisplayText("read", der.Tag.IA5_STRING))),
    PolicyQualifierInfo.notice(UserNotice()),
    PolicyQualifierInfo(find("1.2.3.9"), der.encode_null()),
)
FULL = DistributionPointName((URI, DIRECTORY))
RELATIVE = DistributionPointName((), (COMMON_NAME,))
STAMP = rfc6962.SignedCertificateTimestamp(bytes(range(32)), 1_751_674_100_811, b"", 4, 3, b"signature")

SAMPLES: list[ExtensionValue] = [
    AuthorityKeyIdentifier(bytes(range(20))),
    AuthorityKeyIdentifier(b"", (DIRECTORY,), 2**159 - 1),
    AuthorityKeyIdentifier(None, (DIRECTORY, URI), 5),
    SubjectKeyIdentifier(bytes(32)),
    KeyUsage(KeyUsages.DIGITAL_SIGNATURE),
    KeyUsage(KeyUsages.DECIPHER_ONLY | KeyUsages.KEY_AGREEMENT),
    KeyUsage(KeyUsages(0x1FF)),
    PrivateKeyUsagePeriod(NOW, LATER),
    PrivateKeyUsagePeriod(None, NOW),
    ExtendedKeyUsage((oids.SERVER_AUTH, oids.CLIENT_AUTH, POLICY)),
    CertificatePolicies((PolicyInformation(oids.ANY_POLICY),)),
    CertificatePolicies((PolicyInformation(POLICY, QUALIFIERS), PolicyInformation(oids.ANY_POLICY))),
    PolicyMappings((PolicyMapping(POLICY, find("1.2.3")), PolicyMapping(POLICY, find("1.2.4")))),
    PolicyConstraints(0, 3),
    PolicyConstraints(None, 0),
    InhibitAnyPolicy(0),
    InhibitAnyPolicy(2**70),
    SubjectAltName(EVERY_NAME),
    IssuerAltName((DNS,)),
    SubjectDirectoryAttributes((Attribute(find("2.5.4.72"), (der.encode_null(), der.encode_utf8_string("a"))),)),
    BasicConstraints(),
    BasicConstraints(ca=True),
    BasicConstraints(ca=True, path_len=0),
    BasicConstraints(ca=True, path_len=300),
    NameConstraints((GeneralSubtree(GeneralName.ip("10.0.0.0/8")), GeneralSubtree(DIRECTORY))),
    NameConstraints((), (GeneralSubtree(GeneralName.ip("2001:db8::/32")), GeneralSubtree(DNS))),
    CRLDistributionPoints((DistributionPoint(FULL), DistributionPoint(RELATIVE, ReasonFlags.AA_COMPROMISE))),
    CRLDistributionPoints((DistributionPoint(None, None, (DIRECTORY,)),)),
    FreshestCRL((DistributionPoint.uri("http://crl.example.cn/d.crl", "ldap://crl.example.cn/d"),)),
    AuthorityInfoAccess((AccessDescription(oids.AD_OCSP, URI), AccessDescription(oids.AD_CA_ISSUERS, DIRECTORY))),
    SubjectInfoAccess((AccessDescription(oids.AD_CA_REPOSITORY, URI),)),
    IssuingDistributionPoint(FULL, only_contains_user_certs=True),
    IssuingDistributionPoint(RELATIVE, only_contains_ca_certs=True, only_some_reasons=ReasonFlags(6)),
    IssuingDistributionPoint(indirect_crl=True, only_contains_attribute_certs=True),
    CRLNumber(0),
    CRLNumber(2**159 - 1),
    DeltaCRLIndicator(7),
    *[CRLReason(reason) for reason in ReasonCode],
    InvalidityDate(LATER),
    CertificateIssuer((DIRECTORY,)),
    HoldInstruction(oids.HOLD_REJECT),
    gmt0015.IdentifyCode(gmt0015.IdentifyCodeKind.RESIDENT_ID, "11010119900307001X"),
    gmt0015.IdentifyCode(gmt0015.IdentifyCodeKind.MILITARY_ID, "军字第0001号"),
    gmt0015.IdentifyCode(gmt0015.IdentifyCodeKind.PASSPORT, "E00000001"),
    gmt0015.InsuranceNumber("0000000001"),
    gmt0015.ICRegistrationNumber("000000000000001"),
    gmt0015.OrganizationCode("00000000-0"),
    gmt0015.TaxationNumber("000000000000000"),
    gmt0015.ResidentIdentity2023("11010119900307001X"),
    gmt0015.Passport2023("E00000001"),
    gmt0015.SocialCreditCode2023("91000000000000000X"),
    gmt0015.SocialCreditCode2023Long("91000000000000000X"),
    gmt0015.LegacyPersonalIdentity("张三"),
    gmt0015.LegacyIdentity2("1"),
    gmt0015.LegacyBusinessRegistration("1"),
    gmt0015.LegacyOrganizationCode("1"),
    gmt0015.LegacyTaxationNumber("1"),
    gmt0015.SHECAUniqueID("1"),
    gmt0015.SHECAUniqueID205("1"),
    gmt0015.ZJCAUserName("张三"),
    rfc3739.QCStatements((rfc3739.QCStatement(find("0.4.0.1862.1.1")), rfc3739.QCStatement(POLICY, b"\x05\x00"))),
    rfc6962.SignedCertificateTimestampList((STAMP, b"\x01of another version")),
    rfc6962.PrecertificatePoison(),
    rfc7633.TLSFeature((rfc7633.STATUS_REQUEST, rfc7633.STATUS_REQUEST_V2)),
    netscape.NetscapeCertType(netscape.NetscapeCertTypes.SSL_SERVER | netscape.NetscapeCertTypes.SSL_CA),
    netscape.NetscapeComment("a comment"),
    netscape.NetscapeBaseURL("http://example.cn"),
    netscape.NetscapeRevocationURL("r?"),
    netscape.NetscapeCARevocationURL("c?"),
    netscape.NetscapeRenewalURL("n?"),
    netscape.NetscapeCAPolicyURL("p"),
    netscape.NetscapeSSLServerName("*.example.cn"),
    OCSPNoCheck(),
]
IDS = [f"{type(sample).__name__}-{index}" for index, sample in enumerate(SAMPLES)]
KINDS = list(dict.fromkeys(type(sample) for sample in SAMPLES))
