"""What an office does at the command line with applications: apply, proofread, review, issue, deliver, batch."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest

from cli import ca_files, ca_office
from gmpki.ca.registration.applicants import Applicant, ApplicantKind
from gmpki.ca.registration.delivery import DeliveryForm
from gmpki.ca.registration.identity import Identity, IdentityKind
from gmpki.ca.registration.wanted import Wanted
from gmpki.cli import ca_apply, ca_deliver
from gmpki.keys.loader import load_private_key
from gmpki.x509.names import parse_name

Run = Callable[..., click.testing.Result]
Answer = Callable[..., dict[str, Any]]

APPLY = ("ca", "apply", "--profile", "personal", "--request", "zhangsan.csr")
PERSON = ("--name", "张三", "--identity", f"resident-id={ca_office.IDENTITY}")


def by(name: str) -> list[str]:
    """Return the options of a command that an operator runs."""
    return ca_files.operator(name)


@pytest.fixture(autouse=True)
def _directory(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    ca_files.set_variables(monkeypatch)
    ca_files.write_ca()
    ca_office.write_request("zhangsan", 0)
    ca_office.write_request("lisi", 1)


# ---- apply, amend, withdraw -----------------------------------------------------------------
def test_from_the_application_to_the_delivery(answer: Answer, run: Run) -> None:
    entered = answer(*APPLY, *PERSON, "--contact-name", "李四", *by("clerk"))
    assert (entered["application"], entered["state"], entered["existing"]) == (1, "entered", [])
    assert entered["entered_by"] == "clerk"
    assert answer("ca", "proofread", "1", *by("proofreader"))["state"] == "proofread"
    reference = entered["reference"]
    assert answer("ca", "review", reference, "--approve", *by("reviewer"))["state"] == "approved"
    issued = answer("ca", "issue", reference, *by("issuer"))
    assert issued["application"]["state"] == "issued"
    assert issued["pair"]["subject"] == ca_office.SUBJECT
    assert issued["pair"]["signing_serial_number"] != issued["pair"]["encryption_serial_number"]
    told = run("ca", "deliver", "1", "--output", "out", "--receipt", "张三本人", *by("issuer")).stdout
    assert "已交付 delivered" in told
    assert "使用中 active" in told
    run("cert", "pair", "check", "out/signing.pem", "out/encryption.pem")
    run("cert", "pair", "open", "--key", "zhangsan.key", "--no-password", "-o", "enc.key", "out/encryption-key.der")


def test_what_comes_next_is_said(run: Run) -> None:
    assert "下一步  next         gmpki ca proofread 1" in run(*APPLY, *PERSON, *by("clerk")).stdout
    assert "gmpki ca review 1" in run("ca", "proofread", "1", *by("proofreader")).stdout
    assert "gmpki ca issue 1" in run("ca", "review", "1", "--approve", *by("reviewer")).stdout
    assert "gmpki ca deliver 1" in run("ca", "issue", "1", *by("issuer")).stdout


def test_somebody_is_registered_once_and_told_of_what_they_have(answer: Answer, run: Run) -> None:
    first = answer(*APPLY, *PERSON, *by("clerk"))
    second = answer(*APPLY, *PERSON, *by("clerk"))
    assert second["applicant"] == first["applicant"]
    assert [(each["kind"], each["id"]) for each in second["existing"]] == [("application", 1)]
    third = run(*APPLY, "--applicant", "1", *by("clerk")).stdout
    assert third.count("note: they have") == 2


def test_a_call_with_a_name_is_carried_out_once(answer: Answer) -> None:
    once = (*APPLY, *PERSON, "--once", "2026-1", *by("clerk"))
    assert answer(*once)["application"] == answer(*once)["application"] == 1
    other = answer(*once, "--medium", "file", exit_code=1)["error"]
    assert other["type"] == "ConflictError"


def test_an_identity_number_comes_from_standard_input(answer: Answer, run: Run) -> None:
    person = ("--name", "张三", "--identity", "resident-id=-")
    answer(*APPLY, *person, *by("clerk"), stdin=ca_office.IDENTITY.encode())
    assert "110105********002X" in run("ca", "show", "applicant", "1", *by("clerk")).stdout


def test_all_that_is_entered_is_kept(answer: Answer) -> None:
    options = ["--region", "000000", "--contact-name", "李四", "--contact-phone", "13800138000"]
    options += ["--field", "社保号=0001234", "--business-kind", "社保", "--medium", "file", "--token-serial", "00A1"]
    options += ["--san", "email:zhangsan@example.cn", "--subject", "C=CN, O=示例单位, CN=张三", "--free"]
    found = answer(*APPLY, *PERSON, *options, *by("clerk"))
    assert found["subject"] == "C=CN, O=示例单位, CN=张三"
    assert (found["business_kind"], found["medium"], found["token_serial"], found["free"]) == (
        "社保",
        "file",
        "00A1",
        True,
    )
    person = answer("ca", "show", "applicant", "1", "--in-full", *by("clerk"))
    assert person["fields"] == {"社保号": "0001234"}
    assert person["contact_phone"] == "13800138000"


def test_a_contact_is_changed(answer: Answer, run: Run) -> None:
    with ca_office.opened() as office:
        office.applicant()
    contact = ("ca", "contact", "1")
    assert answer(*contact, *by("clerk"), exit_code=2)["error"]["type"] == "UsageError"
    told = answer(*contact, "--contact-name", "王五", "--contact-address", "", *by("clerk"))
    assert (told["applicant"], told["contact_name"]) == (1, "王五")
    assert "王五" in run(*contact, "--contact-phone", "000-0000001", *by("clerk")).stdout
    person = answer("ca", "show", "applicant", "1", "--in-full", *by("clerk"))
    kept = [person[f"contact_{name}"] for name in ("name", "phone", "email", "address")]
    assert kept == ["王五", "000-0000001", "lisi@example.cn", None]
    for options, error in (
        ([*contact, "--contact-name", "", *by("clerk")], "InvalidInputError"),
        ([*contact, "--contact-email", "wangwu", *by("clerk")], "InvalidInputError"),
        ([*contact, "--contact-name", "赵六", *by("issuer")], "NotPermittedError"),
        (["ca", "contact", "9", "--contact-name", "赵六", *by("clerk")], "NotFoundError"),
    ):
        assert answer(*options, exit_code=1)["error"]["type"] == error


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([], "say who applies"),
        (["--name", "张三"], "say who applies"),
        (["--applicant", "1", "--name", "张三"], "without --name"),
        (["--name", "张三", "--identity", "id=1"], "--identity takes KIND=NUMBER"),
        (["--name", "张三", "--identity", ca_office.IDENTITY], "--identity takes KIND=NUMBER"),
        ([*PERSON, "--contact-phone", "1"], "a contact has a name"),
        ([*PERSON, "--identity-extension", "nothing=1"], "--identity-extension takes KIND=NUMBER"),
        ([*PERSON, "--san", "nothing:1"], "--san takes"),
        ([*PERSON, "--request", ""], "a file name is not empty"),
    ],
)
def test_applications_that_are_no_command(answer: Answer, options: list[str], said: str) -> None:
    error = answer(*APPLY, *options, *by("clerk"), exit_code=2)["error"]
    assert said in error["message"]
    assert ca_office.IDENTITY not in error["message"]


@pytest.mark.parametrize(
    ("options", "kind"),
    [
        (["--name", "张三", "--identity", "resident-id=110105194912310021"], "InvalidInputError"),
        (["--applicant", "7"], "NotFoundError"),
        ([*PERSON, "--region", "999999"], "NotFoundError"),
        ([*PERSON, "--request", "missing.csr"], "FileNotFoundError"),
        ([*PERSON, "--subject", "nonsense"], "InvalidInputError"),
        ([*PERSON, "--profile", "p" * 65], "NotFoundError"),
        ([*PERSON, "--profile", "persona"], "NotFoundError"),
        ([*PERSON, "--authority", "elsewhere"], "NotFoundError"),
    ],
)
def test_applications_that_are_refused(answer: Answer, options: list[str], kind: str) -> None:
    error = answer(*APPLY, *options, *by("clerk"), exit_code=1)["error"]
    assert error["type"] == kind
    assert "110105194912310021" not in error["message"]


def test_kinds_of_numbers_are_those_of_the_register() -> None:
    entered = set(IdentityKind) - {IdentityKind.SUBJECT}  # which stands where no number is known
    assert set(ca_apply.KINDS) == {kind.value for kind in entered}
    examples = {
        IdentityKind.RESIDENT_ID: ca_office.IDENTITY,
        IdentityKind.CREDIT_CODE: "91110000600037341L",
        IdentityKind.ORGANIZATION_CODE: "D20000002",
        IdentityKind.BUSINESS_REGISTRATION: "1" * 13,
    }
    for kind, who in ca_apply.KINDS.items():
        number = examples.get(IdentityKind(kind), "E12345678901234")
        Applicant(ApplicantKind(who), "张三", Identity(IdentityKind(kind), number), 1)


def test_an_application_is_corrected(answer: Answer) -> None:
    before = answer(*APPLY, *PERSON, "--medium", "file", *by("clerk"))
    options = ("--request", "lisi.csr", "--subject", "C=CN, O=示例单位, CN=张三")
    after = answer("ca", "amend", "1", *options, *by("clerk"))
    assert after["subject"] == "C=CN, O=示例单位, CN=张三"
    assert after["medium"] == "file"
    assert after["content_digest"] != before["content_digest"]
    error = answer("ca", "amend", "1", "--profile", "persona", *by("clerk"), exit_code=1)["error"]
    assert error["type"] == "NotFoundError"
    assert "nothing to correct" in answer("ca", "amend", "1", *by("clerk"), exit_code=2)["error"]["message"]


def test_what_was_proofread_is_not_corrected(answer: Answer) -> None:
    answer(*APPLY, *PERSON, *by("clerk"))
    answer("ca", "proofread", "1", *by("proofreader"))
    error = answer("ca", "amend", "1", "--medium", "file", *by("clerk"), exit_code=1)["error"]
    assert error["type"] == "LifeCycleError"


def test_an_application_is_withdrawn(answer: Answer) -> None:
    answer(*APPLY, *PERSON, *by("clerk"))
    assert answer("ca", "withdraw", "1", "--reason", "不再需要", *by("clerk"))["state"] == "withdrawn"
    assert answer("ca", "withdraw", "1", *by("clerk"), exit_code=1)["error"]["type"] == "LifeCycleError"


def test_files_are_attached_by_their_digests(answer: Answer, run: Run) -> None:
    answer(*APPLY, *PERSON, *by("clerk"))
    Path("id.pdf").write_bytes(b"abc")
    attach = ("ca", "attach", "1", "id.pdf", "--title", "身份证复印件")
    added = answer(*attach, *by("clerk"))
    assert (added["media_type"], added["length"]) == ("application/pdf", 3)
    assert added["digest"] == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"  # GB/T 32905 A.1
    assert answer(*attach, *by("clerk"), exit_code=1)["error"]["type"] == "ConflictError"
    assert answer(*attach, *by("issuer"), exit_code=1)["error"]["type"] == "NotPermittedError"
    assert added["digest"] in run("ca", "show", "application", "1", *by("proofreader")).stdout
    missing = answer("ca", "attach", "1", "none.pdf", "--title", "x", *by("clerk"), exit_code=1)["error"]
    assert missing["type"] == "InvalidInputError"
    answer("ca", "attach", "1", "-", "--title", "x", *by("clerk"), exit_code=2)


# ---- proofread, review ----------------------------------------------------------------------
def test_an_application_is_sent_back_and_rejected(answer: Answer, run: Run) -> None:
    answer(*APPLY, *PERSON, *by("clerk"))
    assert answer("ca", "proofread", "1", "--send-back", "号码不符", *by("proofreader"))["decision"] == "号码不符"
    assert "gmpki ca amend 1" in run("ca", "show", "application", "1", *by("clerk")).stdout
    answer("ca", "amend", "1", "--medium", "file", *by("clerk"))
    answer("ca", "proofread", "1", *by("proofreader"))
    assert answer("ca", "review", "1", "--send-back", "缺材料", *by("reviewer"))["state"] == "returned"
    answer("ca", "amend", "1", "--medium", "ukey", *by("clerk"))
    answer("ca", "proofread", "1", *by("proofreader"))
    assert answer("ca", "review", "1", "--reject", "不予受理", *by("reviewer"))["state"] == "rejected"


def test_what_was_seen_is_what_is_approved(answer: Answer) -> None:
    seen = answer(*APPLY, *PERSON, *by("clerk"))["content_digest"]
    answer("ca", "amend", "1", "--medium", "file", *by("clerk"))
    error = answer("ca", "proofread", "1", "--seen", seen, *by("proofreader"), exit_code=1)["error"]
    assert error["type"] == "ConflictError"
    now = answer("ca", "show", "application", "1", *by("proofreader"))["content_digest"]
    answer("ca", "proofread", "1", "--seen", now, *by("proofreader"))
    found = answer("ca", "review", "1", "--approve", "--seen", now, "--remark", "齐全", *by("reviewer"))
    assert found["decision"] == "齐全"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([], "give one of --approve"),
        (["--approve", "--reject", "x"], "give one of --approve"),
        (["--reject", "x", "--send-back", "y"], "give one of --approve"),
        (["--reject", "x", "--remark", "y"], "go with --approve"),
        (["--send-back", "x", "--seen", "00"], "go with --approve"),
    ],
)
def test_reviews_that_are_no_command(answer: Answer, options: list[str], said: str) -> None:
    assert said in answer("ca", "review", "1", *options, *by("reviewer"), exit_code=2)["error"]["message"]


def test_who_may_not(answer: Answer) -> None:
    answer(*APPLY, *PERSON, *by("clerk"))
    for verb, name in (
        (("proofread", "1"), "clerk"),
        (("issue", "1"), "clerk"),
        (("review", "1", "--approve"), "issuer"),
    ):
        assert answer("ca", *verb, *by(name), exit_code=1)["error"]["type"] == "NotPermittedError"
    assert answer("ca", "proofread", "9", *by("proofreader"), exit_code=1)["error"]["type"] == "NotFoundError"
    assert answer("ca", "proofread", "没有", *by("proofreader"), exit_code=1)["error"]["type"] == "NotFoundError"


def test_an_application_that_was_not_reviewed_is_not_issued(answer: Answer) -> None:
    answer(*APPLY, *PERSON, *by("clerk"))
    error = answer("ca", "issue", "1", *by("issuer"), exit_code=1)["error"]
    assert error["type"] == "LifeCycleError"
    assert "entered" in error["message"]


# ---- issue ----------------------------------------------------------------------------------
def test_a_request_comes_with_the_issue(answer: Answer) -> None:
    with ca_office.opened() as office:
        office.approved(office.entered(request=None, wanted=Wanted(subject=parse_name(ca_office.SUBJECT))))
    error = answer("ca", "issue", "1", *by("issuer"), exit_code=1)["error"]
    assert "no request" in error["message"]
    found = answer("ca", "issue", "1", "--request", "lisi.csr", "--token-serial", "00B2", *by("issuer"))
    assert found["pair"]["token_serial"] == "00B2"


def test_of_several_one_that_fails_keeps_no_other(answer: Answer, run: Run) -> None:
    with ca_office.opened() as office:
        office.approved(office.entered())
        office.entered()
        office.approved(office.entered(1))
    found = answer("ca", "issue", "1", "2", "3", *by("issuer"), exit_code=1)
    assert (found["issued"], found["failed"]) == (2, 1)
    assert [each["ok"] for each in found["applications"]] == [True, False, True]
    assert found["applications"][1]["error"]["type"] == "LifeCycleError"
    again = run("ca", "issue", "1", "3", *by("issuer"), exit_code=1)
    assert "2 of 2 applications" in again.stderr
    error = answer("ca", "issue", "1", "3", "--request", "lisi.csr", *by("issuer"), exit_code=2)["error"]
    assert "go with one application" in error["message"]


# ---- deliver --------------------------------------------------------------------------------
@pytest.mark.parametrize("form", ["envelope", "response", "skf"])
def test_files_in_each_form(answer: Answer, run: Run, form: str) -> None:
    with ca_office.opened() as office:
        office.issued()
    found = answer("ca", "deliver", "1", "--output", "out", "--form", form, *by("issuer"))
    assert [Path(name).is_file() for name in found["files"]] == [True, True, True]
    assert found["application"]["state"] == "issued", "there is no receipt yet"
    run("cert", "pair", "open", "--key", "zhangsan.key", "--no-password", "-o", "enc.key", found["files"][2])
    again = answer("ca", "deliver", "1", "--output", "out", "--form", form, *by("issuer"), exit_code=1)
    assert again["error"]["type"] == "FileExistsError"
    run("ca", "deliver", "1", "--output", "out", "--form", form, "--force", *by("issuer"))


def test_forms_are_those_of_the_office() -> None:
    assert {member for _, member in ca_deliver.FORMS.values()} == {form.name for form in DeliveryForm}


def test_pkcs12_with_the_chain(answer: Answer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("P12_PASSWORD", "of the file")
    with ca_office.opened() as office:
        office.issued()
    options = ("--p12", "z.p12", "--key", "zhangsan.key", "--p12-password-env", "P12_PASSWORD")
    answer("ca", "deliver", "1", *options, *by("issuer"))
    assert Path("z.p12").stat().st_mode & 0o077 == 0
    shown = answer("p12", "show", "z.p12", "--password-env", "P12_PASSWORD")
    assert (len(shown["keys"]), len(shown["certificates"]), len(shown["pairs"])) == (2, 3, 1)
    other = ("--p12", "y.p12", "--key", "lisi.key", "--p12-password-env", "P12_PASSWORD")
    assert answer("ca", "deliver", "1", *other, *by("issuer"), exit_code=1)["error"]["type"] == "KeyMismatchError"
    assert not Path("y.p12").exists()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([], "say what is to be done"),
        (["--p12", "z.p12"], "go together"),
        (["--key", "zhangsan.key", "--receipt", "x"], "go together"),
        (["--output", "-"], "do not go to standard output"),
        (["--p12", "-", "--key", "zhangsan.key"], "do not go to standard output"),
    ],
)
def test_deliveries_that_are_no_command(answer: Answer, options: list[str], said: str) -> None:
    assert said in answer("ca", "deliver", "1", *options, *by("issuer"), exit_code=2)["error"]["message"]


def test_deliveries_that_are_refused(answer: Answer) -> None:
    with ca_office.opened() as office:
        office.approved(office.entered())
        office.issued()
    error = answer("ca", "deliver", "1", "--output", "out", *by("issuer"), exit_code=1)["error"]
    assert error["type"] == "LifeCycleError"
    assert not Path("out").exists()
    error = answer("ca", "deliver", "2", "--output", "out", *by("clerk"), exit_code=1)["error"]
    assert error["type"] == "NotPermittedError"
    assert not Path("out").exists()
    answer("ca", "deliver", "2", "--receipt", "张三", *by("issuer"))
    assert (
        answer("ca", "deliver", "2", "--receipt", "张三", *by("issuer"), exit_code=1)["error"]["type"]
        == "LifeCycleError"
    )


# ---- batches --------------------------------------------------------------------------------
BATCH = ("ca", "batch", "apply", "--name", "b1", "--profile", "personal")


def test_a_batch_of_applications_and_issues(answer: Answer, run: Run) -> None:
    Path("persons.csv").write_text(ca_office.BATCH, "utf-8")
    done = answer(*BATCH, "persons.csv", *by("clerk"))
    assert (done["done"], done["failed"], done["failures"]) == (2, 0, [])
    rows = [json.loads(line) for line in Path(done["results"]).read_text("utf-8").splitlines()]
    assert [row["application"] for row in rows] == [1, 2]
    assert answer(*BATCH, "persons.csv", *by("clerk"))["done"] == 2
    assert len(answer("ca", "search", "applications", *by("clerk"))["applications"]) == 2, "nothing is done twice"
    with ca_office.opened() as office:
        office.approved(1)
        office.approved(2)
    lines = ["application,request"]
    for number, name in enumerate(("zhangsan", "lisi"), 1):
        lines.append(f'{number},"{Path(f"{name}.csr").read_text("ascii")}"')
    Path("approved.csv").write_text("\n".join([*lines, "9,"]), "utf-8")
    issued = run(
        "ca", "batch", "issue", "--name", "b2", "approved.csv", "--results", "out.jsonl", *by("issuer"), exit_code=1
    )
    assert "1 of 3 rows failed" in issued.stderr
    assert "NotFoundError" in issued.stdout
    assert len(Path("out.jsonl").read_text("utf-8").splitlines()) == 3


def test_rows_that_fail_keep_no_other(answer: Answer) -> None:
    bad = ca_office.BATCH + 'person,钱七,resident-id,110105194912310021,"C=CN, CN=钱七"\n'
    Path("persons.csv").write_text(bad, "utf-8")
    found = answer(*BATCH, "persons.csv", *by("clerk"), exit_code=1)
    assert (found["done"], found["failed"]) == (2, 1)
    assert found["failures"][0]["row"] == 3
    assert "110105194912310021" not in json.dumps(found)


def test_a_reason_that_many_rows_have_is_told_once(answer: Answer, run: Run) -> None:
    names, *rows = ca_office.BATCH.splitlines()
    bad = [f"{names},remark,colour", *(f"{row},,red" for row in rows), f"{rows[0]},x,red", rows[1]]
    Path("persons.csv").write_text("\n".join(bad), "utf-8")
    told = run(*BATCH, "persons.csv", *by("clerk"), exit_code=1).stdout
    assert told.count("no such column: 'colour'\n") == 1
    assert told.count("no such column: 'colour', 'remark'") == 1
    first, second, third = (line.split()[:2] for line in told.splitlines()[-3:])
    assert (first, second, third) == (["1", "2"], ["3", "1"], ["4", "1"]), "the first row, and how many"
    failures = answer(*BATCH, "persons.csv", *by("clerk"), exit_code=1)["failures"]
    assert [each["row"] for each in failures] == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("options", "exit_code", "kind"),
    [
        (["missing.csv"], 1, "InvalidInputError"),
        (["-"], 2, "UsageError"),
        (["--results", "-", "persons.csv"], 2, "UsageError"),
        (["--encoding", "nothing", "persons.csv"], 1, "InvalidInputError"),
        (["--region", "999999", "persons.csv"], 1, "NotFoundError"),
        (["--name", "", "persons.csv"], 1, "InvalidInputError"),
    ],
)
def test_batches_that_are_refused(answer: Answer, options: list[str], exit_code: int, kind: str) -> None:
    Path("persons.csv").write_text(ca_office.BATCH, "utf-8")
    assert answer(*BATCH, *options, *by("clerk"), exit_code=exit_code)["error"]["type"] == kind


def test_a_batch_in_the_encoding_of_a_spreadsheet(answer: Answer) -> None:
    Path("persons.csv").write_text(ca_office.BATCH, "gb18030")
    assert answer(*BATCH, "persons.csv", *by("clerk"), exit_code=1)["error"]["type"] == "InvalidInputError"
    assert answer(*BATCH, "--encoding", "gb18030", "persons.csv", *by("clerk"))["done"] == 2


def test_a_key_that_was_made_is_the_holders(run: Run) -> None:
    with ca_office.opened() as office:
        office.issued()
    run("ca", "deliver", "1", "--output", "out", *by("issuer"))
    run("cert", "pair", "open", "--key", "zhangsan.key", "--no-password", "-o", "enc.key", "out/encryption-key.der")
    assert load_private_key(Path("enc.key").read_bytes()) != ca_office.key(0)
