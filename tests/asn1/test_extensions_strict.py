"""What extensions must not hold: bytes that are refused, what tolerant reading makes of them, what is never written."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from extension_samples import COMMON_NAME, DIRECTORY, DNS, NOW, POLICY, URI
from gmpki import oids
from gmpki.asn1 import der, netscape, rfc3739, rfc5280, rfc6962, rfc7633
from gmpki.asn1.quirks import QuirkKind, QuirkLog
from gmpki.asn1.rfc5280 import GeneralName, KeyUsages, ReasonFlags
from gmpki.asn1.rfc5280._extension_value import ExtensionValue
from gmpki.asn1.rfc6960_nocheck import OCSPNoCheck
from gmpki.errors import DecodeError, InvalidInputError, InvalidTypeError

NAME = "8208" + b"a.exampl".hex()

# Refused by strict reading; tolerant reading takes and names it.
QUIRKS: list[tuple[type[ExtensionValue], str, QuirkKind]] = [
    (rfc5280.BasicConstraints, "3003 010100", QuirkKind.EXPLICIT_DEFAULT),
    (rfc5280.BasicConstraints, "3003 010101", QuirkKind.BOOLEAN),
    (rfc5280.BasicConstraints, "3007 0101FF 02020001", QuirkKind.INTEGER),
    (rfc5280.BasicConstraints, "308103 0101FF", QuirkKind.LONG_LENGTH),
    (rfc5280.KeyUsage, "0302 00C0", QuirkKind.NAMED_BITS),
    (rfc5280.KeyUsage, "0303 078000", QuirkKind.NAMED_BITS),
    (rfc5280.KeyUsage, "0302 06C1", QuirkKind.UNUSED_BITS),
    (rfc5280.ExtendedKeyUsage, "3000", QuirkKind.EMPTY_SEQUENCE),
    (rfc5280.SubjectAltName, "3000", QuirkKind.EMPTY_SEQUENCE),
    (rfc5280.SubjectAltName, "3004 8202C3A4", QuirkKind.TEXT_ALPHABET),
    (rfc5280.IssuerAltName, "3000", QuirkKind.EMPTY_SEQUENCE),
    (rfc5280.CertificateIssuer, "3000", QuirkKind.EMPTY_SEQUENCE),
    (rfc5280.SubjectDirectoryAttributes, "3000", QuirkKind.EMPTY_SEQUENCE),
    (rfc5280.SubjectDirectoryAttributes, "3009 3007 0603550448 3100", QuirkKind.EMPTY_SEQUENCE),
    (rfc5280.SubjectDirectoryAttributes, "300F 300D 0603550448 3106 020102 020101", QuirkKind.SET_ORDER),
    (rfc5280.CertificatePolicies, "3000", QuirkKind.EMPTY_SEQUENCE),
    (rfc5280.CertificatePolicies, "300A 3008 0604551D2000 3000", QuirkKind.EMPTY_SEQUENCE),
    (rfc5280.PolicyMappings, "3000", QuirkKind.EMPTY_SEQUENCE),
    (rfc5280.PolicyConstraints, "3000", QuirkKind.EMPTY_SEQUENCE),
    (rfc5280.NameConstraints, "3000", QuirkKind.EMPTY_SEQUENCE),
    (rfc5280.NameConstraints, "3011 A00F 300D" + NAME + "800100", QuirkKind.EXPLICIT_DEFAULT),
    (rfc5280.CRLDistributionPoints, "3000", QuirkKind.EMPTY_SEQUENCE),
    (rfc5280.FreshestCRL, "3000", QuirkKind.EMPTY_SEQUENCE),
    (rfc5280.AuthorityInfoAccess, "3000", QuirkKind.EMPTY_SEQUENCE),
    (rfc5280.SubjectInfoAccess, "3000", QuirkKind.EMPTY_SEQUENCE),
    (rfc5280.IssuingDistributionPoint, "3000", QuirkKind.EMPTY_SEQUENCE),
    (rfc5280.IssuingDistributionPoint, "3006 810100 8401FF", QuirkKind.EXPLICIT_DEFAULT),
    (rfc5280.CRLNumber, "02020001", QuirkKind.INTEGER),
    (rfc5280.CRLReason, "0A020001", QuirkKind.INTEGER),
    (rfc5280.InvalidityDate, "180D" + b"202601010000Z".hex(), QuirkKind.TIME_FORM),
    (rfc3739.QCStatements, "3000", QuirkKind.EMPTY_SEQUENCE),
    (rfc7633.TLSFeature, "3000", QuirkKind.EMPTY_SEQUENCE),
    (netscape.NetscapeComment, "1602C3A4", QuirkKind.TEXT_ALPHABET),
]

# Refused in both modes.
REFUSED: list[tuple[type[ExtensionValue], str]] = [
    (rfc5280.AuthorityKeyIdentifier, "3003 820105"),  # a serial number without issuer
    (rfc5280.AuthorityKeyIdentifier, "300C A10A" + NAME),  # an issuer without serial number
    (rfc5280.AuthorityKeyIdentifier, "3005 8301 05 8000"),
    (rfc5280.AuthorityKeyIdentifier, "0400"),
    (rfc5280.SubjectKeyIdentifier, "3000"),
    (rfc5280.SubjectKeyIdentifier, "0305 0001020304"),
    (rfc5280.KeyUsage, "0300"),
    (rfc5280.KeyUsage, "030108"),
    (rfc5280.KeyUsage, "030107"),
    (rfc5280.KeyUsage, "0403000080"),
    (rfc5280.KeyUsage, "03820100" + "00" + "FF" * 255),
    (rfc5280.PrivateKeyUsagePeriod, "3000"),
    (rfc5280.PrivateKeyUsagePeriod, "3003 820101"),
    (rfc5280.ExtendedKeyUsage, "3003 020101"),
    (rfc5280.ExtendedKeyUsage, "3002 0600"),
    (rfc5280.CertificatePolicies, "3002 3000"),
    (rfc5280.CertificatePolicies, "3006 0604551D2000"),
    # A notice with text of a type that DisplayText has not: PrintableString.
    (rfc5280.CertificatePolicies, "301A 3018 0604551D2000 3010 300E 06082B06010505070202 3002 1300"),
    (rfc5280.PolicyMappings, "3008 3006 0604551D2000"),
    (rfc5280.PolicyConstraints, "3003 8001FF"),
    (rfc5280.PolicyConstraints, "3006 810100 800100"),
    (rfc5280.InhibitAnyPolicy, "0201FF"),
    (rfc5280.InhibitAnyPolicy, "0200"),
    (rfc5280.SubjectAltName, "3002 8900"),
    (rfc5280.SubjectAltName, "3006 870411"),
    (rfc5280.SubjectAltName, "3005 8703010203"),
    (rfc5280.SubjectAltName, "300A 8708 0A000000 FF000000"),  # an address with a mask
    (rfc5280.SubjectAltName, "3022 8720" + "00" * 32),
    (rfc5280.CertificateIssuer, "300A 8708 0A000000 FF000000"),
    (rfc5280.BasicConstraints, "3003 0201FF"),
    (rfc5280.BasicConstraints, "3006 020100 0101FF"),
    (rfc5280.BasicConstraints, "3006 0101FF 0201FF"),
    (rfc5280.NameConstraints, "3002 A000"),
    (rfc5280.NameConstraints, "3002 A100"),
    (rfc5280.NameConstraints, "300A A008 3006 8704 0A000000"),  # an address without a mask
    (rfc5280.NameConstraints, "3011 A00F 300D" + NAME + "800101"),  # minimum 1
    (rfc5280.NameConstraints, "3011 A00F 300D" + NAME + "810105"),  # a maximum
    (rfc5280.NameConstraints, "301C A10C 300A" + NAME + "A00C 300A" + NAME),  # excluded before permitted
    (rfc5280.CRLDistributionPoints, "3002 3000"),
    (rfc5280.CRLDistributionPoints, "3006 3004 81020640"),  # reasons alone
    (rfc5280.CRLDistributionPoints, "3006 3004 A002 A100"),  # an empty relative name
    (rfc5280.CRLDistributionPoints, "3006 3004 A002 A200"),
    (rfc5280.AuthorityInfoAccess, "300A 3008 06062B0601050507"),
    (rfc5280.IssuingDistributionPoint, "3003 8101FF" + "8201FF"),
    (rfc5280.IssuingDistributionPoint, "3006 8401FF 8101FF"),
    (rfc5280.CRLNumber, "0201FF"),
    (rfc5280.DeltaCRLIndicator, "020180"),
    (rfc5280.CRLReason, "0A0107"),
    (rfc5280.CRLReason, "0A010B"),
    (rfc5280.CRLReason, "0A01FF"),
    (rfc5280.CRLReason, "020101"),
    (rfc5280.InvalidityDate, "170D" + b"260101000000Z".hex()),
    (rfc5280.InvalidityDate, "180B" + b"2601010000Z".hex()),
    (rfc5280.InvalidityDate, "180F" + b"20260230000000Z".hex()),
    (rfc5280.HoldInstruction, "0500"),
    (rfc3739.QCStatements, "3002 3000"),
    (rfc7633.TLSFeature, "3004 02020100" + "00"),
    (rfc7633.TLSFeature, "3003 0201FF"),
    (rfc7633.TLSFeature, "3005 0203010000"),
    (rfc6962.PrecertificatePoison, "050100"),
    (OCSPNoCheck, "3000"),
    (netscape.NetscapeCertType, "0500"),
    (netscape.NetscapeComment, "0C0161"),
]


def bytes_of(text: str) -> bytes:
    return bytes.fromhex(text.replace(" ", ""))


@pytest.mark.parametrize(("kind", "text", "quirk"), QUIRKS, ids=lambda value: getattr(value, "__name__", str(value)))
def test_quirks(kind: type[ExtensionValue], text: str, quirk: QuirkKind) -> None:
    with pytest.raises(DecodeError) as caught:
        kind.from_der(bytes_of(text))
    assert kind.__name__ in str(caught.value)
    log = QuirkLog()
    assert isinstance(kind.from_der(bytes_of(text), quirks=log), kind)
    assert quirk in {found.kind for found in log.quirks}
    with pytest.raises(DecodeError):
        kind.from_der(bytes_of(text), quirks=QuirkLog(tolerant=False))


@pytest.mark.parametrize(("kind", "text"), REFUSED, ids=lambda value: getattr(value, "__name__", str(value)))
def test_refused(kind: type[ExtensionValue], text: str) -> None:
    with pytest.raises(DecodeError):
        kind.from_der(bytes_of(text))
    with pytest.raises(DecodeError):
        kind.from_der(bytes_of(text), quirks=QuirkLog())


def test_read_though_nobody_should_write_it() -> None:
    no_ca = rfc5280.BasicConstraints.from_der(bytes_of("3003 020100"))
    assert no_ca == rfc5280.BasicConstraints(ca=False, path_len=0)
    no_usage = rfc5280.KeyUsage.from_der(bytes_of("030100"))
    assert no_usage.usages == KeyUsages(0)
    without_name = rfc5280.KeyUsage.from_der(bytes_of("0303 06 8040"))
    assert without_name.usages == KeyUsages.DIGITAL_SIGNATURE
    assert rfc5280.CRLNumber.from_der(der.encode_integer(2**400)).number == 2**400
    user_and_ca = rfc5280.IssuingDistributionPoint.from_der(bytes_of("3006 8101FF 8201FF"))
    assert user_and_ca.only_contains_user_certs
    assert user_and_ca.only_contains_ca_certs
    twice = rfc5280.ExtendedKeyUsage.from_der(bytes_of("300A 06032A0304 06032A0304"))
    assert len(twice.purposes) == 2
    long_text = rfc5280.UserNotice(None, "x" * 201)
    encoded = der.encode_sequence(der.encode_utf8_string("x" * 201))
    assert rfc5280.UserNotice.from_der(encoded) == long_text
    for value in (no_ca, no_usage, user_and_ca, twice, long_text, rfc5280.CRLNumber(2**400)):
        with pytest.raises(InvalidInputError):
            value.to_der()


@pytest.mark.parametrize("tag", [der.Tag.VISIBLE_STRING, der.Tag.BMP_STRING, der.Tag.IA5_STRING, der.Tag.UTF8_STRING])
def test_text_of_notices_keeps_its_type(tag: int) -> None:
    content = "text".encode("utf-16-be" if tag == der.Tag.BMP_STRING else "ascii")
    notice = rfc5280.UserNotice.from_der(der.encode_sequence(der.encode(tag, content)))
    assert notice.explicit_text == "text"
    assert isinstance(notice.explicit_text, rfc5280.DisplayText)
    assert notice.explicit_text.tag == tag
    if tag in (der.Tag.IA5_STRING, der.Tag.UTF8_STRING):
        assert rfc5280.UserNotice.from_der(notice.to_der()).explicit_text.tag == tag  # type: ignore[union-attr]
    else:
        with pytest.raises(InvalidInputError, match="UTF8String or an IA5String"):
            notice.to_der()


UNWRITABLE: list[ExtensionValue] = [
    rfc5280.AuthorityKeyIdentifier(),
    rfc5280.AuthorityKeyIdentifier(b"1", (DNS,)),
    rfc5280.AuthorityKeyIdentifier(b"1", (), 5),
    rfc5280.KeyUsage(KeyUsages(0)),
    rfc5280.KeyUsage(KeyUsages(0x200)),
    rfc5280.PrivateKeyUsagePeriod(),
    rfc5280.PrivateKeyUsagePeriod(NOW, NOW - timedelta(seconds=1)),
    rfc5280.PrivateKeyUsagePeriod(datetime(2026, 1, 1)),
    rfc5280.ExtendedKeyUsage(()),
    rfc5280.ExtendedKeyUsage((oids.SERVER_AUTH, oids.SERVER_AUTH)),
    rfc5280.CertificatePolicies(()),
    rfc5280.CertificatePolicies((rfc5280.PolicyInformation(POLICY), rfc5280.PolicyInformation(POLICY))),
    rfc5280.PolicyMappings(()),
    rfc5280.PolicyMappings((rfc5280.PolicyMapping(oids.ANY_POLICY, POLICY),)),
    rfc5280.PolicyMappings((rfc5280.PolicyMapping(POLICY, oids.ANY_POLICY),)),
    rfc5280.PolicyConstraints(),
    rfc5280.PolicyConstraints(-1),
    rfc5280.PolicyConstraints(None, -1),
    rfc5280.InhibitAnyPolicy(-1),
    rfc5280.SubjectAltName(()),
    rfc5280.SubjectAltName((GeneralName.ip("10.0.0.0/8"),)),
    rfc5280.IssuerAltName((GeneralName.ip("2001:db8::/32"),)),
    rfc5280.CertificateIssuer(()),
    rfc5280.SubjectDirectoryAttributes(()),
    rfc5280.SubjectDirectoryAttributes((rfc5280.Attribute(POLICY, ()),)),
    rfc5280.BasicConstraints(ca=False, path_len=0),
    rfc5280.BasicConstraints(ca=True, path_len=-1),
    rfc5280.NameConstraints(),
    rfc5280.NameConstraints((rfc5280.GeneralSubtree(GeneralName.ip("10.0.0.1")),)),
    rfc5280.CRLDistributionPoints(()),
    rfc5280.CRLDistributionPoints((rfc5280.DistributionPoint(),)),
    rfc5280.CRLDistributionPoints((rfc5280.DistributionPoint(None, ReasonFlags.SUPERSEDED),)),
    rfc5280.CRLDistributionPoints((rfc5280.DistributionPoint(None, ReasonFlags(0), (DNS,)),)),
    rfc5280.CRLDistributionPoints((rfc5280.DistributionPoint(rfc5280.DistributionPointName()),)),
    rfc5280.CRLDistributionPoints(
        (rfc5280.DistributionPoint(rfc5280.DistributionPointName((DIRECTORY,), (COMMON_NAME,))),)
    ),
    rfc5280.FreshestCRL(()),
    rfc5280.AuthorityInfoAccess(()),
    rfc5280.SubjectInfoAccess(()),
    rfc5280.IssuingDistributionPoint(),
    rfc5280.IssuingDistributionPoint(None, only_contains_user_certs=True, only_contains_ca_certs=True),
    rfc5280.IssuingDistributionPoint(None, only_contains_ca_certs=True, only_contains_attribute_certs=True),
    rfc5280.IssuingDistributionPoint(None, only_some_reasons=ReasonFlags(0)),
    rfc5280.CRLNumber(-1),
    rfc5280.CRLNumber(2**159),
    rfc5280.DeltaCRLIndicator(2**159),
    rfc5280.InvalidityDate(datetime(2026, 1, 1, 0, 0, 0, 1, tzinfo=timezone.utc)),
    rfc5280.HoldInstruction(oids.find("not one")),
    rfc3739.QCStatements(()),
    rfc6962.SignedCertificateTimestampList(()),
    rfc6962.SignedCertificateTimestampList((b"x" * 0x10000,)),
    rfc6962.SignedCertificateTimestampList((rfc6962.SignedCertificateTimestamp(bytes(31), 0, b"", 4, 3, b""),)),
    rfc6962.SignedCertificateTimestampList((rfc6962.SignedCertificateTimestamp(bytes(32), 2**64, b"", 4, 3, b""),)),
    rfc6962.SignedCertificateTimestampList((rfc6962.SignedCertificateTimestamp(bytes(32), 0, b"", 256, 3, b""),)),
    rfc7633.TLSFeature(()),
    rfc7633.TLSFeature((-1,)),
    rfc7633.TLSFeature((0x10000,)),
    netscape.NetscapeCertType(netscape.NetscapeCertTypes(0)),
    netscape.NetscapeComment("非ASCII"),
]


@pytest.mark.parametrize("value", UNWRITABLE, ids=lambda value: type(value).__name__)
def test_not_written(value: ExtensionValue) -> None:
    with pytest.raises(InvalidInputError):
        value.to_der()


@pytest.mark.parametrize(
    "notice",
    [
        rfc5280.UserNotice(None, ""),
        rfc5280.UserNotice(None, "x" * 201),
        rfc5280.UserNotice(None, rfc5280.DisplayText("ä", der.Tag.IA5_STRING)),
        rfc5280.UserNotice(rfc5280.NoticeReference("", (1,))),
        rfc5280.UserNotice(rfc5280.NoticeReference("x", ())),
    ],
)
def test_notices_not_written(notice: rfc5280.UserNotice) -> None:
    with pytest.raises(InvalidInputError):
        notice.to_der()


@pytest.mark.parametrize(
    ("policy_qualifier_id", "qualifier"),
    [(oids.QT_CPS, rfc5280.UserNotice()), (oids.QT_UNOTICE, "http://x"), (POLICY, "text"), (oids.QT_CPS, b"x")],
)
def test_qualifiers_of_the_wrong_kind(policy_qualifier_id: oids.ObjectIdentifier, qualifier: object) -> None:
    with pytest.raises(InvalidTypeError):
        rfc5280.PolicyQualifierInfo(policy_qualifier_id, qualifier).to_der()  # type: ignore[arg-type]


def timestamps(*lists: bytes, length: int | None = None) -> bytes:
    content = b"".join(len(item).to_bytes(2, "big") + item for item in lists)
    return der.encode_octet_string((len(content) if length is None else length).to_bytes(2, "big") + content)


STAMP = b"\x00" + bytes(32) + bytes(8) + b"\x00\x00" + b"\x04\x03" + b"\x00\x01s"


@pytest.mark.parametrize(
    "encoded",
    [
        der.encode_octet_string(b""),
        der.encode_octet_string(b"\x00"),
        timestamps(),
        timestamps(STAMP, length=len(STAMP) + 1),
        timestamps(STAMP, length=len(STAMP) + 3),
        timestamps(STAMP + b"\x00"),
        *[timestamps(STAMP[:length]) for length in range(1, len(STAMP))],
        der.encode_octet_string(b"\x00\x05\x00\x00"),
    ],
    ids=len,
)
def test_timestamps_refused(encoded: bytes) -> None:
    with pytest.raises(DecodeError, match="SignedCertificateTimestampList"):
        rfc6962.SignedCertificateTimestampList.from_der(encoded)


def test_timestamps() -> None:
    value = rfc6962.SignedCertificateTimestampList.from_der(timestamps(STAMP, b"\x01", b"\x01\x02"))
    assert value.timestamps[0] == rfc6962.SignedCertificateTimestamp(bytes(32), 0, b"", 4, 3, b"s")
    assert value.timestamps[1:] == (b"\x01", b"\x01\x02")
    stamp = rfc6962.SignedCertificateTimestamp(bytes(32), 1_767_225_600_999, b"", 4, 3, b"s")
    assert stamp.time == datetime(2026, 1, 1, tzinfo=timezone.utc)
    assert rfc6962.SignedCertificateTimestamp(bytes(32), 2**64 - 1, b"", 4, 3, b"s").time is None


def test_locations_of_a_method() -> None:
    access = rfc5280.AuthorityInfoAccess(
        (
            rfc5280.AccessDescription(oids.AD_OCSP, URI),
            rfc5280.AccessDescription(oids.AD_CA_ISSUERS, DNS),
            rfc5280.AccessDescription(oids.AD_OCSP, DIRECTORY),
        )
    )
    assert access.locations(oids.AD_OCSP) == (URI, DIRECTORY)
    assert access.locations("1.2.3") == ()


def test_known_encodings() -> None:
    known: list[tuple[ExtensionValue, str]] = [
        (rfc5280.BasicConstraints(ca=True, path_len=0), "30060101FF020100"),
        (rfc5280.BasicConstraints(), "3000"),
        (rfc5280.KeyUsage(KeyUsages.KEY_CERT_SIGN | KeyUsages.CRL_SIGN), "03020106"),
        (rfc5280.KeyUsage(KeyUsages.DIGITAL_SIGNATURE | KeyUsages.NON_REPUDIATION), "030206C0"),
        (rfc5280.KeyUsage(KeyUsages.DECIPHER_ONLY), "0303070080"),
        (rfc5280.SubjectKeyIdentifier(b"\x01"), "040101"),
        (rfc5280.AuthorityKeyIdentifier(b"\x01"), "3003800101"),
        (rfc5280.CRLReason(rfc5280.ReasonCode.REMOVE_FROM_CRL), "0A0108"),
        (rfc5280.PolicyConstraints(0, 1), "3006800100810101"),
        (OCSPNoCheck(), "0500"),
    ]
    assert [value.to_der().hex().upper() for value, _ in known] == [text for _, text in known]
