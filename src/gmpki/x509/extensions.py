"""The extensions of a certificate, request, revocation list or entry: in their order, and each decoded.

>>> from gmpki.asn1.rfc5280 import BasicConstraints, KeyUsage, KeyUsages
>>> usage = make(KeyUsage(KeyUsages.KEY_CERT_SIGN | KeyUsages.CRL_SIGN))
>>> extensions = Extensions((make(BasicConstraints(ca=True)), usage))
>>> extensions.find(BasicConstraints)
BasicConstraints(ca=True, path_len=None)
>>> extensions.is_critical(KeyUsage), len(extensions)
(True, 2)
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from functools import lru_cache
from importlib import import_module
from typing import TYPE_CHECKING, Final, TypeVar, cast

from gmpki import _inputs
from gmpki.asn1.quirks import QuirkKind, QuirkLog
from gmpki.asn1.rfc5280._extension_value import ExtensionValue
from gmpki.asn1.rfc5280.extension import Extension
from gmpki.errors import DecodeError, InvalidInputError, InvalidTypeError
from gmpki.oids import ObjectIdentifier, find

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator

__all__ = ["ExtensionValue", "Extensions", "known_type", "make", "parse"]

V = TypeVar("V", bound=ExtensionValue)

# Where the contents of each extension are described, module by module, so that only what is met is loaded.
_HOMES: Final = {
    "rfc5280.ext_keys": {
        "2.5.29.14": "SubjectKeyIdentifier",
        "2.5.29.15": "KeyUsage",
        "2.5.29.16": "PrivateKeyUsagePeriod",
        "2.5.29.35": "AuthorityKeyIdentifier",
        "2.5.29.37": "ExtendedKeyUsage",
    },
    "rfc5280.ext_names": {
        "2.5.29.9": "SubjectDirectoryAttributes",
        "2.5.29.17": "SubjectAltName",
        "2.5.29.18": "IssuerAltName",
        "2.5.29.19": "BasicConstraints",
        "2.5.29.30": "NameConstraints",
    },
    "rfc5280.ext_points": {
        "1.3.6.1.5.5.7.1.1": "AuthorityInfoAccess",
        "1.3.6.1.5.5.7.1.11": "SubjectInfoAccess",
        "2.5.29.28": "IssuingDistributionPoint",
        "2.5.29.31": "CRLDistributionPoints",
        "2.5.29.46": "FreshestCRL",
    },
    "rfc5280.ext_policies": {
        "2.5.29.32": "CertificatePolicies",
        "2.5.29.33": "PolicyMappings",
        "2.5.29.36": "PolicyConstraints",
        "2.5.29.54": "InhibitAnyPolicy",
    },
    "rfc5280.ext_crl": {
        "2.5.29.20": "CRLNumber",
        "2.5.29.21": "CRLReason",
        "2.5.29.23": "HoldInstruction",
        "2.5.29.24": "InvalidityDate",
        "2.5.29.27": "DeltaCRLIndicator",
        "2.5.29.29": "CertificateIssuer",
    },
    "gmt0015": {
        "1.2.156.10260.4.1.1": "IdentifyCode",
        "1.2.156.10260.4.1.1.1": "ResidentIdentity2023",
        "1.2.156.10260.4.1.1.2": "Passport2023",
        "1.2.156.10260.4.1.2": "InsuranceNumber",
        "1.2.156.10260.4.1.3": "ICRegistrationNumber",
        "1.2.156.10260.4.1.4": "OrganizationCode",
        "1.2.156.10260.4.1.5": "TaxationNumber",
        "1.2.156.10260.4.4": "SocialCreditCode2023",
        "1.2.156.10260.4.4.4": "SocialCreditCode2023Long",
        "1.2.86.11.7.1": "LegacyPersonalIdentity",
        "1.2.86.11.7.2": "LegacyIdentity2",
        "1.2.86.11.7.3": "LegacyBusinessRegistration",
        "1.2.86.11.7.4": "LegacyOrganizationCode",
        "1.2.86.11.7.5": "LegacyTaxationNumber",
        "1.2.156.1.8888.148": "SHECAUniqueID",
        "1.2.156.112570.11.205": "SHECAUniqueID205",
        "1.2.156.112573.14": "ZJCAUserName",
    },
    "rfc3739": {"1.3.6.1.5.5.7.1.3": "QCStatements"},
    "rfc6960_nocheck": {"1.3.6.1.5.5.7.48.1.5": "OCSPNoCheck"},
    "rfc6960.extensions": {
        "1.3.6.1.5.5.7.48.1.2": "Nonce",
        "1.3.6.1.5.5.7.48.1.3": "CrlID",
        "1.3.6.1.5.5.7.48.1.4": "AcceptableResponses",
        "1.3.6.1.5.5.7.48.1.6": "ArchiveCutoff",
        "1.3.6.1.5.5.7.48.1.7": "ServiceLocator",
        "1.3.6.1.5.5.7.48.1.8": "PreferredSignatureAlgorithms",
        "1.3.6.1.5.5.7.48.1.9": "ExtendedRevoke",
    },
    "rfc6962": {
        "1.3.6.1.4.1.11129.2.4.2": "SignedCertificateTimestampList",
        "1.3.6.1.4.1.11129.2.4.3": "PrecertificatePoison",
    },
    "rfc7633": {"1.3.6.1.5.5.7.1.24": "TLSFeature"},
    "netscape": {
        "2.16.840.1.113730.1.1": "NetscapeCertType",
        "2.16.840.1.113730.1.2": "NetscapeBaseURL",
        "2.16.840.1.113730.1.3": "NetscapeRevocationURL",
        "2.16.840.1.113730.1.4": "NetscapeCARevocationURL",
        "2.16.840.1.113730.1.7": "NetscapeRenewalURL",
        "2.16.840.1.113730.1.8": "NetscapeCAPolicyURL",
        "2.16.840.1.113730.1.12": "NetscapeSSLServerName",
        "2.16.840.1.113730.1.13": "NetscapeComment",
    },
}
_KNOWN: Final = {dotted: (module, name) for module, kinds in _HOMES.items() for dotted, name in kinds.items()}

# What is the same in many certificates of one authority, and is remembered. Not: what names or numbers one subject.
_REPEATED: Final = frozenset(
    (
        "1.3.6.1.5.5.7.1.1",
        "2.5.29.15",
        "2.5.29.19",
        "2.5.29.30",
        "2.5.29.31",
        "2.5.29.32",
        "2.5.29.35",
        "2.5.29.36",
        "2.5.29.37",
        "2.5.29.46",
    )
)
_REMEMBERED_LEN: Final = 512  # bytes; longer contents are rare and would make the memory of it large


# The classes that were loaded already.
_loaded: dict[str, type[ExtensionValue]] = {}
_loaded_oids: dict[type, ObjectIdentifier] = {}


def known_type(oid: str) -> type[ExtensionValue] | None:
    """Return the class of the contents of an extension; None when gmpki does not know them.

    :param oid: a dotted object identifier.
    :raises InvalidTypeError: when it is no ``str``.
    """
    kind = _loaded.get(_inputs.as_text(oid, "an object identifier"))
    if kind is None and oid in _KNOWN:
        module, name = _KNOWN[oid]
        kind = _loaded[oid] = cast("type[ExtensionValue]", getattr(import_module(f"gmpki.asn1.{module}"), name))
        _loaded_oids[kind] = kind.OID
    return kind


@lru_cache(maxsize=1024)
def _remembered(kind: type[ExtensionValue], content: bytes) -> ExtensionValue:
    return kind.from_der(content)


def _decode(kind: type[V], extension: Extension, quirks: QuirkLog | None) -> V:
    content = extension.extn_value
    if extension.extn_id in _REPEATED and len(content) <= _REMEMBERED_LEN:
        try:
            return cast("V", _remembered(kind, content))
        except DecodeError:
            if quirks is None or not quirks.tolerant:
                raise
    return kind.from_der(content, quirks=quirks)


def parse(extension: Extension, *, quirks: QuirkLog | None = None) -> ExtensionValue | None:
    """Decode what an extension holds; None when its kind is not known.

    :param quirks: where departures from DER are noted, which are then accepted; without it they are refused.
    :raises InvalidTypeError: when it is no :class:`~gmpki.asn1.rfc5280.Extension`.
    :raises DecodeError: when the contents are not what its kind asks for.
    """
    _inputs.member(extension, Extension, "extension")
    kind = known_type(extension.extn_id)
    return None if kind is None else _decode(kind, extension, quirks)


def make(value: ExtensionValue, critical: bool | None = None) -> Extension:
    """Make the extension that holds a value.

    :param critical: None for what is usual for its kind.
    :raises InvalidTypeError: when the value is not that of an extension, or critical is neither ``bool`` nor None.
    :raises InvalidInputError: when the value breaks a rule of its standard, or its standard says critical the other
        way.
    """
    if type(value) not in _loaded_oids:  # as in _oid_of()
        _inputs.member(value, ExtensionValue, "the value of an extension")
    if critical is None:
        critical = value.CRITICAL
    _inputs.member(critical, bool, "critical")
    if value.FIXED and critical != value.CRITICAL:
        never = "always" if value.CRITICAL else "never"
        raise InvalidInputError(f"{value.OID.name} is {never} critical")
    return Extension(value.OID, critical, value.to_der())


class Extensions:
    """Extensions in the order of their encoding. Immutable; equal when they hold the same; thread-safe.

    Every extension whose kind is known is decoded when the object is made; unknown ones keep their bytes.
    """

    __slots__ = ("_broken", "_first", "_items", "_lenient", "_values")

    def __init__(
        self, extensions: Iterable[Extension] = (), *, quirks: QuirkLog | None = None, path: str = "extensions"
    ) -> None:
        """Take extensions and decode those that are known.

        :param quirks: where departures are noted. With a tolerant log an extension that cannot be decoded is kept as
            it is and noted, and so is one that stands twice.
        :param path: where they stand, with dots, for what is noted.
        :raises InvalidTypeError: when one is no :class:`~gmpki.asn1.rfc5280.Extension`, or quirks is no log.
        :raises DecodeError: unless the log is tolerant, when one cannot be decoded or stands twice.
        :standard: RFC 5280 4.2
        """
        if quirks is not None:
            _inputs.member(quirks, QuirkLog, "quirks")
        self._items = _inputs.iterated(extensions, "extensions")
        self._lenient = quirks is not None and quirks.tolerant
        self._first: dict[str, Extension] = {}
        self._values: dict[str, ExtensionValue] = {}
        self._broken: dict[str, str] = {}
        inner = None if quirks is None else QuirkLog(tolerant=quirks.tolerant)
        for extension in self._items:
            if type(extension) is not Extension:
                _inputs.member(extension, Extension, "an extension")
            oid = extension.extn_id
            if type(oid) is not ObjectIdentifier:
                oid = find(_inputs.as_text(oid, "an object identifier"))
            if oid in self._first:
                self._refuse(oid, "stands twice", QuirkKind.DUPLICATE_EXTENSION, inner, path)
                continue
            self._first[oid] = extension
            kind = _loaded.get(oid) or known_type(oid)
            if kind is None:
                continue
            try:
                self._values[oid] = _decode(kind, extension, inner)
            except DecodeError as error:
                self._refuse(oid, f"is malformed: {error}", QuirkKind.MALFORMED_EXTENSION, inner, path)
        if quirks is not None and inner is not None and len(inner):
            quirks.extend(inner.quirks, path)

    def _refuse(self, oid: ObjectIdentifier, what: str, kind: QuirkKind, quirks: QuirkLog | None, path: str) -> None:
        """Note an extension that must not be used, and remember why, when reading is tolerant; refuse it otherwise."""
        name = oid.name if oid.name == oid else f"{oid.name} ({str.__str__(oid)})"
        message = f"the extension {name} {what}"
        if quirks is None or not quirks.tolerant:
            raise DecodeError(message, path=(path,))
        quirks.note(kind, -1, oid.name)
        self._values.pop(oid, None)
        self._broken.setdefault(oid, message)

    # ---- the extensions themselves --------------------------------------------------------
    def __iter__(self) -> Iterator[Extension]:
        """Go through the extensions in order."""
        return iter(self._items)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._items)

    def __getitem__(self, index: int) -> Extension:
        """Return the extension at a place.

        :raises IndexError: when there is none.
        """
        return self._items[index]

    def __contains__(self, kind: object) -> bool:
        """Tell whether there is an extension of a class of values, or of an object identifier."""
        return _oid_of(kind) in self._first

    def __eq__(self, other: object) -> bool:
        return self._items == other._items if isinstance(other, Extensions) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._items)

    def __repr__(self) -> str:
        return f"<Extensions {', '.join(oid.name for oid in self.oids)}>"

    def __reduce__(self) -> tuple[object, tuple[tuple[Extension, ...], bool]]:
        return _restore, (self._items, self._lenient)

    @property
    def oids(self) -> tuple[ObjectIdentifier, ...]:
        """The object identifiers, in order."""
        return tuple(extension.extn_id for extension in self._items)

    def get(self, kind: str | type[ExtensionValue]) -> Extension | None:
        """Return the first extension of an object identifier or a class of values, not decoded; None for none."""
        return self._first.get(_oid_of(kind))

    def is_critical(self, kind: str | type[ExtensionValue]) -> bool:
        """Tell whether there is an extension of an object identifier or a class of values, and it is critical."""
        extension = self._first.get(_oid_of(kind))
        return extension is not None and extension.critical

    # ---- what they hold -------------------------------------------------------------------
    def find(self, kind: type[V]) -> V | None:
        """Return what the extension of a class of values holds; None when there is none.

        :raises InvalidTypeError: when it is no such class.
        :raises DecodeError: when the extension is malformed or stands twice.
        """
        if isinstance(kind, str):
            raise InvalidTypeError("the class of an extension's value expected, such as BasicConstraints")
        oid = _oid_of(kind)
        value = self._values.get(oid)
        if type(value) is kind:
            return value
        if oid in self._broken:
            raise DecodeError(self._broken[oid])
        extension = self._first.get(oid)
        if extension is None:
            return None
        # A class of the caller's own, which is not decoded beforehand.
        return _decode(kind, extension, QuirkLog() if self._lenient else None)

    def value(self, oid: str) -> ExtensionValue | None:
        """Return what the extension of an object identifier holds; None when there is none or its kind is not known.

        :raises DecodeError: when the extension is malformed or stands twice.
        """
        oid = _oid_of(oid)
        if oid in self._broken:
            raise DecodeError(self._broken[oid])
        return self._values.get(oid)

    def problem(self, oid: str) -> str | None:
        """Return what tolerant reading found wrong with the extension of an object identifier; None for nothing."""
        return self._broken.get(_oid_of(oid))

    def unknown_critical(self, understood: Container[str]) -> tuple[ObjectIdentifier, ...]:
        """Return the object identifiers of critical extensions that are not among those the caller understands.

        :param understood: a set, tuple or list of object identifiers, or a dictionary with them as keys.
        :raises InvalidTypeError: when it is none of these; text would be searched for parts of it.
        :standard: RFC 5280 4.2: a certificate with one of these must be rejected
        """
        if not isinstance(understood, (frozenset, AbstractSet, Mapping, tuple, list)):
            raise InvalidTypeError(f"understood must be a set of object identifiers, not {type(understood).__name__}")
        return tuple(item.extn_id for item in self._items if item.critical and item.extn_id not in understood)


def _oid_of(kind: object) -> str:
    if isinstance(kind, str):
        return kind
    if isinstance(kind, type):
        # Not issubclass(): to ask an abstract class for its subclasses takes several times as long.
        known = _loaded_oids.get(kind)
        if known is not None:
            return known
        if ExtensionValue in kind.__mro__:
            return cast("type[ExtensionValue]", kind).OID
    raise InvalidTypeError(
        f"an object identifier or the class of an extension's value expected, not {type(kind).__name__}"
    )


def _restore(items: tuple[Extension, ...], lenient: bool) -> Extensions:
    return Extensions(items, quirks=QuirkLog() if lenient else None)
