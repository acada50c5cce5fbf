"""Certificate profiles: what a kind of certificate holds, as a TOML file says it.

A profile decides everything that an applicant must not decide: usages, constraints, how long the certificate lives,
which attributes its subject has, and the little that is taken from a request. The ready ones are in
:data:`BUILTIN_PROFILES`; an own one is a copy of one of those files, changed:

>>> from gmpki.x509.profile import load_profile
>>> profile = load_profile("organisation")
>>> profile.is_pair, profile.validity.default_days
(True, 730)

:standard: RFC 5280 4.2 (extensions); GB/T 20518-2018 and GM/T 0015-2023, whose texts could not be read in full, for the
    usages of the two certificates of a pair (confidence B)
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import TYPE_CHECKING, Final

from gmpki._inputs import as_bytes, as_text
from gmpki.asn1.rfc5280 import GeneralNameKind
from gmpki.asn1.rfc5280.ext_keys import KeyUsages
from gmpki.errors import InvalidInputError, InvalidTypeError, ProfileError

if TYPE_CHECKING:
    from typing_extensions import Buffer

    from gmpki.oids import ObjectIdentifier

__all__ = [
    "BUILTIN_PROFILES",
    "ExtensionRules",
    "Profile",
    "Role",
    "SubjectRules",
    "UsageRule",
    "ValidityRules",
    "load_profile",
    "profile_text",
]

BUILTIN_PROFILES: Final = (
    "root-ca",
    "subordinate-ca",
    "personal",
    "organisation",
    "device",
    "e-seal-maker",
    "time-stamp",
    "ocsp-responder",
)
"""The names of the profiles that come with gmpki."""

MAX_PROFILE_LEN: Final = 1 << 16

SIGNING_USAGES: Final = KeyUsages.DIGITAL_SIGNATURE | KeyUsages.NON_REPUDIATION
ENCRYPTION_USAGES: Final = KeyUsages.KEY_ENCIPHERMENT | KeyUsages.DATA_ENCIPHERMENT | KeyUsages.KEY_AGREEMENT
CA_USAGES: Final = KeyUsages.KEY_CERT_SIGN | KeyUsages.CRL_SIGN


class Role(Enum):
    """Which certificate of a profile is meant."""

    ONLY = "usages"
    """The one certificate of a profile that issues no pair."""
    SIGNING = "signing"
    ENCRYPTION = "encryption"


@dataclass(frozen=True, slots=True)
class ValidityRules:
    """How long certificates live.

    :ivar default_days: where nobody asks for another time.
    :ivar max_days: the most that may be asked for.
    :ivar backdate_minutes: how far the beginning lies back, for clocks that are late.
    :ivar clip: end with the issuer's certificate where the time asked for goes beyond it, instead of refusing.
    """

    default_days: int
    max_days: int
    backdate_minutes: int = 5
    clip: bool = False


@dataclass(frozen=True, slots=True)
class SubjectRules:
    """Which attributes a subject has.

    :ivar required: types that must be there.
    :ivar optional: types that may be there; any other is refused.
    :ivar fixed: types with the one value that they may have.
    """

    required: tuple[ObjectIdentifier, ...]
    optional: tuple[ObjectIdentifier, ...] = ()
    fixed: tuple[tuple[ObjectIdentifier, str], ...] = ()


@dataclass(frozen=True, slots=True)
class UsageRule:
    """keyUsage, for each certificate that one issue gives."""

    critical: bool
    usages: tuple[tuple[Role, KeyUsages], ...]

    def of(self, role: Role) -> KeyUsages:
        """Return the usages of one certificate; none when there is no such certificate."""
        return dict(self.usages).get(role, KeyUsages(0))


@dataclass(frozen=True, slots=True)
class ConstraintsRule:
    """basicConstraints."""

    critical: bool
    ca: bool
    path_len: int | None


@dataclass(frozen=True, slots=True)
class PurposesRule:
    """extendedKeyUsage."""

    critical: bool
    purposes: tuple[ObjectIdentifier, ...]


@dataclass(frozen=True, slots=True)
class PoliciesRule:
    """certificatePolicies."""

    critical: bool
    policies: tuple[ObjectIdentifier, ...]


@dataclass(frozen=True, slots=True)
class AlternativeNamesRule:
    """subjectAltName: which kinds of name it may have, and whether there must be one.

    :ivar wildcards: take DNS names such as ``*.example.cn``.
    """

    kinds: tuple[GeneralNameKind, ...]
    required: bool
    wildcards: bool = False


@dataclass(frozen=True, slots=True)
class ExtensionRules:
    """Which extensions certificates have; None or False stands for one that they do not have.

    :ivar key_identifier: the hash of subjectKeyIdentifier, "sha1" or "sm3".
    :ivar crl_distribution_points: whether it must be there; None when it must not.
    :ivar authority_info_access: as before.
    :ivar identity: the kinds of identity extension that may be given.
    """

    key_usage: UsageRule
    basic_constraints: ConstraintsRule | None = None
    extended_key_usage: PurposesRule | None = None
    certificate_policies: PoliciesRule | None = None
    subject_alt_name: AlternativeNamesRule | None = None
    key_identifier: str | None = None
    authority_key_identifier: bool = False
    crl_distribution_points: bool | None = None
    authority_info_access: bool | None = None
    ocsp_no_check: bool = False
    identity: tuple[ObjectIdentifier, ...] = ()


@dataclass(frozen=True, slots=True)
class Profile:
    """What one kind of certificate, or of certificate pair, holds. Immutable; thread-safe. Made by :func:`load_profile`
    and :meth:`from_toml`.

    :ivar name: lower-case letters, digits and hyphens.
    :ivar title: one line in English.
    :ivar title_zh: one line in Chinese.
    :ivar is_pair: whether it issues a signing and an encryption certificate.
    :ivar published: whether others can read the certificates; then they hold no personal identity numbers.
    :ivar algorithms: the kinds of subject key: "SM2", "RSA", "ECDSA", "Ed25519".
    :ivar from_request: the extensions taken from a certificate request; all others there are passed over.
    :ivar refuse_unlisted: refuse a request that asks for another extension, instead of passing over it.
    :ivar from_operator: the extensions that who issues may add.
    """

    name: str
    title: str
    title_zh: str
    is_pair: bool
    published: bool
    validity: ValidityRules
    algorithms: tuple[str, ...]
    subject: SubjectRules
    extensions: ExtensionRules
    from_request: tuple[ObjectIdentifier, ...] = ()
    refuse_unlisted: bool = False
    from_operator: tuple[ObjectIdentifier, ...] = ()

    @property
    def is_ca(self) -> bool:
        """Tell whether its certificates are those of certification authorities."""
        constraints = self.extensions.basic_constraints
        return constraints is not None and constraints.ca

    @property
    def roles(self) -> tuple[Role, ...]:
        """The certificates that one issue gives."""
        return (Role.SIGNING, Role.ENCRYPTION) if self.is_pair else (Role.ONLY,)

    @classmethod
    def from_toml(cls, data: Buffer | str, *, what: str = "the profile") -> Profile:
        """Read a profile, and check that it makes sense.

        :param data: the text, or its UTF-8; at most 64 KiB.
        :param what: how it is called in errors, such as the name of its file.
        :raises InvalidTypeError: when data is neither text nor a buffer.
        :raises ProfileError: when it is no profile; the message names the line and the key.
        """
        from gmpki.x509._profile_file import read_profile

        if not isinstance(data, str):
            encoded = as_bytes(data, what)
            try:
                data = encoded.decode("utf-8-sig")
            except UnicodeDecodeError as error:
                raise ProfileError(f"{what} is not UTF-8 at byte {error.start}") from None
        if len(data) > MAX_PROFILE_LEN:
            raise ProfileError(f"{what} has {len(data)} characters; at most {MAX_PROFILE_LEN} are read")
        return read_profile(data, what)


def load_profile(source: str | os.PathLike[str]) -> Profile:
    """Load a profile by its name in :data:`BUILTIN_PROFILES`, or by the path of a file.

    :param source: a name, or a path: text with a "/" in it or ".toml" at its end, or an ``os.PathLike``.
    :raises InvalidTypeError: when source is neither.
    :raises InvalidInputError: when there is no profile of that name; the message lists those that there are.
    :raises ProfileError: when the file is no profile; the message names the line and the key.
    :raises OSError: when the file cannot be read.
    """
    if not isinstance(source, (str, os.PathLike)):
        raise InvalidTypeError(f"a profile is named by str or a path, not by {type(source).__name__}")
    if isinstance(source, str) and source in BUILTIN_PROFILES:
        return _ready(str.__str__(source))
    path = os.fspath(source)
    if not isinstance(path, str):
        raise InvalidTypeError("the path of a profile is text")
    if isinstance(source, str) and not path.endswith(".toml") and os.sep not in path:
        raise _no_profile(path)
    try:
        with open(path, "rb") as stream:
            data = stream.read(4 * MAX_PROFILE_LEN + 1)
    except ValueError:  # a zero byte in the name
        raise InvalidInputError("not the name of a file") from None
    return Profile.from_toml(data, what=os.path.basename(path))


@cache
def _ready(name: str) -> Profile:
    """Return a profile that comes with gmpki; it is read once, for whoever issues thousands by its name."""
    return Profile.from_toml(profile_text(name), what=f"the profile {name}")


def profile_text(name: str) -> str:
    """Return the file of a profile in :data:`BUILTIN_PROFILES`, to make an own one of it.

    :raises InvalidTypeError: when name is not ``str``.
    :raises InvalidInputError: when there is no profile of that name.
    """
    from importlib.resources import files

    if as_text(name, "the name of a profile") not in BUILTIN_PROFILES:
        raise _no_profile(name)
    return files("gmpki.data").joinpath("profiles").joinpath(f"{name}.toml").read_text(encoding="utf-8")


def _no_profile(name: str) -> InvalidInputError:
    return InvalidInputError(
        f"there is no profile {name[:80]!r}; there are {', '.join(BUILTIN_PROFILES)}, and files whose name ends in "
        ".toml"
    )
