"""Every exception of gmpki, in one tree under :class:`GmpkiError`.

Verification returns ``None`` or raises. No exception of a library below (``KeyError``, a library's ``ValueError``, a
CFFI error) escapes from a public function. Messages say what was expected, what came and what was tried; they never
hold a secret.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime

__all__ = [
    "BackendError",
    "ConflictError",
    "DecodeError",
    "DecryptionError",
    "DriverCrashedError",
    "DriverError",
    "FaultDetected",
    "FetchError",
    "GmpkiError",
    "InvalidInputError",
    "InvalidPointError",
    "InvalidScalarError",
    "InvalidSignature",
    "InvalidTag",
    "InvalidTypeError",
    "IssuerRefusedError",
    "KeyMismatchError",
    "LifeCycleError",
    "LimitExceeded",
    "LoginError",
    "LoginRequiredError",
    "MessageError",
    "NoRecipientError",
    "NotFoundError",
    "NotPermittedError",
    "PinIncorrectError",
    "PinLockedError",
    "PinRejectedError",
    "PolicyError",
    "ProfileError",
    "PublicationError",
    "RandomSourceError",
    "ResponderError",
    "RevocationUnknownError",
    "RevokedError",
    "SealError",
    "SelfTestError",
    "StateError",
    "StoreError",
    "TamperedError",
    "TimestampError",
    "TimestampRejected",
    "TokenError",
    "TokenExistsError",
    "TokenFullError",
    "TokenNotFoundError",
    "TokenRemovedError",
    "TokenTimeoutError",
    "TokenUnsupportedError",
    "UnknownKeyError",
    "UnsupportedAlgorithm",
    "UnsupportedPlatform",
    "ValidationError",
]


class GmpkiError(Exception):
    """The root of every error that gmpki raises. Errors can be pickled, so that one process can tell another."""

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        # Not with the arguments of the message alone, as other exceptions: several take more than that.
        return _restored, (type(self), self.args, dict(self.__dict__))


def _restored(kind: type[GmpkiError], args: tuple[object, ...], state: dict[str, object]) -> GmpkiError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(state)
    return error


class InvalidInputError(GmpkiError, ValueError):
    """An input has a value, a length or a combination that the function does not take."""


class InvalidTypeError(InvalidInputError, TypeError):
    """An input has the wrong type, for instance ``str`` where bytes are needed."""


class DecodeError(InvalidInputError):
    """Encoded data is not what it should be.

    :ivar offset: where in the data, in bytes from its start, or ``None`` when it concerns the whole.
    :ivar path: the field names from the outermost structure to the place, possibly empty.
    """

    def __init__(self, message: str, *, offset: int | None = None, path: tuple[str, ...] = ()) -> None:
        self.offset = offset
        self.path = path
        where = ".".join(path)
        if offset is not None:
            where = f"{where} at byte {offset}" if where else f"at byte {offset}"
        super().__init__(f"{message} ({where})" if where else message)


class InvalidPointError(InvalidInputError):
    """Not the encoding of a point on the curve: wrong form, a coordinate out of range, off the curve, or infinity."""


class InvalidScalarError(InvalidInputError):
    """A private key outside the range of its curve ([1, n-2] for SM2)."""


class LimitExceeded(InvalidInputError):
    """More data than the algorithm allows under one key, nonce or call, or a bound against hostile input reached."""


class KeyMismatchError(InvalidInputError):
    """Two parts that should belong together do not: a private key and its public key, a key and an algorithm."""


class ProfileError(InvalidInputError):
    """A certificate profile does not allow what was asked for, or is no valid profile."""


class InvalidSignature(GmpkiError):
    """A signature does not hold. The message says what was tried, never why in terms of secret values."""


class DecryptionError(GmpkiError):
    """A message cannot be decrypted. One error with one message for every cause: it tells an attacker nothing."""

    MESSAGE = "the message cannot be decrypted"

    def __init__(self) -> None:
        super().__init__(self.MESSAGE)


class InvalidTag(DecryptionError):
    """The tag of an authenticated message or a MAC does not hold. As uniform as its parent."""

    MESSAGE = "the authentication tag does not hold"


class StateError(GmpkiError):
    """A context was used out of order: after its end, or in the wrong phase."""


class UnsupportedAlgorithm(GmpkiError):
    """The algorithm, format or option is known or unknown, but gmpki does not do it."""


class UnsupportedPlatform(GmpkiError):
    """What was asked is not possible on this platform."""


class PolicyError(GmpkiError):
    """The algorithm policy refuses this algorithm or key size; the message names what would allow it."""


class BackendError(GmpkiError):
    """A forced backend does not exist or cannot run on this processor."""


class RandomSourceError(GmpkiError):
    """The operating system's random source failed."""


