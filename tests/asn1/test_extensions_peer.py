"""What extensions hold, beside ``cryptography``: each reads what the other builds."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import (
    AuthorityInformationAccessOID,
    ExtendedKeyUsageOID,
    NameOID,
    ObjectIdentifier,
    SubjectInformationAccessOID,
)

from gmpki import oids
from gmpki.asn1 import gmt0015, rfc5280, rfc6962, rfc7633
from gmpki.asn1.rfc5280 import GeneralName, GeneralNameKind, KeyUsages, ReasonFlags
from gmpki.asn1.rfc5280._extension_value import ExtensionValue
from gmpki.asn1.rfc6960_nocheck import OCSPNoCheck
from gmpki.oids import find
from gmpki.x509.extensions import known_type

SUBJECT = x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"), x509.NameAttribute(NameOID.COMMON_NAME, "示例")])
RELATIVE = x509.RelativeDistinguishedName([x509.NameAttribute(NameOID.COMMON_NAME, "示例")])
URI = x509.UniformResourceIdentifier("http://crl.example.cn/1.crl")
NAMES: list[x509.GeneralName] = [
    x509.RFC822Name("a@example.cn"),
    x509.DNSName("www.example.cn"),
    x509.DirectoryName(SUBJECT),
    URI,
    x509.IPAddress(ipaddress.ip_address("192.0.2.1")),
    x509.IPAddress(ipaddress.ip_address("2001:db8::1")),
    x509.RegisteredID(ObjectIdentifier("1.2.3")),
    x509.OtherName(ObjectIdentifier("1.2.3.4"), b"\x0c\x01x"),
]
SUBTREES: list[x509.GeneralName] = [
    x509.DNSName("example.cn"),
    x509.IPAddress(ipaddress.ip_network("10.0.0.0/8")),
    x509.IPAddress(ipaddress.ip_network("2001:db8::/32")),
    x509.DirectoryName(SUBJECT),
    x509.RFC822Name(".example.cn"),
]
POLICY = ObjectIdentifier("1.2.156.99999.1")
REASONS = frozenset({x509.ReasonFlags.key_compromise, x509.ReasonFlags.aa_compromise})
NOTICE = x509.UserNotice(x509.NoticeReference("示例", [1, 2]), "请阅读")


def usage(*names: str) -> x509.KeyUsage:
    every = (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    )
    return x509.KeyUsage(**{name: name in names for name in every})


PEER_VALUES: list[x509.ExtensionType] = [
    x509.AuthorityKeyIdentifier(bytes(20), None, None),
    x509.AuthorityKeyIdentifier(bytes(20), [x509.DirectoryName(SUBJECT)], 12345),
    x509.SubjectKeyIdentifier(bytes(range(20))),
    usage("digital_signature"),
    usage("key_cert_sign", "crl_sign"),
    usage("key_agreement", "decipher_only"),
    x509.PrivateKeyUsagePeriod(datetime(2026, 1, 1), datetime(2027, 1, 1)),
    x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, POLICY]),
    x509.CertificatePolicies([x509.PolicyInformation(POLICY, None)]),
    x509.CertificatePolicies([x509.PolicyInformation(POLICY, ["http://cps.example.cn", NOTICE])]),
    x509.CertificatePolicies([x509.PolicyInformation(POLICY, [x509.UserNotice(None, "x")])]),
    x509.PolicyConstraints(0, None),
    x509.PolicyConstraints(1, 300),
    x509.InhibitAnyPolicy(5),
    x509.SubjectAlternativeName(NAMES),
    x509.IssuerAlternativeName(NAMES[:2]),
    x509.BasicConstraints(ca=False, path_length=None),
    x509.BasicConstraints(ca=True, path_length=None),
    x509.BasicConstraints(ca=True, path_length=3),
    x509.NameConstraints(SUBTREES, None),
    x509.NameConstraints(None, SUBTREES),
    x509.NameConstraints(SUBTREES[:1], SUBTREES[1:]),
    x509.CRLDistributionPoints([x509.DistributionPoint([URI], None, None, None)]),
    x509.CRLDistributionPoints([x509.DistributionPoint(None, RELATIVE, REASONS, [x509.DirectoryName(SUBJECT)])]),
    x509.FreshestCRL([x509.DistributionPoint([URI], None, None, None)]),
    x509.AuthorityInformationAccess([x509.AccessDescription(AuthorityInformationAccessOID.OCSP, URI)]),
    x509.SubjectInformationAccess([x509.AccessDescription(SubjectInformationAccessOID.CA_REPOSITORY, URI)]),
    x509.IssuingDistributionPoint([URI], None, True, False, REASONS, False, False),
    x509.IssuingDistributionPoint(None, RELATIVE, False, True, None, True, False),
    x509.IssuingDistributionPoint(None, None, False, False, None, False, True),
    x509.CRLNumber(2**159 - 1),
    x509.DeltaCRLIndicator(3),
    x509.CRLReason(x509.ReasonFlags.remove_from_crl),
    x509.CRLReason(x509.ReasonFlags.privilege_withdrawn),
    x509.InvalidityDate(datetime(2051, 1, 1)),
    x509.CertificateIssuer([x509.DirectoryName(SUBJECT)]),
    x509.TLSFeature([x509.TLSFeatureType.status_request, x509.TLSFeatureType.status_request_v2]),
    x509.PrecertPoison(),
    x509.OCSPNoCheck(),
]


@pytest.mark.parametrize("peer", PEER_VALUES, ids=lambda value: type(value).__name__)
def test_same_bytes_as_the_peer(peer: x509.ExtensionType) -> None:
    kind = known_type(peer.oid.dotted_string)
    assert kind is not None
    encoded = peer.public_bytes()
    assert kind.from_der(encoded).to_der() == encoded


def test_values_as_the_peer_says() -> None:
    names = rfc5280.SubjectAltName.from_der(x509.SubjectAlternativeName(NAMES).public_bytes()).names
    assert [name.value for name in names if name.kind is GeneralNameKind.DNS_NAME] == ["www.example.cn"]
    assert names[2] == GeneralName.directory(rfc5280.Name.from_der(SUBJECT.public_bytes()))
    assert names[4:6] == (GeneralName.ip("192.0.2.1"), GeneralName.ip("2001:db8::1"))
    assert names[7] == GeneralName.other("1.2.3.4", b"\x0c\x01x")
    point = rfc5280.CRLDistributionPoints.from_der(
        x509.CRLDistributionPoints([x509.DistributionPoint(None, RELATIVE, REASONS, None)]).public_bytes()
    ).points[0]
    assert point.reasons == ReasonFlags.KEY_COMPROMISE | ReasonFlags.AA_COMPROMISE
    assert point.distribution_point is not None
    assert [attribute.text for attribute in point.distribution_point.relative_name] == ["示例"]
    policy = rfc5280.CertificatePolicies.from_der(
        x509.CertificatePolicies([x509.PolicyInformation(POLICY, [NOTICE])]).public_bytes()
    ).policies[0]
    notice = policy.policy_qualifiers[0].qualifier
    assert notice == rfc5280.UserNotice(rfc5280.NoticeReference("示例", (1, 2)), "请阅读")
    period = rfc5280.PrivateKeyUsagePeriod.from_der(
        x509.PrivateKeyUsagePeriod(datetime(2026, 1, 1), None).public_bytes()
    )
    assert period.not_before == datetime(2026, 1, 1, tzinfo=timezone.utc)


@pytest.fixture(scope="module")
def key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def issued_by_peer(
    key: ec.EllipticCurvePrivateKey, extension: x509.ExtensionType, *, critical: bool
) -> x509.Certificate:
    builder = (
        x509.CertificateBuilder()
        .subject_name(SUBJECT)
        .issuer_name(SUBJECT)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2026, 1, 1))
        .not_valid_after(datetime(2027, 1, 1))
    )
    return builder.add_extension(extension, critical=critical).sign(key, hashes.SHA256())


# What we write, and what the peer must find in it.
OURS: list[tuple[ExtensionValue, Callable[[Any], object], object]] = [
    (rfc5280.BasicConstraints(ca=True, path_len=2), lambda peer: (peer.ca, peer.path_length), (True, 2)),
    (rfc5280.SubjectKeyIdentifier(b"12"), lambda peer: peer.digest, b"12"),
    (
        rfc5280.KeyUsage(KeyUsages.KEY_ENCIPHERMENT | KeyUsages.DATA_ENCIPHERMENT | KeyUsages.KEY_AGREEMENT),
        lambda peer: peer,
        usage("key_encipherment", "data_encipherment", "key_agreement"),
    ),
    (
        rfc5280.ExtendedKeyUsage((oids.SERVER_AUTH, find("1.2.3"))),
        lambda peer: [oid.dotted_string for oid in peer],
        ["1.3.6.1.5.5.7.3.1", "1.2.3"],
    ),
    (
        rfc5280.SubjectAltName((GeneralName.dns("a.example.cn"), GeneralName.ip("192.0.2.7"))),
        lambda peer: [str(name.value) for name in peer],
        ["a.example.cn", "192.0.2.7"],
    ),
    (
        rfc5280.NameConstraints((rfc5280.GeneralSubtree(GeneralName.ip("10.0.0.0/8")),)),
        lambda peer: [str(name.value) for name in peer.permitted_subtrees],
        ["10.0.0.0/8"],
    ),
    (
        rfc5280.CRLDistributionPoints((rfc5280.DistributionPoint.uri("http://x.cn/1", "http://x.cn/2"),)),
        lambda peer: [name.value for name in peer[0].full_name],
        ["http://x.cn/1", "http://x.cn/2"],
    ),
    (
        rfc5280.CertificatePolicies(
            (rfc5280.PolicyInformation(find("1.2.3"), (rfc5280.PolicyQualifierInfo.cps("http://x.cn"),)),)
        ),
        lambda peer: (peer[0].policy_identifier.dotted_string, peer[0].policy_qualifiers),
        ("1.2.3", ["http://x.cn"]),
    ),
    (
        rfc5280.AuthorityInfoAccess((rfc5280.AccessDescription(oids.AD_OCSP, GeneralName.uri("http://o.cn")),)),
        lambda peer: [(d.access_method.dotted_string, d.access_location.value) for d in peer],
        [("1.3.6.1.5.5.7.48.1", "http://o.cn")],
    ),
    (rfc5280.PolicyConstraints(0, 1), lambda peer: peer, x509.PolicyConstraints(0, 1)),
    (rfc5280.InhibitAnyPolicy(4), lambda peer: peer, x509.InhibitAnyPolicy(4)),
    (rfc7633.TLSFeature((5,)), lambda peer: peer, x509.TLSFeature([x509.TLSFeatureType.status_request])),
    (OCSPNoCheck(), lambda peer: peer, x509.OCSPNoCheck()),
    (
        rfc6962.SignedCertificateTimestampList(
            (rfc6962.SignedCertificateTimestamp(bytes(32), 1_767_225_600_000, b"", 4, 3, b"s"),)
        ),
        lambda peer: [(s.log_id, s.timestamp, s.signature) for s in peer],
        [(bytes(32), datetime(2026, 1, 1), b"s")],
    ),
]


@pytest.mark.parametrize(("ours", "facts", "expected"), OURS, ids=lambda value: type(value).__name__)
def test_peer_reads_ours(
    key: ec.EllipticCurvePrivateKey,
    ours: ExtensionValue,
    facts: Callable[[Any], object],
    expected: object,
) -> None:
    # The peer decodes extensions of certificates only, so it gets one with our bytes in it.
    raw = x509.UnrecognizedExtension(ObjectIdentifier(str.__str__(ours.OID)), ours.to_der())
    certificate = x509.load_der_x509_certificate(
        issued_by_peer(key, raw, critical=ours.CRITICAL).public_bytes(Encoding.DER)
    )
    (found,) = certificate.extensions
    assert found.critical is ours.CRITICAL
    assert facts(found.value) == expected


def test_identity_is_bytes_to_the_peer(key: ec.EllipticCurvePrivateKey) -> None:
    ours = gmt0015.TaxationNumber("000000000000000")
    raw = x509.UnrecognizedExtension(ObjectIdentifier(str.__str__(ours.OID)), ours.to_der())
    (found,) = issued_by_peer(key, raw, critical=False).extensions
    assert gmt0015.TaxationNumber.from_der(found.value.public_bytes()) == ours
