"""The steps of ``gmpki cms sign`` that need no key: prepare, finish, put a time-stamp in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from gmpki.cli import _cms, _io
from gmpki.cli._output import Report, facts
from gmpki.cli._times import now
from gmpki.cli._trust import load_certificates
from gmpki.cli._tsa import first_signature, read_response_or_token, token_of

if TYPE_CHECKING:
    from datetime import datetime

    from gmpki.cli.cms_sign import Options
    from gmpki.cms.signer_spec import SignerPlan
    from gmpki.cms.two_phase import PreparedSignature
    from gmpki.x509.certificate import Certificate

__all__ = ["around", "finish", "prepare", "stamp", "wishes"]

MAX_SIGNATURE_LEN = 1 << 16
MAX_TOKEN_LEN = 1 << 20


def wishes(options: Options, signing_time: datetime | None) -> dict[str, Any]:
    """Return how the signers sign."""
    return {
        "attributes": options["attributes"],
        "key_identifier": options["by_key"],
        "signing_time": signing_time,
        "digest": options["digest"],
    }


def around(options: Options) -> dict[str, Any]:
    """Return what goes along with the content."""
    from gmpki.cli._trust import read_file
    from gmpki.cms.profiles import MessageProfile
    from gmpki.x509.crl import MAX_CRL_LEN, load_crl

    return {
        "profile": MessageProfile(options["profile"]),
        "certificates": load_certificates(options["along"]),
        "crls": [read_file(path, load_crl, max_len=MAX_CRL_LEN, lenient=False) for path in options["crls"]],
        "include_signer_certificates": not options["without_certificates"],
    }


def prepare(options: Options) -> Report:
    """Write everything of a message but its signatures, and tell what is to be signed."""
    from gmpki.cms.signer_spec import SignerPlan

    if options["pem"]:
        raise click.UsageError("--pem goes with --finish; what --prepare writes is for --finish alone")
    certificates = [one for path in options["certificates"] for one in _signing_certificates(path)]
    time = now() if options["time"] and options["attributes"] else None
    plans = [SignerPlan(certificate=certificate, **wishes(options, time)) for certificate in certificates]
    prepared = _detached(options, plans) if options["detached"] else _attached(options, plans)
    _io.write_output(options["output"], prepared.to_bytes(), private=True, force=options["force"])
    waiting = [
        {
            **_cms.shown_certificate(one.certificate),
            "data": None if one.data is None or not options["attributes"] else one.data.hex(),
            "digest": None if one.digest is None else one.digest.hex(),
        }
        for one in prepared.to_be_signed
    ]
    rows = [("已准备", "prepared", _io.display_name(options["source"]))]
    for one in waiting:
        rows.append(("待签名者", "to be signed by", f"{one['subject']} ({one['serial_number']})"))
        rows.append(("待签摘要", "digest to sign", one["digest"] or "none: the key signs data"))
    rows.append(("文件", "file", options["output"]))
    fields = {"to_be_signed": waiting, "output": options["output"]}
    return Report(fields, [] if options["output"] == "-" else facts(rows))


def _signing_certificates(path: str) -> list[Certificate]:
    """Return the certificates to sign with: a file with both of a pair means the one for signatures.

    :raises ProfileError: a file has none. It is never passed over: whoever was named has to sign.
    """
    from gmpki.errors import ProfileError
    from gmpki.x509.profile import SIGNING_USAGES

    fitting = _cms.usable_certificates(path, SIGNING_USAGES)
    if not fitting:
        raise ProfileError(f"{_io.display_name(path)}: keyUsage allows no signatures: name the signing certificate")
    return fitting


def _detached(options: Options, plans: list[SignerPlan]) -> PreparedSignature:
    from gmpki.cms.signing import digests_for
    from gmpki.cms.two_phase import prepare as prepare_signature

    digests = digests_for(plans)
    with _io.open_input(options["source"]) as content:
        for piece in _io.chunks(content, label="摘要 hashing"):
            digests.update(piece)
    return prepare_signature(None, plans, detached=True, digests=digests, **around(options))


def _attached(options: Options, plans: list[SignerPlan]) -> PreparedSignature:
    """Prepare a message that holds its content, which waits with it and has to fit into memory."""
    from gmpki.cms.message import MAX_MESSAGE_LEN
    from gmpki.cms.two_phase import prepare as prepare_signature

    content = _io.read_input(options["source"], max_len=MAX_MESSAGE_LEN)
    return prepare_signature(content, plans, **around(options))


def finish(options: Options) -> Report:
    """Put signatures into what was prepared; each is verified before."""
    from gmpki.cms.message import MAX_MESSAGE_LEN
    from gmpki.cms.two_phase import PreparedSignature

    if not options["signatures"]:
        raise click.UsageError("--finish needs each signature with --signature")
    if options["source"] != "-":
        raise click.UsageError("--finish takes no FILE: what --prepare wrote knows the content")
    data = _io.read_input(options["finish"] or "", max_len=2 * MAX_MESSAGE_LEN)
    prepared = PreparedSignature.from_bytes(data)
    given = [_io.read_input(path, max_len=MAX_SIGNATURE_LEN) for path in options["signatures"]]
    message = prepared.finish(given)
    with _cms.created(options["output"], pem=options["pem"], force=options["force"]) as sink:
        sink.write(message)
    shown = [_cms.shown_certificate(one.certificate) for one in prepared.to_be_signed]
    rows = [("签名者", "signer", f"{one['subject']} ({one['serial_number']})") for one in shown]
    rows.append(("消息", "message", options["output"]))
    fields = {"signers": shown, "output": options["output"]}
    return Report(fields, [] if options["output"] == "-" else facts(rows))


def stamp(options: Options, token_file: str) -> Report:
    """Put the token of a time-stamp over the first signature into a signed message.

    Whether the time-stamp is one of an authority that is trusted, "gmpki cms verify" tells.
    """
    from gmpki.cms.amending import attach_timestamp
    from gmpki.cms.signed import SignedMessage
    from gmpki.cms.stream_sign import amend_stream
    from gmpki.errors import TimestampError
    from gmpki.tsa.imprint import Imprint

    token = token_of(read_response_or_token(_io.read_input(token_file, max_len=MAX_TOKEN_LEN), lenient=True))

    def amend(detached: bytes) -> bytes:
        signature = first_signature(SignedMessage.from_der(detached))
        if Imprint.of(signature, token.imprint.hash_name) != token.imprint:
            raise TimestampError(
                "imprint", "the time-stamp is not over this signature; gmpki tsa request --of-signature asks for one"
            )
        return attach_timestamp(detached, token.to_der())

    with (
        _cms.message_source(options["source"]) as message,
        _cms.created(options["output"], pem=options["pem"], force=options["force"]) as sink,
        _io.progress("写入 writing") as tell,
    ):
        amend_stream(message, sink, amend, progress=tell)
    rows = [("已加时间戳", "time-stamped", _io.display_name(options["source"])), ("消息", "message", options["output"])]
    return Report({"output": options["output"]}, [] if options["output"] == "-" else facts(rows))
