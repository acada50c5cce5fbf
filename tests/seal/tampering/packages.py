"""Tampering with OFD packages: every file, the description of a signature, the list, what is added and taken away."""

from __future__ import annotations

import base64
import warnings
import zipfile
from collections.abc import Callable, Iterator
from functools import cache
from io import BytesIO

from gmpki.algorithms import sm3
from gmpki.seal import DocumentReport
from gmpki.seal.ofd import Stamp, sign_ofd
from seal import samples
from seal.ofd import papers
from seal.ofd.packages import changed, read, sealed
from seal.samples import NOW
from seal.tampering.table import OFD, Row, names

__all__ = ["rows"]

LIST = "Doc_0/Signs/Signatures.xml"
SIGN_0, SIGN_1 = "Doc_0/Signs/Sign_0/", "Doc_0/Signs/Sign_1/"
OWN = ("Signature.xml", "SignedValue.dat", "Seal.esl")
PAGE, OTHER_PAGE = "Doc_0/Pages/Page_0/Content.xml", "Doc_0/Pages/Page_1/Content.xml"
DOCUMENT = "Doc_0/Document.xml"
EMPTY_PAGE = b'<ofd:Page xmlns:ofd="http://www.ofdspec.org/2016"/>'


def verified(data: bytes) -> DocumentReport:
    return OFD.verified(data)


def put(files: dict[str, bytes | None], data: bytes | None = None) -> DocumentReport:
    """Verify a sealed package with other files."""
    return verified(changed(sealed() if data is None else data, files))


def edited(
    name: str, old: bytes, new: bytes, data: bytes | None = None, also: dict[str, bytes | None] | None = None
) -> DocumentReport:
    """Verify a sealed package with a text replaced in one file."""
    package = sealed() if data is None else data
    text = read(package, name)
    assert old in text
    return put({name: text.replace(old, new), **(also or {})}, package)


def bent(name: str) -> DocumentReport:
    """Change the last byte of a file."""
    content = read(sealed(), name)
    return put({name: content[:-1] + bytes((content[-1] ^ 1,))})


def between(text: bytes, start: bytes, end: bytes) -> tuple[int, int]:
    """Return where a part of a text stands."""
    first = text.index(start)
    return first, text.index(end, first) + len(end)


def without_reference(to: str, *also_gone: str) -> DocumentReport:
    """Take a reference out of the description."""
    text = read(sealed(), SIGN_0 + "Signature.xml")
    first, last = between(text, b'<ofd:Reference FileRef="/%s"' % to.encode(), b"</ofd:Reference>")
    gone: dict[str, bytes | None] = dict.fromkeys(also_gone)
    return put({SIGN_0 + "Signature.xml": text[:first] + text[last:], **gone})


def added_reference() -> DocumentReport:
    """Put a reference to a new file into the description."""
    text = read(sealed(), SIGN_0 + "Signature.xml")
    digest = base64.b64encode(sm3.digest(b"evil"))
    more = b'<ofd:Reference FileRef="/evil.bin"><ofd:CheckValue>%s</ofd:CheckValue></ofd:Reference>' % digest
    return put(
        {SIGN_0 + "Signature.xml": text.replace(b"</ofd:References>", more + b"</ofd:References>"), "evil.bin": b"evil"}
    )


def fitted() -> DocumentReport:
    """Change a page, and its digest in the description with it."""
    old, new = (base64.b64encode(sm3.digest(content)) for content in (read(sealed(), PAGE), EMPTY_PAGE))
    return edited(SIGN_0 + "Signature.xml", old, new, also={PAGE: EMPTY_PAGE})


@cache
def other_document() -> bytes:
    """Return another document with the same seal."""
    return sign_ofd(papers.paper(1), papers.seal_signer(), Stamp(1, 5, 5), time=NOW)


def unlisted(data: bytes, folder: str, *, files_too: bool) -> bytes:
    """Take a signature out of the list, with its files or without."""
    text = read(data, LIST)
    place = text.index(folder.encode())
    first = text.rindex(b"<ofd:Signature ", 0, place)
    last = text.index(b"/>", place) + 2
    gone: dict[str, bytes | None] = {folder + name: None for name in OWN} if files_too else {}
    return changed(data, gone | {LIST: text[:first] + text[last:]})


