"""What needs a login: the user's for keys and containers, and how far one login reaches."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Final

from gmpki.conformance.clauses import GMT_0016
from gmpki.conformance.model import Clause, Kind, Permission, Severity, Words
from gmpki.conformance.registry import Group
from gmpki.conformance.skf import samples
from gmpki.conformance.skf.recorded import answer_name
from gmpki.errors import DecryptionError, TokenError, TokenUnsupportedError
from gmpki.keys.envelope import KeyEnvelope
from gmpki.keys.sm2 import SM2PrivateKey, SM2PublicKey
from gmpki.tokens.interfaces import PinRole

if TYPE_CHECKING:
    from collections.abc import Callable

    from gmpki.conformance.skf.bench import SKFBench

__all__ = ["GROUP", "answer_of", "become"]

GROUP = Group(Kind.SKF, "rights", "PERM", Words("What needs a login", "操作所需的权限"))

_WRITE: Final = (Permission.WRITE,)
_INIT: Final = (Permission.WRITE, Permission.INIT)
_DIGEST: Final = bytes(range(32))

# Who may have logged in: nobody, the user, the administrator alone.
_STRANGERS: Final = {
    "nobody": ("nobody has logged in", "未登录"),
    "admin": ("only the administrator has logged in", "仅管理员登录"),
}


def become(bench: SKFBench, who: str) -> None:
    """Log everybody out of the bench's application, then in: "nobody", "user" or "admin"."""
    bench.logout()
    if who == "user":
        bench.login()
    elif who == "admin":
        bench.login_admin()


def answer_of(call: Callable[..., object], *arguments: object) -> str:
    """Call a comfortable function and return the name of the code that the driver answered.

    :raises TokenUnsupportedError: when the driver does not have it.
    :raises DriverError: when the driver breaks its interface.
    """
    try:
        call(*arguments)
    except TokenUnsupportedError:
        raise
    except TokenError as error:
        if error.code is None:
            raise
        return answer_name(error.code)
    except DecryptionError:
        return "SAR_FAIL"  # or whatever else may say that something cannot be decrypted
    return "SAR_OK"


def _takes_user(bench: SKFBench, function: str, call: Callable[[], object]) -> None:
    """Fail unless a function is refused to nobody and to the administrator, and done for the user."""
    for who, (en, zh) in _STRANGERS.items():
        become(bench, who)
        answer = answer_of(call)
        bench.observe(f"{function}, {who}", answer)
        bench.expect(answer != "SAR_OK", f"{function} is done though {en}", f"{function} 在{zh}时被执行")
    become(bench, "user")
    call()


# ---- what needs the user ---------------------------------------------------------------------


@GROUP.check(
    1,
    "Creating a container needs the user's login",
    "创建容器需要用户权限",
    clause=Clause(GMT_0016, "7.5.2"),
    functions=("SKF_CreateContainer",),
    needs=_WRITE,
)
def create_container(bench: SKFBench) -> None:
    """Create a container as nobody, as the administrator and as the user."""
    name = bench.shared.new_name()
    bench.later(samples.delete_container, bench, name)
    _takes_user(bench, "SKF_CreateContainer", lambda: bench.skf.create_container(bench.application, name))


@GROUP.check(
    2,
    "Deleting a container needs the user's login",
    "删除容器需要用户权限",
    clause=Clause(GMT_0016, "7.5.3"),
    functions=("SKF_DeleteContainer",),
    needs=_WRITE,
)
def delete_container(bench: SKFBench) -> None:
    """Delete a container as nobody, as the administrator and as the user."""
    name = bench.name_of(bench.new_container())
    _takes_user(bench, "SKF_DeleteContainer", lambda: bench.skf.delete_container(bench.application, name))


@GROUP.check(
    3,
    "Generating an SM2 key pair needs the user's login",
    "生成 SM2 密钥对需要用户权限",
    clause=Clause(GMT_0016, "7.6.8"),
    functions=("SKF_GenECCKeyPair",),
    needs=_WRITE,
)
def generate_sm2(bench: SKFBench) -> None:
    """Generate a pair as nobody, as the administrator and as the user."""
    container = bench.new_container()
    _takes_user(bench, "SKF_GenECCKeyPair", lambda: bench.skf.gen_ecc_key_pair(container))


@GROUP.check(
    4,
    "Signing by SM2 needs the user's login",
    "SM2 签名需要用户权限",
    clause=Clause(GMT_0016, "7.6.10"),
    functions=("SKF_ECCSignData",),
    needs=_WRITE,
)
def sign_sm2(bench: SKFBench) -> None:
    """Sign as nobody, as the administrator and as the user."""
    container, _point = bench.signing_container()
    _takes_user(bench, "SKF_ECCSignData", lambda: bench.skf.ecc_sign_data(container, _DIGEST))


