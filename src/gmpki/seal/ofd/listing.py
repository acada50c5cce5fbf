"""What an OFD document says of itself: pages, signatures, seals. Nothing is verified.

>>> from gmpki.seal.ofd import OFDWriter, list_ofd
>>> writer = OFDWriter(title="证明")
>>> page = writer.add_page()
>>> listing = list_ofd(writer.to_bytes())
>>> listing.pages, listing.signatures
(((210.0, 297.0),), ())
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gmpki._inputs import as_bytes
from gmpki.errors import GmpkiError
from gmpki.seal.ofd import xml
from gmpki.seal.ofd.model import OFDDocument, physical_box, read_documents
from gmpki.seal.ofd.package import DEFAULT_LIMITS, OFDPackage, PackageLimits, shown
from gmpki.seal.ofd.placements import placements_of
from gmpki.seal.ofd.signatures import SignatureEntry, SignatureFile, signature_lists
from gmpki.seal.signature import SealSignature

if TYPE_CHECKING:
    from typing_extensions import Buffer

    from gmpki.seal.ofd.signatures import Provider
    from gmpki.seal.report import Placement

__all__ = ["ListedSignature", "OFDListing", "list_ofd"]


@dataclass(frozen=True, slots=True)
class ListedSignature:
    """One signature of a document, as it describes itself. Immutable.

    :ivar name: of its description, such as "/Doc_0/Signs/Sign_0/Signature.xml".
    :ivar type: "Seal" or "Sign", by the list of signatures.
    :ivar time_text: the time as the description has it.
    :ivar protected: the names of the files that it protects.
    :ivar signature: the signature with a seal; None for one without, and for one that cannot be read.
    :ivar problem: why the description or the signature cannot be read; "" when they can.
    """

    name: str
    id: str
    type: str
    provider: Provider | None = None
    time_text: str = ""
    protected: tuple[str, ...] = field(default=(), repr=False)
    placements: tuple[Placement, ...] = ()
    signature: SealSignature | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class OFDListing:
    """What a document says of itself. Immutable.

    :ivar pages: width and height of each page in mm, over all documents of the package.
    :ivar files: the names of all files.
    """

    pages: tuple[tuple[float, float], ...]
    files: tuple[str, ...] = field(repr=False)
    signatures: tuple[ListedSignature, ...]


def list_ofd(data: Buffer, *, limits: PackageLimits = DEFAULT_LIMITS) -> OFDListing:
    """List the pages and signatures of a document.

    :raises InvalidTypeError: when the data have no buffer.
    :raises DecodeError: when it is no OFD package, or a malformed one.
    :raises LimitExceeded: when it holds more than the limits allow.
    """
    package = OFDPackage.from_bytes(as_bytes(data, "data"), limits=limits)
    documents = read_documents(package)
    signatures = [
        _listed(package, entry, documents[listed.document])
        for listed in signature_lists(package)
        for entry in listed.entries
    ]
    pages = [size for document in documents for size in _sizes(package, document)]
    return OFDListing(tuple(pages), package.names, tuple(signatures))


def _sizes(package: OFDPackage, document: OFDDocument) -> list[tuple[float, float]]:
    boxes = [physical_box(xml.child(package.xml(page.path), "Area"), document.area) for page in document.pages]
    return [(box.width, box.height) for box in boxes]


def _listed(package: OFDPackage, entry: SignatureEntry, document: OFDDocument) -> ListedSignature:
    name = shown(entry.path)
    try:
        described = SignatureFile.parse(package, entry.path)
    except GmpkiError as error:
        return ListedSignature(name, entry.id, entry.type, problem=str(error))
    signature, problem = None, ""
    try:
        value = package.read(described.signed_value)
        signature = SealSignature.from_der(value, lenient=True) if entry.type == "Seal" else None
    except GmpkiError as error:
        problem = str(error)
    return ListedSignature(
        name,
        entry.id,
        entry.type,
        described.provider,
        described.time_text,
        tuple(shown(reference.path) for reference in described.references),
        placements_of(document, described.stamps)[0],
        signature,
        problem,
    )
