"""Name constraints: which names an authority may give its subjects.

The constraints of every authority hold for every certificate below it. Whoever cannot judge a name refuses it: a name
that is malformed, a constraint that is malformed, a form of name without rules of comparison here.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from gmpki import oids
from gmpki.asn1.rfc5280 import GeneralName, GeneralNameKind, Name
from gmpki.x509.names import name_key
from gmpki.x509.path.name_forms import dns_labels, mailbox_parts, uri_host, wildcard_base

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gmpki.asn1.rfc5280.ext_names import GeneralSubtree, NameConstraints

__all__ = ["ConstrainedNames", "NameSpace", "names_of"]

_K = GeneralNameKind
_FORMS: Final = {
    _K.OTHER_NAME: "otherName",
    _K.RFC822_NAME: "e-mail address",
    _K.DNS_NAME: "DNS name",
    _K.X400_ADDRESS: "X.400 address",
    _K.DIRECTORY_NAME: "directory name",
    _K.EDI_PARTY_NAME: "EDI party name",
    _K.URI: "URI",
    _K.IP_ADDRESS: "IP address",
    _K.REGISTERED_ID: "registered id",
}

# Whether a name lies inside a subtree wholly, and whether it lies inside in part.
_Position = tuple[bool, bool]


class Compared:
    """A name or the base of a subtree, and what of it is compared: worked out once, whatever it meets.

    Whoever sends a certificate may have put a name of a megabyte into it, and beside it an authority of their own with
    thousands of subtrees, all of which is looked at before the first signature.
    """

    def __init__(self, name: GeneralName, read: Callable[[GeneralName], Any]) -> None:
        self._name = name
        self._read = read

    @cached_property
    def form(self) -> Any:
        """What is compared; None for a name that cannot be."""
        return self._read(self._name)

    @cached_property
    def shown(self) -> str:
        """The name as it stands in messages."""
        return repr(str(self._name)[:300])


ConstrainedNames = dict[GeneralNameKind, list[Compared]]
"""The names of one certificate by their form."""


def names_of(subject: Name, alternatives: Iterable[GeneralName]) -> ConstrainedNames:
    """Collect the names of a certificate that constraints apply to.

    Those are the subject unless it is empty, every name of subjectAltName, and the e-mail addresses of the subject
    when subjectAltName has none. The common name is no DNS name here, since it never identifies a host either.

    :standard: RFC 5280 4.2.1.10
    """
    names = list(alternatives)
    if not subject.is_empty:
        if not any(name.kind is _K.RFC822_NAME for name in names):
            names += [
                GeneralName(_K.RFC822_NAME, attribute.text or "")
                for attribute in subject.attributes
                if attribute.type == oids.EMAIL_ADDRESS
            ]
        names.append(GeneralName(_K.DIRECTORY_NAME, subject))
    found: ConstrainedNames = {}
    for name in names:
        rule = _RULES.get(name.kind)
        found.setdefault(name.kind, []).append(Compared(name, _unread if rule is None else rule.of_name))
    return found


class NameSpace:
    """The constraints of one authority. Immutable; thread-safe.

    :standard: RFC 5280 4.2.1.10; 6.1.3 (b), (c) and 6.1.4 (g): since every authority's constraints are applied to each
        certificate below it, the intersection of the permitted and the union of the excluded subtrees need no forms of
        their own
    """

    __slots__ = ("_excluded", "_permitted")

    def __init__(self, permitted: Iterable[GeneralSubtree], excluded: Iterable[GeneralSubtree]) -> None:
        self._permitted = _by_form(permitted)
        self._excluded = _by_form(excluded)

    @classmethod
    def of(cls, constraints: NameConstraints) -> NameSpace:
        """Take the constraints of an extension."""
        return cls(constraints.permitted, constraints.excluded)

    def cost(self, names: ConstrainedNames) -> int:
        """Return how many comparisons :meth:`violation` may need: names times subtrees of their form."""
        return sum(
            len(listed) * (len(self._permitted.get(kind, ())) + len(self._excluded.get(kind, ())))
            for kind, listed in names.items()
        )

    def violation(self, names: ConstrainedNames) -> str | None:
        """Return a sentence about the first name that is not allowed; None when all are."""
        for kind, listed in names.items():
            permitted, excluded = self._permitted.get(kind, ()), self._excluded.get(kind, ())
            if not permitted and not excluded:
                continue
            rule = _RULES.get(kind)
            if rule is None:
                return f"names of the form {_FORMS[kind]} are constrained, and no rule for that form is known"
            for name in listed:
                found = _judge(name, permitted, excluded, rule.position)
                if found:
                    return f"{_FORMS[kind]} {name.shown} {found}"
        return None


def _by_form(subtrees: Iterable[GeneralSubtree]) -> dict[GeneralNameKind, list[Compared]]:
    found: dict[GeneralNameKind, list[Compared]] = {}
    for subtree in subtrees:
        rule = _RULES.get(subtree.base.kind)
        read = _unread if rule is None else rule.of_base
        found.setdefault(subtree.base.kind, []).append(Compared(subtree.base, read))
    return found


def _judge(
    name: Compared,
    permitted: Sequence[Compared],
    excluded: Sequence[Compared],
    position: Callable[[Any, Any], _Position],
) -> str:
    """Say what is wrong with a name under the subtrees of its form; empty when nothing is."""
    for base in excluded:
        if name.form is None or base.form is None:
            return f"cannot be compared with the excluded subtree {base.shown}"
        if position(name.form, base.form)[1]:
            return f"is in the excluded subtree {base.shown}"
    inside = not permitted
    for base in permitted:
        if name.form is None or base.form is None:
            return f"cannot be compared with the permitted subtree {base.shown}"
        inside = inside or position(name.form, base.form)[0]
    return "" if inside else "is in no permitted subtree"


# ---- what is compared, form by form ---------------------------------------------------------------------------------
# A host: its labels. A base that is one: also whether a dot before them says that only hosts with more labels count.
_Labels = tuple[str, ...]
_HostBase = tuple[_Labels, bool]


def _unread(name: GeneralName) -> None:  # noqa: ARG001 - names of forms without rules have nothing to compare
    return None


def _text(name: GeneralName) -> str:
    return name.value if isinstance(name.value, str) else ""


def _below(labels: _Labels, base: _Labels) -> bool:
    """Tell whether a host is the base or has more labels on the left."""
    return not base or labels[-len(base) :] == base


def _dns_name(name: GeneralName) -> tuple[_Labels, bool] | None:
    """Return the labels of a dNSName, and whether a star stands before them."""
    behind_star = wildcard_base(_text(name))
    labels = dns_labels(_text(name) if behind_star is None else behind_star)
    return None if labels is None else (labels, behind_star is not None)


def _dns_base(base: GeneralName) -> _Labels | None:
    """Return the labels of a base; none for the empty one, which holds all names."""
    return dns_labels(_text(base)) if base.value else ()


def _dns_position(name: tuple[_Labels, bool], subtree: _Labels) -> _Position:
    """Compare a dNSName with a subtree: the base itself, or more labels on the left.

    A pattern stands for every name that it could be used for. It is inside wholly when all of them are, and in part
    when one of them is: ``*.example.com`` touches the subtree ``bar.example.com``.
    """
    labels, has_star = name
    inside = _below(labels, subtree)
    return inside, inside or (has_star and len(subtree) == len(labels) + 1 and subtree[1:] == labels)


def _host_base(text: str) -> _HostBase | None:
    labels = dns_labels(text.removeprefix("."))
    return None if labels is None else (labels, text.startswith("."))


def _host_inside(labels: _Labels, base: _HostBase) -> bool:
    """Compare a host with a base that names one host, or with a leading dot all hosts with more labels."""
    subtree, only_more = base
    return len(labels) > len(subtree) and _below(labels, subtree) if only_more else labels == subtree


def _email_name(name: GeneralName) -> tuple[str, _Labels] | None:
    return mailbox_parts(_text(name))


def _email_base(base: GeneralName) -> tuple[str, _HostBase] | None:
    """Return the local part and the host of a base; an empty local part stands for all of them."""
    text = _text(base)
    if "@" not in text:
        host = _host_base(text)
        return None if host is None else ("", host)
    mailbox = mailbox_parts(text)
    return None if mailbox is None else (mailbox[0], (mailbox[1], False))


def _email_position(name: tuple[str, _Labels], base: tuple[str, _HostBase]) -> _Position:
    """Compare an rfc822Name with one mailbox, the mailboxes of one host, or those of all hosts in a domain."""
    inside = base[0] in ("", name[0]) and _host_inside(name[1], base[1])
    return inside, inside


def _uri_name(name: GeneralName) -> _Labels | None:
    """Return the host of a URI; one without a host is not comparable."""
    return uri_host(_text(name))


def _uri_base(base: GeneralName) -> _HostBase | None:
    return _host_base(_text(base))


def _uri_position(labels: _Labels, base: _HostBase) -> _Position:
    """Compare the host of a URI with one host, or all hosts in a domain."""
    inside = _host_inside(labels, base)
    return inside, inside


def _ip_name(name: GeneralName) -> tuple[int, int] | None:
    """Return the size of an address in bytes, and its number."""
    if not isinstance(name.value, bytes) or len(name.value) not in (4, 16):
        return None
    return len(name.value), int.from_bytes(name.value, "big")


def _ip_base(base: GeneralName) -> tuple[int, int, int] | None:
    """Return the size of addresses in a network, its number and its mask. Masks have their ones in front."""
    if not isinstance(base.value, bytes) or len(base.value) not in (8, 32):
        return None
    size = len(base.value) // 2
    network, mask = int.from_bytes(base.value[:size], "big"), int.from_bytes(base.value[size:], "big")
    inverted = mask ^ ((1 << 8 * size) - 1)
    return None if inverted & (inverted + 1) else (size, network, mask)


def _ip_position(name: tuple[int, int], base: tuple[int, int, int]) -> _Position:
    """Compare an address with a network of the same family."""
    inside = name[0] == base[0] and (name[1] ^ base[1]) & base[2] == 0
    return inside, inside


def _directory_key(name: GeneralName) -> bytes | None:
    return name_key(name.value) if isinstance(name.value, Name) else None


def _directory_position(name: bytes, base: bytes) -> _Position:
    """Compare a name with the name it may begin with: keys are made of parts that all tell their length."""
    inside = name.startswith(base)
    return inside, inside


class _Rule(NamedTuple):
    """How names of one form are compared: what of a name, what of a base, and where the one lies in the other."""

    of_name: Callable[[GeneralName], Any]
    of_base: Callable[[GeneralName], Any]
    position: Callable[[Any, Any], _Position]


_RULES: Final = {
    _K.RFC822_NAME: _Rule(_email_name, _email_base, _email_position),
    _K.DNS_NAME: _Rule(_dns_name, _dns_base, _dns_position),
    _K.DIRECTORY_NAME: _Rule(_directory_key, _directory_key, _directory_position),
    _K.URI: _Rule(_uri_name, _uri_base, _uri_position),
    _K.IP_ADDRESS: _Rule(_ip_name, _ip_base, _ip_position),
}
