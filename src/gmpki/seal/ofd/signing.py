"""Sealing and signing OFD documents. Files that are there keep their bytes; only lists of signatures grow.

>>> from gmpki.seal.ofd import Stamp, StraddleStamp, sign_ofd
>>> signer = SealSigner(seal, key, certificate)  # doctest: +SKIP
>>> sealed = sign_ofd(data, signer, [Stamp(1, 120, 200), StraddleStamp(80)])  # doctest: +SKIP

A signature protects every file of the package by its digest. In the usual mode only the list of signatures is left out,
so that further signatures can be added; with ``protect_all`` it is protected too, and the signature is the last one.

:standard: GB/T 33190-2016 chapter 18; GM/T 0099-2020 7.2.2 (as documented by implementations and seen in documents)
"""

from __future__ import annotations

import base64
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Final

from gmpki import __version__
from gmpki._inputs import member, number, utc_seconds
from gmpki.cms.digests import hash_of
from gmpki.errors import InvalidInputError, InvalidTypeError
from gmpki.seal.interfaces import DocumentSigner
from gmpki.seal.ofd.ledger import Ledger, Names
from gmpki.seal.ofd.markup import box, document, element, escaped, plain_text
from gmpki.seal.ofd.model import read_documents
from gmpki.seal.ofd.package import DEFAULT_LIMITS, OFDPackage, PackageLimits, shown
from gmpki.seal.ofd.signatures import Provider
from gmpki.seal.ofd.stamps import checked_stamps, places
from gmpki.seal.ofd.two_phase import CHECK_METHODS, LaidOut, PreparedOFD

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from typing_extensions import Buffer

    from gmpki.seal.ofd.stamps import AnyStamp, StampPlace

__all__ = ["prepare_ofd", "sign_ofd"]

_OWN_PROVIDER: Final = Provider("gmpki", "", __version__)


def sign_ofd(
    data: Buffer,
    signer: DocumentSigner,
    stamps: AnyStamp | Iterable[AnyStamp] = (),
    *,
    protect_all: bool = False,
    time: datetime | None = None,
    provider: Provider = _OWN_PROVIDER,
    document_index: int = 0,
    limits: PackageLimits = DEFAULT_LIMITS,
) -> bytes:
    """Seal or sign an OFD document, and return it with the signature.

    :param data: the package.
    :param signer: a :class:`~gmpki.seal.SealSigner`, a :class:`~gmpki.seal.DigitalSigner`, or another that signs
        documents.
    :param stamps: where the seal shows; none makes an invisible signature.
    :param protect_all: protect the list of signatures too, so that no further one can follow.
    :param time: that the description of the signature claims, with a time zone; None is now.
    :param provider: which program signs, as the description says.
    :param document_index: which document of the package, counted from 0; nearly all packages have one. Pages are
        counted in it.
    :param limits: how much the package may hold.
    :raises InvalidTypeError: when an input has the wrong type.
    :raises InvalidInputError: when a seal would not be wholly on its page, a page or document is not there, there is a
        place and no seal, or the time has no time zone.
    :raises DecodeError: when the package, or an earlier signature, cannot be read.
    :raises LimitExceeded: when it holds more than the limits allow, or has 1000 signatures.
    :raises SealError: "protected" when an earlier signature protects everything, so that no further one can follow; and
        what the signer raises.
    :raises GmpkiError: what the signer raises.
    :raises UnsupportedPlatform: when lxml is not installed.
    """
    laid = _lay_out(
        data, signer, stamps, protect_all=protect_all, time=time, provider=provider, index=document_index, limits=limits
    )
    return laid.filled(signer.sign_document(laid.digest, shown(laid.description)))


def prepare_ofd(
    data: Buffer,
    signer: DocumentSigner,
    stamps: AnyStamp | Iterable[AnyStamp] = (),
    *,
    protect_all: bool = False,
    time: datetime | None = None,
    provider: Provider = _OWN_PROVIDER,
    document_index: int = 0,
    limits: PackageLimits = DEFAULT_LIMITS,
) -> PreparedOFD:
    """Make everything but the value of the signature, for a key elsewhere; parameters and errors as :func:`sign_ofd`.

    :param signer: it needs no key.
    """
    laid = _lay_out(
        data, signer, stamps, protect_all=protect_all, time=time, provider=provider, index=document_index, limits=limits
    )
    return PreparedOFD(laid, signer.prepare_document(laid.digest, shown(laid.description)))


