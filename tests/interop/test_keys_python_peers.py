"""The Python packages tongsuopy and gmssl as peers, on public data."""

from __future__ import annotations

import pytest
from gmssl import sm2 as gmssl_sm2
from tongsuopy.crypto import hashes, serialization
from tongsuopy.crypto.asymciphers import ec
from tongsuopy.crypto.exceptions import InvalidSignature as TongsuoInvalidSignature

from gmpki.algorithms.sm2 import CiphertextFormat, PointFormat, SignatureEncoding
from gmpki.errors import InvalidSignature
from gmpki.keys.diagnose import diagnose_signature
from gmpki.keys.loader import load_private_key, load_public_key
from gmpki.keys.sm2 import EncryptionProfile, SM2PrivateKey

# gmssl strips every leading "0" and "4" of a public key, so a key that begins with neither is used.
KEY = SM2PrivateKey.from_hex("3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5BB")
MESSAGE = b"from one to the other"
SM2_SM3 = ec.ECDSA(hashes.SM3())


# ---- tongsuopy --------------------------------------------------------------------------
@pytest.mark.parametrize("encoding", [serialization.Encoding.PEM, serialization.Encoding.DER])
@pytest.mark.parametrize(
    "form",
    [serialization.PrivateFormat.PKCS8, serialization.PrivateFormat.TraditionalOpenSSL],
    ids=["PKCS #8", "SEC 1"],
)
def test_keys_of_tongsuopy(encoding: serialization.Encoding, form: serialization.PrivateFormat) -> None:
    theirs = ec.generate_private_key(ec.SM2())
    key = load_private_key(theirs.private_bytes(encoding, form, serialization.NoEncryption()))
    assert int.from_bytes(key.to_bytes(), "big") == theirs.private_numbers().private_value
    public = theirs.public_key().public_bytes(encoding, serialization.PublicFormat.SubjectPublicKeyInfo)
    assert load_public_key(public) == key.public_key


def test_encrypted_keys_of_tongsuopy() -> None:
    theirs = ec.generate_private_key(ec.SM2())
    encryption = serialization.BestAvailableEncryption(b"password")
    data = theirs.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)
    key = load_private_key(data, b"password")
    assert int.from_bytes(key.to_bytes(), "big") == theirs.private_numbers().private_value


def test_our_keys_in_tongsuopy() -> None:
    value = int.from_bytes(KEY.to_bytes(), "big")
    for data in (KEY.to_pem(), KEY.to_sec1_pem(), KEY.to_sec1_pem(parameters=True)):
        assert serialization.load_pem_private_key(data, None).private_numbers().private_value == value
    encrypted = KEY.to_pem(b"password", profile=EncryptionProfile.OPENSSL, iterations=1000)
    assert serialization.load_pem_private_key(encrypted, b"password").private_numbers().private_value == value
    numbers = serialization.load_pem_public_key(KEY.public_key.to_pem()).public_numbers()
    assert numbers.x.to_bytes(32, "big") + numbers.y.to_bytes(32, "big") == KEY.public_key.to_bytes(PointFormat.BARE)


def test_signatures_with_tongsuopy() -> None:
    theirs = serialization.load_der_private_key(KEY.to_der(), None)
    for number in range(20):
        message = MESSAGE * number
        KEY.public_key.verify(theirs.sign(message, SM2_SM3), message)
        theirs.public_key().verify(KEY.sign(message), message, SM2_SM3)
    with pytest.raises(TongsuoInvalidSignature):
        theirs.public_key().verify(KEY.sign(MESSAGE, user_id=b""), MESSAGE, SM2_SM3)
    with pytest.raises(InvalidSignature):
        KEY.public_key.verify(theirs.sign(MESSAGE, SM2_SM3), MESSAGE, user_id=b"")


# ---- gmssl ------------------------------------------------------------------------------
def peer(mode: int = 1) -> gmssl_sm2.CryptSM2:
    bare = KEY.public_key.to_hex(PointFormat.BARE)
    assert bare[0] not in "04"
    return gmssl_sm2.CryptSM2(private_key=KEY.to_bytes().hex(), public_key=bare, mode=mode)


def test_signatures_with_gmssl() -> None:
    theirs = bytes.fromhex(peer().sign_with_sm3(MESSAGE))
    KEY.public_key.verify(theirs, MESSAGE)
    assert diagnose_signature(KEY.public_key, theirs, MESSAGE).matched[0].startswith("raw r, s")
    ours = KEY.sign(MESSAGE, encoding=SignatureEncoding.RAW)
    assert peer().verify_with_sm3(ours.hex(), MESSAGE)
    assert not peer().verify_with_sm3(ours.hex(), MESSAGE + b"!")


def test_its_plain_signature_is_of_a_digest() -> None:
    """Its ``sign`` takes the data for e, which misleads users; only the digest-level function accepts that."""
    digest = KEY.public_key.digest(MESSAGE)
    signature = bytes.fromhex(peer().sign(digest, "59276E27D506861A16680F3AD9C02DCCEF3CC1FA3CDBE4CE6D54B80DEAC1BC21"))
    KEY.public_key.verify_digest(signature, digest)
    KEY.public_key.verify(signature, MESSAGE)


@pytest.mark.parametrize(
    ("mode", "fmt"), [(0, CiphertextFormat.C1C2C3_BARE), (1, CiphertextFormat.C1C3C2_BARE)], ids=["C1C2C3", "C1C3C2"]
)
def test_ciphertexts_with_gmssl(mode: int, fmt: CiphertextFormat) -> None:
    ciphertext = peer(mode).encrypt(MESSAGE)
    assert KEY.decrypt(ciphertext, formats=fmt) == MESSAGE
    assert KEY.decrypt(ciphertext, formats=CiphertextFormat.AUTO_WITH_C1C2C3) == MESSAGE
    assert peer(mode).decrypt(KEY.public_key.encrypt(MESSAGE, fmt=fmt)) == MESSAGE
