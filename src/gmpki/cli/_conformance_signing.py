"""Who signs the report of a run, with a time-stamp where somebody gives one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypedDict

import click

from gmpki.cli import _cms, _io
from gmpki.cli._options import together
from gmpki.cli._seal_signer import stamp_options, stamp_source
from gmpki.cli._secrets import RememberedSecret, SecretSource, secret_options
from gmpki.cli._times import now
from gmpki.cli._token import is_token
from gmpki.cli._trust import load_certificates

if TYPE_CHECKING:
    from collections.abc import Callable

    from gmpki.keys.loader import PrivateKey
    from gmpki.x509.certificate import Certificate

__all__ = ["ReportSigner", "SigningOptions", "report_signer", "signing_options"]


class SigningOptions(TypedDict):
    """The options about signing, as click hands them over."""

    sign: str | None
    certificates: tuple[str, ...]
    along: tuple[str, ...]
    password: SecretSource
    stamp_command: str | None
    stamp_anchors: tuple[str, ...]


signing_options = together(
    click.option("--sign", metavar="FILE|URI", help="Sign the report with this key, or the PKCS #12 that holds it."),
    click.option("--certificate", "certificates", help="The signer's certificate.", **_cms.FILES),
    click.option("--along", help="Certificates of authorities that go along.", **_cms.FILES),
    secret_options("password", "the password of the key, or the PIN of its token,"),
    stamp_options,
)


@dataclass(frozen=True)
class ReportSigner:
    """Who signs a report. A key in a file is open already; that of a token is opened when it signs, for that token may
    be the one under test.
    """

    key_file: str
    password: SecretSource
    certificates: tuple[Certificate, ...]
    along: tuple[Certificate, ...]
    timestamp: Callable[[bytes], bytes] | None
    opened: tuple[PrivateKey, Certificate] | None

    def sign(self, data: bytes) -> tuple[bytes, Certificate]:
        """Return the message over the JSON of a report, and the certificate of who signed it.

        :raises GmpkiError: what keys, tokens and authorities of time-stamps raise.
        """
        from gmpki.cms.signer_spec import SignerSpec
        from gmpki.conformance.report.signing import sign_report

        key, certificate = self.opened or _the_key(self.key_file, self.password, self.certificates)
        signer = SignerSpec(key, certificate, signing_time=now())
        return sign_report(data, signer, certificates=self.along, timestamp=self.timestamp), certificate


def report_signer(options: SigningOptions) -> ReportSigner | None:
    """Return who signs, before anything is done that a wrong password or certificate would make vain; None when nobody
    does.

    :raises click.UsageError: when options are there without --sign.
    :raises GmpkiError: when the key cannot be opened, or none of the certificates is its and one to sign with.
    """
    from gmpki.cms.signer_spec import SignerSpec

    if options["sign"] is None:
        for name, option in (
            ("certificates", "certificate"),
            ("along", "along"),
            ("stamp_command", "stamp-command"),
            ("stamp_anchors", "stamp-anchor"),
        ):
            if options[name]:  # type: ignore[literal-required]
                raise click.UsageError(f"--{option} goes with --sign")
        return None
    key_file, password = options["sign"], RememberedSecret.of(options["password"])
    certificates = tuple(load_certificates(options["certificates"]))
    opened = None if is_token(key_file) else _the_key(key_file, password, certificates)
    if opened is not None:
        SignerSpec(*opened)  # which refuses a certificate that is not to sign with
    return ReportSigner(
        key_file,
        password,
        certificates,
        tuple(load_certificates(options["along"])),
        stamp_source(options["stamp_command"], options["stamp_anchors"]),
        opened,
    )


def _the_key(
    path: str, password: SecretSource, certificates: tuple[Certificate, ...]
) -> tuple[PrivateKey, Certificate]:
    from gmpki.x509.profile import SIGNING_USAGES

    found = _cms.load_keys((path,), password, certificates, usages=SIGNING_USAGES)
    if len(found) != 1:
        raise click.UsageError(f"{_io.display_name(path)} holds {len(found)} keys that sign; one is needed")
    return found[0]
