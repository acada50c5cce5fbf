"""Key files: every form that is read, and why the others are not."""

from __future__ import annotations

import base64
import dataclasses
import subprocess
import sys

import pytest

from gmpki import oids
from gmpki.algorithms.policy import DEFAULT_POLICY
from gmpki.asn1 import der
from gmpki.asn1.rfc5280 import NULL, AlgorithmIdentifier, SubjectPublicKeyInfo
from gmpki.asn1.rfc5915 import ECPrivateKey
from gmpki.asn1.rfc5958 import PrivateKeyInfo
from gmpki.asn1.sec1 import SpecifiedECDomain
from gmpki.errors import (
    DecodeError,
    InvalidInputError,
    InvalidPointError,
    InvalidScalarError,
    InvalidTypeError,
    KeyMismatchError,
    LimitExceeded,
    PolicyError,
    UnsupportedAlgorithm,
)
from gmpki.keys import ec_forms
from gmpki.keys.ecdsa import ECDSAPrivateKey
from gmpki.keys.loader import identify_key, is_encrypted, load_private_key, load_public_key
from gmpki.keys.pem import write_pem
from gmpki.keys.rsa import RSAPrivateKey
from gmpki.keys.sm2 import PointFormat, SM2PrivateKey
from rsa_keys import rsa_key

KEY = SM2PrivateKey.generate()
OTHER = SM2PrivateKey.generate()
PUBLIC = KEY.public_key
D, POINT = KEY.to_bytes(), PUBLIC.to_bytes()
CURVE = der.encode_oid(oids.SM2)
P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
EXPLICIT = SpecifiedECDomain(
    1,
    P,
    (P - 3).to_bytes(32, "big"),
    bytes.fromhex("28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93"),
    None,
    SM2PrivateKey.from_bytes((1).to_bytes(32, "big")).public_key.to_bytes(),
    0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123,
    1,
)


def info(algorithm: AlgorithmIdentifier = ec_forms.SM2_KEY, inner: ECPrivateKey | None = None, **more: bytes) -> bytes:
    inner = inner or ECPrivateKey(D, None, POINT)
    return PrivateKeyInfo(algorithm, inner.to_der(), **more).to_der()


def spki(algorithm: AlgorithmIdentifier = ec_forms.SM2_KEY, point: bytes = POINT) -> bytes:
    return SubjectPublicKeyInfo(algorithm, point).to_der()


# ---- forms that are read ----------------------------------------------------------------
PRIVATE_FORMS = {
    "PKCS #8 PEM": KEY.to_pem(),
    "PKCS #8 DER": KEY.to_der(),
    "PKCS #8 base64": base64.b64encode(KEY.to_der()),
    "PKCS #8 base64 in lines": base64.encodebytes(KEY.to_der()),
    "PKCS #8 without public key": info(inner=ECPrivateKey(D)),
    "PKCS #8 with the curve inside too": info(inner=ECPrivateKey(D, CURVE, POINT)),
    "PKCS #8 version 1": info(public_key=POINT),
    "PKCS #8 with attributes": info(attributes=bytes.fromhex("A000")),
    "PKCS #8, compressed point": info(inner=ECPrivateKey(D, None, PUBLIC.to_bytes(PointFormat.COMPRESSED))),
    "PKCS #8 under the SM2 identifier": info(AlgorithmIdentifier(oids.SM2)),
    "PKCS #8 under the SM2 identifier, NULL": info(AlgorithmIdentifier(oids.SM2, NULL)),
    "PKCS #8 under SM2-1 with the curve": info(AlgorithmIdentifier(oids.SM2_SIGN, CURVE)),
    "SEC 1 PEM": KEY.to_sec1_pem(),
    "SEC 1 PEM with parameters": KEY.to_sec1_pem(parameters=True),
    "SEC 1 DER": KEY.to_sec1_der(),
    "SEC 1, label of OpenSSL 3": write_pem("SM2 PRIVATE KEY", KEY.to_sec1_der()),
    "SEC 1 whose curve stands beside it": write_pem("EC PARAMETERS", CURVE)
    + write_pem("EC PRIVATE KEY", ECPrivateKey(D).to_der()),
    "SEC 1, curve under OpenSSL 3's label": write_pem("SM2 PARAMETERS", CURVE)
    + write_pem("SM2 PRIVATE KEY", ECPrivateKey(D).to_der()),
    "among other blocks": write_pem("CERTIFICATE", b"0\x00") + KEY.to_pem() + PUBLIC.to_pem(),
}


