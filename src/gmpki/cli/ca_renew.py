"""``gmpki ca renew``, ``reissue`` and ``change``: new certificates in the place of a pair."""

from __future__ import annotations

import click

from gmpki.cli._ca import CAPlace, ca_options, yes_option
from gmpki.cli._ca_desk import (
    at_desk,
    load_request,
    once_option,
    pair_argument,
    parse_subject,
    reason_code,
    request_option,
    token_serial_option,
)
from gmpki.cli._ca_shown import outcome_report
from gmpki.cli._output import Report, json_option
from gmpki.cli._token import confirm

__all__ = ["change", "command", "reissue"]

keep_option = click.option(
    "--keep-encryption-key", is_flag=True, help="The new pair keeps the encryption key.  [default: a new one]"
)


@click.command(
    name="renew",
    epilog="\b\nExamples:\n  gmpki ca renew 1 --keep-encryption-key\n  gmpki ca renew 2 --request new.csr",
)
@pair_argument
@ca_options()
@request_option
@keep_option
@token_serial_option
@once_option
@json_option
def command(
    *,
    pair: str,
    place: CAPlace,
    request: str | None,
    keep_encryption_key: bool,
    token_serial: str | None,
    once: str | None,
) -> Report:
    """Ask for a pair in the place of one that expires soon; "gmpki ca issue" then makes it.

    PAIR is its number, or serial:HEX, the serial number of one of its certificates. Without --request the signing key
    stays. The old certificates run out by themselves.

    证书更新：到期前两个月起办理，可保留或更换密钥。
    """
    given = load_request(request)
    with at_desk(place) as desk:
        outcome = desk.office.renew(
            desk.operator,
            desk.pair_id(pair),
            request=given,
            keep_encryption_key=keep_encryption_key,
            token_serial=token_serial,
            key=once,
        )
    return outcome_report(outcome)


@click.command(
    name="reissue",
    epilog="\b\nExamples:\n  gmpki ca reissue 1 --request new.csr --yes\n"
    "  gmpki ca reissue 2 --reason key-compromise --token-serial 00B7 --yes",
)
@pair_argument
@ca_options()
@request_option
@click.option(
    "--reason",
    type=click.Choice(["superseded", "key-compromise"]),
    default="superseded",
    show_default=True,
    help="Of the revocation of the old pair: key-compromise where the token may be in wrong hands.",
)
@keep_option
@click.option("--medium", metavar="TEXT", help="What the new pair is delivered on.  [default: as the old one]")
@token_serial_option
@yes_option
@once_option
@json_option
def reissue(
    *,
    pair: str,
    place: CAPlace,
    request: str | None,
    reason: str,
    keep_encryption_key: bool,
    medium: str | None,
    token_serial: str | None,
    yes: bool,
    once: str | None,
) -> Report:
    """Ask for a pair in the place of one whose token was lost or damaged. The old one is revoked when it is issued.

    补办：令牌遗失或损坏后重新签发，签发时撤销旧证书。
    """
    confirm(f"the pair {pair} is revoked when the new one is issued", yes=yes)
    given = load_request(request)
    with at_desk(place) as desk:
        outcome = desk.office.reissue(
            desk.operator,
            desk.pair_id(pair),
            request=given,
            reason=reason_code(reason),
            keep_encryption_key=keep_encryption_key,
            medium=medium,
            token_serial=token_serial,
            key=once,
        )
    return outcome_report(outcome)


@click.command(
    name="change",
    epilog="\b\nExamples:\n  gmpki ca change 1 --subject 'C=CN, O=示例市医疗保障局, CN=张三' --request new.csr --yes",
)
@pair_argument
@ca_options()
@click.option("--subject", required=True, metavar="NAME", help="The subject of the new certificates.")
@request_option
@keep_option
@yes_option
@once_option
@json_option
def change(
    *,
    pair: str,
    place: CAPlace,
    subject: str,
    request: str | None,
    keep_encryption_key: bool,
    yes: bool,
    once: str | None,
) -> Report:
    """Ask for a pair with another subject. The old one is revoked when it is issued.

    变更证书主体信息，签发时撤销旧证书。
    """
    confirm(f"the pair {pair} is revoked when the new one is issued", yes=yes)
    name, given = parse_subject(subject), load_request(request)
    assert name is not None  # noqa: S101 - the option is required
    with at_desk(place) as desk:
        outcome = desk.office.change(
            desk.operator,
            desk.pair_id(pair),
            name,
            request=given,
            keep_encryption_key=keep_encryption_key,
            key=once,
        )
    return outcome_report(outcome)
