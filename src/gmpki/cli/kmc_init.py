"""``gmpki kmc init``: a key-management centre, in the directory of an authority or in one of its own."""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from gmpki.cli import _io
from gmpki.cli._ca import CAPlace, ca_options, counting, require_library
from gmpki.cli._ca_settings import FILE_NAME, CASettings, KeyCentrePlace, read_settings
from gmpki.cli._files import INPUT
from gmpki.cli._kmc import protection_of, protection_options, write_centre
from gmpki.cli._output import Report, facts, json_option

if TYPE_CHECKING:
    from gmpki.ca.interfaces import Actor
    from gmpki.ca.store.store import Store

__all__ = ["command"]


@click.command(
    name="init",
    epilog="\b\nExamples:\n  gmpki kmc init --ca centre --low 2 --full 10 --password-env CA_PASSWORD\n"
    "  gmpki kmc init --ca shared --low 2 --full 10 --threshold 2 --count 3 --share-output shares "
    "--new-share-password-env CA_PASSWORD --new-share-password-env PASSWORD --new-share-password-env PASSWORD "
    "--password-env CA_PASSWORD",
)
@ca_options()
@protection_options
@click.option("--low", type=click.IntRange(0, 10_000_000), default=200, show_default=True, help="Refill below so many.")
@click.option("--full", type=click.IntRange(1, 10_000_000), default=1000, show_default=True, help="Up to so many.")
@click.option("--database", default="sqlite:///ca.db", show_default=True, metavar="URL", help="Of a new directory.")
@click.option(
    "--anchor", "anchors", type=INPUT, multiple=True, metavar="FILE", help="Of operators, in a new directory."
)
@json_option
def command(
    *, place: CAPlace, low: int, full: int, database: str, anchors: tuple[str, ...], **protected: Any
) -> Report:
    """Found a centre: its master key, what opens that, and a first filling of spare keys.

    A directory that has no ca.toml yet becomes one of the centre alone, which "serve" opens to authorities elsewhere.

    建立密钥管理中心：主密钥、其保护方式、首批备用密钥。
    """
    require_library()
    if low > full:
        raise click.UsageError("--low is at most --full")
    levels = KeyCentrePlace(low=low, full=full)
    if os.path.lexists(place.path(FILE_NAME)):
        settings = read_settings(place.folder)
        if settings.key_centre is not None:
            raise FileExistsError(17, "there is a key-management centre already", place.path(FILE_NAME))
        with place.open() as ca:
            centre = _found(place, ca.store, levels, protected, ca.acting("key-centre"))
        write_centre(place, settings, centre)
    else:
        centre = _in_a_directory_of_its_own(place, levels, protected, CASettings(database=database), anchors)
    fields = {"directory": place.folder, "key": centre.key or None, "shares": not centre.key, "spare": full}
    rows = [("已建立", "founded", place.folder), ("开启", "opened by", centre.key or "份额 shares")]
    return Report(fields, facts([*rows, ("备用密钥", "spare keys", str(full))]))


def _found(
    place: CAPlace, store: Store, levels: KeyCentrePlace, protected: dict[str, Any], actor: Actor
) -> KeyCentrePlace:
    from gmpki.ca.kmc.centre import KeyManagementCentre
    from gmpki.ca.kmc.pool import PoolLevel

    protection = protection_of(place, **protected)
    pool = {"SM2": PoolLevel(levels.low, levels.full)}
    founded = KeyManagementCentre.create(store, protection.protector, actor=actor, levels=pool)
    with founded as centre, counting("备用密钥 spare keys") as tell:
        centre.pool.fill("SM2", progress=tell, actor=actor)
    return replace(levels, key=protection.key)


def _in_a_directory_of_its_own(
    place: CAPlace, levels: KeyCentrePlace, protected: dict[str, Any], settings: CASettings, anchors: tuple[str, ...]
) -> KeyCentrePlace:
    """Make the directory beside its place, and move everything there, ``ca.toml`` last."""
    from gmpki.ca.store.store import Store
    from gmpki.cli import _ca_found
    from gmpki.protect.keys import KeyRing

    os.makedirs(place.folder, mode=0o700, exist_ok=True)
    for name in ("keys", settings.ring, "ca.db"):
        _io.refuse_existing(place.path(name), force=False)
    settings = replace(settings, anchors=tuple(os.path.abspath(path) for path in anchors))
    folder = tempfile.mkdtemp(prefix=_ca_found.TEMPORARY, dir=place.folder)
    there = replace(place, folder=folder)
    try:
        password = place.password.read("目录新口令 New password of the directory", confirm=True)
        ring = KeyRing.generate()
        ring.save(there.path(settings.ring), password, iterations=_ca_found.ITERATIONS)
        with Store.create(there.database_url(settings), ring) as store:
            centre = _found(there, store, levels, protected, _ca_found.ACTOR)
        write_centre(there, settings, centre)
        _ca_found.move_all(folder, place.folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return centre
