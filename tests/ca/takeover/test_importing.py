"""What an authority issued elsewhere is here afterwards: renewed, revoked, listed, told of and reported."""

from __future__ import annotations

import io
import json
from datetime import timedelta
from pathlib import Path

import pytest

from ca import authorities, people
from ca.conftest import Clock
from ca.takeover.old_authority import ACTOR, NAME, OldAuthority, centre, owner, serials
from ca.takeover.old_authority import scene as scene_of
from certified import NOW, certify
from gmpki.asn1.gmt0015 import IdentifyCode, IdentifyCodeKind, OrganizationCode
from gmpki.asn1.rfc5280 import ReasonCode
from gmpki.asn1.rfc6960 import CertStatusKind
from gmpki.ca.authority.authority import Authority
from gmpki.ca.authority.settings import AuthoritySettings
from gmpki.ca.interfaces import RevocationOrder
from gmpki.ca.publication.inspect import inspect
from gmpki.ca.registration import applicants, media, pairs
from gmpki.ca.registration.applicants import ApplicantKind
from gmpki.ca.registration.identity import IdentityKind
from gmpki.ca.registration.media import MediumState
from gmpki.ca.registration.states import PairState
from gmpki.ca.reports.counts import By, count_pairs
from gmpki.ca.revocation.lists import issue_list, read_list
from gmpki.ca.revocation.status import StoreStatusSource
from gmpki.ca.store.audit_verify import verify_audit
from gmpki.ca.store.certificates import CertificateState, find
from gmpki.ca.store.store import Store
from gmpki.ca.takeover.importing import TakeoverRules
from gmpki.ca.takeover.index import IndexEntry
from gmpki.ca.takeover.report import Outcome, TakeoverReport
from gmpki.errors import InvalidInputError, LifeCycleError, StoreError
from gmpki.x509.crl import CertificateRevocationList
from gmpki.x509.issuing import IssuedPair
from gmpki.x509.names import build_name
from gmpki.x509.request import RequestBuilder


@pytest.fixture
def old(store: Store) -> OldAuthority:
    people.add_regions(store)
    return OldAuthority()


def pair_of(store: Store, made: IssuedPair) -> pairs.Pair:
    with store.reading() as connection:
        return pairs.by_serial(connection, store.protection, NAME, made.pair.signing.serial_number)


def state_of(store: Store, authority: Authority, serial: int) -> CertificateState:
    with store.reading() as connection:
        return find(connection, store.protection, authority.id, [serial])[serial].state


def made_list(store: Store, authority: Authority) -> CertificateRevocationList:
    made = issue_list(store, authority.list_issuers()[0])
    assert made is not None
    with store.reading() as connection:
        return CertificateRevocationList.from_der(b"".join(read_list(connection, made.id)))


def refused(report: TakeoverReport) -> list[str]:
    return sorted(row.code for row in report.rows if row.outcome is Outcome.REFUSED)


# ---- what is here afterwards ----------------------------------------------------------------
def test_everything_comes_over(store: Store, old: OldAuthority) -> None:
    good, bad, held = (old.issue(owner(number)) for number in range(3))
    old.revoke(*serials(bad), reason=ReasonCode.KEY_COMPROMISE, days_ago=50)
    old.revoke(*serials(held), reason=ReasonCode.CERTIFICATE_HOLD)
    old.list_revoked(number=41)
    authority = old.taken_over(store)
    report = old.imported(store, authority)
    assert report.is_complete
    assert report.counts["imported:pair"] == 3
    states = [pair_of(store, made).state for made in (good, bad, held)]
    assert states == [PairState.ACTIVE, PairState.REVOKED, PairState.SUSPENDED]
    crl = made_list(store, authority)
    assert crl.crl_number == 42
    assert {entry.serial_number for entry in crl} == {*serials(bad), *serials(held)}
    entry = crl.find(serials(bad)[0])
    assert entry is not None
    assert (entry.revocation_date, entry.reason) == (NOW - timedelta(days=50), ReasonCode.KEY_COMPROMISE)
    verify_audit(store)
    assert inspect(store, authority).is_clean


