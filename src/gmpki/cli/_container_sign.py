"""What the commands share that put seals into documents: signing one or many, in one step or, for keys that live
elsewhere, in two.
"""

from __future__ import annotations

import functools
import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypedDict

import click

from gmpki.cli import _cms, _io
from gmpki.cli._batch import make_each, targets
from gmpki.cli._files import INPUT, OUTPUT
from gmpki.cli._options import together
from gmpki.cli._output import Report, facts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gmpki.cli._batch import Made, Make, Rows
    from gmpki.cli._seal_signer import SignerChoice
    from gmpki.seal.interfaces import DocumentSigner

__all__ = ["Container", "StepOptions", "check_steps", "check_to_be_signed", "finish", "sign_each", "step_options"]

MAX_SIGNATURE_LEN = 1 << 12
MAX_TOKEN_LEN = 1 << 20
MORE_PREPARED_LEN = 1 << 25  # what a document that waits has beside the document

step_options = together(
    click.option("--prepare", is_flag=True, help="Make everything but the signature, without the key."),
    click.option("--to-be-signed", type=OUTPUT, metavar="FILE", help="For --prepare: write the bytes to sign there."),
    click.option("--finish", type=INPUT, metavar="FILE", help="Put a signature into what --prepare made."),
    click.option("--signature", type=INPUT, metavar="FILE", help="For --finish: DER, or r, s."),
    click.option(
        "--timestamp",
        type=INPUT,
        metavar="FILE",
        help="For --finish: a time-stamp over the signature's DER, or the response with it.",
    ),
)


class StepOptions(TypedDict):
    """What every such command takes, as click hands it over."""

    sources: tuple[str, ...]
    signing: SignerChoice
    prepare: bool
    to_be_signed: str | None
    finish: str | None
    signature: str | None
    timestamp: str | None
    output: str | None
    output_dir: str | None
    jobs: int
    force: bool


@dataclass(frozen=True)
class Container:
    """A kind of document.

    :ivar sign: returns a document with its signature, from the document, who signs and what he wishes.
    :ivar prepare: returns a document that waits for its signature, from the same.
    :ivar prepared: the class of those, which can be read again.
    :ivar max_len: of a document, in bytes.
    """

    sign: Callable[..., bytes]
    prepare: Callable[..., Any]
    prepared: Any
    max_len: int


def check_steps(options: StepOptions) -> None:
    """Refuse options that belong to another step; --finish is none of the steps that this is asked for.

    :raises click.UsageError: when there are such.
    """
    if options["signature"] is not None or options["timestamp"] is not None:
        raise click.UsageError("--signature and --timestamp go with --finish")
    if not options["sources"]:
        raise click.UsageError("name the files to sign")
    if options["prepare"] and len(options["sources"]) != 1:
        raise click.UsageError("--prepare takes one file")
    if options["prepare"] is not (options["signing"].key_file is None):
        raise click.UsageError(
            "--prepare takes no --key" if options["prepare"] else "signing needs --key, or --prepare"
        )
    if options["to_be_signed"] is not None:
        check_to_be_signed(options["to_be_signed"], prepare=options["prepare"], force=options["force"])


def check_to_be_signed(path: str, *, prepare: bool, force: bool) -> None:
    """Refuse early what the bytes to sign cannot be written to.

    :raises click.UsageError: when nothing is prepared, or it is standard output.
    :raises FileExistsError: when the file exists.
    """
    if not prepare or path == "-":
        raise click.UsageError("--to-be-signed FILE goes with --prepare; standard output is not for it")
    _io.refuse_existing(path, force=force)


