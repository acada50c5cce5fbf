"""What an application asks for, and how it stands in its row: JSON, the extensions of it encrypted.

Extensions hold identity numbers (GM/T 0015 has several for them), so they are not stored in clear before a certificate
publishes them.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from gmpki._inputs import as_text, member, utc_seconds
from gmpki.asn1 import der
from gmpki.asn1.rfc5280 import Extension, Name, ReasonCode, Validity, encode_extensions, read_extensions
from gmpki.ca.store.columns import digest_text, from_seconds, row_id, seconds
from gmpki.errors import InvalidInputError

if TYPE_CHECKING:
    from gmpki.ca.store.protection import Protection

__all__ = ["Wanted", "from_columns", "to_columns"]

_TABLE: Final = "applications"
_COLUMN: Final = "wanted"
_MAX_TEXT_LEN: Final = 256


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an application asks for. Immutable.

    :ivar subject: of the certificates; None is that of the request.
    :ivar validity: of the certificates; None is the profile's usual one.
    :ivar extensions: added to the certificates, as far as the profile lets them be.
    :ivar keeps_encryption_key: keep the encryption key of the pair that is renewed, reissued or changed.
    :ivar reason: why certificates are revoked.
    :ivar invalidity_date: since when their key is in wrong hands.
    :ivar asked_by: who asked for it, when it was not the holder: at most 256 characters in one line.
    :ivar recipient_id: of a recovery: the pair whose signing key the encryption key is enveloped for.
    :raises InvalidTypeError: when a field has the wrong type.
    :raises InvalidInputError: when the subject is empty, a time has no time zone, or the text is
        too long or not in one line.
    """

    subject: Name | None = None
    validity: Validity | None = None
    extensions: tuple[Extension, ...] = field(default=(), repr=False)
    keeps_encryption_key: bool = False
    reason: ReasonCode | None = None
    invalidity_date: datetime | None = None
    asked_by: str = ""
    recipient_id: int | None = None

    def __post_init__(self) -> None:
        for name, kind in (("subject", Name), ("validity", Validity), ("reason", ReasonCode)):
            if getattr(self, name) is not None:
                member(getattr(self, name), kind, name)
        if self.subject is not None and not self.subject.rdns:
            raise InvalidInputError("the subject is empty")
        member(self.extensions, tuple, "extensions")
        for each in self.extensions:
            member(each, Extension, "an extension")
        member(self.keeps_encryption_key, bool, "keeps_encryption_key")
        if self.invalidity_date is not None:
            object.__setattr__(self, "invalidity_date", utc_seconds(self.invalidity_date, "invalidity_date"))
        as_text(self.asked_by, "asked_by")
        if len(self.asked_by) > _MAX_TEXT_LEN or not self.asked_by.isprintable():
            raise InvalidInputError(f"asked_by is at most {_MAX_TEXT_LEN} printable characters")
        if self.recipient_id is not None:
            row_id(self.recipient_id, "recipient_id")

    def to_json(self) -> str:
        """Return all but the extensions as JSON in ASCII, with sorted names."""
        validity, invalidity = self.validity, self.invalidity_date
        facts = {
            "subject": None if self.subject is None else base64.b64encode(self.subject.to_der()).decode("ascii"),
            "not_before": None if validity is None else seconds(validity.not_before),
            "not_after": None if validity is None else seconds(validity.not_after),
            "keeps_encryption_key": self.keeps_encryption_key or None,
            "reason": None if self.reason is None else int(self.reason),
            "invalidity_at": None if invalidity is None else seconds(invalidity),
            "asked_by": self.asked_by or None,
            "recipient_id": self.recipient_id,
        }
        given = {name: value for name, value in facts.items() if value is not None}
        return json.dumps(given, sort_keys=True, separators=(",", ":"))

    def digest(self) -> str:
        """Return what tells it from others: SM3 in hexadecimal digits."""
        return digest_text(self.to_json().encode("ascii") + encode_extensions(self.extensions))


def to_columns(wanted: Wanted, reference: str, protection: Protection) -> dict[str, Any]:
    """Return the columns ``wanted`` and ``wanted_sealed``.

    :param reference: of the application, to which what is encrypted is bound.
    """
    sealed = None
    if wanted.extensions:
        encoded = encode_extensions(wanted.extensions)
        sealed = protection.cipher(_TABLE, _COLUMN).encrypt(encoded, reference)
    return {"wanted": wanted.to_json(), "wanted_sealed": sealed}


def from_columns(text: str, sealed: bytes | None, reference: str, protection: Protection) -> Wanted:
    """Return what :func:`to_columns` wrote; the tag of its row has been verified.

    :raises InvalidTag: when the extensions are not as they were encrypted, or were for another application.
    """
    facts = json.loads(text)
    subject, invalidity, validity = facts.get("subject"), facts.get("invalidity_at"), None
    if "not_before" in facts:
        validity = Validity(from_seconds(facts["not_before"]), from_seconds(facts["not_after"]))
    extensions: tuple[Extension, ...] = ()
    if sealed is not None:
        encoded = protection.cipher(_TABLE, _COLUMN).decrypt(sealed, reference)
        with der.Reader(encoded) as reader:
            extensions = read_extensions(reader)
    return Wanted(
        subject=None if subject is None else Name.from_der(base64.b64decode(subject)),
        validity=validity,
        extensions=extensions,
        keeps_encryption_key=facts.get("keeps_encryption_key", False),
        reason=None if "reason" not in facts else ReasonCode(facts["reason"]),
        invalidity_date=None if invalidity is None else from_seconds(invalidity),
        asked_by=facts.get("asked_by", ""),
        recipient_id=facts.get("recipient_id"),
    )
