"""Rows of the table of bad inputs: signed messages and counter-signatures."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from cms import signers
from cms.bad_rows import Row, nested, rows
from cms.signers import CONTENT, NOW, attributes_of, changed, encoded, message, other, parts, person, resigned, trust
from gmpki import oids
from gmpki.algorithms import sm3
from gmpki.asn1 import der
from gmpki.asn1.gmt0009 import SM2Signature
from gmpki.asn1.rfc5280 import AlgorithmIdentifier, Name
from gmpki.asn1.rfc5652 import Attribute, IssuerAndSerialNumber, encode_attributes
from gmpki.cms import PreparedSignature, SignerPlan, SignerSpec, Trust, countersign, prepare, sign, verify
from gmpki.errors import (
    DecodeError,
    InvalidInputError,
    InvalidSignature,
    KeyMismatchError,
    LimitExceeded,
    MessageError,
    PolicyError,
    ProfileError,
    ValidationError,
)
from gmpki.keys.sm2 import SM2PrivateKey

N = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123  # the order of the curve
OTHER = "另一份劳动合同。".encode()


def check(data: bytes, **options: Any) -> object:
    """Verify a message, in the scene's trust unless told."""
    return verify(data, options.pop("trust", None) or trust(), **options)


def twice(name: str) -> bytes:
    """Sign an attribute that stands there twice."""
    whole = message(signing_time=NOW)
    return resigned(message(), [*encoded(whole), attributes_of(whole)[getattr(oids, name)].to_der()])


def with_attribute(name: str, *values: bytes) -> bytes:
    """Sign other values of an attribute."""
    kind = getattr(oids, name)
    return resigned(message(), encoded(message(), **{name: Attribute(kind, values)}))


def algorithm(oid: str, parameters: bytes | None = None) -> AlgorithmIdentifier:
    return AlgorithmIdentifier(oids.find(oid), parameters)


def with_digest(oid: str, *, announced: bool = True) -> bytes:
    """Name another digest algorithm."""
    data = signers.with_signer(message(), digest_algorithm=algorithm(oid))
    return changed(data, digest_algorithms=(algorithm(oid),)) if announced else data


def named(issuer: Name, serial_number: int) -> bytes:
    """Name another certificate as that of the signer."""
    return signers.with_signer(message(), sid=IssuerAndSerialNumber(issuer, serial_number))


def certified_by(certificate: Any) -> bytes:
    """Carry another certificate."""
    return changed(message(), certificates=(certificate.der,))


def own(**options: Any) -> Any:
    """Certify the signer's key otherwise."""
    return signers.certify(person().key.public_key, **options)


def by_authority(purpose: Any) -> bytes:
    """Sign with a certificate that is for one purpose of authorities alone."""
    return sign(CONTENT, SignerSpec(person().key, own(purposes=(purpose,))))


def countersigned_bare() -> bytes:
    """Let somebody sign the bytes of a signature as a content, without attributes."""
    data = message()
    signed = parts(sign(parts(data)[1].signer_infos[0].signature, other().spec(attributes=False)))[1]
    attribute = Attribute(oids.COUNTERSIGNATURE, (signed.signer_infos[0].to_der(),))
    certificates = (person().certificate.der, other().certificate.der)
    return changed(
        signers.with_signer(data, unsigned_attributes=encode_attributes((attribute,))), certificates=certificates
    )


def prepared() -> bytes:
    return prepare(CONTENT, SignerPlan(person().certificate)).to_bytes()


def cut(value: bytes, length: int) -> bytes:
    return signers.with_signer(message(), signature=value[:length])


def signature_of(data: bytes) -> bytes:
    signature: bytes = parts(data)[1].signer_infos[0].signature
    return signature


def spelled(change: Callable[[bytes], bytes]) -> object:
    """Verify a message whose signature is written otherwise."""
    data = message()
    return check(signers.with_signer(data, signature=change(signature_of(data))))


def respelled(more_r: int, more_s: int | None) -> object:
    """Verify a message with other numbers in the signature."""

    def change(signature: bytes) -> bytes:
        found = SM2Signature.from_der(signature)
        s = N - found.s if more_s is None else found.s + more_s
        return der.encode_sequence(der.encode_integer(found.r + more_r), der.encode_integer(s))

    return spelled(change)


def without_z() -> bytes:
    """Sign as if the hash alone were signed."""
    attributes = parts(message())[1].signer_infos[0].signed_attributes_to_sign
    return signers.with_signer(message(), signature=person().key.sign_digest(sm3.digest(attributes)))


