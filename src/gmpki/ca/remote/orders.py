"""Orders and what they gave, as fields of messages."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from gmpki.asn1 import der
from gmpki.asn1.rfc5280 import Name, ReasonCode, Validity
from gmpki.asn1.rfc5280.extension import encode_extensions, read_extensions
from gmpki.ca.interfaces import Actor, Issued, Order, RevocationOrder
from gmpki.ca.store.columns import from_seconds, seconds, serial_number, serial_text
from gmpki.errors import DecodeError
from gmpki.x509.certificate import Certificate
from gmpki.x509.request import CertificateRequest

if TYPE_CHECKING:
    from gmpki.ca.remote.messages import Fields

__all__ = [
    "actor_fields",
    "issued_fields",
    "order_fields",
    "read_actor",
    "read_issued",
    "read_order",
    "read_revocation",
    "revocation_fields",
]


def actor_fields(actor: Actor) -> dict[str, Any]:
    """Return who does something, as fields."""
    return {"name": actor.name, "certificate": actor.certificate_digest}


def read_actor(fields: Fields) -> Actor:
    """Read who does something.

    :raises InvalidInputError: when it is somebody who cannot be named so.
    """
    actor = Actor(fields.text("name"), fields.text("certificate"))
    fields.end()
    return actor


def order_fields(order: Order) -> dict[str, Any]:
    """Return an order as fields."""
    validity = order.validity
    fields = {
        "key": order.key,
        "authority": order.authority,
        "profile": order.profile,
        "request": _text(order.request.der),
        "subject": None if order.subject is None else _text(order.subject.to_der()),
        "not_before": None if validity is None else seconds(validity.not_before),
        "not_after": None if validity is None else seconds(validity.not_after),
        "extensions": _text(encode_extensions(order.extensions)) if order.extensions else None,
        "encryption_key": None if order.encryption_key is None else serial_text(order.encryption_key),
        "replaces": [serial_text(each) for each in order.replaces],
        "replaces_reason": int(order.replaces_reason),
    }
    return {name: value for name, value in fields.items() if value is not None}


def read_order(fields: Fields) -> Order:
    """Read an order.

    :raises InvalidInputError: when it is none.
    """
    subject = fields.optional_binary("subject")
    extensions = fields.optional_binary("extensions")
    order = Order(
        key=fields.text("key"),
        authority=fields.text("authority"),
        profile=fields.text("profile"),
        request=CertificateRequest.from_der(fields.binary("request")),
        subject=None if subject is None else Name.from_der(subject),
        validity=_validity(fields.optional_number("not_before"), fields.optional_number("not_after")),
        extensions=() if extensions is None else _extensions(extensions),
        encryption_key=serial_number(fields.text("encryption_key")) if "encryption_key" in fields else None,
        replaces=tuple(serial_number(each) for each in fields.texts("replaces")),
        replaces_reason=_reason(fields.number("replaces_reason")),
    )
    fields.end()
    return order


def revocation_fields(order: RevocationOrder) -> dict[str, Any]:
    """Return an order to revoke as fields."""
    fields: dict[str, Any] = {
        "key": order.key,
        "authority": order.authority,
        "serial_numbers": [serial_text(each) for each in order.serial_numbers],
        "reason": int(order.reason),
    }
    if order.invalidity_date is not None:
        fields["invalidity_at"] = seconds(order.invalidity_date)
    return fields


def read_revocation(fields: Fields) -> RevocationOrder:
    """Read an order to revoke.

    :raises InvalidInputError: when it is none.
    """
    since = fields.optional_number("invalidity_at")
    order = RevocationOrder(
        key=fields.text("key"),
        authority=fields.text("authority"),
        serial_numbers=tuple(serial_number(each) for each in fields.texts("serial_numbers")),
        reason=_reason(fields.number("reason")),
        invalidity_date=None if since is None else from_seconds(since),
    )
    fields.end()
    return order


def issued_fields(issued: Issued) -> dict[str, Any]:
    """Return what an order gave as fields."""
    fields = {"signing": _text(issued.signing.der)}
    if issued.encryption is not None:
        fields["encryption"] = _text(issued.encryption.der)
    if issued.delivery is not None:
        fields["delivery"] = _text(issued.delivery)
    return fields


def read_issued(fields: Fields) -> Issued:
    """Read what an order gave.

    :raises InvalidInputError: when it is nothing of the kind.
    """
    signing = Certificate.from_der(fields.binary("signing"))
    encryption = fields.optional_binary("encryption")
    issued = Issued(
        signing,
        None if encryption is None else Certificate.from_der(encryption),
        fields.optional_binary("delivery"),
    )
    fields.end()
    return issued


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _reason(value: int) -> ReasonCode:
    try:
        return ReasonCode(value)
    except ValueError:
        raise DecodeError(f"there is no reason {value}") from None


def _validity(not_before: int | None, not_after: int | None) -> Validity | None:
    if not_before is None and not_after is None:
        return None
    if not_before is None or not_after is None:
        raise DecodeError("a validity has a beginning and an end")
    return Validity(from_seconds(not_before), from_seconds(not_after))


def _extensions(encoded: bytes) -> tuple[Any, ...]:
    with der.Reader(encoded) as reader:
        return read_extensions(reader)
