"""Issuing: what comes out follows the profile, what goes in decides nothing that it must not."""

from __future__ import annotations

import dataclasses
import doctest
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
    TBSCertificate,
    Validity,
)
from gmpki.asn1.rfc5280.ext_keys import AuthorityKeyIdentifier, ExtendedKeyUsage, KeyUsage, KeyUsages
from gmpki.asn1.rfc5280.ext_names import BasicConstraints, GeneralSubtree, NameConstraints, SubjectAltName
from gmpki.asn1.rfc5280.ext_points import AuthorityInfoAccess, CRLDistributionPoints
from gmpki.asn1.rfc5280.ext_policies import CertificatePolicies, PolicyInformation
from gmpki.errors import (
    FaultDetected,
    GmpkiError,
    InvalidInputError,
    InvalidSignature,
    InvalidTypeError,
    KeyMismatchError,
    ProfileError,
    UnsupportedAlgorithm,
    ValidationError,
)
from gmpki.keys.ecdsa import ECDSAPrivateKey
from gmpki.keys.sm2 import SM2PrivateKey
from gmpki.x509 import issuing as module
from gmpki.x509.certificate import Certificate
from gmpki.x509.delivery import KeyDelivery, open_delivery
from gmpki.x509.issuing import Addresses, Issuer, issue_pair, self_signed
from gmpki.x509.names import build_name
from gmpki.x509.pair import CertificatePair
from gmpki.x509.profile import BUILTIN_PROFILES, Profile, load_profile
from gmpki.x509.request import CertificateRequest, RequestBuilder
from gmpki.x509.signatures import SignaturePolicy
from x509.pair_examples import (
    AT,
    DAY,
    ENCRYPTION_KEY,
    ENCRYPTION_USAGES,
    OTHER_KEY,
    OWNER,
    ROOT_KEY,
    ROOT_NAME,
    SIGNING_KEY,
    SIGNING_USAGES,
    STRANGER,
    certificate,
    issuer,
    root,
)

APPLICANT = (OWNER, SIGNING_KEY.public_key)
HOST = SubjectAltName((GeneralName.dns("www.example.cn"),))
P256 = ECDSAPrivateKey.generate("P-256")

OPEN = """\
format = 1
name = "open"
title = "Everything that may be there"
issues = "certificate"

[validity]
default_days = 10
max_days = 20
backdate_minutes = 0

[subject_key]
algorithms = ["SM2", "ECDSA"]

[subject]
optional = ["CN", "OU", "C"]

[subject.fixed]
C = "CN"

[request]
extensions = ["subjectAltName", "nameConstraints", "1.2.3.4"]

[operator]
extensions = ["subjectAltName", "nameConstraints"]

[extensions.keyUsage]
critical = false
mixed = true
usages = ["digitalSignature", "keyAgreement"]

[extensions.certificatePolicies]
policies = ["1.2.156.1"]

[extensions.subjectAltName]
kinds = ["dns", "ip", "email", "uri", "directory"]
required = false
wildcards = true

[extensions.authorityKeyIdentifier]
"""


def own(old: str = "", new: str = "") -> Profile:
    assert old in OPEN
    return Profile.from_toml(OPEN.replace(old, new, 1) if old else OPEN)


def request(*extensions: Any, subject: Name = OWNER, key: Any = SIGNING_KEY, **options: Any) -> CertificateRequest:
    builder = RequestBuilder().subject(subject)
    for extension in extensions:
        builder = builder.add_extension(extension)
    return builder.sign(key, **options)


def alternative(*names: GeneralName) -> SubjectAltName:
    return SubjectAltName(names)


def cn(text: str) -> Name:
    return build_name(("CN", text))


# ---- roots and authorities --------------------------------------------------------------
def test_a_root() -> None:
    issued = root()
    assert issued.subject == issued.issuer == ROOT_NAME
    assert (issued.version, issued.is_ca, issued.key_usage) == (3, True, KeyUsages.KEY_CERT_SIGN | KeyUsages.CRL_SIGN)
    assert issued.extensions.is_critical(BasicConstraints)
    assert issued.extensions.is_critical(KeyUsage)
    assert issued.subject_key_identifier is not None
    assert issued.not_before == AT - timedelta(minutes=5)
    assert issued.not_after == AT + 7300 * DAY
    issued.verify_signature(issued)


