"""The places of a design at which a model is asked, each with a name and the instruction that it gives."""

import ast
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from masdesign.distill._requests import default_instruction
from masdesign.errors import InputError
from masdesign.syntax import function_names, named_calls
from masdesign.types import Answer, Example, Question, Verdict
from masdesign.workflow import Block
from masdesign.workflow.parsing import parse

_FIRST = frozenset({"ask"})
"""Blocks whose first argument is the instruction."""
SHOWS_EXAMPLES = frozenset({"chain_of_thought"})
"""Blocks that can be given worked examples: they become `few_shot`."""
_VALUE_TYPES = (Question, Answer, Verdict, list[Answer], list[str], str)
_OUTPUTS = frozenset({"answer", "reasoning", "reply"})
"""Fields of what comes out; no input may be called so."""
_SETTINGS = frozenset({"instruction", "role", "model", "output"})


@dataclass(frozen=True, slots=True)
class Site:
    """One call of a block in a design's source."""

    name: str
    """``verify``, or ``verify_2`` where the design calls the block at several places."""
    block: str
    instruction: str
    """What it asks for; of a composite block, what the block does."""
    default: bool
    """Whether the design leaves it to the block's own template."""
    inputs: tuple[tuple[str, str], ...]
    """The values that go in: the block's parameter, and the field's name (``question``, ``solution`` …)."""
    answers: bool
    """Whether what comes out is an answer with its reasoning."""


def mark_sites(source: str, blocks: Mapping[str, Block[..., Any]]) -> tuple[str, tuple[Site, ...]]:
    """Return the source with each call named by its site, and the sites in the order of the source.

    Calls whose instruction is made at run time (an f-string of `ask`) are no sites: there is no text to
    improve.

    Raises:
        SourceError: the source is not Python.
        InputError: no call has an instruction that could be improved.
    """
    tree = parse(source)
    calls = [node for node in _calls(tree, blocks) if _instruction(node, blocks) is not None]
    if not calls:
        raise InputError(
            "the design asks nothing in words of its own or its blocks': there is nothing to tune"
        )
    names = _named([_block_of(node) for node in calls], tree, blocks)
    sites = []
    for node, name in zip(calls, names, strict=True):
        block = blocks[_block_of(node)]
        text, default = _instruction(node, blocks) or ("", True)
        inputs = tuple((n, _field(n, block)) for n in _inputs(block))
        answers = block.hints.get("return") is Answer
        sites.append(Site(name, block.name, text, default, inputs, answers))
        node.func = ast.Name(name, ast.Load())
    return ast.unparse(ast.fix_missing_locations(tree)), tuple(sites)


def write_sites(
    marked_source: str,
    sites: Sequence[Site],
    instructions: Mapping[str, str],
    examples: Mapping[str, Sequence[Example]],
) -> str:
    """Return the marked source with its blocks' own names again, and the new instructions and examples.

    ``instructions`` and ``examples`` are by the names of sites; a site that neither names stays as it was.
    """
    by_name = {site.name: site for site in sites}
    tree = parse(marked_source)
    for name, node in named_calls(tree):
        if site := by_name.get(name):
            node.func = ast.Name(site.block, ast.Load())
            if site.name in instructions:
                _set_instruction(node, site, instructions[site.name])
            if examples.get(site.name) and site.block in SHOWS_EXAMPLES:
                _set_examples(node, examples[site.name])
    return ast.unparse(ast.fix_missing_locations(tree)) + "\n"


def _calls(tree: ast.AST, blocks: Mapping[str, Block[..., Any]]) -> list[ast.Call]:
    callable_blocks = blocks.keys() - function_names(tree)
    calls = [node for name, node in named_calls(tree) if name in callable_blocks]
    return sorted(calls, key=lambda node: (node.lineno, node.col_offset))


def _block_of(node: ast.Call) -> str:
    assert isinstance(node.func, ast.Name)
    return node.func.id


def _instruction(node: ast.Call, blocks: Mapping[str, Block[..., Any]]) -> tuple[str, bool] | None:
    """The text of a call's instruction, and whether it is the block's default; ``None``: made at run time."""
    block = blocks[_block_of(node)]
    given = _given(node, block)
    if isinstance(given, ast.Constant) and isinstance(given.value, str) and given.value:
        return given.value, False
    if block.name in _FIRST:
        return None
    if "instruction" not in block.signature.parameters:
        return None
    if not block.templates:
        return block.summary, True
    default = default_instruction(block)
    return (default, True) if default else None


def _given(node: ast.Call, block: Block[..., Any]) -> ast.expr | None:
    named = {keyword.arg: keyword.value for keyword in node.keywords}
    if block.name in _FIRST and node.args:
        return node.args[0]
    return named.get("instruction")


def _inputs(block: Block[..., Any]) -> list[str]:
    return [
        name
        for name, parameter in block.signature.parameters.items()
        if name not in _SETTINGS
        and (parameter.kind is parameter.VAR_POSITIONAL or block.hints.get(name) in _VALUE_TYPES)
    ]


def _field(name: str, block: Block[..., Any]) -> str:
    if block.hints.get(name) is Question:
        return "question"
    return f"given_{name}" if name in _OUTPUTS else name


def _named(called: Sequence[str], tree: ast.AST, blocks: Mapping[str, Block[..., Any]]) -> list[str]:
    taken = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)} | set(blocks)
    counts, seen = Counter(called), Counter[str]()
    names = []
    for block in called:
        seen[block] += 1
        name = f"{block}_{seen[block]}" if counts[block] > 1 else f"{block}_step"
        while name in taken:
            name += "_"
        taken.add(name)
        names.append(name)
    return names


def _set_instruction(node: ast.Call, site: Site, text: str) -> None:
    value = ast.Constant(text)
    if site.block in _FIRST and node.args:
        node.args[0] = value
        return
    node.keywords = [keyword for keyword in node.keywords if keyword.arg != "instruction"]
    node.keywords.append(ast.keyword("instruction", value))


def _set_examples(node: ast.Call, examples: Sequence[Example]) -> None:
    node.func = ast.Name("few_shot", ast.Load())
    questions = ", ".join(f"Question({e.question.question!r})" for e in examples)
    solutions = ", ".join(f"Answer({e.answer!r}, {e.solution!r})" for e in examples)
    shown = f"few_shot(n={len(examples)}, questions=[{questions}], solutions=[{solutions}])"
    call = ast.parse(shown, mode="eval").body
    assert isinstance(call, ast.Call)
    node.keywords += call.keywords
