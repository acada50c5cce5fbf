"""What a signer with a seal has to be: asked before he signs, and again by whoever verifies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gmpki.errors import SealError

if TYPE_CHECKING:
    from datetime import datetime

    from gmpki.seal.seal import Seal
    from gmpki.x509.certificate import Certificate

__all__ = ["check_listed", "check_times"]


def check_listed(seal: Seal, certificate: Certificate) -> str:
    """Check that a signer is one of those whom the seal names; return how it names him.

    :raises SealError: "signer-not-listed" when it does not.
    :standard: GM/T 0031-2014 6; GB/T 38540-2020
    """
    if not seal.names(certificate):
        raise SealError(
            "signer-not-listed",
            f"the signer {str(certificate.subject)!r} is none of those who may use the seal {seal.seal_id!r}",
            certificate=certificate,
        )
    return "by the digest of his certificate" if seal.signer_digests else "by his certificate"


def check_times(when: datetime, seal: Seal | None, certificate: Certificate) -> None:
    """Check that a time of signature lies inside the validity of the signer's certificate and of the seal.

    :param seal: None for a signature without one.

    :raises SealError: "signed-before-certificate" or "signed-after-certificate", "signed-before-seal" or
        "signed-after-seal" when it does not.
    :standard: GM/T 0031-2014 6
    """
    periods = [("certificate", "the certificate of the signer", certificate.not_before, certificate.not_after)]
    if seal is not None:
        periods.append(("seal", f"the seal {seal.seal_id!r}", seal.valid_from, seal.valid_until))
    for reason, what, begin, end in periods:
        if begin <= when <= end:
            continue
        side = "before" if when < begin else "after"
        raise SealError(
            f"signed-{side}-{reason}",
            f"the signature is of {when:%Y-%m-%d %H:%M:%S} UTC, and {what} is valid from {begin:%Y-%m-%d %H:%M:%S} to "
            f"{end:%Y-%m-%d %H:%M:%S}",
            certificate=certificate,
        )
