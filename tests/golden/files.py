"""Expected values in JSON, and packed data, in the folders beside this file."""

from __future__ import annotations

import json
import lzma
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent


def expected(name: str) -> Any:
    """What ``expected/NAME.json`` holds."""
    return json.loads((HERE / "expected" / f"{name}.json").read_text("utf-8"))


def expect(name: str, value: Any) -> None:
    """Write ``expected/NAME.json``, a member a line at the upper two levels, so that a change reads well."""
    text = json.dumps(value, indent=1, ensure_ascii=True, sort_keys=isinstance(value, dict))
    (HERE / "expected" / f"{name}.json").write_text(text + "\n", "utf-8")


def unpack(name: str, target: Path) -> Path:
    """Unpack ``data/NAME.xz`` to ``target/NAME``."""
    path = target / name
    path.write_bytes(packed(name))
    return path


def packed(name: str) -> bytes:
    """The content of ``data/NAME.xz``."""
    return lzma.decompress((HERE / "data" / f"{name}.xz").read_bytes())


def pack(name: str, content: bytes) -> None:
    """Write ``data/NAME.xz``."""
    (HERE / "data" / f"{name}.xz").write_bytes(lzma.compress(content, preset=9))
