"""What reaches Python when the core fails: broken self-tests, a dead random source, a fault while signing.

Only the test build of the core can be made to fail. Each case runs in a process of its own, in which that build stands
in for the native module of the package.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import native_test_library

pytestmark = pytest.mark.once

STAND_IN = f"""
import sys, types
sys.path.insert(0, {str(Path(native_test_library.__file__).parent)!r})
import native_test_library
native = types.ModuleType("gmpki._native")
native.lib, native.ffi = native_test_library.load()
sys.modules["gmpki._native"] = native
core = native.lib

from gmpki import errors
from gmpki.algorithms import backends, kdf, rand, selftest, sm2, sm3, sm4, sm4_aead, sm4_mac

def outcome(call):
    try:
        call()
    except errors.GmpkiError as error:
        return type(error).__name__
    return "ok"

scalar = sm2.PrivateScalar.from_bytes(bytes(31) + b"\\x07")
"""


@pytest.fixture(scope="module", autouse=True)
def test_build() -> None:
    """Skip where there is no test build."""
    native_test_library.load()


def run(code: str) -> list[str]:
    """Run code after STAND_IN and return the words that it prints."""
    result = subprocess.run(
        [sys.executable, "-c", STAND_IN + code], capture_output=True, text=True, check=False, env=os.environ
    )
    assert result.returncode == 0, result.stderr
    return result.stdout.split()


EVERYTHING = """
context = sm4.SM4Cipher(bytes(16), sm4.Mode.CTR, bytes(16)).encryptor()
hashing, authenticating = sm3.sm3(), sm3.HMACSM3(b"k")
generator, gcm, ccm = rand.DRBG.from_system(), sm4_aead.SM4GCM(bytes(16)), sm4_aead.SM4CCM(bytes(16))
stream = gcm.encryptor(bytes(12))
calls = [
    lambda: sm3.digest(b""), sm3.sm3, lambda: hashing.update(b"x"), hashing.digest, hashing.copy,
    lambda: sm3.hmac(b"", b""), lambda: sm3.HMACSM3(b""), authenticating.digest,
    lambda: sm3.sm3_batch([b""]), lambda: sm3.hmac_batch(b"", [b""]), lambda: kdf.pbkdf2_batch([b""], [b""], 1, 1),
    lambda: kdf.sm3_kdf(b"", 1), lambda: kdf.pbkdf2(b"", b"", 1, 1), lambda: kdf.hkdf(b"", 1),
    lambda: rand.random_bytes(1), rand.DRBG.from_system, lambda: generator.generate(1),
    lambda: sm4.encrypt(bytes(16), bytes(16), sm4.Mode.ECB), lambda: context.update(b"x"), lambda: context.finalize(),
    lambda: sm4.encrypt_xts(bytes(range(32)), bytes(16), bytes(16)),
    lambda: sm4.cbc_encrypt_batch([(bytes(16), bytes(16), b"")]), lambda: sm4.encrypt_hctr(bytes(32), b"", bytes(16)),
    lambda: gcm.encrypt(bytes(12), b""), lambda: gcm.decrypt(bytes(12), bytes(16)), lambda: stream.update(b"x"),
    lambda: ccm.encrypt(bytes(12), b""), lambda: sm4_mac.cmac(bytes(16), b""),
    lambda: sm4_mac.cbc_mac(bytes(16), bytes(16)),
    sm2.PrivateScalar.generate, lambda: sm2.PrivateScalar.from_bytes(bytes(31) + b"\\1"), scalar.to_bytes,
    lambda: sm2.CurvePoint.from_bytes(scalar.point.to_bytes(sm2.PointFormat.BARE)),
    lambda: sm2.za(scalar.point), lambda: sm2.sign(scalar, b""), lambda: sm2.sign_digest(scalar, bytes(32)),
    lambda: sm2.verify(scalar.point, bytes(64), b""), lambda: sm2.verify_digest(scalar.point, bytes(64), bytes(32)),
    lambda: sm2.encrypt(scalar.point, b"m"), lambda: sm2.decrypt(scalar, bytes(200)),
    lambda: sm2.signature_to_der(bytes(64)), lambda: sm2.parse_signature(bytes(64)),
    lambda: sm2.ecdh(scalar, scalar.point), lambda: sm2.generate_batch(1), lambda: sm2.sign_batch([(scalar, b"")]),
    lambda: sm2.sign_digest_batch([(scalar, bytes(32))]), lambda: sm2.verify_batch([(scalar.point, bytes(64), b"")]),
    lambda: sm2.verify_digest_batch([(scalar.point, bytes(64), bytes(32))]),
    lambda: backends.active("sm3"), lambda: backends.force("sm4", "portable"), selftest.selftest,
]
"""


@pytest.mark.parametrize("algorithm", ["SM3", "SM4", "SM2", "RAND"])
def test_one_broken_known_answer_stops_everything(algorithm: str) -> None:
    words = run(
        EVERYTHING
        + f"""
