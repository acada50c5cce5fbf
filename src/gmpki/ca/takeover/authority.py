"""The authority itself: its certificates and keys become those of one in the database.

    authority = take_over(store, "sub", [AuthorityKey(old), AuthorityKey(present, signer)], actor=actor)

What it has issued is written by :mod:`gmpki.ca.takeover.importing`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gmpki._inputs import as_text, iterated, member, number
from gmpki.ca.authority.authority import Authority
from gmpki.ca.authority.ceremony import ForeignKey, NewAuthority, adopt
from gmpki.ca.authority.settings import AuthoritySettings
from gmpki.ca.authority.signer import AuthoritySigner
from gmpki.ca.store.store import Store
from gmpki.errors import GmpkiError, InvalidInputError, KeyMismatchError, LimitExceeded, ValidationError
from gmpki.x509.certificate import Certificate
from gmpki.x509.issuing import Issuer
from gmpki.x509.names import names_match

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from gmpki.ca.interfaces import Actor, KeyCentre
    from gmpki.keys.interfaces import Signer

__all__ = ["AuthorityKey", "take_over"]

_MAX_KEYS: Final = 64
_MAX_CRL_NUMBER: Final = (1 << 62) - 1


@dataclass(frozen=True, slots=True)
class AuthorityKey:
    """A key of an authority that is taken over. Immutable.

    :ivar certificate: that of the key.
    :ivar signer: the private key; only that which signs now is needed, earlier ones to sign lists.
    :raises InvalidTypeError: when a field has the wrong type.
    """

    certificate: Certificate
    signer: AuthoritySigner | Signer | None = None

    def __post_init__(self) -> None:
        member(self.certificate, Certificate, "certificate")
        if self.signer is not None:
            object.__setattr__(self, "signer", AuthoritySigner.of(self.signer))


def take_over(
    store: Store,
    name: str,
    keys: AuthorityKey | Iterable[AuthorityKey],
    *,
    actor: Actor,
    issuers: Iterable[Certificate] = (),
    title: str = "",
    settings: AuthoritySettings | None = None,
    last_crl_number: int = 0,
    key_centre: KeyCentre | None = None,
) -> Authority:
    """Write an authority that has issued elsewhere; from now on it issues here.

    Everything that it signed elsewhere is told of by one revocation list, as by a list of everything, wherever those
    certificates say that it lies: so its settings do not divide lists. They may once the first list is made.

    :param name: what it is called here: 1 to 64 printable characters.
    :param keys: in whatever order; the one whose certificate begins last signs from now on, so its private key is
        needed.
    :param issuers: the certificates of who certified it, when it is no root.
    :param last_crl_number: lists have greater numbers than this; an import raises it to that of the lists it reads.
    :raises InvalidTypeError: when an input has the wrong type.
    :raises InvalidInputError: when there is no key, the settings divide lists, or want a key in hardware.
    :raises LimitExceeded: when there are more than 64 keys.
    :raises KeyMismatchError: when a private key is not that of its certificate, or two certificates have one key.
    :raises ValidationError: with the reason "not-a-ca", "subject" when the certificates are not of one name, "expired"
        when the last one is not valid now, or "issuer" when the certificate of its issuer is missing.
    :raises InvalidSignature: when a certificate was not signed by its issuer.
    :raises DecodeError: when a certificate is one that only lenient reading takes.
    :raises ConflictError: with the reason "duplicate" when there is an authority of that name.
    :raises StoreError: when the database does not do it.
    :raises GmpkiError: what the signer raises.
    """
    member(store, Store, "store")
    given = (keys,) if isinstance(keys, AuthorityKey) else iterated(keys, "keys", most=_MAX_KEYS + 1)
    for key in given:
        member(key, AuthorityKey, "a key")
    if not given:
        raise InvalidInputError("an authority has at least one key")
    if len(given) > _MAX_KEYS:
        raise LimitExceeded(f"an authority is taken over with at most {_MAX_KEYS} keys")
    number(last_crl_number, 0, _MAX_CRL_NUMBER, "last_crl_number")
    settings = AuthoritySettings() if settings is None else settings
    new = NewAuthority(as_text(name, "name"), title, settings)
    if settings.crl_parts:
        raise InvalidInputError("one list tells of everything that was signed elsewhere: crl_parts is 0")
    ordered = sorted(given, key=lambda key: key.certificate.not_before)
    above = iterated(issuers, "issuers", most=_MAX_KEYS)
    _check(ordered, above, store.now())
    foreign = [ForeignKey(key.certificate, _held(key)) for key in ordered]
    adopt(store, new, foreign, last_crl_number=last_crl_number, actor=actor)
    signers = [key.signer for key in foreign if key.signer is not None]
    return Authority.open(store, name, signers, key_centre=key_centre)


def _held(key: AuthorityKey) -> AuthoritySigner | None:
    return None if key.signer is None else AuthoritySigner.of(key.signer)


def _check(keys: Sequence[AuthorityKey], above: Sequence[Certificate], now: datetime) -> None:
    """See that the certificates are those of one authority, and each private key is that of its certificate."""
    last = keys[-1].certificate
    if keys[-1].signer is None:
        raise InvalidInputError("the private key of the certificate that begins last is needed: it signs from now on")
    if len({key.certificate.public_key.to_der() for key in keys}) != len(keys):
        raise KeyMismatchError("two certificates have one key; give the one that is in use")
    for key in keys:
        certificate = key.certificate
        if not names_match(certificate.subject, last.subject):
            raise ValidationError(
                "subject", f"{certificate.subject} and {last.subject} are two authorities", certificate=certificate
            )
        Certificate.from_der(certificate.der)  # those of authorities are read strictly wherever they are used
        if not certificate.is_ca:
            raise ValidationError("not-a-ca", f"{certificate.subject} is no authority", certificate=certificate)
        held = _held(key)
        if held is not None:
            Issuer(certificate, held.signer)
        _check_issuer(certificate, (*above, *(each.certificate for each in keys)))
    if not last.not_before <= now <= last.not_after:
        raise ValidationError("expired", "the certificate that begins last is over, or not valid yet", certificate=last)


def _check_issuer(certificate: Certificate, above: Sequence[Certificate]) -> None:
    candidates = [each for each in above if names_match(certificate.issuer, each.subject)]
    if not candidates:
        raise ValidationError("issuer", f"the certificate of {certificate.issuer} is missing", certificate=certificate)
    problem: GmpkiError | None = None
    for each in candidates:
        try:
            certificate.verify_signature(each)
        except GmpkiError as error:  # noqa: PERF203 - a few at most
            problem = error
        else:
            return
    if problem is not None:
        raise problem
