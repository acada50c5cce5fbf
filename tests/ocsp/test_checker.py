"""The checker: responses at hand, responders asked, and what is made of both."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

import hostile
from gmpki import oids
from gmpki.asn1.rfc5280 import Extension, GeneralName, SignedStructure
from gmpki.asn1.rfc5280.ext_points import AccessDescription, AuthorityInfoAccess
from gmpki.asn1.rfc6960 import CertStatus, ResponseStatus
from gmpki.errors import FetchError, InvalidTypeError, UnsupportedAlgorithm
from gmpki.ocsp.cert_ids import cert_id, hash_name_of
from gmpki.ocsp.checker import OCSPChecker, responder_urls
from gmpki.ocsp.request import OCSPRequest
from gmpki.ocsp.responder import KnownStatus, OCSPResponder
from gmpki.ocsp.response import OCSPResponse
from gmpki.ocsp.verify import ResponsePolicy
from gmpki.x509.certificate import Certificate
from gmpki.x509.certificate_builder import CertificateBuilder
from gmpki.x509.names import build_name
from gmpki.x509.revocation import RevocationChecker, RevocationContext, RevocationResult, RevocationStatus
from ocsp.scene import ALGORITHMS, DAY, NOW, ROOT, certify, key, scene

CONTEXT = RevocationContext(NOW)
REVOKED = CertStatus.revoked(NOW - DAY)
HOUR = timedelta(hours=1)


def check(checker: OCSPChecker, certificate: Certificate | None = None, algorithm: str = "sm2") -> RevocationResult:
    made = scene(algorithm)
    return checker.check(made.leaf if certificate is None else certificate, made.ca, CONTEXT)


def leaf_with(*locations: tuple[Any, GeneralName], algorithm: str = "sm2") -> Certificate:
    made = scene(algorithm)
    access = AuthorityInfoAccess(tuple(AccessDescription(*location) for location in locations))
    public_key = key(algorithm, "leaf").public_key
    return certify(build_name(("CN", "x")), public_key, ROOT, made.ca_key, access, serial_number=0x77)


def responder_at(*urls: str, algorithm: str = "sm2") -> Certificate:
    return leaf_with(*((oids.AD_OCSP, GeneralName.uri(url)) for url in urls), algorithm=algorithm)


class Network:
    """Responders at addresses; counts who was asked what."""

    def __init__(self, status: CertStatus | None = None, algorithm: str = "sm2", **options: Any) -> None:
        made = scene(algorithm)
        self.asked: list[tuple[str, OCSPRequest]] = []
        self.known = KnownStatus(CertStatus.good() if status is None else status)
        self.responder = OCSPResponder(made.ca, made.ca_key, self, clock=lambda: NOW, **options)

    def status(self, serial_number: int) -> KnownStatus | None:
        return self.known if serial_number == 0x77 else None

    def fetch(self, url: str, request: bytes) -> bytes:
        self.asked.append((url, OCSPRequest.from_der(request)))
        if "down" in url:
            raise FetchError(f"{url}: no answer")
        if "refused" in url:
            raise ConnectionRefusedError("refused")
        if "nonsense" in url:
            return b"<html>"
        return self.responder.answer(request)

    @property
    def urls(self) -> list[str]:
        return [url for url, _ in self.asked]


# ---- responses at hand --------------------------------------------------------------------
def test_it_is_a_checker() -> None:
    assert isinstance(OCSPChecker(), RevocationChecker)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_stapled(algorithm: str) -> None:
    made = scene(algorithm)
    assert check(OCSPChecker([made.good()]), algorithm=algorithm).status is RevocationStatus.GOOD
    revoked = made.builder(REVOKED).sign(made.ca_key)
    result = check(OCSPChecker([revoked]), algorithm=algorithm)
    assert (result.status, result.revoked_at) == (RevocationStatus.REVOKED, NOW - DAY)


def test_nothing_at_all() -> None:
    result = check(OCSPChecker())
    assert (result.status, result.source) == (RevocationStatus.UNKNOWN, "ocsp")
    assert result.detail == "there is no OCSP response, and nobody to ask"


def test_responses_that_do_not_count() -> None:
    made = scene()
    forged = made.builder().sign(key("sm2", "stranger"))
    result = check(OCSPChecker([forged, OCSPResponse.of_status(ResponseStatus.TRY_LATER)]))
    assert result.status is RevocationStatus.UNKNOWN
    assert "signature" in result.detail
    other = made.builder(identifier=cert_id(0x78, made.ca)).sign(made.ca_key)
    assert check(OCSPChecker([other])).status is RevocationStatus.UNKNOWN
    assert check(OCSPChecker([forged, other, made.good()])).status is RevocationStatus.GOOD


def test_unknown_stays_unknown() -> None:
    made = scene()
    unknown = made.builder(CertStatus.unknown()).sign(made.ca_key)
    assert check(OCSPChecker([unknown])).status is RevocationStatus.UNKNOWN
    assert check(OCSPChecker([unknown, made.good()])).status is RevocationStatus.GOOD


def test_the_newest_counts() -> None:
    made = scene()
    old_good = made.builder(this_update=NOW - HOUR).sign(made.ca_key)
    old_revoked = made.builder(REVOKED, this_update=NOW - HOUR).sign(made.ca_key)
    revoked = made.builder(REVOKED).sign(made.ca_key)
    unknown = made.builder(CertStatus.unknown()).sign(made.ca_key)
    for responses, expected in (
        ([old_good, revoked], RevocationStatus.REVOKED),
        ([revoked, old_good], RevocationStatus.REVOKED),
        ([old_revoked, made.good()], RevocationStatus.GOOD),  # taken off hold
        ([made.good(), revoked], RevocationStatus.REVOKED),
        ([revoked, made.good()], RevocationStatus.REVOKED),
        ([unknown, old_good], RevocationStatus.GOOD),
        ([old_revoked, unknown], RevocationStatus.REVOKED),
    ):
        assert check(OCSPChecker(responses)).status is expected


def test_few_are_tried() -> None:
    made = scene()
    forged = [made.builder().produced_at(NOW - timedelta(seconds=n)).sign(key("sm2", "stranger")) for n in range(8)]
    assert check(OCSPChecker([*forged[:7], made.good()])).status is RevocationStatus.GOOD
    assert check(OCSPChecker([*forged, made.good()])).status is RevocationStatus.UNKNOWN


# ---- responders asked ---------------------------------------------------------------------
@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("hash_name", [None, "sm3", "sha1", "sha256"])
def test_asks(algorithm: str, hash_name: str | None) -> None:
    network = Network(algorithm=algorithm)
    certificate = responder_at("http://a.example.cn", algorithm=algorithm)
    checker = OCSPChecker(fetch=network.fetch, hash_name=hash_name)
    assert check(checker, certificate, algorithm).status is RevocationStatus.GOOD
    request = network.asked[0][1]
    assert len(request.nonce or b"") == 32
    assert hash_name_of(request.cert_ids[0]) == (hash_name or ("sm3" if algorithm == "sm2" else "sha1"))
    check(checker, certificate, algorithm)
    assert network.asked[1][1].nonce != request.nonce


def test_revoked_and_unknown() -> None:
    certificate = responder_at("http://a.example.cn")
    assert check(OCSPChecker(fetch=Network(REVOKED).fetch), certificate).status is RevocationStatus.REVOKED
    network = Network(CertStatus.unknown())
    assert check(OCSPChecker(fetch=network.fetch), certificate).status is RevocationStatus.UNKNOWN


def test_what_is_at_hand_comes_first() -> None:
    network = Network(REVOKED)
    certificate = responder_at("http://a.example.cn")
    assert check(OCSPChecker([scene().good()], fetch=network.fetch), certificate).status is RevocationStatus.GOOD
    assert network.asked == []
    stale = scene().builder(this_update=NOW - 3 * DAY, next_update=NOW - 2 * DAY).sign(scene().ca_key)
    assert check(OCSPChecker([stale], fetch=network.fetch), certificate).status is RevocationStatus.REVOKED


def test_responders_that_do_not_answer() -> None:
    network = Network()
    down = ("http://down.example.cn", "http://refused.example.cn", "http://nonsense.example.cn")
    result = check(OCSPChecker(fetch=network.fetch), responder_at(*down))
    assert result.status is RevocationStatus.UNKNOWN
    assert network.urls == list(down)
    assert all(url in result.detail for url in down)
    network = Network()
    result = check(OCSPChecker(fetch=network.fetch), responder_at(*down[:2], "http://up.example.cn"))
    assert result.status is RevocationStatus.GOOD


def test_one_answer_is_enough() -> None:
    network = Network()
    certificate = responder_at("http://a.example.cn", "http://b.example.cn")
    assert check(OCSPChecker(fetch=network.fetch), certificate).status is RevocationStatus.GOOD
    assert network.urls == ["http://a.example.cn"]
    network = Network(CertStatus.unknown())
    assert check(OCSPChecker(fetch=network.fetch), certificate).status is RevocationStatus.UNKNOWN
    assert network.urls == ["http://a.example.cn", "http://b.example.cn"]


def test_at_most_three_are_asked() -> None:
    network = Network()
    urls = [f"http://down{number}.example.cn" for number in range(9)]
    check(OCSPChecker(fetch=network.fetch), responder_at(*urls))
    assert network.urls == urls[:3]


def test_an_error_is_no_answer() -> None:
    network = Network()
    network.responder = OCSPResponder(
        scene().ca, scene().ca_key, network, check_requestor=lambda _request: None, clock=lambda: NOW
    )
    result = check(OCSPChecker(fetch=network.fetch), responder_at("http://a.example.cn"))
    assert result.status is RevocationStatus.UNKNOWN
    assert "sigRequired" in result.detail


def test_nonce_that_is_not_repeated() -> None:
    network = Network(repeat_nonce=False)
    certificate = responder_at("http://a.example.cn")
    assert check(OCSPChecker(fetch=network.fetch), certificate).status is RevocationStatus.UNKNOWN
    assert check(OCSPChecker(fetch=network.fetch, nonce=False), certificate).status is RevocationStatus.GOOD
    assert network.asked[-1][1].nonce is None
    relaxed = OCSPChecker(fetch=network.fetch, policy=ResponsePolicy(require_nonce=False))
    assert check(relaxed, certificate).status is RevocationStatus.GOOD


def test_a_replayed_answer() -> None:
    network = Network()
    kept: list[bytes] = []

    def replay(url: str, request: bytes) -> bytes:
        kept.append(network.fetch(url, request))
        return kept[0]

    checker = OCSPChecker(fetch=replay)
    certificate = responder_at("http://a.example.cn")
    assert check(checker, certificate).status is RevocationStatus.GOOD
    result = check(checker, certificate)
    assert result.status is RevocationStatus.UNKNOWN
    assert "another nonce" in result.detail


def test_addresses() -> None:
    uri = GeneralName.uri
    certificate = leaf_with(
        (oids.AD_OCSP, uri("ldap://a.example.cn")),
        (oids.AD_CA_ISSUERS, uri("http://b.example.cn")),
        (oids.AD_OCSP, GeneralName.dns("c.example.cn")),
        (oids.AD_OCSP, uri("HTTP://d.example.cn")),
        (oids.AD_OCSP, uri("https://e.example.cn/ocsp")),
        (oids.AD_OCSP, uri("file:///etc/passwd")),
    )
    assert responder_urls(certificate) == ("HTTP://d.example.cn", "https://e.example.cn/ocsp")
    assert responder_urls(scene().leaf) == ()
    network = Network()
    checker = OCSPChecker(fetch=network.fetch, urls=["http://own.example.cn"])
    assert check(checker, certificate).status is RevocationStatus.GOOD
    assert network.urls == ["http://own.example.cn"]


def test_certificates_without_addresses() -> None:
    network = Network()
    assert check(OCSPChecker(fetch=network.fetch)).status is RevocationStatus.UNKNOWN
    assert network.asked == []


def test_malformed_address() -> None:
    made = scene()
    broken = Extension(oids.AUTHORITY_INFO_ACCESS, False, b"\x30\x02\x05\x00")
    public_key = key("sm2", "leaf").public_key
    builder = CertificateBuilder().subject(ROOT).issuer(ROOT).serial_number(1).validity(NOW - DAY, NOW + DAY)
    builder = builder.public_key(public_key).add_extension(broken)
    algorithm = made.ca_key.signature_algorithm
    tbs = builder.to_be_signed(algorithm)
    encoded = SignedStructure(tbs, algorithm, made.ca_key.sign(tbs)).to_der()
    certificate = Certificate.from_der(encoded, lenient=True)
    result = check(OCSPChecker(fetch=Network().fetch), certificate)
    assert result.status is RevocationStatus.UNKNOWN
    assert "malformed" in result.detail


# ---- inputs -------------------------------------------------------------------------------
def test_wrong_inputs() -> None:
    for options in ({"fetch": 1}, {"nonce": 1}, {"policy": 1}, {"urls": [1]}, {"hash_name": 1}, {"responses": [b""]}):
        with pytest.raises(InvalidTypeError):
            OCSPChecker(**options)  # type: ignore[arg-type]
    with pytest.raises(UnsupportedAlgorithm):
        check(OCSPChecker(fetch=Network().fetch, hash_name="md5"))


def test_hostile_values() -> None:
    made = scene()
    checker = OCSPChecker([made.good()])
    for result in hostile.results(checker.check, (made.leaf, made.ca, CONTEXT)):
        assert isinstance(result, RevocationResult)
    for result in hostile.results(OCSPChecker, ([],)):
        assert isinstance(result, OCSPChecker)


@pytest.mark.parametrize("answer", [None, 1, "text", b"", [], object()])
def test_fetch_that_gives_something_else(answer: Any) -> None:
    checker = OCSPChecker(fetch=lambda _url, _request: answer)
    assert check(checker, responder_at("http://a.example.cn")).status is RevocationStatus.UNKNOWN
