"""ADAS's archives, and MAS-Zero's: lists of agents, each a ``forward(self, taskInfo)`` with its thought.

References: Hu, Lu, Clune 2024, Automated Design of Agentic Systems, arXiv:2408.08435; Ke et al. 2025,
MAS-Zero: Designing Multi-Agent Systems with Zero Supervision, arXiv:2505.14996.

The field's mistake, made visible: which design would be chosen on val, which on test?

Many published archives hold a test score for every design, and the best of those was published. A test
score that a design was picked by is no test score: of many that differ by luck, the luckiest was taken.
Here `best` reads val alone; what comes from elsewhere is marked.
"""

import ast
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from masdesign.archive.elsewhere.brought import Brought, Rejected, Unreadable, fitness, plain_value, text_of
from masdesign.archive.exchange.untrusted import Skip
from masdesign.errors import SourceError
from masdesign.workflow.adas import from_adas
from masdesign.workflow.adas_arc import METHODS
from masdesign.workflow.design import Design
from masdesign.workflow.parsing import parse

_CLAIMED = ("fitness", "test_fitness", "acc", "score")
_KEPT = ("generation", "reflection", "debug_thought", "n", "round")
_SETTINGS: dict[str, Any] = {
    "node_model": "",
    "cot_instruction": "Please think step by step and then solve the task.",
    "output_description": "",
    "max_round": 5,
    "max_sc": 5,
    "debate_role": ["Math Professor", "Grade School Teacher"],
}
"""What MAS-Zero's agents read of their system, as its repository sets it."""


def is_agents(value: object) -> bool:
    """Whether a JSON value is a list of agents, or one."""
    agents: list[Any] = value if isinstance(value, list) else [value]
    return any(isinstance(a, dict) and "code" in a for a in agents)


def read_agents(value: object, origin: str) -> Iterator[Brought | Rejected]:
    """The agents of a JSON archive."""
    agents: list[Any] = value if isinstance(value, list) else [value]
    other = Skip("it is no agent: that is a JSON object with code")
    agents = [agent if isinstance(agent, dict | Skip) else other for agent in agents]
    scores = ([_median(agent, key) for agent in agents] for key in ("fitness", "test_fitness"))
    selected = chosen_on(*scores)
    for place, agent in enumerate(agents):
        if isinstance(agent, Skip):
            yield Rejected(f"agent {place + 1}", str(agent))
            continue
        entry = _agent(agent, f"agent {place + 1}", origin)
        is_it = selected is not None and selected.differ and place == selected.by_test
        if selected is not None and is_it and isinstance(entry, Brought):
            entry = replace(entry, claim={**entry.claim, "selected_on_test": selected.mark})
        yield entry


def _median(agent: Mapping[str, Any] | Skip, key: str) -> float | None:
    """A claimed score, as a share of 1; ``None`` where none can be read."""
    value = None if isinstance(agent, Skip) else agent.get(key)
    return fitness(value).get("median") if isinstance(value, str) else None


def read_block(source: str, stem: str, origin: str) -> Iterator[Brought | Rejected]:
    """A module of MAS-Zero's ``blocks``: a function ``forward``, and a dict with its name and thought."""
    try:
        tree = parse(source)
    except SourceError as error:
        yield Rejected(stem, str(error))
        return
    attributes: dict[str, Any] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict):
            pairs = zip(node.value.keys, node.value.values, strict=True)
            attributes |= {
                str(k.value): v.value
                for k, v in pairs
                if isinstance(k, ast.Constant) and isinstance(v, ast.Constant)
            }
    if not isinstance(attributes.get("code"), str):
        forward = [n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == "forward"]
        attributes["code"] = ast.unparse(forward[-1]) if forward else ""
    yield _agent(attributes, stem, origin)


