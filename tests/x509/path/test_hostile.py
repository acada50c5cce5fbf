"""Certificates that somebody made to do harm: whatever is in them, an answer comes, soon, and as the right error."""

from __future__ import annotations

import contextlib
import random
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmpki import oids
from gmpki.asn1 import der
from gmpki.asn1.rfc5280 import Extension, GeneralName, Name
from gmpki.asn1.rfc5280.ext_names import GeneralSubtree, NameConstraints
from gmpki.errors import GmpkiError, ValidationError
from gmpki.x509.certificate import Certificate
from gmpki.x509.path import FIELD_DEPARTURES, AnchorRules, PathPolicy, PathProfile, PeerName, Purpose, validate_path
from x509.path.paths import NOW, ROOT, SUB, USER, issue, name, root, sub, user

KINDS = [
    oids.AUTHORITY_KEY_IDENTIFIER, oids.SUBJECT_KEY_IDENTIFIER, oids.KEY_USAGE, oids.CERTIFICATE_POLICIES,
    oids.POLICY_MAPPINGS, oids.SUBJECT_ALT_NAME, oids.BASIC_CONSTRAINTS, oids.NAME_CONSTRAINTS, oids.POLICY_CONSTRAINTS,
    oids.EXTENDED_KEY_USAGE, oids.CRL_DISTRIBUTION_POINTS, oids.INHIBIT_ANY_POLICY, oids.AUTHORITY_INFO_ACCESS,
]  # fmt: skip
POLICIES = [
    PathPolicy(
        profile=profile,
        anchor_rules=rules,
        purpose=Purpose.TLS_SERVER,
        peer_names=(PeerName.dns("user.example.cn"),),
        tolerated=tolerated,
    )
    for profile in PathProfile
    for rules in AnchorRules
    for tolerated in (frozenset[str](), FIELD_DEPARTURES)
]


def answered(certificate: Certificate, *between: Certificate, anchors: Any = ()) -> None:
    """Check that validation gives a path or one of its errors, under every policy."""
    for policy in POLICIES:
        with contextlib.suppress(ValidationError):
            validate_path(certificate, anchors=anchors or [root()], intermediates=between, policy=policy, at=NOW)


def primitive(tag: int, body: bytes) -> bytes:
    return bytes([tag, len(body)]) + body


def constructed(tag: int, parts: list[bytes]) -> bytes:
    return der.encode(tag, b"".join(parts))


TAGS = st.sampled_from([1, 2, 3, 4, 5, 6, 12, 22, 0x82, 0x87]), st.sampled_from([0x30, 0xA0, 0xA1, 0xA4])
elements = st.recursive(
    st.builds(primitive, TAGS[0], st.binary(max_size=20)),
    lambda inner: st.builds(constructed, TAGS[1], st.lists(inner, max_size=4)),
    max_leaves=8,
)
contents = elements | st.binary(max_size=30)
extensions = st.lists(st.builds(Extension, st.sampled_from(KINDS), st.booleans(), contents), min_size=1, max_size=3)


@given(extensions, st.sampled_from(["leaf", "between", "anchor"]))
def test_any_extensions_anywhere(more: list[Extension], where: str) -> None:
    if where == "leaf":
        answered(issue(USER, SUB, *more, lenient=True), sub())
    elif where == "between":
        answered(user(), issue(SUB, ROOT, *more, ca=True, lenient=True))
    else:
        answered(user(), sub(), anchors=[issue(ROOT, ROOT, *more, ca=True, lenient=True)])


@given(st.integers(0, 2**32), st.integers(1, 6))
def test_any_bytes_changed(seed: int, count: int) -> None:
    chosen = random.Random(seed)
    encoded = bytearray(user().der)
    for _ in range(count):
        encoded[chosen.randrange(len(encoded))] = chosen.randrange(256)
    try:
        changed = Certificate.from_der(bytes(encoded), lenient=True)
    except GmpkiError:
        return
    answered(changed, sub())
    answered(user(), changed, sub())
    answered(user(), sub(), anchors=[changed])


@pytest.mark.once
def test_names_without_end() -> None:
    """A certificate with 20,000 names, below 20,000 constraints."""
    names = [der.encode_ia5_string(f"x{n}.example.cn", tag=0x82) for n in range(20_000)]
    trees = [der.encode_sequence(der.encode_ia5_string(f"y{n}.example.cn", tag=0x82)) for n in range(20_000)]
    leaf = issue(USER, SUB, Extension(oids.SUBJECT_ALT_NAME, False, der.encode_sequence(*names)))
    excluded = der.encode_sequence(der.encode(0xA1, b"".join(trees)))
    above = issue(SUB, ROOT, Extension(oids.NAME_CONSTRAINTS, True, excluded), ca=True)
    begin = time.monotonic()
    answered(leaf, above)
    assert time.monotonic() - begin < 60


def test_a_long_name_below_many_authorities() -> None:
    """A name of 5,000 parts, below 100 authorities of one name with 50 subtrees each; nobody has signed any of them."""
    long = Name(tuple((name(f"{n}").rdns[-1][0],) for n in range(5_000)))
    leaf = issue(USER, SUB, subject_name=long, signer=ROOT.key)
    trees = [GeneralSubtree(GeneralName.directory(name(f"{n}"))) for n in range(50)] + [
        GeneralSubtree(GeneralName.directory(Name()))
    ]
    heap = [
        issue(SUB, ROOT, NameConstraints(permitted=tuple(trees)), ca=True, serial=n, signer=USER.key)
        for n in range(1, 100)
    ]
    begin = time.monotonic()
    with pytest.raises(ValidationError):
        validate_path(leaf, anchors=[root()], intermediates=heap, at=NOW)
    assert time.monotonic() - begin < 20


@pytest.mark.once
def test_policies_without_end() -> None:
    """A certificate with 5,000 policies and 20,000 mappings."""
    encoded = [der.encode_sequence(der.encode_oid(f"1.2.3.{n}")) for n in range(5_000)]
    pairs = [
        der.encode_sequence(der.encode_oid(f"1.2.3.{n % 5_000}"), der.encode_oid(f"1.2.4.{n}")) for n in range(20_000)
    ]
    above = issue(
        SUB,
        ROOT,
        Extension(oids.CERTIFICATE_POLICIES, False, der.encode_sequence(*encoded)),
        Extension(oids.POLICY_MAPPINGS, True, der.encode_sequence(*pairs)),
        ca=True,
    )
    begin = time.monotonic()
    answered(user(), above)
    assert time.monotonic() - begin < 60


def test_a_heap_of_certificates() -> None:
    """A thousand authorities of one name."""
    heap = [issue(SUB, ROOT, ca=True, serial=n, signer=USER.key) for n in range(1, 1_000)]
    begin = time.monotonic()
    answered(user(), *heap)
    assert time.monotonic() - begin < 60
