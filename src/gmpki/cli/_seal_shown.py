"""Seals, records of registries and grants, for a person and for a program."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gmpki.cli._cms import shown_certificate
from gmpki.cli._times import show_time

if TYPE_CHECKING:
    from gmpki.seal.grants import Grant
    from gmpki.seal.life import SealRecord
    from gmpki.seal.seal import Seal

__all__ = [
    "STAGES",
    "describe_grant",
    "describe_record",
    "describe_seal",
    "grant_rows",
    "record_rows",
    "seal_rows",
]

# What the stages and steps of gmpki.seal.life are called in Chinese; a test compares them.
STAGES = {"made": "已制作", "in-use": "使用中", "stopped": "已停用", "replaced": "已更换", "revoked": "已撤销"}
ACTIONS = {
    "make": "制作",
    "file": "备案",
    "stop": "停用",
    "resume": "恢复",
    "replace": "更换",
    "revoke": "撤销",
}
TYPES = {1: "单位印章 organisation", 2: "个人印章 person"}

Row = tuple[str, str, str]


# ---- seals ----------------------------------------------------------------------------------------------------------
def describe_seal(seal: Seal) -> dict[str, Any]:
    """Return what a seal says."""
    picture = seal.picture
    return {
        "seal_id": seal.seal_id,
        "name": seal.name,
        "layout": seal.layout.value,
        "version": seal.version,
        "vendor": seal.vendor_id,
        "type": seal.seal_type,
        "created_at": show_time(seal.created_at),
        "valid_from": show_time(seal.valid_from),
        "valid_until": show_time(seal.valid_until),
        "signers": [shown_certificate(one) for one in seal.signer_certificates],
        "signer_digests": [{"hash": one.type, "digest": one.digest.hex()} for one in seal.signer_digests],
        "picture": {
            "type": picture.type,
            "size": len(picture.data),
            "width_mm": picture.width_mm,
            "height_mm": picture.height_mm,
        },
        "extensions": [one.extn_id for one in seal.extensions],
        "maker": shown_certificate(seal.maker_certificate),
        "signature_algorithm": seal.signature_algorithm.name,
        "digest": seal.digest().hex(),
        "quirks": [str(quirk) for quirk in seal.quirks],
    }


def seal_rows(seal: Seal) -> list[Row]:
    """Return the same for a person."""
    shown = describe_seal(seal)
    picture = shown["picture"]
    rows = [
        ("印章名称", "name", shown["name"]),
        ("印章编码", "seal id", shown["seal_id"]),
        ("格式", "layout", f"{shown['layout']} (v{shown['version']})"),
        ("印章类型", "type", TYPES.get(shown["type"], str(shown["type"]))),
        ("厂商", "vendor", shown["vendor"]),
        ("制作时间", "created", shown["created_at"]),
        ("有效期", "valid", f"{shown['valid_from']} - {shown['valid_until']}"),
        (
            "印模",
            "picture",
            f"{picture['type']}, {picture['width_mm']} x {picture['height_mm']} mm, {picture['size']} B",
        ),
    ]
    rows += [("签章人", "signer", f"{one['subject']} ({one['serial_number']})") for one in shown["signers"]]
    rows += [("签章人摘要", "signer digest", f"{one['hash']} {one['digest']}") for one in shown["signer_digests"]]
    rows += [("扩展", "extension", one) for one in shown["extensions"]]
    rows += [
        ("制章人", "maker", f"{shown['maker']['subject']} ({shown['maker']['serial_number']})"),
        ("签名算法", "algorithm", shown["signature_algorithm"]),
        ("SM3 摘要", "SM3 digest", shown["digest"]),
    ]
    return rows + [("与标准不符", "departure", quirk) for quirk in shown["quirks"]]


# ---- records --------------------------------------------------------------------------------------------------------
def describe_record(record: SealRecord) -> dict[str, Any]:
    """Return what a registry knows about a seal."""
    return {
        "seal_id": record.seal_id,
        "name": record.name,
        "holder": record.holder,
        "stage": record.stage.value,
        "since": show_time(record.since),
        "record_number": record.record_number,
        "valid_from": show_time(record.valid_from),
        "valid_until": show_time(record.valid_until),
        "digest": record.digest.hex(),
        "successor": None if record.successor is None else record.successor.hex(),
        "steps": [
            {
                "action": step.action.value,
                "at": show_time(step.at),
                "by": step.by,
                "why": step.why,
                "reason": None if step.reason is None else step.reason.name.lower().replace("_", "-"),
                "since": show_time(step.effective),
            }
            for step in record.steps
        ],
    }


def record_rows(record: SealRecord) -> list[Row]:
    """Return the same for a person."""
    shown = describe_record(record)
    rows = [
        ("印章", "seal", f"{shown['name']} ({shown['seal_id']})"),
        ("  持有者", "  holder", shown["holder"]),
        ("  状态", "  stage", f"{STAGES[shown['stage']]} {shown['stage']}, {shown['since']}"),
    ]
    if shown["record_number"]:
        rows.append(("  备案号", "  record number", shown["record_number"]))
    rows.append(("  有效期", "  valid", f"{shown['valid_from']} - {shown['valid_until']}"))
    for step in shown["steps"]:
        why = f": {step['why']}" if step["why"] else ""
        since = f" (since {step['since']})" if step["since"] != step["at"] else ""
        rows.append((f"  {ACTIONS[step['action']]}", f"  {step['action']}", f"{step['at']} {step['by']}{why}{since}"))
    return rows


# ---- grants ---------------------------------------------------------------------------------------------------------
def describe_grant(grant: Grant) -> dict[str, Any]:
    """Return what a grant says."""
    return {
        "grant": grant.grant_id,
        "seal_id": grant.seal_id,
        "person": grant.person,
        "key": grant.key.hex(),
        "purposes": sorted(grant.purposes),
        "valid_from": show_time(grant.valid_from),
        "valid_until": show_time(grant.valid_until),
        "limit": grant.limit,
        "used": grant.used,
        "given_at": show_time(grant.given_at),
        "by": grant.by,
        "why": grant.why,
        "revoked_at": show_time(grant.revoked_at),
    }


def grant_rows(grant: Grant) -> list[Row]:
    """Return the same for a person."""
    shown = describe_grant(grant)
    rows = [
        ("授权", "grant", shown["grant"]),
        ("  印章", "  seal", shown["seal_id"]),
        ("  被授权人", "  person", shown["person"] or shown["key"]),
        ("  用途", "  purposes", ", ".join(shown["purposes"])),
        ("  期限", "  valid", f"{shown['valid_from']} - {shown['valid_until']}"),
    ]
    if grant.limit is not None:
        rows.append(("  次数", "  uses", f"{grant.used} / {grant.limit}"))
    why = f": {shown['why']}" if shown["why"] else ""
    rows.append(("  授权人", "  given by", f"{shown['by']} {shown['given_at']}{why}"))
    if grant.revoked_at is not None:
        rows.append(("  已撤回", "  taken back", shown["revoked_at"]))
    return rows
