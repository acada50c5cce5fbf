"""An OFD document that waits for the value of its signature, which a key elsewhere makes.

>>> from gmpki.seal.ofd import PreparedOFD, prepare_ofd
>>> prepared = prepare_ofd(data, SealSigner(seal, None, certificate), Stamp(1, 120, 200))  # doctest: +SKIP
>>> stored = prepared.to_bytes()  # kept until the signature comes  # doctest: +SKIP
>>> signature = token.sign_digest(prepared.digest)  # doctest: +SKIP
>>> sealed = PreparedOFD.from_bytes(stored).finish(signature)  # doctest: +SKIP
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from gmpki import oids
from gmpki._inputs import as_bytes
from gmpki.asn1 import der
from gmpki.errors import DecodeError
from gmpki.seal.ofd.package import DEFAULT_LIMITS, OFDPackage, PackageLimits
from gmpki.seal.two_phase import prepared_from_bytes
from gmpki.seal.waiting import WaitingDocument, with_head, without_head

if TYPE_CHECKING:
    from collections.abc import Mapping

    from typing_extensions import Buffer


__all__ = ["CHECK_METHODS", "LaidOut", "PreparedOFD"]

CHECK_METHODS: Final = {"sm3": oids.SM3, "sha256": oids.SHA256, "sha384": oids.SHA384, "sha512": oids.SHA512}
"""The hashes by which documents are signed, as the list of references names them."""
_FORMAT: Final = 1


@dataclass(frozen=True, slots=True)
class LaidOut:
    """A document in which everything of a signature is in its place but its value. Immutable.

    :ivar new: the files that come with the signature, without the value.
    :ivar replaced: the files that the signature changes.
    :ivar description: the name of Signature.xml, whose digest is signed.
    :ivar value: the name of the file for the value.
    """

    package: OFDPackage
    new: Mapping[str, bytes]
    replaced: Mapping[str, bytes]
    description: str
    value: str
    digest_name: str
    digest: bytes

    def filled(self, value: bytes) -> bytes:
        """Return the package with the value of the signature."""
        return self.package.with_members({**self.new, self.value: value}, replaced=self.replaced)

    def unfilled(self) -> bytes:
        """Return the package without it."""
        return self.package.with_members(self.new, replaced=self.replaced)


@dataclass(frozen=True)
class PreparedOFD(WaitingDocument):
    """A sealed document but for the value of its signature. Immutable; it can be pickled, and kept as bytes.

    Whoever can change it while it waits decides what will be signed: it is kept as carefully as what it signs.
    """

    _laid: LaidOut = field(repr=False)

    def to_bytes(self) -> bytes:
        """Return everything as bytes, in a format of this package: to be read by :meth:`from_bytes` alone."""
        laid = self._laid
        head = der.encode_sequence(
            der.encode_integer(_FORMAT),
            der.encode_utf8_string(laid.description),
            der.encode_utf8_string(laid.value),
            der.encode_utf8_string(laid.digest_name),
            der.encode_octet_string(laid.digest),
            der.encode_octet_string(self._signature.to_bytes()),
        )
        return with_head(head, laid.unfilled())

    @classmethod
    def from_bytes(cls, data: Buffer, *, limits: PackageLimits = DEFAULT_LIMITS) -> PreparedOFD:
        """Read what :meth:`to_bytes` gave.

        :raises InvalidTypeError: when data has no buffer.
        :raises DecodeError: when it is something else, or parts of it do not fit together.
        :raises LimitExceeded: when it holds more than the limits allow.
        :raises GmpkiError: as :func:`~gmpki.seal.two_phase.prepared_from_bytes`.
        """
        what = "an OFD document that is prepared"
        reader, unfilled = without_head(as_bytes(data, what), "PreparedOFD", what)
        with reader.sequence() as fields:
            fields.integer("format", minimum=_FORMAT, maximum=_FORMAT)
            description, value = fields.utf8_string("description"), fields.utf8_string("value")
            at = fields.offset
            digest_name = fields.utf8_string("digestName")
            if digest_name not in CHECK_METHODS:
                raise fields.error("no hash by which documents are signed", "digestName", offset=at)
            digest, waiting = fields.octet_string("digest"), fields.octet_string("signature")
        reader.end()
        package = OFDPackage.from_bytes(unfilled, limits=limits)
        if value in package:
            raise DecodeError("the document has the signature already that it should wait for")
        if package.digest(description, digest_name) != digest:
            raise DecodeError("the description of the signature is not the one that was prepared")
        return cls(LaidOut(package, {}, {}, description, value, digest_name, digest), prepared_from_bytes(waiting))

    def __reduce__(self) -> tuple[object, tuple[bytes]]:
        """Pickle the bytes."""
        return PreparedOFD.from_bytes, (self.to_bytes(),)
