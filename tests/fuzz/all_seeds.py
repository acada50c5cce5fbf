"""The seeds of every target."""

from __future__ import annotations

from pathlib import Path

from fuzz import authority_seeds, conformance_seeds, message_seeds, seal_seeds, seeds, token_seeds

__all__ = ["seeds_of"]


def seeds_of(target: str, folder: Path) -> list[bytes]:
    """Return the seeds of a target; ``folder`` may hold outside objects."""
    for part in (authority_seeds, conformance_seeds, message_seeds, seal_seeds, token_seeds):
        if target in part.SEEDS:
            return [*part.SEEDS[target](), *part.outside(folder, target)]
    return seeds.seeds_of(target, folder)
