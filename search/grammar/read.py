"""An emitted source read back as the expression that it was emitted from."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from typing import Any

from masdesign.errors import SourceError
from masdesign.search.grammar.emit import emit
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
    More,
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
)
from masdesign.syntax import without_docstring
from masdesign.types import SAMPLING_TEMPERATURE
from masdesign.workflow import Design
from masdesign.workflow.parsing import parse

Statements = Sequence[ast.stmt]


class _Unknown(Exception):
    """Not what the grammar writes."""


def read(source: str) -> Answer | None:
    """The expression whose source this is, formatting aside; ``None`` where the grammar did not write it.

    >>> from masdesign.search.grammar.emit import emit
    >>> read(emit(Vote(Filter(Samples(3)))))
    Vote(drafts=Filter(drafts=Samples(n=3, temperature=0.8, model=''), below=0.0, model=''))
    >>> read("async def workflow(task):\\n    return await ask('Think.', task.question)") is None
    True
    """
    try:
        functions = (part for part in parse(source).body if isinstance(part, ast.AsyncFunctionDef))
        (workflow,) = (function for function in functions if function.name == "workflow")
        tree = _returning(without_docstring(workflow.body))
    except (_Unknown, SourceError, ValueError, IndexError, KeyError, TypeError):
        return None
    return tree if Design(emit(tree)).id == Design(source).id else None


def _returning(body: Statements) -> Answer:
    """What a list of statements returns."""
    match body[0]:
        case ast.If(test=test, body=short, orelse=[]) if _words(test):
            return Route(_words(test), _returning(short), _returning(body[1:]))
    for place, statement in enumerate(body):
        match statement:
            case ast.If(test=ast.Attribute(attr="ok"), body=[ast.Return()]):
                otherwise = _returning(body[place + 1 :])
                return Cascade(_assigning(body[: place - 1]), otherwise, _model(body[place - 1]))
            case ast.If(test=test, body=[*_, ast.Return()] as doubted):
                return Escalate(_drafting(body[:place]), _returning(doubted), _below(test))
    match body[-1]:
        case ast.Return(value=ast.expr() as value):
            return _answer(body[:-1], value)
    raise _Unknown


def _assigning(body: Statements) -> Answer:
    """What a list of statements leaves in ``answer``."""
    match body[-1]:
        case ast.Assign(targets=[ast.Name("answer")], value=value):
            return _answer(body[:-1], value)
    return _answer(body, ast.Name("answer"))


def _answer(body: Statements, value: ast.expr) -> Answer:
    """The expression whose statements are ``body`` and whose value is ``value``."""
    match value:
        case ast.Name("answer"):
            return _revised(body)
        case ast.Call(func=ast.Name("majority")):
            return Vote(_drafting(body))
        case ast.Call(func=ast.Name("weighted_majority")):
            match body[-1]:
                case ast.Assign(value=ast.ListComp(elt=ast.IfExp(orelse=doubt))):
                    return WeightedVote(_drafting(body[:-2]), ast.literal_eval(doubt), _model(body[-2]))
        case ast.Await(ast.Call(func=ast.Name("self_consistency")) as call):
            return Vote(_samples(_named(call)))
        case ast.Await(ast.Call(func=ast.Name("choose")) as call):
            return Choose(_drafting(body), _named(call).get("model", ""))
        case ast.Await(ast.Call() as call) if not body:
            return _leaf(call)
    raise _Unknown


def _revised(body: Statements) -> Answer:
    """An answer that the last statement may replace."""
    match body[-1]:
        case ast.For(iter=ast.Call(args=[rounds]), body=[verdict, _, _]):
            return Repair(_assigning(body[:-1]), ast.literal_eval(rounds), _model(verdict))
        case ast.If(test=ast.UnaryOp(operand=ast.Attribute(attr="ok")), body=failed):
            first, model = _assigning(body[:-2]), _model(body[-2])
            if "revise(" in ast.unparse(failed[0]) and len(failed) == 1:
                return Repair(first, 1, model)
            return Cascade(first, _assigning(failed), model)
        case ast.If(test=test, body=short, orelse=[*_, _] as long) if _words(test):
            return Route(_words(test), _assigning(short), _assigning(long))
        case ast.If(test=test, body=doubted, orelse=[_]):
            return Escalate(_drafting(body[:-1]), _assigning(doubted), _below(test))
    raise _Unknown


def _drafting(body: Statements) -> Drafts:
    """What a list of statements leaves in ``drafts``."""
    match body[-1]:
        case ast.If(test=test, body=step, orelse=[]):
            return _step(step, _drafting(body[:-1]), _below(test))
    if len(body) == 1 and (source := _source(body[0])) is not None:
        return source
    length = 2 if isinstance(getattr(body[-1], "value", None), ast.BoolOp) else 1
    return _step(body[-length:], _drafting(body[:-length]), ALWAYS)


def _source(statement: ast.stmt) -> Drafts | None:
    """Drafts from nothing but the task."""
    match statement:
        case ast.Assign(value=ast.Await(ast.Call(args=[ast.Starred(ast.ListComp() as each)]))):
            draws = _draws(each)
            return None if draws is None else _samples(draws)
        case ast.Assign(value=ast.Await(ast.Call(args=members))):
            return Panel(tuple(_leaf(member) for member in members if isinstance(member, ast.Call)))
    return None


def _step(body: Statements, drafts: Drafts, below: float) -> Drafts:
    """One step on drafts."""
    match body:
        case [ast.AugAssign(value=ast.Await(ast.Call(args=[ast.Starred(ast.ListComp() as each)])))]:
            draws = _draws(each)
            if draws is None:
                raise _Unknown
            return More(drafts, draws["n"], below, draws.get("model", ""))
        case [ast.Assign() as verdicts, ast.Assign()]:
            return Filter(drafts, below, _model(verdicts))
        case [ast.For(iter=ast.Call(args=[rounds]), body=[turn])]:
            return Debate(drafts, ast.literal_eval(rounds), below, _model(turn))
        case [ast.Assign() as step] if "repaired(" in ast.unparse(step):
            return RepairAll(drafts, below, _model(step))
        case [ast.Assign() as turn]:
            return Debate(drafts, 1, below, _model(turn))
    raise _Unknown


def _draws(each: ast.ListComp) -> dict[str, Any] | None:
    """The settings of equal draws and their number; ``None`` for a comprehension over drafts."""
    match each:
        case ast.ListComp(
            elt=ast.Call(func=ast.Name("chain_of_thought")) as call,
            generators=[ast.comprehension(iter=ast.Call(func=ast.Name("range"), args=[count]))],
        ):
            return {"n": ast.literal_eval(count), **_named(call)}
    return None


def _samples(draws: Mapping[str, Any]) -> Samples:
    return Samples(draws["n"], draws.get("temperature", SAMPLING_TEMPERATURE), draws.get("model", ""))


def _leaf(call: ast.Call) -> Answer:
    match call.func:
        case ast.Name("direct"):
            return Direct(**_named(call))
        case ast.Name("chain_of_thought"):
            return Steps(**_named(call))
        case ast.Name("decompose" | "isolate" as block):
            return Parts(apart=block == "isolate", **_named(call))
        case ast.Name("write_program"):
            return Program(**_named(call))
    raise _Unknown


def _named(call: ast.Call) -> dict[str, Any]:
    """The keyword arguments of a call."""
    return {str(keyword.arg): ast.literal_eval(keyword.value) for keyword in call.keywords}


def _model(statement: ast.AST) -> str:
    """The model that a statement's calls name, if they do."""
    calls = (part for part in ast.walk(statement) if isinstance(part, ast.Call))
    return next((str(named["model"]) for call in calls if "model" in (named := _plain(call))), "")


def _plain(call: ast.Call) -> dict[str, Any]:
    return {str(k.arg): k.value.value for k in call.keywords if isinstance(k.value, ast.Constant)}


def _below(test: ast.expr) -> float:
    """The threshold of ``agreement(drafts) < 0.9``."""
    match test:
        case ast.Compare(
            left=ast.Call(func=ast.Name("agreement")), comparators=[ast.Constant(int() | float() as value)]
        ):
            return float(value)
    raise _Unknown


def _words(test: ast.expr) -> int:
    """The length of ``len(task.question.split()) < 40``; 0 for any other test."""
    match test:
        case ast.Compare(left=ast.Call(func=ast.Name("len")), comparators=[ast.Constant(int() as value)]):
            return value
    return 0
