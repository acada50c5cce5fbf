"""The search for a path: anchors by key, several ways, loops, budgets, and which failure is told."""

from __future__ import annotations

import time
from itertools import pairwise
from typing import Any

import pytest

from gmpki.asn1.rfc5280 import (
    AuthorityKeyIdentifier,
    BasicConstraints,
    GeneralName,
    GeneralSubtree,
    KeyUsage,
    NameConstraints,
    SubjectAltName,
    SubjectKeyIdentifier,
)
from gmpki.x509.named_key import TrustAnchor
from gmpki.x509.path import AnchorRules
from x509.path.paths import (
    DAY,
    LOWER,
    NOW,
    ROOT,
    SIGN,
    SUB,
    USER,
    Party,
    extension,
    issue,
    refused,
    root,
    sub,
    user,
    validate,
)

OTHER_ROOT = Party("别的根")


# ---- several ways ----------------------------------------------------------------------------
def test_cross_certificates() -> None:
    crossed = issue(ROOT, OTHER_ROOT, ca=True)
    anchor = issue(OTHER_ROOT, OTHER_ROOT, ca=True)
    assert validate(user(), sub(), crossed, anchors=[anchor]).chain == (user(), sub(), crossed)
    # With both roots trusted, the shorter way.
    assert validate(user(), crossed, sub(), anchors=[anchor, root()]).chain == (user(), sub())


def test_an_expired_anchor_does_not_hide_a_cross_certificate() -> None:
    expired = issue(ROOT, ROOT, ca=True, end=NOW - DAY)
    crossed = issue(ROOT, OTHER_ROOT, ca=True)
    anchor = issue(OTHER_ROOT, OTHER_ROOT, ca=True)
    found = validate(user(), sub(), crossed, anchors=[expired, anchor])
    assert found.chain == (user(), sub(), crossed)


def test_each_way_is_tried_until_one_holds() -> None:
    wrong = [
        issue(SUB, ROOT, ca=True, end=NOW - DAY),
        issue(SUB, ROOT, ca=True, path_len=0, without=(KeyUsage,), begin=NOW + DAY),
        issue(Party("运营", "别的钥匙"), ROOT, ca=True),
        issue(SUB, Party("根", "别的钥匙"), ca=True),
        issue(SUB, Party("没有的根"), ca=True),
    ]
    assert validate(user(), *wrong, sub()).chain == (user(), sub())
    assert validate(user(), sub(), *wrong).chain == (user(), sub())


def test_key_identifiers_order_and_never_decide() -> None:
    strange = issue(SUB, ROOT, SubjectKeyIdentifier(b"another"), AuthorityKeyIdentifier(b"wrong"), ca=True)
    leaf = issue(USER, SUB, AuthorityKeyIdentifier(b"unlike both"))
    assert validate(leaf, strange).chain == (leaf, strange)
    # A namesake with the identifier that is asked for is tried first, and is not the one.
    liar = issue(Party("运营", "别的钥匙"), ROOT, SubjectKeyIdentifier(b"unlike both"), ca=True)
    assert validate(leaf, liar, strange).chain == (leaf, strange)


def test_the_certificate_with_the_right_identifier_is_tried_first() -> None:
    namesakes = [issue(Party("运营", f"别的钥匙{n}"), ROOT, ca=True) for n in range(20)]
    assert validate(user(), *namesakes, sub(), max_signatures=2).chain == (user(), sub())


# ---- anchors ---------------------------------------------------------------------------------
def test_an_untrusted_root_says_so() -> None:
    error = refused("no-path", user(), sub(), root(), anchors=[issue(OTHER_ROOT, OTHER_ROOT, ca=True)])
    assert error.certificate == root()
    assert "no trust anchor" in str(error)


def test_a_certificate_with_the_name_of_an_anchor_is_none() -> None:
    impostor = Party("根", "骗子的钥匙")
    forged_root = issue(impostor, impostor, ca=True)
    forged_sub = issue(Party("运营", "骗子的下级"), impostor, ca=True)
    forged = issue(USER, Party("运营", "骗子的下级"))
    for between in ([forged_sub], [forged_sub, forged_root], [forged_root, forged_sub, sub()]):
        error = refused("signature", forged, *between)
        assert error.certificate in {forged, forged_sub}


def test_an_anchor_with_the_key_and_another_name_is_none() -> None:
    renamed = TrustAnchor(OTHER_ROOT.name, root().public_key_info)
    refused("no-path", user(), sub(), anchors=[renamed])


@pytest.mark.parametrize(
    ("flaw", "reason"),
    [
        ({"end": NOW - DAY}, "expired"),
        ({"begin": NOW + DAY}, "not-yet-valid"),
        ({"usage": SIGN}, "key-usage"),
        ({"path_len": 0}, "path-length"),
        ({"ca": False}, "key-usage"),
    ],
)
def test_what_counts_of_the_certificate_of_an_anchor(flaw: dict[str, Any], reason: str) -> None:
    anchor = issue(ROOT, ROOT, **{"ca": True, **flaw})
    refused(reason, user(), sub(), anchors=[anchor])
    assert validate(user(), sub(), anchors=[anchor], anchor_rules=AnchorRules.NAME_AND_KEY).chain
    bare = TrustAnchor(anchor.subject, anchor.public_key_info)
    assert validate(user(), sub(), anchors=[bare]).chain


