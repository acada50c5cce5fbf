"""The time-stamps that the examples of ``gmpki tsa`` name, made with the files of :mod:`cli.sample_files`."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from cli.sample_files import BEGIN, END, OTHER, OWNER, SUB, VALIDITY
from gmpki.cms import SignerSpec, sign
from gmpki.tsa.authority import TimestampAuthority
from gmpki.tsa.imprint import Imprint
from gmpki.tsa.request import TimestampRequest
from gmpki.tsa.response import TimestampResponse
from gmpki.tsa.serials import FileSerials
from gmpki.tsa.token import TimestampToken
from gmpki.x509.certificate import load_certificate
from gmpki.x509.crl_builder import CRLBuilder
from gmpki.x509.issuing import Issuer
from gmpki.x509.names import build_name
from gmpki.x509.profile import ValidityRules, load_profile

POLICY = "1.2.156.99999.1"


def write_stamps() -> None:
    """Write the authority's certificate, key and revocation lists, a request, its response, the token of a time-stamp
    over the three letters that the standard's first example hashes, and a signed message to be stamped.
    """
    sub = load_certificate(Path("sub.pem").read_bytes())
    profile = dataclasses.replace(load_profile("time-stamp"), validity=ValidityRules(10950, 10950))
    name = build_name(("C", "CN"), ("O", "示例CA"), ("CN", "示例时间戳"))
    own = Issuer(sub, SUB).issue((name, OTHER.public_key), profile, validity=VALIDITY)
    Path("tsa.pem").write_bytes(own.to_pem())
    Path("tsa.key").write_bytes(OTHER.to_pem())
    crl = CRLBuilder.for_issuer(sub, this_update=BEGIN, next_update=END, number=2, entries=[]).sign(SUB)
    Path("sub.crl").write_bytes(crl.der)
    FileSerials.create("used.serials")
    asked = TimestampRequest.of(Imprint.of(Path("report.pdf").read_bytes()))
    Path("req.tsq").write_bytes(asked.to_der())
    Path("resp.tsr").write_bytes(authority().answer(asked.to_der()))
    Path("abc.tst").write_bytes(stamped(b"abc").to_der())
    signer = SignerSpec(OWNER, load_certificate(Path("signing.pem").read_bytes()))
    Path("report.p7m").write_bytes(sign(Path("report.pdf").read_bytes(), signer))


def stamped(data: bytes) -> TimestampToken:
    """Return a time-stamp of the authority whose files were written."""
    return TimestampResponse.from_der(authority().answer(TimestampRequest.of(Imprint.of(data)).to_der())).token


def authority() -> TimestampAuthority:
    """Return the authority whose files were written."""
    own = load_certificate(Path("tsa.pem").read_bytes())
    return TimestampAuthority(OTHER, own, FileSerials("used.serials"), [POLICY])
