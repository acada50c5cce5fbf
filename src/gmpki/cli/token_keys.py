"""``gmpki token gen-key``, ``import-cert``, ``import-enckey``, ``export-cert``: what is in containers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from gmpki.cli import _io, _issuing, _keys
from gmpki.cli._cms import FILES
from gmpki.cli._files import INPUT, force_option, output_option
from gmpki.cli._output import Report, facts, json_option, wants_json
from gmpki.cli._token import Pin, Place, application_in, confirm, container_in, pin_options, place_options
from gmpki.cli._token_show import USAGES
from gmpki.cli._trust import load_certificates

if TYPE_CHECKING:
    from gmpki.tokens.interfaces import Application, Container
    from gmpki.x509.certificate import Certificate
    from gmpki.x509.pair import CertificatePair

__all__ = ["export_certificate", "generate", "import_certificates", "import_encryption_key"]

KEY_TYPES = ("sm2", "rsa-2048", "rsa-1024")
MAX_FILE_LEN = 1 << 22


# ---- keys made inside -------------------------------------------------------------------
@click.command(
    name="gen-key",
    epilog="\b\nExamples:\n  gmpki token gen-key 'soft:dev=00a1;app=GMPKI-TEST;con=new' --pin-env USER_PIN\n"
    "  gmpki token gen-key --type rsa-2048 'soft:dev=00a1;app=GMPKI-TEST;con=rsa' --pin-env USER_PIN",
)
@place_options()
@pin_options()
@click.option("--type", "key_type", type=click.Choice(KEY_TYPES), default="sm2", show_default=True, help="The key.")
@click.option("--allow-rsa-1024", is_flag=True, help="Make RSA keys that are too short for anything new.")
@output_option
@force_option
@json_option
def generate(*, place: Place, pin: Pin, key_type: str, allow_rsa_1024: bool, output: str, force: bool) -> Report:
    """Make the signing pair of a container inside the token; its private key never leaves it.

    The container is created where there is none of this name. Nobody can bring back a pair that is replaced. The public
    key goes to --output, as PEM.

    在容器内生成签名密钥对，私钥不出令牌；容器不存在时先创建。
    """
    from gmpki.tokens.interfaces import KeyUsage, TokenKeyType

    _io.refuse_existing(output, force=force)
    with application_in(place, pin, weak_rsa=allow_rsa_1024) as application:
        container = _there_or_made(application, place)
        if container.key_type(KeyUsage.SIGNING) is not None:
            confirm(f"the signing pair in the container {container.name} is replaced and lost", yes=pin.yes)
        public_key = container.generate(TokenKeyType(key_type))
    fields: dict[str, Any] = {"container": container.name, "key_type": key_type, "output": output}
    fields["algorithm"] = _keys.algorithm_name(public_key)  # type: ignore[arg-type] # one of the loader's
    pem: bytes = public_key.to_pem()  # type: ignore[attr-defined]
    if output == "-" and wants_json():
        return Report({**fields, "public_key": pem.decode("ascii")})
    _io.write_output(output, pem, force=force)
    rows = [
        ("已生成", "made", fields["algorithm"]),
        ("容器", "container", container.name),
        ("公钥", "public key", output),
    ]
    return Report(fields, [] if output == "-" else facts(rows))


def _there_or_made(application: Application, place: Place) -> Container:
    name = place.label
    if name is None or name in application.containers():
        return application.container(place.container_name(application))
    return application.create_container(name)


# ---- certificates -----------------------------------------------------------------------
@click.command(
    name="import-cert",
    epilog="\b\nExamples:\n  gmpki token import-cert 'soft:dev=00a1;app=GMPKI-TEST;con=con1' --certificate "
    "signing.pem --certificate encryption.pem --pin-env USER_PIN",
)
@place_options()
@pin_options()
@click.option("--certificate", "-c", "certificates", required=True, help="A certificate; a pair is two.", **FILES)
@json_option
def import_certificates(*, place: Place, pin: Pin, certificates: tuple[str, ...]) -> Report:
    """Put the certificates of its pairs into a container. Which pair each is for, its public key tells.

    Nothing is put in when one of them belongs to neither.

    将签名、加密证书导入容器；按公钥自动区分。
    """
    found = load_certificates(certificates)
    with container_in(place, pin) as container:
        chosen = [(certificate, _usage_of(container, certificate)) for certificate in found]
        for certificate, usage in chosen:
            container.import_certificate(certificate, usage)
    fields = {
        "container": container.name,
        "certificates": [
            {"usage": usage.value, **_issuing.certificate_fields(certificate)} for certificate, usage in chosen
        ],
    }
    chinese = dict(USAGES)
    rows = [("容器", "container", container.name)]
    rows += [
        (f"已导入{chinese[usage.value]}证书", f"{usage.value} certificate imported", _shown(certificate))
        for certificate, usage in chosen
    ]
    return Report(fields, facts(rows))


def _usage_of(container: Container, certificate: Certificate) -> Any:
    """Return which of a container's pairs a certificate is for."""
    from gmpki.errors import KeyMismatchError
    from gmpki.tokens.interfaces import KeyUsage

    wanted = certificate.public_key.to_der()
    fitting = [
        usage
        for usage in KeyUsage
        if container.key_type(usage) is not None and container.public_key(usage).to_der() == wanted
    ]
    if not fitting:
        raise KeyMismatchError(f"the certificate of {_shown(certificate)} is for no pair of container {container.name}")
    return fitting[0]


