"""Checks of how fast a card is, by the session protocol's driver over the card under test."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki.conformance.latency import add_checks
from gmpki.conformance.model import Kind, Words
from gmpki.conformance.registry import Group

if TYPE_CHECKING:
    from gmpki.conformance.latency import Operation
    from gmpki.conformance.pcsc.bench import PCSCBench
    from gmpki.tokens.latency import TokenBench

__all__ = ["GROUP"]

GROUP: Final = Group(Kind.PCSC, "latency", "LAT", Words("Latency and throughput", "性能"))

_FUNCTIONS: Final = {
    ("sm2", "generate"): ("GenECCKeyPair",),
    ("sm2", "sign"): ("ECCSignData",),
    ("sm2", "verify"): ("ECCVerify",),
    ("sm2", "encrypt"): ("ExtECCEncrypt",),
    ("rsa", "generate"): ("GenRSAKeyPair",),
    ("rsa", "sign"): ("RSASignData",),
    ("rsa", "verify"): ("RSAVerify",),
    ("sm3", "digest"): ("DigestInit", "Digest"),
    ("cipher", "encrypt"): ("EncryptInit", "Encrypt", "EncryptUpdate", "EncryptFinal"),
    ("cipher", "decrypt"): ("DecryptInit", "Decrypt", "DecryptUpdate", "DecryptFinal"),
}
_FAMILIES: Final = {"rsa-1024": "rsa", "rsa-2048": "rsa", "sm4": "cipher", "sm1": "cipher", "ssf33": "cipher"}


def _functions(one: Operation) -> tuple[str, ...]:
    """Return the commands that do an operation; none where no command is known."""
    return _FUNCTIONS.get((_FAMILIES.get(one.algorithm, one.algorithm), one.operation), ())


def _prepared(bench: PCSCBench) -> TokenBench:
    """Return the jobs of operations, with the user logged in until the check ends."""
    from gmpki.tokens.latency import TokenBench

    bench.login()
    measured = TokenBench(bench.application)
    bench.later(measured.close)
    return measured


# GM/T 0027 demands it of tokens behind SKF; of cards it is what a buyer goes by.
add_checks(GROUP, _prepared, _functions)
