"""A real cluster of two nodes on this machine: what runs on it, and a node that is killed in a search."""

from __future__ import annotations

import gc
import json
import socket
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from masdesign.archive import Archive
from masdesign.evaluation import evaluate, open_runtime
from masdesign.plugins import load_plugins
from masdesign.registry import overlay
from masdesign.search import run_search
from masdesign.search.events import OnEvent, SearchProgress
from masdesign.tasks import load_task
from masdesign.workflow import Design

pytestmark = [
    pytest.mark.skipif(find_spec("ray") is None, reason="the extra ray is not installed"),
    pytest.mark.skipif(sys.platform != "linux", reason="clusters of several nodes on one machine need Linux"),
    pytest.mark.timeout(600),
    pytest.mark.filterwarnings("ignore:unclosed file .*ray_client_server.*:ResourceWarning"),  # Ray's own
]
SMALL = 80 * 2**20
"""Bytes of a node's object store: the least that Ray takes."""
SEEN_DEAD = {"health_check_period_ms": 500, "health_check_failure_threshold": 5}
"""A node is dead once it has refused five times to answer, not after the minute that is usual."""
BUDGET = 600
"""Calls."""
SLOWLY = """
from masdesign.building_blocks._step import reply
from masdesign.building_blocks.read import read_answer
from masdesign.types import Answer, Question
from masdesign.workflow import block


@block(templates=("slowly",))
async def slowly(task: Question) -> Answer:
    'Takes its time.'
    return read_answer(await reply("slowly", role="", temperature=0.0, model="", task=task))
"""
DESIGN = Design("async def workflow(task):\n    return await few_shot(task, n=2)\n")


@pytest.fixture(scope="module")
def client_port() -> int:
    """Where the cluster takes clients."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.fixture(scope="module")
def cluster(client_port: int) -> Iterator[object]:
    """Two nodes of one core each."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patch.setenv("RAY_AUTH_MODE", "disabled")
        patch.setenv("RAY_DEDUP_LOGS_SKIP_REGEX", ".*")  # as `open_executor` has it, where Ray is new
        from ray.cluster_utils import Cluster

        head: dict[str, object] = {"num_cpus": 1, "include_dashboard": False, "object_store_memory": SMALL}
        if find_spec("grpc") is not None:
            head["ray_client_server_port"] = client_port
        made = Cluster(initialize_head=True, head_node_args={**head, "_system_config": SEEN_DEAD})
        try:
            made.add_node(num_cpus=1, object_store_memory=SMALL)
            patch.setenv("RAY_ADDRESS", made.address)
            until_the_nodes_know_each_other(made)
            yield made
        finally:
            made.shutdown()
            del made
            with warnings.catch_warnings():  # of what Ray leaves open: here, and not in a later test
                warnings.simplefilter("ignore", ResourceWarning)
                gc.collect()


def until_the_nodes_know_each_other(cluster: object) -> None:
    """A node that has just come is not yet known to all."""
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    def known(node: object) -> bool:
        here = NodeAffinitySchedulingStrategy(node.node_id, soft=False)
        try:
            return ray.get(ray.remote(scheduling_strategy=here)(lambda: True).remote())
        except ray.exceptions.TaskUnschedulableError:
            time.sleep(0.5)
            return False

    with ray.init(cluster.address, log_to_driver=False, logging_level="error"):
        while not all(map(known, cluster.list_all_nodes())):
            pass


def raylets(*nodes: object) -> set[int]:
    """The process of each node that starts all others."""
    return {node.all_processes["raylet"][0].process.pid for node in nodes}


def raylets_above(command: str) -> set[int]:
    """The nodes' processes among the grandparents of those that run ``command``."""
    found = set()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if command in (process / "cmdline").read_text():
                found.add(_parent(_parent(int(process.name))))
        except (OSError, ProcessLookupError):
            pass  # it has just ended
    return found


def _parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


