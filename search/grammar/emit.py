"""An expression as readable source in the design language.

A tree is one chain of steps with forks, so that four names are enough for every program:
``drafts``, ``verdicts``, ``answer`` and ``verdict``.
"""

from __future__ import annotations

import json
from functools import singledispatch

from masdesign.search.grammar.nodes import (
    ALWAYS,
    Answer,
    Cascade,
    Choose,
    Debate,
    Direct,
    Drafts,
    Escalate,
    Filter,
    Found,
    More,
    Node,
    Panel,
    Parts,
    Program,
    Repair,
    RepairAll,
    Route,
    Samples,
    Steps,
    Vote,
    WeightedVote,
    found_in,
    walk,
)
from masdesign.types import SAMPLING_TEMPERATURE
from masdesign.workflow.promoted import with_definitions

Lines = list[str]

_WIDTH = 104
"""Characters of a statement before its indentation; what is longer stands on several lines."""
_LINE = 110
"""Characters of a line at most."""

_REPAIRED = """\
async def repaired(task, draft):
    verdict = await verify(task, draft)
    if verdict.ok:
        return draft
    return await revise(task, draft, verdict.critique)
"""

_REPAIRED_BY = """\
async def repaired(task, draft, model=""):
    verdict = await verify(task, draft, model=model)
    if verdict.ok:
        return draft
    return await revise(task, draft, verdict.critique, model=model)
"""


def emit(tree: Answer) -> str:
    """The source of a workflow that computes ``tree``.

    >>> print(emit(Vote(Filter(Samples(3)))), end="")
    async def workflow(task):
        drafts = await gather(*[chain_of_thought(task, temperature=0.8) for _ in range(3)])
        verdicts = await gather(*[verify(task, draft) for draft in drafts])
        drafts = [draft for draft, verdict in zip(drafts, verdicts) if verdict.ok] or drafts
        return majority(drafts)
    """
    return with_definitions(_own(tree), found_in(tree))


def _own(tree: Answer) -> str:
    """The source without the definitions of promoted blocks."""
    body = "\n".join(["async def workflow(task):", *_indent(_returning(tree))]) + "\n"
    repairers = [part.model for _, part in walk(tree) if isinstance(part, RepairAll)]
    if not repairers:
        return body
    return f"{_REPAIRED_BY if any(repairers) else _REPAIRED}\n\n{body}"


def _returning(tree: Answer) -> Lines:
    """The statements that compute ``tree`` and return it."""
    match tree:
        case Cascade(answer, otherwise):
            accept = [_verdict(tree), "if verdict.ok:", "    return answer"]
            return [*_assigning(answer), *accept, *_returning(otherwise)]
        case Escalate(drafts, otherwise, below):
            doubted = [f"if agreement(drafts) < {below}:", *_indent(_returning(otherwise))]
            return [*_drafts(drafts), *doubted, "return majority(drafts)"]
        case Route(words, short, long):
            return [_is_short(words), *_indent(_returning(short)), *_returning(long)]
        case _:
            lines, expression = _answer(tree)
            return [*lines, f"return {expression}"]


def _assigning(tree: Answer) -> Lines:
    """The statements that leave ``tree``'s value in ``answer``."""
    lines, expression = _answer(tree)
    return lines if expression == "answer" else [*lines, f"answer = {expression}"]


def _indent(lines: Lines) -> Lines:
    return [f"    {part}" for line in lines for part in ([line] if len(line) + 4 <= _LINE else _broken(line))]


def _broken(line: str) -> Lines:
    """Two drafts side by side, one a line; of what else is long the names of models are to blame."""
    start, drafts, members = line.partition("drafts = await gather(")
    if not members or members.startswith("*"):
        return [line]
    first, _, second = members[:-1].partition("), ")
    return [f"{start}{drafts}", f"{start}    {first}),", f"{start}    {second},", f"{start})"]


def _where_split(below: float, lines: Lines) -> Lines:
    """``lines``, taken only where the drafts agree less than ``below``."""
    return lines if below == ALWAYS else [f"if agreement(drafts) < {below}:", *_indent(lines)]


@singledispatch
def _answer(node: Node) -> tuple[Lines, str]:
    """Statements to run first, and the expression that then gives the answer."""
    raise TypeError(f"no source for {type(node).__name__}")


@_answer.register
def _(node: Direct) -> tuple[Lines, str]:
    return [], f"await {_leaf(node)}"


@_answer.register
def _(node: Steps) -> tuple[Lines, str]:
    return [], f"await {_leaf(node)}"


@_answer.register
def _(node: Found) -> tuple[Lines, str]:
    return [], f"await {_leaf(node)}"


@_answer.register
def _(node: Parts) -> tuple[Lines, str]:
    return [], f"await {_leaf(node)}"


@_answer.register
def _(node: Program) -> tuple[Lines, str]:
    return [], f"await {_leaf(node)}"


@_answer.register
def _(node: Vote) -> tuple[Lines, str]:
    match node.drafts:
        case Samples(n, temperature, model):
            heat = "" if temperature == SAMPLING_TEMPERATURE else f", temperature={temperature}"
            return [], f"await self_consistency(task, n={n}{heat}{_by(model)})"
        case drafts:
            return _drafts(drafts), "majority(drafts)"


