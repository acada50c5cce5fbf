"""The table of the profiles: types, versions and algorithms that each writes."""

from __future__ import annotations

import pytest

from gmpki import oids
from gmpki.asn1.rfc5280 import NULL, AlgorithmIdentifier
from gmpki.cms.profiles import MessageKind, MessageProfile
from gmpki.errors import InvalidTypeError, ProfileError

GMT0010, RFC5652, CFCA = MessageProfile.GMT0010, MessageProfile.RFC5652, MessageProfile.CFCA
TYPES = {
    MessageKind.DATA: (oids.GM_DATA, oids.DATA),
    MessageKind.SIGNED_DATA: (oids.GM_SIGNED_DATA, oids.SIGNED_DATA),
    MessageKind.ENVELOPED_DATA: (oids.GM_ENVELOPED_DATA, oids.ENVELOPED_DATA),
    MessageKind.SIGNED_AND_ENVELOPED_DATA: (oids.GM_SIGNED_AND_ENVELOPED_DATA, None),
    MessageKind.ENCRYPTED_DATA: (oids.GM_ENCRYPTED_DATA, oids.ENCRYPTED_DATA),
    MessageKind.DIGESTED_DATA: (None, oids.DIGESTED_DATA),
    MessageKind.AUTH_ENVELOPED_DATA: (None, oids.AUTH_ENVELOPED_DATA),
    MessageKind.KEY_AGREEMENT_INFO: (oids.GM_KEY_AGREEMENT_INFO, None),
}


@pytest.mark.parametrize("kind", MessageKind)
def test_types(kind: MessageKind) -> None:
    gm, pkcs = TYPES[kind]
    for profile, expected in ((GMT0010, gm), (RFC5652, pkcs), (CFCA, gm or pkcs)):
        if expected is None:
            with pytest.raises(ProfileError, match=f"the profile {profile.value} has no {kind.value}"):
                profile.content_type(kind)
        else:
            assert profile.content_type(kind) is expected
    for oid, profile in ((gm, GMT0010), (pkcs, RFC5652)):
        if oid is not None:
            assert MessageKind.of(oid) is kind
            assert MessageProfile.of(oid) is profile


def test_what_is_read_and_never_written() -> None:
    """PKCS #7 has SignedAndEnvelopedData too; RFC 5652 dropped it."""
    assert MessageKind.of(oids.SIGNED_AND_ENVELOPED_DATA) is MessageKind.SIGNED_AND_ENVELOPED_DATA
    assert MessageProfile.of(oids.SIGNED_AND_ENVELOPED_DATA) is RFC5652


@pytest.mark.parametrize("oid", ["1.2.3", "", oids.SM9_SIGNED_DATA, oids.TST_INFO, oids.CT_AUTH_DATA])
def test_types_of_others(oid: str) -> None:
    assert MessageKind.of(oid) is None
    assert MessageProfile.of(oid) is None


def test_a_kind_that_is_none() -> None:
    for value in ("signed-data", None, oids.SIGNED_DATA):
        with pytest.raises(InvalidTypeError):
            GMT0010.content_type(value)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("plain", "by_key", "others", "expected"),
    [
        (True, False, False, 1),
        (True, True, False, 3),
        (False, False, False, 3),
        (False, True, False, 3),
        (True, False, True, 5),
        (False, True, True, 5),
    ],
)
def test_versions_of_signed_data(plain: bool, by_key: bool, others: bool, expected: int) -> None:
    """RFC 5652 5.1; the others have 1 throughout."""
    for profile in MessageProfile:
        found = profile.rules.signed_version(plain_data=plain, key_identifiers=by_key, other_certificates=others)
        assert found == (expected if profile is RFC5652 else 1)


def test_other_versions() -> None:
    gm, rfc, cfca = GMT0010.rules, RFC5652.rules, CFCA.rules
    assert [rules.signer_version(key_identifier=False) for rules in (gm, rfc, cfca)] == [1, 1, 1]
    assert [rules.signer_version(key_identifier=True) for rules in (rfc, cfca)] == [3, 1]
    assert [rules.recipient_version(key_identifier=False) for rules in (gm, rfc, cfca)] == [1, 0, 1]
    assert [rules.recipient_version(key_identifier=True) for rules in (rfc, cfca)] == [2, 2]
    assert [rules.enveloped_version(key_identifiers=False) for rules in (gm, rfc, cfca)] == [1, 0, 1]
    assert [rules.enveloped_version(key_identifiers=True) for rules in (rfc, cfca)] == [2, 2]
    assert rfc.enveloped_version(key_identifiers=False, more=True) == 2
    assert [rules.encrypted_version() for rules in (gm, rfc, cfca)] == [1, 0, 1]
    assert [rules.encrypted_version(attributes=True) for rules in (gm, rfc, cfca)] == [1, 2, 1]
    assert [rfc.digested_version(plain_data=plain) for plain in (True, False)] == [0, 2]


def test_algorithms() -> None:
    assert GMT0010.rules.sm2_signature == CFCA.rules.sm2_signature == AlgorithmIdentifier(oids.SM2_SIGN)
    assert RFC5652.rules.sm2_signature == AlgorithmIdentifier(oids.SM2_WITH_SM3)
    for profile in MessageProfile:
        assert profile.rules.sm2_encryption == AlgorithmIdentifier(oids.SM2_ENCRYPT)
        assert profile.rules.rsa_signature == AlgorithmIdentifier(oids.RSA_ENCRYPTION, NULL)
    assert [profile.rules.sm4_cbc for profile in MessageProfile] == [oids.SM4_CBC, oids.SM4_CBC, oids.SM4]
    assert [profile.rules.key_identifiers for profile in MessageProfile] == [False, True, True]
