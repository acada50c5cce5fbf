"""``gmpki ca deliver``: what was issued comes to its holder, as files, as PKCS #12 or into a token, with a receipt."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING, Any

import click

from gmpki.cli import _io, _keys
from gmpki.cli._ca import CAPlace, ca_options
from gmpki.cli._ca_desk import Desk, application_argument, at_desk, once_option
from gmpki.cli._ca_shown import outcome_report
from gmpki.cli._files import INPUT, OUTPUT, force_option
from gmpki.cli._output import Report, json_option
from gmpki.cli._secrets import SecretSource, secret_options
from gmpki.cli._token import Pin, Place, container_in, pin_options

if TYPE_CHECKING:
    from gmpki.ca.registration.pairs import Pair
    from gmpki.keys.sm2 import SM2PrivateKey
    from gmpki.x509.certificate import Certificate

__all__ = ["command"]

# form -> the name of its file, and of its member of gmpki.ca.registration.delivery.DeliveryForm
FORMS = {
    "envelope": ("encryption-key.der", "ENVELOPED_KEY"),
    "response": ("response.der", "CSR_RESPONSE"),
    "skf": ("encryption-key.skf", "SKF_BLOB"),
}


@click.command(
    name="deliver",
    epilog="\b\nExamples:\n  gmpki ca deliver 1 --output zhangsan --receipt 张三本人签收\n"
    "  gmpki ca deliver 1 --p12 zhangsan.p12 --key zhangsan.key --p12-password-env P12_PASSWORD\n"
    "  gmpki ca deliver 2 --token 'soft:dev=00a1;app=GMPKI-TEST;con=con1' --user-pin-env USER_PIN "
    "--receipt 李四本人签收",
)
@application_argument
@ca_options()
@click.option(
    "--output", "-o", type=OUTPUT, metavar="DIRECTORY", help="Write both certificates and the enveloped key there."
)
@click.option(
    "--form",
    type=click.Choice(list(FORMS)),
    default="envelope",
    show_default=True,
    help="How the key travels: SM2EnvelopedKey, CSRResponse, or the block that a token imports.",
)
@click.option("--p12", type=OUTPUT, metavar="FILE", help="Write keys and certificates there, under a password.")
@click.option("--key", "key_file", type=INPUT, metavar="FILE", help="The holder's signing key, for --p12.")
@secret_options("key-password", "the password of that key")
@secret_options("p12-password", "the password of the PKCS #12 file")
@click.option("--token", metavar="URI", help="Bring key and certificates into the container that has the signing key.")
@pin_options("user-pin", "the PIN of the token's user", asks=False)
@click.option("--receipt", metavar="TEXT", help="Write down that it was handed over: who took it, how that is known.")
@force_option
@once_option
@json_option
def command(
    *,
    application: str,
    place: CAPlace,
    output: str | None,
    form: str,
    p12: str | None,
    key_file: str | None,
    key_password: SecretSource,
    p12_password: SecretSource,
    token: str | None,
    user_pin: Pin,
    receipt: str | None,
    force: bool,
    once: str | None,
) -> Report:
    """Hand over what was issued for an application, by its number or reference, and write down the receipt.

    With --receipt the delivery is done; without, files are made again as often as needed.

    交付证书与加密密钥：文件、PKCS#12 或直接写入 UKey，并登记签收。
    """
    if (output, p12, token, receipt) == (None, None, None, None):
        raise click.UsageError("say what is to be done: --output, --p12, --token or --receipt")
    if (p12 is None) is not (key_file is None):
        raise click.UsageError("--p12 and --key go together: the file holds the signing key as well")
    if "-" in (output, p12):
        raise click.UsageError("keys do not go to standard output: name a directory or a file")
    if p12 is not None:
        _io.refuse_existing(p12, force=force)
    done: list[tuple[str, str, str]] = []
    with at_desk(place) as desk:
        number = desk.application_id(application)
        pair = _pair_to_deliver(desk, number)
        fields: dict[str, Any] = {"files": []}
        if output is not None:
            fields["files"] += _write_files(pair, output, form, force=force)
        if p12 is not None and key_file is not None:
            key = _keys.read_private_key(key_file, key_password)
            _write_p12(desk, pair, p12, key, p12_password, force=force)
            fields["files"].append(p12)
        done += [("文件", "file", path) for path in fields["files"]]
        if token is not None:
            _into_token(pair, Place(token), user_pin)
            done.append(("已写入令牌", "into the token", token))
        outcome = _outcome(desk, number, pair, receipt, once)
    return outcome_report(outcome, done, **fields, token=token)


def _outcome(desk: Desk, number: int, pair: Pair, receipt: str | None, once: str | None) -> Any:
    """Write the receipt down, and return what has become of the application."""
    from gmpki.ca.registration.carrying import Outcome

    if receipt is not None:
        return desk.office.deliver(desk.operator, number, receipt=receipt, key=once)
    return Outcome(desk.office.application(desk.operator, number), pair)


def _pair_to_deliver(desk: Desk, number: int) -> Pair:
    """Return the pair that was issued for an application.

    :raises LifeCycleError: when nothing was.
    :raises NotPermittedError: when the operator delivers nothing there.
    """
    from gmpki.ca.registration.states import ApplicationState, Operation, transition

    application = desk.office.application(desk.operator, number)
    with desk.reading() as connection:
        desk.permit(connection, Operation.DELIVER.value, application.region_id)
    if application.state is not ApplicationState.DELIVERED:
        transition(Operation.DELIVER, application.state)
    assert application.pair_id is not None  # noqa: S101 - what is issued has one
    return desk.office.pair(desk.operator, application.pair_id)


def _write_files(pair: Pair, directory: str, form: str, *, force: bool) -> list[str]:
    from gmpki.ca.registration.delivery import DeliveryForm, as_file

    files: list[tuple[str, bytes]] = [("signing.pem", pair.signing.to_pem())]
    if pair.encryption is not None:
        name, member = FORMS[form]
        files.append(("encryption.pem", pair.encryption.to_pem()))
        files.append((name, as_file(pair, DeliveryForm[member])))
    named = [(os.path.join(directory, name), data) for name, data in files]
    for path, _ in named:
        _io.refuse_existing(path, force=force)
    os.makedirs(directory, exist_ok=True)
    with contextlib.ExitStack() as outputs:
        # All are opened before the first takes its place, and none does when one cannot be written.
        streams = [outputs.enter_context(_io.create(path, force=force)) for path, _ in named]
        for stream, (_, data) in zip(streams, named, strict=True):
            stream.write(data)
    return [path for path, _ in named]


def _write_p12(desk: Desk, pair: Pair, path: str, key: SM2PrivateKey, password: SecretSource, *, force: bool) -> None:
    from gmpki.ca.registration.delivery import as_pkcs12

    secret = password.read("PKCS #12 口令 Password of the PKCS #12 file", confirm=True)
    data = as_pkcs12(pair, key, secret, chain=_issuers(desk, pair))
    _io.write_output(path, data, private=True, force=force)


def _issuers(desk: Desk, pair: Pair) -> list[Certificate]:
    """Return the certificate of who issued a pair, where the database has it."""
    from gmpki.ca.authority.authority import Authority
    from gmpki.errors import InvalidSignature, KeyMismatchError, NotFoundError

    try:
        generations = Authority.open(desk.store, pair.authority).generations
    except NotFoundError:
        return []  # it was issued by somebody else
    for generation in generations:
        if generation.certificate_der is not None:
            with contextlib.suppress(InvalidSignature, KeyMismatchError):
                pair.signing.verify_signature(generation.certificate)
                return [generation.certificate]
    return []


def _into_token(pair: Pair, where: Place, pin: Pin) -> None:
    from gmpki.ca.registration.delivery import into_token

    with container_in(where, pin) as container:
        into_token(pair, container)
