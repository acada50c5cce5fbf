"""Login with certificates: who gets in, who does not and why, and that nobody gets in twice."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certified import NOW, certify
from gmpki import oids
from gmpki.algorithms import sm3
from gmpki.asn1 import der
from gmpki.asn1.rfc5280 import AlgorithmIdentifier
from gmpki.asn1.rfc5280.ext_keys import KeyUsage, KeyUsages
from gmpki.asn1.rfc5280.ext_names import BasicConstraints
from gmpki.errors import DecodeError, InvalidInputError, KeyMismatchError, LimitExceeded, LoginError, RevokedError
from gmpki.keys.sm2 import SM2PrivateKey
from gmpki.protect.login import LoginServer, Refusal, answer_challenge
from gmpki.protect.login_messages import LoginAnswer, LoginChallenge
from gmpki.protect.login_store import FileChallengeStore, MemoryChallengeStore
from gmpki.x509.names import build_name
from gmpki.x509.path import PathPolicy, Purpose, RevocationMode
from gmpki.x509.revocation import RevocationResult, RevocationStatus

NAME = "https://oa.example.cn"
ROOT_KEY, SUB_KEY, KEY, OTHER = (SM2PrivateKey.from_bytes(bytes([number]) * 32) for number in range(1, 5))
ROOT_NAME, SUB_NAME, SUBJECT = (build_name(("C", "CN"), ("CN", name)) for name in ("示例根", "示例下级", "张三"))


AUTHORITY = (BasicConstraints(ca=True), KeyUsage(KeyUsages.KEY_CERT_SIGN | KeyUsages.CRL_SIGN))
SIGNING = KeyUsage(KeyUsages.DIGITAL_SIGNATURE | KeyUsages.NON_REPUDIATION)
ENCRYPTION = KeyUsage(KeyUsages.KEY_ENCIPHERMENT | KeyUsages.DATA_ENCIPHERMENT)
ROOT = certify(ROOT_NAME, ROOT_KEY.public_key, ROOT_NAME, ROOT_KEY, *AUTHORITY)
CERTIFICATE = certify(SUBJECT, KEY.public_key, ROOT_NAME, ROOT_KEY, SIGNING)


class Status:
    """Tells of every certificate that it is good, or what it was told to tell."""

    status = RevocationStatus.GOOD

    def check(self, *_: Any) -> RevocationResult:
        if self.status is RevocationStatus.REVOKED:
            return RevocationResult(self.status, revoked_at=NOW - timedelta(hours=1))
        return RevocationResult(self.status)


class Scene:
    """A server whose clock the test moves, and what it noted."""

    def __init__(self, **options: Any) -> None:
        self.now = NOW
        self.refusals: list[Refusal] = []
        self.status = Status()
        options = {"anchors": [ROOT], "checkers": [self.status]} | options
        self.server = LoginServer(NAME, clock=lambda: self.now, on_refusal=self.refusals.append, **options)

    def answer(self, challenge: bytes | None = None, **options: Any) -> bytes:
        challenge = self.server.challenge() if challenge is None else challenge
        signer = options.pop("signer", KEY)
        certificate = options.pop("certificate", CERTIFICATE)
        options = {"server": NAME, "clock": lambda: self.now} | options
        return answer_challenge(challenge, signer, certificate, **options)

    def refused(self, answer: bytes, **options: Any) -> str:
        """Let the server judge an answer, see that it refuses, tells nothing and notes the reason; return that."""
        noted = len(self.refusals)
        with pytest.raises(LoginError) as caught:
            self.server.verify(answer, **options)
        assert str(caught.value) == "the login was refused"
        assert caught.value.args == ("the login was refused",)
        assert len(self.refusals) == noted + 1
        assert self.refusals[-1].reason == caught.value.reason
        assert self.refusals[-1].detail
        assert self.refusals[-1].at == self.now
        return caught.value.reason


@pytest.fixture
def scene() -> Scene:
    return Scene()


def signed(challenge: LoginChallenge, key: Any = KEY, **changed: Any) -> bytes:
    """Answer without any of the looks that a client takes."""
    encoded = CERTIFICATE.to_der()
    signature = key.sign(challenge.statement(encoded))
    return replace(LoginAnswer(challenge, encoded, key.signature_algorithm, signature), **changed).to_der()


# ---- who gets in ----------------------------------------------------------------------------------------------------
def test_a_login(scene: Scene) -> None:
    login = scene.server.verify(scene.answer())
    assert login.certificate == CERTIFICATE
    assert (login.challenge.server, login.challenge.purpose, login.at) == (NAME, "login", NOW)
    assert scene.refusals == []


def test_certificates_that_the_client_brings(scene: Scene) -> None:
    sub = certify(SUB_NAME, SUB_KEY.public_key, ROOT_NAME, ROOT_KEY, *AUTHORITY)
    certificate = certify(SUBJECT, KEY.public_key, SUB_NAME, SUB_KEY, SIGNING)
    assert scene.refused(scene.answer(certificate=certificate)).startswith("certificate-")
    assert scene.server.verify(scene.answer(certificate=certificate, others=[sub])).path.chain == (certificate, sub)
    with pytest.raises(InvalidInputError):
        scene.answer(others=[sub] * 9)


def test_a_purpose_of_its_own(scene: Scene) -> None:
    challenge = scene.server.challenge(purpose="approve payment 20260301-7")
    with pytest.raises(LoginError) as caught:
        scene.answer(challenge)
    assert caught.value.reason == "purpose"
    answer = scene.answer(challenge, purpose="approve payment 20260301-7")
    assert scene.refused(answer) == "purpose"
    assert scene.server.verify(answer, purpose="approve payment 20260301-7").certificate == CERTIFICATE


def test_an_ecdsa_certificate(scene: Scene) -> None:
    from gmpki.keys.ecdsa import ECDSAPrivateKey

    key = ECDSAPrivateKey.generate()
    certificate = certify(SUBJECT, key.public_key, ROOT_NAME, ROOT_KEY, SIGNING)
    assert scene.server.verify(scene.answer(signer=key, certificate=certificate)).certificate == certificate


# ---- once, here, now ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", ["memory", "files"])
def test_an_answer_serves_once(kind: str, tmp_path: Path) -> None:
    scene = Scene(store=MemoryChallengeStore() if kind == "memory" else FileChallengeStore(tmp_path / "open"))
    challenge = scene.server.challenge()
    answer = scene.answer(challenge)
    scene.server.verify(answer)
    assert scene.refused(answer) == "challenge"
    assert scene.refused(scene.answer(challenge)) == "challenge"


def test_a_refused_answer_uses_its_challenge_up(scene: Scene) -> None:
    challenge = scene.server.challenge()
    assert scene.refused(signed(LoginChallenge.from_der(challenge), OTHER)) == "signature"
    assert scene.refused(scene.answer(challenge)) == "challenge"


def test_a_challenge_that_was_never_given(scene: Scene) -> None:
    made = LoginChallenge(NAME, "login", bytes(32), NOW, NOW + timedelta(minutes=2))
    assert scene.refused(signed(made)) == "challenge"


@pytest.mark.parametrize(
    "changed",
    [
        {"expires_at": NOW + timedelta(minutes=50)},
        {"issued_at": NOW - timedelta(seconds=1)},
        {"nonce": bytes(32)},
    ],
    ids=str,
)
def test_a_challenge_that_was_changed(scene: Scene, changed: dict[str, Any]) -> None:
    given_ = LoginChallenge.from_der(scene.server.challenge())
    assert scene.refused(signed(replace(given_, **changed))) == "challenge"


@pytest.mark.parametrize("shift_s", [120, 121, 10_000, -1, -10_000])
def test_outside_the_time_window(scene: Scene, shift_s: int) -> None:
    answer = scene.answer()
    scene.now += timedelta(seconds=shift_s)
    assert scene.refused(answer) == "time"


@pytest.mark.parametrize("shift_s", [0, 1, 119])
def test_inside_the_time_window(scene: Scene, shift_s: int) -> None:
    answer = scene.answer()
    scene.now += timedelta(seconds=shift_s)
    assert scene.server.verify(answer).at == scene.now


def test_another_server(scene: Scene) -> None:
    """A server in the middle passes on the challenge of another."""
    for wrong in ("https://oa.example.com", "https://oa.example.cn/", "HTTPS://OA.EXAMPLE.CN", "oa.example.cn"):
        with pytest.raises(LoginError) as caught:
            scene.answer(server=wrong)
        assert caught.value.reason == "server"
    made = LoginChallenge("https://evil.example", "login", bytes(32), NOW, NOW + timedelta(minutes=2))
    assert scene.refused(signed(made)) == "server"


def test_a_statement_about_another_certificate_of_the_same_key(scene: Scene) -> None:
    twin = certify(build_name(("CN", "李四")), KEY.public_key, ROOT_NAME, ROOT_KEY, SIGNING)
    challenge = LoginChallenge.from_der(scene.server.challenge())
    statement = challenge.statement(twin.to_der())
    assert scene.refused(signed(challenge, signature=KEY.sign(statement))) == "signature"


def test_a_bare_challenge_is_never_what_was_signed(scene: Scene) -> None:
    for message in (lambda c: c.to_der(), lambda c: c.nonce, lambda c: c.statement(CERTIFICATE.to_der())[14:]):
        challenge = LoginChallenge.from_der(scene.server.challenge())
        assert scene.refused(signed(challenge, signature=KEY.sign(message(challenge)))) == "signature"


def test_what_is_signed_is_no_structure() -> None:
    made = LoginChallenge(NAME, "login", bytes(32), NOW, NOW + timedelta(minutes=2))
    statement = made.statement(b"certificate")
    assert statement.startswith(b"gmpki login 1\n")
    with pytest.raises(DecodeError):
        der.Reader(statement).sequence()
    assert statement.endswith(sm3.digest(b"certificate"))


@pytest.mark.parametrize("minutes", [-6, 8])
def test_a_client_whose_clock_is_wrong(scene: Scene, minutes: int) -> None:
    with pytest.raises(LoginError) as caught:
        scene.answer(clock=lambda: NOW + timedelta(minutes=minutes))
    assert caught.value.reason == "time"


# ---- certificates ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("extensions", "times", "reason"),
    [
        ((ENCRYPTION,), {}, "certificate-key-usage"),
        ((), {}, "certificate-key-usage"),
        ((SIGNING,), {"not_after": NOW - timedelta(seconds=1)}, "certificate-expired"),
        ((SIGNING,), {"not_before": NOW + timedelta(days=1)}, "certificate-not-yet-valid"),
    ],
    ids=["encryption", "no-usage", "expired", "future"],
)
def test_certificates_that_do_not_log_in(scene: Scene, extensions: Any, times: Any, reason: str) -> None:
    certificate = certify(SUBJECT, KEY.public_key, ROOT_NAME, ROOT_KEY, *extensions, **times)
    assert scene.refused(scene.answer(certificate=certificate)) == reason
    assert scene.refusals[-1].certificate == certificate


def test_a_certificate_of_another_authority(scene: Scene) -> None:
    certificate = certify(SUBJECT, KEY.public_key, ROOT_NAME, OTHER, SIGNING)
    assert scene.refused(scene.answer(certificate=certificate)).startswith("certificate-")
    assert scene.refused(scene.answer(certificate=certify(SUBJECT, KEY.public_key, SUBJECT, KEY, SIGNING))).startswith(
        "certificate-"
    )


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (RevocationStatus.REVOKED, "certificate-revoked"),
        (RevocationStatus.UNKNOWN, "certificate-revocation-unknown"),
    ],
)
def test_revocation(scene: Scene, status: RevocationStatus, reason: str) -> None:
    scene.status.status = status
    with pytest.raises(LoginError) as caught:
        scene.server.verify(scene.answer())
    assert caught.value.reason == reason
    assert isinstance(caught.value.__cause__, RevokedError) is (status is RevocationStatus.REVOKED)


def test_a_signature_of_another_key(scene: Scene) -> None:
    with pytest.raises(KeyMismatchError):
        scene.answer(signer=OTHER)
    assert scene.refused(signed(LoginChallenge.from_der(scene.server.challenge()), OTHER)) == "signature"


def test_an_algorithm_of_another_key(scene: Scene) -> None:
    challenge = LoginChallenge.from_der(scene.server.challenge())
    assert scene.refused(signed(challenge, algorithm=AlgorithmIdentifier(oids.ECDSA_SHA256))) == "signature"


def test_certificates_that_are_none(scene: Scene) -> None:
    for changed in ({"certificate": der.encode_sequence()}, {"others": (der.encode_null(),)}):
        challenge = LoginChallenge.from_der(scene.server.challenge())
        assert scene.refused(signed(challenge, **changed)) == "certificate"


# ---- hostile bytes --------------------------------------------------------------------------------------------------
def test_every_flipped_bit_of_an_answer_is_refused(scene: Scene) -> None:
    answer = scene.answer()
    for offset in range(len(answer)):
        changed = bytearray(answer)
        changed[offset] ^= 1 << offset % 8
        with pytest.raises(LoginError):
            scene.server.verify(bytes(changed))
    assert len(scene.refusals) == len(answer)
    # Changed signatures have used the challenge up.
    assert scene.refused(answer) == "challenge"


def test_every_truncation_of_an_answer_is_refused(scene: Scene) -> None:
    answer = scene.answer()
    assert {scene.refused(answer[:length]) for length in range(len(answer))} == {"malformed"}
    assert scene.refused(answer + b"\0") == "malformed"
    scene.server.verify(answer)


def test_answers_that_are_too_much(scene: Scene) -> None:
    assert scene.refused(bytes(1 << 20)) == "malformed"
    challenge = LoginChallenge.from_der(scene.server.challenge())
    nine = der.encode_sequence(*[CERTIFICATE.to_der()] * 9)
    assert scene.refused(der.encode_sequence(signed(challenge)[4:], nine)) == "malformed"


@given(st.binary(max_size=200))
def test_any_bytes(data: bytes) -> None:
    scene = Scene()
    assert scene.refused(data) == "malformed"
    with pytest.raises(LoginError) as caught:
        scene.answer(data)
    assert caught.value.reason == "malformed"


@pytest.mark.parametrize(
    "changed",
    [
        {"server": ""},
        {"server": "x" * 256},
        {"server": "a\nb"},
        {"server": b"x"},
        {"purpose": ""},
        {"purpose": "x" * 65},
        {"nonce": bytes(31)},
        {"nonce": "x"},
        {"issued_at": datetime(2026, 3, 1)},
        {"expires_at": NOW},
        {"expires_at": NOW - timedelta(minutes=1)},
        {"expires_at": NOW + timedelta(hours=1, seconds=1)},
        {"issued_at": 5},
    ],
    ids=str,
)
def test_challenges_that_make_no_sense(changed: dict[str, Any]) -> None:
    made = LoginChallenge(NAME, "login", bytes(32), NOW, NOW + timedelta(minutes=2))
    with pytest.raises(InvalidInputError):
        replace(made, **changed)


def test_a_challenge_whose_times_make_no_sense_is_malformed(scene: Scene) -> None:
    made = LoginChallenge(NAME, "login", bytes(32), NOW, NOW + timedelta(minutes=2)).to_der()
    broken = made.replace(b"20260301080200Z", b"20270301080200Z")
    assert broken != made
    with pytest.raises(DecodeError):
        LoginChallenge.from_der(broken)
    with pytest.raises(LoginError) as caught:
        scene.answer(broken)
    assert caught.value.reason == "malformed"


# ---- servers --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "wrong",
    [
        {"anchors": []},
        {"anchors": 5},
        {"anchors": [5]},
        {"checkers": [5]},
        {"checkers": []},
        {"policy": PathPolicy(revocation=RevocationMode.NONE)},
        {"policy": PathPolicy(purpose=Purpose.SIGNING, revocation=RevocationMode.SOFT), "checkers": []},
        {"policy": 5},
        {"window": timedelta(0)},
        {"window": timedelta(hours=2)},
        {"window": 60},
        {"store": {}},
        {"intermediates": [5]},
    ],
    ids=str,
)
def test_servers_that_make_no_sense(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidInputError):
        Scene(**wrong)


@pytest.mark.parametrize("name", ["", "a\0b", "x" * 256, b"x", None])
def test_names_that_make_no_sense(name: Any) -> None:
    with pytest.raises(InvalidInputError):
        LoginServer(name, anchors=[ROOT], checkers=[Status()])


def test_a_server_that_cannot_know_about_revocation_says_so() -> None:
    policy = PathPolicy(purpose=Purpose.SIGNING, revocation=RevocationMode.NONE)
    scene = Scene(policy=policy, checkers=[])
    assert scene.server.verify(scene.answer()).path.revocation == ()


# ---- stores ---------------------------------------------------------------------------------------------------------
STORES = {
    "memory": lambda _folder, **options: MemoryChallengeStore(**options),
    "files": lambda folder, **options: FileChallengeStore(folder / "open", **options),
}
LATER = NOW + timedelta(minutes=2)
make_store = pytest.mark.parametrize("make", STORES.values(), ids=STORES)


@make_store
def test_a_store(make: Callable[..., Any], tmp_path: Path) -> None:
    store = make(tmp_path)
    one, two = bytes(32), bytes(31) + b"\1"
    assert not store.take(one, LATER)
    store.add(one, LATER, NOW)
    with pytest.raises(InvalidInputError):
        store.add(one, LATER, NOW)
    assert not store.take(two, LATER)
    assert store.take(one, LATER)
    assert not store.take(one, LATER)


@make_store
def test_a_store_that_is_full(make: Callable[..., Any], tmp_path: Path) -> None:
    store = make(tmp_path, most=5)
    names = [sm3.digest(bytes([number])) for number in range(8)]
    for name in names[:5]:
        store.add(name, LATER, NOW)
    with pytest.raises(LimitExceeded):
        store.add(names[5], LATER, NOW)
    assert store.take(names[0], LATER)
    store.add(names[5], LATER, NOW)
    store.add(names[6], LATER + timedelta(minutes=2), LATER)  # the others have expired
    assert not store.take(names[1], LATER)
    assert store.take(names[6], LATER + timedelta(minutes=2))


@make_store
def test_a_store_does_not_grow(make: Callable[..., Any], tmp_path: Path) -> None:
    store = make(tmp_path, most=10)
    for number in range(300):
        name = sm3.digest(number.to_bytes(2, "big"))
        store.add(name, LATER, NOW)
        assert store.take(name, LATER)
    if isinstance(store, MemoryChallengeStore):
        assert (len(store), len(store._by_time) <= 20) == (0, True)
    else:
        assert os.listdir(tmp_path / "open") == []


@make_store
def test_arguments_of_stores(make: Callable[..., Any], tmp_path: Path) -> None:
    for most in (0, -1, "5", None, 10**8):
        with pytest.raises(InvalidInputError):
            make(tmp_path, most=most)
    store = make(tmp_path)
    for wrong in (b"", bytes(31), "x", None):
        with pytest.raises(InvalidInputError):
            store.add(wrong, LATER, NOW)
        with pytest.raises(InvalidInputError):
            store.take(wrong, LATER)
    with pytest.raises(InvalidInputError):
        store.add(bytes(32), LATER.replace(tzinfo=None), NOW)


@make_store
def test_of_many_threads_one_gets_it(make: Callable[..., Any], tmp_path: Path) -> None:
    store = make(tmp_path)
    for number in range(20):
        name = sm3.digest(bytes([number]))
        store.add(name, LATER, NOW)
        got: list[bool] = []
        barrier = threading.Barrier(4)

        def take(name: bytes = name, got: list[bool] = got, barrier: threading.Barrier = barrier) -> None:
            barrier.wait()
            got.append(store.take(name, LATER))

        threads = [threading.Thread(target=take) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(got) == [False, False, False, True]


TAKER = """
import sys
from datetime import datetime, timezone
from gmpki.algorithms import sm3
from gmpki.protect.login_store import FileChallengeStore
store = FileChallengeStore(sys.argv[1])
at = datetime.fromtimestamp(int(sys.argv[2]), timezone.utc)
sys.stdin.readline()
print(sum(store.take(sm3.digest(number.to_bytes(2, "big")), at) for number in range(300)))
"""


def test_of_two_processes_one_gets_it(tmp_path: Path) -> None:
    store = FileChallengeStore(tmp_path / "open")
    for number in range(300):
        store.add(sm3.digest(number.to_bytes(2, "big")), LATER, NOW)
    command = [sys.executable, "-B", "-c", TAKER, str(tmp_path / "open"), str(int(LATER.timestamp()))]
    options: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, **options) as one, subprocess.Popen(command, **options) as two:
        for process in (one, two):
            assert process.stdin is not None
            process.stdin.write(b"go\n")
            process.stdin.flush()
        counts = [int(process.communicate(timeout=60)[0]) for process in (one, two)]
    assert sum(counts) == 300
    assert os.listdir(tmp_path / "open") == []


def test_a_directory_that_others_write_to(tmp_path: Path) -> None:
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    with pytest.raises(InvalidInputError):
        FileChallengeStore(tmp_path / "open")


def test_a_checker_that_fails_refuses(scene: Scene) -> None:
    def check(*_: Any) -> RevocationResult:
        raise LimitExceeded("too much")

    scene.status.check = check  # type: ignore[method-assign]
    assert scene.refused(scene.answer()) == "certificate-revocation-unknown"


def test_files_of_a_store(tmp_path: Path) -> None:
    store = FileChallengeStore(tmp_path / "a" / "open")
    store.add(bytes(32), LATER, NOW)
    (file,) = (tmp_path / "a" / "open").iterdir()
    assert (file.stat().st_size, file.stat().st_mode & 0o777) == (0, 0o600)
    (tmp_path / "a" / "open" / "notes.txt").write_text("not a challenge")
    FileChallengeStore(tmp_path / "a" / "open").add(b"\1" * 32, LATER + timedelta(hours=1), LATER)
    assert sorted(name[:5] for name in os.listdir(tmp_path / "a" / "open")) == ["01010", "notes"]
