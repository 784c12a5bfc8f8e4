"""What happens to a search: one function an event. Adding an event is adding a function.

An event starts the search, disturbs it, and returns how its process ended. What a user would do before going
on, such as moving a file away that a message calls damaged, it does itself.
"""

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from masdesign.chaos.locks import NOT_POSSIBLE
from masdesign.chaos.proxy import proxying
from masdesign.chaos.server import ChaosModel
from masdesign.chaos.victim import PATIENCE, Ending, Victim

PAGE = 4096
"""Bytes of a page of SQLite, of which an event damages some."""
SHARE = 0.3
"""Share of the requests that fail under `provider_faults`."""


class NotPossible(Exception):
    """This machine does not allow the event."""


@dataclass(frozen=True)
class ChaosScene:
    """What an event works on."""

    victim: Victim
    model: ChaosModel
    rng: random.Random
    database: str = ""
    """URL of a PostgreSQL server, without a database's name, for the events that need one."""

    def moment(self) -> float:
        """Any moment of an undisturbed search, in seconds from its start."""
        return self.rng.uniform(0.0, self.victim.seconds)

    def strike(self, process: subprocess.Popen[str]) -> bool:
        """Wait until a moment of the search; return whether it still runs."""
        try:
            process.wait(self.moment())
        except subprocess.TimeoutExpired:
            return True
        return False


Happening = Callable[[ChaosScene], Ending]
EVENTS: dict[str, Happening] = {}


def event(function: Happening) -> Happening:
    """Register an event under its function's name."""
    EVENTS[function.__name__] = function
    return function


def _signalled(scene: ChaosScene, number: int) -> Ending:
    process = scene.victim.start()
    if scene.strike(process):
        process.send_signal(number)
    return scene.victim.wait(process)