def test_an_authority_below_and_no_further() -> None:
    name = build_name(("C", "CN"), ("O", "示例市数字证书认证中心"), ("CN", "示例下级"))
    below = issuer().issue((name, OTHER_KEY.public_key), "subordinate-ca", at=AT)
    assert (below.is_ca, below.basic_constraints) == (True, BasicConstraints(True, 0))
    assert below.authority_key_identifier == AuthorityKeyIdentifier(root().subject_key_identifier)
    below.verify_signature(root())
    subordinate = Issuer(below, OTHER_KEY)
    assert subordinate.certificate is below
    assert subordinate.issue_pair(APPLICANT, ENCRYPTION_KEY, "organisation", at=AT).pair.issuer == name
    with pytest.raises(ProfileError, match="path length 0"):
        subordinate.issue((STRANGER, SIGNING_KEY.public_key), "subordinate-ca", at=AT)


def test_only_authorities_issue() -> None:
    for bad in (
        certificate(SIGNING_USAGES, 21),
        certificate(SIGNING_USAGES, 21, ca=True),
        certificate(KeyUsages.CRL_SIGN, 21, ca=True),
        certificate(KeyUsages.KEY_CERT_SIGN, 21),
        certificate(KeyUsages.KEY_CERT_SIGN, 21, ca=False),
    ):
        with pytest.raises(ValidationError, match="not one that issues") as caught:
            Issuer(bad, ROOT_KEY)
        assert caught.value.reason == "not-a-ca"
        assert caught.value.certificate is bad


def test_the_key_of_an_issuer_is_that_of_its_certificate() -> None:
    with pytest.raises(KeyMismatchError):
        Issuer(root(), OTHER_KEY)


@pytest.mark.parametrize("profile", [name for name in BUILTIN_PROFILES if name != "root-ca"])
def test_only_a_root_signs_itself(profile: str) -> None:
    with pytest.raises((InvalidInputError, ProfileError)):
        self_signed(ROOT_NAME, ROOT_KEY, profile if profile != "subordinate-ca" else "organisation", at=AT)


# ---- every ready profile ----------------------------------------------------------------
@pytest.mark.parametrize("name", ["e-seal-maker", "time-stamp", "ocsp-responder"])
def test_single_certificates(name: str) -> None:
    profile = load_profile(name)
    issued = issuer().issue(request(), name, at=AT)
    assert issued.subject == OWNER
    assert issued.public_key == SIGNING_KEY.public_key
    assert issued.not_after == AT + profile.validity.default_days * DAY
    assert issued.key_usage is not None
    assert not issued.key_usage & ENCRYPTION_USAGES
    assert not issued.is_ca
    issued.verify_signature(root())
    wanted = profile.extensions.extended_key_usage
    assert (issued.extended_key_usage is None) is (wanted is None)
    if wanted is not None:
        assert issued.extended_key_usage == ExtendedKeyUsage(wanted.purposes)
        assert issued.extensions.is_critical(ExtendedKeyUsage) is wanted.critical
    assert (oids.OCSP_NO_CHECK in issued.extensions) is (name == "ocsp-responder")


@pytest.mark.parametrize("name", ["personal", "organisation", "device"])
def test_pairs(name: str) -> None:
    asked = request(HOST) if name == "device" else request()
    issued = issuer().issue_pair(asked, ENCRYPTION_KEY, name, at=AT)
    pair = issued.pair
    assert pair.subject == OWNER
    assert pair.signing.public_key == SIGNING_KEY.public_key
    assert pair.encryption.public_key == ENCRYPTION_KEY.public_key
    assert pair.signing.serial_number != pair.encryption.serial_number
    assert min(pair.signing.serial_number, pair.encryption.serial_number).bit_length() > 64
    assert (pair.signing.not_before, pair.signing.not_after) == (pair.encryption.not_before, pair.encryption.not_after)
    assert pair.encryption.key_usage == ENCRYPTION_USAGES
    for one in (pair.signing, pair.encryption):
        one.verify_signature(root())
        assert one.extensions.is_critical(KeyUsage)
        assert one.signature_algorithm.to_der().hex().upper() == "300A06082A811CCF55018375"
        assert (one.subject_alt_name == HOST) is (name == "device")
    assert issued.delivery is not None
    opened = open_delivery(issued.delivery, SIGNING_KEY, pair=pair)
    assert opened.encryption_key.to_bytes() == ENCRYPTION_KEY.to_bytes()
    assert pair.match_keys([ENCRYPTION_KEY, SIGNING_KEY]) == (SIGNING_KEY, ENCRYPTION_KEY)


