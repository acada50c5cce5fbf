"""Names as the command line shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gmpki.asn1.rfc5280 import Name

__all__ = ["show_name"]


def show_name(name: Name) -> str:
    """Return a name as people write it: in the order of its encoding, the country first."""
    from gmpki.x509.names import format_name

    return format_name(name, "as-encoded")