def deep_attribute() -> bytes:
    deep = encode_attributes((Attribute(oids.FRIENDLY_NAME, (nested(1000),)),))
    return signers.with_signer(message(), unsigned_attributes=deep)


def fake_authority() -> Any:
    """Return a root of the same name as the trusted one, with another key, and a signer that it certified."""
    forged = SM2PrivateKey.generate()
    leaf = signers.certify(person().key.public_key, issuer_key=forged)
    root = signers.certify(
        forged.public_key, usages=signers.KeyUsages.KEY_CERT_SIGN, serial_number=1, ca=True, issuer_key=forged
    )
    return changed(message(), certificates=(leaf.der, root.der))


def end_entity_as_issuer() -> bytes:
    """Let somebody whose certificate is no authority's certify another."""
    key = SM2PrivateKey.generate()
    middle = person().certificate
    leaf = (
        signers.CertificateBuilder()
        .subject(signers.build_name(("CN", "王五")))
        .issuer(middle.subject)
        .serial_number(77)
        .validity(NOW, NOW + signers.DAY)
        .public_key(key.public_key)
        .add_extension(signers.AuthorityKeyIdentifier(signers.key_identifier(person().key.public_key)))
        .sign(person().key)
    )
    return sign(CONTENT, signers.SignerSpec(key, leaf), certificates=[middle])