def sign_each(
    options: StepOptions,
    container: Container,
    wishes: Mapping[str, Any],
    open_signer: Callable[[SignerChoice], DocumentSigner],
) -> Report:
    """Sign each file, or prepare it.

    :param wishes: what ``sign`` and ``prepare`` take besides.
    :param open_signer: returns who signs; with --jobs it is called in every process.
    :raises click.UsageError: when options do not fit together.
    """
    outputs = targets(options["sources"], options["output"], options["output_dir"], force=options["force"])
    choice = options["signing"] if options["jobs"] == 1 else options["signing"].shared()
    reopen = functools.partial(
        _opened,
        container,
        wishes,
        open_signer,
        choice,
        options["to_be_signed"],
        prepare=options["prepare"],
        force=options["force"],
    )
    # Opened here too: what is wrong with keys and seals is told before anything is begun, and a password asked once.
    return make_each(options["sources"], outputs, reopen(), "签章 sealing", jobs=options["jobs"], reopen=reopen)


def _opened(
    container: Container,
    wishes: Mapping[str, Any],
    open_signer: Callable[[SignerChoice], DocumentSigner],
    choice: SignerChoice,
    to_be_signed: str | None,
    *,
    prepare: bool,
    force: bool,
) -> Make:
    signer = open_signer(choice)
    anybody: Any = signer

    def make(source: str, output: str) -> Made:
        named = replace(anybody, document_name=os.path.basename(source))
        fields: dict[str, Any] = {
            "file": source,
            "kind": signer.kind,
            "seal_id": None if signer.seal is None else signer.seal.seal_id,
            "signer": _cms.shown_certificate(signer.certificate),
            "output": output,
        }
        data = _io.read_input(source, max_len=container.max_len)
        if prepare:
            waiting = container.prepare(data, named, **wishes)
            made = waiting.to_bytes()
            fields |= {"to_be_signed": waiting.to_be_signed.hex(), "digest": waiting.digest.hex()}
            if to_be_signed is not None:
                _io.write_output(to_be_signed, waiting.to_be_signed, force=force)
        else:
            made = container.sign(data, named, **wishes)
        _io.write_output(output, made, private=prepare, force=force)
        return fields, _rows(source, output, signer, fields)

    return make


def _rows(source: str, output: str, signer: DocumentSigner, fields: Mapping[str, Any]) -> Rows:
    done = ("已签名", "signed") if signer.seal is None else ("已签章", "sealed")
    word = ("已准备", "prepared") if "digest" in fields else done
    rows = [(*word, _io.display_name(source)), ("签章人", "signer", fields["signer"]["subject"])]
    if signer.seal is not None:
        rows.append(("印章", "seal", f"{signer.seal.name} ({signer.seal.seal_id})"))
    if "digest" in fields:
        rows.append(("待签摘要", "digest to sign", fields["digest"]))
    return [*rows, ("输出", "output", output)]


def finish(options: StepOptions, container: Container, path: str) -> Report:
    """Put a signature into what was prepared.

    :raises click.UsageError: when options do not fit together.
    """
    other_steps = options["sources"] or options["prepare"] or options["to_be_signed"] is not None
    if other_steps or options["signature"] is None:
        raise click.UsageError("--finish takes --signature, and neither FILE nor --prepare")
    if options["timestamp"] is not None and options["signing"].stamp_command is not None:
        raise click.UsageError("--timestamp does not go with --stamp-command")
    (output,) = targets(["-"], options["output"], None, force=options["force"])
    waiting = container.prepared.from_bytes(_io.read_input(path, max_len=container.max_len + MORE_PREPARED_LEN))
    value = _io.read_input(options["signature"], max_len=MAX_SIGNATURE_LEN)
    token = options["signing"].stamp() if options["timestamp"] is None else _token(options["timestamp"])
    _io.write_output(output, waiting.finish(value, token), force=options["force"])
    signer = _cms.shown_certificate(waiting.certificate)
    rows = [
        ("已完成", "finished", _io.display_name(path)),
        ("签章人", "signer", signer["subject"]),
        ("输出", "output", output),
    ]
    return Report({"signer": signer, "output": output}, [] if output == "-" else facts(rows))


def _token(path: str) -> bytes:
    from gmpki.cli._tsa import read_response_or_token, token_of

    found = read_response_or_token(_io.read_input(path, max_len=MAX_TOKEN_LEN), lenient=False)
    return token_of(found).to_der()
