"""Files of whatever kind."""

from __future__ import annotations

from pathlib import Path

import pytest

from ca import authorities
from ca.takeover.old_authority import OldAuthority, owner
from gmpki.ca.takeover.index import IndexEntry
from gmpki.ca.takeover.material import Material
from gmpki.cms.certificates import write_bundle
from gmpki.errors import InvalidInputError, InvalidTypeError
from gmpki.x509.request import RequestBuilder


def test_every_kind_in_every_form(tmp_path: Path) -> None:
    old = OldAuthority()
    made = old.issue(owner(1))
    old.list_revoked()
    (_, crl) = old.material.crls[0]
    request = RequestBuilder().subject(owner(1)).sign(authorities.key(1))
    pair = (made.pair.signing, made.pair.encryption)
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "a.cer").write_bytes(pair[0].der)
    (tmp_path / "b.p7b").write_bytes(write_bundle(pair, [crl]))
    (tmp_path / "c.pem").write_bytes(b"text before\n" + made.pair.to_pem() + crl.to_pem() + request.to_pem())
    (tmp_path / "d.crl").write_bytes(crl.to_der())
    (tmp_path / "e.csr").write_bytes(request.der)
    (tmp_path / "f.key").write_bytes(authorities.key(1).to_pem())
    (tmp_path / "g.csv").write_text("serial\n0A\n", encoding="ascii")
    (tmp_path / "h.txt").write_bytes(b"notes")
    (tmp_path / "i").write_bytes(b"")
    material = Material()
    assert material.add_folder(tmp_path) == 9
    assert material.problems == []
    assert [len(each) for each in (material.certificates, material.crls, material.requests)] == [5, 3, 2]
    assert (list(material.entries), material.private_keys) == ([10], 1)
    assert [Path(place).name for place in material.others] == ["h.txt"]


@pytest.mark.parametrize(
    "data",
    [b"\x30\x82\xff\xff", b"\x30\x03\x02\x01\xff", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"],
    ids=["cut", "other", "pem"],
)
def test_what_is_broken_is_a_problem(data: bytes) -> None:
    material = Material()
    material.add(data, "x")
    assert [problem.place for problem in material.problems] == ["x"]


def test_what_cannot_be_read(tmp_path: Path) -> None:
    material = Material()
    material.add_file(tmp_path / "absent")
    material.add_file(tmp_path / "absent.csv")
    assert len(material.problems) == 2
    with pytest.raises(InvalidInputError):
        material.add_folder(tmp_path / "absent")
    with pytest.raises(InvalidTypeError):
        material.add("text", "x")  # type: ignore[arg-type]


def test_two_tables_about_one_certificate(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("serial,name\n0A,one\n", encoding="ascii")
    (tmp_path / "b.csv").write_text(
        "serial,name,status,revoked_at\n0A,two,revoked,2026-01-31T08:00:00Z\n", encoding="ascii"
    )
    material = Material()
    material.add_folder(tmp_path)
    entry: IndexEntry = material.entries[10]
    assert (entry.status, entry.holder["name"]) == ("revoked", "one")
    assert "about name" in material.problems[0].message
