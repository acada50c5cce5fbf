"""Checks of a module that several threads use at once, which CKF_OS_LOCKING_OK promises."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

from gmpki.conformance.clauses import PKCS11
from gmpki.conformance.in_threads import Gate, run_at_once
from gmpki.conformance.model import Clause, Kind, Permission, Severity, Words
from gmpki.conformance.pkcs11.choices import any_cipher, any_digest
from gmpki.conformance.pkcs11.general import initialize
from gmpki.conformance.registry import Group
from gmpki.tokens.pkcs11.attributes import Mechanism
from gmpki.tokens.pkcs11.header import C

if TYPE_CHECKING:
    from collections.abc import Callable

    from gmpki.conformance.pkcs11.bench import P11Bench

__all__ = ["GROUP"]

GROUP: Final = Group(Kind.PKCS11, "threads", "THR", Words("Several threads", "多线程"))

_THREADS: Final = 4
_ROUNDS: Final = 25
_JOIN_S: Final = 25.0


def _demand_locking(bench: P11Bench) -> None:
    """End the check where the module was not initialised for threads."""
    with bench.scene():
        bench.module.call("C_Finalize", bench.ffi.NULL)
    answer = initialize(bench)
    if answer != bench.OK:
        bench.unsupported(f"C_Initialize for threads answered {answer}", f"多线程初始化返回 {answer}")


@GROUP.check(
    1,
    "Threads digest in sessions of their own",
    "多线程在各自会话中做摘要",
    clause=Clause(PKCS11, "5.4", "B"),
    functions=("C_Initialize", "C_DigestInit", "C_DigestUpdate", "C_DigestFinal"),
)
def digests(bench: P11Bench) -> None:
    """Digest a message of each thread's own 25 times, in four threads and in parts: each digest is right."""
    _demand_locking(bench)
    digest, alone, gate = any_digest(bench), bench.session(), Gate(_THREADS)
    bench.demand("C_DigestInit", alone.handle, bench.mechanism(digest.mechanism))
    bench.demand("C_DigestUpdate", alone.handle, bench.data(b"alone"), 5)
    bench.output("C_DigestFinal", alone.handle)

    def worker(number: int) -> Callable[[], str | None]:
        session, mechanism = bench.session(), bench.mechanism(digest.mechanism)
        message = bytes([number]) * (100 + number)
        data, expected = bench.data(message), digest.function(message)

        def work() -> str | None:
            room, length = bench.buffer(64), bench.ulong(64)
            for _ in range(_ROUNDS):
                length[0] = 64
                codes = [bench.answer("C_DigestInit", session.handle, mechanism)]
                gate.pass_together()
                codes += [
                    bench.answer("C_DigestUpdate", session.handle, data, 50),
                    bench.answer("C_DigestUpdate", session.handle, data + 50, len(message) - 50),
                    bench.answer("C_DigestFinal", session.handle, room.pointer, length),
                ]
                if codes != [bench.OK] * 4:
                    return " ".join(codes)
                if room.bytes(int(length[0])) != expected:
                    return f"a wrong {digest.name}"
            return None

        return work

    run_at_once(bench, *(worker(number) for number in range(_THREADS)), gate=gate, join_s=_JOIN_S)


@GROUP.check(
    2,
    "Threads open and close sessions",
    "多线程打开和关闭会话",
    clause=Clause(PKCS11, "5.4, 5.6", "B"),
    functions=("C_OpenSession", "C_CloseSession", "C_GetSessionInfo"),
)
def sessions(bench: P11Bench) -> None:
    """Open, describe and close a session 25 times in four threads; no two are open with one handle."""
    _demand_locking(bench)
    slot, null = bench.slot, bench.ffi.NULL
    bench.session()  # one stays open: with the last the token might be closed
    lock, open_now, gate = threading.Lock(), set[int](), Gate(_THREADS)

    def work() -> str | None:
        for _ in range(_ROUNDS):
            cell = bench.ulong()
            opened = bench.answer("C_OpenSession", slot, C.CKF_SERIAL_SESSION, null, null, cell)
            if opened != bench.OK:
                return f"C_OpenSession {opened}"
            handle = int(cell[0])
            with lock:
                if handle in open_now:
                    return "one handle for two open sessions"
                open_now.add(handle)
            gate.pass_together()
            described = bench.answer("C_GetSessionInfo", handle, bench.ffi.new("CK_SESSION_INFO *"))
            with lock:
                open_now.discard(handle)
            closed = bench.answer("C_CloseSession", handle)
            if (described, closed) != (bench.OK, bench.OK):
                return f"C_GetSessionInfo {described}, C_CloseSession {closed}"
        return None

    run_at_once(bench, *([work] * _THREADS), gate=gate, join_s=_JOIN_S)


@GROUP.check(
    3,
    "Threads encrypt with one key in sessions of their own",
    "多线程在各自会话中使用同一密钥加密",
    clause=Clause(PKCS11, "5.4, 5.8", "B"),
    functions=("C_EncryptInit", "C_Encrypt", "C_CreateObject", "C_DestroyObject"),
    severity=Severity.RECOMMENDED,
    needs=(Permission.WRITE,),
)
def one_key(bench: P11Bench) -> None:
    """Encrypt a block of each thread's own with one key in three threads; a fourth one makes and destroys objects."""
    _demand_locking(bench)
    owner, cipher, gate, value = bench.user_session(), any_cipher(bench), Gate(_THREADS), bytes(range(16))
    key = bench.key(owner, cipher.key_type, value)
    owner.encrypt(Mechanism(cipher.mechanism), key, value)

    def worker(number: int) -> Callable[[], str | None]:
        session, block = bench.session(), bytes([number]) * 16
        mechanism, data, expected = bench.mechanism(cipher.mechanism), bench.data(block), cipher.encrypt(value, block)

        def work() -> str | None:
            room, length = bench.buffer(32), bench.ulong(32)
            for _ in range(_ROUNDS):
                length[0] = 32
                codes = [bench.answer("C_EncryptInit", session.handle, mechanism, key)]
                gate.pass_together()
                codes += [
                    bench.answer("C_Encrypt", session.handle, data, 16, room.pointer, length),
                ]
                if codes != [bench.OK] * 2:
                    return " ".join(codes)
                if room.bytes(int(length[0])) != expected:
                    return "a wrong ciphertext"
            return None

        return work

    maker = bench.session()

    def make() -> str | None:
        for _ in range(_ROUNDS):
            gate.pass_together()
            maker.destroy_object(bench.data_object(maker)[0])
        return None

    run_at_once(bench, make, *(worker(number) for number in range(_THREADS - 1)), gate=gate, join_s=_JOIN_S)
