"""Both certificates of a holder on a token, step by step: from the key made inside to what it signs."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from gmpki.cms import SignerSpec, Trust, decrypt, encrypt, sign, verify
from gmpki.cms.profiles import MessageProfile
from gmpki.cms.report import CheckStatus
from gmpki.seal.pdf import Stamp, sign_pdf, verify_pdf
from gmpki.seal.report import Verdict
from gmpki.seal.signing import SealSigner
from gmpki.tokens.delivery import import_delivery
from gmpki.tokens.interfaces import Ability, Application, Container, KeyUsage, TokenKeyType
from seal import samples
from seal.pdf import documents
from tokens.checks import expect
from tokens.scene import Issued, issue_to

__all__ = ["dual_flow"]

Step = tuple[str, Callable[[], None]]
CONTENT = "合同".encode()


def dual_flow(application: Application, container: Container) -> Iterator[Step]:
    """Yield the steps, each with its name; one builds on those before."""
    issued: list[Issued] = []

    def key_made_inside() -> None:
        container.generate()
        expect("the pair", container.key_type(KeyUsage.SIGNING), TokenKeyType.SM2)

    def pair_issued() -> None:
        issued.append(issue_to(container))

    def encryption_key_imported() -> None:
        import_delivery(container, issued[0].delivered, pair=issued[0].pair)
        expect("the public key", container.public_key(KeyUsage.ENCRYPTION), issued[0].encryption_key.public_key)

    def certificates_read_back() -> None:
        container.close()
        opened = application.container("con1")
        expect("the signing certificate", opened.certificate(KeyUsage.SIGNING), issued[0].pair.signing)
        expect("the encryption certificate", opened.certificate(KeyUsage.ENCRYPTION), issued[0].pair.encryption)

    def message_signed() -> None:
        signer = SignerSpec(application.container("con1").signing_key, issued[0].pair.signing)
        message = sign(CONTENT, signer, profile=MessageProfile.GMT0010)
        verified = verify(message, Trust([samples.root().certificate], at=samples.NOW))
        expect("the content", verified.content, CONTENT)
        expect("the signature", verified.signers[0].check("signature").status, CheckStatus.PASSED)

    def message_decrypted() -> None:
        key = application.container("con1").encryption_key
        opened = decrypt(encrypt(CONTENT, [issued[0].pair]), [(issued[0].pair, key)])
        expect("the content", opened.content, CONTENT)

    def pdf_sealed() -> None:
        certificate = issued[0].pair.signing
        seal = samples.new_seal(signers=[certificate])
        key = application.container("con1").signing_key
        signer = SealSigner(seal, key, certificate, clock=lambda: samples.NOW)
        data = sign_pdf(documents.single_page(), signer, Stamp(1, 50, 50), time=samples.NOW)
        expect("the verdict", verify_pdf(data, samples.trust(accept=samples.UNASKED)).verdict, Verdict.VALID)

    yield "key made inside", key_made_inside
    yield "request, pair issued", pair_issued
    yield "encryption key imported", encryption_key_imported
    yield "certificates read back", certificates_read_back
    yield "PKCS#7 message signed", message_signed
    if Ability.DECRYPTION in container.abilities:
        yield "message decrypted", message_decrypted
    yield "PDF sealed", pdf_sealed
