"""Events of the machine around a search: its disk, locks, clock, other processes, its database server."""

import os
import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from masdesign.chaos.locks import NOT_POSSIBLE
from masdesign.chaos.proxy import proxying
from masdesign.chaos.scene import PAGE, ChaosScene, NotPossible
from masdesign.chaos.victim import Ending


def full_disk(scene: ChaosScene) -> Ending:
    """The disk has no room left from some moment on."""
    with _small_disk(scene) as fill:
        process = scene.victim.start()
        if scene.strike(process):
            fill()
        return scene.victim.wait(process)


def read_only(scene: ChaosScene) -> Ending:
    """The search is killed, and the file system is read-only when it goes on."""
    with _small_disk(scene):
        scene.kill()
        _mount("-o", "remount,ro", str(scene.victim.folder))
        try:
            return scene.victim.go_on()
        finally:
            _mount("-o", "remount,rw", str(scene.victim.folder))


def locked(scene: ChaosScene) -> Ending:
    """Another process holds the archive locked for some seconds."""
    process = scene.victim.start()
    archive = Path(scene.victim.archive)
    if scene.strike(process) and archive.exists():
        connection = sqlite3.connect(archive, timeout=5.0, isolation_level=None)
        try:
            connection.execute("BEGIN IMMEDIATE")
            time.sleep(scene.rng.uniform(0.5, 4.0))
            connection.execute("ROLLBACK")
        except sqlite3.Error:
            pass  # the search held it: nothing was disturbed
        finally:
            connection.close()
    return scene.victim.wait(process)


def no_locks(scene: ChaosScene) -> Ending:
    """The search is killed, and its file system refuses locks when it goes on."""
    scene.kill()
    with scene.victim.launched("masdesign.chaos.locks"):
        ending = scene.victim.go_on()
    if ending.code == NOT_POSSIBLE:
        raise NotPossible(ending.last_line)
    return ending


def clock_jumps(scene: ChaosScene) -> Ending:
    """The wall clock jumps back and forth by hours."""
    with scene.victim.launched("masdesign.chaos.clock", str(scene.rng.randrange(10**6))):
        return scene.victim.wait(scene.victim.start())


def two_processes(scene: ChaosScene) -> Ending:
    """The same search runs twice at once on one archive; one of them may be refused in one line."""
    first = scene.victim.start()
    time.sleep(scene.rng.uniform(0.0, 2.0))
    second = scene.victim.wait(scene.victim.start())
    ending = scene.victim.wait(first)
    return ending if ending.code != 0 or not second.is_clear else second


def suspended(scene: ChaosScene) -> Ending:
    """The process is stopped for some seconds and goes on."""
    process = scene.victim.start()
    if scene.strike(process):
        process.send_signal(signal.SIGSTOP)
        time.sleep(scene.rng.uniform(0.5, 3.0))
        process.send_signal(signal.SIGCONT)
    return scene.victim.wait(process)


def database_gone(scene: ChaosScene) -> Ending:
    """The PostgreSQL server of the archive cuts all connections, and comes back after some seconds."""
    from sqlalchemy import create_engine, make_url, text

    if not scene.database:
        raise NotPossible("no PostgreSQL server was named")
    server, name = make_url(scene.database), f"chaos{scene.rng.randrange(10**9)}"
    engine = create_engine(server.set(database="postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    with proxying(server.host or "127.0.0.1", server.port or 5432) as proxy:
        host, port = proxy.address
        through = server.set(host=host, port=port, database=name)
        scene.victim.archive = through.render_as_string(hide_password=False)
        process = scene.victim.start()
        if scene.strike(process):
            proxy.go_down()
            time.sleep(scene.rng.uniform(0.2, 3.0))
            proxy.come_back()
        ending = scene.victim.wait(process)
    scene.victim.archive = server.set(database=name).render_as_string(hide_password=False)
    return ending


@contextmanager
def _small_disk(scene: ChaosScene) -> Iterator[Callable[[], None]]:
    """Put the victim's folder on a file system of 8 MB; yields what fills it."""
    folder = scene.victim.folder
    task = (folder / "sums.jsonl").read_bytes()
    _mount("-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder))
    kept = folder.with_suffix(".kept")
    try:
        (folder / "sums.jsonl").write_bytes(task)

        def fill() -> None:
            with (folder / "filler").open("wb", buffering=0) as stream:
                try:
                    while stream.write(b"x" * PAGE):
                        pass
                except OSError:
                    pass  # no room left, as wanted

        yield fill
    finally:
        (folder / "filler").unlink(missing_ok=True)
        shutil.copytree(folder, kept, dirs_exist_ok=True)
        subprocess.run(["umount", "-l", str(folder)], check=True, capture_output=True)
        shutil.copytree(kept, folder, dirs_exist_ok=True)
        shutil.rmtree(kept)


def _mount(*arguments: str) -> None:
    if os.geteuid() != 0 or shutil.which("mount") is None:
        raise NotPossible("mounting a small file system needs root")
    done = subprocess.run(["mount", *arguments], check=False, capture_output=True, text=True)
    if done.returncode:
        raise NotPossible(done.stderr.strip())