class SelfTestError(GmpkiError):
    """A self-test failed: the module is in its error state and refuses every operation."""


class FaultDetected(GmpkiError):
    """A signature that was just made did not verify: a hardware fault or an attack; it was not released."""


class ValidationError(GmpkiError):
    """A certificate, a path, a revocation list or an answer about one is not acceptable.

    :ivar reason: a stable code in lower case, such as "expired" or "name-constraints".
    :ivar certificate: the :class:`~gmpki.x509.certificate.Certificate` it concerns, or ``None``.
    """

    def __init__(self, reason: str, message: str, *, certificate: object = None) -> None:
        self.reason = reason
        self.certificate = certificate
        super().__init__(message)


class RevokedError(ValidationError):
    """A certificate has been revoked.

    :ivar revoked_at: when, a ``datetime`` in UTC.
    :ivar revocation_reason: the :class:`~gmpki.asn1.rfc5280.ReasonCode`, or ``None`` when none was given.
    """

    def __init__(
        self, message: str, *, revoked_at: datetime, revocation_reason: object = None, certificate: object = None
    ) -> None:
        self.revoked_at = revoked_at
        self.revocation_reason = revocation_reason
        super().__init__("revoked", message, certificate=certificate)


class RevocationUnknownError(ValidationError):
    """Whether a certificate has been revoked could not be found out, and the caller wants to know."""


class MessageError(ValidationError):
    """A signed message is not acceptable, for another reason than its signature or a certificate.

    :ivar reason: a stable code in lower case, such as "no-signers" or "signer-missing".
    """


class TimestampError(ValidationError):
    """A time-stamp is not acceptable.

    :ivar reason: a stable code in lower case, such as "imprint" or "nonce".
    """


class SealError(ValidationError):
    """A seal, or what a document was sealed with, is not acceptable, for another reason than a signature or a
    certificate.

    :ivar reason: a stable code in lower case, such as "signer-not-listed" or "changed".
    """


class NoRecipientError(InvalidInputError):
    """None of the keys at hand belongs to a recipient that the message names, which everybody can see in it."""


class UnknownKeyError(InvalidInputError):
    """The key ring does not hold the key whose id protected data names: never had it, or destroyed it."""


class TimestampRejected(GmpkiError):
    """A time-stamping authority answered that it gives no time-stamp.

    :ivar status: the name of the status in RFC 3161 2.4.2, such as "rejection".
    :ivar failures: the names of the failures it gave, such as "badAlg", possibly none.
    """

    def __init__(self, status: str, failures: tuple[str, ...] = (), text: str = "") -> None:
        self.status = status
        self.failures = failures
        self.text = text
        why = f" ({', '.join(failures)})" if failures else ""
        said = f": {text}" if text else ""
        super().__init__(f"the time-stamping authority answered {status}{why}{said}")


class TamperedError(GmpkiError):
    """Protected data was changed, removed, moved or cut off since it was written.

    :ivar reason: a stable code in lower case, such as "changed" or "truncated".
    :ivar place: where: the number of the first entry or the name of the first item concerned, or ``None``.
    """

    def __init__(self, reason: str, message: str, *, place: int | str | None = None) -> None:
        self.reason = reason
        self.place = place
        super().__init__(message)


class LoginError(GmpkiError):
    """Somebody who wants to log in has not proved who he is.

    :ivar reason: a stable code in lower case, for the log of the server and not for the one who was refused.
    """

    def __init__(self, reason: str, message: str) -> None:
        self.reason = reason
        super().__init__(message)


class ResponderError(GmpkiError):
    """An OCSP responder answered that it will not or cannot tell.

    :ivar status: the name of the status in RFC 6960 4.2.1, such as "tryLater".
    """

    def __init__(self, status: str) -> None:
        self.status = status
        super().__init__(f"the OCSP responder answered {status}")