def test_the_function_of_the_module() -> None:
    issued = issue_pair(APPLICANT, ENCRYPTION_KEY, "organisation", issuer=issuer())
    assert issued.pair.subject == OWNER
    with pytest.raises(InvalidTypeError):
        issue_pair(APPLICANT, ENCRYPTION_KEY, "organisation", issuer=root())  # type: ignore[arg-type]


def test_serial_numbers_are_random_and_those_given_are_taken() -> None:
    found = set()
    for _ in range(20):
        pair = issuer().issue_pair(APPLICANT, ENCRYPTION_KEY, "organisation", at=AT).pair
        found |= {pair.signing.serial_number, pair.encryption.serial_number}
    assert len(found) == 40
    given = issuer().issue_pair(
        APPLICANT, ENCRYPTION_KEY, "organisation", signing_serial_number=5, encryption_serial_number=6, at=AT
    )
    assert (given.pair.signing.serial_number, given.pair.encryption.serial_number) == (5, 6)
    with pytest.raises(InvalidInputError, match="different serial numbers"):
        issuer().issue_pair(
            APPLICANT, ENCRYPTION_KEY, "organisation", signing_serial_number=5, encryption_serial_number=5, at=AT
        )
    for number in (0, -1, 1 << 159, True, "5"):
        with pytest.raises(InvalidInputError):
            issuer().issue(APPLICANT, "e-seal-maker", serial_number=number, at=AT)  # type: ignore[arg-type]


def test_profiles_of_the_wrong_form() -> None:
    with pytest.raises(InvalidInputError, match="issues pairs"):
        issuer().issue(APPLICANT, "organisation", at=AT)
    with pytest.raises(InvalidInputError, match="single certificates"):
        issuer().issue_pair(APPLICANT, ENCRYPTION_KEY, "time-stamp", at=AT)
    with pytest.raises(InvalidInputError, match="there is no profile"):
        issuer().issue(APPLICANT, "nothing", at=AT)


# ---- proof of possession, and keys ------------------------------------------------------
def test_a_request_proves_that_its_key_is_there() -> None:
    good = request()
    signature = good.signature
    forged = CertificateRequest.from_der(good.der[: -len(signature)] + request(subject=STRANGER).der[-len(signature) :])
    with pytest.raises(InvalidSignature):
        issuer().issue(forged, "e-seal-maker", at=AT)
    with pytest.raises(InvalidSignature):
        issuer().issue_pair(forged, ENCRYPTION_KEY, "organisation", at=AT)


def test_requests_signed_with_the_empty_id_need_leave() -> None:
    foreign = request(user_id=b"")
    with pytest.raises(InvalidSignature):
        issuer().issue(foreign, "e-seal-maker", at=AT)
    lenient = issuer(requests=SignaturePolicy((None, b"")))
    assert lenient.issue(foreign, "e-seal-maker", at=AT).subject == OWNER


def test_an_issuer_with_the_empty_id() -> None:
    own_root = self_signed(ROOT_NAME, ROOT_KEY, user_id=b"", at=AT)
    issued = Issuer(own_root, ROOT_KEY, user_id=b"").issue(request(), "e-seal-maker", at=AT)
    for one in (own_root, issued):
        one.verify_signature(own_root, policy=SignaturePolicy((b"",)))
        with pytest.raises(InvalidSignature):
            one.verify_signature(own_root)


def test_no_two_keys_are_one() -> None:
    for asked, encryption in (
        (APPLICANT, SIGNING_KEY),
        (APPLICANT, ROOT_KEY),
        ((OWNER, ROOT_KEY.public_key), ENCRYPTION_KEY),
        (request(key=ROOT_KEY), ENCRYPTION_KEY),
    ):
        with pytest.raises(KeyMismatchError):
            issuer().issue_pair(asked, encryption, "organisation", at=AT)
    with pytest.raises(KeyMismatchError, match="issuer's own"):
        issuer().issue((OWNER, ROOT_KEY.public_key), "e-seal-maker", at=AT)


