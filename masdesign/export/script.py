"""A design as one readable Python file that needs LiteLLM alone."""

import ast
import re
import textwrap
from collections.abc import Collection, Mapping, Sequence

from masdesign.building_blocks import blocks
from masdesign.errors import InputError, SourceError
from masdesign.export.allowed import check_allowed
from masdesign.export.carried import Carried
from masdesign.export.library import OWN, SETTINGS, ScriptLibrary, form_symbol, library, module
from masdesign.lm.cards import card_of, profile_from
from masdesign.lm.spec import ModelSpec
from masdesign.protocols import Environment
from masdesign.public import public_url
from masdesign.syntax import tree_of
from masdesign.types import PLAIN, Asking, Item
from masdesign.workflow import Design, adas, check
from masdesign.workflow.parsing import parse
from masdesign.workflow.runtime import shown_target

DEFAULT_MODEL = "openai/gpt-4o-mini"
MOST_EXAMPLES = 2_000_000
"""Characters of examples that a script may hold."""
_VALUES = frozenset({"Question", "Answer", "Verdict", "gather"})
_WATCH = "_watch"
"""What bounds the time of the design's top level, in a script."""
_WIDTH = 100
_NEEDS = {
    "environment": "an environment to act in, which a script does not have",
    "memory": "the memory of a run, which a script does not have",
    "stream": "a memory that learns between items, which a script does not have",
}

_CALL_IT = "call it from Python (masdesign.load)"

_HEAD = '''\
#!/usr/bin/env python3
"""A workflow of several model calls that answers a question. Found by masdesign, design {id}.

    python {file} "question" --model {model}
    python {file} "question" --model openai/NAME --base-url http://127.0.0.1:8000/v1

It needs LiteLLM alone (pip install litellm; Jinja2, which renders the prompts, comes with it). From Python:

    found = asyncio.run(answer("question"))
"""
'''
_MODELS = """\
MODELS = {{
{entries}
}}  # the LiteLLM name of each model that the workflow asks for; "" is the default
BASE_URL = os.environ.get("OPENAI_BASE_URL", {url!r})  # an OpenAI-compatible server, if any
BASE_URLS: dict[str, str] = {urls!r}  # servers of single models
MAX_TOKENS = {length}  # of a completion
WINDOW: int | None = None  # tokens of prompt and reply together; None: as LiteLLM knows the model
TOOLS = frozenset({tools})
"""
_NO_TOOLS = "RUN = ScriptRun"
_PRINT = '''\
def print(*values: object) -> None:
    """A workflow prints to nobody."""
'''


def export_script(
    design: Design,
    *,
    tools: Collection[str] = (),
    train: Sequence[Item] = (),
    asking: Asking = PLAIN,
    models: Mapping[str, str | ModelSpec] | None = None,
    file: str = "workflow.py",
    environment: Environment | None = None,
) -> str:
    """The design as the source of a script that gives the same answers, without masdesign.

    The script holds the design as it stands, the blocks that it calls with their prompts, and a few
    lines that ask a model through LiteLLM. A design is untrusted, so it is let out of the sandbox only where
    all of it is on an allowlist of syntax, names and attributes (`masdesign.export.allowed`); a program that
    a model writes is never run by a script.

    Parameters:
        tools: what the task of the design declares; of these a script has ``retrieval`` (by words).
        train: the task's `train` items, where a block of the design shows them: they stand in the script.
        asking: how the task asks: its instruction, labels and answer form.
        models: each model that the design asks for, its LiteLLM name or its spec; ``""`` is the default.
        file: how the file will be called, for its own instructions.
        environment: what the design acts with. Functions are copied as they stand, with what they use of
            their file; an MCP server is started by its command (its secrets are read from the environment),
            and needs ``mcp``. A script calls tools in words, whatever its model could do natively.

    Raises:
        SourceError: the design is not well-formed, or may not be exported: line, reason, cure.
        InputError: the examples are too long for a script, or it cannot carry what the design acts with.

    >>> design = Design("async def workflow(task):\\n    return await direct(task)")
    >>> "async def direct(" in export_script(design)
    True
    """
    check(design, blocks())
    tree = parse(design.source)
    _check_dialect(tree)
    given = _list_needed(tree)
    carried = Carried.of(environment)
    _check_needs(tree, given, set(_NEEDS) - ({"environment"} if carried else set()))
    forms = ["line", *({asking.form} - {"line"})]
    needed = library(given - {"Task"}, retrieval="retrieval" in tools, forms=forms, more=carried.symbols)
    _check_tools(tree, given, tools)
    taken = {*needed.names(), *SETTINGS, "Task", _WATCH}
    _check_apart(needed)
    check_allowed(design.source, given, taken - given - _collect_shared_imports(tree, needed))
    acting = f"{_title('The tools that the workflow acts with.')}\n\n{carried.source()}"
    text = "\n\n\n".join(
        (
            _head(design, tree, needed, tools, models or {}, file, carried.requirements),
            *(f"{_title(title)}\n\n\n{source}" for title, source in needed.sections()),
            _templates(needed),
            _asked(asking, forms),
            acting if carried else _NO_TOOLS,
            _examples(needed, train, asking),
            _workflow(design, tree, given),
            'if __name__ == "__main__":\n    sys.exit(main())\n',
        )
    )
    text = re.sub(r"\n{4,}", "\n\n\n", text)
    tree_of(text)
    return text


