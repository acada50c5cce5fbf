"""Session keys whose value is known here, so that what the token makes with them can be compared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki.conformance.model import Permission
from gmpki.conformance.skf.samples import wrapped_key
from gmpki.conformance.skf.session_probe import demand_sm4
from gmpki.errors import TokenUnsupportedError

if TYPE_CHECKING:
    from gmpki.conformance.skf.bench import SKFBench
    from gmpki.tokens.skf.structures import KeyHandle

__all__ = ["KEY", "known_key"]

KEY: Final = bytes.fromhex("0123456789abcdeffedcba9876543210")
"""The key of GB/T 32907-2016's own example."""


def known_key(bench: SKFBench, algorithm: str, value: bytes = KEY, *, close: bool = True) -> KeyHandle:
    """Return a session key of the token, until the end of the check.

    It is given in clear where the driver has the function of the draft, and otherwise imported into a container, which
    takes the permission to write.

    :param algorithm: such as "SGD_SM4_CBC".
    :param value: 16 bytes.
    :param close: False leaves it to the caller to close it.
    """
    demand_sm4(bench)
    number = bench.constant(algorithm)
    key = _given(bench, number, value)
    if key is None:
        if Permission.WRITE not in bench.shared.permissions:
            bench.not_run("it takes --allow-write to import a session key", "导入会话密钥需要 --allow-write")
        dual = bench.dual_container()
        with bench.scene():
            wrapped = wrapped_key(dual.encryption_key.public_key, value)
            key = bench.skf.import_session_key(dual.container, number, wrapped)
    if close:
        bench.later(bench.skf.close_handle, key)
    return key


def _given(bench: SKFBench, algorithm: int, value: bytes) -> KeyHandle | None:
    """Give the token a key in clear; None where it does not take any so."""
    device = bench.device
    try:
        with bench.scene():
            return bench.skf.set_symm_key(device, value, algorithm)
    except TokenUnsupportedError:
        return None
