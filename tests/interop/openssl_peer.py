"""OpenSSL's command line as a peer for certificates, requests, revocation lists and OCSP.

Some of its commands say that a check failed and end with 0 all the same, so their text is read. Times come from its
clock: OpenSSL 3.0 has no option for the begin of a certificate's validity.
"""

# Every implementation has the same methods with the same arguments.
# ruff: noqa: ARG002

from __future__ import annotations

import base64
import re
import shutil
import subprocess
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from interop.scenario import (
    CRL_URI,
    DNS_NAME,
    Algorithm,
    CertificateReading,
    CertificateSpec,
    CRLReading,
    CRLSpec,
    Refused,
    RequestReading,
    ResponseSpec,
    Status,
    begin,
    end,
)

__all__ = ["OpenSSLPeer", "missing"]

TIMEOUT_S = 60
DEFAULT_ID = "distid:1234567812345678"

NEW_KEY: dict[Algorithm, list[str]] = {
    "sm2": ["-algorithm", "SM2"],
    "sm2-empty-id": ["-algorithm", "SM2"],
    "rsa": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
    "rsa-pss": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
    "p256": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
    "ed25519": ["-algorithm", "ED25519"],
}
DIGEST: dict[Algorithm, list[str]] = {"sm2": ["-sm3"], "sm2-empty-id": ["-sm3"], "ed25519": []}
OPTIONS: dict[Algorithm, list[str]] = {
    "sm2": [DEFAULT_ID],
    "rsa-pss": ["rsa_padding_mode:pss", "rsa_pss_saltlen:32"],
}
EXTENSIONS = {
    "root": "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n",
    "sub": "basicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=critical,keyCertSign,cRLSign\n",
    "leaf": "keyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth\n"
    f"subjectAltName=DNS:{DNS_NAME}\ncrlDistributionPoints=URI:{CRL_URI}\n",
    "signing": "keyUsage=critical,digitalSignature,nonRepudiation\n",
    "encryption": "keyUsage=critical,keyEncipherment,dataEncipherment,keyAgreement\n",
    "responder": "keyUsage=critical,digitalSignature\nextendedKeyUsage=OCSPSigning\nnoCheck=ignored\n",
    "timestamper": "keyUsage=critical,digitalSignature\nextendedKeyUsage=critical,timeStamping\n",
}
USAGES = {
    "Digital Signature": "digitalSignature",
    "Non Repudiation": "nonRepudiation",
    "Key Encipherment": "keyEncipherment",
    "Data Encipherment": "dataEncipherment",
    "Key Agreement": "keyAgreement",
    "Certificate Sign": "keyCertSign",
    "CRL Sign": "cRLSign",
}
REASONS = {
    1: ("keyCompromise", "Key Compromise"),
    3: ("affiliationChanged", "Affiliation Changed"),
    4: ("superseded", "Superseded"),
    5: ("cessationOfOperation", "Cessation Of Operation"),
    6: ("certificateHold", "Certificate Hold"),
    8: ("removeFromCRL", "Remove From CRL"),
}
NAMES = ["-nameopt", "multiline,utf8,-esc_msb"]


@lru_cache(maxsize=1)
def missing() -> str:
    """Return why OpenSSL cannot be this peer here; "" when it can. The table of what it cannot is of 3.0."""
    program = shutil.which("openssl")
    if program is None:
        return "peer program: openssl not found"
    version = subprocess.run([program, "version"], capture_output=True, text=True, timeout=TIMEOUT_S, check=True).stdout
    return (
        "" if version.startswith("OpenSSL 3.0.") else f"peer program: OpenSSL 3.0 not found, this is {version.strip()}"
    )


def subject_text(subject: tuple[tuple[str, str], ...]) -> str:
    """Return a name in the form of ``-subj``."""
    return "".join(f"/{name}={text}" for name, text in subject)


def index_time(when: datetime) -> str:
    """Return a time as index files have it."""
    return when.strftime("%y%m%d%H%M%SZ")


