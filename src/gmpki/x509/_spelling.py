"""How the standards write the members of enumerations: digitalSignature for ``DIGITAL_SIGNATURE``."""

from __future__ import annotations

from typing import Final

from gmpki.asn1.rfc5280.ext_keys import KeyUsages

__all__ = ["KEY_USAGES", "spelling"]

# Where it is not the name of the member in camel case.
_SPELLINGS: Final = {
    "CRL_SIGN": "cRLSign",
    "CA_COMPROMISE": "cACompromise",
    "AA_COMPROMISE": "aACompromise",
    "REMOVE_FROM_CRL": "removeFromCRL",
}


def spelling(name: str) -> str:
    """Return how the standards write a member of an enumeration, from its name in Python."""
    if name in _SPELLINGS:
        return _SPELLINGS[name]
    first, *rest = name.lower().split("_")
    return first + "".join(word.capitalize() for word in rest)


KEY_USAGES: Final = {spelling(str(usage.name)): usage for usage in KeyUsages}
"""The bits of keyUsage by their names (RFC 5280 4.2.1.3)."""
