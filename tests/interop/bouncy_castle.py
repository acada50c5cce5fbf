"""Bouncy Castle as a peer: the Java program of ours in ``java/``, one process for all jobs."""

# Every implementation has the same methods with the same arguments.
# ruff: noqa: ARG002

from __future__ import annotations

import base64
import contextlib
import shutil
import subprocess
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

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
    now,
)

__all__ = ["BouncyCastle", "missing"]

SOURCES = Path(__file__).resolve().parent / "java"
JARS = [Path("/usr/share/java") / name for name in ("bcprov.jar", "bcpkix.jar", "bcutil.jar")]
CLASSPATH = ":".join(map(str, JARS))
TIMEOUT_S = 120
# For short lives: a parallel collector costs more than it brings; so does the second compiler, but for RSA.
JAVA = ["java", "-XX:+UseSerialGC", "-Xshare:auto"]
JAVAC = ["javac", "-J-XX:+UseSerialGC", "-J-XX:TieredStopAtLevel=1"]


def missing() -> str:
    """Return why Bouncy Castle cannot be a peer here; "" when it can."""
    absent = [program for program in ("javac", "java") if shutil.which(program) is None]
    absent += [jar.name for jar in JARS if not jar.exists()]
    return f"peer program: {', '.join(absent)} not found" if absent else ""


def seconds(when: datetime) -> str:
    """Return a time as seconds since 1970."""
    return str(int(when.timestamp()))


def entries_of(text: str) -> dict[int, int]:
    """Read ``serial:reason,serial:reason``."""
    return {
        int(serial): int(reason) for serial, _, reason in (item.partition(":") for item in text.split(",")) if serial
    }


@lru_cache(maxsize=1)
def classes() -> TemporaryDirectory[str]:
    """Compile the program, once a process, into a directory that goes with the process."""
    directory = TemporaryDirectory(prefix="gmpki-java-")
    command = [*JAVAC, "-Xlint:all,-path", "-Werror", "-encoding", "UTF-8"]
    command += ["-cp", CLASSPATH, "-d", directory.name, *map(str, sorted(SOURCES.glob("*.java")))]
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    assert done.returncode == 0, done.stderr
    return directory


