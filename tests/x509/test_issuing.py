"""Issuing: what comes out follows the profile, what goes in decides nothing that it must not."""

from __future__ import annotations

import dataclasses
import doctest
from datetime import timedelta
from typing import Any

import pytest

from gmpki import oids
from gmpki.asn1.rfc5280 import (
    Name,
    TBSCertificate,
)
from gmpki.asn1.rfc5280.ext_keys import AuthorityKeyIdentifier, ExtendedKeyUsage, KeyUsage, KeyUsages
from gmpki.asn1.rfc5280.ext_names import BasicConstraints
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
from gmpki.x509.issuing import Issuer, issue_pair, self_signed
from gmpki.x509.names import build_name
from gmpki.x509.pair import CertificatePair
from gmpki.x509.profile import BUILTIN_PROFILES, Profile, load_profile, profile_text
from gmpki.x509.request import CertificateRequest
from gmpki.x509.signatures import SignaturePolicy
from rsa_keys import rsa_key
from x509.pair_examples import (
    ADDRESSES,
    APPLICANT,
    AT,
    DAY,
    ENCRYPTION_KEY,
    ENCRYPTION_USAGES,
    HOST,
    OPEN,
    OTHER_KEY,
    OWNER,
    ROOT_KEY,
    ROOT_NAME,
    SIGNING_KEY,
    SIGNING_USAGES,
    STRANGER,
    certificate,
    cn,
    issuer,
    own,
    request,
    root,
)

P256 = ECDSAPrivateKey.generate("P-256")


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


@pytest.mark.parametrize("kind", ["RSA", "P-256", "P-384"])
def test_authorities_of_other_algorithms(kind: str) -> None:
    key: Any = rsa_key() if kind == "RSA" else ECDSAPrivateKey.generate(kind)
    other_root = self_signed(ROOT_NAME, key, at=AT)
    pair = Issuer(other_root, key).issue_pair(APPLICANT, ENCRYPTION_KEY, "organisation", at=AT).pair
    for one in (other_root, pair.signing, pair.encryption):
        assert one.signature_algorithm == key.signature_algorithm
        one.verify_signature(other_root)
    assert pair.signing.public_key == SIGNING_KEY.public_key
    with pytest.raises(InvalidInputError):  # a user id is for SM2
        self_signed(ROOT_NAME, key, user_id=b"x", at=AT)


def test_an_authority_has_a_name() -> None:
    text = profile_text("subordinate-ca").replace('required = ["C", "O", "CN"]', 'optional = ["CN"]')
    nameless = Profile.from_toml(text.replace('optional = ["OU", "ST", "L"]\n', ""))
    with pytest.raises(ProfileError, match="has a subject"):
        issuer().issue((Name(), OTHER_KEY.public_key), nameless, at=AT)
    with pytest.raises(ProfileError, match="has a subject"):
        self_signed(Name(), ROOT_KEY, nameless, at=AT)


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


def test_nobody_is_certified_under_the_name_of_the_issuer() -> None:
    """A second authority of that name would be free of path lengths, and its lists taken for the issuer's."""
    upper = build_name(("C", "CN"), ("O", "示例市数字证书认证中心"), ("CN", "  示例根 "))
    for name in (ROOT_NAME, upper):
        for profile in ("subordinate-ca", "e-seal-maker"):
            with pytest.raises(ProfileError, match="issuer's own"):
                issuer(addresses=ADDRESSES).issue((name, P256.public_key), profile, at=AT)
            with pytest.raises(ProfileError, match="issuer's own"):
                issuer(addresses=ADDRESSES).issue(request(), profile, subject=name, at=AT)
        with pytest.raises(ProfileError, match="issuer's own"):
            issuer().issue_pair(request(), None, "organisation", subject=name, at=AT)


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
