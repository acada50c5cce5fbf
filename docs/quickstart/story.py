"""The story of ``gmpki quickstart``, in the directory it runs in: authority, UKey, seal, verification, revocation."""

import os
import time
from importlib.resources import files

from gmpki import SM2PrivateKey, cms, seal, tokens, tsa, x509
from gmpki.ca import interfaces
from gmpki.ca.authority.authority import Authority
from gmpki.ca.kmc.centre import KeyManagementCentre
from gmpki.ca.operators import appointments, permissions, regions
from gmpki.ca.registration import applicants, applications, delivery, identity, office
from gmpki.ca.revocation import lists, schedule
from gmpki.ca.store.store import Store
from gmpki.protect import KeyRing
from gmpki.seal import ofd, picture
from gmpki.tokens import soft


def certified(name, key, profile="personal"):
    request = x509.RequestBuilder().subject(x509.parse_name(f"C=CN, O=示例CA, CN={name}")).sign(key)
    return sub.issue(interfaces.Order(name, "sub", profile, request), actor=me).signing


def trust():  # of somebody who knows the root, and the lists of now
    for one in schedule.make_due(store, [*root.list_issuers(), *sub.list_issuers()]):
        with store.reading() as connection:
            known[one.scope] = x509.CertificateRevocationList.from_der(b"".join(lists.read_list(connection, one.id)))
    people = cms.Trust((root.certificate,), (sub.certificate,), checkers=(x509.CRLChecker(known.values()),))
    return seal.SealTrust(people, timestamps=tsa.TokenVerifier(people), accept={"seal-status"})


shipped, os.environ["GMPKI_SOFTTOKEN_DIR"] = files("gmpki.data").joinpath("quickstart"), os.path.abspath("ukeys")
root_key, sub_key, opener, tsa_key, maker_key = (SM2PrivateKey.generate() for _ in range(5))
root_name, sub_name = (x509.parse_name(f"C=CN, O=示例CA, CN={name}") for name in ("测试根", "测试下级CA"))
me, known, store = interfaces.Actor("story"), {}, Store.create("sqlite:///ca.db", KeyRing.generate())
keys = KeyManagementCentre.create(store, opener.public_key)
root = Authority.create(store, "root", root_name, root_key, actor=me)
sub = Authority.create_subordinate(store, "sub", sub_name, sub_key, parent=root, actor=me, key_centre=keys)
stamper, maker = certified("示例时间戳", tsa_key, "time-stamp"), certified("示例制章", maker_key, "e-seal-maker")
stamps = tsa.TimestampAuthority(tsa_key, stamper, tsa.FileSerials.create("serials"), ["1.2.156.99999.1"])
staff = [(role, certified(role.title_zh, SM2PrivateKey.generate())) for role in permissions.Permission]
desk, kind = office.RegistrationOffice(store, sub), identity.IdentityKind.CREDIT_CODE
with store.transaction() as tx:
    wanted = [appointments.Appointment(role.value, role.title_zh, own, frozenset({role})) for role, own in staff]
    clerk, proofreader, reviewer, issuer, *_ = appointments.appoint_first(tx, wanted)
    region = regions.add_region(tx, me, code="99", title="示例市").id
    code = identity.Identity(kind, "11990000000000001G")
    owner = applicants.Applicant(applicants.ApplicantKind.ORGANIZATION, "示例市社会保障局", code, region)
    owner_id = applicants.add(tx, owner, actor=me)

soft.create_soft_device(soft.SoftSettings(serial="UKEY-1"))
with store, tokens.open_token("soft:dev=UKEY-1") as token:
    token.device.authenticate()
    application = token.device.create_application("GMPKI", admin_pin="87654321", user_pin="12345678")
    application.login("12345678")
    ukey = application.create_container("con1")
    ukey.generate(tokens.TokenKeyType.SM2)  # the signing key, which never leaves the UKey
    request = x509.RequestBuilder().subject(x509.parse_name(f"C=CN, O={owner.name}, CN=印章")).sign(ukey.signing_key)
    form = applications.ApplicationForm(owner_id, "sub", "organisation", request)
    number = desk.apply(clerk, form).id
    desk.proofread(proofreader, number)
    desk.approve(reviewer, number)
    pair = desk.issue(issuer, number).pair
    delivery.into_token(pair, ukey)
    drawing = picture.import_picture(shipped.joinpath("seal.svg").read_bytes(), width_mm=42, height_mm=42)
    spec = seal.SealSpec("11010100000018", owner.name, drawing, [pair.signing], pair.not_before, pair.not_after)
    organisation_seal, contract = seal.make_seal(spec, maker_key, maker), shipped.joinpath("contract.ofd").read_bytes()
    signer = seal.SealSigner(organisation_seal, ukey.signing_key, pair.signing, timestamp=stamps.stamp)
    sealed = ofd.sign_ofd(contract, signer, ofd.Stamp(1, 40, 203))
    envelope = cms.encrypt(contract, [pair.certificates])
    assert cms.decrypt(envelope, [(pair.certificates, ukey.encryption_key)]).content == contract

    print("sealed", ofd.verify_ofd(sealed, trust()).verdict.value)
    time.sleep(2)
    desk.revoke(issuer, pair.id, x509.ReasonCode.KEY_COMPROMISE)
    late = ofd.sign_ofd(contract, signer, ofd.Stamp(1, 40, 203))
    before, after = (ofd.verify_ofd(document, trust()).verdict.value for document in (sealed, late))
    print("revoked: sealed before:", before, "- sealed after:", after)
