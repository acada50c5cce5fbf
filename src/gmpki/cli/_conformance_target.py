"""What ``gmpki conformance run`` tests: the driver, one of its devices, PINs and keys, or a software token made for the
run.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sys
import tempfile
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypedDict

import click

from gmpki.cli._conformance import KINDS
from gmpki.cli._files import INPUT
from gmpki.cli._options import together
from gmpki.cli._secrets import SecretSource, secret_options
from gmpki.cli._token_show import read_device_key

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from gmpki.conformance import Permission, Target

__all__ = ["TargetOptions", "is_chosen", "soft_token", "target_options", "target_under_test", "with_secrets"]

SOFT_KINDS = ("skf", "pkcs11")  # the libraries of the software token
SOFT_SERIAL = "00a1"


class TargetOptions(TypedDict):
    """The options that say what is tested, as click hands them over."""

    skf: str | None
    pkcs11: str | None
    pcsc: str | None
    soft: str | None
    device: str | None
    application: str | None
    driver_profile: str | None
    mechanism_map: str | None
    pin_file: str | None
    pin_env: str | None
    admin_pin_env: str | None
    device_key: SecretSource


target_options = together(
    click.option("--skf", type=INPUT, metavar="PATH", help="Check this SKF driver."),
    click.option("--pkcs11", type=INPUT, metavar="PATH", help="Check this PKCS #11 module."),
    click.option("--pcsc", metavar="READER", help="Check the token in this reader; an empty name is the only one."),
    click.option(
        "--soft",
        type=click.Choice(SOFT_KINDS),
        is_flag=False,
        flag_value=SOFT_KINDS[0],
        help="Try the suite out, on a software token that is made for this run and gone afterwards.  [default: skf]",
    ),
    click.option("--device", metavar="NAME", help="The device, as the driver lists it; the label of a PKCS #11 token."),
    click.option("--application", metavar="NAME", help="The application to work in, where none may be created."),
    click.option("--driver-profile", metavar="NAME|FILE", help="What is known of the SKF driver."),
    click.option("--mechanism-map", metavar="NAME|FILE", help="The numbers of the PKCS #11 module for SM2, SM3, SM4."),
    click.option(
        "--pin-file", type=INPUT, metavar="FILE", help="TOML with user_pin, admin_pin and device_key, each in quotes."
    ),
    click.option("--pin-env", metavar="NAME", help="Take the user's PIN from an environment variable."),
    click.option("--admin-pin-env", metavar="NAME", help="Take the administrator's PIN from an environment variable."),
    secret_options("device-key", "the device key, 32 hexadecimal digits,"),
)


def is_chosen(options: TargetOptions) -> bool:
    """Tell whether the command line says what is tested.

    :raises click.UsageError: when it says two things.
    """
    given: Any = options
    names = [name for name in (*KINDS, "soft") if given[name] is not None]
    if len(names) > 1:
        raise click.UsageError(f"--{names[0]} does not go with --{names[1]}: one driver at a time is checked")
    return bool(names)


def target_under_test(options: TargetOptions) -> Target:
    """Return what is tested, without PINs and keys.

    :raises click.UsageError: when the command line does not say it, or options are for another interface.
    :raises FileNotFoundError: when a driver is named by a path, and there is no file.
    :raises GmpkiError: when a profile or a mechanism map is none.
    """
    from gmpki.conformance import Kind, Target
    from gmpki.tokens.opening import profile_named
    from gmpki.tokens.pkcs11.mechanism_map import MechanismMap
    from gmpki.tokens.skf.driver_profile import DriverProfile
    from gmpki.tokens.soft import library_path

    if not is_chosen(options):
        raise click.UsageError("say what is checked: --skf PATH, --pkcs11 PATH, --pcsc READER or --soft")
    given: Any = options
    kind = Kind(options["soft"] or next(name for name in KINDS if given[name] is not None))
    if options["driver_profile"] is not None and kind is not Kind.SKF:
        raise click.UsageError("--driver-profile is for SKF drivers")
    if options["mechanism_map"] is not None and kind is not Kind.PKCS11:
        raise click.UsageError("--mechanism-map is for PKCS #11 modules")
    path = library_path(kind.value) if options["soft"] else given[kind.value]
    return Target(
        kind,
        path if kind is Kind.PCSC else _driver_path(path),
        device=options["device"],
        application=options["application"],
        driver_profile=profile_named(DriverProfile, options["driver_profile"]),
        mechanism_map=profile_named(MechanismMap, options["mechanism_map"]),
    )


def _driver_path(path: str) -> str:
    """Return the path of a driver for processes that may have another working directory; the system looks for a bare
    name of which there is no file here.

    :raises FileNotFoundError: when a path names no file.
    """
    if os.path.isfile(path):
        return os.path.abspath(path)
    if os.path.dirname(path):
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
    return path


def with_secrets(target: Target, options: TargetOptions, permissions: Collection[Permission]) -> Target:
    """Return a target with the PINs and the device key that the user gives; a person is asked for a PIN that is needed.

    :raises click.UsageError: when the environment has no variable that is named, or the device key is none.
    :raises GmpkiError: when the file of PINs is none.
    :raises OSError: when it cannot be read.
    """
    from gmpki.conformance.pin_file import read_pin_file

    if options["pin_file"] is not None:
        target = read_pin_file(options["pin_file"], target)
    if options["pin_env"] is not None:
        target = replace(target, user_pin=_from_environment("pin", options["pin_env"]))
    if options["admin_pin_env"] is not None:
        target = replace(target, admin_pin=_from_environment("admin-pin", options["admin_pin_env"]))
    device_key = read_device_key(options["device_key"])
    if device_key is not None:
        target = replace(target, device_key=device_key)
    if _needs_pin(target, permissions) and sys.stdin.isatty():
        target = replace(target, user_pin=SecretSource("pin", None, None, None).read("用户 PIN of the user"))
    return target


def _from_environment(option: str, name: str) -> bytes:
    return SecretSource(option, name, None, None).read("")


def _needs_pin(target: Target, permissions: Collection[Permission]) -> bool:
    """Tell whether the run logs in with a PIN that nobody has said: what it creates or initialises has its own."""
    from gmpki.conformance import Kind, Permission

    if target.user_pin is not None or not permissions or Permission.INIT in permissions:
        return False
    return target.kind is Kind.PKCS11 or target.application is not None


@contextlib.contextmanager
def soft_token(kind: str | None) -> Iterator[None]:
    """Let drivers find a new software token and no other, for as long as the block; None leaves everything as it is."""
    from gmpki.tokens.soft import SoftSettings, create_soft_device

    if kind is None:
        yield
        return
    name = "GMPKI_SOFTTOKEN_DIR"
    before = os.environ.get(name)
    with tempfile.TemporaryDirectory(prefix="gmpki-conformance-") as folder:
        create_soft_device(SoftSettings(serial=SOFT_SERIAL, pin_iterations=1), root=folder)
        os.environ[name] = folder
        try:
            yield
        finally:
            del os.environ[name]
            if before is not None:
                os.environ[name] = before
