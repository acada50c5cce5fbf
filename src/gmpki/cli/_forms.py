"""Bytes as text and back: the ``--form`` of signatures and ciphertexts, hexadecimal options."""

from __future__ import annotations

import base64
import binascii

import click

__all__ = ["FORMS", "decode", "encode", "hex_option"]

FORMS = ("binary", "hex", "base64")


def encode(data: bytes, form: str) -> bytes:
    """Return ``data`` as ``form`` says; the texts are one line."""
    if form == "hex":
        return data.hex().encode() + b"\n"
    if form == "base64":
        return base64.b64encode(data) + b"\n"
    return data


def decode(data: bytes, form: str, what: str) -> bytes:
    """Undo :func:`encode`; white space in the texts is passed over.

    :raises DecodeError: not such a text.
    """
    from gmpki.errors import DecodeError

    if form == "binary":
        return data
    text = b"".join(data.split())
    try:
        return binascii.unhexlify(text) if form == "hex" else base64.b64decode(text, validate=True)
    except binascii.Error:
        raise DecodeError(f"{what} is not {form} text") from None


def hex_option(text: str, option: str) -> bytes:
    """Return the bytes of an option given in hexadecimal.

    :raises click.UsageError: it is not.
    """
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise click.UsageError(f"{option} is not a whole number of bytes in hexadecimal") from None
