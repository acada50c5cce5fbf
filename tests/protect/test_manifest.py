"""Manifests: what is written, what is read, who has signed, what differs."""

from __future__ import annotations

import contextlib
import itertools
import os
import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certified import DAY, NOW, certify
from gmpki.algorithms import sm3
from gmpki.asn1.rfc5280.ext_keys import KeyUsage, KeyUsages
from gmpki.asn1.rfc5280.ext_names import BasicConstraints
from gmpki.cms import MessageProfile, SignerSpec, Trust
from gmpki.errors import (
    DecodeError,
    GmpkiError,
    InvalidInputError,
    InvalidSignature,
    InvalidTypeError,
    LimitExceeded,
    StateError,
    TamperedError,
    ValidationError,
)
from gmpki.keys.sm2 import SM2PrivateKey
from gmpki.protect import manifest_tree
from gmpki.protect.manifest import Manifest, ManifestFile, check_path, open_manifest, sign_manifest
from gmpki.protect.manifest_tree import FileDifference, ManifestReport, check_tree
from gmpki.x509.certificate import Certificate
from gmpki.x509.names import build_name

ROOT_KEY, KEY = (SM2PrivateKey.from_bytes(bytes([number]) * 32) for number in (1, 2))
ROOT_NAME = build_name(("C", "CN"), ("CN", "示例根"))
AUTHORITY = (BasicConstraints(ca=True), KeyUsage(KeyUsages.KEY_CERT_SIGN))
ROOT = certify(ROOT_NAME, ROOT_KEY.public_key, ROOT_NAME, ROOT_KEY, *AUTHORITY, not_after=NOW + 30 * DAY)


def issued(name: str, *extensions: Any) -> Certificate:
    subject = build_name(("CN", name))
    return certify(subject, KEY.public_key, ROOT_NAME, ROOT_KEY, *extensions, serial_number=7, not_after=NOW + 30 * DAY)


CERTIFICATE = issued("发布者", KeyUsage(KeyUsages.DIGITAL_SIGNATURE))
TRUST = Trust([ROOT], at=NOW)

CONTENTS = {"app": b"code", "conf/a.toml": b"a = 1\n", "conf/b.toml": b"", "lib/deep/er/x.so": b"\x7fELF" * 1000}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "tree"
    for name, contents in CONTENTS.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(contents)
        path.chmod(0o644)
    (root / "app").chmod(0o755)
    (root / "empty").mkdir()
    return root


# ---- what is written ------------------------------------------------------------------------------------------------
def test_a_manifest(tree: Path) -> None:
    manifest = Manifest.of_tree(tree, created=NOW)
    assert [(file.path, file.size, file.mode) for file in manifest.files] == [
        ("app", 4, 0o755),
        ("conf/a.toml", 6, 0o644),
        ("conf/b.toml", 0, 0o644),
        ("lib/deep/er/x.so", 4000, 0o644),
    ]
    assert manifest.to_bytes().decode().splitlines()[:3] == [
        "gmpki manifest 1",
        "created 2026-03-01T08:00:00Z",
        f"file {sm3.digest(b'code').hex()} 0755 4 app",
    ]
    assert Manifest.from_bytes(manifest.to_bytes()) == manifest
    assert check_tree(manifest, tree) == ManifestReport(4)


def test_digests_by_openssl(tree: Path) -> None:
    made = Manifest.of_tree(tree)
    for file in made.files:
        try:
            ran = subprocess.run(["openssl", "dgst", "-sm3", "-r", tree / file.path], capture_output=True, check=True)
        except (OSError, subprocess.CalledProcessError):
            pytest.skip("peer program: no openssl with SM3")
        assert ran.stdout.split()[0].decode() == file.digest.hex()


