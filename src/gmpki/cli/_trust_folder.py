"""What the commands about trust folders share: which folder is meant, how things in it are shown, and how commands that
verify take what is in it.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.core import ParameterSource

from gmpki.cli._files import INPUT
from gmpki.cli._names import show_name
from gmpki.cli._times import show_time

if TYPE_CHECKING:
    from collections.abc import Callable

    from gmpki.keystore.trust_check import TrustStatus
    from gmpki.keystore.trust_folder import HeldList, TrustFolder, TrustRole
    from gmpki.x509.certificate import Certificate

__all__ = [
    "ROLE_WORDS",
    "STATUS_WORDS",
    "TRUST_VARIABLE",
    "certificate_fields",
    "folder_option",
    "list_fields",
    "named_option",
    "one_named",
    "open_folder",
    "shown_row",
    "taking_folder",
]

Result = TypeVar("Result")

TRUST_VARIABLE = "GMPKI_TRUST_FOLDER"
SHOWN_DIGITS = 16  # of a fingerprint; 8 are enough to name something

# The values of gmpki.keystore.TrustRole and TrustStatus, in words for a person.
ROLE_WORDS = {
    "anchor": "信任锚 anchor",
    "timestamp-anchor": "时间戳信任锚 time-stamp anchor",
    "intermediate": "中间证书 intermediate",
    "crl": "撤销列表 CRL",
}
STATUS_WORDS = {
    "valid": "有效 valid",
    "unchecked": "未验证 unchecked",
    "expired": "已过期 expired",
    "not-yet-valid": "尚未生效 not yet valid",
    "revoked": "已撤销 revoked",
    "untrusted": "不受信任 untrusted",
}

folder_option = click.option(
    "--trust-folder",
    "path",
    type=INPUT,
    metavar="DIRECTORY",
    required=True,
    envvar=TRUST_VARIABLE,
    help=f"The trust folder.  [default: the one that {TRUST_VARIABLE} names]",
)
named_option = click.option(
    "--certificate", "certificate_file", type=INPUT, metavar="FILE", help="Name it by a file in place of a fingerprint."
)


def open_folder(path: str) -> TrustFolder:
    """Open a trust folder.

    :raises StateError: when it is none.
    """
    from gmpki.keystore.trust_folder import TrustFolder

    return TrustFolder(path)


def one_named(fingerprint: str | None, certificate_file: str | None) -> str:
    """Return the fingerprint of what the user named.

    :raises click.UsageError: when it was named twice, or not at all.
    :raises InvalidInputError: when the file has more than one certificate.
    """
    if (fingerprint is None) is (certificate_file is None):
        raise click.UsageError("give a fingerprint as the list shows it, or --certificate FILE")
    if certificate_file is None:
        return str(fingerprint)
    from gmpki.cli import _io
    from gmpki.cli._trust import read_certificates
    from gmpki.errors import InvalidInputError

    found = read_certificates(certificate_file, lenient=True)
    if len(found) != 1:
        raise InvalidInputError(f"{_io.display_name(certificate_file)} has {len(found)} certificates; give one")
    return found[0].fingerprint().hex()


# ---- commands that verify --------------------------------------------------------------------
def taking_folder(command: Callable[..., Result]) -> Callable[..., Result]:
    """Add ``--trust-folder`` to a command that takes files of anchors, intermediate certificates and lists: what is in
    the folder comes to those of them that the command has, and to anchors for time-stamps.

    The folder that the environment names counts only where the command line says nothing about whom to trust: who
    names an anchor wants that one and no other.
    """

    @click.option(
        "--trust-folder",
        type=INPUT,
        metavar="DIRECTORY",
        envvar=TRUST_VARIABLE,
        help='Trust those in this folder (see "gmpki trust"), with its revocation lists.  [default: the one that '
        f"{TRUST_VARIABLE} names, unless --anchor or --signature-only is given]",
    )
    @functools.wraps(command)
    def run(*, trust_folder: str | None, **parameters: Any) -> Result:
        if trust_folder is not None and not _is_overruled(parameters):
            _add_files(trust_folder, parameters)
        return command(**parameters)

    decorated: Callable[..., Result] = run
    return decorated


def _add_files(trust_folder: str, parameters: dict[str, Any]) -> None:
    """Add the files of a folder to those that the command line named.

    :raises click.UsageError: when the command line names a folder that has no anchor.
    """
    from gmpki.keystore.trust_folder import TrustRole

    folder = open_folder(trust_folder)
    files = {
        "anchors": folder.paths(TrustRole.ANCHOR),
        "intermediates": folder.paths(TrustRole.INTERMEDIATE),
        "crls": folder.crl_paths,
        "tsa_anchors": folder.paths(TrustRole.TIMESTAMP_ANCHOR),
    }
    for name, paths in files.items():
        if name in parameters:
            parameters[name] += tuple(paths)
    if not parameters["anchors"] and not _is_from_environment():
        raise click.UsageError(f"the trust folder {folder.path} has no anchor; gmpki trust add --anchor adds one")


def _is_overruled(parameters: dict[str, Any]) -> bool:
    return _is_from_environment() and bool(parameters["anchors"] or parameters.get("signature_only"))


def _is_from_environment() -> bool:
    source = click.get_current_context().get_parameter_source("trust_folder")
    return source is ParameterSource.ENVIRONMENT


# ---- what is shown ---------------------------------------------------------------------------
def certificate_fields(role: TrustRole | None, certificate: Certificate) -> dict[str, Any]:
    """Return what JSON says of a certificate."""
    from gmpki.cli._cms import shown_certificate  # which needs what needs this module

    fields = {"role": role.value} if role is not None else {}
    return {
        **fields,
        **shown_certificate(certificate),
        "not_before": show_time(certificate.not_before),
        "not_after": show_time(certificate.not_after),
        "fingerprint": certificate.fingerprint().hex(),
    }


def list_fields(held: HeldList) -> dict[str, Any]:
    """Return what JSON says of a revocation list."""
    from gmpki.x509.describe import plain_number

    number = held.crl.crl_number
    return {
        "role": "crl",
        "issuer": show_name(held.crl.issuer),
        "number": None if number is None else plain_number(number),
        "this_update": show_time(held.crl.this_update),
        "next_update": show_time(held.crl.next_update),
        "revoked_count": len(held.crl),
        "fingerprint": held.name,
    }


def shown_row(fields: dict[str, Any], status: TrustStatus, detail: str) -> tuple[str, ...]:
    """Return the line of a table about a certificate or list, by its fields."""
    until = fields.get("not_after") or fields.get("next_update") or ""
    return (
        fields["fingerprint"][:SHOWN_DIGITS],
        fields.get("subject") or fields["issuer"],
        f"{until[:10]}",
        STATUS_WORDS[status.value],
        detail,
    )
