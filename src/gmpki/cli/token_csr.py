"""``gmpki token csr``: a certification request that a key of a token signs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gmpki.cli import _request
from gmpki.cli._files import force_option, output_option
from gmpki.cli._output import Report, json_option
from gmpki.cli._token import Pin, Place, check_usage, container_in, pin_options, place_options

if TYPE_CHECKING:
    from typing_extensions import Unpack

__all__ = ["command"]


@click.command(
    name="csr",
    epilog="\b\nExamples:\n  gmpki token csr 'soft:dev=00a1;app=GMPKI-TEST;con=con1' --pin-env USER_PIN "
    "--subject 'C=CN, O=示例局, CN=张三' --output req.pem",
)
@place_options()
@pin_options()
@_request.request_options
@output_option
@force_option
@json_option
def command(*, place: Place, pin: Pin, output: str, force: bool, **options: Unpack[_request.Wishes]) -> Report:
    """Make a request for the signing pair of a container, signed inside the token.

    Where there is no pair yet, "gmpki token gen-key" makes one. "gmpki csr new --key URI" does the same as this.

    用容器内签名私钥生成证书请求（PKCS#10）。
    """
    _request.check_output(options["encoding"], output, force=force)
    builder = _request.builder_of(options)
    check_usage(place, "signing")
    with container_in(place, pin) as container:
        request = builder.sign(container.signing_key)
    return _request.written(request, options["encoding"], output, force=force)