class FetchError(GmpkiError):
    """Nothing usable could be fetched from an address: no connection, no time left, too much, another kind of data."""


class NotFoundError(InvalidInputError):
    """There is no such record: no application, certificate, operator or other thing of that name."""


class ConflictError(GmpkiError):
    """A record stands in the way of another: a number that is taken, a key that was used for another request.

    :ivar reason: a stable code in lower case, such as "duplicate" or "key-reused".
    """

    def __init__(self, reason: str, message: str) -> None:
        self.reason = reason
        super().__init__(message)


class LifeCycleError(StateError):
    """An operation is not one for something in this state.

    :ivar operation: the name of the operation, such as "review".
    :ivar state: the name of the state that it was found in, such as "issued".
    """

    def __init__(self, operation: str, state: str, message: str) -> None:
        self.operation = operation
        self.state = state
        super().__init__(message)


class NotPermittedError(GmpkiError):
    """Somebody may not do this: no permission, another region, or their own entry.

    :ivar reason: a stable code in lower case, such as "permission", "region", "own-entry" or "remote".
    """

    def __init__(self, reason: str, message: str) -> None:
        self.reason = reason
        super().__init__(message)


class StoreError(GmpkiError):
    """The database cannot be read or written, or is not one of gmpki; what was not committed is not there.

    :ivar is_unknown: the connection broke while a commit was on its way: only reading tells whether it is there.
    """

    def __init__(self, message: str, *, is_unknown: bool = False) -> None:
        self.is_unknown = is_unknown
        super().__init__(message)


class IssuerRefusedError(GmpkiError):
    """An authority or key-management centre that was asked over the network answered that it will not.

    :ivar code: what it gave as the reason: a name, or the number of GM/T 0014 as text.
    """

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        super().__init__(message)


class PublicationError(GmpkiError):
    """Something could not be published; it stays due and is tried again."""


class TokenError(GmpkiError):
    """A token, or the driver that leads to it, refused or failed.

    :ivar function: the function of the driver that answered, such as "SKF_VerifyPIN", or ``None``.
    :ivar code: its raw answer, or ``None`` when none came.
    :ivar code_name: the standard's name of the answer, such as "SAR_FAIL", or ``None`` when it has none.
    """

    def __init__(
        self, message: str, *, function: str | None = None, code: int | None = None, code_name: str | None = None
    ) -> None:
        self.function = function
        self.code = code
        self.code_name = code_name
        answer = code_name or ("" if code is None else f"answer 0x{code:08x}")
        origin = ": ".join(part for part in (function, answer) if part)
        super().__init__(f"{message} ({origin})" if origin else message)


class PinIncorrectError(TokenError):
    """The PIN is wrong, and one of its tries is spent.

    :ivar tries_left: how many more there are, or ``None`` where the driver does not say.
    """

    def __init__(
        self,
        message: str,
        *,
        tries_left: int | None = None,
        function: str | None = None,
        code: int | None = None,
        code_name: str | None = None,
    ) -> None:
        self.tries_left = tries_left
        left = "" if tries_left is None else f"; tries left: {tries_left}"
        super().__init__(f"{message}{left}", function=function, code=code, code_name=code_name)


class PinLockedError(TokenError):
    """The PIN is locked: its tries are used up."""


class PinRejectedError(TokenError):
    """A PIN of this length or form is not taken; no try is spent."""


class LoginRequiredError(TokenError):
    """The token wants a PIN, or the authentication of the device, before it does this."""


class TokenRemovedError(TokenError):
    """The token is no longer there."""


class TokenUnsupportedError(TokenError):
    """The driver or the token does not have this function or algorithm."""


class TokenFullError(TokenError):
    """There is no room left: for data, applications, containers or session keys."""


class TokenNotFoundError(TokenError):
    """The token does not have the device, application, container, file, key or certificate of this name."""


class TokenExistsError(TokenError):
    """The token has something of this name already."""


class TokenTimeoutError(TokenError):
    """The token, or the lock of somebody else on it, took longer than was allowed."""


class DriverError(TokenError):
    """A driver cannot be loaded, or does not keep to its interface."""


class DriverCrashedError(DriverError):
    """The process that runs the driver ended while it was called."""
