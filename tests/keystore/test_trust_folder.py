"""Trust folders: what is in them, who may write there, hostile contents, several processes."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from certified import DAY, NOW
from gmpki.errors import (
    GmpkiError,
    InvalidInputError,
    InvalidTypeError,
    LimitExceeded,
    RevokedError,
    StateError,
    TamperedError,
)
from gmpki.keystore import TrustFolder, TrustRole, TrustSettings, TrustStatus, certificate_status, check_trust_folder
from gmpki.keystore import trust_folder as module
from gmpki.x509.certificate import Certificate
from keystore import trust_scene as scene


@pytest.fixture
def folder(tmp_path: Path) -> TrustFolder:
    return scene.folder_in(tmp_path)


def modes(path: str) -> dict[str, int]:
    """Return the mode of everything below a folder."""
    found = [os.path.join(where, name) for where, inner, files in os.walk(path) for name in (*inner, *files)]
    return {os.path.relpath(one, path): stat.S_IMODE(os.lstat(one).st_mode) for one in [path, *found]}


# ---- what is in a folder --------------------------------------------------------------------
def test_certificates_are_there_again(folder: TrustFolder) -> None:
    again = TrustFolder(folder.path)
    assert again.certificates(TrustRole.ANCHOR) == (scene.root(),)
    assert again.certificates(TrustRole.INTERMEDIATE) == (scene.sub(),)
    assert again.certificates(TrustRole.TIMESTAMP_ANCHOR) == ()
    assert not again.add(TrustRole.ANCHOR, scene.root()), "twice"


def test_everything_is_for_the_owner_only(folder: TrustFolder) -> None:
    folder.add_crl(scene.crl(), NOW)
    folder.recipients.add("组", [scene.user()])
    for name, mode in modes(folder.path).items():
        assert mode & 0o077 == 0, name


def test_it_is_trusted(folder: TrustFolder) -> None:
    path = folder.trust(NOW).validate(scene.user())
    assert path.chain[:2] == (scene.user(), scene.sub())
    assert path.anchor.subject == scene.ROOT_NAME


def test_its_lists_are_asked(folder: TrustFolder) -> None:
    folder.add_crl(scene.root_crl(), NOW)
    folder.add_crl(scene.crl(1, 3), NOW)
    with pytest.raises(RevokedError):
        folder.trust(NOW).validate(scene.user())
    folder.trust(NOW).validate(scene.user(4))


def test_without_anchors_nobody_is_trusted(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="nobody is trusted"):
        TrustFolder.create(tmp_path / "empty").trust()


def test_things_go_by_the_beginning_of_their_fingerprint(folder: TrustFolder) -> None:
    held = folder.add_crl(scene.crl(), NOW)
    digits = scene.root().fingerprint().hex()
    assert folder.find(digits[:8]) == ((TrustRole.ANCHOR, scene.root()),)
    assert folder.find(":".join((digits[:2], digits[2:10])).upper()) == ((TrustRole.ANCHOR, scene.root()),)
    assert folder.find(held.name) == (held,)


def test_a_certificate_goes_in_all_its_roles(folder: TrustFolder) -> None:
    folder.add(TrustRole.TIMESTAMP_ANCHOR, scene.root())
    gone = folder.remove(scene.root().fingerprint().hex())
    assert {one[0] for one in gone if isinstance(one, tuple)} == {TrustRole.ANCHOR, TrustRole.TIMESTAMP_ANCHOR}
    assert folder.certificates(TrustRole.ANCHOR) == folder.certificates(TrustRole.TIMESTAMP_ANCHOR) == ()


def test_a_list_can_be_removed(folder: TrustFolder) -> None:
    held = folder.add_crl(scene.crl(5), NOW)
    assert folder.remove(held.name) == (held,)
    assert folder.crls == ()
    folder.add_crl(scene.crl(4), NOW)  # nothing is there any more that it could be older than


@pytest.mark.parametrize("name", ["", "1234567", "xyz12345", "0" * 65, "00000000", "../../etc", "é" * 8, "\ud800" * 8])
def test_a_name_of_nothing(folder: TrustFolder, name: str) -> None:
    for call in (folder.find, folder.remove):
        with pytest.raises(InvalidInputError):
            call(name)


def test_an_anchor_may_depart_from_the_standard_and_nobody_else(folder: TrustFolder) -> None:
    # The serial number 0, which strict reading refuses.
    der = bytearray(scene.other().der)
    at = der.index(bytes.fromhex("a003020102020109"))
    der[at + 7] = 0
    odd = Certificate.from_der(der, lenient=True)
    assert folder.add(TrustRole.ANCHOR, odd)
    assert odd in folder.certificates(TrustRole.ANCHOR)
    with pytest.raises(InvalidInputError, match="only an anchor"):
        folder.add(TrustRole.INTERMEDIATE, odd)


# ---- settings -------------------------------------------------------------------------------
def test_settings_are_changed_one_after_the_other(folder: TrustFolder) -> None:
    folder.change_settings(lambda old: replace(old, timestamp_url="https://tsa.example.cn:8443/"))
    folder.change_settings(lambda old: replace(old, crl_locations=(scene.SUB_URL,), update_period_s=3600))
    assert TrustFolder(folder.path).settings == TrustSettings(
        "https://tsa.example.cn:8443/", (scene.SUB_URL,), True, 3600
    )


@pytest.mark.parametrize(
    "text",
    [
        b"\xff",
        b"nonsense",
        b"unknown = 1",
        b"update_period_s = 1",
        b"update_period_s = true",
        b"update_period_s = 1e9",
        b"crl_from_certificates = 1",
        b'crl_locations = "http://x/"',
        b"crl_locations = [1]",
        b'crl_locations = ["ftp://x/"]',
        b'crl_locations = ["http://x/", "http://x/"]',
        b'timestamp_url = "file:///etc/passwd"',
        b"timestamp_url = 'http://x/\\'",
        b"timestamp_url = 2026-03-01",
        b"a = " + b"[" * 5000,
        b"update_period_s = " + b"9" * 10000,
    ],
    ids=lambda text: text[:40].decode("ascii", "replace"),
)
def test_settings_that_are_none(folder: TrustFolder, text: bytes) -> None:
    Path(folder.path, "settings.toml").write_bytes(text)
    with pytest.raises(StateError, match=r"settings\.toml"):
        TrustFolder(folder.path).settings  # noqa: B018 - read for its error
    with pytest.raises(StateError):
        folder.change_settings(lambda old: old)
    assert Path(folder.path, "settings.toml").read_bytes() == text


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://",
        "http:///x",
        "ldap://x/",
        "http://a b/",
        'http://x/"',
        "http://x/\\",
        "http://x/\n",
        "http://例.cn/",
        "http://user@x/",
        "http://x:0/",
        "http://x:99999/",
        "http://x:y/",
        "http://[::1/",
        "http://x/" + "a" * 2048,
        "javascript:alert(1)",
    ],
)
def test_what_is_no_address(url: str) -> None:
    with pytest.raises(InvalidInputError):
        TrustSettings(timestamp_url=url)
    with pytest.raises(InvalidInputError):
        TrustSettings(crl_locations=(url,))


@pytest.mark.parametrize(
    "fields",
    [
        {"timestamp_url": b"http://x/"},
        {"crl_locations": 5},
        {"crl_locations": (1,)},
        {"crl_from_certificates": 1},
        {"update_period_s": 3600.0},
        {"update_period_s": True},
    ],
    ids=str,
)
def test_settings_of_another_type(fields: dict[str, Any]) -> None:
    with pytest.raises(InvalidTypeError):
        TrustSettings(**fields)


def test_too_many_addresses() -> None:
    with pytest.raises(LimitExceeded):
        TrustSettings(crl_locations=tuple(f"http://x/{number}" for number in range(65)))


def test_a_change_that_fails_leaves_the_settings(folder: TrustFolder) -> None:
    def change(_old: TrustSettings) -> TrustSettings:
        raise LookupError

    with pytest.raises(LookupError):
        folder.change_settings(change)
    with pytest.raises(InvalidTypeError):
        folder.change_settings(lambda _old: 5)  # type: ignore[arg-type,return-value]
    assert folder.settings == TrustSettings()


# ---- who may write --------------------------------------------------------------------------
@pytest.mark.parametrize("inner", ["", "anchors", "intermediates"])
@pytest.mark.parametrize("mode", [0o770, 0o702, 0o777])
def test_a_folder_that_others_write_to(folder: TrustFolder, inner: str, mode: int) -> None:
    os.chmod(os.path.join(folder.path, inner), mode)
    with pytest.raises(StateError, match="others may write"):
        TrustFolder(folder.path).trust()


def test_a_folder_that_others_may_read(folder: TrustFolder) -> None:
    os.chmod(folder.path, 0o755)
    assert TrustFolder(folder.path).trust().anchors == (scene.root(),)


def test_a_folder_of_somebody_else(folder: TrustFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.lstat

    def lstat(path: str) -> os.stat_result:
        found = list(real(path))
        found[stat.ST_UID] = os.geteuid() + 1
        return os.stat_result(found)

    monkeypatch.setattr("os.lstat", lstat)
    with pytest.raises(StateError, match="another user"):
        folder.trust()


def test_a_folder_within_from_elsewhere(folder: TrustFolder, tmp_path: Path) -> None:
    elsewhere = scene.folder_in(tmp_path / "other")
    anchors = Path(folder.path, "anchors")
    anchors.rename(anchors.with_name("old"))
    anchors.symlink_to(os.path.join(elsewhere.path, "anchors"))
    with pytest.raises(StateError, match="no folder"):
        folder.trust()


# ---- hostile contents -----------------------------------------------------------------------
def anchor_file(folder: TrustFolder) -> Path:
    return Path(folder.paths(TrustRole.ANCHOR)[0])


def test_another_certificate_under_the_name(folder: TrustFolder) -> None:
    anchor_file(folder).write_bytes(scene.other().to_pem())
    with pytest.raises(TamperedError, match="another fingerprint") as caught:
        folder.trust()
    assert caught.value.reason == "changed"


@pytest.mark.parametrize(
    "data", [b"", b"\0" * 100, b"-----BEGIN CERTIFICATE-----\n", b"\x30\x84\xff\xff\xff\xff", b"A" * 4096]
)
def test_no_certificate(folder: TrustFolder, data: bytes) -> None:
    anchor_file(folder).write_bytes(data)
    with pytest.raises(TamperedError):
        folder.certificates(TrustRole.ANCHOR)


def test_two_certificates_in_one_file(folder: TrustFolder) -> None:
    anchor_file(folder).write_bytes(scene.root().to_pem() + scene.other().to_pem())
    with pytest.raises(TamperedError):
        folder.certificates(TrustRole.ANCHOR)


@pytest.mark.parametrize("name", ["root.crt", "README", "x.pem.bak", "x.pem~"])
def test_a_file_that_was_put_there_by_hand(folder: TrustFolder, name: str) -> None:
    Path(folder.path, "anchors", name).write_bytes(scene.other().to_pem())
    with pytest.raises(StateError, match="was not put there by gmpki"):
        folder.trust()


def test_a_certificate_that_was_put_there_by_hand(folder: TrustFolder) -> None:
    Path(folder.path, "anchors", "other.pem").write_bytes(scene.other().to_pem())
    with pytest.raises(TamperedError):
        folder.trust()


def test_what_a_killed_process_left_counts_for_nothing(folder: TrustFolder) -> None:
    Path(folder.path, "anchors", ".gmpki-0011.partial").write_bytes(b"half a certif")
    assert folder.certificates(TrustRole.ANCHOR) == (scene.root(),)


@pytest.mark.parametrize("kind", ["link", "pipe", "directory"])
def test_no_plain_file(folder: TrustFolder, tmp_path: Path, kind: str) -> None:
    file = anchor_file(folder)
    file.unlink()
    if kind == "link":
        (tmp_path / "elsewhere.pem").write_bytes(scene.root().to_pem())
        file.symlink_to(tmp_path / "elsewhere.pem")
    elif kind == "pipe":
        os.mkfifo(file)  # who opened it would wait for ever
    else:
        file.mkdir()
    with pytest.raises(StateError):
        folder.trust()


def test_a_file_that_is_too_long(folder: TrustFolder) -> None:
    with anchor_file(folder).open("wb") as stream:
        stream.truncate(1 << 40)  # takes no room on the disk
    with pytest.raises(LimitExceeded):
        folder.trust()


def test_more_files_than_a_folder_has(folder: TrustFolder) -> None:
    for number in range(module.MAX_CERTIFICATES):
        Path(folder.path, "anchors", f"{number}.pem").touch()
    with pytest.raises(LimitExceeded, match="more than 512"):
        folder.trust()


def test_no_room_for_more(folder: TrustFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_CERTIFICATES", 1)
    small = TrustFolder(folder.path)
    with pytest.raises(LimitExceeded, match="at most 1"):
        small.add(TrustRole.ANCHOR, scene.other())
    monkeypatch.setattr(module, "MAX_LISTS", 1)
    small.add_crl(scene.crl(), NOW)
    small.add_crl(scene.crl(2), NOW)  # in the place of the first
    with pytest.raises(LimitExceeded, match="at most 1"):
        small.add_crl(scene.root_crl(), NOW)
    assert len(small.crls) == 1


def test_a_list_that_was_damaged(folder: TrustFolder) -> None:
    held = folder.add_crl(scene.crl(5), NOW)
    Path(folder.crl_paths[0]).write_bytes(held.crl.der[:-9])
    with pytest.raises(TamperedError):
        folder.trust()
    folder.add_crl(scene.crl(5), NOW)
    assert len(folder.crls) == 1


@pytest.mark.parametrize("name", ["", "../settings", "0" * 63, "G" * 64, "A" * 64])
def test_what_is_no_name_of_a_list(folder: TrustFolder, name: str) -> None:
    with pytest.raises(InvalidInputError):
        folder.held(name)


# ---- opening and making ---------------------------------------------------------------------
def test_what_is_no_trust_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path in (tmp_path / "missing", tmp_path, tmp_path / "file"):
        with pytest.raises(StateError):
            TrustFolder(path)
    with pytest.raises(StateError):
        TrustFolder.create(tmp_path / "file")


@pytest.mark.parametrize("path", [5, None, b"bytes"])
def test_no_path(path: Any) -> None:
    with pytest.raises(InvalidTypeError):
        TrustFolder(path)
    with pytest.raises(InvalidTypeError):
        TrustFolder.create(path)


@pytest.mark.parametrize("path", ["", "a\0b"])
def test_no_name_of_a_file(path: str) -> None:
    with pytest.raises(InvalidInputError):
        TrustFolder.create(path)


def test_a_folder_is_not_made_twice(folder: TrustFolder) -> None:
    with pytest.raises(StateError, match="already"):
        TrustFolder.create(folder.path)
    assert folder.certificates(TrustRole.ANCHOR) == (scene.root(),)


def test_a_disk_that_takes_nothing(folder: TrustFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_arguments: Any, **_options: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("gmpki._files.create", full)
    with pytest.raises(StateError, match="No space left"):
        folder.add(TrustRole.ANCHOR, scene.other())
    with pytest.raises(StateError, match="No space left"):
        folder.add_crl(scene.crl(), NOW)
    assert folder.certificates(TrustRole.ANCHOR) == (scene.root(),)


@pytest.mark.parametrize(
    "call",
    [
        lambda folder: folder.add("anchor", scene.root()),
        lambda folder: folder.add(TrustRole.ANCHOR, scene.root().der),
        lambda folder: folder.certificates("anchor"),
        lambda folder: folder.paths(None),
        lambda folder: folder.find(b"00000000"),
        lambda folder: folder.remove(0),
        lambda folder: folder.held(5),
        lambda folder: folder.add_crl(scene.crl().der, NOW),
        lambda folder: folder.add_crl(scene.crl(), "now"),
        lambda folder: folder.update_crls(None, NOW),
        lambda folder: folder.update_crls(print, 5),
        lambda folder: folder.change_settings({}),
        lambda folder: TrustFolder.create(folder.path + "2", {}),
        lambda folder: check_trust_folder(folder.path, NOW),
        lambda folder: certificate_status(folder, None, NOW),
    ],
    ids=range(15),
)
def test_inputs_of_another_type(folder: TrustFolder, call: Any) -> None:
    with pytest.raises(InvalidTypeError):
        call(folder)


def test_times_without_a_zone(folder: TrustFolder) -> None:
    naive = datetime(2026, 3, 1)
    for call in (
        lambda: folder.add_crl(scene.crl(), naive),
        lambda: folder.update_crls(lambda _url: b"", naive),
        lambda: folder.trust(naive),
        lambda: check_trust_folder(folder, naive),
    ):
        with pytest.raises(InvalidInputError, match="time zone"):
            call()


# ---- how things stand -----------------------------------------------------------------------
def standing(folder: TrustFolder, at: datetime = NOW) -> list[str]:
    return [one.status.value for one in check_trust_folder(folder, at)]


def test_everything_in_order(folder: TrustFolder) -> None:
    folder.add(TrustRole.TIMESTAMP_ANCHOR, scene.other())
    folder.add_crl(scene.root_crl(), NOW)
    folder.add_crl(scene.crl(), NOW)
    assert standing(folder) == ["valid"] * 5
    assert all(not one.detail for one in check_trust_folder(folder, NOW))


def test_what_is_not_in_order(folder: TrustFolder) -> None:
    folder.add_crl(scene.root_crl(1, 2), NOW)  # revokes the authority below the root
    folder.add_crl(scene.crl(), NOW)
    folder.add(TrustRole.INTERMEDIATE, scene.other())
    found = {one.item: one.status for one in check_trust_folder(folder, NOW) if isinstance(one.item, Certificate)}
    assert found == {
        scene.root(): TrustStatus.VALID,
        scene.sub(): TrustStatus.REVOKED,
        scene.other(): TrustStatus.UNTRUSTED,
    }
    later = check_trust_folder(folder, NOW + 30 * DAY)
    assert [one.status for one in later if one.role is None] == [TrustStatus.EXPIRED] * 2
    assert {one.status for one in check_trust_folder(folder, NOW + 2000 * DAY)} == {TrustStatus.EXPIRED}
    assert TrustStatus.NOT_YET_VALID in {one.status for one in check_trust_folder(folder, NOW - 30 * DAY)}


def test_a_list_whose_signer_is_gone(folder: TrustFolder) -> None:
    folder.add_crl(scene.crl(), NOW)
    folder.remove(scene.sub().fingerprint().hex())
    assert standing(folder) == ["valid", "untrusted"]


def test_an_intermediate_without_an_anchor(tmp_path: Path) -> None:
    folder = TrustFolder.create(tmp_path / "trust")
    folder.add(TrustRole.INTERMEDIATE, scene.sub())
    assert standing(folder) == ["unchecked"]


# ---- several at once ------------------------------------------------------------------------
ADDING = """
import sys
from gmpki.keystore import TrustFolder, TrustRole
from keystore import trust_scene as scene
folder = TrustFolder(sys.argv[1])
for number in range(4):
    certificate = scene.user(int(sys.argv[2]) + number)
    folder.add(TrustRole.INTERMEDIATE, certificate)
    folder.change_settings(lambda old: __import__("dataclasses").replace(
        old, crl_locations=(*old.crl_locations, f"http://x/{certificate.serial_number}")))
