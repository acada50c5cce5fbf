"""What makes the signatures of a PDF file last: certificates, revocation lists and OCSP responses kept in the file, and
time-stamps over all of it.

A signature is verified long after its certificate has expired by what is embedded here while it is valid, and by a
time-stamp over that; before the certificate of the time-stamp expires, both are done again.

>>> lasting = add_validation_data(sealed, ValidationData(certificates, crls))  # doctest: +SKIP
>>> lasting = add_document_timestamp(lasting, authority.stamp)  # doctest: +SKIP

:standard: ISO 32000-2 12.8.4.3 and 12.8.5; ETSI EN 319 142-1 5.4
"""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

from gmpki._inputs import as_bytes, function, member, number
from gmpki.cms.digests import hash_of
from gmpki.errors import InvalidInputError, LimitExceeded, SealError
from gmpki.seal._extras import extra
from gmpki.seal.pdf._fields import signed_fields
from gmpki.seal.pdf._layout import Request, lay_out
from gmpki.seal.pdf._pyhanko import entry, guarded, open_writer, pdf_bytes
from gmpki.seal.pdf.profiles import PDFProfile
from gmpki.seal.two_phase import checked_token
from gmpki.tsa.validation_data import ValidationData

if TYPE_CHECKING:
    from collections.abc import Callable

    from typing_extensions import Buffer

__all__ = ["add_document_timestamp", "add_validation_data"]

_KINDS: Final = (("Certs", "Cert"), ("CRLs", "CRL"), ("OCSPs", "OCSP"))
_MAX_KEPT: Final = 4096
_TOKEN_LEN: Final = 16384
_MAX_TOKEN_LEN: Final = 1 << 20


def add_validation_data(data: Buffer, validation: ValidationData) -> bytes:
    """Add what a verifier needs to a PDF file, for all its signatures, and return the file.

    What is there stays, and nothing is kept twice.

    :raises InvalidTypeError: when an input has the wrong type.
    :raises InvalidInputError: when there is nothing to add.
    :raises DecodeError: when the file cannot be read.
    :raises LimitExceeded: when the file is longer than 512 MiB, or would keep more than 4096 things of a kind.
    :raises UnsupportedAlgorithm: when the file is encrypted.
    :raises SealError: "not-signed" when nobody has signed it; "hybrid" as :func:`~gmpki.seal.pdf.sign_pdf`.
    :raises UnsupportedPlatform: when the libraries of the extra "seal" are not installed.
    :standard: ISO 32000-2 12.8.4.3 (DSS and VRI)
    """
    member(validation, ValidationData, "validation")
    if validation.is_empty:
        raise InvalidInputError("there is nothing to add")
    writer = open_writer(pdf_bytes(data))
    with guarded("the validation data cannot be added to the PDF file"):
        signatures = [signature for _, signature in signed_fields(writer)]
        if not signatures:
            raise SealError("not-signed", "nobody has signed the document")
        _Store(writer).add(validation, signatures)
        made = BytesIO()
        writer.write(made)
    return made.getvalue()


class _Store:
    """The security store of a document: what it has, and what is added."""

    def __init__(self, writer: Any) -> None:
        self._writer = writer
        self._generic = extra("pyhanko.pdf_utils.generic")
        self._old = entry(writer.root, "/DSS", {})

    def add(self, validation: ValidationData, signatures: list[Any]) -> None:
        """Write the store anew, with what it had and what is added."""
        make, name = self._generic, self._generic.pdf_name
        encoded = (
            [one.der for one in validation.certificates],
            [one.to_der() for one in validation.crls],
            [one.to_der() for one in validation.responses],
        )
        store = make.DictionaryObject({name("/Type"): name("/DSS")})
        added = {}
        for (plural, singular), items in zip(_KINDS, encoded, strict=True):
            known = list(entry(self._old, f"/{plural}", ()))
            references = [self._kept(item, known) for item in items]
            if known:
                store[name(f"/{plural}")] = make.ArrayObject(known)
            added[singular] = references
        store[name("/VRI")] = self._per_signature(signatures, added)
        self._writer.root[name("/DSS")] = self._writer.add_object(store)
        self._writer.update_root()

    def _kept(self, item: bytes, known: list[Any]) -> Any:
        """Return the reference to an item, which is added to those that are known unless it is one of them."""
        if len(known) >= _MAX_KEPT:
            raise LimitExceeded(f"the document would keep more than {_MAX_KEPT} things of a kind")
        for reference in known:
            if reference.get_object().data == item:
                return reference
        stream = self._generic.StreamObject(stream_data=item)
        stream.compress()
        reference = self._writer.add_object(stream)
        known.append(reference)
        return reference

    def _per_signature(self, signatures: list[Any], added: dict[str, list[Any]]) -> Any:
        """Return the entries that say what belongs to which signature."""
        make, name = self._generic, self._generic.pdf_name
        old = entry(self._old, "/VRI", {})
        entries = make.DictionaryObject({key: old.raw_get(key) for key in old})
        for signature in signatures:
            contents = signature.raw_get("/Contents")
            octets = getattr(contents, "original_bytes", contents)
            key = name(f"/{hash_of('sha1', bytes(octets)).hex().upper()}")
            before = entry(old, key, {})
            listing = make.DictionaryObject()
            for singular, references in added.items():
                listed = list(entry(before, f"/{singular}", ()))
                listed += [one for one in references if one not in listed]
                if listed:
                    listing[name(f"/{singular}")] = make.ArrayObject(listed)
            entries[key] = listing
        return entries


def add_document_timestamp(
    data: Buffer, timestamp: Callable[[bytes], Buffer], *, reserve_len: int = _TOKEN_LEN
) -> bytes:
    """Add a time-stamp over all of a PDF file, and return the file.

    :param timestamp: returns a time-stamp token over the bytes that it is given: the file and what is added to it.
    :param reserve_len: how many bytes are reserved for the token.
    :raises InvalidTypeError: when an input has the wrong type.
    :raises InvalidInputError: when ``reserve_len`` is out of bounds.
    :raises DecodeError: when the file cannot be read.
    :raises LimitExceeded: when the file is longer than 512 MiB, or the token than its place.
    :raises TimestampError: "imprint" when the token is over something else.
    :raises UnsupportedAlgorithm: when the file is encrypted.
    :raises SealError: "hybrid" as :func:`~gmpki.seal.pdf.sign_pdf`.
    :raises GmpkiError: what ``timestamp`` raises; another error when it returns no token.
    :raises UnsupportedPlatform: when the libraries of the extra "seal" are not installed.
    :standard: ISO 32000-2 12.8.5
    """
    function(timestamp, "timestamp")
    number(reserve_len, 1, _MAX_TOKEN_LEN, "reserve_len")
    request = Request(PDFProfile.TIMESTAMP, (), None, {}, None, None, reserve_len, "sm3")
    laid = lay_out(pdf_bytes(data), request)
    covered = laid.covered()
    return laid.filled(checked_token(as_bytes(timestamp(covered), "a time-stamp token"), covered))
