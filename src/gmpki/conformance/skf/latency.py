"""Checks of how fast a token is behind SKF, by the session protocol's driver over the driver under test."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki.algorithms.policy import DEFAULT_POLICY
from gmpki.conformance.latency import add_checks
from gmpki.conformance.model import Kind, Words
from gmpki.conformance.registry import Group

if TYPE_CHECKING:
    from gmpki.conformance.latency import Operation
    from gmpki.conformance.skf.bench import SKFBench
    from gmpki.tokens.latency import TokenBench

__all__ = ["GROUP"]

GROUP: Final = Group(Kind.SKF, "latency", "LAT", Words("Latency and throughput", "性能"))

# GM/T 0016-2012 has no function that decrypts with a private key, and none that encrypts with an RSA key: for these
# operations nobody can demand of a driver what the standard demands of the token. Nor is RSA demanded, which tokens
# may do without.
_REQUIRED: Final = (
    ("sm2", "generate"),
    ("sm2", "sign"),
    ("sm2", "verify"),
    ("sm2", "encrypt"),
    ("sm3", "digest"),
    ("sm4", "encrypt"),
    ("sm4", "decrypt"),
)
_SM2: Final = {
    "generate": ("SKF_GenECCKeyPair",),
    "sign": ("SKF_ECCSignData",),
    "verify": ("SKF_ECCVerify",),
    "encrypt": ("SKF_ExtECCEncrypt",),
    "decrypt": ("SKF_ECCDecrypt",),
}
_RSA: Final = {
    "generate": ("SKF_GenRSAKeyPair",),
    "sign": ("SKF_RSASignData",),
    "verify": ("SKF_RSAVerify",),
    "encrypt": ("SKF_ExtRSAPubKeyOperation",),
    "decrypt": ("SKF_GenExtRSAKey", "SKF_ExtRSAPriKeyOperation"),
}
_CIPHER: Final = {
    "encrypt": ("SKF_EncryptInit", "SKF_Encrypt"),
    "decrypt": ("SKF_DecryptInit", "SKF_Decrypt"),
}


def _functions(one: Operation) -> tuple[str, ...]:
    """Return the functions that do an operation."""
    if one.algorithm == "sm3":
        return ("SKF_DigestInit", "SKF_Digest")
    if one.algorithm == "sm2":
        return _SM2[one.operation]
    return (_RSA if one.algorithm.startswith("rsa") else _CIPHER)[one.operation]


def _prepared(bench: SKFBench) -> TokenBench:
    """Return the jobs of operations, in the suite's application, with the user logged in until the check ends."""
    from gmpki.tokens.latency import TokenBench
    from gmpki.tokens.skf.driver import SKFDriver

    bench.login()  # which ends the check where the PIN was wrong before
    bench.logout()
    # The driver stays the scene's: what is closed here is the connection.
    driver = SKFDriver(bench.skf, policy=DEFAULT_POLICY.allowing("rsa-1024"))
    name = bench.application_name
    device = driver.open(bench.device_name)
    bench.later(device.close)
    application = device.application(name)
    application.login(bench.pins.user)
    bench.later(application.logout)
    measured = TokenBench(application)
    bench.later(measured.close)
    return measured


add_checks(GROUP, _prepared, _functions, required=_REQUIRED)