@pytest.mark.parametrize("data", PRIVATE_FORMS.values(), ids=PRIVATE_FORMS)
def test_private_key(data: bytes) -> None:
    key = load_private_key(data)
    assert isinstance(key, SM2PrivateKey)
    assert key.to_bytes() == D
    assert load_private_key(bytearray(data)).public_key == PUBLIC
    assert not is_encrypted(data)


def test_forms_are_named() -> None:
    assert str(identify_key(PRIVATE_FORMS["PKCS #8 PEM"])) == "PEM, PKCS #8 PrivateKeyInfo"
    assert str(identify_key(PRIVATE_FORMS["SEC 1 DER"])) == "DER, SEC 1 ECPrivateKey"
    assert str(identify_key(PRIVATE_FORMS["PKCS #8 base64"])) == "base64, PKCS #8 PrivateKeyInfo"
    assert str(identify_key(PUBLIC.to_pem(), private=False)) == "PEM, SubjectPublicKeyInfo"
    assert D.hex() not in repr(identify_key(KEY.to_der()))
    assert repr(D)[2:20] not in repr(identify_key(KEY.to_der()))


def small_scalar() -> SM2PrivateKey:
    return SM2PrivateKey.from_bytes((0xABCD).to_bytes(32, "big"))


@pytest.mark.parametrize("octets", ["ABCD", "00ABCD", "00" * 30 + "ABCD", "00" * 31 + "ABCD"])
def test_scalar_without_its_zeros_or_with_one_more(octets: str) -> None:
    key = small_scalar()
    inner = ECPrivateKey(bytes.fromhex(octets), None, key.public_key.to_bytes())
    assert load_private_key(info(inner=inner)).public_key == key.public_key


PUBLIC_FORMS = {
    "PEM": PUBLIC.to_pem(),
    "DER": PUBLIC.to_der(),
    "base64": base64.b64encode(PUBLIC.to_der()),
    "compressed": spki(point=PUBLIC.to_bytes(PointFormat.COMPRESSED)),
    "under the SM2 identifier": spki(AlgorithmIdentifier(oids.SM2)),
    "under SM2-1, NULL": spki(AlgorithmIdentifier(oids.SM2_SIGN, NULL)),
    "with a private key beside it": PUBLIC.to_pem() + OTHER.to_pem(),
}


@pytest.mark.parametrize("data", PUBLIC_FORMS.values(), ids=PUBLIC_FORMS)
def test_public_key(data: bytes) -> None:
    assert load_public_key(data) == PUBLIC
    assert load_public_key(memoryview(data)) == PUBLIC


def test_known_headers() -> None:
    header = "308187020100301306072A8648CE3D020106082A811CCF5501822D046D306B0201010420"
    assert KEY.to_der().hex().upper().startswith(header)
    assert PUBLIC.to_der().hex().upper().startswith("3059301306072A8648CE3D020106082A811CCF5501822D03420004")


# ---- public key that does not belong ----------------------------------------------------
@pytest.mark.parametrize(
    "data",
    [
        info(inner=ECPrivateKey(D, None, OTHER.public_key.to_bytes())),
        info(public_key=OTHER.public_key.to_bytes()),
        ECPrivateKey(D, CURVE, OTHER.public_key.to_bytes()).to_der(),
    ],
)
def test_public_key_of_another_private_key(data: bytes) -> None:
    with pytest.raises(KeyMismatchError, match="not that of the private key"):
        load_private_key(data)


