"""Groups of recipients."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from certified import DAY, NOW
from gmpki.errors import InvalidInputError, InvalidTypeError, LimitExceeded, ProfileError, StateError, TamperedError
from gmpki.keystore import RecipientGroups, TrustFolder, TrustStatus, certificate_status
from gmpki.keystore import recipients as module
from keystore import trust_scene as scene


@pytest.fixture
def groups(tmp_path: Path) -> RecipientGroups:
    return RecipientGroups(tmp_path / "recipients")


def test_members_are_there_again(groups: RecipientGroups, tmp_path: Path) -> None:
    assert groups.add("财务处", [scene.user(), scene.user(4)]) == 2
    assert groups.add("财务处", [scene.user()]) == 0
    assert groups.add("legal", [scene.user()]) == 1
    again = RecipientGroups(tmp_path / "recipients")
    assert set(again.names()) == {"legal", "财务处"}
    assert set(again.members("财务处")) == {scene.user(), scene.user(4)}
    digits = scene.user().fingerprint().hex()
    assert again.members("财务处", digits[:12]) == (scene.user(),)


def test_a_group_without_members_is_none(groups: RecipientGroups) -> None:
    groups.add("组", [scene.user(), scene.user(4)])
    assert groups.remove("组", scene.user().fingerprint().hex()) == (scene.user(),)
    assert groups.members("组") == (scene.user(4),)
    assert groups.remove("组") == (scene.user(4),)
    assert groups.names() == ()
    for call in (groups.members, groups.remove):
        with pytest.raises(InvalidInputError, match="there is no group"):
            call("组")


def test_nothing_there_yet(groups: RecipientGroups) -> None:
    assert groups.names() == ()
    with pytest.raises(InvalidInputError, match="there is no group"):
        groups.members("组")
    with pytest.raises(InvalidInputError, match="there is no group"):
        groups.remove("组")


def test_both_ways_to_write_a_name_are_one_group(groups: RecipientGroups) -> None:
    groups.add("caf\u00e9", [scene.user()])
    assert groups.members("cafe\u0301") == (scene.user(),)


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        ".x",
        "x.",
        " x",
        "x ",
        "a/b",
        "a\\b",
        "../x",
        "a:b",
        "a\nb",
        "a\0b",
        "a\u200bb",
        "\ud800",
        "x" * 65,
        "组" * 67,
    ],
    ids=ascii,
)
def test_what_is_no_name_of_a_group(groups: RecipientGroups, name: str, tmp_path: Path) -> None:
    for call in (lambda: groups.add(name, [scene.user()]), lambda: groups.members(name), lambda: groups.remove(name)):
        with pytest.raises(InvalidInputError, match="the name of a group"):
            call()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("certificate", ["root", "sub"])
def test_a_certificate_that_is_not_for_encryption(groups: RecipientGroups, certificate: str) -> None:
    wrong = getattr(scene, certificate)()
    with pytest.raises(ProfileError, match="allows no encryption"):
        groups.add("组", [scene.user(), wrong])
    assert groups.names() == (), "nothing of it was added"
    assert groups.add("组", [wrong], any_usage=True) == 1


@pytest.mark.parametrize("prefix", ["", "0", "zzzzzzzz", "00000000", "0" * 65])
def test_a_fingerprint_of_nobody(groups: RecipientGroups, prefix: str) -> None:
    groups.add("组", [scene.user()])
    with pytest.raises(InvalidInputError):
        groups.members("组", prefix)
    with pytest.raises(InvalidInputError):
        groups.remove("组", prefix)
    assert groups.members("组") == (scene.user(),)


@pytest.mark.parametrize(
    "call",
    [
        lambda groups: groups.add(b"x", [scene.user()]),
        lambda groups: groups.add("x", [scene.user().der]),
        lambda groups: groups.add("x", None),
        lambda groups: groups.members(5),
        lambda groups: groups.remove(None),
        lambda _groups: RecipientGroups(b"x"),  # type: ignore[arg-type]
    ],
    ids=range(6),
)
def test_inputs_of_another_type(groups: RecipientGroups, call: Any) -> None:
    with pytest.raises(InvalidTypeError):
        call(groups)


def test_room(groups: RecipientGroups, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_GROUPS", 1)
    monkeypatch.setattr(module, "MAX_MEMBERS", 2)
    groups.add("一", [scene.user(), scene.user(4)])
    with pytest.raises(LimitExceeded, match="at most 2"):
        groups.add("一", [scene.user(5)])
    with pytest.raises(LimitExceeded, match="at most 1"):
        groups.add("二", [scene.user()])


def test_hostile_contents(groups: RecipientGroups, tmp_path: Path) -> None:
    groups.add("组", [scene.user()])
    inner = tmp_path / "recipients" / "组"
    (file,) = inner.iterdir()
    file.write_bytes(scene.user(4).to_pem())
    with pytest.raises(TamperedError):
        groups.members("组")
    file.unlink()
    file.symlink_to("/dev/zero")
    with pytest.raises(StateError):
        groups.members("组")
    os.chmod(inner, 0o777)
    with pytest.raises(StateError, match="others may write"):
        groups.members("组")


def test_a_folder_that_was_put_there_by_hand(groups: RecipientGroups, tmp_path: Path) -> None:
    groups.add("组", [scene.user()])
    (tmp_path / "recipients" / "a:b").mkdir()
    with pytest.raises(StateError, match="was not put there"):
        groups.names()


def test_a_group_that_is_a_file(groups: RecipientGroups, tmp_path: Path) -> None:
    groups.add("组", [scene.user()])
    (tmp_path / "recipients" / "file").touch()
    with pytest.raises(StateError, match="no folder"):
        groups.names()


# ---- how certificates stand -----------------------------------------------------------------
def test_how_recipients_stand(tmp_path: Path) -> None:
    folder: TrustFolder = scene.folder_in(tmp_path)
    folder.add_crl(scene.root_crl(), NOW)
    folder.add_crl(scene.crl(1, 5), NOW)
    trust = folder.trust()
    found = {
        name: certificate_status(certificate, trust, NOW)[0]
        for name, certificate in {
            "good": scene.user(),
            "over": scene.user(6, 0),
            "early": scene.user(7, 1000, 1),
            "revoked": scene.user(5),
            "foreign": scene.other(),
        }.items()
    }
    assert found == {
        "good": TrustStatus.VALID,
        "over": TrustStatus.VALID,  # to its very last second
        "early": TrustStatus.NOT_YET_VALID,
        "revoked": TrustStatus.REVOKED,
        "foreign": TrustStatus.UNTRUSTED,
    }
    assert certificate_status(scene.user(6, 0), trust, NOW + DAY)[0] is TrustStatus.EXPIRED
    assert certificate_status(scene.user(), None, NOW)[0] is TrustStatus.UNCHECKED
    # Of a certificate whose list is out of date nobody knows.
    assert certificate_status(scene.user(), trust, NOW + 30 * DAY)[0] is TrustStatus.UNTRUSTED


def test_a_recipient_below_a_revoked_authority(tmp_path: Path) -> None:
    folder = scene.folder_in(tmp_path)
    folder.add_crl(scene.root_crl(1, 2), NOW)
    folder.add_crl(scene.crl(), NOW)
    status, detail = certificate_status(scene.user(), folder.trust(), NOW)
    assert status is TrustStatus.REVOKED
    assert detail