def test_ocsp_tells_of_it(store: Store, old: OldAuthority) -> None:
    good, bad = old.issue(owner(1)), old.issue(owner(2))
    old.revoke(*serials(bad))
    old.list_revoked()
    authority = old.taken_over(store)
    old.imported(store, authority)
    source = StoreStatusSource(store, authority.id, authority.generations[0].id)
    told = [source.status(serials(made)[1]) for made in (good, bad)]
    assert [each is not None and each.status.kind is CertStatusKind.GOOD for each in told] == [True, False]
    assert source.status(5) is None


def test_it_is_counted(store: Store, old: OldAuthority) -> None:
    old.issue(owner(1))
    old.issue(owner(2))
    old.list_revoked()
    old.imported(store, old.taken_over(store))
    with store.reading() as connection:
        assert sum(row.count for row in count_pairs(connection, [By.PROFILE])) == 2


def test_it_is_renewed(store: Store, clock: Clock, old: OldAuthority) -> None:
    made = old.issue(owner(1))
    old.list_revoked()
    scene = scene_of(store, old.taken_over(store, key_centre=centre(store)))
    old.imported(store, scene.authority)
    pair = pair_of(store, made)
    clock.at = pair.not_after - timedelta(days=30)
    request = RequestBuilder().subject(owner(1)).sign(authorities.key(9))
    renewed = scene.office.renew(scene.clerk, pair.id, request=request)
    new = scene.office.issue(scene.issuer, renewed.application.id).pair
    assert new is not None
    assert new.signing.subject == owner(1)
    assert new.signing.public_key == request.public_key
    assert pair_of(store, made).state is PairState.REPLACED


def test_a_renewal_keeps_the_request_and_what_the_operator_gave(store: Store, clock: Clock, old: OldAuthority) -> None:
    request = RequestBuilder().subject(owner(1)).sign(authorities.key(1001))
    code = OrganizationCode(people.CREDIT_CODE)
    made = old.issue(owner(1), extensions=[code])
    old.material.requests.append(("request", request))
    old.list_revoked()
    scene = scene_of(store, old.taken_over(store, key_centre=centre(store)))
    old.imported(store, scene.authority)
    pair = pair_of(store, made)
    clock.at = pair.not_after - timedelta(days=30)
    renewed = scene.office.renew(scene.clerk, pair.id)
    new = scene.office.issue(scene.issuer, renewed.application.id).pair
    assert new is not None
    assert new.signing.extensions.find(OrganizationCode) == code
    assert new.signing.public_key == made.pair.signing.public_key


def test_it_is_revoked(store: Store, old: OldAuthority) -> None:
    made = old.issue(owner(1))
    old.list_revoked()
    authority = old.taken_over(store)
    old.imported(store, authority)
    order = RevocationOrder("order", NAME, serials(made), ReasonCode.SUPERSEDED)
    authority.revoke(order, actor=ACTOR)
    assert {entry.serial_number for entry in made_list(store, authority)} == set(serials(made))


def test_what_was_revoked_elsewhere_is_final(store: Store, old: OldAuthority) -> None:
    made = old.issue(owner(1))
    old.revoke(*serials(made))
    old.list_revoked()
    authority = old.taken_over(store)
    old.imported(store, authority)
    order = RevocationOrder("order", NAME, serials(made), ReasonCode.REMOVE_FROM_CRL)
    with pytest.raises(LifeCycleError):
        authority.revoke(order, actor=ACTOR)


# ---- dry run, again, interrupted ------------------------------------------------------------
def test_a_dry_run_writes_nothing(store: Store, old: OldAuthority) -> None:
    made = old.issue(owner(1))
    old.list_revoked(number=900)
    authority = old.taken_over(store)
    before = verify_audit(store).entries
    report = old.imported(store, authority, dry_run=True)
    assert report.counts["imported"] == 1
    assert report.is_dry_run
    assert verify_audit(store).entries == before
    with store.reading() as connection:
        assert find(connection, store.protection, authority.id, serials(made)) == {}
    assert made_list(store, authority).crl_number == 1


