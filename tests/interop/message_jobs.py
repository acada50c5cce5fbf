"""The jobs of the matrix for messages, key stores and time-stamps."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace

from gmpki import oids
from gmpki.algorithms import sm3
from gmpki.asn1 import der
from interop.checking import Wrong, expect, must_not_read, must_refuse
from interop.messages import PASSWORD, Envelope, MessagePeer, Signing
from interop.scenario import Algorithm, Hierarchy

__all__ = ["ALGORITHMS_OF", "JOBS"]

Job = Callable[[Hierarchy, MessagePeer], None]

CONTENT = "from one to the other: 示例合同\n".encode()
LONG_CONTENT = CONTENT * 2000  # more than any implementation here puts into one segment
SECRET_KEY = os.urandom(16)


def damaged(data: bytes) -> bytes:
    """Return the same with one bit changed in the last byte that is not zero, as those are that end open lengths."""
    end = len(data.rstrip(b"\0"))
    return data[: end - 1] + bytes((data[end - 1] ^ 1,)) + data[end:]


def maker(made: Hierarchy) -> MessagePeer:
    """Return the implementation that makes things."""
    return made.maker  # type: ignore[return-value]


def must_contain(message: bytes, *identifiers: str) -> None:
    """See that a maker did what it was asked for, and nothing like it."""
    for identifier in identifiers:
        if der.encode_oid(identifier) not in message:
            raise Wrong(f"no {identifier} in the message")


# ---- signed messages ----------------------------------------------------------------------
def signer(made: Hierarchy) -> tuple[bytes, bytes]:
    return made.key("user"), made.signing


def second_signer(made: Hierarchy) -> tuple[bytes, bytes]:
    return made.key("responder"), made.second_signing


def must_refuse_signed(made: Hierarchy, checker: MessagePeer, message: bytes) -> None:
    """See that a message is refused with another end, which is that of a signature, and with another content."""
    at = message.index(CONTENT[:8])
    changed = message[:at] + bytes((message[at] ^ 1,)) + message[at + 1 :]
    for what, bad in (("a damaged signature", damaged(message)), ("another content", changed)):
        must_refuse(what, checker.check_signed, made.algorithm, bad, made.root, b"")


def _signed(content: bytes = CONTENT, **options: bool) -> Job:
    def job(made: Hierarchy, checker: MessagePeer) -> None:
        how = replace(Signing((signer(made),), (made.sub,)), **options)
        message = maker(made).make_signed(made.algorithm, content, how)
        if how.gm:
            must_contain(message, oids.GM_SIGNED_DATA, oids.GM_DATA, oids.SM2_SIGN)
        if (der.encode_oid(oids.MESSAGE_DIGEST) in message) is not how.attributes:
            raise Wrong("signed attributes where none were asked for, or none where they were")
        reading = checker.check_signed(made.algorithm, message, made.root, b"")
        expect("the content", reading.content, content)
        expect("the signers", (reading.signers, reading.counter_signers), (1, 0))
        must_refuse_signed(made, checker, message)

    return job


def signed_detached(made: Hierarchy, checker: MessagePeer) -> None:
    how = Signing((signer(made),), (made.sub,), detached=True)
    message = maker(made).make_signed(made.algorithm, CONTENT, how)
    if CONTENT in message:
        raise Wrong("the content stands in a detached message")
    expect("the signers", checker.check_signed(made.algorithm, message, made.root, CONTENT).signers, 1)
    must_refuse("a damaged signature", checker.check_signed, made.algorithm, damaged(message), made.root, CONTENT)
    must_refuse("another content", checker.check_signed, made.algorithm, message, made.root, CONTENT + b"!")


def signed_by_two(made: Hierarchy, checker: MessagePeer) -> None:
    how = Signing((signer(made), second_signer(made)), (made.sub,))
    message = maker(made).make_signed(made.algorithm, CONTENT, how)
    reading = checker.check_signed(made.algorithm, message, made.root, b"")
    expect("the signers", (reading.signers, reading.counter_signers), (2, 0))
    must_refuse_signed(made, checker, message)


def countersigned(made: Hierarchy, checker: MessagePeer) -> None:
    message = maker(made).make_signed(made.algorithm, CONTENT, Signing((signer(made),), (made.sub,)))
    message = maker(made).make_countersigned(made.algorithm, message, *second_signer(made))
    reading = checker.check_signed(made.algorithm, message, made.root, b"")
    expect("the signers", (reading.signers, reading.counter_signers), (1, 1))
    must_refuse_signed(made, checker, message)


# ---- envelopes ----------------------------------------------------------------------------
def recipient(made: Hierarchy) -> tuple[bytes, bytes]:
    return made.encryption, made.key("encryption")


def second_recipient(made: Hierarchy) -> tuple[bytes, bytes]:
    return made.second_encryption, made.key("user")


def _enveloped(content: bytes = CONTENT, **options: bool) -> Job:
    def job(made: Hierarchy, checker: MessagePeer) -> None:
        how = replace(Envelope((made.encryption,)), **options)
        message = maker(made).make_enveloped(made.algorithm, content, how)
        if how.gm:
            must_contain(message, oids.GM_ENVELOPED_DATA, oids.GM_DATA)
        if how.authenticated:
            must_contain(message, oids.AUTH_ENVELOPED_DATA)
        if made.algorithm == "rsa-pss":
            must_contain(message, oids.RSA_OAEP)
        expect("the content", checker.read_enveloped(made.algorithm, message, *recipient(made)), content)
        reading = (checker.read_enveloped, made.algorithm)
        # With a random key instead of an error, as RFC 3218 2.3.2 has it, random bytes may come out.
        must_not_read(content, "a message for another one", *reading, message, *second_recipient(made))
        if how.authenticated:
            must_refuse("a damaged message", *reading, damaged(message), *recipient(made))
        else:
            must_not_read(content, "a damaged message", *reading, damaged(message), *recipient(made))

    return job


def enveloped_for_two(made: Hierarchy, checker: MessagePeer) -> None:
    how = Envelope((made.encryption, made.second_encryption))
    message = maker(made).make_enveloped(made.algorithm, CONTENT, how)
    for who in (recipient(made), second_recipient(made)):
        expect("the content", checker.read_enveloped(made.algorithm, message, *who), CONTENT)
        must_not_read(CONTENT, "a damaged message", checker.read_enveloped, made.algorithm, damaged(message), *who)


def encrypted(made: Hierarchy, checker: MessagePeer) -> None:
    message = maker(made).make_encrypted(made.algorithm, CONTENT, SECRET_KEY)
    expect("the content", checker.read_encrypted(made.algorithm, message, SECRET_KEY), CONTENT)
    for what, bad, key in (
        ("a damaged message", damaged(message), SECRET_KEY),
        ("with another key", message, bytes(16)),
    ):
        must_not_read(CONTENT, what, checker.read_encrypted, made.algorithm, bad, key)


# ---- key stores ---------------------------------------------------------------------------
def _store(*, gm: bool) -> Job:
    def job(made: Hierarchy, checker: MessagePeer) -> None:
        certificates = (made.leaf, made.sub)
        store = maker(made).make_store(made.algorithm, made.key("user"), certificates, gm)
        key, found = checker.read_store(made.algorithm, store, PASSWORD)
        expect("the key", key, made.public_key("user"))
        expect("the certificates", found, certificates)
        must_refuse("a wrong password", checker.read_store, made.algorithm, store, b"wrong password")
        middle = len(store) // 2
        bad = store[:middle] + bytes((store[middle] ^ 1,)) + store[middle + 1 :]
        must_refuse("a damaged store", checker.read_store, made.algorithm, bad, PASSWORD)

    return job


# ---- time-stamps --------------------------------------------------------------------------
def timestamp_request(made: Hierarchy, checker: MessagePeer) -> None:
    request = maker(made).make_timestamp_request(made.algorithm, CONTENT)
    imprint = checker.read_timestamp_request(made.algorithm, request)
    expect("the imprint", imprint, sm3.digest(CONTENT))
    must_refuse("a truncated request", checker.read_timestamp_request, made.algorithm, request[:-1])


def timestamp(made: Hierarchy, checker: MessagePeer) -> None:
    request = maker(made).make_timestamp_request(made.algorithm, CONTENT)
    who = (made.key("responder"), made.timestamper, (made.sub,))
    response = maker(made).make_timestamp(made.algorithm, request, *who)
    judging = (checker.check_timestamp, made.algorithm)
    expect(
        "the imprint",
        checker.check_timestamp(made.algorithm, response, request, CONTENT, made.root),
        sm3.digest(CONTENT),
    )
    must_refuse("other data", *judging, response, request, CONTENT + b"!", made.root)
    must_refuse("a damaged signature", *judging, damaged(response), request, CONTENT, made.root)
    another = maker(made).make_timestamp_request(made.algorithm, CONTENT)
    must_refuse("the answer to another request", *judging, response, another, CONTENT, made.root)


JOBS: dict[str, Job] = {
    "signed": _signed(),
    "signed-bare": _signed(attributes=False),
    "signed-detached": signed_detached,
    "signed-by-two": signed_by_two,
    "signed-counter": countersigned,
    "signed-streamed": _signed(LONG_CONTENT, streamed=True),
    "signed-gm": _signed(gm=True),
    "envelope": _enveloped(),
    "envelope-two": enveloped_for_two,
    "envelope-auth": _enveloped(authenticated=True),
    "envelope-streamed": _enveloped(LONG_CONTENT, streamed=True),
    "envelope-gm": _enveloped(gm=True),
    "encrypted": encrypted,
    "store": _store(gm=False),
    "store-gm": _store(gm=True),
    "timestamp-request": timestamp_request,
    "timestamp": timestamp,
}

_SIGNING: tuple[Algorithm, ...] = ("sm2", "rsa", "rsa-pss", "p256", "ed25519")
_ENCRYPTION: tuple[Algorithm, ...] = ("sm2", "rsa", "rsa-pss")
# Every one of these sets of algorithms has SM2, so that what is said of all jobs can be shown with it.
ALGORITHMS_OF: dict[str, tuple[Algorithm, ...]] = {
    **{name: _SIGNING for name in JOBS if name.startswith("signed")},
    **{name: _ENCRYPTION for name in JOBS if name.startswith("envelope")},
    **dict.fromkeys(("signed-gm", "envelope-gm", "store-gm"), ("sm2",)),
    **dict.fromkeys(("encrypted", "timestamp-request", "timestamp"), ("sm2", "rsa")),
    "store": ("sm2", "rsa", "p256"),
    # Ed25519 signs a content as a whole, gmpki a digest of it unless there are attributes.
    "signed-bare": ("sm2", "rsa", "rsa-pss", "p256"),
}
