"""Judge outside messages, which the index describes in one line: outer type, signers, what their signatures are."""

from __future__ import annotations

from gmpki.cms import SignedMessage, SignerReport, Trust, verify
from gmpki.errors import GmpkiError
from objects.judgement import Entry, Judgement

__all__ = ["judge_message"]

HOLDS = "content:valid(id=1234567812345678)"
DETACHED = "detached"
OTHER_CONTENT = b"this content was never signed"


def judge_message(entry: Entry) -> Judgement:
    """Read a message in both modes, verify what can be verified, and compare with the index."""
    judgement = Judgement()
    data = entry.path.read_bytes()
    try:
        found = SignedMessage.from_der(data, lenient=True)
    except GmpkiError as error:
        judgement.problems.append(f"not even lenient reading takes it: {error}")
        return judgement
    judgement.quirks += found.quirks
    try:
        strict = SignedMessage.from_der(data)
    except GmpkiError as error:
        if not found.quirks:
            judgement.problems.append(f"strict reading refuses it, and lenient reading names no reason: {error}")
    else:
        judgement.strict = True
        if strict.to_der() != found.to_der():
            judgement.problems.append("the two modes read different things")
    if found.to_der() != data:
        judgement.problems.append("it does not re-encode to the same bytes")
    judgement.verdict = verdict(found, judgement)
    if judgement.verdict != entry.evaluates_to:
        judgement.problems.append(f"evaluates to {judgement.verdict!r}, the index says {entry.evaluates_to!r}")
    return judgement


def verdict(message: SignedMessage, judgement: Judgement) -> str:
    """Return what becomes of a message, in the words of the index."""
    content = OTHER_CONTENT if message.is_detached else None
    reports = verify(message, Trust.signature_only(), content=content, collect=True).signers
    signers = []
    for info, report in zip(message.signers, reports, strict=True):
        if message.is_detached and holds(report):
            judgement.problems.append("a content that was never signed verifies")
        algorithm = str.__str__(info.signature_algorithm.algorithm)
        judged = DETACHED if message.is_detached else HOLDS if holds(report) else "content:invalid"
        # The index tells of signed attributes, and of what is signed in them.
        signers.append((algorithm, info.signed_attributes is not None, [judged], []))
        judgement.quirks += report.quirks
        judgement.problems += [f"{variant.value} is not in the index" for variant in report.variants]
    return f"CMS outer={str.__str__(message.outer_content_type)} signers={signers}"


def holds(report: SignerReport) -> bool:
    """Tell whether a signature holds; whether the certificate is still valid is not asked."""
    return report.check("signature").status.value == "passed" and report.check("digest").status.value == "passed"
