"""Digests of the files of a package: those that are computed side by side are those that are computed alone."""

from __future__ import annotations

import pytest

from gmpki.algorithms import sm3
from gmpki.errors import DecodeError
from gmpki.seal.ofd import package as package_module
from gmpki.seal.ofd.package import OFDPackage, build_package

# Empty, short, at the edge of what is hashed side by side, and long; more than are hashed together.
FILES = {"OFD.xml": b"<OFD/>", "empty": b""}
FILES |= {f"Doc_0/Pages/Page_{number}.xml": b"%d" % number * (number * 7) for number in range(150)}
FILES |= {f"Res/{length}": bytes(length) for length in ((1 << 17) - 1, 1 << 17, (1 << 17) + 1, 1 << 20)}


def test_digests_are_the_same() -> None:
    data = build_package(FILES)
    ahead, alone = OFDPackage.from_bytes(data), OFDPackage.from_bytes(data)
    ahead.hash_ahead(["/empty", "Res/131072", "not there", *ahead.names, *ahead.names])
    for name in ahead.names:
        assert ahead.digest(name) == alone.digest(name) == sm3.digest(FILES[name])
        assert ahead.digest(name, "sha256") == alone.digest(name, "sha256")


def test_they_are_computed_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    """All but the long ones; none twice, and none by another hash."""
    package = OFDPackage.from_bytes(build_package(FILES))
    package.hash_ahead(package.names, "sha256")
    package.digest("empty")
    package.hash_ahead(package.names)
    alone: list[bytes] = []

    def noted(name: str, data: bytes) -> bytes:
        alone.append(data)
        return sm3.digest(data)

    monkeypatch.setattr(package_module, "hash_of", noted)
    for name in package.names:
        package.digest(f"/{name}")
    assert [len(data) for data in alone] == [(1 << 17) + 1, 1 << 20]


def test_a_damaged_file_is_told_when_it_is_asked_for() -> None:
    stored = b"".join(sm3.digest(bytes([number])) for number in range(40))  # which nothing makes shorter
    data = build_package({**FILES, "Res/stored": stored})
    damaged = OFDPackage.from_bytes(data.replace(stored, stored[:-1] + bytes([stored[-1] ^ 1])))
    for package in (OFDPackage.from_bytes(data), damaged):
        package.hash_ahead(package.names)
        assert package.digest("empty") == sm3.digest(b"")
    with pytest.raises(DecodeError):
        package.digest("Res/stored")
    with pytest.raises(DecodeError):
        package.digest("not there")
