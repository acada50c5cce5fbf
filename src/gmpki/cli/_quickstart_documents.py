"""What quickstart does with documents: a seal is made and put on them, a file is signed and enveloped."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

from gmpki.cli._quickstart_space import Said
from gmpki.errors import UnsupportedAlgorithm

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from importlib.abc import Traversable

    from gmpki.asn1.rfc5280 import ReasonCode
    from gmpki.cli._quickstart_space import Workspace
    from gmpki.keys.interfaces import Decryptor, Signer
    from gmpki.seal.file_registry import FileSealRegistry
    from gmpki.seal.pdf._places import AnyStamp
    from gmpki.seal.report import DocumentReport
    from gmpki.seal.seal import Seal
    from gmpki.seal.trust import SealTrust
    from gmpki.x509.certificate import Certificate
    from gmpki.x509.pair import CertificatePair

    Stamp = Callable[[bytes], bytes]

__all__ = [
    "Document",
    "Sealing",
    "envelope_file",
    "make_seal_of",
    "seal_document",
    "seal_without_stamp",
    "sign_file",
    "take_documents",
]

SHIPPED: Final = ("contract.pdf", "contract.ofd")
SEAL_ID: Final = "11010100000018"  # made up, as everything here is
DIAMETER_MM: Final = 42
REGISTRY: Final = "seal/registry"
# Over the place of the buyer in the contract that is shipped; on other documents at the lower right of the last page.
_SHIPPED_PLACE: Final = (1, 40.0, 203.0)
_FROM_EDGE_MM: Final = (20.0, 30.0)
_STRADDLE_MM: Final = 100.0


@dataclass(frozen=True)
class Document:
    """A document that is sealed.

    :ivar name: of the file in the directory of the run.
    :ivar kind: "pdf" or "ofd".
    """

    name: str
    kind: str
    data: bytes
    is_shipped: bool

    @property
    def sealed_name(self) -> str:
        """What the sealed file is called."""
        return self.name_of("sealed")

    def name_of(self, kind: str) -> str:
        """Return what a file is called that was made of the document."""
        stem, ending = os.path.splitext(os.path.basename(self.name))
        return f"sealed/{stem}-{kind}{ending}"

    def sealed(self, signer: Any) -> bytes:
        """Return the document with the seal on it.

        :raises GmpkiError: when it cannot be sealed.
        """
        from gmpki.seal.ofd import sign_ofd
        from gmpki.seal.pdf import sign_pdf

        sign: Callable[..., bytes] = sign_pdf if self.kind == "pdf" else sign_ofd
        return sign(self.data, signer, self._places())

    def verify(self, data: bytes, trust: SealTrust, name: str) -> DocumentReport:
        """Verify a sealed copy of the document."""
        from gmpki.seal.ofd import verify_ofd
        from gmpki.seal.pdf import verify_pdf

        verify: Callable[..., DocumentReport] = verify_pdf if self.kind == "pdf" else verify_ofd
        return verify(data, trust, name=name)

    def _places(self) -> list[AnyStamp]:
        from gmpki.seal.ofd import list_ofd
        from gmpki.seal.pdf import Stamp, StraddleStamp, list_pdf

        sizes = list_pdf(self.data).pages if self.kind == "pdf" else list_ofd(self.data).pages
        if self.is_shipped:
            page, x, y = _SHIPPED_PLACE
        else:
            page, (width, height) = len(sizes), sizes[-1]
            right, below = _FROM_EDGE_MM
            x, y = max(0.0, width - DIAMETER_MM - right), max(0.0, height - DIAMETER_MM - below)
        places: list[AnyStamp] = [Stamp(page, x, y)]
        if self.is_shipped:
            places.append(StraddleStamp(_STRADDLE_MM))
        return places


def _shipped_file(name: str) -> Traversable:
    return resources.files("gmpki.data").joinpath("quickstart").joinpath(name)


def take_documents(space: Workspace, given: Sequence[str]) -> list[Document]:
    """Copy the documents into the directory: those given, or those shipped.

    :raises UnsupportedAlgorithm: when a file is neither PDF nor OFD.
    :raises OSError: when one cannot be read.
    """
    from gmpki.cli import _io

    files = [(os.path.basename(path), _io.read_input(path, max_len=1 << 28)) for path in given]
    if not given:
        files = [(name, _shipped_file(name).read_bytes()) for name in SHIPPED]
    documents: list[Document] = []
    for number, (name, data) in enumerate(files, 1):
        kind = "pdf" if data.lstrip().startswith(b"%PDF-") else "ofd" if data.startswith(b"PK") else None
        if kind is None:
            raise UnsupportedAlgorithm(f"{name} is neither PDF nor OFD")
        own = f"document.{kind}" if name == "-" else name
        if own in [os.path.basename(one.name) for one in documents]:
            own = f"{number}-{own}"
        space.write(f"documents/{own}", data, Said("原始文件", "the document"))
        documents.append(Document(f"documents/{own}", kind, data, not given))
    return documents


# ---- the seal -------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Sealing:
    """A seal, where it is registered, and who uses it."""

    seal: Seal
    registry: FileSealRegistry
    key: Signer
    certificate: Certificate
    timestamp: Stamp

    def signer(self, *, stamped: bool = True, asks_registry: bool = True) -> Any:
        """Return who signs with the seal.

        :param stamped: whether with time-stamps.
        :param asks_registry: whether the registry is asked before each use.
        """
        from gmpki.seal import SealSigner, UseCheck

        return SealSigner(
            self.seal,
            self.key,
            self.certificate,
            timestamp=self.timestamp if stamped else None,
            grant=UseCheck(self.registry) if asks_registry else None,
        )

    def revoke(self, why: str, reason: ReasonCode) -> None:
        """Take the seal out of use for good."""
        self.registry.revoke(self.seal, by="示例备案员", why=why, reason=reason)


def make_seal_of(
    space: Workspace,
    owner: tuple[str, Signer, Certificate],
    maker: tuple[Signer, Certificate],
    timestamp: Stamp,
) -> Sealing:
    """Have the maker make the seal of an organisation, and register it.

    :param owner: the organisation's name, its signing key and certificate.
    """
    from gmpki.seal import FileSealRegistry, SealSpec, SealType, make_seal
    from gmpki.seal.picture import import_picture

    name, key, certificate = owner
    drawing = _shipped_file("seal.svg").read_bytes()
    picture = import_picture(
        drawing, width_mm=DIAMETER_MM, height_mm=DIAMETER_MM, seal_type=SealType.ORGANISATION, trim=False
    )
    now = datetime.now(timezone.utc).replace(microsecond=0)
    until = min(now + timedelta(days=365), certificate.not_after)
    spec = SealSpec(SEAL_ID, name, picture, [certificate], max(now, certificate.not_before), until)
    seal = space.timed(Said("制章", "make the seal"), lambda: make_seal(spec, *maker))
    registry = FileSealRegistry.create(space.path(REGISTRY))
    registry.make(seal, by="示例制章员")
    registry.file(seal, by="示例备案员", record_number="示例-0001")
    space.write("seal/seal.svg", drawing, Said("印模", "the drawing of the seal"))
    space.write("seal/seal.esl", seal.der, Said("电子印章（GB/T 38540）", "the electronic seal (GB/T 38540)"))
    space.note(REGISTRY, Said("印章登记库", "the registry of seals"))
    space.tell("seal 印章", f"{seal.name} ({seal.seal_id}), {seal.layout.value}")
    return Sealing(seal, registry, key, certificate, timestamp)


def seal_document(space: Workspace, document: Document, sealing: Sealing) -> bytes:
    """Seal a document with a time-stamp, and write it."""
    label = document.kind.upper()
    sealed = space.timed(
        Said(f"{label} 签章（UKey，含时间戳）", f"seal the {label} (UKey, time-stamp included)"),
        lambda: document.sealed(sealing.signer()),
    )
    space.write(document.sealed_name, sealed, Said(f"签章后的 {label}", f"the sealed {label}"))
    space.tell(f"{label} 签章", f"{document.sealed_name}, {len(sealed)} bytes")
    return sealed


def seal_without_stamp(space: Workspace, document: Document, sealing: Sealing) -> bytes:
    """Seal a document without a time-stamp, and write it."""
    label = document.kind.upper()
    sealed = document.sealed(sealing.signer(stamped=False))
    what = Said(f"签章后的 {label}，没有时间戳", f"the sealed {label}, without a time-stamp")
    space.write(document.name_of("unstamped"), sealed, what)
    return sealed


# ---- messages -------------------------------------------------------------------------------------------------------
def sign_file(space: Workspace, document: Document, key: Signer, pair: CertificatePair, timestamp: Stamp) -> bytes:
    """Sign a file as a PKCS#7 message (GM/T 0010) that stands beside it."""
    from gmpki.cms import SignedMessage, SignerSpec, attach_timestamp, sign

    spec = SignerSpec(key, pair.signing, signing_time=datetime.now(timezone.utc).replace(microsecond=0))
    message = space.timed(
        Said("PKCS#7 签名（UKey）", "PKCS#7 signature (UKey)"), lambda: sign(document.data, spec, detached=True)
    )
    message = attach_timestamp(message, timestamp(SignedMessage.from_der(message).signers[0].signature))
    name = f"messages/{os.path.basename(document.name)}.p7s"
    space.write(name, message, Said("PKCS#7 签名（GM/T 0010）", "a PKCS#7 signature (GM/T 0010)"))
    space.tell("PKCS#7 签名 signature", name)
    return message


def envelope_file(space: Workspace, document: Document, pair: CertificatePair, key: Decryptor) -> bytes:
    """Envelope a file for the owner of an encryption certificate, and have his UKey open it."""
    from gmpki.cms import decrypt, encrypt

    message = space.timed(Said("数字信封", "make an envelope"), lambda: encrypt(document.data, [pair]))
    name = f"messages/{os.path.basename(document.name)}.p7m"
    space.write(name, message, Said("数字信封（GM/T 0010）", "a digital envelope (GM/T 0010)"))
    opened = space.timed(
        Said("打开信封（UKey）", "open the envelope (UKey)"), lambda: decrypt(message, [(pair, key)]).content
    )
    space.write(
        f"messages/opened-{os.path.basename(document.name)}",
        opened,
        Said("从信封取出的文件", "what was in the envelope"),
        private=True,
    )
    space.tell("数字信封 envelope", name)
    return opened
