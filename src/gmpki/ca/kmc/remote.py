"""A key-management centre elsewhere, over HTTP, by the signed messages of GM/T 0014.

>>> keys = RemoteKeyCentre(url, "test-ca", Party(ca_key, ca_certificate), kmc_certificate)  # doctest: +SKIP
>>> authority = Authority.open(..., key_centre=keys)  # doctest: +SKIP

Each call is one task with a number of its own. When the answer is lost, the same message is sent again, which the
centre carries out once.

:standard: GM/T 0014, whose text was not read (confidence B)
"""

from __future__ import annotations

import secrets
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Final, Protocol

from gmpki import oids
from gmpki._inputs import as_text, function, iterated, member, number, utc_seconds
from gmpki.asn1.gmt0014 import (
    MAX_TASKS,
    ApplyKeyReq,
    ApplyKeyRespond,
    AppUserInfo,
    ErrorPkgRespond,
    KMRespond,
    KSRequest,
    RestoreKeyReq,
    RestoreKeyRespond,
    RetKeyRespond,
    RevokeKeyReq,
    RevokeKeyRespond,
)
from gmpki.asn1.rfc5280 import AlgorithmIdentifier, SubjectPublicKeyInfo
from gmpki.ca.interfaces import AllottedKey, KeyWanted
from gmpki.ca.kmc.messages import (
    MAX_MESSAGE_LEN,
    MEDIA_TYPE,
    ErrorNumber,
    Party,
    entity_name,
    is_fresh,
    key_type,
    sign_request,
    verify_signed,
)
from gmpki.ca.kmc.signed_keys import SM4_ECB, as_key_envelope, to_message
from gmpki.errors import FetchError, GmpkiError, InvalidInputError, IssuerRefusedError, NotFoundError
from gmpki.keys.loader import load_public_key_info
from gmpki.x509.certificate import Certificate

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gmpki.asn1.gmt0014 import Request, Respond
    from gmpki.keys.interfaces import PublicKey

__all__ = ["RemoteKeyCentre", "Sender"]

_SM2: Final = AlgorithmIdentifier(oids.SM2_ENCRYPT)
_SM3: Final = AlgorithmIdentifier(oids.SM3)
_TASK_BITS: Final = 120
_ATTEMPTS: Final = 3
_MAX_BATCH: Final = 200


class Sender(Protocol):
    """What sends a message: :class:`gmpki.fetch.Fetcher` does."""

    def post(
        self, url: str, content: bytes, *, content_type: str, answer_types: Sequence[str], max_answer_len: int
    ) -> bytes:
        """Send a message and return the answer.

        :raises FetchError: when there is no answer.
        """


