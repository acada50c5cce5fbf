"""``gmpki quickstart``: the main job on a real file, one named step after the other.

A step is an object of :class:`Step`; another capability of gmpki joins by adding its steps to :data:`STEPS`.
"""

from __future__ import annotations

import os
import tempfile
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import click

from gmpki.cli import _io, _keys
from gmpki.cli._files import OUTPUT
from gmpki.cli._output import Failure, Report, columns, json_option
from gmpki.cli._secrets import SecretSource
from gmpki.errors import GmpkiError

if TYPE_CHECKING:
    from collections.abc import Callable

    from gmpki.keys.sm2 import SM2PrivateKey, SM2PublicKey

__all__ = ["STEPS", "Step", "Workspace", "command"]

NOTICE_EN = "gmpki is not a certified cryptographic module."
NOTICE_ZH = "gmpki 未取得商用密码产品认证。"

DOCUMENT = "contract.txt"
SIGNATURE = "contract.txt.sig"
CHANGED_DOCUMENT = "contract-changed.txt"
ENCRYPTED_DOCUMENT = "contract.txt.sm4"
ENCRYPTED_KEY = "contract.txt.key.sm2"
DECRYPTED_DOCUMENT = "contract-decrypted.txt"
UNLOCK_FILE = "password.txt"
NONCE_LEN = 12
KEY_LEN = 16

Facts = list[tuple[str, str]]


@dataclass
class Workspace:
    """The directory of one run, and the files in it. Steps hand things on through files, as two parties would."""

    directory: str
    files: list[str] = field(default_factory=list)

    def path(self, name: str) -> str:
        """Return the path of a file of this run."""
        return os.path.join(self.directory, name)

    def read(self, name: str) -> bytes:
        """Read a file that an earlier step wrote."""
        with open(self.path(name), "rb") as stream:
            return stream.read()

    def write(self, name: str, data: bytes, *, private: bool = False) -> None:
        """Write a file; :meth:`read` gives it to later steps."""
        _io.write_output(self.path(name), data, private=private, force=True)
        self.files.append(name)

    def private_key(self, name: str) -> SM2PrivateKey:
        """Load the private key of a pair."""
        return _keys.read_private_key(
            self.path(f"{name}-key.pem"), SecretSource("password", None, None, self.path(UNLOCK_FILE))
        )

    def public_key(self, name: str) -> SM2PublicKey:
        """Load the public key of a pair."""
        return _keys.read_public_key(self.path(f"{name}-public.pem"))


@dataclass(frozen=True)
class Step:
    """One thing that quickstart does. ``run`` returns what is worth telling, as (label, value), or raises."""

    name: str
    title_zh: str
    title_en: str
    run: Callable[[Workspace], Facts]


def _prepare(space: Workspace) -> Facts:
    from importlib import resources

    document = resources.files("gmpki.data").joinpath("quickstart-contract.txt").read_bytes()
    space.write(DOCUMENT, document)
    return [("document 文件", f"{DOCUMENT}, {len(document)} bytes")]


def _make_keys(space: Workspace) -> Facts:
    from gmpki.algorithms.rand import random_bytes
    from gmpki.keys.sm2 import SM2PrivateKey

    password = random_bytes(16).hex().encode()
    space.write(UNLOCK_FILE, password + b"\n", private=True)
    facts: Facts = []
    # Two pairs, as the Chinese PKI has them: one key signs, the other one decrypts.
    for name, label in (("signing", "signing key 签名密钥"), ("encryption", "encryption key 加密密钥")):
        key = SM2PrivateKey.generate()
        space.write(f"{name}-key.pem", key.to_pem(password), private=True)
        space.write(f"{name}-public.pem", key.public_key.to_pem())
        facts.append((label, f"{name}-key.pem, {name}-public.pem"))
    facts.append(("password 口令", UNLOCK_FILE))
    return facts


def _sign(space: Workspace) -> Facts:
    key, document = space.private_key("signing"), space.read(DOCUMENT)
    start = time.perf_counter()
    signature = key.sign(document)
    elapsed_ms = (time.perf_counter() - start) * 1000
    space.write(SIGNATURE, signature)
    return [
        ("signature 签名值", f"{SIGNATURE}, {len(signature)} bytes"),
        ("user id 签名者标识", "1234567812345678"),
        # The rest of the step's time is PBKDF2, which opens the key file.
        ("signing alone 仅签名", f"{elapsed_ms:.2f} ms"),
    ]


def _verify(space: Workspace) -> Facts:
    key = space.public_key("signing")
    key.verify(space.read(SIGNATURE), space.read(DOCUMENT))
    return [("result 结果", "the signature holds 签名有效")]


def _refuse_changed_document(space: Workspace) -> Facts:
    from gmpki.errors import InvalidSignature

    space.write(CHANGED_DOCUMENT, space.read(DOCUMENT).replace(b"300,000.00", b"800,000.00"))
    key = space.public_key("signing")
    try:
        key.verify(space.read(SIGNATURE), space.read(CHANGED_DOCUMENT))
    except InvalidSignature:
        return [("change 改动", "300,000.00 → 800,000.00"), ("result 结果", "refused 已拒绝")]
    raise GmpkiError("a changed document passed the verification")