def _list_needed(tree: ast.Module) -> set[str]:
    """Blocks, helpers and values that the design names, and does not define itself at its top level."""
    names = {*blocks(), *_helpers(), *_VALUES, "Task"}
    named = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}
    return (named & names) - {str(getattr(n, "name", "")) for n in tree.body}


def _helpers() -> set[str]:
    defined = module("masdesign.workflow.helpers").defined
    return {name for name, node in defined.items() if isinstance(node, ast.FunctionDef)}


def _check_apart(needed: ScriptLibrary) -> None:
    """Raises where two modules of the package bring the same name; none do, which a test holds."""
    seen: set[str] = set()
    for names in needed.wanted.values():
        if twice := names & seen:
            raise ValueError(f"two modules define {', '.join(sorted(twice))}; rename one of them")
        seen |= names


def _collect_shared_imports(tree: ast.Module, needed: ScriptLibrary) -> set[str]:
    """Names that design and script import alike, and that the design gives no other meaning."""
    ours = {name: (source, original) for source, original, name in needed.imports}
    theirs: dict[str, tuple[str, str | None]] = {}
    for node in tree.body:
        if isinstance(node, ast.Import):
            theirs |= {alias.asname or alias.name: (alias.name, None) for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            theirs |= {alias.asname or alias.name: (node.module, alias.name) for alias in node.names}
    same = {name for name, source in theirs.items() if ours.get(name) == source}
    stored = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)}
    return same - stored - {getattr(n, "name", "") for n in ast.walk(tree) if not isinstance(n, ast.alias)}


def _check_dialect(tree: ast.Module) -> None:
    """Raises `SourceError` where an agent comes from ADAS: its classes are the sandbox's own."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in adas.NAMES:
            reason = "is of an agent that came from ADAS, which runs in the sandbox alone"
            raise _refused(node, reason, _CALL_IT)


def _check_needs(tree: ast.Module, given: Collection[str], lacking: Collection[str]) -> None:
    """Raises `SourceError` where a step needs what the script does not have."""
    for step in _steps(tree, given):
        if (need := blocks()[step.id].needs) in lacking:
            raise _refused(step, f"needs {_NEEDS[need]}", _CALL_IT)


def _check_tools(tree: ast.Module, given: Collection[str], tools: Collection[str]) -> None:
    """Raises `SourceError` where a step would run what a model wrote."""
    for step in sorted(_steps(tree, given), key=lambda n: n.lineno):
        reached = library([step.id])
        if step.id in ("write_program", "alphacode") or ("python" in tools and reached.uses("run_python")):
            reason = "runs programs that the model writes, and a script has no sandbox to run them in"
            raise _refused(step, reason, "take out this step")
        if "calculator" in tools and reached.uses("calculate"):
            raise _refused(step, "uses the calculator, which a script does not have", "take out this step")


def _steps(tree: ast.Module, given: Collection[str]) -> list[ast.Name]:
    """The blocks that the design names."""
    registered = blocks()
    return [n for n in ast.walk(tree) if isinstance(n, ast.Name) and n.id in given and n.id in registered]


def _refused(node: ast.Name, reason: str, otherwise: str) -> SourceError:
    cure = f"serve the design (masdesign serve), or {otherwise}"
    return SourceError(f"it cannot be exported: {node.id} {reason}", line=node.lineno, cure=cure)


def _head(
    design: Design,
    tree: ast.Module,
    needed: ScriptLibrary,
    tools: Collection[str],
    models: Mapping[str, str | ModelSpec],
    file: str,
    more: Sequence[str],
) -> str:
    specs = {name: ModelSpec.of(model) for name, model in models.items()}
    default = specs.get("", ModelSpec(DEFAULT_MODEL))
    endpoints = {"": default, **dict.fromkeys(_models_of(tree), default), **specs}
    entries = "\n".join(f"    {name!r}: {spec.model!r}," for name, spec in sorted(endpoints.items()))
    servers = {name: public_url(spec.base_url) for name, spec in endpoints.items() if spec.base_url}
    urls = {name: url for name, url in servers.items() if url != servers.get("")}
    length = max(_length(spec) for spec in endpoints.values())
    kept = sorted({"retrieval"} & set(tools))
    head = _HEAD.format(id=design.id, file=_plain(file, 60), model=_plain(default.model, 100))
    head += _requirements([*needed.requirements(), *more])
    places = {"url": servers.get("", ""), "urls": urls}
    settings = _MODELS.format(entries=entries, tools=kept or "", length=length, **places)
    imports = ["from __future__ import annotations", "", *needed.import_lines()]
    return "\n".join([head, *imports, "", settings]).rstrip()


def _length(spec: ModelSpec) -> int:
    """Tokens of a completion of this model, as it is asked here."""
    most = int(spec.draw.get("max_tokens", 0))
    return profile_from(card_of(spec.model)).corrected(spec.profile, most).length


def _requirements(more: Sequence[str]) -> str:
    """The script's dependencies as PEP 723 has them, where plug-ins and tools bring some."""
    if not more:
        return ""
    listed = "".join(f'#     "{name}",\n' for name in ["litellm", *more])
    return f"# /// script\n# dependencies = [\n{listed}# ]\n# ///\n"