def test_curves_that_contradict_each_other() -> None:
    p256 = der.encode_oid(oids.P256)
    with pytest.raises(KeyMismatchError, match="secp256r1"):
        load_private_key(info(inner=ECPrivateKey(D, p256, POINT)))
    with pytest.raises(KeyMismatchError, match="names secp256r1"):
        load_private_key(write_pem("EC PARAMETERS", p256) + KEY.to_sec1_pem())


# ---- explicit curve parameters ----------------------------------------------------------
def explicit_forms(domain: SpecifiedECDomain) -> list[bytes]:
    algorithm = AlgorithmIdentifier(oids.EC_PUBLIC_KEY, domain.to_der())
    sec1 = ECPrivateKey(D, domain.to_der(), POINT)
    return [info(algorithm), sec1.to_der(), info(inner=sec1)]


def test_explicit_parameters_are_refused_by_default() -> None:
    for data in explicit_forms(EXPLICIT):
        with pytest.raises(PolicyError, match="allow_explicit_curve=True"):
            load_private_key(data)
        assert load_private_key(data, allow_explicit_curve=True).public_key == PUBLIC
    data = spki(AlgorithmIdentifier(oids.EC_PUBLIC_KEY, EXPLICIT.to_der()))
    with pytest.raises(PolicyError, match="allow_explicit_curve=True"):
        load_public_key(data)
    assert load_public_key(data, allow_explicit_curve=True) == PUBLIC


@pytest.mark.parametrize(
    "change",
    [
        {"base": b"\x02" + EXPLICIT.base[1:33]},
        {"cofactor": None},
        {"seed": bytes(20)},
        {"version": 3},
    ],
)
def test_explicit_parameters_in_other_words(change: dict[str, object]) -> None:
    data = explicit_forms(dataclasses.replace(EXPLICIT, **change))[0]
    assert load_private_key(data, allow_explicit_curve=True).public_key == PUBLIC


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"prime": P - 2}, "prime"),
        ({"a": bytes(32)}, "a differ"),
        ({"b": b"\x01"}, "b differ"),
        ({"base": POINT}, "base"),
        ({"base": b"\x03" + EXPLICIT.base[1:33]}, "base"),
        ({"order": 7}, "order"),
        ({"cofactor": 2}, "cofactor"),
        ({"a": bytes(32), "order": 7}, "a, order"),
    ],
)
def test_explicit_parameters_that_differ(change: dict[str, object], words: str) -> None:
    for data in explicit_forms(dataclasses.replace(EXPLICIT, **change)):
        with pytest.raises(UnsupportedAlgorithm, match=words):
            load_private_key(data, allow_explicit_curve=True)


# ---- what is refused, and how it is said ------------------------------------------------
LEGACY = (
    b"-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00112233445566778899AABBCCDDEEFF\n"
    b"\n"
    b"MDAwMDAwMDAwMDAwMDAwMA==\n-----END EC PRIVATE KEY-----\n"
)
X25519 = PrivateKeyInfo(AlgorithmIdentifier(oids.find("1.3.101.110")), b"\x04\x20" + bytes(32)).to_der()
K256 = AlgorithmIdentifier(oids.EC_PUBLIC_KEY, der.encode_oid("1.3.132.0.10"))

