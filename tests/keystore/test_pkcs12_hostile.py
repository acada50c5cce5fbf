"""PKCS #12 files that are wrong on purpose: each has its own error, and none costs more than was allowed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from gmpki import oids
from gmpki.algorithms import sm3
from gmpki.asn1 import der
from gmpki.asn1.quirks import QuirkKind
from gmpki.asn1.rfc5280 import NULL, AlgorithmIdentifier
from gmpki.asn1.rfc5280.ext_names import Attribute
from gmpki.asn1.rfc5652 import ContentInfo
from gmpki.asn1.rfc5958 import EncryptedPrivateKeyInfo
from gmpki.asn1.rfc7292 import PFX, AuthenticatedSafe, MacData, PKCS12PBEParams, SafeBag, SafeContents, TypedValue
from gmpki.asn1.rfc8018 import PBKDF2Params, PBMAC1Params
from gmpki.errors import (
    DecodeError,
    DecryptionError,
    GmpkiError,
    InvalidInputError,
    InvalidTypeError,
    LimitExceeded,
    PolicyError,
    UnsupportedAlgorithm,
)
from gmpki.keystore import PKCS12, KeyEntry, StoreProfile, _unlocking, write_pkcs12
from hostile import VALUES
from keystore.stores import (
    PASSWORD,
    SIGNING_KEY,
    certificate_bag,
    certificates,
    data,
    encrypted_safe,
    key_bag,
    pbes2,
    safe_of,
    sealed,
    store_of,
    under_pbes2,
    written,
)

MANY = 10_000_001


def old(
    iterations: int, scheme: oids.ObjectIdentifier = oids.PBE_SHA1_3DES, salt: bytes = bytes(8)
) -> AlgorithmIdentifier:
    return AlgorithmIdentifier(scheme, PKCS12PBEParams(salt, iterations).to_der())


def pbmac1(iterations: int = 1, key_length: int | None = 32, **changes: AlgorithmIdentifier) -> MacData:
    scheme = AlgorithmIdentifier(oids.HMAC_SM3, NULL)
    derivation = PBKDF2Params(bytes(16), iterations, key_length, changes.get("prf", scheme))
    parameters = PBMAC1Params(
        changes.get("kdf", AlgorithmIdentifier(oids.PBKDF2, derivation.to_der())), changes.get("mac", scheme)
    )
    return MacData(AlgorithmIdentifier(oids.PBMAC1, parameters.to_der()), bytes(32), b"NOT USED")


def classic(
    iterations: int = 1, hash_name: oids.ObjectIdentifier = oids.SM3, parameters: bytes | None = None
) -> MacData:
    return MacData(AlgorithmIdentifier(hash_name, parameters), bytes(32), bytes(8), iterations)


def shrouded(algorithm: AlgorithmIdentifier, ciphertext: bytes = bytes(16)) -> SafeBag:
    return SafeBag(oids.SHROUDED_KEY_BAG, EncryptedPrivateKeyInfo(algorithm, ciphertext).to_der())


def nested(depth: int) -> SafeBag:
    bag = key_bag()
    for _ in range(depth):
        bag = SafeBag(oids.SAFE_CONTENTS_BAG, SafeContents((bag,)).to_der())
    return bag


def version(number: int) -> bytes:
    pfx = PFX(data(b""), None).to_der()
    return pfx.replace(b"\x02\x01\x03", bytes((2, 1, number)), 1)


CASES: dict[str, tuple[Callable[[], bytes], type[Exception], str]] = {
    # What is no such file.
    "empty": (lambda: b"", InvalidInputError, "DER, BER or base64"),
    "text": (lambda: b"hello", InvalidInputError, "DER, BER or base64"),
    "certificate": (lambda: certificates()[0].der, DecodeError, "INTEGER expected"),
    "truncated": (lambda: written()[:-1], DecodeError, "are left"),
    "trailing": (lambda: written() + b"\x00", DecodeError, "too many"),
    "version 2": (lambda: version(2), DecodeError, "version"),
    "version 4": (lambda: version(4), DecodeError, "version"),
    "too long": (lambda: b"\x30" + bytes(1 << 22), LimitExceeded, "4194305"),
    # The frame.
    "no MAC": (lambda: PFX(data(AuthenticatedSafe(()).to_der())).to_der(), InvalidInputError, "no MAC"),
    "signed": (lambda: PFX(ContentInfo(oids.SIGNED_DATA, b"\x30\x00")).to_der(), UnsupportedAlgorithm, "signed"),
    "no content": (lambda: PFX(ContentInfo(oids.DATA, None), classic()).to_der(), DecodeError, "missing"),
    "content no OCTET STRING": (
        lambda: PFX(ContentInfo(oids.DATA, NULL), classic()).to_der(),
        DecodeError,
        "NULL found",
    ),
    "safe is no SEQUENCE": (lambda: sealed(NULL), DecodeError, "SEQUENCE expected"),
    "safe is empty bytes": (lambda: sealed(b""), DecodeError, "data ends"),
    "enveloped safe": (
        lambda: store_of(ContentInfo(oids.ENVELOPED_DATA, b"\x30\x00")),
        UnsupportedAlgorithm,
        "id-envelopedData",
    ),
    "encrypted safe without content": (
        lambda: store_of(ContentInfo(oids.ENCRYPTED_DATA, None)),
        DecodeError,
        "SEQUENCE expected",
    ),
    # The MAC.
    "MAC of zeros": (lambda: store_of(safe_of(), mac=classic()), DecryptionError, "cannot be decrypted"),
    "MAC of another password": (lambda: store_of(safe_of(), password=b"other"), DecryptionError, "cannot be decrypted"),
    "short MAC": (
        lambda: store_of(safe_of(), mac=MacData(AlgorithmIdentifier(oids.SM3), b"", bytes(8))),
        DecryptionError,
        "cannot be decrypted",
    ),
    "MAC with MD5": (
        lambda: store_of(safe_of(), mac=classic(hash_name=oids.find("1.2.840.113549.2.5"))),
        UnsupportedAlgorithm,
        "1.2.840.113549.2.5",
    ),
    "MAC with parameters": (
        lambda: store_of(safe_of(), mac=classic(parameters=b"\x02\x01\x01")),
        UnsupportedAlgorithm,
        "MAC with",
    ),
    "MAC with many iterations": (lambda: store_of(safe_of(), mac=classic(MANY)), LimitExceeded, str(MANY)),
    "MAC with 2^62 iterations": (lambda: store_of(safe_of(), mac=classic(1 << 62)), LimitExceeded, "iterations"),
    "MAC with a long salt": (
        lambda: store_of(safe_of(), mac=MacData(AlgorithmIdentifier(oids.SM3), bytes(32), bytes(1025))),
        LimitExceeded,
        "1025",
    ),
    "PBMAC1 of zeros": (lambda: store_of(safe_of(), mac=pbmac1()), DecryptionError, "cannot be decrypted"),
    "PBMAC1 with many iterations": (lambda: store_of(safe_of(), mac=pbmac1(MANY)), LimitExceeded, str(MANY)),
    "PBMAC1 with a short key": (lambda: store_of(safe_of(), mac=pbmac1(key_length=15)), LimitExceeded, "15 bytes"),
    "PBMAC1 with a long key": (lambda: store_of(safe_of(), mac=pbmac1(key_length=1 << 40)), LimitExceeded, "bytes"),
    "PBMAC1 without HMAC": (
        lambda: store_of(safe_of(), mac=pbmac1(mac=AlgorithmIdentifier(oids.SM3))),
        UnsupportedAlgorithm,
        "HMAC",
    ),
    "PBMAC1 with another derivation": (
        lambda: store_of(safe_of(), mac=pbmac1(kdf=AlgorithmIdentifier(oids.SM3))),
        UnsupportedAlgorithm,
        "PBKDF2",
    ),
    "PBMAC1 without parameters": (
        lambda: store_of(safe_of(), mac=MacData(AlgorithmIdentifier(oids.PBMAC1), bytes(32), b"")),
        DecodeError,
        "SEQUENCE expected",
    ),
    # Encryption.
    "RC4": (
        lambda: store_of(encrypted_safe(bytes(16), old(1, oids.PBE_SHA1_RC4_128))),
        UnsupportedAlgorithm,
        "pbeWithSHAAnd128BitRC4",
    ),
    "an algorithm that is no scheme": (
        lambda: store_of(encrypted_safe(bytes(16), AlgorithmIdentifier(oids.SM4_CBC))),
        UnsupportedAlgorithm,
        "SM4-CBC",
    ),
    "PBES2 with many iterations": (lambda: store_of(encrypted_safe(bytes(16), pbes2(MANY))), LimitExceeded, str(MANY)),
    "old scheme with many iterations": (
        lambda: store_of(encrypted_safe(bytes(16), old(MANY))),
        LimitExceeded,
        str(MANY),
    ),
    "old scheme with a long salt": (
        lambda: store_of(encrypted_safe(bytes(16), old(1, salt=bytes(1025)))),
        LimitExceeded,
        "1025",
    ),
    "old scheme without parameters": (
        lambda: store_of(encrypted_safe(bytes(16), AlgorithmIdentifier(oids.PBE_SHA1_3DES))),
        DecodeError,
        "SEQUENCE expected",
    ),
    "long data under RC2": (
        lambda: store_of(encrypted_safe(bytes((1 << 18) + 8), old(1, oids.PBE_SHA1_RC2_40))),
        LimitExceeded,
        "RC2",
    ),
    "ciphertext of half a block": (lambda: store_of(encrypted_safe(bytes(15), pbes2(1))), DecryptionError, "decrypted"),
    "ciphertext that is empty": (lambda: store_of(encrypted_safe(b"", pbes2(1))), DecryptionError, "decrypted"),
    "ciphertext of zeros": (lambda: store_of(encrypted_safe(bytes(16), old(1))), DecryptionError, "decrypted"),
    "plain text that is no SafeContents": (lambda: store_of(under_pbes2(b"hello")), DecodeError, "at byte"),
    "key under many iterations": (lambda: store_of(safe_of(shrouded(pbes2(MANY)))), LimitExceeded, str(MANY)),
    "key of zeros": (lambda: store_of(safe_of(shrouded(pbes2(1)))), DecryptionError, "decrypted"),
    # Bags.
    "key bag with a certificate": (
        lambda: store_of(safe_of(SafeBag(oids.KEY_BAG, certificates()[0].der))),
        InvalidInputError,
        "private key",
    ),
    "key bag with an encrypted key": (
        lambda: store_of(safe_of(SafeBag(oids.KEY_BAG, SIGNING_KEY.to_der(b"x", iterations=1)))),
        InvalidInputError,
        "encrypted",
    ),
    "shrouded bag with a plain key": (
        lambda: store_of(safe_of(SafeBag(oids.SHROUDED_KEY_BAG, SIGNING_KEY.to_der()))),
        DecodeError,
        "SEQUENCE expected",
    ),
    "certificate bag with a key": (
        lambda: store_of(safe_of(SafeBag(oids.CERT_BAG, SIGNING_KEY.to_der()))),
        DecodeError,
        "OBJECT IDENTIFIER expected",
    ),
    "certificate that is none": (
        lambda: store_of(safe_of(SafeBag(oids.CERT_BAG, TypedValue(oids.CERT_TYPE_X509, b"\x04\x01x").to_der()))),
        DecodeError,
        "inside the header",
    ),
    "bag without value": (
        lambda: store_of(data(der.encode_sequence(der.encode_sequence(der.encode_oid(oids.KEY_BAG))))),
        DecodeError,
        "nothing is left",
    ),
    "name that is no string": (
        lambda: store_of(safe_of(certificate_bag(attributes=(Attribute(oids.FRIENDLY_NAME, (NULL,)),)))),
        DecodeError,
        "friendlyName",
    ),
    "identifier that is no OCTET STRING": (
        lambda: store_of(safe_of(certificate_bag(attributes=(Attribute(oids.LOCAL_KEY_ID, (NULL,)),)))),
        DecodeError,
        "localKeyID",
    ),
    "name of 2000 characters": (
        lambda: store_of(
            safe_of(certificate_bag(attributes=(Attribute(oids.FRIENDLY_NAME, (der.encode_bmp_string("x" * 2000),)),)))
        ),
        InvalidInputError,
        "friendly name",
    ),
    "nested deeply": (lambda: store_of(safe_of(nested(8))), DecodeError, "deeply"),
    "65 keys": (lambda: store_of(safe_of(*[key_bag()] * 65)), LimitExceeded, "64 keys"),
    "1025 bags": (lambda: store_of(safe_of(*[SafeBag(oids.CRL_BAG, NULL)] * 1025)), LimitExceeded, "1024"),
    "1025 bags in two safes": (
        lambda: store_of(safe_of(*[SafeBag(oids.CRL_BAG, NULL)] * 1000), safe_of(*[SafeBag(oids.CRL_BAG, NULL)] * 25)),
        LimitExceeded,
        "1024",
    ),
    "1025 safes": (lambda: store_of(*[safe_of()] * 1025), LimitExceeded, "1024"),
}


@pytest.mark.parametrize("name", CASES)
def test_refused(name: str) -> None:
    make, error, words = CASES[name]
    with pytest.raises(error, match=words):
        PKCS12.from_bytes(make(), PASSWORD)


def test_each_way_to_fail_at_the_password_says_the_same() -> None:
    messages = set()
    for profile in StoreProfile:
        for password in (b"wrong", b"", None):
            with pytest.raises(DecryptionError) as caught:
                PKCS12.from_bytes(written(profile), password)
            messages.add((type(caught.value), str(caught.value)))
    assert messages == {(DecryptionError, DecryptionError.MESSAGE)}


@pytest.mark.parametrize("profile", [StoreProfile.GM, StoreProfile.GM_CLASSIC])
def test_a_change_anywhere_is_found(profile: StoreProfile) -> None:
    good = written(profile)
    for position in range(0, len(good), 41):
        changed = bytearray(good)
        changed[position] ^= 0x01
        with pytest.raises(GmpkiError):
            PKCS12.from_bytes(bytes(changed), PASSWORD)


def test_nothing_is_decrypted_before_the_mac_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    from gmpki.keystore import pbe

    calls: list[object] = []
    monkeypatch.setattr(pbe, "decrypt", lambda *arguments: calls.append(arguments))
    with pytest.raises(DecryptionError):
        PKCS12.from_bytes(written(), b"wrong")
    assert calls == []


# ---- bounds of work ---------------------------------------------------------------------
def test_the_work_of_all_bags_is_bounded_together(monkeypatch: pytest.MonkeyPatch) -> None:
    good = written()  # 3 iterations each for the MAC, the certificates and two keys
    for allowed in (11, 12):
        monkeypatch.setattr(_unlocking, "MAX_WORK", allowed)
        if allowed == 12:
            assert len(PKCS12.from_bytes(good, PASSWORD, max_iterations=3).keys) == 2
        else:
            with pytest.raises(LimitExceeded, match="together"):
                PKCS12.from_bytes(good, PASSWORD, max_iterations=3)


def test_work_under_rc2_counts_too(monkeypatch: pytest.MonkeyPatch) -> None:
    safes = [encrypted_safe(bytes(8 * 100), old(1, oids.PBE_SHA1_RC2_40))]
    monkeypatch.setattr(_unlocking, "MAX_WORK", 6000)
    with pytest.raises(LimitExceeded, match="together"):
        PKCS12.from_bytes(store_of(*safes), PASSWORD, max_iterations=100)
    monkeypatch.setattr(_unlocking, "MAX_WORK", 7000)
    with pytest.raises(DecryptionError):
        PKCS12.from_bytes(store_of(*safes), PASSWORD, max_iterations=100)


def test_the_iterations_of_each_are_bounded() -> None:
    key = write_pkcs12([KeyEntry(SIGNING_KEY)], PASSWORD, iterations=1)
    assert PKCS12.from_bytes(key, PASSWORD, max_iterations=1).keys
    with pytest.raises(LimitExceeded, match="max_iterations"):
        PKCS12.from_bytes(written(), PASSWORD, max_iterations=2)


def test_a_salt_of_pbkdf2_is_bounded() -> None:
    with pytest.raises(LimitExceeded, match="1025"):
        PKCS12.from_bytes(store_of(encrypted_safe(bytes(16), pbes2(1, salt=bytes(1025)))), PASSWORD)


# ---- what is accepted ---------------------------------------------------------------------
def test_no_mac_when_allowed() -> None:
    unsealed = PFX(data(AuthenticatedSafe((safe_of(key_bag()),)).to_der())).to_der()
    store = PKCS12.from_bytes(unsealed, allow_no_mac=True)
    assert (len(store.keys), store.mac, store.protections) == (1, None, ())


def test_garbage_without_a_mac_is_a_wrong_password() -> None:
    unsealed = PFX(data(AuthenticatedSafe((under_pbes2(b"hello"),)).to_der())).to_der()
    with pytest.raises(DecryptionError):
        PKCS12.from_bytes(unsealed, PASSWORD, allow_no_mac=True)


def test_other_bags_are_counted_by_type() -> None:
    sdsi = certificate_bag(type=oids.CERT_TYPE_SDSI)
    store = PKCS12.from_bytes(
        store_of(safe_of(SafeBag(oids.CRL_BAG, NULL), sdsi, SafeBag(oids.find("1.2.3"), NULL))), PASSWORD
    )
    assert store.other_bags == (oids.CRL_BAG, oids.CERT_TYPE_SDSI, "1.2.3")
    assert store.certificates == ()


def test_nested_safes() -> None:
    store = PKCS12.from_bytes(store_of(safe_of(nested(7), certificate_bag())), PASSWORD)
    assert store.keys[0].certificate == certificates()[0]


def test_a_name_that_comes_twice() -> None:
    names = tuple(Attribute(oids.FRIENDLY_NAME, (der.encode_bmp_string(text),)) for text in ("甲", "乙"))
    store = PKCS12.from_bytes(store_of(safe_of(certificate_bag(attributes=names))), PASSWORD)
    assert store.certificates[0].friendly_name in {"甲", "乙"}
    assert QuirkKind.DUPLICATE_ATTRIBUTE in [quirk.kind for quirk in store.quirks]


def test_a_length_of_the_key_that_pbmac1_leaves_out() -> None:
    content = AuthenticatedSafe((safe_of(key_bag()),)).to_der()
    mac = pbmac1(key_length=None)
    from gmpki.algorithms import kdf

    digest = sm3.hmac(kdf.pbkdf2(PASSWORD, bytes(16), 1, 32), content)
    store = PKCS12.from_bytes(sealed(content, mac=MacData(mac.algorithm, digest, mac.salt)), PASSWORD)
    assert len(store.keys) == 1


def test_the_policy_decides() -> None:
    from gmpki.algorithms.policy import DEFAULT_POLICY
    from gmpki.keys.rsa import RSAPrivateKey

    policy = DEFAULT_POLICY.allowing("rsa-1024")
    key = RSAPrivateKey.generate(1024, policy=policy)
    weak = write_pkcs12([KeyEntry(key)], PASSWORD, iterations=1)
    with pytest.raises(PolicyError):
        PKCS12.from_bytes(weak, PASSWORD)
    assert len(PKCS12.from_bytes(weak, PASSWORD, policy=policy).keys) == 1


# ---- BER --------------------------------------------------------------------------------
def indefinite(encoded: bytes, size: int = 100) -> bytes:
    """Write DER with indefinite lengths, and OCTET STRINGs in segments."""
    identifier = encoded[0]
    reader = der.Reader(encoded)
    if identifier == der.Tag.OCTET_STRING:
        content = reader.octet_string()
        pieces = [content[at : at + size] for at in range(0, len(content), size)]
        return b"\x24\x80" + b"".join(map(der.encode_octet_string, pieces)) + b"\x00\x00"
    if not identifier & 0x20:
        return encoded
    inner = reader.inside(identifier)
    out = b""
    while not inner.at_end():
        out += indefinite(inner.raw_element(), size)
    return bytes((identifier, 0x80)) + out + b"\x00\x00"


@pytest.mark.parametrize("size", [1, 7, 100])
def test_ber_with_indefinite_lengths(size: int) -> None:
    content = indefinite(AuthenticatedSafe((safe_of(key_bag(), certificate_bag()),)).to_der(), size)
    store = PKCS12.from_bytes(indefinite(sealed(content), size), PASSWORD)
    assert store.keys[0].certificate == certificates()[0]
    kinds = {quirk.kind for quirk in store.quirks}
    assert {QuirkKind.INDEFINITE_LENGTH, QuirkKind.CONSTRUCTED_STRING} <= kinds


def test_ber_inside_what_was_encrypted() -> None:
    plain = indefinite(SafeContents((certificate_bag(),)).to_der())
    assert len(PKCS12.from_bytes(store_of(under_pbes2(plain)), PASSWORD).certificates) == 1


def test_segments_under_an_implicit_tag() -> None:
    """encryptedContent is [0] IMPLICIT OCTET STRING: in segments it is A0 80 04 .. 04 .. 00 00."""
    safe = under_pbes2(SafeContents((certificate_bag(),)).to_der()).to_der()
    start = safe.index(b"\x80\x82")
    length = int.from_bytes(safe[start + 2 : start + 4], "big")
    ciphertext = safe[start + 4 : start + 4 + length]
    assert start + 4 + length == len(safe)
    halves = der.encode_octet_string(ciphertext[:64]) + der.encode_octet_string(ciphertext[64:])
    # Every definite length around it changes, so they become indefinite.
    frame = der.Reader(safe).sequence()
    opened = b"\x30\x80" + frame.raw_element()
    encrypted = frame.explicit(0).sequence()
    opened += b"\xa0\x80\x30\x80" + encrypted.raw_element()
    info = encrypted.sequence()
    opened += b"\x30\x80" + info.raw_element() + info.raw_element() + b"\xa0\x80" + halves
    content = b"\x30\x80" + opened + bytes(2 * 5) + b"\x00\x00"
    assert len(PKCS12.from_bytes(sealed(content), PASSWORD).certificates) == 1


# ---- arbitrary values ---------------------------------------------------------------------
@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_values_that_nobody_wants(value: object) -> None:
    good = written()
    for call in (
        lambda: PKCS12.from_bytes(value, PASSWORD),  # type: ignore[arg-type]
        lambda: PKCS12.from_bytes(good, PASSWORD, max_iterations=value),  # type: ignore[arg-type]
        lambda: PKCS12.from_bytes(good, PASSWORD, policy=value),  # type: ignore[arg-type]
    ):
        with pytest.raises(GmpkiError):
            call()
    if value is not None:
        with pytest.raises(GmpkiError):
            PKCS12.from_bytes(good, value)  # type: ignore[arg-type]


def test_text_is_no_password() -> None:
    with pytest.raises(InvalidTypeError, match="UTF-8"):
        PKCS12.from_bytes(written(), "口令")  # type: ignore[arg-type]
