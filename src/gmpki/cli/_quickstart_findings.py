"""What quickstart verifies: everything as it was made, then with a byte changed, then after the revocation."""

from __future__ import annotations

import io
import re
import time
import zipfile
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import partial
from typing import TYPE_CHECKING, Final

from gmpki.cli._quickstart_space import Said, StoryError
from gmpki.errors import DecodeError, InvalidSignature, RevokedError, SealError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gmpki.asn1.rfc5280 import Name
    from gmpki.cli._quickstart_authority import Authorities
    from gmpki.cli._quickstart_documents import Document, Sealing
    from gmpki.cli._quickstart_office import Holder
    from gmpki.cli._quickstart_space import Workspace
    from gmpki.seal.report import DocumentReport
    from gmpki.seal.trust import SealTrust
    from gmpki.x509.certificate import Certificate

__all__ = [
    "Verified",
    "refuse_after_revocation",
    "refuse_changes",
    "verify_certificates",
    "verify_documents",
    "verify_messages",
    "wait_past_stamps",
]

# What a change ends in: depending on where it is, the document can no longer be read.
_REFUSALS: Final = (SealError, InvalidSignature, DecodeError)
# A digit of a text in a page of OFD: to change an amount is to change a byte.
_DIGIT: Final = re.compile(rb"[0-9](?=[^<>]*</ofd:TextCode>)")


@dataclass(frozen=True)
class Verified:
    """A sealed document and what its verification came to."""

    document: Document
    data: bytes
    report: DocumentReport
    report_name: str


def _now() -> datetime:
    return datetime.now(timezone.utc).replace(microsecond=0)


def _trust(authorities: Authorities, sealing: Sealing) -> SealTrust:
    from gmpki.seal import SealTrust
    from gmpki.tsa import TokenVerifier

    people = authorities.trust()
    return SealTrust(people, makers=people, timestamps=TokenVerifier(people), statuses=sealing.registry)


# ---- as it was made -------------------------------------------------------------------------------------------------
def verify_certificates(space: Workspace, authorities: Authorities, holders: Sequence[Holder]) -> None:
    """Validate the path of each certificate by lists, and ask the OCSP responder about it."""
    for holder in holders:
        for use, certificate in holder.certificates.items():
            path = space.timed(
                Said("验证证书链与 CRL", "validate a path, with CRLs"),
                partial(authorities.trust().validate, certificate),
            )
            names = [_common_name(link.subject) for link in path.chain[1:]]
            space.holds(
                Said(f"{use.chinese}：证书链、CRL", f"{use.english}: chain, CRL"),
                " → ".join([*names, _common_name(authorities.root.subject)]),
            )
            answer = space.timed(Said("OCSP 查询", "ask OCSP"), partial(_ask, authorities, certificate))
            space.holds(Said(f"{use.chinese}：OCSP", f"{use.english}: OCSP"), "good")
            name = f"ocsp/{use.english.replace(', ', '-')}.ors"
            space.write(name, answer, None)
    space.note("ocsp", Said("OCSP 应答", "answers of the OCSP responder"))
    space.tell("certificates 证书", f"{2 * len(holders)} × chain, CRL, OCSP 证书链、撤销列表、在线状态")


def _require(document: Document, data: bytes, trust: SealTrust) -> None:
    document.verify(data, trust, document.sealed_name).require()


def _common_name(name: Name) -> str:
    from gmpki.x509.names import format_name

    return format_name(name, "as-encoded").rpartition("CN=")[2]


def _ask(authorities: Authorities, certificate: Certificate) -> bytes:
    """Return the answer about a certificate that is neither revoked nor unknown."""
    from gmpki.ocsp import OCSPRequestBuilder, OCSPResponse, verify_response
    from gmpki.x509 import RevocationContext

    request = OCSPRequestBuilder().add(certificate, authorities.subordinate).nonce().build()
    answer = authorities.answer_ocsp(request.to_der())
    response, context = OCSPResponse.from_der(answer), RevocationContext(_now())
    verify_response(response, certificate, authorities.subordinate, context, nonce=request.nonce)
    return answer