def _agent(agent: Mapping[str, Any], place: str, origin: str) -> Brought | Rejected:
    name = text_of(agent, "name", 200) or place
    code = agent.get("code")
    if not isinstance(code, str) or not code.strip():
        return Rejected(name, "it has no code")
    try:
        source = from_adas(_settled(code))
    except (SourceError, Unreadable) as error:
        return Rejected(name, str(error))
    except (ValueError, RecursionError) as error:  # of code that is rewritten: a fault of that code
        return Rejected(name, f"its code cannot be read ({type(error).__name__}: {error!s:.80})")
    claim = {key: fitness(agent[key]) for key in _CLAIMED if isinstance(agent.get(key), str)}
    claim |= {k: plain_value(agent[k]) for k in (*_CLAIMED, *_KEPT) if k in agent and k not in claim}
    return Brought(Design(source, name, text_of(agent, "thought", 20_000), (), origin), claim)


def _settled(code: str) -> str:
    """The code with what MAS-Zero's agents ask of their system put in; ADAS's code as it is."""
    text = textwrap.dedent(code)
    tree = parse(text)
    settler = _Settler()
    changed = settler.visit(tree)
    if settler.unknown:
        line, name = min(settler.unknown)
        raise Unreadable(f"line {line}: self.{name} is not known here")
    return ast.unparse(ast.fix_missing_locations(changed)) if settler.changed else text


class _Settler(ast.NodeTransformer):
    def __init__(self) -> None:
        self.changed = False
        self.unknown: list[tuple[int, str]] = []

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        return node  # a class's self is its own

    def visit_Call(self, node: ast.Call) -> ast.AST:
        if _of_self(node.func) == "make_final_answer" and len(node.args) > 1:
            self.changed = True
            return self.visit(node.args[1])  # type: ignore[no-any-return]
        kept = [k for k in node.keywords if k.arg != "is_sub_task"]
        self.changed = self.changed or len(kept) < len(node.keywords)
        node.keywords = kept
        return self.generic_visit(node)

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        name = _of_self(node)
        if name in _SETTINGS and isinstance(node.ctx, ast.Load):
            self.changed = True
            return ast.copy_location(ast.parse(repr(_SETTINGS[name]), mode="eval").body, node)
        allowed = name in METHODS or name.startswith("__")
        if name and not allowed and isinstance(node.ctx, ast.Load):
            self.unknown.append((node.lineno, name))
        return self.generic_visit(node)


def _of_self(node: ast.AST) -> str:
    """The attribute's name, where it is one of ``self``."""
    is_own = isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self"
    return node.attr if is_own and isinstance(node, ast.Attribute) else ""


@dataclass(frozen=True, slots=True)
class ChosenOn:
    """The best of some designs by each split; places are those in the lists given."""

    by_val: int
    by_test: int
    val: tuple[float, float]
    """Val scores of the two, in 0..1."""
    test: tuple[float, float]
    seen: int
    """Designs whose test scores were looked at."""

    @property
    def differ(self) -> bool:
        """Whether it matters by which split the best is chosen."""
        return self.by_val != self.by_test

    @property
    def mark(self) -> str:
        """What is to stand beside the design that is best on test; empty where it is best on val, too."""
        if not self.differ:
            return ""
        return (
            f"selected on test: the highest of {self.seen} test scores ({self.test[1]:.3f}); on val it has "
            f"{self.val[1]:.3f}, and the best there, {self.val[0]:.3f}, has {self.test[0]:.3f} on test"
        )


def chosen_on(val: Sequence[float | None], test: Sequence[float | None]) -> ChosenOn | None:
    """Which of the designs would be chosen by val, and which by test; of equals the first.

    ``None`` stands for a score that is not known. Gives ``None`` where no design has both, or only one
    was looked at on test: then nothing was selected there.

    >>> found = chosen_on([0.6, 0.7, 0.5], [0.6, 0.5, 0.8])
    >>> found.by_val, found.by_test, found.differ
    (1, 2, True)
    """
    choices = [
        (i, v, t) for i, (v, t) in enumerate(zip(val, test, strict=True)) if v is not None and t is not None
    ]
    if len(choices) < 2:
        return None
    on_val, on_test = max(choices, key=lambda k: k[1]), max(choices, key=lambda k: k[2])
    return ChosenOn(on_val[0], on_test[0], (on_val[1], on_test[1]), (on_val[2], on_test[2]), len(choices))