def twice(name: str) -> DocumentReport:
    """Put a second member of a name into the archive."""
    made = BytesIO(sealed())
    with warnings.catch_warnings(), zipfile.ZipFile(made, "a") as archive:
        warnings.simplefilter("ignore")  # the name is there already
        archive.writestr(name, EMPTY_PAGE)
    return verified(made.getvalue())


def without_entry() -> DocumentReport:
    """Leave OFD.xml out, as nobody does who builds packages."""
    made = BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name in names(sealed()):
            if name != "OFD.xml":
                archive.writestr(name, read(sealed(), name))
    return verified(made.getvalue())


def damaged(name: str) -> DocumentReport:
    """Change a packed byte of a file, so that its check does not fit."""
    data = bytearray(sealed())
    data[data.index(name.encode()) + len(name) + 20] ^= 1
    return verified(bytes(data))


def swapped() -> DocumentReport:
    """Exchange two pages."""
    return put({PAGE: read(sealed(), OTHER_PAGE) + b" ", OTHER_PAGE: read(sealed(), PAGE)})


def list_grown() -> DocumentReport:
    """Put a second signature into a list that the first protects."""
    closed = sealed(1, protect_all=True)
    more: dict[str, bytes | None] = {SIGN_1 + name: read(sealed(2), SIGN_1 + name) for name in OWN}
    return put(more | {LIST: read(sealed(2), LIST)}, closed)


def annotations() -> DocumentReport:
    """Add the list of annotations that a sealed document names and that was not there."""
    text = read(papers.paper(), DOCUMENT)
    named = text.replace(b"</ofd:Document>", b"<ofd:Annotations>Annotations.xml</ofd:Annotations></ofd:Document>")
    data = sign_ofd(changed(papers.paper(), {DOCUMENT: named}), papers.seal_signer(), time=NOW)
    return put({"Doc_0/Annotations.xml": b"<Annotations/>"}, data)


