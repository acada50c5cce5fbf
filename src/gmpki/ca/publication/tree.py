"""Where things lie in a tree of files that a web server hands out, and what they are called there.

=============================================== ===========================================
``ca/AUTHORITY-GENERATION.cer``                 the authority's own certificate
``crl/AUTHORITY-GENERATION-PART.crl``           a revocation list; part 0 is the list of all
``crl/AUTHORITY-GENERATION-PART-delta.crl``     its delta list
``certs/AUTHORITY/LAST/SERIAL.cer``             a certificate, under its serial number
=============================================== ===========================================

Everything is DER. Serial numbers are lower-case hexadecimal digits without leading zeros, and ``LAST`` is the last two
of them, so that no folder gets too many files. In addresses, what they do not take of an authority's name is
percent-encoded.

>>> from gmpki.ca.publication.tree import media_type, tree_addresses
>>> tree_addresses("http://pki.example.cn", "staff").crl_uris
('http://pki.example.cn/crl/staff-{generation}-0.crl',)
>>> media_type("crl/staff-1-0.crl")
'application/pkix-crl'
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import quote

from gmpki._inputs import as_text, member
from gmpki.ca.interfaces import PublicationKind, Published
from gmpki.errors import InvalidInputError

if TYPE_CHECKING:
    from pathlib import PurePath

__all__ = ["TreeAddresses", "folder_of_certificates", "media_type", "place_of", "serial_of", "tree_addresses"]

# RFC 2585 4.1 and 4.2.
_MEDIA_TYPES: Final = {".cer": "application/pkix-cert", ".crl": "application/pkix-crl"}
_UNKNOWN: Final = "application/octet-stream"


def place_of(what: Published) -> str:
    """Return the path of something in the tree, with slashes.

    :raises InvalidTypeError: when it is no :class:`~gmpki.ca.interfaces.Published`.
    :raises InvalidInputError: when it is of no kind that is published, or a certificate is missing.
    """
    member(what, Published, "what is published")
    name = _name(what.authority)
    if what.kind == PublicationKind.AUTHORITY:
        return f"ca/{name}-{what.generation}.cer"
    if what.kind == PublicationKind.CRL:
        return f"crl/{name}-{what.generation}-{what.part}{'-delta' if what.is_delta else ''}.crl"
    if what.kind == PublicationKind.CERTIFICATE and what.certificate is not None:
        serial = f"{what.certificate.serial_number:x}"
        return f"{folder_of_certificates(what.authority)}/{serial.zfill(2)[-2:]}/{serial}.cer"
    raise InvalidInputError(f"there is no place for a thing of the kind {what.kind!r}")


def folder_of_certificates(authority: str) -> str:
    """Return the folder below which the certificates that an authority has issued lie.

    :raises InvalidTypeError: when the name is no ``str``.
    """
    return f"certs/{_name(authority)}"


def serial_of(path: PurePath) -> int | None:
    """Return the serial number that a file of the tree is called by; None for a file that is none of ours."""
    digits = path.stem
    if path.suffix != ".cer" or not digits or len(digits) > 40 or digits.strip("0123456789abcdef"):
        return None
    return int(digits, 16)


def media_type(path: str) -> str:
    """Return the media type of a file of the tree.

    :raises InvalidTypeError: when the path is no ``str``.
    :standard: RFC 2585 4
    """
    dot = as_text(path, "path").rfind(".")
    return _MEDIA_TYPES.get(path[dot:], _UNKNOWN) if dot >= 0 else _UNKNOWN


class TreeAddresses(NamedTuple):
    """Where a tree is found, as the settings of an authority want it."""

    crl_uris: tuple[str, ...]
    delta_uris: tuple[str, ...]
    ca_issuers_uris: tuple[str, ...]


def tree_addresses(base: str, authority: str, *, parts: int = 0) -> TreeAddresses:
    """Return the addresses of an authority's things in a tree, with ``{generation}`` and ``{part}`` in them.

    :param base: the address of the tree itself, such as ``http://pki.example.cn``.
    :param parts: how many parts the revocation lists have.
    :raises InvalidTypeError: when an argument is no ``str``.
    """
    base, name = as_text(base, "base").rstrip("/"), quote(_name(authority), safe="")
    of_lists = f"{base}/crl/{name}-{{generation}}-{'{part}' if parts else 0}"
    return TreeAddresses((f"{of_lists}.crl",), (f"{of_lists}-delta.crl",), (f"{base}/ca/{name}-{{generation}}.cer",))


def _name(authority: str) -> str:
    """Return an authority's name as that of a file: it leads nowhere else."""
    name = as_text(authority, "authority")
    for unfit in "%/\\\0":
        name = name.replace(unfit, f"%{ord(unfit):02X}")
    return f"%2E{name[1:]}" if name.startswith(".") else name
