"""Events that reach the process of a search: signals to it and to its children, a closed terminal."""

import os
import signal
import subprocess
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from masdesign.chaos.scene import ChaosScene, NotPossible
from masdesign.chaos.victim import PATIENCE, Ending


def kill(scene: ChaosScene) -> Ending:
    """SIGKILL at any moment."""
    return _signalled(scene, signal.SIGKILL)


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


def terminate(scene: ChaosScene) -> Ending:
    """SIGTERM at any moment."""
    return _signalled(scene, signal.SIGTERM)


def interrupt(scene: ChaosScene) -> Ending:
    """SIGINT (Ctrl-C) at any moment."""
    return _signalled(scene, signal.SIGINT)


def stop_service(scene: ChaosScene) -> Ending:
    """SIGTERM at any moment to the process and to all its children, as a service manager stops a service."""
    process = scene.victim.start()
    if scene.strike(process):
        _send(signal.SIGTERM, [process.pid, *_children(process.pid)])
    return scene.victim.wait(process)


def children_killed(scene: ChaosScene) -> Ending:
    """SIGKILL to its children, the interpreters of designs, at five moments, as where memory is short."""
    process = scene.victim.start()
    for _ in range(5):
        try:
            process.wait(scene.moment() / 5)
        except subprocess.TimeoutExpired:
            _send(signal.SIGKILL, _children(process.pid))
    return scene.victim.wait(process)


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


def _children(pid: int) -> list[int]:
    if not Path(f"/proc/self/task/{os.getpid()}/children").exists():
        raise NotPossible("this system does not list a process's children in /proc")
    files = Path(f"/proc/{pid}/task").glob("*/children")
    with suppress(OSError):  # it has just ended
        return [int(child) for file in files for child in file.read_text().split()]
    return []