@GROUP.check(
    5,
    "Importing an SM2 key pair needs the user's login",
    "导入 SM2 加密密钥对需要用户权限",
    clause=Clause(GMT_0016, "7.6.9"),
    functions=("SKF_ImportECCKeyPair",),
    needs=_WRITE,
)
def import_sm2(bench: SKFBench) -> None:
    """Import a pair as nobody, as the administrator and as the user."""
    container, point = bench.signing_container()
    envelope = KeyEnvelope.seal(SM2PrivateKey.generate(), SM2PublicKey.from_bytes(point))
    _takes_user(bench, "SKF_ImportECCKeyPair", lambda: bench.skf.import_ecc_key_pair(container, envelope))


@GROUP.check(
    6,
    "Importing a session key needs the user's login",
    "导入会话密钥需要用户权限",
    clause=Clause(GMT_0016, "7.6.18"),
    functions=("SKF_ImportSessionKey",),
    needs=_WRITE,
)
def import_session_key(bench: SKFBench) -> None:
    """Import a session key as nobody, as the administrator and as the user."""
    dual = bench.dual_container()
    wrapped = samples.wrapped_key(dual.encryption_key.public_key, secrets.token_bytes(16))
    algorithm = bench.constant("SGD_SM4_ECB")
    _takes_user(
        bench,
        "SKF_ImportSessionKey",
        lambda: bench.skf.close_handle(bench.skf.import_session_key(dual.container, algorithm, wrapped)),
    )


@GROUP.check(
    7,
    "Generating an RSA key pair, and signing by it, needs the user's login",
    "生成 RSA 密钥对及用其签名需要用户权限",
    clause=Clause(GMT_0016, "7.6.3"),
    functions=("SKF_GenRSAKeyPair", "SKF_RSASignData"),
    severity=Severity.RECOMMENDED,
    needs=_WRITE,
    timeout_s=300.0,
)
def rsa(bench: SKFBench) -> None:
    """Generate a pair of 2048 bits and sign, each as nobody, as the administrator and as the user."""
    if not bench.info.alg_asym_cap & bench.constant("SGD_RSA"):
        bench.unsupported("the device does not claim RSA", "设备未声明支持 RSA")
    container = bench.new_container()
    _takes_user(bench, "SKF_GenRSAKeyPair", lambda: bench.skf.gen_rsa_key_pair(container, 2048))
    _takes_user(bench, "SKF_RSASignData", lambda: bench.skf.rsa_sign_data(container, _DIGEST))


@GROUP.check(
    8,
    "A refused operation has changed nothing",
    "被拒绝的操作不产生任何改变",
    clause=Clause(GMT_0016, "7.5"),
    functions=("SKF_CreateContainer", "SKF_DeleteContainer", "SKF_EnumContainer", "SKF_ECCSignData"),
    needs=_WRITE,
)
def nothing_changed(bench: SKFBench) -> None:
    """As nobody, create a container and delete another: then the list and the other's key are as before."""
    container, point = bench.signing_container()
    names = bench.skf.enum_container(bench.application)
    become(bench, "nobody")
    application, new = bench.raw(bench.application), bench.shared.new_name()
    bench.later(samples.delete_container, bench, new)
    bench.code("SKF_CreateContainer", application, bench.text(new), bench.ffi.new("HANDLE *"))
    bench.code("SKF_DeleteContainer", application, bench.text(bench.name_of(container)))
    become(bench, "user")
    bench.expect(
        sorted(bench.skf.enum_container(bench.application)) == sorted(names),
        "the list of containers is another one after operations without a login",
        "未登录执行操作后容器列表改变",
    )
    bench.expect(
        samples.holds(point, _DIGEST, bench.skf.ecc_sign_data(container, _DIGEST)),
        "the key is another one after operations without a login",
        "未登录执行操作后密钥改变",
    )


@GROUP.check(
    9,
    "Who may export and import certificates, public keys and session keys, and ask about containers",
    "证书、公钥、会话密钥导入导出及容器查询所需的权限",
    clause=Clause(GMT_0016, "7.5", "B"),
    functions=(
        "SKF_ImportCertificate",
        "SKF_ExportCertificate",
        "SKF_ExportPublicKey",
        "SKF_ECCExportSessionKey",
        "SKF_GetContainerType",
        "SKF_EnumContainer",
    ),
    severity=Severity.INFORMATION,
    needs=_WRITE,
)
def what_else_needs(bench: SKFBench) -> None:
    """Call functions for which the standard names no right, as nobody, as the administrator and as the user."""
    dual = bench.dual_container()
    container, certificate = dual.container, samples.certificate(dual.signing_point)
    recipient = dual.encryption_key.public_key.to_bytes()[1:]
    algorithm = bench.constant("SGD_SM4_ECB")
    skf = bench.skf
    calls: dict[str, Callable[[], object]] = {
        "SKF_EnumContainer": lambda: skf.enum_container(bench.application),
        "SKF_GetContainerType": lambda: skf.get_container_type(container),
        "SKF_ExportPublicKey": lambda: skf.export_public_key(container, True),
        "SKF_ImportCertificate": lambda: skf.import_certificate(container, True, certificate),
        "SKF_ExportCertificate": lambda: skf.export_certificate(container, True),
        "SKF_ECCExportSessionKey": lambda: skf.close_handle(
            skf.ecc_export_session_key(container, algorithm, recipient)[1]
        ),
    }
    with bench.scene():
        skf.import_certificate(container, True, certificate)
    answers: dict[str, dict[str, str]] = {function: {} for function in calls}
    for who in ("nobody", "admin", "user"):
        become(bench, who)
        for function, call in calls.items():
            answers[function][who] = answer_of(call)
    for function, given in answers.items():
        same = len(set(given.values())) == 1
        bench.observe(
            function, given["user"] if same else ", ".join(f"{who}: {answer}" for who, answer in given.items())
        )


