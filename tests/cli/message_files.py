"""The messages that the examples of ``gmpki cms`` name, made with the files of :mod:`cli.sample_files`."""

from __future__ import annotations

from pathlib import Path

from cli import stamp_files
from cli.sample_files import KMC, OWNER
from gmpki import cms
from gmpki.cms.certificates import write_bundle
from gmpki.x509.certificate import load_certificate


def write_messages() -> None:
    """Write the files into the current directory, where those of the authority are."""
    signing = load_certificate(Path("signing.pem").read_bytes())
    encryption = load_certificate(Path("encryption.pem").read_bytes())
    Path("encryption.key").write_bytes(KMC.to_pem())
    Path("old.key").write_bytes(OWNER.to_pem())
    content = Path("report.pdf").read_bytes()
    signer = cms.SignerSpec(OWNER, signing)
    Path("report.p7m").write_bytes(cms.sign(content, signer))
    Path("contract.p7m").write_bytes(cms.sign(content, signer))
    Path("report.p7s").write_bytes(cms.sign(content, signer, detached=True))
    Path("report.enc").write_bytes(cms.encrypt(content, [encryption]))
    Path("old.p7b").write_bytes(write_bundle([signing, encryption]))
    prepared = cms.prepare(content, cms.SignerPlan(certificate=signing), detached=True)
    Path("report.prep").write_bytes(prepared.to_bytes())
    Path("signature.bin").write_bytes(OWNER.sign_digest(prepared.to_be_signed[0].digest or b""))
    stamp_files.write_stamps()
    signature = cms.SignedMessage.from_der(Path("contract.p7m").read_bytes()).signers[0].signature
    Path("contract.tst").write_bytes(stamp_files.stamped(signature).to_der())
