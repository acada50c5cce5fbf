"""The face of the package: names that are loaded when they are used."""

from __future__ import annotations

import pkgutil
import subprocess
import sys
from importlib import import_module
from types import ModuleType

import pytest

import gmpki
import gmpki.ocsp
import gmpki.x509

FACES = [gmpki, gmpki.x509, gmpki.ocsp]


@pytest.mark.parametrize("face", FACES, ids=lambda face: face.__name__)
def test_every_name_is_there(face: ModuleType) -> None:
    for name in face.__all__:
        assert getattr(face, name) is not None
        home = face._HOMES.get(name)
        if home is not None:
            assert getattr(face, name) is getattr(import_module(home), name)
    assert dir(face) == sorted(face.__all__)
    assert set(face._HOMES) | {"__version__", "cert_id"} >= set(face.__all__)
    assert set(face._HOMES) <= set(face.__all__)


@pytest.mark.parametrize("face", FACES, ids=lambda face: face.__name__)
def test_no_name_is_that_of_a_module(face: ModuleType) -> None:
    """Whoever imports the module puts it in the place of the name."""
    modules = {module.name for module in pkgutil.iter_modules(face.__path__)}
    assert not modules & set(face._HOMES)


@pytest.mark.parametrize("face", FACES, ids=lambda face: face.__name__)
@pytest.mark.parametrize("name", ["certificate_of_nobody", "_homes", "Certificates"])
def test_other_names_are_not(face: ModuleType, name: str) -> None:
    with pytest.raises(AttributeError, match=name):
        getattr(face, name)


def loaded_after(code: str) -> set[str]:
    result = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys\nprint(*sys.modules)"], capture_output=True, text=True, check=True
    )
    return set(result.stdout.split())


def test_importing_the_face_loads_no_part() -> None:
    ours = {name for name in loaded_after("import gmpki.x509") if name.startswith("gmpki.")}
    assert ours == {"gmpki.x509"}


def test_reading_a_certificate_loads_no_foreign_library() -> None:
    loaded = loaded_after("from gmpki import Certificate, CertificateRequest")
    assert not loaded & {"cryptography", "asn1crypto", "ssl", "ipaddress", "click"}
