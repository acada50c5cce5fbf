"""``gmpki ca ocsp``: OCSP answered out of the database, and the responder's certificate."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import click

from gmpki.cli import _io
from gmpki.cli._ca import CAPlace, OpenCA, ca_options, scheduled_option
from gmpki.cli._files import INPUT, force_option, output_option
from gmpki.cli._group import Group
from gmpki.cli._issuing import certificate_facts, certificate_fields
from gmpki.cli._output import Report, check_output, facts, json_option
from gmpki.cli._serving import serve as serve_application
from gmpki.cli._serving import serving_options

if TYPE_CHECKING:
    from gmpki.ocsp.responder import OCSPResponder

__all__ = ["command"]

MAX_REQUEST_LEN = 1 << 16

minutes_option = click.option(
    "--minutes",
    type=click.IntRange(1, 10_080),
    default=30,
    show_default=True,
    help="For how long an answer holds, and may be kept by whoever has it.",
)


@click.group(name="ocsp", cls=Group)
def command() -> None:
    """Answer OCSP requests out of the database, and renew the responder's certificate, which lives for a month.

    以数据库应答证书状态查询；更新响应器证书。
    """


@command.command(
    epilog="\b\nExamples:\n  gmpki ocsp request --issuer ca/certificates/ca.pem --output status.req "
    "ca/certificates/ocsp.pem\n"
    "  gmpki ca ocsp answer --password-env CA_PASSWORD --output status.der status.req",
)
@click.argument("request", type=INPUT, metavar="FILE")
@minutes_option
@ca_options(acts=False)
@output_option
@force_option
@json_option
def answer(*, place: CAPlace, request: str, minutes: int, output: str, force: bool) -> Report:
    """Answer one request, DER, from a file.

    A request that cannot be answered gets a response that says why, and exit code 1.

    应答一个请求文件；无法应答时给出说明原因的响应，并返回 1。
    """
    from gmpki.cli._ocsp_show import answer_report

    check_output(output, binary=True, force=force)
    asked = _io.read_input(request, max_len=MAX_REQUEST_LEN)
    with place.open() as ca:
        encoded = _responder(ca, minutes).answer(asked)
    return answer_report(encoded, output, force=force)


@command.command(epilog="\b\nExamples:\n  gmpki ca ocsp serve --port 8080 --password-env CA_PASSWORD")
@minutes_option
@serving_options
@ca_options(acts=False)
@json_option
def serve(*, place: CAPlace, minutes: int, host: str, port: int) -> Report:
    """Answer requests over HTTP until the process is told to end.

    以 HTTP 提供 OCSP 服务。
    """
    with place.open() as ca:
        from gmpki.services.ocsp import ocsp_application

        application = ocsp_application(_responder(ca, minutes), max_age_s=minutes * 60, clock=ca.store.now)
        serve_application(application, host, port)
    return Report({"host": host, "port": port}, facts([("已停止", "stopped", f"{host}:{port}")]))


@command.command(
    epilog="\b\nExamples:\n  gmpki ca ocsp renew --password-env CA_PASSWORD --as administrator",
)
@ca_options()
@scheduled_option
@json_option
def renew(*, place: CAPlace, scheduled: bool) -> Report:
    """Have the responder's certificate issued anew, for the key that it has. Nobody revokes such certificates, so they
    live for a month only.

    更新 OCSP 响应器证书。
    """
    with place.open() as ca:
        from gmpki.cli._ca_found import certify
        from gmpki.keys.interfaces import Signer

        actor = ca.acting("authority", scheduled=scheduled)
        own = _own(ca)
        key: Signer = place.private_key(own[0])
        certificate = certify(ca.authority(signs=True), key, "OCSP", "ocsp-responder", actor=actor)
        _io.write_output(place.path(own[1]), certificate.to_pem(), force=True)
    fields = {**certificate_fields(certificate), "output": place.path(own[1])}
    return Report(fields, facts([*certificate_facts(certificate), ("证书", "certificate", place.path(own[1]))]))


def _own(ca: OpenCA) -> tuple[str, str]:
    """Return where key and certificate of the responder are.

    :raises click.UsageError: when ``ca.toml`` does not say.
    """
    place = ca.settings.ocsp
    if place is None or not place.certificate:
        raise click.UsageError("ca.toml does not say what answers: [ocsp] key, certificate")
    return place.key, place.certificate


def _responder(ca: OpenCA, minutes: int) -> OCSPResponder:
    """Open a responder for the certificates of the present key of the authority."""
    from gmpki.ca.revocation.status import StoreStatusSource
    from gmpki.ocsp.responder import OCSPResponder

    key, certificate = _own(ca)
    authority = ca.authority()
    issuer = authority.certificate
    present = next(each for each in authority.generations if each.certificate_der == issuer.der)
    return OCSPResponder(
        issuer,
        ca.place.private_key(key),
        StoreStatusSource(ca.store, authority.id, present.id),
        certificate=ca.place.certificate(certificate),
        validity=timedelta(minutes=minutes),
        clock=ca.store.now,
    )
