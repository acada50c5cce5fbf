"""The tables of the guides about messages, time-stamps and key stores, beside what the code has."""

from __future__ import annotations

import ast
import re
from itertools import pairwise
from pathlib import Path

import pytest

from docs.examples import GUIDES, ROOT
from docs.test_tables import rows
from gmpki import SM2PrivateKey
from gmpki.cms import CheckName, ContentCipher, MessageKind, MessageProfile, Variant
from gmpki.cms.enveloping import new_parameters
from gmpki.errors import ProfileError
from gmpki.keystore import KeyEntry, StoreProfile, open_key, write_pkcs12

SOURCE = ROOT / "src" / "gmpki"
YES = ("yes", "接受", "能")


def below(language: str, page: str, *headings: str) -> set[str]:
    """Return the codes in the first column of the table below a heading."""
    text = (GUIDES[language] / page).read_text(encoding="utf-8")
    (section,) = (part for part in text.split("\n## ") if part.split("\n")[0] in headings)
    cells = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    return {code for cell in cells for code in re.findall("`([a-z-]+)`", cell)}


def reasons(part: str, pattern: str) -> set[str]:
    """Return what the modules of a package give as reasons."""
    files = sorted(Path(SOURCE, part).glob("*.py"))
    return {match for file in files for match in re.findall(pattern, file.read_text(encoding="utf-8"))}


def variant_docs() -> dict[str, str]:
    """Return what the code says about each variant."""
    module = ast.parse((SOURCE / "cms" / "variants.py").read_text(encoding="utf-8"))
    (body,) = (node.body for node in module.body if isinstance(node, ast.ClassDef))
    found = {}
    for name, text in pairwise(body):
        if isinstance(name, ast.Assign) and isinstance(text, ast.Expr):
            found[ast.literal_eval(name.value)] = ast.literal_eval(text.value)
    return found


@pytest.mark.parametrize("language", GUIDES)
def test_the_checks(language: str) -> None:
    names = [check.value for check in CheckName]
    assert [name for name, _ in rows(language, "signed-messages.md") if name in names] == names


@pytest.mark.parametrize("language", GUIDES)
def test_the_profiles_of_messages(language: str) -> None:
    shown = [row for row in rows(language, "signed-messages.md") if len(row[1]) == 5]
    assert [name for name, _ in shown] == [profile.value for profile in MessageProfile]
    for name, (family, signature, cipher, signers, recipients) in shown:
        profile = MessageProfile(name)
        rules = profile.rules
        assert family == profile.content_type(MessageKind.SIGNED_DATA).rsplit(".", 1)[0] + ".x"
        assert (signature, cipher) == (rules.sm2_signature.algorithm, rules.sm4_cbc)
        assert (signers == "SM2") == (not rules.versions_by_content)
        by_key = re.search("key identifier|密钥标识符", recipients)
        by_issuer = re.search("issuer|颁发者", recipients)
        assert by_issuer
        assert bool(by_key) == rules.key_identifiers
        if by_key:
            assert (by_key.start() < by_issuer.start()) == rules.recipients_by_key_identifier


@pytest.mark.parametrize("language", GUIDES)
def test_the_variants(language: str) -> None:
    docs = variant_docs()
    values = [variant.value for variant in Variant]
    assert list(docs) == values
    signed = [row for row in rows(language, "signed-messages.md") if len(row[1]) == 3 and row[0] in docs]
    enveloped = [name for name, cells in rows(language, "envelopes.md") if len(cells) == 1 and name in docs]
    assert [name for name, _ in signed] + enveloped == values
    for name, (_, strict, confidence) in signed:
        mark = re.search(r"\[([CF])\]", docs[name])
        assert confidence == (mark[1] if mark else "")
        assert (strict in YES) == ("strict reading takes" in docs[name].lower())
    assert all("[C]" in docs[name] for name in enveloped)


@pytest.mark.parametrize("language", GUIDES)
def test_the_ciphers(language: str) -> None:
    shown = [(name, cells) for name, cells in rows(language, "envelopes.md") if len(cells) == 2]
    assert [name for name, _ in shown] == [cipher.name.lower().replace("_", "-") for cipher in ContentCipher]
    for name, (notices, profiles) in shown:
        cipher = ContentCipher[name.upper().replace("-", "_")]
        assert (notices in YES) == cipher.is_authenticated
        taken = []
        for profile in MessageProfile:
            try:
                new_parameters(cipher, profile)
            except ProfileError:
                continue
            taken.append(profile.value)
        assert re.findall("[a-z0-9]+", profiles) == taken


@pytest.mark.parametrize("language", GUIDES)
def test_the_reasons_of_messages(language: str) -> None:
    given = reasons("cms", r'MessageError\(\s*"([a-z0-9-]+)"')
    # Variants that strict reading refuses give their own names.
    given |= {Variant[name].value for name in reasons("cms", r'_tolerate\(\s*Variant\.([A-Z_]+),\s*f"')}
    listed = [below(language, page, "Reasons", "原因代码") for page in ("signed-messages.md", "envelopes.md")]
    assert set.union(*listed) == given


@pytest.mark.parametrize("language", GUIDES)
def test_the_reasons_of_time_stamps(language: str) -> None:
    listed = below(language, "timestamps.md", "Reasons", "原因代码")
    listed |= below(language, "evidence.md", "What may go wrong", "可能的问题")
    assert listed == reasons("tsa", r'TimestampError\(\s*"([a-z-]+)"')


@pytest.mark.parametrize("language", GUIDES)
def test_the_profiles_of_key_stores(language: str) -> None:
    shown = [row for row in rows(language, "key-stores.md") if len(row[1]) == 3]
    assert [name for name, _ in shown] == [profile.name.lower().replace("_", "-") for profile in StoreProfile]
    key = KeyEntry(SM2PrivateKey.generate())
    for name, (encryption, mac, _) in shown:
        profile = StoreProfile[name.upper().replace("-", "_")]
        found = open_key(write_pkcs12([key], b"password", profile=profile, iterations=10), b"password").found
        protection, said = found.split("; ")
        for part in re.findall(r"[A-Z0-9]+(?:-[A-Z0-9]+)+", encryption):
            assert part.replace("-", "") in protection.upper().replace("-", "")
        assert ("PBMAC1" in mac) == ("PBMAC1" in said)
        (digest,) = re.findall("SM3|SHA-256", mac)
        assert f"HMAC-{digest.replace('-', '')}" in said
