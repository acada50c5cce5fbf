"""What belongs together among the objects of a token."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from certified import certify
from gmpki.asn1 import der
from gmpki.asn1.rfc5280.ext_keys import KeyUsage as KeyUsageExtension
from gmpki.asn1.rfc5280.ext_keys import KeyUsages
from gmpki.asn1.rfc5280.ext_names import BasicConstraints
from gmpki.keys.ec_forms import SM2_PARAMETERS
from gmpki.keys.sm2 import PointFormat, SM2PrivateKey
from gmpki.tokens.interfaces import KeyUsage
from gmpki.tokens.pkcs11.header import C
from gmpki.tokens.pkcs11.mechanism_map import MechanismMap
from gmpki.tokens.pkcs11.objects import Group, read_groups
from gmpki.x509.names import build_name

SIGNING, ENCRYPTION = KeyUsage.SIGNING, KeyUsage.ENCRYPTION
HOLDER, AUTHORITY = build_name(("CN", "张三")), build_name(("CN", "示例证书认证中心"))


class Token:
    """The objects of a token that is only a list."""

    def __init__(self) -> None:
        self.objects: dict[int, dict[int, Any]] = {}

    def add(self, kind: int, label: str = "", identifier: bytes = b"", **values: Any) -> int:
        """Add an object; a truth value for each of its uses."""
        handle = len(self.objects) + 1
        named = {getattr(C, f"CKA_{name}"): value for name, value in values.items()}
        common = {C.CKA_CLASS: kind, C.CKA_TOKEN: True, C.CKA_LABEL: label.encode(), C.CKA_ID: identifier}
        self.objects[handle] = {**common, **named}
        return handle

    def pair(self, key: SM2PrivateKey, label: str, identifier: bytes, *uses: KeyUsage, hidden: bool = False) -> None:
        """Add the two keys of a pair."""
        signs, decrypts = (bytes((usage in uses,)) for usage in (SIGNING, ENCRYPTION))
        kind = C.CKK_EC.to_bytes(8, "little")
        public = {"KEY_TYPE": kind, "EC_PARAMS": SM2_PARAMETERS, "EC_POINT": point_of(key)}
        self.add(C.CKO_PUBLIC_KEY, label, identifier, VERIFY=signs, ENCRYPT=decrypts, **public)
        if not hidden:
            self.add(C.CKO_PRIVATE_KEY, label, identifier, KEY_TYPE=kind, SIGN=signs, DECRYPT=decrypts)

    def find(self, attributes: Mapping[int, Any]) -> tuple[int, ...]:
        """Return the handles of what has all of these."""
        return tuple(h for h, o in self.objects.items() if all(o.get(kind) == v for kind, v in attributes.items()))

    def attributes(self, handle: int, *kinds: int) -> dict[int, bytes]:
        """Return the values of an object."""
        return {kind: self.objects[handle][kind] for kind in kinds if kind in self.objects[handle]}

    def groups(self) -> tuple[Group, ...]:
        """Return what belongs together."""
        return read_groups(self, MechanismMap.shipped("standard"))  # type: ignore[arg-type]


def point_of(key: SM2PrivateKey) -> bytes:
    return der.encode_octet_string(key.public_key.to_bytes(PointFormat.UNCOMPRESSED))


@pytest.fixture(scope="module")
def keys() -> list[SM2PrivateKey]:
    """Give some pairs."""
    return [SM2PrivateKey.generate() for _ in range(4)]


def names(token: Token) -> list[str]:
    return [group.name for group in token.groups()]


def test_an_empty_token() -> None:
    assert Token().groups() == ()


def test_two_pairs_with_one_label_are_a_container(keys: list[SM2PrivateKey]) -> None:
    token = Token()
    token.pair(keys[0], "con1", b"1", SIGNING)
    token.pair(keys[1], "con1", b"2", ENCRYPTION)
    (group,) = token.groups()
    assert group.name == "con1"
    signing, encryption = group.pair(SIGNING), group.pair(ENCRYPTION)
    assert signing is not None
    assert encryption is not None
    assert (signing.public, signing.private, encryption.public, encryption.private) == (1, 2, 3, 4)


def test_two_pairs_with_one_identifier_are_a_container(keys: list[SM2PrivateKey]) -> None:
    token = Token()
    token.pair(keys[0], "for signing", b"1", SIGNING)
    token.pair(keys[1], "for encryption", b"1", ENCRYPTION)
    (group,) = token.groups()
    assert group.name == "for signing"
    assert len(group.pairs) == 2
    assert [pair.private for pair in group.pairs] == [2, 4]


def test_one_pair_for_both_serves_both(keys: list[SM2PrivateKey]) -> None:
    token = Token()
    token.pair(keys[0], "con1", b"1", SIGNING, ENCRYPTION)
    (group,) = token.groups()
    assert group.pair(SIGNING) is group.pair(ENCRYPTION) is not None


def test_two_signing_pairs_are_two_containers(keys: list[SM2PrivateKey]) -> None:
    token = Token()
    token.pair(keys[0], "Private Key", b"\x01", SIGNING)
    token.pair(keys[1], "Private Key", b"\x02", SIGNING)
    assert names(token) == ["Private Key", "Private Key#02"]


def test_containers_without_any_name(keys: list[SM2PrivateKey]) -> None:
    token = Token()
    for key in keys[:3]:
        token.pair(key, "", b"", SIGNING, hidden=True)
    assert names(token) == ["#", "##2", "##3"]


def test_chains_of_labels_and_identifiers_are_followed(keys: list[SM2PrivateKey]) -> None:
    token = Token()
    token.pair(keys[0], "a", b"1", SIGNING)
    token.pair(keys[1], "b", b"2", ENCRYPTION)
    token.pair(keys[2], "a", b"2", ENCRYPTION)  # joins both, and makes two for encryption
    assert names(token) == ["a", "b", "a#32"]


def test_private_keys_that_nobody_sees(keys: list[SM2PrivateKey]) -> None:
    token = Token()
    token.pair(keys[0], "con1", b"1", SIGNING, hidden=True)
    (group,) = token.groups()
    assert group.pairs[0].private is None
    assert group.pairs[0].info is not None


def test_certificates_go_to_the_pair_of_their_key(keys: list[SM2PrivateKey]) -> None:
    token = Token()
    token.pair(keys[0], "con1", b"1", SIGNING)
    token.pair(keys[1], "con1", b"1", ENCRYPTION)
    for key in (keys[1], keys[0]):
        certificate = certify(HOLDER, key.public_key, AUTHORITY, keys[3])
        token.add(C.CKO_CERTIFICATE, "other label", b"1", VALUE=certificate.to_der())
    (group,) = token.groups()
    assert [pair.certificate and pair.certificate.handle for pair in group.pairs] == [6, 5]


def test_a_certificate_alone_tells_the_pair(keys: list[SM2PrivateKey]) -> None:
    token = Token()
    for number, usages in enumerate((KeyUsages.DIGITAL_SIGNATURE, KeyUsages.KEY_ENCIPHERMENT)):
        extension = KeyUsageExtension(usages)
        certificate = certify(HOLDER, keys[number].public_key, AUTHORITY, keys[3], extension)
        token.add(C.CKO_CERTIFICATE, "con1", b"%d" % number, VALUE=certificate.to_der())
    (group,) = token.groups()
    assert [pair.usages for pair in group.pairs] == [{SIGNING}, {ENCRYPTION}]


def test_certificates_of_authorities_are_no_containers(keys: list[SM2PrivateKey]) -> None:
    token = Token()
    root = certify(AUTHORITY, keys[3].public_key, AUTHORITY, keys[3], BasicConstraints(True))
    token.add(C.CKO_CERTIFICATE, "root", b"1", VALUE=root.to_der())
    token.add(C.CKO_CERTIFICATE, "broken", b"2", VALUE=b"\x30\x00")
    token.add(C.CKO_CERTIFICATE, "empty", b"3")
    assert token.groups() == ()


def test_a_broken_certificate_stays_with_its_pair(keys: list[SM2PrivateKey]) -> None:
    token = Token()
    token.pair(keys[0], "con1", b"1", SIGNING)
    token.add(C.CKO_CERTIFICATE, "con1", b"1", VALUE=b"broken")
    (group,) = token.groups()
    kept = group.pairs[0].certificate
    assert kept is not None
    assert kept.encoded == b"broken"


@pytest.mark.parametrize("point", [b"", b"\x04", b"\x04\x41\x04", b"\xff" * 65, bytes(64)])
def test_points_that_are_none_are_kept_as_they_are(point: bytes) -> None:
    token = Token()
    kind = C.CKK_EC.to_bytes(8, "little")
    token.add(C.CKO_PUBLIC_KEY, "con1", b"1", KEY_TYPE=kind, EC_PARAMS=SM2_PARAMETERS, EC_POINT=point, VERIFY=b"\x01")
    (group,) = token.groups()
    assert group.name == "con1"


@pytest.mark.parametrize("encode", [bytes, der.encode_octet_string, lambda point: point[1:]])
def test_points_wrapped_and_bare(keys: list[SM2PrivateKey], encode: Any) -> None:
    point = keys[0].public_key.to_bytes(PointFormat.UNCOMPRESSED)
    token = Token()
    values = {"KEY_TYPE": C.CKK_EC.to_bytes(8, "little"), "EC_PARAMS": SM2_PARAMETERS, "VERIFY": b"\x01"}
    token.add(C.CKO_PUBLIC_KEY, "con1", b"1", EC_POINT=encode(point), **values)
    info = token.groups()[0].pairs[0].info
    assert info is not None
    assert info.to_der() == keys[0].public_key.to_der()


def test_many_objects_take_no_time_worth_speaking_of() -> None:
    token = Token()
    for number in range(1500):
        token.add(C.CKO_PUBLIC_KEY, f"label {number // 3}", b"%d" % (number // 2), VERIFY=b"\x01")
    assert len({group.name for group in token.groups()}) == 1500
