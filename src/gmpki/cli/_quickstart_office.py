"""The registration office of quickstart: who works there, and how an applicant gets a pair into a UKey."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gmpki.ca.operators.appointments import Appointment, appoint_first
from gmpki.ca.operators.permissions import Permission
from gmpki.ca.operators.regions import add_region
from gmpki.ca.registration import applicants
from gmpki.ca.registration.applicants import Applicant, ApplicantKind, Contact
from gmpki.ca.registration.applications import ApplicationForm
from gmpki.ca.registration.delivery import into_token
from gmpki.ca.registration.identity import Identity, IdentityKind
from gmpki.ca.registration.office import RegistrationOffice
from gmpki.cli._quickstart_space import Said
from gmpki.errors import NotPermittedError, StateError
from gmpki.x509.names import parse_name
from gmpki.x509.request import RequestBuilder

if TYPE_CHECKING:
    from gmpki.asn1.rfc5280 import ReasonCode
    from gmpki.ca.operators.operators import Operator
    from gmpki.cli._quickstart_authority import Authorities
    from gmpki.cli._quickstart_space import Workspace
    from gmpki.cli._quickstart_ukey import UKey
    from gmpki.x509.certificate import Certificate
    from gmpki.x509.pair import CertificatePair

__all__ = ["ORGANISATION", "PERSON", "Holder", "Office", "Wish"]


@dataclass(frozen=True)
class Wish:
    """Who applies, and for what. All of it is made up.

    :ivar said: what they are called in both languages.
    """

    said: Said
    name: str
    kind: ApplicantKind
    identity: Identity
    subject: str
    profile: str
    ukey: str


ORGANISATION: Final = Wish(
    Said("单位", "organisation"),
    "示例市社会保障局",
    ApplicantKind.ORGANIZATION,
    Identity(IdentityKind.CREDIT_CODE, "11990000000000001G"),
    "C=CN, O=示例市社会保障局, CN=示例市社会保障局",
    "organisation",
    "UKEY-ORGANISATION",
)
PERSON: Final = Wish(
    Said("个人", "person"),
    "张三",
    ApplicantKind.PERSON,
    Identity(IdentityKind.RESIDENT_ID, "11010519491231002X"),  # the example of GB 11643
    "C=CN, O=示例市社会保障局, CN=张三",
    "personal",
    "UKEY-PERSON",
)
# Name, what they are called, what they may do. Nobody reviews what they entered, nor what they proofread.
_STAFF: Final = (
    ("clerk", "录入员", Permission.ENTRY),
    ("proofreader", "校对员", Permission.PROOFREADING),
    ("reviewer", "审核员", Permission.REVIEW),
    ("issuer", "制证员", Permission.ISSUING),
    ("administrator", "管理员", Permission.ADMINISTRATION),
    ("auditor", "审计员", Permission.AUDIT),
)


@dataclass(frozen=True)
class Holder:
    """Somebody who has a pair in a UKey.

    :ivar pair_id: of the row in the database.
    """

    wish: Wish
    ukey: UKey
    pair: CertificatePair
    pair_id: int

    @property
    def certificates(self) -> dict[Said, Certificate]:
        """Both certificates, by what each is."""
        chinese, english = self.wish.said
        return {
            Said(f"{chinese}签名证书", f"{english}, signing"): self.pair.signing,
            Said(f"{chinese}加密证书", f"{english}, encryption"): self.pair.encryption,
        }


class Office:
    """The office with its staff, of one region."""

    def __init__(self, space: Workspace, authorities: Authorities) -> None:
        """Appoint the staff; each gets a certificate to log in with."""
        self._space = space
        self._store = authorities.store
        self._authority = authorities.name
        self._office = RegistrationOffice(authorities.store, authorities.backend, keys=authorities.keys)
        certificates = {
            name: authorities.certify_operator(name, f"C=CN, O=示例注册机构, CN={title}") for name, title, _ in _STAFF
        }
        with self._store.transaction() as tx:
            self._region = add_region(tx, authorities.actor, code="990000", title="示例市").id
            appointed = appoint_first(
                tx,
                [
                    Appointment(name, title, certificates[name], frozenset({permission}))
                    for name, title, permission in _STAFF
                ],
            )
        self._staff: dict[str, Operator] = {operator.name: operator for operator in appointed}

    def apply(self, wish: Wish, ukey: UKey) -> int:
        """Enter an application with the request that the UKey's key has signed, have it proofread and approved.

        Nobody approves what they entered: that is tried first.
        """
        staff = self._staff
        contact = Contact("李四", phone="000-0000000", email="lisi@example.cn")
        applicant = Applicant(wish.kind, wish.name, wish.identity, self._region, contact=contact)
        with self._store.transaction() as tx:
            applicant_id = applicants.add(tx, applicant, actor=staff["clerk"].actor)
        request = RequestBuilder().subject(parse_name(wish.subject)).sign(ukey.signing_key)
        form = ApplicationForm(applicant_id, self._authority, wish.profile, request, token_serial=ukey.serial)
        entered = self._space.timed(
            Said("录入申请", "enter an application"), lambda: self._office.apply(staff["clerk"], form)
        )
        self._space.refused(
            Said(f"{wish.said.chinese}申请：录入员审核", f"{wish.said.english}: approved by who entered it"),
            lambda: self._office.approve(staff["clerk"], entered.id),
            NotPermittedError,
        )
        self._office.proofread(staff["proofreader"], entered.id)
        self._office.approve(staff["reviewer"], entered.id)
        self._space.tell(f"{wish.said.chinese} {wish.said.english}", f"{wish.name}, {entered.reference}")
        return entered.id

    def issue(self, wish: Wish, application_id: int, ukey: UKey) -> Holder:
        """Have the pair issued, and bring it with the encryption key into the UKey."""
        issuer = self._staff["issuer"]
        done = self._space.timed(
            Said("签发双证书（含两次提交）", "issue a pair (both commits included)"),
            lambda: self._office.issue(issuer, application_id),
        )
        if done.pair is None or done.pair.certificates is None:
            raise StateError("the office has issued no pair")
        pair = done.pair
        self._space.timed(
            Said("加密密钥与证书导入 UKey", "bring key and certificates into the UKey"),
            lambda: into_token(pair, ukey.container),
        )
        self._office.deliver(issuer, application_id, receipt=wish.name)
        return Holder(wish, ukey, done.pair.certificates, pair.id)

    def revoke(self, holder: Holder, reason: ReasonCode) -> None:
        """Revoke the pair of a holder."""
        self._space.timed(
            Said("撤销双证书", "revoke a pair"),
            lambda: self._office.revoke(self._staff["issuer"], holder.pair_id, reason, asked_by=holder.wish.name),
        )
