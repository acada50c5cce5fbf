"""Objects put together: a private and a public key to a pair, a pair with its certificate, two pairs to a container.

PKCS #11 has objects side by side and no containers. What belongs together shares CKA_ID or CKA_LABEL: a container is
the pairs and certificates that do, as long as that leaves one signing pair and one encryption pair at most. Where it
leaves more, each pair is a container by itself, and its CKA_ID stands in its name.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from gmpki.asn1.rfc5280.ext_keys import KeyUsages
from gmpki.errors import GmpkiError
from gmpki.tokens.interfaces import KeyUsage
from gmpki.tokens.pkcs11.attributes import as_bool, as_text
from gmpki.tokens.pkcs11.header import C
from gmpki.tokens.pkcs11.public_keys import public_key_attributes, public_key_info

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from gmpki.asn1.rfc5280 import SubjectPublicKeyInfo
    from gmpki.tokens.pkcs11.mechanism_map import MechanismMap
    from gmpki.tokens.pkcs11.session import Session

__all__ = ["CertificateObject", "Group", "Pair", "read_groups"]

_BOTH: Final = frozenset((KeyUsage.SIGNING, KeyUsage.ENCRYPTION))
_SHOWN_ID_LEN: Final = 8


@dataclass(frozen=True, slots=True)
class CertificateObject:
    """A certificate in a token. Immutable.

    :ivar encoded: what is kept, which may be no certificate at all.
    """

    handle: int
    identifier: bytes
    label: str
    encoded: bytes


@dataclass(frozen=True, slots=True)
class Pair:
    """A key pair, as far as it can be seen. Immutable.

    :ivar identifier: CKA_ID, maybe empty.
    :ivar info: the public key, None where nothing tells it.
    :ivar public: the handle of the public key object, None when there is none.
    :ivar private: that of the private key, None when there is none or nobody has logged in.
    """

    identifier: bytes
    label: str
    usages: frozenset[KeyUsage]
    info: SubjectPublicKeyInfo | None
    public: int | None = None
    private: int | None = None
    certificate: CertificateObject | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """The pairs of a container, one or two. Immutable."""

    name: str
    pairs: tuple[Pair, ...]

    def pair(self, usage: KeyUsage) -> Pair | None:
        """Return the pair for a usage; one that serves both is found for each."""
        return next((pair for pair in self.pairs if usage in pair.usages), None)


def read_groups(session: Session, numbers: MechanismMap) -> tuple[Group, ...]:
    """Return the containers of a token, as far as who has logged in may see them."""
    public = _keys(session, numbers, C.CKO_PUBLIC_KEY)
    private = _keys(session, numbers, C.CKO_PRIVATE_KEY)
    pairs = _with_certificates(_joined(private, public), _certificates(session))
    names: dict[str, None] = {}
    groups = []
    for members in _together(pairs):
        name = _name(members, names)
        names[name] = None
        groups.append(Group(name, members))
    return tuple(groups)


# ---- reading --------------------------------------------------------------------------------
def _keys(session: Session, numbers: MechanismMap, kind: int) -> list[Pair]:
    """Return the key objects of a class, each as a pair of which the other half is missing."""
    is_private = kind == C.CKO_PRIVATE_KEY
    signs, decrypts = (C.CKA_SIGN, C.CKA_DECRYPT) if is_private else (C.CKA_VERIFY, C.CKA_ENCRYPT)
    asked = (C.CKA_ID, C.CKA_LABEL, signs, decrypts, *public_key_attributes(numbers))
    found = []
    for handle in session.find({C.CKA_CLASS: kind, C.CKA_TOKEN: True}):
        values = session.attributes(handle, *asked)
        pair = Pair(
            values.get(C.CKA_ID, b""),
            as_text(values.get(C.CKA_LABEL)),
            _usages(signs=as_bool(values.get(signs)), decrypts=as_bool(values.get(decrypts))),
            public_key_info(values, numbers),
        )
        found.append(replace(pair, private=handle) if is_private else replace(pair, public=handle))
    return found


def _usages(*, signs: bool, decrypts: bool) -> frozenset[KeyUsage]:
    """Return what a key is for; one that says nothing, or derives and unwraps alone, is for encryption."""
    if signs:
        return _BOTH if decrypts else frozenset((KeyUsage.SIGNING,))
    return frozenset((KeyUsage.ENCRYPTION,))


def _certificates(session: Session) -> list[CertificateObject]:
    found = []
    for handle in session.find({C.CKA_CLASS: C.CKO_CERTIFICATE, C.CKA_TOKEN: True}):
        values = session.attributes(handle, C.CKA_ID, C.CKA_LABEL, C.CKA_VALUE)
        label = as_text(values.get(C.CKA_LABEL))
        found.append(CertificateObject(handle, values.get(C.CKA_ID, b""), label, values.get(C.CKA_VALUE, b"")))
    return found


# ---- putting together -----------------------------------------------------------------------
def _joined(private: Iterable[Pair], public: Sequence[Pair]) -> list[Pair]:
    """Put private and public keys together: by the public key where both tell it, by CKA_ID and usage else."""
    index = _index(public)
    taken: set[int] = set()
    pairs = []
    for key in private:
        candidates = (number for number in _candidates(index, key.info, key.identifier) if number not in taken)
        found = next((number for number in candidates if _belongs(key, public[number])), None)
        if found is None:
            pairs.append(key)
            continue
        taken.add(found)
        other = public[found]
        pairs.append(replace(key, public=other.public, info=other.info or key.info, label=key.label or other.label))
    return pairs + [pair for number, pair in enumerate(public) if number not in taken]


def _index(pairs: Sequence[Pair]) -> dict[object, list[int]]:
    """Return where the pairs of each public key and of each CKA_ID stand."""
    index: dict[object, list[int]] = {}
    for number, pair in enumerate(pairs):
        for key in (pair.info, pair.identifier):
            if key is not None:
                index.setdefault(key, []).append(number)
    return index


def _candidates(index: Mapping[object, list[int]], info: SubjectPublicKeyInfo | None, identifier: bytes) -> list[int]:
    return ([] if info is None else index.get(info, [])) + index.get(identifier, [])


def _belongs(private: Pair, public: Pair) -> bool:
    if private.info is not None and public.info is not None:
        return private.info == public.info
    return private.identifier == public.identifier and bool(private.usages & public.usages)


def _with_certificates(pairs: Sequence[Pair], certificates: Iterable[CertificateObject]) -> list[Pair]:
    """Give each pair the certificate of its public key; where only a certificate can be seen, make a pair of it."""
    found = list(pairs)
    index = _index(pairs)
    for kept in certificates:
        info, usages, is_ca = _told(kept.encoded)
        free = (number for number in _candidates(index, info, kept.identifier) if found[number].certificate is None)
        place = next((number for number in free if _certifies(kept, info, found[number])), None)
        if place is not None:
            found[place] = replace(found[place], certificate=kept, info=found[place].info or info)
        elif info is not None and kept.identifier and not is_ca and info not in index:
            found.append(Pair(kept.identifier, kept.label, usages, info, certificate=kept))
    return found


def _certifies(kept: CertificateObject, info: SubjectPublicKeyInfo | None, pair: Pair) -> bool:
    if info is not None and pair.info is not None:
        return info == pair.info
    return kept.identifier == pair.identifier and bool(kept.identifier)


def _told(encoded: bytes) -> tuple[SubjectPublicKeyInfo | None, frozenset[KeyUsage], bool]:
    """Return what a certificate tells: the public key, what it is for, and whether it is an authority's."""
    from gmpki.x509.certificate import Certificate

    try:
        certificate = Certificate.from_der(encoded, lenient=True)
        usages, is_ca = certificate.key_usage, certificate.is_ca
    except GmpkiError:
        return None, _BOTH, False
    if usages is None:
        return certificate.public_key_info, _BOTH, is_ca
    signs = bool(usages & (KeyUsages.DIGITAL_SIGNATURE | KeyUsages.NON_REPUDIATION))
    decrypts = bool(usages & (KeyUsages.KEY_ENCIPHERMENT | KeyUsages.DATA_ENCIPHERMENT | KeyUsages.KEY_AGREEMENT))
    return certificate.public_key_info, _usages(signs=signs, decrypts=decrypts), is_ca


