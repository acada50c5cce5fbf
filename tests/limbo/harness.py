"""Puts the cases of x509-limbo, and our own in the same form, to path validation, and compares the verdicts.

How a case is read, in full:

* profile: "webpki" for the ids that begin with ``webpki::``, "rfc5280" for all others. Cases without a namespace of
  their own (pathlen, crl, cve, ...) ask for nothing that is special to the public web.
* tolerated: in the public web's profile, a common name that is none of the names in subjectAltName; only the cases
  ``webpki::cn::`` are about it, and the others have one that was not chosen with care.
* purpose: what the case lists as extended key usage; where it lists nothing, serverAuth for servers and clientAuth for
  clients. Key usage as listed. Our own cases name a :class:`Purpose` among their features instead.
* trust anchors: their certificates are judged like any other (``AnchorRules.CERTIFICATE``), since the suite puts flaws
  into roots and expects them to be found.
* names: every name that the case expects must be in subjectAltName.
* revocation: with lists in the case, each certificate must be known not to be revoked, from lists that have a cRLNumber
  as RFC 5280 5.2.3 demands; without, nobody is asked.
* time: that of the case, or now.
* reading: strict. A certificate that cannot be read makes the case a failure when it is the one asked about, and is
  otherwise left out, as whoever collects certificates would do. A trust anchor that cannot be read strictly is read
  leniently: one of the roots of the public web has the serial number zero.
"""

from __future__ import annotations

import contextlib
import fnmatch
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import figures
from gmpki import oids
from gmpki.asn1.rfc5280.ext_keys import KeyUsages
from gmpki.errors import DecodeError, GmpkiError, ValidationError
from gmpki.x509.certificate import Certificate, load_certificate
from gmpki.x509.crl import load_crl
from gmpki.x509.crl_checker import CRLChecker
from gmpki.x509.path import AnchorRules, PathPolicy, PathProfile, PeerName, Purpose, RevocationMode, validate_path

Case = dict[str, Any]

LISTS = Path(__file__).resolve().parent / "not_applicable.toml"
PURPOSE = "purpose:"

USAGES = {
    "digitalSignature": KeyUsages.DIGITAL_SIGNATURE,
    "contentCommitment": KeyUsages.NON_REPUDIATION,
    "keyEncipherment": KeyUsages.KEY_ENCIPHERMENT,
    "dataEncipherment": KeyUsages.DATA_ENCIPHERMENT,
    "keyAgreement": KeyUsages.KEY_AGREEMENT,
    "keyCertSign": KeyUsages.KEY_CERT_SIGN,
    "cRLSign": KeyUsages.CRL_SIGN,
    "encipherOnly": KeyUsages.ENCIPHER_ONLY,
    "decipherOnly": KeyUsages.DECIPHER_ONLY,
}
EXTENDED = {
    "anyExtendedKeyUsage": oids.ANY_EXTENDED_KEY_USAGE,
    "serverAuth": oids.SERVER_AUTH,
    "clientAuth": oids.CLIENT_AUTH,
    "codeSigning": oids.CODE_SIGNING,
    "emailProtection": oids.EMAIL_PROTECTION,
    "timeStamping": oids.TIME_STAMPING,
    "OCSPSigning": oids.OCSP_SIGNING,
}
PEERS = {"DNS": PeerName.dns, "IP": PeerName.ip, "RFC822": PeerName.email}


@dataclass(frozen=True)
class Verdict:
    """What path validation said about a case."""

    accepted: bool
    reason: str
    message: str

    @property
    def as_expected(self) -> str:
        return "SUCCESS" if self.accepted else "FAILURE"


def judge(case: Case) -> Verdict:
    """Put a case to path validation."""
    try:
        validate_path(
            load_certificate(case["peer_certificate"].encode()),
            anchors=readable(case["trusted_certs"], lenient=True),
            intermediates=readable(case["untrusted_intermediates"]),
            policy=policy_of(case),
            checkers=checkers_of(case),
            at=None if case["validation_time"] is None else datetime.fromisoformat(case["validation_time"]),
        )
    except ValidationError as error:
        return Verdict(False, error.reason, str(error))
    except GmpkiError as error:
        return Verdict(False, type(error).__name__, str(error))
    return Verdict(True, "", "")


