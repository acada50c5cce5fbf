"""The responder: what it answers, and what it does not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import hostile
from gmpki import oids
from gmpki.asn1.rfc5280 import Extension, IssuingDistributionPoint, ReasonFlags
from gmpki.asn1.rfc5280.ext_crl import InvalidityDate, ReasonCode
from gmpki.asn1.rfc6960 import CertStatus, CrlID, ExtendedRevoke, ResponseStatus
from gmpki.errors import InvalidInputError, InvalidTypeError, KeyMismatchError, StateError, ValidationError
from gmpki.ocsp.cert_ids import HASH_NAMES, cert_id
from gmpki.ocsp.request import OCSPRequest
from gmpki.ocsp.request_builder import OCSPRequestBuilder
from gmpki.ocsp.responder import CRLStatusSource, KnownStatus, OCSPResponder, StatusSource
from gmpki.ocsp.response import OCSPResponse
from gmpki.ocsp.verify import check_response
from gmpki.x509.crl_builder import CRLBuilder, Revocation
from gmpki.x509.named_key import TrustAnchor
from gmpki.x509.revocation import RevocationContext, RevocationStatus
from gmpki.x509.signatures import SignaturePolicy
from ocsp.scene import ALGORITHMS, DAY, NO_CHECK, NOW, ROOT, SIGNING, Scene, key, scene

UNKNOWN = Extension(oids.find("1.2.3"), True, b"\x05\x00")
HOUR = timedelta(hours=1)


@dataclass
class Table:
    """A source that counts how often it is asked."""

    known: dict[int, KnownStatus] = field(default_factory=lambda: {0x77: KnownStatus(CertStatus.good())})
    asked: list[int] = field(default_factory=list)

    def status(self, serial_number: int) -> KnownStatus | None:
        self.asked.append(serial_number)
        return self.known.get(serial_number)


def responder(made: Scene | None = None, source: StatusSource | None = None, **options: Any) -> OCSPResponder:
    made = scene() if made is None else made
    options = {"issuer": made.ca, "signer": made.ca_key, "clock": lambda: NOW} | options
    return OCSPResponder(source=Table() if source is None else source, **options)


def ask(answering: OCSPResponder, *numbers: int, nonce: bool = True, hash_name: str = "sm3") -> OCSPResponse:
    builder = OCSPRequestBuilder()
    for serial_number in numbers or (0x77,):
        builder = builder.add(serial_number, scene().ca, hash_name)
    return send(answering, builder.nonce() if nonce else builder)


def send(answering: OCSPResponder, builder: OCSPRequestBuilder) -> OCSPResponse:
    return OCSPResponse.from_der(answering.answer(builder.build().to_der()))


# ---- answers ------------------------------------------------------------------------------
@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("hash_name", HASH_NAMES)
@pytest.mark.parametrize("delegated", [False, True])
def test_answers_in_the_hash_asked(algorithm: str, hash_name: str, delegated: bool) -> None:
    made = scene(algorithm)
    options = {"signer": made.responder_key, "certificate": made.responder} if delegated else {}
    request = OCSPRequestBuilder().add(made.leaf, made.ca, hash_name).nonce().build()
    response = OCSPResponse.from_der(responder(made, **options).answer(bytearray(request.to_der())))
    assert response.responses[0].cert_id.to_der() == request.cert_ids[0].to_der()
    assert response.nonce == request.nonce
    assert response.produced_at == NOW
    result = check_response(response, made.leaf, made.ca, RevocationContext(NOW), nonce=request.nonce)
    assert (result.status, result.this_update, result.next_update) == (RevocationStatus.GOOD, NOW, NOW + HOUR)


def test_several_certificates() -> None:
    revoked = CertStatus.revoked(NOW - DAY, ReasonCode.CERTIFICATE_HOLD)
    source = Table({1: KnownStatus(CertStatus.good()), 2: KnownStatus(revoked, NOW - HOUR, NOW + DAY)})
    response = ask(responder(source=source), 1, 2, 3, 1)
    assert [single.status for single in response.responses] == [CertStatus.good(), revoked, CertStatus.unknown()]
    assert (response.responses[1].this_update, response.responses[1].next_update) == (NOW - HOUR, NOW + DAY)
    assert source.asked == [1, 2, 3]


def test_certificates_of_others() -> None:
    made = scene()
    source = Table()
    builder = OCSPRequestBuilder().add(0x77, made.ca).add(0x77, made.responder)
    response = send(responder(source=source), builder)
    assert [single.status for single in response.responses] == [CertStatus.good(), CertStatus.unknown()]
    assert source.asked == [0x77]
    only_others = OCSPRequestBuilder().add(0x77, made.responder)
    assert send(responder(), only_others).status is ResponseStatus.UNAUTHORIZED


def test_options() -> None:
    made = scene()
    response = ask(responder(by_key=True, repeat_nonce=False, validity=DAY))
    assert response.responder_id.key_hash is not None
    assert response.nonce is None
    assert response.responses[0].next_update == NOW + DAY
    anchor = responder(issuer=TrustAnchor.of(made.ca))
    assert ask(anchor).responder_id.name == ROOT
    unsigned = ask(responder(user_id=b""))
    context = RevocationContext(NOW)
    with pytest.raises(ValidationError):
        check_response(unsigned, made.leaf, made.ca, context)
    context = RevocationContext(NOW, SignaturePolicy(user_ids=(b"",)))
    assert check_response(unsigned, made.leaf, made.ca, context).status is RevocationStatus.GOOD


def test_numbers_that_were_never_issued() -> None:
    assert ask(responder(), 5).responses[0].status == CertStatus.unknown()
    response = ask(responder(extended_revoke=True), 5)
    never = CertStatus.revoked(datetime(1970, 1, 1, tzinfo=timezone.utc), ReasonCode.CERTIFICATE_HOLD)
    assert response.responses[0].status == never
    assert ExtendedRevoke in response.extensions


def test_clock_of_the_system() -> None:
    response = ask(responder(clock=None))
    assert abs(response.produced_at - datetime.now(timezone.utc)) < timedelta(minutes=5)


def test_old_information_without_an_end() -> None:
    source = Table({1: KnownStatus(CertStatus.good(), NOW - 2 * DAY)})
    single = ask(responder(source=source), 1).responses[0]
    assert (single.this_update, single.next_update) == (NOW - 2 * DAY, NOW + HOUR)


@pytest.mark.parametrize("time", [None, "now", NOW.replace(tzinfo=None)])
def test_a_clock_that_is_none(time: Any) -> None:
    with pytest.raises(InvalidInputError):
        ask(responder(clock=lambda: time))


# ---- refusals -----------------------------------------------------------------------------
@pytest.mark.parametrize("data", [b"", b"\x30\x00", b"x" * 100, bytes(1 << 19)], ids=len)
def test_no_request(data: bytes) -> None:
    assert OCSPResponse.from_der(responder().answer(data)).status is ResponseStatus.MALFORMED_REQUEST


@given(data=st.binary(max_size=200))
def test_arbitrary_bytes(data: bytes) -> None:
    assert OCSPResponse.from_der(responder().answer(data)).status is ResponseStatus.MALFORMED_REQUEST


@given(place=st.integers(0, 10_000), value=st.integers(1, 255))
def test_changed_request(place: int, value: int) -> None:
    made = scene()
    data = bytearray(OCSPRequestBuilder().add(made.leaf, made.ca).nonce(b"nonce").build().to_der())
    data[place % len(data)] ^= value
    response = OCSPResponse.from_der(responder().answer(data))
    if response.status is ResponseStatus.SUCCESSFUL:
        request = OCSPRequest.from_der(data)
        assert [single.cert_id for single in response.responses] == list(request.cert_ids)
        assert response.nonce == request.nonce
        response.verify_signature(made.ca)


def test_malformed_requests() -> None:
    made = scene()
    builder = OCSPRequestBuilder().add(made.leaf, made.ca)
    for bad in (
        builder.add_extension(UNKNOWN),
        OCSPRequestBuilder().add_cert_id(made.identifier(), UNKNOWN),
        builder.acceptable_responses("1.2.3"),
    ):
        assert send(responder(), bad).status is ResponseStatus.MALFORMED_REQUEST
    assert send(responder(), builder.acceptable_responses("1.2.3", oids.OCSP_BASIC)).responses
    assert ask(responder(max_certificates=2), 1, 2, 3).status is ResponseStatus.MALFORMED_REQUEST
    assert ask(responder(max_certificates=3), 1, 2, 3).status is ResponseStatus.SUCCESSFUL


def test_signed_requests_only() -> None:
    made = scene()

    def check_requestor(request: OCSPRequest) -> None:
        request.verify_signature(made.leaf)

    answering = responder(check_requestor=check_requestor)
    assert ask(answering).status is ResponseStatus.SIG_REQUIRED
    builder = OCSPRequestBuilder().add(made.leaf, made.ca).requestor_name(made.leaf.subject)
    right = builder.sign(key("sm2", "leaf"))
    wrong = builder.sign(key("sm2", "stranger"))
    assert OCSPResponse.from_der(answering.answer(right.to_der())).status is ResponseStatus.SUCCESSFUL
    assert OCSPResponse.from_der(answering.answer(wrong.to_der())).status is ResponseStatus.UNAUTHORIZED


def test_source_that_does_not_work() -> None:
    class Broken:
        def status(self, serial_number: int) -> KnownStatus | None:
            raise StateError(f"the database that has {serial_number} is gone")

    assert ask(responder(source=Broken())).status is ResponseStatus.INTERNAL_ERROR
    nonsense = Table({0x77: "good"})  # type: ignore[dict-item]
    assert ask(responder(source=nonsense)).status is ResponseStatus.INTERNAL_ERROR
    no_zone = Table({0x77: KnownStatus(CertStatus.good(), NOW.replace(tzinfo=None), NOW)})
    assert ask(responder(source=no_zone)).status is ResponseStatus.INTERNAL_ERROR
    backwards = Table({0x77: KnownStatus(CertStatus.good(), NOW, NOW - DAY)})
    assert ask(responder(source=backwards)).status is ResponseStatus.INTERNAL_ERROR


def test_responders_that_may_not_answer() -> None:
    made = scene()
    stranger = key("sm2", "stranger")
    with pytest.raises(KeyMismatchError, match="issuer"):
        responder(signer=stranger)
    with pytest.raises(KeyMismatchError, match="certificate"):
        responder(certificate=made.responder)
    for certificate in (made.delegated(NO_CHECK), made.leaf):
        with pytest.raises(InvalidInputError, match="may not answer"):
            responder(signer=made.responder_key, certificate=certificate)
    elsewhere = made.delegated(SIGNING, issuer=made.leaf.subject)
    with pytest.raises(InvalidInputError, match="another issuer"):
        responder(signer=made.responder_key, certificate=elsewhere)


@pytest.mark.parametrize(
    "options",
    [
        {"validity": timedelta(0)},
        {"validity": timedelta(days=400)},
        {"max_certificates": 0},
        {"max_certificates": 1025},
        {"cache_len": -1},
    ],
    ids=repr,
)
def test_options_out_of_bounds(options: dict[str, Any]) -> None:
    with pytest.raises(InvalidInputError):
        responder(**options)


@pytest.mark.parametrize("name", ["source", "issuer", "signer", "certificate", "clock", "check_requestor", "validity"])
def test_options_of_another_type(name: str) -> None:
    with pytest.raises(InvalidTypeError):
        responder(**{name: "text"})


def test_hostile_requests() -> None:
    call: Callable[..., bytes] = responder().answer
    for result in hostile.results(call, (b"",)):
        assert OCSPResponse.from_der(result).status is ResponseStatus.MALFORMED_REQUEST


# ---- answers that are kept ----------------------------------------------------------------
def test_answers_are_given_again() -> None:
    source = Table()
    times = [NOW]
    answering = responder(source=source, cache_len=2, clock=lambda: times[-1])
    first = ask(answering, nonce=False)
    assert ask(answering, nonce=False) == first
    assert source.asked == [0x77]
    # Another hash is another question, and a nonce asks for a new answer.
    ask(answering, nonce=False, hash_name="sha1")
    assert ask(answering).nonce is not None
    assert len(source.asked) == 3
    # During the second half of its validity an answer is made anew.
    times.append(NOW + HOUR / 2 - timedelta(seconds=1))
    assert ask(answering, nonce=False) == first
    times.append(NOW + HOUR / 2)
    assert ask(answering, nonce=False) != first
    assert len(source.asked) == 4


def test_answers_are_forgotten() -> None:
    source = Table()
    answering = responder(source=source, cache_len=10)
    assert ask(answering, nonce=False).responses[0].status == CertStatus.good()
    source.known[0x77] = KnownStatus(CertStatus.revoked(NOW))
    assert ask(answering, nonce=False).responses[0].status == CertStatus.good()
    answering.forget()
    assert ask(answering, nonce=False).responses[0].status == CertStatus.revoked(NOW)


def test_an_answer_from_before_forgetting_is_not_kept() -> None:
    """A certificate is revoked while an answer about it is on its way."""
    table = Table()

    class Revoking(Table):
        def status(self, serial_number: int) -> KnownStatus | None:
            found = table.status(serial_number)
            if len(table.asked) == 1:
                table.known[0x77] = KnownStatus(CertStatus.revoked(NOW))
                answering.forget()
            return found

    answering = responder(source=Revoking(), cache_len=10)
    answers = [ask(answering, nonce=False).responses[0].status for _ in range(2)]
    assert answers == [CertStatus.good(), CertStatus.revoked(NOW)]


def test_the_answer_not_used_for_longest_goes() -> None:
    source = Table()
    answering = responder(source=source, cache_len=2)
    for serial_number in (1, 2, 1, 3, 1, 2):
        ask(answering, serial_number, nonce=False)
    assert source.asked == [1, 2, 3, 2]


def test_only_single_questions_are_kept() -> None:
    source = Table()
    answering = responder(source=source, cache_len=5)
    for _ in range(2):
        ask(answering, 1, 2, nonce=False)
    assert source.asked == [1, 2, 1, 2]
    ignoring = responder(source=source, cache_len=5, repeat_nonce=False)
    assert ask(ignoring) == ask(ignoring)


def test_answers_are_kept_for_half_of_what_is_left() -> None:
    source = Table({1: KnownStatus(CertStatus.good(), NOW - HOUR, NOW + HOUR / 3)})
    times = [NOW]
    answering = responder(source=source, cache_len=2, clock=lambda: times[-1])
    for minutes in (0, 9, 10):
        times.append(NOW + timedelta(minutes=minutes))
        ask(answering, 1, nonce=False)
    assert source.asked == [1, 1]


def test_old_information_is_not_kept() -> None:
    source = Table({1: KnownStatus(CertStatus.good(), NOW - 2 * DAY, NOW - DAY)})
    answering = responder(source=source, cache_len=5)
    response = ask(answering, 1, nonce=False)
    assert (response.responses[0].this_update, response.responses[0].next_update) == (NOW - 2 * DAY, NOW - DAY)
    ask(answering, 1, nonce=False)
    assert source.asked == [1, 1]


# ---- by a revocation list -----------------------------------------------------------------
def test_status_by_a_list() -> None:
    made = scene()
    entries = [
        Revocation(1, NOW - DAY, ReasonCode.KEY_COMPROMISE, NOW - 2 * DAY),
        Revocation(2, NOW - DAY),
        Revocation(3, NOW - DAY, ReasonCode.CERTIFICATE_HOLD),
    ]
    crl = CRLBuilder(issuer=ROOT, this_update=NOW - HOUR, next_update=NOW + DAY, number=9, entries=entries).sign(
        made.ca_key
    )
    response = ask(responder(source=CRLStatusSource(crl)), 1, 2, 3, 4)
    assert [single.status for single in response.responses] == [
        CertStatus.revoked(NOW - DAY, ReasonCode.KEY_COMPROMISE),
        CertStatus.revoked(NOW - DAY),
        CertStatus.revoked(NOW - DAY, ReasonCode.CERTIFICATE_HOLD),
        CertStatus.good(),
    ]
    assert {(single.this_update, single.next_update) for single in response.responses} == {(NOW - HOUR, NOW + DAY)}
    reference = Extension(oids.OCSP_CRL, False, CrlID(None, 9, NOW - HOUR).to_der())
    assert all(reference in single.extensions for single in response.responses)
    invalidity = Extension(oids.INVALIDITY_DATE, False, InvalidityDate(NOW - 2 * DAY).to_der())
    assert [invalidity in single.extensions for single in response.responses] == [True, False, False, False]
    assert cert_id(1, made.ca) == response.responses[0].cert_id


@pytest.mark.parametrize(
    ("options", "because"),
    [
        ({"delta_base": 8}, "delta"),
        (
            {"issuing_distribution_point": IssuingDistributionPoint(only_some_reasons=ReasonFlags.KEY_COMPROMISE)},
            "some reasons",
        ),
        (
            {"issuing_distribution_point": IssuingDistributionPoint(only_contains_attribute_certs=True)},
            "attribute certificates",
        ),
        ({"extensions": (UNKNOWN,)}, "not understood"),
    ],
    ids=["delta", "reasons", "attributes", "critical"],
)
def test_lists_that_do_not_say_who_is_good_are_refused(options: dict[str, Any], because: str) -> None:
    builder = CRLBuilder(issuer=ROOT, this_update=NOW, next_update=NOW + DAY, number=9, **options)
    with pytest.raises(InvalidInputError, match=because):
        CRLStatusSource(builder.sign(scene().ca_key))


def test_a_source_is_made_of_a_list() -> None:
    for wrong in (None, 5, "text", scene().ca):
        with pytest.raises(InvalidTypeError):
            CRLStatusSource(wrong)  # type: ignore[arg-type]
