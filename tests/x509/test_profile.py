"""Profiles: the ready ones hold what they should, and every mistake in a file is named with its line and key."""

from __future__ import annotations

import contextlib
import doctest
import os
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import hostile
from gmpki import oids
from gmpki.asn1.rfc5280 import GeneralNameKind, KeyUsages
from gmpki.errors import GmpkiError, InvalidInputError, InvalidTypeError, ProfileError
from gmpki.x509 import profile as module
from gmpki.x509.profile import BUILTIN_PROFILES, Profile, Role, load_profile

SIGNING = KeyUsages.DIGITAL_SIGNATURE | KeyUsages.NON_REPUDIATION
ENCRYPTION = KeyUsages.KEY_ENCIPHERMENT | KeyUsages.DATA_ENCIPHERMENT | KeyUsages.KEY_AGREEMENT

SINGLE = """\
format = 1
name = "example"
title = "Example"
issues = "certificate"

[validity]
default_days = 10
max_days = 20

[subject_key]
algorithms = ["SM2"]

[subject]
required = ["CN"]

[extensions.keyUsage]
critical = true
usages = ["digitalSignature"]
"""
PAIR = SINGLE.replace('issues = "certificate"', 'issues = "pair"').replace(
    'usages = ["digitalSignature"]', 'signing = ["digitalSignature"]\nencryption = ["keyEncipherment"]'
)
AUTHORITY = (
    SINGLE.replace('usages = ["digitalSignature"]', 'usages = ["keyCertSign", "cRLSign"]')
    + "\n[extensions.basicConstraints]\ncritical = true\nca = true\n\n[extensions.subjectKeyIdentifier]\n"
)


# ---- the ready ones ---------------------------------------------------------------------
@pytest.mark.parametrize("name", BUILTIN_PROFILES)
def test_ready_profiles(name: str) -> None:
    profile = load_profile(name)
    assert profile.name == name
    assert profile.title_zh
    assert profile.is_pair is (name in ("personal", "organisation", "device"))
    assert profile.is_ca is (name in ("root-ca", "subordinate-ca"))
    assert profile.validity.default_days <= profile.validity.max_days
    assert profile.extensions.key_usage.critical
    assert profile.extensions.key_identifier == "sha1"
    assert profile.extensions.authority_key_identifier is (name != "root-ca")


@pytest.mark.parametrize("name", ["personal", "organisation", "device"])
def test_usages_of_pairs(name: str) -> None:
    usage = load_profile(name).extensions.key_usage
    wanted = KeyUsages.DIGITAL_SIGNATURE if name == "device" else SIGNING
    assert usage.of(Role.SIGNING) == wanted
    assert usage.of(Role.ENCRYPTION) == ENCRYPTION
    assert usage.of(Role.ONLY) == 0


def test_no_ready_profile_that_is_published_holds_personal_numbers() -> None:
    personal = {oids.IDENTIFY_CODE, oids.INSURANCE_NUMBER, oids.RESIDENT_IDENTITY_2023, oids.PASSPORT_2023}
    for name in BUILTIN_PROFILES:
        profile = load_profile(name)
        assert profile.published
        assert not personal & set(profile.extensions.identity)
    assert load_profile("personal").extensions.identity == ()


def test_a_new_subordinate_issues_by_every_ready_profile() -> None:
    """What nobody asked a time for must not end after an authority that is a little older."""
    usual = {name: load_profile(name) for name in BUILTIN_PROFILES}
    longest = usual["subordinate-ca"].validity.default_days
    assert all(profile.is_ca or profile.validity.default_days < longest for profile in usual.values())


def test_a_ready_profile_is_read_once() -> None:
    for name in BUILTIN_PROFILES:
        assert load_profile(name) is load_profile(name)


def test_no_ready_profile_lets_a_request_decide() -> None:
    for name in BUILTIN_PROFILES:
        assert set(load_profile(name).from_request) <= {oids.SUBJECT_ALT_NAME}


def test_special_purposes() -> None:
    stamp = load_profile("time-stamp").extensions.extended_key_usage
    assert stamp is not None
    assert (stamp.critical, stamp.purposes) == (True, (oids.TIME_STAMPING,))
    responder = load_profile("ocsp-responder").extensions
    assert responder.ocsp_no_check
    assert responder.extended_key_usage is not None
    assert responder.extended_key_usage.purposes == (oids.OCSP_SIGNING,)
    device = load_profile("device").extensions
    assert device.subject_alt_name is not None
    assert device.subject_alt_name.required
    assert device.subject_alt_name.kinds == (GeneralNameKind.DNS_NAME, GeneralNameKind.IP_ADDRESS)


