"""Who signs PDF files without a seal, and which form of signature each signer makes there.

>>> from gmpki.seal.pdf import cms_signer, sign_pdf
>>> signed = sign_pdf(data, cms_signer(key, certificate, certificates=[sub_ca]))  # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki import oids
from gmpki.cms.profiles import MessageProfile
from gmpki.errors import InvalidInputError, InvalidTypeError
from gmpki.seal.digital import DigitalForm, DigitalSigner
from gmpki.seal.interfaces import DocumentSigner
from gmpki.seal.pdf.profiles import ContentsKind, PDFProfile
from gmpki.tsa.signing_certificate import signing_certificate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from typing_extensions import Buffer

    from gmpki.keys.interfaces import Signer
    from gmpki.seal.interfaces import UseRecorder
    from gmpki.x509.certificate import Certificate

__all__ = ["checked_profile", "cms_signer"]

_MESSAGES: Final = frozenset((PDFProfile.CMS, PDFProfile.CADES))


def cms_signer(
    signer: Signer | None,
    certificate: Certificate,
    *,
    profile: PDFProfile = PDFProfile.CMS,
    certificates: Iterable[Certificate] = (),
    timestamp: Callable[[bytes], Buffer] | None = None,
    log: UseRecorder | None = None,
    document_name: str = "",
) -> DigitalSigner:
    """Return somebody who signs PDF files with messages of RFC 5652, which every reader knows.

    They have no time of their own: the entry M of the signature dictionary has it, which is among what is signed.

    :param signer: the private key, wherever it lives; None when it is to sign in a second phase.
    :param certificate: its certificate.
    :param profile: ``PDFProfile.CMS``; or ``PDFProfile.CADES``, which signs along whose certificate it is.
    :param certificates: of authorities in between, which go along.
    :param timestamp: returns a time-stamp token over the value of the signature; None for none.
    :param log: who keeps the log of uses, and ``document_name`` the name of the document there.
    :raises InvalidInputError: when the profile is another one.
    :raises GmpkiError: as :class:`~gmpki.seal.digital.DigitalSigner`.
    :standard: ISO 32000-1 12.8.3.3; ETSI EN 319 142-1
    """
    if profile not in _MESSAGES:
        raise InvalidInputError("messages of RFC 5652 are PDFProfile.CMS or PDFProfile.CADES")
    return DigitalSigner(
        signer,
        certificate,
        timestamp,
        form=DigitalForm.DETACHED,
        profile=MessageProfile.RFC5652,
        certificates=certificates,
        signed_attributes=(signing_certificate(certificate),) if profile is PDFProfile.CADES else (),
        signing_time=False,
        log=log,
        document_name=document_name,
    )


def checked_profile(signer: DocumentSigner, profile: PDFProfile | None) -> PDFProfile:
    """Return the form of signature for a signer: the one that is asked for, or his own.

    A seal has that of seals. A :class:`~gmpki.seal.digital.DigitalSigner` has that of its messages: around the digest,
    or detached, with the signed name of the certificate or without.

    :raises InvalidTypeError: when it is no signer, or no profile.
    :raises InvalidInputError: when the signer makes another kind of Contents.
    """
    if not isinstance(signer, DocumentSigner):
        raise InvalidTypeError(f"the signer must sign documents; {type(signer).__name__} does not")
    own = _own_profile(signer)
    profile = own if profile is None else profile
    if not isinstance(profile, PDFProfile):
        raise InvalidTypeError(f"profile must be a PDFProfile, not {type(profile).__name__}")
    contents = profile.row.contents
    if contents is not own.row.contents:
        raise InvalidInputError(f"the signer makes {own.row.contents.value}, and {profile.value} has {contents.value}")
    if contents is ContentsKind.CMS_OF_DIGEST and signer.digest_name != "sm3":
        raise InvalidInputError(f"the profile {profile.value} has SM2 signers alone")
    return profile


def _own_profile(signer: DocumentSigner) -> PDFProfile:
    if signer.kind == "seal":
        return PDFProfile.SEAL
    if not isinstance(signer, DigitalSigner) or signer.form is DigitalForm.DIGEST:
        return PDFProfile.GM_CMS
    named = any(attribute.type == oids.SIGNING_CERTIFICATE_V2 for attribute in signer.signed_attributes)
    return PDFProfile.CADES if named and not signer.signing_time else PDFProfile.CMS
