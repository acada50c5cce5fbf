"""Verifying a file of whatever kind: one function for each, with the options that all share."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

import click

from gmpki.cli import _io
from gmpki.cli._hints import naming_lenient
from gmpki.cli._names import show_name
from gmpki.cli._output import Failure, Report, facts
from gmpki.cli._recognise import KIND_WORDS, FileKind, recognise
from gmpki.cli._times import parse_time, show_time

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from gmpki.cli._seal import TrustChoice
    from gmpki.cli._verify_each import Found
    from gmpki.seal.report import DocumentReport
    from gmpki.seal.trust import SealTrust
    from gmpki.x509.certificate import Certificate

__all__ = ["AnyVerifier"]

MAX_LEN = 1 << 29


@dataclass(frozen=True)
class AnyVerifier:
    """Verifies files, whatever they are.

    :ivar content_file: what a signature that stands by itself is about.
    """

    trusting: TrustChoice
    content_file: str | None

    def __call__(self, source: str) -> Found:
        """Verify a file; return what was found out, and its bytes.

        :raises GmpkiError: when it cannot be verified at all.
        :raises click.UsageError: when options are missing.
        """
        data = _io.read_input(source, max_len=MAX_LEN)
        kind, content = recognise(data)
        if self.content_file is not None and kind not in _WITH_CONTENT:
            raise click.UsageError(f"{_io.display_name(source)} is {KIND_WORDS[kind]}; --content has no place there")
        with naming_lenient(lenient=self.trusting.lenient):
            found = _VERIFIERS[kind](self, content, source)
        if not isinstance(found, Report):
            return found, data
        rows = facts([("文件", "file", _io.display_name(source)), ("类型", "kind", KIND_WORDS[kind])])
        return Report({"kind": kind.value, **found.fields}, [*rows, *found.lines], found.failure), data

    @functools.cached_property
    def _trust(self) -> SealTrust:
        return self.trusting.trust()

    def _content(self, source: str, what: str) -> AbstractContextManager[IO[bytes]]:
        """Open what a signature is about."""
        if self.content_file is None:
            raise click.UsageError(f"{_io.display_name(source)} is {what}: --content FILE names what it is about")
        return _io.open_input(self.content_file)

    # ---- sealed --------------------------------------------------------------------------------
    def _wishes(self, source: str) -> dict[str, Any]:
        return {"now": self.trusting.at, "lenient": self.trusting.lenient, "name": _io.display_name(source)}

    def ofd(self, data: bytes, source: str) -> DocumentReport:
        """Verify an OFD document."""
        from gmpki.seal.ofd import verify_ofd

        return verify_ofd(data, self._trust, **self._wishes(source))

    def pdf(self, data: bytes, source: str) -> DocumentReport:
        """Verify a PDF file."""
        from gmpki.seal.pdf import verify_pdf

        return verify_pdf(data, self._trust, **self._wishes(source))

    def seal(self, data: bytes, source: str) -> DocumentReport:
        """Verify a seal."""
        from gmpki.seal.seal_check import verify_seal

        name = _io.display_name(source)
        return verify_seal(data, self._trust, at=self.trusting.at, lenient=self.trusting.lenient, name=name)

    def seal_signature(self, data: bytes, source: str) -> DocumentReport:
        """Verify a signature with a seal, over a file such as Signature.xml of an OFD document."""
        from gmpki.cms.digests import new_hash
        from gmpki.seal.signature import SealSignature
        from gmpki.seal.verification import verify_seal_signature

        signature = SealSignature.from_der(data, lenient=self.trusting.lenient)
        hashed = new_hash(signature.digest_name)
        with self._content(source, "a signature with a seal") as content:
            for piece in _io.chunks(content, label="摘要 hashing"):
                hashed.update(piece)
        return verify_seal_signature(signature, hashed.digest(), self._trust, **self._wishes(source))

    def detached(self, data: bytes, source: str) -> DocumentReport:
        """Verify a file against the signature beside it."""
        from gmpki.seal.detached import verify_detached

        with self._content(source, "a signature beside a file") as content:
            return verify_detached(data, content, self._trust, **self._wishes(self.content_file or source))

    # ---- certificates --------------------------------------------------------------------------
    def certificate(self, data: bytes, _source: str) -> Report:
        """Validate a certificate, the first of a file with several."""
        from gmpki.cli.cert_verify import accepted, refused
        from gmpki.cms.certificates import load_certificates
        from gmpki.errors import ValidationError

        certificate, *others = load_certificates(data, lenient=self.trusting.lenient)
        try:
            return accepted(self._path(certificate, others))
        except ValidationError as error:
            return refused(certificate, error)

    def _path(self, certificate: Certificate, others: list[Certificate]) -> Any:
        from gmpki.x509.path import validate_path

        if self.trusting.signature_only:
            raise click.UsageError("a certificate is validated for those who are trusted: --anchor")
        trust = self._trust.signers
        return validate_path(
            certificate,
            anchors=trust.anchors,
            intermediates=[*trust.intermediates, *others],
            policy=trust.policy,
            checkers=trust.checkers,
            at=parse_time(self.trusting.at_text, "--at"),
        )

    def crl(self, data: bytes, _source: str) -> Report:
        """Verify a revocation list with the certificate of its issuer, which is trusted itself or has a valid path."""
        from gmpki.errors import ValidationError
        from gmpki.x509.certificate import Certificate
        from gmpki.x509.crl import load_crl
        from gmpki.x509.crl_verify import verify_crl

        crl = load_crl(data, lenient=self.trusting.lenient)
        trust = self._trust.signers
        issuers = [one for one in (*trust.anchors, *trust.intermediates) if one.subject == crl.issuer]
        if not issuers:
            raise ValidationError("issuer-unknown", f"--anchor and --intermediate have no {show_name(crl.issuer)}")
        issuer = issuers[0]
        if issuer not in trust.anchors and isinstance(issuer, Certificate):
            self._path(issuer, [])
        quirks = verify_crl(crl, issuer, at=parse_time(self.trusting.at_text, "--at"), policy=trust.signatures)
        fields: dict[str, Any] = {
            "valid": True,
            "issuer": show_name(crl.issuer),
            "this_update": show_time(crl.this_update),
            "next_update": show_time(crl.next_update),
            "revoked_count": len(crl),
            "quirks": list(dict.fromkeys(str(quirk) for quirk in (*crl.quirks, *quirks))),
        }
        rows = [
            ("撤销列表有效", "list valid", fields["issuer"]),
            ("本次更新", "this update", f"{fields['this_update']}"),
            ("下次更新", "next update", f"{fields['next_update']}"),
            ("已撤销证书", "revoked certificates", str(len(crl))),
        ]
        return Report(fields, facts([*rows, *(("与标准不符", "departure", text) for text in fields["quirks"])]))

    def request(self, data: bytes, _source: str) -> Report:
        """Verify that whoever made a request has the key in it."""
        from gmpki.x509.request import load_request
        from gmpki.x509.signatures import LENIENT_SIGNATURES, STANDARD_SIGNATURES

        request = load_request(data, lenient=self.trusting.lenient)
        quirks = request.verify_signature(policy=LENIENT_SIGNATURES if self.trusting.lenient else STANDARD_SIGNATURES)
        found = list(dict.fromkeys(str(quirk) for quirk in (*request.quirks, *quirks)))
        fields: dict[str, Any] = {"valid": True, "subject": show_name(request.subject), "quirks": found}
        rows = [("签名有效", "signature valid", fields["subject"])]
        return Report(fields, facts([*rows, *(("与标准不符", "departure", text) for text in found)]))

    # ---- messages ------------------------------------------------------------------------------
    def message(self, data: bytes, source: str) -> Report:
        """Verify a signed message."""
        from gmpki.cli.cms_verify import report_of_message
        from gmpki.cms.signed import SignedMessage
        from gmpki.cms.verification import verify

        message = SignedMessage.from_der(data, lenient=self.trusting.lenient)
        content = None
        if message.is_detached:
            with self._content(source, "a detached message") as stream:
                content = stream.read(MAX_LEN + 1)
        elif self.content_file is not None:
            raise click.UsageError(f"{_io.display_name(source)} has its content inside; --content has no place there")
        trust = self._trust
        found = verify(message, trust.signers, content=content, collect=True, timestamps=trust.timestamps)
        return report_of_message(found, source, None)

    def manifest(self, data: bytes, _source: str) -> Report:
        """Verify who signed a manifest, and compare a directory with it."""
        from gmpki.cli.manifest import report_of_manifest
        from gmpki.protect.manifest import open_manifest
        from gmpki.protect.manifest_tree import check_tree

        opened = open_manifest(data, self._trust.signers, timestamps=self._trust.timestamps)
        if self.content_file is None:
            raise click.UsageError("a manifest is about a directory: --content DIRECTORY names it")
        return report_of_manifest(opened, check_tree(opened.manifest, self.content_file), self.content_file)

    def time_stamp(self, data: bytes, source: str) -> Report:
        """Verify a time-stamp over a file."""
        from gmpki.cli._trust import timestamps_of
        from gmpki.cli._tsa import read_response_or_token, token_of
        from gmpki.cli._tsa_show import describe_stamp, lines_of
        from gmpki.errors import ValidationError
        from gmpki.tsa.imprint import Imprint
        from gmpki.tsa.verify import TokenVerifier

        choice = self.trusting
        token = token_of(read_response_or_token(data, lenient=choice.lenient))
        anchors = choice.tsa_anchors or choice.anchors
        verifier = timestamps_of(
            anchors, choice.intermediates, choice.crls, choice.responses, choice.at, lenient=choice.lenient
        ) or TokenVerifier(self._trust.signers, lenient=choice.lenient)
        with self._content(source, "a time-stamp") as content:
            imprint = Imprint.of_pieces(_io.chunks(content, label="摘要 hashing"), token.imprint.hash_name)
        try:
            fields = describe_stamp(verifier.verify(token, imprint))
        except ValidationError as error:
            return Report({"valid": False, "reason": error.reason}, [], Failure.of(error))
        return Report(fields, [*facts([("时间戳有效", "time-stamp valid", fields["time"])]), *lines_of(fields)])

    # ---- logs ----------------------------------------------------------------------------------
    def log(self, _data: bytes, source: str) -> Report:
        """Verify a log up to its last seal, by those whom --anchor names; what comes after it nobody has proved."""
        from gmpki.cli._trust import load_certificates
        from gmpki.cli.log import report_of_log
        from gmpki.protect.log_verify import verify_log

        if source == "-" or not self.trusting.anchors:
            raise click.UsageError("a log is verified by name, with --anchor of those who may seal it")
        found = verify_log(source, signers=load_certificates(self.trusting.anchors), collect=True)
        report = report_of_log(source, found, expected=None, signers=True)
        if report.failure is None and found.unsealed:
            text = f"nothing proves the {found.unsealed} records behind the last seal; gmpki log verify --keys does"
            return Report(report.fields, report.lines, Failure("SealError", text, "not-checked"))
        return report


_WITH_CONTENT = frozenset(
    {FileKind.MESSAGE, FileKind.MANIFEST, FileKind.TIMESTAMP, FileKind.SEAL_SIGNATURE, FileKind.DETACHED}
)
_VERIFIERS: dict[FileKind, Callable[[AnyVerifier, bytes, str], Any]] = {
    FileKind.CERTIFICATE: AnyVerifier.certificate,
    FileKind.CRL: AnyVerifier.crl,
    FileKind.REQUEST: AnyVerifier.request,
    FileKind.MESSAGE: AnyVerifier.message,
    FileKind.MANIFEST: AnyVerifier.manifest,
    FileKind.TIMESTAMP: AnyVerifier.time_stamp,
    FileKind.SEAL: AnyVerifier.seal,
    FileKind.SEAL_SIGNATURE: AnyVerifier.seal_signature,
    FileKind.DETACHED: AnyVerifier.detached,
    FileKind.OFD: AnyVerifier.ofd,
    FileKind.PDF: AnyVerifier.pdf,
    FileKind.LOG: AnyVerifier.log,
}
