"""Which need of GB/T 39786-2021, level 3, each part of gmpki serves: a table for guides and for proposals.

Two reservations belong to every use of it:

- **gmpki is no certified cryptographic module.** The standard asks for modules and products that were tested and
  certified (for keys, confidence D: modules of GB/T 37092 level 2 or above). Real keys belong into a certified token
  or machine, which gmpki drives; what gmpki computes in software is not made compliant by this table. The judgement is
  that of an assessment by an accredited body.
- **The wording and strength of the needs are of confidence D**: general knowledge, not read in the text of the
  standard, of which only the list of contents was at hand. Check them there before they are cited.

>>> from gmpki.protect.needs import NEEDS
>>> [need.modules for need in NEEDS if need.subject == "integrity of logs"]
[('gmpki.protect.log',)]
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

__all__ = ["NEEDS", "Need"]


@dataclass(frozen=True, slots=True)
class Need:
    """One need, and what gmpki has towards it.

    :ivar layer: the part of a system that it concerns.
    :ivar subject: what is to be protected.
    :ivar strength: "shall" or "should" at level 3, of confidence D.
    :ivar contribution: what gmpki gives towards it.
    :ivar left: what remains to be done by others.
    :ivar modules: where it is found.
    """

    layer: str
    subject: str
    strength: str
    contribution: str
    left: str
    modules: tuple[str, ...]


_NETWORK: Final = "network and communication"
_DEVICE: Final = "devices and computing"
_APPLICATION: Final = "applications and data"
_KEYS: Final = "keys"

NEEDS: Final = (
    Need(
        _NETWORK,
        "authentication of the two ends, confidentiality of the channel",
        "shall",
        "dual SM2 certificates, their paths and revocation, SM2 key exchange",
        "the channel itself (TLCP) is another product's",
        ("gmpki.x509", "gmpki.keys", "gmpki.ocsp"),
    ),
    Need(
        _NETWORK,
        "integrity of the rules of access",
        "should",
        "a tag for each rule, a seal over the table of rules",
        "checking them before they are applied",
        ("gmpki.protect.records",),
    ),
    Need(
        _DEVICE,
        "authentication of administrators",
        "shall",
        "challenge and response with a certificate and its key, which a token may hold",
        "the login of the operating system",
        ("gmpki.protect.login",),
    ),
    Need(
        _DEVICE,
        "integrity of logs",
        "should",
        "a log chained with HMAC-SM3 and sealed with SM2 signatures",
        "keeping the seals, or copies of them, on another machine",
        ("gmpki.protect.log",),
    ),
    Need(
        _DEVICE,
        "integrity of rights and configuration",
        "should",
        "tags under HMAC-SM3 for records, seals over tables",
        "checking them when they are used",
        ("gmpki.protect.records",),
    ),
    Need(
        _DEVICE,
        "origin and integrity of programs",
        "should",
        "manifests of files, signed with SM2 and checked",
        "refusing to start what does not match",
        ("gmpki.protect.manifest",),
    ),
    Need(
        _APPLICATION,
        "authentication of users",
        "shall",
        "challenge and response with a certificate, its path and its revocation",
        "sessions after the login",
        ("gmpki.protect.login", "gmpki.x509", "gmpki.ocsp"),
    ),
    Need(
        _APPLICATION,
        "confidentiality of important data in storage",
        "shall",
        "SM4-GCM for single columns and whole files, rotation of keys, encryption of tables that exist already",
        "deciding which data are important; keys in a certified module",
        ("gmpki.protect.fields", "gmpki.protect.files", "gmpki.protect.rotation", "gmpki.protect.sqlalchemy"),
    ),
    Need(
        _APPLICATION,
        "confidentiality of important data in transit",
        "shall",
        "digital envelopes to the certificate of the receiver",
        "the channel",
        ("gmpki.cms",),
    ),
    Need(
        _APPLICATION,
        "integrity of important data in storage and in transit",
        "should",
        "tags under HMAC-SM3, the tags of SM4-GCM, SM2 signatures",
        "checking them wherever the data are read",
        ("gmpki.protect.records", "gmpki.protect.fields", "gmpki.cms"),
    ),
    Need(
        _APPLICATION,
        "non-repudiation where there is legal liability",
        "should",
        "SM2 signatures in messages, with time-stamps, chain and revocation kept as evidence",
        "the authority of the certificates and of the time",
        ("gmpki.cms", "gmpki.tsa"),
    ),
    Need(
        _KEYS,
        "generation, storage, use and destruction of keys in a certified module",
        "shall",
        "protocols that keys in tokens satisfy; key rings that only a token's key opens; rotation and destruction",
        "the certified module: gmpki is none",
        ("gmpki.keys", "gmpki.protect.keys"),
    ),
)
"""The needs, from the network inward."""