class BouncyCastle:
    """Runs the program. A context: one thread at a time."""

    name = "bouncy-castle"

    def __init__(self) -> None:
        command = [*JAVA, "-cp", f"{classes().name}:{CLASSPATH}", "Peer"]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )

    def close(self) -> None:
        """End the program, which ends with its input."""
        with contextlib.suppress(BrokenPipeError):
            self._process.communicate(timeout=TIMEOUT_S)

    def ask(self, command: str, **fields: bytes | str) -> dict[str, bytes]:
        """Send a command and return the fields of the answer; raise Refused with its message where it refuses."""
        encoded = {name: value.encode() if isinstance(value, str) else value for name, value in fields.items()}
        line = "\t".join([command, *(f"{name}={base64.b64encode(value).decode()}" for name, value in encoded.items())])
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        verdict, *parts = self._process.stdout.readline().rstrip("\n").split("\t")
        assert verdict in ("ok", "no"), "the program ended"
        answer = {name: base64.b64decode(value) for name, _, value in (part.partition("=") for part in parts)}
        if verdict == "no":
            raise Refused(answer["message"].decode())
        return answer

    # ---- keys and signatures ------------------------------------------------------------
    def new_key(self, algorithm: Algorithm) -> bytes:
        return self.ask("generate", algorithm=algorithm)["private"]

    def public_key(self, algorithm: Algorithm, key: bytes) -> bytes:
        return self.ask("public-of", algorithm=algorithm, private=key)["public"]

    def check_key(self, algorithm: Algorithm, key: bytes, public_key: bytes) -> bytes:
        return self.ask("check-key", algorithm=algorithm, private=key, public=public_key)["public"]

    def sign(self, algorithm: Algorithm, key: bytes, message: bytes) -> bytes:
        return self.ask("sign", algorithm=algorithm, private=key, message=message)["signature"]

    def check_signature(self, algorithm: Algorithm, public_key: bytes, message: bytes, signature: bytes) -> None:
        self.ask("verify", algorithm=algorithm, public=public_key, message=message, signature=signature)

    # ---- certificates -------------------------------------------------------------------
    def make_certificate(self, algorithm: Algorithm, spec: CertificateSpec) -> bytes:
        fields: dict[str, bytes | str] = {
            "algorithm": algorithm,
            "kind": spec.kind,
            "subject": ",".join(f"{name}={text}" for name, text in spec.subject),
            "serial": str(spec.serial),
            "public": spec.public_key,
            "private": spec.issuer_key,
            "not_before": seconds(begin()),
            "not_after": seconds(end()),
            "dns": DNS_NAME,
            "crl_uri": CRL_URI,
        }
        if spec.issuer is not None:
            fields["issuer"] = spec.issuer
        return self.ask("make-certificate", **fields)["certificate"]

    def check_certificate(self, algorithm: Algorithm, certificate: bytes, issuer: bytes) -> CertificateReading:
        found = self.ask("check-certificate", algorithm=algorithm, certificate=certificate, issuer=issuer)
        usage = frozenset(filter(None, found["key_usage"].decode().split(",")))
        return CertificateReading(int(found["serial"]), found["common_name"].decode(), usage)

    def check_chain(self, algorithm: Algorithm, leaf: bytes, sub: bytes, root: bytes, crls: tuple[bytes, ...]) -> None:
        lists = {f"crl{number}": crl for number, crl in enumerate(crls)}
        self.ask("check-chain", certificate0=leaf, certificate1=sub, root=root, at=seconds(now()), **lists)

    def make_request(self, algorithm: Algorithm, key: bytes, subject: tuple[tuple[str, str], ...]) -> bytes:
        return self.ask(
            "make-request",
            algorithm=algorithm,
            private=key,
            public=self.public_key(algorithm, key),
            subject=",".join(f"{name}={text}" for name, text in subject),
            dns=DNS_NAME,
        )["request"]

    def check_request(self, algorithm: Algorithm, request: bytes) -> RequestReading:
        found = self.ask("check-request", algorithm=algorithm, request=request)
        return RequestReading(found["common_name"].decode(), found["public"], found["dns"].decode())

    # ---- revocation ---------------------------------------------------------------------
    def make_crl(self, algorithm: Algorithm, spec: CRLSpec) -> bytes:
        fields: dict[str, bytes | str] = {
            "algorithm": algorithm,
            "issuer": spec.issuer,
            "private": spec.issuer_key,
            "number": str(spec.number),
            "entries": ",".join(f"{serial}:{reason}" for serial, reason in spec.entries.items()),
            "this_update": seconds(begin()),
            "next_update": seconds(end()),
        }
        if spec.base is not None:
            fields["base"] = str(spec.base)
        return self.ask("make-crl", **fields)["crl"]

    def check_crl(self, algorithm: Algorithm, crl: bytes, issuer: bytes) -> CRLReading:
        found = {name: text.decode() for name, text in self.ask("check-crl", crl=crl, issuer=issuer).items()}
        number, base = (int(found[name]) if found[name] else None for name in ("number", "base"))
        return CRLReading(entries_of(found["entries"]), number, base)

    def make_ocsp_request(self, algorithm: Algorithm, certificate: bytes, issuer: bytes) -> bytes:
        hash_name = "sm3" if algorithm.startswith("sm2") else "sha256"
        return self.ask("make-ocsp-request", certificate=certificate, issuer=issuer, hash=hash_name)["request"]

    def read_ocsp_request(self, algorithm: Algorithm, request: bytes, issuer: bytes) -> tuple[tuple[int, ...], int]:
        found = self.ask("read-ocsp-request", request=request, issuer=issuer)
        return tuple(map(int, found["serials"].decode().split(","))), len(found["nonce"])

    def make_ocsp_response(self, algorithm: Algorithm, spec: ResponseSpec) -> bytes:
        return self.ask(
            "make-ocsp-response",
            algorithm=algorithm,
            request=spec.request,
            responder=spec.responder,
            private=spec.responder_key,
            status=spec.status,
            this_update=seconds(begin()),
            next_update=seconds(end()),
        )["response"]

    def check_ocsp_response(
        self, algorithm: Algorithm, response: bytes, request: bytes, certificate: bytes, issuer: bytes, root: bytes
    ) -> Status:
        fields = {"response": response, "request": request, "certificate": certificate, "issuer": issuer}
        status = self.ask("check-ocsp-response", **fields)["status"].decode()
        assert status in ("good", "revoked", "unknown")
        return status  # type: ignore[return-value]
