"""What is tested: the driver's file, what the token says of itself, and what the client had to adapt to."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeVar

from gmpki.conformance.model import Kind
from gmpki.conformance.report.document import DriverFile
from gmpki.errors import InvalidInputError, TokenError, TokenNotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gmpki.conformance.skf.scene import SKFScene
    from gmpki.conformance.target import Target
    from gmpki.tokens.skf.structures import DevInfo

__all__ = ["Identity", "driver_file", "environment", "identity"]

T = TypeVar("T")

# Where Linux says which files a process has mapped, and which processors there are.
_MAPS: Final = "/proc/self/maps"
_PROCESSORS: Final = "/proc/cpuinfo"


@dataclass(frozen=True, slots=True)
class Identity:
    """What is tested. Immutable.

    :ivar device: empty when the token could not be asked.
    """

    driver: DriverFile
    device: Mapping[str, str] = field(default_factory=dict)
    driver_profile: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return it as it is sent and kept."""
        return {"driver": asdict(self.driver), "device": self.device, "driver_profile": self.driver_profile}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Identity:
        """Read it back.

        :raises InvalidInputError: when it is not what :meth:`to_json` makes, or a report has no room for it.
        """
        from gmpki.conformance.report.room import demand_room_for_identity

        try:
            device = {str(name): str(text) for name, text in value["device"].items()}
            adapted = dict(value["driver_profile"])
            demand_room_for_identity(device, adapted)
            return cls(DriverFile(**value["driver"]), device, adapted)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise InvalidInputError(f"this does not say what is tested: {error}") from None


def identity(scene: Any) -> Identity:
    """Return what a scene's driver and token are. Scenes of other interfaces than SKF say it themselves.

    :raises TokenNotFoundError: when there is no token, or the target does not say which of several.
    """
    if scene.target.kind is Kind.SKF:
        return Identity(driver_file(scene.target), _skf_device(scene), _skf_adapted(scene))
    nothing: tuple[dict[str, str], dict[str, Any]] = ({}, {})
    device, adapted = _unless_wrong(scene.identity, nothing)
    return Identity(driver_file(scene.target), device, adapted)


def _unless_wrong(ask: Callable[[], T], otherwise: T) -> T:
    """Return what a token says; what is wrong with one that cannot be asked, the checks tell.

    :raises TokenNotFoundError: when there is no token, or the target does not say which of several.
    """
    try:
        return ask()
    except TokenNotFoundError:
        raise
    except TokenError:
        return otherwise


def _skf_device(scene: SKFScene) -> dict[str, str]:
    def ask() -> dict[str, str]:
        handle = scene.skf.connect_dev(scene.device_name)
        try:
            return _described(scene.skf.get_dev_info(handle))
        finally:
            scene.skf.disconnect_dev(handle)

    return _unless_wrong(ask, {})


def _skf_adapted(scene: SKFScene) -> dict[str, Any]:
    """Return what the client had to adapt to; after the device was asked, which may have shown the layout."""
    profile = scene.skf.profile
    return {
        "name": profile.name,
        "layout": scene.skf.layout.name,
        "sm2_numbering": "unknown" if profile.sm2_numbering is None else profile.sm2_numbering.value,
        "encoding": profile.encoding,
        "envelope": profile.envelope.value,
        "device_auth": profile.device_auth.value,
        "quirks": sorted(quirk.value for quirk in profile.quirks),
        "missing": list(scene.skf.missing),
        "spelling": dict(profile.spelling),
        "notes": list(profile.notes),
    }


def _described(info: DevInfo) -> dict[str, str]:
    from gmpki.tokens._device_facts import SOFT_MANUFACTURER
    from gmpki.tokens.skf.algorithm_names import cipher_name, names_of

    algorithms = names_of(info.alg_sym_cap, info.alg_asym_cap, info.alg_hash_cap)
    return {
        "manufacturer": info.manufacturer,
        "issuer": info.issuer,
        "label": info.label,
        "serial_number": info.serial_number,
        "hardware_version": _version(info.hw_version),
        "firmware_version": _version(info.firmware_version),
        "specification_version": _version(info.version),
        "algorithms": ", ".join(sorted(algorithms)),
        "device_auth_algorithm": cipher_name(info.dev_auth_alg_id),
        "total_len": str(info.total_space),
        "free_len": str(info.free_space),
        "is_software": "yes" if info.manufacturer == SOFT_MANUFACTURER else "no",
    }


def _version(version: tuple[int, int]) -> str:
    return f"{version[0]}.{version[1]}"


def driver_file(target: Target) -> DriverFile:
    """Return the file of a driver, where it has been loaded also of one that the system found by its bare name.

    Over PC/SC there is none but the name of the reader.
    """
    path = target.path
    if target.kind is Kind.PCSC:
        return DriverFile(path or "PC/SC")
    places = [path] if os.path.dirname(path) else _mapped(path)
    readable = [place for place in places if os.access(place, os.R_OK) and os.path.isfile(place)]
    return DriverFile.of(readable[0]) if readable else DriverFile(os.path.basename(path) or "?")


def _mapped(name: str) -> list[str]:
    """Return the files that this process has mapped whose names begin so; a version may follow."""
    try:
        with open(_MAPS, encoding="utf-8", errors="surrogateescape") as lines:
            places = {line.rstrip("\n").split(maxsplit=5)[-1] for line in lines if "/" in line}
    except OSError:
        return []
    return sorted(place for place in places if os.path.basename(place).startswith(name))


def environment() -> dict[str, str]:
    """Return on what the suite runs: no name of a host or a user."""
    import platform

    import gmpki

    library = " ".join(platform.libc_ver()).strip()
    return {
        "gmpki": gmpki.__version__,
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "system": f"{platform.system()} {platform.release()}",
        "processor": f"{platform.machine()} {_processor()}".strip(),
        "c_library": library or "?",
    }


def _processor() -> str:
    """Return the name of the processor, where the system tells."""
    try:
        with open(_PROCESSORS, encoding="utf-8", errors="replace") as lines:
            names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
            return next(names, "")
    except OSError:
        return ""