@_answer.register
def _(node: WeightedVote) -> tuple[Lines, str]:
    weights = f"weights = [1.0 if verdict.ok else {node.doubt} for verdict in verdicts]"
    return [*_drafts(node.drafts), _verdicts(node), weights], "weighted_majority(drafts, weights)"


@_answer.register
def _(node: Choose) -> tuple[Lines, str]:
    return _drafts(node.drafts), f"await choose(task, drafts{_by(node.model)})"


@_answer.register
def _(node: Repair) -> tuple[Lines, str]:
    revise = f"answer = await revise(task, answer, verdict.critique{_by(node.model)})"
    if node.rounds == 1:
        return [*_assigning(node.answer), _verdict(node), "if not verdict.ok:", f"    {revise}"], "answer"
    loop = [_verdict(node), "if verdict.ok:", "    break", revise]
    return [*_assigning(node.answer), f"for _ in range({node.rounds}):", *_indent(loop)], "answer"


@_answer.register
def _(node: Cascade) -> tuple[Lines, str]:
    fallback = ["if not verdict.ok:", *_indent(_assigning(node.otherwise))]
    return [*_assigning(node.answer), _verdict(node), *fallback], "answer"


@_answer.register
def _(node: Escalate) -> tuple[Lines, str]:
    doubted = [f"if agreement(drafts) < {node.below}:", *_indent(_assigning(node.otherwise))]
    return [*_drafts(node.drafts), *doubted, "else:", "    answer = majority(drafts)"], "answer"


@_answer.register
def _(node: Route) -> tuple[Lines, str]:
    short, long = _indent(_assigning(node.short)), _indent(_assigning(node.long))
    return [_is_short(node.words), *short, "else:", *long], "answer"


@singledispatch
def _drafts(node: Drafts) -> Lines:
    """The statements that leave the node's value in ``drafts``."""
    raise TypeError(f"no source for {type(node).__name__}")


@_drafts.register
def _(node: Samples) -> Lines:
    return [f"drafts = {_draws(node.n, node.temperature, node.model)}"]


@_drafts.register
def _(node: Panel) -> Lines:
    members = [_leaf(member) for member in node.members]
    at_once = f"drafts = await gather({', '.join(members)})"
    if len(members) <= 2 and len(at_once) <= _WIDTH:
        return [at_once]
    return ["drafts = await gather(", *_indent([f"{member}," for member in members]), ")"]


@_drafts.register
def _(node: More) -> Lines:
    more = f"drafts += {_draws(node.n, SAMPLING_TEMPERATURE, node.model)}"
    return [*_drafts(node.drafts), *_where_split(node.below, [more])]


@_drafts.register
def _(node: Filter) -> Lines:
    keep = "drafts = [draft for draft, verdict in zip(drafts, verdicts) if verdict.ok] or drafts"
    return [*_drafts(node.drafts), *_where_split(node.below, [_verdicts(node), keep])]


@_drafts.register
def _(node: Debate) -> Lines:
    turn = f"debate_round(task, own, drafts[:i] + drafts[i + 1:]{_by(node.model)})"
    turns = "for i, own in enumerate(drafts)"
    lines = [turn, turns] if node.model else [f"{turn} {turns}"]
    rounds = ["drafts = await gather(*[", *_indent(lines), "])"]
    if node.rounds > 1:
        rounds = [f"for _ in range({node.rounds}):", *_indent(rounds)]
    return [*_drafts(node.drafts), *_where_split(node.below, rounds)]


@_drafts.register
def _(node: RepairAll) -> Lines:
    by = _by(node.model)
    repair = f"drafts = await gather(*[repaired(task, draft{by}) for draft in drafts])"
    return [*_drafts(node.drafts), *_where_split(node.below, [repair])]


def _leaf(node: Answer) -> str:
    """The call of a leaf, without ``await``."""
    match node:
        case Steps(temperature, model):
            heat = f", temperature={temperature}" if temperature else ""
            return f"chain_of_thought(task{heat}{_by(model)})"
        case Program(model):
            return f"write_program(task{_by(model)})"
        case Parts(n, apart, temperature, model):
            heat = f", temperature={temperature}" if temperature else ""
            return f"{'isolate' if apart else 'decompose'}(task, n={n}{heat}{_by(model)})"
        case Found(block):
            return f"{block.name}(task)"
        case Direct(model):
            return f"direct(task{_by(model)})"
        case _:
            raise TypeError(f"{type(node).__name__} is no single call")


def _draws(n: int, temperature: float, model: str) -> str:
    return f"await gather(*[{_leaf(Steps(temperature, model))} for _ in range({n})])"


def _verdict(node: Repair | Cascade) -> str:
    return f"verdict = await verify(task, answer{_by(node.model)})"


def _verdicts(node: WeightedVote | Filter) -> str:
    return f"verdicts = await gather(*[verify(task, draft{_by(node.model)}) for draft in drafts])"


def _is_short(words: int) -> str:
    return f"if len(task.question.split()) < {words}:"


def _by(model: str) -> str:
    """Who takes a step, as one more argument; nothing for the default model."""
    return f", model={json.dumps(model)}" if model else ""