def _lay_out(
    data: Buffer,
    signer: DocumentSigner,
    stamps: AnyStamp | Iterable[AnyStamp],
    *,
    protect_all: bool,
    time: datetime | None,
    provider: Provider,
    index: int,
    limits: PackageLimits,
) -> LaidOut:
    """Check what was asked for and make all files but the value; errors as :func:`sign_ofd`."""
    if not isinstance(signer, DocumentSigner):
        raise InvalidTypeError(f"the signer must sign documents; {type(signer).__name__} does not")
    member(protect_all, bool, "protect_all")
    member(provider, Provider, "provider")
    when = utc_seconds(datetime.now(timezone.utc) if time is None else time, "time")
    wanted = checked_stamps(stamps)
    if wanted and signer.seal is None:
        raise InvalidInputError("there is a place for a seal, and the signer has none")
    if signer.digest_name not in CHECK_METHODS:
        raise InvalidInputError(f"documents are signed by SM3, SHA-256 and their like, not by {signer.digest_name!r}")
    package = OFDPackage.from_bytes(data, limits=limits)
    documents = read_documents(package)
    chosen = documents[number(index, 0, len(documents) - 1, "document_index")]
    ledger = Ledger.of(package, chosen)
    seal_places = [] if signer.seal is None else places(package, chosen, wanted, signer.seal.picture)
    names = ledger.names(len(seal_places))
    replaced = ledger.replaced(names, "Sign" if signer.seal is None else "Seal")
    new = {names.list: replaced.pop(names.list)} if names.list not in package else {}
    if signer.seal is not None:
        new[names.seal] = signer.seal.der
    left_out = frozenset() if protect_all else ledger.lists | {names.list}
    hash_name = signer.digest_name
    kept = [name for name in package.names if name not in replaced]
    package.hash_ahead(kept, hash_name)
    digests = {name: package.digest(name, hash_name) for name in kept}
    digests |= {name: hash_of(hash_name, content) for name, content in {**replaced, **new}.items()}
    protected = {name: digest for name, digest in sorted(digests.items()) if name not in left_out}
    described = _description(signer, names, protected, seal_places, provider=provider, when=when)
    new[names.description] = described
    digest = hash_of(hash_name, described)
    return LaidOut(package, new, replaced, names.description, names.value, hash_name, digest)


def _description(
    signer: DocumentSigner,
    names: Names,
    protected: Mapping[str, bytes],
    seal_places: Iterable[StampPlace],
    *,
    provider: Provider,
    when: datetime,
) -> bytes:
    """Return Signature.xml."""
    references = (
        element(
            "ofd:Reference",
            element("ofd:CheckValue", base64.b64encode(digest).decode()),
            FileRef=shown(name),
        )
        for name, digest in protected.items()
    )
    stamps = (
        element(
            "ofd:StampAnnot",
            ID=identifier,
            PageRef=place.page_id,
            Boundary=box(place.boundary.x, place.boundary.y, place.boundary.width, place.boundary.height),
            Clip=None if place.clip is None else box(place.clip.x, place.clip.y, place.clip.width, place.clip.height),
        )
        for identifier, place in zip(names.stamps, seal_places, strict=True)
    )
    seal = element("ofd:Seal", element("ofd:BaseLoc", escaped(shown(names.seal)))) if signer.seal is not None else ""
    method = signer.certificate.public_key.signature_algorithm.algorithm
    info = element(
        "ofd:SignedInfo",
        element(
            "ofd:Provider",
            ProviderName=plain_text(provider.name, "the name of the provider"),
            Version=plain_text(provider.version, "the version of the provider") or None,
            Company=plain_text(provider.company, "the company of the provider") or None,
        ),
        element("ofd:SignatureMethod", str(method)),
        element("ofd:SignatureDateTime", when.strftime("%Y%m%d%H%M%SZ")),
        element("ofd:References", *references, CheckMethod=str(CHECK_METHODS[signer.digest_name])),
        *stamps,
        seal,
    )
    return document("ofd:Signature", info, element("ofd:SignedValue", escaped(shown(names.value))))
