"""What becomes of pairs at the command line: renewed, replaced, suspended, revoked, recovered, unlocked, expired."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest
from sqlalchemy import select

from cli import ca_files, ca_office, token_files
from gmpki.ca.registration.entering import REVOCATION_REASONS
from gmpki.ca.store.schema import kmc_keys
from gmpki.cli import ca_revoke
from gmpki.cli._ca_desk import reason_code
from gmpki.tokens import open_token

Run = Callable[..., click.testing.Result]
Answer = Callable[..., dict[str, Any]]

# An office in a directory of its own for each test takes long, and the interpreter is none of its matters.
pytestmark = pytest.mark.once


def by(name: str) -> list[str]:
    """Return the options of a command that an operator runs."""
    return ca_files.operator(name)


@pytest.fixture(autouse=True)
def _directory(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    ca_files.set_variables(monkeypatch)
    ca_files.write_ca()
    ca_office.write_request("new", 2)


def deliver(*numbers: int) -> None:
    """Have pairs issued and delivered for these keys."""
    with ca_office.opened() as office:
        for number in numbers or (0,):
            office.delivered(number)


def review(application: int) -> None:
    """Have an application proofread and approved."""
    with ca_office.opened() as office:
        office.approved(application)


def key_states() -> list[str]:
    """Return the states of the encryption keys that were given out."""
    with ca_office.opened_ca() as ca, ca.store.reading() as connection:
        query = select(kmc_keys.c.state).where(kmc_keys.c.serial.is_not(None)).order_by(kmc_keys.c.id)
        return list(connection.scalars(query))


# ---- which pair -----------------------------------------------------------------------------
def test_a_pair_is_named_by_its_serial_numbers_too(answer: Answer) -> None:
    deliver()
    shown = answer("ca", "show", "pair", "1", *by("issuer"))
    for name in ("signing_serial_number", "encryption_serial_number"):
        assert answer("ca", "show", "pair", f"serial:{shown[name]}", *by("issuer"))["pair"] == 1
    error = answer("ca", "show", "pair", "serial:1f", *by("issuer"), exit_code=1)["error"]
    assert error["type"] == "NotFoundError"


@pytest.mark.parametrize("pair", ["nothing", "serial:xyz", "-1", "serial:" + "1" * 41, "1" * 19, "１"])
def test_pairs_that_nobody_can_mean(answer: Answer, pair: str) -> None:
    assert answer("ca", "suspend", *by("issuer"), "--", pair, exit_code=2)["error"]["type"] == "UsageError"


# ---- suspended, lost, revoked ---------------------------------------------------------------
def test_suspended_and_resumed(answer: Answer, run: Run) -> None:
    deliver()
    assert answer("ca", "suspend", "1", "--asked-by", "李四", *by("issuer"))["pair"]["state"] == "suspended"
    error = answer("ca", "suspend", "1", *by("issuer"), exit_code=1)["error"]
    assert error["type"] == "LifeCycleError"
    assert "suspended" in error["message"]
    assert "使用中 active" in run("ca", "resume", "1", *by("issuer")).stdout
    assert answer("ca", "resume", "1", *by("issuer"), exit_code=1)["error"]["type"] == "LifeCycleError"
    assert answer("ca", "suspend", "1", *by("clerk"), exit_code=1)["error"]["type"] == "NotPermittedError"


def test_lost_and_found(answer: Answer, run: Run) -> None:
    deliver()
    assert answer("ca", "report-loss", "1", *by("clerk"))["pair"]["state"] == "lost"
    assert answer("ca", "resume", "1", *by("issuer"), exit_code=1)["error"]["type"] == "LifeCycleError"
    assert answer("ca", "report-loss", "1", "--lift", *by("clerk"), exit_code=1)["error"]["type"] == "NotPermittedError"
    assert "解除挂失" in run("ca", "report-loss", "1", "--lift", *by("issuer")).stdout


def test_revoked_for_good(answer: Answer) -> None:
    deliver()
    options = ("--reason", "key-compromise", "--since", "2026-03-01T08:00:00Z", "--asked-by", "李四")
    asked = answer("ca", "revoke", "1", *options, *by("issuer"), exit_code=2)["error"]
    assert "--yes" in asked["message"]
    found = answer("ca", "revoke", "1", *options, "--once", "r1", "--yes", *by("issuer"))
    assert found["pair"]["state"] == "revoked"
    assert found["application"]["reason"] == "key-compromise"
    assert answer("ca", "revoke", "1", *options, "--once", "r1", "--yes", *by("issuer"))["pair"]["state"] == "revoked"
    for verb in ("suspend", "resume", "report-loss"):
        who = "clerk" if verb == "report-loss" else "issuer"
        assert answer("ca", verb, "1", *by(who), exit_code=1)["error"]["type"] == "LifeCycleError"
    assert key_states() == ["history"]


def test_reasons_are_those_of_the_office() -> None:
    assert {reason_code(name) for name in ca_revoke.REASONS} == set(REVOCATION_REASONS)


@pytest.mark.parametrize(
    "options", [[], ["--reason", "certificate-hold"], ["--reason", "superseded", "--since", "yesterday"]]
)
def test_revocations_that_are_no_command(answer: Answer, options: list[str]) -> None:
    answer("ca", "revoke", "1", "--yes", *options, *by("issuer"), exit_code=2)


# ---- replaced -------------------------------------------------------------------------------
def test_too_early_to_renew(answer: Answer) -> None:
    deliver()
    error = answer("ca", "renew", "1", *by("clerk"), exit_code=1)["error"]
    assert error["type"] == "LifeCycleError"
    assert "2 months" in error["message"]


@pytest.mark.parametrize("keeps", [True, False])
def test_renewed(answer: Answer, run: Run, keeps: bool) -> None:
    ca_office.set_rules("renewal_months = 120")
    deliver()
    asked = answer("ca", "renew", "1", *(["--keep-encryption-key"] if keeps else []), *by("clerk"))
    assert (asked["application"]["state"], asked["application"]["operation"]) == ("approved", "renew")
    number = str(asked["application"]["application"])
    assert answer("ca", "issue", number, *by("issuer"))["pair"]["pair"] == 2
    assert answer("ca", "show", "pair", "1", *by("issuer"))["replaced_by"] == 2
    for pair in ("1", "2"):
        run("ca", "deliver", pair if pair == "1" else number, "--output", f"out{pair}", *by("issuer"))
    for name in ("1", "2"):
        Path("z.key").write_bytes(ca_office.key(0).to_pem())
        options = ("--no-password", "--output", f"enc{name}.key")
        run("cert", "pair", "open", "--key", "z.key", *options, f"out{name}/encryption-key.der")
    assert (Path("enc1.key").read_bytes() == Path("enc2.key").read_bytes()) is keeps


def test_reissued_and_changed(answer: Answer) -> None:
    deliver(0, 1)
    options = ("--request", "new.csr", "--token-serial", "00B7")
    asked = answer("ca", "reissue", "1", *options, *by("clerk"), exit_code=2)["error"]
    assert "is revoked when the new one is issued" in asked["message"]
    found = answer("ca", "reissue", "1", *options, "--reason", "key-compromise", "--yes", *by("clerk"))
    assert found["pair"]["state"] == "active", "until the new pair is issued"
    number = found["application"]["application"]
    review(number)
    assert answer("ca", "issue", str(number), *by("issuer"))["pair"]["token_serial"] == "00B7"
    assert answer("ca", "show", "pair", "1", *by("issuer"))["state"] == "revoked"

    subject = "C=CN, O=示例市医疗保障局, CN=张三"
    changed = answer("ca", "change", "2", "--subject", subject, "--yes", *by("clerk"))
    assert changed["application"]["subject"] == subject
    twice = answer("ca", "change", "2", "--subject", subject, "--yes", *by("clerk"), exit_code=1)["error"]
    assert twice["type"] == "ConflictError"
    assert answer("ca", "change", "2", "--yes", *by("clerk"), exit_code=2)["error"]["type"] == "UsageError"


# ---- recovered ------------------------------------------------------------------------------
def test_recovered_after_review(answer: Answer, run: Run) -> None:
    deliver()
    number = str(answer("ca", "recover", "1", *by("clerk"))["application"]["application"])
    early = answer("ca", "carry-out", number, "-o", "r.der", *by("recovery"), exit_code=1)["error"]
    assert early["type"] == "LifeCycleError"
    review(int(number))
    assert answer("ca", "issue", number, *by("recovery"), exit_code=1)["error"]["type"] == "InvalidInputError"
    assert answer("ca", "carry-out", number, *by("recovery"), exit_code=2)["error"]["type"] == "UsageError"
    assert (
        answer("ca", "carry-out", number, "-o", "r.der", *by("issuer"), exit_code=1)["error"]["type"]
        == "NotPermittedError"
    )
    assert not Path("r.der").exists()
    assert answer("ca", "carry-out", number, "-o", "r.der", *by("recovery"))["output"] == "r.der"
    assert Path("r.der").stat().st_mode & 0o077 == 0
    assert (
        answer("ca", "carry-out", number, "-o", "r.der", *by("recovery"), exit_code=1)["error"]["type"]
        == "FileExistsError"
    )
    run("ca", "carry-out", number, "-o", "again.der", "--form", "skf", *by("recovery"))
    run("ca", "deliver", "1", "--output", "out", *by("issuer"))
    Path("z.key").write_bytes(ca_office.key(0).to_pem())
    keys = set()
    for name in ("r.der", "again.der", "out/encryption-key.der"):
        run("cert", "pair", "open", "--key", "z.key", "--no-password", "--force", "-o", "enc.key", name)
        keys.add(Path("enc.key").read_bytes())
    assert len(keys) == 1


def test_recovered_at_once_where_the_rules_say_so(answer: Answer, run: Run) -> None:
    ca_office.set_rules('[office.routes]\nrecover = "direct"')
    deliver(0, 1)
    assert "say with --output" in answer("ca", "recover", "1", *by("recovery"), exit_code=2)["error"]["message"]
    answer("ca", "recover", "1", "--recipient", "2", "--output", "r.der", *by("recovery"))
    Path("other.key").write_bytes(ca_office.key(1).to_pem())
    run("cert", "pair", "open", "--key", "other.key", "--no-password", "-o", "enc.key", "r.der")


def test_recoveries_that_are_refused(answer: Answer) -> None:
    deliver()
    error = answer("ca", "recover", "1", "--output", "r.der", *by("clerk"), exit_code=2)["error"]
    assert "gmpki ca carry-out" in error["message"]
    assert answer("ca", "recover", "7", *by("clerk"), exit_code=1)["error"]["type"] == "NotFoundError"
    answer("ca", "suspend", "1", *by("issuer"))
    assert answer("ca", "recover", "1", *by("clerk"), exit_code=1)["error"]["type"] == "LifeCycleError"


def test_a_revocation_that_is_reviewed_is_carried_out(answer: Answer) -> None:
    ca_office.set_rules('[office.routes]\nrevoke = "reviewed"')
    deliver()
    found = answer("ca", "revoke", "1", "--reason", "superseded", "--yes", *by("clerk"))
    assert (found["application"]["state"], found["pair"]["state"]) == ("entered", "active")
    number = found["application"]["application"]
    review(number)
    assert (
        answer("ca", "carry-out", str(number), "-o", "x", *by("issuer"), exit_code=2)["error"]["type"] == "UsageError"
    )
    assert answer("ca", "carry-out", str(number), *by("issuer"))["pair"]["state"] == "revoked"


# ---- unlocked, expired ----------------------------------------------------------------------
def test_a_pin_is_set_again(answer: Answer, monkeypatch: pytest.MonkeyPatch) -> None:
    token_files.set_variables(monkeypatch)
    token_files.write_token()
    with ca_office.opened() as office:
        office.delivered(token_serial="00a1")
        office.delivered(1, token_serial="00ff")
        office.delivered(2)
    options = ["--token", token_files.PLACE, "--admin-pin-env", "ADMIN_PIN", "--new-pin-env", "NEW_PIN"]
    assert answer("ca", "unlock", "1", *options, *by("clerk"), exit_code=1)["error"]["type"] == "NotPermittedError"
    assert answer("ca", "unlock", "2", *options, *by("issuer"), exit_code=1)["error"]["type"] == "ConflictError"
    assert answer("ca", "unlock", "3", *options, *by("issuer"), exit_code=1)["error"]["type"] == "InvalidInputError"
    assert answer("ca", "unlock", "1", *options, *by("issuer"))["token_serial"] == "00a1"
    with open_token(token_files.PLACE) as token:
        assert token.application is not None
        token.application.login("11223344")


def test_a_wrong_pin_of_the_administrator_tells_the_tries_left(answer: Answer, monkeypatch: pytest.MonkeyPatch) -> None:
    token_files.set_variables(monkeypatch)
    token_files.write_token()
    with ca_office.opened() as office:
        office.delivered(token_serial="00a1")
    options = ["--token", token_files.PLACE, "--admin-pin-env", "NEW_PIN", "--new-pin-env", "NEW_PIN"]
    error = answer("ca", "unlock", "1", *options, *by("issuer"), exit_code=1)["error"]
    assert error["type"] == "PinIncorrectError"
    assert error["tries_left"] > 0


def test_nothing_has_expired_yet(answer: Answer) -> None:
    deliver()
    assert answer("ca", "expire", "--scheduled", "--password-env", "CA_PASSWORD")["expired"] == 0
    assert answer("ca", "expire", *by("administrator"))["expired"] == 0
    assert answer("ca", "expire", *by("issuer"), exit_code=1)["error"]["type"] == "NotPermittedError"


# ---- settled --------------------------------------------------------------------------------
def test_a_key_is_retired_when_the_custodians_come(answer: Answer, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHARE", "example")
    deliver()
    division = [
        "--threshold",
        "2",
        "--count",
        "2",
        "--share-output",
        "shares",
        *["--new-share-password-env", "SHARE"] * 2,
    ]
    answer("kmc", "rotate", "--yes", *by("administrator"), *division)
    shares = [word for number in (1, 2) for word in ("--share", f"shares/share-{number}.der")]
    shares += ["--share-password-env", "SHARE"] * 2
    answer("ca", "revoke", "1", "--reason", "superseded", "--yes", *by("issuer"))
    assert key_states() == ["in-use"]
    assert "--share" in answer("ca", "settle", *by("administrator"), exit_code=2)["error"]["message"]
    few = answer("ca", "settle", *by("administrator"), *shares[:2], *shares[-2:], exit_code=1)
    assert few["error"]["type"] == "InvalidInputError"
    refused = answer("ca", "settle", *by("issuer"), *shares, exit_code=1)
    assert refused["error"]["type"] == "NotPermittedError"
    assert key_states() == ["in-use"]
    assert answer("ca", "settle", *by("administrator"), *shares)["settled"] == 1
    assert key_states() == ["history"]
    assert "已补办  settled  0" in run("ca", "settle", *by("administrator"), *shares).stdout


def test_nothing_is_left_to_settle(answer: Answer) -> None:
    deliver()
    scheduled = ["--scheduled", "--password-env", "CA_PASSWORD"]
    answer("ca", "revoke", "1", "--reason", "superseded", "--yes", *by("issuer"))
    assert key_states() == ["history"]
    assert answer("ca", "settle", *scheduled)["settled"] == 0
