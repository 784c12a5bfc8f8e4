"""The ADAS dialect: ``def forward(self, taskInfo)`` over ``LLMAgentBase`` and ``Info``, as a design.

Such a source is not translated. It is kept as it is, and given an entry; the sandbox holds the dialect's
two classes, and each call of an agent suspends the source until its completion is there: one `ask`, in the
agent's role and at its temperature, whose reply is read back field by field. So the source goes through
the same checks, limits, evaluator and archive as every design.

Two things of the original are not copied. There every error of a provider fills the fields with ``''``,
and a wrong answer comes out; here it is the provider's failure. And an agent's name there ends in
random letters, so that no prompt is ever asked twice; here in its number.

Reference: S. Hu, C. Lu, J. Clune 2024, Automated Design of Agentic Systems, arXiv:2408.08435.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from functools import cache

from masdesign.errors import SourceError
from masdesign.workflow import adas_fields
from masdesign.workflow.design import parse, without_docstring

ENTRY = "run_forward"
"""Name of the prelude's function that runs a source of this dialect."""
NAMES = frozenset({ENTRY, "LLMAgentBase", "Info"})

_WORKFLOW = f"\n\nasync def workflow(task):\n    return await {ENTRY}(forward, task, ask)\n"

STUBS = """
class Info:
    name: str
    author: str
    content: Any
    iteration_idx: int
    def __init__(self, name: Any, author: Any, content: Any, iteration_idx: Any) -> None: ...
    def __iter__(self) -> Iterator[Any]: ...
    def __getitem__(self, index: Any) -> Any: ...
    def __len__(self) -> int: ...
    def _replace(self, **fields: Any) -> Info: ...
    def _asdict(self) -> dict[str, Any]: ...

class LLMAgentBase:
    output_fields: list[str]
    agent_name: str
    role: str
    model: str
    temperature: float
    id: str
    def __init__(
        self, output_fields: Sequence[str], agent_name: str, role: str = ..., model: str = ...,
        temperature: float = ...,
    ) -> None: ...
    def __call__(self, input_infos: Any, instruction: str, iteration_idx: int = ...) -> list[Info]: ...
    def query(self, input_infos: Any, instruction: str, iteration_idx: int = ...) -> list[Info]: ...

async def run_forward(forward: Any, task: Question, ask: Any) -> Any: ...
"""
"""The dialect as typed declarations, beside those of the blocks."""

_CLASSES = """
from collections import namedtuple as _md_namedtuple

Info = _md_namedtuple("Info", ["name", "author", "content", "iteration_idx"])
_md_Info, _md_agents = Info, []

class LLMAgentBase:
    def __init__(self, output_fields, agent_name, role="helpful assistant", model="", temperature=0.5):
        _md_agents.append(agent_name)
        self.output_fields, self.agent_name, self.id = output_fields, agent_name, str(len(_md_agents))
        self.role, self.model, self.temperature = role, model, temperature

    def __repr__(self):
        return f"{self.agent_name} {self.id}"

    def __call__(self, input_infos, instruction, iteration_idx=-1):
        return self.query(input_infos, instruction, iteration_idx)

    def query(self, input_infos, instruction, iteration_idx=-1):
        names = [str(name) for name in self.output_fields]
        main = _md_main_field(names)
        request = (str(instruction).strip() or "Reply to this.") + _md_further_fields(names)
        shown = _md_shown([info for info in input_infos if isinstance(info, _md_Info)], repr(self))
        reply = _md_in(_md_now("ask", [request, *shown], {
            "role": f"You are a {self.role}." if self.role else "",
            "output": "answer" if "answer" in main.lower() else main.replace("_", " "),
            "model": self.model, "temperature": self.temperature,
        }))
        read = reply.text if main else ""
        texts = _md_fields_of(reply.reasoning, names, read)
        return [_md_Info(name, repr(self), text, iteration_idx) for name, text in zip(names, texts)]

def _md_shown(infos, reader):
    shown, last = [], None
    for info in infos:
        if info.name == "task":
            same = info.content == _md_task_text(_md_task)
            shown.append(_md_out(_md_task if same else _md_Question(str(info.content))))
            last = None
            continue
        number = "" if info.iteration_idx == -1 else f" #{info.iteration_idx + 1}"
        own = " (yourself)" if info.author == reader else ""
        head = f"{info.author}{own}{number}:"
        if head == last:
            shown[-1] += f"\\n{info.name}: {info.content}"
        else:
            shown.append(f"{head}\\n{info.name}: {info.content}")
        last = head
    return shown

def _md_task_text(task):
    lines = [f"Passage {i + 1}: {passage}" for i, passage in enumerate(task.context)]
    lines.append(task.question)
    lines.extend(["Options:", *task.choices] if task.choices else [])
    return "\\n".join(lines)

class _md_AgentSystem:
    pass

async def run_forward(forward, task, ask):
    result = forward(_md_AgentSystem(), _md_Info("task", "User", _md_task_text(task), -1))
    content = result.content if isinstance(result, _md_Info) else result
    return str(content) if isinstance(content, (int, float)) else content
"""