class RemoteKeyCentre:
    """A :class:`~gmpki.ca.interfaces.KeyCentre` behind GM/T 0014. Immutable; thread-safe, as far as the signer is.

    :param url: where messages are posted.
    :param authority: the name of the authority that it serves.
    :param party: that authority: what signs its requests, and its certificate, which the centre knows.
    :param centre: the certificate of the centre, whose signature the answers have. Whether it is revoked is for whoever
        configures it to know.
    :param sender: what sends; None is a :class:`gmpki.fetch.Fetcher`, which needs the extra ``fetch``.
    :param symmetric: what private keys are to be encrypted with. With SM4-ECB they can be rewritten for tokens.
    :param window_s: how many seconds the time of an answer may differ from the clock.
    :raises InvalidTypeError: when an argument has the wrong type.
    :raises InvalidInputError: when window_s is outside 1 to 86,400.
    """

    def __init__(
        self,
        url: str,
        authority: str,
        party: Party,
        centre: Certificate,
        *,
        sender: Sender | None = None,
        symmetric: AlgorithmIdentifier = SM4_ECB,
        window_s: int = 300,
        clock: Callable[[], datetime] | None = None,
    ) -> None:
        self._url = as_text(url, "url")
        self._authority = as_text(authority, "authority")
        member(party, Party, "party")
        member(centre, Certificate, "centre")
        member(symmetric, AlgorithmIdentifier, "symmetric")
        if clock is not None:
            function(clock, "clock")
        self._party = party
        self._centre = centre
        self._sender = sender if sender is not None else _fetcher()
        self._symmetric = symmetric
        self._window_s = number(window_s, 1, 86_400, "window_s")
        self._clock = clock if clock is not None else _system_time

    # ---- what an authority asks for -----------------------------------------------------
    def allot(self, wanted: Sequence[KeyWanted]) -> list[AllottedKey]:
        """Have keys given to owners. Of a call that is refused in part, those that were given go to the history.

        :raises InvalidTypeError: when one is no KeyWanted, or something in it has the wrong type.
        :raises InvalidInputError: when one is for another authority.
        :raises IssuerRefusedError: when the centre refuses, or its answer is not acceptable.
        :raises FetchError: when there is no answer.
        """
        asked = iterated(wanted, "wanted")
        requests = [self._apply(each) for each in asked]
        given: list[Respond] = []
        try:
            for at in range(0, len(requests), _MAX_BATCH):
                given += self._task(requests[at : at + _MAX_BATCH])
                for respond in given[at:]:
                    _check(respond)
            return [self._allotted(respond, ApplyKeyRespond) for respond in given]
        except IssuerRefusedError:
            self._give_back([each.certificate_number for each in given if isinstance(each, ApplyKeyRespond)])
            raise

    def recover(self, authority: str, serial_number: int, owner: PublicKey) -> AllottedKey:
        """Have the key of an encryption certificate given again.

        :raises NotFoundError: when the centre has no such key.
        :raises InvalidTypeError: when an argument has the wrong type.
        :raises InvalidInputError: when it is for another authority.
        :raises IssuerRefusedError: when the centre refuses, or its answer is not acceptable.
        :raises FetchError: when there is no answer.
        """
        self._check_authority(authority)
        key = SubjectPublicKeyInfo.from_der(owner.to_der())
        (respond,) = self._task([RestoreKeyReq(_SM2, self._symmetric, _SM3, _serial(serial_number), key)])
        if isinstance(respond, ErrorPkgRespond) and respond.number == ErrorNumber.NOT_FOUND:
            raise NotFoundError("the key-management centre has no such key")
        _check(respond)
        return self._allotted(respond, RestoreKeyRespond)

    def retire(self, authority: str, serial_numbers: Sequence[int]) -> None:
        """Tell the centre that certificates have ended.

        :raises InvalidTypeError: when an argument has the wrong type.
        :raises InvalidInputError: when it is for another authority.
        :raises IssuerRefusedError: when the centre refuses, or its answer is not acceptable.
        :raises FetchError: when there is no answer.
        """
        self._check_authority(authority)
        requests = [RevokeKeyReq(_serial(each)) for each in iterated(serial_numbers, "serial_numbers")]
        for at in range(0, len(requests), MAX_TASKS):
            for respond in self._task(requests[at : at + MAX_TASKS]):
                if isinstance(respond, ErrorPkgRespond) and respond.number == ErrorNumber.NOT_FOUND:
                    continue
                _check(respond)
                if not isinstance(respond, RevokeKeyRespond):
                    raise IssuerRefusedError("answer", "the centre answers something else than was asked")

    def _give_back(self, serials: Sequence[int]) -> None:
        import contextlib

        with contextlib.suppress(IssuerRefusedError, FetchError):
            self.retire(self._authority, serials)

    # ---- one task -----------------------------------------------------------------------
    def _apply(self, wanted: KeyWanted) -> ApplyKeyReq:
        member(wanted, KeyWanted, "what is wanted")
        self._check_authority(wanted.authority)
        algorithm, length = key_type(wanted.kind)
        user = AppUserInfo(
            _serial(wanted.serial_number),
            SubjectPublicKeyInfo.from_der(wanted.owner.to_der()),
            utc_seconds(wanted.not_before, "not_before"),
            utc_seconds(wanted.not_after, "not_after"),
        )
        return ApplyKeyReq(algorithm, length, _SM2, self._symmetric, _SM3, user)

    def _task(self, requests: Sequence[Request]) -> tuple[Respond, ...]:
        """Have requests carried out; return an answer for each, which may be an error."""
        now = utc_seconds(self._clock(), "what the clock returns")
        request = KSRequest(self._party.name, tuple(requests), now, secrets.randbits(_TASK_BITS) + 1)
        responds = self._answered(sign_request(request, self._party), request.task)
        if len(responds) != len(requests):
            for respond in responds:
                _check(respond)  # the whole message was refused
            raise IssuerRefusedError("answer", "the centre answers another number of requests than there were")
        for asked, respond in zip(requests, responds, strict=True):
            if not isinstance(respond, ErrorPkgRespond) and respond.certificate_number != _number_of(asked):
                raise IssuerRefusedError("answer", "the centre answers for another certificate than was asked for")
        return responds

    def _answered(self, message: bytes, task: int) -> tuple[Respond, ...]:
        """Send a message, and return what the centre has signed for this task."""
        try:
            answer = KMRespond.from_der(self._sent(message), max_size=MAX_MESSAGE_LEN)
            respond = answer.respond()
            verify_signed(answer, self._centre)
        except FetchError:
            raise
        except GmpkiError as error:
            raise IssuerRefusedError("answer", f"the answer is not acceptable: {error}") from None
        if respond.centre != entity_name(self._centre):
            raise IssuerRefusedError("answer", "the answer is in the name of another centre")
        # A message that could not be read has no number that the centre could give back.
        unread = respond.task == 0 and all(isinstance(each, ErrorPkgRespond) for each in respond.responds)
        if respond.task != task and not unread:
            raise IssuerRefusedError("answer", "the answer is for another task")
        if not is_fresh(respond.responded_at, utc_seconds(self._clock(), "what the clock returns"), self._window_s):
            raise IssuerRefusedError("answer", "the time of the answer is not that of the clock here")
        return respond.responds

    def _sent(self, message: bytes) -> bytes:
        failure: FetchError | None = None
        for _ in range(_ATTEMPTS):
            try:
                return self._sender.post(
                    self._url,
                    message,
                    content_type=MEDIA_TYPE,
                    answer_types=(MEDIA_TYPE,),
                    max_answer_len=MAX_MESSAGE_LEN,
                )
            except FetchError as error:  # noqa: PERF203 - three rounds over a network
                failure = error
        raise failure if failure is not None else FetchError("nothing was sent")

    def _allotted(self, respond: Respond, kind: type[RetKeyRespond]) -> AllottedKey:
        if not isinstance(respond, RetKeyRespond) or not isinstance(respond, kind):
            raise IssuerRefusedError("answer", "the centre answers something else than was asked")
        try:
            public_key = load_public_key_info(respond.public_key)
            envelope = as_key_envelope(respond.private_key, public_key)
            delivery = to_message(respond.private_key) if envelope is None else envelope.to_der()
        except GmpkiError as error:
            raise IssuerRefusedError("answer", f"the key that came is not acceptable: {error}") from None
        return AllottedKey(public_key, delivery)

    def _check_authority(self, authority: str) -> None:
        if as_text(authority, "authority") != self._authority:
            raise InvalidInputError(f"this centre serves the authority {self._authority!r} alone")


def _check(respond: Respond) -> None:
    if isinstance(respond, ErrorPkgRespond):
        said = f": {respond.description[:200]}" if respond.description else ""
        raise IssuerRefusedError(str(respond.number), f"the key-management centre refuses{said}")


def _serial(value: int) -> int:
    return number(value, 1, (1 << 159) - 1, "a serial number")


def _number_of(request: Request) -> int:
    return request.user.certificate_number if isinstance(request, ApplyKeyReq) else request.certificate_number


def _fetcher() -> Sender:
    from gmpki.fetch import Fetcher

    return Fetcher()


def _system_time() -> datetime:
    return datetime.now(timezone.utc)
