"""A certification authority on a database: registration, issuing, key management, revocation, publication, reports.

It needs the extra ``ca``. The names below are loaded when they are first used; their modules have more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gmpki._lazy import lazy_names

if TYPE_CHECKING:
    from gmpki.ca.authority.authority import Authority
    from gmpki.ca.authority.bulk import issue_bulk
    from gmpki.ca.authority.rows import Generation
    from gmpki.ca.authority.settings import AuthoritySettings
    from gmpki.ca.authority.signer import AuthoritySigner
    from gmpki.ca.ceremony.offline import certificate_in, request_out, sign_request
    from gmpki.ca.ceremony.record import Ceremony, Witness, read_record
    from gmpki.ca.interfaces import (
        SYSTEM,
        Actor,
        AllottedKey,
        Issued,
        IssuerBackend,
        KeyCentre,
        KeyWanted,
        Order,
        Published,
        Publisher,
        RevocationOrder,
    )
    from gmpki.ca.kmc.answering import KeyManagementService
    from gmpki.ca.kmc.centre import KeyManagementCentre
    from gmpki.ca.kmc.master import MasterKey, SharedAmong
    from gmpki.ca.kmc.messages import Party
    from gmpki.ca.kmc.pool import KeyPool, PoolLevel
    from gmpki.ca.kmc.recovery import JudicialRecovery
    from gmpki.ca.kmc.remote import RemoteKeyCentre
    from gmpki.ca.kmc.shares import Share
    from gmpki.ca.operators.appointments import Appointment, appoint, appoint_first
    from gmpki.ca.operators.login import OperatorLogin
    from gmpki.ca.operators.operators import Operator
    from gmpki.ca.operators.permissions import Permission
    from gmpki.ca.operators.regions import IssuingPoint, Region, add_point, add_region
    from gmpki.ca.publication.again import make_all_due
    from gmpki.ca.publication.directory import DirectoryPublisher
    from gmpki.ca.publication.inspect import Inspection, inspect
    from gmpki.ca.publication.ldap import LDAPPublisher, LDAPServer
    from gmpki.ca.publication.queue import publish_due
    from gmpki.ca.publication.tree import tree_addresses
    from gmpki.ca.registration.applicants import Applicant, ApplicantKind, Contact
    from gmpki.ca.registration.applications import Application, ApplicationForm
    from gmpki.ca.registration.batch import Batch, apply_batch, issue_batch
    from gmpki.ca.registration.carrying import Outcome
    from gmpki.ca.registration.checking import Decision
    from gmpki.ca.registration.delivery import DeliveryForm, as_file, as_pkcs12, into_token
    from gmpki.ca.registration.identity import Identity, IdentityKind
    from gmpki.ca.registration.issuing import IssueAsked
    from gmpki.ca.registration.media import Medium, MediumState
    from gmpki.ca.registration.office import RegistrationOffice
    from gmpki.ca.registration.pairs import Pair
    from gmpki.ca.registration.settings import OfficeSettings, Route
    from gmpki.ca.registration.states import ApplicationState, Operation, PairState
    from gmpki.ca.registration.unlocking import Unlocking
    from gmpki.ca.registration.wanted import Wanted
    from gmpki.ca.remote.answering import IssuerService, Office
    from gmpki.ca.remote.issuer import RemoteIssuer
    from gmpki.ca.reports.counts import count_applications, count_pairs, count_seals
    from gmpki.ca.reports.expiring import ReminderPolicy, remind
    from gmpki.ca.reports.ledger import ledger
    from gmpki.ca.reports.search import Criteria, applications_like, pairs_like
    from gmpki.ca.reports.service_levels import ServiceLevels
    from gmpki.ca.reports.workdays import WorkCalendar
    from gmpki.ca.revocation.lists import issue_list, latest_list, read_list
    from gmpki.ca.revocation.schedule import due_lists, make_due
    from gmpki.ca.revocation.status import StoreStatusSource
    from gmpki.ca.seal_registry import StoreSealRegistry
    from gmpki.ca.store.audit_export import export_audit
    from gmpki.ca.store.audit_seal import seal_audit
    from gmpki.ca.store.audit_verify import verify_audit
    from gmpki.ca.store.backup import Backup, back_up, restore, verify_backup
    from gmpki.ca.store.store import Store, Transaction
    from gmpki.ca.takeover.authority import AuthorityKey, take_over
    from gmpki.ca.takeover.importing import TakeoverRules, import_all
    from gmpki.ca.takeover.material import Material
    from gmpki.ca.takeover.report import TakeoverReport

__all__ = [
    "SYSTEM",
    "Actor",
    "AllottedKey",
    "Applicant",
    "ApplicantKind",
    "Application",
    "ApplicationForm",
    "ApplicationState",
    "Appointment",
    "Authority",
    "AuthorityKey",
    "AuthoritySettings",
    "AuthoritySigner",
    "Backup",
    "Batch",
    "Ceremony",
    "Contact",
    "Criteria",
    "Decision",
    "DeliveryForm",
    "DirectoryPublisher",
    "Generation",
    "Identity",
    "IdentityKind",
    "Inspection",
    "IssueAsked",
    "Issued",
    "IssuerBackend",
    "IssuerService",
    "IssuingPoint",
    "JudicialRecovery",
    "KeyCentre",
    "KeyManagementCentre",
    "KeyManagementService",
    "KeyPool",
    "KeyWanted",
    "LDAPPublisher",
    "LDAPServer",
    "MasterKey",
    "Material",
    "Medium",
    "MediumState",
    "Office",
    "OfficeSettings",
    "Operation",
    "Operator",
    "OperatorLogin",
    "Order",
    "Outcome",
    "Pair",
    "PairState",
    "Party",
    "Permission",
    "PoolLevel",
    "Published",
    "Publisher",
    "Region",
    "RegistrationOffice",
    "ReminderPolicy",
    "RemoteIssuer",
    "RemoteKeyCentre",
    "RevocationOrder",
    "Route",
    "ServiceLevels",
    "Share",
    "SharedAmong",
    "Store",
    "StoreSealRegistry",
    "StoreStatusSource",
    "TakeoverReport",
    "TakeoverRules",
    "Transaction",
    "Unlocking",
    "Wanted",
    "Witness",
    "WorkCalendar",
    "add_point",
    "add_region",
    "applications_like",
    "apply_batch",
    "appoint",
    "appoint_first",
    "as_file",
    "as_pkcs12",
    "back_up",
    "certificate_in",
    "count_applications",
    "count_pairs",
    "count_seals",
    "due_lists",
    "export_audit",
    "import_all",
    "inspect",
    "into_token",
    "issue_batch",
    "issue_bulk",
    "issue_list",
    "latest_list",
    "ledger",
    "make_all_due",
    "make_due",
    "pairs_like",
    "publish_due",
    "read_list",
    "read_record",
    "remind",
    "request_out",
    "restore",
    "seal_audit",
    "sign_request",
    "take_over",
    "tree_addresses",
    "verify_audit",
    "verify_backup",
]

_HOMES = {
    "Actor": "gmpki.ca.interfaces",
    "AllottedKey": "gmpki.ca.interfaces",
    "Applicant": "gmpki.ca.registration.applicants",
    "ApplicantKind": "gmpki.ca.registration.applicants",
    "Application": "gmpki.ca.registration.applications",
    "ApplicationForm": "gmpki.ca.registration.applications",
    "ApplicationState": "gmpki.ca.registration.states",
    "Appointment": "gmpki.ca.operators.appointments",
    "Authority": "gmpki.ca.authority.authority",
    "AuthorityKey": "gmpki.ca.takeover.authority",
    "AuthoritySettings": "gmpki.ca.authority.settings",
    "AuthoritySigner": "gmpki.ca.authority.signer",
    "Backup": "gmpki.ca.store.backup",
    "Batch": "gmpki.ca.registration.batch",
    "Ceremony": "gmpki.ca.ceremony.record",
    "Contact": "gmpki.ca.registration.applicants",
    "Criteria": "gmpki.ca.reports.search",
    "Decision": "gmpki.ca.registration.checking",
    "DeliveryForm": "gmpki.ca.registration.delivery",
    "DirectoryPublisher": "gmpki.ca.publication.directory",
    "Generation": "gmpki.ca.authority.rows",
    "Identity": "gmpki.ca.registration.identity",
    "IdentityKind": "gmpki.ca.registration.identity",
    "Inspection": "gmpki.ca.publication.inspect",
    "IssueAsked": "gmpki.ca.registration.issuing",
    "Issued": "gmpki.ca.interfaces",
    "IssuerBackend": "gmpki.ca.interfaces",
    "IssuerService": "gmpki.ca.remote.answering",
    "IssuingPoint": "gmpki.ca.operators.regions",
    "JudicialRecovery": "gmpki.ca.kmc.recovery",
    "KeyCentre": "gmpki.ca.interfaces",
    "KeyManagementCentre": "gmpki.ca.kmc.centre",
    "KeyManagementService": "gmpki.ca.kmc.answering",
    "KeyPool": "gmpki.ca.kmc.pool",
    "KeyWanted": "gmpki.ca.interfaces",
    "LDAPPublisher": "gmpki.ca.publication.ldap",
    "LDAPServer": "gmpki.ca.publication.ldap",
    "MasterKey": "gmpki.ca.kmc.master",
    "Material": "gmpki.ca.takeover.material",
    "Medium": "gmpki.ca.registration.media",
    "MediumState": "gmpki.ca.registration.media",
    "Office": "gmpki.ca.remote.answering",
    "OfficeSettings": "gmpki.ca.registration.settings",
    "Operation": "gmpki.ca.registration.states",
    "Operator": "gmpki.ca.operators.operators",
    "OperatorLogin": "gmpki.ca.operators.login",
    "Order": "gmpki.ca.interfaces",
    "Outcome": "gmpki.ca.registration.carrying",
    "Pair": "gmpki.ca.registration.pairs",
    "PairState": "gmpki.ca.registration.states",
    "Party": "gmpki.ca.kmc.messages",
    "Permission": "gmpki.ca.operators.permissions",
    "PoolLevel": "gmpki.ca.kmc.pool",
    "Published": "gmpki.ca.interfaces",
    "Publisher": "gmpki.ca.interfaces",
    "Region": "gmpki.ca.operators.regions",
    "RegistrationOffice": "gmpki.ca.registration.office",
    "ReminderPolicy": "gmpki.ca.reports.expiring",
    "RemoteIssuer": "gmpki.ca.remote.issuer",
    "RemoteKeyCentre": "gmpki.ca.kmc.remote",
    "RevocationOrder": "gmpki.ca.interfaces",
    "Route": "gmpki.ca.registration.settings",
    "SYSTEM": "gmpki.ca.interfaces",
    "ServiceLevels": "gmpki.ca.reports.service_levels",
    "Share": "gmpki.ca.kmc.shares",
    "SharedAmong": "gmpki.ca.kmc.master",
    "Store": "gmpki.ca.store.store",
    "StoreSealRegistry": "gmpki.ca.seal_registry",
    "StoreStatusSource": "gmpki.ca.revocation.status",
    "TakeoverReport": "gmpki.ca.takeover.report",
    "TakeoverRules": "gmpki.ca.takeover.importing",
    "Transaction": "gmpki.ca.store.store",
    "Unlocking": "gmpki.ca.registration.unlocking",
    "Wanted": "gmpki.ca.registration.wanted",
    "Witness": "gmpki.ca.ceremony.record",
    "WorkCalendar": "gmpki.ca.reports.workdays",
    "add_point": "gmpki.ca.operators.regions",
    "add_region": "gmpki.ca.operators.regions",
    "applications_like": "gmpki.ca.reports.search",
    "apply_batch": "gmpki.ca.registration.batch",
    "appoint": "gmpki.ca.operators.appointments",
    "appoint_first": "gmpki.ca.operators.appointments",
    "as_file": "gmpki.ca.registration.delivery",
    "as_pkcs12": "gmpki.ca.registration.delivery",
    "back_up": "gmpki.ca.store.backup",
    "certificate_in": "gmpki.ca.ceremony.offline",
    "count_applications": "gmpki.ca.reports.counts",
    "count_pairs": "gmpki.ca.reports.counts",
    "count_seals": "gmpki.ca.reports.counts",
    "due_lists": "gmpki.ca.revocation.schedule",
    "export_audit": "gmpki.ca.store.audit_export",
    "import_all": "gmpki.ca.takeover.importing",
    "inspect": "gmpki.ca.publication.inspect",
    "into_token": "gmpki.ca.registration.delivery",
    "issue_batch": "gmpki.ca.registration.batch",
    "issue_bulk": "gmpki.ca.authority.bulk",
    "issue_list": "gmpki.ca.revocation.lists",
    "latest_list": "gmpki.ca.revocation.lists",
    "ledger": "gmpki.ca.reports.ledger",
    "make_all_due": "gmpki.ca.publication.again",
    "make_due": "gmpki.ca.revocation.schedule",
    "pairs_like": "gmpki.ca.reports.search",
    "publish_due": "gmpki.ca.publication.queue",
    "read_list": "gmpki.ca.revocation.lists",
    "read_record": "gmpki.ca.ceremony.record",
    "remind": "gmpki.ca.reports.expiring",
    "request_out": "gmpki.ca.ceremony.offline",
    "restore": "gmpki.ca.store.backup",
    "seal_audit": "gmpki.ca.store.audit_seal",
    "sign_request": "gmpki.ca.ceremony.offline",
    "take_over": "gmpki.ca.takeover.authority",
    "tree_addresses": "gmpki.ca.publication.tree",
    "verify_audit": "gmpki.ca.store.audit_verify",
    "verify_backup": "gmpki.ca.store.backup",
}

__getattr__, __dir__ = lazy_names(__name__, _HOMES)