assert core.gmpki_test_break_known_answer(core.GMPKI_{algorithm}) == 0
print(outcome(lambda: backends.force("{algorithm.lower()}", "portable")))
print(*(outcome(call) for call in calls))
"""
    )
    assert len(words) > 40
    assert set(words) == {"SelfTestError"}


def test_the_report_names_what_failed() -> None:
    words = run(
        """
assert core.gmpki_test_break_known_answer(core.GMPKI_SM4) == 0
report = selftest.run()
print(*(result.name for result in report.results if result.status == "failed"))
print(outcome(selftest.selftest))
"""
    )
    assert "sm4/portable" in words
    assert "sm3/portable" not in words
    assert words[-1] == "SelfTestError"


def test_a_failing_random_source_is_an_error() -> None:
    words = run(
        """
core.gmpki_test_random_mode(1)
for call in (
    lambda: rand.random_bytes(16), rand.DRBG.from_system, sm2.PrivateScalar.generate,
    lambda: sm2.sign(scalar, b"m"), lambda: sm2.encrypt(scalar.point, b"m"),
    lambda: sm2.sign_batch([(scalar, b"m")] * 9), lambda: sm2.generate_batch(9),
    lambda: sm2.generate_batch(9, checked=False), lambda: sm2.PrivateScalar.generate(checked=False),
):
    print(outcome(call))
print(outcome(lambda: sm2.sign(scalar, b"m", deterministic=True)))
"""
    )
    assert words == ["RandomSourceError"] * 9 + ["ok"]


def test_a_dead_random_source_still_gives_distinct_nonces() -> None:
    """The nonce depends on key and digest too: two messages never share one, and their r differ."""
    words = run(
        """
core.gmpki_test_random_mode(2)
signatures = [sm2.sign(scalar, bytes([i])) for i in range(20)]
assert sm2.sign(scalar, b"\\0") == signatures[0]
signatures += sm2.sign_batch([(scalar, bytes([i])) for i in range(20, 40)])
for i, signature in enumerate(signatures):
    sm2.verify(scalar.point, signature, bytes([i]))
e = [int.from_bytes(sm2.digest(scalar.point, bytes([i])), "big") for i in range(40)]
print(len({(int.from_bytes(s[:32], "big") - h) % sm2_order for s, h in zip(signatures, e)}))
""".replace("sm2_order", "0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123")
    )
    assert words == ["40"]


def test_a_fault_is_caught_where_it_was_asked_for() -> None:
    words = run(
        """
core.gmpki_test_sm2_fault(1)
print(outcome(lambda: sm2.sign(scalar, b"m", verify=True)))
print(outcome(lambda: sm2.sign_batch([(scalar, b"m")] * 9, verify=True)))
print(outcome(lambda: sm2.sign_digest(scalar, bytes(32), verify=True, deterministic=True)))
faulty = sm2.sign(scalar, b"m")
print(outcome(lambda: sm2.verify(scalar.point, faulty, b"m")))
core.gmpki_test_sm2_fault(0)
print(outcome(lambda: sm2.sign(scalar, b"m", verify=True)))
"""
    )
    assert words == ["FaultDetected"] * 3 + ["InvalidSignature", "ok"]
