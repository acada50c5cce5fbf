"""Every rule has a certificate that breaks it; certificates that are right break none that matters."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from gmpki import oids
from gmpki.asn1 import der, gmt0015
from gmpki.asn1.quirks import Quirk, QuirkKind
from gmpki.asn1.rfc5280 import (
    NULL,
    AccessDescription,
    AlgorithmIdentifier,
    AuthorityInfoAccess,
    AuthorityKeyIdentifier,
    CRLDistributionPoints,
    DistributionPoint,
    DistributionPointName,
    ExtendedKeyUsage,
    Extension,
    GeneralName,
    GeneralNameKind,
    GeneralSubtree,
    KeyUsage,
    KeyUsages,
    Name,
    NameConstraints,
    PolicyMapping,
    PolicyMappings,
    PrivateKeyUsagePeriod,
    ReasonFlags,
    SubjectAltName,
    SubjectKeyIdentifier,
    SubjectPublicKeyInfo,
)
from gmpki.keys.ec_forms import SM2_KEY_SYNONYMS
from gmpki.x509.certificate import Certificate
from gmpki.x509.lint import CertificatePurpose, Severity, lint_certificate, lint_pair, rules
from gmpki.x509.lint._extensions import _CRITICALITY
from gmpki.x509.lint._facts import Facts
from gmpki.x509.lint._identity import _credit_check, _resident_check
from gmpki.x509.names import build_name
from x509.lint.lint_examples import (
    AUTHORITY,
    ENCRYPTION,
    ISSUER,
    ISSUER_KEY,
    KEY,
    SIGNING,
    START,
    USER,
    YEAR,
    authority,
    certificate,
    extension,
    identifier,
    name,
    pair,
    root,
)

# Invented: the area does not exist, and the check digit is worked out.
RESIDENT = "999999199001011238"
RESIDENT_WRONG = "999999199001011230"
CREDIT = "91999999MA0000002R"

utf8, printable = der.encode_utf8_string, der.encode_printable_string
CN, ORG, C = oids.COMMON_NAME, oids.ORGANIZATION_NAME, oids.COUNTRY_NAME
ECDSA = AlgorithmIdentifier(oids.ECDSA_SHA256)
POLICY = oids.find("1.2.156.99999.1")
TLS = ExtendedKeyUsage((oids.SERVER_AUTH,))
TSA = ExtendedKeyUsage((oids.TIME_STAMPING,))
OCSP = ExtendedKeyUsage((oids.OCSP_SIGNING,))


def san(*names: GeneralName) -> SubjectAltName:
    return SubjectAltName(names)


def dns(*hosts: str) -> SubjectAltName:
    return SubjectAltName(tuple(GeneralName(GeneralNameKind.DNS_NAME, host) for host in hosts))


def key(algorithm: str, parameters: bytes | None, point: bytes) -> SubjectPublicKeyInfo:
    return SubjectPublicKeyInfo(AlgorithmIdentifier(oids.find(algorithm), parameters), point)


def rsa(bits: int, parameters: bytes | None = NULL) -> SubjectPublicKeyInfo:
    modulus = (1 << (bits - 1)) + 1
    return key(
        oids.RSA_ENCRYPTION, parameters, der.encode_sequence(der.encode_integer(modulus), b"\x02\x03\x01\x00\x01")
    )


def indefinite(whole: bytes) -> bytes:
    return b"\x30\x80" + der.Reader(whole).contents(0x30) + b"\x00\x00"


def long_length(whole: bytes) -> bytes:
    content = der.Reader(whole).contents(0x30)
    return b"\x30\x84" + len(content).to_bytes(4, "big") + content


def segmented(whole: bytes) -> bytes:
    """Cut the signature into one segment."""
    reader = der.Reader(whole).sequence()
    first, second = reader.raw_element(), reader.raw_element()
    return der.encode_sequence(first, second, der.encode(0x23, reader.raw_element()))


def backwards(subject: Name) -> bytes:
    """Encode a name with one set, its attributes in the wrong order."""
    elements = sorted((attribute.to_der() for attribute in subject.attributes), reverse=True)
    return der.encode_sequence(der.encode(0x31, b"".join(elements)))


def points(*found: DistributionPoint) -> CRLDistributionPoints:
    return CRLDistributionPoints(found)


def at(*uris: str, reasons: ReasonFlags | None = None) -> DistributionPoint:
    return DistributionPoint(DistributionPointName(tuple(GeneralName.uri(uri) for uri in uris)), reasons)


def access(location: GeneralName) -> AuthorityInfoAccess:
    return AuthorityInfoAccess((AccessDescription(oids.AD_OCSP, location),))


def resident(number: str) -> gmt0015.IdentifyCode:
    return gmt0015.IdentifyCode(gmt0015.IdentifyCodeKind.RESIDENT_ID, number)


def mapped(issuer: str, subject: str) -> PolicyMappings:
    return PolicyMappings((PolicyMapping(oids.find(issuer), oids.find(subject)),))


def constraints(base: GeneralName) -> NameConstraints:
    return NameConstraints((GeneralSubtree(base),))


ADDRESS_WITH_GAP = GeneralName(GeneralNameKind.IP_ADDRESS, bytes.fromhex("0A000000FF00FF00"))
# What our own classes refuse to encode.
TWO_POLICIES = "300C300406022A03300406022A03"
ANY_MAPPED = "300C300A0604551D200006022A03"
NOTICE = der.encode_sequence(der.encode_oid(oids.QT_UNOTICE), der.encode_sequence(utf8("x" * 201)))
LONG_NOTICE = der.encode_sequence(der.encode_sequence(der.encode_oid("1.2.3"), der.encode_sequence(NOTICE)))

# rule: what breaks it. A pair is judged as a pair; "at" and "purpose" go to the linter.
Broken = Callable[[], Any]
BREAKS: dict[str, Broken | tuple[Broken, dict[str, Any]]] = {
    # ---- fields
    "RFC5280-VERSION": lambda: certificate(version=2),
    "GMT0015-VERSION": lambda: certificate(version=1, drop=["all"]),
    "RFC5280-SERIAL-POSITIVE": lambda: certificate(serial=0),
    "RFC5280-SERIAL-LENGTH": lambda: certificate(serial=1 << 160),
    "CABF-SERIAL-ENTROPY": lambda: certificate(serial=5),
    "RFC5280-SIGNATURE-ALGORITHM": lambda: certificate(inner=ECDSA),
    "GMT0015-SIGNATURE-SM3": lambda: certificate(algorithm=ECDSA),
    "GMT0015-SM2-KEY-SIGNATURE": lambda: root(algorithm=ECDSA),
    "GMPKI-SIGNATURE-WEAK": lambda: certificate(algorithm=AlgorithmIdentifier(oids.RSA_SHA1, NULL)),
    "GMT0009-SIGNATURE-VALUE": lambda: certificate(signature=bytes(64)),
    "RFC5280-UNIQUE-ID": lambda: certificate(unique=(b"i", None)),
    "RFC6962-PRECERTIFICATE": lambda: certificate(set=[extension(oids.CT_POISON, "0500", critical=True)]),
    # ---- names
    "RFC5280-ISSUER-EMPTY": lambda: certificate(issuer=Name()),
    "RFC5280-SUBJECT-EMPTY-CA": lambda: authority(subject=Name()),
    "RFC5280-SUBJECT-EMPTY-SAN": lambda: certificate(subject=Name(), set=[dns("example.cn")]),
    "RFC5280-NAME-COUNTRY": lambda: certificate(subject=name((C, utf8("CN")), (CN, utf8("张三")))),
    "RFC5280-NAME-PRINTABLE": lambda: certificate(subject=name((oids.SERIAL_NUMBER, utf8("1")), (CN, utf8("x")))),
    "RFC5280-NAME-IA5": lambda: certificate(subject=name((oids.EMAIL_ADDRESS, utf8("a@b.cn")))),
    "RFC5280-NAME-STRING-TYPE": lambda: certificate(subject=name((CN, der.encode_bmp_string("张三")))),
    "RFC5280-NAME-LENGTH": lambda: certificate(subject=name((CN, utf8("张" * 65)))),
    "RFC5280-NAME-VALUE-EMPTY": lambda: certificate(subject=name((CN, utf8("")))),
    "RFC5280-NAME-ALPHABET": lambda: certificate(subject=name((CN, der.encode(0x13, b"*.example.cn")))),
    "X520-NAME-NO-STRING": lambda: certificate(subject=name((oids.POSTAL_ADDRESS, utf8("示例路")))),
    "GMPKI-NAME-SPACES": lambda: certificate(subject=name((CN, utf8(" x")))),
    "GMPKI-NAME-INVISIBLE": lambda: certificate(subject=name((CN, utf8("a\u202eb")))),
    "GMT0015-NAME-COUNTRY": lambda: certificate(subject=build_name(("CN", "x"))),
    "GMT0015-NAME-COMMON-NAME": lambda: certificate(subject=build_name(("C", "CN"))),
    "GMPKI-NAME-ORDER": lambda: certificate(subject=build_name(("O", "x"), ("C", "CN"))),
    "GMPKI-NAME-MULTIVALUED": lambda: certificate(subject=build_name([("CN", "x"), ("O", "y")])),
    "GMPKI-NAME-REPEATED": lambda: certificate(subject=build_name(("CN", "x"), ("CN", "y"))),
    "RFC5280-NAME-EMAIL": lambda: certificate(subject=build_name(("CN", "x"), ("E", "a@example.cn"))),
    # ---- validity
    "RFC5280-VALIDITY-ORDER": lambda: certificate(end=START - YEAR),
    "RFC5280-TIME-FORM": lambda: certificate(
        raw={"validity": der.encode_sequence(*[der.encode_generalized_time(START)] * 2)}
    ),
    "RFC5280-VALIDITY-AT": (certificate, {"at": START + 2 * YEAR}),
    "RFC5280-VALIDITY-ENDLESS": lambda: certificate(end=START.replace(year=9999)),
    "GMPKI-VALIDITY-LONG": lambda: certificate(end=START + 11 * YEAR),
    "CABF-VALIDITY-TLS": lambda: certificate(set=[TLS, dns("example.cn")], end=START + 2 * YEAR),
    # ---- keys
    "GMT0009-KEY-FORM": lambda: certificate(
        key=SubjectPublicKeyInfo(KEY.algorithm, b"\x02" + KEY.subject_public_key[1:33])
    ),
    "GMT0009-KEY-POINT": lambda: certificate(key=SubjectPublicKeyInfo(KEY.algorithm, b"\x04" + b"\x01" * 64)),
    "GMPKI-KEY-READABLE": lambda: certificate(key=key(oids.RSA_ENCRYPTION, NULL, b"\x30\x01")),
    "GMPKI-KEY-KNOWN": lambda: certificate(key=key(oids.DSA, None, b"\x02\x01\x05")),
    "GMPKI-KEY-WEAK": lambda: certificate(key=rsa(1024)),
    "RFC5480-NAMED-CURVE": lambda: certificate(key=key(oids.EC_PUBLIC_KEY, b"\x30\x00", bytes(65))),
    "GMT0015-KEY-ALGORITHM": lambda: certificate(key=key(oids.SM2, None, KEY.subject_public_key)),
    "RFC3279-RSA-PARAMETERS": lambda: certificate(key=rsa(2048, None)),
    "RFC8410-PARAMETERS": lambda: certificate(key=key(oids.ED25519, NULL, bytes(32))),
    "RFC8410-KEY-USAGE": lambda: certificate(key=key(oids.ED25519, None, bytes(32)), usages=SIGNING | ENCRYPTION),
    "RFC5280-KEY-IS-ISSUER": lambda: certificate(set=[AuthorityKeyIdentifier(identifier(KEY))]),
    # ---- extensions
    "RFC5280-EXTENSION-MALFORMED": lambda: certificate(set=[extension(oids.KEY_USAGE, "FF")]),
    "RFC5280-EXTENSION-DUPLICATE": lambda: certificate(twice=[KeyUsage(SIGNING)]),
    "RFC5280-EXTENSION-CRITICAL-UNKNOWN": lambda: certificate(set=[extension("1.2.3.4", "0500", critical=True)]),
    "GMPKI-EXTENSION-UNKNOWN": lambda: certificate(set=[extension("1.2.3.4", "0500")]),
    "RFC5280-BC-CRITICAL": lambda: authority(set=[extension(oids.BASIC_CONSTRAINTS, "30030101FF")]),
    "RFC5280-BC-CA": (certificate, {"purpose": CertificatePurpose.CA}),
    "RFC5280-BC-USER": (authority, {"purpose": CertificatePurpose.SIGNING}),
    "RFC5280-BC-PATH-LEN": lambda: authority(
        usages=KeyUsages.CRL_SIGN, set=[extension(oids.BASIC_CONSTRAINTS, "30060101FF020100", critical=True)]
    ),
    "RFC5280-AKI-PRESENT": lambda: certificate(drop=[oids.AUTHORITY_KEY_IDENTIFIER]),
    "RFC5280-AKI-SELF": lambda: root(set=[AuthorityKeyIdentifier(b"another key")]),
    "RFC5280-SKI-CA": lambda: authority(drop=[oids.SUBJECT_KEY_IDENTIFIER]),
    "RFC5280-SKI-USER": lambda: certificate(drop=[oids.SUBJECT_KEY_IDENTIFIER]),
    "RFC5280-SKI-EMPTY": lambda: certificate(set=[extension(oids.SUBJECT_KEY_IDENTIFIER, "0400")]),
    "RFC5280-SKI-METHOD": lambda: certificate(set=[SubjectKeyIdentifier(bytes(20))]),
    "RFC3280-PRIVATE-KEY-PERIOD": lambda: certificate(set=[PrivateKeyUsagePeriod(START, START + YEAR)]),
    "GMT0015-NETSCAPE": lambda: certificate(set=[extension(oids.NETSCAPE_COMMENT, "160178")]),
    # ---- policies and constraints
    "RFC5280-CONSTRAINTS-CA": lambda: certificate(set=[constraints(GeneralName.dns("example.cn"))]),
    "RFC5280-NC-ADDRESS": lambda: authority(set=[constraints(ADDRESS_WITH_GAP)]),
    "RFC5280-NC-DNS": lambda: authority(set=[constraints(GeneralName.dns(".example.cn"))]),
    "RFC5280-CP-DUPLICATE": lambda: certificate(set=[extension(oids.CERTIFICATE_POLICIES, TWO_POLICIES)]),
    "RFC6818-CP-NOTICE": lambda: certificate(set=[Extension(oids.CERTIFICATE_POLICIES, False, LONG_NOTICE)]),
    "RFC5280-CP-CA": lambda: authority(drop=[oids.CERTIFICATE_POLICIES]),
    "RFC5280-PM-ANY": lambda: authority(set=[extension(oids.POLICY_MAPPINGS, ANY_MAPPED, critical=True)]),
    "RFC5280-PM-ISSUER": lambda: authority(set=[mapped("1.2.3", "1.2.4")]),
    # ---- alternative names
    "RFC5280-SAN-DNS": lambda: certificate(set=[dns("a b.example.cn")]),
    "RFC6125-WILDCARD": lambda: certificate(set=[dns("a*.example.cn")]),
    "RFC5280-SAN-EMAIL": lambda: certificate(set=[san(GeneralName.email("张三 <a@example.cn>".replace("张三", "Z")))]),
    "RFC5280-SAN-URI": lambda: certificate(set=[san(GeneralName.uri("example.cn/a"))]),
    "RFC5280-SAN-CRITICAL": lambda: certificate(
        set=[Extension(oids.SUBJECT_ALT_NAME, True, dns("example.cn").to_der())]
    ),
    "RFC5280-SAN-DIRECTORY": lambda: certificate(set=[san(GeneralName.directory(Name()))]),
    "RFC9110-TLS-SAN": lambda: certificate(set=[TLS]),
    "RFC6125-TLS-COMMON-NAME": lambda: certificate(
        subject=build_name(("CN", "www.example.cn")), set=[TLS, dns("example.cn")]
    ),
    # ---- pointers
    "GMT0015-REVOCATION": lambda: certificate(drop=[oids.CRL_DISTRIBUTION_POINTS, oids.AUTHORITY_INFO_ACCESS]),
    "RFC5280-CDP-ALL-REASONS": lambda: certificate(
        set=[points(at("http://ca.example.cn/1.crl", reasons=ReasonFlags.KEY_COMPROMISE))]
    ),
    "RFC5280-CDP-URI": lambda: certificate(set=[points(at("file:///1.crl"))]),
    "RFC5280-AIA-URI": lambda: certificate(set=[access(GeneralName.dns("ca.example.cn"))]),
    "RFC5280-AIA-HTTPS": lambda: certificate(set=[points(at("https://ca.example.cn/1.crl"))]),
    "RFC5280-AIA-ISSUER": lambda: certificate(drop=[oids.AUTHORITY_INFO_ACCESS]),
    # ---- usages
    "RFC5280-KU-CA": lambda: authority(drop=[oids.KEY_USAGE]),
    "GMT0015-KU-PRESENT": lambda: certificate(drop=[oids.KEY_USAGE]),
    "RFC5280-KU-EMPTY": lambda: certificate(set=[extension(oids.KEY_USAGE, "030100", critical=True)]),
    "RFC5280-KU-ONLY": lambda: certificate(usages=SIGNING | KeyUsages.ENCIPHER_ONLY),
    "GMT0015-KU-CA-BITS": lambda: authority(usages=KeyUsages.KEY_CERT_SIGN),
    "GMT0015-KU-CA-ENCRYPTION": lambda: authority(usages=AUTHORITY | KeyUsages.KEY_ENCIPHERMENT),
    "RFC5280-KU-CERT-SIGN": lambda: certificate(usages=SIGNING | KeyUsages.KEY_CERT_SIGN),
    "GMT0015-KU-MIXED": lambda: certificate(usages=SIGNING | ENCRYPTION),
    "GMT0015-KU-SIGNING": lambda: certificate(usages=KeyUsages.NON_REPUDIATION),
    "GMT0015-KU-PAIR-SIGN": (
        lambda: certificate(usages=SIGNING | ENCRYPTION),
        {"purpose": CertificatePurpose.SIGNING},
    ),
    "GMT0015-KU-ENCRYPTION": (certificate, {"purpose": CertificatePurpose.ENCRYPTION}),
    "GMT0015-KU-PAIR-ENC": (certificate, {"purpose": CertificatePurpose.ENCRYPTION}),
    "RFC5280-EKU-KU": lambda: certificate(usages=KeyUsages.NON_REPUDIATION, set=[TLS, dns("example.cn")]),
    "RFC5280-EKU-ANY": lambda: certificate(set=[extension(oids.EXTENDED_KEY_USAGE, "30060604551D2500", critical=True)]),
    "RFC3161-EKU-TSA": lambda: certificate(set=[Extension(oids.EXTENDED_KEY_USAGE, False, TSA.to_der())]),
    "RFC6960-EKU-OCSP": (certificate, {"purpose": CertificatePurpose.OCSP}),
    "RFC6960-NO-CHECK": lambda: certificate(
        set=[OCSP], drop=[oids.CRL_DISTRIBUTION_POINTS, oids.AUTHORITY_INFO_ACCESS]
    ),
    "RFC6960-NO-CHECK-SCOPE": lambda: certificate(set=[extension(oids.OCSP_NO_CHECK, "0500")]),
    "RFC5280-EKU-TLS": (
        lambda: certificate(set=[ExtendedKeyUsage((oids.CLIENT_AUTH,)), dns("example.cn")]),
        {"purpose": CertificatePurpose.TLS_SERVER},
    ),
    # ---- identity
    "GMT0015-ID-CRITICAL": lambda: certificate(set=[extension(oids.INSURANCE_NUMBER, "130131", critical=True)]),
    "GMT0015-ID-EMPTY": lambda: certificate(set=[extension(oids.IDENTIFY_CODE, "0500")]),
    "GMT0015-ID-FORM": lambda: certificate(set=[extension(oids.ORGANIZATION_CODE, b"12345678-9".hex())]),
    "GMT0015-ID-KIND": lambda: certificate(set=[extension(oids.IDENTIFY_CODE, "130131")]),
    "GMT0015-ID-CA": lambda: authority(set=[gmt0015.InsuranceNumber("1")]),
    "GMT0015-ID-OLD": lambda: certificate(set=[gmt0015.LegacyTaxationNumber("1")]),
    "GMT0015-ID-UNRESOLVED": lambda: certificate(set=[gmt0015.SocialCreditCode2023(CREDIT)]),
    "GB11643-CHECK-DIGIT": lambda: certificate(set=[resident(RESIDENT_WRONG)]),
    "GB32100-CHECK-DIGIT": lambda: certificate(set=[gmt0015.OrganizationCode("91999999MA00000000")]),
    "GMPKI-PERSONAL-DATA": lambda: certificate(set=[resident(RESIDENT)]),
    "GMPKI-PERSONAL-DATA-NAME": lambda: certificate(subject=build_name(("C", "CN"), ("CN", f"张三 {RESIDENT}"))),
    "GMPKI-PERSONAL-DATA-SERVER": lambda: certificate(set=[TLS, dns("example.cn"), resident(RESIDENT)]),
    # ---- encoding
    "X690-INDEFINITE-LENGTH": lambda: certificate(wrap=indefinite),
    "X690-LONG-LENGTH": lambda: certificate(wrap=long_length),
    "X690-CONSTRUCTED-STRING": lambda: certificate(wrap=segmented),
    "X690-BOOLEAN": lambda: certificate(set=[extension(oids.BASIC_CONSTRAINTS, "3003010101", critical=True)]),
    "X690-INTEGER": lambda: certificate(raw={"serial": bytes.fromhex("020A0001020304050607080A")}),
    "X690-UNUSED-BITS": lambda: certificate(set=[extension(oids.KEY_USAGE, "030206C1", critical=True)]),
    "X690-NAMED-BITS": lambda: certificate(set=[extension(oids.KEY_USAGE, "030200C0", critical=True)]),
    "X690-EXPLICIT-DEFAULT": lambda: certificate(set=[extension(oids.BASIC_CONSTRAINTS, "3003010100")]),
    "X690-SET-ORDER": lambda: certificate(raw={"subject": backwards(USER)}),
    "RFC5280-EMPTY-SEQUENCE": lambda: certificate(set=[extension(oids.EXTENDED_KEY_USAGE, "3000")]),
    "GMT0015-NULL-PARAMETERS": lambda: certificate(algorithm=AlgorithmIdentifier(oids.SM2_WITH_SM3, NULL)),
    "RFC8017-NULL-PARAMETERS": lambda: certificate(algorithm=AlgorithmIdentifier(oids.RSA_SHA256)),
    "GMT0015-OID-SYNONYM": lambda: certificate(algorithm=AlgorithmIdentifier(oids.SM2_SIGN)),
    "GMPKI-OTHER-QUIRK": lambda: with_quirk(certificate(), Quirk(QuirkKind.DUPLICATE_ATTRIBUTE, -1, 1, "somewhere")),
    # ---- pairs
    "GMT0015-PAIR-SUBJECT": lambda: pair(subject=ISSUER),
    "GMT0015-PAIR-SUBJECT-BYTES": lambda: pair(
        {"subject": name((CN, utf8("ABC")))}, subject=name((CN, printable("abc")))
    ),
    "GMT0015-PAIR-ISSUER": lambda: pair(issuer=USER),
    "GMT0015-PAIR-SERIAL": lambda: pair({"serial": 7}, serial=7),
    "GMT0015-PAIR-KEY": lambda: pair(key=KEY),
    "GMT0015-PAIR-ALGORITHM": lambda: pair(key=rsa(2048)),
    "GMT0015-PAIR-SWAPPED": lambda: tuple(reversed(pair())),
    "GMT0015-PAIR-USAGE": lambda: pair({"usages": SIGNING | KeyUsages.KEY_AGREEMENT}),
    "GMT0015-PAIR-VALIDITY": lambda: pair(start=START + 3 * YEAR, end=START + 4 * YEAR),
    "GMT0015-PAIR-PERIOD": lambda: pair(end=START + 2 * YEAR),
    "GMT0015-PAIR-NAMES": lambda: pair(set=[dns("example.cn")]),
    "GMT0015-PAIR-IDENTITY": lambda: pair(
        {"set": [gmt0015.OrganizationCode("1")]}, set=[gmt0015.OrganizationCode("2")]
    ),
    "GMT0015-PAIR-PURPOSES": lambda: pair(set=[ExtendedKeyUsage((oids.EMAIL_PROTECTION,))]),
} | {
    f"{clause.document.replace(' ', '')}-{short}-CRITICAL": lambda oid=oid, wanted=wanted: certificate(
        set=[extension(oid, "0500", critical=not wanted)]
    )
    for short, oid, wanted, _, clause in _CRITICALITY
}


def with_quirk(changed: Certificate, quirk: Quirk) -> Certificate:
    """Add what no reader notes in a certificate."""
    object.__setattr__(changed, "_quirks", (*changed.quirks, quirk))
    return changed


def judge(broken: Broken | tuple[Broken, dict[str, Any]]) -> tuple[Any, ...]:
    make, options = broken if isinstance(broken, tuple) else (broken, {})
    made = make()
    return lint_pair(made, **options) if isinstance(made, tuple) else lint_certificate(made, **options)


@pytest.mark.parametrize("rule", BREAKS)
def test_broken_rule_is_found(rule: str) -> None:
    found = [finding for finding in judge(BREAKS[rule]) if finding.id == rule]
    assert found
    assert all(finding.text and finding.severity is finding.rule.severity for finding in found)


def test_every_rule_has_a_certificate_that_breaks_it() -> None:
    assert set(BREAKS) == {rule.id for rule in rules()}
    assert len(rules()) >= 60


CLEAN: dict[str, Broken | tuple[Broken, dict[str, Any]]] = {
    "signing": (certificate, {"at": START, "purpose": CertificatePurpose.SIGNING}),
    "encryption": (lambda: certificate(usages=ENCRYPTION), {"purpose": CertificatePurpose.ENCRYPTION}),
    "authority": (authority, {"purpose": CertificatePurpose.CA}),
    "root": root,
    "pair": pair,
    "server": (
        lambda: certificate(set=[TLS, dns("example.cn", "*.example.cn")]),
        {"purpose": CertificatePurpose.TLS_SERVER},
    ),
    "time-stamp": lambda: certificate(set=[Extension(oids.EXTENDED_KEY_USAGE, True, TSA.to_der())]),
    "responder": lambda: certificate(set=[OCSP, extension(oids.OCSP_NO_CHECK, "0500")]),
    "resident": lambda: certificate(set=[gmt0015.OrganizationCode(CREDIT)]),
}


@pytest.mark.parametrize("kind", CLEAN)
def test_clean_certificates_have_no_findings(kind: str) -> None:
    assert [str(finding) for finding in judge(CLEAN[kind])] == []


def test_each_broken_rule_alone() -> None:
    """What breaks one rule breaks few others: the rules do not say one thing many times."""
    for rule, broken in BREAKS.items():
        others = {finding.id for finding in judge(broken)} - {rule}
        assert len(others) <= 8, (rule, others)


@pytest.mark.parametrize("rule", ["GMT0015-KEY-ALGORITHM", "GMT0015-NULL-PARAMETERS", "GMT0015-OID-SYNONYM"])
def test_an_algorithm_is_spoken_of_once(rule: str) -> None:
    """It stands in two places, and that of a key has a rule of its own."""
    about = [finding.id for finding in judge(BREAKS[rule]) if "PARAMETERS" in finding.id or "ALGORITHM" in finding.id]
    about += [finding.id for finding in judge(BREAKS[rule]) if "SYNONYM" in finding.id]
    assert about == [rule]


@pytest.mark.parametrize("synonym", SM2_KEY_SYNONYMS)
def test_every_synonym_of_an_sm2_key_is_found(synonym: oids.ObjectIdentifier) -> None:
    written = certificate(key=key(synonym, None, KEY.subject_public_key))
    assert Facts(written).is_sm2
    assert "GMT0015-KEY-ALGORITHM" in {finding.id for finding in lint_certificate(written)}


def test_a_serial_number_of_one_bit() -> None:
    texts = [f.text for f in lint_certificate(certificate(serial=1)) if f.id == "CABF-SERIAL-ENTROPY"]
    assert texts == ["the serial number has 1 bit: it can be guessed"]


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.id)
def test_rules_are_described(rule: Any) -> None:
    assert re.fullmatch(r"[A-Z0-9]+(?:-[A-Z0-9]+)+", rule.id)
    assert rule.title[0].isalnum()
    assert re.search(r"[\u4e00-\u9fff]", rule.title_zh)
    assert rule.why
    assert rule.clause.document
    assert rule.clause.clause
    assert rule.clause.edition
    assert rule.clause.confidence in "ABCD"
    # GM/T 0015 could not be read: no rule claims that it was.
    assert rule.clause.document != "GM/T 0015" or rule.clause.confidence in "BCD"
    assert set(rule.to_dict()) >= {"rule", "severity", "title", "title_zh", "document", "clause", "confidence"}


def test_titles_are_unique() -> None:
    assert len({rule.title for rule in rules()}) == len(rules())
    assert [rule.id for rule in rules()] == sorted(rule.id for rule in rules())


def test_gravest_first() -> None:
    ranks = [finding.severity.rank for finding in lint_certificate(certificate(serial=0, version=1, drop=["all"]))]
    assert ranks == sorted(ranks)
    assert Severity.ERROR.rank == 0


# ---- more ways to break the rules that have several -----------------------------------------------------------------
ALSO = [
    ("RFC5280-SERIAL-POSITIVE", lambda: certificate(serial=-1)),
    ("RFC5280-VERSION", lambda: certificate(version=1, drop=["all"], unique=(b"x", None))),
    ("GMT0009-SIGNATURE-VALUE", lambda: certificate(signature=b"\x30\x06\x02\x01\x00\x02\x01\x01")),
    ("GMT0009-SIGNATURE-VALUE", lambda: certificate(signature=b"")),
    ("RFC5280-UNIQUE-ID", lambda: certificate(unique=(None, b""))),
    ("RFC5280-SUBJECT-EMPTY-SAN", lambda: certificate(subject=Name())),
    ("RFC5280-NAME-COUNTRY", lambda: certificate(subject=name((C, printable("CHN"))))),
    ("RFC5280-NAME-COUNTRY", lambda: certificate(issuer=name((C, printable("C1"))))),
    ("RFC5280-NAME-STRING-TYPE", lambda: certificate(subject=name((ORG, der.encode_ia5_string("x"))))),
    ("RFC5280-NAME-ALPHABET", lambda: certificate(subject=name((CN, b"\x0c\x02\xc4\xe3")))),
    ("RFC5280-SAN-DNS", lambda: certificate(set=[dns("*.")])),
    ("RFC5280-SAN-DNS", lambda: certificate(set=[dns("-a.cn")])),
    ("RFC5280-SAN-DNS", lambda: certificate(set=[dns("a..cn")])),
    ("RFC5280-SAN-DNS", lambda: certificate(set=[dns("x" * 254)])),
    ("RFC6125-WILDCARD", lambda: certificate(set=[dns("*.cn")])),
    ("RFC6125-WILDCARD", lambda: certificate(set=[dns("*")])),
    ("RFC6125-WILDCARD", lambda: certificate(set=[dns("*.*.example.cn")])),
    (
        "RFC5280-CDP-URI",
        lambda: certificate(set=[points(at_name())]),
    ),
    ("RFC3161-EKU-TSA", lambda: certificate(set=[ExtendedKeyUsage((oids.TIME_STAMPING, oids.CLIENT_AUTH))])),
    ("RFC5480-NAMED-CURVE", lambda: certificate(key=key(oids.EC_PUBLIC_KEY, NULL, bytes(65)))),
    ("RFC5480-NAMED-CURVE", lambda: certificate(key=key(oids.EC_PUBLIC_KEY, None, bytes(65)))),
    ("RFC5280-BC-PATH-LEN", lambda: certificate(set=[extension(oids.BASIC_CONSTRAINTS, "3003020100")])),
    ("GB11643-CHECK-DIGIT", lambda: certificate(set=[gmt0015.ResidentIdentity2023("12345")])),
    ("GMT0015-ID-FORM", lambda: certificate(set=[extension(oids.IDENTIFY_CODE, "800131")])),
    ("GMT0015-PAIR-ISSUER", lambda: pair(set=[AuthorityKeyIdentifier(b"another")])),
    ("RFC5280-AKI-PRESENT", lambda: certificate(set=[extension(oids.AUTHORITY_KEY_IDENTIFIER, "3000")])),
    ("RFC3280-PRIVATE-KEY-PERIOD", lambda: certificate(set=[PrivateKeyUsagePeriod(START)])),
]


def at_name() -> DistributionPoint:
    return DistributionPoint(DistributionPointName((GeneralName.directory(ISSUER),)))


@pytest.mark.parametrize(("rule", "broken"), ALSO, ids=[f"{rule}-{place}" for place, (rule, _) in enumerate(ALSO)])
def test_other_ways(rule: str, broken: Broken) -> None:
    assert rule in {finding.id for finding in judge(broken)}


def test_validity_before_it_begins() -> None:
    found = lint_certificate(certificate(), at=START - timedelta(seconds=1))
    assert [finding.id for finding in found] == ["RFC5280-VALIDITY-AT"]
    assert "before" in found[0].text


def test_check_characters() -> None:
    """Numbers that are published as examples."""
    assert _resident_check("11010519491231002") == "X"
    assert _credit_check("91350100M000100Y4") == "3"


def test_issuer_key_is_not_the_subject_of_another_rule() -> None:
    assert lint_certificate(root(key=ISSUER_KEY)) == ()
