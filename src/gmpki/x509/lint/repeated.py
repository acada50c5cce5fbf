"""Judging many certificates of one kind: what the last one showed of a rule is not asked of it again.

The certificates that an authority issues under one profile are the same but for subject, key, serial number, times,
and the contents of some extensions. A rule that looked at none of these when it judged one of them, and found nothing,
finds nothing in the next one either: a rule is a function of what it looks at. Which rules those are is not declared
by anybody, but observed: each rule is given a certificate that notes what it is asked for.

Whatever the notes do not know counts as a part that changes, and so does everything of a rule that stumbles over them;
such rules judge every certificate.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gmpki import oids
from gmpki.x509.lint._facts import Facts
from gmpki.x509.lint._judging import apply, by_gravity
from gmpki.x509.lint._model import rules_about

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gmpki.asn1.rfc5280 import Extension, SubjectPublicKeyInfo
    from gmpki.x509.certificate import Certificate
    from gmpki.x509.extensions import Extensions
    from gmpki.x509.lint._model import Finding, Rule

__all__ = ["RepeatedJudgement"]

_MAX_REMEMBERED: Final = 256

_COMMON: Final = frozenset(
    (
        oids.AUTHORITY_KEY_IDENTIFIER,
        oids.KEY_USAGE,
        oids.CERTIFICATE_POLICIES,
        oids.BASIC_CONSTRAINTS,
        oids.EXTENDED_KEY_USAGE,
        oids.AUTHORITY_INFO_ACCESS,
        oids.OCSP_NO_CHECK,
    )
)
"""The extensions that hold the same in all certificates of one kind. What others hold is a part that changes."""


class RepeatedJudgement:
    """Judges certificates by some rules. Thread-safe; it finds what :func:`~gmpki.x509.lint.lint_certificate` finds.

    :param wanted: the identifiers of the rules.
    """

    def __init__(self, wanted: Iterable[str]) -> None:
        self._wanted = frozenset(wanted)
        # By the common parts of certificates: the rules to ask; None where only one such certificate has come yet.
        self._left: dict[object, tuple[Rule, ...] | None] = {}

    def judge(self, certificate: Certificate) -> tuple[Finding, ...]:
        """Return what the rules find in a certificate, the gravest first."""
        parts = _common_parts(certificate)
        facts = Facts(certificate)
        items = self._left.get(parts)
        if items is not None:
            return by_gravity(apply(items, facts, "certificate"))
        items = tuple(item for item in rules_about(facts.scope) if item.id in self._wanted)
        found = apply(items, facts, "certificate")
        if not found:
            self._learn(parts, items, certificate)
        return by_gravity(found)

    def _learn(self, parts: object, items: tuple[Rule, ...], certificate: Certificate) -> None:
        """Note which rules have to be asked of the next certificate that has these parts; from the second one on,
        because to find out takes longer than to judge.
        """
        if len(self._left) >= _MAX_REMEMBERED:
            self._left.clear()
        is_second = parts in self._left
        seen = _Watched(certificate)
        Facts(seen).scope  # type: ignore[arg-type]  # noqa: B018 - which rules there are depends on it
        if not seen.notes:
            left = tuple(item for item in items if _needs_more(item, certificate)) if is_second else None
            self._left[parts] = left


def _common_parts(certificate: Certificate) -> object:
    """Return all that :class:`_Watched` lets be looked at without a note."""
    return (
        certificate.version,
        certificate.signature_algorithm,
        certificate.issuer,
        certificate.public_key_info.algorithm,
        certificate.quirks,
        tuple(
            (extension.extn_id, extension.critical, None if extension.extn_id not in _COMMON else extension.extn_value)
            for extension in certificate.extensions
        ),
    )


def _needs_more(item: Rule, certificate: Certificate) -> bool:
    """Tell whether a rule looks at anything but the common parts of a certificate in which it finds nothing."""
    seen = _Watched(certificate)
    try:
        found = list(item.check(Facts(seen)))  # type: ignore[arg-type]
    except Exception:  # noqa: BLE001 - whatever it stumbles over here, it is asked every time
        return True
    return bool(found) or bool(seen.notes)


class _Watched:
    """A certificate that notes when a part is looked at which another one does not have in common with it."""

    _FREE: Final = frozenset(("version", "signature_algorithm", "issuer", "quirks"))

    def __init__(self, certificate: Certificate) -> None:
        self._certificate = certificate
        self.notes: list[str] = []
        self.extensions = _WatchedExtensions(certificate.extensions, self)
        self.public_key_info = _WatchedKey(certificate.public_key_info, self)

    def __getattr__(self, name: str) -> Any:
        if name not in self._FREE:
            self.notes.append(name)
        return getattr(self._certificate, name)


class _WatchedKey:
    """The public key of a watched certificate: its algorithm is common."""

    def __init__(self, info: SubjectPublicKeyInfo, watched: _Watched) -> None:
        self._info = info
        self._watched = watched
        self.algorithm = info.algorithm

    def __getattr__(self, name: str) -> Any:
        self._watched.notes.append(name)
        return getattr(self._info, name)


class _WatchedExtensions:
    """The extensions of a watched certificate: which there are is common, and what most of them hold."""

    def __init__(self, extensions: Extensions, watched: _Watched) -> None:
        self._extensions = extensions
        self._watched = watched
        self.oids = extensions.oids
        self.is_critical = extensions.is_critical
        self.unknown_critical = extensions.unknown_critical

    def __len__(self) -> int:
        return len(self._extensions)

    def __iter__(self) -> Iterator[Any]:
        return iter([self._seen(extension) for extension in self._extensions])

    def get(self, kind: Any) -> Any:
        found = self._extensions.get(kind)
        return None if found is None else self._seen(found)

    def find(self, kind: Any) -> Any:
        self._note(self._extensions.get(kind))
        return self._extensions.find(kind)

    def __getattr__(self, name: str) -> Any:
        self._watched.notes.append(name)
        return getattr(self._extensions, name)

    def _note(self, extension: Extension | None) -> None:
        if extension is not None and extension.extn_id not in _COMMON:
            self._watched.notes.append(extension.extn_id)

    def _seen(self, extension: Extension) -> Any:
        return _WatchedExtension(extension, self._watched) if extension.extn_id not in _COMMON else extension


class _WatchedExtension:
    """An extension of a watched certificate that holds something of its own: which it is, and whether it is critical,
    is common.
    """

    def __init__(self, extension: Extension, watched: _Watched) -> None:
        self._extension = extension
        self._watched = watched
        self.extn_id = extension.extn_id
        self.critical = extension.critical

    def __getattr__(self, name: str) -> Any:
        self._watched.notes.append(self.extn_id)
        return getattr(self._extension, name)
