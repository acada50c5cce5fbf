"""Fetching the lists of a trust folder: what is let in, what stays, and what the report says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from certified import DAY, NOW, certify
from gmpki.asn1.rfc5280 import CRLDistributionPoints, DistributionPoint, IssuingDistributionPoint
from gmpki.asn1.rfc5280.ext_keys import KeyUsage, KeyUsages
from gmpki.asn1.rfc5280.ext_names import BasicConstraints
from gmpki.asn1.rfc5280.ext_points import DistributionPointName
from gmpki.asn1.rfc5280.general_name import GeneralName
from gmpki.errors import FetchError, GmpkiError, InvalidSignature, LimitExceeded, StateError, ValidationError
from gmpki.keystore import LocationStatus, TrustFolder, TrustRole
from gmpki.keystore import crl_update as module
from gmpki.keystore.trust_settings import TrustSettings
from gmpki.x509.crl import CertificateRevocationList
from keystore import trust_scene as scene

Answers = Mapping[str, object]


@pytest.fixture
def folder(tmp_path: Path) -> TrustFolder:
    """Give a folder that asks for the list of the root, which a certificate names, and for that of the one below."""
    made = scene.folder_in(tmp_path)
    made.change_settings(lambda _old: TrustSettings(crl_locations=(scene.SUB_URL,)))
    return made


def fetching(answers: Answers, asked: list[str] | None = None) -> Callable[[str], bytes]:
    """Return a function that gives lists, or raises what is no list."""

    def fetch(url: str) -> bytes:
        if asked is not None:
            asked.append(url)
        found = answers.get(url, FetchError("nobody answers"))
        if isinstance(found, Exception):
            raise found
        return found.der if isinstance(found, CertificateRevocationList) else found  # type: ignore[return-value]

    return fetch


def update(folder: TrustFolder, sub: object, root: object = None, *, at: Any = NOW) -> list[str]:
    """Update, and return how it went with the list of the one below, and with that of the root."""
    answers = {scene.SUB_URL: sub, scene.ROOT_URL: scene.root_crl() if root is None else root}
    return [one.status.value for one in folder.update_crls(fetching(answers), at)]


def numbers(folder: TrustFolder) -> set[int | None]:
    return {one.crl.crl_number for one in folder.crls if one.crl.issuer == scene.SUB_NAME}


# ---- what is let in -------------------------------------------------------------------------
def test_lists_are_fetched_and_kept(folder: TrustFolder) -> None:
    assert update(folder, scene.crl(1, 3)) == ["updated", "updated"]
    again = TrustFolder(folder.path)
    assert {one.crl.issuer for one in again.crls} == {scene.ROOT_NAME, scene.SUB_NAME}
    assert again.trust(NOW).checkers


def test_the_same_list_again(folder: TrustFolder) -> None:
    lists = scene.crl(), scene.root_crl()
    assert update(folder, *lists) == ["updated", "updated"]
    before = [Path(path).stat().st_mtime_ns for path in folder.crl_paths]
    assert update(folder, *lists) == ["unchanged", "unchanged"]
    assert [Path(path).stat().st_mtime_ns for path in folder.crl_paths] == before


def test_a_newer_list_takes_the_place_of_the_old(folder: TrustFolder) -> None:
    update(folder, scene.crl(1))
    assert update(folder, scene.crl(2, 3))[0] == "updated"
    assert numbers(folder) == {2}


@pytest.mark.parametrize("form", ["der", "pem", "base64"])
def test_forms_of_a_list(folder: TrustFolder, form: str) -> None:
    pem = scene.crl().to_pem()
    data = {"der": scene.crl().der, "pem": pem, "base64": b"".join(pem.splitlines()[1:-1])}[form]
    assert update(folder, data)[0] == "updated"


def test_lists_of_several_scopes_stand_side_by_side(folder: TrustFolder) -> None:
    users = IssuingDistributionPoint(only_contains_user_certs=True)
    for one in (scene.crl(5), scene.crl(3, issuing_distribution_point=users), scene.crl(6, delta_base=5)):
        assert update(folder, one)[0] == "updated"
    assert numbers(folder) == {3, 5, 6}


def test_a_new_key_of_the_same_name_counts_anew(folder: TrustFolder) -> None:
    update(folder, scene.crl(100))
    folder.add(TrustRole.INTERMEDIATE, scene.renewed())
    assert update(folder, scene.crl(1, issuer=scene.renewed(), key=scene.OTHER_KEY))[0] == "updated"
    assert numbers(folder) == {1, 100}


# ---- what is refused ------------------------------------------------------------------------
def refused_lists() -> dict[str, tuple[CertificateRevocationList | bytes | Exception, str]]:
    """Return what must not be let in, and what the report says of it."""
    good = scene.crl(7)
    odd = scene.crl(7, issuer=scene.renewed(), key=scene.OTHER_KEY)
    return {
        "older number": (scene.crl(4), "crl-older|number 4, the one in the folder has 5"),
        "older date": (scene.crl(5, since=NOW - 3 * DAY), "the list is of 2026-02-26"),
        "out of date": (scene.crl(7, until=NOW - DAY / 2), "out of date"),
        "of the future": (scene.crl(7, since=NOW + DAY), "after the time in question"),
        "somebody else": (scene.crl(7, issuer=scene.other(), key=scene.OTHER_KEY), "no certificate of"),
        "another key": (odd, "InvalidSignature"),
        "a changed byte": (good.der[:-3] + bytes((good.der[-3] ^ 1,)) + good.der[-2:], "InvalidSignature"),
        "cut off": (good.der[:-1], "DecodeError"),
        "a certificate": (scene.root().der, "DecodeError"),
        "a page": (b"<html>log in first</html>", "none of these"),
        "nothing": (b"", "an empty file"),
        "nobody": (FetchError("nobody answers"), "FetchError: nobody answers"),
        "any exception": (ZeroDivisionError("of the caller"), "ZeroDivisionError"),
    }


REFUSED = list(refused_lists())


@pytest.mark.parametrize("case", REFUSED)
def test_the_old_list_stays(folder: TrustFolder, case: str) -> None:
    came, said = refused_lists()[case]
    update(folder, scene.crl(5))
    held = {one.name: one.crl for one in folder.crls}
    (report, _) = folder.update_crls(fetching({scene.SUB_URL: came, scene.ROOT_URL: scene.root_crl()}), NOW)
    assert report.status is LocationStatus.KEPT
    assert not report.ok
    assert report.held is not None
    assert report.held.crl.crl_number == 5
    assert any(part in report.detail for part in said.split("|")), report.detail
    assert scene.SUB_URL in report.detail
    now = {one.name: one.crl for one in folder.crls}
    assert {name: crl for name, crl in now.items() if crl.issuer == scene.SUB_NAME} == {
        name: crl for name, crl in held.items() if crl.issuer == scene.SUB_NAME
    }


@pytest.mark.parametrize("case", [case for case in REFUSED if not case.startswith("older")])
def test_without_an_old_list_it_failed(folder: TrustFolder, case: str) -> None:
    assert update(folder, refused_lists()[case][0]) == ["failed", "updated"]
    assert numbers(folder) == set()


def test_an_old_list_that_is_over_is_not_kept_for_good(folder: TrustFolder) -> None:
    update(folder, scene.crl(5))
    later = NOW + 30 * DAY
    assert update(folder, FetchError("away"), FetchError("away"), at=later) == ["failed", "failed"]
    assert len(folder.crls) == 2, "it is there still, and its date tells what it is"


@pytest.mark.parametrize(
    ("usages", "reason"),
    [((KeyUsage(KeyUsages.KEY_CERT_SIGN),), "crl-signer"), ((KeyUsage(KeyUsages.CRL_SIGN),), None)],
    ids=["no-crl-sign", "crl-sign"],
)
def test_who_may_sign_lists(tmp_path: Path, usages: tuple[KeyUsage, ...], reason: str | None) -> None:
    folder = TrustFolder.create(tmp_path / "trust")
    folder.add(TrustRole.ANCHOR, scene.root())
    signer = certify(
        scene.SUB_NAME,
        scene.SUB_KEY.public_key,
        scene.ROOT_NAME,
        scene.ROOT_KEY,
        BasicConstraints(True) if KeyUsages.KEY_CERT_SIGN in usages[0].usages else BasicConstraints(False),
        *usages,
    )
    folder.add(TrustRole.INTERMEDIATE, signer)
    if reason is None:
        folder.add_crl(scene.crl(), NOW)
        return
    with pytest.raises(ValidationError) as caught:
        folder.add_crl(scene.crl(), NOW)
    assert caught.value.reason == reason
    assert folder.crls == ()


def test_a_signer_without_a_path_to_an_anchor(tmp_path: Path) -> None:
    folder = TrustFolder.create(tmp_path / "trust")
    folder.add(TrustRole.ANCHOR, scene.other())
    folder.add(TrustRole.INTERMEDIATE, scene.sub())
    with pytest.raises(ValidationError):
        folder.add_crl(scene.crl(), NOW)
    folder.add(TrustRole.ANCHOR, scene.root())
    folder.add_crl(scene.crl(), NOW)


def test_a_signer_that_expired(folder: TrustFolder) -> None:
    late = NOW + 2000 * DAY
    with pytest.raises(ValidationError, match="was valid until"):
        folder.add_crl(scene.crl(since=late - DAY, until=late + DAY), late)


def test_among_keys_of_one_name_the_one_that_signed_speaks(folder: TrustFolder) -> None:
    folder.add(TrustRole.INTERMEDIATE, scene.renewed())
    with pytest.raises(ValidationError) as caught:
        folder.add_crl(scene.crl(until=NOW - DAY / 2), NOW)
    assert caught.value.reason == "crl-time"
    with pytest.raises(InvalidSignature):
        folder.add_crl(scene.crl(issuer=scene.renewed(scene.USER_KEY), key=scene.USER_KEY), NOW)


def test_an_anchor_for_time_stamps_signs_lists_too(tmp_path: Path) -> None:
    folder = TrustFolder.create(tmp_path / "trust")
    folder.add(TrustRole.TIMESTAMP_ANCHOR, scene.root())
    folder.add_crl(scene.root_crl(), NOW)


def test_a_list_that_somebody_damaged_does_not_stand_in_the_way(folder: TrustFolder) -> None:
    update(folder, scene.crl(5))
    for path in folder.crl_paths:
        Path(path).write_bytes(b"damaged")
    assert update(folder, scene.crl(5)) == ["updated", "updated"]
    assert numbers(folder) == {5}


# ---- where lists are ------------------------------------------------------------------------
def with_points(folder: TrustFolder, *groups: tuple[str, ...]) -> None:
    """Add somebody whose certificate names lists."""
    named = certify(
        scene.USER_NAME,
        scene.USER_KEY.public_key,
        scene.SUB_NAME,
        scene.SUB_KEY,
        scene.points(*groups),
        serial_number=77,
    )
    folder.add(TrustRole.INTERMEDIATE, named)


def test_addresses_of_one_point_lead_to_one_list(folder: TrustFolder) -> None:
    first, second, third = (f"http://{number}.example.cn/sub.crl" for number in (1, 2, 3))
    folder.change_settings(lambda _old: TrustSettings())
    with_points(folder, ("ldap://ldap.example.cn/cn=list", first, second, third))
    asked: list[str] = []
    answers = {second: scene.crl(), third: scene.crl(), scene.ROOT_URL: scene.root_crl()}
    reports = {one.urls: one for one in folder.update_crls(fetching(answers, asked), NOW)}
    report = reports[first, second, third]
    assert report.ok
    assert report.url == second
    assert "nobody answers" in report.detail
    assert asked.count(first) == asked.count(second) == 1
    assert third not in asked


def test_a_place_without_http(folder: TrustFolder) -> None:
    with_points(folder, ("ldap://ldap.example.cn/cn=list",), ("http://b ad/",))
    asked: list[str] = []
    answers = {scene.SUB_URL: scene.crl(), scene.ROOT_URL: scene.root_crl()}
    reports = folder.update_crls(fetching(answers, asked), NOW)
    assert [one.status.value for one in reports].count("skipped") == 1
    assert all(one.ok for one in reports)
    assert set(asked) == {scene.SUB_URL, scene.ROOT_URL}


def test_what_certificates_name_can_be_left_out(folder: TrustFolder) -> None:
    folder.change_settings(lambda old: TrustSettings(crl_locations=old.crl_locations, crl_from_certificates=False))
    asked: list[str] = []
    folder.update_crls(fetching({scene.SUB_URL: scene.crl()}, asked), NOW)
    assert asked == [scene.SUB_URL]


def test_one_address_is_asked_once(folder: TrustFolder) -> None:
    folder.change_settings(lambda _old: TrustSettings(crl_locations=(scene.ROOT_URL,)))
    asked: list[str] = []
    folder.update_crls(fetching({}, asked), NOW)
    assert asked == [scene.ROOT_URL]


def test_too_many_places(folder: TrustFolder) -> None:
    for number in range(17):
        named = certify(
            scene.USER_NAME,
            scene.USER_KEY.public_key,
            scene.SUB_NAME,
            scene.SUB_KEY,
            scene.points(*((f"http://{number}.example.cn/{one}",) for one in range(16))),
            serial_number=100 + number,
        )
        folder.add(TrustRole.INTERMEDIATE, named)
    with pytest.raises(LimitExceeded, match="at most 256"):
        folder.update_crls(fetching({}), NOW)


def test_a_list_names_its_place(folder: TrustFolder) -> None:
    at = DistributionPointName((GeneralName.uri(scene.SUB_URL),))
    scope = IssuingDistributionPoint(distribution_point=at)
    assert update(folder, scene.crl(issuing_distribution_point=scope))[0] == "updated"
    folder.add_crl(scene.root_crl(), NOW)
    folder.trust(NOW).validate(scene.user())


# ---- what is remembered ---------------------------------------------------------------------
@pytest.mark.parametrize(
    "data",
    [b"", b"\xff\xfe", b"a b c\n", b"nothing " * 1000, b"x" * (5 << 20), b"0" * 64 + b" http://x/\n"],
    ids=["empty", "no-text", "words", "long-line", "long-file", "another-address"],
)
def test_notes_that_were_damaged(folder: TrustFolder, data: bytes) -> None:
    update(folder, scene.crl())
    Path(folder.path, "crl-origins").write_bytes(data)
    assert update(folder, FetchError("away"))[0] == "failed", "nothing says what came from there"
    assert update(folder, scene.crl(2))[0] == "updated"
    assert update(folder, FetchError("away"))[0] == "kept"


def test_a_folder_that_takes_nothing(folder: TrustFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    update(folder, scene.crl())

    def full(*_arguments: Any, **_options: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("gmpki._files.create", full)
    with pytest.raises(StateError, match="No space left"):
        update(folder, scene.crl(2))
    assert numbers(folder) == {1}


def test_of_two_updates_at_once_the_newer_list_stays(folder: TrustFolder) -> None:
    """While one update fetches, another one brings a newer list: the first must not undo that."""

    def fetch(url: str) -> bytes:
        if url == scene.SUB_URL:
            TrustFolder(folder.path).add_crl(scene.crl(9), NOW)
            return scene.crl(8).der
        return scene.root_crl().der

    report = folder.update_crls(fetch, NOW)[0]
    assert "crl-older" in report.detail or "the one in the folder has 9" in report.detail
    assert numbers(folder) == {9}


def test_points_of_a_certificate() -> None:
    assert list(module.points_of(scene.sub())) == [(scene.ROOT_URL,)]
    assert list(module.points_of(scene.root())) == []
    both = CRLDistributionPoints((DistributionPoint.uri(scene.ROOT_URL, scene.ROOT_URL, "ldap://x/"),))
    named = certify(scene.USER_NAME, scene.USER_KEY.public_key, scene.SUB_NAME, scene.SUB_KEY, both)
    assert list(module.points_of(named)) == [(scene.ROOT_URL,)]


def test_what_is_fetched_changes_nothing_but_lists(folder: TrustFolder) -> None:
    """Whatever comes, only errors of gmpki come out, and no anchor comes in."""
    original = scene.crl(3).der
    for at in range(0, len(original), 7):
        changed = original[:at] + bytes((original[at] ^ 0x21,)) + original[at + 1 :]
        try:
            folder.update_crls(fetching({scene.SUB_URL: changed}), NOW)
        except GmpkiError:
            pytest.fail("an address that gives nonsense is no reason to stop")
    assert numbers(folder) == set()
    assert folder.certificates(TrustRole.ANCHOR) == (scene.root(),)
