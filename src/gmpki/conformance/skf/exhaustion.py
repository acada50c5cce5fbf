"""What fits into a token, what it says when it is full, and whether anything is lost by that.

Nothing is made more than 64 times, so that a token without limits, or one whose memory wears out, comes to no harm.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from gmpki.algorithms import sm4
from gmpki.algorithms.sm2 import CiphertextFormat
from gmpki.conformance.clauses import GMT_0016, GMT_0027, TENDERS
from gmpki.conformance.model import Clause, Kind, Permission, Severity, Words
from gmpki.conformance.registry import Group
from gmpki.conformance.scene import Pins
from gmpki.conformance.skf import samples
from gmpki.conformance.skf.bench import Dual
from gmpki.conformance.skf.rights import answer_of
from gmpki.errors import TokenError
from gmpki.keys.envelope import KeyEnvelope
from gmpki.keys.sm2 import SM2PrivateKey, SM2PublicKey
from gmpki.tokens.interfaces import Rights
from gmpki.tokens.skf.structures import BlockCipherParam

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from gmpki.conformance.skf.bench import SKFBench
    from gmpki.tokens.skf.structures import KeyHandle

__all__ = ["GROUP"]

GROUP = Group(Kind.SKF, "exhaustion", "FULL", Words("Limits and exhaustion", "容量上限与耗尽"))

_WRITE: Final = (Permission.WRITE,)
_INIT: Final = (Permission.WRITE, Permission.INIT)
_MOST: Final = 64
_TIMEOUT_S: Final = 900.0
_UNLIMITED: Final = 0xFFFFFFFF
_DIGEST: Final = bytes(range(32))

# What a tender for UKeys asked for; no public source has these numbers.
_TENDER: Final = Clause(TENDERS, "", "D")
_TENDER_COUNT: Final = 8
_TENDER_LEN: Final = 131072


def _fill(bench: SKFBench, what: Words, make: Callable[[], None], allowed: Collection[str]) -> str | None:
    """Call make until it is refused, or 64 times; tell how often it was done, and return the last answer.

    :param what: that is made, in the plural.
    :param allowed: what the last answer should be; with another one the check goes on, and ends as a deviation.
    """
    answer = None
    for count in range(_MOST):
        answer = answer_of(make)
        if answer != "SAR_OK":
            bench.observe(what.en, count)
            bench.observe("when full", answer)
            if not count:
                # Others may have filled it before; that a first one can be made at all is for the checks of each.
                bench.not_run(f"not one of the {what.en} fits: {answer}", f"一个{what.zh}也无法创建：{answer}")
            return None if answer in allowed else answer
    bench.observe(what.en, f"{_MOST} or more")
    return None


def _judge_code(bench: SKFBench, answer: str | None) -> None:
    """End as a deviation when the token said that it is full by another code than one made for that."""
    if answer is not None:
        bench.deviate(
            f"a full token answers {answer}, from which a client cannot tell that there is no room",
            f"空间已满时返回 {answer}，客户端无法据此判断空间不足",
            "the client takes any refusal where it creates something for a lack of room",
            "客户端在创建对象被拒绝时一律按空间不足提示",
        )


# ---- until it is full ------------------------------------------------------------------------


def _add_application(bench: SKFBench, made: list[str]) -> None:
    name, pins = bench.shared.new_name(), Pins.new()
    bench.authenticate()
    bench.shared.made(name)
    bench.later(bench.shared.remove_application, name)
    handle = bench.skf.create_application(
        bench.device,
        name,
        admin_pin=pins.admin,
        admin_tries=6,
        user_pin=pins.user,
        user_tries=6,
        create_file_rights=Rights.USER,
    )
    made.append(name)
    bench.skf.close_application(handle)


@GROUP.check(
    1,
    "When no more applications fit, none is lost, and deleting one makes room",
    "应用数达到上限时不丢失已有应用，删除后可再创建",
    clause=Clause(GMT_0016, "7.3.2", "B"),
    functions=("SKF_CreateApplication", "SKF_DeleteApplication", "SKF_EnumApplication", "SKF_OpenApplication"),
    needs=_INIT,
    timeout_s=_TIMEOUT_S,
)
def applications(bench: SKFBench) -> None:
    """Create applications until one is refused: all open; delete one, and create one."""
    _application = bench.application  # it takes its place, too
    with bench.scene():
        before = bench.skf.enum_application(bench.device)
    made: list[str] = []
    answer = _fill(bench, Words("applications", "应用"), lambda: _add_application(bench, made), {"SAR_NO_ROOM"})
    names = bench.skf.enum_application(bench.device)
    bench.expect(
        sorted(names) == sorted([*before, *made]),
        "the list of applications is not what was created",
        "应用列表与所创建的不一致",
    )
    for name in made:
        bench.skf.close_application(bench.skf.open_application(bench.device, name))
    bench.shared.remove_application(made[-1])
    again = answer_of(_add_application, bench, made)
    bench.expect(
        again == "SAR_OK",
        f"after one was deleted no other can be created: {again}",
        f"删除一个应用后仍不能创建：{again}",
    )
    _judge_code(bench, answer)


@GROUP.check(
    2,
    "When no more containers fit, none is lost, and deleting one makes room",
    "容器数达到上限时不丢失已有容器，删除后可再创建",
    clause=Clause(GMT_0016, "7.5.2", "B"),
    functions=("SKF_CreateContainer", "SKF_DeleteContainer", "SKF_EnumContainer", "SKF_ECCSignData"),
    needs=_WRITE,
    timeout_s=_TIMEOUT_S,
)
def containers(bench: SKFBench) -> None:
    """Create containers until one is refused: all are listed and the key of the first signs; delete one, create one."""
    keeper, point = bench.signing_container()
    with bench.scene():
        before = bench.skf.enum_container(bench.application)
    made: list[str] = []
    allowed = {"SAR_REACH_MAX_CONTAINER_COUNT", "SAR_NO_ROOM"}
    answer = _fill(bench, Words("containers", "容器"), lambda: _add_container(bench, made), allowed)
    bench.expect(
        sorted(bench.skf.enum_container(bench.application)) == sorted([*before, *made]),
        "the list of containers is not what was created",
        "容器列表与所创建的不一致",
    )
    bench.expect(
        samples.holds(point, _DIGEST, bench.skf.ecc_sign_data(keeper, _DIGEST)),
        "the key of a container that was there is another one",
        "已有容器的密钥改变",
    )
    bench.skf.delete_container(bench.application, made[-1])
    again = answer_of(_add_container, bench, made)
    bench.expect(
        again == "SAR_OK",
        f"after one was deleted no other can be created: {again}",
        f"删除一个容器后仍不能创建：{again}",
    )
    _judge_code(bench, answer)


def _add_container(bench: SKFBench, made: list[str]) -> None:
    name = bench.shared.new_name()
    bench.later(samples.delete_container, bench, name)
    container = bench.skf.create_container(bench.application, name)
    made.append(name)
    bench.skf.close_container(container)


@dataclass(frozen=True, slots=True)
class _SessionKey:
    """A session key of the token, known here because it was made for a key of ours."""

    handle: KeyHandle
    key: bytes = field(repr=False)


class _SessionKeys:
    """Makes session keys in a container and encrypts with them."""

    def __init__(self, bench: SKFBench) -> None:
        self._bench = bench
        self._container, _point = bench.signing_container()
        self._recipient = SM2PrivateKey.generate()
        self.made: list[_SessionKey] = []

    def add(self) -> None:
        """Make one more, until the end of the check."""
        point = self._recipient.public_key.to_bytes()[1:]
        algorithm = self._bench.constant("SGD_SM4_ECB")
        wrapped, handle = self._bench.skf.ecc_export_session_key(self._container, algorithm, point)
        key = self._recipient.decrypt(wrapped.to_bytes(CiphertextFormat.DER), formats=CiphertextFormat.DER)
        made = _SessionKey(handle, key)
        self.made.append(made)
        self._bench.later(self.close, made)

    def close(self, key: _SessionKey) -> None:
        """Close one, where that was not done."""
        if key in self.made:
            self.made.remove(key)
            self._bench.skf.close_handle(key.handle)

    def wrong(self) -> int:
        """Return how many do not encrypt as software does with the same key."""
        block = secrets.token_bytes(16)
        return sum(self._encrypted(key, block) != sm4.encrypt(key.key, block, sm4.Mode.ECB) for key in self.made)

    def _encrypted(self, key: _SessionKey, block: bytes) -> bytes | None:
        try:
            self._bench.skf.encrypt_init(key.handle, BlockCipherParam())
            return self._bench.skf.encrypt(key.handle, block)
        except TokenError:  # its handle is no longer one
            return None


@GROUP.check(
    3,
    "When no more session keys fit, those that are there go on working, and closing one makes room",
    "会话密钥数达到上限时已有密钥仍可用，关闭后可再建立",
    clause=Clause(GMT_0016, "7.6.12", "B"),
    functions=("SKF_ECCExportSessionKey", "SKF_EncryptInit", "SKF_Encrypt", "SKF_CloseHandle"),
    needs=_WRITE,
    timeout_s=_TIMEOUT_S,
)
def session_keys(bench: SKFBench) -> None:
    """Make session keys until one is refused: each encrypts as software does; close one, and make one."""
    keys = _SessionKeys(bench)
    answer = _fill(bench, Words("session keys", "会话密钥"), keys.add, {"SAR_NO_ROOM", "SAR_MEMORYERR"})
    wrong = keys.wrong()
    bench.expect(
        not wrong,
        f"{wrong} of {len(keys.made)} session keys no longer encrypt as when they were made: they were overwritten",
        f"{len(keys.made)} 个会话密钥中有 {wrong} 个加密结果不符：密钥被覆盖",
    )
    keys.close(keys.made[0])
    again = answer_of(keys.add)
    bench.expect(
        again == "SAR_OK",
        f"after one was closed no other can be made: {again}",
        f"关闭一个会话密钥后仍不能建立：{again}",
    )
    _judge_code(bench, answer)


@GROUP.check(
    4,
    "When no more files fit, none is lost, and deleting one makes room",
    "文件数达到上限时不丢失已有文件，删除后可再创建",
    clause=Clause(GMT_0016, "7.4.2", "B"),
    functions=("SKF_CreateFile", "SKF_DeleteFile", "SKF_EnumFiles", "SKF_ReadFile"),
    needs=_WRITE,
    timeout_s=_TIMEOUT_S,
)
def files(bench: SKFBench) -> None:
    """Create files that share the free space among 16: each keeps its contents; delete one, and create one."""
    bench.login()
    size = max(16, min(8192, bench.info.free_space // 16))
    made: dict[str, bytes] = {}
    answer = _fill(bench, Words("files", "文件"), lambda: _add_file(bench, made, size), {"SAR_NO_ROOM"})
    bench.expect(
        set(made) <= set(bench.skf.enum_files(bench.application)),
        "a file is gone that was there before the token was full",
        "空间已满后先前创建的文件消失",
    )
    for name, content in made.items():
        samples.expect_contents(bench, name, content, "a file has lost its contents", "文件内容丢失")
    bench.skf.delete_file(bench.application, next(iter(made)))
    again = answer_of(_add_file, bench, {}, size)
    bench.expect(
        again == "SAR_OK",
        f"after one was deleted no other can be created: {again}",
        f"删除一个文件后仍不能创建：{again}",
    )
    _judge_code(bench, answer)


def _add_file(bench: SKFBench, made: dict[str, bytes], size: int) -> None:
    name, content = bench.shared.new_name(), secrets.token_bytes(16)
    bench.later(samples.delete_file, bench, name)
    bench.skf.create_file(bench.application, name, size, Rights.USER, Rights.USER)
    bench.skf.write_file(bench.application, name, 0, content)
    made[name] = content


# ---- storage ---------------------------------------------------------------------------------


@GROUP.check(
    10,
    "FreeSpace goes down with a file and comes back when it is deleted",
    "创建文件后剩余空间减少，删除后恢复",
    clause=Clause(GMT_0016, "7.1.9", "B"),
    functions=("SKF_GetDevInfo", "SKF_CreateFile", "SKF_DeleteFile"),
    severity=Severity.RECOMMENDED,
    needs=_WRITE,
)
def free_space(bench: SKFBench) -> None:
    """Create a file of 1024 bytes, ask for the free space, delete it, ask again."""
    before = _limited_space(bench)
    name = samples.new_file(bench, 1024)
    during = bench.info.free_space
    bench.expect(
        during <= before - 1024,
        f"with a file of 1024 bytes the free space goes from {before} to {during} bytes",
        f"创建 1024 字节文件后剩余空间由 {before} 变为 {during} 字节",
    )
    with bench.scene():
        bench.skf.delete_file(bench.application, name)
    after = bench.info.free_space
    bench.expect(
        after == before,
        f"after the file was deleted {after} bytes are free, not {before} as before",
        f"删除文件后剩余空间为 {after} 字节，而不是原来的 {before} 字节",
    )


def _limited_space(bench: SKFBench) -> int:
    """Return the bytes that are free in a device that says so, with at least 4096."""
    bench.login()  # which makes the application where that is not done yet
    free = bench.info.free_space
    bench.observe("FreeSpace", free)
    if free == _UNLIMITED:
        bench.not_run("the device does not say how much space it has", "设备未报告剩余空间")
    if free < 4096:
        bench.not_run("the device has too little free space", "设备剩余空间不足")
    return free


@GROUP.check(
    11,
    "A file that is larger than the free space is refused",
    "大于剩余空间的文件被拒绝",
    clause=Clause(GMT_0016, "7.4.2", "B"),
    functions=("SKF_GetDevInfo", "SKF_CreateFile", "SKF_EnumFiles"),
    severity=Severity.RECOMMENDED,
    needs=_WRITE,
)
def too_large(bench: SKFBench) -> None:
    """Create a file of a byte more than the total space: it is refused, not listed, and takes no space."""
    before = _limited_space(bench)
    name = bench.shared.new_name()
    bench.later(samples.delete_file, bench, name)
    bench.refuses(
        "a file is created that is larger than the device",
        "创建了大于设备容量的文件",
        "SKF_CreateFile",
        bench.raw(bench.application),
        bench.text(name),
        min(max(before, bench.info.total_space) + 1, _UNLIMITED),
        Rights.USER,
        Rights.USER,
    )
    bench.expect(name not in bench.skf.enum_files(bench.application), "it is listed all the same", "该文件仍被列出")
    after = bench.info.free_space
    bench.expect(
        after == before,
        f"the free space went from {before} to {after} bytes by a file that was refused",
        f"文件被拒绝后剩余空间由 {before} 变为 {after} 字节",
    )


@GROUP.check(
    12,
    "There is room for two containers with an SM2 signing pair and an SM2 encryption pair each",
    "可容纳两个各含 SM2 签名与加密密钥对的容器",
    clause=Clause(GMT_0027, "", "B"),
    functions=("SKF_CreateContainer", "SKF_GenECCKeyPair", "SKF_ImportECCKeyPair"),
    needs=_WRITE,
)
def two_pairs(bench: SKFBench) -> None:
    """Make two such containers: both signing keys sign, and both encryption keys are there."""
    with bench.scene():
        others = () if bench.shared.is_own_name(bench.application_name) else bench.skf.enum_container(bench.application)
    if others:
        bench.not_run("containers of others take the room", "空间被其他容器占用")
    first = bench.dual_container()
    name, key = bench.shared.new_name(), SM2PrivateKey.generate()
    bench.later(samples.delete_container, bench, name)
    container = bench.skf.create_container(bench.application, name)
    point = bench.skf.gen_ecc_key_pair(container)
    bench.skf.import_ecc_key_pair(container, KeyEnvelope.seal(key, SM2PublicKey.from_bytes(point)))
    for dual in (first, Dual(container, point, key)):
        bench.expect(
            samples.holds(dual.signing_point, _DIGEST, bench.skf.ecc_sign_data(dual.container, _DIGEST))
            and bench.skf.export_public_key(dual.container, False) == dual.encryption_key.public_key.to_bytes()[1:],
            "a key pair is another one after the second container was filled",
            "第二个容器写入密钥后密钥对改变",
        )


# ---- what a tender asked for -----------------------------------------------------------------


def _tell_claim(bench: SKFBench, count: int, wanted: int) -> None:
    bench.observe("count", count if count < wanted else f"{wanted} or more")
    bench.observe("claim", "met" if count >= wanted else "not met")


@GROUP.check(
    20,
    "Whether the device has 128 KB for the user",
    "用户存储空间是否达到 128 KB",
    clause=_TENDER,
    functions=("SKF_GetDevInfo",),
    severity=Severity.INFORMATION,
)
def tender_space(bench: SKFBench) -> None:
    """Ask for the total space."""
    total = bench.info.total_space
    bench.observe("TotalSpace", total)
    bench.observe("claim", "met" if total >= _TENDER_LEN else "not met")


@GROUP.check(
    21,
    "Whether the device has room for 8 applications",
    "是否可容纳 8 个应用",
    clause=_TENDER,
    functions=("SKF_CreateApplication", "SKF_EnumApplication"),
    severity=Severity.INFORMATION,
    needs=_INIT,
    timeout_s=_TIMEOUT_S,
)
def tender_applications(bench: SKFBench) -> None:
    """Create applications until there are 8 with those that were there, or one is refused."""
    _application = bench.application
    count = len(bench.skf.enum_application(bench.device))
    made: list[str] = []
    while count < _TENDER_COUNT and answer_of(_add_application, bench, made) == "SAR_OK":
        count += 1
    _tell_claim(bench, count, _TENDER_COUNT)


@GROUP.check(
    22,
    "Whether the device has room for 8 session keys",
    "是否可容纳 8 个会话密钥",
    clause=_TENDER,
    functions=("SKF_ECCExportSessionKey",),
    severity=Severity.INFORMATION,
    needs=_WRITE,
    timeout_s=_TIMEOUT_S,
)
def tender_session_keys(bench: SKFBench) -> None:
    """Make session keys until there are 8, or one is refused."""
    keys = _SessionKeys(bench)
    while len(keys.made) < _TENDER_COUNT and answer_of(keys.add) == "SAR_OK":
        pass
    _tell_claim(bench, len(keys.made), _TENDER_COUNT)
