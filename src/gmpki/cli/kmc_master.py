"""``gmpki kmc shares`` and ``gmpki kmc rotate``: the master key of a centre, and what opens it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import click

from gmpki.cli import _keys
from gmpki.cli._ca import CAPlace, OpenCA, ca_options, yes_option
from gmpki.cli._kmc import counts, protection_of, protection_options, write_centre
from gmpki.cli._output import Report, facts, json_option
from gmpki.cli._token import confirm

__all__ = ["rotate", "shares"]


@click.command(
    name="shares",
    epilog="\b\nExamples:\n  gmpki kmc init --ca shared --low 2 --full 10 --threshold 2 --count 2 "
    "--share-output shares --new-share-password-env PASSWORD --new-share-password-env PASSWORD "
    "--password-env CA_PASSWORD\n"
    "  gmpki kmc shares --ca shared --share shares/share-1.der --share shares/share-2.der "
    "--share-password-env PASSWORD --share-password-env PASSWORD --password-env CA_PASSWORD",
)
@ca_options(acts=False, shares=True)
@json_option
def shares(*, place: CAPlace) -> Report:
    """Verify that the shares that are named open the master key. Nothing is changed.

    验证主密钥份额能否开启主密钥。
    """
    if not place.shares:
        raise click.UsageError("name the shares: --share FILE, several times")
    with place.open() as ca:
        key_id = ca.local_key_centre.master_key_id
    fields = {"master_key_id": key_id, "shares": len(place.shares)}
    return Report(
        fields, facts([("份额有效", "the shares open it", str(len(place.shares))), ("主密钥", "key", key_id)])
    )


@click.command(
    name="rotate",
    epilog="\b\nExamples:\n  gmpki kmc rotate --yes --password-env CA_PASSWORD --as administrator\n"
    "  gmpki kmc rotate --yes --threshold 2 --count 3 --share-output shares --new-share-password-env PASSWORD "
    "--new-share-password-env PASSWORD --new-share-password-env PASSWORD --password-env CA_PASSWORD --as administrator",
)
@protection_options
@click.option(
    "--finish",
    "old_key",
    metavar=_keys.PRIVATE,
    help="Finish a change that was interrupted: the key that opened the old master key. --opening-key is the new one, "
    "where ca.toml does not name it yet.",
)
@yes_option
@ca_options(shares=True)
@json_option
def rotate(*, place: CAPlace, old_key: str | None, yes: bool, **protected: Any) -> Report:
    """Make a new master key, and encrypt all private keys under it. What opened the old one opens nothing then.

    Other processes have to open the centre again.

    更换主密钥并重新加密全部私钥；可改为由新的密钥或份额保护。
    """
    with place.open() as ca:
        actor = ca.acting("key-centre")
        if old_key is not None:
            done = _finished(ca, old_key, protected["opening_key"], actor)
        else:
            centre = ca.local_key_centre
            confirm("the master key is changed, and the old one destroyed", yes=yes)
            protection = protection_of(place, **protected)
            assert ca.settings.key_centre is not None  # noqa: S101 - it is open
            named = replace(ca.settings.key_centre, key=protection.key)

            def begun(_: int) -> None:
                """Say what opens the new key as soon as there are keys under it."""
                write_centre(place, ca.settings, named)

            done = centre.change_master(protection.protector, actor=actor, progress=begun)
            write_centre(place, ca.settings, named)
        total = sum(sum(states.values()) for states in counts(ca).values())
    fields = {"rewrapped": done, "keys": total}
    return Report(fields, facts([("已更换", "changed", ""), ("重新加密", "encrypted anew", str(done))]))


def _finished(ca: OpenCA, old_key: str, new_key: str | None, actor: Any) -> int:
    """Finish what was interrupted.

    :param new_key: what opens the new master key, where ``ca.toml`` did not come to name it.
    """
    import os

    from gmpki.ca.kmc.centre import KeyManagementCentre
    from gmpki.cli._token import is_token

    place = ca.place
    settings = ca.settings.key_centre
    if settings is None or settings.address:
        raise click.UsageError("there is no key-management centre in this database")
    named = settings.key if new_key is None else new_key if is_token(new_key) else os.path.abspath(new_key)
    new: Any = place.read_shares() if place.shares else place.decryptor(named)
    old: Any = place.decryptor(old_key if is_token(old_key) else os.path.abspath(old_key))
    with KeyManagementCentre.open(ca.store, new, old) as centre:
        done = centre.rewrap(actor=actor)
    write_centre(place, ca.settings, replace(settings, key="" if place.shares else named))
    return done
