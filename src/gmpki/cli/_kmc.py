"""What the commands about a key-management centre share: what protects its master key, how keys are written."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import click

from gmpki.cli import _io, _keys
from gmpki.cli._ca import CAPlace, OpenCA
from gmpki.cli._ca_settings import FILE_NAME, CASettings, KeyCentrePlace
from gmpki.cli._files import OUTPUT
from gmpki.cli._options import together
from gmpki.cli._secrets import SecretSource
from gmpki.cli._token import is_token

if TYPE_CHECKING:
    from gmpki.ca.kmc.master import Protector
    from gmpki.ca.kmc.shares import Share

__all__ = ["Protection", "protection_of", "protection_options", "write_centre"]

protection_options = together(
    click.option(
        "--opening-key",
        metavar=_keys.PRIVATE,
        help="The SM2 key that is to open the master key, such as one in a token.  [default: a new one in a file]",
    ),
    click.option("--threshold", type=click.IntRange(2, 255), metavar="K", help="Shares instead: so many open it,"),
    click.option("--count", type=click.IntRange(2, 255), metavar="N", help="and so many there are."),
    click.option(
        "--share-output",
        type=OUTPUT,
        metavar="DIR",
        help="A directory for the shares, share-1.der and so on; a new one.",
    ),
    click.option(
        "--new-share-password-env",
        "new_passwords",
        multiple=True,
        metavar="NAME",
        help="An environment variable with the password of each new share.  [default: they are asked for]",
    ),
)


@dataclass(frozen=True)
class Protection:
    """What is to protect a master key.

    :ivar key: as ``ca.toml`` is to name it; "" for shares.
    """

    protector: Protector
    key: str


def protection_of(
    place: CAPlace,
    *,
    opening_key: str | None,
    threshold: int | None,
    count: int | None,
    share_output: str | None,
    new_passwords: tuple[str, ...],
) -> Protection:
    """Return what the options say.

    :raises click.UsageError: when they do not go together.
    """
    shared = (threshold, count, share_output)
    if not any(shared):
        return _key_protection(place, opening_key)
    if threshold is None or count is None or share_output is None or opening_key is not None:
        raise click.UsageError("shares take --threshold, --count and --share-output, and no --opening-key")
    if threshold > count:
        raise click.UsageError("--threshold is at most --count")
    if new_passwords and len(new_passwords) != count:
        raise click.UsageError("give --new-share-password-env once for each share, or not at all")
    from gmpki.ca.kmc.master import SharedAmong

    folder = share_output
    if os.path.lexists(folder):
        raise click.UsageError(f"--share-output takes a new directory; {folder} is there")

    def hand_out(shares: list[Share]) -> None:
        os.mkdir(folder, 0o700)
        for index, share in enumerate(shares):
            _write_share(
                os.path.join(folder, f"share-{share.index}.der"), share, (*new_passwords, *[None] * count)[index]
            )

    return Protection(SharedAmong(threshold, count, hand_out), "")


def _write_share(path: str, share: Share, variable: str | None) -> None:
    from gmpki.cli import _ca_found

    source = SecretSource("new-share-password", variable, None, None)
    secret = source.read(f"份额 {share.index} 新口令 New password of share {share.index}", confirm=True)
    _io.write_output(path, share.to_encrypted(secret, iterations=_ca_found.ITERATIONS), private=True)


def _key_protection(place: CAPlace, given: str | None) -> Protection:
    from gmpki.cli._ca_found import own_key

    if given is None:
        name, number = "keys/key-centre.pem", 1
        while os.path.lexists(place.path(name)):
            number += 1
            name = f"keys/key-centre-{number}.pem"
        os.makedirs(place.path("keys"), mode=0o700, exist_ok=True)
        return Protection(own_key(place, name).public_key, name)
    name = given if is_token(given) else os.path.abspath(given)
    from gmpki.errors import KeyMismatchError
    from gmpki.keys.sm2 import SM2PublicKey

    key: Any = place.decryptor(name).public_key
    if not isinstance(key, SM2PublicKey):
        raise KeyMismatchError("a master key is opened by an SM2 key")
    return Protection(key, name)


def write_centre(place: CAPlace, settings: CASettings, centre: KeyCentrePlace) -> None:
    """Write into ``ca.toml`` what opens the key-management centre; the rest stays, but for comments."""
    text = replace(settings, key_centre=centre).to_toml()
    _io.write_output(place.path(FILE_NAME), text.encode("utf-8"), force=True)


def counts(ca: OpenCA) -> dict[str, dict[str, int]]:
    """Count the keys by their kind and state, without unlocking anything."""
    from sqlalchemy import func, select

    from gmpki.ca.store.schema import kmc_keys

    query = select(kmc_keys.c.kind, kmc_keys.c.state, func.count()).group_by(kmc_keys.c.kind, kmc_keys.c.state)
    found: dict[str, dict[str, int]] = {}
    with ca.store.reading() as connection:
        for kind, state, count in connection.execute(query.order_by(kmc_keys.c.kind, kmc_keys.c.state)):
            found.setdefault(kind, {})[state] = count
    return found