def policy_of(case: Case) -> PathPolicy:
    """Say what a case asks for."""
    purposes = [feature.removeprefix(PURPOSE) for feature in case["features"] if feature.startswith(PURPOSE)]
    extended = [EXTENDED[name] for name in case["extended_key_usage"]]
    if not extended and not purposes:
        extended = [oids.SERVER_AUTH if case["validation_kind"] == "SERVER" else oids.CLIENT_AUTH]
    usage = KeyUsages(0)
    for name in case["key_usage"]:
        usage |= USAGES[name]
    peers = [*([case["expected_peer_name"]] if case["expected_peer_name"] else []), *case["expected_peer_names"]]
    depth = case["max_chain_depth"]
    return PathPolicy(
        profile=PathProfile.WEBPKI if case["id"].startswith("webpki::") else PathProfile.RFC5280,
        tolerated=frozenset() if case["id"].startswith("webpki::cn::") else frozenset({"common-name"}),
        key_usage=usage,
        extended_key_usage=tuple(extended),
        purpose=Purpose(purposes[0]) if purposes else None,
        peer_names=tuple(PEERS[peer["kind"]](peer["value"]) for peer in peers),
        revocation=RevocationMode.HARD if case.get("crls") else None,
        anchor_rules=AnchorRules.CERTIFICATE,
        **({} if depth is None else {"max_depth": depth}),
    )


def readable(texts: Iterable[str], *, lenient: bool = False) -> list[Certificate]:
    """Read certificates, strictly where that is possible, leaving out those that cannot be read."""
    found = []
    for text in texts:
        with contextlib.suppress(DecodeError):
            found.append(load_certificate(text.encode()))
            continue
        with contextlib.suppress(DecodeError):
            if lenient:
                found.append(load_certificate(text.encode(), lenient=True))
    return found


def checkers_of(case: Case) -> list[CRLChecker]:
    """Read the revocation lists of a case."""
    lists = []
    for text in case.get("crls") or ():
        with contextlib.suppress(DecodeError):
            lists.append(load_crl(text.encode()))
    return [CRLChecker(lists, require_number=True)] if case.get("crls") else []


def not_applicable(section: str) -> dict[str, str]:
    """Return the ids of the cases that say nothing about gmpki, or patterns of ids, each with its reason."""
    listed: dict[str, str] = figures.tomllib.loads(LISTS.read_text(encoding="utf-8")).get(section, {})
    return listed


@dataclass
class Outcome:
    """The verdicts on a suite."""

    agreed: int = 0
    left_out: dict[str, str] = field(default_factory=dict)
    disagreements: list[tuple[Case, Verdict]] = field(default_factory=list)

    @property
    def run(self) -> int:
        return self.agreed + len(self.disagreements)

    @property
    def bad_accepts(self) -> list[Case]:
        """The cases that should have been refused."""
        return [case for case, verdict in self.disagreements if verdict.accepted]

    def __str__(self) -> str:
        return f"{self.agreed}/{self.run} agreed, {len(self.bad_accepts)} bad accepts"


def run(cases: Iterable[Case], *, left_out: dict[str, str] | None = None) -> Outcome:
    """Put cases to path validation and compare."""
    outcome = Outcome()
    for case in cases:
        reason = next((why for ids, why in (left_out or {}).items() if fnmatch.fnmatchcase(case["id"], ids)), None)
        if reason is not None:
            outcome.left_out[case["id"]] = reason
            continue
        verdict = judge(case)
        if verdict.as_expected == case["expected_result"]:
            outcome.agreed += 1
        else:
            outcome.disagreements.append((case, verdict))
    return outcome