def _send(number: int, pids: Iterable[int]) -> None:
    """Send a signal to the processes that still exist."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


@event
def kill(scene: ChaosScene) -> Ending:
    """SIGKILL at any moment."""
    return _signalled(scene, signal.SIGKILL)


@event
def kill_often(scene: ChaosScene) -> Ending:
    """SIGKILL at any moment, and again at any moment of each of its nine continuations."""
    new = True
    for _ in range(10):
        process = scene.victim.start(new=new)
        if scene.strike(process):
            process.kill()
        ending = scene.victim.wait(process)
        if ending.code == 0:
            return ending
        new = ending.code == 2  # it had not begun
    return scene.victim.go_on()


@event
def terminate(scene: ChaosScene) -> Ending:
    """SIGTERM at any moment."""
    return _signalled(scene, signal.SIGTERM)


@event
def interrupt(scene: ChaosScene) -> Ending:
    """SIGINT (Ctrl-C) at any moment."""
    return _signalled(scene, signal.SIGINT)


@event
def stop_service(scene: ChaosScene) -> Ending:
    """SIGTERM at any moment to the process and to all its children, as a service manager stops a service."""
    process = scene.victim.start()
    if scene.strike(process):
        _send(signal.SIGTERM, [process.pid, *_children(process.pid)])
    return scene.victim.wait(process)


@event
def children_killed(scene: ChaosScene) -> Ending:
    """SIGKILL to its children, the interpreters of designs, at five moments, as where memory is short."""
    process = scene.victim.start()
    for _ in range(5):
        try:
            process.wait(scene.moment() / 5)
        except subprocess.TimeoutExpired:
            _send(signal.SIGKILL, _children(process.pid))
    return scene.victim.wait(process)


@event
def hang_up(scene: ChaosScene) -> Ending:
    """Its standard output and error are closed: the terminal is gone, or `head` has seen enough."""
    process = scene.victim.start()
    scene.strike(process)
    for pipe in (process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()
    try:
        return Ending(process.wait(PATIENCE))
    except subprocess.TimeoutExpired:
        process.kill()
        return Ending(None)


@event
def provider_faults(scene: ChaosScene) -> Ending:
    """The provider fails 30 % of all requests, in 20 ways."""
    scene.model.share = SHARE
    try:
        return scene.victim.wait(scene.victim.start())
    finally:
        scene.model.share = 0.0


@event
def provider_outage(scene: ChaosScene) -> Ending:
    """The provider answers nothing from some moment on."""
    process = scene.victim.start()
    scene.strike(process)
    scene.model.down = True
    try:
        return scene.victim.wait(process)
    finally:
        scene.model.down = False


@event
def removed_archive(scene: ChaosScene) -> Ending:
    """The archive is removed while the search runs."""
    return _while_it_runs(scene, lambda: _remove(scene.victim.folder, "archive.db"))


@event
def removed_calls(scene: ChaosScene) -> Ending:
    """The recorded calls are removed while the search runs."""
    return _while_it_runs(scene, lambda: _remove(scene.victim.folder, "calls.db"))


@event
def removed_folder(scene: ChaosScene) -> Ending:
    """Archive and recorded calls are removed while the search runs."""

    def remove() -> None:
        _remove(scene.victim.folder, "archive.db")
        _remove(scene.victim.folder, "calls.db")

    return _while_it_runs(scene, remove)


@event
def damaged_calls(scene: ChaosScene) -> Ending:
    """Pages of the recorded calls are overwritten after the search was killed."""
    return _damaged(scene, "calls.db")


@event
def damaged_archive(scene: ChaosScene) -> Ending:
    """Pages of the archive are overwritten after the search was killed."""
    return _damaged(scene, "archive.db")


@event
def truncated_calls(scene: ChaosScene) -> Ending:
    """The recorded calls lose their end after the search was killed."""

    def truncate(file: Path) -> None:
        with file.open("r+b") as stream:
            stream.truncate(scene.rng.randrange(file.stat().st_size))

    return _changed_at_rest(scene, "calls.db", truncate)


@event
def full_disk(scene: ChaosScene) -> Ending:
    """The disk has no room left from some moment on."""
    with _small_disk(scene) as fill:
        process = scene.victim.start()
        if scene.strike(process):
            fill()
        return scene.victim.wait(process)


@event
def read_only(scene: ChaosScene) -> Ending:
    """The search is killed, and the file system is read-only when it goes on."""
    with _small_disk(scene):
        _killed(scene)
        _mount("-o", "remount,ro", str(scene.victim.folder))
        try:
            return scene.victim.go_on()
        finally:
            _mount("-o", "remount,rw", str(scene.victim.folder))


@event
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


@event
def no_locks(scene: ChaosScene) -> Ending:
    """The search is killed, and its file system refuses locks when it goes on."""
    _killed(scene)
    with scene.victim.launched("masdesign.chaos.locks"):
        ending = scene.victim.go_on()
    if ending.code == NOT_POSSIBLE:
        raise NotPossible(ending.last_line)
    return ending


@event
def clock_jumps(scene: ChaosScene) -> Ending:
    """The wall clock jumps back and forth by hours."""
    with scene.victim.launched("masdesign.chaos.clock", str(scene.rng.randrange(10**6))):
        return scene.victim.wait(scene.victim.start())


@event
def two_processes(scene: ChaosScene) -> Ending:
    """The same search runs twice at once on one archive; one of them may be refused in one line."""
    first = scene.victim.start()
    time.sleep(scene.rng.uniform(0.0, 2.0))
    second = scene.victim.wait(scene.victim.start())
    ending = scene.victim.wait(first)
    return ending if ending.code != 0 or not second.is_clear else second


@event
def suspended(scene: ChaosScene) -> Ending:
    """The process is stopped for some seconds and goes on."""
    process = scene.victim.start()
    if scene.strike(process):
        process.send_signal(signal.SIGSTOP)
        time.sleep(scene.rng.uniform(0.5, 3.0))
        process.send_signal(signal.SIGCONT)
    return scene.victim.wait(process)


@event
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


def _children(pid: int) -> list[int]:
    if not Path(f"/proc/self/task/{os.getpid()}/children").exists():
        raise NotPossible("this system does not list a process's children in /proc")
    files = Path(f"/proc/{pid}/task").glob("*/children")
    with suppress(OSError):  # it has just ended
        return [int(child) for file in files for child in file.read_text().split()]
    return []


def _killed(scene: ChaosScene) -> None:
    process = scene.victim.start()
    if scene.strike(process):
        process.kill()
    scene.victim.wait(process)


def _while_it_runs(scene: ChaosScene, disturb: Callable[[], None]) -> Ending:
    process = scene.victim.start()
    if scene.strike(process):
        disturb()
    return scene.victim.wait(process)


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
    _killed(scene)
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
