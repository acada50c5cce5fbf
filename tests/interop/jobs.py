"""The jobs of the matrix: one implementation made it, another reads it, and refuses it damaged."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from interop import message_jobs, seal_jobs
from interop.checking import Wrong, expect, must_refuse
from interop.scenario import (
    ALGORITHMS,
    COMMON_NAMES,
    DNS_NAME,
    ENCRYPTION_USAGE,
    REVOKED,
    REVOKED_SINCE,
    SERIALS,
    SIGNING_USAGE,
    Algorithm,
    Hierarchy,
    Peer,
    Status,
)

__all__ = ["JOBS", "algorithms_of"]

MESSAGE = "from one to the other: 示例\n".encode()


def damaged(data: bytes) -> bytes:
    """Return the same with one bit changed in the last byte, which belongs to the signature."""
    return data[:-1] + bytes((data[-1] ^ 1,))


def key(made: Hierarchy, checker: Peer) -> None:
    private = made.key("user")
    public = made.public_key("user")
    expect("the public key", checker.check_key(made.algorithm, private, public), public)
    must_refuse("a truncated key", checker.check_key, made.algorithm, private[:-1], public)


def signature(made: Hierarchy, checker: Peer) -> None:
    private = made.key("user")
    public = made.public_key("user")
    signed = made.maker.sign(made.algorithm, private, MESSAGE)
    checker.check_signature(made.algorithm, public, MESSAGE, signed)
    must_refuse("another message", checker.check_signature, made.algorithm, public, MESSAGE + b"!", signed)


def root(made: Hierarchy, checker: Peer) -> None:
    reading = checker.check_certificate(made.algorithm, made.root, made.root)
    expect("the serial number", reading.serial, SERIALS["root"])
    expect("the name", reading.common_name, COMMON_NAMES["root"])
    must_refuse("a damaged root", checker.check_certificate, made.algorithm, damaged(made.root), damaged(made.root))


def certificate(made: Hierarchy, checker: Peer) -> None:
    for found, issuer, kind in ((made.sub, made.root, "sub"), (made.leaf, made.sub, "leaf")):
        reading = checker.check_certificate(made.algorithm, found, issuer)
        expect("the serial number", reading.serial, SERIALS[kind])
        expect("the name", reading.common_name, COMMON_NAMES[kind])
    must_refuse("a damaged certificate", checker.check_certificate, made.algorithm, damaged(made.leaf), made.sub)


def pair(made: Hierarchy, checker: Peer) -> None:
    signing = checker.check_certificate(made.algorithm, made.signing, made.sub)
    encryption = checker.check_certificate(made.algorithm, made.encryption, made.sub)
    expect("the usage of the signing certificate", signing.key_usage, SIGNING_USAGE)
    expect("the usage of the encryption certificate", encryption.key_usage, ENCRYPTION_USAGE)
    expect("the names", (signing.common_name, encryption.common_name), (COMMON_NAMES["signing"],) * 2)
    expect("the serial numbers", (signing.serial, encryption.serial), (SERIALS["signing"], SERIALS["encryption"]))
    must_refuse("a damaged certificate", checker.check_certificate, made.algorithm, damaged(made.encryption), made.sub)


def chain(made: Hierarchy, checker: Peer) -> None:
    checker.check_chain(made.algorithm, made.leaf, made.sub, made.root, ())
    for leaf, sub in ((damaged(made.leaf), made.sub), (made.leaf, damaged(made.sub))):
        must_refuse("a damaged chain", checker.check_chain, made.algorithm, leaf, sub, made.root, ())


def chain_with_crl(made: Hierarchy, checker: Peer) -> None:
    crls = (made.crl, made.root_crl)
    checker.check_chain(made.algorithm, made.leaf, made.sub, made.root, crls)
    must_refuse("a revoked certificate", checker.check_chain, made.algorithm, made.revoked, made.sub, made.root, crls)
    must_refuse(
        "a damaged list",
        checker.check_chain,
        made.algorithm,
        made.leaf,
        made.sub,
        made.root,
        (damaged(made.crl), made.root_crl),
    )


def request(made: Hierarchy, checker: Peer) -> None:
    reading = checker.check_request(made.algorithm, made.request)
    expect("the name", reading.common_name, COMMON_NAMES["signing"])
    expect("the public key", reading.public_key, made.public_key("user"))
    expect("the name asked for", reading.dns_name, DNS_NAME)
    must_refuse("a damaged request", checker.check_request, made.algorithm, damaged(made.request))


def crl(made: Hierarchy, checker: Peer) -> None:
    reading = checker.check_crl(made.algorithm, made.crl, made.sub)
    expect("the entries", reading.entries, REVOKED)
    expect("the numbers", (reading.number, reading.base), (0x80, None))
    must_refuse("a damaged list", checker.check_crl, made.algorithm, damaged(made.crl), made.sub)


def empty_crl(made: Hierarchy, checker: Peer) -> None:
    expect("the entries", checker.check_crl(made.algorithm, made.root_crl, made.root).entries, {})
    must_refuse("a list of another issuer", checker.check_crl, made.algorithm, made.root_crl, made.sub)


def delta_crl(made: Hierarchy, checker: Peer) -> None:
    reading = checker.check_crl(made.algorithm, made.delta_crl, made.sub)
    expect("the entries", reading.entries, REVOKED_SINCE)
    expect("the numbers", (reading.number, reading.base), (0x81, 0x80))
    must_refuse("a damaged list", checker.check_crl, made.algorithm, damaged(made.delta_crl), made.sub)


def ocsp_request(made: Hierarchy, checker: Peer) -> None:
    serials, nonce_len = checker.read_ocsp_request(made.algorithm, made.ocsp_request, made.sub)
    expect("the serial numbers", serials, (SERIALS["leaf"],))
    if not 1 <= nonce_len <= 128:  # RFC 9654 2.1
        raise Wrong(f"a nonce of {nonce_len} bytes")
    must_refuse("a truncated request", checker.read_ocsp_request, made.algorithm, made.ocsp_request[:-1], made.sub)


def _ocsp(status: Status, *, delegated: bool) -> Callable[[Hierarchy, Peer], None]:
    def job(made: Hierarchy, checker: Peer) -> None:
        asked = (made.ocsp_request, made.leaf, made.sub, made.root)
        response = made.ocsp_response(status, delegated=delegated)
        expect("the status", checker.check_ocsp_response(made.algorithm, response, *asked), status)
        another = (made.ocsp_request, made.revoked, made.sub, made.root)
        must_refuse(
            "an answer about another certificate", checker.check_ocsp_response, made.algorithm, response, *another
        )
        at = _signature_end(response, made)
        broken = response[: at - 1] + bytes((response[at - 1] ^ 1,)) + response[at:]
        must_refuse("a damaged answer", checker.check_ocsp_response, made.algorithm, broken, *asked)

    return job


def _signature_end(response: bytes, made: Hierarchy) -> int:
    """Return where the signature ends: before the certificates, which are the [0] that ends the response."""
    for certificate in (made.sub, made.responder):
        at = response.find(certificate)
        if at > 0:
            # [0] and SEQUENCE, each with a header of at most four bytes, stand before the certificate.
            return response.rindex(b"\xa0", 0, at)
    return len(response)


JOBS: dict[str, Callable[[Hierarchy, Any], None]] = {
    "key": key,
    "signature": signature,
    "root": root,
    "certificate": certificate,
    "pair": pair,
    "chain": chain,
    "chain-crl": chain_with_crl,
    "request": request,
    "crl": crl,
    "crl-empty": empty_crl,
    "crl-delta": delta_crl,
    "ocsp-request": ocsp_request,
    "ocsp-good": _ocsp("good", delegated=False),
    "ocsp-revoked": _ocsp("revoked", delegated=False),
    "ocsp-unknown": _ocsp("unknown", delegated=False),
    "ocsp-delegated": _ocsp("good", delegated=True),
    **message_jobs.JOBS,
    **seal_jobs.JOBS,
}


def algorithms_of(job: str) -> tuple[Algorithm, ...]:
    """Return the algorithms with which a job is run: all, unless it has some of its own."""
    return (message_jobs.ALGORITHMS_OF | seal_jobs.ALGORITHMS_OF).get(job, ALGORITHMS)
