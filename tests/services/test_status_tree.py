"""The published tree over HTTP: its files, their media types, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from gmpki.ca.interfaces import PublicationKind, Published
from gmpki.ca.publication.directory import DirectoryPublisher
from gmpki.ca.publication.tree import tree_addresses
from gmpki.errors import InvalidInputError, InvalidTypeError
from gmpki.services.status_tree import tree_application
from services.asgi import Answer, ask


@pytest.fixture
def client(tmp_path: Path) -> Callable[..., Answer]:
    tree = tmp_path / "tree"
    publisher = DirectoryPublisher(tree)
    for name in ("a", "示例/1", "%"):
        publisher.publish(Published(PublicationKind.CRL, name, 1, lambda: iter((b"list",))))
        publisher.publish(Published(PublicationKind.AUTHORITY, name, 1, lambda: iter((b"certificate",))))
    (tmp_path / "secret.cer").write_bytes(b"secret")
    (tree / "notes.cer").write_bytes(b"notes")
    (tree / "crl" / "notes.txt").write_bytes(b"notes")
    (tree / "crl" / "link.crl").symlink_to(tmp_path / "secret.cer")
    (tree / "crl" / "folder.crl").mkdir()
    return partial(ask, tree_application(tree, max_age_s=60))


@pytest.mark.parametrize("name", ["a", "示例/1", "%"])
def test_what_addresses_lead_to(client: Callable[..., Answer], name: str) -> None:
    addresses = tree_addresses("http://testserver", name)
    answer = client("GET", addresses.crl_uris[0].format(generation=1))
    assert (answer.content, answer.headers["content-type"]) == (b"list", "application/pkix-crl")
    assert answer.headers["cache-control"] == "max-age=60, public"
    answer = client("GET", addresses.ca_issuers_uris[0].format(generation=1))
    assert (answer.content, answer.headers["content-type"]) == (b"certificate", "application/pkix-cert")


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/crl",
        "/crl/",
        "/crl/b-1-0.crl",
        "/crl/notes.txt",
        "/notes.cer",
        "/crl/link.crl",
        "/crl/folder.crl",
        "/../secret.cer",
        "/crl/../../secret.cer",
        "/crl/%2e%2e/%2e%2e/secret.cer",
        "/crl/..%2f..%2fsecret.cer",
        "/crl//a-1-0.crl",
        "/crl/./a-1-0.crl",
        "/crl/%00.crl",
        "/crl/" + "a" * 5000 + ".crl",
        "//crl/a-1-0.crl",
    ],
)
def test_nothing_else(client: Callable[..., Answer], path: str) -> None:
    assert client("GET", path).status_code == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_nobody_writes(client: Callable[..., Answer], method: str) -> None:
    assert client(method, "/crl/a-1-0.crl").status_code == 405


def test_arguments() -> None:
    with pytest.raises(InvalidTypeError):
        tree_application(5)  # type: ignore[arg-type]
    for path, age in (("", 1), ("x", -1), ("x", 1 << 40)):
        with pytest.raises(InvalidInputError):
            tree_application(path, max_age_s=age)
