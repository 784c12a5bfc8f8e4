"""Ray as the cluster: it places what is run, moves what is needed, and runs again what a lost node had.

P. Moritz et al. 2018, Ray: A Distributed Framework for Emerging AI Applications, arXiv:1712.05889.
"""

import logging
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlsplit
from warnings import catch_warnings, simplefilter

from masdesign.errors import InputError, ProviderError
from masdesign.evaluation.executors import Place
from masdesign.evaluation.executors.remote import Remote
from masdesign.types import Item

RETRIES = 8
"""How often Ray runs again what a lost node had."""
STORE = 2**28
"""Bytes of the object store of a Ray that is started here: what is sent is small."""
PROBE_SECONDS = 10.0
"""How long a cluster's address may take to answer."""


@contextmanager
def connected(name: str) -> Iterator[Remote]:
    """The executor of the cluster that ``name`` names (see `open_executor`); disconnected afterwards.

    A Ray to which this process is connected already is used as it is, and stays connected.
    """
    _be_quiet()
    try:
        import ray
    except ImportError:
        cure = "pip install 'masdesign[ray]'"
        raise InputError(f"executor {name} needs Ray, which is not installed; {cure}") from None
    if ray.is_initialized():
        with closing(Remote(_Ray(name))) as executor:
            yield executor
        return
    _probe(name)
    try:
        with catch_warnings():
            simplefilter("ignore")  # what matters is raised
            ray.init(**_options(name), log_to_driver=False, logging_level=logging.ERROR)
    except ImportError as error:
        raise InputError(f"executor {name} needs {error.name}; pip install 'masdesign[ray]'") from error
    except (ConnectionError, RuntimeError, ValueError, OSError) as error:
        raise InputError(
            f"executor {name}: no cluster can be used there ({_last_line(error)}); check the address, that "
            "Ray and Python are the same there, and RAY_AUTH_MODE=token where the cluster asks for one"
        ) from error
    try:
        with closing(Remote(_Ray(name))) as executor:
            yield executor
    finally:
        ray.shutdown()


PLACE = Place("ray", connected)


@dataclass(frozen=True)
class _Stored:
    """Items in Ray's store; called where they are needed, it fetches them."""

    reference: Any

    def __call__(self) -> tuple[Item, ...]:
        import ray

        items: tuple[Item, ...] = ray.get(self.reference)
        return items


@dataclass(frozen=True, eq=False)
class _Actor:
    """An object of ours in an actor on a node; `cores` counts the node's cores."""

    handle: Any
    cores: int

    async def call(self, method: str, *args: Any) -> Any:
        """What the object's method gives."""
        return await _had(getattr(self.handle, method).remote(*args))


class _Ray:
    """The `Cluster` to which this process is connected; a function that is run takes one core."""

    def __init__(self, name: str) -> None:
        import ray

        self._ray = ray
        self.cores = int(ray.cluster_resources().get("CPU", 0))
        if not self.cores:
            raise InputError(f"executor {name}: the cluster has no cores to run on; add a node")
        self._remote = cache(ray.remote(num_cpus=1, max_retries=RETRIES, scheduling_strategy="SPREAD"))

    async def run(self, function: Callable[..., Any], *args: Any) -> Any:
        """What the function gives, on any node."""
        return await _had(self._remote(function).remote(*args))

    def place(self, kind: type, *args: object) -> list[_Actor]:
        """``kind(cores, *args)`` on every node, made again where its process is lost and its node is not."""
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        often = {"num_cpus": 0, "max_restarts": RETRIES, "max_task_retries": RETRIES}
        actors = []
        for node in self._ray.nodes():
            cores = int(node["Resources"].get("CPU", 0))
            if node["Alive"] and cores:
                here = NodeAffinitySchedulingStrategy(node["NodeID"], soft=False)
                made = self._ray.remote(**often, scheduling_strategy=here)(kind)
                actors.append(_Actor(made.remote(cores, *args), cores))
        return actors

    def put(self, items: tuple[Item, ...]) -> _Stored:
        """The items, to be fetched by whoever needs them."""
        return _Stored(self._ray.put(items))


async def _had(reference: Any) -> Any:
    """What Ray was asked for; raises ProviderError or InputError, as `Cluster` says."""
    from ray.exceptions import RayError, RayTaskError

    try:
        return await reference
    except RayTaskError as error:
        raise InputError(
            f"a node of the cluster cannot run masdesign ({_last_line(error)}); "
            "install the same masdesign on every node"
        ) from error
    except (RayError, ConnectionError) as error:
        what = f"the cluster lost what it ran ({_last_line(error)})"
        raise ProviderError(what, kind="connection") from error


def _be_quiet() -> None:
    """Ray reports no usage, and prints nothing of its own; what the environment says goes first."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_DEDUP_LOGS_SKIP_REGEX", ".*")


def _options(name: str) -> dict[str, Any]:
    if name != "ray":
        return {"address": name}
    address = os.environ.get("RAY_ADDRESS")
    if address:
        return {"address": address}
    return {"address": "local", "include_dashboard": False, "object_store_memory": STORE}


def _probe(name: str) -> None:
    """Raises InputError where nothing listens: Ray itself would wait for long."""
    if name == "ray":
        return
    try:
        parts = urlsplit(name)
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    if not host or not port:
        form = "ray://HOST:PORT, as in ray://10.0.0.1:10001"
        raise InputError(f"executor {name} names no cluster; give {form}")
    try:
        socket.create_connection((host, port), PROBE_SECONDS).close()
    except OSError as error:
        raise InputError(
            f"executor {name}: nothing answers there ({error.strerror or error}); start the cluster with "
            "Ray on its head node, and give its address and client port (10001)"
        ) from None


def _last_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[-1].strip() if lines else type(error).__name__
