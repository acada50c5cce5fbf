"""Rows of the table of bad inputs: time-stamps."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from cms import signers
from cms.bad_rows import Row, rows
from cms.bad_signatures import check
from cms.signers import NOW, changed, message, trust
from gmpki import oids
from gmpki.cms import Trust, attach_timestamp
from gmpki.errors import DecodeError, InvalidSignature, TimestampError, ValidationError
from gmpki.tsa import TimestampToken, TokenPolicy, TokenVerifier
from tsa.scene import DATA as STAMPED
from tsa.scene import OTHER_POLICY, SIGNING, purposes, scene


def stamp(
    data: bytes = STAMPED, token: bytes | None = None, policy: TokenPolicy | None = None, **options: Any
) -> object:
    """Verify a time-stamp in its scene."""
    verifier = TokenVerifier(scene().trust(**options), policy=policy or TokenPolicy())
    return verifier.verify(scene().token() if token is None else token, data)


def stamped_message() -> bytes:
    """Let the authority of the other scene, whom nobody here trusts, stamp a message."""
    data = message()
    return attach_timestamp(data, scene().authority().stamp(signers.only_signer(data).signature))


def token_with(data: bytes, **fields: Any) -> bytes:
    """Change fields of the one signer of a token."""
    return signers.with_signer(data, **fields)


STAMPS: list[Row] = rows(
    ("stamp:other-data", "a time-stamp over other data", lambda: stamp(b"another contract"), TimestampError, "imprint"),
    ("stamp:no-data", "a time-stamp, and no data", lambda: stamp(b""), TimestampError, "imprint"),
    (
        "stamp:attached-to-another-signature",
        "the time-stamp of another message attached",
        lambda: check(attach_timestamp(message(), scene().token()), timestamps=TokenVerifier(scene().trust())),
        TimestampError,
        "imprint",
    ),
    (
        "stamp:future",
        "made a day ahead of the clock",
        lambda: stamp(at=NOW - timedelta(days=1)),
        TimestampError,
        "future",
    ),
    (
        "stamp:policy",
        "made under another policy than is asked for",
        lambda: stamp(policy=TokenPolicy(policies=frozenset({OTHER_POLICY}))),
        TimestampError,
        "policy",
    ),
    (
        "stamp:not-for-it",
        "by a certificate without the purpose",
        lambda: stamp(token=scene().token(certificate=scene().another(SIGNING))),
        ValidationError,
        "extended-key-usage",
    ),
    (
        "stamp:for-more-than-it",
        "by a certificate with two purposes",
        lambda: stamp(
            token=scene().token(
                certificate=scene().another(SIGNING, purposes(oids.TIME_STAMPING, oids.EMAIL_PROTECTION))
            )
        ),
        ValidationError,
        "extended-key-usage",
    ),
    (
        "stamp:certificate-not-named",
        "its attribute that names the certificate left out",
        lambda: stamp(token=scene().token(attributes=())),
        TimestampError,
        "signing-certificate",
    ),
    (
        "stamp:contents-of-another",
        "the contents of another token",
        lambda: stamp(token=signers.with_inner(scene().token(), content=scene().info(serial_number=8).to_der())),
        InvalidSignature,
        "digest",
    ),
    (
        "stamp:signature-changed",
        "its signature emptied",
        lambda: stamp(token=token_with(scene().token(), signature=b"")),
        InvalidSignature,
        "no bytes",
    ),
    (
        "stamp:no-signer",
        "its signer taken out",
        lambda: stamp(token=changed(scene().token(), signer_infos=())),
        TimestampError,
        "signers",
    ),
    ("stamp:no-token", "a signed contract", lambda: stamp(token=message()), TimestampError, "content-type"),
    (
        "stamp:critical-extension",
        "an unknown extension that is critical",
        lambda: stamp(token=scene().token(scene().info(extensions=(purposes(oids.TIME_STAMPING),)))),
        TimestampError,
        "critical-extension",
    ),
    ("stamp:cut", "a byte cut off", lambda: TimestampToken.from_der(scene().token()[:-1]), DecodeError, "are left"),
    (
        "stamp:of-nobody-trusted",
        "the time of a self-made authority, after the certificate ended",
        lambda: check(
            stamped_message(),
            trust=trust(at=NOW + timedelta(days=9999)),
            timestamps=TokenVerifier(Trust.signature_only()),
        ),
        ValidationError,
        "expired",
    ),
    (
        "stamp:claimed-as-signing-time",
        "a claimed time and no time-stamp, after the certificate ended",
        lambda: check(
            message(signing_time=NOW),
            trust=trust(at=NOW + timedelta(days=9999)),
            timestamps=TokenVerifier(scene().trust()),
        ),
        ValidationError,
        "expired",
    ),
)
