"""``gmpki kmc``: a key-management centre. Each command stands in a module that loads when it is asked for."""

from __future__ import annotations

import click

from gmpki.cli._group import LaterGroup

__all__ = ["command"]

# name -> (module, one line in English, one line in Chinese), as in gmpki.cli.main.
LATER = {
    "init": ("kmc_init", "Found a centre, with a master key", "建立密钥管理中心与主密钥"),
    "status": ("kmc_keys:status", "Count keys: spare, in use, history", "查看备用、在用、历史密钥数量"),
    "refill": ("kmc_keys:refill", "Make spare keys", "补充备用密钥"),
    "recover": ("kmc_keys:recover", "Give a key out again to its owner", "为用户恢复加密密钥"),
    "judicial": ("kmc_judicial", "Give a key out by order, with two approvers", "司法恢复：两人批准"),
    "shares": ("kmc_master:shares", "Verify that shares open the master key", "验证主密钥份额"),
    "rotate": ("kmc_master:rotate", "Change the master key, and what opens it", "更换主密钥及其保护"),
    "serve": ("kmc_keys:serve", "Answer signed messages of authorities over HTTP", "以 HTTP 应答机构的签名报文"),
}


@click.group(name="kmc", cls=LaterGroup, later=LATER)
def command() -> None:
    """Keep encryption keys for authorities: a pool of spare ones, those in use, and the history.

    The centre is in the directory of an authority, --ca DIR or GMPKI_CA, or in one of its own. A key, in a file or
    better in a token, or the shares of some custodians open its master key, under which all private keys are stored.

    密钥管理中心：备用密钥池、在用库、历史库；主密钥由令牌或多人份额保护。
    """
