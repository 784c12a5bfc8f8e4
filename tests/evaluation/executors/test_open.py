"""Executors by their names: what there is, and one line for what there is not."""

from __future__ import annotations

import socket
import subprocess
import sys
from importlib.util import find_spec

import pytest

from masdesign.errors import InputError
from masdesign.evaluation import open_runtime
from masdesign.evaluation.executors import open_executor
from masdesign.evaluation.executors.local import Local

with_ray = pytest.mark.skipif(find_spec("ray") is None, reason="the extra ray is not installed")


def test_items_run_here_unless_said_otherwise():
    with open_executor() as executor:
        assert isinstance(executor, Local)


@pytest.mark.parametrize("name", ["dask", "", "RAY", "http://127.0.0.1:10001"])
def test_an_unknown_name_is_told_what_there_is(name):
    with pytest.raises(InputError, match=r"executor .* does not exist.*local, ray"), open_executor(name):
        pass


def test_without_the_extra_it_says_how_to_have_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(InputError, match=r"needs Ray.*pip install 'masdesign\[ray\]'"), open_executor("ray"):
        pass


@with_ray
@pytest.mark.parametrize("name", ["ray://", "ray://somewhere", "ray://:10001", "ray://host:many"])
def test_an_address_without_host_or_port_is_refused(name):
    with pytest.raises(InputError, match=r"give ray://HOST:PORT"), open_executor(name):
        pass


@with_ray
async def test_an_address_where_nothing_answers_is_one_line():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and nobody listens
        name = f"ray://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(InputError, match="nothing answers there") as refused:
            async with open_runtime("abacus", executor=name):
                pass
    assert "\n" not in str(refused.value)


@pytest.mark.slow
def test_ray_is_imported_only_where_it_is_used():
    code = (
        "import sys; from masdesign.evaluation.executors import open_executor\n"
        "import masdesign.cli.search, masdesign.search.verbs, masdesign.evaluation.executors.ray\n"
        "with open_executor(): print('ray' in sys.modules)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "False"
