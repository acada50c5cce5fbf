"""An authority elsewhere, over HTTP: what a registration office works over when the authority is somebody else's.

>>> backend = RemoteIssuer(url, SignerSpec(office_key, office_certificate), service_certificate)  # doctest: +SKIP
>>> office = RegistrationOffice(store, backend)  # doctest: +SKIP

An order is carried out once, by its key, so a message whose answer was lost is sent again; when it stays lost, whoever
has ordered repeats the same order later, and gets what was issued.
"""

from __future__ import annotations

import time
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Final

from gmpki._inputs import as_text, function, member, number, utc_seconds
from gmpki.ca.interfaces import Actor, Issued, Order, RevocationOrder
from gmpki.ca.kmc.messages import is_fresh
from gmpki.ca.remote.messages import (
    ANSWER_KIND,
    MAX_MESSAGE_LEN,
    MEDIA_TYPE,
    REQUEST_KIND,
    Fields,
    read_signed,
    verified_fields,
    write_signed,
)
from gmpki.ca.remote.orders import actor_fields, order_fields, read_issued, revocation_fields
from gmpki.ca.store.columns import certificate_digest, digest_text, from_seconds, seconds
from gmpki.cms.signer_spec import SignerSpec
from gmpki.errors import FetchError, GmpkiError, InvalidInputError, InvalidTypeError, IssuerRefusedError
from gmpki.x509.certificate import Certificate

if TYPE_CHECKING:
    from collections.abc import Callable

    from gmpki.ca.kmc.remote import Sender
    from gmpki.ca.store.store import Transaction

__all__ = ["IN_PROGRESS", "RemoteIssuer"]

IN_PROGRESS: Final = "ConflictError.in-progress"
"""The code of an order that the authority is carrying out just now, asked for by a message whose answer was lost."""
_ATTEMPTS: Final = 4
_MAX_PAUSE_S: Final = 60


