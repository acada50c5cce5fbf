"""Signing pairs: made inside the token, shown as a public key, never leaving it (GM/T 0016-2012 7.6.8, 7.6.17)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki.algorithms.sm2 import PointFormat
from gmpki.conformance.clauses import GMT_0006, GMT_0016, GMT_0027
from gmpki.conformance.model import Clause, Kind, Permission, Severity, Words
from gmpki.conformance.registry import Group
from gmpki.conformance.skf.sm2_blobs import FORMS, NUMBER_LEN, ORDER, RIGHT, Blob, field_of, on_curve, point_of, room
from gmpki.keys.sm2 import SM2PrivateKey

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gmpki.conformance.skf.bench import SKFBench
    from gmpki.tokens.skf.structures import ContainerHandle

__all__ = ["GROUP"]

_GENERATE: Final = Clause(GMT_0016, "7.6.8")
_EXPORT: Final = Clause(GMT_0016, "7.6.17")
_BITS: Final = 256
_ROOM_LEN: Final = 1024  # more than any public key takes

GROUP: Final = Group(Kind.SKF, "keys", "GEN", Words("Signing key pairs", "签名密钥对"))


def _generated(bench: SKFBench, container: ContainerHandle) -> Blob:
    """Make a pair with whichever identifier the driver takes, and return its public key as the driver wrote it."""
    answers = []
    blob = room(bench, "ECCPUBLICKEYBLOB")
    for name in ("SGD_SM2_1", "SGD_SM2_1_DRAFT"):
        answers.append(bench.answer("SKF_GenECCKeyPair", bench.raw(container), bench.constant(name), blob.at))
        if answers[-1] == "SAR_OK":
            break
    _end_if_unsupported(bench, answers)
    shown = " / ".join(answers)
    bench.expect("SAR_OK" in answers, f"SKF_GenECCKeyPair answered {shown}", f"SKF_GenECCKeyPair 返回 {shown}")
    return blob


def _end_if_unsupported(bench: SKFBench, answers: Iterable[str]) -> None:
    if set(answers) == {"SAR_NOTSUPPORTYETERR"}:
        bench.unsupported("it makes no SM2 key pairs", "不支持生成 SM2 密钥对")


def _exported(bench: SKFBench, container: ContainerHandle, signing: bool) -> tuple[str, bytes]:
    """Return the answer and the bytes that SKF_ExportPublicKey writes, with room for much more."""
    _cell, length = bench.ulong(_ROOM_LEN)
    buffer = bench.buffer(_ROOM_LEN, 0)
    answer = bench.supported("SKF_ExportPublicKey", bench.raw(container), int(signing), buffer.pointer, length)
    return answer, buffer.bytes()


@GROUP.check(
    1,
    "SKF_GenECCKeyPair answers a point of the curve",
    "SKF_GenECCKeyPair 返回的公钥是 SM2 曲线上的点",
    clause=_GENERATE,
    functions=("SKF_GenECCKeyPair",),
    needs=(Permission.WRITE,),
)
def point_is_on_curve(bench: SKFBench) -> None:
    """Make a pair and compute whether its public key satisfies the equation of the curve, read in every known form."""
    blob = _generated(bench, bench.new_container())
    for form in FORMS:
        if on_curve(point_of(bench, blob, form)):
            en, zh = form.words.en, form.words.zh
            bench.expect(form is RIGHT, f"the public key is {en}", f"公钥格式错误：{zh}")
            return
    bench.fail("the public key is not on the curve", "公钥不在 SM2 曲线上")


@GROUP.check(
    2,
    "A public key has 256 bits, and zeros before each coordinate",
    "公钥位长为 256，坐标右对齐，前 32 字节为零",
    clause=Clause(GMT_0016, "7.6.8", "B"),
    functions=("SKF_GenECCKeyPair",),
    needs=(Permission.WRITE,),
)
def public_key_fields(bench: SKFBench) -> None:
    """Make a pair and look at BitLen and at the first 32 bytes of both coordinates."""
    blob = _generated(bench, bench.new_container())
    bits = int(blob.at.BitLen)
    bench.expect(bits == _BITS, f"BitLen is {bits}", f"BitLen 为 {bits}")
    for name in ("XCoordinate", "YCoordinate"):
        before = field_of(bench, getattr(blob.at, name))[:-NUMBER_LEN]
        bench.expect(
            not any(before),
            f"{name} is not right-aligned: its first 32 bytes are not zero",
            f"{name} 未右对齐：前 32 字节不为零",
        )


@GROUP.check(
    3,
    "SKF_ExportPublicKey shows the key that SKF_GenECCKeyPair answered",
    "SKF_ExportPublicKey 导出的签名公钥与生成时返回的一致",
    clause=_EXPORT,
    functions=("SKF_GenECCKeyPair", "SKF_ExportPublicKey"),
    needs=(Permission.WRITE,),
)
def exported_key_is_the_same(bench: SKFBench) -> None:
    """Make a pair, export its public key, and compare the two structures byte for byte."""
    container = bench.new_container()
    blob = _generated(bench, container)
    size = int(bench.ffi.sizeof("ECCPUBLICKEYBLOB"))
    answer, content = _exported(bench, container, True)
    bench.expect(answer == "SAR_OK", f"SKF_ExportPublicKey answered {answer}", f"SKF_ExportPublicKey 返回 {answer}")
    bench.expect(content[:size] == blob.memory.bytes(), "the exported key is another", "导出的公钥与生成时不一致")


@GROUP.check(
    5,
    "The pairs of two containers differ",
    "不同容器生成的密钥对不相同",
    clause=_GENERATE,
    functions=("SKF_GenECCKeyPair",),
    needs=(Permission.WRITE,),
)
def pairs_differ(bench: SKFBench) -> None:
    """Make a pair in each of two containers and compare the public keys."""
    points = [point_of(bench, _generated(bench, bench.new_container())) for _ in range(2)]
    bench.expect(points[0] != points[1], "two containers got the same pair", "两个容器得到了相同的密钥对")


@GROUP.check(
    6,
    "SGD_SM2_1 is 0x00020200",
    "签名算法标识 SGD_SM2_1 为 0x00020200",
    clause=Clause(GMT_0006, "", "B"),
    functions=("SKF_GenECCKeyPair",),
    severity=Severity.RECOMMENDED,
    needs=(Permission.WRITE,),
)
def signing_identifier(bench: SKFBench) -> None:
    """Make a pair with the identifier of GM/T 0006, another with that of the drafts of 2009 and 2010; tell both."""
    answers = {}
    for name in ("SGD_SM2_1", "SGD_SM2_1_DRAFT"):
        number, blob = bench.constant(name), room(bench, "ECCPUBLICKEYBLOB")
        answers[name] = bench.answer("SKF_GenECCKeyPair", bench.raw(bench.new_container()), number, blob.at)
        bench.observe(f"0x{number:08X}", answers[name])
    if answers["SGD_SM2_1"] == "SAR_OK":
        return
    _end_if_unsupported(bench, answers.values())
    bench.expect("SAR_OK" in answers.values(), "neither 0x00020200 nor 0x00020100 is taken", "两种标识均被拒绝")
    bench.deviate(
        "only 0x00020100, the identifier of the drafts, is taken",
        "仅接受草案标识 0x00020100",
        "the client tries 0x00020200 first, then 0x00020100",
        "客户端先试 0x00020200，再试 0x00020100",
    )


@GROUP.check(
    7,
    "SKF_GenECCKeyPair refuses other algorithms than SM2 signature",
    "SKF_GenECCKeyPair 拒绝 SM2 签名以外的算法标识",
    clause=_GENERATE,
    functions=("SKF_GenECCKeyPair",),
    severity=Severity.RECOMMENDED,
    needs=(Permission.WRITE,),
)
def other_algorithm(bench: SKFBench) -> None:
    """Ask for a pair by the identifier of RSA, for which a structure of SM2 has no room."""
    container, blob = bench.new_container(), room(bench, "ECCPUBLICKEYBLOB")
    answer = bench.answer("SKF_GenECCKeyPair", bench.raw(container), bench.constant("SGD_RSA"), blob.at)
    bench.observe("SKF_GenECCKeyPair", answer)
    bench.expect(answer != "SAR_OK", "it makes a pair for SGD_RSA", "接受了算法标识 SGD_RSA")


@GROUP.check(
    8,
    "What a second pair in a container does",
    "在同一容器中再次生成密钥对的行为",
    clause=Clause(GMT_0016, "7.6.8", "B"),
    functions=("SKF_GenECCKeyPair", "SKF_ExportPublicKey"),
    severity=Severity.INFORMATION,
    needs=(Permission.WRITE,),
)
def second_generation(bench: SKFBench) -> None:
    """Make a pair twice in one container: it is overwritten or refused, and what is exported is the pair that holds."""
    container, first = bench.signing_container()
    blob = room(bench, "ECCPUBLICKEYBLOB")
    number = _numbering(bench)
    answer = bench.answer("SKF_GenECCKeyPair", bench.raw(container), number, blob.at)
    bench.observe("second generation", answer)
    holds = point_of(bench, blob) if answer == "SAR_OK" else first
    bench.expect(
        bench.skf.export_public_key(container, True) == holds,
        "the exported key is not that of the pair in the container",
        "导出的公钥不是容器中现有密钥对的公钥",
    )


def _numbering(bench: SKFBench) -> int:
    """Return the identifier that has just made a pair."""
    numbering = bench.skf.profile.sm2_numbering
    draft = numbering is not None and numbering.value == "draft"
    return bench.constant("SGD_SM2_1_DRAFT" if draft else "SGD_SM2_1")


@GROUP.check(
    9,
    "No private key stands in what a container gives out",
    "容器的输出中不包含私钥",
    clause=Clause(GMT_0027, "9.2"),
    functions=("SKF_GenECCKeyPair", "SKF_ExportPublicKey", "SKF_ECCSignData", "SKF_ExportCertificate"),
    needs=(Permission.WRITE,),
)
def private_key_stays_inside(bench: SKFBench) -> None:
    """Search the public keys, certificates and a signature of a container with both pairs, and the memory behind each,
    for a number that makes one of the public keys.
    """
    dual = bench.dual_container()
    container = bench.raw(dual.container)
    outputs: dict[str, bytes] = {}
    points = {dual.signing_point, dual.encryption_key.public_key.to_bytes(PointFormat.BARE)}
    for signing in (True, False):
        answer, content = _exported(bench, dual.container, signing)
        outputs[f"SKF_ExportPublicKey({signing})"] = content
        if answer == "SAR_OK":
            shown = room(bench, "ECCPUBLICKEYBLOB")
            bench.ffi.memmove(shown.at, content, len(shown.memory.bytes()))
            points.add(point_of(bench, shown))
        buffer, (_cell, length) = bench.buffer(_ROOM_LEN, 0), bench.ulong(_ROOM_LEN)
        bench.answer("SKF_ExportCertificate", container, int(signing), buffer.pointer, length)
        outputs[f"SKF_ExportCertificate({signing})"] = buffer.bytes()
    signature = room(bench, "ECCSIGNATUREBLOB", _ROOM_LEN)
    bench.answer("SKF_ECCSignData", container, bench.data(bytes(range(32))), 32, signature.at)
    outputs["SKF_ECCSignData"] = signature.memory.bytes()
    for function, content in outputs.items():
        found = any(number in points for number in _public_keys(content))
        bench.expect(not found, f"{function} writes a private key", f"{function} 输出了私钥")


def _public_keys(content: bytes) -> Iterator[bytes]:
    """Yield the public key x || y of every number in bytes that can be a private key, whatever its byte order."""
    for number in {content[at : at + NUMBER_LEN] for at in range(len(content) - NUMBER_LEN + 1)}:
        for tried in (number, number[::-1]):
            if 0 < int.from_bytes(tried, "big") < ORDER - 1:
                yield SM2PrivateKey.from_bytes(tried).public_key.to_bytes(PointFormat.BARE)


@GROUP.check(
    11,
    "The encryption key is not the signing key under another name",
    "没有加密密钥对时不以签名公钥充当加密公钥",
    clause=_EXPORT,
    functions=("SKF_ExportPublicKey",),
    needs=(Permission.WRITE,),
)
def encryption_key_is_not_signing_key(bench: SKFBench) -> None:
    """Export the encryption key of a container that has a signing pair only."""
    container, _point = bench.signing_container()
    answer, _content = _exported(bench, container, False)
    bench.observe("SKF_ExportPublicKey", answer)
    bench.expect(
        answer != "SAR_OK",
        "bSignFlag is ignored: a container without an encryption pair exports an encryption key",
        "忽略 bSignFlag：没有加密密钥对的容器导出了加密公钥",
    )
