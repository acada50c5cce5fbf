"""``gmpki ca key``: the keys that authorities have and had."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from gmpki.cli import _io, _keys
from gmpki.cli._ca import CAPlace, OpenCA, authority_option, ca_options, read_certificate, yes_option
from gmpki.cli._files import INPUT, OUTPUT, force_option
from gmpki.cli._group import Group
from gmpki.cli._issuing import certificate_facts, certificate_fields
from gmpki.cli._output import Report, columns, facts, json_option, refuse_json_beside_output
from gmpki.cli._times import show_time
from gmpki.cli._token import confirm

if TYPE_CHECKING:
    from gmpki.ca.authority.authority import Authority
    from gmpki.ca.authority.rows import Generation
    from gmpki.ca.authority.signer import AuthoritySigner

__all__ = ["command", "generation_fields"]

new_key_option = click.option(
    "--new-key",
    metavar=_keys.PRIVATE,
    help="The next key, if that is there already, as in a token.  [default: a new one in a file of the directory]",
)


@click.group(name="key", cls=Group)
def command() -> None:
    """List the keys of authorities, and change them: by a request to an authority above, or by a roll-over.

    认证机构密钥：列出、申请、启用、更替。
    """


@command.command(name="list", epilog="\b\nExamples:\n  gmpki ca key list --password-env CA_PASSWORD")
@ca_options(acts=False)
@json_option
def list_keys(*, place: CAPlace) -> Report:
    """List the keys of all authorities, and where they are.

    列出各机构的密钥及其所在。
    """
    with place.open() as ca:
        found = [
            generation_fields(name, each) for name in ca.authority_names() for each in ca.authority(name).generations
        ]
    title = ("机构 authority", "密钥 key", "状态 state", "至 until", "所在 place")
    rows = [(one["authority"], str(one["number"]), one["state"], one["not_after"] or "", one["place"]) for one in found]
    return Report({"keys": found}, columns([title, *rows]))


@command.command(
    epilog="\b\nExamples:\n  gmpki ca key request --password-env CA_PASSWORD --as administrator --output next.csr",
)
@authority_option
@new_key_option
@ca_options()
@click.option("--output", "-o", type=OUTPUT, default="-", metavar="FILE", help="Where the request goes, PEM.")
@force_option
@json_option
def request(*, place: CAPlace, authority: str | None, new_key: str | None, output: str, force: bool) -> Report:
    """Ask the authority above for the certificate of the next key; "activate" takes it. An open request is replaced.

    为下一代密钥生成证书请求。
    """
    refuse_json_beside_output(output)
    _io.refuse_existing(output, force=force)
    with place.open() as ca:
        actor = ca.acting("generation")
        found = ca.authority(authority, signs=True)
        asked = found.request_generation(_next_signer(ca, found, new_key), actor=actor)
        name, number = found.name, len(found.generations)
    _io.write_output(output, asked.to_pem(), force=force)
    rows = [("机构", "authority", f"{name} {number}"), ("请求", "request", output)]
    return Report({"authority": name, "number": number, "output": output}, [] if output == "-" else facts(rows))


@command.command(
    epilog="\b\nExamples:\n  gmpki ca key request --password-env CA_PASSWORD --as administrator --output next.csr\n"
    "  gmpki cert issue --ca ca/certificates/root.pem --ca-key ca/keys/root-1.pem --ca-password-env CA_PASSWORD "
    "--profile subordinate-ca --request next.csr --output next.pem\n"
    "  gmpki ca key activate --issuer ca/certificates/root.pem --password-env CA_PASSWORD --as administrator next.pem",
)
@click.argument("certificate", type=INPUT, metavar="FILE")
@click.option("--issuer", type=INPUT, required=True, metavar="FILE", help="The certificate of who signed it.")
@authority_option
@ca_options()
@json_option
def activate(*, place: CAPlace, certificate: str, issuer: str, authority: str | None) -> Report:
    """Take the certificate that was asked for: from now on its key signs.

    启用上级机构签回的证书。
    """
    taken, above = read_certificate(certificate), read_certificate(issuer)
    with place.open() as ca:
        actor = ca.acting("generation")
        found = ca.authority(authority, signs=True)
        found.activate(taken, issuer=above, actor=actor)
        return _told(found, ("已启用", "activated"))


@command.command(
    name="roll-over",
    epilog="\b\nExamples:\n  gmpki ca key roll-over --yes --password-env CA_PASSWORD --as administrator\n"
    "  gmpki ca key roll-over --authority root --yes --password-env CA_PASSWORD --as administrator",
)
@authority_option
@new_key_option
@yes_option
@ca_options()
@json_option
def roll_over(*, place: CAPlace, authority: str | None, new_key: str | None, yes: bool) -> Report:
    """Give an authority its next key at once: a root signs it itself and joins it to the one before by link
    certificates; one below a root of the same database has it certified by that.

    The key before signs nothing but its revocation lists from then on.

    更替机构密钥：根以链接证书衔接，下级由同库的上级签发。
    """
    with place.open() as ca:
        actor = ca.acting("generation")
        found = ca.authority(authority, signs=True)
        parent = _parent(ca, found)
        confirm(f"the authority {found.name} signs with another key from now on", yes=yes)
        signer = _next_signer(ca, found, new_key)
        if parent is None:
            found.roll_over(signer, actor=actor)
        else:
            found.renew_generation(signer, parent=ca.authority(parent, signs=True), actor=actor)
        return _told(found, ("已更替", "rolled over"))


# ---- what they share ------------------------------------------------------------------------
def _parent(ca: OpenCA, authority: Authority) -> str | None:
    """Return the authority above; None for a root.

    :raises StateError: when it is not in this database.
    """
    from gmpki.errors import StateError

    above = authority.certificate.issuer
    if above == authority.certificate.subject:
        return None
    for name in ca.authority_names():
        if any(each.certificate_der and each.certificate.subject == above for each in ca.authority(name).generations):
            return name
    raise StateError(f"the authority above {authority.name} is elsewhere: gmpki ca key request asks it")


def _next_signer(ca: OpenCA, authority: Authority, given: str | None) -> AuthoritySigner:
    """Open the key that was named, or make one in the directory."""
    import os

    from gmpki.ca.authority.signer import AuthoritySigner
    from gmpki.cli._ca_found import next_key_name, own_key
    from gmpki.cli._token import is_token

    if given is not None:
        return ca.place.signer(given if is_token(given) else os.path.abspath(given))
    name = next_key_name(ca.place, authority)
    return AuthoritySigner(own_key(ca.place, name), None, name)


def generation_fields(authority: str, generation: Generation) -> dict[str, Any]:
    """Return what a program is told of a key."""
    from gmpki.ca.store.columns import from_seconds

    until = None if generation.not_after is None else from_seconds(generation.not_after)
    return {
        "authority": authority,
        "number": generation.number,
        "state": generation.state.value,
        "not_after": show_time(until),
        "place": generation.signer,
        "public_key_id": generation.public_key_id,
    }


def _told(authority: Authority, done: tuple[str, str]) -> Report:
    certificate = authority.certificate
    number = len(authority.generations)
    fields = {"authority": authority.name, "number": number, **certificate_fields(certificate)}
    rows = [(*done, f"{authority.name} {number}"), *certificate_facts(certificate)]
    return Report({**fields, "pem": certificate.to_pem().decode("ascii")}, facts(rows))
