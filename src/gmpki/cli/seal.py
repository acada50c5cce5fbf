"""``gmpki seal``: electronic seals. Each command stands in a module of its own, which loads when it is asked for."""

from __future__ import annotations

import click

from gmpki.cli._group import LaterGroup

__all__ = ["command"]

# name -> (module, one line in English, one line in Chinese), as in gmpki.cli.main.
LATER = {
    "picture": ("seal_picture", "Draw, import and extract pictures of seals", "印模的生成、导入、提取"),
    "make": ("seal_make", "Make a seal", "制作电子印章"),
    "show": ("seal_show", "Show what a seal says", "查看电子印章"),
    "verify": ("seal_verify", "Verify a seal, or a file with a signature beside it", "验证印章或文件的外附签章"),
    "sign": ("seal_sign", "Seal a file of any kind, beside it", "为任意文件生成外附签章"),
    "record": ("seal_registry:record", "Put a seal on file, which brings it into use", "印章备案并启用"),
    "stop": ("seal_registry:stop", "Take a seal out of use for a time", "停用印章"),
    "resume": ("seal_registry:resume", "Take a stopped seal into use again", "恢复使用印章"),
    "replace": ("seal_registry:replace", "Put another seal in the place of one", "更换印章"),
    "revoke": ("seal_registry:revoke", "Take a seal out of use for good, or a grant back", "撤销印章或撤回授权"),
    "list": ("seal_registry:list_seals", "List the seals of a registry", "查询印章"),
    "grant": ("seal_grant", "Let somebody use a seal", "授权使用印章"),
    "grants": ("seal_grant:list_grants", "List who may use which seal", "查询用章授权"),
    "uses": ("seal_uses", "Count or hand on uses that were logged", "统计或上报用章记录"),
}


@click.group(name="seal", cls=LaterGroup, later=LATER)
def command() -> None:
    """Make, use and manage electronic seals (GM/T 0031, GB/T 38540).

    电子印章：印模、制作、查看、验证、备案、停用、更换、撤销、授权、用章记录。
    """
