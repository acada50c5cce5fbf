"""``gmpki token doctor``: what a driver is, what it lacks, what is done differently for it."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from gmpki.cli import _io
from gmpki.cli._files import OUTPUT, force_option
from gmpki.cli._output import Failure, Report, facts, json_option
from gmpki.cli._token import Pin, Place, device_of, pin_options, place_options, user_in
from gmpki.cli._token_show import device_fields

if TYPE_CHECKING:
    from gmpki.tokens.interfaces import TokenDriver
    from gmpki.tokens.pcsc.driver import PCSCDriver
    from gmpki.tokens.pkcs11.driver import PKCS11Driver
    from gmpki.tokens.skf.driver import SKFDriver
    from gmpki.tokens.uri import TokenUri

__all__ = ["command"]

COMMON_FUNCTIONS = 78  # of GM/T 0016; a test counts them in the header


@click.command(
    name="doctor",
    epilog="\b\nExamples:\n  gmpki token doctor soft:\n"
    "  gmpki token doctor --save vendor.toml 'skf:lib=/opt/vendor/libskf.so'\n"
    "  gmpki token doctor --allow-write 'soft:dev=00a1;app=GMPKI-TEST' --pin-env USER_PIN",
)
@place_options(container=False)
@pin_options()
@click.option("--save", type=OUTPUT, metavar="FILE", help="Write what is known of the driver: a profile, as TOML.")
@click.option("--allow-write", is_flag=True, help="Try keys too, in a container made for it and deleted at the end.")
@click.option("--in-process", is_flag=True, help="Load an SKF driver into this process, whatever it does to it.")
@force_option
@json_option
def command(*, place: Place, pin: Pin, save: str | None, allow_write: bool, in_process: bool, force: bool) -> Report:
    """Say what a driver is: its interface and how that was found out, its numbers, what it lacks, what is worked round.

    An SKF driver runs in a process of its own, so that its crash is an answer and not the end. Nothing is changed in a
    device, and nobody logs in, without --allow-write, which takes a URI that names an application. What --save writes,
    profile=FILE in a URI takes.

    诊断驱动：接口布局与判定依据、算法编号、缺少的函数、所作的兼容处理；默认只读。
    """
    from gmpki.tokens.uri import SKFUri

    if save is not None:
        _io.refuse_existing(save, force=force)
    uri = place.uri
    if isinstance(uri, SKFUri) and uri.library is not None and not in_process:
        place = replace(place, text=str(replace(uri, isolated=True)), application=None)
        uri = place.uri
    driver, contradiction = _loaded(uri)
    try:
        devices, failures = _devices(driver)
        trials = _tried(place, pin, driver) if allow_write else []
        # Last: what devices and trials showed is in the profile then.
        fields, rows, profile = _described(driver)
    finally:
        driver.close()
    fields = {
        "uri": str(uri),
        "kind": driver.kind,
        "contradiction": contradiction,
        **fields,
        "devices": devices,
        "failures": failures,
        "trials": trials,
    }
    if contradiction is not None:
        rows.append(("矛盾", "contradiction", f"{contradiction}; the rest goes by what it shows"))
    rows += [("设备", "device", f"{one['name']}: {one['label']}, {one['manufacturer']}") for one in devices]
    rows += [("无法打开", "cannot be opened", text) for text in failures]
    rows += [("试验", "trial", f"{one['name']}: {one['outcome']}") for one in trials]
    rows.append(("全面检测", "checked in full", f"gmpki conformance run --{driver.kind} PATH"))
    if save is not None:
        if profile is None:
            raise click.UsageError("--save is for SKF drivers and PKCS #11 modules, which have profiles")
        to_fill_in = _to_fill_in(driver)
        if to_fill_in:
            profile = f"# 待填写 to be filled in: {', '.join(to_fill_in)}\n{profile}"
            rows.append(("待填写", "to be filled in", f"{', '.join(to_fill_in)} ({save})"))
        _io.write_output(save, profile.encode("utf-8"), force=force)
        fields["to_fill_in"] = to_fill_in
        rows.append(("已保存", "saved", save))
    failed = [one["name"] for one in trials if one["outcome"].startswith("failed")]
    failure = Failure("TokenError", f"trials failed: {', '.join(failed)}") if failed else None
    if contradiction is not None:
        failure = Failure("ProfileError", contradiction)
    return Report(fields, facts(rows), failure)


def _loaded(uri: TokenUri) -> tuple[TokenDriver, str | None]:
    """Load a driver; return with it how it contradicts the profile that the URI names, if it does.

    It is loaded without the layout first that the profile says, which shows the layout that it has.
    """
    from gmpki.errors import DriverCrashedError, TokenTimeoutError
    from gmpki.tokens.opening import open_driver, skf_driver
    from gmpki.tokens.skf.driver import SKFDriver
    from gmpki.tokens.skf.probe import compared
    from gmpki.tokens.uri import SKFUri

    if not isinstance(uri, SKFUri) or uri.profile is None:
        return open_driver(uri), None
    path, said = skf_driver(uri)
    if said is None or said.layout is None:
        return open_driver(uri), None
    found = replace(said, layout=None, notes=())
    # A driver that cannot be probed may be why there is a profile.
    with (
        contextlib.suppress(DriverCrashedError, TokenTimeoutError),
        SKFDriver.load(path, profile=found, isolated=uri.isolated) as driver,
    ):
        found = driver.skf.profile
    mended = compared(said, found)
    contradiction = None
    if mended.layout is not None and mended.layout != said.layout:
        contradiction = f"the profile says {said.layout.name}, and the driver shows {mended.layout.name}"
    return SKFDriver.load(path, profile=mended, isolated=uri.isolated), contradiction


def _to_fill_in(driver: Any) -> list[str]:
    """Return what only a person can say of a driver, and nobody has."""
    if driver.kind != "skf":
        return []
    from gmpki.tokens.skf.driver_profile import DriverProfile

    profile, nothing = driver.skf.profile, DriverProfile()
    names = ("name", "title", "sources")
    return [name for name in names if getattr(profile, name) == getattr(nothing, name)]


def _devices(driver: TokenDriver) -> tuple[list[dict[str, Any]], list[str]]:
    """Return what the devices say of themselves, and which cannot be opened."""
    from gmpki.errors import GmpkiError

    found: list[dict[str, Any]] = []
    failures: list[str] = []
    try:
        names = driver.devices()
    except GmpkiError as error:
        return found, [str(error)]
    for name in names:
        try:
            with driver.open(name) as device:
                found.append(device_fields(device.info))
        except GmpkiError as error:  # noqa: PERF203 - one device that fails does not hide the others
            failures.append(f"{name}: {error}")
    return found, failures


# ---- drivers ----------------------------------------------------------------------------
def _described(driver: Any) -> tuple[dict[str, Any], list[tuple[str, str, str]], str | None]:
    """Return what is said of a driver, and its profile as TOML."""
    if driver.kind == "skf":
        return _skf(driver)
    if driver.kind == "pkcs11":
        return _pkcs11(driver)
    return _pcsc(driver)


def _skf(driver: SKFDriver) -> tuple[dict[str, Any], list[tuple[str, str, str]], str | None]:
    skf = driver.skf
    profile, missing = skf.profile, list(skf.missing)
    spelled = {name: symbol for name, symbol in skf.symbols.items() if name != symbol}
    numbering = None if profile.sm2_numbering is None else profile.sm2_numbering.value
    fields: dict[str, Any] = {
        "layout": skf.layout.name,
        "notes": list(profile.notes),
        "profile": profile.name,
        "confidence": profile.confidence,
        "confirmed_on_hardware": profile.confirmed_on_hardware,
        "sm2_numbering": numbering,
        "envelope": profile.envelope.value,
        "device_auth": profile.device_auth.value,
        "encoding": profile.encoding,
        "quirks": sorted(quirk.value for quirk in profile.quirks),
        "missing": missing,
        "spelled_otherwise": spelled,
        "decrypts": "SKF_ECCDecrypt" in skf.symbols,
    }
    rows = [
        ("接口", "interface", "SKF, GM/T 0016"),
        ("驱动档案", "profile", f"{profile.name} {profile.title}".strip()),
        ("布局", "layout", skf.layout.name),
        *[("  依据", "  known by", note) for note in profile.notes],
        ("SM2 编号", "SM2 numbers", numbering or "尚未判定 not known before a key pair is made"),
        ("密钥信封", "key envelope", profile.envelope.value),
        ("设备认证", "device authentication", profile.device_auth.value),
        ("字符编码", "encoding", profile.encoding),
        ("函数", "functions", f"{COMMON_FUNCTIONS - len(missing)} / {COMMON_FUNCTIONS}"),
        *[("  缺少", "  missing", name) for name in missing],
        *[("  另名", "  other name", f"{name}: {symbol}") for name, symbol in spelled.items()],
        ("SM2 解密", "SM2 decryption", "SKF_ECCDecrypt" if fields["decrypts"] else "没有 none: no plaintext comes out"),
        *[("兼容处理", "worked round", quirk) for quirk in fields["quirks"]],
        ("硬件验证", "hardware", "已验证 confirmed" if profile.confirmed_on_hardware else "未验证 not confirmed"),
    ]
    return fields, rows, profile.to_toml()


def _pkcs11(driver: PKCS11Driver) -> tuple[dict[str, Any], list[tuple[str, str, str]], str | None]:
    from gmpki.tokens.pkcs11.mechanism_map import MECHANISMS

    info = driver.module.info
    rows = [
        ("接口", "interface", f"PKCS #11 {info.cryptoki_version}"),
        ("模块", "module", f"{info.description}, {info.manufacturer}, {info.library_version}"),
    ]
    tokens: list[dict[str, Any]] = []
    profile = None
    for name, token in driver.tokens().items():
        with driver.open_slot(token.slot) as device:
            numbers = device.numbers
        offered = {known: f"0x{number:08x}" for known, number in numbers.mechanisms.items()}
        absent = [known for known in MECHANISMS if known not in offered]
        tokens.append({"name": name, "map": numbers.name, "mechanisms": offered, "absent": absent})
        profile = profile or numbers.to_toml()
        rows.append(("令牌", "token", name))
        rows.append(("  机制表", "  mechanism map", f"{numbers.name}, confidence {numbers.confidence}"))
        rows.append(("  国密机制", "  SM mechanisms", ", ".join(offered) or "没有 none"))
        rows.append(("  缺少", "  missing", ", ".join(absent) or "没有 none"))
    return {"module": info.description, "cryptoki_version": info.cryptoki_version, "tokens": tokens}, rows, profile


def _pcsc(driver: PCSCDriver) -> tuple[dict[str, Any], list[tuple[str, str, str]], str | None]:
    from gmpki.errors import GmpkiError

    rows = [("接口", "interface", "PC/SC, GM/T 0017")]
    cards: list[dict[str, Any]] = []
    for name in driver.devices():
        try:
            with driver.open(name) as device:
                profile = device.profile
        except GmpkiError:  # told with the devices
            continue
        fields: dict[str, Any] = {
            "reader": name,
            "profile": profile.name,
            "confidence": profile.confidence,
            "confirmed_on_hardware": profile.confirmed_on_hardware,
            "pin_form": profile.pin_form.value,
            "extended": profile.extended,
            "missing": list(profile.missing),
        }
        cards.append(fields)
        rows.append(("读卡器", "reader", name))
        rows.append(("  卡片档案", "  profile", f"{profile.name} {profile.title}".strip()))
        rows.append(("  可信度", "  confidence", profile.confidence))
        rows.append(("  PIN 形式", "  form of PINs", fields["pin_form"]))
        rows.append(("  扩展长度", "  extended length", "yes" if profile.extended else "no: long data are chained"))
        rows.append(("  缺少", "  missing", ", ".join(profile.missing) or "没有 none"))
    return {"cards": cards}, rows, None


# ---- trials -----------------------------------------------------------------------------
def _tried(place: Place, pin: Pin, driver: TokenDriver) -> list[dict[str, str]]:
    """Try what keys in a token do, in a container that is deleted at the end."""
    from gmpki.cli._token_trials import Trials

    uri = place.uri
    with contextlib.ExitStack() as stack:
        if driver.kind == "pkcs11":  # a token is found there by any of its attributes
            device = stack.enter_context(device_of(place))
        else:
            device = driver.open(getattr(uri, "device", None) or getattr(uri, "reader", None))
        application = device.application(place.own_application)
        user_in(application, place, pin)
        return Trials(device, application).run()
