"""Name constraints: which names an authority may give its subjects.

The constraints of every authority hold for every certificate below it. Whoever cannot judge a name refuses it: a name
that is malformed, a constraint that is malformed, a form of name without rules of comparison here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki import oids
from gmpki.asn1.rfc5280 import GeneralName, GeneralNameKind, Name
from gmpki.x509.names import is_subordinate
from gmpki.x509.path.name_forms import dns_labels, mailbox_parts, uri_host, wildcard_base

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

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

ConstrainedNames = dict[GeneralNameKind, list[GeneralName]]
"""The names of one certificate by their form."""

# Whether a name lies inside a subtree wholly, and whether it lies inside in part; None when that cannot be told.
_Position = tuple[bool, bool]


def names_of(subject: Name, alternatives: Iterable[GeneralName]) -> ConstrainedNames:
    """Collect the names of a certificate that constraints apply to.

    Those are the subject unless it is empty, every name of subjectAltName, and the e-mail addresses of the subject
    when subjectAltName has none. The common name is no DNS name here, since it never identifies a host either.

    :standard: RFC 5280 4.2.1.10
    """
    found: ConstrainedNames = {}
    for name in alternatives:
        found.setdefault(name.kind, []).append(name)
    if not subject.is_empty:
        found.setdefault(_K.DIRECTORY_NAME, []).append(GeneralName(_K.DIRECTORY_NAME, subject))
        if _K.RFC822_NAME not in found:
            addresses = [
                GeneralName(_K.RFC822_NAME, attribute.text or "")
                for attribute in subject.attributes
                if attribute.type == oids.EMAIL_ADDRESS
            ]
            if addresses:
                found[_K.RFC822_NAME] = addresses
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
            position = _POSITIONS.get(kind)
            if position is None:
                return f"names of the form {_FORMS[kind]} are constrained, and no rule for that form is known"
            for name in listed:
                found = _judge(name, permitted, excluded, position)
                if found:
                    return f"{_FORMS[kind]} {str(name)[:300]!r} {found}"
        return None


def _by_form(subtrees: Iterable[GeneralSubtree]) -> dict[GeneralNameKind, list[GeneralName]]:
    found: dict[GeneralNameKind, list[GeneralName]] = {}
    for subtree in subtrees:
        found.setdefault(subtree.base.kind, []).append(subtree.base)
    return found


def _judge(
    name: GeneralName,
    permitted: Sequence[GeneralName],
    excluded: Sequence[GeneralName],
    position: Callable[[GeneralName, GeneralName], _Position | None],
) -> str:
    """Say what is wrong with a name under the subtrees of its form; empty when nothing is."""
    for base in excluded:
        found = position(name, base)
        if found is None:
            return f"cannot be compared with the excluded subtree {str(base)[:300]!r}"
        if found[1]:
            return f"is in the excluded subtree {str(base)[:300]!r}"
    inside = not permitted
    for base in permitted:
        found = position(name, base)
        if found is None:
            return f"cannot be compared with the permitted subtree {str(base)[:300]!r}"
        inside = inside or found[0]
    return "" if inside else "is in no permitted subtree"


def _text(name: GeneralName) -> str:
    return name.value if isinstance(name.value, str) else ""


def _below(labels: tuple[str, ...], base: tuple[str, ...]) -> bool:
    """Tell whether a host is the base or has more labels on the left."""
    return not base or labels[-len(base) :] == base


def _dns_position(name: GeneralName, base: GeneralName) -> _Position | None:
    """Compare a dNSName with a subtree: the base itself, or more labels on the left; the empty base holds all names.

    A pattern stands for every name that it could be used for. It is inside wholly when all of them are, and in part
    when one of them is: ``*.example.com`` touches the subtree ``bar.example.com``.
    """
    subtree = dns_labels(_text(base)) if base.value else ()
    behind_star = wildcard_base(_text(name))
    labels = dns_labels(_text(name) if behind_star is None else behind_star)
    if subtree is None or labels is None:
        return None
    inside = _below(labels, subtree)
    if behind_star is None:
        return inside, inside
    return inside, inside or (len(subtree) == len(labels) + 1 and subtree[1:] == labels)


def _host_position(labels: tuple[str, ...], base: str) -> bool | None:
    """Compare a host with a base that names one host, or with a leading dot all hosts with more labels."""
    subtree = dns_labels(base.removeprefix("."))
    if subtree is None:
        return None
    return labels == subtree if not base.startswith(".") else len(labels) > len(subtree) and _below(labels, subtree)


def _email_position(name: GeneralName, base: GeneralName) -> _Position | None:
    """Compare an rfc822Name with one mailbox, the mailboxes of one host, or those of all hosts in a domain."""
    mailbox = mailbox_parts(_text(name))
    if mailbox is None:
        return None
    text = _text(base)
    inside: bool | None
    if "@" in text:
        wanted = mailbox_parts(text)
        inside = None if wanted is None else mailbox == wanted
    else:
        inside = _host_position(mailbox[1], text)
    return None if inside is None else (inside, inside)


def _uri_position(name: GeneralName, base: GeneralName) -> _Position | None:
    """Compare the host of a URI with one host, or all hosts in a domain; a URI without one is not comparable."""
    labels = uri_host(_text(name))
    inside = None if labels is None else _host_position(labels, _text(base))
    return None if inside is None else (inside, inside)


def _ip_position(name: GeneralName, base: GeneralName) -> _Position | None:
    """Compare an address with a network: address and mask of the same family. Masks have their ones in front."""
    if not isinstance(name.value, bytes) or not isinstance(base.value, bytes) or len(base.value) not in (8, 32):
        return None
    size = len(base.value) // 2
    network, mask = int.from_bytes(base.value[:size], "big"), int.from_bytes(base.value[size:], "big")
    inverted = mask ^ ((1 << 8 * size) - 1)
    if len(name.value) not in (4, 16) or inverted & (inverted + 1):
        return None
    inside = len(name.value) == size and (int.from_bytes(name.value, "big") ^ network) & mask == 0
    return inside, inside


def _directory_position(name: GeneralName, base: GeneralName) -> _Position | None:
    if not isinstance(name.value, Name) or not isinstance(base.value, Name):
        return None
    inside = is_subordinate(name.value, base.value)
    return inside, inside


_POSITIONS: Final = {
    _K.RFC822_NAME: _email_position,
    _K.DNS_NAME: _dns_position,
    _K.DIRECTORY_NAME: _directory_position,
    _K.URI: _uri_position,
    _K.IP_ADDRESS: _ip_position,
}
