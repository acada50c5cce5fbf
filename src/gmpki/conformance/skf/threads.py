"""Checks of a driver that several threads call at once. The standard says nothing of threads; programs have them."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any, Final

from gmpki.algorithms import sm3, sm4
from gmpki.conformance.clauses import GMT_0016
from gmpki.conformance.in_threads import Gate, run_at_once
from gmpki.conformance.model import Clause, Kind, Permission, Severity, Words
from gmpki.conformance.registry import Group
from gmpki.conformance.skf import samples
from gmpki.conformance.skf.session_probe import demand_sm4

if TYPE_CHECKING:
    from collections.abc import Callable

    from gmpki.conformance.skf.bench import SKFBench

__all__ = ["GROUP"]

GROUP: Final = Group(Kind.SKF, "threads", "THR", Words("Several threads", "多线程"))

_CLAUSE: Final = Clause(GMT_0016, "", "C")
_RECOMMENDED: Final = Severity.RECOMMENDED
_DIGEST: Final = ("SKF_DigestInit", "SKF_DigestUpdate", "SKF_DigestFinal")
_THREADS: Final = 4
_ROUNDS: Final = 20
_SIGNATURES: Final = 8
_KEYS: Final = 2  # sessions keys at once; some tokens have few
_SM3_LEN: Final = 32
_FIELD_LEN: Final = 64
_BLOCK: Final = bytes(range(16))


def _first_refused(*answers: tuple[str, str]) -> str | None:
    """Return the first function that was refused, of pairs of function and answer."""
    return next((f"{function} {answer}" for function, answer in answers if answer != "SAR_OK"), None)


def _digest_begun(bench: SKFBench, device: Any) -> tuple[str, Any]:
    """Begin an SM3 digest; return the answer and the handle."""
    null, cell = bench.ffi.NULL, bench.ffi.new("HANDLE *")
    answer = bench.answer("SKF_DigestInit", device, bench.constant("SGD_SM3"), null, null, 0, cell)
    if answer == "SAR_OK":
        bench.later(bench.answer, "SKF_CloseHandle", cell[0])
    return answer, cell[0]


def _digesting(bench: SKFBench, device: Any, number: int, gate: Gate | None = None) -> Callable[[], str | None]:
    """Return what digests a message of this thread's own again and again, in two parts.

    :param gate: where it waits after each beginning, so that all threads have begun before one goes on.
    """
    message = bytes([number]) * (100 + number)
    data, half, expected = bench.data(message), 64, sm3.digest(message)

    def work() -> str | None:
        for _ in range(_ROUNDS):
            answer, handle = _digest_begun(bench, device)
            if answer != "SAR_OK":
                return f"SKF_DigestInit {answer}"
            if gate is not None:
                gate.pass_together()
            room, (cell, length) = bench.buffer(_SM3_LEN), bench.ulong(_SM3_LEN)
            refused = _first_refused(
                ("SKF_DigestUpdate", bench.answer("SKF_DigestUpdate", handle, data, half)),
                ("SKF_DigestUpdate", bench.answer("SKF_DigestUpdate", handle, data + half, len(message) - half)),
                ("SKF_DigestFinal", bench.answer("SKF_DigestFinal", handle, room.pointer, length)),
            )
            bench.answer("SKF_CloseHandle", handle)
            del cell
            if refused:
                return refused
            if room.bytes() != expected:
                return "a wrong SM3"
        return None

    return work


@GROUP.check(
    1,
    "Threads digest by connections of their own",
    "多线程在各自连接上做摘要",
    clause=_CLAUSE,
    functions=("SKF_ConnectDev", *_DIGEST),
    severity=_RECOMMENDED,
)
def own_connections(bench: SKFBench) -> None:
    """Digest twenty times in four threads, in parts, begun together, each by a connection of its own: all are right."""
    with bench.scene():
        devices = [bench.raw(bench.connect()) for _ in range(_THREADS)]
    gate = Gate(_THREADS)
    run_at_once(bench, *(_digesting(bench, device, n, gate) for n, device in enumerate(devices)), gate=gate)


@GROUP.check(
    2,
    "Threads digest by one connection",
    "多线程在同一连接上做摘要",
    clause=_CLAUSE,
    functions=_DIGEST,
    severity=_RECOMMENDED,
)
def one_connection(bench: SKFBench) -> None:
    """Digest twenty times in each of four threads, in parts, begun together, by one connection: each is right."""
    device, gate = bench.raw(bench.device), Gate(_THREADS)
    run_at_once(bench, *(_digesting(bench, device, number, gate) for number in range(_THREADS)), gate=gate)


@GROUP.check(
    3,
    "Threads that share a digest do not lose data",
    "多线程共用一个摘要句柄时不丢失数据",
    clause=_CLAUSE,
    functions=_DIGEST,
    severity=_RECOMMENDED,
)
def one_digest(bench: SKFBench) -> None:
    """Update one digest by the same block in four threads: it is that of as many blocks as were answered SAR_OK."""
    answer, handle = _digest_begun(bench, bench.raw(bench.device))
    bench.expect(answer == "SAR_OK", f"SKF_DigestInit answered {answer}", f"SKF_DigestInit 返回 {answer}")
    data, taken = bench.data(_BLOCK), list[int]()

    def work() -> None:
        for _ in range(_ROUNDS):
            if bench.answer("SKF_DigestUpdate", handle, data, len(_BLOCK)) == "SAR_OK":
                taken.append(1)

    run_at_once(bench, *([work] * _THREADS))
    bench.observe("blocks taken", f"{len(taken)} of {_THREADS * _ROUNDS}")
    room, (cell, length) = bench.buffer(_SM3_LEN), bench.ulong(_SM3_LEN)
    bench.demand("SKF_DigestFinal", handle, room.pointer, length)
    del cell
    bench.expect(
        room.bytes() == sm3.digest(_BLOCK * len(taken)),
        "the digest is not that of the blocks that were taken",
        "摘要值与已接受的数据不符",
    )


@GROUP.check(
    4,
    "Threads sign with one key",
    "多线程使用同一密钥签名",
    clause=_CLAUSE,
    functions=("SKF_ECCSignData",),
    severity=_RECOMMENDED,
    needs=(Permission.WRITE,),
)
def one_key(bench: SKFBench) -> None:
    """Sign eight digests in each of four threads, while a fifth digests: every signature holds in software."""
    container, point = bench.signing_container()
    handle = bench.raw(container)

    def sign() -> str | None:
        for _ in range(_SIGNATURES):
            digest, blob = secrets.token_bytes(_SM3_LEN), bench.ffi.new("ECCSIGNATUREBLOB *")
            answer = bench.answer("SKF_ECCSignData", handle, bench.data(digest), len(digest), blob)
            if answer != "SAR_OK":
                return f"SKF_ECCSignData {answer}"
            r, s = bytes(bench.ffi.buffer(blob.r)), bytes(bench.ffi.buffer(blob.s))
            if not samples.holds(point, digest, r[-_SM3_LEN:] + s[-_SM3_LEN:]):
                return "a signature that does not hold"
        return None

    run_at_once(bench, *([sign] * _THREADS), _digesting(bench, bench.raw(bench.device), _THREADS))


@GROUP.check(
    5,
    "Threads encrypt with session keys of their own",
    "多线程使用各自会话密钥加密",
    clause=_CLAUSE,
    functions=("SKF_EncryptInit", "SKF_Encrypt"),
    severity=_RECOMMENDED,
    needs=(Permission.WRITE,),
)
def own_keys(bench: SKFBench) -> None:
    """Encrypt with two known session keys in two threads: every ciphertext is that of the thread's own key."""
    demand_sm4(bench)
    dual = bench.dual_container()

    def worker(number: int) -> Callable[[], str | None]:
        value, plain = bytes([number]) * 16, bytes([number ^ 0xFF]) * 256
        with bench.scene():
            wrapped = samples.wrapped_key(dual.encryption_key.public_key, value)
            key = bench.skf.import_session_key(dual.container, bench.constant("SGD_SM4_ECB"), wrapped)
        bench.later(bench.skf.close_handle, key)
        handle, data, param = bench.raw(key), bench.data(plain), bench.ffi.new("BLOCKCIPHERPARAM *")
        expected = sm4.encrypt(value, plain, sm4.Mode.ECB, None)

        def work() -> str | None:
            for _ in range(_ROUNDS):
                room, (cell, length) = bench.buffer(len(expected)), bench.ulong(len(expected))
                refused = _first_refused(
                    ("SKF_EncryptInit", bench.answer("SKF_EncryptInit", handle, param[0])),
                    ("SKF_Encrypt", bench.answer("SKF_Encrypt", handle, data, len(plain), room.pointer, length)),
                )
                del cell
                if refused:
                    return refused
                if room.bytes() != expected:
                    return "a wrong ciphertext"
            return None

        return work

    run_at_once(bench, *[worker(number) for number in range(1, _KEYS + 1)])


@GROUP.check(
    6,
    "Threads connect and disconnect",
    "多线程连接与断开设备",
    clause=_CLAUSE,
    functions=("SKF_ConnectDev", "SKF_DisConnectDev", "SKF_GenRandom"),
    severity=_RECOMMENDED,
)
def connecting(bench: SKFBench) -> None:
    """Connect, ask for random bytes and disconnect twenty times in each of four threads; nobody disconnects another."""
    name = bench.text(bench.device_name)

    def work() -> str | None:
        for _ in range(_ROUNDS):
            cell, room = bench.ffi.new("DEVHANDLE *"), bench.buffer(8)
            answer = bench.answer("SKF_ConnectDev", name, cell)
            if answer != "SAR_OK":
                return f"SKF_ConnectDev {answer}"
            refused = _first_refused(
                ("SKF_GenRandom", bench.answer("SKF_GenRandom", cell[0], room.pointer, 8)),
                ("SKF_DisConnectDev", bench.answer("SKF_DisConnectDev", cell[0])),
            )
            if refused:
                return refused
        return None

    run_at_once(bench, *([work] * _THREADS))
