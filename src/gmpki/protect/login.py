"""Login with a certificate: the server's challenge, the client's signature, the server's verdict.

>>> from datetime import datetime, timedelta, timezone
>>> from gmpki.asn1.rfc5280.ext_keys import KeyUsage, KeyUsages
>>> from gmpki.keys.sm2 import SM2PrivateKey
>>> from gmpki.protect.login import LoginServer, answer_challenge
>>> from gmpki.x509.certificate_builder import CertificateBuilder
>>> from gmpki.x509.named_key import TrustAnchor
>>> from gmpki.x509.names import build_name
>>> from gmpki.x509.path import PathPolicy, Purpose, RevocationMode
>>> now = datetime.now(timezone.utc).replace(microsecond=0)
>>> key, name = SM2PrivateKey.generate(), build_name(("C", "CN"), ("CN", "张三"))
>>> builder = CertificateBuilder().subject(name).issuer(name).serial_number(1).public_key(key.public_key)
>>> builder = builder.validity(now, now + timedelta(days=1)).add_extension(KeyUsage(KeyUsages.DIGITAL_SIGNATURE))
>>> certificate = builder.sign(key)

>>> policy = PathPolicy(purpose=Purpose.SIGNING, revocation=RevocationMode.NONE)  # better: give checkers
>>> anchor = TrustAnchor(name, certificate.public_key_info)  # more often the certificate of an authority
>>> server = LoginServer("https://oa.example.cn", anchors=[anchor], policy=policy)
>>> challenge = server.challenge()
>>> answer = answer_challenge(challenge, key, certificate, server="https://oa.example.cn")
>>> str(server.verify(answer).certificate.subject)
'CN=张三,C=CN'
>>> server.verify(answer)
Traceback (most recent call last):
gmpki.errors.LoginError: the login was refused

The signature covers the name of the server, the purpose, the time window, a random number that serves once, and the
certificate, behind a line that no other signed thing begins with. A client checks the name before it signs: a server
that passes on the challenge of another gets no signature from it, provided that the name comes from the connection
(the origin in a browser, the certificate in TLS) and not from the challenge.

Who is refused learns that, and nothing else: :class:`~gmpki.errors.LoginError` has the same text for every cause. What
was wrong is in its ``reason`` and in what ``on_refusal`` is told, for the server's own log.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Final, NoReturn

from gmpki import _inputs
from gmpki.algorithms.rand import random_bytes
from gmpki.errors import (
    GmpkiError,
    InvalidInputError,
    InvalidTypeError,
    KeyMismatchError,
    LoginError,
    ValidationError,
)
from gmpki.keys.interfaces import Signer
from gmpki.protect.login_messages import MAX_ANSWER_LEN, MAX_WINDOW, NONCE_LEN, LoginAnswer, LoginChallenge
from gmpki.protect.login_store import ChallengeStore, MemoryChallengeStore
from gmpki.x509.certificate import Certificate
from gmpki.x509.named_key import TrustAnchor
from gmpki.x509.path import PathPolicy, Purpose, RevocationMode, validate_path
from gmpki.x509.signatures import verify_by

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from typing_extensions import Buffer

    from gmpki.x509.path import ValidatedPath
    from gmpki.x509.revocation import RevocationChecker

__all__ = ["LOGIN_POLICY", "Login", "LoginServer", "Refusal", "answer_challenge"]

LOGIN_POLICY: Final = PathPolicy(purpose=Purpose.SIGNING)
"""A certificate that may sign; revocation has to be known."""

_REFUSED: Final = "the login was refused"
_CLIENT_SKEW: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Login:
    """Somebody who has proved who he is. Immutable; thread-safe.

    :ivar path: the certificate and how it leads to an anchor.
    :ivar challenge: what was answered.
    :ivar at: when it was verified, by the server's clock.
    """

    path: ValidatedPath
    challenge: LoginChallenge
    at: datetime

    @property
    def certificate(self) -> Certificate:
        """The certificate of who has logged in."""
        return self.path.certificate


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why somebody was refused, for the server's log. Immutable; thread-safe.

    :ivar reason: as in the :class:`~gmpki.errors.LoginError`.
    :ivar detail: a sentence. Parts of it may come from who was refused.
    :ivar certificate: the certificate that was shown, which proves nothing about who showed it; None when none was
        read.
    """

    reason: str
    detail: str
    at: datetime
    certificate: Certificate | None = None


def _now() -> datetime:
    return datetime.now(timezone.utc)


