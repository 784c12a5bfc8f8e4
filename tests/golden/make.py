"""Makes the golden files again: ``python tests/golden/make.py [NAME ...]``, all without a name.

What is recorded (calls, the archive of the old run) and the archives of older schemas are input, and are
made by their own names only: ``calls`` asks abacus again, ``archives`` writes today's schema where it is new.
"""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path[:0] = [str(folder) for folder in Path(__file__).resolve().parents[1:3]]

from golden import scenarios  # noqa: E402
from golden.files import HERE, expect, pack, unpack  # noqa: E402


def makers() -> dict[str, Callable[[Path], None]]:
    """What is made where no name is given; each in an empty folder."""
    schemas = sorted(path.name.removesuffix(".db.xz") for path in (HERE / "data").glob("schema_*.db.xz"))
    return {
        **{name: partial(_name, name) for name in scenarios.NAMES},
        **{name: partial(_schema, name) for name in schemas},
        **{name: partial(_run, name) for name in scenarios.RUNS},
    }


def inputs() -> dict[str, Callable[[Path], None]]:
    """What is made where its name is given."""
    return {"calls": _calls, "archives": _archives}


def _name(name: str, _folder: Path) -> None:
    expect(name, scenarios.NAMES[name]())


def _schema(name: str, folder: Path) -> None:
    expect(name, scenarios.read(unpack(f"{name}.db", folder)))


def _run(name: str, folder: Path) -> None:
    """With the calls that are on file."""
    if (HERE / "data" / f"{name}.calls.db.xz").exists():
        unpack(f"{name}.calls.db", folder).rename(folder / "calls.db")
    ended = scenarios.RUNS[name](folder)
    expect(name, ended.to_json())
    pack(f"{name}.jsonl", ended.export)


def _calls(folder: Path) -> None:
    """The completions that the runs of abacus ask for, and the archive of the search."""
    for name in ("search", "distill"):
        place = folder / name
        place.mkdir()
        scenarios.RUNS[name](place)
        pack(f"{name}.calls.db", _compact(place / "calls.db"))
    with closing(sqlite3.connect(folder / "search" / "archive.db")) as archive:
        archive.execute(
            "UPDATE runs SET facts = json_remove(facts, '$.folder'), seal = NULL"
        )  # which is gone
        archive.commit()
    pack("search.archive.db", _compact(folder / "search" / "archive.db"))


def _archives(folder: Path) -> None:
    name = f"schema_{scenarios.SCHEMA_VERSION}.db"
    if (HERE / "data" / f"{name}.xz").exists():
        sys.exit(f"{name} is there: an archive once written is never made again")
    scenarios.fill(folder / name)
    pack(name, _compact(folder / name))


def _compact(database: Path) -> bytes:
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("VACUUM")
    return database.read_bytes()


def main(names: list[str]) -> None:
    known = makers() | inputs()
    if unknown := set(names) - set(known):
        sys.exit(f"there is no {', '.join(sorted(unknown))}; the names are {', '.join(known)}")
    for name in names or makers():
        with TemporaryDirectory() as folder:
            known[name](Path(folder))
        print("made", name)


if __name__ == "__main__":
    main(sys.argv[1:])
