"""Every link of the documentation to a file of the project leads somewhere, and the command line's page is complete."""

from __future__ import annotations

import ast
import pkgutil
import re
from pathlib import Path

import click
import pytest

from docs.examples import GUIDES, ROOT, pages
from gmpki.cli.main import cli

LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)(?:#[^)]*)?\)")
OTHERS = [ROOT / name for name in ("CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")]


@pytest.mark.parametrize("page", [*pages(), *OTHERS], ids=lambda page: str(page.relative_to(ROOT)))
def test_links(page: Path) -> None:
    missing = [link for link in LINK.findall(page.read_text(encoding="utf-8")) if not (page.parent / link).exists()]
    assert missing == []


def command_names(group: click.Group, prefix: str) -> list[str]:
    """Return the full name of every command below a group."""
    context = click.Context(group)
    names = []
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        full = f"{prefix} {name}"
        names += command_names(command, full) if isinstance(command, click.Group) else [full]
    return names


@pytest.mark.parametrize("language", GUIDES)
def test_the_command_line_page_names_every_command(language: str) -> None:
    text = (GUIDES[language] / "command-line.md").read_text(encoding="utf-8")
    assert [name for name in command_names(cli, "gmpki") if f"`{name}`" not in text] == []


@pytest.mark.parametrize("language", GUIDES)
def test_the_index_names_every_page(language: str) -> None:
    index = (GUIDES[language] / "index.md").read_text(encoding="utf-8")
    names = {page.stem for page in GUIDES[language].glob("*.md")} - {"index"}
    assert set(re.findall(r"^[a-z0-9-]+$", index, re.MULTILINE)) == names


# Modules whose names the reference shows elsewhere, or that only the library itself uses.
NOT_IN_THE_REFERENCE = {
    "gmpki.algorithms.sm2",  # gathers the names of sm2_keys, sm2_sign, sm2_batch, sm2_encrypt, sm2_exchange
    "gmpki.asn1.sec1",
    "gmpki.cms.algorithms",
    "gmpki.cms.attributes",
    "gmpki.cms.signer_certificate",
    "gmpki.cms.signer_checks",
    "gmpki.cms.signing_certificate",
    "gmpki.keys.ec_forms",
    "gmpki.keys.pkcs8",
    "gmpki.keystore.pbe",
    "gmpki.keystore.pem_bundle",
    "gmpki.keystore.pkcs12_kdf",
    "gmpki.keystore.pkcs12_mac",
    "gmpki.keystore.pkcs12_reader",
    "gmpki.protect.log_ahead",
    "gmpki.protect.log_file",
    "gmpki.protect.log_tail",
    "gmpki.protect.log_writer",
    "gmpki.protect.record_blocks",
    "gmpki.tsa.signing_certificate",
    "gmpki.x509.crl_entries",
    "gmpki.x509.crl_scope",
    "gmpki.x509.crl_sources",
}

# Of the many modules that seals, tokens, authorities and the suite are made of, the public ones are those whose names
# these packages give.
FACADES = (
    *("seal", "seal/picture", "seal/ofd", "seal/pdf"),
    *("tokens", "tokens/soft", "tokens/skf", "tokens/pkcs11", "tokens/pcsc"),
    "ca",
    *("conformance", "conformance/report", "conformance/randomness"),
)

# Of authorities, these too: what is needed less often is imported from where it is.
ALSO_OF_AUTHORITIES = {
    "gmpki.ca.authority.trusted",
    "gmpki.ca.registration.attachments",
    "gmpki.ca.registration.batch_rows",
    "gmpki.ca.registration.retention",
    "gmpki.ca.registration.uniqueness",
    "gmpki.ca.reports.writing",
    "gmpki.ca.revocation.rules",
    "gmpki.ca.store.audit",
    "gmpki.ca.store.audit_rows",
    "gmpki.ca.takeover.index",
}

# Of the suite, what its callers and those who write checks need beside these names.
ALSO_OF_THE_SUITE = {"gmpki.conformance.bench", "gmpki.conformance.pin_file"}


def given_from(facade: Path) -> set[str]:
    """Return the modules whose names a package gives."""
    tree = ast.parse((facade / "__init__.py").read_text(encoding="utf-8"))
    for_types = [node for node in tree.body if isinstance(node, ast.If)]
    return {str(node.module) for block in for_types for node in block.body if isinstance(node, ast.ImportFrom)}


def test_the_reference_has_every_public_module() -> None:
    shown = set()
    for page in (ROOT / "docs" / "reference").glob("*.md"):
        shown |= set(re.findall(r"automodule:: (\S+)", page.read_text(encoding="utf-8")))
    package = ROOT / "src" / "gmpki"
    present = {"gmpki.errors", "gmpki.fetch", "gmpki.oids", "gmpki.tokens.limits"}
    present |= ALSO_OF_AUTHORITIES | ALSO_OF_THE_SUITE
    for part in ("algorithms", "asn1", "cms", "keys", "keystore", "ocsp", "protect", "services", "tsa", "x509"):
        modules = pkgutil.iter_modules([str(package / part)])
        present |= {f"gmpki.{part}.{module.name}" for module in modules if not module.name.startswith("_")}
    for facade in FACADES:
        given = given_from(package / facade)
        assert given
        present |= given
    assert present - NOT_IN_THE_REFERENCE == shown
