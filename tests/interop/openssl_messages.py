"""OpenSSL's command line as a maker and reader of messages, key stores and time-stamps."""

# Every implementation has the same methods with the same arguments.
# ruff: noqa: ARG002

from __future__ import annotations

import re
from typing import Any

from interop import openssl_peer
from interop.messages import PASSWORD, TIMESTAMP_POLICY, Envelope, Signing, SigningReading
from interop.openssl_peer import der_of, pem_of
from interop.scenario import Algorithm, Refused

__all__ = ["OpenSSLPeer"]

SIGNING_OPTIONS: dict[Algorithm, list[str]] = {
    "sm2": ["distid:1234567812345678"],
    "rsa-pss": ["rsa_padding_mode:pss", "rsa_pss_saltlen:32"],
}
COUNTERSIGNATURE = bytes.fromhex("06092A864886F70D010906")
OAEP = ["rsa_padding_mode:oaep", "rsa_oaep_md:sha256"]
AUTHORITY = f"""
[tsa]
default_tsa = one
[one]
serial = serial
signer_digest = DIGEST
default_policy = {TIMESTAMP_POLICY}
digests = sm3
ess_cert_id_chain = no
ess_cert_id_alg = DIGEST
"""


def certificates_pem(certificates: tuple[bytes, ...]) -> bytes:
    """Return certificates as PEM, one after the other."""
    return b"".join(pem_of("CERTIFICATE", one) for one in certificates)


def digest_of(algorithm: Algorithm) -> str:
    return "sm3" if algorithm.startswith("sm2") else "sha256"


def cipher_of(algorithm: Algorithm, mode: str) -> str:
    return f"-sm4-{mode}" if algorithm.startswith("sm2") else f"-aes-128-{mode}"


