"""``gmpki ofd``: seals in OFD documents. Each command stands in a module of its own, loaded when it is asked for."""

from __future__ import annotations

import click

from gmpki.cli._group import LaterGroup

__all__ = ["command"]

# name -> (module, one line in English, one line in Chinese), as in gmpki.cli.main.
LATER = {
    "sign": ("ofd_sign", "Seal or sign OFD documents", "为 OFD 文档签章或签名"),
    "verify": ("ofd_verify", "Verify seals and signatures", "验证 OFD 签章与签名"),
    "show": ("ofd_show", "Show signatures, draw pages, take out seals", "查看签章、绘制页面、导出印模"),
}


@click.group(name="ofd", cls=LaterGroup, later=LATER)
def command() -> None:
    """Seal OFD documents, verify and show their seals and signatures (GB/T 33190, GM/T 0099).

    OFD 版式文档：签章、验章、查看。
    """
