"""The environment of a broken repository: list, read, edit, run tests; hidden tests decide."""

import ast
import posixpath
from collections.abc import Mapping, Sequence
from typing import Any

from masdesign.environments.repair.make import RAISED, Broken, make
from masdesign.environments.schema import tool
from masdesign.environments.state import CountedState, State, StateEnvironment, WrongCall
from masdesign.syntax import tree_of
from masdesign.types import Action, Item, ProgramResult

SECONDS = 5.0
"""Processor time of one run of the tests, and of one run of the hidden ones."""
MOST_CHARACTERS = 100_000
"""Of all files together."""


class Repository(CountedState):
    """The files of a repository in the course of an episode."""

    most_steps = 60

    def __init__(self, broken: Broken) -> None:
        self.files = dict(broken.files)
        self.hidden = broken.hidden

    @tool
    def list_files(self) -> str:
        """List the files of the repository."""
        return "\n".join(f"{path} ({text.count(chr(10))} lines)" for path, text in sorted(self.files.items()))

    @tool
    def read_file(self, path: str) -> str:
        """Read a file."""
        return self.files[self._existing(path)]

    @tool
    def edit(self, path: str, old: str, new: str) -> str:
        """Replace a passage of a file, or write a whole file.

        Args:
            path: the file.
            old: the passage as it is, which must stand in the file once; empty to write the whole file anew.
            new: what takes its place.
        """
        if not old:
            name, text = _normal(path), new
        else:
            name = self._existing(path)
            count = self.files[name].count(old)
            if count != 1:
                raise WrongCall(f"The passage stands {count} times in {name}; it must stand there once.")
            text = self.files[name].replace(old, new)
        if sum(map(len, self.files.values())) + len(text) > MOST_CHARACTERS:
            raise WrongCall(f"The repository would be over {MOST_CHARACTERS} characters.")
        self.files[name] = text
        return f"{name}: {text.count(chr(10))} lines."

    @tool
    async def run_tests(self) -> str:
        """Run all functions test_… of the files under tests/. Modules may import each other's names."""
        if problem := self._unreadable(self.files):
            return problem
        reports = [
            await self._run_tests_of(path)
            for path in sorted(self.files)
            if path.startswith("tests/") and path.endswith(".py")
        ]
        return "\n".join(reports) or "There are no tests."

    async def _run_tests_of(self, path: str) -> str:
        tree = tree_of(self.files[path])
        names = [n.name for n in tree.body if isinstance(n, ast.FunctionDef) and n.name.startswith("test_")]
        checks = [f"_check({name!r}, {name})" for name in names]
        tests = _inlined(_explained(tree), self._modules())
        program = "\n".join([self._flat(), tests, _CHECK, *checks, "print(_seen)"])
        seen = _last_list(await self.services.run_program(program, seconds=SECONDS))
        if isinstance(seen, str):
            return f"{path}: {seen}"
        wrong = [f"{path}: {name} failed ({why})" for name, why in seen if why is not None]
        return "\n".join([*wrong, f"{path}: {len(seen) - len(wrong)} of {len(seen)} tests pass."])

    async def outcome(self) -> Mapping[str, Any]:
        """``reward`` is 1.0 where every hidden call gives its right value; ``passed`` is the share that do.

        The program that is run holds the calls and no right value, so that code cannot pass by looking.
        """
        calls = ", ".join(f"_value(lambda: {call})" for call, _ in self.hidden)
        seen: Sequence[Any] | str = "unreadable"
        if not self._unreadable(self._sources()):
            program = f"{self._flat()}\n{_VALUE}\nprint([{calls}])"
            seen = _last_list(await self.services.run_program(program, seconds=SECONDS))
        if isinstance(seen, str) or len(seen) != len(self.hidden):
            return {"reward": 0.0, "passed": 0.0, "steps": self.steps}
        right = sum(value == wanted for value, (_, wanted) in zip(seen, self.hidden, strict=True))
        share = right / len(self.hidden)
        return {"reward": float(right == len(self.hidden)), "passed": share, "steps": self.steps}

    def _existing(self, path: str) -> str:
        name = _normal(path)
        if name not in self.files:
            raise WrongCall(f"There is no file {name}; there are {', '.join(sorted(self.files))}.")
        return name

    def _sources(self) -> dict[str, str]:
        """The modules, without tests."""
        return {p: t for p, t in self.files.items() if p.endswith(".py") and not p.startswith("tests/")}

    def _modules(self) -> set[str]:
        return {path.removesuffix(".py") for path in self._sources()}

    def _flat(self) -> str:
        """All modules in one text, since a program has no files: they import names of each other, no more."""
        modules = self._modules()
        return "\n".join(_inlined(text, modules) for _, text in sorted(self._sources().items()))

    def _unreadable(self, files: Mapping[str, str]) -> str:
        """What keeps a file from being Python, if anything does."""
        for path, text in sorted(files.items()):
            try:
                tree_of(text)
            except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
                line = getattr(error, "lineno", None)
                return f"{path}{f', line {line}' if line else ''}: {getattr(error, 'msg', None) or error}"
        return ""


