"""``gmpki token info``: a device with everything in it that nobody need log in to see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from gmpki.cli._cms import FILES
from gmpki.cli._names import show_name
from gmpki.cli._output import Report, facts, json_option
from gmpki.cli._times import parse_time
from gmpki.cli._token import Place, device_of, place_options
from gmpki.cli._token_show import USAGES, application_fields, container_rows, device_fields, device_rows, pin_text
from gmpki.cli._trust import load_certificates
from gmpki.cli._trust_folder import taking_folder

if TYPE_CHECKING:
    from collections.abc import Callable

    from gmpki.tokens.interfaces import Application, Device
    from gmpki.x509.certificate import Certificate

    Judge = Callable[[Certificate], dict[str, Any]]

__all__ = ["command"]

ROLES = {"user": ("用户 PIN", "user PIN"), "admin": ("管理员 PIN", "administrator's PIN")}


@click.command(
    name="info",
    epilog="\b\nExamples:\n  gmpki token info soft:dev=00a1\n"
    "  gmpki token info --json 'soft:dev=00a1;app=GMPKI-TEST'\n"
    "  gmpki token info --anchor root.pem 'soft:dev=00a1;app=GMPKI-TEST;con=con1'",
)
@place_options()
@click.option("--anchor", "anchors", help="Show the chain of each certificate to one of these.", **FILES)
@click.option("--intermediate", "intermediates", help="Certificates that may stand between.", **FILES)
@taking_folder
@click.option("--at", "at_text", metavar="TIME", help="Judge chains at 2026-03-01T08:00:00Z instead of now.")
@json_option
def command(*, place: Place, anchors: tuple[str, ...], intermediates: tuple[str, ...], at_text: str | None) -> Report:
    """Show a device, its applications, the tries left of their PINs, containers, both certificates of each.

    With --anchor or --trust-folder also the chain of each certificate, or why there is none. Nobody logs in, and no
    try is spent.

    查看设备、应用、PIN 剩余次数、容器、签名与加密证书；给出信任锚时显示证书链。不需要 PIN。
    """
    judge = _judge(anchors, intermediates, at_text) if anchors else None
    if judge is None and (intermediates or at_text):
        raise click.UsageError("--intermediate and --at go with --anchor")
    with device_of(place) as device:
        fields = device_fields(device.info)
        names = [place.uri_application] if place.uri_application else device.applications()
        fields["applications"] = [_application(device, name, place, judge) for name in names]
    rows = device_rows(fields)
    for application in fields["applications"]:
        rows.append(("应用", "application", application["name"]))
        rows += [
            (f"  {ROLES[pin['role']][0]}", f"  {ROLES[pin['role']][1]}", pin_text(pin)) for pin in application["pins"]
        ]
        if application["files"]:
            rows.append(("  文件", "  files", ", ".join(application["files"])))
        for container in application["containers"]:
            rows += [
                (f"  {chinese}" if chinese else "", f"  {english}" if english else "", value)
                for chinese, english, value in container_rows(container)
            ]
    return Report({"device": fields}, facts(rows))


def _application(device: Device, name: str, place: Place, judge: Judge | None) -> dict[str, Any]:
    application = device.application(name)
    fields = application_fields(application, place.named_container(application))
    if judge is not None:
        for container in fields["containers"]:
            _add_chains(application, container, judge)
    return fields


def _add_chains(application: Application, fields: dict[str, Any], judge: Judge) -> None:
    from gmpki.tokens.interfaces import KeyUsage

    container = application.container(fields["name"])
    for usage, _ in USAGES:
        pair = fields[usage]
        if pair is None or pair["certificate"] is None or "error" in pair["certificate"]:
            continue
        certificate = container.certificate(KeyUsage(usage))
        if certificate is not None:
            pair["certificate"]["trust"] = judge(certificate)


def _judge(anchors: tuple[str, ...], intermediates: tuple[str, ...], at_text: str | None) -> Judge:
    """Return what says of a certificate by which chain it is trusted, or why by none."""
    from gmpki.x509.path import PathPolicy, validate_path

    at = parse_time(at_text, "--at")
    trusted = load_certificates(anchors, lenient=True)
    others = load_certificates(intermediates)

    def judge(certificate: Certificate) -> dict[str, Any]:
        from gmpki.errors import ValidationError

        try:
            found = validate_path(certificate, anchors=trusted, intermediates=others, policy=PathPolicy(), at=at)
        except ValidationError as error:
            return {"trusted": False, "reason": error.reason, "message": str(error)}
        chain = [show_name(one.subject) for one in found.chain] + [show_name(found.anchor.subject)]
        return {"trusted": True, "chain": list(dict.fromkeys(chain))}

    return judge
