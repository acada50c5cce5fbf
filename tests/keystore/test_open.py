"""One function opens whatever brings a key, and says what it found."""

from __future__ import annotations

import base64
import contextlib
from collections.abc import Callable
from typing import Any

import pytest

from gmpki import oids
from gmpki.algorithms import kdf, sm4
from gmpki.asn1 import der
from gmpki.asn1.cfca import CFCAKeyFile
from gmpki.asn1.rfc5280 import AlgorithmIdentifier
from gmpki.asn1.rfc5652 import ContentInfo, EncapsulatedContentInfo, SignedData
from gmpki.asn1.rfc5958 import EncryptedPrivateKeyInfo
from gmpki.cms.pair_delivery import EnvelopedDelivery
from gmpki.errors import (
    DecodeError,
    DecryptionError,
    GmpkiError,
    InvalidInputError,
    InvalidTypeError,
    KeyMismatchError,
    LimitExceeded,
    UnsupportedAlgorithm,
)
from gmpki.keys.ecdsa import ECDSAPrivateKey
from gmpki.keys.pbes2 import EncryptionProfile
from gmpki.keys.pem import write_pem
from gmpki.keystore import KeyEntry, open_key, read_sm2_file, write_sm2_file
from gmpki.keystore._armour import MAX_FILE_LEN
from gmpki.x509.delivery import CSRResponseDelivery, EnvelopeDelivery, SKFBlobDelivery
from gmpki.x509.pair import CertificatePair
from hostile import VALUES
from keystore.stores import ENCRYPTION_KEY, PASSWORD, SIGNING_KEY, certificates, written
from rsa_keys import rsa_key
from x509 import pair_examples as examples


def pair() -> CertificatePair:
    return CertificatePair(*certificates()[:2])


def p7b(*, kind: oids.ObjectIdentifier = oids.SIGNED_DATA) -> bytes:
    held = tuple(certificate.der for certificate in certificates())
    message = SignedData(1, (), EncapsulatedContentInfo(oids.DATA), held, (), ())
    return ContentInfo(kind, message.to_der()).to_der()


def encrypted(profile: EncryptionProfile = EncryptionProfile.GM) -> bytes:
    return SIGNING_KEY.to_der(PASSWORD, profile=profile, iterations=3)


def sm2_file() -> bytes:
    return write_sm2_file(KeyEntry(SIGNING_KEY, certificates()[0]), PASSWORD)


# name -> what makes it, how many keys and certificates and pairs are in it, how what was found is called
FORMS: dict[str, tuple[Callable[[], bytes], tuple[int, int, int], str]] = {
    "PKCS12": (written, (2, 3, 1), "PKCS #12, PBES2, PBKDF2-HMAC-SM3 (3 iterations), SM4-CBC; HMAC-SM3, PKCS #12 key"),
    "PKCS12 base64": (lambda: base64.encodebytes(written()), (2, 3, 1), "base64: PKCS #12, PBES2"),
    "PKCS12 PEM": (lambda: write_pem("PKCS12", written()), (2, 3, 1), "PEM: PKCS #12, PBES2"),
    "PKCS8": (SIGNING_KEY.to_der, (1, 0, 0), "PKCS #8 PrivateKeyInfo"),
    "PKCS8 PEM": (SIGNING_KEY.to_pem, (1, 0, 0), "PEM: PKCS #8 PrivateKeyInfo"),
    "PKCS8 base64": (lambda: base64.b64encode(SIGNING_KEY.to_der()), (1, 0, 0), "base64: PKCS #8 PrivateKeyInfo"),
    "PKCS8 encrypted": (encrypted, (1, 0, 0), "PKCS #8 EncryptedPrivateKeyInfo, PBES2, PBKDF2-HMAC-SM3 (3 iterations)"),
    "SEC1": (SIGNING_KEY.to_sec1_der, (1, 0, 0), "SEC 1 ECPrivateKey"),
    "SEC1 PEM": (lambda: SIGNING_KEY.to_sec1_pem(parameters=True), (1, 0, 0), "PEM: SEC 1 ECPrivateKey"),
    "RSA": (lambda: rsa_key().to_der(), (1, 0, 0), "PKCS #8 PrivateKeyInfo"),
    "bundle": (
        lambda: b"".join(
            (
                b"Bag Attributes\n",
                SIGNING_KEY.to_pem(PASSWORD, iterations=3),
                ENCRYPTION_KEY.to_pem(),
                SIGNING_KEY.public_key.to_pem(),
                pair().to_pem(),
                write_pem("X509 CRL", b"\x30\x00"),
            )
        ),
        (2, 2, 1),
        "PEM: 2 keys (PKCS #8 EncryptedPrivateKeyInfo, PBES2, PBKDF2-HMAC-SM3 (3 iterations), SM4-CBC; PKCS #8 Private",
    ),
    "bundle with parameters": (
        lambda: SIGNING_KEY.to_sec1_pem(parameters=True) + ENCRYPTION_KEY.to_sec1_pem(parameters=True),
        (2, 0, 0),
        "PEM: 2 keys (SEC 1 ECPrivateKey)",
    ),
    "certificate": (lambda: certificates()[0].der, (0, 1, 0), "1 certificate"),
    "certificates": (pair().to_pem, (0, 2, 0), "PEM: 2 certificates"),
    "p7b": (p7b, (0, 3, 0), "PKCS #7, 3 certificates"),
    "p7b of GM": (lambda: p7b(kind=oids.GM_SIGNED_DATA), (0, 3, 0), "PKCS #7, 3 certificates"),
    "p7b PEM": (lambda: write_pem("PKCS7", p7b()), (0, 3, 0), "PEM: PKCS #7, 3 certificates"),
    "sm2": (sm2_file, (1, 1, 0), 'base64: CFCA key file (".sm2"), SM4-CBC'),
    "sm2 DER": (lambda: base64.b64decode(sm2_file()), (1, 1, 0), 'CFCA key file (".sm2")'),
    "sm2 PEM": (lambda: write_pem("CFCA KEY", base64.b64decode(sm2_file())), (1, 1, 0), "PEM: CFCA key file"),
    "envelope": (lambda: EnvelopeDelivery().deliver(ENCRYPTION_KEY, pair()), (1, 0, 0), "SM2EnvelopedKey (GM/T 0009)"),
    "response": (lambda: CSRResponseDelivery().deliver(ENCRYPTION_KEY, pair()), (1, 2, 1), "CSRResponse (GM/T 0092)"),
    "blob": (lambda: SKFBlobDelivery().deliver(ENCRYPTION_KEY, pair()), (1, 0, 0), "ENVELOPEDKEYBLOB (GM/T 0016)"),
}


