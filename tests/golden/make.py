"""Makes the expected files again: ``python tests/golden/make.py [NAME ...]``, all without a name."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

sys.path[:0] = [str(folder) for folder in Path(__file__).resolve().parents[1:3]]

from golden import scenarios  # noqa: E402
from golden.files import expect  # noqa: E402


def makers() -> dict[str, Callable[[], None]]:
    """What can be made, by its name."""
    return {name: partial(_name, name) for name in scenarios.NAMES}


def _name(name: str) -> None:
    expect(name, scenarios.NAMES[name]())


def main(names: list[str]) -> None:
    known = makers()
    if unknown := set(names) - set(known):
        sys.exit(f"there is no {', '.join(sorted(unknown))}; the names are {', '.join(known)}")
    for name in names or known:
        known[name]()
        print("made", name)


if __name__ == "__main__":
    main(sys.argv[1:])