_CHECK = """
_seen = []
def _check(name, test):
    try:
        test()
        _seen.append((name, None))
    except Exception as error:
        _seen.append((name, type(error).__name__ + (": " + str(error) if str(error) else "")))
"""
_VALUE = f"""
def _value(call):
    try:
        return repr(call())
    except Exception:
        return {RAISED!r}
"""


def _explained(tree: ast.Module) -> str:
    """Tests whose failed comparison says what the left side was."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assert) and node.msg is None and isinstance(node.test, ast.Compare):
            node.msg = ast.Call(ast.Name("repr", ast.Load()), [node.test.left], [])
    return ast.unparse(ast.fix_missing_locations(tree))


def _inlined(text: str, modules: set[str]) -> str:
    """A file without its imports from other modules of the repository, whose names are there already."""
    lines = text.splitlines()
    for node in tree_of(text).body:
        if isinstance(node, ast.ImportFrom) and node.module in modules:
            for number in range(node.lineno - 1, node.end_lineno or node.lineno):
                lines[number] = ""
    return "\n".join(lines)


def _last_list(result: ProgramResult) -> list[Any] | str:
    """The list that a program printed last, or what became of it."""
    if result.status == "timeout":
        return "the tests did not end in time"
    printed = result.stdout.strip().splitlines()
    try:
        value = ast.literal_eval(printed[-1]) if printed and result.status == "ok" else None
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        value = None
    if isinstance(value, list):
        return value
    error = result.stderr.strip().splitlines()
    return error[-1] if error else "the tests could not be run"


def _normal(path: str) -> str:
    name = posixpath.normpath(path.strip()).lstrip("/")
    if name in ("", ".") or name.startswith(".."):
        raise WrongCall(f"{path!r} is not the path of a file.")
    return name


def task_of(seed: int) -> str:
    """What is to be done, in words; the number keeps repositories apart."""
    return (
        f"Repository {seed} has tests that fail. Correct its modules, not the tests, so that every function "
        "does what its docstring says; hidden tests check it."
    )


def oracle(item: Item) -> list[Action]:
    """Return the edits that repair an item, and a run of the tests."""
    edits = [
        Action("edit", {"path": path, "old": "", "new": text}) for path, text in _made(item).solution.items()
    ]
    return [*edits, Action("run_tests", {})]


def _begin(item: Item, seed: int) -> tuple[State, str]:
    broken = _made(item)
    repository = Repository(broken)
    return repository, f"{repository.list_files()}\nFailing tests: {', '.join(broken.failing)}"


def _made(item: Item) -> Broken:
    return make(item.record["seed"], item.record["difficulty"])


REPAIR = StateEnvironment("repair", "1", Repository, _begin)
"""The environment; an item's record has the seed and the difficulty."""