@pytest.mark.parametrize("name", FORMS)
def test_forms(name: str) -> None:
    make, counts, found = FORMS[name]
    opened = open_key(make(), PASSWORD, signing_key=SIGNING_KEY)
    assert opened.found.startswith(found), opened.found
    assert (len(opened.keys), len(opened.certificates), len(opened.pairs)) == counts
    for entry in opened.keys:
        own = entry.private_key.public_key.to_der()
        assert entry.certificate is None or entry.certificate.public_key.to_der() == own


def test_an_envelope_of_cms_needs_the_certificates() -> None:
    envelope = EnvelopedDelivery().deliver(ENCRYPTION_KEY, pair())
    opened = open_key(envelope, signing_key=SIGNING_KEY, pair=pair())
    assert opened.found == "PKCS #8 in id-envelopedData"
    assert [one.pair for one in opened.pairs] == [pair()]
    for options in ({"signing_key": SIGNING_KEY}, {"pair": pair()}, {}):
        with pytest.raises(InvalidInputError, match="give the pair"):
            open_key(envelope, **options)  # type: ignore[arg-type]


def test_keys_in_schemes_older_than_pbes2() -> None:
    """PKCS #8 under the encryption of PKCS #12, as Java wrote it; the ciphertext is made by OpenSSL's libraries."""
    from cryptography.hazmat.primitives.serialization import PrivateFormat, load_der_private_key
    from cryptography.hazmat.primitives.serialization.pkcs12 import PBES, serialize_key_and_certificates

    key = ECDSAPrivateKey.generate()
    encryption = (
        PrivateFormat.PKCS12.encryption_builder().kdf_rounds(5).key_cert_algorithm(PBES.PBESv1SHA1And3KeyTripleDESCBC)
    )
    store = serialize_key_and_certificates(
        None,
        load_der_private_key(key.to_der(), None),  # type: ignore[arg-type]
        None,
        None,
        encryption.build(b"password"),
    )
    start = store.index(der.encode_oid(oids.PBE_SHA1_3DES)) - 2
    frame = next(at for at in range(start - 1, 0, -1) if store[at : at + 1] == b"\x30" and _is_key(store[at:]))
    alone = _element(store[frame:])
    assert open_key(alone, b"password").found == (
        "PKCS #8 EncryptedPrivateKeyInfo, pbeWithSHAAnd3-KeyTripleDES-CBC (5 iterations)"
    )
    assert open_key(alone, b"password").keys[0].private_key.public_key == key.public_key
    with pytest.raises(DecryptionError):
        open_key(alone, b"other")


def _element(data: bytes) -> bytes:
    reader = der.Reader(data)
    return reader.exact(der.Tag.SEQUENCE)