BAD_PRIVATE = [
    ("nothing", b"", InvalidInputError, "an empty file"),
    ("blanks", b" \n", InvalidInputError, "an empty file"),
    ("raw number", D, InvalidInputError, "SM2PrivateKey.from_bytes"),
    ("hexadecimal number", D.hex().encode(), InvalidInputError, "SM2PrivateKey.from_hex"),
    ("raw number that begins like DER", b"\x30\x20" + bytes(30), InvalidInputError, "SM2PrivateKey.from_bytes"),
    ("text", b"hello, world", InvalidInputError, "12 bytes that are neither"),
    ("a public key", PUBLIC.to_pem(), InvalidInputError, "load_public_key"),
    ("a public key in DER", PUBLIC.to_der(), InvalidInputError, "load_public_key"),
    ("a certificate", write_pem("CERTIFICATE", b"0\x00"), InvalidInputError, "it has 'CERTIFICATE'"),
    ("two keys", KEY.to_pem() + OTHER.to_pem(), InvalidInputError, "2 private keys"),
    (
        "two blocks of parameters",
        write_pem("EC PARAMETERS", CURVE) * 2 + KEY.to_sec1_pem(),
        InvalidInputError,
        "more than",
    ),
    ("DER of something else", der.encode_sequence(der.encode_null()), InvalidInputError, "none of"),
    ("label and contents differ", write_pem("PRIVATE KEY", KEY.to_sec1_der()), DecodeError, "PRIVATE KEY"),
    ("trailing bytes", KEY.to_der() + b"\x00", DecodeError, "too many"),
    ("no curve", ECPrivateKey(D).to_der(), InvalidInputError, "EC PARAMETERS"),
    ("no curve outside", info(AlgorithmIdentifier(oids.EC_PUBLIC_KEY)), DecodeError, "which curve"),
    ("implicit curve", info(AlgorithmIdentifier(oids.EC_PUBLIC_KEY, NULL)), DecodeError, "which curve"),
    (
        "curve that is no curve",
        info(AlgorithmIdentifier(oids.EC_PUBLIC_KEY, b"\x02\x01\x01")),
        DecodeError,
        "which curve",
    ),
    ("unknown algorithm", X25519, UnsupportedAlgorithm, "1.3.101.110"),
    ("unknown curve", info(K256), UnsupportedAlgorithm, "1.3.132.0.10"),
    ("PEM's own encryption", LEGACY, UnsupportedAlgorithm, "openssl pkcs8 -topk8"),
    ("zero", info(inner=ECPrivateKey(bytes(32))), InvalidScalarError, "1, n-2"),
    ("no number", info(inner=ECPrivateKey(b"")), InvalidInputError, "0"),
    ("number of 33 bytes", info(inner=ECPrivateKey(b"\x01" + D)), InvalidInputError, "33"),
    ("number of 34 bytes", info(inner=ECPrivateKey(b"\x00\x00" + D)), InvalidInputError, "34"),
    ("point without 04", info(inner=ECPrivateKey(D, None, POINT[1:])), InvalidInputError, "04 is missing"),
    ("point off the curve", info(inner=ECPrivateKey(D, None, b"\x04" + bytes(64))), InvalidPointError, "not a point"),
    ("too large", bytes(1 << 20) + b"0", LimitExceeded, "1048577"),
]


