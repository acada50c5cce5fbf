"""The authorities of quickstart: a root and one below it in an SQLite database, and the services that they certify."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from gmpki.ca.authority.authority import Authority
from gmpki.ca.authority.settings import AuthoritySettings
from gmpki.ca.interfaces import Actor, Issued, Order
from gmpki.ca.kmc.centre import KeyManagementCentre
from gmpki.ca.publication.directory import DirectoryPublisher
from gmpki.ca.publication.queue import publish_due
from gmpki.ca.publication.tree import tree_addresses
from gmpki.ca.revocation.schedule import make_due
from gmpki.ca.revocation.status import StoreStatusSource
from gmpki.ca.store.audit_verify import verify_audit
from gmpki.ca.store.store import Store
from gmpki.cli._quickstart_space import Said
from gmpki.cms import Trust
from gmpki.ocsp import OCSPResponder
from gmpki.protect import KeyRing
from gmpki.tsa import FileSerials, TimestampAuthority
from gmpki.x509.crl import CertificateRevocationList
from gmpki.x509.crl_checker import CRLChecker
from gmpki.x509.names import parse_name
from gmpki.x509.request import RequestBuilder

if TYPE_CHECKING:
    from gmpki.cli._quickstart_space import Workspace
    from gmpki.keys.interfaces import Signer
    from gmpki.keys.sm2 import SM2PrivateKey
    from gmpki.x509.certificate import Certificate

__all__ = ["Authorities"]

DATABASE: Final = "ca.db"
PUBLISHED: Final = "public"
_ROOT, _SUBORDINATE = "root", "sub"
_TREE: Final = "http://pki.example.cn"  # where the published files would be found; nobody is asked in this run
_OCSP: Final = "http://ocsp.example.cn"
_PUBLISHER: Final = "directory"
_POLICY: Final = "1.2.156.99999.1"
_ACTOR: Final = Actor("quickstart")
_SPARE_KEYS: Final = 20
_ANSWER_GOOD: Final = timedelta(minutes=30)


class Authorities:
    """A root, an authority below it, the key-management centre, and who works under their certificates.

    A context: its end closes the database.
    """

    name = _SUBORDINATE
    actor = _ACTOR

    def __init__(self, space: Workspace) -> None:
        """Found everything.

        :raises GmpkiError: when something cannot be made.
        """
        self._space = space
        self.issued: dict[Said, Certificate] = {}
        ring = KeyRing.generate()
        password = space.secret("key ring of the database")
        space.write("keys/ring.bin", ring.to_bytes(password.encode("ascii")), None, private=True)
        self.store = Store.create(f"sqlite:///{space.path(DATABASE)}", ring)
        space.note(
            "keys", Said("各机构与操作员的软件私钥，数据库的密钥环", "keys in software, and the database's key ring")
        )
        space.note(DATABASE, Said("CA 数据库（SQLite）", "the database of the authorities (SQLite)"))
        try:
            self._found()
        except BaseException:
            self.store.close()
            raise

    def __enter__(self) -> Authorities:
        return self

    def __exit__(self, *_: object) -> None:
        self.keys.close()
        self.store.close()

    def _found(self) -> None:
        space = self._space
        opener = space.software_key("key-centre")
        self.keys = KeyManagementCentre.create(self.store, opener.public_key, actor=_ACTOR)
        self.keys.pool.fill("SM2", _SPARE_KEYS)
        root_key = space.software_key("root")
        self._root = space.timed(
            Said("建立根 CA", "found a root"),
            lambda: Authority.create(
                self.store,
                _ROOT,
                parse_name("C=CN, O=示例电子认证, CN=测试根"),
                root_key,
                actor=_ACTOR,
                title="测试根",
                settings=_settings(_ROOT),
            ),
        )
        key = space.software_key("subordinate")
        self.backend = space.timed(
            Said("建立下级 CA", "found an authority below"),
            lambda: Authority.create_subordinate(
                self.store,
                _SUBORDINATE,
                parse_name("C=CN, O=示例电子认证, CN=测试下级CA"),
                key,
                parent=self._root,
                actor=_ACTOR,
                title="测试下级CA",
                settings=_settings(_SUBORDINATE),
                key_centre=self.keys,
            ),
        )
        space.tell("root 根 CA", str(self.root.subject))
        space.tell("authority 下级 CA", str(self.subordinate.subject))
        self.maker = self._certified(
            "seal-maker", "C=CN, O=示例印章制作中心, CN=示例制章", "e-seal-maker", Said("制章人", "maker of seals")
        )
        tsa_key, tsa = self._certified(
            "tsa", "C=CN, O=示例时间戳服务中心, CN=示例时间戳", "time-stamp", Said("时间戳机构", "time-stamp authority")
        )
        self._ocsp = self._certified(
            "ocsp", "C=CN, O=示例电子认证, CN=示例OCSP", "ocsp-responder", Said("OCSP 响应器", "OCSP responder")
        )
        space.note(PUBLISHED, Said("发布目录：证书与 CRL", "what is published: certificates and revocation lists"))
        os.makedirs(space.path("tsa"), mode=0o700)
        serials = FileSerials.create(space.path("tsa/serials"))
        self._tsa = TimestampAuthority(tsa_key, tsa, serials, [_POLICY], chain=[self.subordinate])

    # ---- certificates -------------------------------------------------------------------
    @property
    def root(self) -> Certificate:
        """The root's certificate."""
        return self._root.certificate

    @property
    def subordinate(self) -> Certificate:
        """The certificate of the authority below."""
        return self.backend.certificate

    def certify_operator(self, name: str, subject: str) -> Certificate:
        """Issue what an operator logs in with."""
        key = self._space.software_key(f"operator-{name}")
        return self._issue(f"operator-{name}", subject, key, "personal").signing

    def _certified(self, name: str, subject: str, profile: str, what: Said) -> tuple[SM2PrivateKey, Certificate]:
        key = self._space.software_key(name)
        certificate = self._issue(name, subject, key, profile).signing
        self.issued[what] = certificate
        self._space.tell(f"{what.english} {what.chinese}", str(certificate.subject))
        return key, certificate

    def _issue(self, name: str, subject: str, key: Signer, profile: str) -> Issued:
        request = RequestBuilder().subject(parse_name(subject)).sign(key)
        return self.backend.issue(Order(f"quickstart {name}", _SUBORDINATE, profile, request), actor=_ACTOR)

    # ---- revocation -----------------------------------------------------------------------
    def publish(self) -> None:
        """Make the revocation lists that are due, and bring what is due into the published directory."""
        issuers = [*self._root.list_issuers(), *self.backend.list_issuers()]
        made = self._space.timed(
            Said("生成 CRL", "make revocation lists"),
            lambda: make_due(self.store, issuers, actor=_ACTOR, publishers=(_PUBLISHER,)),
        )
        done = publish_due(self.store, [DirectoryPublisher(self._space.path(PUBLISHED), name=_PUBLISHER)], actor=_ACTOR)
        self._space.tell("CRL", f"{len(made)} lists 个列表, {sum(one.entries for one in made)} entries 条")
        self._space.tell("published 已发布", f"{done.done} files 个文件, {PUBLISHED}")

    def trust(self) -> Trust:
        """Return whom a verifier trusts who has the root, and the lists as they are published."""
        lists = [
            CertificateRevocationList.from_der(self._space.read(f"{PUBLISHED}/crl/{name}-1-0.crl"))
            for name in (_ROOT, _SUBORDINATE)
        ]
        return Trust((self.root,), (self.subordinate,), checkers=(CRLChecker(lists),))

    def answer_ocsp(self, request: bytes) -> bytes:
        """Answer a request out of the database."""
        key, certificate = self._ocsp
        source = StoreStatusSource(self.store, self.backend.id, self.backend.generations[-1].id)
        responder = OCSPResponder(self.subordinate, key, source, certificate=certificate, validity=_ANSWER_GOOD)
        return responder.answer(request)

    def timestamp(self, data: bytes) -> bytes:
        """Return a time-stamp over data."""
        return self._tsa.stamp(data)

    def verify_records(self) -> None:
        """Verify the audit log."""
        report = self._space.timed(Said("验证审计日志", "verify the audit log"), lambda: verify_audit(self.store))
        self._space.holds(Said("审计日志完整", "the audit log is whole"), f"{report.entries} entries")


def _settings(name: str) -> AuthoritySettings:
    addresses = tree_addresses(_TREE, name)
    return AuthoritySettings(
        crl_uris=addresses.crl_uris,
        ca_issuers_uris=addresses.ca_issuers_uris,
        ocsp_uris=(f"{_OCSP}/{name}",),
        publishers=(_PUBLISHER,),
    )
