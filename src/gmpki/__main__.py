"""Let ``python -m gmpki`` be the command ``gmpki``."""

from __future__ import annotations

from gmpki.cli.main import main

if __name__ == "__main__":
    main()