class RemoteIssuer:
    """An :class:`~gmpki.ca.interfaces.IssuerBackend` behind HTTP. Immutable; thread-safe, as far as the signer is.

    :param url: where messages are posted.
    :param office: what signs for the office, and its certificate, which the authority knows.
    :param service: the certificate with which the authority signs its answers. Whether it is revoked is for whoever
        configures it to know.
    :param sender: what sends; None is a :class:`gmpki.fetch.Fetcher`, which needs the extra ``fetch``.
    :param pause_s: before the second of four attempts, in seconds; twice as long before each that follows.
    :param window_s: how many seconds the time of an answer may differ from the clock.
    :param clock: returns the time, with a time zone; None is that of the system.
    :raises InvalidTypeError: when an argument has the wrong type.
    :raises InvalidInputError: when window_s is outside 1 to 86,400, or pause_s outside 0 to 60.
    """

    completes_within: Final = False
    """The office writes down what was issued when it has the answer."""

    def __init__(
        self,
        url: str,
        office: SignerSpec,
        service: Certificate,
        *,
        sender: Sender | None = None,
        pause_s: float = 0.5,
        window_s: int = 300,
        clock: Callable[[], datetime] | None = None,
    ) -> None:
        self._url = as_text(url, "url")
        member(office, SignerSpec, "office")
        member(service, Certificate, "service")
        if clock is not None:
            function(clock, "clock")
        if not isinstance(pause_s, (int, float)) or isinstance(pause_s, bool):
            raise InvalidTypeError(f"pause_s must be a number, not {type(pause_s).__name__}")
        if not 0 <= pause_s <= _MAX_PAUSE_S:
            raise InvalidInputError(f"pause_s is 0 to {_MAX_PAUSE_S} seconds")
        self._office = office
        self._service = service
        self._sender = sender if sender is not None else _fetcher()
        self._pause_s = pause_s
        self._window_s = number(window_s, 1, 86_400, "window_s")
        self._clock = clock if clock is not None else _system_time

    def issue(
        self, order: Order, *, actor: Actor, complete: Callable[[Transaction, Issued], None] | None = None
    ) -> Issued:
        """Have an order carried out, once.

        :param complete: is left to the office.
        :raises InvalidTypeError: when an argument has the wrong type.
        :raises LimitExceeded: when the order is longer than 1 MiB.
        :raises IssuerRefusedError: when the authority refuses; the code is the name of the error there, followed by its
            reason where it has one, such as "ProfileError" or "ConflictError.key-reused". With the code "answer", when
            what it answers is not acceptable.
        :raises FetchError: when there is no answer; the same order may have been carried out, or may be repeated.
        :raises GmpkiError: what the signer raises.
        """
        del complete
        member(order, Order, "order")
        answer = self._asked({"issue": order_fields(order)}, actor)
        try:
            issued = read_issued(answer.inner("issued"))
            answer.end()
            if issued.signing.public_key.to_der() != order.request.public_key.to_der():
                raise InvalidInputError("the certificate is for another key than that of the request")
            issued.pair  # noqa: B018 - refuses two certificates that are no pair
        except GmpkiError as error:
            raise IssuerRefusedError("answer", f"what the authority has issued is not acceptable: {error}") from None
        return issued

    def revoke(
        self, order: RevocationOrder, *, actor: Actor, complete: Callable[[Transaction], None] | None = None
    ) -> None:
        """Have certificates revoked, suspended or resumed, once: all of the order or none.

        Parameters and errors are those of :meth:`issue`.
        """
        del complete
        member(order, RevocationOrder, "order")
        answer = self._asked({"revoke": revocation_fields(order)}, actor)
        try:
            revoked = answer.text("revoked")
            answer.end()
            if revoked != order.key:
                raise InvalidInputError("it is about another order")
        except GmpkiError as error:
            raise IssuerRefusedError("answer", f"the answer is not acceptable: {error}") from None

    # ---- one exchange -------------------------------------------------------------------
    def _asked(self, what: dict[str, Any], actor: Actor) -> Fields:
        """Send a request until it is answered; return the fields that say what came of it."""
        member(actor, Actor, "actor")
        head = {
            "kind": REQUEST_KIND,
            "to": certificate_digest(self._service),
            "at": seconds(self._now()),
            "actor": actor_fields(actor),
        }
        message = write_signed({**head, **what}, self._office)
        attempt = 1
        while True:
            try:
                return self._answered(message)
            except (FetchError, IssuerRefusedError) as error:
                may_help = isinstance(error, FetchError) or error.code == IN_PROGRESS
                if not may_help or attempt == _ATTEMPTS:
                    raise
            time.sleep(self._pause_s * 2 ** (attempt - 1))
            attempt += 1

    def _answered(self, message: bytes) -> Fields:
        answer = self._sender.post(
            self._url,
            message,
            content_type=MEDIA_TYPE,
            answer_types=(MEDIA_TYPE,),
            max_answer_len=MAX_MESSAGE_LEN,
        )
        try:
            fields = self._read(answer, digest_text(message))
            refused = fields.inner("refused") if "refused" in fields else None
            code, said = ("", "") if refused is None else (refused.text("code"), refused.text("message"))
        except GmpkiError as error:
            raise IssuerRefusedError("answer", f"the answer is not acceptable: {error}") from None
        if refused is not None:
            raise IssuerRefusedError(code[:100], f"the authority refuses: {said[:500]}")
        return fields

    def _read(self, answer: bytes, request: str) -> Fields:
        """Return what the authority has signed about a request."""
        now = self._now()
        if not self._service.not_before <= now <= self._service.not_after:
            raise InvalidInputError("the certificate of the service is not valid now")
        fields = verified_fields(read_signed(answer), self._service)
        if fields.text("kind") != ANSWER_KIND or fields.text("request") != request:
            raise InvalidInputError("it is about another message")
        if not is_fresh(from_seconds(fields.number("at")), now, self._window_s):
            raise InvalidInputError("its time is not that of the clock here")
        return fields

    def _now(self) -> datetime:
        return utc_seconds(self._clock(), "what the clock returns")


def _fetcher() -> Sender:
    from gmpki.fetch import Fetcher

    return Fetcher()


def _system_time() -> datetime:
    return datetime.now(timezone.utc)