Act = Callable[[], DocumentReport]
DESCRIBED = SIGN_0 + "Signature.xml"
ROWS: dict[str, tuple[Act, tuple[str, ...]]] = {
    "a changed page": (lambda: put({PAGE: EMPTY_PAGE}), ("references: changed",)),
    "two pages exchanged": (swapped, ("references: changed",)),
    "a picture whose packed bytes are damaged": (lambda: damaged("Doc_0/Res/image_7.png"), ("references: damaged",)),
    "a page with another character": (lambda: edited(PAGE, b"30", b"31"), ("references: changed",)),
    "a page and its digest": (fitted, ("digest: changed",)),
    "a page, and the document that names it": (
        lambda: edited(DOCUMENT, b"Page_0", b"Page_9", also={"Doc_0/Pages/Page_9/Content.xml": EMPTY_PAGE}),
        ("references: changed", "coverage: not-covered"),
    ),
    "another document in OFD.xml": (
        lambda: edited(
            "OFD.xml",
            b"Doc_0/Document.xml",
            b"Doc_1/Document.xml",
            also={"Doc_1/Document.xml": read(sealed(), DOCUMENT)},
        ),
        ("references: changed", "coverage: not-covered"),
    ),
    "another list of signatures in OFD.xml": (
        lambda: edited(
            "OFD.xml", b"Signatures.xml", b"Signaturez.xml", also={"Doc_0/Signs/Signaturez.xml": read(sealed(), LIST)}
        ),
        ("references: changed", "changes: addition"),
    ),
    "no OFD.xml": (without_entry, ("refused: DecodeError",)),
    "no list of signatures in OFD.xml": (
        lambda: edited("OFD.xml", b"<ofd:Signatures>/Doc_0/Signs/Signatures.xml</ofd:Signatures>", b""),
        ("not-signed",),
    ),
    # the description
    "a removed reference": (lambda: without_reference(PAGE), ("coverage: not-covered", "digest: changed")),
    "a removed reference, and its file": (
        lambda: without_reference("Doc_0/PublicRes.xml", "Doc_0/PublicRes.xml"),
        ("digest: changed",),
    ),
    "no references at all": (lambda: put({DESCRIBED: b"".join(_without_references())}), ("structure: DecodeError",)),
    "an added reference": (added_reference, ("digest: changed",)),
    "a reference twice": (
        lambda: edited(
            DESCRIBED,
            b"</ofd:References>",
            b'<ofd:Reference FileRef="/OFD.xml"><ofd:CheckValue>AAAA</ofd:CheckValue></ofd:Reference></ofd:References>',
        ),
        ("structure: DecodeError",),
    ),
    "a reference out of the package": (
        lambda: edited(DESCRIBED, b'FileRef="/OFD.xml"', b'FileRef="/../OFD.xml"'),
        ("structure: DecodeError",),
    ),
    "another hash": (
        lambda: edited(DESCRIBED, b'CheckMethod="1.2.156.10197.1.401"', b'CheckMethod="SHA256"'),
        ("references: changed", "digest: changed"),
    ),
    "a broken hash": (
        lambda: edited(DESCRIBED, b'CheckMethod="1.2.156.10197.1.401"', b'CheckMethod="MD5"'),
        ("references: weak-hash", "digest: changed"),
    ),
    "a stamp in another place": (lambda: edited(DESCRIBED, b"20 100", b"21 100"), ("digest: changed",)),
    "a stamp on another page": (lambda: edited(DESCRIBED, b'PageRef="', b'PageRef="9'), ("digest: changed",)),
    "another time": (lambda: edited(DESCRIBED, b"2026", b"2027"), ("digest: changed",)),
    "another program": (lambda: edited(DESCRIBED, b"gmpki", b"other"), ("digest: changed",)),
    "another method": (lambda: edited(DESCRIBED, b"1.501", b"1.301"), ("digest: changed",)),
    "a comment": (lambda: edited(DESCRIBED, b"<ofd:SignedInfo>", b"<!-- --><ofd:SignedInfo>"), ("digest: changed",)),
    "a DTD": (
        lambda: edited(DESCRIBED, b"<ofd:Signature ", b"<!DOCTYPE x><ofd:Signature "),
        ("structure: DecodeError",),
    ),
    "the description of another document": (
        lambda: put({DESCRIBED: read(other_document(), DESCRIBED)}),
        ("references: changed", "coverage: not-covered", "digest: changed"),
    ),
    "no description": (lambda: put({DESCRIBED: None}), ("structure: DecodeError",)),
    # seal and value
    "a signature from another document": (
        lambda: put({SIGN_0 + "SignedValue.dat": read(other_document(), SIGN_0 + "SignedValue.dat")}),
        ("digest: changed",),
    ),
    "description and signature from another document": (
        lambda: put(
            {SIGN_0 + name: read(other_document(), SIGN_0 + name) for name in ("Signature.xml", "SignedValue.dat")}
        ),
        ("references: changed", "coverage: not-covered"),
    ),
    "another seal beside the signature": (
        lambda: put({SIGN_0 + "Seal.esl": samples.new_seal(seal_id="2").der}),
        ("references: changed", "seal-copy: other-seal"),
    ),
    "no seal beside the signature": (lambda: put({SIGN_0 + "Seal.esl": None}), ("references: missing",)),
    "the last byte of the signature": (lambda: bent(SIGN_0 + "SignedValue.dat"), ("signature: InvalidSignature",)),
    "no signature": (lambda: put({SIGN_0 + "SignedValue.dat": None}), ("structure: DecodeError",)),
    "an empty signature": (lambda: put({SIGN_0 + "SignedValue.dat": b""}), ("structure: InvalidInputError",)),
    "bytes after the signature": (
        lambda: put({SIGN_0 + "SignedValue.dat": read(sealed(), SIGN_0 + "SignedValue.dat") + b"\0"}),
        ("structure: DecodeError",),
    ),
    "a seal for a signature": (
        lambda: put({SIGN_0 + "SignedValue.dat": samples.seal().der}),
        ("structure: DecodeError",),
    ),
    # the list, and several signatures
    "the second signature taken out of the list": (
        lambda: verified(unlisted(sealed(2), SIGN_1, files_too=False)),
        ("changes: addition",),
    ),
    "the second signature stripped": (
        lambda: verified(unlisted(sealed(2), SIGN_1, files_too=True)),
        ("incomplete: changes",),
    ),
    "the first of two signatures stripped": (
        lambda: verified(unlisted(sealed(2), SIGN_0, files_too=True)),
        ("references: missing",),
    ),
    "the only signature stripped": (lambda: verified(unlisted(sealed(), SIGN_0, files_too=True)), ("not-signed",)),
    "a signature twice in the list": (
        lambda: edited(
            LIST,
            b"</ofd:Signatures>",
            b'<ofd:Signature ID="s9" Type="Seal" BaseLoc="/Doc_0/Signs/Sign_0/Signature.xml"/></ofd:Signatures>',
        ),
        ("refused: DecodeError",),
    ),
    "a signature that is not there": (lambda: edited(LIST, b"Sign_0", b"Sign_9"), ("structure: DecodeError",)),
    "a signature of an unknown type": (
        lambda: edited(LIST, b'Type="Seal"', b'Type="Stamp"'),
        ("refused: DecodeError",),
    ),
    "a further signature in a list that is protected": (list_grown, ("references: changed",)),
    "a page changed after the second signature": (lambda: put({PAGE: EMPTY_PAGE}, sealed(2)), ("references: changed",)),
    "the first description changed under the second signature": (
        lambda: edited(DESCRIBED, b"gmpki", b"other", sealed(2)),
        ("digest: changed", "references: changed"),
    ),
    # what is added
    "a file that nobody accounts for": (lambda: put({"Doc_0/evil.bin": b"evil"}), ("changes: addition",)),
    "a page that nobody names": (lambda: put({"Doc_0/Pages/Page_9/Content.xml": EMPTY_PAGE}), ("changes: addition",)),
    "annotations that the document names": (annotations, ("coverage: not-covered",)),
    "a second member of one name": (lambda: twice(PAGE), ("refused: DecodeError",)),
    "a second member, another case": (lambda: twice(PAGE.upper()), ("refused: DecodeError",)),
    "a member outside": (lambda: twice("../evil.xml"), ("refused: DecodeError",)),
    "bytes after the end": (lambda: verified(sealed() + b"\0"), ("refused: DecodeError",)),
    "bytes before the beginning": (lambda: verified(b"\0" + sealed()), ("refused: DecodeError",)),
    "the end cut off": (lambda: verified(sealed()[:-30]), ("refused: DecodeError",)),
}


def _without_references() -> tuple[bytes, bytes]:
    text = read(sealed(), DESCRIBED)
    first, last = between(text, b"<ofd:Reference ", b"</ofd:References>")
    return text[:first], b"</ofd:References>" + text[last:]


def rows() -> Iterator[Row]:
    """Return the rows: each file of the package, then the ways by name."""
    for name in [*names(papers.paper(2)), SIGN_0 + "Seal.esl"]:
        ending = ("seal-copy: other-seal",) if name.endswith(".esl") else ()
        # What the document consists of is read for the places of the seals.
        ending = ("structure: DecodeError",) if name == DOCUMENT else ending
        gone = ("references: missing", *ending)
        bend: tuple[str, ...] = ("references: changed", *ending)
        if name == "OFD.xml":  # nothing can be read without it
            bend = ("refused: DecodeError",)
        yield Row(f"ofd: one byte of {name}", lambda name=name: bent(name), bend)  # type: ignore[misc]
        if not name.endswith(".esl") and name != "OFD.xml":
            yield Row(f"ofd: without {name}", lambda name=name: put({name: None}), gone)  # type: ignore[misc]
    for name, (act, expected) in ROWS.items():
        yield Row(f"ofd: {name}", act, expected)
