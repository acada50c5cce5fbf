"""Path validation: from a certificate to a trust anchor (RFC 5280 section 6).

:func:`validate_path` does it; :class:`PathPolicy` says what is asked; :data:`REASONS` lists every answer but yes.
"""

from __future__ import annotations

from gmpki.x509.path.peer_name import PeerName, PeerNameKind
from gmpki.x509.path.policy import FIELD_DEPARTURES, PROFILE_REASONS, AnchorRules, PathPolicy, PathProfile
from gmpki.x509.path.purposes import Purpose
from gmpki.x509.path.result import REASONS, Departure, ValidatedPath
from gmpki.x509.path.revocation import RevocationMode
from gmpki.x509.path.validate import DEFAULT_PATH_POLICY, validate_path

__all__ = [
    "DEFAULT_PATH_POLICY",
    "FIELD_DEPARTURES",
    "PROFILE_REASONS",
    "REASONS",
    "AnchorRules",
    "Departure",
    "PathPolicy",
    "PathProfile",
    "PeerName",
    "PeerNameKind",
    "Purpose",
    "RevocationMode",
    "ValidatedPath",
    "validate_path",
]
