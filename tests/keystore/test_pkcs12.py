"""PKCS #12 files of ours: what goes in comes out, in every profile; what is written, byte by byte where it matters."""

from __future__ import annotations

import pytest

from gmpki import oids
from gmpki.asn1 import der
from gmpki.asn1.rfc5652 import EncryptedData
from gmpki.asn1.rfc5958 import EncryptedPrivateKeyInfo
from gmpki.asn1.rfc7292 import PFX, AuthenticatedSafe, SafeContents
from gmpki.asn1.rfc8018 import PBES2Params, PBKDF2Params, PBMAC1Params
from gmpki.errors import (
    DecryptionError,
    InvalidInputError,
    InvalidTypeError,
    KeyMismatchError,
    LimitExceeded,
    UnsupportedAlgorithm,
)
from gmpki.keys.ecdsa import ECDSAPrivateKey
from gmpki.keys.sm2 import SM2PrivateKey
from gmpki.keystore import PKCS12, CertificateEntry, KeyEntry, PKCS12Delivery, StoreProfile, find_pairs, write_pkcs12
from gmpki.x509.delivery import KeyDelivery
from gmpki.x509.pair import CertificatePair
from keystore.stores import ENCRYPTION_KEY, PASSWORD, SIGNING_KEY, certificates, written
from rsa_keys import rsa_key
from x509 import pair_examples as examples

PROFILES = list(StoreProfile)


# ---- what goes in comes out -------------------------------------------------------------
@pytest.mark.parametrize("profile", PROFILES)
def test_a_pair_comes_back_with_both_keys(profile: StoreProfile) -> None:
    signing, encryption, root = certificates()
    store = PKCS12.from_bytes(written(profile), PASSWORD)
    assert [entry.private_key.public_key for entry in store.keys] == [
        SIGNING_KEY.public_key,
        ENCRYPTION_KEY.public_key,
    ]
    assert [entry.certificate for entry in store.keys] == [signing, encryption]
    assert [entry.friendly_name for entry in store.keys] == ["签名", "加密"]
    assert [entry.certificate for entry in store.certificates] == [signing, encryption, root]
    (pair,) = store.pairs
    assert pair.pair == CertificatePair(signing, encryption)
    assert pair.signing_key is store.keys[0].private_key
    assert pair.encryption_key is store.keys[1].private_key
    assert store.quirks == ()
    assert store.other_bags == ()


@pytest.mark.parametrize("profile", PROFILES)
def test_keys_of_other_algorithms(profile: StoreProfile) -> None:
    for key in (rsa_key(), ECDSAPrivateKey.generate()):
        data = write_pkcs12([KeyEntry(key)], PASSWORD, profile=profile, iterations=1)
        (entry,) = PKCS12.from_bytes(data, PASSWORD).keys
        assert entry.private_key.public_key == key.public_key
        assert entry.certificate is None


@pytest.mark.parametrize(
    "password", [b"a", b"\x00", "é".encode(), "口令𠮷🔑".encode(), b"\xff\xfe", b"x" * 1000, bytearray(b"buffer")]
)
def test_passwords_of_any_bytes(password: bytes) -> None:
    for profile in PROFILES:
        data = write_pkcs12([KeyEntry(SIGNING_KEY)], password, profile=profile, iterations=1)
        assert len(PKCS12.from_bytes(data, password).keys) == 1
        with pytest.raises(DecryptionError):
            PKCS12.from_bytes(data, bytes(password) + b"x")


@pytest.mark.parametrize("name", ["", "a", "证书", "𠮷野", "a" * 1024])
def test_friendly_names(name: str) -> None:
    data = write_pkcs12([KeyEntry(SIGNING_KEY, friendly_name=name)], PASSWORD, iterations=1)
    assert PKCS12.from_bytes(data, PASSWORD).keys[0].friendly_name == (name or None)


def test_certificates_alone() -> None:
    signing, _, root = certificates()
    entries = [CertificateEntry(signing, "甲", b"id"), root, CertificateEntry(signing, "again")]
    store = PKCS12.from_bytes(write_pkcs12([], PASSWORD, certificates=entries, iterations=1), PASSWORD)
    assert store.certificates == (CertificateEntry(signing, "甲", b"id"), CertificateEntry(root))
    assert store.keys == store.pairs == ()


def test_a_local_key_id_of_the_callers() -> None:
    signing, _, _ = certificates()
    data = write_pkcs12([KeyEntry(SIGNING_KEY, signing, local_key_id=b"\x01")], PASSWORD, iterations=1)
    store = PKCS12.from_bytes(data, PASSWORD)
    assert store.keys[0].local_key_id == store.certificates[0].local_key_id == b"\x01"


