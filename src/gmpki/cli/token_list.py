"""``gmpki token list``: the devices behind drivers."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

from gmpki.cli._output import Failure, Report, columns, facts, json_option
from gmpki.cli._token import TOKEN_VARIABLE

if TYPE_CHECKING:
    from gmpki.tokens.interfaces import Device

__all__ = ["command"]


@click.command(
    name="list",
    epilog="\b\nExamples:\n  gmpki token list\n  gmpki token list soft: --json\n"
    "  gmpki token list 'skf:lib=/opt/vendor/libskf.so;isolated=yes' 'pkcs11:?module-path=/opt/vendor/libp11.so'",
)
@click.argument("drivers", metavar="[DRIVER]...", nargs=-1)
@json_option
def command(*, drivers: tuple[str, ...]) -> Report:
    """List the devices behind each DRIVER, a URI that names no more than that, with the URI of each.

    Without one: those of the software token, and of the driver of GMPKI_TOKEN.  Nobody logs in.

    列出各驱动下的设备及其 URI；不需要 PIN。
    """
    asked = list(drivers) or ["soft:"]
    named = os.environ.get(TOKEN_VARIABLE)
    if not drivers and named:
        asked.append(named)
    devices: dict[str, dict[str, Any]] = {}
    failures: list[dict[str, str]] = []
    for text in asked:
        found, failed = _listed(text)
        devices.update((one["uri"], one) for one in found)
        failures += failed
    fields = {"devices": list(devices.values()), "failures": failures}
    rows = [
        (one["uri"], one["label"], one["serial_number"], ", ".join(one["applications"])) for one in devices.values()
    ]
    title = ("URI", "标签 label", "序列号 serial number", "应用 applications")
    lines = columns([title, *rows]) if rows else []
    if not failures:
        return Report(fields, lines or facts([("没有设备", "no device", ", ".join(asked))]))
    lines += facts([("无法使用", "not usable", f"{one['uri']}: {one['message']}") for one in failures])
    return Report(fields, lines, Failure(failures[0]["type"], f"{len(failures)} drivers or devices cannot be used"))


def _listed(text: str) -> tuple[list[dict[str, Any]], list[dict[str, str]]]:
    """Return the devices behind one driver, and what went wrong."""
    from gmpki.errors import GmpkiError
    from gmpki.tokens.opening import open_driver

    found: list[dict[str, Any]] = []
    failures: list[dict[str, str]] = []
    try:
        driver = open_driver(text)
        try:
            for name in driver.devices():
                try:
                    with driver.open(name) as device:
                        found.append(_fields(text, device))
                except GmpkiError as error:  # noqa: PERF203 - one device that fails does not hide the others
                    failures.append(_failure(name, error))
        finally:
            driver.close()
    except GmpkiError as error:
        failures.append(_failure(text, error))
    return found, failures


def _fields(text: str, device: Device) -> dict[str, Any]:
    info = device.info
    return {
        "uri": _uri(text, device),
        "name": device.name,
        "label": info.label,
        "manufacturer": info.manufacturer,
        "serial_number": info.serial_number,
        "software": info.is_software,
        "applications": list(device.applications()),
    }


def _uri(text: str, device: Device) -> str:
    """Return the URI that names a device behind a driver."""
    from gmpki.tokens.uri import PCSCUri, PKCS11Uri, SKFUri, parse_uri

    uri = parse_uri(text)
    if isinstance(uri, SKFUri):
        return str(SKFUri(uri.library, device.name, isolated=uri.isolated, profile=uri.profile))
    if isinstance(uri, PCSCUri):
        return str(PCSCUri(device.name, profile=uri.profile))
    anybody: Any = device
    token = anybody.token_info()
    place: dict[str, Any] = {"token": token.label} if token.is_initialized else {"slot_id": token.slot}
    return str(PKCS11Uri(**place, serial=token.serial or None, module_path=uri.module_path))


def _failure(uri: str, error: Exception) -> dict[str, str]:
    return {"uri": uri, "type": type(error).__name__, "message": str(error)}