def test_the_order_is_that_of_the_bytes(tree: Path) -> None:
    for name in ("a-b", "a.b", "a/b", "a0", "é", "全角\u3000空格", "𠀀"):
        (tree / name).parent.mkdir(exist_ok=True)
        (tree / name).write_bytes(b"")
    manifest = Manifest.of_tree(tree)
    paths = [file.path.encode() for file in manifest.files]
    assert paths == sorted(paths)
    assert Manifest.from_bytes(manifest.to_bytes()) == manifest


def test_what_is_left_out(tree: Path) -> None:
    manifest = Manifest.of_tree(tree, without=["lib/", "conf/a.toml", "conf/a.toml"])
    assert [file.path for file in manifest.files] == ["app", "conf/b.toml"]
    assert manifest.without == ("conf/a.toml", "lib/")
    (tree / "lib/more").write_bytes(b"")
    (tree / "conf/a.toml").unlink()
    assert check_tree(manifest, tree).ok
    # A file is left out where a file was said, a directory where a directory was said.
    (tree / "conf/a.toml").mkdir()
    (tree / "conf/a.toml/hidden").write_bytes(b"")
    assert check_tree(manifest, tree).added == ("conf/a.toml/hidden",)
    os.rename(tree / "lib", tree / "elsewhere")
    (tree / "lib").symlink_to(tree / "elsewhere")
    assert "lib" in check_tree(manifest, tree).added


@pytest.mark.parametrize("kind", ["link", "broken-link", "link-to-directory", "pipe", "socket"])
def test_what_is_no_file(tree: Path, kind: str) -> None:
    whole = Manifest.of_tree(tree)
    odd = tree / "odd"
    if kind == "pipe":
        os.mkfifo(odd)
    elif kind == "socket":
        import socket

        with socket.socket(socket.AF_UNIX) as made:
            made.bind(os.path.relpath(odd))
    else:
        odd.symlink_to({"link": "app", "broken-link": "nowhere", "link-to-directory": "/"}[kind])
    with pytest.raises(InvalidInputError, match="odd"):
        Manifest.of_tree(tree)
    assert check_tree(whole, tree).added == ("odd",)
    assert check_tree(Manifest.of_tree(tree, without=["odd"]), tree).ok


@pytest.mark.parametrize("name", [b"new\nline", b"\xff\xfe", b"esc\x1b[2J", "a\u202eb".encode()])
def test_names_that_are_not_taken(tree: Path, name: bytes) -> None:
    whole = Manifest.of_tree(tree)
    with open(os.path.join(os.fsencode(tree), name), "wb"):
        pass
    with pytest.raises(InvalidInputError):
        Manifest.of_tree(tree)
    assert check_tree(whole, tree).added == (os.fsdecode(name),)


def test_a_tree_that_is_too_deep(tmp_path: Path) -> None:
    here = os.getcwd()
    try:
        os.chdir(tmp_path)
        for _ in range(205):
            os.mkdir("d")
            os.chdir("d")
    finally:
        os.chdir(here)
    with pytest.raises(LimitExceeded, match="deeper"):
        Manifest.of_tree(tmp_path)


def test_a_tree_that_is_too_large(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manifest_tree, "MAX_NAMES", 5)
    with pytest.raises(LimitExceeded, match="more than 5"):
        Manifest.of_tree(tree)


def test_progress(tree: Path) -> None:
    steps: list[tuple[int, int]] = []
    manifest = Manifest.of_tree(tree, progress=lambda *step: steps.append(step))
    assert steps[-1] == (4010, 4010)
    steps.clear()
    check_tree(manifest, tree, progress=lambda *step: steps.append(step))
    assert steps == [(4, 4010), (10, 4010), (4010, 4010)]