def _together(pairs: Sequence[Pair]) -> list[tuple[Pair, ...]]:
    """Return the pairs in the groups that share CKA_ID or CKA_LABEL, in the order of their first members."""
    leaders = list(range(len(pairs)))

    def leader(number: int) -> int:
        while leaders[number] != number:
            leaders[number] = leaders[leaders[number]]
            number = leaders[number]
        return number

    first: dict[tuple[str, bytes | str], int] = {}
    for number, pair in enumerate(pairs):
        for key in (("id", pair.identifier), ("label", pair.label)):
            if key[1]:
                one, other = sorted((leader(first.setdefault(key, number)), leader(number)))
                leaders[other] = one
    groups: dict[int, list[Pair]] = {}
    for number, pair in enumerate(pairs):
        groups.setdefault(leader(number), []).append(pair)
    return [
        part
        for group in groups.values()
        for part in ([tuple(group)] if _is_container(group) else [(pair,) for pair in group])
    ]


def _is_container(group: Sequence[Pair]) -> bool:
    usages = [usage for pair in group for usage in pair.usages]
    return len(usages) == len(set(usages))


def _name(members: tuple[Pair, ...], taken: Collection[str]) -> str:
    """Return the label of a group; its CKA_ID too where the label is taken or empty."""
    label = next((pair.label for pair in members if pair.label), "")
    if label and label not in taken:
        return label
    identifier = next((pair.identifier for pair in members if pair.identifier), b"")
    name = f"{label}#{identifier[:_SHOWN_ID_LEN].hex()}"
    number = 2
    unique = name
    while unique in taken:
        unique = f"{name}#{number}"
        number += 1
    return unique
