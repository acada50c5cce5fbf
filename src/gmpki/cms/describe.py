"""Messages as plain data for JSON.

>>> from gmpki.asn1.rfc5652 import ContentInfo
>>> from gmpki import oids
>>> from gmpki.asn1 import der
>>> from gmpki.cms.message import read_message
>>> message = read_message(ContentInfo(oids.GM_DATA, der.encode_octet_string(b"hi")).to_der())
>>> described = describe(message)
>>> described["kind"], described["profile"], described["content"]["length"]
('data', 'gmt0010', 2)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gmpki.cms._facts import message_facts
from gmpki.x509._facts import DEFAULT_LIMIT
from gmpki.x509.describe import plain

if TYPE_CHECKING:
    from gmpki.cms.message import Message

__all__ = ["describe"]


def describe(message: Message, *, limit: int = DEFAULT_LIMIT) -> dict[str, Any]:
    """Describe a message by ``dict``, ``list``, ``str``, ``int``, ``bool``, None; nothing is verified or decrypted.

    Values are written as :func:`gmpki.x509.describe.describe` writes them. Keys:

    - all: ``type`` ("message"), ``kind`` (see :class:`~gmpki.cms.profiles.MessageKind`; None when unknown),
      ``content_type``, ``profile`` ("gmt0010", "rfc5652" or None), ``version`` as encoded, ``variants``: the names of
      :class:`~gmpki.cms.variants.Variant` that can be seen without a key, ``quirks``;
    - content: ``{"length", "sm3", "sha256"}``, or None when it is absent; of signed and digested data also
      ``content_type``, ``detached`` and ``octet_string``;
    - signed: ``digest_algorithms``, ``content``, ``certificates_count``, ``certificates``, ``crls_count``, ``crls``
      (as :func:`gmpki.x509.describe.describe` has them, or ``{"type": "unreadable", "problem", "raw"}``),
      ``signers_count``, ``signers``: a list of ``{"version", "issuer", "serial_number", "key_identifier",
      "digest_algorithm", "signed_attributes", "signature_algorithm", "signature", "unsigned_attributes"}``;
    - attributes: a list of ``{"type", "values": [{"value", "raw", "problem"}]}``: ``value`` decoded where the type is
      known, a counter-signature as a signer, a time-stamp token as a message with ``time_stamp`` beside;
    - enveloped: ``recipients_count``, ``recipients``: a list of ``{"recipient_kind", "version", "issuer",
      "serial_number", "key_identifier", "key_encryption_algorithm", "encrypted_key"}``, ``encrypted_content``
      ``{"content_type", "content_encryption_algorithm", "length", "shared_info1", "shared_info2"}``, and the sets of
      attributes of its kind;
    - digested: ``digest_algorithm``, ``content``, ``digest``; key agreement: ``temporary_public_key``, ``user_id``,
      ``certificates``.

    :param message: as :func:`~gmpki.cms.message.read_message` returns it.
    :param limit: how many certificates, lists, entries of a list, signers and recipients are described at most.
    :raises InvalidTypeError: when it is no message, or the limit no ``int``.
    :raises InvalidInputError: when the limit is negative.
    """
    described: dict[str, Any] = plain(message_facts(message, limit))
    return described
