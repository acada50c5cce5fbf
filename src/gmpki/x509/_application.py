"""What a profile makes of an application: its subject, its alternative names, its time, the extensions asked for.

Each function takes what came from outside and returns what goes into the certificate, or refuses with a
:class:`~gmpki.errors.ProfileError` that says which rule of which profile is against it.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Final

from gmpki import oids
from gmpki._inputs import member, utc_seconds
from gmpki.asn1.rfc5280 import Extension, GeneralName, GeneralNameKind, Name, Validity
from gmpki.asn1.rfc5280.ext_names import SubjectAltName
from gmpki.errors import DecodeError, InvalidInputError, InvalidTypeError, ProfileError
from gmpki.keys.ec_forms import curve_of
from gmpki.x509 import extensions as extension_kinds
from gmpki.x509.named_key import key_info_of
from gmpki.x509.names import build_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gmpki.asn1.rfc5280._extension_value import ExtensionValue
    from gmpki.keys.loader import PublicKey
    from gmpki.oids import ObjectIdentifier
    from gmpki.x509.certificate import Certificate
    from gmpki.x509.profile import Profile

__all__ = [
    "alternative_names",
    "check_key",
    "extensions_by_kind",
    "is_uri",
    "now",
    "requested",
    "subject",
    "validity",
]

MAX_EXTENSIONS: Final = 64

# Attributes of which a subject may have several (X.520: an entry lies in units within units, domains within domains).
_REPEATABLE: Final = frozenset((oids.ORGANIZATIONAL_UNIT_NAME, oids.DOMAIN_COMPONENT))

_LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_HOST: Final = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_MAILBOX: Final = re.compile(rf"[A-Za-z0-9!#$%&'*+/=?^_`{{|}}~.-]{{1,64}}@{_LABEL}(?:\.{_LABEL})*")
_ABSOLUTE_URI: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[!-~]+")
_MAX_HOST_LEN: Final = 253


# ---- key and subject ----------------------------------------------------------------------
def check_key(public_key: PublicKey, profile: Profile) -> None:
    """Check that keys of this kind get a certificate."""
    kind = _kind_of(public_key)
    if kind not in profile.algorithms:
        raise ProfileError(
            f"the profile {profile.name} takes keys of {', '.join(profile.algorithms)}; this is one of {kind}"
        )


def _kind_of(public_key: PublicKey) -> str:
    """Return the kind of a key as profiles call it."""
    algorithm = key_info_of(public_key).algorithm
    curve = curve_of(algorithm, allow_explicit=False)
    if curve is not None:
        return "SM2" if curve == oids.SM2 else "ECDSA"
    return {oids.RSA_ENCRYPTION: "RSA", oids.ED25519: "Ed25519"}.get(algorithm.algorithm, algorithm.shown)


def subject(name: Name, profile: Profile) -> Name:
    """Return the subject, each value in the string type that the standards have for it."""
    rules = profile.subject
    seen: set[str] = set()
    rdns: list[tuple[tuple[ObjectIdentifier, str], ...]] = []
    for rdn in name.rdns:
        texts = []
        for attribute in rdn:
            kind = attribute.type
            text = attribute.text
            if kind not in rules.required and kind not in rules.optional:
                raise ProfileError(f"the profile {profile.name} has no {kind.name} in the subject")
            if kind in seen and kind not in _REPEATABLE:
                raise ProfileError(f"the subject has {kind.name} twice")
            if text is None or not text.strip():
                raise ProfileError(f"{kind.name} of the subject is empty, or no text")
            seen.add(kind)
            texts.append((kind, text))
        rdns.append(tuple(texts))
    if profile.is_ca and name.is_empty:
        raise ProfileError("the certificate of an authority has a subject (RFC 5280 4.1.2.6)")
    for kind in rules.required:
        if kind not in seen:
            raise ProfileError(f"the profile {profile.name} needs {kind.name} in the subject")
    for kind, wanted in rules.fixed:
        if kind in seen and any(text != wanted for text in name.get_all(kind)):
            raise ProfileError(f"the profile {profile.name} has {wanted!r} for {kind.name}, and nothing else")
    try:
        return build_name(*(rdn[0] if len(rdn) == 1 else list(rdn) for rdn in rdns))
    except InvalidInputError as error:
        raise ProfileError(f"the subject: {error}") from None


# ---- alternative names --------------------------------------------------------------------
def alternative_names(names: SubjectAltName | None, profile: Profile, name: Name) -> Extension | None:
    """Return the extension with checked names; critical where the subject is empty (RFC 5280 4.2.1.6)."""
    rule = profile.extensions.subject_alt_name
    if names is None:
        if (rule is not None and rule.required) or name.is_empty:
            raise ProfileError(f"the profile {profile.name} needs a subjectAltName")
        return None
    if rule is None:
        raise ProfileError(f"the profile {profile.name} has no subjectAltName")
    for entry in names.names:
        if not isinstance(entry, GeneralName):
            raise InvalidTypeError(f"an alternative name is a GeneralName, not {type(entry).__name__}")
        if entry.kind not in rule.kinds:
            raise ProfileError(f"the profile {profile.name} takes no alternative name of this kind: {entry}")
        if not _is_well_formed(entry, wildcards=rule.wildcards):
            raise ProfileError(f"not a name that a certificate can have: {str(entry)[:300]!r}")
    distinct = tuple(dict.fromkeys(names.names))
    return extension_kinds.make(SubjectAltName(distinct), critical=name.is_empty)


def _is_well_formed(entry: GeneralName, *, wildcards: bool) -> bool:
    value = entry.value
    if entry.kind is GeneralNameKind.IP_ADDRESS:
        return True  # the extension itself takes addresses of hosts only
    if entry.kind is GeneralNameKind.DIRECTORY_NAME:
        return isinstance(value, Name) and not value.is_empty
    if not isinstance(value, str):
        return False
    if entry.kind is GeneralNameKind.DNS_NAME:
        host = value.removeprefix("*.") if wildcards else value
        if host != value and "." not in host:
            return False  # *.cn would stand for a whole country
        return len(value) <= _MAX_HOST_LEN and _HOST.fullmatch(host) is not None
    if entry.kind is GeneralNameKind.RFC822_NAME:
        local = value.partition("@")[0]
        dots = local.startswith(".") or local.endswith(".") or ".." in local
        return len(value) <= _MAX_HOST_LEN and not dots and _MAILBOX.fullmatch(value) is not None
    return is_uri(entry)


def is_uri(entry: GeneralName) -> bool:
    """Tell whether a name is a URI with a scheme (RFC 5280 4.2.1.6 takes no relative ones)."""
    value = entry.value
    return entry.kind is GeneralNameKind.URI and isinstance(value, str) and _ABSOLUTE_URI.fullmatch(value) is not None


# ---- time ---------------------------------------------------------------------------------
def now(at: datetime | None) -> datetime:
    """Return the time of issue in whole seconds: the caller's, or the clock's.

    :raises InvalidTypeError: when it is no datetime.
    :raises InvalidInputError: when it has no time zone.
    """
    return utc_seconds(datetime.now(timezone.utc) if at is None else at, "at")


def validity(asked: Validity | None, profile: Profile, issuer: Certificate | None, at: datetime) -> Validity:
    """Return the time of validity: the one asked for, or the profile's; never beyond the issuer's.

    :param issuer: None for a self-signed certificate.
    """
    rules = profile.validity
    longest = timedelta(days=rules.max_days, minutes=rules.backdate_minutes)
    try:
        if asked is None:
            begin = at - timedelta(minutes=rules.backdate_minutes)
            end = at + timedelta(days=rules.default_days)
        else:
            member(asked, Validity, "validity")
            begin, end = now(asked.not_before), now(asked.not_after)
        if end - begin > longest:
            raise ProfileError(f"the profile {profile.name} issues for {rules.max_days} days at most")
    except OverflowError:
        raise InvalidInputError("the validity would end after the year 9999") from None
    if issuer is not None:
        if issuer.not_after < at:
            raise ProfileError(
                f"the issuer's certificate ended on {_shown(issuer.not_after)}: it issues nothing any more"
            )
        if asked is None or rules.clip:
            begin = max(begin, issuer.not_before)
        if rules.clip:
            end = min(end, issuer.not_after)
        if begin < issuer.not_before:
            raise ProfileError(
                f"the validity from {_shown(begin)} on goes beyond that of the issuer's certificate, which begins on "
                f"{_shown(issuer.not_before)}"
            )
        if end > issuer.not_after:
            raise ProfileError(
                f"the validity until {_shown(end)} goes beyond that of the issuer's certificate, which ends on "
                f'{_shown(issuer.not_after)}; ask for less, or let the profile have beyond_issuer = "clip"'
            )
    if end <= begin or end <= at:
        raise ProfileError(f"the validity would end, {_shown(end)}, before it begins or before now")
    return Validity(begin, end)


def _shown(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M:%S} UTC"


# ---- extensions ---------------------------------------------------------------------------
def requested(asked: Iterable[Extension], profile: Profile) -> dict[ObjectIdentifier, Extension]:
    """Return the extensions of a request that the profile takes from one; others are passed over, or refused.

    They are made anew: whether an extension is critical is not for the applicant to say.
    """
    taken: dict[ObjectIdentifier, Extension] = {}
    for extension in asked:
        if extension.extn_id in profile.from_request:
            taken[extension.extn_id] = _made_anew(extension)
        elif profile.refuse_unlisted:
            raise ProfileError(
                f"the request asks for {extension.extn_id.name}, which the profile {profile.name} takes from no request"
            )
    return taken


def _made_anew(extension: Extension) -> Extension:
    value = _parsed(extension)
    return Extension(extension.extn_id, False, extension.extn_value) if value is None else extension_kinds.make(value)


def _parsed(extension: Extension) -> ExtensionValue | None:
    try:
        return extension_kinds.parse(extension)
    except DecodeError as error:
        raise ProfileError(f"the extension {extension.extn_id.name} is malformed: {error}") from None


def extensions_by_kind(
    given: Iterable[ExtensionValue | Extension], profile: Profile
) -> dict[ObjectIdentifier, Extension]:
    """Return what who issues adds, by kind: extensions of the profile's list, and identity extensions of its kinds."""
    added: dict[ObjectIdentifier, Extension] = {}
    try:
        values = list(given)
    except TypeError:
        raise InvalidTypeError(f"extensions must be a list, not {type(given).__name__}") from None
    if len(values) > MAX_EXTENSIONS:
        raise InvalidInputError(f"at most {MAX_EXTENSIONS} extensions are added, not {len(values)}")
    for value in values:
        extension = value if isinstance(value, Extension) else extension_kinds.make(value)
        kind = extension.extn_id
        if kind not in profile.from_operator and kind not in profile.extensions.identity:
            raise ProfileError(f"the profile {profile.name} does not let {kind.name} be added")
        if kind in added:
            raise ProfileError(f"{kind.name} is added twice")
        _parsed(extension)
        added[kind] = extension
    return added
