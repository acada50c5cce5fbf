"""Checks of certificates: kept as they are, found beside their keys, both of a dual pair."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gmpki.conformance.clauses import GMT_0034, PKCS11
from gmpki.conformance.model import Clause, Kind, Permission, Severity, Words
from gmpki.conformance.pkcs11.objects import creation
from gmpki.conformance.registry import Group
from gmpki.conformance.skf.samples import certificate_for
from gmpki.keys.sm2 import SM2PrivateKey
from gmpki.tokens.interfaces import TokenKeyType
from gmpki.tokens.pkcs11.header import C
from gmpki.tokens.pkcs11.public_keys import new_pair, public_key_attributes, public_key_info

if TYPE_CHECKING:
    from gmpki.conformance.pkcs11.bench import OpenSession, P11Bench
    from gmpki.tokens.pkcs11.attributes import AttributeValue

__all__ = ["GROUP"]

GROUP: Final = Group(Kind.PKCS11, "certificates", "CRT", Words("Certificates", "证书"))

_WRITE: Final = (Permission.WRITE,)


def _attributes(encoded: bytes, name: str, identifier: bytes) -> dict[int, AttributeValue]:
    """Return the template of a certificate of the token."""
    from gmpki.asn1 import der
    from gmpki.x509.certificate import Certificate

    certificate = Certificate.from_der(encoded)
    return {
        C.CKA_CLASS: C.CKO_CERTIFICATE,
        C.CKA_CERTIFICATE_TYPE: C.CKC_X_509,
        C.CKA_TOKEN: True,
        C.CKA_PRIVATE: False,
        C.CKA_LABEL: name,
        C.CKA_ID: identifier,
        C.CKA_SUBJECT: certificate.subject.to_der(),
        C.CKA_ISSUER: certificate.issuer.to_der(),
        C.CKA_SERIAL_NUMBER: der.encode_integer(certificate.serial_number),
        C.CKA_VALUE: encoded,
    }


@dataclass(frozen=True, slots=True)
class _Kept:
    """A pair of the token with its certificate."""

    identifier: bytes
    encoded: bytes


def _kept(bench: P11Bench, session: OpenSession, name: str) -> _Kept:
    """Make a pair in the token, SM2 where it has that, and put a certificate beside it."""
    has_sm2 = "sm2-key-pair-gen" in bench.numbers.mechanisms
    mechanism, template = new_pair(TokenKeyType.SM2 if has_sm2 else TokenKeyType.RSA_2048, bench.numbers)
    bench.demand_mechanism(mechanism)
    identifier = secrets.token_bytes(8)
    common: dict[int, AttributeValue] = {C.CKA_TOKEN: True, C.CKA_LABEL: name, C.CKA_ID: identifier}
    public, _ = bench.pair(session, mechanism, {**template, **common}, common)
    with bench.scene():
        values = session.attributes(public, *public_key_attributes(bench.numbers))
    info = public_key_info(values, bench.numbers)
    if info is None:
        bench.not_run("the public key cannot be read", "无法读出公钥")
    encoded = certificate_for(info)
    session.create_object(_attributes(encoded, name, identifier))
    return _Kept(identifier, encoded)


@GROUP.check(
    1,
    "A certificate is kept byte by byte, and found by its subject",
    "证书逐字节保存，可按主体查找",
    clause=Clause(PKCS11, "4.6.3", "B"),
    functions=("C_CreateObject", "C_FindObjects", "C_GetAttributeValue"),
    needs=_WRITE,
)
def kept(bench: P11Bench) -> None:
    """Put a certificate of an SM2 key into the token; find it by subject, issuer and serial number; compare it."""
    session, name = bench.user_session(), bench.token_name()
    encoded = certificate_for(SM2PrivateKey.generate().public_key)
    attributes = _attributes(encoded, name, secrets.token_bytes(8))
    session.create_object(attributes)
    for wanted in ((C.CKA_SUBJECT,), (C.CKA_ISSUER, C.CKA_SERIAL_NUMBER)):
        found = session.find({C.CKA_CLASS: C.CKO_CERTIFICATE, **{kind: attributes[kind] for kind in wanted}})
        bench.expect(len(found) == 1, f"{len(found)} objects are found", f"找到 {len(found)} 个对象")
    value = bench.value(session, found[0], C.CKA_VALUE)
    bench.expect(value == encoded, "another certificate comes out", "读出的证书不同")


@GROUP.check(
    2,
    "A certificate is seen without a login, also by a session that only reads",
    "未登录及只读会话均可读取证书",
    clause=Clause(PKCS11, "4.4, 4.6", "B"),
    functions=("C_FindObjects", "C_GetAttributeValue"),
    needs=_WRITE,
)
def public(bench: P11Bench) -> None:
    """Put a certificate into the token, log out, and read it in a session that only reads."""
    session, name = bench.user_session(), bench.token_name()
    encoded = certificate_for(SM2PrivateKey.generate().public_key)
    session.create_object(_attributes(encoded, name, secrets.token_bytes(8)))
    bench.demand("C_CloseAllSessions", bench.slot)
    reader = bench.session(rw=False)
    found = reader.find({C.CKA_CLASS: C.CKO_CERTIFICATE, C.CKA_LABEL: name})
    bench.expect(len(found) == 1, f"{len(found)} certificates have its label", f"有 {len(found)} 个证书具有该标签")
    value = bench.value(reader, found[0], C.CKA_VALUE)
    bench.expect(value == encoded, "another certificate comes out", "读出的证书不同")


@GROUP.check(
    3,
    "A certificate without its value is refused",
    "拒绝没有证书值的证书对象",
    clause=Clause(PKCS11, "4.6.3", "B"),
    functions=("C_CreateObject",),
    needs=_WRITE,
)
def incomplete(bench: P11Bench) -> None:
    """Make a certificate without CKA_VALUE, then one without its type: CKR_TEMPLATE_INCOMPLETE."""
    session, name = bench.user_session(), bench.token_name()
    encoded = certificate_for(SM2PrivateKey.generate().public_key)
    whole = _attributes(encoded, name, b"1")
    for missing, en, zh in (
        (C.CKA_VALUE, "the certificate has no value", "证书没有值"),
        (C.CKA_CERTIFICATE_TYPE, "the certificate has no type", "证书没有类型"),
    ):
        attributes = {kind: value for kind, value in whole.items() if kind != missing}
        allowed = ("CKR_TEMPLATE_INCOMPLETE", "CKR_TEMPLATE_INCONSISTENT", "CKR_ATTRIBUTE_VALUE_INVALID")
        bench.accepts(allowed, en, zh, *creation(bench, session, attributes))


@GROUP.check(
    4,
    "CKA_ID leads from a certificate to its keys",
    "可由 CKA_ID 从证书找到密钥",
    clause=Clause(PKCS11, "4.6.3, 4.7", "B"),
    functions=("C_GenerateKeyPair", "C_CreateObject", "C_FindObjects"),
    severity=Severity.RECOMMENDED,
    needs=_WRITE,
    timeout_s=300,
)
def paired(bench: P11Bench) -> None:
    """Make a pair, put its certificate beside it, and look for what has its CKA_ID: one object of each class."""
    session, name = bench.user_session(), bench.token_name()
    one = _kept(bench, session, name)
    classes = (C.CKO_CERTIFICATE, C.CKO_PUBLIC_KEY, C.CKO_PRIVATE_KEY)
    counts = [len(session.find({C.CKA_CLASS: kind, C.CKA_ID: one.identifier})) for kind in classes]
    bench.expect(
        counts == [1, 1, 1],
        f"certificates, public keys and private keys with its CKA_ID: {counts}",
        f"具有该 CKA_ID 的证书、公钥、私钥数目：{counts}",
    )


@GROUP.check(
    5,
    "Both certificates of a dual pair are kept apart",
    "双证书分别保存，互不混淆",
    clause=Clause(GMT_0034, "", "D"),
    functions=("C_GenerateKeyPair", "C_CreateObject", "C_FindObjects"),
    severity=Severity.RECOMMENDED,
    needs=_WRITE,
    timeout_s=300,
)
def dual(bench: P11Bench) -> None:
    """Make two pairs with one label, each with its certificate; read each by its CKA_ID in a new session."""
    session, name = bench.user_session(), bench.token_name()
    both = (_kept(bench, session, name), _kept(bench, session, name))
    bench.demand("C_CloseAllSessions", bench.slot)
    reader = bench.session(rw=False)
    for one, other in (both, both[::-1]):
        found = reader.find({C.CKA_CLASS: C.CKO_CERTIFICATE, C.CKA_ID: one.identifier})
        bench.expect(len(found) == 1, f"{len(found)} certificates have a CKA_ID", f"{len(found)} 个证书具有同一 CKA_ID")
        value = bench.value(reader, found[0], C.CKA_VALUE)
        bench.expect(value != other.encoded, "the two certificates are swapped", "两张证书互换")
        bench.expect(value == one.encoded, "another certificate comes out", "读出的证书不同")


@GROUP.check(
    6,
    "A certificate of four kilobytes fits",
    "可保存四千字节的证书",
    clause=Clause(PKCS11, "4.6.3", "B"),
    functions=("C_CreateObject", "C_GetAttributeValue"),
    severity=Severity.RECOMMENDED,
    needs=_WRITE,
)
def large(bench: P11Bench) -> None:
    """Put a certificate with a long subject into the token, and read it."""
    from datetime import datetime, timedelta, timezone

    from gmpki.asn1 import der
    from gmpki.x509.certificate_builder import CertificateBuilder, random_serial_number
    from gmpki.x509.names import build_name

    now, key = datetime.now(timezone.utc).replace(microsecond=0), SM2PrivateKey.generate()
    subject = build_name(("C", "CN"), *((("OU", f"{number:064d}")) for number in range(50)), ("CN", "conformance"))
    encoded = (
        CertificateBuilder()
        .subject(subject)
        .issuer(build_name(("C", "CN"), ("CN", "conformance")))
        .serial_number(random_serial_number())
        .validity(now - timedelta(days=1), now + timedelta(days=1))
        .public_key(key.public_key)
        .sign(key)
        .to_der()
    )
    session, name = bench.user_session(), bench.token_name()
    bench.observe("bytes", len(encoded))
    handle = session.create_object(_attributes(encoded, name, der.encode_integer(1)))
    value = bench.value(session, handle, C.CKA_VALUE)
    bench.expect(value == encoded, "another certificate comes out", "读出的证书不同")
