"""What a run will do, said before it does anything; nothing of the driver is loaded for it.

>>> from gmpki.conformance.model import Kind
>>> from gmpki.conformance.planning import plan
>>> from gmpki.conformance.target import Target
>>> plan(Target(Kind.SKF, "driver.so")).lines[0].en
'Reads the token and changes nothing on it.'
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gmpki._inputs import iterated, member
from gmpki.conformance.model import Kind, Permission, Words
from gmpki.conformance.registry import Check, selected
from gmpki.conformance.target import Options, Target

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Plan", "lacking", "plan"]

_FLAGS: Final = {
    Permission.WRITE: "--allow-write",
    Permission.LOCK: "--allow-lock",
    Permission.INIT: "--allow-init",
}
# What a check takes on a UKey with a slow processor, and what a kilobyte of random or one measurement takes there.
_CHECK_S: Final = 1.0
_SAMPLE_S: Final = 0.1
_MEASUREMENT_S: Final = 0.2
_MEASURED: Final = 12  # operations
_GENERATING: Final = frozenset(
    {"SKF_GenECCKeyPair", "SKF_GenRSAKeyPair", "C_GenerateKeyPair", "GenECCKeyPair", "GenRSAKeyPair"}
)


def lacking(check: Check, permissions: Iterable[Permission]) -> Words | None:
    """Return why a check is not permitted; None when it is."""
    flags = " ".join(_FLAGS[one] for one in Permission if one in check.permissions.difference(permissions))
    return Words(f"it takes {flags}", f"需要 {flags}") if flags else None


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run will do. Immutable.

    :ivar to_run: the checks that are chosen and permitted; not_permitted: those that are chosen and not permitted.
    :ivar lines: all of it in sentences.
    :ivar duration_s: about how long it takes on a UKey, in seconds.
    """

    to_run: tuple[Check, ...]
    not_permitted: tuple[Check, ...]
    lines: tuple[Words, ...]
    duration_s: float


def plan(
    target: Target,
    permissions: Iterable[Permission] = (),
    select: Iterable[str] = (),
    options: Options | None = None,
) -> Plan:
    """Return what :func:`gmpki.conformance.runner.run` does with the same arguments.

    :raises InvalidTypeError: when an input has the wrong type.
    :raises InvalidInputError: when a pattern chooses nothing.
    """
    member(target, Target, "target")
    allowed = frozenset(iterated(permissions, "permissions"))
    for permission in allowed:
        member(permission, Permission, "a permission")
    thorough = options or Options()
    member(thorough, Options, "options")
    chosen = selected(target.kind, iterated(select, "select"))
    to_run = tuple(check for check in chosen if not lacking(check, allowed))
    not_permitted = tuple(check for check in chosen if lacking(check, allowed))
    duration_s = _duration_s(to_run, thorough)
    lines = [*_doing(target, to_run, Permission.INIT in allowed), *_not_doing(not_permitted)]
    minutes = max(1, round(duration_s / 60))
    lines.append(
        Words(
            f"Runs {len(to_run)} checks: about {minutes} min on a UKey, less on software.",
            f"运行 {len(to_run)} 个检测项：在 UKey 上约 {minutes} 分钟，软件介质更短。",
        )
    )
    return Plan(to_run, not_permitted, tuple(lines), duration_s)


def _duration_s(to_run: tuple[Check, ...], options: Options) -> float:
    groups = {check.group for check in to_run}
    random_s = options.random_samples * _SAMPLE_S if "randomness" in groups else 0.0
    latency_s = options.latency_count * _MEASURED * _MEASUREMENT_S if "latency" in groups else 0.0
    return len(to_run) * _CHECK_S + random_s + latency_s


def _doing(target: Target, to_run: tuple[Check, ...], may_init: bool) -> list[Words]:
    used = frozenset[Permission]().union(*(check.permissions for check in to_run))
    if may_init:  # then the scene of every check is the suite's own
        used |= {Permission.INIT}
    lines = []
    if not used:
        lines.append(Words("Reads the token and changes nothing on it.", "只读取介质，不作任何修改。"))
    if Permission.INIT in used:
        lines.append(_initialising(target))
    if Permission.WRITE in used:
        lines.append(_writing(target, used))
        makers = sum(not _GENERATING.isdisjoint(check.functions) for check in to_run)
        writers = sum(Permission.WRITE in check.permissions for check in to_run)
        lines.append(
            Words(
                f"Makes key pairs in the token: {makers} checks are about that, and up to {writers} need one.",
                f"在介质内生成密钥对：{makers} 个检测项针对密钥生成，最多 {writers} 个检测项需要密钥。",
            )
        )
    if Permission.LOCK in used:
        lines.append(_locking(target, used))
    return lines


def _initialising(target: Target) -> Words:
    if target.kind is Kind.PKCS11:
        return Words(
            "Initialises a token that has not been, or that an earlier run has, and leaves it empty; no other one.",
            "初始化尚未初始化的令牌或此前运行所初始化的令牌，结束时留空；不涉及其他令牌。",
        )
    key_en, key_zh = ("the device key that was given", "给定的设备认证密钥")
    if target.device_key is None:
        key_en, key_zh = ("the device key that products are delivered with", "出厂设备认证密钥")
    return Words(
        "Creates applications of its own, named GMPKI- and digits, and deletes them in the end; authenticates to the "
        f"device with {key_en}, one try each time.",
        f"创建名为 GMPKI- 加数字的自有应用，结束时删除；用{key_zh}进行设备认证，每次只尝试一遍。",
    )


def _writing(target: Target, used: frozenset[Permission]) -> Words:
    if Permission.INIT in used and target.kind is not Kind.PKCS11:
        return Words(
            "Makes containers, keys and files in its own application only.", "只在自有应用中创建容器、密钥和文件。"
        )
    if target.kind is Kind.PKCS11:
        return Words("Makes objects on the token and destroys them.", "在令牌上创建对象，随后销毁。")
    where = target.application
    if where is None:
        return Words(
            "Has no application to write to: what writes will not run. Name one, or allow to initialise.",
            "没有可写入的应用：写入类检测项将不运行。请指定应用，或允许初始化。",
        )
    return Words(
        f"Makes containers, keys and files in the application {where!r}, and deletes them.",
        f"在应用 {where!r} 中创建容器、密钥和文件，随后删除。",
    )


def _locking(target: Target, used: frozenset[Permission]) -> Words:
    if Permission.INIT in used and target.kind is not Kind.PKCS11:
        return Words("Gives wrong PINs, to its own applications only.", "输入错误 PIN，仅限自有应用。")
    return Words(
        "Gives wrong PINs: the PIN that was given may be locked in the end.",
        "会输入错误 PIN：给定的 PIN 可能因此被锁定。",
    )


def _not_doing(not_permitted: tuple[Check, ...]) -> list[Words]:
    counts = Counter(lacking(check, ()) for check in not_permitted)
    return [
        Words(f"Does not run {count} checks: {why.en}.", f"不运行 {count} 个检测项：{why.zh}。")
        for why, count in counts.items()
        if why is not None
    ]
