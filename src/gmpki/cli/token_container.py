"""``gmpki token container``: containers, each with a signing pair, an encryption pair and their certificates."""

from __future__ import annotations

import click

from gmpki.cli._group import Group
from gmpki.cli._output import Report, columns, facts, json_option
from gmpki.cli._token import (
    Pin,
    Place,
    application_in,
    application_of,
    confirm,
    container_in,
    pin_options,
    place_options,
)
from gmpki.cli._token_show import USAGES, container_fields, container_rows

__all__ = ["command"]


@click.group(name="container", cls=Group)
def command() -> None:
    """List, show, create and delete containers.

    容器的列出、查看、创建、删除。
    """


@command.command(name="list", epilog="\b\nExamples:\n  gmpki token container list 'soft:dev=00a1;app=GMPKI-TEST'")
@place_options(container=False)
@json_option
def list_containers(*, place: Place) -> Report:
    """List the containers of an application, the kinds of their pairs, and whose certificates they hold.

    列出应用中的容器。
    """
    with application_of(place) as application:
        found = [container_fields(application.container(name)) for name in application.containers()]
        if not found:
            return Report({"containers": []}, facts([("没有容器", "no container", application.name)]))
    rows = []
    for one in found:
        pairs = [one[usage] or {"key_type": None, "certificate": None} for usage, _ in USAGES]
        subjects = {(pair["certificate"] or {}).get("subject", "") for pair in pairs} - {""}
        rows.append((one["name"], *(pair["key_type"] or "-" for pair in pairs), ", ".join(sorted(subjects))))
    title = ("容器 container", "签名密钥 signing key", "加密密钥 encryption key", "证书主体 subject")
    return Report({"containers": found}, columns([title, *rows]))


@command.command(epilog="\b\nExamples:\n  gmpki token container show 'soft:dev=00a1;app=GMPKI-TEST;con=con1'")
@place_options()
@json_option
def show(*, place: Place) -> Report:
    """Show the pairs and the certificates of a container.

    查看容器中的密钥与证书。
    """
    with container_in(place, None) as container:
        fields = container_fields(container)
    return Report({"container": fields}, facts(container_rows(fields)))


@command.command(
    epilog="\b\nExamples:\n  gmpki token container create 'soft:dev=00a1;app=GMPKI-TEST;con=con2' --pin-env USER_PIN",
)
@place_options()
@pin_options()
@json_option
def create(*, place: Place, pin: Pin) -> Report:
    """Create the container that the URI, or --con, names, empty.

    Through PKCS #11 it is there from its first pair on: gmpki token gen-key.

    创建空容器。
    """
    with application_in(place, pin) as application:
        name = _named(place)
        application.create_container(name)
    return Report({"container": name}, facts([("已创建", "created", name), ("应用", "application", application.name)]))


@command.command(
    epilog="\b\nExamples:\n  gmpki token container delete --yes 'soft:dev=00a1;app=GMPKI-TEST;con=con1' "
    "--pin-env USER_PIN",
)
@place_options()
@pin_options()
@json_option
def delete(*, place: Place, pin: Pin) -> Report:
    """Delete the container that the URI, or --con, names, with its keys, which nobody can bring back.

    删除容器及其密钥，不可恢复。
    """
    confirm(f"the keys in the container {_named(place)} are lost", yes=pin.yes)
    with application_in(place, pin) as application:
        name = place.container_name(application)
        application.delete_container(name)
    return Report({"container": name}, facts([("已删除", "deleted", name), ("应用", "application", application.name)]))


def _named(place: Place) -> str:
    """Return the name of the container that was named: the only one there is, is not meant here."""
    if place.label is None:
        raise click.UsageError("name the container: con= in the URI, or --con")
    return place.label