def test_an_encryption_key_alone_makes_its_pair() -> None:
    signing, encryption, _ = certificates()
    data = write_pkcs12([KeyEntry(ENCRYPTION_KEY, encryption)], PASSWORD, certificates=[signing], iterations=1)
    (pair,) = PKCS12.from_bytes(data, PASSWORD).pairs
    assert pair.pair == CertificatePair(signing, encryption)
    assert pair.signing_key is None
    assert pair.encryption_key is not None


def test_a_renewed_encryption_key_makes_two_pairs() -> None:
    signing, encryption, _ = certificates()
    renewed = examples.certificate(examples.ENCRYPTION_USAGES, 14)
    pairs = find_pairs([SIGNING_KEY, ENCRYPTION_KEY], [encryption, renewed, signing])
    assert {(one.pair.encryption, one.encryption_key) for one in pairs} == {
        (encryption, ENCRYPTION_KEY),
        (renewed, None),
    }


def test_certificates_of_different_holders_are_no_pair() -> None:
    stranger = examples.certificate(examples.ENCRYPTION_USAGES, 13, subject=examples.STRANGER)
    assert find_pairs([SIGNING_KEY, ENCRYPTION_KEY], [certificates()[0], stranger]) == ()


# ---- what is written --------------------------------------------------------------------
def parts(profile: StoreProfile) -> tuple[PFX, EncryptedData, SafeContents]:
    pfx = PFX.from_der(written(profile))
    safe = AuthenticatedSafe.from_der(der.Reader(pfx.auth_safe.content or b"").octet_string())
    first, second = safe.contents
    assert (first.content_type, second.content_type) == (oids.ENCRYPTED_DATA, oids.DATA)
    bags = SafeContents.from_der(der.Reader(second.content or b"").octet_string())
    return pfx, EncryptedData.from_der(first.content or b""), bags


@pytest.mark.parametrize(
    ("profile", "prf", "cipher", "mac"),
    [
        (StoreProfile.GM, oids.HMAC_SM3, oids.SM4_CBC, oids.PBMAC1),
        (StoreProfile.GM_CLASSIC, oids.HMAC_SM3, oids.SM4_CBC, oids.SM3),
        (StoreProfile.OPENSSL, oids.HMAC_SHA256, oids.SM4_CBC, oids.SHA256),
        (StoreProfile.AES, oids.HMAC_SHA256, oids.AES256_CBC, oids.SHA256),
    ],
)
def test_algorithms_of_a_profile(profile: StoreProfile, prf: str, cipher: str, mac: str) -> None:
    pfx, encrypted, bags = parts(profile)
    schemes = [encrypted.encrypted_content_info.content_encryption_algorithm]
    schemes += [EncryptedPrivateKeyInfo.from_der(bag.value).algorithm for bag in bags.bags]
    assert len(schemes) == 3
    salts = set()
    for scheme in schemes:
        parameters = PBES2Params.from_der(scheme.parameters or b"")
        derivation = PBKDF2Params.from_der(parameters.key_derivation.parameters or b"")
        assert parameters.encryption.algorithm == cipher
        assert derivation.prf is not None
        assert (derivation.prf.algorithm, derivation.iteration_count, len(derivation.salt)) == (prf, 3, 16)
        salts.add(derivation.salt)
    assert len(salts) == 3
    assert pfx.mac_data is not None
    assert pfx.mac_data.algorithm.algorithm == mac
    assert len(pfx.mac_data.digest) == 32


def test_pbmac1_says_everything_in_its_parameters() -> None:
    mac = parts(StoreProfile.GM)[0].mac_data
    assert mac is not None
    assert (mac.salt, mac.iterations) == (b"NOT USED", 1)
    parameters = PBMAC1Params.from_der(mac.algorithm.parameters or b"")
    derivation = PBKDF2Params.from_der(parameters.key_derivation.parameters or b"")
    assert (derivation.key_length, derivation.iteration_count, len(derivation.salt)) == (32, 3, 16)
    assert parameters.message_authentication.algorithm == oids.HMAC_SM3


def test_two_keys_have_two_local_key_ids() -> None:
    bags = parts(StoreProfile.GM)[2].bags
    identifiers = {
        value for bag in bags for one in bag.attributes if one.type == oids.LOCAL_KEY_ID for value in one.values
    }
    assert len(identifiers) == 2


def test_descriptions() -> None:
    store = PKCS12.from_bytes(written(StoreProfile.GM), PASSWORD)
    assert store.mac == "PBMAC1, PBKDF2-HMAC-SM3 (3 iterations), HMAC-SM3"
    assert store.protections == ("PBES2, PBKDF2-HMAC-SM3 (3 iterations), SM4-CBC",)


