"""From a certificate to a trust anchor: the checks of RFC 5280 section 6, each broken in turn."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from gmpki import oids
from gmpki.algorithms.policy import DEFAULT_POLICY
from gmpki.asn1.quirks import QuirkKind
from gmpki.asn1.rfc5280 import (
    NULL,
    AlgorithmIdentifier,
    AuthorityKeyIdentifier,
    BasicConstraints,
    CertificatePolicies,
    ExtendedKeyUsage,
    Extension,
    GeneralName,
    GeneralSubtree,
    InhibitAnyPolicy,
    KeyUsage,
    KeyUsages,
    NameConstraints,
    PolicyConstraints,
    PolicyInformation,
    SignedStructure,
    SubjectAltName,
    SubjectKeyIdentifier,
)
from gmpki.errors import InvalidInputError, InvalidTypeError
from gmpki.keys.sm2 import SM2PrivateKey
from gmpki.x509.certificate import Certificate
from gmpki.x509.named_key import TrustAnchor
from gmpki.x509.path import AnchorRules, PathPolicy, PeerName, Purpose, RevocationMode, validate_path
from gmpki.x509.signatures import LENIENT_SIGNATURES, SignaturePolicy
from x509.path.paths import (
    DAY,
    ISSUE,
    LOWER,
    NOW,
    ROOT,
    SIGN,
    SUB,
    USER,
    Party,
    extension,
    issue,
    name,
    refused,
    root,
    sub,
    user,
    validate,
)  # fmt: skip

SECOND = timedelta(seconds=1)
GOLD = oids.find("1.2.156.99999.1")
UNKNOWN = oids.find("1.2.156.99999.2")


def permitted(*hosts: str) -> NameConstraints:
    return NameConstraints(permitted=tuple(GeneralSubtree(GeneralName.dns(host)) for host in hosts))


def policies(*identifiers: Any) -> CertificatePolicies:
    return CertificatePolicies(tuple(PolicyInformation(identifier) for identifier in identifiers))


# ---- what holds ------------------------------------------------------------------------------
def test_a_chain_of_three() -> None:
    found = validate(user(), sub())
    assert found.chain == (user(), sub())
    assert found.certificate == user()
    assert found.anchor == TrustAnchor.of(root())
    assert (found.policies, found.revocation, found.quirks, found.departures) == (frozenset(), (), ((), ()), ())


def test_the_order_of_the_others_does_not_matter() -> None:
    lower, leaf = issue(LOWER, SUB, ca=True), issue(USER, LOWER)
    expected = (leaf, lower, sub())
    for between in ([sub(), lower], [lower, sub()], [root(), lower, leaf, sub(), lower], [user(), sub(), lower]):
        assert validate(leaf, *between).chain == expected


def test_a_certificate_of_the_anchor_itself() -> None:
    assert validate(root()).chain == (root(),)


def test_an_anchor_without_certificate() -> None:
    anchor = TrustAnchor(root().subject, root().public_key_info)
    assert validate(user(), sub(), anchors=[anchor]).anchor == anchor


def test_an_authority_may_be_the_anchor() -> None:
    assert validate(user(), root(), anchors=[sub()]).chain == (user(),)


def test_an_authority_may_be_what_is_asked_about() -> None:
    assert validate(sub()).chain == (sub(),)


def test_now_is_the_time_by_default() -> None:
    now = datetime.now(timezone.utc).replace(microsecond=0)
    leaf = issue(USER, ROOT, begin=now - DAY, end=now + DAY)
    anchor = issue(ROOT, ROOT, ca=True, begin=now - DAY, end=now + DAY)
    assert validate_path(leaf, anchors=[anchor]).chain == (leaf,)


# It has an iterator, which then raises NotImplementedError.
PLANE = memoryview(bytes(4)).cast("B", (2, 2))


@pytest.mark.parametrize("kind", ["rsa", "ecdsa", "ed25519"])
def test_other_algorithms(kind: str) -> None:
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    from gmpki.keys.loader import load_private_key

    made = {
        "rsa": lambda: rsa.generate_private_key(65537, 2048),
        "ecdsa": lambda: ec.generate_private_key(ec.SECP256R1()),
        "ed25519": ed25519.Ed25519PrivateKey.generate,
    }[kind]()
    encoded = made.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    party = Party(kind, key=load_private_key(encoded))
    anchor, leaf = issue(party, party, ca=True), issue(USER, party)
    assert validate(leaf, anchors=[anchor]).chain == (leaf,)
    impostor = issue(party, party, ca=True, signer=party.key)
    assert validate(leaf, anchors=[impostor]).chain == (leaf,)
    # The same name, another key of another kind: the algorithm does not fit the key.
    refused("algorithm", leaf, anchors=[issue(Party(kind), Party(kind), ca=True)])


# ---- signatures ------------------------------------------------------------------------------
def test_the_key_decides_and_not_the_name() -> None:
    namesake = issue(Party("根", "别的钥匙"), Party("根", "别的钥匙"), ca=True)
    error = refused("signature", user(), sub(), anchors=[namesake])
    assert error.certificate == sub()
    refused("signature", user(), issue(Party("运营", "别的钥匙"), ROOT, ca=True))


def test_both_namesakes_may_be_there() -> None:
    namesake = Party("运营", "别的钥匙")
    others = issue(namesake, ROOT, ca=True), sub()
    for between in (others, others[::-1]):
        assert validate(user(), *between).chain == (user(), sub())


def test_user_ids() -> None:
    class OtherId:
        """Signs with the empty user id."""

        def __init__(self, inner: SM2PrivateKey) -> None:
            self.public_key, self.signature_algorithm, self.inner = inner.public_key, inner.signature_algorithm, inner

        def sign(self, message: bytes) -> bytes:
            return self.inner.sign(message, user_id=b"")

    leaf = issue(USER, ROOT, signer=OtherId(ROOT.key))
    refused("signature", leaf)
    found = validate(leaf, signatures=LENIENT_SIGNATURES)
    assert [quirk.kind for quirk in found.quirks[0]] == [QuirkKind.EMPTY_USER_ID]
    assert validate(leaf, signatures=SignaturePolicy((b"",))).chain == (leaf,)


def test_weak_keys_are_refused_by_policy() -> None:
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    from gmpki.keys.loader import load_private_key

    made = ec.generate_private_key(ec.SECP192R1())
    encoded = made.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    allowing = DEFAULT_POLICY.allowing("ec-192")
    party = Party("小钥匙", key=load_private_key(encoded, policy=allowing))
    anchor, leaf = issue(party, party, ca=True), issue(USER, party)
    refused("algorithm", leaf, anchors=[anchor])
    assert validate(leaf, anchors=[anchor], signatures=SignaturePolicy(algorithms=allowing)).chain == (leaf,)


def test_the_algorithm_inside_is_the_one_outside() -> None:
    beside = AlgorithmIdentifier(oids.SM2_WITH_SM3, NULL)

    class Beside:
        """Signs, and says something else inside."""

        public_key, signature_algorithm, sign = ROOT.key.public_key, beside, staticmethod(ROOT.key.sign)

    honest = issue(USER, ROOT, signer=Beside())
    assert validate(honest).chain == (honest,)
    tbs = SignedStructure.from_der(honest.der).tbs_der
    outside = SignedStructure(tbs, AlgorithmIdentifier(oids.SM2_WITH_SM3), ROOT.key.sign(tbs)).to_der()
    mixed = Certificate.from_der(outside, lenient=True)
    assert mixed.verify_signature(root()) == ()
    assert refused("algorithm", mixed).certificate == mixed
    other = issue(SUB, ROOT, ca=True, signer=Beside())
    tbs = SignedStructure.from_der(other.der).tbs_der
    outside = SignedStructure(tbs, AlgorithmIdentifier(oids.SM2_WITH_SM3), ROOT.key.sign(tbs)).to_der()
    above = Certificate.from_der(outside, lenient=True)
    assert refused("algorithm", user(), above).certificate == above
    # Nobody looks at the signature of an anchor.
    assert validate(user(), anchors=[above]).chain == (user(),)


# ---- time ------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("shift", "reason"),
    [(-SECOND, "not-yet-valid"), (timedelta(0), None), (2 * DAY, None), (2 * DAY + SECOND / 2, None),
     (2 * DAY + SECOND, "expired")],
)  # fmt: skip
@pytest.mark.parametrize("which", ["leaf", "between", "anchor"])
def test_validity(which: str, shift: timedelta, reason: str | None) -> None:
    narrow = {"begin": NOW, "end": NOW + 2 * DAY}
    leaf = issue(USER, SUB, **(narrow if which == "leaf" else {}))
    between = issue(SUB, ROOT, ca=True, **(narrow if which == "between" else {}))
    anchor = issue(ROOT, ROOT, ca=True, **(narrow if which == "anchor" else {}))
    options = {"anchors": [anchor], "at": NOW + shift}
    if reason is None:
        assert validate(leaf, between, **options).chain == (leaf, between)
    else:
        error = refused(reason, leaf, between, **options)
        assert error.certificate == {"leaf": leaf, "between": between, "anchor": anchor}[which]


def test_other_time_zones() -> None:
    elsewhere = timezone(timedelta(hours=8))
    leaf = issue(USER, ROOT, begin=NOW, end=NOW)
    assert validate(leaf, at=NOW.astimezone(elsewhere)).chain == (leaf,)


def test_another_certificate_of_the_authority_that_is_still_valid() -> None:
    old = issue(SUB, ROOT, ca=True, end=NOW - DAY)
    assert validate(user(), old, sub()).chain == (user(), sub())


# ---- authorities -----------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("reason", "changes"),
    [
        ("not-a-ca", {"without": (BasicConstraints,)}),
        ("not-a-ca", {"ca": False, "usage": ISSUE}),
        ("key-usage", {"usage": KeyUsages.CRL_SIGN}),
        ("key-usage", {"usage": SIGN}),
    ],
)
def test_who_is_no_authority_issues_nothing(reason: str, changes: dict[str, Any]) -> None:
    wrong = issue(SUB, ROOT, **{"ca": True, **changes})
    assert refused(reason, user(), wrong).certificate == wrong
    assert refused(reason, user(), anchors=[wrong], anchor_rules=AnchorRules.CERTIFICATE).certificate == wrong


def test_ca_false_is_no_authority_even_with_cert_sign() -> None:
    wrong = issue(SUB, ROOT, extension(BasicConstraints(False)), usage=ISSUE)
    refused("not-a-ca", user(), wrong)
    refused("not-a-ca", user(), anchors=[wrong])


def test_an_end_entity_issues_nothing() -> None:
    refused("not-a-ca", issue(Party("李四"), USER), user(), sub())


def test_an_authority_without_key_usage() -> None:
    plain = issue(SUB, ROOT, ca=True, without=(KeyUsage,))
    assert validate(user(), plain).chain == (user(), plain)


def test_an_authority_of_version_1() -> None:
    old = issue(SUB, ROOT, version=1, without=(KeyUsage, SubjectKeyIdentifier, AuthorityKeyIdentifier))
    refused("not-a-ca", user(), old)


# ---- path length -----------------------------------------------------------------------------
def test_path_length() -> None:
    lower = issue(LOWER, SUB, ca=True)
    leaf = issue(USER, LOWER)
    assert validate(user(), sub(0)).chain == (user(), sub(0))
    assert refused("path-length", leaf, sub(0), lower).certificate == sub(0)
    assert validate(leaf, sub(1), lower).chain == (leaf, lower, sub(1))
    narrow = issue(ROOT, ROOT, ca=True, path_len=1)
    assert refused("path-length", leaf, sub(1), lower, anchors=[narrow]).certificate == narrow
    wide = issue(ROOT, ROOT, ca=True, path_len=2)
    assert validate(leaf, sub(1), lower, anchors=[wide]).chain == (leaf, lower, sub(1))


def test_the_last_certificate_does_not_count_even_when_it_is_an_authority() -> None:
    lower = issue(LOWER, SUB, ca=True)
    assert validate(lower, sub(0)).chain == (lower, sub(0))


def test_self_issued_certificates_do_not_count() -> None:
    renewed = Party("运营", "新钥匙")
    rollover = issue(renewed, SUB, ca=True)
    leaf = issue(USER, renewed)
    assert validate(leaf, rollover, sub(0)).chain == (leaf, rollover, sub(0))
    assert validate(leaf, rollover, sub(0), max_depth=1).chain == (leaf, rollover, sub(0))


def test_the_policy_limits_the_depth() -> None:
    assert validate(user(), sub(), max_depth=1).chain == (user(), sub())
    assert refused("depth", user(), sub(), max_depth=0).certificate == sub()


# ---- extensions ------------------------------------------------------------------------------
def test_unknown_critical_extensions() -> None:
    strange = Extension(UNKNOWN, True, b"\x05\0")
    leaf, between = issue(USER, SUB, strange), issue(SUB, ROOT, strange, ca=True)
    anchor = issue(ROOT, ROOT, strange, ca=True)
    assert refused("critical-extension", leaf, sub()).certificate == leaf
    assert refused("critical-extension", user(), between).certificate == between
    assert refused("critical-extension", user(), sub(), anchors=[anchor]).certificate == anchor
    understood = frozenset({str(UNKNOWN)})
    assert validate(leaf, between, anchors=[anchor], understood=understood).chain == (leaf, between)
    # One that is not on the way concerns nobody.
    assert validate(user(), sub(), issue(LOWER, ROOT, strange, ca=True)).chain == (user(), sub())
    assert validate(issue(USER, SUB, Extension(UNKNOWN, False, b"\x05\0")), sub()).chain


def test_malformed_extensions_that_count_are_refused() -> None:
    for oid, critical in ((oids.KEY_USAGE, True), (oids.KEY_USAGE, False), (oids.TLS_FEATURE, True)):
        broken = issue(USER, SUB, Extension(oid, critical, b"\x04\x00"), lenient=True)
        assert refused("malformed", broken, sub()).certificate == broken
    ignored = issue(USER, SUB, Extension(oids.TLS_FEATURE, False, b"\x04\x00"), lenient=True)
    assert validate(ignored, sub()).chain == (ignored, sub())


def test_an_extension_that_stands_twice_is_refused() -> None:
    twice = (extension(KeyUsage(SIGN)), Extension(oids.KEY_USAGE, True, extension(KeyUsage(ISSUE)).extn_value))
    refused("malformed", issue(USER, SUB, *twice, lenient=True), sub())


# ---- name constraints ------------------------------------------------------------------------
def test_name_constraints_of_every_authority_hold() -> None:
    inside = issue(SUB, ROOT, permitted("example.cn"), ca=True)
    outside = issue(SUB, ROOT, permitted("example.com"), ca=True)
    assert validate(user(), inside).chain == (user(), inside)
    assert refused("name-constraints", user(), outside).certificate == user()
    anchor = issue(ROOT, ROOT, permitted("example.com"), ca=True)
    assert refused("name-constraints", user(), sub(), anchors=[anchor]).certificate == user()
    # Both at once: the intersection.
    lower = issue(LOWER, SUB, permitted("a.example.cn"), ca=True)
    good, bad = issue(USER, LOWER, hosts=("x.a.example.cn",)), issue(USER, LOWER, hosts=("b.example.cn",))
    assert validate(good, lower, inside).chain
    refused("name-constraints", bad, lower, inside)
    refused("name-constraints", good, lower, outside)


def test_names_of_authorities_are_constrained_too_unless_self_issued() -> None:
    above = issue(SUB, ROOT, permitted("example.cn"), ca=True)
    lower = issue(LOWER, SUB, ca=True, hosts=("other.com",))
    leaf = issue(USER, LOWER, hosts=("a.example.cn",))
    assert refused("name-constraints", leaf, lower, above).certificate == lower
    renewed = Party("运营", "新钥匙")
    rollover = issue(renewed, SUB, ca=True, hosts=("other.com",))
    below = issue(USER, renewed, hosts=("a.example.cn",))
    assert validate(below, rollover, above).chain == (below, rollover, above)
    # As the last certificate it counts.
    refused("name-constraints", rollover, above)


def test_the_caller_constrains_names() -> None:
    tree = (GeneralSubtree(GeneralName.dns("example.cn")),)
    assert validate(user(), sub(), permitted=tree).chain
    refused("name-constraints", user(), sub(), excluded=tree)
    refused("name-constraints", user(), sub(), permitted=(GeneralSubtree(GeneralName.dns("b.cn")),))
    directory = (GeneralSubtree(GeneralName.directory(name("运营"))),)
    assert refused("name-constraints", user(), sub(), excluded=directory).certificate == sub()


def test_another_way_around_a_constraint_is_found() -> None:
    narrow = issue(SUB, ROOT, permitted("example.com"), ca=True)
    for between in ((narrow, sub()), (sub(), narrow)):
        assert validate(user(), *between).chain == (user(), sub())


# ---- policies --------------------------------------------------------------------------------
def test_certificate_policies() -> None:
    above, leaf = issue(SUB, ROOT, policies(GOLD), ca=True), issue(USER, SUB, policies(GOLD))
    assert validate(leaf, above, require_explicit_policy=True).policies == {GOLD}
    assert validate(leaf, above, initial_policies=frozenset({str(GOLD)})).policies == {GOLD}
    assert validate(leaf, above, initial_policies=frozenset({"1.2.3"})).policies == frozenset()
    refused("policies", leaf, above, initial_policies=frozenset({"1.2.3"}), require_explicit_policy=True)
    assert refused("policies", user(), above, require_explicit_policy=True).certificate == user()
    refused("policies", leaf, sub(), require_explicit_policy=True)


def test_policies_that_authorities_require() -> None:
    strict = issue(SUB, ROOT, policies(GOLD), extension(PolicyConstraints(0)), ca=True)
    refused("policies", user(), strict)
    leaf = issue(USER, SUB, policies(GOLD))
    assert validate(leaf, strict).policies == {GOLD}
    anything = issue(USER, SUB, policies(oids.ANY_POLICY))
    assert validate(anything, strict).policies == {GOLD}
    inhibiting = issue(
        SUB, ROOT, policies(GOLD), extension(PolicyConstraints(0)), extension(InhibitAnyPolicy(0)), ca=True
    )
    refused("policies", anything, inhibiting)


# ---- what the caller asks --------------------------------------------------------------------
def test_key_usage() -> None:
    assert validate(user(), sub(), key_usage=KeyUsages.DIGITAL_SIGNATURE).chain
    error = refused("key-usage", user(), sub(), key_usage=KeyUsages.KEY_AGREEMENT)
    assert error.certificate == user()
    plain = issue(USER, SUB, without=(KeyUsage,))
    assert validate(plain, sub(), key_usage=KeyUsages.KEY_AGREEMENT).chain


def test_extended_key_usage() -> None:
    wanted = (oids.SERVER_AUTH,)
    server = issue(USER, SUB, ExtendedKeyUsage((oids.SERVER_AUTH,)))
    client = issue(USER, SUB, ExtendedKeyUsage((oids.CLIENT_AUTH,)))
    anything = issue(USER, SUB, ExtendedKeyUsage((oids.ANY_EXTENDED_KEY_USAGE,)))
    for good in (server, anything, user()):
        assert validate(good, sub(), extended_key_usage=wanted).chain
    refused("extended-key-usage", client, sub(), extended_key_usage=wanted)
    narrow = issue(SUB, ROOT, ExtendedKeyUsage((oids.CLIENT_AUTH,)), ca=True)
    assert refused("extended-key-usage", server, narrow, extended_key_usage=wanted).certificate == narrow
    assert validate(server, narrow).chain
    refused("extended-key-usage", server, narrow, purpose=Purpose.TLS_SERVER)


def test_an_ocsp_responder_below_an_authority_for_servers() -> None:
    narrow = issue(SUB, ROOT, ExtendedKeyUsage((oids.SERVER_AUTH,)), ca=True)
    responder = issue(USER, SUB, ExtendedKeyUsage((oids.OCSP_SIGNING,)))
    assert validate(responder, narrow, purpose=Purpose.OCSP_SIGNING).chain


def test_peer_names() -> None:
    host = PeerName.dns("user.example.cn")
    assert validate(user(), sub(), peer_names=(host,)).chain
    refused("peer-name", user(), sub(), peer_names=(host, PeerName.dns("b.example.cn")))
    refused("peer-name", issue(USER, SUB), sub(), peer_names=(host,))


def test_the_common_name_is_no_host() -> None:
    named = issue(Party("user.example.cn"), SUB)
    refused("peer-name", named, sub(), peer_names=(PeerName.dns("user.example.cn"),))
    both = issue(Party("user.example.cn"), SUB, SubjectAltName((GeneralName.dns("b.cn"),)))
    refused("peer-name", both, sub(), peer_names=(PeerName.dns("user.example.cn"),))


# ---- wrong arguments -------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"anchors": None}, InvalidTypeError),
        ({"anchors": ["root"]}, InvalidTypeError),
        ({"anchors": b"root"}, InvalidTypeError),
        ({"anchors": PLANE}, InvalidTypeError),
        ({"intermediates": PLANE}, InvalidTypeError),
        ({"checkers": PLANE}, InvalidTypeError),
        ({"intermediates": 1}, InvalidTypeError),
        ({"intermediates": [b""]}, InvalidTypeError),
        ({"intermediates": [[]]}, InvalidTypeError),
        ({"checkers": [object()]}, InvalidTypeError),
        ({"checkers": 1}, InvalidTypeError),
        ({"at": "now"}, InvalidTypeError),
        ({"at": datetime(2026, 1, 1)}, InvalidInputError),
        ({"at": datetime.max.replace(tzinfo=timezone(-DAY / 2))}, InvalidInputError),
        ({"policy": "strict"}, InvalidTypeError),
        ({"policy": PathPolicy(revocation=RevocationMode.HARD)}, InvalidInputError),
        ({"policy": PathPolicy(revocation=RevocationMode.SOFT)}, InvalidInputError),
    ],
)
def test_wrong_arguments(changes: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        validate_path(user(), **{"anchors": [root()], "at": NOW, **changes})


def test_the_certificate_is_one() -> None:
    with pytest.raises(InvalidTypeError):
        validate_path(user().der, anchors=[root()])  # type: ignore[arg-type]


def test_without_anchors_there_is_no_path() -> None:
    assert refused("no-path", user(), sub(), anchors=[]).certificate == sub()
    assert refused("no-path", user(), anchors=[]).certificate == user()


def test_reasons_hold_for_certificates_read_leniently() -> None:
    lenient = Certificate.from_der(user().der, lenient=True)
    assert validate(lenient, sub()).chain == (user(), sub())
