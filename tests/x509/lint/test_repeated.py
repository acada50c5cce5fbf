"""Certificates that resemble one another are judged by fewer rules, and nothing is found less for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmpki import oids
from gmpki.asn1 import der
from gmpki.asn1.rfc5280 import AuthorityKeyIdentifier, SubjectKeyIdentifier
from gmpki.errors import GmpkiError
from gmpki.x509.certificate import Certificate
from gmpki.x509.lint import lint_certificate, rules
from gmpki.x509.lint import repeated as module
from gmpki.x509.lint._facts import Facts
from gmpki.x509.lint._model import Rule
from gmpki.x509.lint.repeated import RepeatedJudgement
from gmpki.x509.names import build_name
from x509.lint.lint_examples import (
    ENCRYPTION,
    KEY,
    OTHER_KEY,
    SERIAL,
    SIGNING,
    START,
    YEAR,
    authority,
    certificate,
    identifier,
    name,
    root,
)
from x509.lint.test_rules import BREAKS, CN, C, dns, key, resident, rsa, utf8

EVERY = [item.id for item in rules()]


def others() -> list[Certificate]:
    """Return clean certificates of several kinds, of each kind three that differ in whatever may differ."""
    found = []
    for number in range(3):
        owner = build_name(("C", "CN"), ("CN", f"示例{number}"))
        own = {"subject": owner, "serial": SERIAL - number, "start": START, "end": START + (number + 1) * YEAR / 4}
        for each, used in ((KEY, SIGNING), (OTHER_KEY, ENCRYPTION)):
            found.append(certificate(usages=used, key=each, **own))
            found.append(certificate(usages=used, key=each, set=[dns(f"n{number}.example.cn")], **own))
        found.append(authority(**own))
        found.append(root(serial=SERIAL - number))
    return found


@pytest.fixture(scope="module")
def practised() -> RepeatedJudgement:
    """Give a judgement that has seen such certificates."""
    made = RepeatedJudgement(EVERY)
    for each in others():
        assert made.judge(each) == ()
    return made


def short(made: RepeatedJudgement) -> list[tuple[Rule, ...]]:
    """Return the rules that are still asked, for each kind that was learnt."""
    return [left for left in made._left.values() if left is not None]


def test_fewer_rules_are_asked(practised: RepeatedJudgement) -> None:
    assert len(short(practised)) == 6
    for left in short(practised):
        asked = {item.id for item in left}
        assert len(asked) < len(EVERY) / 2
        assert asked >= {
            "RFC5280-NAME-LENGTH",
            "RFC5280-SERIAL-POSITIVE",
            "GMT0009-KEY-POINT",
            "RFC5280-VALIDITY-ORDER",
            "RFC5280-SKI-EMPTY",
        }


@pytest.mark.parametrize("rule", BREAKS)
def test_each_broken_rule_is_found(practised: RepeatedJudgement, rule: str) -> None:
    """Whatever was seen before, each example of a broken rule is judged as it is by itself."""
    broken = BREAKS[rule]
    made: Any = broken[0]() if isinstance(broken, tuple) else broken()
    for each in made if isinstance(made, tuple) else (made,):
        for _ in range(3):
            assert practised.judge(each) == lint_certificate(each)


# Each changes what two certificates of one kind may differ in, so that the short list of rules is what judges it.
CHANGED: dict[str, Callable[[], Certificate]] = {
    "RFC5280-SERIAL-POSITIVE": lambda: certificate(serial=0),
    "RFC5280-SERIAL-LENGTH": lambda: certificate(serial=1 << 160),
    "CABF-SERIAL-ENTROPY": lambda: certificate(serial=5),
    "GMT0009-SIGNATURE-VALUE": lambda: certificate(signature=bytes(63)),
    "RFC5280-SUBJECT-EMPTY-SAN": lambda: certificate(subject=name(), set=[dns("example.cn")]),
    "RFC5280-NAME-COUNTRY": lambda: certificate(subject=name((C, utf8("CN")), (CN, utf8("张三")))),
    "RFC5280-NAME-PRINTABLE": lambda: certificate(subject=name((oids.SERIAL_NUMBER, utf8("1")), (CN, utf8("x")))),
    "RFC5280-NAME-IA5": lambda: certificate(subject=name((oids.EMAIL_ADDRESS, utf8("a@b.cn")))),
    "RFC5280-NAME-STRING-TYPE": lambda: certificate(subject=name((CN, der.encode_bmp_string("张三")))),
    "RFC5280-NAME-LENGTH": lambda: certificate(subject=name((CN, utf8("张" * 65)))),
    "RFC5280-NAME-VALUE-EMPTY": lambda: certificate(subject=name((CN, utf8("")))),
    "GMPKI-NAME-SPACES": lambda: certificate(subject=name((CN, utf8(" x")))),
    "GMPKI-NAME-REPEATED": lambda: certificate(subject=build_name(("CN", "x"), ("CN", "y"))),
    "RFC5280-VALIDITY-ORDER": lambda: certificate(end=START - YEAR),
    "GMPKI-VALIDITY-LONG": lambda: certificate(end=START + 11 * YEAR),
    "GMT0009-KEY-FORM": lambda: certificate(
        key=key(oids.EC_PUBLIC_KEY, KEY.algorithm.parameters, b"\x02" + KEY.subject_public_key[1:33])
    ),
    "GMT0009-KEY-POINT": lambda: certificate(key=key(oids.EC_PUBLIC_KEY, KEY.algorithm.parameters, b"\x04" * 65)),
    "GMPKI-KEY-WEAK": lambda: certificate(key=rsa(1024)),
    "RFC5280-SKI-METHOD": lambda: certificate(set=[SubjectKeyIdentifier(bytes(20))]),
    "RFC5280-KEY-IS-ISSUER": lambda: certificate(set=[AuthorityKeyIdentifier(identifier(KEY))]),
    "RFC5280-SAN-DNS": lambda: certificate(set=[dns("a b.example.cn")]),
    "RFC6125-WILDCARD": lambda: certificate(set=[dns("a*.example.cn")]),
    "GMPKI-PERSONAL-DATA": lambda: certificate(set=[resident("999999199001011238")]),
}


@pytest.mark.parametrize("rule", CHANGED)
def test_what_changes_is_judged_each_time(practised: RepeatedJudgement, rule: str) -> None:
    bad = CHANGED[rule]()
    found = practised.judge(bad)
    assert rule in {finding.id for finding in found}
    assert found == lint_certificate(bad)


@given(data=st.data())
def test_any_change(practised: RepeatedJudgement, data: st.DataObject) -> None:
    changed = bytearray(certificate().der)
    for _ in range(data.draw(st.integers(1, 3))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    try:
        found = Certificate.from_der(changed, lenient=True)
    except GmpkiError:
        return
    for _ in range(3):
        assert practised.judge(found) == lint_certificate(found)


def test_only_the_wanted_rules_are_asked() -> None:
    made = RepeatedJudgement(["RFC5280-SERIAL-POSITIVE"])
    bad = certificate(serial=0, subject=name((CN, utf8(""))))
    for _ in range(3):
        assert [finding.id for finding in made.judge(bad)] == ["RFC5280-SERIAL-POSITIVE"]


def test_what_was_found_is_not_learnt() -> None:
    made = RepeatedJudgement(EVERY)
    for _ in range(3):
        assert made.judge(certificate(serial=0))
    assert made._left == {}


def test_one_certificate_alone_teaches_nothing() -> None:
    made = RepeatedJudgement(EVERY)
    made.judge(certificate())
    assert short(made) == []
    made.judge(certificate())
    assert len(short(made)) == 1


def test_a_rule_that_stumbles_over_the_notes_is_asked_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    def particular(facts: Facts) -> list[str]:
        assert type(facts.certificate) is Certificate
        return []

    item = rules()[0]
    stumbling = Rule(item.id, item.severity, item.clause, item.title, item.title_zh, item.scope, item.why, particular)
    monkeypatch.setattr(module, "rules_about", lambda _: (stumbling,))
    made = RepeatedJudgement([item.id])
    for _ in range(3):
        assert made.judge(certificate()) == ()
    assert short(made) == [(stumbling,)]


@pytest.mark.parametrize(
    "look",
    [
        lambda seen: seen.serial_number,
        lambda seen: seen.der,
        lambda seen: seen.tbs_der,
        lambda seen: seen.subject,
        lambda seen: seen.not_after,
        lambda seen: seen.public_key,
        lambda seen: seen.public_key_info.subject_public_key,
        lambda seen: seen.signature,
        lambda seen: seen.extensions.find(SubjectKeyIdentifier),
        lambda seen: seen.extensions.get(oids.CRL_DISTRIBUTION_POINTS).extn_value,
        lambda seen: seen.extensions.value(oids.KEY_USAGE),
        lambda seen: [each.to_der() for each in seen.extensions],
    ],
    ids=["serial", "der", "tbs", "subject", "end", "key", "point", "signature", "find", "get", "value", "all"],
)
def test_whoever_looks_at_what_changes_is_noted(look: Callable[[Any], object]) -> None:
    seen = module._Watched(certificate())
    assert look(seen)
    assert seen.notes


def test_the_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MAX_REMEMBERED", 2)
    made = RepeatedJudgement(EVERY)
    for used in (SIGNING, ENCRYPTION) * 2:
        for path in ({}, {"set": [dns("example.cn")]}):
            assert made.judge(certificate(usages=used, **path)) == ()
            assert len(made._left) <= 2