def _models_of(tree: ast.Module) -> set[str]:
    """Names of models that the design asks for by a literal name."""
    given = (k for node in ast.walk(tree) if isinstance(node, ast.Call) for k in node.keywords)
    named = (k.value for k in given if k.arg and (k.arg == "model" or k.arg.endswith("_model")))
    return {n.value for n in named if isinstance(n, ast.Constant) and isinstance(n.value, str)}


def _templates(needed: ScriptLibrary) -> str:
    """The prompts, as Jinja2 sources; what is asked and replied goes in as values."""
    lines = ["TEMPLATES = {"]
    for name, source in needed.templates().items():
        readable = '"""' not in source and "\\" not in source
        lines.append(f'    {name!r}: """\\\n{source}""",' if readable else f"    {name!r}: {source!r},")
    return "\n".join([_title("The prompts, as Jinja2 templates."), "", *lines, "}"])


def _asked(asking: Asking, forms: Sequence[str]) -> str:
    """How the task asks, as the values that the script's own code reads."""
    listed = ", ".join(f"{name!r}: {form_symbol(name)[1]}" for name in forms)
    lines = [_title("How questions are asked: the task's instruction, labels and answer form."), ""]
    lines.append(f"INSTRUCTION = {asking.instruction!r}")
    lines.append(f"LABELS: tuple[str, ...] = {asking.labels!r}")
    return "\n".join([*lines, f"FORM = {asking.form!r}", f"FORMS: dict[str, Any] = {{{listed}}}"])


def _examples(needed: ScriptLibrary, train: Sequence[Item], asking: Asking) -> str:
    """The task's solved problems, where a block shows them."""
    shown = train if "known_examples" in needed.names() else ()
    if not shown:
        return "EXAMPLES: tuple[Example, ...] = ()  # solved problems that steps may show"
    lines = ["EXAMPLES: tuple[Example, ...] = ("]
    for item in shown:
        example = [item.question, list(item.context), list(item.choices)]
        example += [] if asking == PLAIN else ["", asking.labels, asking.form]
        target = shown_target(item, asking)
        posed = ", ".join(map(repr, example))
        lines.append(f"    Example(Question({posed}), {target!r}, {item.solution!r}),")
    text = "\n".join([_title("Solved problems that steps may show."), "", *lines, ")"])
    if len(text) > MOST_EXAMPLES:
        raise InputError(
            f"the examples take {len(text)} characters, and a script holds at most {MOST_EXAMPLES}; "
            "export without examples"
        )
    return text


def _workflow(design: Design, tree: ast.Module, given: Collection[str]) -> str:
    """The design's own source, as it stands where that is the same code, else as its tree says."""
    lines = [_plain(part, 2000) for part in (design.name, design.thought) if part.strip()]
    comments = [f"# {line}" for part in lines for line in textwrap.wrap(part, _WIDTH)]
    parts = [_title("The workflow."), *comments, ""]
    if "Task" in given:
        parts += ["Task = Question", ""]
    if any(isinstance(n, ast.Name) and n.id == "print" for n in ast.walk(tree)):
        parts += ["", _PRINT, ""]
    body = _own_source(design.source, tree)
    return "\n".join([*parts, f"{_WATCH} = ScriptWatch()", "", body.rstrip("\n"), "", f"{_WATCH}.end()"])


def _own_source(source: str, tree: ast.Module) -> str:
    body = [n for n in tree.body if not (isinstance(n, ast.ImportFrom) and n.module == "__future__")]
    kept = ast.Module(body, type_ignores=[])
    lines = source.split("\n")
    for node in tree.body:
        if node not in body:
            place = slice(node.lineno - 1, node.end_lineno)
            lines[place] = [""] * len(lines[place])
    text = "\n".join(line.rstrip() for line in lines).strip("\n")
    try:
        same = text.isprintable() or all(c.isprintable() or c in "\n\t" for c in text)
        same = same and ast.dump(tree_of(text)) == ast.dump(kept)
    except SyntaxError:
        same = False
    return text if same else ast.unparse(kept)


def _title(text: str) -> str:
    return f"# ---- {_plain(text, _WIDTH)}"


def _plain(text: str, most: int) -> str:
    """A text from elsewhere as one line of a comment or a docstring: printable, and no quotes to end it."""
    line = " ".join(text.split())
    return "".join(c for c in line if c.isprintable()).replace("\\", "/").replace('"', "'")[:most]


__all__ = ["DEFAULT_MODEL", "OWN", "export_script"]
