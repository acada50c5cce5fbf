"""The faces of the packages: names that are loaded when they are used."""

from __future__ import annotations

import pkgutil
import subprocess
import sys
from importlib import import_module
from types import ModuleType

import pytest

import gmpki
import gmpki.cms
import gmpki.conformance
import gmpki.conformance.report
import gmpki.keystore
import gmpki.ocsp
import gmpki.protect
import gmpki.seal
import gmpki.tsa
import gmpki.x509

FACES = [
    gmpki,
    gmpki.x509,
    gmpki.cms,
    gmpki.ocsp,
    gmpki.tsa,
    gmpki.keystore,
    gmpki.protect,
    gmpki.seal,
    gmpki.conformance,
    gmpki.conformance.report,
]
LOADERS = {"gmpki._lazy"}
each_face = pytest.mark.parametrize("face", FACES, ids=lambda face: face.__name__)


@each_face
def test_every_name_is_there(face: ModuleType) -> None:
    assert dir(face) == sorted(face.__all__)
    assert set(face.__all__) - set(face._HOMES) <= {"__version__"}
    assert set(face._HOMES) <= set(face.__all__)
    for name, home in face._HOMES.items():
        value = getattr(face, name)
        assert value is getattr(import_module(home), name)
        if not name.isupper():
            assert value.__doc__


@each_face
def test_no_name_is_that_of_a_module(face: ModuleType) -> None:
    """Whoever imports the module puts it in the place of the name."""
    modules = {module.name for module in pkgutil.iter_modules(face.__path__)}
    assert not modules & set(face._HOMES)


@each_face
@pytest.mark.parametrize("name", ["certificate_of_nobody", "_homes", "Certificates"])
def test_other_names_are_not(face: ModuleType, name: str) -> None:
    with pytest.raises(AttributeError, match=f"module '{face.__name__}' has no attribute '{name}'"):
        getattr(face, name)


def loaded_after(code: str) -> set[str]:
    result = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys\nprint(*sys.modules)"], capture_output=True, text=True, check=True
    )
    return set(result.stdout.split())


@each_face
def test_importing_a_face_loads_no_part(face: ModuleType) -> None:
    ours = {name for name in loaded_after(f"import {face.__name__}") if name.startswith("gmpki.")}
    parents = {name for name in ours if face.__name__.startswith(f"{name}.")}
    assert ours - LOADERS - parents <= {face.__name__}


def test_reading_a_certificate_loads_no_foreign_library() -> None:
    loaded = loaded_after("from gmpki import Certificate, CertificateRequest")
    assert not loaded & {"cryptography", "asn1crypto", "ssl", "ipaddress", "click"}


def test_protecting_fields_loads_no_certificates() -> None:
    loaded = loaded_after("from gmpki.protect import FieldCipher, FieldJob, DBAPITable, encrypt_file, RecordTagger")
    assert not loaded & {"sqlalchemy", "cryptography", "gmpki.x509"}