SIGNED: list[Row] = rows(
    (
        "no-signers",
        "its only signer taken out",
        lambda: check(changed(message(), signer_infos=())),
        MessageError,
        "no-signers",
    ),
    (
        "no-signers:collecting",
        "likewise, and a report asked for",
        lambda: check(changed(message(), signer_infos=()), collect=True),
        MessageError,
        "no-signers",
    ),
    (
        "no-signers:signature-only",
        "likewise, and no trust asked for",
        lambda: check(changed(message(), signer_infos=()), trust=Trust.signature_only()),
        MessageError,
        "no-signers",
    ),
    (
        "no-signers:detached",
        "likewise, detached",
        lambda: check(changed(message(detached=True), signer_infos=()), content=CONTENT),
        MessageError,
        "no-signers",
    ),
    ("nobody-signs", "signed by nobody", lambda: sign(CONTENT, []), InvalidInputError, "signer"),
    (
        "signer-missing",
        "the signer's certificate left out",
        lambda: check(message(include_signer_certificates=False)),
        MessageError,
        "signer-missing",
    ),
    (
        "signer-missing:serial-number",
        "another serial number named",
        lambda: check(named(signers.ROOT_NAME, 99)),
        MessageError,
        "signer-missing",
    ),
    (
        "signer-missing:issuer",
        "another issuer named",
        lambda: check(named(signers.build_name(("CN", "别家")), 0x1001)),
        MessageError,
        "signer-missing",
    ),
    (
        "signer-missing:key-identifier",
        "an unknown key identifier named",
        lambda: check(signers.with_signer(message(), sid=bytes(20))),
        MessageError,
        "signer-missing",
    ),
    (
        "signer-replaced",
        "the certificate of another person named and carried",
        lambda: check(changed(named(other().certificate.issuer, 0x1002), certificates=(other().certificate.der,))),
        InvalidSignature,
        "signature",
    ),
    (
        "signer-ambiguous",
        "two certificates of one issuer and number carried",
        lambda: check(
            changed(
                message(),
                certificates=(person().certificate.der, signers.certify(SM2PrivateKey.generate().public_key).der),
            )
        ),
        MessageError,
        "signer-ambiguous",
    ),
    (
        "signer-certificate-broken",
        "the signer's certificate replaced by an empty structure",
        lambda: check(changed(message(), certificates=(b"\x30\x00",))),
        DecodeError,
        "expected",
    ),
    (
        "digest-mismatch",
        "SHA-256 named where the digest is SM3",
        lambda: check(with_digest(oids.SHA256)),
        InvalidSignature,
        "digest",
    ),
    (
        "digest-not-announced",
        "a digest algorithm that the message does not announce",
        lambda: check(with_digest(oids.SHA256, announced=False)),
        MessageError,
        "digest-not-listed",
    ),
    ("digest-md5", "MD5 named", lambda: check(with_digest(oids.MD5)), PolicyError, "md5"),
    (
        "digest-of-31-bytes",
        "messageDigest one byte short",
        lambda: check(with_attribute("MESSAGE_DIGEST", der.encode_octet_string(sm3.digest(CONTENT)[:31]))),
        InvalidSignature,
        "digest",
    ),
    (
        "digest-empty",
        "messageDigest empty",
        lambda: check(with_attribute("MESSAGE_DIGEST", der.encode_octet_string(b""))),
        InvalidSignature,
        "digest",
    ),
    (
        "digest-of-other-content",
        "messageDigest of another content, signed anew",
        lambda: check(with_attribute("MESSAGE_DIGEST", der.encode_octet_string(sm3.digest(OTHER)))),
        InvalidSignature,
        "digest",
    ),
    (
        "digest-of-two-values",
        "messageDigest with two values",
        lambda: check(
            with_attribute(
                "MESSAGE_DIGEST", der.encode_octet_string(sm3.digest(CONTENT)), der.encode_octet_string(bytes(32))
            )
        ),
        MessageError,
        "attribute-values",
    ),
    (
        "digest-absent",
        "messageDigest left out",
        lambda: check(resigned(message(), encoded(message(), MESSAGE_DIGEST=None))),
        MessageError,
        "attribute-missing",
    ),
    (
        "content-type-absent",
        "contentType left out",
        lambda: check(resigned(message(), encoded(message(), CONTENT_TYPE=None))),
        MessageError,
        "attribute-missing",
    ),
    (
        "content-type-of-another-content",
        "contentType says time-stamp",
        lambda: check(with_attribute("CONTENT_TYPE", der.encode_oid(oids.TST_INFO))),
        MessageError,
        "content-type",
    ),
    (
        "attribute-twice:digest",
        "messageDigest twice, signed so",
        lambda: check(twice("MESSAGE_DIGEST")),
        DecodeError,
        "id-messageDigest stands there twice",
    ),
    (
        "attribute-twice:content-type",
        "contentType twice, signed so",
        lambda: check(twice("CONTENT_TYPE")),
        DecodeError,
        "id-contentType stands there twice",
    ),
    (
        "attribute-twice:signing-time",
        "signingTime twice, signed so",
        lambda: check(twice("SIGNING_TIME")),
        DecodeError,
        "id-signingTime stands there twice",
    ),
    (
        "attributes-unsorted",
        "the signed attributes in another order, signed so",
        lambda: check(resigned(message(), sorted(encoded(message()), reverse=True), sort=False)),
        DecodeError,
        "order of DER",
    ),
    (
        "attributes-of-another-message",
        "the signed attributes of another message",
        lambda: check(signers.with_signer(message(), signed_attributes=b"".join(sorted(encoded(message(OTHER)))))),
        InvalidSignature,
        "digest",
    ),
    (
        "attribute-too-deep",
        "an unsigned attribute of a thousand levels",
        lambda: check(deep_attribute()),
        DecodeError,
        "nested too deeply",
    ),
    (
        "content-swapped",
        "the content of another message",
        lambda: check(signers.with_inner(message(), content=OTHER)),
        InvalidSignature,
        "digest",
    ),
    (
        "content-swapped:bare",
        "likewise, without signed attributes",
        lambda: check(signers.with_inner(message(attributes=False), content=OTHER)),
        InvalidSignature,
        "signature",
    ),
    (
        "content-swapped:detached",
        "another content handed in",
        lambda: check(message(detached=True), content=OTHER),
        InvalidSignature,
        "digest",
    ),
    (
        "signature-swapped",
        "the signature of another message",
        lambda: check(signers.with_signer(message(), signature=signature_of(message(OTHER)))),
        InvalidSignature,
        "signature",
    ),
    (
        "content-missing",
        "detached, and no content handed in",
        lambda: check(message(detached=True)),
        MessageError,
        "content-missing",
    ),
    (
        "content-twice",
        "a content inside and another handed in",
        lambda: check(message(), content=CONTENT),
        MessageError,
        "content-twice",
    ),
    (
        "content-is-attributes",
        "signed attributes in the place of the content",
        lambda: check(
            signers.with_inner(
                signers.with_signer(message(), signed_attributes=None),
                content=der.encode(0x31, b"".join(sorted(encoded(message())))),
            )
        ),
        MessageError,
        "content-is-attributes",
    ),
    ("signature-empty", "no byte of the signature", lambda: check(cut(b"", 0)), InvalidSignature, "no bytes"),
    (
        "signature-cut",
        "the signature a byte short",
        lambda: check(cut(signature_of(message()), 60)),
        InvalidSignature,
        "60 bytes",
    ),
    (
        "signature-zero",
        "r and s zero",
        lambda: check(signers.with_signer(message(), signature=bytes.fromhex("3006020100020100"))),
        InvalidSignature,
        "does not hold",
    ),
    (
        "signature-plus-order",
        "the order of the curve added to r",
        lambda: respelled(N, 0),
        InvalidSignature,
        "SM2 signature",
    ),
    ("signature-minus", "s replaced by n - s", lambda: respelled(0, None), InvalidSignature, "does not hold"),
    (
        "signature-longer",
        "a byte behind the signature",
        lambda: spelled(lambda s: s + b"\x00"),
        InvalidSignature,
        "SM2 signature",
    ),
    (
        "signature-in-ber",
        "its length written in two bytes",
        lambda: spelled(lambda s: b"\x30\x81" + s[1:]),
        InvalidSignature,
        "SM2 signature",
    ),
    (
        "signature-without-z",
        "made over the SM3 of the attributes, without Z",
        lambda: check(without_z()),
        InvalidSignature,
        "user id",
    ),
    (
        "signature-raw",
        "64 raw bytes, read strictly",
        lambda: check(signers.with_signer(message(), signature=bytes(range(64)))),
        InvalidSignature,
        "64 raw bytes",
    ),
    (
        "signature-algorithm-of-other-keys",
        "an ECDSA algorithm beside an SM2 key",
        lambda: check(signers.with_signer(message(), signature_algorithm=algorithm(oids.ECDSA_SHA256))),
        KeyMismatchError,
        "SM2",
    ),
    (
        "pair:encryption-certificate-signs",
        "signed under the encryption certificate of a pair",
        lambda: check(certified_by(own(usages=signers.ENCRYPTION))),
        ValidationError,
        "key-usage",
    ),
    (
        "pair:encryption-certificate-told-to-sign",
        "told to sign under the encryption certificate",
        lambda: sign(CONTENT, signers.SignerSpec(person().key, own(usages=signers.ENCRYPTION))),
        ProfileError,
        "keyUsage",
    ),
    (
        "key-of-another-certificate",
        "told to sign with a key that is not the certificate's",
        lambda: signers.SignerSpec(SM2PrivateKey.generate(), person().certificate),
        KeyMismatchError,
        "certificate",
    ),
    (
        "anchor-by-name-only",
        "an authority of the trusted name with another key",
        lambda: check(fake_authority()),
        ValidationError,
        "signature",
    ),
    (
        "end-entity-as-issuer",
        "a certificate issued by somebody who is no authority",
        lambda: check(end_entity_as_issuer()),
        ValidationError,
        "not-a-ca",
    ),
    (
        "signing-time-before-expiry",
        "expired since; the signer claims an earlier time",
        lambda: check(message(signing_time=NOW), trust=trust(at=NOW + timedelta(days=5000))),
        ValidationError,
        "expired",
    ),
    (
        "untrusted",
        "an authority that nobody trusts",
        lambda: check(message(), trust=Trust([other().certificate], at=NOW)),
        ValidationError,
        "no-path",
    ),
    (
        "families-mixed",
        "the outer type of PKCS #7 over the inner one of GM/T 0010",
        lambda: check(changed(message(), outer=oids.SIGNED_DATA)),
        MessageError,
        "content-type",
    ),
    (
        "countersignature-signed",
        "a counter-signature among the signed attributes",
        lambda: check(
            resigned(message(), [*encoded(message()), Attribute(oids.COUNTERSIGNATURE, (b"\x30\x00",)).to_der()])
        ),
        MessageError,
        "attribute-place",
    ),
    (
        "countersignature-bare",
        "somebody's signature over the same bytes as a content, put in as his counter-signature",
        lambda: check(countersigned_bare()),
        MessageError,
        "no-attributes",
    ),
    *(
        (
            f"{name}-alone",
            f"signed by an authority whose certificate is for {name} alone",
            lambda purpose=purpose: check(by_authority(purpose)),
            ValidationError,
            "extended-key-usage",
        )
        for name, purpose in (("time-stamping", oids.TIME_STAMPING), ("ocsp-signing", oids.OCSP_SIGNING))
    ),
    (
        "prepared-for-another-content",
        "what waits for its signature changed to another content",
        lambda: PreparedSignature.from_bytes(prepared().replace(CONTENT, CONTENT[::-1])),
        DecodeError,
        "do not fit together",
    ),
    (
        "countersignature-of-nobody",
        "a signer counter-signed who is not there",
        lambda: countersign(message(), other().spec(), signer=5),
        InvalidInputError,
        "signer",
    ),
    (
        "too-many-signers",
        "the same signer a hundred times",
        lambda: check(changed(message(), signer_infos=parts(message())[1].signer_infos * 100)),
        LimitExceeded,
        "signers",
    ),
)