def answer_challenge(
    challenge: Buffer,
    signer: Signer,
    certificate: Certificate,
    *,
    server: str,
    purpose: str = "login",
    others: Iterable[Certificate] = (),
    clock: Callable[[], datetime] = _now,
) -> bytes:
    """Answer a challenge; return the bytes for the server.

    :param challenge: what the server sent.
    :param server: the name of the server that this client is talking to, from the connection and not from the
        challenge.
    :param purpose: what the signature is to allow.
    :param others: certificates between this one and an anchor of the server, at most 8.
    :param clock: gives the time, with a time zone; it may be wrong by 5 minutes.
    :raises LoginError: when nothing is signed; reason "malformed" for what is no challenge, "server" for one of another
        server, "purpose" for one with another purpose, "time" for one that is not open.
    :raises KeyMismatchError: when the key is not that of the certificate.
    :raises InvalidInputError: when there are more than 8 others, or the clock gives a time without a zone.
    :raises InvalidTypeError: when an argument has the wrong type.
    :raises GmpkiError: what the signer raises.
    """
    _inputs.member(certificate, Certificate, "certificate")
    _inputs.member(signer, Signer, "signer")
    try:
        asked = LoginChallenge.from_der(challenge, max_size=MAX_ANSWER_LEN)
    except InvalidTypeError:
        raise
    except InvalidInputError as error:
        raise LoginError("malformed", f"this is no challenge: {error}") from error
    if asked.server != _inputs.as_text(server, "server"):
        raise LoginError("server", f"the challenge is one of {asked.server}, and not of {server}")
    if asked.purpose != _inputs.as_text(purpose, "purpose"):
        raise LoginError("purpose", f"the challenge is for {asked.purpose}, and not for {purpose}")
    now = _inputs.utc_seconds(clock(), "the time of the clock")
    if not asked.issued_at - _CLIENT_SKEW <= now < asked.expires_at + _CLIENT_SKEW:
        raise LoginError("time", f"the challenge is open from {asked.issued_at} to {asked.expires_at}; it is {now}")
    if signer.public_key.to_der() != certificate.public_key_info.to_der():
        raise KeyMismatchError("the key that signs is not that of the certificate")
    encoded = certificate.to_der()
    signature = signer.sign(asked.statement(encoded))
    between = tuple(other.to_der() for other in _certificates(others))
    return LoginAnswer(asked, encoded, signer.signature_algorithm, signature, between).to_der()


