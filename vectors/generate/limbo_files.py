"""Cases for path validation on dual certificates and key usage, in the form of x509-limbo.

``features`` names a purpose where one is asked for: ``purpose:signing`` and so on. What each case expects is what RFC
5280 says, and for the purposes what ``gmpki.x509.path.Purpose`` documents.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from peers import libcrypto
from reference import certificates as x
from reference import der, sm2
from reference.certificates import Party
from vectorfile import Document, Source

Case = dict[str, Any]
AT = "2026-06-01T12:00:00+00:00"

SERVER_AUTH, CLIENT_AUTH, ANY_PURPOSE = "1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2", "2.5.29.37.0"
TIME_STAMPING, OCSP_SIGNING = "1.3.6.1.5.5.7.3.8", "1.3.6.1.5.5.7.3.9"
SIGN = x.DIGITAL_SIGNATURE | x.NON_REPUDIATION
ENCRYPT = x.KEY_ENCIPHERMENT | x.DATA_ENCIPHERMENT | x.KEY_AGREEMENT
ISSUE = x.KEY_CERT_SIGN | x.CRL_SIGN

ROOT = Party("root", x.name("示例根"))
SUB = Party("sub", x.name("示例运营CA"))
LOWER = Party("lower", x.name("示例下级CA"))
NAMESAKE = Party("namesake of sub", SUB.name)
OWNER = x.name("seal.example.cn", "示例市社会保障局")
SIGNER = Party("signing key", OWNER)
RECEIVER = Party("encryption key", OWNER)
HOST = "seal.example.cn"


@cache
def authority(
    party: Party,
    issuer: Party,
    *,
    usage: int | None = ISSUE,
    ca: bool | None = True,
    path_len: int | None = None,
    purposes: tuple[str, ...] = (),
) -> bytes:
    """The certificate of an authority."""
    extensions = [x.subject_key_identifier(party)]
    if party is not issuer:
        extensions.append(x.authority_key_identifier(issuer))
    if ca is not None:
        extensions.append(x.basic_constraints(ca, path_len))
    if usage is not None:
        extensions.append(x.key_usage(usage))
    if purposes:
        extensions.append(x.extended_key_usage(purposes))
    return x.certificate(party, issuer, extensions)


def entity(
    party: Party,
    usage: int | None,
    *,
    issuer: Party = SUB,
    hosts: Sequence[str] = (),
    purposes: Sequence[str] = (),
    critical_usage: bool = True,
    critical_purposes: bool = False,
    ca: bool = False,
    **changes: Any,
) -> bytes:
    """The certificate of an end entity."""
    extensions = [x.subject_key_identifier(party), x.authority_key_identifier(issuer)]
    if usage is not None:
        extensions.append(x.key_usage(usage, critical_usage))
    if ca:
        extensions.append(x.basic_constraints(True))
    if hosts:
        extensions.append(x.alternative_dns(*hosts))
    if purposes:
        extensions.append(x.extended_key_usage(purposes, critical_purposes))
    return x.certificate(party, issuer, extensions, **changes)


class Cases:
    """Collects cases."""

    def __init__(self) -> None:
        self.made: list[Case] = []

    def add(
        self,
        where: str,
        good: bool,
        description: str,
        certificate: bytes,
        *,
        purpose: str | None = None,
        usage: Sequence[str] = (),
        purposes: Sequence[str] = (),
        host: str | None = None,
        others: Sequence[bytes] | None = None,
        anchors: Sequence[bytes] | None = None,
        crls: Sequence[bytes] = (),
        client: bool = False,
    ) -> None:
        """Append a case."""
        others = [authority(SUB, ROOT)] if others is None else others
        anchors = [authority(ROOT, ROOT)] if anchors is None else anchors
        features = ([f"purpose:{purpose}"] if purpose else []) + (["has-crl"] if crls else [])
        self.made.append(
            {
                "id": f"gmpki::{where}",
                "conflicts_with": [],
                "features": features,
                "importance": "undetermined",
                "description": description,
                "validation_kind": "CLIENT" if client else "SERVER",
                "trusted_certs": [x.pem("CERTIFICATE", encoded) for encoded in anchors],
                "untrusted_intermediates": [x.pem("CERTIFICATE", encoded) for encoded in others],
                "peer_certificate": x.pem("CERTIFICATE", certificate),
                "peer_certificate_key": None,
                "validation_time": AT,
                "signature_algorithms": [],
                "key_usage": list(usage),
                "extended_key_usage": list(purposes),
                "expected_result": "SUCCESS" if good else "FAILURE",
                "expected_peer_name": {"kind": "DNS", "value": host} if host else None,
                "expected_peer_names": [],
                "max_chain_depth": None,
                "crls": [x.pem("X509 CRL", encoded) for encoded in crls],
            }
        )


def signing_cases(cases: Cases) -> None:
    """The first certificate of a pair."""

    def add(where: str, good: bool, description: str, usage: int | None, **changes: Any) -> None:
        made = entity(SIGNER, usage, **changes)
        cases.add(f"signing::{where}", good, description, made, purpose="signing")

    add("both-bits", True, "digitalSignature and nonRepudiation: as such certificates are issued.", SIGN)
    add("digital-signature", True, "digitalSignature alone signs.", x.DIGITAL_SIGNATURE)
    add("non-repudiation", True, "nonRepudiation alone signs what lasts.", x.NON_REPUDIATION)
    add("all-bits", True, "One certificate for both uses, as real seals have it.", SIGN | ENCRYPT)
    add("usage-not-critical", True, "keyUsage should be critical, and need not be.", SIGN, critical_usage=False)
    add("encryption-bits", False, "The encryption certificate in the place of the other.", ENCRYPT)
    add("key-encipherment", False, "keyEncipherment does not sign.", x.KEY_ENCIPHERMENT)
    add("key-agreement", False, "keyAgreement does not sign.", x.KEY_AGREEMENT)
    add("no-usage", False, "Without keyUsage nobody can tell the two apart.", None)
    add("no-bit", False, "A keyUsage without any bit.", 0)
    add("crl-sign", False, "cRLSign signs lists and nothing else.", x.CRL_SIGN)
    add("cert-sign-without-ca", False, "keyCertSign in a certificate that is no authority's.", SIGN | x.KEY_CERT_SIGN)
    add("cert-sign", False, "An authority's certificate that signs certificates only.", ISSUE, ca=True)


def encryption_cases(cases: Cases) -> None:
    """The second certificate of a pair."""

    def add(where: str, good: bool, description: str, usage: int | None) -> None:
        cases.add(f"encryption::{where}", good, description, entity(RECEIVER, usage), purpose="encryption")

    add("three-bits", True, "keyEncipherment, dataEncipherment, keyAgreement: as they are issued.", ENCRYPT)
    add("two-bits", True, "Without keyAgreement.", x.KEY_ENCIPHERMENT | x.DATA_ENCIPHERMENT)
    add("key-encipherment", True, "keyEncipherment alone.", x.KEY_ENCIPHERMENT)
    add("data-encipherment", True, "dataEncipherment alone.", x.DATA_ENCIPHERMENT)
    add("key-agreement", True, "keyAgreement alone.", x.KEY_AGREEMENT)
    add("encipher-only", True, "keyAgreement with encipherOnly.", x.KEY_AGREEMENT | x.ENCIPHER_ONLY)
    add("all-bits", True, "One certificate for both uses.", SIGN | ENCRYPT)
    add("signing-bits", False, "The signing certificate in the place of the other.", SIGN)
    add("encipher-only-alone", False, "encipherOnly means nothing without keyAgreement.", x.ENCIPHER_ONLY)
    add("decipher-only-alone", False, "decipherOnly means nothing without keyAgreement.", x.DECIPHER_ONLY)
    add("no-usage", False, "Without keyUsage nobody can tell the two apart.", None)


def tlcp_cases(cases: Cases) -> None:
    """The pairs of TLCP servers and clients."""

    def add(
        where: str, good: bool, purpose: str, description: str, party: Party, usage: int | None, **changes: Any
    ) -> None:
        client = purpose.startswith("tlcp-client")
        host = None if client else changes.pop("host", HOST)
        hosts = changes.pop("hosts", () if client else (HOST,))
        purposes = changes.pop("purposes", (CLIENT_AUTH,) if client else (SERVER_AUTH,))
        made = entity(party, usage, hosts=hosts, purposes=purposes, **changes)
        cases.add(f"tlcp::{where}", good, description, made, purpose=purpose, host=host, client=client)

    sign, encrypt = "tlcp-server-signing", "tlcp-server-encryption"
    add("server-signing", True, sign, "As a server has it.", SIGNER, SIGN)
    add("server-signing-no-purposes", True, sign, "Without extKeyUsage.", SIGNER, SIGN, purposes=())
    add("server-signing-any-purpose", True, sign, "anyExtendedKeyUsage.", SIGNER, SIGN, purposes=(ANY_PURPOSE,))
    add("server-signing-pattern", True, sign, "A pattern for the host.", SIGNER, SIGN, hosts=("*.example.cn",))
    add("server-signing-other-host", False, sign, "Another host.", SIGNER, SIGN, hosts=("www.example.cn",))
    add("server-signing-no-host", False, sign, "The host in the common name alone.", SIGNER, SIGN, hosts=())
    add("server-signing-client", False, sign, "A client's purpose.", SIGNER, SIGN, purposes=(CLIENT_AUTH,))
    add("server-signing-swapped", False, sign, "The encryption certificate.", RECEIVER, ENCRYPT)
    add("server-signing-non-repudiation", False, sign, "A handshake asks for digitalSignature.", SIGNER, 2)
    add("server-signing-crl-sign", False, sign, "Peers refuse cRLSign.", SIGNER, SIGN | x.CRL_SIGN)
    add("server-signing-ca", False, sign, "Peers refuse keyCertSign.", SIGNER, SIGN | x.KEY_CERT_SIGN, ca=True)
    add("server-encryption", True, encrypt, "As a server has it.", RECEIVER, ENCRYPT)
    add("server-encryption-agreement", True, encrypt, "For ECDHE.", RECEIVER, x.KEY_AGREEMENT)
    add("server-encryption-swapped", False, encrypt, "The signing certificate.", SIGNER, SIGN)
    add("server-encryption-client", False, encrypt, "A client's.", RECEIVER, ENCRYPT, purposes=(CLIENT_AUTH,))
    add("server-encryption-other-host", False, encrypt, "Another host.", RECEIVER, ENCRYPT, hosts=("a.example.cn",))
    add("server-encryption-crl-sign", False, encrypt, "Peers refuse cRLSign.", RECEIVER, ENCRYPT | x.CRL_SIGN)
    sign, encrypt = "tlcp-client-signing", "tlcp-client-encryption"
    add("client-signing", True, sign, "As a client has it.", SIGNER, SIGN)
    add("client-signing-server", False, sign, "A server's purpose.", SIGNER, SIGN, purposes=(SERVER_AUTH,))
    add("client-signing-swapped", False, sign, "The encryption certificate.", RECEIVER, ENCRYPT)
    add("client-encryption", True, encrypt, "As a client has it.", RECEIVER, ENCRYPT)
    add("client-encryption-swapped", False, encrypt, "The signing certificate.", SIGNER, SIGN)


def usage_cases(cases: Cases) -> None:
    """Bits and purposes that the caller asks for one by one."""

    def add(where: str, good: bool, description: str, usage: int | None, *asked: str) -> None:
        cases.add(f"usage::{where}", good, description, entity(SIGNER, usage), usage=asked)

    add("one-of-two", True, "One bit is asked for, two are there.", SIGN, "digitalSignature")
    add("both", True, "Two bits are asked for.", SIGN, "digitalSignature", "contentCommitment")
    add("one-missing", False, "One of two is missing.", x.DIGITAL_SIGNATURE, "digitalSignature", "contentCommitment")
    add("encryption", True, "All three bits of encryption.", ENCRYPT, "keyEncipherment", "keyAgreement")
    add("other-certificate", False, "The other certificate of the pair.", ENCRYPT, "digitalSignature")
    add("cert-sign", False, "An end entity does not sign certificates.", SIGN, "keyCertSign")
    add("absent", True, "Without keyUsage every use is allowed (RFC 5280 4.2.1.3).", None, "digitalSignature")
    add("decipher-only", True, "The ninth bit.", x.KEY_AGREEMENT | x.DECIPHER_ONLY, "decipherOnly")

    def purpose(where: str, good: bool, description: str, wanted: str, *found: str, critical: bool = False) -> None:
        made = entity(SIGNER, SIGN, purposes=found, critical_purposes=critical)
        cases.add(f"usage::{where}", good, description, made, purpose=wanted)

    purpose("tsa", True, "A time-stamp authority.", "time-stamping", TIME_STAMPING, critical=True)
    purpose("tsa-not-critical", False, "extKeyUsage must be critical (RFC 3161 2.3).", "time-stamping", TIME_STAMPING)
    both = (TIME_STAMPING, CLIENT_AUTH)
    purpose("tsa-and-more", False, "One purpose only (RFC 3161 2.3).", "time-stamping", *both, critical=True)
    purpose("tsa-any", False, "anyExtendedKeyUsage is not that purpose.", "time-stamping", ANY_PURPOSE, critical=True)
    purpose("tsa-none", False, "Without extKeyUsage it is none.", "time-stamping")
    purpose("ocsp", True, "An OCSP responder.", "ocsp-signing", OCSP_SIGNING)
    purpose("ocsp-any", False, "anyExtendedKeyUsage makes no responder.", "ocsp-signing", ANY_PURPOSE)
    purpose("ocsp-none", False, "Without extKeyUsage it is none.", "ocsp-signing")


def chain_cases(cases: Cases) -> None:
    """The authorities above a pair."""
    made = entity(SIGNER, SIGN)

    def add(where: str, good: bool, description: str, others: Sequence[bytes], certificate: bytes = made) -> None:
        cases.add(f"chain::{where}", good, description, certificate, purpose="signing", others=others)

    add("no-cert-sign", False, "An authority without keyCertSign.", [authority(SUB, ROOT, usage=x.CRL_SIGN)])
    add("cert-sign-alone", True, "An authority that signs no lists.", [authority(SUB, ROOT, usage=x.KEY_CERT_SIGN)])
    add("no-ca", False, "cA FALSE.", [authority(SUB, ROOT, ca=False, usage=SIGN)])
    add("no-basic-constraints", False, "No basicConstraints.", [authority(SUB, ROOT, ca=None)])
    add("signing-bits", False, "An authority with the bits of a person.", [authority(SUB, ROOT, usage=SIGN)])
    add("path-length-0", True, "No further authority is needed.", [authority(SUB, ROOT, path_len=0)])
    below = entity(SIGNER, SIGN, issuer=LOWER)
    lower = authority(LOWER, SUB)
    add("lower", True, "Two authorities.", [authority(SUB, ROOT), lower], below)
    add("path-length-exceeded", False, "One authority too many.", [authority(SUB, ROOT, path_len=0), lower], below)
    add("namesake", False, "An authority of the same name with another key.", [authority(NAMESAKE, ROOT)])
    both = [authority(NAMESAKE, ROOT), authority(SUB, ROOT)]
    add("namesake-and-right-one", True, "Both: the key decides.", both)
    own = entity(RECEIVER, ENCRYPT, issuer=SIGNER)
    chain = [authority(SUB, ROOT), made]
    issued = "A person's signing certificate does not issue the encryption certificate."
    cases.add("chain::issued-by-signer", False, issued, own, purpose="encryption", others=chain)
    narrow = [authority(SUB, ROOT, purposes=(CLIENT_AUTH,))]
    server = entity(SIGNER, SIGN, hosts=(HOST,), purposes=(SERVER_AUTH,))
    text = "The authority is for clients, the certificate for a server."
    wanted = "tlcp-server-signing"
    cases.add("chain::other-purpose", False, text, server, purpose=wanted, host=HOST, others=narrow)
    other_root = authority(Party("other root", ROOT.name), Party("other root", ROOT.name))
    text = "The anchor has the name of the root and another key."
    cases.add("chain::anchor-namesake", False, text, made, purpose="signing", anchors=[other_root])


def signature_cases(cases: Cases) -> None:
    """Signatures that are not as the standards say."""

    def add(where: str, good: bool, description: str, **changes: Any) -> None:
        cases.add(f"signature::{where}", good, description, entity(SIGNER, SIGN, **changes), purpose="signing")

    def with_id(user_id: bytes | None) -> x.Signing:
        return lambda party, tbs: der.signature(*party.sign(tbs, user_id))

    def raw(party: Party, tbs: bytes) -> bytes:
        return b"".join(map(sm2.number, party.sign(tbs)))

    def shifted(party: Party, tbs: bytes) -> bytes:
        r, s = party.sign(tbs)
        return der.signature(r + sm2.N, s)

    def altered(party: Party, tbs: bytes) -> bytes:
        r, s = party.sign(tbs)
        return der.signature(r, s ^ 1)

    null = x.algorithm(x.SM2_WITH_SM3, b"\x05\0")
    ecdsa = x.algorithm("1.2.840.10045.4.3.2")
    add("null-parameters", True, "NULL parameters, as many authorities write them.", inner=null, outer=null)
    add("null-outside", False, "The two algorithms differ.", outer=null)
    add("empty-id", False, "Signed with the empty user id.", signing=with_id(b""))
    add("other-id", False, "Signed with another user id.", signing=with_id(b"ALICE123@YAHOO.COM"))
    add("without-z", False, "Signed without Z.", signing=with_id(None))
    add("raw", False, "64 raw bytes in the place of DER.", signing=raw)
    add("r-plus-n", False, "r is not below n.", signing=shifted)
    add("altered", False, "One bit of s is another.", signing=altered)
    add("long-length", False, "A length that is not the shortest.", signing=_long)
    add("ecdsa", False, "ECDSA with SHA-256 beside an SM2 signature.", inner=ecdsa, outer=ecdsa)
    add("other-signer", False, "Signed with the key of the root.", signing=lambda _, tbs: x.signature(ROOT, tbs))


def _long(party: Party, tbs: bytes) -> bytes:
    return der.long_length(x.signature(party, tbs))


def time_cases(cases: Cases) -> None:
    """The two certificates of a pair end at different times."""
    past, future = {"not_after": "260601115959"}, {"not_before": "260601120001"}
    now = {"not_before": "260601120000", "not_after": "260601120000"}
    signing, encryption = {"purpose": "signing"}, {"purpose": "encryption"}
    cases.add("time::signing-expired", False, "Ended a second ago.", entity(SIGNER, SIGN, **past), **signing)
    cases.add("time::encryption-goes-on", True, "The other one goes on.", entity(RECEIVER, ENCRYPT), **encryption)
    cases.add(
        "time::encryption-future", False, "Begins in a second.", entity(RECEIVER, ENCRYPT, **future), **encryption
    )
    cases.add("time::one-second", True, "Both ends are included.", entity(SIGNER, SIGN, **now), **signing)


def revocation_cases(cases: Cases) -> None:
    """One certificate of a pair is revoked, or nobody can tell."""
    signing = entity(SIGNER, SIGN, issuer=ROOT)
    encryption = entity(RECEIVER, ENCRYPT, issuer=ROOT)

    def add(where: str, good: bool, description: str, certificate: bytes, crl: bytes, **changes: Any) -> None:
        purpose = "signing" if certificate is signing else "encryption"
        options: dict[str, Any] = {"others": [], "purpose": purpose, **changes}
        cases.add(f"revocation::{where}", good, description, certificate, crls=[crl], **options)

    lost = x.revocation_list(ROOT, [(signing, 1)])
    add("signing-revoked", False, "The signing key was compromised.", signing, lost)
    add("encryption-not-revoked", True, "Old messages are still to be read.", encryption, lost)
    held = x.revocation_list(ROOT, [(signing, 6), (encryption, 6)])
    add("signing-held", False, "On hold is revoked.", signing, held)
    add("encryption-held", False, "On hold is revoked.", encryption, held)
    none = x.revocation_list(ROOT, [])
    add("none-revoked", True, "An empty list.", signing, none)
    late = x.revocation_list(ROOT, [], next_update="260601115959")
    add("list-expired", False, "The list is a second too old.", signing, late)
    early = x.revocation_list(ROOT, [], this_update="260601120001")
    add("list-from-the-future", False, "The list is of later.", signing, early)
    add("list-of-another", False, "A list of another authority says nothing.", signing, x.revocation_list(SUB, []))
    forged = x.revocation_list(ROOT, [], signing=lambda _, tbs: x.signature(SUB, tbs))
    add("list-forged", False, "The list is signed by somebody else.", signing, forged)
    empty_id = x.revocation_list(ROOT, [], signing=lambda p, tbs: der.signature(*p.sign(tbs, b"")))
    add("list-empty-id", False, "The list is signed with the empty user id.", signing, empty_id)
    no_lists = authority(ROOT, ROOT, usage=x.KEY_CERT_SIGN)
    add("issuer-without-crl-sign", False, "The issuer may sign no lists.", signing, none, anchors=[no_lists])


def dual_certificates() -> Document:
    """The file."""
    cases = Cases()
    groups: tuple[Callable[[Cases], None], ...] = (
        signing_cases, encryption_cases, tlcp_cases, usage_cases, chain_cases, signature_cases, time_cases,
        revocation_cases,
    )  # fmt: skip
    for group in groups:
        group(cases)
    ids = [case["id"] for case in cases.made]
    assert len(set(ids)) == len(ids)
    return {
        "version": 1,
        "source": "Generated by vectors/generate/limbo_files.py with the reference in vectors/generate/reference.",
        "notes": [
            "Names and keys are invented.",
            "Signatures are SM2 with SM3, the default user id and DER, unless the case is about the signature.",
        ],
        "count": len(ids),
        "testcases": cases.made,
    }


def render_cases(doc: Document) -> str:
    """Write the file."""
    return json.dumps(doc, indent=1, ensure_ascii=False) + "\n"


# ---- confirmation ----------------------------------------------------------------------------
def _parts(encoded: bytes) -> tuple[bytes, bytes]:
    """What is signed, and the signature."""

    def split(data: bytes) -> tuple[int, int]:
        if data[1] < 0x80:
            return 2, data[1]
        count = data[1] & 0x7F
        return 2 + count, int.from_bytes(data[2 : 2 + count], "big")

    inner = encoded[split(encoded)[0] :]
    tbs = inner[: sum(split(inner))]
    rest = inner[len(tbs) :]
    last = rest[sum(split(rest)) :]
    return tbs, last[split(last)[0] + 1 :]


def _decoded(text: str) -> bytes:
    return base64.b64decode("".join(text.splitlines()[1:-1]))


def libcrypto_confirms(doc: Document) -> int:
    """Count the cases in which libcrypto judges every signature under every key of the case as the reference does."""
    parties = (ROOT, SUB, LOWER, NAMESAKE, SIGNER)
    agreed = 0
    for case in doc["testcases"]:
        texts = [*case["trusted_certs"], *case["untrusted_intermediates"], case["peer_certificate"], *case["crls"]]
        for text in texts:
            tbs, signature = _parts(_decoded(text))
            for party in parties:
                if _judged(party.point, tbs, signature) != _by_reference(party, tbs, signature):
                    raise ValueError(f"{case['id']}: libcrypto does not agree about a signature")
        agreed += 1
    return agreed


@cache
def _judged(point: bytes, tbs: bytes, signature: bytes) -> bool:
    return libcrypto.verify_message(point, sm2.DEFAULT_USER_ID, tbs, signature)


@cache
def _by_reference(party: Party, tbs: bytes, signature: bytes) -> bool:
    """Tell whether a signature is the one that this party makes: its nonce depends on nothing else."""
    return signature == x.signature(party, tbs)


FILES = (
    Source(
        "limbo/dual_certificates.json",
        dual_certificates,
        ((f"{libcrypto.NAME} (signatures)", libcrypto_confirms),),
        render=render_cases,
    ),
)
