"""The story that quickstart tells, step by step."""

from __future__ import annotations

import contextlib
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Final

from gmpki.asn1.rfc5280 import ReasonCode
from gmpki.cli._quickstart_authority import Authorities
from gmpki.cli._quickstart_documents import (
    envelope_file,
    make_seal_of,
    seal_document,
    seal_without_stamp,
    sign_file,
    take_documents,
)
from gmpki.cli._quickstart_findings import (
    refuse_after_revocation,
    refuse_changes,
    verify_certificates,
    verify_documents,
    verify_messages,
    wait_past_stamps,
)
from gmpki.cli._quickstart_latency import measure_token
from gmpki.cli._quickstart_office import ORGANISATION, PERSON, Office
from gmpki.cli._quickstart_page import story_page
from gmpki.cli._quickstart_space import Said
from gmpki.cli._quickstart_ukey import UKeys

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gmpki.cli._quickstart_space import Workspace

__all__ = ["tell_story"]

REPORT: Final = "report.html"


def tell_story(space: Workspace, given: Sequence[str]) -> None:
    """Do everything, and write the page about it.

    :param given: the documents; none takes those shipped.
    :raises GmpkiError: when a step does not come to its end; ``space.current`` is that step.
    """
    begun = datetime.now(timezone.utc)
    with contextlib.ExitStack() as stack:
        with space.step("authority", Said("建立根 CA 与下级 CA，签发服务证书", "Found a root and an authority below")):
            documents = take_documents(space, given)
            authorities = stack.enter_context(Authorities(space))
            office = Office(space, authorities)
            ukeys = stack.enter_context(UKeys(space))
        with space.step("apply", Said("单位与个人申请：录入、校对、审核", "An organisation and a person apply")):
            made = [(wish, ukeys.make(wish.ukey, wish.name)) for wish in (ORGANISATION, PERSON)]
            applied = [(wish, ukey, office.apply(wish, ukey)) for wish, ukey in made]
        with space.step("issue", Said("签发双证书到 UKey，发布 CRL", "Issue pairs into UKeys, publish CRLs")):
            organisation, person = (office.issue(wish, number, ukey) for wish, ukey, number in applied)
            authorities.publish()
        with space.step("seal", Said("制章，PDF 与 OFD 签章并加盖时间戳", "Make a seal, seal the documents")):
            owner = (organisation.wish.name, organisation.ukey.signing_key, organisation.pair.signing)
            sealing = make_seal_of(space, owner, authorities.maker, authorities.timestamp)
            unstamped = [(document, seal_without_stamp(space, document, sealing)) for document in documents]
            sealed = [(document, seal_document(space, document, sealing)) for document in documents]
        with space.step("messages", Said("PKCS#7 签名与数字信封", "A PKCS#7 signature and an envelope")):
            first = documents[0]
            message = sign_file(space, first, person.ukey.signing_key, person.pair, authorities.timestamp)
            opened = envelope_file(space, first, person.pair, person.ukey.encryption_key)
        with space.step("verify", Said("逐项验证", "Verify everything")):
            verify_certificates(space, authorities, [organisation, person])
            verified = verify_documents(space, authorities, sealing, sealed)
            verify_messages(space, authorities, first, message, opened)
        with space.step("refuse", Said("改动一个字节即被拒绝", "A byte changed is refused")):
            refuse_changes(space, authorities, sealing, sealed, message)
        with space.step("revoke", Said("撤销单位的双证书", "Revoke the organisation's pair")):
            wait_past_stamps(verified)
            office.revoke(organisation, ReasonCode.KEY_COMPROMISE)
            sealing.revoke("UKey 遗失 lost", ReasonCode.KEY_COMPROMISE)
            authorities.publish()
            refuse_after_revocation(space, authorities, sealing, verified, unstamped)
            authorities.verify_records()
        with space.step("latency", Said("性能与采购文件指标对照", "Latency beside the limits of a tender")):
            judgement = measure_token(space, person.ukey.application)
        with space.step("report", Said("生成报告", "Write the report")):
            page = story_page(
                space,
                at=begun,
                sealing=sealing,
                verified=verified,
                tree=[authorities.root, authorities.subordinate],
                issued=authorities.issued | organisation.certificates | person.certificates,
                judgement=judgement,
            )
            space.write(REPORT, page.encode("utf-8"), Said("本次演示的报告", "the report of this run"))
            space.tell("report 报告", space.path(REPORT))
