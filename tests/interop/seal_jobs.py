"""The jobs of the matrix for seals and signatures with them, in the layouts of GM/T 0031-2014 and GB/T 38540-2020."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from gmpki.algorithms import sm3
from interop.checking import expect, must_refuse
from interop.messages import MessagePeer
from interop.scenario import Algorithm, Hierarchy
from seal import samples

__all__ = ["ALGORITHMS_OF", "JOBS", "NAME", "PICTURE", "PROPERTY", "SEAL_ID", "SealPeer", "SealReading"]

NAME = "示例市社会保障局"
SEAL_ID = "31010000000001"
PROPERTY = "/Doc_0/Signs/Sign_0/Signature.xml"
PICTURE = samples.png(8)
DIGEST = sm3.digest("劳动合同".encode())


@dataclass(frozen=True)
class SealReading:
    """What a verifier saw in a seal: everything in it holds.

    :ivar layout: "2014" or "2020".
    """

    layout: str
    seal_id: str
    name: str


class SealPeer(MessagePeer, Protocol):
    """An implementation that makes and verifies seals too.

    Certificates lead to the root through one authority. Signatures are over the digest that is given, 32 bytes.
    """

    def make_seal(self, algorithm: Algorithm, layout: str, key: bytes, certificate: bytes, listed: bytes) -> bytes: ...
    def check_seal(self, algorithm: Algorithm, seal: bytes, authority: bytes, root: bytes) -> SealReading: ...
    def make_seal_signature(
        self, algorithm: Algorithm, seal: bytes, key: bytes, certificate: bytes, digest: bytes
    ) -> bytes: ...
    def check_seal_signature(
        self, algorithm: Algorithm, signature: bytes, digest: bytes, authority: bytes, root: bytes
    ) -> SealReading: ...


Job = Callable[[Hierarchy, SealPeer], None]


def changed(data: bytes, at: int) -> bytes:
    """Return the same with one bit changed."""
    place = at % len(data)
    return data[:place] + bytes((data[place] ^ 1,)) + data[place + 1 :]


def make_seal(made: Hierarchy, layout: str) -> bytes:
    """Let the maker of everything make a seal too, for the holder of the signing certificate."""
    maker: SealPeer = made.maker  # type: ignore[assignment]
    return maker.make_seal(made.algorithm, layout, made.key("responder"), made.second_signing, made.signing)


def _seal(layout: str) -> Job:
    def job(made: Hierarchy, checker: SealPeer) -> None:
        seal = make_seal(made, layout)
        reading = checker.check_seal(made.algorithm, seal, made.sub, made.root)
        expect("what the seal says", reading, SealReading(layout, SEAL_ID, NAME))
        for what, at in (
            ("a damaged signature", -1),
            ("another picture", seal.index(PICTURE) + 20),
            ("another name", seal.index(NAME.encode()) + 2),
            ("another signer", seal.index(made.signing) + len(made.signing) - 1),
        ):
            must_refuse(what, checker.check_seal, made.algorithm, changed(seal, at), made.sub, made.root)

    return job


def _seal_signature(layout: str) -> Job:
    def job(made: Hierarchy, checker: SealPeer) -> None:
        maker: SealPeer = made.maker  # type: ignore[assignment]
        seal = make_seal(made, layout)
        signer = (made.key("user"), made.signing)
        signature = maker.make_seal_signature(made.algorithm, seal, *signer, DIGEST)
        judging = (checker.check_seal_signature, made.algorithm)
        trust = (made.sub, made.root)
        reading = checker.check_seal_signature(made.algorithm, signature, DIGEST, *trust)
        expect("what the seal says", reading, SealReading(layout, SEAL_ID, NAME))
        must_refuse("another document", *judging, signature, changed(DIGEST, 0), *trust)
        for what, at in (
            ("a damaged signature", -1),
            ("another protected part", signature.index(PROPERTY.encode()) + 1),
            ("another digest", signature.index(DIGEST)),
            ("another picture", signature.index(PICTURE) + 20),
        ):
            must_refuse(what, *judging, changed(signature, at), DIGEST, *trust)

    return job


JOBS: dict[str, Job] = {
    "seal": _seal("2020"),
    "seal-2014": _seal("2014"),
    "seal-signature": _seal_signature("2020"),
    "seal-signature-2014": _seal_signature("2014"),
}
ALGORITHMS_OF: dict[str, tuple[Algorithm, ...]] = {
    **dict.fromkeys(("seal", "seal-signature"), ("sm2",)),
    **dict.fromkeys(("seal-2014", "seal-signature-2014"), ("sm2", "rsa")),
}
