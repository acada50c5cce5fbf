"""What a run may do to a token: without permissions nothing, with some nothing that stays, and PINs of others never."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.trials import trial
from gmpki.conformance import Kind, Outcome, Permission, Report, Target, resume, run
from gmpki.conformance.recording import Recorder
from gmpki.conformance.registry import checks
from gmpki.conformance.report import write_files
from gmpki.conformance.skf.scene import TEMPORARY_KEY, SKFScene
from gmpki.conformance.target import Options
from gmpki.errors import LoginRequiredError
from gmpki.tokens.interfaces import PinRole
from gmpki.tokens.skf import load
from gmpki.tokens.skf.device_auth import authenticate
from gmpki.tokens.skf.functions import SKF
from gmpki.tokens.skf.structures import DeviceHandle
from gmpki.tokens.soft import library_path

pytestmark = pytest.mark.once

USER_PIN, ADMIN_PIN = b"86420975", b"97531086"
NAME = "OF-OTHERS"


@pytest.fixture
def others(soft_token: str) -> str:
    """Give the folder of a token with an application that somebody uses: a container, a file, a try that was spent."""
    with load(library_path("skf")) as skf:
        device = skf.connect_dev(skf.enum_dev()[0])
        authenticate(skf, device)
        application = skf.create_application(
            device,
            NAME,
            admin_pin=ADMIN_PIN,
            admin_tries=6,
            user_pin=USER_PIN,
            user_tries=6,
            create_file_rights=0x10,
        )
        skf.verify_pin(application, PinRole.USER, USER_PIN)
        skf.gen_ecc_key_pair(skf.create_container(application, "theirs"))
        skf.clear_secure_state(application)
        skf.disconnect_dev(device)
    return soft_token


def stored(folder: str) -> dict[str, bytes]:
    """Return every file of a token."""
    found = {str(path): path.read_bytes() for path in sorted(Path(folder).rglob("*")) if path.is_file()}
    assert found
    return found


def described() -> tuple[object, ...]:
    """Return what somebody else finds of the token: its label, and of each application counters, containers, files."""
    with load(library_path("skf")) as skf:
        device = skf.connect_dev(skf.enum_dev()[0])
        found: list[object] = [skf.get_dev_info(device).label]
        for name in sorted(skf.enum_application(device)):
            application = skf.open_application(device, name)
            tries = [skf.get_pin_info(application, role).tries_left for role in PinRole]
            found.append((name, tries, skf.enum_container(application), skf.enum_files(application)))
            skf.close_application(application)
        authenticate(skf, device)  # with the key that it had
        skf.disconnect_dev(device)
    return tuple(found)


def whole(kind: Kind, *permissions: Permission, select: tuple[str, ...] = (), **named: object) -> Report:
    path = library_path(kind.value)
    assert path is not None
    return run(Target(kind, path, **named), permissions=permissions, select=select)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", [Kind.SKF, Kind.PKCS11], ids=["skf", "pkcs11"])
def test_reading_changes_nothing(others: str, kind: Kind) -> None:
    """Without permission and without a PIN: not one byte."""
    before = stored(others)
    slow = ("latency", "randomness")
    quick = [check.id for check in checks(kind) if not check.permissions and check.group not in slow]
    path = str(library_path(kind.value))
    results = trial(path, *quick, kind=kind, permissions=(), application=NAME if kind is Kind.SKF else None)
    assert sum(result.outcome is not Outcome.NOT_RUN for result in results.values()) > 20
    assert stored(others) == before


@pytest.mark.parametrize(("kind", "group"), [(Kind.SKF, "pins"), (Kind.PKCS11, "login")], ids=["skf", "pkcs11"])
def test_reading_with_a_pin_only_logs_in(others: str, kind: Kind, group: str) -> None:
    """A login spends a try before it gives it back, which the record of the device shows; nothing else changes."""
    before = described()
    application = NAME if kind is Kind.SKF else None
    report = whole(kind, select=(group,), application=application, user_pin=USER_PIN, admin_pin=ADMIN_PIN)
    assert Outcome.PASSED in {result.outcome for result in report.results}
    assert described() == before


@pytest.mark.parametrize("group", ["files", "containers", "signatures", "ciphers"])
def test_writing_leaves_no_trace(others: str, group: str) -> None:
    before = described()
    report = whole(
        Kind.SKF, Permission.WRITE, select=(group,), application=NAME, user_pin=USER_PIN, admin_pin=ADMIN_PIN
    )
    assert sum(result.outcome is Outcome.PASSED for result in report.results) > 2
    assert described() == before


def test_a_wrong_pin_costs_one_try_and_no_more(others: str) -> None:
    report = whole(Kind.SKF, Permission.WRITE, select=("containers", "files"), application=NAME, user_pin=b"00000000")
    assert Outcome.NOT_RUN in {result.outcome for result in report.results}
    (_, (_, tries, _, _)) = described()  # type: ignore[misc]
    assert sorted(tries) == [5, 6]  # type: ignore[has-type]


def test_no_pin_and_no_key_is_left_anywhere(others: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """In no file of the report, and nothing is printed."""
    key = bytes(range(0x41, 0x51))
    with load(library_path("skf")) as skf:
        device = skf.connect_dev(skf.enum_dev()[0])
        authenticate(skf, device)
        skf.change_dev_auth_key(device, key)
        skf.disconnect_dev(device)
    target = Target(Kind.SKF, str(library_path("skf")), user_pin=USER_PIN, admin_pin=ADMIN_PIN, device_key=key)
    report = run(target, permissions=list(Permission), select=["PIN", "AUTH"], report_dir=tmp_path / "report")
    write_files(report, tmp_path / "report")
    printed = "".join(capfd.readouterr()).encode()
    files = [path.read_bytes() for path in (tmp_path / "report").iterdir()]
    assert len(files) == 4
    for secret in (USER_PIN, ADMIN_PIN, key):
        for form in (secret, secret.hex().encode(), secret.hex(" ").encode(), repr(secret).encode()):
            assert not any(form.lower() in content.lower() for content in [printed, *files])


# ---- a device key that was changed ----------------------------------------------------------
@pytest.fixture
def connected(soft_token: str) -> Iterator[tuple[SKF, DeviceHandle]]:
    """Give the driver and the device."""
    with load(library_path("skf")) as skf:
        device = skf.connect_dev(skf.enum_dev()[0])
        yield skf, device
        skf.disconnect_dev(device)


def noted(path: str, **named: bytes) -> str:
    """Return what is noted before the device key is changed."""
    names: list[str] = []
    target = Target(Kind.SKF, path, **named)  # type: ignore[arg-type]
    with SKFScene(target, list(Permission), Options(), Recorder(), on_made=names.append) as scene:
        scene.key_changes()
    return names[0]


@pytest.mark.parametrize("resumed_with", [None, bytes(16)], ids=["same", "other"])
def test_a_device_key_that_a_killed_run_has_left(
    connected: tuple[SKF, DeviceHandle], tmp_path: Path, resumed_with: bytes | None
) -> None:
    """It is changed back when the run goes on, but never to another key than the device had."""
    path = str(library_path("skf"))
    run(Target(Kind.SKF, path), select=["SKF-DEV-001"], permissions=[Permission.INIT], report_dir=tmp_path)
    note = noted(path)
    with (tmp_path / "journal.jsonl").open("a") as journal:
        journal.write(f'{{"made":"{note}"}}\n')
    authenticate(*connected)
    connected[0].change_dev_auth_key(connected[1], TEMPORARY_KEY)
    report = resume(tmp_path, Target(Kind.SKF, path, device_key=resumed_with))
    if resumed_with is None:
        assert "left_behind" not in report.environment
        authenticate(*connected)
    else:
        assert report.environment["left_behind"] == note
        with pytest.raises(LoginRequiredError):
            authenticate(*connected)
        authenticate(*connected, TEMPORARY_KEY)


def test_a_note_of_a_key_tells_nothing_of_it(soft_token: str) -> None:
    key = bytes(range(16))
    note = noted(str(library_path("skf")), device_key=key)
    assert len(note) == len("GMPKI-device-key-") + 8
    assert note != noted(str(library_path("skf")))
    assert key.hex()[:8] not in note
