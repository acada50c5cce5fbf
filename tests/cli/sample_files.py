"""The files of an authority that the examples of the help texts name, in the directory where they run.

``ca.pem`` and ``sub.pem`` are the authority below ``root.pem``. Everything is valid from 2026 for so long that the
examples keep working.
"""

from __future__ import annotations

import dataclasses
from datetime import datetime, timezone
from pathlib import Path

from gmpki.asn1.rfc5280 import GeneralName, Validity
from gmpki.asn1.rfc5280.ext_names import SubjectAltName
from gmpki.asn1.rfc6960 import CertStatus
from gmpki.keys.sm2 import SM2PrivateKey
from gmpki.ocsp.cert_ids import cert_id
from gmpki.ocsp.request_builder import OCSPRequestBuilder
from gmpki.ocsp.response_builder import OCSPResponseBuilder
from gmpki.x509.certificate import Certificate
from gmpki.x509.crl_builder import CRLBuilder, Revocation
from gmpki.x509.delivery import CSRResponseDelivery
from gmpki.x509.issuing import Issuer, self_signed
from gmpki.x509.names import build_name
from gmpki.x509.profile import Profile, ValidityRules, load_profile
from gmpki.x509.request import RequestBuilder

BEGIN = datetime(2026, 1, 1, tzinfo=timezone.utc)
END = datetime(2055, 1, 1, tzinfo=timezone.utc)
VALIDITY = Validity(BEGIN, END)
HOST = SubjectAltName((GeneralName.dns("www.example.cn"),))

ROOT, SUB, OWNER, KMC, OTHER, OCSP = (SM2PrivateKey.from_bytes(bytes(31) + bytes((number,))) for number in range(1, 7))
KEYS = {"root": ROOT, "sub": SUB, "ca": SUB, "signing": OWNER, "one": KMC, "kmc": KMC, "other": OWNER, "ocsp": OCSP}


def _profile(name: str) -> Profile:
    """Return a ready profile whose certificates live longer."""
    return dataclasses.replace(load_profile(name), validity=ValidityRules(10950, 10950))


def write_authority() -> None:
    """Write the files into the current directory."""
    owner = build_name(("C", "CN"), ("O", "示例局"), ("CN", "示例局"))
    for name, key in KEYS.items():
        Path(f"{name}.key").write_bytes(key.to_pem())
    root = self_signed(
        build_name(("C", "CN"), ("O", "示例CA"), ("CN", "示例根")),
        ROOT,
        _profile("root-ca"),
        validity=VALIDITY,
        serial_number=1,
    )
    top = Issuer(root, ROOT)
    sub_name = build_name(("C", "CN"), ("O", "示例CA"), ("CN", "示例下级"))
    sub = top.issue((sub_name, SUB.public_key), _profile("subordinate-ca"), validity=VALIDITY)
    issuer = Issuer(sub, SUB)
    applicant = (owner, OWNER.public_key)
    pair = issuer.issue_pair(applicant, KMC, _profile("organisation"), validity=VALIDITY)
    server = issuer.issue_pair(applicant, KMC, _profile("device"), extensions=[HOST], validity=VALIDITY).pair
    responder = issuer.issue((owner, OCSP.public_key), _profile("ocsp-responder"), validity=VALIDITY)
    response = CSRResponseDelivery().deliver(KMC, pair.pair)
    Path("pair").mkdir()
    Path("pair/encryption-key.der").write_bytes(pair.delivery or b"")
    Path("pair/response.der").write_bytes(response)
    certificates: dict[str, tuple[Certificate, ...]] = {
        "root": (root,),
        "sub": (sub,),
        "ca": (sub,),
        "certificate": (pair.pair.signing,),
        "user": (pair.pair.signing,),
        "signing": (pair.pair.signing,),
        "one": (pair.pair.signing,),
        "two": (server.signing,),
        "encryption": (pair.pair.encryption,),
        "both": (pair.pair.signing, pair.pair.encryption),
        "server": (server.signing, sub),
        "ocsp": (responder,),
    }
    for name, found in certificates.items():
        Path(f"{name}.pem").write_bytes(b"".join(one.to_pem() for one in found))
    Path("old.der").write_bytes(root.der)
    _write_requests()
    _write_lists(root, sub)
    _write_ocsp(sub, pair.pair.signing)


def _write_requests() -> None:
    for name, key in (
        ("owner", OWNER),
        ("www", OWNER),
        ("sub", SUB),
        ("tsa", OTHER),
        ("cfca", OWNER),
        ("openssl", OWNER),
    ):
        builder = RequestBuilder().subject(build_name(("C", "CN"), ("O", "示例局"), ("CN", name)))
        if name == "www":
            builder = builder.add_extension(HOST)
        # OpenSSL 3 signs with the empty user id.
        request = builder.sign(key, user_id=b"" if name == "openssl" else None)
        Path(f"{name}.csr").write_bytes(request.to_pem())
    Path("req.pem").write_bytes(Path("owner.csr").read_bytes())


def _write_lists(root: Certificate, sub: Certificate) -> None:
    entries = [Revocation(0x1A2B3C, BEGIN)]
    for names, issuer, key in ((("root", "old"), root, ROOT), (("sub", "ca"), sub, SUB)):
        crl = CRLBuilder.for_issuer(issuer, this_update=BEGIN, next_update=END, number=1, entries=entries).sign(key)
        for name in names:
            Path(f"{name}.crl").write_bytes(crl.der)
    Path("revoked.txt").write_text("01,superseded\n", encoding="utf-8")


def _write_ocsp(sub: Certificate, user: Certificate) -> None:
    request = OCSPRequestBuilder().add(user, sub).build()
    Path("req.der").write_bytes(request.to_der())
    response = (
        OCSPResponseBuilder()
        .add(cert_id(user, sub), CertStatus.good(), BEGIN, END)
        .responder(sub)
        .produced_at(BEGIN)
        .sign(SUB)
    )
    Path("resp.der").write_bytes(response.to_der())