def test_large_files_are_read_in_pieces(tmp_path: Path) -> None:
    import tracemalloc

    with (tmp_path / "large").open("wb") as file:
        for _ in range(32):
            file.write(bytes(1 << 20))
    tracemalloc.start()
    try:
        manifest = Manifest.of_tree(tmp_path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 4 << 20
    assert manifest.files[0].digest == sm3.digest(bytes(32 << 20))


@pytest.mark.parametrize("how", ["grows", "changes"])
def test_a_file_that_is_written_to_while_it_is_read(tree: Path, how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Manifest.of_tree(tree)
    real = os.read

    def read(descriptor: int, length: int) -> bytes:
        data = real(descriptor, length)
        if data == b"code":
            (tree / "app").write_bytes(b"code and more" if how == "grows" else b"CODE")
            os.utime(tree / "app", (5, 5))
        return data

    monkeypatch.setattr("os.read", read)
    with pytest.raises(StateError, match="app"):
        Manifest.of_tree(tree)
    (tree / "app").write_bytes(b"code")
    report = check_tree(whole, tree)
    assert [(one.path, one.what) for one in report.changed] == [("app", "digest")]


# ---- what differs ---------------------------------------------------------------------------------------------------
CHANGES: dict[str, tuple[Callable[[Path], object], tuple[str, str] | None, tuple[str, ...], tuple[str, ...]]] = {
    "contents": (lambda root: (root / "app").write_bytes(b"c0de"), ("app", "digest"), (), ()),
    "longer": (lambda root: (root / "app").write_bytes(b"code!"), ("app", "size"), (), ()),
    "shorter": (lambda root: os.truncate(root / "lib/deep/er/x.so", 3999), ("lib/deep/er/x.so", "size"), (), ()),
    "was-empty": (lambda root: (root / "conf/b.toml").write_bytes(b"x"), ("conf/b.toml", "size"), (), ()),
    "mode": (lambda root: (root / "app").chmod(0o755 | 0o002), ("app", "mode"), (), ()),
    "setuid": (lambda root: (root / "app").chmod(0o4755), ("app", "mode"), (), ()),
    "removed": (lambda root: (root / "app").unlink(), None, ("app",), ()),
    "added": (lambda root: (root / "new").write_bytes(b""), None, (), ("new",)),
    "hidden": (lambda root: (root / "conf/.x").write_bytes(b""), None, (), ("conf/.x",)),
    "renamed": (lambda root: os.rename(root / "app", root / "App"), None, ("app",), ("App",)),
    "directory-renamed": (
        lambda root: os.rename(root / "conf", root / "etc"),
        None,
        ("conf/a.toml", "conf/b.toml"),
        ("etc/a.toml", "etc/b.toml"),
    ),
    "directory-removed": (lambda root: os.rename(root / "lib", root.parent / "lib"), None, ("lib/deep/er/x.so",), ()),
}


@pytest.mark.parametrize("name", CHANGES)
def test_every_difference_is_found(tree: Path, name: str) -> None:
    change, changed, missing, added = CHANGES[name]
    manifest = Manifest.of_tree(tree)
    change(tree)
    report = check_tree(manifest, tree)
    assert [(one.path, one.what) for one in report.changed] == ([] if changed is None else [changed])
    assert (report.missing, report.added) == (missing, added)
    assert report.checked == 4 - len(missing) - (changed is not None)
    assert not report.ok
    with pytest.raises(TamperedError) as caught:
        report.require()
    assert caught.value.reason == ("changed" if changed else "missing" if missing else "added")
    assert caught.value.place == (changed[0] if changed else missing[0] if missing else added[0])


def test_every_flipped_bit_of_a_file_is_found(tree: Path) -> None:
    manifest = Manifest.of_tree(tree)
    for offset, bit in itertools.product(range(4), range(8)):
        changed = bytearray(b"code")
        changed[offset] ^= 1 << bit
        (tree / "app").write_bytes(changed)
        (one,) = check_tree(manifest, tree).changed
        assert one == FileDifference("app", "digest", sm3.digest(b"code").hex(), sm3.digest(changed).hex())


def test_a_file_that_became_something_else(tree: Path) -> None:
    manifest = Manifest.of_tree(tree)
    os.rename(tree / "app", tree.parent / "app")
    (tree / "app").symlink_to(tree.parent / "app")  # with the same contents
    (one,) = check_tree(manifest, tree).changed
    assert (one.path, one.what, one.found) == ("app", "kind", "symbolic link")
    (tree / "app").unlink()
    (tree / "app").mkdir()
    assert check_tree(manifest, tree).missing == ("app",)


def test_a_directory_that_became_a_link(tree: Path) -> None:
    manifest = Manifest.of_tree(tree)
    os.rename(tree / "conf", tree.parent / "conf")
    (tree / "conf").symlink_to(tree.parent / "conf")
    report = check_tree(manifest, tree)
    assert (report.missing, report.added) == (("conf/a.toml", "conf/b.toml"), ("conf",))


def test_a_link_that_is_put_in_while_the_tree_is_read(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    manifest = Manifest.of_tree(tree)
    real = manifest_tree._difference

    def difference(top: int, file: ManifestFile, *rest: Any, **options: Any) -> Any:
        if file.path == "conf/a.toml":
            os.rename(tree / "conf", tree.parent / "conf")
            (tree / "conf").symlink_to(tree.parent / "conf")
        return real(top, file, *rest, **options)

    monkeypatch.setattr(manifest_tree, "_difference", difference)
    report = check_tree(manifest, tree)
    assert {one.path for one in report.changed} == {"conf/a.toml", "conf/b.toml"}
    assert {one.what for one in report.changed} == {"unreadable"}


def test_modes_may_be_left_aside(tree: Path) -> None:
    manifest = Manifest.of_tree(tree)
    (tree / "app").chmod(0o600)
    assert not check_tree(manifest, tree).ok
    assert check_tree(manifest, tree, modes=False).ok


def test_roots(tree: Path, tmp_path: Path) -> None:
    manifest = Manifest.of_tree(str(tree))
    (tmp_path / "link").symlink_to(tree)
    assert check_tree(manifest, tmp_path / "link").ok
    with pytest.raises(FileNotFoundError):
        check_tree(manifest, tmp_path / "missing")
    with pytest.raises(NotADirectoryError):
        check_tree(manifest, tree / "app")
    for wrong in (5, None, b"tree", "", "a\0b"):
        with pytest.raises(InvalidInputError):
            check_tree(manifest, wrong)  # type: ignore[arg-type]
    with pytest.raises(InvalidTypeError):
        check_tree(b"manifest", tree)  # type: ignore[arg-type]


# ---- what is read ---------------------------------------------------------------------------------------------------
GOOD = ManifestFile("a/b", 5, 0o644, bytes(32))
PATHS = ["", "/", "/etc/passwd", "..", "../x", "a/../b", "a/..", ".", "./a", "a/.", "a//b", "a/", "//a", "a\nb", "a\0b"]
PATHS += ["\x1b", "a\u202eb", "\udcff", "x" * 4097, "a/\u2028"]


@pytest.mark.parametrize("path", PATHS, ids=ascii)
def test_paths_that_are_refused(path: str) -> None:
    with pytest.raises(InvalidInputError):
        check_path(path)
    with pytest.raises(InvalidInputError):
        replace(GOOD, path=path)
    line = f"file {'0' * 64} 0644 5 {path}\n".encode("utf-8", "surrogatepass")
    with pytest.raises(DecodeError):
        Manifest.from_bytes(b"gmpki manifest 1\ncreated 2026-03-01T08:00:00Z\n" + line)
    with pytest.raises(InvalidInputError):
        Manifest(NOW, (), (path + "/",))


@pytest.mark.parametrize("path", ["a", "a/b", "a b", "...", ".hidden", "a\\b", "C:", "é", "中文/文件", "x" * 4096])
def test_paths_that_are_taken(path: str) -> None:
    assert check_path(path) == path
    manifest = Manifest(NOW, (replace(GOOD, path=path),))
    assert Manifest.from_bytes(manifest.to_bytes()) == manifest


@pytest.mark.parametrize(
    "changed",
    [{"path": b"a"}, {"size": -1}, {"size": True}, {"mode": 0o10000}, {"digest": b""}, {"digest": "x"}],
    ids=str,
)
def test_files_that_make_no_sense(changed: dict[str, Any]) -> None:
    with pytest.raises(InvalidInputError):
        replace(GOOD, **changed)


def files(*paths: str) -> tuple[ManifestFile, ...]:
    return tuple(replace(GOOD, path=path) for path in paths)


@pytest.mark.parametrize(
    "arguments",
    [
        (NOW.replace(tzinfo=None), ()),
        ("2026", ()),
        (NOW, 5),
        (NOW, (5,)),
        (NOW, files("b", "a")),
        (NOW, files("a", "a")),
        (NOW, files("a", "a/b")),
        (NOW, files("a", "a-c", "a/b/c")),
        (NOW, (), ("b", "a")),
        (NOW, (), ("a", "a")),
        (NOW, (), ("a//",)),
        (NOW, (), (5,)),
    ],
    ids=str,
)
def test_manifests_that_make_no_sense(arguments: Any) -> None:
    with pytest.raises(InvalidInputError):
        Manifest(*arguments)


@pytest.mark.once
def test_many_paths_are_compared_in_linear_time() -> None:
    deep = "/".join("d" * 1 for _ in range(2000))
    many = files(*sorted(f"{deep}/{number:05}" for number in range(3000)))
    assert len(Manifest(NOW, many).files) == 3000


LINE = "file " + "0" * 64 + " 0644 5 a\n"
HEAD = "gmpki manifest 1\ncreated 2026-03-01T08:00:00Z\n"
BROKEN = {
    "empty": "",
    "first": "gmpki manifest 2\ncreated 2026-03-01T08:00:00Z\n",
    "no-time": "gmpki manifest 1\n",
    "time": "gmpki manifest 1\ncreated 2026-02-30T08:00:00Z\n",
    "time-form": "gmpki manifest 1\ncreated 2026-03-01 08:00:00Z\n",
    "no-end": HEAD + LINE[:-1],
    "empty-line": HEAD + "\n" + LINE,
    "spaces": HEAD + LINE.replace(" a", "  a").replace("5  a", "5 /a"),
    "capitals": HEAD + LINE.replace("0" * 64, "A" * 64),
    "mode": HEAD + LINE.replace("0644", "0844"),
    "mode-length": HEAD + LINE.replace("0644", "644"),
    "size": HEAD + LINE.replace(" 5 ", " 05 "),
    "negative": HEAD + LINE.replace(" 5 ", " -5 "),
    "too-large": HEAD + LINE.replace(" 5 ", " 9999999999999999999 "),
    "many-digits": HEAD + LINE.replace(" 5 ", " " + "9" * 100_000 + " "),
    "twice": HEAD + LINE + LINE,
    "late-without": HEAD + LINE + "without b\n",
    "unknown-line": HEAD + "link a b\n",
    "carriage-return": HEAD + LINE.replace("\n", "\r\n"),
    "order": HEAD + LINE.replace(" a", " b") + LINE,
}


@pytest.mark.parametrize("name", BROKEN)
def test_texts_that_are_no_manifest(name: str) -> None:
    with pytest.raises(DecodeError):
        Manifest.from_bytes(BROKEN[name].encode())


def test_bytes_that_are_no_text() -> None:
    with pytest.raises(DecodeError):
        Manifest.from_bytes(HEAD.encode() + b"\xff")
    with pytest.raises(InvalidTypeError):
        Manifest.from_bytes(HEAD)  # type: ignore[arg-type]


def test_a_manifest_that_is_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gmpki.protect.manifest.MAX_MANIFEST_LEN", 100)
    made = Manifest(NOW, files("a"))
    with pytest.raises(LimitExceeded):
        made.to_bytes()
    with pytest.raises(LimitExceeded):
        Manifest.from_bytes(bytes(101))


@given(st.binary(max_size=100) | st.text(max_size=60).map(lambda text: (HEAD + text).encode("utf-8", "replace")))
def test_any_bytes(data: bytes) -> None:
    with contextlib.suppress(DecodeError):
        assert Manifest.from_bytes(data).to_bytes() == data


def test_every_changed_byte_is_refused_or_read_as_it_is() -> None:
    data = Manifest(NOW, files("a", "b/c"), ("log/",)).to_bytes()
    for offset, bit in itertools.product(range(len(data)), range(8)):
        changed = bytearray(data)
        changed[offset] ^= 1 << bit
        with contextlib.suppress(DecodeError):
            assert Manifest.from_bytes(bytes(changed)).to_bytes() == changed


# ---- who has signed -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("profile", [None, MessageProfile.GMT0010, MessageProfile.RFC5652])
def test_a_signed_manifest(tree: Path, profile: MessageProfile | None) -> None:
    manifest = Manifest.of_tree(tree)
    signed = sign_manifest(manifest, SignerSpec(KEY, CERTIFICATE), profile=profile, certificates=[ROOT])
    opened = open_manifest(signed, TRUST)
    assert opened.manifest == manifest
    assert opened.message.signers[0].signer_certificate == CERTIFICATE
    assert check_tree(opened.manifest, tree).ok


def test_every_changed_byte_of_a_signed_manifest_is_refused() -> None:
    manifest = Manifest(NOW, files("a"))
    signed = sign_manifest(manifest, SignerSpec(KEY, CERTIFICATE))
    trust = Trust.signature_only()
    refused = 0
    for offset in range(len(signed)):
        changed = bytearray(signed)
        changed[offset] ^= 1 << offset % 8
        try:
            # What can be changed is in the certificate, whose own signature nobody looks at here.
            assert open_manifest(bytes(changed), trust).manifest == manifest
        except GmpkiError:
            refused += 1
    assert refused > len(signed) // 2


def test_signatures_that_do_not_hold() -> None:
    signed = sign_manifest(Manifest(NOW, files("a")), SignerSpec(KEY, CERTIFICATE))
    with pytest.raises(InvalidSignature):
        open_manifest(signed.replace(b" 0644 5 a", b" 0755 5 a"), TRUST)
    with pytest.raises(ValidationError):
        open_manifest(signed, Trust([CERTIFICATE, issued("x")], at=NOW + timedelta(days=60)))
    with pytest.raises(ValidationError):
        open_manifest(signed, replace(TRUST, at=NOW + timedelta(days=31)))
    for wrong in (b"", b"junk", Manifest(NOW, ()).to_bytes()):
        with pytest.raises(GmpkiError):
            open_manifest(wrong, TRUST)
    with pytest.raises(InvalidTypeError):
        open_manifest("text", TRUST)  # type: ignore[arg-type]
    with pytest.raises(InvalidTypeError):
        sign_manifest(b"manifest", SignerSpec(KEY, CERTIFICATE))  # type: ignore[arg-type]


def test_whose_signature_counts() -> None:
    manifest = Manifest(NOW, files("a"))
    signed = sign_manifest(manifest, SignerSpec(KEY, CERTIFICATE))
    assert open_manifest(signed, TRUST, signers=[issued("x"), CERTIFICATE]).manifest == manifest
    with pytest.raises(ValidationError, match="nobody whose signature counts") as caught:
        open_manifest(signed, TRUST, signers=[issued("x")])
    assert caught.value.reason == "signer"
    for wrong in (5, [CERTIFICATE.der]):
        with pytest.raises(InvalidTypeError):
            open_manifest(signed, TRUST, signers=wrong)  # type: ignore[arg-type]


def test_something_else_that_was_signed() -> None:
    from gmpki.cms import sign

    for content in (b"a contract", b"", HEAD.encode() + b"file\n"):
        with pytest.raises(DecodeError):
            open_manifest(sign(content, SignerSpec(KEY, CERTIFICATE)), TRUST)
