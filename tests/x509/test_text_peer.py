"""Text and plain data say what an independent parser finds: every certificate, request and list of others."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path
from typing import Any, ClassVar

import asn1crypto.core
import asn1crypto.x509
import pytest

from gmpki import oids
from gmpki.x509.certificate import Certificate
from gmpki.x509.crl import load_crl
from gmpki.x509.describe import describe
from gmpki.x509.request import load_request
from gmpki.x509.text import to_text


def is_unsafe(text: str) -> bool:
    return not all(character == "\n" or character.isprintable() for character in text)


def outside_objects(folder: Path) -> list[tuple[str, bytes]]:
    return [(path.name, path.read_bytes()) for path in sorted((folder / "objects" / "certificate").glob("*.der"))]


def outside_paths(folder: Path) -> list[tuple[str, bytes]]:
    path = folder / "x509-limbo" / "limbo-part.json"
    if not path.is_file():
        return []
    found: dict[bytes, str] = {}
    for case in json.loads(path.read_text(encoding="utf-8"))["testcases"]:
        texts = [*case["trusted_certs"], *case["untrusted_intermediates"], case["peer_certificate"]]
        for text in filter(None, texts):
            encoded = base64.b64decode("".join(line for line in text.splitlines() if not line.startswith("-----")))
            found.setdefault(encoded, case["id"])
    return [(name, encoded) for encoded, name in found.items()]


# The peer's own classes for keys do not know SM2.
class PeerAlgorithm(asn1crypto.core.Sequence):  # type: ignore[misc]
    _fields: ClassVar[Any] = [
        ("algorithm", asn1crypto.core.ObjectIdentifier),
        ("parameters", asn1crypto.core.Any, {"optional": True}),
    ]


class PeerKeyInfo(asn1crypto.core.Sequence):  # type: ignore[misc]
    _fields: ClassVar[Any] = [("algorithm", PeerAlgorithm), ("key", asn1crypto.core.BitString)]


@pytest.mark.once
@pytest.mark.parametrize("collect", [outside_objects, outside_paths])
def test_says_what_an_independent_parser_says(test_data: Path, collect: Any) -> None:
    certificates = collect(test_data)
    if not certificates:
        pytest.skip("outside test data: no certificates")
    for name, encoded in certificates:
        compare(name, encoded)


def compare(name: str, encoded: bytes) -> None:
    certificate = Certificate.from_der(encoded, lenient=True)
    described = describe(certificate)
    text = to_text(certificate)
    assert json.loads(json.dumps(described)) == described, name
    assert not is_unsafe(text), name
    peer = asn1crypto.x509.Certificate.load(encoded)
    tbs = peer["tbs_certificate"]
    assert int(described["serial_number"], 16) == tbs["serial_number"].native, name
    assert described["version"] == int(tbs["version"]) + 1, name
    assert described["signature_algorithm"]["algorithm"]["oid"] == peer["signature_algorithm"]["algorithm"].dotted
    assert described["signature"] == peer["signature_value"].native.hex().upper(), name
    assert described["fingerprints"]["sha256"] == peer.sha256.hex().upper(), name
    info = PeerKeyInfo.load(tbs["subject_public_key_info"].dump())
    assert described["public_key"]["algorithm"]["oid"] == info["algorithm"]["algorithm"].dotted, name
    assert described["public_key"]["key"] == info["key"].contents[1:].hex().upper(), name
    for side in ("issuer", "subject"):
        ours = [(item["type"]["oid"], item["value"]) for item in described[side]["attributes"]]
        theirs = [(pair["type"].dotted, pair["value"].native) for rdn in tbs[side].chosen for pair in rdn]
        assert sorted(ours) == sorted(theirs), name
        assert described[side]["text"] in text, name
    for field in ("not_before", "not_after"):
        assert described[field] == tbs["validity"][field].native.strftime("%Y-%m-%dT%H:%M:%SZ"), name
        assert tbs["validity"][field].native.strftime("%Y-%m-%d %H:%M:%S UTC") in text, name
    extensions: dict[str, list[Any]] = {}
    for extension in tbs["extensions"]:
        extensions.setdefault(extension["extn_id"].dotted, []).append(extension)
    for ours in described["extensions"]:
        extension = extensions[ours["extension"]["oid"]].pop(0)
        assert ours["critical"] is extension["critical"].native, name
        assert ours["extension"]["oid"] in text, name
        if ours["problem"] is None:
            assert ours["raw"] == extension["extn_value"].contents.hex().upper(), name
        if ours["value"] is not None:
            compare_values(name, ours["value"], extension, text)
    assert not any(extensions.values()), name


def compare_values(name: str, ours: Any, extension: Any, text: str) -> None:
    """Compare what extensions hold whose kinds the peer decodes."""
    oid = extension["extn_id"].dotted
    theirs = extension["extn_value"].parsed
    if oid == oids.BASIC_CONSTRAINTS:
        assert (ours["ca"], ours["path_len"]) == (theirs["ca"].native, theirs["path_len_constraint"].native), name
    elif oid == oids.KEY_USAGE:
        same = {"cRLSign": "crl_sign", "nonRepudiation": "non_repudiation"}
        names = {same.get(flag) or re.sub("([A-Z])", r"_\1", flag).lower() for flag in ours["usages"]}
        assert names == theirs.native, name
        assert ", ".join(ours["usages"]) in text, name
    elif oid == oids.EXTENDED_KEY_USAGE:
        assert [item["oid"] for item in ours["purposes"]] == [item.dotted for item in theirs], name
    elif oid == oids.SUBJECT_KEY_IDENTIFIER:
        assert ours["key_identifier"] == theirs.native.hex().upper(), name
    elif oid == oids.AUTHORITY_KEY_IDENTIFIER:
        identifier = theirs["key_identifier"].native
        assert ours["key_identifier"] == (None if identifier is None else identifier.hex().upper()), name
    elif oid in (oids.SUBJECT_ALT_NAME, oids.ISSUER_ALT_NAME):
        compare_names(name, ours["names"], list(theirs), text)
    elif oid == oids.CERTIFICATE_POLICIES:
        policies = [item["policy_identifier"]["oid"] for item in ours["policies"]]
        assert policies == [item["policy_identifier"].dotted for item in theirs], name
    elif oid == oids.AUTHORITY_INFO_ACCESS:
        compare_names(
            name,
            [item["location"] for item in ours["descriptions"]],
            [item["access_location"] for item in theirs],
            text,
        )
    elif oid == oids.CRL_DISTRIBUTION_POINTS:
        for point, peer in zip(ours["points"], theirs, strict=True):
            full = peer["distribution_point"]
            if full.name == "full_name" and not isinstance(full, asn1crypto.core.Void):
                compare_names(name, point["distribution_point"]["full_name"], list(full.chosen), text)
    elif oid == oids.NAME_CONSTRAINTS:
        for side in ("permitted", "excluded"):
            subtrees = theirs[f"{side}_subtrees"]
            peers = [] if isinstance(subtrees, asn1crypto.core.Void) else [item["base"] for item in subtrees]
            compare_names(name, [item["base"] for item in ours[side]], peers, text)


def compare_names(name: str, ours: list[Any], theirs: list[Any], text: str) -> None:
    kinds = {
        "dns_name": "DNS",
        "uniform_resource_identifier": "URI",
        "rfc822_name": "email",
        "ip_address": "IP",
        "directory_name": "DirName",
        "registered_id": "RID",
        "other_name": "otherName",
    }
    assert [item["kind"] for item in ours] == [kinds[item.name] for item in theirs], name
    for item, peer in zip(ours, theirs, strict=True):
        if peer.name in ("dns_name", "uniform_resource_identifier", "rfc822_name"):
            raw = peer.chosen.contents.decode("latin-1")
            if raw.isascii() and raw.isprintable():
                assert item["value"] == raw, name
                assert f"{item['kind']}:{raw}" in text, name
        elif peer.name == "ip_address":
            assert item["value"] == peer.native, name


def test_requests_and_lists_of_others(test_data: Path) -> None:
    shown = 0
    for folder, load in (("request", load_request), ("crl", load_crl)):
        for path in sorted((test_data / "objects" / folder).glob("*")):
            found: Any = load(path.read_bytes(), lenient=True)
            text = to_text(found)
            assert not is_unsafe(text), path.name
            described = describe(found)
            assert json.loads(json.dumps(described)) == described
            assert described["signature"] == found.signature.hex().upper()
            shown += 1
    if not shown:
        pytest.skip("outside test data: no requests and lists")
