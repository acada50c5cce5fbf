"""A slapd of OpenLDAP for tests: in a folder of its own, on a free port of this machine, gone at the end."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from pathlib import Path

START_S = 30
ABSENT = "peer program: slapd is not installed"
BASE = "dc=example,dc=cn"
USER = f"cn=publisher,{BASE}"
PASSWORD = "only-for-tests"
_SCHEMAS = Path("/etc/ldap/schema")


def program() -> str | None:
    """Return the server's program; None when it is not installed."""
    found = shutil.which("slapd", path="/usr/sbin:/usr/local/sbin:/usr/lib/openldap:/usr/local/libexec")
    return found if found and (_SCHEMAS / "core.schema").exists() else None


class Slapd:
    """A server. TLS is there when the folder has ``server.pem`` and ``server.key``."""

    def __init__(self, slapd: str, folder: Path) -> None:
        self._slapd = slapd
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        (folder / "data").mkdir()
        lines = [f"include {_SCHEMAS / name}.schema" for name in ("core", "cosine", "inetorgperson")]
        lines += [f"pidfile {folder}/slapd.pid", "modulepath /usr/lib/ldap", "moduleload back_mdb"]
        if (folder / "server.pem").exists():
            lines += [f"TLSCertificateFile {folder}/server.pem", f"TLSCertificateKeyFile {folder}/server.key"]
        lines += ["database mdb", f'suffix "{BASE}"', f'rootdn "{USER}"', f"rootpw {PASSWORD}"]
        lines += [f"directory {folder}/data", "access to * by * read"]
        (folder / "slapd.conf").write_text("\n".join(lines) + "\n")

    @property
    def uri(self) -> str:
        return f"ldap://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it, and wait until it answers; make the base entry."""
        ldif = f"dn: {BASE}\nobjectClass: dcObject\nobjectClass: organization\no: 示例\ndc: example\n"
        add = shutil.which("slapadd", path=str(Path(self._slapd).parent)) or "slapadd"
        configured = ["-f", str(self._folder / "slapd.conf")]
        subprocess.run([add, *configured], input=ldif.encode(), check=True, capture_output=True)
        command = [self._slapd, *configured, "-h", self.uri + "/", "-d", "0"]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until = time.monotonic() + START_S
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > until:
                self.stop()
                raise OSError("slapd does not answer")
            time.sleep(0.05)

    def _answers(self) -> bool:
        with socket.socket() as tried:
            tried.settimeout(1)
            return tried.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self) -> None:
        """Stop it."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(timeout=START_S)
            self._process = None
