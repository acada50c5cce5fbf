"""An office at work in the directory of :mod:`cli.ca_files`, for the tests of commands that work there."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from cli import ca_files, token_files
from gmpki.ca.operators.appointments import Appointment, appoint
from gmpki.ca.operators.operators import Operator, operator_named
from gmpki.ca.operators.permissions import Permission
from gmpki.ca.registration import media
from gmpki.ca.registration.applicants import Applicant, ApplicantKind, Contact
from gmpki.ca.registration.applications import ApplicationForm
from gmpki.ca.registration.identity import Identity, IdentityKind
from gmpki.ca.registration.media import NewMedium
from gmpki.ca.registration.office import RegistrationOffice
from gmpki.ca.registration.wanted import Wanted
from gmpki.cli._ca import CAPlace, OpenCA, Who
from gmpki.cli._secrets import RememberedSecret, SecretSource
from gmpki.keys.interfaces import Signer
from gmpki.keys.sm2 import SM2PrivateKey
from gmpki.tokens import open_token
from gmpki.x509.issuing import self_signed
from gmpki.x509.names import parse_name
from gmpki.x509.request import CertificateRequest, RequestBuilder
from tokens.scene import USER_PIN

__all__ = [
    "IDENTITY",
    "VERBS",
    "Office",
    "key",
    "opened",
    "opened_ca",
    "set_rules",
    "write_for_examples",
    "write_request",
]

IDENTITY = "11010519491231002X"  # the example of GB 11643
SUBJECT = "C=CN, O=示例市社会保障局, CN=张三"
NOBODY = SecretSource("operator-password", None, None, None)
# verb -> who does it in the examples, where that is not the clerk
ACTORS = {
    "proofread": "proofreader",
    "review": "reviewer",
    "issue": "issuer",
    "carry-out": "recovery",
    "deliver": "issuer",
    "report-loss": "counter",
    "suspend": "issuer",
    "resume": "issuer",
    "revoke": "issuer",
    "unlock": "issuer",
    "report": "administrator",
    "expiring": "administrator",
    "tokens": "issuer",
}
OTHERS = (
    "apply",
    "amend",
    "withdraw",
    "attach",
    "renew",
    "reissue",
    "change",
    "contact",
    "recover",
    "batch",
    "search",
    "show",
    "expire",
    "settle",
)
VERBS = frozenset((*ACTORS, *OTHERS))
BATCH = """kind,name,identity_kind,identity,subject
person,王五,passport,E10000001,"C=CN, O=示例市社会保障局, CN=王五"
person,赵六,passport,E10000002,"C=CN, O=示例市社会保障局, CN=赵六"
"""


@cache
def key(number: int) -> SM2PrivateKey:
    """Return one of several keys, made once in a process."""
    return SM2PrivateKey.generate()


def request(number: int, signer: Signer | None = None) -> CertificateRequest:
    """Return a request of one of the keys."""
    return RequestBuilder().subject(parse_name(SUBJECT)).sign(signer if signer is not None else key(number))


def write_request(name: str, number: int) -> None:
    """Write a request, and its key beside it."""
    Path(f"{name}.csr").write_bytes(request(number).to_pem())
    Path(f"{name}.key").write_bytes(key(number).to_pem())


class Office:
    """An office whose applications come as far as a test wants them."""

    def __init__(self, ca: OpenCA) -> None:
        self.store = ca.store
        self.office: RegistrationOffice = ca.office(issues=True)
        self.region_id = 1

    def staff(self, name: str) -> Operator:
        """Return an operator."""
        with self.store.reading() as connection:
            return operator_named(connection, self.store.protection, name)

    def applicant(self) -> int:
        """Return the one who applies, registered."""
        contact = Contact("李四", "000-0000000", "lisi@example.cn", "示例市幸福路 1 号")
        identity = Identity(IdentityKind.RESIDENT_ID, IDENTITY)
        person = Applicant(ApplicantKind.PERSON, "张三", identity, self.region_id, contact=contact)
        return self.office.register(self.staff("clerk"), person)

    def entered(self, number: int = 0, *, signer: Signer | None = None, **more: Any) -> int:
        """Enter an application with the request of one of the keys; return its number."""
        values = {"request": request(number, signer), **more}
        form = ApplicationForm(self.applicant(), "ca", "personal", **values)
        return self.office.apply(self.staff("clerk"), form).id

    def proofread(self, application_id: int) -> int:
        """Have it proofread."""
        return self.office.proofread(self.staff("proofreader"), application_id).id

    def approved(self, application_id: int) -> int:
        """Have it proofread and approved."""
        return self.office.approve(self.staff("reviewer"), self.proofread(application_id)).id

    def issued(self, number: int = 0, **more: Any) -> int:
        """Have a new application issued; return its number, which in a new directory is that of the pair."""
        return self.office.issue(self.staff("issuer"), self.approved(self.entered(number, **more))).application.id

    def delivered(self, number: int = 0, **more: Any) -> int:
        """Have it issued and delivered; return the number of the pair."""
        done = self.office.deliver(self.staff("issuer"), self.issued(number, **more), receipt="张三")
        assert done.pair is not None
        return done.pair.id

    def appoint(self, name: str, *permissions: Permission) -> None:
        """Appoint another operator."""
        certificate = self_signed(parse_name(f"C=CN, O=示例电子认证, CN={name}"), key(9), "root-ca")
        with self.store.transaction() as tx:
            appoint(tx, self.staff("administrator"), Appointment(name, name, certificate, frozenset(permissions)))

    def in_stock(self, *serials: str) -> None:
        """Take tokens into stock."""
        new = [NewMedium(serial, "ukey", "示例厂商", self.region_id) for serial in serials]
        with self.store.transaction() as tx:
            media.register(tx, new, actor=self.staff("issuer").actor)


@contextlib.contextmanager
def opened_ca() -> Iterator[OpenCA]:
    """Open the directory ``ca``, which :func:`ca_files.write_ca` wrote."""
    password = RememberedSecret.of(SecretSource("password", "CA_PASSWORD", None, None))
    pin = RememberedSecret.of(SecretSource("pin", None, None, None))
    with CAPlace("ca", password, pin, Who(None, None, NOBODY, None)).open() as ca:
        yield ca


@contextlib.contextmanager
def opened() -> Iterator[Office]:
    """Open the office in the directory ``ca``."""
    with opened_ca() as ca:
        yield Office(ca)


def set_rules(text: str) -> None:
    """Put the rules of the office into ``ca.toml`` in the place of the usual ones."""
    path = Path("ca/ca.toml")
    before, _, _ = path.read_text("utf-8").partition("[office]")
    path.write_text(f"{before}[office]\n{text}\n", "utf-8")


# ---- what the examples of help texts name ---------------------------------------------------
def write_for_examples(path: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    """Write an office in which the examples of a command work, and say who acts in them."""
    verb = path[1]
    monkeypatch.setenv("GMPKI_OPERATOR", ACTORS.get("issue" if path[1:] == ("batch", "issue") else verb, "clerk"))
    monkeypatch.setenv("P12_PASSWORD", "example")
    ca_files.write_ca()
    set_rules("renewal_months = 120")
    for number, name in enumerate(("zhangsan", "lisi", "new")):
        write_request(name, number)
    Path("persons.csv").write_text(BATCH, "utf-8")
    Path("approved.csv").write_text("application\n1\n", "utf-8")
    Path("serials.txt").write_text("00b1\n00b2\n", "utf-8")
    with opened() as office:
        if verb in ("amend", "withdraw", "attach", "proofread"):
            office.entered()
            office.entered()
        elif verb == "review":
            office.proofread(office.entered())
            office.proofread(office.entered())
        elif verb == "issue":
            office.approved(office.entered())
            office.approved(office.entered(request=None, wanted=Wanted(subject=parse_name(SUBJECT))))
            office.approved(office.entered())
            office.approved(office.entered())
        elif path[1:] == ("batch", "issue"):
            office.approved(office.entered())
        elif verb == "carry-out":
            pair_id = office.delivered()
            office.approved(office.office.recover(office.staff("clerk"), pair_id).application.id)
        elif verb in ("deliver", "unlock"):
            _with_token(office, verb, monkeypatch)
        elif verb == "tokens":
            if path[2] != "add":
                office.in_stock("00a1")
        elif verb not in ("apply", "batch"):
            pair_id = office.delivered()
            office.delivered(1)
            if verb == "resume":
                office.office.suspend(office.staff("issuer"), pair_id)
            if verb == "report-loss":
                office.appoint("counter", Permission.ENTRY, Permission.ISSUING)


def _with_token(office: Office, verb: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Issue for a key in the software token 00a1, too."""
    token_files.set_variables(monkeypatch)
    token_files.write_token()
    if verb == "unlock":
        office.delivered(token_serial="00a1")
        return
    office.issued()
    with open_token(token_files.PLACE) as token:
        assert token.application is not None
        token.application.login(USER_PIN)
        office.issued(signer=token.application.container("con1").signing_key)