@pytest.mark.parametrize(
    ("data", "error", "words"), [row[1:] for row in BAD_PRIVATE], ids=[row[0] for row in BAD_PRIVATE]
)
def test_private_key_that_is_refused(data: bytes, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        load_private_key(data)


BAD_PUBLIC = [
    ("nothing", b"", InvalidInputError, "an empty file"),
    ("raw point", POINT, InvalidInputError, "SM2PublicKey.from_bytes"),
    ("hexadecimal point", POINT.hex().encode(), InvalidInputError, "SM2PublicKey.from_hex"),
    ("a private key", KEY.to_pem(), InvalidInputError, r"load_private_key\(\.\.\.\)\.public_key"),
    ("a private key in DER", KEY.to_der(), InvalidInputError, r"load_private_key\(\.\.\.\)\.public_key"),
    ("a certificate", write_pem("CERTIFICATE", b"0\x00"), InvalidInputError, "with the certificate"),
    ("two keys", PUBLIC.to_pem() * 2, InvalidInputError, "2 public keys"),
    ("unknown algorithm", spki(AlgorithmIdentifier(oids.find("1.3.101.110"))), UnsupportedAlgorithm, "1.3.101.110"),
    ("unknown curve", spki(K256), UnsupportedAlgorithm, "1.3.132.0.10"),
    ("no curve", spki(AlgorithmIdentifier(oids.EC_PUBLIC_KEY)), DecodeError, "which curve"),
    ("point without 04", spki(point=POINT[1:]), InvalidInputError, "04 is missing"),
    ("point off the curve", spki(point=b"\x04" + bytes(64)), InvalidPointError, "not a point"),
    ("infinity", spki(point=b"\x00"), InvalidInputError, "not 1"),
    ("empty point", spki(point=b""), InvalidInputError, "not 0"),
    ("point of 66 bytes", spki(point=POINT + b"\x00"), InvalidInputError, "66"),
]


@pytest.mark.parametrize(
    ("data", "error", "words"), [row[1:] for row in BAD_PUBLIC], ids=[row[0] for row in BAD_PUBLIC]
)
def test_public_key_that_is_refused(data: bytes, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        load_public_key(data)


@pytest.mark.parametrize("value", [None, 5, KEY.to_pem().decode()])
def test_only_bytes_are_read(value: object) -> None:
    for load in (load_private_key, load_public_key, identify_key, is_encrypted):
        with pytest.raises(InvalidTypeError):
            load(value)  # type: ignore[operator]


@pytest.mark.parametrize("data", [KEY.to_der(), KEY.to_sec1_der(), PUBLIC.to_der()], ids=["PKCS #8", "SEC 1", "public"])
def test_every_truncation_is_refused(data: bytes) -> None:
    load = load_public_key if data == PUBLIC.to_der() else load_private_key
    for length in range(len(data)):
        with pytest.raises(InvalidInputError):
            load(data[:length])


def test_sm2_keys_do_not_load_cryptography() -> None:
    code = (
        "import sys\n"
        "from gmpki import SM2PrivateKey, load_private_key\n"
        "key = SM2PrivateKey.generate()\n"
        "load_private_key(key.to_pem(b'password', iterations=1), b'password')\n"
        "print(sorted(name for name in sys.modules if name.split('.')[0] in ('cryptography', 'asn1crypto')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"


# ---- other algorithms -------------------------------------------------------------------
def test_rsa() -> None:
    key = rsa_key()
    for data in (key.to_pem(), key.to_der(), base64.b64encode(key.to_der())):
        loaded = load_private_key(data)
        assert isinstance(loaded, RSAPrivateKey)
        assert loaded.public_key == key.public_key
    inner = PrivateKeyInfo.from_der(key.to_der()).private_key
    for data in (write_pem("RSA PRIVATE KEY", inner), inner):
        assert load_private_key(data).public_key == key.public_key
    assert str(identify_key(inner)) == "DER, PKCS #1 RSAPrivateKey"
    assert load_public_key(key.public_key.to_pem()) == key.public_key


@pytest.mark.parametrize("curve", ["P-256", "P-384", "P-521"])
def test_ecdsa(curve: str) -> None:
    key = ECDSAPrivateKey.generate(curve)
    loaded = load_private_key(key.to_pem())
    assert isinstance(loaded, ECDSAPrivateKey)
    assert loaded.public_key == key.public_key
    assert load_public_key(key.public_key.to_der()) == key.public_key
    stored = PrivateKeyInfo.from_der(key.to_der())
    # The SEC 1 form, with the curve beside it only.
    assert stored.algorithm.parameters is not None
    inner = dataclasses.replace(ECPrivateKey.from_der(stored.private_key), parameters=None)
    pem = write_pem("EC PARAMETERS", stored.algorithm.parameters) + write_pem("EC PRIVATE KEY", inner.to_der())
    assert load_private_key(pem).public_key == key.public_key


def test_policy_decides_about_small_keys() -> None:
    allowing = DEFAULT_POLICY.allowing("rsa-1024")
    small = RSAPrivateKey.generate(1024, policy=allowing)
    with pytest.raises(PolicyError, match="rsa-1024"):
        load_private_key(small.to_pem())
    with pytest.raises(PolicyError, match="rsa-1024"):
        load_public_key(small.public_key.to_pem())
    assert load_private_key(small.to_pem(), policy=allowing).public_key == small.public_key
    assert load_public_key(small.public_key.to_pem(), policy=allowing) == small.public_key
