"""EvoAgentX's workflow graphs: nodes with typed inputs and outputs, each an agent's prompt.

Reference: Wang et al. 2025, EvoAgentX: An Automated Framework for Evolving Agentic Workflows,
arXiv:2507.03616.
"""

import re
from collections.abc import Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

from masdesign.archive.elsewhere.brought import Brought, Rejected, Unreadable, text_of
from masdesign.workflow.design import Design

_MOST_NODES = 64
_FIELD = re.compile(r"[A-Za-z]\w{0,79}")

_STEP = Path(__file__).with_suffix(".txt").read_text(encoding="utf-8")


def is_graph(value: object) -> bool:
    """Whether a JSON value is a workflow graph."""
    return isinstance(value, dict) and isinstance(value.get("nodes"), list) and "edges" in value


def read_graph(value: Mapping[str, Any], stem: str, origin: str) -> Brought | Rejected:
    """The graph as a design that runs its nodes in order; the last node's first output is the answer."""
    name = text_of(value, "name", 200) or stem
    try:
        nodes = _nodes(value)
        order = _order(nodes, value.get("edges"))
        lines = [_line(nodes[node]) for node in order]
        last = _names(nodes[order[-1]], "outputs")[0]
    except Unreadable as error:
        return Rejected(name, str(error))
    given = sorted({n for node in nodes.values() for n in _names(node, "inputs")} - _make(nodes))
    start = "{" + ", ".join(f"{n!r}: question" for n in given) + "}"
    head = [
        "async def workflow(task):",
        '    question = "\\n".join([*task.context, task.question, *task.choices])',
        f"    values = {start}",
    ]
    source = _STEP + "\n".join([*head, *lines, f"    return values[{last!r}]"]) + "\n"
    goal = text_of(value, "goal", 5000)
    return Brought(Design(source, name, goal, (), origin), {"goal": goal, "nodes": order})


def _nodes(value: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    nodes: dict[str, Mapping[str, Any]] = {}
    for node in value["nodes"]:
        name = text_of(node, "name", 200) if isinstance(node, dict) else ""
        if not name or name in nodes:
            raise Unreadable("a node has no name, or another one's")
        if not _names(node, "outputs"):
            raise Unreadable(f"node {name!r} has no output")
        agents = node.get("agents")
        if not isinstance(agents, list) or not agents or not isinstance(agents[0], dict):
            raise Unreadable(f"node {name!r} has no agent with a prompt (an action graph is code)")
        if len(agents) > 1:
            raise Unreadable(
                f"node {name!r} has {len(agents)} agents, and which of them acts is the framework's choice"
            )
        if tools := agents[0].get("tool_names"):
            raise Unreadable(
                f"node {name!r} needs the tool {str(tools[0] if isinstance(tools, list) else tools)[:60]}"
            )
        if not text_of(agents[0], "prompt", 1):
            raise Unreadable(f"node {name!r} has an agent without a prompt")
        nodes[name] = node
    if not 1 <= len(nodes) <= _MOST_NODES:
        raise Unreadable(f"it has {len(nodes)} nodes; 1 to {_MOST_NODES} can be run")
    return nodes


def _names(node: Mapping[str, Any], kind: str) -> list[str]:
    members = node.get(kind)
    listed = members if isinstance(members, list) else []
    names = [text_of(m, "name", 80) for m in listed if isinstance(m, dict)]
    return [name for name in names if _FIELD.fullmatch(name)]


def _make(nodes: Mapping[str, Mapping[str, Any]]) -> set[str]:
    return {name for node in nodes.values() for name in _names(node, "outputs")}


def _order(nodes: Mapping[str, Mapping[str, Any]], edges: object) -> list[str]:
    """The nodes, each after those that its edges come from, and those that make its inputs."""
    before: dict[str, set[str]] = {name: set() for name in nodes}
    for edge in edges if isinstance(edges, list) else []:
        source, target = (
            text_of(edge, k, 200) if isinstance(edge, dict) else "" for k in ("source", "target")
        )
        if source not in nodes or target not in nodes:
            raise Unreadable(
                f"an edge leads from {source[:40]!r} to {target[:40]!r}, which are not both nodes"
            )
        before[target].add(source)
    try:
        return list(TopologicalSorter(before).static_order())
    except CycleError:
        raise Unreadable("its nodes run in a circle, which the framework ends by its own judgement") from None


def _line(node: Mapping[str, Any]) -> str:
    prompt = node["agents"][0]["prompt"]
    return f"    values = await step({prompt!r}, values, {_names(node, 'outputs')!r})"
