"""Name constraints: which names an authority allows below it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmpki.asn1.rfc5280 import GeneralName, GeneralNameKind, Name, OtherName
from gmpki.asn1.rfc5280.ext_names import GeneralSubtree
from gmpki.oids import find
from gmpki.x509.names import build_name
from gmpki.x509.path import name_constraints
from gmpki.x509.path.name_constraints import NameSpace, names_of

_K = GeneralNameKind
KINDS = {"dns": _K.DNS_NAME, "email": _K.RFC822_NAME, "uri": _K.URI}
labels = st.from_regex(r"[a-z][a-z0-9]{0,6}", fullmatch=True)
hosts = st.lists(labels, min_size=1, max_size=4).map(".".join)


def named(text: str) -> GeneralName:
    """Read ``dns:example.cn`` and the like; nothing is checked."""
    kind, _, value = text.partition(":")
    return GeneralName.ip(value) if kind == "ip" else GeneralName(KINDS[kind], value)


def subtrees(*texts: str) -> list[GeneralSubtree]:
    return [GeneralSubtree(named(text)) for text in texts]


def problem(name: str, *, permitted: tuple[str, ...] = (), excluded: tuple[str, ...] = ()) -> str | None:
    return NameSpace(subtrees(*permitted), subtrees(*excluded)).violation(names_of(Name(), [named(name)]))


@pytest.mark.parametrize(
    ("name", "base", "inside"),
    [
        ("dns:example.cn", "dns:example.cn", True),
        ("dns:EXAMPLE.cn", "dns:example.CN", True),
        ("dns:a.b.example.cn", "dns:example.cn", True),
        ("dns:notexample.cn", "dns:example.cn", False),
        ("dns:example.cn", "dns:a.example.cn", False),
        ("dns:anything.cn", "dns:", True),
        ("dns:*.example.cn", "dns:example.cn", True),
        ("dns:*.a.example.cn", "dns:example.cn", True),
        ("email:a@example.cn", "email:a@example.cn", True),
        ("email:a@EXAMPLE.cn", "email:a@example.cn", True),
        ("email:A@example.cn", "email:a@example.cn", False),
        ("email:a@example.cn", "email:example.cn", True),
        ("email:a@b.example.cn", "email:example.cn", False),
        ("email:a@b.example.cn", "email:.example.cn", True),
        ("email:a@b.c.example.cn", "email:.example.cn", True),
        ("email:a@example.cn", "email:.example.cn", False),
        ("email:*@example.cn", "email:*@example.cn", True),
        ("email:x@example.cn", "email:*@example.cn", False),
        ("uri:http://example.cn/x", "uri:example.cn", True),
        ("uri:http://u@Example.cn:80/x", "uri:example.cn", True),
        ("uri:http://a.example.cn/", "uri:example.cn", False),
        ("uri:http://a.example.cn/", "uri:.example.cn", True),
        ("uri:http://example.cn/", "uri:.example.cn", False),
        ("ip:192.0.2.1", "ip:192.0.2.0/24", True),
        ("ip:192.0.3.1", "ip:192.0.2.0/24", False),
        ("ip:192.0.2.1", "ip:0.0.0.0/0", True),
        ("ip:192.0.2.1", "ip:192.0.2.1/32", True),
        ("ip:2001:db8::1", "ip:2001:db8::/32", True),
        ("ip:2001:db9::1", "ip:2001:db8::/32", False),
        ("ip:::1", "ip:0.0.0.0/0", False),
        ("ip:192.0.2.1", "ip:::/0", False),
    ],
)
def test_inside_or_outside(name: str, base: str, inside: bool) -> None:
    assert (problem(name, permitted=(base,)) is None) is inside
    assert (problem(name, excluded=(base,)) is None) is not inside


@pytest.mark.parametrize(
    ("pattern", "base", "permitted", "excluded"),
    [
        ("*.example.cn", "bar.example.cn", False, False),
        ("*.example.cn", "a.bar.example.cn", False, True),
        ("*.example.cn", "example.cn", True, False),
        ("*.example.cn", "cn", True, False),
        ("*.example.cn", "other.cn", False, True),
        ("*.example.cn", "bar.other.cn", False, True),
    ],
)
def test_a_pattern_stands_for_all_names_that_it_matches(
    pattern: str, base: str, permitted: bool, excluded: bool
) -> None:
    assert (problem(f"dns:{pattern}", permitted=(f"dns:{base}",)) is None) is permitted
    assert (problem(f"dns:{pattern}", excluded=(f"dns:{base}",)) is None) is excluded


@pytest.mark.parametrize(
    "name",
    ["dns:.example.cn", "dns:example.cn.", "dns:", "dns:a_b.example.cn", "dns:a\0.example.cn", "dns:*",
     "dns: example.cn", "dns:x.*.example.cn", "email:a@b@example.cn", "email:", "email:example.cn", "uri:urn:x",
     "uri:http://192.0.2.1/", "uri:", "uri:example.cn"],
)  # fmt: skip
@pytest.mark.parametrize("far", [True, False])
def test_malformed_names_are_refused_wherever_they_are_constrained(name: str, far: bool) -> None:
    kind = name.partition(":")[0]
    base = f"{kind}:elsewhere.com" if far else f"{kind}:example.cn"
    assert problem(name, excluded=(base,)) is not None
    assert problem(name, permitted=(base,)) is not None
    assert problem(name, permitted=("ip:192.0.2.0/24",)) is None  # another form says nothing about it


@pytest.mark.parametrize(
    ("name", "base"),
    [
        ("dns:example.cn", "dns:.example.cn"),
        ("dns:example.cn", "dns:*.cn"),
        ("dns:example.cn", "dns:example.cn."),
        ("email:a@example.cn", "email:"),
        ("email:a@example.cn", "email:."),
        ("email:a@example.cn", "email:@example.cn"),
        ("email:a@example.cn", "email:a@b@example.cn"),
        ("uri:http://example.cn/", "uri:"),
        ("uri:http://example.cn/", "uri:http://example.cn/"),
    ],
)
def test_malformed_constraints_refuse_every_name_of_their_form(name: str, base: str) -> None:
    assert problem(name, excluded=(base,)) is not None
    assert problem(name, permitted=(base,)) is not None
    assert problem(name, permitted=(f"{name.partition(':')[0]}:example.cn", base)) is not None


@pytest.mark.parametrize("mask", ["ff00ff00", "00ffffff", "fffffffd"])
def test_masks_with_holes_refuse_every_address(mask: str) -> None:
    base = GeneralSubtree(GeneralName(_K.IP_ADDRESS, bytes.fromhex("c0000200" + mask)))
    names = names_of(Name(), [GeneralName.ip("192.0.2.1")])
    assert NameSpace([base], []).violation(names) is not None
    assert NameSpace([], [base]).violation(names) is not None


def test_addresses_of_wrong_lengths_are_refused() -> None:
    for value in (b"\xc0\0\2", b"\xc0\0\2\0\xff\xff\xff\0", b""):
        names = names_of(Name(), [GeneralName(_K.IP_ADDRESS, value)])
        assert NameSpace([], subtrees("ip:10.0.0.0/8")).violation(names) is not None
    base = GeneralSubtree(GeneralName(_K.IP_ADDRESS, b"\x0a\0\0\0"))
    assert NameSpace([], [base]).violation(names_of(Name(), [GeneralName.ip("192.0.2.1")])) is not None


def test_excluded_wins() -> None:
    both = ("dns:example.cn",)
    assert problem("dns:a.example.cn", permitted=both, excluded=both) is not None
    assert problem("dns:a.example.cn", permitted=both, excluded=("dns:b.example.cn",)) is None


def test_one_of_several_subtrees_is_enough() -> None:
    several = ("dns:a.cn", "dns:b.cn")
    assert problem("dns:x.b.cn", permitted=several) is None
    assert problem("dns:x.c.cn", permitted=several) is not None
    assert problem("dns:x.b.cn", excluded=several) is not None


def test_every_name_counts() -> None:
    space = NameSpace(subtrees("dns:a.cn"), [])
    good, bad = named("dns:x.a.cn"), named("dns:x.b.cn")
    assert space.violation(names_of(Name(), [good, good])) is None
    assert space.violation(names_of(Name(), [good, bad])) is not None


def test_a_form_without_subtrees_is_not_constrained() -> None:
    assert problem("dns:example.cn", permitted=("ip:192.0.2.0/24",)) is None
    assert problem("dns:example.cn", excluded=("ip:192.0.2.0/24",)) is None


def test_directory_names() -> None:
    base = GeneralSubtree(GeneralName.directory(build_name(("C", "CN"), ("O", "示例局"))))
    below, beside = build_name(("C", "CN"), ("O", "示例局"), ("CN", "张三")), build_name(("C", "CN"), ("O", "别的局"))
    space, without = NameSpace([base], []), NameSpace([], [base])
    assert space.violation(names_of(below, [])) is None
    assert space.violation(names_of(beside, [])) is not None
    assert without.violation(names_of(below, [])) is not None
    assert without.violation(names_of(beside, [])) is None
    # The subject and the directory names of subjectAltName both count.
    assert space.violation(names_of(below, [GeneralName.directory(beside)])) is not None
    assert space.violation(names_of(beside, [GeneralName.directory(below)])) is not None
    # An empty subject is no name.
    assert space.violation(names_of(Name(), [])) is None


def test_directory_names_are_compared_as_names() -> None:
    base = GeneralSubtree(GeneralName.directory(build_name(("O", "Example"))))
    spaced = build_name(("O", "EXAMPLE"), ("CN", "x"))
    assert NameSpace([base], []).violation(names_of(spaced, [])) is None
    everything = GeneralSubtree(GeneralName.directory(Name()))
    assert NameSpace([], [everything]).violation(names_of(spaced, [])) is not None


def test_addresses_in_the_subject_count_without_those_in_subject_alt_name() -> None:
    subject = build_name(("CN", "x"), ("emailAddress", "a@example.cn"))
    space = NameSpace([], subtrees("email:example.cn"))
    assert space.violation(names_of(subject, [])) is not None
    assert space.violation(names_of(subject, [named("dns:example.cn")])) is not None
    assert space.violation(names_of(subject, [named("email:a@other.cn")])) is None


def test_the_common_name_is_no_dns_name() -> None:
    assert NameSpace([], subtrees("dns:example.cn")).violation(names_of(build_name(("CN", "example.cn")), [])) is None


@pytest.mark.parametrize(
    "name",
    [
        GeneralName(_K.OTHER_NAME, OtherName(find("1.2.3"), b"\x05\0")),
        GeneralName(_K.X400_ADDRESS, b"\xa3\0"),
        GeneralName(_K.EDI_PARTY_NAME, b"\xa5\0"),
        GeneralName(_K.REGISTERED_ID, find("1.2.3")),
    ],
    ids=lambda name: name.kind.name,
)
def test_forms_without_rules_are_refused_where_they_are_constrained(name: GeneralName) -> None:
    names = names_of(Name(), [name])
    tree = [GeneralSubtree(name)]
    assert NameSpace(tree, []).violation(names) is not None
    assert NameSpace([], tree).violation(names) is not None
    assert NameSpace(tree, tree).violation(names_of(Name(), [named("dns:a.cn")])) is None
    assert NameSpace(subtrees("dns:a.cn"), []).violation(names) is None


def test_cost_is_the_number_of_comparisons() -> None:
    space = NameSpace(subtrees("dns:a.cn", "dns:b.cn", "ip:10.0.0.0/8"), subtrees("dns:c.cn"))
    names = names_of(Name(), [named("dns:a.a.cn"), named("dns:b.b.cn"), named("email:a@b.cn")])
    assert space.cost(names) == 2 * 3
    assert space.cost(names_of(Name(), [named("ip:10.0.0.1")])) == 1
    assert space.cost({}) == 0


@pytest.mark.parametrize(
    ("reader", "name", "base"),
    [
        ("uri_host", "uri:http://example.cn/x", "uri:example.cn"),
        ("mailbox_parts", "email:a@example.cn", "email:example.cn"),
        ("wildcard_base", "dns:a.example.cn", "dns:example.cn"),
    ],
)
def test_a_name_is_read_once_however_many_subtrees_there_are(
    reader: str, name: str, base: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, calls = getattr(name_constraints, reader), []
    monkeypatch.setattr(name_constraints, reader, lambda text: calls.append(text) or read(text))
    names = names_of(Name(), [named(name)])
    for _ in range(3):
        assert NameSpace(subtrees(*[base] * 10), []).violation(names) is None
    assert len(calls) == 1


@given(hosts, hosts)
def test_dns_subtrees_are_suffixes_of_labels(name: str, base: str) -> None:
    inside = name == base or name.endswith(f".{base}")
    assert (problem(f"dns:{name}", permitted=(f"dns:{base}",)) is None) is inside
    assert (problem(f"dns:{name}", excluded=(f"dns:{base}",)) is None) is not inside


@given(hosts, hosts, labels)
def test_a_pattern_is_never_allowed_more_than_a_name_that_it_matches(base: str, subtree: str, label: str) -> None:
    for constraint in ({"permitted": (f"dns:{subtree}",)}, {"excluded": (f"dns:{subtree}",)}):
        if problem(f"dns:*.{base}", **constraint) is None:
            assert problem(f"dns:{label}.{base}", **constraint) is None


@given(st.sampled_from(sorted(KINDS)), st.text(max_size=30), st.text(max_size=30))
def test_arbitrary_text_gets_an_answer(kind: str, name: str, base: str) -> None:
    arguments: dict[str, Any] = {"permitted": (f"{kind}:{base}",)}
    permitted = problem(f"{kind}:{name}", **arguments)
    excluded = problem(f"{kind}:{name}", excluded=(f"{kind}:{base}",))
    assert permitted is not None or excluded is not None, "a name that is both allowed and not excluded by one subtree"