def test_again_changes_nothing(store: Store, old: OldAuthority) -> None:
    for number in range(3):
        old.issue(owner(number))
    old.revoke(*serials(old.issue(owner(9))))
    old.revoke(4711)
    old.list_revoked()
    authority = old.taken_over(store)
    old.imported(store, authority)
    assert old.imported(store, authority).counts == {"present": 5}
    assert inspect(store, authority).counts == {"missing": 1}  # only the first list is not made yet


def test_an_interrupted_import_goes_on(store: Store, old: OldAuthority, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gmpki.ca.takeover.importing._IN_ONE_COMMIT", 2)
    for number in range(5):
        old.issue(owner(number))
    old.list_revoked()
    authority = old.taken_over(store)

    def stop(done: int, _: int) -> None:
        if done == 2:
            raise StoreError("the disk is full")

    with pytest.raises(StoreError):
        old.imported(store, authority, progress=stop)
    counts = old.imported(store, authority).counts
    assert (counts["present"], counts["imported"]) == (2, 3)


def test_a_newer_list_brings_what_was_revoked_since(store: Store, old: OldAuthority) -> None:
    made = old.issue(owner(1))
    old.list_revoked(number=41)
    authority = old.taken_over(store)
    old.imported(store, authority)
    old.revoke(*serials(made), days_ago=1)
    old.list_revoked(number=42, at=NOW)
    assert old.imported(store, authority).counts == {"updated": 1}
    assert pair_of(store, made).state is PairState.REVOKED
    assert made_list(store, authority).crl_number == 43


def test_what_was_resumed_here_is_not_suspended_again(store: Store, old: OldAuthority) -> None:
    made = old.issue(owner(1))
    old.revoke(*serials(made), reason=ReasonCode.CERTIFICATE_HOLD)
    old.list_revoked()
    authority = old.taken_over(store)
    old.imported(store, authority)
    authority.revoke(RevocationOrder("order", NAME, serials(made), ReasonCode.REMOVE_FROM_CRL), actor=ACTOR)
    old.imported(store, authority)
    assert state_of(store, authority, serials(made)[0]) is CertificateState.VALID


# ---- serial numbers -------------------------------------------------------------------------
def test_a_revoked_number_without_a_certificate_stays_on_the_list(store: Store, old: OldAuthority) -> None:
    old.revoke(0xABC, reason=None)
    old.list_revoked()
    authority = old.taken_over(store)
    assert old.imported(store, authority).counts == {"imported": 1, "imported:bare": 1}
    assert made_list(store, authority).find(0xABC) is not None


def test_a_certificate_that_turns_up_takes_its_place(store: Store, old: OldAuthority) -> None:
    made = old.issue(owner(1))
    old.revoke(*serials(made))
    old.list_revoked()
    found = list(old.material.certificates)
    old.material.certificates.clear()
    authority = old.taken_over(store)
    assert old.imported(store, authority).counts == {"imported": 2, "imported:bare": 2}
    old.material.certificates += found
    assert old.imported(store, authority).counts == {"updated": 1}
    assert pair_of(store, made).state is PairState.REVOKED
    assert made_list(store, authority).find(serials(made)[0]) is not None


def test_one_number_on_two_certificates_is_refused(store: Store, old: OldAuthority) -> None:
    for number in range(2):
        subject, key = owner(number), authorities.key(number).public_key
        certificate = certify(subject, key, old.certificate.subject, old.signer, serial_number=7)
        old.material.certificates.append((f"twice{number}", certificate))
    old.list_revoked()
    report = old.imported(store, old.taken_over(store))
    assert refused(report) == ["serial-collision"] * 2
    assert "twice0, twice1" in report.rows[0].message


def test_a_number_of_this_store_is_refused(store: Store, old: OldAuthority) -> None:
    old.list_revoked()
    authority = old.taken_over(store)
    first = certify(owner(1), authorities.key(1).public_key, old.certificate.subject, old.signer, serial_number=7)
    other = certify(owner(2), authorities.key(2).public_key, old.certificate.subject, old.signer, serial_number=7)
    old.material.certificates = [("first", first)]
    assert old.imported(store, authority).is_complete
    old.material.certificates = [("other", other)]
    assert refused(old.imported(store, authority)) == ["serial-collision"]
    assert state_of(store, authority, 7) is CertificateState.VALID


# ---- what is refused ------------------------------------------------------------------------
def test_certificates_of_others_are_refused(store: Store, old: OldAuthority) -> None:
    stranger = authorities.key(77)
    foreign = certify(owner(1), authorities.key(1).public_key, build_name(("CN", "别人")), stranger)
    forged = certify(owner(1), authorities.key(1).public_key, old.certificate.subject, stranger, serial_number=2)
    old.material.certificates += [("foreign", foreign), ("forged", forged)]
    old.list_revoked()
    report = old.imported(store, old.taken_over(store))
    assert refused(report) == ["not-issued-here", "signature"]


def test_a_list_of_others_does_not_count(store: Store, old: OldAuthority) -> None:
    other = OldAuthority()
    other.signer = authorities.key(78)
    old.issue(owner(1))
    other.revoke(1)
    other.list_revoked(public_key_info=None)
    old.material.crls += other.material.crls
    report = old.imported(store, old.taken_over(store))
    assert report.counts["imported"] == 1
    assert any("no key of this authority has signed it" in note for note in report.notes)
    assert any("no revocation list counts" in note for note in report.notes)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"at": NOW + timedelta(days=1)}, "in the future"),
        ({"delta_base": 3}, "delta list"),
        ({"at": NOW - timedelta(days=20)}, "was good until"),
    ],
    ids=["future", "delta", "stale"],
)
def test_lists_that_are_told_of(store: Store, old: OldAuthority, more: dict[str, object], said: str) -> None:
    old.list_revoked(**more)
    report = old.imported(store, old.taken_over(store))
    assert any(said in note for note in report.notes)


