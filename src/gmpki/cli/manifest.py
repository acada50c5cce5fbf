"""``gmpki manifest``: signed lists of files, and checking files against them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

from gmpki.cli import _cms, _io
from gmpki.cli._files import INPUT, force_option, output_option
from gmpki.cli._group import Group
from gmpki.cli._output import Failure, Report, check_output, facts, json_option
from gmpki.cli._secrets import SecretSource, secret_options
from gmpki.cli._times import parse_time, show_time
from gmpki.cli._trust import load_certificates, trust_of, trust_options

if TYPE_CHECKING:
    from gmpki.protect.manifest import SignedManifest
    from gmpki.protect.manifest_tree import ManifestReport

__all__ = ["command", "report_of_manifest"]

MAX_SIGNED_LEN = 64 << 20
MAX_LINES = 1000  # that a person is shown


@click.group(name="manifest", cls=Group)
def command() -> None:
    """Sign lists of files, and check files against them.

    文件清单：对程序与文件的 SM3 摘要、大小、权限签名，并据此发现改动、缺失和新增。
    """


@command.command(
    epilog="\b\nExamples:\n"
    "  gmpki manifest sign --key signing.key --certificate signing.pem --output program.manifest program\n"
    "  gmpki manifest sign --key signing.key --certificate signing.pem --without log/ -o program.signed program",
)
@click.argument("root", type=INPUT, metavar="DIRECTORY")
@click.option("--key", "-k", "key_files", required=True, help="The key that signs. May be given twice.", **_cms.KEYS)
@secret_options("password", "the password of the key", of_token=True)
@click.option(
    "--certificate",
    "certificate_files",
    help="Its certificate, unless PKCS #12 brings it; others in these files go along.",
    **_cms.FILES,
)
@click.option(
    "--without",
    multiple=True,
    metavar="PATH",
    help="Leave out a file, or a directory with a slash at its end; from DIRECTORY. May be given several times.",
)
@_cms.profile_option
@output_option
@_cms.pem_option
@force_option
@json_option
def sign(
    *,
    root: str,
    key_files: tuple[str, ...],
    password: SecretSource,
    certificate_files: tuple[str, ...],
    without: tuple[str, ...],
    profile: str,
    output: str,
    pem: bool,
    force: bool,
) -> Report:
    """List the files below DIRECTORY with digest, size and mode, and sign the list.

    An output within the directory is left out of the list by itself. Symbolic links are refused.

    生成目录的文件清单并签名；符号链接不予接受。
    """
    from gmpki.cms import MessageProfile, SignerSpec
    from gmpki.protect.manifest import Manifest, sign_manifest
    from gmpki.x509.profile import SIGNING_USAGES

    check_output(output, binary=not pem, force=force)
    certificates = load_certificates(certificate_files)
    found = _cms.load_keys(key_files, password, certificates, usages=SIGNING_USAGES)
    specs = [SignerSpec(key, own) for key, own in found]
    inside = _inside(output, root)
    left_out = {*without, *([inside] if inside is not None else ())}
    with _io.progress("计算 hashing") as tell:
        manifest = Manifest.of_tree(root, without=left_out, progress=tell)
    others = [one for one in certificates if all(one != spec.certificate for spec in specs)]
    message = sign_manifest(manifest, specs, profile=MessageProfile(profile), certificates=others)
    with _cms.created(output, pem=pem, force=force) as sink:
        sink.write(message)
    size = sum(file.size for file in manifest.files)
    fields = {
        "root": root,
        "files": len(manifest.files),
        "size": size,
        "without": list(manifest.without),
        "created": show_time(manifest.created),
        "signers": [_cms.shown_certificate(spec.certificate) for spec in specs],
        "output": output,
    }
    rows = [("目录", "directory", root), ("文件", "files", f"{len(manifest.files)} ({size} B)")]
    rows += [("不含", "without", path) for path in manifest.without]
    rows += [("签名者", "signer", one["subject"]) for one in fields["signers"]]  # type: ignore[attr-defined]
    return Report(fields, [] if output == "-" else facts([*rows, ("清单", "manifest", output)]))


def _inside(output: str, root: str) -> str | None:
    """Return the path of the output from the root of the tree, None when it is elsewhere."""
    if output == "-":
        return None
    directory = os.path.realpath(os.path.dirname(os.path.abspath(output)))
    path = os.path.relpath(os.path.join(directory, os.path.basename(output)), os.path.realpath(root))
    return None if path.split(os.sep)[0] == os.pardir else path.replace(os.sep, "/")


@command.command(
    epilog="\b\nExamples:\n  gmpki manifest verify --anchor root.pem --intermediate sub.pem program.manifest program\n"
    "  gmpki manifest verify --anchor root.pem --intermediate sub.pem --signer signing.pem --json program.manifest "
    "program",
)
@click.argument("source", type=INPUT, metavar="MANIFEST")
@click.argument("root", type=INPUT, metavar="DIRECTORY")
@click.option(
    "--signer",
    "signer_files",
    help="The certificate of who has to have signed. May be given several times, then one of them has to.  [default: "
    "anybody whom the anchors vouch for]",
    **_cms.FILES,
)
@trust_options
@click.option("--modes/--no-modes", default=True, show_default=True, help="Compare the modes of files too.")
@json_option
def verify(
    *,
    source: str,
    root: str,
    signer_files: tuple[str, ...],
    anchors: tuple[str, ...],
    intermediates: tuple[str, ...],
    crls: tuple[str, ...],
    responses: tuple[str, ...],
    signature_only: bool,
    at_text: str | None,
    modes: bool,
) -> Report:
    """Verify who signed MANIFEST, and compare the files below DIRECTORY with it.

    Exit code 1 when a file was changed, is missing or was added. Whoever has a certificate below the anchors can sign
    a list: --signer says whose counts.

    验证清单签名，并核对目录中的文件：改动、缺失、新增均返回 1；--signer 限定签名者。
    """
    from gmpki.protect.manifest import open_manifest
    from gmpki.protect.manifest_tree import check_tree

    at = None if at_text is None else parse_time(at_text, "--at")
    trust = trust_of(anchors, intermediates, crls, responses, at, signature_only=signature_only, lenient=False)
    signers = load_certificates(signer_files, lenient=True)
    with _cms.message_source(source) as stream:
        opened = open_manifest(stream.read(MAX_SIGNED_LEN + 1), trust, signers=signers)
    with _io.progress("核对 checking") as tell:
        report = check_tree(opened.manifest, root, modes=modes, progress=tell)
    return report_of_manifest(opened, report, root)


def report_of_manifest(opened: SignedManifest, report: ManifestReport, root: str) -> Report:
    """Return the answer about a manifest."""
    certificates = [signer.signer_certificate for signer in opened.message.signers]
    signers = [_cms.shown_certificate(one) for one in certificates if one is not None]
    fields: dict[str, Any] = {
        "root": root,
        "created": show_time(opened.manifest.created),
        "signers": signers,
        "chain": [str(signer.check("chain").status.value) for signer in opened.message.signers],
        "without": list(opened.manifest.without),
        "files": len(opened.manifest.files),
        "unchanged": report.checked,
        "changed": [
            {name: getattr(one, name) for name in ("path", "what", "expected", "found")} for one in report.changed
        ],
        "missing": list(report.missing),
        "added": list(report.added),
    }
    rows = [("签名者", "signer", f"{one['subject']} ({one['serial_number']})") for one in signers]
    rows += [("证书链", "chain", status) for status in fields["chain"]]
    rows += [("目录", "directory", root), ("一致", "unchanged", f"{report.checked} / {len(opened.manifest.files)}")]
    rows += [("不含", "without", path) for path in opened.manifest.without]
    differences = [("改动", "changed", str(one)) for one in report.changed]
    differences += [("缺失", "missing", path) for path in report.missing]
    differences += [("新增", "added", path) for path in report.added]
    lines = facts([*rows, *((chinese, english, _shown(text)) for chinese, english, text in differences[:MAX_LINES])])
    if report.ok:
        return Report(fields, lines)
    counts = f"{len(report.changed)} changed, {len(report.missing)} missing, {len(report.added)} added"
    reason = "changed" if report.changed else "missing" if report.missing else "added"
    return Report(fields, lines, Failure("TamperedError", counts, reason))


def _shown(text: str) -> str:
    """Return a name that may come from whoever added the file, without what a terminal obeys."""
    return text if text.isprintable() else ascii(text)
