"""``gmpki token``: tokens. Each command stands in a module of its own, which loads when it is asked for."""

from __future__ import annotations

import click

from gmpki.cli._group import LaterGroup

__all__ = ["command"]

# name -> (module, one line in English, one line in Chinese), as in gmpki.cli.main.
LATER = {
    "list": ("token_list", "List the devices behind drivers", "列出驱动下的设备"),
    "info": (
        "token_info",
        "Show a device, its applications, containers and certificates",
        "查看设备、应用、容器与证书",
    ),
    "init": ("token_app:init", "Take a device into use", "初始化设备：设备密钥、标签、应用"),
    "set-label": ("token_device:set_label", "Give a device a label", "设置设备标签"),
    "pin": ("token_pin", "Show, verify, change and unblock PINs", "PIN 的查看、验证、修改、解锁"),
    "app": ("token_app", "List, create and delete applications", "应用的列出、创建、删除"),
    "container": ("token_container", "List, show, create and delete containers", "容器的列出、查看、创建、删除"),
    "gen-key": ("token_keys:generate", "Make the signing pair inside a container", "在容器内生成签名密钥对"),
    "csr": ("token_csr", "Make a certificate request with a key of a token", "用令牌密钥生成证书请求"),
    "import-cert": ("token_keys:import_certificates", "Put certificates into a container", "导入证书"),
    "import-enckey": ("token_keys:import_encryption_key", "Import the encryption pair", "导入加密密钥对"),
    "export-cert": ("token_keys:export_certificate", "Take a certificate out of a container", "导出证书"),
    "file": ("token_file", "Write, read, list and delete files", "文件的写入、读取、列出、删除"),
    "random": ("token_device:random", "Random bytes made by a token", "由令牌产生随机数"),
    "bench": ("token_bench", "Measure a token, and judge it by limits", "性能测量与指标比较"),
    "doctor": ("token_doctor", "Say what a driver is, and what it lacks", "驱动诊断"),
    "soft": ("token_soft", "Devices of the software token", "软令牌设备管理"),
}


@click.group(name="token", cls=LaterGroup, later=LATER)
def command() -> None:
    """Use and manage tokens: UKeys behind SKF, PKCS #11 and PC/SC, and the software token.

    A token is named by its URI: skf:lib=/opt/vendor/libskf.so;dev=...;app=...;con=..., a pkcs11: URI of RFC 7512 with
    module-path, pcsc:reader=...;app=...;con=..., or soft:dev=...;app=...;con=... for the software token. What there is
    only one of need not be named. PINs come from a prompt, the environment, a file descriptor or a file. A wrong one is
    not asked for again.

    令牌（智能密码钥匙）的使用与管理：通过 SKF、PKCS#11、PC/SC 接口，或软令牌。
    """