def verify_documents(
    space: Workspace,
    authorities: Authorities,
    sealing: Sealing,
    sealed: list[tuple[Document, bytes]],
) -> list[Verified]:
    """Verify the seal and each sealed document, and write a report of each."""
    from gmpki.seal import report_as_html, verify_seal

    trust = _trust(authorities, sealing)
    report = verify_seal(sealing.seal, trust)
    report.require()
    space.holds(Said("印章：制章人、证书链、状态", "seal: maker, chain, status"), report.verdict.value)
    verified: list[Verified] = []
    for document, data in sealed:
        label = document.kind.upper()
        report = space.timed(
            Said(f"{label} 验章", f"verify the {label}"),
            partial(document.verify, data, trust, document.sealed_name),
        )
        report.require()
        stamped = report.signatures[0].signed_at
        space.holds(
            Said(f"{label}：签章、证书链、CRL、印章、时间戳", f"{label}: signature, chain, CRL, seal, time-stamp"),
            f"{report.verdict.value}, {stamped:%Y-%m-%d %H:%M:%S} UTC",
        )
        page = report_as_html(report, data, verified_at=_now())
        name = f"reports/{document.kind}-{len(verified) + 1}.html"
        space.write(name, page.encode("utf-8"), Said(f"{label} 验章报告", f"report on the {label}"))
        space.tell(f"{label} 验章", f"{report.verdict.value} 有效, {name}")
        verified.append(Verified(document, data, report, name))
    return verified


def verify_messages(
    space: Workspace, authorities: Authorities, document: Document, message: bytes, opened: bytes
) -> None:
    """Verify the signed message, and compare what was in the envelope."""
    from gmpki.cms import verify
    from gmpki.tsa import TokenVerifier

    trust = authorities.trust()
    found = space.timed(
        Said("验证 PKCS#7 签名", "verify the PKCS#7 signature"),
        lambda: verify(message, trust, content=document.data, timestamps=TokenVerifier(trust)),
    )
    space.holds(
        Said("PKCS#7 签名：签名、证书链、CRL、时间戳", "PKCS#7: signature, chain, CRL, time-stamp"),
        f"{found.signers[0].signed_at:%Y-%m-%d %H:%M:%S} UTC",
    )
    if opened != document.data:
        raise StoryError("what was in the envelope differs from what was put in")
    space.holds(Said("数字信封：取出的与原文一致", "envelope: the same comes out"), f"{len(opened)} bytes")
    space.tell("messages 消息", "PKCS#7, envelope 信封")


