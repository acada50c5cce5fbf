"""``gmpki token``: devices, applications, PINs, containers, files, over SKF and PKCS #11."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from cli.token_files import CONTAINER, DEVICE, PLACE, Token, pkcs11_uri, set_variables, write_token
from gmpki.cli import token_bench, token_doctor, token_soft
from gmpki.keys.loader import load_public_key
from gmpki.tokens import limits
from gmpki.tokens.skf import header
from gmpki.tokens.skf.driver_profile import DriverProfile
from gmpki.tokens.soft import SoftSettings, card, create_soft_device, library_path, list_soft_devices
from gmpki.x509.certificate import load_certificate
from gmpki.x509.request import load_request
from tokens.scene import APPLICATION

Run = Callable[..., Result]
Answer = Callable[..., dict[str, Any]]

PIN = ("--pin-env", "USER_PIN")
WRONG = ("--pin-env", "WRONG_PIN")
SKF = f"skf:lib={library_path('skf')}"


@pytest.fixture(autouse=True)
def variables(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    set_variables(monkeypatch)
    monkeypatch.setenv("WRONG_PIN", "00000000")


@pytest.fixture
def token(variables: None) -> Token:
    return write_token()


@pytest.fixture(params=["skf", "pkcs11"])
def place(request: pytest.FixtureRequest, token: Token) -> str:
    """Give the URI of the container through each driver."""
    return CONTAINER if request.param == "skf" else pkcs11_uri()


def tries_left(answer: Answer) -> int:
    pins = answer("token", "pin", "info", PLACE)["pins"]
    left: int = next(pin["tries_left"] for pin in pins if pin["role"] == "user")
    return left


# ---- devices ----------------------------------------------------------------------------
def test_devices_of_the_software_token(run: Run, answer: Answer) -> None:
    assert "没有软令牌" in run("token", "soft", "list").output
    made = answer("token", "soft", "init", "--label", "测试", "--pin-iterations", "1", "00b1")
    assert made["uri"] == "soft:dev=00b1"
    assert answer("token", "list")["devices"][0]["label"] == "测试"
    run("token", "soft", "remove", "00b1")
    assert answer("token", "soft", "list")["devices"][0]["present"] is False
    assert answer("token", "list")["devices"] == []
    assert answer("token", "info", "soft:", exit_code=1)["error"]["type"] == "TokenNotFoundError"
    run("token", "soft", "insert", "00b1")
    run("token", "soft", "reset", "--yes", "--label", "新", "00b1")
    assert answer("token", "info", "soft:")["device"]["label"] == "新"
    run("token", "soft", "delete", "--yes", "00b1")
    assert list_soft_devices() == ()


def test_what_is_lost_is_asked_for(run: Run, token: Token) -> None:
    """Where nobody can be asked, nothing is deleted without --yes."""
    for arguments in (
        ("soft", "reset", "00a1"),
        ("soft", "delete", "00a1"),
        ("app", "delete", PLACE),
        ("container", "delete", CONTAINER, *PIN),
        ("file", "rm", PLACE, "--name", "old", *PIN),
        ("gen-key", CONTAINER, *PIN),
    ):
        assert "--yes" in run("token", *arguments, exit_code=2).stderr
    assert run("token", "export-cert", CONTAINER).stdout.encode() == token.issued.pair.signing.to_pem()


@pytest.mark.parametrize("name", ["00a1", ".hidden", "a/b", "x" * 32])
def test_serial_numbers_that_are_none_or_taken(answer: Answer, token: Token, name: str) -> None:
    expected = "TokenExistsError" if name == "00a1" else "InvalidInputError"
    assert answer("token", "soft", "init", name, exit_code=1)["error"]["type"] == expected


def test_no_card_without_a_reader(answer: Answer, token: Token) -> None:
    assert answer("token", "soft", "card", "--port", "1", "00a1", exit_code=1)["error"]["type"] == "TokenNotFoundError"


def test_list_tells_of_every_driver(run: Run, answer: Answer, token: Token) -> None:
    drivers = ("soft:", f"pkcs11:?module-path={library_path('pkcs11')}", "skf:lib=/none/libskf.so")
    found = answer("token", "list", *drivers, exit_code=1)
    assert found["error"]["type"] == "DriverError"
    assert [one["uri"] for one in found["failures"]] == ["skf:lib=/none/libskf.so"]
    uris = [one["uri"] for one in found["devices"]]
    assert uris[0] == DEVICE
    for uri in uris:
        if "slot-id" not in uri:  # an empty slot has no application to look into
            assert answer("token", "info", uri)["device"]["serial_number"] == "00a1"
    assert DEVICE in run("token", "list", *drivers, exit_code=1).stdout
    # A driver that cannot be used is not said to have no device.
    assert "no device" not in run("token", "list", drivers[-1], exit_code=1).stdout


def test_info_shows_certificates_and_chains(run: Run, answer: Answer, token: Token, place: str) -> None:
    arguments = ("token", "info", "--anchor", "root.pem", "--at", "2026-03-01T08:00:00Z", place)
    (application,) = answer(*arguments)["device"]["applications"]
    (container,) = application["containers"]
    for usage in ("signing", "encryption"):
        certificate = container[usage]["certificate"]
        assert certificate["subject"].endswith("CN=张三")
        assert certificate["trust"]["trusted"] is True
        assert len(certificate["trust"]["chain"]) == 2
    assert "证书链" in run(*arguments).output
    late = answer("token", "info", "--anchor", "root.pem", "--at", "2040-01-01", place)
    trust = late["device"]["applications"][0]["containers"][0]["signing"]["certificate"]["trust"]
    assert trust["trusted"] is False
    assert "not trusted" in run("token", "info", "--anchor", "root.pem", "--at", "2040-01-01", place).output


def test_a_device_is_taken_into_use(run: Run, answer: Answer) -> None:
    create_soft_device(SoftSettings(serial="00c1", pin_iterations=1))
    new = ("--admin-pin-env", "ADMIN_PIN", *PIN)
    run("token", "init", f"soft:app={APPLICATION}", "--label", "张三", *new, "--new-device-key-env", "DEVICE_KEY")
    info = answer("token", "info", "soft:")["device"]
    assert info["label"] == "张三"
    assert [one["name"] for one in info["applications"]] == [APPLICATION]
    # Another device key now, and the one of the factory no longer opens anything.
    assert answer("token", "app", "create", "soft:app=B", *new, exit_code=1)["error"]["type"] == "LoginRequiredError"
    run("token", "app", "create", "soft:app=B", *new, "--device-key-env", "DEVICE_KEY")
    run("token", "app", "delete", "--yes", "soft:app=B", "--device-key-env", "DEVICE_KEY")
    assert [one["name"] for one in answer("token", "app", "list", "soft:")["applications"]] == [APPLICATION]
    run("token", "init", "soft:", exit_code=2)
    run("token", "set-label", "--label", "新", "soft:")
    assert answer("token", "info", "soft:")["device"]["label"] == "新"


def test_applications_through_pkcs11(run: Run, answer: Answer, token: Token) -> None:
    module = f"?module-path={library_path('pkcs11')}"
    run("token", "app", "create", f"pkcs11:token=NEW{module}", "--admin-pin-env", "ADMIN_PIN", *PIN)
    run("token", "gen-key", f"pkcs11:token=NEW;object=con9{module}", *PIN)
    found = answer("token", "container", "list", f"{DEVICE};app=NEW")["containers"]
    assert [one["name"] for one in found] == ["con9"]


# ---- PINs -------------------------------------------------------------------------------
def test_a_wrong_pin_spends_one_try(run: Run, answer: Answer, token: Token) -> None:
    error = answer("token", "pin", "verify", PLACE, *WRONG, exit_code=1)["error"]
    assert error["type"] == "PinIncorrectError"
    assert "tries left: 9" in error["message"]
    assert error["tries_left"] == tries_left(answer) == 9
    assert "PIN 正确" in run("token", "pin", "verify", PLACE, *PIN).output
    assert tries_left(answer) == 10


def test_the_last_try_is_asked_for(run: Run, answer: Answer, token: Token) -> None:
    for _ in range(9):
        run("token", "pin", "verify", PLACE, *WRONG, exit_code=1)
    assert tries_left(answer) == 1
    for arguments in (
        ("token", "pin", "verify", PLACE, *WRONG),
        ("token", "csr", CONTAINER, "--subject", "CN=x", *WRONG),
        ("csr", "new", "--key", CONTAINER, "--subject", "CN=x", *WRONG),
    ):
        assert "only one try is left" in run(*arguments, exit_code=2).stderr
    assert tries_left(answer) == 1
    run("token", "pin", "verify", "--yes", PLACE, *WRONG, exit_code=1)
    assert answer("token", "pin", "verify", PLACE, *PIN, exit_code=1)["error"]["type"] == "PinLockedError"
    locked = answer("token", "csr", CONTAINER, "--subject", "CN=x", *PIN, exit_code=1)["error"]
    assert "gmpki token pin unblock" in locked["message"]
    assert "已锁定" in run("token", "pin", "info", PLACE).output
    run("token", "pin", "unblock", PLACE, "--admin-pin-env", "ADMIN_PIN", "--new-pin-env", "NEW_PIN")
    run("token", "pin", "verify", PLACE, "--pin-env", "NEW_PIN")


def test_pins_are_changed(run: Run, answer: Answer, place: str) -> None:
    run("token", "pin", "change", place, *PIN, "--new-pin-env", "NEW_PIN")
    assert answer("token", "pin", "verify", place, *PIN, exit_code=1)["error"]["type"] == "PinIncorrectError"
    run("token", "pin", "verify", place, "--pin-env", "NEW_PIN")
    run("token", "pin", "change", "--role", "admin", place, "--pin-env", "ADMIN_PIN", "--new-pin-env", "NEW_PIN")
    run("token", "pin", "unblock", place, "--admin-pin-env", "NEW_PIN", "--new-pin-env", "USER_PIN")
    run("token", "pin", "verify", place, *PIN)


def test_pins_come_from_files_and_are_never_shown(run: Run, token: Token) -> None:
    Path("pin").write_text("12345678\n")
    shown = run("token", "csr", CONTAINER, "--subject", "CN=x", "--pin-file", "pin", "--json").output
    Path("pin").write_text("99887766\n")
    shown += run("token", "pin", "verify", PLACE, "--pin-file", "pin", exit_code=1).output
    uri = pkcs11_uri() + "&pin-value=99887766"
    shown += run("token", "info", uri, exit_code=1).output
    assert "12345678" not in shown
    assert "99887766" not in shown


def test_nobody_to_ask_for_a_pin(run: Run, token: Token, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gmpki.cli._secrets._somebody_to_ask", lambda: False)
    said = run("token", "csr", CONTAINER, "--subject", "CN=x", exit_code=2).stderr
    assert "the PIN is needed" in " ".join(said.split())
    assert "--pin-env" in said


def test_a_pin_is_asked_for_with_the_tries_left(run: Run, token: Token, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr("gmpki.cli._secrets._somebody_to_ask", lambda: True)
    monkeypatch.setattr("click.prompt", lambda text, **_: asked.append(text) or "12345678")
    run("token", "pin", "verify", PLACE)
    assert asked == [f"用户 PIN of the user, {APPLICATION} @ 00a1, 剩余次数 tries left: 10"]


# ---- which token is meant ---------------------------------------------------------------
def test_the_token_comes_from_option_or_environment(
    run: Run, answer: Answer, token: Token, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "GMPKI_TOKEN" in run("token", "info", exit_code=2).stderr
    by_option = answer("token", "container", "show", "--token", DEVICE, "--app", APPLICATION, "--con", "con1")
    monkeypatch.setenv("GMPKI_TOKEN", CONTAINER)
    assert answer("token", "container", "show") == by_option
    # What there is only one of need not be named; of two applications one must.
    assert answer("token", "container", "show", PLACE) == by_option
    error = answer("token", "container", "list", DEVICE, exit_code=1)["error"]
    assert "2 applications" in error["message"]
    run("token", "info", CONTAINER, "--token", CONTAINER, exit_code=2)


@pytest.mark.parametrize(
    ("uri", "error"),
    [
        ("nonsense", "InvalidInputError"),
        ("soft:app=%zz", "InvalidInputError"),
        ("soft:dev=nothing", "TokenNotFoundError"),
        (f"{DEVICE};app=nothing", "TokenNotFoundError"),
        (f"{PLACE};con=nothing", "TokenNotFoundError"),
        ("skf:lib=/none/libskf.so", "DriverError"),
        ("pkcs11:token=x", "InvalidInputError"),
        (f"pkcs11:token=nothing?module-path={library_path('pkcs11')}", "TokenNotFoundError"),
        (f"{PLACE};profile=./none.toml", "InvalidInputError"),
    ],
    ids=range(9),
)
def test_tokens_that_are_not_there(answer: Answer, token: Token, uri: str, error: str) -> None:
    for command in (("token", "container", "show"), ("token", "export-cert")):
        assert answer(*command, uri, exit_code=1)["error"]["type"] == error


# ---- containers and keys ----------------------------------------------------------------
def test_a_key_is_made_inside(run: Run, answer: Answer, token: Token) -> None:
    for uri in (f"{PLACE};con=new", pkcs11_uri("other")):
        public = load_public_key(run("token", "gen-key", uri, *PIN).stdout.encode())
        run("token", "csr", uri, *PIN, "--subject", "CN=x", "--output", "req.pem", "--force")
        request = load_request(Path("req.pem").read_bytes())
        request.verify_signature()
        assert request.public_key == public
    before = answer("token", "gen-key", f"{PLACE};con=rsa", "--type", "rsa-2048", *PIN)
    assert before["algorithm"] == "RSA 2048"
    refused = answer("token", "gen-key", f"{PLACE};con=weak", "--type", "rsa-1024", *PIN, exit_code=1)
    assert refused["error"]["type"] == "PolicyError"
    run("token", "gen-key", f"{PLACE};con=weak", "--type", "rsa-1024", "--allow-rsa-1024", *PIN)
    again = answer("token", "gen-key", f"{PLACE};con=new", "--yes", *PIN)
    assert again["public_key"].encode() != public.to_pem()


def test_containers_come_and_go(run: Run, answer: Answer, token: Token) -> None:
    run("token", "container", "create", f"{PLACE};con=con2", *PIN)
    assert answer("token", "container", "create", f"{PLACE};con=con2", *PIN, exit_code=1)["error"]["type"] == (
        "TokenExistsError"
    )
    names = [one["name"] for one in answer("token", "container", "list", PLACE)["containers"]]
    assert sorted(names) == ["con1", "con2"]
    # What is not there is said too, so that half a pair is seen.
    assert run("token", "container", "show", f"{PLACE};con=con2").output.count("没有 none") == 4
    run("token", "container", "create", PLACE, *PIN, exit_code=2)
    run("token", "container", "delete", PLACE, *PIN, "--yes", exit_code=2)
    run("token", "container", "delete", "--yes", f"{PLACE};con=con2", *PIN)
    assert [one["name"] for one in answer("token", "container", "list", PLACE)["containers"]] == ["con1"]


def test_certificates_out_and_in(run: Run, answer: Answer, token: Token, place: str) -> None:
    for usage, kept in (("signing", token.issued.pair.signing), ("encryption", token.issued.pair.encryption)):
        run("token", "export-cert", "--usage", usage, place, "--output", f"{usage}.out")
        assert load_certificate(Path(f"{usage}.out").read_bytes()) == kept
    # Which certificate is for which pair, their keys tell.
    done = answer("token", "import-cert", place, *PIN, "-c", "encryption.pem", "-c", "signing.pem")
    assert [one["usage"] for one in done["certificates"]] == ["encryption", "signing"]
    foreign = answer("token", "import-cert", place, *PIN, "-c", "signing.pem", "-c", "root.pem", exit_code=1)
    assert foreign["error"]["type"] == "KeyMismatchError"


def test_a_delivered_key_goes_in(run: Run, answer: Answer, token: Token) -> None:
    delivery = ("--delivery", "pair/encryption-key.der", "-c", "pair/signing.pem", "-c", "pair/encryption.pem")
    assert answer("token", "import-enckey", CONTAINER, *PIN, *delivery)["certificates"]["signing"]["subject"]
    run("token", "gen-key", f"{PLACE};con=con2", *PIN)
    error = answer("token", "import-enckey", f"{PLACE};con=con2", *PIN, *delivery, exit_code=1)["error"]
    assert error["type"] == "KeyMismatchError"
    assert answer("token", "export-cert", f"{PLACE};con=con2", exit_code=1)["error"]["type"] == "TokenNotFoundError"


# ---- files, random ----------------------------------------------------------------------
def test_files(run: Run, answer: Answer, token: Token) -> None:
    Path("chain").write_bytes(b"certificates")
    put = ("token", "file", "put", PLACE, *PIN, "--name", "chain", "--input", "chain")
    run(*put, "--read-by", "anyone")
    assert answer(*put, exit_code=1)["error"]["type"] == "TokenExistsError"
    # Nobody need log in to read it.
    assert run("token", "file", "get", PLACE, "--name", "chain").stdout == "certificates"
    run("token", "file", "get", PLACE, "--name", "old", *WRONG, exit_code=1)
    run("token", "file", "get", PLACE, "--name", "old", *PIN, "--output", "old.out")
    assert Path("old.out").read_bytes() == b"notes"
    assert Path("old.out").stat().st_mode & 0o077 == 0
    Path("chain").write_bytes(b"longer than before")
    run(*put, "--replace")
    (found,) = (one for one in answer("token", "file", "list", PLACE)["files"] if one["name"] == "chain")
    assert found == {"name": "chain", "size": 18, "read_by": "user", "write_by": "user"}
    run("token", "file", "rm", "--yes", PLACE, *PIN, "--name", "chain")
    missing = answer("token", "file", "get", PLACE, "--name", "chain", *PIN, "--output", "x", exit_code=1)
    assert missing["error"]["type"] == "TokenNotFoundError"
    Path("chain").write_bytes(b"")
    run(*put, exit_code=2)


def test_files_behind_pkcs11(answer: Answer, token: Token) -> None:
    error = answer("token", "file", "put", pkcs11_uri(), *PIN, "-n", "x", "-i", "root.pem", exit_code=1)["error"]
    assert error["type"] == "TokenUnsupportedError"


def test_random(run: Run, answer: Answer, place: str) -> None:
    found = answer("token", "random", "--length", "9000", place)["random"]
    assert len(bytes.fromhex(found)) == 9000
    run("token", "random", "--form", "binary", "--length", "5", place, "--output", "r.bin")
    assert len(Path("r.bin").read_bytes()) == 5


# ---- bench and doctor -------------------------------------------------------------------
def test_bench(run: Run, answer: Answer, token: Token, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = limits.limit_profile("tender")
    rows = tuple(row for row in chosen.limits if row.algorithm in ("sm2", "sm4", "sm1"))
    short = limits.LimitProfile("short", "t", "t", ("sm2",), rows)
    monkeypatch.setattr(limits, "limit_profile", lambda _: short)
    found = answer("token", "bench", "--count", "2", PLACE, *PIN)
    # What a token does not have makes it incomplete, never passed.
    assert (found["verdict"], found["absent"]) == ("incomplete", ["sm1"])
    assert {row["verdict"] for row in found["rows"] if row["algorithm"] != "sm1"} == {"passed"}
    assert [one["name"] for one in answer("token", "container", "list", PLACE)["containers"]] == ["con1"]
    assert "不完整" in run("token", "bench", "--software", "--count", "1").output
    hard = limits.LimitProfile("hard", "t", "t", ("sm1",), rows)
    monkeypatch.setattr(limits, "limit_profile", lambda _: hard)
    missing = answer("token", "bench", "--software", "--count", "1", exit_code=1)
    assert missing["absent_mandatory"] == ["sm1"]


def test_doctor_of_an_skf_driver(run: Run, answer: Answer, token: Token) -> None:
    found = answer("token", "doctor", SKF, "--save", "driver.toml")
    assert "isolated=yes" in found["uri"]
    assert (found["layout"], found["missing"], found["sm2_numbering"]) == ("u32-packed", [], "standard")
    assert all("seen" in note for note in found["notes"])
    profile = DriverProfile.from_toml(Path("driver.toml").read_text(encoding="utf-8"))
    assert profile.layout is not None
    # What was saved is taken.
    assert answer("token", "info", f"{SKF};profile=driver.toml")["device"]["serial_number"] == "00a1"
    assert "u32-packed" in run("token", "doctor", "--in-process", SKF).output
    run("token", "doctor", SKF, "--save", "driver.toml", exit_code=1)


def test_doctor_of_a_pkcs11_module(answer: Answer, token: Token) -> None:
    found = answer("token", "doctor", f"pkcs11:?module-path={library_path('pkcs11')}")
    assert found["tokens"][0]["map"] == "gmpki"
    assert "sm1-ecb" in found["tokens"][0]["absent"]
    assert found["trials"] == []


def test_doctor_tries_keys_when_it_may(answer: Answer, place: str) -> None:
    trials = answer("token", "doctor", "--allow-write", "--in-process", place, *PIN)["trials"]
    assert {one["name"]: one["outcome"] for one in trials} == dict.fromkeys(
        (
            "random",
            "container",
            "SM2 key pair",
            "SM2 signature",
            "encryption pair",
            "SM2 decryption",
            "certificate",
            "clean-up",
        ),
        "ok",
    )
    assert [one["name"] for one in answer("token", "container", "list", PLACE)["containers"]] == ["con1"]


def test_a_library_that_is_no_driver(answer: Answer) -> None:
    Path("libskf.so").write_bytes(b"\x7fELF nothing")
    error = answer("token", "doctor", f"skf:lib={Path('libskf.so').absolute()}", exit_code=1)["error"]
    assert error["type"] == "DriverError"


# ---- what is written twice so that --help imports nothing -------------------------------
def test_lists_of_choices_are_those_of_the_library() -> None:
    assert limits.limit_profile_names() == token_bench.PROFILES
    assert card.VPCD_PORT == token_soft.VPCD_PORT
    assert sum(function.common for function in header.functions().values()) == token_doctor.COMMON_FUNCTIONS
    for profile in token_soft.PROFILES:
        SoftSettings(profile=profile)