def test_kinds_of_keys_are_the_profile_s() -> None:
    with pytest.raises(ProfileError, match="keys of SM2; this is one of ECDSA"):
        issuer().issue((OWNER, P256.public_key), "e-seal-maker", at=AT)
    with pytest.raises(ProfileError, match="ECDSA"):
        issuer().issue_pair(APPLICANT, P256, "organisation", delivery=None, at=AT)
    assert issuer().issue((cn("x"), P256.public_key), own(), at=AT).public_key == P256.public_key


# ---- delivering the encryption key ------------------------------------------------------
def test_a_key_that_is_made_here() -> None:
    issued = issuer().issue_pair(APPLICANT, None, "organisation", at=AT)
    assert issued.delivery is not None
    opened = open_delivery(issued.delivery, SIGNING_KEY)
    assert opened.encryption_key.public_key == issued.pair.encryption.public_key
    with pytest.raises(InvalidInputError, match="kept nowhere else"):
        issuer().issue_pair(APPLICANT, None, "organisation", delivery=None, at=AT)


def test_a_centre_that_delivers_itself_shows_the_public_key_alone() -> None:
    issued = issuer().issue_pair(APPLICANT, ENCRYPTION_KEY.public_key, "organisation", delivery=None, at=AT)
    assert issued.delivery is None
    assert issued.pair.encryption.public_key == ENCRYPTION_KEY.public_key
    with pytest.raises(InvalidInputError, match="public key alone"):
        issuer().issue_pair(APPLICANT, ENCRYPTION_KEY.public_key, "organisation", at=AT)


ECDSA_PAIR = (
    OPEN.replace('"certificate"', '"pair"')
    .replace("mixed = true\n", "")
    .replace("usages = [", "signing = [")
    .replace(', "keyAgreement"]', ']\nencryption = ["keyAgreement"]')
)


def test_pairs_of_other_algorithms_need_another_delivery() -> None:
    class Hook:
        def check(self, encryption_key: object, signing_key: object) -> None:
            assert (encryption_key, signing_key) == (other, P256.public_key)

        def deliver(self, encryption_key: object, pair: CertificatePair) -> bytes:
            assert encryption_key is other
            return b"for " + str(pair.subject).encode()

    signed: list[bytes] = []
    profile = Profile.from_toml(ECDSA_PAIR)
    other = ECDSAPrivateKey.generate("P-256")
    asked = (cn("x"), P256.public_key)
    authority = issuer(check=signed.append)
    with pytest.raises(UnsupportedAlgorithm, match="EnvelopedData or PKCS #12"):
        authority.issue_pair(asked, other, profile, at=AT)
    assert signed == []
    assert isinstance(Hook(), KeyDelivery)
    issued = authority.issue_pair(asked, other, profile, delivery=Hook(), at=AT)
    assert issued.delivery == b"for CN=x"
    assert len(signed) == 2


def test_what_is_no_delivery() -> None:
    wrong: list[Any] = [b"", "envelope", object(), root()]
    for value in wrong:
        with pytest.raises(InvalidTypeError):
            issuer().issue_pair(APPLICANT, ENCRYPTION_KEY, "organisation", delivery=value, at=AT)


# ---- the check before signing -----------------------------------------------------------
def test_the_check_sees_what_will_be_signed_and_can_refuse() -> None:
    class Token:
        """Counts what is signed."""

        def __init__(self) -> None:
            self.signed: list[bytes] = []
            self.public_key = ROOT_KEY.public_key
            self.signature_algorithm = ROOT_KEY.signature_algorithm

        def sign(self, message: Any, *, user_id: Any = None) -> bytes:
            self.signed.append(bytes(message))
            return ROOT_KEY.sign(message, user_id=user_id)

        def sign_digest(self, digest: Any) -> bytes:
            return ROOT_KEY.sign_digest(digest)

    token = Token()
    seen: list[bytes] = []
    accepting = Issuer(root(), token, check=seen.append)
    pair = accepting.issue_pair(APPLICANT, ENCRYPTION_KEY, "organisation", at=AT).pair
    assert seen == token.signed == [pair.signing.tbs_der, pair.encryption.tbs_der]

    def refuse_encryption(tbs: bytes) -> None:
        if TBSCertificate.from_der(tbs).subject_public_key_info.to_der() == ENCRYPTION_KEY.public_key.to_der():
            raise ValidationError("lint", "not this one")

    token.signed.clear()
    refusing = Issuer(root(), token, check=refuse_encryption)
    with pytest.raises(ValidationError, match="not this one"):
        refusing.issue_pair(APPLICANT, ENCRYPTION_KEY, "organisation", at=AT)
    assert token.signed == []
    with pytest.raises(ValidationError):
        self_signed(OWNER, ENCRYPTION_KEY, check=refuse_encryption, at=AT)