# ---- with a byte changed --------------------------------------------------------------------------------------------
def refuse_changes(
    space: Workspace,
    authorities: Authorities,
    sealing: Sealing,
    sealed: list[tuple[Document, bytes]],
    message: bytes,
) -> None:
    """Change a byte of each thing that was made: it has to be refused."""
    from gmpki.cms import verify
    from gmpki.seal import verify_seal

    trust = _trust(authorities, sealing)
    for document, data in sealed:
        label = document.kind.upper()
        changed = _changed_ofd(data) if document.kind == "ofd" else _flipped(data, len(document.data) // 2)
        name = document.name_of("changed")
        space.write(name, changed, Said(f"改动一个字节的 {label}", f"the {label} with a byte changed"))
        reason = space.refused(
            Said(f"{label}：改动一个字节", f"{label}: a byte changed"),
            partial(_require, document, changed, trust),
            *_REFUSALS,
        )
        space.tell(f"{label} refused 已拒绝", reason)
    document = sealed[0][0]
    content = _flipped(document.data, len(document.data) // 2)
    reason = space.refused(
        Said("PKCS#7 签名：原文改动一个字节", "PKCS#7: a byte of the content changed"),
        lambda: verify(message, authorities.trust(), content=content),
        InvalidSignature,
    )
    space.tell("PKCS#7 refused 已拒绝", reason)
    picture = sealing.seal.der.index(sealing.seal.picture.data) + len(sealing.seal.picture.data) // 2
    broken = _flipped(sealing.seal.der, picture)
    reason = space.refused(
        Said("印章：印模改动一个字节", "seal: a byte of the picture changed"),
        lambda: verify_seal(broken, trust).require(),
        *_REFUSALS,
    )
    space.tell("seal refused 已拒绝", reason)


def _flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def _changed_ofd(data: bytes) -> bytes:
    """Change one digit on a page, and pack the document again as a careful forger would."""
    forged = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(forged, "w", zipfile.ZIP_DEFLATED) as target:
        changed = False
        for name in source.namelist():
            content = source.read(name)
            found = None if changed or not name.endswith("Content.xml") else list(_DIGIT.finditer(content))
            if found:
                at = found[-1].start()
                content = content[:at] + (b"8" if content[at : at + 1] != b"8" else b"3") + content[at + 1 :]
                changed = True
            target.writestr(name, content)
    # A document whose pages have no digits is changed where its packed bytes are.
    return forged.getvalue() if changed else _flipped(data, len(data) // 2)


# ---- after the revocation -------------------------------------------------------------------------------------------
def refuse_after_revocation(
    space: Workspace,
    authorities: Authorities,
    sealing: Sealing,
    verified: list[Verified],
    unstamped: list[tuple[Document, bytes]],
) -> None:
    """See what a revocation does: nothing new is accepted, and what is old stands or falls with its time-stamp."""
    reason = space.refused(
        Said("撤销后：OCSP", "after the revocation: OCSP"),
        partial(_ask, authorities, sealing.certificate),
        RevokedError,
    )
    space.tell("OCSP", reason)
    document = verified[0].document
    reason = space.refused(
        Said("撤销后：用章之前先查登记库", "after the revocation: the registry is asked before the seal is used"),
        lambda: document.sealed(sealing.signer()),
        SealError,
    )
    space.tell("new use 再次用章", reason)
    trust = _trust(authorities, sealing)
    for late in (one.document for one in verified):
        label = late.kind.upper()
        data = late.sealed(sealing.signer(asks_registry=False))  # whoever has the UKey can still do that
        name = late.name_of("late")
        space.write(name, data, Said(f"撤销后签章的 {label}", f"the {label}, sealed after the revocation"))
        reason = space.refused(
            Said(f"{label}：撤销后的签章", f"{label}: sealed after the revocation"),
            partial(_require, late, data, trust),
            RevokedError,
        )
        space.tell(f"{label} 撤销后签章 sealed late", reason)
    for one in verified:
        label = one.document.kind.upper()
        _require(one.document, one.data, trust)
        space.holds(Said(f"{label}：撤销前的签章，有时间戳", f"{label}: sealed before, with a time-stamp"), "valid")
    space.tell("sealed before 撤销前签章", "valid by their time-stamps 凭时间戳有效")
    for old, data in unstamped:
        label = old.kind.upper()
        reason = space.refused(
            Said(f"{label}：撤销前的签章，没有时间戳", f"{label}: sealed before, without a time-stamp"),
            partial(_require, old, data, trust),
            RevokedError,
        )
        space.tell(f"{label} without time-stamp 无时间戳", reason)


def wait_past_stamps(verified: list[Verified]) -> None:
    """Wait until what happens now comes after the time-stamps. Both have whole seconds, so it takes two at most."""
    stamped = [one.signed_at for each in verified for one in each.report.signatures if one.signed_at is not None]
    left = max(stamped) + timedelta(seconds=2) - datetime.now(timezone.utc)
    time.sleep(min(max(left.total_seconds(), 0.0), 2.0))