def is_adas(source: str) -> bool:
    """Whether a source is of this dialect: a function ``forward``, and no ``workflow``.

    >>> is_adas("def forward(self, taskInfo):\\n    return taskInfo")
    True
    """
    try:
        tree = parse(textwrap.dedent(source))
    except SourceError:
        return False
    names = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    return "forward" in names and "workflow" not in names


def from_adas(code: str) -> str:
    """The source of a design that runs ``code``, a ``forward`` as ADAS writes it.

    ``code`` is kept but for what the interpreter lacks and plain Python says otherwise: a ``forward``
    within a class is taken out of it, ``x.__repr__()`` becomes ``repr(x)``, and an import that nothing
    uses is left out. (The rest of that kind is done for every design, by `masdesign.workflow.check`.)

    Raises:
        SourceError: it is not Python, or defines no ``forward``.

    >>> source = from_adas('''
    ... def forward(self, taskInfo):
    ...     agent = LLMAgentBase(["thinking", "answer"], "Solver", temperature=0.8)
    ...     thinking, answer = agent([taskInfo], "Please think step by step.")
    ...     return answer
    ... ''')
    >>> print(source.splitlines()[-1])
        return await run_forward(forward, task, ask)
    """
    text = textwrap.dedent(code).strip("\n")
    tree = parse(text)
    lifted = _lifted(tree)
    if lifted is None:
        raise SourceError("the source has no forward", cure="define `def forward(self, taskInfo):`")
    rewriter = _Rewriter(lifted)
    changed = rewriter.visit(lifted)
    if rewriter.changed or lifted is not tree:
        text = ast.unparse(ast.fix_missing_locations(changed))
    return text.rstrip() + _WORKFLOW


@cache
def guest() -> str:
    """The dialect's part of the prelude."""
    tree = ast.parse(inspect.getsource(adas_fields))
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    names = {f.name for f in functions} | {"json", "re"}
    for function in functions:
        function.body = without_docstring(function.body)
        function.returns = None
        for argument in function.args.args:
            argument.annotation = None
        for node in ast.walk(function):
            if isinstance(node, ast.Name) and node.id in names:
                node.id = "_md_" + node.id
            elif isinstance(node, ast.AnnAssign):
                node.annotation = ast.Name("object", ast.Load())
    for function in functions:
        function.name = "_md_" + function.name
    imports = "import json as _md_json\nimport re as _md_re"
    return "\n".join([imports, *map(ast.unparse, functions), _CLASSES])


def _lifted(tree: ast.Module) -> ast.Module | None:
    """The tree with ``forward`` at its top level; ``None`` where it has none."""
    for place, node in enumerate(tree.body):
        if getattr(node, "name", "") == "forward":
            return tree
        if isinstance(node, ast.ClassDef):
            for method in node.body:
                if getattr(method, "name", "") == "forward":
                    body = [*tree.body[:place], method, *tree.body[place + 1 :]]
                    return ast.Module(body, [])
    return None


class _Rewriter(ast.NodeTransformer):
    def __init__(self, tree: ast.Module) -> None:
        self.changed = False
        self._used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.func, ast.Attribute) and node.func.attr in ("__repr__", "__str__"):
            self.changed = True
            name = ast.Name(node.func.attr.strip("_"), ast.Load())
            return ast.copy_location(ast.Call(name, [node.func.value], []), node)
        return node

    def visit_Import(self, node: ast.Import) -> ast.AST:
        return self._import(node)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST:
        return self._import(node)

    def _import(self, node: ast.Import | ast.ImportFrom) -> ast.AST:
        kept = [a for a in node.names if (a.asname or a.name).split(".")[0] in self._used or a.name == "*"]
        if len(kept) == len(node.names):
            return node
        self.changed = True
        if not kept:
            return ast.copy_location(ast.Pass(), node)
        node.names = kept
        return node