@pytest.mark.slow
async def test_both_nodes_run_items_and_abacus_and_the_result_is_the_same(cluster) -> None:
    task = load_task("arithmetic", items=60)
    async with open_runtime("abacus", task=task) as here:
        expected = await evaluate(DESIGN, task, "val", here)
    async with open_runtime("abacus", task=task, executor="ray") as there:
        found = await evaluate(DESIGN, task, "val", there)
        assert raylets(*cluster.list_all_nodes()) <= raylets_above("masdesign.lm.abacus.worker")
        assert raylets(*cluster.list_all_nodes()) <= raylets_above("monty")
    assert found.to_json(times=False) == expected.to_json(times=False)
    assert found.complete


@pytest.mark.slow
@pytest.mark.parametrize("where", ["a Ray of its own", "a client's port"])
def test_on_the_command_line_it_says_nothing_of_its_own(
    cluster, client_port, tmp_path, monkeypatch, where
) -> None:
    executor = "ray"
    if where == "a Ray of its own":
        monkeypatch.delenv("RAY_ADDRESS")
    elif where == "a client's port":
        if find_spec("grpc") is None:
            pytest.skip("Ray's client needs grpcio, which is not installed")
        executor = f"ray://127.0.0.1:{client_port}"
    command = [sys.executable, "-m", "masdesign", "evaluate", "chain_of_thought", "arithmetic"]
    options = ["--items", "8", "--executor", executor, "--archive", str(tmp_path / "archive.db"), "--json"]
    done = subprocess.run([*command, *options], capture_output=True, text=True, check=False)
    if "Starting Ray client server failed" in done.stderr:
        assert done.returncode == 2
        pytest.skip("Ray's own server for clients did not start in its time")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["items"] == 8
    assert "ray" not in done.stderr.lower()


@pytest.mark.slow
async def test_a_users_own_block_runs_on_nodes(cluster, tmp_path, fresh_imports) -> None:
    (tmp_path / "slowly.py").write_text(SLOWLY)
    (tmp_path / "slowly.j2").write_text("Problem: {{ task.question }}\n\nThink step by step. Answer: ...")
    task = load_task("arithmetic", items=8)
    design = Design("async def workflow(task):\n    return await slowly(task)\n")
    found = []
    with overlay():
        load_plugins([str(tmp_path / "slowly.py")])
        for executor in ("local", "ray"):
            async with open_runtime("abacus", task=task, executor=executor) as runtime:
                found.append(await evaluate(design, task, "val", runtime))
    assert found[0].to_json(times=False) == found[1].to_json(times=False)
    assert found[0].failures["design"] == 0


def explored(path: Path, executor: str, on_event: OnEvent | None = None) -> int:
    """The canonical archive of a small search, written to ``path``; the calls that it spent."""
    task = load_task("arithmetic", items=26, test_items=10)
    with Archive(":memory:") as archive:
        found = run_search(
            task,
            budget=f"{BUDGET}calls",
            strategy="random",
            run="trial",
            archive=archive,
            cache=path.with_suffix(".db"),
            executor=executor,
            on_event=on_event,
        )
        archive.export(path, canonical=True)
    return found.spend.calls


@pytest.mark.slow
def test_a_node_is_killed_in_a_search_and_the_archive_is_the_same(cluster, tmp_path, capfd) -> None:
    (lost,) = [node for node in cluster.list_all_nodes() if node is not cluster.head_node]
    gone = raylets(lost)
    killing = threading.Thread(target=lambda: cluster.remove_node(lost, allow_graceful=False))

    def watch(event: object) -> None:
        begun = (
            isinstance(event, SearchProgress) and event.phase == "search" and event.spend.calls > BUDGET // 2
        )
        if begun and killing.ident is None:
            assert gone <= raylets_above("masdesign.lm.abacus.worker")
            killing.start()

    here, there = tmp_path / "here", tmp_path / "there"
    spent = explored(here, "local")
    assert explored(there, "ray", watch) == spent <= BUDGET
    assert killing.ident is not None
    assert not killing.is_alive()  # the search went on without the node
    assert there.read_bytes() == here.read_bytes()
    assert not raylets_above("masdesign.lm.abacus.worker") & gone
    assert capfd.readouterr().out == ""