def test_a_profile_that_there_is_not(store: Store, old: OldAuthority) -> None:
    made = old.issue(owner(1))
    serial = serials(made)[0]
    old.material.entries[serial] = IndexEntry(serial, "table:1", holder={"profile": "gold"})
    old.list_revoked()
    report = old.imported(store, old.taken_over(store))
    assert "no profile 'gold'" in report.rows[0].message
    assert not report.is_complete


def test_a_wrong_identity_number_is_refused_and_not_repeated(store: Store, old: OldAuthority) -> None:
    serial = serials(old.issue(owner(1)))[0]
    said = {"identity_kind": "resident-id", "identity": "110105194912310021"}
    old.material.entries[serial] = IndexEntry(serial, "table:1", holder=said)
    old.list_revoked()
    report = old.imported(store, old.taken_over(store))
    assert not report.is_complete
    assert "110105194912310021" not in report.to_json() + repr(old.material.entries)


def test_numbers_of_lists_that_nothing_goes_on_from(store: Store, old: OldAuthority) -> None:
    old.list_revoked(number=1 << 100)
    with pytest.raises(InvalidInputError):
        old.imported(store, old.taken_over(store))


def test_rules_that_cannot_be_meant() -> None:
    for wrong in ({"region_id": 0}, {"profiles": {}}, {"business_kind": ""}, {"medium": "a\nb"}):
        with pytest.raises(InvalidInputError):
            TakeoverRules(**{"region_id": 1, **wrong})  # type: ignore[arg-type]


# ---- holders and tokens ---------------------------------------------------------------------
def test_holders_by_their_identity_extensions(store: Store, old: OldAuthority) -> None:
    number = people.resident_number(3)
    code = IdentifyCode(IdentifyCodeKind.RESIDENT_ID, number)
    subject = build_name(("C", "CN"), ("CN", "张三"))
    certificate = certify(subject, authorities.key(1).public_key, old.certificate.subject, old.signer, code)
    old.material.certificates.append(("person", certificate))
    old.list_revoked()
    old.imported(store, old.taken_over(store))
    with store.reading() as connection:
        (holder,) = applicants.find(connection, store.protection, number)
    assert (holder.applicant.kind, holder.applicant.name) == (ApplicantKind.PERSON, "张三")