def test_no_secret_is_shown() -> None:
    key = SM2PrivateKey.generate()
    store = PKCS12.from_bytes(write_pkcs12([KeyEntry(key)], b"sesame", iterations=1), b"sesame")
    shown = repr((store, store.keys, PKCS12Delivery(b"sesame"))).lower()
    number = int.from_bytes(key.to_bytes(), "big")
    for secret in (key.to_bytes().hex(), str(number), hex(number), repr(key.to_bytes()), "sesame"):
        assert secret.lower() not in shown


# ---- inputs that are refused ------------------------------------------------------------
@pytest.mark.parametrize(
    ("arguments", "options", "error"),
    [
        (([], PASSWORD), {}, InvalidInputError),
        ((None, PASSWORD), {}, InvalidTypeError),
        (([SIGNING_KEY], PASSWORD), {}, InvalidTypeError),
        (([KeyEntry(SIGNING_KEY)], b""), {}, InvalidInputError),
        (([KeyEntry(SIGNING_KEY)], None), {}, InvalidTypeError),
        (([KeyEntry(SIGNING_KEY)], "text"), {}, InvalidTypeError),
        (([KeyEntry(SIGNING_KEY)], PASSWORD), {"iterations": 0}, InvalidInputError),
        (([KeyEntry(SIGNING_KEY)], PASSWORD), {"iterations": 10_000_001}, InvalidInputError),
        (([KeyEntry(SIGNING_KEY)], PASSWORD), {"iterations": 10_000_000}, LimitExceeded),
        (([KeyEntry(SIGNING_KEY)], PASSWORD), {"profile": "gm"}, InvalidTypeError),
        (([KeyEntry(SIGNING_KEY)], PASSWORD), {"certificates": [b"x"]}, InvalidTypeError),
        (([KeyEntry(SIGNING_KEY)], PASSWORD), {"certificates": 5}, InvalidTypeError),
        (([KeyEntry(SIGNING_KEY)] * 65, PASSWORD), {"iterations": 1}, LimitExceeded),
    ],
)
def test_what_is_not_written(arguments: tuple[object, ...], options: dict[str, object], error: type[Exception]) -> None:
    with pytest.raises(error):
        write_pkcs12(*arguments, **options)  # type: ignore[arg-type]


def test_entries_that_are_refused() -> None:
    signing, encryption, _ = certificates()
    with pytest.raises(KeyMismatchError):
        KeyEntry(SIGNING_KEY, encryption)
    for bad in (
        {"private_key": b"key"},
        {"private_key": SIGNING_KEY.public_key},
        {"private_key": SIGNING_KEY, "certificate": signing.der},
        {"private_key": SIGNING_KEY, "friendly_name": b"x"},
        {"private_key": SIGNING_KEY, "local_key_id": "x"},
    ):
        with pytest.raises(InvalidTypeError):
            KeyEntry(**bad)  # type: ignore[arg-type]
    for fields in ({"friendly_name": "x" * 1025}, {"friendly_name": "\ud800"}, {"local_key_id": b""}):
        with pytest.raises(InvalidInputError):
            CertificateEntry(signing, **fields)  # type: ignore[arg-type]
    with pytest.raises(InvalidTypeError):
        CertificateEntry(signing.der)  # type: ignore[arg-type]


# ---- as a delivery ----------------------------------------------------------------------
def test_delivery_of_a_pair() -> None:
    signing, encryption, root = certificates()
    delivery = PKCS12Delivery(PASSWORD, chain=(root,), friendly_name="加密", iterations=1)
    assert isinstance(delivery, KeyDelivery)
    issued = examples.issuer().issue_pair(
        examples.request(), ENCRYPTION_KEY, "organisation", subject=examples.OWNER, delivery=delivery
    )
    assert issued.delivery is not None
    store = PKCS12.from_bytes(issued.delivery, PASSWORD)
    (pair,) = store.pairs
    assert pair.pair == issued.pair
    assert pair.encryption_key is not None
    assert pair.encryption_key.public_key == ENCRYPTION_KEY.public_key
    assert root in [entry.certificate for entry in store.certificates]
    with pytest.raises(KeyMismatchError):
        delivery.deliver(SIGNING_KEY, CertificatePair(signing, encryption))
    with pytest.raises(UnsupportedAlgorithm):
        delivery.check(b"key", None)
    with pytest.raises(InvalidTypeError):
        delivery.deliver(ENCRYPTION_KEY, (signing, encryption))  # type: ignore[arg-type]
