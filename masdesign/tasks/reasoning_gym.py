"""``reasoning_gym:NAME`` as a task: items of any data set of Reasoning Gym.

Stojanovski et al. 2025, arXiv:2505.24760. Needs the extra ``reasoning-gym``. Items are made in a process of
their own, with a fixed hash seed (some data sets depend on it), and kept in the user's cache folder.
"""

import importlib.metadata
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from masdesign.errors import InputError
from masdesign.tasks.readers import Record
from masdesign.tasks.scorers.reasoning_gym import ITEMS, SEED

PREFIX = "reasoning_gym:"
_PATIENCE = 600.0
"""Seconds for making all items."""
_MAKE = """
import json, sys
import reasoning_gym
name, count, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
for index, entry in enumerate(reasoning_gym.create_dataset(name, size=count, seed=seed)):
    print(json.dumps({"question": entry["question"], "target": entry["answer"], "index": index}))
"""


def gym_rows(name: str, count: int = ITEMS) -> Iterator[Record]:
    """The items of a data set as rows; those without a right answer have only their own scorer.

    Raises:
        InputError: the library is not installed, or has no such data set.
    """
    path = _find_folder(name, count)
    if not path.exists():
        _make(name, count, path)
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        yield Record(f"{PREFIX}{name}, item {number}", json.loads(line))


def _find_folder(name: str, count: int) -> Path:
    try:
        version = importlib.metadata.version("reasoning-gym")
    except importlib.metadata.PackageNotFoundError:
        raise InputError(f"{PREFIX}{name} needs Reasoning Gym; install masdesign[reasoning-gym]") from None
    if not name.isidentifier():
        raise InputError(f"{PREFIX}{name}: write the name of a data set, as {PREFIX}letter_counting")
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return folder / "masdesign" / "reasoning_gym" / f"{name}-{version}-{count}-2.jsonl"


def _make(name: str, count: int, path: Path) -> None:
    command = [sys.executable, "-c", _MAKE, name, str(count), str(SEED)]
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    try:
        made = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=_PATIENCE)
    except subprocess.TimeoutExpired:
        late = f"its items are not made in {_PATIENCE:.0f} s"
        raise InputError(f"{PREFIX}{name}: {late}; choose another") from None
    if made.returncode:
        why = (made.stderr.strip().splitlines() or ["no reason"])[-1][:200]
        raise InputError(f"{PREFIX}{name} cannot be made ({why}); check the name") from None
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(f".{os.getpid()}")
    fresh.write_text(made.stdout, encoding="utf-8")
    fresh.replace(path)
