"""The tables of an authority, its registration offices and its key-management centre.

One database may hold all of them or only some: a key-management centre that is an institution of its own uses the
tables that begin with ``kmc_`` in another database. Times are whole seconds since 1970 in UTC. Serial numbers are
lower-case hexadecimal digits without leading zeros. Digests and key identifiers are SM3 in hexadecimal digits, 64 of
them. Columns named ``tag`` hold the :class:`~gmpki.protect.records.RecordTagger` tag of what decides about a row;
columns named ``*_sealed`` hold values encrypted by :class:`~gmpki.protect.fields.FieldCipher`, columns named
``*_index`` the tokens of :class:`~gmpki.protect.blind_index.BlindIndex` by which they are found.

What belongs to others (``seal_registry``) only keeps its journal here.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

__all__ = ["METADATA"]

METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite numbers rows by itself only where the column is called INTEGER.
_Id = BigInteger().with_variant(Integer, "sqlite")
_Time = BigInteger
_Serial = String(40)
_Digest = String(64)
_State = String(24)
# Prefixes of names are searched by range, which needs the order of code points.
_Name = String(255).with_variant(String(255, collation="C"), "postgresql")


def _id() -> Column[int]:
    return Column("id", _Id, primary_key=True, autoincrement=True)


# ---- the store itself -----------------------------------------------------------------------
store_facts = Table(
    "store_facts",
    METADATA,
    Column("name", String(64), primary_key=True),
    Column("value", Text, nullable=False),
)

# One line of the tamper-evident log a row; `audit_head` is the one row that says where the log ends.
audit = Table(
    "audit",
    METADATA,
    Column("number", _Id, primary_key=True, autoincrement=False),
    Column("at", _Time, nullable=False, index=True),
    Column("kind", String(8), nullable=False),
    Column("operation", String(64), nullable=False),
    Column("actor", String(128), nullable=False),
    Column("subject", String(128), nullable=False),
    Column("line", Text, nullable=False),
    Index("ix_audit_operation", "operation", "at"),
    Index("ix_audit_subject", "subject", "number"),
    Index("ix_audit_actor", "actor", "at"),
)
audit_head = Table(
    "audit_head",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("number", BigInteger, nullable=False),
    Column("at", _Time, nullable=False),
    Column("last_line", Text, nullable=False),
    Column("header_line", Text, nullable=False),
)

# The answer that a request with an idempotency key got, to be given again.
answered = Table(
    "answered",
    METADATA,
    Column("idempotency_key", String(128), primary_key=True),
    Column("operation", String(64), nullable=False),
    # A keyed hash of what was asked for.
    Column("request_digest", _Digest, nullable=False),
    Column("answer", Text, nullable=False),
    Column("at", _Time, nullable=False, index=True),
    Column("tag", LargeBinary, nullable=False),
)

# ---- authorities ----------------------------------------------------------------------------
authorities = Table(
    "authorities",
    METADATA,
    _id(),
    Column("name", String(64), nullable=False, unique=True),
    Column("title", String(255), nullable=False),
    Column("parent_id", _Id, ForeignKey("authorities.id")),
    Column("state", _State, nullable=False),
    Column("settings", Text, nullable=False),
    Column("last_crl_number", BigInteger, nullable=False),
    Column("created_at", _Time, nullable=False),
    Column("tag", LargeBinary, nullable=False),
)
# The keys that an authority has had, one after the other; link certificates join one to the next.
generations = Table(
    "generations",
    METADATA,
    _id(),
    Column("authority_id", _Id, ForeignKey("authorities.id"), nullable=False),
    Column("generation", Integer, nullable=False),
    Column("state", _State, nullable=False),
    # The PKCS #10 request by which somebody else is asked for the certificate; the certificate, once it is there.
    Column("request", LargeBinary),
    Column("certificate", LargeBinary),
    Column("public_key_id", _Digest, nullable=False, index=True),
    Column("not_after", _Time),
    Column("old_with_new", LargeBinary),
    Column("new_with_old", LargeBinary),
    Column("signer", String(255), nullable=False),
    Column("created_at", _Time, nullable=False),
    Column("tag", LargeBinary, nullable=False),
    UniqueConstraint("authority_id", "generation"),
)
# Authorities of others whose certificates are accepted (互信互认).
trusted = Table(
    "trusted",
    METADATA,
    _id(),
    Column("list_name", String(64), nullable=False),
    Column("certificate_digest", _Digest, nullable=False),
    Column("certificate", LargeBinary, nullable=False),
    Column("title", String(255), nullable=False),
    Column("state", _State, nullable=False),
    Column("added_at", _Time, nullable=False),
    Column("tag", LargeBinary, nullable=False),
    UniqueConstraint("list_name", "certificate_digest"),
)

# ---- what is issued -------------------------------------------------------------------------
# One order for a pair or a single certificate: the first of the two commits writes it with its certificates as meant,
# the second one makes it issued.
issues = Table(
    "issues",
    METADATA,
    _id(),
    Column("order_key", String(128), nullable=False),
    # 1, and one more each time that the order is tried again after it was cancelled.
    Column("attempt", Integer, nullable=False),
    Column("request_digest", _Digest, nullable=False),
    Column("authority_id", _Id, ForeignKey("authorities.id"), nullable=False),
    Column("generation_id", _Id, ForeignKey("generations.id"), nullable=False),
    Column("profile", String(64), nullable=False),
    Column("state", _State, nullable=False),
    Column("worker", String(64), nullable=False),
    Column("delivery", LargeBinary),
    Column("meant_at", _Time, nullable=False),
    Column("issued_at", _Time),
    UniqueConstraint("order_key", "attempt"),
    Index("ix_issues_state", "state", "meant_at"),
)
certificates = Table(
    "certificates",
    METADATA,
    _id(),
    Column("authority_id", _Id, ForeignKey("authorities.id"), nullable=False),
    Column("generation_id", _Id, ForeignKey("generations.id"), nullable=False),
    Column("serial", _Serial, nullable=False),
    Column("issue_id", _Id, ForeignKey("issues.id"), index=True),
    Column("role", String(16), nullable=False),
    # The revocation list that tells about it: that of a distribution point, from 1, or 0 for the one of all.
    Column("part", Integer, nullable=False, default=0),
    Column("profile", String(64), nullable=False),
    Column("state", _State, nullable=False),
    Column("subject", Text, nullable=False),
    Column("public_key_id", _Digest, nullable=False, index=True),
    Column("not_before", _Time, nullable=False),
    Column("not_after", _Time, nullable=False),
    Column("tbs_digest", _Digest, nullable=False),
    # The TBSCertificate as long as it is only meant, the certificate from then on.
    Column("content", LargeBinary, nullable=False),
    Column("issued_at", _Time),
    Column("tag", LargeBinary, nullable=False),
    UniqueConstraint("authority_id", "serial"),
    Index("ix_certificates_not_after", "not_after", "state"),
    Index("ix_certificates_issued_at", "issued_at"),
)
# One row a certificate, never deleted: what was revoked or suspended once stays written; a hold that was lifted has its
# end.
revocations = Table(
    "revocations",
    METADATA,
    _id(),
    Column("certificate_id", _Id, ForeignKey("certificates.id"), nullable=False, unique=True),
    Column("authority_id", _Id, ForeignKey("authorities.id"), nullable=False),
    Column("generation_id", _Id, ForeignKey("generations.id"), nullable=False),
    Column("part", Integer, nullable=False),
    Column("serial", _Serial, nullable=False),
    Column("revoked_at", _Time, nullable=False),
    Column("reason", Integer, nullable=False),
    Column("invalidity_at", _Time),
    Column("not_after", _Time, nullable=False),
    Column("lifted_at", _Time),
    # Grows with every change of the row, over all of the authority: what a delta list has to tell since its base.
    Column("change_number", BigInteger, nullable=False),
    Column("requested_at", _Time, nullable=False),
    Column("published_at", _Time),
    Column("tag", LargeBinary, nullable=False),
    Index("ix_revocations_list", "authority_id", "generation_id", "part", "not_after"),
    Index("ix_revocations_change", "authority_id", "change_number"),
    Index("ix_revocations_published", "published_at", "requested_at"),
)
crls = Table(
    "crls",
    METADATA,
    _id(),
    Column("authority_id", _Id, ForeignKey("authorities.id"), nullable=False),
    Column("generation_id", _Id, ForeignKey("generations.id"), nullable=False),
    Column("part", Integer, nullable=False),
    Column("crl_number", BigInteger, nullable=False),
    Column("base_number", BigInteger),
    Column("change_number", BigInteger, nullable=False),
    Column("this_update", _Time, nullable=False),
    Column("next_update", _Time, nullable=False),
    Column("entries", BigInteger, nullable=False),
    Column("state", _State, nullable=False),
    Column("length", BigInteger),
    Column("digest", _Digest),
    UniqueConstraint("authority_id", "crl_number"),
    Index("ix_crls_latest", "authority_id", "generation_id", "part", "crl_number"),
)
# The DER of a list in pieces, so that a long one is never in memory as a whole.
crl_pieces = Table(
    "crl_pieces",
    METADATA,
    Column("crl_id", _Id, ForeignKey("crls.id"), primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("piece", LargeBinary, nullable=False),
)
# What has to reach which publisher; a row goes when that publisher has it.
due_publications = Table(
    "due_publications",
    METADATA,
    _id(),
    Column("publisher", String(64), nullable=False),
    Column("kind", String(24), nullable=False),
    Column("object_id", BigInteger, nullable=False),
    Column("due_at", _Time, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("problem", Text),
    UniqueConstraint("publisher", "kind", "object_id"),
    Index("ix_due_publications_due", "publisher", "due_at"),
)

# ---- registration ---------------------------------------------------------------------------
regions = Table(
    "regions",
    METADATA,
    _id(),
    Column("code", String(32), nullable=False, unique=True),
    Column("title", String(255), nullable=False),
    Column("parent_id", _Id, ForeignKey("regions.id"), index=True),
    Column("tag", LargeBinary, nullable=False),
)
issuing_points = Table(
    "issuing_points",
    METADATA,
    _id(),
    Column("region_id", _Id, ForeignKey("regions.id"), nullable=False, index=True),
    Column("code", String(32), nullable=False, unique=True),
    Column("title", String(255), nullable=False),
    Column("is_remote", Boolean, nullable=False),
    Column("tag", LargeBinary, nullable=False),
)
operators = Table(
    "operators",
    METADATA,
    _id(),
    Column("name", String(64), nullable=False, unique=True),
    Column("title", String(255), nullable=False),
    Column("certificate_digest", _Digest, nullable=False, unique=True),
    Column("certificate", LargeBinary, nullable=False),
    # Names of permissions with blanks between them, in alphabetical order.
    Column("permissions", String(255), nullable=False),
    Column("region_id", _Id, ForeignKey("regions.id")),
    Column("point_id", _Id, ForeignKey("issuing_points.id")),
    Column("state", _State, nullable=False),
    Column("created_at", _Time, nullable=False),
    Column("tag", LargeBinary, nullable=False),
)
# Logins that have begun: the digest of each challenge that can still be answered.
login_challenges = Table(
    "login_challenges",
    METADATA,
    Column("identifier", _Digest, primary_key=True),
    Column("expires_at", _Time, nullable=False, index=True),
)
applicants = Table(
    "applicants",
    METADATA,
    _id(),
    Column("kind", String(16), nullable=False),
    Column("name", _Name, nullable=False, index=True),
    Column("identity_kind", String(24), nullable=False),
    Column("identity_sealed", LargeBinary),
    # In hexadecimal digits: not every database indexes bytes.
    Column("identity_index", String(64), index=True),
    # 统一社会信用代码: public, so in clear.
    Column("credit_code", String(32), index=True),
    Column("contact_name", _Name, index=True),
    Column("contact_sealed", LargeBinary),
    Column("fields_sealed", LargeBinary),
    Column("region_id", _Id, ForeignKey("regions.id"), nullable=False),
    Column("created_at", _Time, nullable=False),
    Column("updated_at", _Time, nullable=False),
    Column("retain_until", _Time, nullable=False),
    Column("tag", LargeBinary, nullable=False),
    UniqueConstraint("identity_kind", "identity_index"),
)
applications = Table(
    "applications",
    METADATA,
    _id(),
    Column("reference", String(32), nullable=False, unique=True),
    Column("operation", String(24), nullable=False),
    Column("applicant_id", _Id, ForeignKey("applicants.id"), nullable=False, index=True),
    Column("pair_id", _Id, index=True),
    Column("authority", String(64), nullable=False),
    Column("profile", String(64), nullable=False),
    Column("state", _State, nullable=False),
    Column("business_kind", String(64), nullable=False),
    Column("medium", String(24), nullable=False),
    Column("token_serial", String(64), index=True),
    Column("request", LargeBinary),
    # The subject, the validity and the extensions asked for, as JSON with sorted names.
    Column("wanted", Text, nullable=False),
    Column("wanted_sealed", LargeBinary),
    Column("region_id", _Id, ForeignKey("regions.id"), nullable=False),
    Column("point_id", _Id, ForeignKey("issuing_points.id")),
    Column("is_free", Boolean, nullable=False),
    Column("entered_by", String(64), nullable=False),
    Column("entered_at", _Time, nullable=False),
    Column("proofread_by", String(64)),
    Column("proofread_at", _Time),
    Column("reviewed_by", String(64)),
    Column("reviewed_at", _Time),
    Column("decision", Text),
    Column("issued_by", String(64)),
    Column("issued_at", _Time),
    Column("delivered_at", _Time),
    Column("closed_at", _Time),
    Column("retain_until", _Time, nullable=False),
    Column("tag", LargeBinary, nullable=False),
    Index("ix_applications_state", "state", "entered_at"),
    Index("ix_applications_region", "region_id", "state", "entered_at"),
    Index("ix_applications_region_kind", "region_id", "state", "business_kind", "entered_at"),
    Index("ix_applications_kind", "business_kind", "entered_at"),
    Index("ix_applications_handler", "entered_by", "entered_at"),
    Index("ix_applications_entered", "entered_at"),
)
attachments = Table(
    "attachments",
    METADATA,
    _id(),
    Column("application_id", _Id, ForeignKey("applications.id"), nullable=False, index=True),
    Column("title", String(255), nullable=False),
    Column("media_type", String(64), nullable=False),
    Column("length", BigInteger, nullable=False),
    Column("digest", _Digest, nullable=False, index=True),
    Column("added_by", String(64), nullable=False),
    Column("added_at", _Time, nullable=False),
)
# The two certificates of a holder, or the one, with the state of their life.
pairs = Table(
    "pairs",
    METADATA,
    _id(),
    Column("applicant_id", _Id, ForeignKey("applicants.id"), nullable=False, index=True),
    Column("application_id", _Id, ForeignKey("applications.id"), index=True),
    Column("authority", String(64), nullable=False),
    Column("profile", String(64), nullable=False),
    Column("state", _State, nullable=False),
    Column("signing_serial", _Serial, nullable=False),
    Column("encryption_serial", _Serial, index=True),
    Column("signing_certificate", LargeBinary, nullable=False),
    Column("encryption_certificate", LargeBinary),
    Column("delivery", LargeBinary),
    # As much of its text as searches look at.
    Column("subject", _Name, nullable=False, index=True),
    Column("business_kind", String(64), nullable=False),
    Column("medium", String(24), nullable=False),
    Column("token_serial", String(64), index=True),
    Column("region_id", _Id, ForeignKey("regions.id"), nullable=False),
    Column("point_id", _Id, ForeignKey("issuing_points.id")),
    Column("is_free", Boolean, nullable=False),
    Column("not_before", _Time, nullable=False),
    Column("not_after", _Time, nullable=False),
    Column("issued_at", _Time, nullable=False),
    Column("delivered_at", _Time),
    Column("receipt", Text),
    Column("changed_at", _Time, nullable=False),
    Column("replaced_by", _Id),
    Column("tag", LargeBinary, nullable=False),
    UniqueConstraint("signing_serial", "authority"),
    Index("ix_pairs_not_after", "state", "not_after"),
    Index("ix_pairs_region", "region_id", "state", "issued_at"),
    Index("ix_pairs_region_kind", "region_id", "state", "business_kind", "issued_at"),
    Index("ix_pairs_state", "state", "issued_at"),
    Index("ix_pairs_kind", "business_kind", "issued_at"),
    Index("ix_pairs_issued", "issued_at"),
)
# What an authority elsewhere was asked to issue, from before it is asked until what came of it is written down, or
# undone.
orders_elsewhere = Table(
    "orders_elsewhere",
    METADATA,
    _id(),
    Column("application_id", _Id, nullable=False, unique=True),
    Column("state", _State, nullable=False),
    Column("request", LargeBinary, nullable=False),
    # Once they are known and not wanted: numbers with blanks between them.
    Column("serials", String(128)),
    Column("asked_at", _Time, nullable=False),
    Column("tag", LargeBinary, nullable=False),
)
# Which office that orders over a network has ordered which certificate.
office_certificates = Table(
    "office_certificates",
    METADATA,
    Column("authority_id", _Id, ForeignKey("authorities.id"), primary_key=True, autoincrement=False),
    Column("serial", _Serial, primary_key=True),
    Column("office", String(40), nullable=False),
    Column("tag", LargeBinary, nullable=False),
)
# The media in the field.
media = Table(
    "media",
    METADATA,
    Column("serial", String(64), primary_key=True),
    Column("kind", String(24), nullable=False),
    Column("maker", String(64), nullable=False),
    Column("state", _State, nullable=False),
    Column("applicant_id", _Id, ForeignKey("applicants.id"), index=True),
    Column("pair_id", _Id),
    Column("region_id", _Id, ForeignKey("regions.id")),
    Column("changed_at", _Time, nullable=False),
    Index("ix_media_state", "state", "region_id"),
)
# Which reminders were sent: each threshold of a pair once.
reminders = Table(
    "reminders",
    METADATA,
    Column("pair_id", _Id, ForeignKey("pairs.id"), primary_key=True, autoincrement=False),
    Column("threshold_days", Integer, primary_key=True, autoincrement=False),
    Column("state", _State, nullable=False),
    Column("at", _Time, nullable=False),
)
# The journal of a registry of seals, an entry a row.
seal_journal = Table(
    "seal_journal",
    METADATA,
    Column("number", _Id, primary_key=True, autoincrement=False),
    Column("esid", String(64), nullable=False, index=True),
    Column("entry", Text, nullable=False),
    Column("tag", LargeBinary, nullable=False),
)
# The seals themselves; their digests say whether they are as they were written.
seals = Table(
    "seals",
    METADATA,
    Column("digest", _Digest, primary_key=True),
    Column("content", LargeBinary, nullable=False),
)

# ---- key management -------------------------------------------------------------------------
kmc_master_keys = Table(
    "kmc_master_keys",
    METADATA,
    _id(),
    Column("key_id", String(32), nullable=False, unique=True),
    Column("state", _State, nullable=False),
    Column("protection", String(24), nullable=False),
    Column("wrapped", LargeBinary, nullable=False),
    Column("created_at", _Time, nullable=False),
    Column("tag", LargeBinary, nullable=False),
)
kmc_keys = Table(
    "kmc_keys",
    METADATA,
    _id(),
    Column("kind", String(16), nullable=False),
    Column("state", _State, nullable=False),
    Column("public_key_id", _Digest, nullable=False, unique=True),
    Column("public_key", LargeBinary, nullable=False),
    Column("master_key_id", String(32), nullable=False),
    Column("private_sealed", LargeBinary, nullable=False),
    Column("created_at", _Time, nullable=False),
    # Whose key it is: the authority that asked, the number of the certificate, the owner's signing key.
    Column("authority", String(255)),
    Column("serial", _Serial),
    Column("owner_key_id", _Digest),
    Column("not_before", _Time),
    Column("not_after", _Time),
    Column("allotted_at", _Time),
    Column("ended_at", _Time),
    Column("tag", LargeBinary, nullable=False),
    Index("ix_kmc_keys_state", "kind", "state", "id"),
    # A certificate has one key; spare keys have neither, and are no duplicates of each other.
    Index("ix_kmc_keys_owner", "authority", "serial", unique=True),
)
kmc_recoveries = Table(
    "kmc_recoveries",
    METADATA,
    _id(),
    Column("key_id", _Id, ForeignKey("kmc_keys.id"), nullable=False, index=True),
    Column("kind", String(16), nullable=False),
    Column("state", _State, nullable=False),
    Column("reason", Text, nullable=False),
    Column("document_digest", _Digest),
    Column("recipient_key", LargeBinary, nullable=False),
    Column("requested_by", String(128), nullable=False),
    Column("requested_at", _Time, nullable=False),
    Column("first_approver", String(128)),
    Column("second_approver", String(128)),
    Column("done_at", _Time),
    Column("tag", LargeBinary, nullable=False),
)