def test_a_signature_that_does_not_hold_is_never_issued() -> None:
    class Broken:
        public_key = ROOT_KEY.public_key
        signature_algorithm = ROOT_KEY.signature_algorithm

        def sign(self, message: Any, *, user_id: Any = None) -> bytes:
            return ROOT_KEY.sign(bytes(message) + b"?", user_id=user_id)

        def sign_digest(self, digest: Any) -> bytes:
            return ROOT_KEY.sign_digest(digest)

    with pytest.raises(FaultDetected):
        Issuer(root(), Broken()).issue(APPLICANT, "e-seal-maker", at=AT)
    with pytest.raises(FaultDetected):
        self_signed(ROOT_NAME, Broken(), at=AT)


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
    with pytest.raises(ProfileError):
        authority.issue((cn("x"), SIGNING_KEY.public_key), clipping, at=AT + 16 * DAY)


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
ADDRESSES = Addresses(
    crl=("http://crl.example.cn/root.crl", "ldap://ldap.example.cn/cn=root"),
    ocsp=("http://ocsp.example.cn",),
    ca_issuers=("http://crl.example.cn/root.cer",),
)


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


# ---- misuse -----------------------------------------------------------------------------
WRONG: list[Any] = [None, 1, "text", b"bytes", (), (OWNER,), (OWNER, None), (None, SIGNING_KEY.public_key), object()]


@pytest.mark.parametrize("value", WRONG)
def test_wrong_types(value: Any) -> None:
    authority = issuer()
    calls: list[Any] = [
        lambda: authority.issue(value, "e-seal-maker", at=AT),
        lambda: authority.issue_pair(value, ENCRYPTION_KEY, "organisation", at=AT),
        lambda: authority.issue(APPLICANT, value, at=AT),
        lambda: Issuer(value, ROOT_KEY),
        lambda: Issuer(root(), value),
        lambda: self_signed(value, ROOT_KEY, at=AT),
        lambda: self_signed(ROOT_NAME, value, at=AT),
        lambda: issuer(requests=value),
    ]
    if value is not None:
        calls += [
            lambda: authority.issue_pair(APPLICANT, value, "organisation", at=AT),
            lambda: authority.issue(APPLICANT, "e-seal-maker", subject=value, at=AT),
            lambda: authority.issue(APPLICANT, "e-seal-maker", validity=value, at=AT),
            lambda: issuer(addresses=value),
            lambda: issuer(check=value),
        ]
    if value != ():
        calls.append(lambda: authority.issue(APPLICANT, "e-seal-maker", extensions=value, at=AT))
    if not isinstance(value, bytes) and value is not None:
        calls.append(lambda: issuer(user_id=value))
    for call in calls:
        with pytest.raises(InvalidInputError):
            call()


def test_it_does_not_change() -> None:
    authority = issuer()
    with pytest.raises(AttributeError):
        authority.certificate = root()  # type: ignore[misc]
    with pytest.raises(AttributeError):
        authority._signer = OTHER_KEY
    issued = authority.issue_pair(APPLICANT, ENCRYPTION_KEY, "organisation", at=AT)
    with pytest.raises(dataclasses.FrozenInstanceError):
        issued.delivery = b""  # type: ignore[misc]


def test_what_was_issued_is_read_strictly_and_without_quirks() -> None:
    pair = issuer(addresses=ADDRESSES).issue_pair(request(HOST), ENCRYPTION_KEY, "device", at=AT).pair
    for one in (root(), pair.signing, pair.encryption):
        assert Certificate.from_der(one.der).quirks == ()


def test_an_error_leaves_no_other_kind_of_exception() -> None:
    class Strange:
        public_key = SM2PrivateKey.generate().public_key
        signature_algorithm = ROOT_KEY.signature_algorithm

        def sign(self, *_: Any, **__: Any) -> Any:
            return "no bytes"

        def sign_digest(self, _: Any) -> bytes:
            return b""

    with pytest.raises(GmpkiError):
        self_signed(ROOT_NAME, Strange(), at=AT)


def test_the_example() -> None:
    failed, tried = doctest.testmod(module)
    assert (failed, tried > 0) == (0, True)
