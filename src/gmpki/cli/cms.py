"""``gmpki cms``: messages. Each command stands in a module of its own, which loads when it is asked for."""

from __future__ import annotations

import click

from gmpki.cli._group import LaterGroup

__all__ = ["command"]

# name -> (module, one line in English, one line in Chinese), as in gmpki.cli.main.
LATER = {
    "sign": ("cms_sign", "Sign a file", "对文件签名"),
    "verify": ("cms_verify", "Verify a signed message", "验证签名消息"),
    "encrypt": ("cms_encrypt", "Put a file into a digital envelope", "制作数字信封"),
    "decrypt": ("cms_decrypt", "Open a digital envelope", "打开数字信封"),
    "show": ("cms_show", "Show everything that a message says", "查看消息的全部内容"),
}


@click.group(name="cms", cls=LaterGroup, later=LATER)
def command() -> None:
    """Sign, verify, encrypt and decrypt messages (GM/T 0010, RFC 5652).

    消息（PKCS#7）签名、验签、数字信封；文件大小不受内存限制。
    """
