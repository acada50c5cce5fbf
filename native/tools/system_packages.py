"""See that the programs a target needs are there; install them with apt where that can be done.

Usage: ``python system_packages.py GROUP ...`` with groups of :data:`NEEDS`. Runs before there is an environment, so in
plain Python. As root on a system with apt the missing packages are installed; elsewhere they are named, and the exit
code is 1.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Need:
    """Something a target needs, how to see that it is there, and the Debian packages that bring it."""

    what: str
    packages: tuple[str, ...]
    is_there: Callable[[], bool]


def program(*names: str) -> Callable[[], bool]:
    return lambda: any(shutil.which(name) for name in names)


def compiles(
    *flags: str, compilers: tuple[str, ...], header: str = "stdio.h", body: str = 'return puts("") < 0;'
) -> Callable[[], bool]:
    """Whether the first compiler of these that exists compiles and links a program with the flags."""

    def attempt() -> bool:
        compiler = next((name for name in compilers if shutil.which(name)), None)
        if compiler is None:
            return False
        with tempfile.TemporaryDirectory() as directory:
            source = Path(directory) / "probe.c"
            source.write_text(f"#include <{header}>\nint main(void) {{ {body} }}\n", encoding="utf-8")
            command = [compiler, *flags, str(source), "-o", str(Path(directory) / "probe")]
            return subprocess.run(command, capture_output=True, check=False).returncode == 0

    return attempt


def compiles_header(name: str) -> Callable[[], bool]:
    return compiles(compilers=("cc", "gcc", "clang"), header=name, body="return 0;")


def python_header() -> bool:
    return (Path(sysconfig.get_paths()["include"]) / "Python.h").exists()


def ensurepip() -> bool:
    return subprocess.run([sys.executable, "-c", "import ensurepip"], capture_output=True, check=False).returncode == 0


def jars(*names: str) -> Callable[[], bool]:
    return lambda: all(Path(f"/usr/share/java/{name}.jar").exists() for name in names)


def chinese_font() -> bool:
    return any(Path("/usr/share/fonts").rglob("NotoSerifCJK*"))


def virtual_reader() -> bool:
    return program("pcscd")() and Path("/etc/reader.conf.d/vpcd").exists()


OLDEST = (3, 10)

CLANGS = (*(f"clang-{version}" for version in range(25, 13, -1)), "clang")
PYTHON = f"python3.{sys.version_info.minor}"

COMPILER = Need("a C compiler", ("gcc", "libc6-dev"), compiles(compilers=("cc", "gcc", "clang")))
GCC = Need("gcc", ("gcc", "libc6-dev"), compiles(compilers=("gcc",)))
CLANG = Need(
    "clang 14 or newer with its sanitizers",
    ("clang-16", "libclang-rt-16-dev", "llvm-16"),
    compiles("-fsanitize=address", compilers=CLANGS),
)

POSTGRESQL = Need("PostgreSQL's server", ("postgresql",), lambda: any(Path("/usr/lib/postgresql").glob("*/bin/initdb")))

NEEDS: dict[str, tuple[Need, ...]] = {
    "build": (
        COMPILER,
        Need("Python's headers", (f"{PYTHON}-dev",), python_header),
        Need("Python's venv", (f"{PYTHON}-venv",), ensurepip),
    ),
    "test": (
        Need("the openssl command", ("openssl",), program("openssl")),
        Need("git", ("git",), program("git")),
        Need("qpdf", ("qpdf",), program("qpdf")),
        Need("poppler's tools", ("poppler-utils",), lambda: program("pdfsig")() and program("pdftoppm")()),
        Need("a Chinese font", ("fonts-noto-cjk",), chinese_font),
        Need("SoftHSM", ("softhsm2",), lambda: Path("/usr/lib/softhsm/libsofthsm2.so").exists()),
        Need("OpenSC's pkcs11-tool", ("opensc",), program("pkcs11-tool")),
        Need("p11-kit's p11tool", ("gnutls-bin",), program("p11tool")),
        Need("pcscd with a virtual reader", ("pcscd", "vsmartcard-vpcd"), virtual_reader),
        POSTGRESQL,
        Need("OpenLDAP's slapd", ("slapd", "ldap-utils"), lambda: Path("/usr/sbin/slapd").exists()),
    ),
    # pyscard has no wheels for Linux: it is compiled when the tools are installed.
    "pcsc": (
        Need("swig", ("swig",), program("swig")),
        Need("the headers of pcsclite", ("libpcsclite-dev",), Path("/usr/include/PCSC/winscard.h").exists),
    ),
    "ctime": (
        GCC,
        CLANG,
        Need("valgrind", ("valgrind",), program("valgrind")),
        Need("objdump", ("binutils",), program("objdump")),
    ),
    "sanitize": (GCC, Need("gcc's sanitizers", ("gcc",), compiles("-fsanitize=address", compilers=("gcc",))), CLANG),
    "postgresql": (POSTGRESQL,),
    # Other libraries to measure beside the core; what is not there is not measured.
    "bench": (
        COMPILER,
        Need("OpenSSL's headers", ("libssl-dev",), compiles_header("openssl/evp.h")),
        Need("libgcrypt's headers", ("libgcrypt20-dev",), compiles_header("gcrypt.h")),
        Need("valgrind", ("valgrind",), program("valgrind")),
    ),
    "fuzz": (CLANG,),
    "interop": (
        Need("a Java development kit", ("openjdk-17-jdk-headless",), program("javac")),
        Need("Bouncy Castle", ("libbcprov-java", "libbcpkix-java"), jars("bcprov", "bcpkix", "bcutil")),
    ),
    "qemu": (
        Need("qemu-user", ("qemu-user",), lambda: program("qemu-aarch64")() and program("qemu-s390x")()),
        Need(
            "a C compiler for aarch64",
            ("gcc-aarch64-linux-gnu", "libc6-dev-arm64-cross"),
            compiles(compilers=("aarch64-linux-gnu-gcc",)),
        ),
        Need(
            "a C compiler for s390x",
            ("gcc-s390x-linux-gnu", "libc6-dev-s390x-cross"),
            compiles(compilers=("s390x-linux-gnu-gcc",)),
        ),
    ),
}


def missing(groups: list[str]) -> list[Need]:
    return [need for group in groups for need in NEEDS[group] if not need.is_there()]


def install(needs: list[Need]) -> None:
    """Install the packages with apt; what goes wrong shows in what is still missing afterwards."""
    packages = list(dict.fromkeys(package for need in needs for package in need.packages))
    print(f"installing with apt: {' '.join(packages)}", flush=True)
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    quiet = ["apt-get", "-qq", "-o", "Dpkg::Use-Pty=0"]
    subprocess.run([*quiet, "update"], env=env, check=False)
    subprocess.run([*quiet, "install", "-y", "--no-install-recommends", *packages], env=env, check=False)


def main(groups: list[str]) -> int:
    if sys.version_info < OLDEST:
        print(f"Python 3.10 or newer is needed, this is {sys.version.split()[0]}; name another: make PYTHON=python3.12")
        return 1
    needs = missing(groups)
    if needs and os.geteuid() == 0 and shutil.which("apt-get"):
        install(needs)
        needs = missing(groups)
    for need in needs:
        print(f"missing: {need.what} (Debian: {' '.join(need.packages)})")
    return 1 if needs else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
