"""A PostgreSQL server of the tests' own, on the loopback address, gone with them."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def binaries() -> Path | None:
    """Where the newest server's programs lie; ``None`` where none is installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[-3]))
    initdb = str(found[-1]) if found else shutil.which("initdb")
    return Path(initdb).resolve().parent if initdb else None


@contextmanager
def server() -> Iterator[str]:
    """The URL of a fresh server, without a database: ``postgresql+psycopg://…:PORT``."""
    programs = binaries()
    assert programs is not None
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    # The server refuses to run as root, and its user must reach the folder.
    user = "postgres" if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="masdesign-postgresql-"))
    if user is not None:
        shutil.chown(folder, user)

    def run(*command: str) -> None:
        quiet = {"stdout": subprocess.DEVNULL, "stdin": subprocess.DEVNULL}
        subprocess.run([str(programs / command[0]), *command[1:]], check=True, user=user, cwd="/", **quiet)

    data = str(folder / "data")
    try:
        run("initdb", "-D", data, "-U", "masdesign", "-A", "trust", "-E", "UTF8", "--no-sync")
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off"
        run("pg_ctl", "-D", data, "-o", options, "-l", str(folder / "log"), "-w", "start")
        try:
            yield f"postgresql+psycopg://masdesign@127.0.0.1:{port}"
        finally:
            run("pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