class OpenSSLPeer(openssl_peer.OpenSSLPeer):
    """Runs OpenSSL in a directory. A context: one thread at a time."""

    def _key(self, name: str, key: bytes) -> None:
        (self.directory / name).write_bytes(pem_of("PRIVATE KEY", key))

    # ---- signed messages ----------------------------------------------------------------
    def make_signed(self, algorithm: Algorithm, content: bytes, how: Signing) -> bytes:
        command = ["cms", "-sign", "-binary", "-in", "content", "-outform", "DER", "-out", "message"]
        command += ["-md", digest_of(algorithm), "-certfile", "authorities.pem"]
        for number, (key, certificate) in enumerate(how.signers):
            self._key(f"key{number}.pem", key)
            self.pem(f"signer{number}.pem", certificate)
            command += ["-signer", f"signer{number}.pem", "-inkey", f"key{number}.pem"]
            command += [part for option in SIGNING_OPTIONS.get(algorithm, []) for part in ("-keyopt", option)]
        self.write(content=content, authorities_pem=certificates_pem(how.authorities))
        if how.gm:
            command += ["-econtent_type", "1.2.156.10197.6.1.4.2.1"]
        self.run(
            *command,
            *([] if how.detached else ["-nodetach"]),
            *([] if how.attributes else ["-noattr"]),
            *(["-stream", "-indef"] if how.streamed else []),
        )
        return self.read("message")

    def make_countersigned(self, algorithm: Algorithm, message: bytes, key: bytes, certificate: bytes) -> bytes:
        self.run("cms", "-countersign")
        raise AssertionError("there is such an option")

    def check_signed(self, algorithm: Algorithm, message: bytes, root: bytes, content: bytes) -> SigningReading:
        self.write(message=message, content=content)
        self.pem("root.pem", root)
        command = ["cms", "-verify", "-binary", "-inform", "DER", "-in", "message", "-out", "found"]
        detached = ["-content", "content"] if content else []
        trust = ["-CAfile", "root.pem", "-purpose", "any", "-signer", "signers.pem"]
        self.run(*command, *detached, *trust)
        if COUNTERSIGNATURE in message:  # it passes over them, and has no option to verify them
            self.run("cms", "-verify_countersignatures")
        signers = self.read("signers.pem").count(b"BEGIN CERTIFICATE")
        return SigningReading(self.read("found"), signers, 0)

    # ---- envelopes ----------------------------------------------------------------------
    def make_enveloped(self, algorithm: Algorithm, content: bytes, how: Envelope) -> bytes:
        self.write(content=content)
        command = ["cms", "-encrypt", "-binary", "-in", "content", "-outform", "DER", "-out", "message"]
        command += [cipher_of(algorithm, "gcm" if how.authenticated else "cbc")]
        command += ["-stream", "-indef"] if how.streamed else []
        for number, certificate in enumerate(how.recipients):
            self.pem(f"recipient{number}.pem", certificate)
            command += ["-recip", f"recipient{number}.pem"]
            command += [part for option in OAEP for part in ("-keyopt", option)] if algorithm == "rsa-pss" else []
        self.run(*command)
        return self.read("message")

    def read_enveloped(self, algorithm: Algorithm, message: bytes, certificate: bytes, key: bytes) -> bytes:
        self.write(message=message)
        self.pem("recipient.pem", certificate)
        self._key("key.pem", key)
        who = ["-recip", "recipient.pem", "-inkey", "key.pem"]
        self.run("cms", "-decrypt", "-binary", "-inform", "DER", "-in", "message", *who, "-out", "found")
        return self.read("found")

    def make_encrypted(self, algorithm: Algorithm, content: bytes, key: bytes) -> bytes:
        self.write(content=content)
        command = ["cms", "-EncryptedData_encrypt", "-secretkey", key.hex(), cipher_of(algorithm, "cbc")]
        self.run(*command, "-binary", "-in", "content", "-outform", "DER", "-out", "message")
        return self.read("message")

    def read_encrypted(self, algorithm: Algorithm, message: bytes, key: bytes) -> bytes:
        self.write(message=message)
        command = ["cms", "-EncryptedData_decrypt", "-secretkey", key.hex()]
        self.run(*command, "-binary", "-inform", "DER", "-in", "message", "-out", "found")
        return self.read("found")

    # ---- key stores ---------------------------------------------------------------------
    def make_store(self, algorithm: Algorithm, key: bytes, chain: tuple[bytes, ...], gm: bool) -> bytes:
        self._key("key.pem", key)
        self.pem("own.pem", chain[0])
        self.write(authorities_pem=certificates_pem(chain[1:]))
        cipher = "SM4-CBC" if algorithm.startswith("sm2") else "AES-256-CBC"
        options = ["-keypbe", cipher, "-certpbe", cipher, "-macalg", "sm3" if gm else "sha256"]
        parts = ["-inkey", "key.pem", "-in", "own.pem", "-certfile", "authorities.pem"]
        self.run("pkcs12", "-export", *parts, *options, "-passout", f"pass:{PASSWORD.decode()}", "-out", "store")
        return self.read("store")

    def read_store(self, algorithm: Algorithm, store: bytes, password: bytes) -> tuple[bytes, tuple[bytes, ...]]:
        self.write(store=store)
        self.run("pkcs12", "-in", "store", "-passin", f"pass:{password.decode()}", "-nodes", "-out", "found.pem")
        blocks = re.findall(rb"-----BEGIN ([^-]+)-----(?:.+?)-----END", self.read("found.pem"), re.DOTALL)
        texts = re.findall(rb"-----BEGIN CERTIFICATE.+?-----END [^-]+-----", self.read("found.pem"), re.DOTALL)
        if blocks.count(b"PRIVATE KEY") != 1:
            raise Refused("not one key")
        self.run("pkey", "-in", "found.pem", "-pubout", "-outform", "DER", "-out", "public.der")
        return self.read("public.der"), tuple(der_of(text) for text in texts)

    # ---- time-stamps --------------------------------------------------------------------
    def make_timestamp_request(self, algorithm: Algorithm, data: bytes) -> bytes:
        self.write(data=data)
        self.run("ts", "-query", "-data", "data", "-sm3", "-cert", "-out", "request.tsq")
        return self.read("request.tsq")

    def read_timestamp_request(self, algorithm: Algorithm, request: bytes) -> bytes:
        self.write(request_tsq=request)
        text = self.run("ts", "-query", "-in", "request.tsq", "-text", must_say="Hash Algorithm: sm3")
        if "Nonce: 0x" not in text:
            raise Refused("no nonce")
        lines = re.findall(r"^ +[0-9a-f]{4} - ((?:[0-9a-f]{2}[ -]){16})", text, re.MULTILINE)
        return bytes.fromhex("".join(lines).replace("-", " "))

    def make_timestamp(
        self, algorithm: Algorithm, request: bytes, key: bytes, certificate: bytes, authorities: tuple[bytes, ...]
    ) -> bytes:
        self.write(request_tsq=request, authorities_pem=certificates_pem(authorities), serial=b"80\n")
        self.write(tsa_cnf=AUTHORITY.replace("DIGEST", digest_of(algorithm)).encode())
        self.pem("timestamper.pem", certificate)
        # Unlike the others, this command reads no key in the form that genpkey writes as DER.
        self.write(key_der=key)
        self.run("pkey", "-inform", "DER", "-in", "key.der", "-out", "key.pem")
        who = ["-signer", "timestamper.pem", "-inkey", "key.pem", "-chain", "authorities.pem"]
        self.run("ts", "-reply", "-config", "tsa.cnf", "-queryfile", "request.tsq", *who, "-out", "response.tsr")
        # It ends with 0 after a refusal too.
        self.run("ts", "-reply", "-in", "response.tsr", "-text", must_say="Status: Granted.")
        return self.read("response.tsr")

    def check_timestamp(self, algorithm: Algorithm, response: bytes, request: bytes, data: bytes, root: bytes) -> bytes:
        self.write(request_tsq=request, response_tsr=response, data=data)
        self.pem("root.pem", root)
        judging = ["ts", "-verify", "-in", "response.tsr", "-CAfile", "root.pem"]
        for what in (["-data", "data"], ["-queryfile", "request.tsq"]):
            self.run(*judging, *what, must_say="Verification: OK")
        return self.read_timestamp_request(algorithm, request)

    # ---- seals --------------------------------------------------------------------------
    def __getattr__(self, name: str) -> Any:
        """Stand for every other method: they need a command for seals."""

        def absent(*_: object) -> None:
            self.run("seal")

        return absent
