"""What issued certificates hold: subject, time, alternative names, extensions asked for and added, addresses."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from gmpki import oids
from gmpki.asn1 import der
from gmpki.asn1.gmt0015 import IdentifyCode, IdentifyCodeKind, OrganizationCode, TaxationNumber
from gmpki.asn1.rfc5280 import (
    AttributeTypeAndValue,
    Extension,
    GeneralName,
    GeneralNameKind,
    Name,
    Validity,
)
from gmpki.asn1.rfc5280.ext_keys import ExtendedKeyUsage, KeyUsage, KeyUsages
from gmpki.asn1.rfc5280.ext_names import BasicConstraints, GeneralSubtree, NameConstraints, SubjectAltName
from gmpki.asn1.rfc5280.ext_points import AuthorityInfoAccess, CRLDistributionPoints
from gmpki.asn1.rfc5280.ext_policies import CertificatePolicies, PolicyInformation
from gmpki.errors import (
    InvalidInputError,
    InvalidTypeError,
    ProfileError,
)
from gmpki.x509.issuing import Addresses, Issuer, self_signed
from gmpki.x509.names import build_name
from gmpki.x509.profile import Profile
from x509.pair_examples import (
    ADDRESSES,
    APPLICANT,
    AT,
    DAY,
    ENCRYPTION_KEY,
    HOST,
    OPEN,
    OTHER_KEY,
    OWNER,
    ROOT_KEY,
    ROOT_NAME,
    SIGNING_KEY,
    SIGNING_USAGES,
    STRANGER,
    alternative,
    cn,
    issuer,
    own,
    request,
)


# ---- the subject ------------------------------------------------------------------------
def raw_name(kind: str, value: bytes) -> Name:
    return Name(((AttributeTypeAndValue(oids.find(kind), value),),))


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        (build_name(("C", "CN"), ("CN", "x")), "needs organizationName"),
        (build_name(("O", "x"), ("CN", "x")), "needs countryName"),
        (build_name(("C", "CN"), ("O", "x"), ("CN", "x"), ("CN", "y")), "commonName twice"),
        (build_name(("C", "CN"), ("O", "x"), ("O", "y"), ("CN", "y")), "organizationName twice"),
        (build_name(("C", "CN"), ("O", "x"), ("CN", "x"), ("DC", "cn")), "no domainComponent"),
        (build_name(("C", "CN"), ("O", "x"), ("CN", "x"), ("emailAddress", "a@example.cn")), "no emailAddress"),
        (build_name(("C", "CN"), ("O", "x"), ("CN", "x"), ("2.5.4.99", "y")), "2.5.4.99"),
        (build_name(("C", "CN"), ("O", " "), ("CN", "x")), "empty"),
        (build_name(("C", "CN"), ("O", "x"), ("CN", "x" * 65), allow_long=True), "64"),
        (Name(), "needs"),
    ],
)
def test_subjects_that_the_profile_does_not_have(name: Name, problem: str) -> None:
    with pytest.raises(ProfileError, match=problem):
        issuer().issue((name, SIGNING_KEY.public_key), "e-seal-maker", at=AT)
    with pytest.raises(ProfileError, match=problem):
        issuer().issue_pair((name, SIGNING_KEY.public_key), ENCRYPTION_KEY, "organisation", at=AT)


def test_values_that_are_no_text() -> None:
    for value in (der.encode_null(), der.encode_integer(1), der.encode_sequence()):
        with pytest.raises(ProfileError, match="no text"):
            issuer().issue((raw_name("2.5.4.3", value), SIGNING_KEY.public_key), own(), at=AT)


def test_fixed_values_and_repeated_units() -> None:
    many = build_name(("C", "CN"), ("OU", "one"), ("OU", "two"), ("CN", "x"))
    assert issuer().issue((many, SIGNING_KEY.public_key), own(), at=AT).subject == many
    with pytest.raises(ProfileError, match="'CN' for countryName"):
        issuer().issue((build_name(("C", "DE"), ("CN", "x")), SIGNING_KEY.public_key), own(), at=AT)


def test_string_types_are_those_of_the_standards() -> None:
    """A request may bring any string type; the certificate has the one that names are built with."""
    odd = raw_name("2.5.4.3", der.encode(der.Tag.TELETEX_STRING, b"Example"))
    bmp = raw_name("2.5.4.3", der.encode_bmp_string("示例"))
    assert issuer().issue((odd, SIGNING_KEY.public_key), own(), at=AT).subject == cn("Example")
    assert issuer().issue((bmp, SIGNING_KEY.public_key), own(), at=AT).subject == cn("示例")


def test_several_attributes_in_one_set_stay_together() -> None:
    name = build_name(("C", "CN"), [("CN", "x"), ("OU", "unit")])
    assert issuer().issue((name, SIGNING_KEY.public_key), own(), at=AT).subject == name


def test_the_issuer_may_name_the_subject() -> None:
    issued = issuer().issue(request(subject=STRANGER), "e-seal-maker", subject=OWNER, at=AT)
    assert issued.subject == OWNER
    pair = issuer().issue_pair(request(subject=STRANGER), ENCRYPTION_KEY, "organisation", subject=OWNER, at=AT).pair
    assert pair.subject == OWNER


# ---- time -------------------------------------------------------------------------------
def test_the_time_asked_for_is_taken_up_to_the_profile_s_limit() -> None:
    asked = Validity(AT, AT + 20 * DAY)
    issued = issuer().issue(APPLICANT, "ocsp-responder", validity=asked, at=AT)
    assert (issued.not_before, issued.not_after) == (AT, AT + 20 * DAY)
    with pytest.raises(ProfileError, match="90 days at most"):
        issuer().issue(APPLICANT, "ocsp-responder", validity=Validity(AT, AT + 91 * DAY), at=AT)


@pytest.mark.parametrize(
    ("begin", "end"),
    [
        (AT, AT),
        (AT + DAY, AT),
        (AT - 2 * DAY, AT - DAY),
        (AT - 3 * DAY, AT),
    ],
)
def test_times_that_are_over(begin: datetime, end: datetime) -> None:
    with pytest.raises(ProfileError):
        issuer().issue(APPLICANT, "ocsp-responder", validity=Validity(begin, end), at=AT)


def short_lived(days: int) -> Issuer:
    """Return an authority whose certificate ends soon."""
    name = build_name(("C", "CN"), ("O", "示例"), ("CN", "短期"))
    validity = Validity(AT, AT + days * DAY)
    return Issuer(issuer().issue((name, OTHER_KEY.public_key), "subordinate-ca", validity=validity, at=AT), OTHER_KEY)


def test_nothing_outlives_the_issuer() -> None:
    authority = short_lived(15)
    with pytest.raises(ProfileError, match="beyond that of the issuer"):
        authority.issue(APPLICANT, "e-seal-maker", at=AT)
    with pytest.raises(ProfileError, match="beyond that of the issuer"):
        authority.issue((cn("x"), SIGNING_KEY.public_key), own(), validity=Validity(AT - DAY, AT + DAY), at=AT)
    clipping = own("max_days = 20", 'max_days = 20\nbeyond_issuer = "clip"')
    issued = authority.issue((cn("x"), SIGNING_KEY.public_key), clipping, at=AT + 10 * DAY)
    assert (issued.not_before, issued.not_after) == (AT + 10 * DAY, AT + 15 * DAY)
    for rules in (clipping, own()):
        with pytest.raises(ProfileError, match="ended on 2026-06-16 12:00:00 UTC"):
            authority.issue((cn("x"), SIGNING_KEY.public_key), rules, at=AT + 16 * DAY)


def test_who_asks_for_too_long_is_told_how_long_it_may_be() -> None:
    with pytest.raises(ProfileError) as caught:
        short_lived(15).issue(APPLICANT, "e-seal-maker", at=AT)
    assert str(caught.value) == (
        "the validity until 2031-05-31 12:00:00 UTC goes beyond that of the issuer's certificate, which ends on "
        '2026-06-16 12:00:00 UTC; ask for less, or let the profile have beyond_issuer = "clip"'
    )


def test_a_usual_beginning_does_not_lie_before_the_issuer_s() -> None:
    issued = short_lived(1000).issue(APPLICANT, "ocsp-responder", at=AT)
    assert issued.not_before == AT


@pytest.mark.parametrize(
    "at", [datetime(2026, 6, 1), "2026-06-01", 5, datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14)))]
)
def test_times_that_are_none(at: Any) -> None:
    with pytest.raises(InvalidInputError):
        issuer().issue(APPLICANT, "e-seal-maker", at=at)
    with pytest.raises(InvalidInputError):
        issuer().issue(APPLICANT, "e-seal-maker", validity=Validity(at, AT), at=AT)
    with pytest.raises(InvalidInputError):
        issuer().issue(APPLICANT, "e-seal-maker", validity=at, at=AT)


def test_the_end_of_the_calendar() -> None:
    last = datetime(9999, 12, 31, tzinfo=timezone.utc)
    with pytest.raises(InvalidInputError, match="9999"):
        self_signed(ROOT_NAME, ROOT_KEY, at=last)
    with pytest.raises(InvalidInputError):
        self_signed(ROOT_NAME, ROOT_KEY, at=datetime(1, 1, 1, tzinfo=timezone.utc))


def test_fractions_of_seconds_and_other_time_zones() -> None:
    east = timezone(timedelta(hours=8))
    at = datetime(2026, 6, 1, 20, 0, 0, 999999, tzinfo=east)
    assert issuer().issue(APPLICANT, "e-seal-maker", at=at).not_before == AT - timedelta(minutes=5)


# ---- what a request asks for ------------------------------------------------------------
def test_what_a_request_must_not_decide_is_passed_over() -> None:
    greedy = request(
        BasicConstraints(True),
        KeyUsage(KeyUsages.KEY_CERT_SIGN),
        ExtendedKeyUsage((oids.OCSP_SIGNING,)),
        CertificatePolicies((PolicyInformation(oids.ANY_POLICY),)),
        OrganizationCode("91310000000000000X"),
        Extension(oids.find("1.2.3.4"), True, b"\x05\x00"),
    )
    pair = issuer().issue_pair(greedy, ENCRYPTION_KEY, "organisation", at=AT).pair
    plain = issuer().issue_pair(request(), ENCRYPTION_KEY, "organisation", at=AT).pair
    for one, other in ((pair.signing, plain.signing), (pair.encryption, plain.encryption)):
        assert one.extensions == other.extensions
    assert pair.signing.key_usage == SIGNING_USAGES


def test_a_profile_may_refuse_instead() -> None:
    strict = own('"1.2.3.4"]', '"1.2.3.4"]\nunlisted = "refuse"')
    assert issuer().issue(request(HOST, subject=cn("x")), strict, at=AT).subject_alt_name == HOST
    with pytest.raises(ProfileError, match="asks for keyUsage"):
        issuer().issue(request(HOST, KeyUsage(KeyUsages.CRL_SIGN), subject=cn("x")), strict, at=AT)


def test_what_is_taken_from_a_request_is_made_anew() -> None:
    """An applicant does not decide what is critical."""
    critical = Extension(oids.SUBJECT_ALT_NAME, True, HOST.to_der())
    unknown = Extension(oids.find("1.2.3.4"), True, b"\x05\x00")
    issued = issuer().issue(request(critical, unknown, subject=cn("x")), own(), at=AT)
    assert not issued.extensions.is_critical(SubjectAltName)
    assert issued.extensions.get("1.2.3.4") == Extension(oids.find("1.2.3.4"), False, b"\x05\x00")


def test_the_issuer_s_extensions_replace_those_of_the_request() -> None:
    other = alternative(GeneralName.dns("other.example.cn"))
    issued = issuer().issue(request(HOST, subject=cn("x")), own(), extensions=[other], at=AT)
    assert issued.subject_alt_name == other


# ---- alternative names ------------------------------------------------------------------
GOOD_NAMES = [
    GeneralName.dns("example.cn"),
    GeneralName.dns("*.example.cn"),
    GeneralName.dns("xn--fiqs8s.example.cn"),
    GeneralName.dns("localhost"),
    GeneralName.ip("192.0.2.1"),
    GeneralName.ip("2001:db8::1"),
    GeneralName.email("zhangsan@example.cn"),
    GeneralName.email("a.b+c@example.cn"),
    GeneralName.uri("https://example.cn/a?b#c"),
    GeneralName.uri("urn:example:1"),
    GeneralName.directory(OWNER),
]
BAD_NAMES = [
    GeneralName(GeneralNameKind.DNS_NAME, ""),
    GeneralName.dns("-example.cn"),
    GeneralName.dns("example-.cn"),
    GeneralName.dns("example..cn"),
    GeneralName.dns("example.cn."),
    GeneralName.dns("exa_mple.cn"),
    GeneralName.dns("*"),
    GeneralName.dns("*.cn"),
    GeneralName.dns("a.*.example.cn"),
    GeneralName.dns("*a.example.cn"),
    GeneralName.dns("*.*.example.cn"),
    GeneralName.dns("a" * 64 + ".cn"),
    GeneralName.dns("a." * 127 + "cn"),
    GeneralName(GeneralNameKind.DNS_NAME, "example.cn\x00.example.com"),
    GeneralName(GeneralNameKind.DNS_NAME, "example.cn\n"),
    GeneralName.email("nobody"),
    GeneralName.email("@example.cn"),
    GeneralName.email("a@b@example.cn"),
    GeneralName.email(".a@example.cn"),
    GeneralName.email("a..b@example.cn"),
    GeneralName.email("a.@example.cn"),
    GeneralName.email("a b@example.cn"),
    GeneralName.uri("/relative"),
    GeneralName.uri("example.cn"),
    GeneralName.uri("https://example.cn/a b"),
    GeneralName.directory(Name()),
]


@pytest.mark.parametrize("entry", GOOD_NAMES, ids=str)
def test_good_alternative_names(entry: GeneralName) -> None:
    issued = issuer().issue(request(alternative(entry), subject=cn("x")), own(), at=AT)
    assert issued.subject_alt_name == alternative(entry)


@pytest.mark.parametrize("entry", BAD_NAMES, ids=[str(n) for n in range(len(BAD_NAMES))])
def test_bad_alternative_names(entry: GeneralName) -> None:
    for asked, added in (
        (request(alternative(entry), subject=cn("x")), ()),
        (request(subject=cn("x")), (alternative(entry),)),
    ):
        with pytest.raises(ProfileError, match="not a name"):
            issuer().issue(asked, own(), extensions=added, at=AT)


@pytest.mark.parametrize("network", ["192.0.2.0/24", "2001:db8::/32"])
def test_networks_are_no_names(network: str) -> None:
    entry = GeneralName.ip(network)
    raw = Extension(oids.SUBJECT_ALT_NAME, False, der.encode_sequence(entry.to_der()))
    for extension in (raw, alternative(entry)):
        with pytest.raises(InvalidInputError):
            issuer().issue((cn("x"), SIGNING_KEY.public_key), own(), extensions=[extension], at=AT)


@pytest.mark.parametrize(
    "entry",
    [
        GeneralName.registered_id("1.2.3"),
        GeneralName.other("1.2.3", der.encode_null()),
        GeneralName(GeneralNameKind.EDI_PARTY_NAME, b"\xa5\x00"),
        GeneralName(GeneralNameKind.X400_ADDRESS, b"\xa3\x00"),
    ],
)
def test_kinds_that_the_profile_does_not_take(entry: GeneralName) -> None:
    with pytest.raises(ProfileError, match="of this kind"):
        issuer().issue(request(alternative(entry), subject=cn("x")), own(), at=AT)


def test_names_that_only_other_profiles_take() -> None:
    with pytest.raises(ProfileError, match="of this kind"):
        issuer().issue_pair(request(alternative(GeneralName.email("a@example.cn"))), ENCRYPTION_KEY, "device", at=AT)
    with pytest.raises(ProfileError, match="not a name"):
        issuer().issue_pair(request(alternative(GeneralName.dns("*.example.cn"))), ENCRYPTION_KEY, "device", at=AT)
    with pytest.raises(ProfileError, match="does not let subjectAltName be added"):
        issuer().issue(APPLICANT, "e-seal-maker", extensions=[HOST], at=AT)


def test_a_device_needs_one_and_copies_are_dropped() -> None:
    with pytest.raises(ProfileError, match="needs a subjectAltName"):
        issuer().issue_pair(APPLICANT, ENCRYPTION_KEY, "device", at=AT)
    twice = alternative(*HOST.names, GeneralName.ip("192.0.2.1"), *HOST.names)
    pair = issuer().issue_pair(APPLICANT, ENCRYPTION_KEY, "device", extensions=[twice], at=AT).pair
    assert pair.signing.subject_alt_name == alternative(*HOST.names, GeneralName.ip("192.0.2.1"))


def test_an_empty_subject_makes_it_critical() -> None:
    nobody = (Name(), SIGNING_KEY.public_key)
    issued = issuer().issue(nobody, own(), extensions=[HOST], at=AT)
    assert issued.subject.is_empty
    assert issued.extensions.is_critical(SubjectAltName)
    with pytest.raises(ProfileError, match="needs a subjectAltName"):
        issuer().issue(nobody, own(), at=AT)


# ---- what the issuer adds ---------------------------------------------------------------
def test_identity_extensions_are_added_where_the_profile_has_them() -> None:
    code = OrganizationCode("91310000000000000X")
    pair = (
        issuer()
        .issue_pair(APPLICANT, ENCRYPTION_KEY, "organisation", extensions=[code, TaxationNumber("123456")], at=AT)
        .pair
    )
    for one in (pair.signing, pair.encryption):
        assert one.extensions.find(OrganizationCode) == code
        assert not one.extensions.is_critical(OrganizationCode)
    number = IdentifyCode(IdentifyCodeKind.RESIDENT_ID, "110101190001010000")
    for profile in ("personal", "organisation"):
        with pytest.raises(ProfileError, match="identifyCode"):
            issuer().issue_pair(APPLICANT, ENCRYPTION_KEY, profile, extensions=[number], at=AT)


def test_personal_numbers_in_a_closed_system() -> None:
    closed = Profile.from_toml(
        OPEN.replace('title = "', 'published = false\ntitle = "') + '[extensions.identity]\nkinds = ["identifyCode"]'
    )
    number = IdentifyCode(IdentifyCodeKind.RESIDENT_ID, "110101190001010000")
    issued = issuer().issue((cn("张三"), SIGNING_KEY.public_key), closed, extensions=[number], at=AT)
    assert issued.extensions.find(IdentifyCode) == number


def test_constraints_on_an_authority_below() -> None:
    constraints = NameConstraints((GeneralSubtree(GeneralName.dns("example.cn")),))
    issued = issuer().issue(APPLICANT, "subordinate-ca", extensions=[constraints], at=AT)
    assert issued.extensions.find(NameConstraints) == constraints
    assert issued.extensions.is_critical(NameConstraints)


@pytest.mark.parametrize(
    "extension",
    [
        BasicConstraints(True),
        KeyUsage(KeyUsages.CRL_SIGN),
        ExtendedKeyUsage((oids.SERVER_AUTH,)),
        Extension(oids.find("1.2.3.4"), False, b"\x05\x00"),
    ],
)
def test_what_not_even_the_issuer_adds(extension: Any) -> None:
    for subject, profile in ((OWNER, "subordinate-ca"), (OWNER, "e-seal-maker"), (cn("x"), own())):
        with pytest.raises(ProfileError, match="be added"):
            issuer().issue((subject, SIGNING_KEY.public_key), profile, extensions=[extension], at=AT)


def test_extensions_that_are_malformed_or_twice() -> None:
    broken = Extension(oids.SUBJECT_ALT_NAME, False, b"\x30\x00")
    for extensions, problem in (([HOST, HOST], "twice"), ([broken], "malformed")):
        with pytest.raises(ProfileError, match=problem):
            issuer().issue((cn("x"), SIGNING_KEY.public_key), own(), extensions=extensions, at=AT)
    many = [Extension(oids.SUBJECT_ALT_NAME, False, HOST.to_der())] * 65
    with pytest.raises(InvalidInputError, match="at most 64"):
        issuer().issue((cn("x"), SIGNING_KEY.public_key), own(), extensions=many, at=AT)


def test_policies_of_the_profile_and_of_the_issuer() -> None:
    issued = issuer().issue((cn("x"), SIGNING_KEY.public_key), own(), at=AT)
    assert issued.extensions.find(CertificatePolicies) == CertificatePolicies(
        (PolicyInformation(oids.find("1.2.156.1")),)
    )
    given = CertificatePolicies((PolicyInformation(oids.find("1.2.156.2")),))
    other = own('"nameConstraints"]\n\n[ext', '"certificatePolicies"]\n\n[ext')
    issued = issuer().issue((cn("x"), SIGNING_KEY.public_key), other, extensions=[given], at=AT)
    assert issued.extensions.find(CertificatePolicies) == given


# ---- addresses --------------------------------------------------------------------------


def test_addresses_stand_in_every_certificate_that_has_a_place_for_them() -> None:
    pair = issuer(addresses=ADDRESSES).issue_pair(APPLICANT, ENCRYPTION_KEY, "organisation", at=AT).pair
    for one in (pair.signing, pair.encryption):
        points = one.extensions.find(CRLDistributionPoints)
        assert points is not None
        assert points.points[0].distribution_point is not None
        assert [name.value for name in points.points[0].distribution_point.full_name] == list(ADDRESSES.crl)
        access = one.extensions.find(AuthorityInfoAccess)
        assert access is not None
        assert [(d.method, d.location.value) for d in access.descriptions] == [
            (oids.AD_OCSP, ADDRESSES.ocsp[0]),
            (oids.AD_CA_ISSUERS, ADDRESSES.ca_issuers[0]),
        ]
    responder = issuer(addresses=ADDRESSES).issue(APPLICANT, "ocsp-responder", at=AT)
    assert CRLDistributionPoints not in responder.extensions


def test_addresses_that_a_profile_demands() -> None:
    for extension in ("cRLDistributionPoints", "authorityInfoAccess"):
        demanding = Profile.from_toml(OPEN + f"[extensions.{extension}]\nrequired = true")
        with pytest.raises(ProfileError, match="needs the address"):
            issuer().issue((cn("x"), SIGNING_KEY.public_key), demanding, at=AT)
        issued = issuer(addresses=ADDRESSES).issue((cn("x"), SIGNING_KEY.public_key), demanding, at=AT)
        assert oids.CRL_DISTRIBUTION_POINTS in issued.extensions or oids.AUTHORITY_INFO_ACCESS in issued.extensions


@pytest.mark.parametrize(
    "uri", ["", "crl.example.cn", "/crl", "http://example.cn/a b", "http://示例.cn", "a\nb", None, 1]
)
@pytest.mark.parametrize("field", ["crl", "ocsp", "ca_issuers"])
def test_addresses_that_are_none(field: str, uri: Any) -> None:
    with pytest.raises(InvalidInputError):
        Addresses(**{field: (uri,)})
    with pytest.raises(InvalidTypeError):
        Addresses(**{field: uri or "http://example.cn"})
