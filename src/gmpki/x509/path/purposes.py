"""What a certificate is to be used for, in the terms of keyUsage and extKeyUsage.

Dual certificates are told apart by keyUsage alone: the one for signing and the one for encryption have the same
subject. Mixed bits are taken, since real certificates have them; keyCertSign and cRLSign are not, where TLCP peers
refuse them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final

from gmpki import oids
from gmpki.asn1.rfc5280.ext_keys import KeyUsages
from gmpki.x509._spelling import KEY_USAGES

if TYPE_CHECKING:
    from gmpki.x509.path.facts import Facts

__all__ = ["Purpose", "purpose_problem", "usage_problem"]

_U = KeyUsages
_NOTHING: Final = KeyUsages(0)
_SIGN: Final = _U.DIGITAL_SIGNATURE | _U.NON_REPUDIATION
_ENCRYPT: Final = _U.KEY_ENCIPHERMENT | _U.DATA_ENCIPHERMENT | _U.KEY_AGREEMENT
_AUTHORITY: Final = _U.KEY_CERT_SIGN | _U.CRL_SIGN


class Purpose(str, Enum):
    """A use of a certificate that path validation can ask for."""

    SIGNING = "signing"
    """A signature that lasts: documents, seals. digitalSignature or nonRepudiation."""
    ENCRYPTION = "encryption"
    """The other one of a pair. keyEncipherment, dataEncipherment or keyAgreement."""
    TLS_SERVER = "tls-server"
    TLS_CLIENT = "tls-client"
    TLCP_SERVER_SIGNING = "tlcp-server-signing"
    TLCP_SERVER_ENCRYPTION = "tlcp-server-encryption"
    TLCP_CLIENT_SIGNING = "tlcp-client-signing"
    TLCP_CLIENT_ENCRYPTION = "tlcp-client-encryption"
    TIME_STAMPING = "time-stamping"
    """extKeyUsage critical, with timeStamping and nothing else."""
    OCSP_SIGNING = "ocsp-signing"

    @property
    def nested(self) -> str | None:
        """The purpose that an extKeyUsage of an authority above must hold as well; None when it need not.

        RFC 5280 gives extKeyUsage in an authority's certificate no such meaning; all who verify certificates of
        servers give it. Authorities restricted to servers have OCSP responders, though, so those are left out.
        """
        return None if self is Purpose.OCSP_SIGNING else _DEMANDS[self].extended


@dataclass(frozen=True, slots=True)
class _Demand:
    """What one purpose asks.

    :ivar any_of: one of these bits is set; with no bit named, anything goes.
    :ivar none_of: none of these bits is set.
    :ivar usage_present: keyUsage has to be there; without it, an absent one allows everything.
    :ivar extended: what extKeyUsage has to hold where it is there.
    :ivar extended_present: it has to be there.
    :ivar alone: it is critical and holds nothing else.
    """

    any_of: KeyUsages
    none_of: KeyUsages = _NOTHING
    usage_present: bool = False
    extended: str | None = None
    extended_present: bool = False
    alone: bool = False


_DEMANDS: Final = {
    Purpose.SIGNING: _Demand(_SIGN, usage_present=True),
    Purpose.ENCRYPTION: _Demand(_ENCRYPT, usage_present=True),
    Purpose.TLS_SERVER: _Demand(
        _U.DIGITAL_SIGNATURE | _U.KEY_ENCIPHERMENT | _U.KEY_AGREEMENT, extended=oids.SERVER_AUTH
    ),
    Purpose.TLS_CLIENT: _Demand(_U.DIGITAL_SIGNATURE | _U.KEY_AGREEMENT, extended=oids.CLIENT_AUTH),
    Purpose.TLCP_SERVER_SIGNING: _Demand(
        _U.DIGITAL_SIGNATURE, _AUTHORITY, usage_present=True, extended=oids.SERVER_AUTH
    ),
    Purpose.TLCP_SERVER_ENCRYPTION: _Demand(_ENCRYPT, _AUTHORITY, usage_present=True, extended=oids.SERVER_AUTH),
    Purpose.TLCP_CLIENT_SIGNING: _Demand(
        _U.DIGITAL_SIGNATURE, _AUTHORITY, usage_present=True, extended=oids.CLIENT_AUTH
    ),
    Purpose.TLCP_CLIENT_ENCRYPTION: _Demand(_ENCRYPT, _AUTHORITY, usage_present=True, extended=oids.CLIENT_AUTH),
    Purpose.TIME_STAMPING: _Demand(_SIGN, extended=oids.TIME_STAMPING, extended_present=True, alone=True),
    Purpose.OCSP_SIGNING: _Demand(_SIGN, extended=oids.OCSP_SIGNING, extended_present=True),
}


def purpose_problem(facts: Facts, purpose: Purpose) -> tuple[str, str] | None:
    """Return the reason code and a sentence when a certificate does not serve a purpose; None when it does.

    :standard: RFC 5280 4.2.1.3, 4.2.1.12; RFC 3161 2.3 and RFC 6960 4.2.2.2 for their purposes. The bits of the two
        certificates of a pair are those that implementations and issued certificates agree on; the annex of GM/T 0015
        was not read
    """
    demand = _DEMANDS[purpose]
    usage = facts.key_usage
    if usage is None and demand.usage_present:
        return "key-usage", f"there is no keyUsage, which tells the certificates for {purpose.value} from others"
    if usage is not None and not usage & demand.any_of:
        return "key-usage", f"for {purpose.value} it needs {_listed(demand.any_of, ' or ')}; it has {_listed(usage)}"
    if usage is not None and usage & demand.none_of:
        return "key-usage", f"for {purpose.value} it must not have {_listed(usage & demand.none_of)}"
    return None if demand.extended is None else _extended_problem(facts, demand, demand.extended)


def _extended_problem(facts: Facts, demand: _Demand, wanted: str) -> tuple[str, str] | None:
    found = facts.extended_key_usage
    name = oids.find(wanted).name
    if found is None:
        return ("extended-key-usage", f"there is no extKeyUsage with {name}") if demand.extended_present else None
    if demand.alone and (found != (wanted,) or not facts.is_critical(oids.EXTENDED_KEY_USAGE)):
        return "extended-key-usage", f"extKeyUsage must be critical and hold {name} alone"
    if demand.extended_present and wanted not in found:
        return "extended-key-usage", f"extKeyUsage has no {name}"
    return None if allows(found, wanted) else ("extended-key-usage", f"extKeyUsage has no {name}")


def allows(found: tuple[str, ...], wanted: str) -> bool:
    """Tell whether an extKeyUsage allows a purpose, by its name or by anyExtendedKeyUsage.

    :standard: RFC 5280 4.2.1.12
    """
    return wanted in found or oids.ANY_EXTENDED_KEY_USAGE in found


def usage_problem(facts: Facts, usages: KeyUsages, purposes: tuple[str, ...]) -> tuple[str, str] | None:
    """Return the reason code and a sentence when keyUsage or extKeyUsage is there and does not allow all of something.

    :standard: RFC 5280 4.2.1.3, 4.2.1.12
    """
    if usages and facts.key_usage is not None and usages & ~facts.key_usage:
        return "key-usage", f"keyUsage lacks {_listed(usages & ~facts.key_usage)}; it has {_listed(facts.key_usage)}"
    extended = facts.extended_key_usage
    if extended is not None:
        for wanted in purposes:
            if not allows(extended, wanted):
                return "extended-key-usage", f"extKeyUsage has no {oids.find(wanted).name}"
    return None


def _listed(usages: KeyUsages, between: str = ", ") -> str:
    return between.join(name for name, bit in KEY_USAGES.items() if bit & usages) or "none"
