"""Events that remove or damage the files of a search."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

from masdesign.chaos.scene import PAGE, ChaosScene
from masdesign.chaos.victim import Ending


def removed_archive(scene: ChaosScene) -> Ending:
    """The archive is removed while the search runs."""
    return scene.while_it_runs(lambda: _remove(scene.victim.folder, "archive.db"))


def removed_calls(scene: ChaosScene) -> Ending:
    """The recorded calls are removed while the search runs."""
    return scene.while_it_runs(lambda: _remove(scene.victim.folder, "calls.db"))


def removed_folder(scene: ChaosScene) -> Ending:
    """Archive and recorded calls are removed while the search runs."""

    def remove() -> None:
        _remove(scene.victim.folder, "archive.db")
        _remove(scene.victim.folder, "calls.db")

    return scene.while_it_runs(remove)


def damaged_calls(scene: ChaosScene) -> Ending:
    """Pages of the recorded calls are overwritten after the search was killed."""
    return _damaged(scene, "calls.db")


def damaged_archive(scene: ChaosScene) -> Ending:
    """Pages of the archive are overwritten after the search was killed."""
    return _damaged(scene, "archive.db")


def truncated_calls(scene: ChaosScene) -> Ending:
    """The recorded calls lose their end after the search was killed."""

    def truncate(file: Path) -> None:
        with file.open("r+b") as stream:
            stream.truncate(scene.rng.randrange(file.stat().st_size))

    return _changed_at_rest(scene, "calls.db", truncate)


def _remove(folder: Path, name: str) -> None:
    for file in folder.glob(f"{name}*"):
        file.unlink(missing_ok=True)


def _damaged(scene: ChaosScene, name: str) -> Ending:
    def overwrite(file: Path) -> None:
        pages = max(1, file.stat().st_size // PAGE)
        with file.open("r+b") as stream:
            for _ in range(scene.rng.randint(1, 3)):
                stream.seek(PAGE * scene.rng.randrange(pages))
                stream.write(scene.rng.randbytes(PAGE))

    return _changed_at_rest(scene, name, overwrite)


def _changed_at_rest(scene: ChaosScene, name: str, change: Callable[[Path], None]) -> Ending:
    """Kill the search, change a file, and go on; where the file is refused in one line, move it away."""
    scene.kill()
    _settle(scene.victim.folder / name)
    file = scene.victim.folder / name
    if file.exists() and file.stat().st_size:
        change(file)
    ending = scene.victim.go_on()
    if ending.code != 0:
        _remove(scene.victim.folder, name)
    return ending


def _settle(file: Path) -> None:
    """Bring what the write-ahead log holds into the file, so that damage is not undone by it."""
    if file.exists():
        try:
            with sqlite3.connect(file) as connection:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.close()
        except sqlite3.Error:
            pass  # killed before the file was one