"""


@pytest.mark.once
def test_two_processes_at_once(folder: TrustFolder) -> None:
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    running = [
        subprocess.Popen([sys.executable, "-c", ADDING, folder.path, number], env=environment)
        for number in ("10", "20")
    ]
    assert [one.wait(60) for one in running] == [0, 0]
    expected = {10, 11, 12, 13, 20, 21, 22, 23}
    assert {one.serial_number for one in folder.certificates(TrustRole.INTERMEDIATE)} == expected | {2}
    assert {url.rpartition("/")[2] for url in folder.settings.crl_locations} == {str(one) for one in expected}


def test_no_error_of_another_kind(folder: TrustFolder) -> None:
    """Every byte of every file, changed: what is raised is an error of gmpki, or nothing."""
    folder.add_crl(scene.crl(), NOW)
    now = datetime.now(timezone.utc)
    for path in [anchor_file(folder), Path(folder.crl_paths[0]), Path(folder.path, "settings.toml")]:
        original = path.read_bytes()
        for at in range(0, len(original), max(1, len(original) // 60)):
            path.write_bytes(original[:at] + bytes((original[at] ^ 0x55,)) + original[at + 1 :])
            try:
                check_trust_folder(TrustFolder(folder.path), now)
                TrustFolder(folder.path).settings  # noqa: B018 - read for its error
            except GmpkiError:
                pass
        path.write_bytes(original)
    check_trust_folder(folder, now)
