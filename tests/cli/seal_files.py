"""The seals and the registry that the examples of the help texts name, in the directory where they run.

Everything is valid around today. ``seals`` holds the seal of ``org.esl``, in use, and one that is stopped.
"""

from __future__ import annotations

from datetime import datetime, timezone
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

from gmpki import oids
from gmpki.asn1.rfc5280 import Extension
from gmpki.asn1.rfc5280.ext_keys import ExtendedKeyUsage
from gmpki.errors import DecodeError
from gmpki.seal import (
    FileGrants,
    FileSealRegistry,
    FileUseLog,
    PreparedFile,
    Seal,
    SealSigner,
    UseEvent,
    seal_file,
)
from gmpki.tsa.serials import FileSerials
from gmpki.x509.crl_builder import CRLBuilder
from seal import samples
from seal.samples import DAY, Person

SEAL_ID = "31010000000001"
STOPPED_ID = "31010000000003"
GRANT_ID = "5066a054fc164d24"
FORM = "<html>申请表</html>".encode()


def _today() -> datetime:
    return datetime.now(timezone.utc).replace(microsecond=0)


@cache
def zhangsan() -> Person:
    """Return who signs."""
    period = {"not_before": _today() - DAY, "not_after": _today() + 900 * DAY}
    return samples.certified("张三", issuer=samples.root(), serial_number=0x71, **period)


@cache
def maker() -> Person:
    """Return who makes seals."""
    period = {"not_before": _today() - DAY, "not_after": _today() + 900 * DAY}
    return samples.certified("示例制章中心", issuer=samples.maker_root(), serial_number=0x72, **period)


@cache
def new_seal(seal_id: str = SEAL_ID, name: str = samples.ORGANISATION) -> Seal:
    """Return a seal that 张三 may use."""
    period = {"created_at": _today() - DAY, "valid_from": _today() - DAY, "valid_until": _today() + 800 * DAY}
    signers = [zhangsan().certificate]
    return samples.new_seal(by=maker(), seal_id=seal_id, name=name, signers=signers, **period)


def write_people() -> None:
    """Write keys, certificates and revocation lists."""
    for name, one in (("zhangsan", zhangsan()), ("maker", maker())):
        Path(f"{name}.key").write_bytes(one.key.to_pem())
        Path(f"{name}.pem").write_bytes(one.certificate.to_pem())
    for name, authority in (("root", samples.root()), ("maker-root", samples.maker_root())):
        Path(f"{name}.pem").write_bytes(authority.certificate.to_pem())
    Path("tsa-root.pem").write_bytes(samples.root().certificate.to_pem())
    for name, authority in (("root", samples.root()), ("maker", samples.maker_root())):
        builder = CRLBuilder(
            issuer=authority.certificate.subject,
            this_update=_today() - DAY,
            next_update=_today() + 30 * DAY,
            number=1,
            entries=[],
        )
        Path(f"{name}.crl").write_bytes(builder.sign(authority.key).der)


@cache
def time_stamping() -> Person:
    """Return the time-stamping authority."""
    stamping = Extension(oids.EXTENDED_KEY_USAGE, True, ExtendedKeyUsage((oids.TIME_STAMPING,)).to_der())
    period = {"not_before": _today() - DAY, "not_after": _today() + 900 * DAY}
    return samples.certified("示例时间戳", issuer=samples.root(), serial_number=0x73, extensions=[stamping], **period)


def write_tsa() -> None:
    """Write the time-stamping authority for ``gmpki tsa reply``."""
    tsa = time_stamping()
    Path("tsa.key").write_bytes(tsa.key.to_pem())
    Path("tsa.pem").write_bytes(tsa.certificate.to_pem())
    FileSerials.create("tsa.serials")


def write_seals() -> None:
    """Write people, seals, a registry with a grant, a log of uses, and a form with a signature beside it."""
    write_people()
    Path("seal.png").write_bytes(samples.png())
    Path("org.esl").write_bytes(new_seal().der)
    Path("second.esl").write_bytes(new_seal("31010000000002", "示例市社会保障局合同专用章").der)
    Path("next.esl").write_bytes(new_seal(name="示例市社会保障局（新）").der)
    registry = FileSealRegistry.create("seals")
    for seal in (new_seal(), new_seal(STOPPED_ID, "示例市社会保障局财务专用章")):
        registry.make(seal, by="制章员01")
        registry.file(seal, by="备案员07", record_number="2026-000001")
    registry.stop(STOPPED_ID, by="李四", why="保管人变更")
    grants = FileGrants.create("seals/grants")
    with patch("gmpki.seal.grants.random_bytes", lambda _: bytes.fromhex(GRANT_ID)):
        grants.grant(
            SEAL_ID,
            zhangsan().certificate,
            purposes=["合同"],
            valid_from=_today() - DAY,
            valid_until=_today() + DAY,
            by="李四",
            limit=2,
        )
    FileUseLog.create("uses.log").record(UseEvent(_today(), "seal", bytes(32), "合同.pdf", SEAL_ID, "CN=张三"))
    Path("form.html").write_bytes(FORM)
    signer = SealSigner(new_seal(), zhangsan().key, zhangsan().certificate)
    Path("form.html.seal").write_bytes(seal_file(FORM, signer, name="form.html", media_type="text/html"))


def sign_what_waits(path: str, *kinds: Any) -> None:
    """Sign what an example prepared, as the key in another place does, into ``value.bin``.

    :param kinds: what else it may be, such as a document of another kind.
    """
    for kind in (PreparedFile, *kinds):
        try:
            prepared = kind.from_bytes(Path(path).read_bytes())
        except DecodeError:
            continue
        Path("value.bin").write_bytes(zhangsan().key.sign_digest(prepared.digest))
        return
    raise AssertionError(f"{path} is nothing that waits for a signature")
