"""Checks of how fast a token is behind PKCS #11, by the session protocol's driver over the module under test."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki.algorithms.policy import DEFAULT_POLICY
from gmpki.conformance.latency import add_checks
from gmpki.conformance.model import Kind, Words
from gmpki.conformance.registry import Group

if TYPE_CHECKING:
    from gmpki.conformance.latency import Operation
    from gmpki.conformance.pkcs11.bench import P11Bench
    from gmpki.tokens.latency import TokenBench

__all__ = ["GROUP"]

GROUP: Final = Group(Kind.PKCS11, "latency", "LAT", Words("Latency and throughput", "性能"))

_FUNCTIONS: Final = {
    "generate": ("C_GenerateKeyPair",),
    "sign": ("C_SignInit", "C_Sign"),
    "verify": ("C_VerifyInit", "C_Verify"),
    "encrypt": ("C_EncryptInit", "C_Encrypt"),
    "decrypt": ("C_DecryptInit", "C_Decrypt"),
    "digest": ("C_DigestInit", "C_Digest"),
}


def _functions(one: Operation) -> tuple[str, ...]:
    """Return the functions that do an operation."""
    return _FUNCTIONS[one.operation]


def _prepared(bench: P11Bench) -> TokenBench:
    """Return the jobs of operations, with the user logged in until the check ends."""
    from gmpki.tokens.latency import TokenBench
    from gmpki.tokens.pkcs11.device import PKCS11Device

    bench.user_session()  # who has logged in has done so for every session
    policy = DEFAULT_POLICY.allowing("rsa-1024")
    device = PKCS11Device(bench.module, bench.slot, bench.token.label, bench.shared.target.mechanism_map, policy)
    bench.later(device.close)
    measured = TokenBench(device.application())
    bench.later(measured.close)
    return measured


# GM/T 0027 demands it of tokens behind SKF; of others it is what a buyer goes by.
add_checks(GROUP, _prepared, _functions)
