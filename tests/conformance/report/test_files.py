"""The files of a report."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from conformance.report import samples
from gmpki.conformance.report import page as page_module
from gmpki.conformance.report import read_json, report_page, write_files, write_json, write_junit
from gmpki.errors import InvalidTypeError, UnsupportedPlatform

REPORT = samples.report()


def test_files(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "folder"
    written = write_files(REPORT, folder)
    assert [path.name for path in written] == ["report.json", "report.xml", "report.html"]
    assert sorted(folder.iterdir()) == sorted(written)
    data, xml, page = (path.read_bytes() for path in written)
    assert (data, xml, page.decode()) == (write_json(REPORT), write_junit(REPORT), report_page(REPORT))
    assert read_json(data) == REPORT


def test_files_are_not_replaced_unasked(tmp_path: Path) -> None:
    (tmp_path / "report.json").write_text("mine")
    with pytest.raises(FileExistsError):
        write_files(REPORT, tmp_path)
    assert (tmp_path / "report.json").read_text() == "mine"
    assert len(write_files(REPORT, tmp_path, force=True)) == 3
    assert read_json((tmp_path / "report.json").read_bytes()) == REPORT


def test_json_is_there_when_a_library_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> Any:
        raise UnsupportedPlatform("no jinja2")

    monkeypatch.setattr(page_module, "_template", missing)
    with pytest.raises(UnsupportedPlatform):
        write_files(REPORT, tmp_path)
    assert read_json((tmp_path / "report.json").read_bytes()) == REPORT


@pytest.mark.parametrize("arguments", [(None, "x"), (REPORT, b"x"), (REPORT, None)], ids=["report", "bytes", "none"])
def test_other_types_are_refused(arguments: tuple[Any, ...]) -> None:
    with pytest.raises(InvalidTypeError):
        write_files(*arguments)


def test_folder_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file"):
        write_files(REPORT, tmp_path / "file")
