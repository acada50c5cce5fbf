"""Applications made and removed by the checks that are about that: the codes, not the errors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gmpki.conformance.scene import Pins
from gmpki.tokens.interfaces import Rights
from gmpki.tokens.skf.structures import ApplicationHandle

if TYPE_CHECKING:
    from gmpki.conformance.skf.bench import SKFBench
    from gmpki.tokens.skf.structures import DeviceHandle

__all__ = ["create_application", "may_create", "open_application"]


def create_application(
    bench: SKFBench,
    *,
    name: str | None = None,
    pins: Pins | None = None,
    tries: int = 6,
    device: DeviceHandle | None = None,
) -> tuple[str, str]:
    """Call SKF_CreateApplication, without the authentication that it takes; what it makes is removed after the check.

    :param name: None gives a new one; likewise pins, and device is that of the bench.
    :return: the name of the code, and the name of the application.
    """
    name, pins = name or bench.shared.new_name(), pins or Pins.new()
    handle = bench.ffi.new("HANDLE *")
    bench.shared.made(name)
    bench.later(bench.shared.remove_application, name)
    answer = bench.supported(
        "SKF_CreateApplication",
        bench.raw(device or bench.device),
        bench.text(name),
        bench.text(pins.admin),
        tries,
        bench.text(pins.user),
        tries,
        int(Rights.USER),
        handle,
    )
    if answer == "SAR_OK":
        bench.answer("SKF_CloseApplication", handle[0])
    return answer, name


def may_create(bench: SKFBench, device: DeviceHandle | None = None) -> bool:
    """Tell whether an application can be created now, for which the device wants authentication."""
    answer, name = create_application(bench, device=device)
    if answer != "SAR_OK":
        return False
    bench.answer("SKF_DeleteApplication", bench.raw(device or bench.device), bench.text(name))
    return True


def open_application(bench: SKFBench, name: str) -> tuple[str, ApplicationHandle | None]:
    """Call SKF_OpenApplication; return the name of the code, and the handle where there is one."""
    handle = bench.ffi.new("HANDLE *")
    answer = bench.supported("SKF_OpenApplication", bench.raw(bench.device), bench.text(name), handle)
    if answer != "SAR_OK":
        return answer, None
    opened = ApplicationHandle(int(bench.ffi.cast("uintptr_t", handle[0])), bench.device_name, bench.skf.session)
    bench.later(bench.skf.close_application, opened)
    return answer, opened
