"""``gmpki ca import``: an authority that exists comes into the database, with what it has issued."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING, Any

import click

from gmpki.cli import _io, _keys
from gmpki.cli._ca import CAPlace, OpenCA, ca_options, counting, read_certificates, yes_option
from gmpki.cli._files import INPUT, OUTPUT, force_option
from gmpki.cli._output import Failure, Report, json_option
from gmpki.cli._token import confirm, is_token

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gmpki.ca.authority.authority import Authority
    from gmpki.ca.authority.settings import AuthoritySettings
    from gmpki.ca.store.store import Store
    from gmpki.ca.takeover.authority import AuthorityKey
    from gmpki.ca.takeover.report import TakeoverReport

__all__ = ["command"]

KINDS = ("person", "organization", "device")


@click.command(
    name="import",
    epilog="\b\nExamples:\n  gmpki ca import --dry-run --authority old --ca-certificate old-ca.pem --key old-ca.key "
    "--password-env CA_PASSWORD --as administrator old-ca\n"
    "  gmpki ca import --yes --authority old --ca-certificate old-ca.pem --key old-ca.key --report import.json "
    "--password-env CA_PASSWORD --as administrator old-ca holders.csv",
)
@click.argument("sources", type=INPUT, nargs=-1, metavar="[FILE|DIR]...")
@click.option("--authority", required=True, metavar="NAME", help="What the authority is called in the database.")
@click.option(
    "--ca-certificate",
    "ca_certificates",
    type=INPUT,
    multiple=True,
    metavar="FILE",
    help="Its certificates, when it is not in the database yet; the one that begins last signs from now on.",
)
@click.option("--key", metavar=_keys.PRIVATE, help="The private key of that certificate; a file stays where it is.")
@click.option("--issuer", type=INPUT, metavar="FILE", help="The certificate of who certified it, when it is no root.")
@click.option("--title", default="", metavar="TEXT", help="Its name for persons.  [default: NAME]")
@click.option("--crl-uri", "crl_uris", multiple=True, metavar="URI", help="Where its lists lie; {generation} in it.")
@click.option("--ocsp-uri", "ocsp_uris", multiple=True, metavar="URI", help="Where its OCSP responder is.")
@click.option("--region", metavar="CODE", help="The region of holders.  [default: the only one]")
@click.option(
    "--holders",
    type=click.Choice(KINDS),
    default="organization",
    show_default=True,
    help="What a holder is where neither a table nor the certificate says it.",
)
@click.option("--encoding", default="utf-8-sig", show_default=True, metavar="NAME", help="Of tables, such as gb18030.")
@click.option("--no-publish", is_flag=True, help="Do not have its certificates published again.")
@click.option("--dry-run", is_flag=True, help="Do everything, and write nothing.")
@click.option("--report", type=OUTPUT, metavar="FILE", help="What became of each row: JSON, or CSV where it ends so.")
@force_option
@yes_option
@ca_options()
@json_option
def command(
    *,
    place: CAPlace,
    sources: tuple[str, ...],
    authority: str,
    report: str | None,
    force: bool,
    dry_run: bool,
    yes: bool,
    **said: Any,
) -> Report:
    """Take over an authority: its key and certificates, then what it has issued, revoked, and to whom.

    Files and folders may hold certificates, bundles, revocation lists and requests in PEM or DER, the database of
    "openssl ca" (index.txt), and tables (.csv, .jsonl) that say about serial numbers who holds them, on which token,
    and what was revoked. What is there already is left as it is: the same command goes on where it was interrupted,
    and brings with a newer list what was revoked since.

    接管既有 CA：机构密钥与证书、已签发证书及其持有人、撤销记录、申请、令牌；支持试运行与断点续行。
    """
    if report is not None:
        if report == "-":
            raise click.UsageError("--report names a file")
        _io.refuse_existing(report, force=force)
    with place.open() as ca:
        actor = ca.acting("takeover")
        if not dry_run:
            confirm(f"what {authority} has issued becomes part of this database", yes=yes)
        with _target(ca, authority, actor, dry_run=dry_run, **said) as (store, found, region_id):
            done = _imported(store, found, sources, actor, region_id, dry_run=dry_run, **said)
    if report is not None:
        _write(done, report, force=force)
    fields = {
        "authority": done.authority,
        "dry_run": done.is_dry_run,
        "crl_number": done.crl_number,
        "counts": done.counts,
        "notes": done.notes,
        "report": report,
    }
    failure = None
    if not done.is_complete:
        refused = done.counts["refused"]
        failure = Failure("ValidationError", f"未能接管 {refused} 项 ({refused} rows were refused)", "refused")
    return Report(fields, list(done.lines()), failure)


@contextlib.contextmanager
def _target(
    ca: OpenCA, name: str, actor: Any, *, dry_run: bool, region: str | None, **said: Any
) -> Iterator[tuple[Store, Authority, int]]:
    """Give where the authority is, or comes to be: for a dry run before that, a database in memory."""
    from gmpki.ca.operators.regions import add_region
    from gmpki.ca.store.store import Store
    from gmpki.protect.keys import KeyRing

    is_there = name in ca.authority_names()
    if is_there and said["ca_certificates"]:
        raise click.UsageError(f"the authority {name} is in the database already: leave --ca-certificate away")
    region_id = _region_id(ca, region)
    if is_there:
        yield ca.store, ca.authority(name), region_id
        return
    keys = _keys_of(ca, name, said["ca_certificates"], said["key"])
    if not dry_run:
        yield ca.store, _taken_over(ca.store, name, keys, actor, said), region_id
        return
    with Store.create("sqlite://", KeyRing.generate()) as scratch:
        with scratch.transaction() as tx:
            region_id = add_region(tx, actor, code=region or "0", title="-").id
        yield scratch, _taken_over(scratch, name, keys, actor, said), region_id


def _region_id(ca: OpenCA, code: str | None) -> int:
    from sqlalchemy import select

    from gmpki.ca.operators.regions import find_region
    from gmpki.ca.store.schema import regions

    with ca.store.reading() as connection:
        if code is not None:
            return find_region(connection, ca.store.protection, code).id
        there = connection.scalars(select(regions.c.id).limit(2)).all()
    if len(there) != 1:
        raise click.UsageError("there is not exactly one region: name that of the holders with --region CODE")
    return int(there[0])


def _keys_of(ca: OpenCA, name: str, certificates: tuple[str, ...], key: str | None) -> list[AuthorityKey]:
    from gmpki.ca.takeover.authority import AuthorityKey

    if not certificates or key is None:
        raise click.UsageError(
            f"there is no authority {name} in the database: give --ca-certificate and --key to take it over"
        )
    signer = ca.place.signer(key if is_token(key) else os.path.abspath(key))
    own = signer.signer.public_key.to_der()
    found = [each for path in certificates for each in read_certificates(path)]
    return [AuthorityKey(each, signer if each.public_key.to_der() == own else None) for each in found]


def _taken_over(store: Store, name: str, keys: list[AuthorityKey], actor: Any, said: dict[str, Any]) -> Authority:
    from gmpki.ca.takeover.authority import take_over

    issuers = () if said["issuer"] is None else read_certificates(said["issuer"])
    return take_over(store, name, keys, actor=actor, issuers=issuers, title=said["title"], settings=_settings(said))


def _settings(said: dict[str, Any]) -> AuthoritySettings:
    from gmpki.ca.authority.settings import AuthoritySettings

    return AuthoritySettings(crl_uris=said["crl_uris"], ocsp_uris=said["ocsp_uris"])


def _imported(
    store: Store,
    authority: Authority,
    sources: tuple[str, ...],
    actor: Any,
    region_id: int,
    *,
    dry_run: bool,
    **said: Any,
) -> TakeoverReport:
    from gmpki.ca.registration.applicants import ApplicantKind
    from gmpki.ca.takeover.importing import TakeoverRules, import_all
    from gmpki.ca.takeover.material import Material

    material = Material()
    for source in sources:
        if os.path.isdir(source):
            material.add_folder(source, encoding=said["encoding"])
        else:
            material.add_file(source, encoding=said["encoding"])
    rules = TakeoverRules(region_id, default_kind=ApplicantKind(said["holders"]), publish=not said["no_publish"])
    with counting("接管 importing") as progress:
        return import_all(store, authority, material, rules=rules, actor=actor, dry_run=dry_run, progress=progress)


def _write(done: TakeoverReport, path: str, *, force: bool) -> None:
    import io

    text = io.StringIO(newline="")
    if path.lower().endswith(".csv"):
        done.write_csv(text)
    else:
        text.write(done.to_json() + "\n")
    _io.write_output(path, text.getvalue().encode("utf-8"), force=force)
