"""``gmpki pdf``: seals in PDF files. Each command stands in a module of its own, which loads when it is asked for."""

from __future__ import annotations

import click

from gmpki.cli._group import LaterGroup

__all__ = ["command"]

# name -> (module, one line in English, one line in Chinese), as in gmpki.cli.main.
LATER = {
    "sign": ("pdf_sign", "Seal or sign PDF files", "为 PDF 文件签章或签名"),
    "extend": ("pdf_extend", "Embed what makes signatures last", "嵌入验证数据与文档时间戳"),
    "verify": ("pdf_verify", "Verify seals and signatures", "验证 PDF 签章与签名"),
    "show": ("pdf_show", "Show what is signed, and by whom", "查看 PDF 中的签章"),
}


@click.group(name="pdf", cls=LaterGroup, later=LATER)
def command() -> None:
    """Seal PDF files, verify and show their seals and signatures.

    PDF：签章、嵌入验证数据、验章、查看。
    """