def test_certificates_of_one_subject_have_one_holder(store: Store, old: OldAuthority) -> None:
    first = old.issue(owner(1), at=NOW - timedelta(days=100))
    second = old.issue(owner(1), at=NOW - timedelta(days=50))
    old.list_revoked()
    old.imported(store, old.taken_over(store))
    held = [pair_of(store, made) for made in (first, second)]
    assert held[0].applicant_id == held[1].applicant_id
    assert held[0].id != held[1].id
    with store.reading() as connection:
        holder = applicants.read(connection, store.protection, held[0].applicant_id).applicant
    assert (holder.kind, holder.identity.kind) == (ApplicantKind.ORGANIZATION, IdentityKind.SUBJECT)


def test_what_a_table_says_comes_first(store: Store, old: OldAuthority) -> None:
    made = old.issue(owner(1))
    serial = serials(made)[0]
    said = {
        "kind": "organization",
        "name": "示例市社会保障局",
        "identity_kind": "credit-code",
        "identity": people.CREDIT_CODE,
        "contact_name": "李四",
        "contact_phone": "13800138000",
        "business_kind": "社保",
        "token_serial": "T0001",
        "token_maker": "示例厂",
        "is_free": "true",
    }
    old.material.entries[serial] = IndexEntry(serial, "table:1", holder=said)
    old.list_revoked()
    old.imported(store, old.taken_over(store))
    pair = pair_of(store, made)
    assert (pair.business_kind, pair.token_serial, pair.is_free) == ("社保", "T0001", True)
    with store.reading() as connection:
        holder = applicants.read(connection, store.protection, pair.applicant_id).applicant
        token = media.read(connection, "T0001")
    assert holder.contact is not None
    assert holder.contact.name == "李四"
    assert (token.state, token.applicant_id, token.pair_id) == (MediumState.ISSUED, pair.applicant_id, pair.id)


def test_a_token_of_somebody_else_is_told_of(store: Store, old: OldAuthority) -> None:
    both = [old.issue(owner(number)) for number in range(2)]
    for made in both:
        serial = serials(made)[0]
        old.material.entries[serial] = IndexEntry(serial, "table:1", holder={"token_serial": "T0001"})
    old.list_revoked()
    report = old.imported(store, old.taken_over(store))
    assert report.is_complete
    assert "somebody else" in report.rows[1].message
    assert [pair_of(store, made).token_serial for made in both] == ["T0001", None]


def test_what_has_expired_is_expired(store: Store, old: OldAuthority) -> None:
    made = old.issue(owner(1), at=NOW - timedelta(days=390))
    ended = certify(
        owner(2),
        authorities.key(2).public_key,
        old.certificate.subject,
        old.signer,
        serial_number=9,
        not_before=NOW - timedelta(days=300),
        not_after=NOW - timedelta(days=3),
    )
    old.material.certificates.append(("ended", ended))
    old.list_revoked()
    old.imported(store, old.taken_over(store))
    with store.reading() as connection:
        assert pairs.by_serial(connection, store.protection, NAME, 9).state is PairState.EXPIRED
    assert pair_of(store, made).state is PairState.ACTIVE


def test_what_is_valid_is_published(store: Store, old: OldAuthority) -> None:
    from sqlalchemy import func, select

    from gmpki.ca.store.schema import due_publications

    bad = old.issue(owner(1))
    old.issue(owner(2))
    old.revoke(*serials(bad))
    old.list_revoked()
    authority = old.taken_over(store, settings=AuthoritySettings(publishers=("tree",)))
    old.imported(store, authority)
    with store.reading() as connection:
        assert connection.scalar(select(func.count()).select_from(due_publications)) == 1 + 2


# ---- the report -----------------------------------------------------------------------------
def test_the_report(store: Store, old: OldAuthority, tmp_path: Path) -> None:
    old.issue(owner(1))
    old.material.add_file(tmp_path / "nothing.pem")
    old.list_revoked()
    report = old.imported(store, old.taken_over(store))
    assert json.loads(report.to_json())["counts"]["refused:unreadable"] == 1
    text = io.StringIO(newline="")
    assert report.write_csv(text) == 2
    assert text.getvalue().startswith("place,serials,outcome")
    assert any("nothing.pem" in line for line in report.lines())
