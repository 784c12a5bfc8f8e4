"""An expression as readable source in the design language.

A tree is one chain of steps with forks, so that four names are enough for every program:
``drafts``, ``verdicts``, ``answer`` and ``verdict``.
"""

from __future__ import annotations

from functools import singledispatch

from masdesign.search.grammar.nodes import (
    ALWAYS,
    Answer,
    Cascade,
    Choose,
    Debate,
    Direct,
    Drafts,
    Filter,
    More,
    Node,
    Panel,
    Program,
    Repair,
    RepairAll,
    Samples,
    Steps,
    Vote,
    WeightedVote,
    walk,
)
from masdesign.types import SAMPLING_TEMPERATURE

Lines = list[str]

_REPAIRED = """\
async def repaired(task, draft):
    verdict = await verify(task, draft)
    if verdict.ok:
        return draft
    return await revise(task, draft, verdict.critique)
"""

_VERDICTS = "verdicts = await gather(*[verify(task, draft) for draft in drafts])"
_VERDICT = "verdict = await verify(task, answer)"
_REVISE = "answer = await revise(task, answer, verdict.critique)"


def emit(tree: Answer) -> str:
    """The source of a workflow that computes ``tree``.

    >>> print(emit(Vote(Filter(Samples(3)))), end="")
    async def workflow(task):
        drafts = await gather(*[chain_of_thought(task, temperature=0.8) for _ in range(3)])
        verdicts = await gather(*[verify(task, draft) for draft in drafts])
        drafts = [draft for draft, verdict in zip(drafts, verdicts) if verdict.ok] or drafts
        return majority(drafts)
    """
    body = "\n".join(["async def workflow(task):", *_indent(_returning(tree))]) + "\n"
    needs_helper = any(isinstance(part, RepairAll) for _, part in walk(tree))
    return f"{_REPAIRED}\n\n{body}" if needs_helper else body


def _returning(tree: Answer) -> Lines:
    """The statements that compute ``tree`` and return it."""
    if isinstance(tree, Cascade):
        accept = [_VERDICT, "if verdict.ok:", "    return answer"]
        return [*_assigning(tree.answer), *accept, *_returning(tree.otherwise)]
    lines, expression = _answer(tree)
    return [*lines, f"return {expression}"]


def _assigning(tree: Answer) -> Lines:
    """The statements that leave ``tree``'s value in ``answer``."""
    lines, expression = _answer(tree)
    return lines if expression == "answer" else [*lines, f"answer = {expression}"]


def _indent(lines: Lines) -> Lines:
    return [f"    {line}" for line in lines]


def _where_split(below: float, lines: Lines) -> Lines:
    """``lines``, taken only where the drafts agree less than ``below``."""
    return lines if below == ALWAYS else [f"if agreement(drafts) < {below}:", *_indent(lines)]


@singledispatch
def _answer(node: Node) -> tuple[Lines, str]:
    """Statements to run first, and the expression that then gives the answer."""
    raise TypeError(f"no source for {type(node).__name__}")


@_answer.register
def _(node: Direct) -> tuple[Lines, str]:
    return [], "await direct(task)"


@_answer.register
def _(node: Steps) -> tuple[Lines, str]:
    return [], f"await {_leaf(node)}"


@_answer.register
def _(node: Program) -> tuple[Lines, str]:
    return [], "await write_program(task)"


@_answer.register
def _(node: Vote) -> tuple[Lines, str]:
    match node.drafts:
        case Samples(n, temperature):
            heat = "" if temperature == SAMPLING_TEMPERATURE else f", temperature={temperature}"
            return [], f"await self_consistency(task, n={n}{heat})"
        case drafts:
            return _drafts(drafts), "majority(drafts)"


@_answer.register
def _(node: WeightedVote) -> tuple[Lines, str]:
    weights = f"weights = [1.0 if verdict.ok else {node.doubt} for verdict in verdicts]"
    return [*_drafts(node.drafts), _VERDICTS, weights], "weighted_majority(drafts, weights)"


@_answer.register
def _(node: Choose) -> tuple[Lines, str]:
    return _drafts(node.drafts), "await choose(task, drafts)"


@_answer.register
def _(node: Repair) -> tuple[Lines, str]:
    if node.rounds == 1:
        return [*_assigning(node.answer), _VERDICT, "if not verdict.ok:", f"    {_REVISE}"], "answer"
    loop = [_VERDICT, "if verdict.ok:", "    break", _REVISE]
    return [*_assigning(node.answer), f"for _ in range({node.rounds}):", *_indent(loop)], "answer"


@_answer.register
def _(node: Cascade) -> tuple[Lines, str]:
    fallback = ["if not verdict.ok:", *_indent(_assigning(node.otherwise))]
    return [*_assigning(node.answer), _VERDICT, *fallback], "answer"


@singledispatch
def _drafts(node: Drafts) -> Lines:
    """The statements that leave the node's value in ``drafts``."""
    raise TypeError(f"no source for {type(node).__name__}")


@_drafts.register
def _(node: Samples) -> Lines:
    return [f"drafts = {_draws(node.n, node.temperature)}"]


@_drafts.register
def _(node: Panel) -> Lines:
    members = [_leaf(member) for member in node.members]
    if len(members) <= 2:
        return [f"drafts = await gather({', '.join(members)})"]
    return ["drafts = await gather(", *_indent([f"{member}," for member in members]), ")"]


@_drafts.register
def _(node: More) -> Lines:
    more = f"drafts += {_draws(node.n, SAMPLING_TEMPERATURE)}"
    return [*_drafts(node.drafts), *_where_split(node.below, [more])]


@_drafts.register
def _(node: Filter) -> Lines:
    keep = "drafts = [draft for draft, verdict in zip(drafts, verdicts) if verdict.ok] or drafts"
    return [*_drafts(node.drafts), *_where_split(node.below, [_VERDICTS, keep])]


@_drafts.register
def _(node: Debate) -> Lines:
    turn = "debate_round(task, own, drafts[:i] + drafts[i + 1:]) for i, own in enumerate(drafts)"
    rounds = ["drafts = await gather(*[", f"    {turn}", "])"]
    if node.rounds > 1:
        rounds = [f"for _ in range({node.rounds}):", *_indent(rounds)]
    return [*_drafts(node.drafts), *_where_split(node.below, rounds)]


@_drafts.register
def _(node: RepairAll) -> Lines:
    repair = "drafts = await gather(*[repaired(task, draft) for draft in drafts])"
    return [*_drafts(node.drafts), *_where_split(node.below, [repair])]


def _leaf(node: Answer) -> str:
    """The call of a leaf, without ``await``."""
    match node:
        case Steps(temperature):
            heat = f", temperature={temperature}" if temperature else ""
            return f"chain_of_thought(task{heat})"
        case Program():
            return "write_program(task)"
        case _:
            return "direct(task)"


def _draws(n: int, temperature: float) -> str:
    return f"await gather(*[{_leaf(Steps(temperature))} for _ in range({n})])"