@click.command(
    name="export-cert",
    epilog="\b\nExamples:\n  gmpki token export-cert 'soft:dev=00a1;app=GMPKI-TEST;con=con1' --output signing.pem\n"
    "  gmpki token export-cert --usage encryption 'soft:dev=00a1;app=GMPKI-TEST;con=con1' --output encryption.pem",
)
@place_options()
@click.option("--usage", type=click.Choice([name for name, _ in USAGES]), help="[default: the URI's, else signing]")
@output_option
@force_option
@json_option
def export_certificate(*, place: Place, usage: str | None, output: str, force: bool) -> Report:
    """Take a certificate out of a container, as PEM. Nobody need log in.

    导出容器中的证书。
    """
    from gmpki.errors import TokenNotFoundError
    from gmpki.tokens.interfaces import KeyUsage

    _io.refuse_existing(output, force=force)
    said = getattr(place.uri, "usage", None) or KeyUsage.SIGNING
    wanted = said if usage is None else KeyUsage(usage)
    with container_in(place, None) as container:
        certificate = container.certificate(wanted)
    if certificate is None:
        raise TokenNotFoundError(f"the container {container.name} has no {wanted.value} certificate")
    return _issuing.written(certificate, output, force=force)


# ---- the encryption pair ----------------------------------------------------------------
@click.command(
    name="import-enckey",
    epilog="\b\nExamples:\n  gmpki token import-enckey 'soft:dev=00a1;app=GMPKI-TEST;con=con1' --pin-env USER_PIN "
    "--delivery pair/encryption-key.der --certificate pair/signing.pem --certificate pair/encryption.pem",
)
@place_options()
@pin_options()
@click.option("--delivery", "-d", type=INPUT, required=True, metavar="FILE", help="What the authority delivered.")
@click.option("--certificate", "-c", "certificates", help="The two certificates, to check and keep.", **FILES)
@json_option
def import_encryption_key(*, place: Place, pin: Pin, delivery: str, certificates: tuple[str, ...]) -> Report:
    """Import the encryption pair that an authority delivered: SM2EnvelopedKey, CSRResponse or a token's block.

    It is encrypted to the container's signing key, and only the token can open it. The certificates that come with it,
    or with --certificate, are kept in the container. What does not belong together is found before anything is
    imported.

    导入 CA 下发的加密密钥对（可同时导入双证书）。
    """
    from gmpki.tokens.delivery import import_delivery

    data = _io.read_input(delivery, max_len=MAX_FILE_LEN)
    pair = _pair(certificates)
    with container_in(place, pin) as container:
        stored = import_delivery(container, data, pair=pair)
    fields: dict[str, Any] = {"container": container.name}
    fields["certificates"] = (
        None
        if stored is None
        else {
            "signing": _issuing.certificate_fields(stored.signing),
            "encryption": _issuing.certificate_fields(stored.encryption),
        }
    )
    rows = [("已导入", "imported", "加密密钥对 the encryption pair"), ("容器", "container", container.name)]
    if stored is not None:
        rows.append(("签名证书", "signing certificate", _shown(stored.signing)))
        rows.append(("加密证书", "encryption certificate", _shown(stored.encryption)))
    return Report(fields, facts(rows))


def _pair(certificates: tuple[str, ...]) -> CertificatePair | None:
    from gmpki.x509.pair import load_pair

    if not certificates:
        return None
    return load_pair(*(_io.read_input(path, max_len=MAX_FILE_LEN) for path in certificates))


def _shown(certificate: Certificate) -> str:
    fields = _issuing.certificate_fields(certificate)
    return f"{fields['subject']} ({fields['serial_number']})"
