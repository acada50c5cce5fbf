"""The files of an OFD package that say who signed what: the list of signatures, and the description of each.

What is read here is what stands there; whether it is true is asked in :mod:`gmpki.seal.ofd.verify`.

:standard: GB/T 33190-2016 chapter 18 (signatures), as documented by independent implementations and seen in documents
    of several makers; GM/T 0099-2020 for the type Sign
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Final

from gmpki.errors import DecodeError, LimitExceeded
from gmpki.seal.ofd import xml
from gmpki.seal.ofd.package import OFDPackage, resolve, shown

if TYPE_CHECKING:
    from gmpki.seal.ofd.xml import Element

__all__ = [
    "Box",
    "Provider",
    "Reference",
    "SignatureEntry",
    "SignatureFile",
    "SignatureList",
    "StampAnnotation",
    "find_file",
    "signature_lists",
]

MAX_SIGNATURES: Final = 1_000
MAX_REFERENCES: Final = 20_000  # as many files as a package has
MAX_STAMPS: Final = 20_000
_MAX_DIGEST_TEXT_LEN: Final = 256
_UTC: Final = re.compile(r"([0-9]{14})(?:\.[0-9]{1,9})?Z")
_SIGN_TYPES: Final = {"": "Seal", "seal": "Seal", "sign": "Sign"}


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in mm, from the left and from the upper edge. Immutable."""

    x: float
    y: float
    width: float
    height: float

    @classmethod
    def parse(cls, text: str, name: str) -> Box:
        """Read four numbers.

        :raises DecodeError: when they are not four numbers, or a side is negative.
        """
        x, y, width, height = xml.numbers(text, count=4, name=name)
        if width < 0 or height < 0:
            raise DecodeError(f"{name} has a negative side")
        return cls(x, y, width, height)


@dataclass(frozen=True, slots=True)
class SignatureEntry:
    """One line of a list of signatures. Immutable.

    :ivar id: as it stands there, such as "s001".
    :ivar type: "Seal" or "Sign".
    :ivar path: the name of the file that describes the signature.
    """

    id: str
    type: str
    path: str


@dataclass(frozen=True, slots=True)
class SignatureList:
    """Signatures.xml of one document of a package. Immutable.

    :ivar path: the name of the file.
    :ivar document: which document of the package it belongs to, counted from 0.
    :ivar max_sign_id: as it stands there, such as "s008"; "" when it is missing.
    """

    path: str
    document: int
    entries: tuple[SignatureEntry, ...]
    max_sign_id: str

    @classmethod
    def parse(cls, package: OFDPackage, path: str, *, document: int = 0) -> SignatureList:
        """Read the list.

        :raises DecodeError: when the file is missing or malformed, or a signature stands in it twice.
        :raises LimitExceeded: when it names more than 1000 signatures.
        """
        name = path.removeprefix("/")
        root = _root(package, name, "Signatures")
        found = xml.children(root, "Signature")
        if len(found) > MAX_SIGNATURES:
            raise LimitExceeded(f"{shown(name)} names more than {MAX_SIGNATURES} signatures")
        entries = []
        for element in found:
            kind = xml.attribute(element, "Type")
            if kind.lower() not in _SIGN_TYPES:
                raise DecodeError(f"{shown(name)}: a signature has the type {kind[:40]!r}, not Seal or Sign")
            location = xml.attribute(element, "BaseLoc")
            entries.append(
                SignatureEntry(
                    xml.attribute(element, "ID"), _SIGN_TYPES[kind.lower()], find_file(package, location, name)
                )
            )
        if len({entry.path for entry in entries}) != len(entries):
            raise DecodeError(f"{shown(name)} names a signature twice")
        # Makers add a further MaxSignId with each signature instead of raising the one that is there.
        identifiers = xml.children(root, "MaxSignId")
        return cls(name, document, tuple(entries), xml.text_of(identifiers[-1]) if identifiers else "")


@dataclass(frozen=True, slots=True)
class Provider:
    """Which program signed, as it says itself. Immutable."""

    name: str = ""
    company: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True)
class Reference:
    """A file that is protected, and its digest. Immutable.

    :ivar path: the name of the file, without a slash at its beginning.
    """

    path: str
    digest: bytes


@dataclass(frozen=True, slots=True)
class StampAnnotation:
    """Where the picture of the seal appears. Immutable.

    :ivar page_id: the ID of the page in its document.
    :ivar boundary: where the whole picture lies on the page.
    :ivar clip: the part of it that is shown, relative to the upper left corner of the boundary; None for all of it.
    """

    id: str
    page_id: str
    boundary: Box
    clip: Box | None = None

    @property
    def visible(self) -> Box:
        """The part of the page on which it shows."""
        whole, clip = self.boundary, self.clip
        if clip is None:
            return whole
        left, upper = max(clip.x, 0.0), max(clip.y, 0.0)
        right, lower = min(clip.x + clip.width, whole.width), min(clip.y + clip.height, whole.height)
        return Box(whole.x + left, whole.y + upper, max(right - left, 0.0), max(lower - upper, 0.0))


