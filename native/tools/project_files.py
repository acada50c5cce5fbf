"""List the project's files: what git tracks or would track; without history, as in an archive, what is not ignored."""

from __future__ import annotations

import tempfile

from building import ROOT, need, run


def has_history() -> bool:
    """Tell whether the tree is a git checkout of its own, not an archive unpacked somewhere."""
    return (ROOT / ".git").exists()


def project_files(*patterns: str) -> list[str]:
    """Return the paths of the project's files that match any of the patterns of git's, all without one."""
    listing = ["ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns]
    if has_history():
        listed = run([need("git"), *listing], cwd=ROOT)
    else:
        with tempfile.TemporaryDirectory() as empty:
            run([need("git"), "init", "--quiet", "--bare", empty])
            listed = run([need("git"), f"--git-dir={empty}", f"--work-tree={ROOT}", *listing], cwd=ROOT)
    return [name for name in listed.splitlines() if (ROOT / name).is_file()]