def _encrypt(space: Workspace) -> Facts:
    from gmpki.algorithms.rand import random_bytes
    from gmpki.algorithms.sm4_aead import SM4GCM

    content_key, nonce = random_bytes(KEY_LEN), random_bytes(NONCE_LEN)
    space.write(ENCRYPTED_DOCUMENT, nonce + SM4GCM(content_key).encrypt(nonce, space.read(DOCUMENT)))
    recipient = space.public_key("encryption")
    space.write(ENCRYPTED_KEY, recipient.encrypt(content_key))
    return [("content 内容", f"{ENCRYPTED_DOCUMENT}, SM4-GCM"), ("its key 内容密钥", f"{ENCRYPTED_KEY}, SM2")]


def _decrypt(space: Workspace) -> Facts:
    from gmpki.algorithms.sm4_aead import SM4GCM

    key = space.private_key("encryption")
    content_key = key.decrypt(space.read(ENCRYPTED_KEY))
    encrypted = space.read(ENCRYPTED_DOCUMENT)
    document = SM4GCM(content_key).decrypt(encrypted[:NONCE_LEN], encrypted[NONCE_LEN:])
    if document != space.read(DOCUMENT):
        raise GmpkiError("the decrypted document differs from the original")
    space.write(DECRYPTED_DOCUMENT, document, private=True)
    return [("document 文件", f"{DECRYPTED_DOCUMENT}, same as the original 与原文一致")]


def _refuse_changed_ciphertext(space: Workspace) -> Facts:
    from gmpki.algorithms.sm4_aead import SM4GCM
    from gmpki.errors import InvalidTag

    key = space.private_key("encryption")
    content_key = key.decrypt(space.read(ENCRYPTED_KEY))
    changed = bytearray(space.read(ENCRYPTED_DOCUMENT))
    changed[NONCE_LEN] ^= 1
    try:
        SM4GCM(content_key).decrypt(bytes(changed[:NONCE_LEN]), bytes(changed[NONCE_LEN:]))
    except InvalidTag:
        return [("change 改动", "one bit of the ciphertext 密文的一个比特"), ("result 结果", "refused 已拒绝")]
    raise GmpkiError("a changed ciphertext was decrypted")


STEPS: tuple[Step, ...] = (
    Step("prepare", "准备一份合同", "Take a contract", _prepare),
    Step("keys", "生成两对 SM2 密钥", "Make two SM2 key pairs", _make_keys),
    Step("sign", "签名", "Sign the contract", _sign),
    Step("verify", "验签", "Verify the signature", _verify),
    Step("refuse-changed-document", "篡改后的合同被拒绝", "A changed contract is refused", _refuse_changed_document),
    Step("encrypt", "加密", "Encrypt the contract", _encrypt),
    Step("decrypt", "解密", "Decrypt it again", _decrypt),
    Step(
        "refuse-changed-ciphertext", "篡改后的密文被拒绝", "A changed ciphertext is refused", _refuse_changed_ciphertext
    ),
)


@dataclass(frozen=True)
class Outcome:
    """What a step did, and how long it took."""

    step: Step
    facts: Facts
    elapsed_s: float


@click.command(
    name="quickstart",
    epilog="\b\nExamples:\n  gmpki quickstart\n  gmpki quickstart --output demo\n  gmpki quickstart --json",
)
@click.option(
    "--output", "-o", type=OUTPUT, metavar="DIR", help="Where the files go.  [default: a new temporary directory]"
)
@json_option
def command(*, output: str | None) -> Report:
    """Sign, verify, encrypt and decrypt a contract, step by step, and keep every file.

    用一份真实文件演示密钥生成、签名、验签、加密、解密，并保留全部中间文件。
    """
    space = Workspace(_directory(output))
    outcomes: list[Outcome] = []
    failure = None
    for step in STEPS:
        start = time.perf_counter()
        try:
            facts = step.run(space)
        except GmpkiError as error:
            failure = Failure(type(error).__name__, f"step {step.name}: {error}")
            break
        outcomes.append(Outcome(step, facts, time.perf_counter() - start))
    return Report(_fields(space, outcomes), _lines(space, outcomes), failure)


def _directory(output: str | None) -> str:
    if output is None:
        return tempfile.mkdtemp(prefix="gmpki-quickstart-")
    os.makedirs(output, mode=0o700, exist_ok=True)
    if os.listdir(output):
        raise click.UsageError(f"the directory {output} is not empty")
    return output


def _fields(space: Workspace, outcomes: list[Outcome]) -> dict[str, Any]:
    steps = [
        {
            "name": outcome.step.name,
            "title": outcome.step.title_en,
            "title_zh": outcome.step.title_zh,
            "elapsed_ms": round(outcome.elapsed_s * 1000, 3),
            "facts": dict(outcome.facts),
        }
        for outcome in outcomes
    ]
    return {"directory": space.directory, "files": space.files, "steps": steps, "certified": False, "notice": NOTICE_EN}


def _lines(space: Workspace, outcomes: list[Outcome]) -> list[str]:
    titles = columns(
        (f"{number}.", outcome.step.title_zh, outcome.step.title_en, f"{outcome.elapsed_s * 1000:9.2f} ms")
        for number, outcome in enumerate(outcomes, start=1)
    )
    details = iter(columns([fact for outcome in outcomes for fact in outcome.facts], indent=4))
    lines = []
    for title, outcome in zip(titles, outcomes, strict=True):
        lines.append(title)
        lines += [next(details) for _ in outcome.facts]
    total_ms = sum(outcome.elapsed_s for outcome in outcomes) * 1000
    return [
        *lines,
        "",
        f"{len(outcomes)} steps 步骤, {total_ms:.2f} ms, files in 文件位于 {space.directory}",
        "",
        f"{NOTICE_ZH}  {NOTICE_EN}",
    ]