def _is_key(data: bytes) -> bool:
    try:
        EncryptedPrivateKeyInfo.from_der(_element(data))
    except DecodeError:
        return False
    return True


# ---- what is refused --------------------------------------------------------------------
REFUSED: dict[str, tuple[Callable[[], bytes], dict[str, Any], type[Exception], str]] = {
    "nothing": (lambda: b"", {}, InvalidInputError, "empty file"),
    "text": (lambda: b"hello", {}, InvalidInputError, "neither"),
    "public key": (SIGNING_KEY.public_key.to_der, {}, InvalidInputError, "public"),
    "public key in PEM": (SIGNING_KEY.public_key.to_pem, {}, InvalidInputError, "neither a private key nor"),
    "other PEM": (lambda: write_pem("X509 CRL", b"0"), {}, InvalidInputError, "X509 CRL"),
    "PEM that ends": (lambda: SIGNING_KEY.to_pem()[:-10], {}, DecodeError, "END"),
    "bare number": (lambda: bytes(32), {}, InvalidInputError, "32 bytes"),
    "too long": (lambda: bytes(MAX_FILE_LEN + 1), {}, LimitExceeded, str(MAX_FILE_LEN)),
    "no password for PKCS8": (encrypted, {"password": None}, InvalidInputError, "give its password"),
    "no password for .sm2": (sm2_file, {"password": None}, InvalidInputError, "give its password"),
    "empty password for .sm2": (sm2_file, {"password": b""}, InvalidInputError, "not empty"),
    "wrong password": (encrypted, {"password": b"wrong"}, DecryptionError, "cannot be decrypted"),
    "wrong password for .sm2": (sm2_file, {"password": b"wrong"}, DecryptionError, "cannot be decrypted"),
    "wrong password for PKCS12": (written, {"password": b"wrong"}, DecryptionError, "cannot be decrypted"),
    "iterations": (encrypted, {"max_iterations": 2}, LimitExceeded, "3 iterations"),
    "no signing key": (FORMS["envelope"][0], {"signing_key": None}, InvalidInputError, "signing key"),
    "no signing key for a response": (FORMS["response"][0], {"signing_key": None}, InvalidInputError, "CSRResponse"),
    "no signing key for a block": (FORMS["blob"][0], {"signing_key": None}, InvalidInputError, "ENVELOPEDKEYBLOB"),
    "wrong signing key": (FORMS["envelope"][0], {"signing_key": ENCRYPTION_KEY}, DecryptionError, "decrypted"),
    "another pair": (
        FORMS["envelope"][0],
        {"pair": CertificatePair(certificates()[0], examples.certificate(examples.ENCRYPTION_USAGES, 14))},
        KeyMismatchError,
        "encryption certificate",
    ),
    "p7b without certificates": (
        lambda: ContentInfo(
            oids.SIGNED_DATA, SignedData(1, (), EncapsulatedContentInfo(oids.DATA), (), (), ()).to_der()
        ).to_der(),
        {},
        InvalidInputError,
        "no certificate",
    ),
    "plain data": (
        lambda: ContentInfo(oids.DATA, der.encode_octet_string(b"x")).to_der(),
        {},
        InvalidInputError,
        "signed data",
    ),
    "PEM's own encryption": (
        lambda: SIGNING_KEY.to_sec1_pem().replace(b"KEY-----\n", b"KEY-----\nProc-Type: 4,ENCRYPTED\n\n", 1),
        {},
        UnsupportedAlgorithm,
        "Proc-Type",
    ),
    "label of another form": (lambda: write_pem("PRIVATE KEY", encrypted()), {}, DecodeError, "does not hold"),
    "65 keys": (lambda: SIGNING_KEY.to_pem() * 65, {}, LimitExceeded, "64 keys"),
    "an encryption that is not known": (
        lambda: EncryptedPrivateKeyInfo(AlgorithmIdentifier(oids.find("1.2.3")), bytes(16)).to_der(),
        {},
        UnsupportedAlgorithm,
        "1.2.3",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    make, options, error, words = REFUSED[name]
    arguments: dict[str, Any] = {"password": PASSWORD, "signing_key": SIGNING_KEY} | options
    with pytest.raises(error, match=words):
        open_key(make(), **arguments)


@pytest.mark.parametrize("name", FORMS)
def test_each_form_cut_and_changed(name: str) -> None:
    """Whatever is done to a file, only errors of gmpki come out."""
    good = FORMS[name][0]()
    step = max(1, len(good) // 40)
    for position in range(0, len(good), step):
        changed = bytearray(good)
        changed[position] ^= 0x41
        for bad in (good[:position], bytes(changed), good[:position] + good[position + 1 :]):
            with contextlib.suppress(GmpkiError):  # some changes do no harm
                open_key(bad, PASSWORD, signing_key=SIGNING_KEY, max_iterations=1000)


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_values_that_nobody_wants(value: object) -> None:
    for options in ({"signing_key": value}, {"pair": value}, {"policy": value}, {"max_iterations": value}):
        if value is None and ("signing_key" in options or "pair" in options):
            continue
        with pytest.raises(GmpkiError):
            open_key(SIGNING_KEY.to_der(), **options)  # type: ignore[arg-type]
    with pytest.raises(GmpkiError):
        open_key(value)  # type: ignore[arg-type]


# ---- the .sm2 file ------------------------------------------------------------------------
def test_sm2_file_byte_by_byte() -> None:
    """The format, made here with the primitives alone."""
    derived = kdf.sm3_kdf(PASSWORD, 32)
    iv, key = derived[:16], derived[16:]
    ciphertext = sm4.encrypt(key, SIGNING_KEY.to_bytes(), sm4.Mode.CBC, iv, padding=sm4.Padding.PKCS7)
    gm_data = der.encode_oid("1.2.156.10197.6.1.4.2.1")
    made = der.encode_sequence(
        der.encode_integer(1),
        der.encode_sequence(gm_data, der.encode_oid("1.2.156.10197.1.104"), der.encode_octet_string(ciphertext)),
        der.encode_sequence(gm_data, der.encode_octet_string(certificates()[0].der)),
    )
    assert base64.b64decode(sm2_file()) == made
    entry = read_sm2_file(made, PASSWORD)
    assert entry.private_key.public_key == SIGNING_KEY.public_key
    assert entry.certificate == certificates()[0]


def sm2_variant(scalar: bytes, *, algorithm: oids.ObjectIdentifier = oids.SM4, number: int = 0) -> bytes:
    derived = kdf.sm3_kdf(PASSWORD, 32)
    ciphertext = sm4.encrypt(derived[16:], scalar, sm4.Mode.CBC, derived[:16], padding=sm4.Padding.PKCS7)
    return CFCAKeyFile(algorithm, ciphertext, certificates()[number].der).to_der()


def test_sm2_file_variants_that_are_read() -> None:
    short = SIGNING_KEY.to_bytes().lstrip(b"\x00")  # 1 byte: the number 12
    assert read_sm2_file(sm2_variant(short), PASSWORD).certificate == certificates()[0]
    assert read_sm2_file(sm2_variant(short, algorithm=oids.SM4_CBC), PASSWORD).certificate == certificates()[0]
    # The certificate without an OCTET STRING around it.
    data = der.encode_oid(oids.GM_DATA)
    fields = der.Reader(sm2_variant(short)).sequence()
    rebuilt = der.encode_sequence(
        fields.raw_element(), fields.raw_element(), der.encode_sequence(data, certificates()[0].der)
    )
    assert read_sm2_file(rebuilt, PASSWORD).certificate == certificates()[0]


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (sm2_variant(b""), DecryptionError),
        (sm2_variant(bytes(32)), DecryptionError),
        (sm2_variant(bytes(33)), DecryptionError),
        (sm2_variant(b"\xff" * 32), DecryptionError),
        (sm2_variant(SIGNING_KEY.to_bytes(), number=1), DecryptionError),
        (sm2_variant(SIGNING_KEY.to_bytes(), algorithm=oids.SM4_ECB), UnsupportedAlgorithm),
        (sm2_variant(SIGNING_KEY.to_bytes()).replace(b"\x02\x01\x01", b"\x02\x01\x02", 1), DecodeError),
        (sm2_variant(SIGNING_KEY.to_bytes()).replace(b"\x04\x02\x01", b"\x04\x02\x02", 1), DecodeError),
        (bytes(1 << 22), LimitExceeded),
        (b"no base64!", InvalidInputError),
        (b"-----BEGIN X-----\n-----END X-----\n", InvalidInputError),
    ],
)
def test_sm2_files_that_are_refused(data: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        read_sm2_file(data, PASSWORD)


def test_sm2_files_that_are_not_written() -> None:
    with pytest.raises(InvalidInputError, match="certificate"):
        write_sm2_file(KeyEntry(SIGNING_KEY), PASSWORD)
    with pytest.raises(UnsupportedAlgorithm):
        write_sm2_file(KeyEntry(rsa_key()), PASSWORD)
    with pytest.raises(InvalidInputError, match="empty"):
        write_sm2_file(KeyEntry(SIGNING_KEY, certificates()[0]), b"")
    with pytest.raises(InvalidTypeError):
        write_sm2_file(SIGNING_KEY, PASSWORD)  # type: ignore[arg-type]
