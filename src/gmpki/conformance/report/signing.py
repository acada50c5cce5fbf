"""Who stands behind a report: a detached signature over its JSON, with a time-stamp where somebody gives one.

>>> from gmpki.conformance.report.signing import sign_report, verify_report
>>> message = sign_report(data, SignerSpec(key, certificate))  # doctest: +SKIP
>>> verify_report(data, message, Trust([root])).signers  # doctest: +SKIP
('C=CN, CN=示例检测室',)

A signature shows who signed, and that nothing changed since. It does not make a self-test an accredited one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gmpki._inputs import as_bytes, function, member
from gmpki.cms.trust import Trust
from gmpki.conformance.report.json_form import read_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from typing_extensions import Buffer

    from gmpki.cms.signer_spec import SignerSpec
    from gmpki.cms.timestamps import TimestampVerifier
    from gmpki.conformance.report.document import Report
    from gmpki.x509.certificate import Certificate

__all__ = ["REPORT_NAME", "SIGNATURE_NAME", "SignedReport", "sign_report", "verify_report"]

REPORT_NAME: Final = "report.json"
"""What the file is called that is signed."""
SIGNATURE_NAME: Final = "report.json.p7s"
"""What the file of its signature is called."""


@dataclass(frozen=True, slots=True)
class SignedReport:
    """A report whose signature holds. Immutable.

    :ivar report: what was signed.
    :ivar signers: the subjects of those who signed it.
    :ivar certificates: theirs, in the same order.
    :ivar signed_at: when every signature existed, by time-stamps that are trusted; None where one has none.
    :ivar claimed_at: what the first signer says himself, which proves nothing.
    :ivar is_trusted: whether the certificates lead to an anchor; False when none was asked for.
    """

    report: Report
    signers: tuple[str, ...]
    certificates: tuple[Certificate, ...]
    signed_at: datetime | None
    claimed_at: datetime | None
    is_trusted: bool


def sign_report(
    data: Buffer,
    signer: SignerSpec,
    *,
    certificates: Iterable[Certificate] = (),
    timestamp: Callable[[bytes], Buffer] | None = None,
) -> bytes:
    """Sign the JSON of a report, and return the detached message as DER.

    :param data: the bytes of ``report.json``. They are read first: nobody signs what is no report.
    :param signer: who signs, with what key; its ``signing_time`` is the time that he claims.
    :param certificates: others that go along: those of the authorities in between.
    :param timestamp: returns the DER of a TimeStampToken over what it is given, the signature, such as ``lambda
        signature: client.stamp(signature).token`` with a :class:`~gmpki.tsa.TimestampClient`; what it raises goes
        through. None leaves the message without.
    :raises InvalidTypeError: when an input has the wrong type.
    :raises InvalidInputError: when data is no report, or as :func:`~gmpki.cms.signing.sign`.
    :raises DecodeError: when the time-stamp is none.
    :raises GmpkiError: what a key that lives elsewhere raises.
    :standard: GM/T 0010; RFC 5652 5.2 (external signatures); RFC 3161 appendix A
    """
    from gmpki.cms.amending import attach_timestamp
    from gmpki.cms.signed import SignedMessage
    from gmpki.cms.signing import sign

    if timestamp is not None:
        function(timestamp, "timestamp")
    octets = as_bytes(data, "data")
    read_json(octets)
    message = sign(octets, signer, detached=True, certificates=certificates)
    if timestamp is None:
        return message
    signature = SignedMessage.from_der(message).signers[0].signature
    return attach_timestamp(message, as_bytes(timestamp(signature), "the time-stamp"))


def verify_report(
    data: Buffer, message: Buffer, trust: Trust, *, timestamps: TimestampVerifier | None = None
) -> SignedReport:
    """Verify the signature of a report, read the report, and tell who signed it and when.

    :param data: the bytes of ``report.json``.
    :param message: those of ``report.json.p7s``.
    :param trust: whom to trust; ``Trust.signature_only()`` only asks whether the signature holds.
    :param timestamps: who verifies time-stamps, such as a :class:`~gmpki.tsa.TokenVerifier`; without one they are not
        looked at.
    :raises InvalidTypeError: when an input has the wrong type.
    :raises InvalidSignature: when the signature does not hold, or is over another report.
    :raises InvalidInputError: when what was signed is no report.
    :raises GmpkiError: as :func:`~gmpki.cms.verification.verify`.
    :standard: GM/T 0010; RFC 5652 5.6
    """
    from gmpki.cms.verification import verify
    from gmpki.x509.names import format_name

    octets = as_bytes(data, "data")
    member(trust, Trust, "trust")
    verified = verify(as_bytes(message, "message"), trust, content=octets, timestamps=timestamps)
    signers = verified.signers
    times = [one.signed_at for one in signers]
    certificates = tuple(one.signer_certificate for one in signers if one.signer_certificate is not None)
    return SignedReport(
        read_json(verified.content),
        tuple(format_name(certificate.subject, "as-encoded") for certificate in certificates),
        certificates,
        None if None in times else max(time for time in times if time is not None),
        signers[0].claimed_signing_time,
        trust.checks_chain,
    )