def test_the_files_are_those_listed() -> None:
    folder = Path(module.__file__).parent.parent / "data" / "profiles"
    assert {path.stem for path in folder.iterdir()} == set(BUILTIN_PROFILES)


# ---- loading ----------------------------------------------------------------------------
def test_an_own_file(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(SINGLE, encoding="utf-8")
    for source in (path, str(path)):
        assert load_profile(source).name == "example"
    path.write_bytes(b"\xef\xbb\xbf" + SINGLE.encode())
    assert load_profile(path).name == "example"


def test_a_name_is_never_a_path_by_accident(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("organisation").write_text(SINGLE, encoding="utf-8")
    assert load_profile("organisation").is_pair
    for name in ("unknown", "", "Organisation", "organisation "):
        with pytest.raises(InvalidInputError, match="root-ca, subordinate-ca"):
            load_profile(name)
    assert load_profile("." + os.sep + "organisation").name == "example"


@pytest.mark.parametrize("source", ["missing.toml", "missing" + os.sep])
def test_missing_files_are_errors_of_the_system(source: str) -> None:
    with pytest.raises(OSError, match="missing"):
        load_profile(source)


@pytest.mark.parametrize("source", ["\x00.toml", "\ud800.toml"])
def test_names_that_no_file_can_have(source: str) -> None:
    with pytest.raises(InvalidInputError):
        load_profile(source)


@pytest.mark.parametrize("source", [None, 1, b"organisation", ["organisation"]])
def test_wrong_types(source: Any) -> None:
    with pytest.raises(InvalidTypeError):
        load_profile(source)


def test_hostile_values() -> None:
    for result in hostile.results(Profile.from_toml, ("",)):
        raise AssertionError(result)


def test_bytes_that_are_no_text_and_sizes() -> None:
    with pytest.raises(ProfileError, match="not UTF-8 at byte 2"):
        Profile.from_toml(b"# \xff")
    with pytest.raises(ProfileError, match="at most 65536"):
        Profile.from_toml(SINGLE + "#" * 65536)


# ---- mistakes ---------------------------------------------------------------------------
def changed(text: str, old: str, new: str) -> str:
    assert old in text
    return text.replace(old, new, 1)


MISTAKES = [
    # (text, line, key, what is said)
    ("format = 1\nname = \n", 2, "", "no TOML"),
    (changed(SINGLE, "format = 1", "format = 2"), 1, "format", "1 to 1 expected"),
    (changed(SINGLE, "format = 1\n", ""), None, "format", "must be there"),
    (changed(SINGLE, '"example"', '"Example"'), 2, "name", "lower-case"),
    (changed(SINGLE, '"example"', '"' + "e" * 65 + '"'), 2, "name", "64"),
    (changed(SINGLE, '"example"', "1"), 2, "name", "text expected, not 1"),
    (changed(SINGLE, '"Example"', '"two\\nlines"'), 3, "title", "one line"),
    (changed(SINGLE, '"Example"', '"' + "x" * 201 + '"'), 3, "title", "200"),
    (changed(SINGLE, '"certificate"', '"both"'), 4, "issues", "certificate, pair"),
    (changed(SINGLE, '"certificate"\n', '"certificate"\nunknown = 1\n'), 5, "unknown", "no such key"),
    (SINGLE + "\n[unknown]\n", 20, "unknown", "no such key"),
    (changed(SINGLE, "default_days = 10", "default_days = 21"), 7, "validity.default_days", "1 to 20"),
    (changed(SINGLE, "default_days = 10", "default_days = 0"), 7, "validity.default_days", "1 to 20"),
    (changed(SINGLE, "default_days = 10", "default_days = true"), 7, "validity.default_days", "not true or false"),
    (changed(SINGLE, "default_days = 10", "default_days = 1.5"), 7, "validity.default_days", "fraction"),
    (changed(SINGLE, "max_days = 20", "max_days = 36526"), 8, "validity.max_days", "36525"),
    (changed(SINGLE, "max_days = 20", "max_days = 0x" + "F" * 9000), 8, "validity.max_days", "a number of 36000 bits"),
    (changed(SINGLE, "max_days = 20", "max_days = 20\nmin_days = 1"), 9, "validity.min_days", "no such key"),
    (changed(SINGLE, "max_days = 20", 'max_days = 20\nbeyond_issuer = "no"'), 9, "validity.beyond_issuer", "refuse"),
    (changed(SINGLE, "[validity]", "[Validity]"), None, "", "[validity] must be there"),
    (changed(SINGLE, '["SM2"]', '["DSA"]'), 11, "subject_key.algorithms", "SM2, RSA"),
    (changed(SINGLE, '["SM2"]', "[]"), 11, "subject_key.algorithms", "at least one"),
    (changed(SINGLE, '["SM2"]', '"SM2"'), 11, "subject_key.algorithms", "a list expected"),
    (changed(SINGLE, '["SM2"]', "[1]"), 11, "subject_key.algorithms", "list of texts"),
    (changed(SINGLE, '["SM2"]', '["SM2", "SM2"]'), 11, "subject_key.algorithms", "twice"),
    (changed(SINGLE, '["CN"]', '["NICK"]'), 14, "subject.required", "NICK"),
    (changed(SINGLE, '["CN"]', '["2.5.4.999999"]\noptional = ["C N"]'), 15, "subject.optional", "C N"),
    (changed(SINGLE, '["CN"]', '["CN"]\noptional = ["CN"]'), 15, "subject.optional", "both required and optional"),
    (changed(SINGLE, '["CN"]', '["CN"]\nfixed = { C = "CN" }'), None, "subject.fixed.C", "neither"),
    (changed(SINGLE, '["CN"]', '["CN"]\n[subject.fixed]\nCN = 1'), 16, "subject.fixed.CN", "text expected"),
    (changed(SINGLE, '["CN"]', '["CN"]\n[subject.fixed]\nXX = "1"'), 16, "subject.fixed.XX", "XX"),
    (SINGLE + '[request]\nextensions = ["keyUsage"]', 20, "request.extensions", "profile itself decides"),
    (SINGLE + '[operator]\nextensions = ["basicConstraints"]', 20, "operator.extensions", "profile itself decides"),
    (SINGLE + '[operator]\nextensions = ["2.5.29.37"]', 20, "operator.extensions", "profile itself decides"),
    (SINGLE + '[request]\nextensions = ["identifyCode"]', 20, "request.extensions", "an identity extension"),
    (SINGLE + '[operator]\nextensions = ["1.2.156.10260.4.1.2"]', 20, "operator.extensions", "an identity extension"),
    (SINGLE + '[request]\nextensions = ["serverAuth"]', 20, "request.extensions", "no extension is called"),
    (SINGLE + '[request]\nextensions = ["3.1"]', 20, "request.extensions", "no extension is called"),
    (SINGLE + '[request]\nextensions = ["1.40.1"]', 20, "request.extensions", "1.40.1"),
    (SINGLE + '[request]\nunlisted = "take"', 20, "request.unlisted", "ignore, refuse"),
    (SINGLE + '[operator]\nunlisted = "refuse"', 20, "operator.unlisted", "no such key"),
    (changed(SINGLE, "[extensions.keyUsage]", "[extensions.KeyUsage]"), None, "extensions", "[keyUsage] must be there"),
    (changed(SINGLE, "critical = true\n", ""), 16, "extensions.keyUsage.critical", "must be there"),
    (changed(SINGLE, '["digitalSignature"]', "[]"), 18, "extensions.keyUsage.usages", "at least one usage"),
    (changed(SINGLE, '["digitalSignature"]', '["sign"]'), 18, "extensions.keyUsage.usages", "digitalSignature"),
    (changed(SINGLE, '["digitalSignature"]', '["keyCertSign"]'), 18, "extensions.keyUsage.usages", "ca = true"),
    (
        changed(SINGLE, '["digitalSignature"]', '["digitalSignature", "keyEncipherment"]'),
        18,
        "extensions.keyUsage.usages",
        "mixed = true",
    ),
    (changed(SINGLE, "usages =", "signing ="), 16, "extensions.keyUsage.usages", "at least one"),
    (changed(PAIR, '["digitalSignature"]', '["keyAgreement"]'), 18, "extensions.keyUsage.signing", "no other usages"),
    (
        changed(PAIR, '["keyEncipherment"]', '["keyEncipherment", "nonRepudiation"]'),
        19,
        "encryption",
        "no other usages",
    ),
    (changed(PAIR, '["keyEncipherment"]', '["cRLSign"]'), 19, "extensions.keyUsage.encryption", "no other usages"),
    (changed(PAIR, 'encryption = ["keyEncipherment"]', ""), 16, "extensions.keyUsage.encryption", "at least one"),
    (changed(PAIR, "critical = true\n", "critical = true\nmixed = true\n"), 18, "mixed", "never mix"),
    (changed(AUTHORITY, "ca = true", "ca = false"), 18, "extensions.keyUsage.usages", "ca = true"),
    (changed(AUTHORITY, "critical = true\nca", "critical = false\nca"), 21, "basicConstraints.critical", "4.2.1.9"),
    (changed(AUTHORITY, '["keyCertSign", "cRLSign"]', '["cRLSign"]'), 18, "keyUsage.usages", "ca = true"),
    (changed(AUTHORITY, "[extensions.subjectKeyIdentifier]", ""), None, "extensions", "subjectKeyIdentifier"),
    (changed(AUTHORITY, "ca = true", "ca = true\npath_len = -1"), 23, "basicConstraints.path_len", "0 to 100"),
    (AUTHORITY + '[extensions.identity]\nkinds = ["taxationNumber"]', 25, "extensions.identity", "no identity"),
    (
        PAIR + "[extensions.basicConstraints]\ncritical = true\nca = true\n[extensions.subjectKeyIdentifier]",
        20,
        "extensions.basicConstraints",
        "not a pair",
    ),
    (SINGLE + "[extensions.basicConstraints]\ncritical = true\nca = false\npath_len = 0", 22, "path_len", "ca = true"),
    (SINGLE + '[extensions.extKeyUsage]\ncritical = true\npurposes = ["no"]', 21, "extKeyUsage.purposes", "no purpose"),
    (SINGLE + "[extensions.extKeyUsage]\ncritical = true\npurposes = []", 21, "extKeyUsage.purposes", "at least one"),
    (SINGLE + '[extensions.extKeyUsage]\ncritical = false\npurposes = ["timeStamping"]', 21, "purposes", "RFC 3161"),
    (
        SINGLE + '[extensions.extKeyUsage]\ncritical = true\npurposes = ["timeStamping", "clientAuth"]',
        21,
        "extKeyUsage.purposes",
        "stands alone",
    ),
    (
        SINGLE + '[extensions.extKeyUsage]\ncritical = true\npurposes = ["serverAuth"]',
        19,
        "extensions.extKeyUsage",
        "dns or ip",
    ),
    (
        SINGLE + '[extensions.subjectAltName]\nrequired = true\nkinds = ["name"]',
        21,
        "subjectAltName.kinds",
        "email, dns",
    ),
    (SINGLE + "[extensions.subjectAltName]\nrequired = true\nkinds = []", 21, "subjectAltName.kinds", "at least one"),
    (SINGLE + '[extensions.subjectAltName]\nkinds = ["dns"]', 19, "subjectAltName.required", "must be there"),
    (SINGLE + '[extensions.subjectKeyIdentifier]\nmethod = "md5"', 20, "subjectKeyIdentifier.method", "sha1, sm3"),
    (SINGLE + "[extensions.authorityKeyIdentifier]\ncritical = true", 20, "critical", "no such key"),
    (SINGLE + "[extensions.ocspNoCheck]\ncritical = true", 20, "extensions.ocspNoCheck.critical", "no such key"),
    (SINGLE + '[extensions.certificatePolicies]\npolicies = ["name"]', 20, "policies", "object identifier"),
    (SINGLE + "[extensions.certificatePolicies]\npolicies = []", 20, "policies", "at least one"),
    (SINGLE + '[extensions.cRLDistributionPoints]\nrequired = "yes"', 20, "required", "true or false expected"),
    (SINGLE + '[extensions.identity]\nkinds = ["identifyCode"]', 20, "extensions.identity.kinds", "personal data"),
    (SINGLE + '[extensions.identity]\nkinds = ["name"]', 20, "extensions.identity.kinds", "no identity extension"),
    (
        changed(
            changed(PAIR, '["SM2"]', '["SM2", "ECDSA"]'), '["keyEncipherment"]', '["keyAgreement", "keyEncipherment"]'
        ),
        16,
        "extensions.keyUsage",
        "RFC 5480",
    ),
    (
        changed(changed(PAIR, '["SM2"]', '["RSA"]'), '"keyEncip', '"keyAgreement", "keyEncip'),
        16,
        "keyUsage",
        "RFC 3279",
    ),
    (changed(changed(PAIR, '["SM2"]', '["Ed25519"]'), '"keyEncipherment', '"keyAgreement'), 16, "keyUsage", "RFC 8410"),
    (SINGLE + "[extensions]\nkeyUsage = 1", None, "", "no TOML"),
    (changed(SINGLE, "[extensions.keyUsage]", "[extensions]\nkeyUsage = 1\n[x]"), 17, "extensions.keyUsage", "a table"),
    (SINGLE + "[extensions.nameConstraints]\ncritical = true", 19, "extensions.nameConstraints", "no such key"),
]


@pytest.mark.parametrize(("text", "line", "key", "problem"), MISTAKES, ids=[str(n) for n in range(len(MISTAKES))])
def test_mistakes_are_named(text: str, line: int | None, key: str, problem: str) -> None:
    with pytest.raises(ProfileError) as caught:
        Profile.from_toml(text, what="own.toml")
    message = str(caught.value)
    assert message.startswith("own.toml")
    assert problem in message
    assert key in message
    if line is not None:
        found = re.search(r"line (\d+)", message)
        assert found is not None, message
        assert int(found[1]) == line, message


def test_what_is_meant_is_taken() -> None:
    mixed = changed(SINGLE, "critical = true\n", "critical = true\nmixed = true\n")
    mixed = changed(mixed, '["digitalSignature"]', '["digitalSignature", "keyEncipherment"]')
    usages = Profile.from_toml(mixed).extensions.key_usage.of(Role.ONLY)
    assert usages == KeyUsages.DIGITAL_SIGNATURE | KeyUsages.KEY_ENCIPHERMENT
    closed = changed(SINGLE, 'title = "Example"', 'title = "Example"\npublished = false')
    closed += '[extensions.identity]\nkinds = ["identifyCode", "insuranceNumber"]'
    assert Profile.from_toml(closed).extensions.identity == (oids.IDENTIFY_CODE, oids.INSURANCE_NUMBER)
    numbers = changed(SINGLE, '["CN"]', '["2.5.4.3", "serialNumber"]\n[subject.fixed]\nCN = "示例"')
    numbers += '[request]\nextensions = ["1.2.3.4"]\nunlisted = "refuse"\n'
    numbers += '[extensions.certificatePolicies]\npolicies = ["1.2.156.1"]'
    profile = Profile.from_toml(numbers)
    assert profile.subject.required == (oids.COMMON_NAME, oids.SERIAL_NUMBER)
    assert profile.subject.fixed == ((oids.COMMON_NAME, "示例"),)
    assert profile.from_request == ("1.2.3.4",)
    assert profile.refuse_unlisted
    assert Profile.from_toml(AUTHORITY).is_ca
    assert Profile.from_toml(PAIR).roles == (Role.SIGNING, Role.ENCRYPTION)
    for algorithm, usage in (("RSA", "keyEncipherment"), ("ECDSA", "keyAgreement")):
        other = changed(PAIR, '["SM2"]', f'["{algorithm}"]')
        assert Profile.from_toml(changed(other, '"keyEncipherment"', f'"{usage}"')).algorithms == (algorithm,)


def test_deep_nesting_is_no_crash() -> None:
    for text in ("a = " + "[" * 5000, "a = " + "{a=" * 5000, "[" + ".".join("a" * 1000) + "]"):
        with pytest.raises(ProfileError):
            Profile.from_toml(text)


@given(st.text(max_size=200), st.integers(0, len(SINGLE)), st.integers(0, 40))
def test_arbitrary_text(noise: str, place: int, length: int) -> None:
    with pytest.raises(ProfileError):
        Profile.from_toml(noise)
    with contextlib.suppress(GmpkiError):  # some changes are only in comments or names
        assert Profile.from_toml(SINGLE[:place] + noise + SINGLE[place + length :]).name


def test_the_example() -> None:
    failed, tried = doctest.testmod(module)
    assert (failed, tried > 0) == (0, True)
