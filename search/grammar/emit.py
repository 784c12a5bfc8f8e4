"""An expression as readable source in the design language.

A combinator's body is copied with its parts put in. A part whose body can stand where the part is called
(the first statement, or what is returned) is written out there; any other becomes a function of its own.
"""

import ast
import io
import tokenize
from collections.abc import Iterator, Sequence
from functools import lru_cache

from masdesign.search.grammar.combinator import Combinator
from masdesign.search.grammar.expression import Expression
from masdesign.workflow.promoted import Promoted, with_definitions

_LINE = 104
"""Characters of a line at most, where it can be broken."""


@lru_cache(maxsize=4096)
def emit(expression: Expression) -> str:
    """The source of a workflow that computes ``expression``.

    >>> from masdesign.search.grammar.generate import Grammar
    >>> print(emit(Grammar().parse("vote(keep(repeat(direct(temperature=0.8), n=3), verify()))")), end="")
    async def workflow(task):
        drafts = await gather(*[direct(task, temperature=0.8) for _ in range(3)])
        verdicts = await gather(*[verify(task, draft) for draft in drafts])
        kept = [draft for draft, verdict in zip(drafts, verdicts) if verdict.ok]
        drafts = kept or drafts
        return majority(drafts)
    """
    writer = _Writer({part.name for part in expression.walk()})
    body = writer.body(expression)
    functions = [*writer.functions.items(), ("workflow", _function("workflow", ("task",), body))]
    source = "\n\n\n".join(_text(function) for _, function in functions) + "\n"
    used = {e.form.origin for e in expression.walk() if isinstance(e.form.origin, Promoted)}
    return with_definitions(source, used)


class _Writer:
    """Collects the functions that a design needs beside its workflow."""

    def __init__(self, taken: set[str]) -> None:
        self._taken = taken
        self.functions: dict[str, ast.AsyncFunctionDef] = {}
        self._names: dict[Expression, str] = {}

    def body(self, expression: Expression) -> list[ast.stmt]:
        """Statements that end by returning the expression's value, over the names of what it is given."""
        origin = expression.form.origin
        if isinstance(origin, Combinator):
            return list(self._statements(expression, origin.body(), first=True))
        given: list[ast.expr] = [ast.Name(name) for name in expression.form.inputs]
        return [ast.Return(ast.Await(self.call(expression, given, "")))]

    def call(self, expression: Expression, arguments: list[ast.expr], part: str) -> ast.Call:
        """A call of the expression; of one that is no block, by a function named for the ``part`` it is."""
        if isinstance(expression.form.origin, Combinator):
            return ast.Call(ast.Name(self._helper(expression, part)), arguments, [])
        shown = [slot for slot in expression.form.slots if slot == "n" or slot in dict(expression.slots)]
        values = [ast.keyword(slot, ast.Constant(expression.value(slot))) for slot in shown]
        return ast.Call(ast.Name(expression.name), arguments, values)

    def _helper(self, expression: Expression, part: str) -> str:
        if expression not in self._names:
            name, number = part, 2
            while name in self._taken:
                name, number = f"{part}_{number}", number + 1
            self._taken.add(name)
            self.functions[name] = _function(name, expression.form.inputs, self.body(expression))
            self._names[expression] = name
        return self._names[expression]

    def _statements(
        self, expression: Expression, body: Sequence[ast.stmt], *, first: bool = False
    ) -> Iterator[ast.stmt]:
        fill = _Fill(self, expression)
        for place, statement in enumerate(body):
            inner = fill.combined(statement)
            match statement:
                case ast.Return() if inner is not None:
                    yield from self.body(inner)
                case ast.Assign(targets=[target]) if inner is not None and first and place == 0:
                    yield from _assigned(self.body(inner), target, statement, fill)
                case ast.AnnAssign(target, _, ast.expr() as value):
                    yield fill.visit(ast.Assign([target], value, lineno=0))
                case ast.If():
                    test = fill.visit(statement.test)
                    yield ast.If(
                        test,
                        list(self._statements(expression, statement.body, first=first and place == 0)),
                        list(self._statements(expression, statement.orelse, first=first and place == 0)),
                    )
                case _:
                    yield fill.visit(statement)


