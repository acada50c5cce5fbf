"""Bouncy Castle as a maker and reader of messages, key stores and time-stamps."""

# Every implementation has the same methods with the same arguments.
# ruff: noqa: ARG002

from __future__ import annotations

import re

from interop import bouncy_castle
from interop.messages import PASSWORD, TIMESTAMP_POLICY, Envelope, Signing, SigningReading
from interop.scenario import Algorithm, Refused
from interop.seal_jobs import NAME, PICTURE, SealReading

__all__ = ["BouncyCastle"]

Fields = dict[str, bytes | str]


def numbered(name: str, values: tuple[bytes, ...]) -> dict[str, bytes]:
    """Return fields name0, name1 and so on."""
    return {f"{name}{number}": value for number, value in enumerate(values)}


def flags(how: Signing | Envelope, *names: str) -> dict[str, bytes]:
    """Return an empty field for each option that is chosen."""
    return {name: b"" for name in names if getattr(how, name)}


class BouncyCastle(bouncy_castle.BouncyCastle):
    """Runs the program. A context: one thread at a time."""

    # ---- signed messages ----------------------------------------------------------------
    def make_signed(self, algorithm: Algorithm, content: bytes, how: Signing) -> bytes:
        fields: Fields = {
            "algorithm": algorithm,
            "content": content,
            **numbered("private", tuple(key for key, _ in how.signers)),
            **numbered("certificate", tuple(certificate for _, certificate in how.signers)),
            **numbered("authority", how.authorities),
            **flags(how, "attributes", "detached", "gm", "streamed"),
        }
        return self.ask("make-signed", **fields)["message"]

    def make_countersigned(self, algorithm: Algorithm, message: bytes, key: bytes, certificate: bytes) -> bytes:
        fields: Fields = {"algorithm": algorithm, "message": message, "private": key, "certificate": certificate}
        return self.ask("make-countersigned", **fields)["message"]

    def check_signed(self, algorithm: Algorithm, message: bytes, root: bytes, content: bytes) -> SigningReading:
        detached = {"content": content} if content else {}
        found = self.ask("check-signed", message=message, root=root, **detached)
        return SigningReading(found["content"], int(found["signers"]), int(found["counter_signers"]))

    # ---- envelopes ----------------------------------------------------------------------
    def make_enveloped(self, algorithm: Algorithm, content: bytes, how: Envelope) -> bytes:
        fields: Fields = {
            "algorithm": algorithm,
            "content": content,
            **numbered("certificate", how.recipients),
            **flags(how, "authenticated", "gm", "streamed"),
        }
        return self.ask("make-enveloped", **fields)["message"]

    def read_enveloped(self, algorithm: Algorithm, message: bytes, certificate: bytes, key: bytes) -> bytes:
        fields: Fields = {"algorithm": algorithm, "message": message, "certificate": certificate, "private": key}
        return self.ask("read-enveloped", **fields)["content"]

    def make_encrypted(self, algorithm: Algorithm, content: bytes, key: bytes) -> bytes:
        return self.ask("make-encrypted", algorithm=algorithm, content=content, key=key)["message"]

    def read_encrypted(self, algorithm: Algorithm, message: bytes, key: bytes) -> bytes:
        return self.ask("read-encrypted", algorithm=algorithm, message=message, key=key)["content"]

    # ---- key stores ---------------------------------------------------------------------
    # SM2 keys go through the classes for the parts of PKCS #12, which take SM4; others through Java's own key store,
    # whose files Bouncy Castle's cannot read under AES.
    def make_store(self, algorithm: Algorithm, key: bytes, chain: tuple[bytes, ...], gm: bool) -> bytes:
        fields: Fields = {"private": key, "password": PASSWORD, **numbered("authority", chain[1:])}
        if gm:
            return self.ask("make-pfx", certificate=chain[0], encoding="DER", **fields)["store"]
        provider = "BC" if algorithm.startswith("sm2") else "SunJSSE"
        made = self.ask("make-store", type="PKCS12", provider=provider, alias="one", certificate=chain[0], **fields)
        return made["store"]

    def read_store(self, algorithm: Algorithm, store: bytes, password: bytes) -> tuple[bytes, tuple[bytes, ...]]:
        if algorithm.startswith("sm2"):
            found, name = self.ask("read-pfx", store=store, password=password), r"certificate\d+"
        else:
            found, name = self.ask("read-store", provider="SunJSSE", store=store, password=password), r"chain0-\d+"
        if found["keys"] != b"1":
            raise Refused("not one key")
        certificates = tuple(found[each] for each in sorted(found) if re.fullmatch(name, each))
        public = self.ask("public-in", certificate=certificates[0])["public"]
        self.check_key(algorithm, found["key0"], public)
        return public, certificates

    # ---- time-stamps --------------------------------------------------------------------
    def make_timestamp_request(self, algorithm: Algorithm, data: bytes) -> bytes:
        return self.ask("make-timestamp-request", data=data)["request"]

    def read_timestamp_request(self, algorithm: Algorithm, request: bytes) -> bytes:
        return self.ask("read-timestamp-request", request=request)["imprint"]

    def make_timestamp(
        self, algorithm: Algorithm, request: bytes, key: bytes, certificate: bytes, authorities: tuple[bytes, ...]
    ) -> bytes:
        fields: Fields = {
            "algorithm": algorithm,
            "request": request,
            "private": key,
            "certificate": certificate,
            "policy": TIMESTAMP_POLICY,
            **numbered("authority", authorities),
        }
        return self.ask("make-timestamp", **fields)["response"]

    def check_timestamp(self, algorithm: Algorithm, response: bytes, request: bytes, data: bytes, root: bytes) -> bytes:
        return self.ask("check-timestamp", response=response, request=request, data=data, root=root)["imprint"]

    # ---- seals --------------------------------------------------------------------------
    def make_seal(self, algorithm: Algorithm, layout: str, key: bytes, certificate: bytes, listed: bytes) -> bytes:
        fields: Fields = {
            "algorithm": algorithm,
            "layout": layout,
            "private": key,
            "certificate": certificate,
            "listed": listed,
            "name": NAME,
            "picture": PICTURE,
        }
        return self.ask("make-seal", **fields)["seal"]

    def check_seal(self, algorithm: Algorithm, seal: bytes, authority: bytes, root: bytes) -> SealReading:
        return seal_reading(self.ask("check-seal", seal=seal, authority0=authority, root=root))

    def make_seal_signature(
        self, algorithm: Algorithm, seal: bytes, key: bytes, certificate: bytes, digest: bytes
    ) -> bytes:
        fields: Fields = {"algorithm": algorithm, "private": key, "certificate": certificate}
        return self.ask("make-seal-signature", seal=seal, digest=digest, **fields)["signature"]

    def check_seal_signature(
        self, algorithm: Algorithm, signature: bytes, digest: bytes, authority: bytes, root: bytes
    ) -> SealReading:
        fields: Fields = {"signature": signature, "digest": digest, "authority0": authority, "root": root}
        return seal_reading(self.ask("check-seal-signature", **fields))


def seal_reading(found: dict[str, bytes]) -> SealReading:
    """Return what an answer says about a seal."""
    return SealReading(found["layout"].decode(), found["id"].decode(), found["name"].decode())
