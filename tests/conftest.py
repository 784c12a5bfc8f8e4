"""One BLAS thread, before anything imports NumPy: the engine's tiles are small, and two threads only wait.

And Ctrl-C as a terminal has it: where the tests run in the background, a shell has it ignored, and so would
every process that they start.
"""

from __future__ import annotations

import itertools
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from postgresql import binaries, server
from sqlalchemy import create_engine

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
os.environ.setdefault("HF_HUB_OFFLINE", "1")  # no test uses a network beyond this machine
# A busy machine is no fault of a test.
settings.register_profile("masdesign", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("masdesign")
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files whose tests may take longest first: no worker has one left when the others are done."""
    longest: dict[Path, float] = {}
    for item in items:
        marks = [mark.args[0] for mark in item.iter_markers("timeout")] or [
            item.get_closest_marker("slow") is not None
        ]
        longest[item.path] = max(longest.get(item.path, 0), *marks)
    items.sort(key=lambda item: -longest[item.path])


@pytest.fixture(scope="session")
def new_database() -> Iterator[Callable[[], str]]:
    """Gives the URL of an empty database on a real PostgreSQL server, another one each time."""
    if binaries() is None:
        pytest.skip("PostgreSQL is not installed (Debian's package postgresql)")
    numbers = itertools.count()
    with server() as url:
        engine = create_engine(f"{url}/postgres", isolation_level="AUTOCOMMIT")

        def make() -> str:
            name = f"archive_{next(numbers)}"
            with engine.connect() as connection:
                connection.exec_driver_sql(f"CREATE DATABASE {name}")
            return f"{url}/{name}"

        yield make
        engine.dispose()


@pytest.fixture
def fresh_imports(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[None]:
    """What a test imports from folders of its own is forgotten when it ends."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    folders = [tempfile.gettempdir(), tmp_path_factory.getbasetemp()]
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        file = getattr(sys.modules[name], "__file__", None)
        if file and any(Path(file).is_relative_to(folder) for folder in folders):
            del sys.modules[name]