class _Fill(ast.NodeTransformer):
    """Puts an expression's parts and slots into a combinator's code."""

    def __init__(self, writer: _Writer, expression: Expression) -> None:
        self._writer = writer
        self._parts = dict(zip(expression.form.parts, expression.parts, strict=True))
        self._slots = {slot: expression.value(slot) for slot in expression.form.slots}

    def combined(self, statement: ast.stmt) -> Expression | None:
        """The combined part whose value the whole statement is, given what it calls by the same names."""
        match statement:
            case (
                ast.Return(ast.Await(ast.Call(ast.Name(name), given)))
                | ast.Assign(value=ast.Await(ast.Call(ast.Name(name), given)))
            ) if name in self._parts:
                part = self._parts[name]
                same = [getattr(value, "id", "") for value in given] == list(part.form.inputs)
                return part if same and isinstance(part.form.origin, Combinator) else None
        return None

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """A slot as its value."""
        is_slot = node.id in self._slots and isinstance(node.ctx, ast.Load)
        return ast.Constant(self._slots[node.id]) if is_slot else node

    def visit_Call(self, node: ast.Call) -> ast.expr:
        """A part as the call of its block or function."""
        self.generic_visit(node)
        if isinstance(node.func, ast.Name) and node.func.id in self._parts:
            return self._writer.call(self._parts[node.func.id], node.args, node.func.id)
        return node


def _assigned(body: list[ast.stmt], target: ast.expr, statement: ast.stmt, fill: _Fill) -> Iterator[ast.stmt]:
    """The body with its value left in ``target``; a call of a function where it returns early."""
    *before, last = body
    if any(isinstance(node, ast.Return) for s in before for node in ast.walk(s)):
        yield fill.visit(statement)
        return
    assert isinstance(last, ast.Return)
    assert last.value is not None
    yield from before
    if ast.unparse(target) != ast.unparse(last.value):
        yield ast.Assign([target], last.value, lineno=0)


def _function(name: str, given: Sequence[str], body: list[ast.stmt]) -> ast.AsyncFunctionDef:
    arguments = ast.arguments([], [ast.arg(each) for each in given], None, [], [], None, [])
    return ast.AsyncFunctionDef(name, arguments, body, [], lineno=0)


def _text(function: ast.AsyncFunctionDef) -> str:
    lines = _quoted(ast.unparse(ast.fix_missing_locations(function))).splitlines()
    return "\n".join(part for line in lines for part in _broken(line))


def _quoted(source: str) -> str:
    """The source with double quotes around texts."""
    if "'" not in source:
        return source
    tokens = [
        token._replace(string=f'"{token.string[1:-1]}"')
        if token.type == tokenize.STRING and token.string[0] == "'" and not set('"\\') & set(token.string)
        else token
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
    ]
    return tokenize.untokenize(tokens)


def _broken(line: str) -> Iterator[str]:
    """A long line with what stands in its last outermost brackets on lines of its own."""
    indent = len(line) - len(line.lstrip())
    opening = _outermost(line) if len(line) > _LINE else None
    if opening is None:
        yield line
        return
    start, end = opening
    yield line[: start + 1]
    for part in _split(line[start + 1 : end]):
        yield from _broken(" " * (indent + 4) + part)
    yield " " * indent + line[end:]


def _outermost(line: str) -> tuple[int, int] | None:
    """The widest pair of brackets that no other encloses."""
    pairs, opened = [], list[int]()
    for place, sign in _code(line):
        if sign in "([{":
            opened.append(place)
        elif sign in ")]}":
            pairs.append((opened[0], place, len(opened)))
            opened.pop()
    outer = [(start, end) for start, end, depth in pairs if depth == 1 and end - start > 1]
    return max(outer, key=lambda pair: pair[1] - pair[0], default=None)


def _split(inside: str) -> Iterator[str]:
    """What stands between brackets: its members, each with a comma, or a comprehension's clauses."""
    depth, ends = 0, list[int]()
    for place, sign in _code(inside):
        depth += (sign in "([{") - (sign in ")]}")
        if depth == 0 and sign == ",":
            ends.append(place + 1)
    is_clause = _loop(inside)
    if is_clause is not None:
        yield inside[:is_clause].rstrip()
        yield inside[is_clause:].strip()
        return
    for start, end in zip([0, *ends], [*ends, len(inside)], strict=True):
        if part := inside[start:end].strip():
            yield part if part.endswith(",") or not ends else f"{part},"


def _loop(inside: str) -> int | None:
    """Where a comprehension's own ``for`` begins."""
    depth = 0
    for place, sign in _code(inside):
        depth += (sign in "([{") - (sign in ")]}")
        if depth == 0 and inside.startswith(" for ", place):
            return place
    return None


def _code(line: str) -> Iterator[tuple[int, str]]:
    """The signs of a line outside of texts, each with its place."""
    quote = ""
    for place, sign in enumerate(line):
        if quote:
            quote = "" if sign == quote and line[place - 1] != "\\" else quote
        elif sign in "\"'":
            quote = sign
        else:
            yield place, sign