def pem_of(label: str, data: bytes) -> bytes:
    """Return PEM; made here because every conversion by OpenSSL is a process of its own."""
    return b"-----BEGIN %s-----\n%s-----END %s-----\n" % (label.encode(), base64.encodebytes(data), label.encode())


def der_of(text: bytes) -> bytes:
    """Return what the one PEM block of a text holds."""
    match = re.search(rb"-----BEGIN [^-]+-----(.+)-----END", text, re.DOTALL)
    assert match is not None
    return base64.b64decode(match[1])


class OpenSSLPeer:
    """Runs OpenSSL in a directory. A context: one thread at a time."""

    name = "openssl"

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        (directory / "empty.cnf").write_text("[req]\ndistinguished_name=dn\n[dn]\n", encoding="utf-8")

    def write(self, **files: bytes) -> None:
        """Write files; an underscore in a name stands for the dot of its suffix."""
        for name, data in files.items():
            (self.directory / name.replace("_", ".")).write_bytes(data)

    def read(self, name: str) -> bytes:
        """Return the contents of a file."""
        return (self.directory / name).read_bytes()

    def run(self, *arguments: str, must_say: str = "") -> str:
        """Run a command; raise Refused with what it says where it fails or does not say what it must."""
        done = subprocess.run(
            ["openssl", *arguments], cwd=self.directory, capture_output=True, timeout=TIMEOUT_S, check=False
        )
        said = (done.stdout + done.stderr).decode(errors="replace")
        if done.returncode != 0 or must_say not in said:
            raise Refused(" | ".join(said.split("\n")))
        return said

    @staticmethod
    def options(algorithm: Algorithm, name: str) -> list[str]:
        """Return the options of the algorithm, each behind an option of this name."""
        return [part for value in OPTIONS.get(algorithm, []) for part in (name, value)]

    def signing(self, algorithm: Algorithm) -> list[str]:
        """Return the options for a signature of certificates and the like."""
        return [*DIGEST.get(algorithm, ["-sha256"]), *self.options(algorithm, "-sigopt")]

    def verifying(self, algorithm: Algorithm) -> list[str]:
        """Return the options for checking such a signature: of use for SM2 alone."""
        return ["-vfyopt", DEFAULT_ID] if algorithm == "sm2" else []

    def pem(self, name: str, certificate: bytes) -> None:
        """Write a certificate as PEM: some options take no DER."""
        (self.directory / name).write_bytes(pem_of("CERTIFICATE", certificate))

    # ---- keys and signatures ------------------------------------------------------------
    def new_key(self, algorithm: Algorithm) -> bytes:
        self.run("genpkey", *NEW_KEY[algorithm], "-outform", "DER", "-out", "key.der")
        return self.read("key.der")

    def public_key(self, algorithm: Algorithm, key: bytes) -> bytes:
        self.write(key_der=key)
        self.run("pkey", "-inform", "DER", "-in", "key.der", "-pubout", "-outform", "DER", "-out", "public.der")
        return self.read("public.der")

    def check_key(self, algorithm: Algorithm, key: bytes, public_key: bytes) -> bytes:
        self.write(public_der=public_key)
        reading = ["pkey", "-pubin", "-inform", "DER", "-in", "public.der", "-outform", "DER", "-out", "again.der"]
        self.run(*reading)
        if self.public_key(algorithm, key) != public_key:
            raise Refused("the keys are not a pair")
        return self.read("again.der")

    def _raw_options(self, algorithm: Algorithm) -> list[str]:
        digest = [part for name in DIGEST.get(algorithm, ["-sha256"]) for part in ("-digest", name[1:])]
        return ["-rawin", *digest, *self.options(algorithm, "-pkeyopt"), "-in", "message"]

    def sign(self, algorithm: Algorithm, key: bytes, message: bytes) -> bytes:
        self.write(key_der=key, message=message)
        signing = ["pkeyutl", "-sign", "-keyform", "DER", "-inkey", "key.der", "-out", "signature"]
        self.run(*signing, *self._raw_options(algorithm))
        return self.read("signature")

    def check_signature(self, algorithm: Algorithm, public_key: bytes, message: bytes, signature: bytes) -> None:
        self.write(public_der=public_key, message=message, signature=signature)
        verifying = ["pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", "public.der", "-sigfile", "signature"]
        self.run(*verifying, *self._raw_options(algorithm), must_say="Signature Verified Successfully")

    # ---- certificates -------------------------------------------------------------------
    def make_certificate(self, algorithm: Algorithm, spec: CertificateSpec) -> bytes:
        extensions = f"subjectKeyIdentifier=hash\n{EXTENSIONS[spec.kind]}"
        self.write(key_der=spec.issuer_key, public_pem=pem_of("PUBLIC KEY", spec.public_key))
        # Options without one for the form take PEM alone. Only req reads a subject as UTF-8, so a request of the
        # issuer's key brings the subject, and -force_pubkey the key.
        self.run("pkey", "-inform", "DER", "-in", "key.der", "-out", "key.pem")
        names = ["-utf8", "-subj", subject_text(spec.subject)]
        self.run("req", "-new", "-config", "empty.cnf", *names, "-key", "key.pem", "-out", "request.pem")
        command = ["x509", "-req", "-in", "request.pem", "-set_serial", str(spec.serial), "-days", "30"]
        if spec.issuer is None:
            command += ["-signkey", "key.pem"]
        else:
            extensions += "authorityKeyIdentifier=keyid:always\n"
            self.pem("issuer.pem", spec.issuer)
            command += ["-force_pubkey", "public.pem", "-CA", "issuer.pem", "-CAkey", "key.pem"]
        (self.directory / "extensions").write_text(extensions, encoding="utf-8")
        self.run(
            *command, *self.signing(algorithm), "-extfile", "extensions", "-outform", "DER", "-out", "certificate.der"
        )
        return self.read("certificate.der")

    def check_certificate(self, algorithm: Algorithm, certificate: bytes, issuer: bytes) -> CertificateReading:
        self.pem("certificate.pem", certificate)
        self.pem("issuer.pem", issuer)
        anchors = ["-partial_chain", "-trusted", "issuer.pem"]
        self_signed = ["-check_ss_sig"] if certificate == issuer else []
        self.run("verify", *anchors, *self_signed, *self.verifying(algorithm), "certificate.pem")
        text = self.run("x509", "-in", "certificate.pem", "-noout", "-serial", "-subject", *NAMES, "-ext", "keyUsage")
        usage = frozenset(name for shown, name in USAGES.items() if shown in text)
        return CertificateReading(self._serial(text), self._common_name(text), usage)

    @staticmethod
    def _serial(text: str) -> int:
        match = re.search(r"serial=([0-9A-F]+)", text)
        assert match is not None
        return int(match[1], 16)

    @staticmethod
    def _common_name(text: str) -> str:
        match = re.search(r"commonName *= (.*)", text)
        assert match is not None
        return match[1]

    def check_chain(self, algorithm: Algorithm, leaf: bytes, sub: bytes, root: bytes, crls: tuple[bytes, ...]) -> None:
        for name, certificate in (("leaf.pem", leaf), ("sub.pem", sub), ("root.pem", root)):
            self.pem(name, certificate)
        lists = []
        if crls:
            self.write(crls_pem=b"".join(pem_of("X509 CRL", crl) for crl in crls))
            lists = ["-crl_check_all", "-CRLfile", "crls.pem"]
        anchors = ["-CAfile", "root.pem", "-untrusted", "sub.pem"]
        self.run("verify", *anchors, *lists, *self.verifying(algorithm), "leaf.pem")

    def make_request(self, algorithm: Algorithm, key: bytes, subject: tuple[tuple[str, str], ...]) -> bytes:
        self.write(key_der=key)
        names = ["-utf8", "-subj", subject_text(subject), "-addext", f"subjectAltName=DNS:{DNS_NAME}"]
        new = ["req", "-new", "-config", "empty.cnf", "-keyform", "DER", "-key", "key.der"]
        self.run(*new, *names, *self.signing(algorithm), "-outform", "DER", "-out", "request.der")
        return self.read("request.der")

    def check_request(self, algorithm: Algorithm, request: bytes) -> RequestReading:
        self.write(request_der=request)
        reading = ["req", "-config", "empty.cnf", "-inform", "DER", "-in", "request.der", "-noout"]
        self.run(*reading, "-verify", *self.verifying(algorithm), must_say="self-signature verify OK")
        text = self.run(*reading, "-subject", "-text", *NAMES)
        key = self.run(*reading, "-pubkey")
        match = re.search(r"DNS:(\S+)", text)
        return RequestReading(self._common_name(text), der_of(key.encode()), match[1] if match else "")

    # ---- revocation lists ---------------------------------------------------------------
    @staticmethod
    def _hexadecimal(number: int) -> str:
        text = f"{number:X}"
        return text if len(text) % 2 == 0 else f"0{text}"

    def make_crl(self, algorithm: Algorithm, spec: CRLSpec) -> bytes:
        revoked = index_time(begin())
        lines = [
            f"R\t{index_time(end())}\t{revoked}{',' + REASONS[reason][0] if reason else ''}"
            f"\t{self._hexadecimal(serial)}\tunknown\t/CN={serial}\n"
            for serial, reason in spec.entries.items()
        ]
        delta = ""
        if spec.base is not None:  # 3.0 writes this extension only as given bytes
            content = spec.base.to_bytes(spec.base.bit_length() // 8 + 1, "big")
            delta = f"2.5.29.27=critical,DER:02{len(content):02X}{content.hex()}\n"
        files = {
            "index.txt": "".join(lines),
            "index.txt.attr": "unique_subject = no\n",
            "crlnumber": f"{self._hexadecimal(spec.number)}\n",
            "ca.cnf": "[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\ncrlnumber=crlnumber\ndefault_crl_days=30\n"
            f"default_md=default\ncrl_extensions=x\n[x]\nauthorityKeyIdentifier=keyid:always\n{delta}",
        }
        for name, text in files.items():
            (self.directory / name).write_text(text, encoding="utf-8")
        self.pem("issuer.pem", spec.issuer)
        self.write(key_der=spec.issuer_key)
        self.run("pkey", "-inform", "DER", "-in", "key.der", "-out", "key.pem")
        digest = [part for name in DIGEST.get(algorithm, ["-sha256"]) for part in ("-md", name[1:])]
        options = [*digest, *self.options(algorithm, "-sigopt")]
        who = ["-cert", "issuer.pem", "-keyfile", "key.pem"]
        self.run("ca", "-gencrl", "-config", "ca.cnf", *who, *options, "-out", "crl.pem")
        return der_of(self.read("crl.pem"))

    def check_crl(self, algorithm: Algorithm, crl: bytes, issuer: bytes) -> CRLReading:
        self.pem("issuer.pem", issuer)
        self.write(crl_der=crl)
        reading = ["crl", "-inform", "DER", "-in", "crl.der", "-noout"]
        self.run(*reading, "-CAfile", "issuer.pem", must_say="verify OK")
        text = self.run(*reading, "-text")
        entries = {}
        for part in text.split("Serial Number: ")[1:]:
            shown = re.search(r"CRL Reason Code: *\n *(.+)", part)
            codes = [code for code, (_, name) in REASONS.items() if shown and name == shown[1].strip()]
            entries[int(part.split("\n")[0], 16)] = codes[0] if codes else 0
        number = re.search(r"X509v3 CRL Number: *\n *(\S+)", text)
        base = re.search(r"X509v3 Delta CRL Indicator: critical\n *(\S+)", text)
        return CRLReading(entries, *(int(found[1], 0) if found else None for found in (number, base)))

    # ---- OCSP ---------------------------------------------------------------------------
    @staticmethod
    def _ocsp_hash(algorithm: Algorithm) -> str:
        return "-sm3" if algorithm.startswith("sm2") else "-sha256"

    def make_ocsp_request(self, algorithm: Algorithm, certificate: bytes, issuer: bytes) -> bytes:
        self.pem("certificate.pem", certificate)
        self.pem("issuer.pem", issuer)
        about = [self._ocsp_hash(algorithm), "-issuer", "issuer.pem", "-cert", "certificate.pem"]
        self.run("ocsp", *about, "-reqout", "request.der")
        return self.read("request.der")

    def read_ocsp_request(self, algorithm: Algorithm, request: bytes, issuer: bytes) -> tuple[tuple[int, ...], int]:
        self.write(request_der=request)
        text = self.run("ocsp", "-reqin", "request.der", "-req_text")
        serials = tuple(int(number, 16) for number in re.findall(r"Serial Number: ([0-9A-F]+)", text))
        nonce = re.search(r"OCSP Nonce: *\n *([0-9A-F]+)", text)
        return serials, len(nonce[1]) // 2 - 2 if nonce else 0  # the OCTET STRING is shown with its header

    def make_ocsp_response(self, algorithm: Algorithm, spec: ResponseSpec) -> bytes:
        self.pem("certificate.pem", spec.certificate)
        number = self.run("x509", "-in", "certificate.pem", "-noout", "-serial").strip().removeprefix("serial=")
        revoked = f"{index_time(begin())},keyCompromise"
        lines = {
            "good": f"V\t{index_time(end())}\t\t{number}\tunknown\t/CN=x\n",
            "revoked": f"R\t{index_time(end())}\t{revoked}\t{number}\tunknown\t/CN=x\n",
            "unknown": "",
        }
        (self.directory / "index.txt").write_text(lines[spec.status], encoding="utf-8")
        self.pem("issuer.pem", spec.issuer)
        self.pem("responder.pem", spec.responder)
        self.write(request_der=spec.request, key_der=spec.responder_key)
        self.run("pkey", "-inform", "DER", "-in", "key.der", "-out", "key.pem")
        digest = [part for name in DIGEST.get(algorithm, ["-sha256"]) for part in ("-rmd", name[1:])]
        who = ["-CA", "issuer.pem", "-rsigner", "responder.pem", "-rkey", "key.pem"]
        files = ["-index", "index.txt", "-reqin", "request.der", "-respout", "response.der", "-ndays", "1"]
        self.run("ocsp", *files, *who, *digest, *self.options(algorithm, "-rsigopt"))
        return self.read("response.der")

    def check_ocsp_response(
        self, algorithm: Algorithm, response: bytes, request: bytes, certificate: bytes, issuer: bytes, root: bytes
    ) -> Status:
        for name, data in (("certificate.pem", certificate), ("issuer.pem", issuer), ("root.pem", root)):
            self.pem(name, data)
        self.write(request_der=request, response_der=response)
        checking = ["ocsp", "-respin", "response.der", "-CAfile", "root.pem", "-verify_other", "issuer.pem"]
        # The nonce is compared with a request that is read; the status is shown for one that is made anew.
        self.run(*checking, "-reqin", "request.der", must_say="Response verify OK")
        about = [self._ocsp_hash(algorithm), "-issuer", "issuer.pem", "-cert", "certificate.pem"]
        said = self.run(*checking, "-no_nonce", *about, must_say="Response verify OK")
        found = re.search(r"certificate\.pem: (good|revoked|unknown)", said)
        if found is None:
            raise Refused(" | ".join(said.split("\n")))
        return found[1]  # type: ignore[return-value]