# ---- how far a login reaches -----------------------------------------------------------------


@GROUP.check(
    20,
    "A login in one application gives no right in another",
    "在一个应用中登录不获得其他应用的权限",
    clause=Clause(GMT_0016, "5.2"),
    functions=("SKF_VerifyPIN", "SKF_CreateContainer", "SKF_ECCSignData"),
    needs=_INIT,
)
def other_application(bench: SKFBench) -> None:
    """Log the user in to one application, then sign and create a container in another where nobody has logged in."""
    container, _point = bench.signing_container()
    bench.logout()
    other = bench.new_application()
    with bench.scene():
        bench.skf.verify_pin(other.handle, PinRole.USER, other.pins.user)
        bench.skf.verify_pin(other.handle, PinRole.ADMIN, other.pins.admin)
    bench.refuses(
        "a key signs after a login in another application",
        "在另一应用登录后密钥可签名",
        "SKF_ECCSignData",
        bench.raw(container),
        bench.data(_DIGEST),
        len(_DIGEST),
        bench.ffi.new("ECCSIGNATUREBLOB *"),
    )
    name = bench.shared.new_name()
    bench.later(samples.delete_container, bench, name)
    bench.refuses(
        "a container is created after a login in another application",
        "在另一应用登录后可创建容器",
        "SKF_CreateContainer",
        bench.raw(bench.application),
        bench.text(name),
        bench.ffi.new("HANDLE *"),
    )


@GROUP.check(
    21,
    "Logging out of one application leaves the login in another",
    "退出一个应用的登录不影响另一应用",
    clause=Clause(GMT_0016, "5.2"),
    functions=("SKF_ClearSecureState", "SKF_ECCSignData"),
    needs=_INIT,
)
def logout_elsewhere(bench: SKFBench) -> None:
    """Log in to two applications, clear the state of one, and sign in the other."""
    container, _point = bench.signing_container()
    other = bench.new_application()
    with bench.scene():
        bench.skf.verify_pin(other.handle, PinRole.USER, other.pins.user)
        bench.skf.clear_secure_state(other.handle)
    bench.skf.ecc_sign_data(container, _DIGEST)


@GROUP.check(
    22,
    "Closing an application does not log out",
    "关闭应用不改变其安全状态",
    clause=Clause(GMT_0016, "7.3.6"),
    functions=("SKF_CloseApplication", "SKF_OpenApplication", "SKF_ECCSignData"),
    needs=_WRITE,
)
def close_application(bench: SKFBench) -> None:
    """Log in, close the application, open it, and sign without another login."""
    container, _point = bench.signing_container()
    name = bench.name_of(container)
    application = bench.reopen(reconnect=False)
    with bench.scene():
        again = bench.skf.open_container(application, name)
    answer = answer_of(bench.skf.ecc_sign_data, again, _DIGEST)
    if answer == "SAR_USER_NOT_LOGGED_IN":
        bench.deviate(
            "the login ends when the application is closed",
            "关闭应用后登录状态丢失",
            "the client logs in whenever it has opened an application",
            "客户端每次打开应用后重新登录",
        )
    bench.expect(answer == "SAR_OK", f"SKF_ECCSignData answered {answer}", f"SKF_ECCSignData 返回 {answer}")


@GROUP.check(
    23,
    "What becomes of a login when the device is disconnected",
    "断开设备连接后的登录状态",
    clause=Clause(GMT_0016, "7.1.6"),
    functions=("SKF_DisConnectDev", "SKF_ConnectDev", "SKF_ECCSignData"),
    severity=Severity.INFORMATION,
    needs=_WRITE,
)
def disconnect(bench: SKFBench) -> None:
    """Log in, disconnect, connect, open the application, and sign without another login."""
    container, _point = bench.signing_container()
    name = bench.name_of(container)
    application = bench.reopen(reconnect=True)
    with bench.scene():
        again = bench.skf.open_container(application, name)
    answer = answer_of(bench.skf.ecc_sign_data, again, _DIGEST)
    bench.observe("login", "kept" if answer == "SAR_OK" else f"gone: {answer}")