@dataclass(frozen=True, slots=True)
class SignatureFile:
    """Signature.xml: what one signature protects and where its parts lie. Immutable.

    :ivar path: the name of the file.
    :ivar data: its bytes, over whose digest the signature is made.
    :ivar signed_value: the name of the file with the signature.
    :ivar method: the signature algorithm as it stands there.
    :ivar time_text: the time as it stands there, in one of the forms that makers use.
    :ivar check_method: the hash algorithm of the references as it stands there.
    :ivar seal: the name of the file with a copy of the seal; None when there is none.
    """

    path: str
    data: bytes
    signed_value: str
    provider: Provider
    method: str
    time_text: str
    check_method: str
    references: tuple[Reference, ...]
    stamps: tuple[StampAnnotation, ...]
    seal: str | None

    @property
    def time(self) -> datetime | None:
        """The time where it says its time zone, such as 20261122080000Z; None for the forms that do not."""
        found = _UTC.fullmatch(self.time_text)
        if found is None:
            return None
        try:
            return datetime.strptime(found[1], "%Y%m%d%H%M%S").replace(tzinfo=timezone.utc)
        except ValueError:
            return None

    @classmethod
    def parse(cls, package: OFDPackage, path: str) -> SignatureFile:
        """Read the description of a signature.

        :raises DecodeError: when the file is missing or malformed, or protects nothing, or one file twice.
        :raises LimitExceeded: when it has more references or stamps than any document needs.
        """
        name = path.removeprefix("/")
        root = _root(package, name, "Signature")
        info = xml.child(root, "SignedInfo")
        if info is None:
            raise DecodeError(f"{shown(name)} has no SignedInfo")
        listed = xml.child(info, "References")
        if listed is None:
            raise DecodeError(f"{shown(name)} has no References")
        seal = xml.child(info, "Seal")
        location = "" if seal is None else xml.text_of(seal, "BaseLoc")
        return cls(
            path=name,
            data=package.read(name),
            signed_value=find_file(package, xml.text_of(root, "SignedValue"), name),
            provider=_provider(xml.child(info, "Provider")),
            method=xml.text_of(info, "SignatureMethod"),
            time_text=xml.text_of(info, "SignatureDateTime"),
            check_method=xml.attribute(listed, "CheckMethod"),
            references=_references(package, listed, name),
            stamps=_stamps(info, name),
            seal=find_file(package, location, name) if location else None,
        )


def find_file(package: OFDPackage, location: str, base: str) -> str:
    """Return the name of the file that a location means.

    A relative location is relative to the file in which it stands. Some makers write it relative to the root of the
    package; that is taken when no file lies where the standard says.

    :raises DecodeError: when there is no location, or it leads out of the package.
    """
    if not location:
        raise DecodeError(f"{shown(base)} leaves out where a file lies")
    name = resolve(location, base)
    if name in package or location.startswith(("/", ".")):
        return name
    from_root = resolve(location)
    return from_root if from_root in package else name


def signature_lists(package: OFDPackage) -> tuple[SignatureList, ...]:
    """Return the lists of signatures of all documents of a package, in their order; documents without one have none.

    :raises DecodeError: when OFD.xml or a list is malformed, or two documents share a list or a signature.
    :raises LimitExceeded: when there are more signatures than any document needs.
    """
    lists: list[SignatureList] = []
    for number, body in enumerate(xml.children(_root(package, "OFD.xml", "OFD"), "DocBody")):
        location = xml.text_of(body, "Signatures")
        if location:
            lists.append(SignatureList.parse(package, find_file(package, location, "OFD.xml"), document=number))
    if len({found.path for found in lists}) != len(lists):
        raise DecodeError("two documents of the package have one list of signatures")
    paths = [entry.path for found in lists for entry in found.entries]
    if len(paths) > MAX_SIGNATURES:
        raise LimitExceeded(f"the package has more than {MAX_SIGNATURES} signatures")
    if len(set(paths)) != len(paths):
        raise DecodeError("a signature stands in two lists: on whose pages it shows cannot be told")
    return tuple(lists)


def _root(package: OFDPackage, name: str, expected: str) -> Element:
    root = package.xml(name)
    if xml.local_name(root) != expected:
        raise DecodeError(f"{shown(name)} has the root {xml.local_name(root)[:40]}, not {expected}")
    return root


def _provider(element: Element | None) -> Provider:
    """Read who signed: attributes, or elements, as some makers write it."""
    if element is None:
        return Provider()
    values = (
        xml.attribute(element, name) or xml.text_of(element, name) for name in ("ProviderName", "Company", "Version")
    )
    return Provider(*values)


def _references(package: OFDPackage, listed: Element, base: str) -> tuple[Reference, ...]:
    found = xml.children(listed, "Reference")
    if not found:
        raise DecodeError(f"{shown(base)} protects no file")
    if len(found) > MAX_REFERENCES:
        raise LimitExceeded(f"{shown(base)} has more than {MAX_REFERENCES} references")
    references = [
        Reference(
            find_file(package, xml.attribute(element, "FileRef"), base),
            _digest(xml.text_of(element, "CheckValue"), base),
        )
        for element in found
    ]
    if len({reference.path for reference in references}) != len(references):
        raise DecodeError(f"{shown(base)} has two references to one file")
    return tuple(references)


def _digest(text: str, base: str) -> bytes:
    if not text or len(text) > _MAX_DIGEST_TEXT_LEN:
        raise DecodeError(f"{shown(base)}: a reference has no digest, or a very long one")
    try:
        return base64.b64decode(re.sub(r"\s", "", text).encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise DecodeError(f"{shown(base)}: the digest of a reference is not base64") from None


def _stamps(info: Element, base: str) -> tuple[StampAnnotation, ...]:
    found = xml.children(info, "StampAnnot")
    if len(found) > MAX_STAMPS:
        raise LimitExceeded(f"{shown(base)} has more than {MAX_STAMPS} stamps")
    stamps = []
    for element in found:
        clip = xml.attribute(element, "Clip")
        stamps.append(
            StampAnnotation(
                xml.attribute(element, "ID"),
                xml.attribute(element, "PageRef"),
                Box.parse(xml.attribute(element, "Boundary"), f"{shown(base)}: the boundary of a stamp"),
                Box.parse(clip, f"{shown(base)}: the clip of a stamp") if clip else None,
            )
        )
    return tuple(stamps)
