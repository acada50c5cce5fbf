"""What outlasts a connection, and what another process finds: keys, certificates, files, the label."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Final

from gmpki.conformance.clauses import GMT_0016
from gmpki.conformance.model import Clause, Kind, Permission, Words
from gmpki.conformance.registry import Group
from gmpki.conformance.skf import samples
from gmpki.errors import TokenNotFoundError
from gmpki.tokens.interfaces import Rights

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    from gmpki.conformance.skf.bench import SKFBench
    from gmpki.conformance.skf.second_process import SecondBench

    T = TypeVar("T")

__all__ = ["GROUP"]

GROUP = Group(
    Kind.SKF,
    "persistence",
    "PERS",
    Words("What outlasts a connection and a process", "断开连接与跨进程后的数据保持"),
)

_WRITE: Final = (Permission.WRITE,)
_DIGEST: Final = bytes(range(32))
_CONTAINER: Final = Words("the container", "容器")


def _kept(what: Words, bench: SKFBench, call: Callable[..., T], *arguments: object) -> T:
    """Return what the token kept; fail when it says that there is no such thing."""
    try:
        return call(*arguments)
    except TokenNotFoundError:
        bench.fail(f"{what.en} is gone after reconnecting", f"重新连接后{what.zh}丢失")


@GROUP.check(
    1,
    "A signing key pair is still there after reconnecting",
    "重新连接后签名密钥对仍然存在且可用",
    clause=Clause(GMT_0016, "5.2"),
    functions=("SKF_DisConnectDev", "SKF_ConnectDev", "SKF_OpenContainer", "SKF_ExportPublicKey", "SKF_ECCSignData"),
    needs=_WRITE,
)
def signing_key(bench: SKFBench) -> None:
    """Make a pair, disconnect, connect: the public key is the same, and a new signature holds under it."""
    container, point = bench.signing_container()
    name = bench.name_of(container)
    bench.reconnect()
    bench.login()
    again = _kept(_CONTAINER, bench, bench.skf.open_container, bench.application, name)
    bench.expect(
        _kept(Words("the signing key", "签名密钥"), bench, bench.skf.export_public_key, again, True) == point,
        "the container has another signing public key after reconnecting",
        "重新连接后容器中的签名公钥不同",
    )
    bench.expect(
        samples.holds(point, _DIGEST, bench.skf.ecc_sign_data(again, _DIGEST)),
        "a signature made after reconnecting does not hold under the public key from before",
        "重新连接后产生的签名不能用此前的公钥验证",
    )


@GROUP.check(
    2,
    "An imported encryption key pair is still there after reconnecting",
    "重新连接后导入的加密密钥对仍然存在且可用",
    clause=Clause(GMT_0016, "5.2"),
    functions=("SKF_DisConnectDev", "SKF_ConnectDev", "SKF_ExportPublicKey", "SKF_ImportSessionKey"),
    needs=_WRITE,
)
def encryption_key(bench: SKFBench) -> None:
    """Import a pair, disconnect, connect: the public key is the same, and it opens a session key made for it."""
    dual = bench.dual_container()
    name = bench.name_of(dual.container)
    bench.reconnect()
    bench.login()
    again = _kept(_CONTAINER, bench, bench.skf.open_container, bench.application, name)
    seen = _kept(Words("the encryption key", "加密密钥"), bench, bench.skf.export_public_key, again, False)
    bench.expect(
        seen == dual.encryption_key.public_key.to_bytes()[1:],
        "the container has another encryption public key after reconnecting",
        "重新连接后容器中的加密公钥不同",
    )
    wrapped = samples.wrapped_key(dual.encryption_key.public_key, secrets.token_bytes(16))
    bench.skf.close_handle(bench.skf.import_session_key(again, bench.constant("SGD_SM4_ECB"), wrapped))


@GROUP.check(
    3,
    "Both certificates are still there after reconnecting",
    "重新连接后两张证书仍然存在",
    clause=Clause(GMT_0016, "5.2"),
    functions=("SKF_ImportCertificate", "SKF_ExportCertificate", "SKF_DisConnectDev", "SKF_ConnectDev"),
    needs=_WRITE,
)
def certificates(bench: SKFBench) -> None:
    """Import both certificates, disconnect, connect: both are exported byte for byte."""
    dual = bench.dual_container()
    name = bench.name_of(dual.container)
    kept = {
        True: samples.certificate(dual.signing_point),
        False: samples.certificate(dual.encryption_key.public_key.to_bytes()[1:]),
    }
    with bench.scene():
        for signing, certificate in kept.items():
            bench.skf.import_certificate(dual.container, signing, certificate)
    bench.reconnect()
    bench.login()
    again = _kept(_CONTAINER, bench, bench.skf.open_container, bench.application, name)
    for signing, certificate in kept.items():
        bench.expect(
            _kept(Words("a certificate", "证书"), bench, bench.skf.export_certificate, again, signing) == certificate,
            f"the {'signing' if signing else 'encryption'} certificate is another one after reconnecting",
            f"重新连接后{'签名' if signing else '加密'}证书不同",
        )


@GROUP.check(
    4,
    "A file keeps its contents, its size and its rights after reconnecting",
    "重新连接后文件的内容、长度与权限保持不变",
    clause=Clause(GMT_0016, "5.2"),
    functions=("SKF_WriteFile", "SKF_ReadFile", "SKF_GetFileInfo", "SKF_DisConnectDev", "SKF_ConnectDev"),
    needs=_WRITE,
)
def file_contents(bench: SKFBench) -> None:
    """Write a file, disconnect, connect: size, rights and contents are the same."""
    content = secrets.token_bytes(48)
    name = samples.new_file(bench, len(content), read=Rights.ANYONE)
    with bench.scene():
        bench.skf.write_file(bench.application, name, 0, content)
        before = bench.skf.get_file_info(bench.application, name)
    bench.reconnect()
    bench.login()
    bench.expect(
        bench.skf.get_file_info(bench.application, name) == before,
        "the file has other attributes after reconnecting",
        "重新连接后文件属性改变",
    )
    bench.expect(
        bench.skf.read_file(bench.application, name, 0, len(content)) == content,
        "the file has other contents after reconnecting",
        "重新连接后文件内容改变",
    )


@GROUP.check(
    5,
    "The label is still there after reconnecting",
    "重新连接后设备标签保持不变",
    clause=Clause(GMT_0016, "7.1.8"),
    functions=("SKF_SetLabel", "SKF_GetDevInfo", "SKF_DisConnectDev", "SKF_ConnectDev"),
    needs=(Permission.INIT,),
)
def label(bench: SKFBench) -> None:
    """Set a label, disconnect, connect, read it; then set the old one again."""
    samples.keep_label(bench)
    new = bench.shared.new_name()
    with bench.scene():
        bench.skf.set_label(bench.device, new)
    bench.reconnect()
    seen = bench.info.label
    bench.expect(
        seen == new,
        f"after reconnecting the label is {seen!r}, not the {new!r} that was set",
        f"重新连接后标签为 {seen!r}，而不是所设置的 {new!r}",
    )


@GROUP.check(
    6,
    "What was deleted does not come back after reconnecting",
    "已删除的容器与文件在重新连接后不再出现",
    clause=Clause(GMT_0016, "7.5.3"),
    functions=("SKF_DeleteContainer", "SKF_DeleteFile", "SKF_EnumContainer", "SKF_EnumFiles", "SKF_ConnectDev"),
    needs=_WRITE,
)
def deleted(bench: SKFBench) -> None:
    """Delete a container and a file, disconnect, connect: neither is listed, and neither can be opened."""
    container = bench.name_of(bench.new_container())
    file = samples.new_file(bench, 16)
    with bench.scene():
        bench.skf.delete_container(bench.application, container)
        bench.skf.delete_file(bench.application, file)
    bench.reconnect()
    bench.login()
    bench.expect(
        container not in bench.skf.enum_container(bench.application),
        "a container that was deleted is listed again after reconnecting",
        "已删除的容器在重新连接后又被列出",
    )
    bench.expect(
        file not in bench.skf.enum_files(bench.application),
        "a file that was deleted is listed again after reconnecting",
        "已删除的文件在重新连接后又被列出",
    )


@GROUP.check(
    7,
    "Another process finds the container, its public key and its certificate",
    "另一进程可以看到容器及其公钥和证书",
    clause=Clause(GMT_0016, "5.2", "B"),
    functions=("SKF_EnumContainer", "SKF_OpenContainer", "SKF_ExportPublicKey", "SKF_ExportCertificate"),
    needs=_WRITE,
)
def container_elsewhere(bench: SKFBench) -> None:
    """Make a container with a pair and a certificate; a second process opens it and exports both."""
    container, point = bench.signing_container()
    certificate = samples.certificate(point)
    with bench.scene():
        bench.skf.import_certificate(container, True, certificate)
    with bench.second_process(look_at_container, name=bench.name_of(container)) as other:
        seen = other.result()
    bench.expect(
        seen["listed"],
        "a second process does not list the container",
        "第二个进程未列出该容器",
    )
    bench.expect(
        seen["public_key"] == point.hex(),
        "a second process sees another public key",
        "第二个进程看到的公钥不同",
    )
    bench.expect(
        seen["certificate"] == certificate.hex(),
        "a second process sees another certificate, or none",
        "第二个进程看到的证书不同或没有证书",
    )


def look_at_container(bench: SecondBench, name: str) -> dict[str, object]:
    """Return what this process sees of a container, with the user logged in."""
    bench.login()
    listed = name in bench.skf.enum_container(bench.application)
    container = bench.skf.open_container(bench.application, name)
    point = bench.skf.export_public_key(container, True)
    try:
        certificate = bench.skf.export_certificate(container, True)
    except TokenNotFoundError:
        certificate = b""
    return {
        "listed": listed,
        "public_key": point.hex() if isinstance(point, bytes) else "",
        "certificate": certificate.hex(),
    }


@GROUP.check(
    8,
    "Another process reads what was written to a file, and what it writes is seen here",
    "文件内容在进程之间双向可见",
    clause=Clause(GMT_0016, "5.2", "B"),
    functions=("SKF_ReadFile", "SKF_WriteFile"),
    needs=_WRITE,
)
def file_elsewhere(bench: SKFBench) -> None:
    """Write a file; a second process logs in, reads it and writes something else, which is then read here."""
    content = secrets.token_bytes(32)
    name = samples.new_file(bench, len(content))
    with bench.scene():
        bench.skf.write_file(bench.application, name, 0, content)
    other_content = secrets.token_bytes(32)
    with bench.second_process(exchange_file, name=name, content=other_content.hex()) as other:
        seen = other.result()
    bench.expect(
        seen == content.hex(),
        "a second process does not read what was written to the file",
        "第二个进程未读到已写入文件的内容",
    )
    bench.login()
    bench.expect(
        bench.skf.read_file(bench.application, name, 0, len(content)) == other_content,
        "what a second process wrote to the file is not seen here",
        "第二个进程写入文件的内容在本进程中不可见",
    )


def exchange_file(bench: SecondBench, name: str, content: str) -> str:
    """Return the contents of a file, and write others."""
    bench.login()
    new = bytes.fromhex(content)
    seen = bench.skf.read_file(bench.application, name, 0, len(new))
    bench.skf.write_file(bench.application, name, 0, new)
    return seen.hex()
