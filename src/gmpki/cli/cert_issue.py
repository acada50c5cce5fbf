"""``gmpki cert issue``: certificates that come singly."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gmpki.cli import _io, _issuing
from gmpki.cli._files import force_option, output_option
from gmpki.cli._output import Report, json_option

if TYPE_CHECKING:
    from typing_extensions import Unpack

__all__ = ["command"]


@click.command(
    name="issue",
    epilog="\b\nExamples:\n  gmpki cert issue --ca root.pem --ca-key root.key --request sub.csr --profile "
    "subordinate-ca --output sub.pem\n"
    "  gmpki cert issue --ca sub.pem --ca-key sub.key --request tsa.csr --profile time-stamp --output tsa.pem",
)
@_issuing.authority_options
@_issuing.application_options
@_issuing.profile_option
@_issuing.serial_option
@output_option
@force_option
@json_option
def command(*, profile: str, serial: str | None, output: str, force: bool, **options: Unpack[_issuing.Issue]) -> Report:
    """Issue one certificate to an applicant whose request proves that the key is theirs.

    What the certificate holds, the profile decides; of the request it takes no more than it says.

    按证书模板签发单张证书（下级CA、时间戳、OCSP、制章人等）。
    """
    _io.refuse_existing(output, force=force)
    number = _issuing.serial_number(serial, "--serial")
    request = _issuing.load_one_request(options["request"])
    with _issuing.issuing_to(request):
        certificate = _issuing.issuer_of(options).issue(
            request,
            profile,
            subject=_issuing.applied_subject(options),
            validity=_issuing.applied_validity(options),
            serial_number=number,
            extensions=_issuing.added_extensions(options),
        )
    return _issuing.written(certificate, output, force=force)
