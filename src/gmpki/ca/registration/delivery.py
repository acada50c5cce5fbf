"""Handing over what was issued: as files, as PKCS #12, or straight into a token; and the receipt."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Final

from gmpki._inputs import member
from gmpki.asn1.gmt0092 import CSRResponse
from gmpki.ca.registration import applications, pairs
from gmpki.ca.registration._desk import Once
from gmpki.ca.registration.applications import check_text
from gmpki.ca.registration.carrying import Outcome, outcome
from gmpki.ca.registration.pairs import Pair
from gmpki.ca.registration.states import Operation, transition
from gmpki.errors import InvalidInputError, KeyMismatchError, LifeCycleError
from gmpki.keys.pbes2 import DEFAULT_ITERATIONS
from gmpki.keys.sm2 import SM2PrivateKey
from gmpki.keystore.pkcs12 import KeyEntry
from gmpki.keystore.pkcs12_writer import StoreProfile, write_pkcs12
from gmpki.tokens.delivery import import_delivery
from gmpki.x509.delivery import open_delivery, read_delivery
from gmpki.x509.pair import CertificatePair

if TYPE_CHECKING:
    from collections.abc import Iterable

    from typing_extensions import Buffer

    from gmpki.ca.operators.operators import Operator
    from gmpki.ca.registration._desk import Desk
    from gmpki.tokens.interfaces import Container
    from gmpki.x509.certificate import Certificate

__all__ = ["DeliveryForm", "as_file", "as_pkcs12", "deliver", "into_token"]

_MAX_RECEIPT_LEN: Final = 256


class DeliveryForm(Enum):
    """What a file for the holder is."""

    CSR_RESPONSE = "csr-response"
    """Both certificates and the enveloped encryption key: CSRResponse of GM/T 0092-2020 clause 8."""
    ENVELOPED_KEY = "enveloped-key"
    """The enveloped encryption key alone: SM2EnvelopedKey of GM/T 0009-2012."""
    SKF_BLOB = "skf-blob"
    """The block that a token imports: ENVELOPEDKEYBLOB of GM/T 0016-2012."""


def deliver(desk: Desk, operator: Operator, application_id: int, receipt: str, key: str | None) -> Outcome:
    """Write down that the holder has got what was issued.

    Errors are those of :meth:`RegistrationOffice.deliver <gmpki.ca.registration.office.RegistrationOffice.deliver>`.
    """
    check_text(receipt, "receipt", _MAX_RECEIPT_LEN)
    with desk.store.transaction() as tx:
        row, application = applications.lock(tx, application_id)
        desk.permit(tx.connection, operator, Operation.DELIVER.value, application.region_id)
        once = Once(key, Operation.DELIVER, operator, application_id, receipt)
        if once.answer(tx) is None:
            state = transition(Operation.DELIVER, application.state)
            if application.pair_id is None:
                raise LifeCycleError("deliver", application.state.value, "there is no pair to deliver")
            pair_row, pair = pairs.lock(tx, application.pair_id)
            pairs.move(tx, pair_row, Operation.DELIVER, delivered_at=tx.at, receipt=receipt)
            applications.ROWS.change(tx, row, state=state.value, delivered_at=tx.at, closed_at=tx.at)
            tx.audit(operator.actor, "pair.deliver", pair.subject, application=application_id, medium=pair.medium)
            once.keep(tx, application_id)
    return outcome(desk, application_id)


def as_file(pair: Pair, form: DeliveryForm = DeliveryForm.CSR_RESPONSE) -> bytes:
    """Return a pair as a file for its holder, whose signing key opens it.

    :raises InvalidTypeError: when an argument has the wrong type.
    :raises InvalidInputError: when there is no encryption key to deliver, or its envelope has no such form.
    :raises GmpkiError: as :func:`gmpki.x509.delivery.read_delivery`.
    """
    certificates, envelope = _both(pair)
    member(form, DeliveryForm, "form")
    key = read_delivery(envelope).envelope
    if form is DeliveryForm.ENVELOPED_KEY:
        return key.to_der()
    if form is DeliveryForm.SKF_BLOB:
        return key.to_skf_blob()
    signing, encryption = (certificates.signing.der,), (certificates.encryption.der,)
    return CSRResponse(signing, key.to_structure(), encryption).to_der()


def into_token(pair: Pair, container: Container) -> None:
    """Import the encryption key and both certificates into the container that has the signing key.

    :raises InvalidTypeError: when an argument has the wrong type.
    :raises InvalidInputError: when there is no encryption key to deliver.
    :raises GmpkiError: as :func:`gmpki.tokens.delivery.import_delivery`.
    """
    certificates, envelope = _both(pair)
    import_delivery(container, envelope, pair=certificates)


def as_pkcs12(
    pair: Pair,
    signing_key: SM2PrivateKey,
    password: Buffer,
    *,
    chain: Iterable[Certificate] = (),
    profile: StoreProfile = StoreProfile.GM,
    iterations: int = DEFAULT_ITERATIONS,
) -> bytes:
    """Return both keys and certificates of a pair under a password.

    This is for signing keys that were made at the office, in software: the office then knew the holder's signing key,
    so what it signs is no proof against the office. Where that matters, the holder makes the key.

    :param password: at least 1 byte, UTF-8; it reaches the holder on another way.
    :param chain: certificates of the authorities.
    :param iterations: how often the password is hashed for each key, as the writer of PKCS #12 takes it.
    :raises InvalidTypeError: when an argument has the wrong type.
    :raises InvalidInputError: when there is no encryption key to deliver, or the password is empty.
    :raises KeyMismatchError: when the key is not that of the signing certificate.
    :raises DecryptionError: when it does not open the envelope.
    :raises GmpkiError: as :func:`gmpki.keystore.pkcs12_writer.write_pkcs12`.
    """
    certificates, envelope = _both(pair)
    member(signing_key, SM2PrivateKey, "signing_key")
    if signing_key.public_key != certificates.signing.public_key:
        raise KeyMismatchError("the key is not that of the signing certificate")
    opened = open_delivery(envelope, signing_key, pair=certificates)
    keys = (KeyEntry(signing_key, certificates.signing), KeyEntry(opened.encryption_key, certificates.encryption))
    return write_pkcs12(keys, password, certificates=tuple(chain), profile=profile, iterations=iterations)


def _both(pair: Pair) -> tuple[CertificatePair, bytes]:
    member(pair, Pair, "pair")
    certificates = pair.certificates
    if certificates is None or pair.delivery is None:
        raise InvalidInputError("there is no encryption key to deliver")
    return certificates, pair.delivery