class LoginServer:
    """Gives challenges and judges answers. Thread-safe; several processes share a store.

    :param name: what clients know this server by, compared character by character.
    :param anchors: the authorities whose certificates may log in.
    :param intermediates: certificates that may stand between, besides those that clients send.
    :param checkers: who can tell about revocation.
    :param policy: what is asked of certificates. It has a purpose; where nothing can be known about revocation, it
        says so with ``RevocationMode.NONE``.
    :param store: where open challenges are remembered; by default in this process.
    :param window: how long a challenge can be answered, 1 second to an hour.
    :param clock: gives the time, with a time zone.
    :param on_refusal: called with each :class:`Refusal`, before the error is raised.
    :raises InvalidTypeError: when an argument has the wrong type.
    :raises InvalidInputError: when the name is empty, too long or not printable, the window is out of its range, there
        are no anchors, the policy has no purpose, or it has to be known whether certificates are revoked and there are
        no checkers.
    """

    def __init__(
        self,
        name: str,
        *,
        anchors: Iterable[Certificate | TrustAnchor],
        intermediates: Iterable[Certificate] = (),
        checkers: Iterable[RevocationChecker] = (),
        policy: PathPolicy = LOGIN_POLICY,
        store: ChallengeStore | None = None,
        window: timedelta = timedelta(minutes=2),
        clock: Callable[[], datetime] = _now,
        on_refusal: Callable[[Refusal], None] | None = None,
    ) -> None:
        self._anchors = _inputs.iterated(anchors, "anchors")
        self._intermediates = _certificates(intermediates)
        self._checkers = _inputs.iterated(checkers, "checkers")
        for anchor in self._anchors:
            if not isinstance(anchor, (Certificate, TrustAnchor)):
                raise InvalidTypeError(f"an anchor is a Certificate or a TrustAnchor, not {type(anchor).__name__}")
        for checker in self._checkers:
            if not callable(getattr(checker, "check", None)):
                raise InvalidTypeError(f"a checker has a method check, which {type(checker).__name__} has not")
        _inputs.function(clock, "clock")
        if on_refusal is not None:
            _inputs.function(on_refusal, "on_refusal")
        _inputs.member(policy, PathPolicy, "policy")
        _inputs.member(window, timedelta, "window")
        self._store = MemoryChallengeStore() if store is None else store
        _inputs.member(self._store, ChallengeStore, "store")
        if not self._anchors:
            raise InvalidInputError("without a trust anchor nobody can log in")
        if policy.purpose is None:
            raise InvalidInputError("the policy must name a purpose, such as Purpose.SIGNING")
        if policy.revocation is not RevocationMode.NONE and not self._checkers:
            raise InvalidInputError("give checkers, or a policy that says RevocationMode.NONE")
        if not timedelta(seconds=1) <= window <= MAX_WINDOW:
            raise InvalidInputError(f"window must be 1 second to {MAX_WINDOW}")
        self._policy, self._window, self._clock, self._on_refusal = policy, window, clock, on_refusal
        self._name = name
        self._new_challenge("login")  # says what is wrong with the name now, and not when somebody wants to log in

    def challenge(self, *, purpose: str = "login") -> bytes:
        """Make a challenge; return the bytes for the client.

        :param purpose: what the signature is to allow, 1 to 64 printable characters.
        :raises InvalidTypeError: when it is no text.
        :raises InvalidInputError: when it is empty, too long or not printable.
        :raises LimitExceeded: when too many challenges are open.
        :raises RandomSourceError: when the random source fails.
        :raises OSError: when a store in files cannot be written to.
        """
        made = self._new_challenge(purpose)
        self._store.add(made.identifier, made.expires_at, made.issued_at)
        return made.to_der()

    def verify(self, answer: Buffer, *, purpose: str = "login") -> Login:
        """Judge an answer. Whatever comes of it, the challenge that it answers is used up, if it was open.

        :param purpose: what the signature has to allow.
        :raises LoginError: when it is refused; reason "malformed", "server", "purpose", "time", "challenge" (not one
            that is open: never given, used before, or of before a restart), "certificate", "signature", or
            "certificate-" and the reason of the path validation, such as "certificate-revoked".
        :raises InvalidTypeError: when an argument has the wrong type.
        :raises InvalidInputError: when the clock gives a time without a zone.
        :raises OSError: when a store in files cannot be written to.
        """
        _inputs.as_text(purpose, "purpose")
        raw = _inputs.as_bytes(answer, "an answer")
        now = self._time()
        try:
            found = LoginAnswer.from_der(raw, max_size=MAX_ANSWER_LEN)
        except InvalidInputError as error:
            self._refuse("malformed", str(error), now, cause=error)
        asked = found.challenge
        if asked.server != self._name:
            self._refuse("server", f"it answers a challenge of {asked.server}", now)
        if asked.purpose != purpose:
            self._refuse("purpose", f"it is for {asked.purpose}, and not for {purpose}", now)
        if not asked.issued_at <= now < asked.expires_at:
            self._refuse("time", f"it was open from {asked.issued_at} to {asked.expires_at}", now)
        if not self._store.take(asked.identifier, asked.expires_at):
            self._refuse("challenge", "its challenge is not open: never given, or used before", now)
        return self._judge(found, now)

    def _judge(self, found: LoginAnswer, now: datetime) -> Login:
        try:
            certificate = Certificate.from_der(found.certificate)
            others = tuple(Certificate.from_der(other) for other in found.others)
        except GmpkiError as error:
            self._refuse("certificate", str(error), now, cause=error)
        try:
            statement = found.challenge.statement(found.certificate)
            verify_by(certificate, found.algorithm, found.signature, statement, self._policy.signatures)
        except GmpkiError as error:
            self._refuse("signature", str(error), now, certificate, error)
        try:
            path = validate_path(
                certificate,
                anchors=self._anchors,
                intermediates=(*self._intermediates, *others),
                policy=self._policy,
                checkers=self._checkers,
                at=now,
            )
        except ValidationError as error:
            self._refuse(f"certificate-{error.reason}", str(error), now, certificate, error)
        except GmpkiError as error:
            self._refuse("certificate", str(error), now, certificate, error)
        return Login(path, found.challenge, now)

    def _refuse(
        self,
        reason: str,
        detail: str,
        now: datetime,
        certificate: Certificate | None = None,
        cause: Exception | None = None,
    ) -> NoReturn:
        if self._on_refusal is not None:
            self._on_refusal(Refusal(reason, detail, now, certificate))
        raise LoginError(reason, _REFUSED) from cause

    def _new_challenge(self, purpose: str) -> LoginChallenge:
        now = self._time()
        return LoginChallenge(self._name, purpose, random_bytes(NONCE_LEN), now, now + self._window)

    def _time(self) -> datetime:
        return _inputs.utc_seconds(self._clock(), "the time of the clock")


def _certificates(certificates: Iterable[Certificate]) -> tuple[Certificate, ...]:
    found = _inputs.iterated(certificates, "certificates")
    for certificate in found:
        _inputs.member(certificate, Certificate, "a certificate")
    return found
