"""Judge certificates, requests, revocation lists, messages and seals of others, and compare with their index."""

from __future__ import annotations

import re
from functools import cached_property
from pathlib import Path
from typing import TypeAlias

from gmpki.asn1.quirks import Quirk, QuirkKind
from gmpki.errors import DecodeError, GmpkiError
from gmpki.keys.signature_algorithms import SM2_SIGNATURES
from gmpki.x509.certificate import Certificate
from gmpki.x509.crl import CertificateRevocationList
from gmpki.x509.names import names_match
from gmpki.x509.request import CertificateRequest
from gmpki.x509.signatures import LENIENT_SIGNATURES, STANDARD_SIGNATURES, SignaturePolicy
from objects.judgement import DEFAULT_ID, SEALED, Entry, Judgement
from objects.message_judge import judge_message
from objects.seal_judge import judge_seal

__all__ = ["Collection", "read_index"]

Object: TypeAlias = "Certificate | CertificateRequest | CertificateRevocationList"
Signed: TypeAlias = "Certificate | CertificateRevocationList"

KINDS = {"certificate": Certificate, "request": CertificateRequest, "crl": CertificateRevocationList}
# How the index names what a signature that holds was made with.
VERDICTS = {
    QuirkKind.EMPTY_USER_ID: "valid(id=empty)",
    QuirkKind.WITHOUT_ZA: "valid(noZ: e=SM3(M))",
}
MESSAGE = "cms"
NO_ISSUER = "issuer not in set"
OTHER_KEY = "no issuer key in set verifies (same-name issuer present)"


def read_index(folder: Path) -> list[Entry]:
    """Return the entries of certificates, requests, revocation lists, messages and all that is sealed."""
    lines = (folder / "INDEX.tsv").read_text(encoding="utf-8").splitlines()[1:]
    rows = [line.split("\t") for line in lines]
    return [Entry(folder / row[0], row[1], row[2], row[4]) for row in rows if row[1] in (*KINDS, MESSAGE, SEALED)]


class Collection:
    """The objects of an index; issuers are looked for among its certificates."""

    def __init__(self, entries: list[Entry]) -> None:
        self.entries = entries

    @cached_property
    def certificates(self) -> list[Certificate]:
        """Every certificate, read leniently."""
        found = (self._read(entry) for entry in self.entries if entry.kind == "certificate")
        return [certificate for certificate in found if certificate is not None]

    @staticmethod
    def _read(entry: Entry) -> Certificate | None:
        try:
            return Certificate.from_der(entry.path.read_bytes(), lenient=True)
        except GmpkiError:  # judge() says so
            return None

    def judge(self, entry: Entry) -> Judgement:
        """Read an object in both modes, evaluate its signature, and compare with the index."""
        if entry.kind == MESSAGE:
            return judge_message(entry)
        if entry.kind == SEALED:
            return judge_seal(entry)
        judgement = Judgement()
        data = entry.path.read_bytes()
        kind = KINDS[entry.kind]
        try:
            found: Object = kind.from_der(data, lenient=True)
        except GmpkiError as error:
            judgement.problems.append(f"not even lenient reading takes it: {error}")
            return judgement
        judgement.quirks += found.quirks
        try:
            strict = kind.from_der(data)
        except DecodeError as error:
            if not found.quirks:
                judgement.problems.append(f"strict reading refuses it, and lenient reading names no reason: {error}")
        else:
            judgement.strict = True
            if strict != found:
                judgement.problems.append("the two modes read different things")
        if found.to_der() != data:
            judgement.problems.append("it does not re-encode to the same bytes")
        self._evaluate(found, judgement)
        self._compare(entry, judgement)
        return judgement

    def _evaluate(self, found: Object, judgement: Judgement) -> None:
        """Evaluate the signature with every policy; fill in the verdict and the quirks."""
        if isinstance(found, CertificateRequest):
            judgement.verdict = self._verdict(judgement, lambda policy: found.verify_signature(policy=policy))
            return
        if isinstance(found, Certificate) and found.signature_algorithm.algorithm not in SM2_SIGNATURES:
            judgement.verdict = f"not SM2-signed ({str.__str__(found.signature_algorithm.algorithm)})"
            return
        issuers = [c for c in self.certificates if names_match(c.subject, found.issuer)]
        judgement.verdict = OTHER_KEY if issuers else NO_ISSUER
        for issuer in issuers:
            verdict = self._verdict(judgement, lambda policy, key=issuer: found.verify_signature(key, policy=policy))
            if verdict != "invalid":
                # The index calls self-signed what names itself as the issuer.
                itself = isinstance(found, Certificate) and found.is_self_issued
                judgement.verdict = f"self-signed {verdict}" if itself else verdict
                return

    @staticmethod
    def _verdict(judgement: Judgement, verify: object) -> str:
        """Return the verdict of the lenient policy; note where the standard one does not agree with it."""
        assert callable(verify)
        try:
            quirks: tuple[Quirk, ...] = verify(LENIENT_SIGNATURES)
        except GmpkiError:  # it does not hold, or is not of this key
            quirks, verdict = (), "invalid"
        else:
            names = [VERDICTS[quirk.kind] for quirk in quirks if quirk.kind in VERDICTS]
            verdict = names[0] if names else DEFAULT_ID
            judgement.quirks += quirks
        policy: SignaturePolicy = STANDARD_SIGNATURES
        try:
            verify(policy)
        except GmpkiError:
            if verdict == DEFAULT_ID and not quirks:
                judgement.problems.append("the standard policy refuses a signature without quirks")
        else:
            if verdict != DEFAULT_ID:
                judgement.problems.append(f"the standard policy accepts a signature that is {verdict}")
        return verdict

    @staticmethod
    def _compare(entry: Entry, judgement: Judgement) -> None:
        """Hold the judgement against the index. An issuer that is not in the folder leaves nothing to judge."""
        wanted = entry.evaluates_to
        judged = judgement.verdict == wanted or (
            judgement.verdict == NO_ISSUER and re.fullmatch(r"valid\(.*\)", wanted) is not None
        )
        if not judged:
            judgement.problems.append(f"evaluates to {judgement.verdict!r}, the index says {wanted!r}")
        if entry.note.startswith("NULL ") and not judgement.has(QuirkKind.NULL_PARAMETERS):
            judgement.problems.append("NULL parameters are not named")
