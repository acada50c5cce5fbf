"""The key-management centre's side of GM/T 0014: signed requests of authorities in, signed answers out.

>>> service = KeyManagementService(centre, party, {"test-ca": ca_certificate})  # doctest: +SKIP
>>> answer = service.answer(request)  # doctest: +SKIP

A request is taken when one of the configured authorities has signed it, within some minutes of its time, and under a
task number that the authority has not used for another request. The same request again gets the same answer again, so
that an authority which lost the answer can repeat it. Of the new keys that one message asks for, all are given or none.

:standard: GM/T 0014, whose text was not read (confidence B)
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Final, TypeVar

from gmpki import oids
from gmpki._inputs import as_bytes, member, number
from gmpki.asn1.gmt0014 import (
    ApplyKeyReq,
    ApplyKeyRespond,
    CARequest,
    ErrorPkgRespond,
    KSRespond,
    RestoreKeyReq,
    RestoreKeyRespond,
    RevokeKeyRespond,
)
from gmpki.asn1.rfc5280 import AlgorithmIdentifier, Name, SubjectPublicKeyInfo
from gmpki.ca.interfaces import Actor, KeyWanted
from gmpki.ca.kmc.centre import KeyManagementCentre
from gmpki.ca.kmc.messages import (
    MAX_MESSAGE_LEN,
    ErrorNumber,
    Party,
    entity_name,
    is_fresh,
    kind_of,
    sign_respond,
    verify_signed,
)
from gmpki.ca.kmc.signed_keys import sign_and_envelop
from gmpki.ca.store.columns import digest_text
from gmpki.ca.store.idempotency import keep_answer, once
from gmpki.errors import (
    ConflictError,
    GmpkiError,
    InvalidInputError,
    InvalidSignature,
    LifeCycleError,
    NotFoundError,
    StateError,
    StoreError,
    UnknownKeyError,
    UnsupportedAlgorithm,
)
from gmpki.keys.loader import load_public_key_info
from gmpki.x509.certificate import Certificate

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from typing_extensions import Buffer

    from gmpki.asn1.gmt0014 import KSRequest, Respond, RevokeKeyReq
    from gmpki.ca.kmc.kinds import EscrowedKey
    from gmpki.keys.interfaces import PublicKey

__all__ = ["KeyManagementService"]

_R = TypeVar("_R", ApplyKeyRespond, RestoreKeyRespond)
_OPERATION: Final = "kmc.task"
_NO_TASK: Final = 0
_MAX_TASK: Final = (1 << 160) - 1


class _RefusedError(Exception):
    """A whole message is refused."""

    def __init__(self, number: ErrorNumber, description: str, task: int = _NO_TASK) -> None:
        super().__init__(description)
        self.number = number
        self.task = task


class KeyManagementService:
    """Answers signed requests. Thread-safe, as far as the centre's signer is; any number of processes may answer.

    :param party: the centre: what signs its answers, and its certificate.
    :param authorities: who may ask: the certificates of authorities by their names here, under which their keys are
        kept. Whether one is revoked is for whoever configures them to know.
    :param window_s: how many seconds the time of a request may differ from the clock of the store.
    :raises InvalidTypeError: when an argument has the wrong type.
    :raises InvalidInputError: when there is no authority, two have one certificate, or window_s is outside 1 to 86,400.
    """

    def __init__(
        self, centre: KeyManagementCentre, party: Party, authorities: Mapping[str, Certificate], *, window_s: int = 300
    ) -> None:
        from collections.abc import Mapping as AnyMapping

        member(centre, KeyManagementCentre, "centre")
        member(party, Party, "party")
        member(authorities, AnyMapping, "authorities")
        if not authorities:
            raise InvalidInputError("there is no authority that may ask")
        self._authorities: dict[bytes, tuple[str, Certificate]] = {}
        for name, certificate in authorities.items():
            Actor(name)
            member(certificate, Certificate, "the certificate of an authority")
            self._authorities[entity_name(certificate).to_der()] = (name, certificate)
        if len(self._authorities) != len(authorities):
            raise InvalidInputError("two authorities have one certificate")
        self._centre = centre
        self._store = centre.store
        self._party = party
        self._window_s = number(window_s, 1, 86_400, "window_s")

    def answer(self, data: Buffer) -> bytes:
        """Answer a request: the DER of KMRespond, also where it is refused.

        :param data: the DER of CARequest.
        :raises InvalidTypeError: when it is no buffer.
        :raises StoreError: when the database cannot be read or written.
        :raises GmpkiError: what the centre's signer raises.
        """
        raw = as_bytes(data, "a request")
        try:
            message, request = _read(raw)
            name, certificate = self._authority(message, request)
            return self._carried_out(message, request, name, certificate)
        except _RefusedError as refused:
            error = ErrorPkgRespond(int(refused.number), str(refused))
            return self._signed((error,), refused.task)

    def _authority(self, message: CARequest, request: KSRequest) -> tuple[str, Certificate]:
        """Return who has signed a request."""
        found = self._authorities.get(request.authority.to_der())
        if found is None:
            raise _RefusedError(ErrorNumber.UNKNOWN_AUTHORITY, "not an authority of this centre", request.task)
        now = self._store.now()
        certificate = found[1]
        if not certificate.not_before <= now <= certificate.not_after:
            raise _RefusedError(ErrorNumber.UNKNOWN_AUTHORITY, "the certificate has expired", request.task)
        try:
            verify_signed(message, certificate)
        except (InvalidSignature, InvalidInputError):
            raise _RefusedError(ErrorNumber.SIGNATURE, "the signature does not hold", request.task) from None
        if not is_fresh(request.requested_at, now, self._window_s):
            raise _RefusedError(ErrorNumber.TIME, "the time of the request is not that of the centre", request.task)
        return found

    def _carried_out(self, message: CARequest, request: KSRequest, name: str, certificate: Certificate) -> bytes:
        # Of the signed content alone: whoever signs it once more has repeated it all the same.
        digest = digest_text(message.content)
        key = f"kmc:{certificate.fingerprint('sm3').hex()[:32]}:{request.task:x}"
        try:
            with self._store.transaction() as tx:
                kept = once(tx, key, _OPERATION, digest)
            if kept is not None:
                return base64.b64decode(kept)
            answer = self._signed(tuple(self._responds(request, name, certificate)), request.task, request=request)
            with self._store.transaction() as tx:
                kept = once(tx, key, _OPERATION, digest)
                if kept is not None:  # another process was given the same request
                    return base64.b64decode(kept)
                keep_answer(tx, key, _OPERATION, digest, base64.b64encode(answer).decode("ascii"))
        except ConflictError:
            raise _RefusedError(ErrorNumber.TASK_REUSED, "the task number was used before", request.task) from None
        return answer

    def _signed(self, responds: tuple[Respond, ...], task: int, *, request: KSRequest | None = None) -> bytes:
        explicit = request.explicit_tags if request is not None else False
        respond = KSRespond(self._party.name, responds, self._store.now(), task, explicit)
        return sign_respond(respond, self._party)

    # ---- the requests of a message ------------------------------------------------------
    def _responds(self, request: KSRequest, name: str, certificate: Certificate) -> Iterator[Respond]:
        applied = [each for each in request.requests if isinstance(each, ApplyKeyReq)]
        given = iter(self._all_or_none(applied, name, certificate.subject))
        for each in request.requests:
            yield next(given) if isinstance(each, ApplyKeyReq) else self._one(each, name, certificate.subject)

    def _all_or_none(self, applied: Sequence[ApplyKeyReq], name: str, issuer: Name) -> Sequence[Respond]:
        """Give the new keys of a message in one transaction: all, or the same error for each."""
        try:
            return self._applied(applied, name, issuer)
        except StoreError:
            raise
        except GmpkiError as error:
            return [_error(error)] * len(applied)

    def _one(self, request: RestoreKeyReq | RevokeKeyReq, name: str, issuer: Name) -> Respond:
        try:
            if isinstance(request, RestoreKeyReq):
                return self._restored(request, name, issuer)
            self._centre.find(name, request.certificate_number)
            self._centre.retire(name, [request.certificate_number])
            return RevokeKeyRespond(request.certificate_number)
        except StoreError:
            raise
        except GmpkiError as error:
            return _error(error)

    def _applied(self, applied: Sequence[ApplyKeyReq], name: str, issuer: Name) -> list[ApplyKeyRespond]:
        wanted = []
        symmetric: dict[int, AlgorithmIdentifier] = {}
        for each in applied:
            _check_algorithms(each.asymmetric, each.hash_algorithm)
            user = each.user
            owner = load_public_key_info(user.public_key)
            kind = kind_of(each.key_type, each.key_len)
            number(user.certificate_number, 1, _MAX_TASK, "userCertNo")
            wanted.append(KeyWanted(name, user.certificate_number, owner, user.not_before, user.not_after, kind))
            symmetric[user.certificate_number] = each.symmetric

        def envelop(key: EscrowedKey, each: KeyWanted) -> ApplyKeyRespond:
            serial = each.serial_number
            return self._respond(
                ApplyKeyRespond, key, each.owner, symmetric=symmetric[serial], recipient=(issuer, serial)
            )

        return list(self._centre.allot_with(wanted, envelop))

    def _restored(self, request: RestoreKeyReq, name: str, issuer: Name) -> RestoreKeyRespond:
        _check_algorithms(request.asymmetric, request.hash_algorithm)
        owner = load_public_key_info(request.public_key)
        serial = request.certificate_number

        def envelop(key: EscrowedKey) -> RestoreKeyRespond:
            return self._respond(RestoreKeyRespond, key, owner, symmetric=request.symmetric, recipient=(issuer, serial))

        return self._centre.recover_with(name, serial, owner, envelop)

    def _respond(
        self,
        kind: type[_R],
        key: EscrowedKey,
        owner: PublicKey,
        *,
        symmetric: AlgorithmIdentifier,
        recipient: tuple[Name, int],
    ) -> _R:
        sealed = sign_and_envelop(key, owner, self._party.spec, symmetric=symmetric, recipient=recipient)
        return kind(recipient[1], SubjectPublicKeyInfo.from_der(key.public_key.to_der()), sealed)


def _read(raw: bytes) -> tuple[CARequest, KSRequest]:
    try:
        message = CARequest.from_der(raw, max_size=MAX_MESSAGE_LEN)
        return message, message.request()
    except InvalidInputError as error:
        raise _RefusedError(ErrorNumber.MALFORMED, f"not a request: {error}") from None


def _check_algorithms(asymmetric: AlgorithmIdentifier, hash_algorithm: AlgorithmIdentifier) -> None:
    if asymmetric.algorithm not in (oids.SM2, oids.SM2_ENCRYPT, oids.SM2_EXCHANGE, oids.EC_PUBLIC_KEY):
        raise UnsupportedAlgorithm(f"a key is encrypted with SM2, not {asymmetric.shown}")
    if hash_algorithm.algorithm != oids.SM3:
        raise UnsupportedAlgorithm(f"a key is signed with SM3, not {hash_algorithm.shown}")


def _error(error: GmpkiError) -> ErrorPkgRespond:
    found = _number_of(error)
    # What went wrong inside the centre is not for others.
    return ErrorPkgRespond(int(found), "the centre cannot do it now" if found is ErrorNumber.INTERNAL else str(error))


def _number_of(error: GmpkiError) -> ErrorNumber:
    for kind, found in (
        (UnknownKeyError, ErrorNumber.INTERNAL),
        (NotFoundError, ErrorNumber.NOT_FOUND),
        (UnsupportedAlgorithm, ErrorNumber.UNSUPPORTED),
        (ConflictError, ErrorNumber.CONFLICT),
        (LifeCycleError, ErrorNumber.CONFLICT),
        (StateError, ErrorNumber.POOL_EMPTY),
        (InvalidInputError, ErrorNumber.MALFORMED),
    ):
        if isinstance(error, kind):
            return found
    return ErrorNumber.INTERNAL
