"""The parts of Botan's own test data that concern SM2 on sm2p256v1, SM3 and SM4."""

from __future__ import annotations

from pathlib import Path

from gmpki.algorithms import sm2, sm3, sm4
from gmpki.algorithms.sm2 import CiphertextFormat, PrivateScalar
from gmpki.algorithms.sm4 import Mode
from gmpki.errors import DecryptionError
from outside_vectors import Record, Tally, botan_cases, existing, refused

SM2P256V1 = "0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF"
OTHER_CURVE = "another curve than sm2p256v1"


def test_sm3(test_data: Path, record_property: Record) -> None:
    tally = Tally("vectors/botan/sm3.vec")
    for case in botan_cases(existing(test_data, tally.name), "Out"):
        tally.check(sm3.digest(bytes.fromhex(case["In"])).hex() == case["Out"].lower(), case)
    tally.finish(record_property, total=139)


def test_sm4(test_data: Path, record_property: Record) -> None:
    tally = Tally("vectors/botan/sm4.vec")
    for case in botan_cases(existing(test_data, tally.name), "Out"):
        key, text, expected = (bytes.fromhex(case[name]) for name in ("Key", "In", "Out"))
        good = sm4.encrypt(key, text, Mode.ECB) == expected and sm4.decrypt(key, expected, Mode.ECB) == text
        tally.check(good, case)
    tally.finish(record_property, total=22)


def test_sm2_signatures(test_data: Path, record_property: Record) -> None:
    tally = Tally("vectors/botan/sm2_sig.vec")
    for case in botan_cases(existing(test_data, tally.name), "Signature"):
        if case["P"] != SM2P256V1:
            tally.leave_out(OTHER_CURVE)
        elif case["Hash"] != "SM3":
            tally.leave_out("another hash than SM3")
        else:
            point = PrivateScalar.from_bytes(bytes.fromhex(case["x"][2:])).point
            message, user_id = bytes.fromhex(case["Msg"]), case["Ident"].encode()
            sm2.verify(point, bytes.fromhex(case["Signature"]), message, user_id)
            tally.check(True, case)
    tally.finish(record_property, total=1, left_out=6)


def test_sm2_ciphertexts(test_data: Path, record_property: Record) -> None:
    tally = Tally("vectors/botan/sm2_enc.vec")
    for case in botan_cases(existing(test_data, tally.name), "Ciphertext"):
        assert case["P"] != SM2P256V1
        tally.leave_out(OTHER_CURVE)
    tally.finish(record_property, total=0, left_out=5)


def test_invalid_sm2_ciphertexts(test_data: Path, record_property: Record) -> None:
    tally = Tally("vectors/botan/sm2_invalid.vec")
    for case in botan_cases(existing(test_data, tally.name), "Ctext"):
        scalar = PrivateScalar.from_bytes(bytes.fromhex(case["Key"]))
        ciphertext = bytes.fromhex(case["Ctext"])
        for formats in (CiphertextFormat.DER, CiphertextFormat.AUTO_WITH_C1C2C3):
            good = refused(lambda: sm2.decrypt(scalar, ciphertext, formats), DecryptionError)  # noqa: B023
            tally.check(good, case)
    tally.finish(record_property, total=2 * 20)
