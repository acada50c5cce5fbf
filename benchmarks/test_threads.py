"""Long calls leave the interpreter to others: the same work by one thread and by two at once.

Figures are for one item, so that with two processors two threads take about half of one thread's. hashlib, which leaves
the interpreter to others too, shows what this machine gives to two threads just now.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable
from typing import Any

import pytest

import peers
from bench_targets import ONE, REFERENCE, TWO
from gmpki import SM2PrivateKey
from gmpki.algorithms import sm3, sm4, sm4_aead

LONG = bytes(1 << 20)
KEY = SM2PrivateKey.from_bytes(peers.SCALAR)
MESSAGE = bytes(32)
SIGNATURE = KEY.sign(MESSAGE)
GCM = sm4_aead.SM4GCM(peers.KEY)

LOCAL = threading.local()


def own_buffer() -> bytearray:
    """Return a buffer that this thread has to itself."""
    if not hasattr(LOCAL, "buffer"):
        LOCAL.buffer = bytearray(len(LONG))
    return LOCAL.buffer


# What each thread does, and how often: a few milliseconds.
WORK: dict[str, tuple[int, Callable[[], Any]]] = {
    "SM2 sign": (400, lambda: KEY.sign(MESSAGE)),
    "SM2 verify": (100, lambda: KEY.public_key.verify(SIGNATURE, MESSAGE)),
    "SM4-GCM 1 MiB": (20, lambda: GCM.encrypt(peers.NONCE, LONG)),
    "SM4-CTR 1 MiB": (20, lambda: sm4.encrypt(peers.KEY, LONG, sm4.Mode.CTR, peers.IV)),
    "SM4-GCM 1 MiB, update_into": (20, lambda: GCM.encryptor(peers.NONCE).update_into(LONG, own_buffer())),
    "SM3 1 MiB": (4, lambda: sm3.digest(LONG)),
    REFERENCE: (10, lambda: hashlib.sha256(LONG).digest()),
}


def work(times: int, call: Callable[[], Any]) -> None:
    for _ in range(times):
        call()


def at_once(threads: int, times: int, call: Callable[[], Any]) -> None:
    running = [threading.Thread(target=work, args=(times, call)) for _ in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()


@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="one processor")
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("name", WORK)
def test_threads(benchmark: Any, name: str, threads: int) -> None:
    times, call = WORK[name]
    benchmark.group = f"two threads: {name}"
    library = "hashlib" if name == REFERENCE else "gmpki"
    benchmark.extra_info["implementation"] = f"{library}[{ONE if threads == 1 else TWO}]"
    benchmark.extra_info["data_len"] = 0
    benchmark.extra_info["items"] = times * threads
    benchmark(at_once, threads, times, call)
