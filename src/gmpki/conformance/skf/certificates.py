"""The two certificates of a container (GM/T 0016-2012 7.5.8, 7.5.9)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki.conformance.clauses import GMT_0016
from gmpki.conformance.model import Clause, Kind, Permission, Severity, Words
from gmpki.conformance.registry import Group
from gmpki.conformance.skf.samples import certificate

if TYPE_CHECKING:
    from gmpki.conformance.skf.bench import SKFBench
    from gmpki.tokens.skf.structures import ContainerHandle

__all__ = ["GROUP", "expect_certificate"]

_EXPORT_CERTIFICATE: Final = Clause(GMT_0016, "7.5.9")
_LARGE_CERTIFICATE_LEN: Final = 2048
_CERTIFICATES: Final = ("SKF_ImportCertificate", "SKF_ExportCertificate")

GROUP: Final = Group(Kind.SKF, "certificates", "CERT", Words("Certificates in containers", "容器中的证书"))


def expect_certificate(bench: SKFBench, container: ContainerHandle, signing: bool, wanted: bytes) -> None:
    """Fail unless a container gives a certificate back as it was."""
    found = bench.skf.export_certificate(container, signing)
    en, zh = ("signing", "签名") if signing else ("encryption", "加密")
    bench.expect(
        found == wanted,
        f"the {en} certificate comes back changed: {len(found)} bytes instead of {len(wanted)}"
        if len(found) != len(wanted)
        else f"the {en} certificate comes back as another",
        f"导出的{zh}证书与导入的不一致",
    )


def _import_answer(bench: SKFBench, container: ContainerHandle, certificate: bytes) -> str:
    """Return what the driver says to a signing certificate."""
    data = bench.data(certificate)
    return bench.supported("SKF_ImportCertificate", bench.raw(container), 1, data, len(certificate))


@GROUP.check(
    1,
    "Both certificates come back byte for byte, each from its own place",
    "签名证书与加密证书逐字节原样导出且不互换",
    clause=_EXPORT_CERTIFICATE,
    functions=_CERTIFICATES,
    needs=(Permission.WRITE,),
)
def both_certificates(bench: SKFBench) -> None:
    """Import two certificates of different lengths and export both."""
    dual = bench.dual_container()
    signing = certificate(dual.signing_point)
    encryption = certificate(dual.encryption_key.public_key.to_bytes(), least_len=256)
    bench.skf.import_certificate(dual.container, True, signing)
    bench.skf.import_certificate(dual.container, False, encryption)
    found = bench.skf.export_certificate(dual.container, True)
    bench.expect(found != encryption, "the certificates are swapped", "签名证书与加密证书互换")
    expect_certificate(bench, dual.container, True, signing)
    expect_certificate(bench, dual.container, False, encryption)


@GROUP.check(
    2,
    "A certificate of more than 2048 bytes is kept whole",
    "超过 2048 字节的证书完整保存",
    clause=Clause(GMT_0016, "7.5.8", "B"),
    functions=_CERTIFICATES,
    severity=Severity.RECOMMENDED,
    needs=(Permission.WRITE,),
)
def large_certificate(bench: SKFBench) -> None:
    """Import a certificate with a long subject, and export it."""
    container, point = bench.signing_container()
    large = certificate(point, least_len=_LARGE_CERTIFICATE_LEN)
    bench.observe("bytes", len(large))
    answer = _import_answer(bench, container, large)
    bench.expect(
        answer == "SAR_OK",
        f"{len(large)} bytes are refused: {answer}",
        f"拒绝了 {len(large)} 字节的证书：{answer}",
    )
    expect_certificate(bench, container, True, large)


@GROUP.check(
    3,
    "A new certificate replaces the old one",
    "重新导入证书后导出新证书",
    clause=Clause(GMT_0016, "7.5.8", "B"),
    functions=_CERTIFICATES,
    severity=Severity.RECOMMENDED,
    needs=(Permission.WRITE,),
)
def certificate_is_replaced(bench: SKFBench) -> None:
    """Import a certificate, then a shorter one for the same key as a renewal does, and export it."""
    container, point = bench.signing_container()
    bench.skf.import_certificate(container, True, certificate(point, least_len=256))
    renewed = certificate(point)
    answer = _import_answer(bench, container, renewed)
    if answer != "SAR_OK":
        bench.deviate(
            f"a second certificate is refused: {answer}",
            f"拒绝重新导入证书：{answer}",
            "a renewal makes a new container",
            "更新证书时使用新容器",
        )
    expect_certificate(bench, container, True, renewed)


@GROUP.check(
    4,
    "Where there is no certificate none is exported",
    "未导入证书时不能导出证书",
    clause=_EXPORT_CERTIFICATE,
    functions=("SKF_ExportCertificate",),
    needs=(Permission.WRITE,),
)
def missing_certificate(bench: SKFBench) -> None:
    """Export the encryption certificate of a container that has a signing certificate only."""
    container, point = bench.signing_container()
    bench.skf.import_certificate(container, True, certificate(point))
    _cell, length = bench.ulong(4 * _LARGE_CERTIFICATE_LEN)
    buffer = bench.buffer(4 * _LARGE_CERTIFICATE_LEN, 0)
    answer = bench.supported("SKF_ExportCertificate", bench.raw(container), 0, buffer.pointer, length)
    bench.observe("SKF_ExportCertificate", answer)
    if answer == "SAR_OK" and length[0] == 0:
        bench.deviate(
            "it answers SAR_OK and a length of 0",
            "返回 SAR_OK 且长度为 0",
            "the client takes an empty certificate for none",
            "客户端将空证书视为无证书",
        )
    bench.expect(answer != "SAR_OK", "a certificate is exported that nobody imported", "导出了未曾导入的证书")


@GROUP.check(
    5,
    "A missing certificate is answered with SAR_CERTNOTFOUNTERR",
    "无证书时返回 SAR_CERTNOTFOUNTERR",
    clause=Clause(GMT_0016, "annex A"),
    functions=("SKF_ExportCertificate",),
    severity=Severity.RECOMMENDED,
    needs=(Permission.WRITE,),
)
def missing_certificate_code(bench: SKFBench) -> None:
    """Ask an empty container for the length of its signing certificate."""
    _cell, length = bench.ulong()
    arguments = (bench.raw(bench.new_container()), 1, bench.ffi.NULL, length)
    bench.accepts(
        ("SAR_CERTNOTFOUNTERR",), "another code came", "返回了其他错误码", "SKF_ExportCertificate", *arguments
    )