def test_an_anchor_may_be_older_than_basic_constraints() -> None:
    anchor = issue(ROOT, ROOT, ca=True, without=(BasicConstraints,))
    assert validate(user(), sub(), anchors=[anchor]).chain
    refused("not-a-ca", user(), sub(), anchors=[anchor], anchor_rules=AnchorRules.CERTIFICATE)
    refused("not-a-ca", user(), sub(), anchors=[issue(ROOT, ROOT, extension(BasicConstraints(False)), ca=True)])


@pytest.mark.parametrize("mode", list(AnchorRules))
def test_the_form_of_an_anchor_counts_only_when_asked_for(mode: AnchorRules) -> None:
    """The national root has a basicConstraints that is not critical."""
    anchor = issue(ROOT, ROOT, extension(BasicConstraints(True), False), ca=True)
    if mode is AnchorRules.CERTIFICATE:
        error = refused("basic-constraints", user(), sub(), anchors=[anchor], anchor_rules=mode)
        assert error.certificate == anchor
    else:
        assert validate(user(), sub(), anchors=[anchor], anchor_rules=mode).chain


# ---- loops and cost --------------------------------------------------------------------------
def test_authorities_that_certify_each_other() -> None:
    one, other = issue(SUB, LOWER, ca=True), issue(LOWER, SUB, ca=True)
    leaf = issue(USER, SUB)
    begin = time.monotonic()
    refused("no-path", leaf, one, other)
    refused("no-path", leaf, one, other, max_depth=255)
    assert time.monotonic() - begin < 5
    assert validate(leaf, one, other, sub()).chain == (leaf, sub())


def test_a_long_chain() -> None:
    parties = [Party(f"第{n}级") for n in range(40)]
    between = [issue(parties[0], ROOT, ca=True)]
    between += [issue(below, above, ca=True) for above, below in pairwise(parties)]
    leaf = issue(USER, parties[-1])
    refused("depth", leaf, *between)
    refused("depth", leaf, *between, max_depth=39)
    assert len(validate(leaf, *between, max_depth=40).chain) == 41


def test_the_number_of_candidates_is_limited() -> None:
    ladder = [Party(f"级{n}") for n in range(7)]
    between = [
        issue(below, above, ca=True, serial=1 + copy)
        for above, below in pairwise([Party("没有的根"), *ladder])
        for copy in range(6)
    ]
    leaf = issue(USER, ladder[-1])
    begin = time.monotonic()
    refused("limit", leaf, *between)
    assert time.monotonic() - begin < 10
    refused("limit", leaf, *between, max_candidates=5)


def test_the_number_of_signatures_is_limited() -> None:
    namesakes = [issue(Party("运营", f"钥匙{n}"), ROOT, ca=True) for n in range(12)]
    refused("signature", user(), *namesakes)
    refused("limit", user(), *namesakes, max_signatures=5)
    assert validate(user(), sub(), max_signatures=2).chain
    refused("limit", user(), sub(), max_signatures=1)


def test_one_key_is_tried_once() -> None:
    copies = [issue(Party("运营", "别的钥匙"), ROOT, ca=True, serial=n) for n in range(1, 30)]
    refused("signature", user(), *copies, max_signatures=2)


def test_the_number_of_names_compared_is_limited() -> None:
    trees = tuple(GeneralSubtree(GeneralName.dns(f"d{n}.cn")) for n in range(100))
    above = issue(SUB, ROOT, NameConstraints(permitted=trees), ca=True)
    leaf = issue(USER, SUB, SubjectAltName(tuple(GeneralName.dns(f"x.d{n}.cn") for n in range(100))))
    assert validate(leaf, above).chain
    assert validate(leaf, above, max_name_comparisons=10_000).chain
    refused("limit", leaf, above, max_name_comparisons=9_999)


# ---- which failure is told -------------------------------------------------------------------
def test_the_failure_nearest_to_an_anchor_is_told() -> None:
    dead_end = issue(SUB, Party("没有的根"), ca=True)
    expired = issue(ROOT, ROOT, ca=True, end=NOW - DAY)
    for between in ([dead_end, sub()], [sub(), dead_end]):
        assert refused("expired", user(), *between, anchors=[expired]).certificate == expired


def test_a_failure_that_says_more_is_told() -> None:
    wrong_key = issue(Party("运营", "别的钥匙"), ROOT, ca=True)
    late = issue(SUB, ROOT, ca=True, end=NOW - DAY)
    for between in ([wrong_key, late], [late, wrong_key]):
        assert refused("expired", user(), *between).certificate == late


def test_what_is_wrong_with_the_certificate_itself_comes_first() -> None:
    late = issue(USER, Party("没有的根"), end=NOW - DAY)
    assert refused("expired", late).certificate == late
    assert refused("no-path", user()).certificate == user()
