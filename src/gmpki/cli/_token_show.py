"""How tokens, applications, containers and the certificates in them are shown, and the device key read."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from gmpki.cli import _forms, _issuing

if TYPE_CHECKING:
    from collections.abc import Callable

    from gmpki.cli._secrets import SecretSource
    from gmpki.tokens.interfaces import Application, Container, DeviceInfo, PinInfo

__all__ = [
    "application_fields",
    "container_fields",
    "container_rows",
    "device_fields",
    "device_rows",
    "pin_fields",
    "pin_text",
    "read_device_key",
]

T = TypeVar("T")
Rows: TypeAlias = "list[tuple[str, str, str]]"

USAGES = (("signing", "签名"), ("encryption", "加密"))


def read_device_key(source: SecretSource) -> bytes | None:
    """Return the device key from where the user said it is; None when he said nothing.

    :raises click.UsageError: when it is not in hexadecimal digits.
    """
    if not source.given:
        return None
    return _forms.hex_option(
        source.read("设备认证密钥 Device key").decode("ascii", "replace").strip(), "the device key"
    )


# ---- devices ----------------------------------------------------------------------------
def device_fields(info: DeviceInfo) -> dict[str, Any]:
    """Return what a program is told of a device."""
    return {
        "name": info.name,
        "label": info.label,
        "manufacturer": info.manufacturer,
        "issuer": info.issuer,
        "serial_number": info.serial_number,
        "hardware_version": info.hardware_version,
        "firmware_version": info.firmware_version,
        "specification_version": info.specification_version,
        "algorithms": sorted(info.algorithms),
        "device_auth_algorithm": info.device_auth_algorithm,
        "total_len": info.total_len,
        "free_len": info.free_len,
        "software": info.is_software,
    }


def device_rows(fields: dict[str, Any]) -> Rows:
    """Return what a person is told of a device."""
    free, total = fields["free_len"], fields["total_len"]
    rows = [
        ("设备", "device", fields["name"]),
        ("标签", "label", fields["label"]),
        ("制造商", "manufacturer", fields["manufacturer"]),
        ("发行者", "issuer", fields["issuer"]),
        ("序列号", "serial number", fields["serial_number"]),
        ("版本", "versions", f"{fields['hardware_version']} / {fields['firmware_version']}"),
        ("接口版本", "interface", fields["specification_version"]),
        ("算法", "algorithms", " ".join(fields["algorithms"])),
        ("设备认证", "device authentication", fields["device_auth_algorithm"] or ""),
        ("空间", "room", "" if total is None else f"{'?' if free is None else free} / {total} B"),
    ]
    if fields["software"]:
        rows.append(("注意", "note", "软令牌 a software token, no certified hardware"))
    return [row for row in rows if row[2]]


# ---- applications -----------------------------------------------------------------------
def pin_fields(info: PinInfo) -> dict[str, Any]:
    """Return what a program is told of a PIN."""
    return {
        "role": info.role.name.lower(),
        "tries_left": info.tries_left,
        "max_tries": info.max_tries,
        "default": info.is_default,
        "some_spent": info.some_spent,
    }


def pin_text(fields: dict[str, Any]) -> str:
    """Return what a person is told of a PIN."""
    left, most = fields["tries_left"], fields["max_tries"]
    if left == 0:
        return "已锁定 locked"
    if left is not None:
        text = f"剩余次数 tries left: {left}" + ("" if most is None else f" / {most}")
    elif fields["some_spent"]:
        text = "上次正确之后有过错误, 剩余次数未告知 wrong since it was last right; how many tries are left is not told"
    else:
        text = "可用, 剩余次数未告知 usable; how many tries are left is not told"
    return f"{text}, 仍为初始 PIN still the one it was delivered with" if fields["default"] else text


def application_fields(application: Application, container: str | None = None) -> dict[str, Any]:
    """Return what a program is told of an application, its PINs and containers.

    :param container: the only one to tell of.
    """
    from gmpki.tokens.interfaces import PinRole

    names = application.containers() if container is None else (container,)
    containers = [container_fields(application.container(name)) for name in names]
    pins = [_if_had(functools.partial(application.pin_info, role)) for role in (PinRole.USER, PinRole.ADMIN)]
    return {
        "name": application.name,
        "pins": [pin_fields(pin) for pin in pins if pin is not None],
        "containers": containers,
        "files": list(_if_had(application.files) or ()),
    }


def _if_had(ask: Callable[[], T]) -> T | None:
    """Return an answer; None where the driver does not have the function, which does not hide the rest."""
    from gmpki.errors import TokenUnsupportedError

    try:
        return ask()
    except TokenUnsupportedError:
        return None


# ---- containers -------------------------------------------------------------------------
def container_fields(container: Container) -> dict[str, Any]:
    """Return what a program is told of a container: the kind of each pair, and its certificate."""
    from gmpki.tokens.interfaces import KeyUsage

    fields: dict[str, Any] = {"name": container.name}
    for name, _ in USAGES:
        fields[name] = _pair_fields(container, KeyUsage(name))
    return fields


def _pair_fields(container: Container, usage: Any) -> dict[str, Any] | None:
    """Return what there is for one usage; None when that is nothing."""
    from gmpki.errors import GmpkiError, TokenUnsupportedError

    certificate: dict[str, Any] | None
    try:
        found = container.certificate(usage)
        certificate = None if found is None else _issuing.certificate_fields(found)
    except TokenUnsupportedError:
        certificate = None
    except GmpkiError as error:
        # One certificate that cannot be read does not hide the rest of the token.
        certificate = {"error": str(error)}
    try:
        kind = container.key_type(usage)
        key_type = None if kind is None else kind.value
    except TokenUnsupportedError as error:
        key_type = str(error)
    if key_type is None and certificate is None:
        return None
    return {"key_type": key_type, "certificate": certificate}


def container_rows(fields: dict[str, Any]) -> Rows:
    """Return what a person is told of a container."""
    rows = [("容器", "container", fields["name"])]
    for name, chinese in USAGES:
        pair = fields[name] or {"key_type": None, "certificate": None}
        rows.append((f"  {chinese}密钥", f"  {name} key", pair["key_type"] or "没有 none"))
        certificate = pair["certificate"]
        label = (f"  {chinese}证书", f"  {name} certificate")
        if certificate is None:
            rows.append((*label, "没有 none"))
        elif "error" in certificate:
            rows.append((*label, f"无法读取 cannot be read: {certificate['error']}"))
        else:
            rows.append((*label, f"{certificate['subject']} ({certificate['serial_number']})"))
            rows.append(("", "", f"{certificate['not_before']} - {certificate['not_after']}, {certificate['issuer']}"))
            rows += _trust_rows(certificate.get("trust"))
    return rows


def _trust_rows(trust: dict[str, Any] | None) -> Rows:
    if trust is None:
        return []
    if trust["trusted"]:
        return [("  证书链", "  chain", " <- ".join(trust["chain"]))]
    return [("  不受信任", "  not trusted", f"{trust['reason']}: {trust['message']}")]
