"""The forms in which a prompt leaves: each a function from a prompt to the text of a file.

Text, Markdown and chat JSON mark the place of the question as ``{question}``; the others take it as
an argument. None depends on masdesign, and a Jinja2 template escapes what the prompt itself holds.
"""

import json
import re
from collections.abc import Callable
from pathlib import Path

from masdesign.building_blocks._asking import ending_of, with_ending
from masdesign.building_blocks._step import labelled
from masdesign.building_blocks.conversation import EVIDENCE, PLACES
from masdesign.distill._requests import render
from masdesign.distill.prompt import DistilledPrompt
from masdesign.errors import InputError
from masdesign.export.library import ScriptLibrary, form_symbol
from masdesign.types import Message, Question

QUESTION = "{question}"
_MARK = "\N{BALLOT BOX WITH CHECK}question\N{BALLOT BOX WITH CHECK}"
CONVERSATION = "masdesign.building_blocks.conversation"
ANTHROPIC_TOKENS = 4096
"""Anthropic requires a longest reply; raise it for a model that thinks at length."""
MOST_DESCRIPTION = 1024
"""Characters that the format allows a skill's description."""
_OPENING = re.compile(r"\{(?=[{%#])")
_SUFFIXES = {
    ".md": "markdown", ".jinja": "jinja", ".j2": "jinja", ".jinja2": "jinja", ".json": "chat", ".py": "python"
}  # fmt: skip


def text(prompt: DistilledPrompt) -> str:
    """What the model reads, as plain text; the turns of a conversation one after the other."""
    return "\n\n".join([*(message.content for message in _shown(prompt)), *_legend(prompt)]) + "\n"


def markdown(prompt: DistilledPrompt) -> str:
    """One fenced part a message, under the name of who says it."""
    sections = [f"## {m.role.capitalize()}\n\n{_fenced(m.content)}" for m in _shown(prompt)]
    return "\n\n".join(["# Prompt", *sections, *_legend(prompt)]) + "\n"


def jinja(prompt: DistilledPrompt) -> str:
    """A Jinja2 template of ``question``, ``context`` (passages) and ``choices``, the last two optional.

    Raises InputError for a conversation, which is no single text.
    """
    _check_single(prompt, "jinja")
    before, after = _around(prompt)
    role = f"{prompt.role}\n\n" if prompt.role else ""
    problem = _PROBLEM.replace("'- ' ~ choice", _LETTERED) if prompt.asking.form == "choice" else _PROBLEM
    return f"{_escaped(role + before)}{problem}{_escaped(after)}"


def chat(prompt: DistilledPrompt) -> str:
    """Chat messages as JSON, as an OpenAI-compatible endpoint takes them, with ``{question}`` to replace."""
    places = [place for place, _ in _places(prompt)]
    return _json({"messages": _messages(prompt), "replace": [QUESTION, *places]})


def openai(prompt: DistilledPrompt) -> str:
    """The body of a request to OpenAI's chat completions, with ``{question}`` and ``{model}`` to replace."""
    _check_single(prompt, "openai", acts=True)
    functions = [{"name": t.name, "description": t.description, "parameters": t.schema} for t in prompt.tools]
    tools = {"tools": [{"type": "function", "function": f} for f in functions]} if functions else {}
    return _json({"model": "{model}", "messages": _messages(prompt), **tools})


def anthropic(prompt: DistilledPrompt) -> str:
    """The body of a request to Anthropic's messages, with ``{question}`` and ``{model}`` to replace."""
    _check_single(prompt, "anthropic", acts=True)
    system = {"system": prompt.role} if prompt.role else {}
    body = {"model": "{model}", "max_tokens": ANTHROPIC_TOKENS, **system}
    if prompt.tools:
        body["tools"] = [
            {"name": t.name, "description": t.description, "input_schema": t.schema} for t in prompt.tools
        ]
    return _json({**body, "messages": [m for m in _messages(prompt) if m["role"] != "system"]})


def mcp(prompt: DistilledPrompt) -> str:
    """A prompt of a Model Context Protocol server: what ``prompts/list`` and ``prompts/get`` say of it.

    Source: https://modelcontextprotocol.io/specification (server features, prompts).
    """
    _check_single(prompt, "mcp")
    about = " ".join(prompt.asking.instruction.split()) or "Answers one question."
    listed = {
        "name": "answer",
        "description": about,
        "arguments": [{"name": "question", "description": "with its passages and options", "required": True}],
    }
    spoken = [{**m, "role": "user" if m["role"] == "system" else m["role"]} for m in _messages(prompt)]
    shown = [{"role": m["role"], "content": {"type": "text", "text": m["content"]}} for m in spoken]
    return _json({"prompt": listed, "result": {"description": about, "messages": shown}})


def dspy(prompt: DistilledPrompt) -> str:
    """A Python file that makes a `dspy.Predict` with this instruction and these demonstrations.

    Its one input is the question with its passages before it and its options below, as in the demonstrations.
    Raises InputError for a conversation, which is no single predictor.
    """
    _check_single(prompt, "dspy")
    demos = [(labelled(e.question)["text"], e.solution, e.answer) for e in prompt.examples]
    asking = Question("").asked(prompt.asking)
    request = with_ending(prompt.turns[0], ending_of(asking))
    instruction = "\n".join(part for part in (prompt.role, prompt.asking.instruction, request) if part)
    return render("program", instruction=repr(instruction), demos=[tuple(map(repr, d)) for d in demos]) + "\n"


def python(prompt: DistilledPrompt) -> str:
    """A Python file that needs nothing but Python: ``messages``, ``answer``, ``read_answer``.

    A reply is read as it was read when the prompt was measured, by the same code.
    """
    if prompt.tools:
        _check_single(prompt, "python")
    before, after = _around(prompt)
    turns = [m.content for m in prompt.messages(Question(_MARK)) if m.role == "user"][1:]
    filled = any(PLACES.search(turn) for turn in turns)
    values = {"role": prompt.role, "before": before, "after": after, "turns": turns}
    reader, asking = ScriptLibrary(), prompt.asking
    if filled:
        reader.add((CONVERSATION, "requests_of"))
        reader.add(("masdesign.building_blocks.read", "read_numbered"))
    reader.add(("masdesign.building_blocks.read", "read_answer"))
    read, options = "read_answer(reply).text", "choices"
    if asking.form != "line":
        place, name = form_symbol(asking.form)
        reader.add((place, name))
        options_here = (
            f"{asking.labels!r} or choices" if asking.form == "label" else f"choices or {asking.labels!r}"
        )
        read = f'{name}.read(reply, {options_here}) or ""'
    if asking.form == "choice":
        reader.add(("masdesign.tasks.forms._options", "with_letters"))
        options = "with_letters(choices)"
    sections = (source for _, source in reader.sections())
    library = re.sub(r"\n{4,}", "\n\n\n", "\n\n\n".join(sections))
    shown = {name: repr(value) for name, value in values.items()}
    return (
        render(
            "snippet", **shown, filled=filled, held=any(map(EVIDENCE.search, turns)),
            imports=reader.import_lines(), library=library, read=read, options=options,
        )
        + "\n"
    )  # fmt: skip


def skill(prompt: DistilledPrompt, name: str = "answer") -> str:
    """A ``SKILL.md`` as agent tools load it: frontmatter that says when to use it, then how to work.

    Parameters:
        name: of the skill, which has to be that of its folder.

    Source: the Agent Skills format, https://agentskills.io/specification.
    """
    requests = [m.content for m in prompt.messages(Question(_MARK)) if m.role == "user"]
    before, after = _around(prompt)
    steps = [after.strip(), *(request.strip() for request in requests[1:])]
    task = " ".join(prompt.asking.instruction.split()) or "questions like those that it was made for"
    about = f"How to answer: {task}"[:MOST_DESCRIPTION]
    examples = before.replace(prompt.asking.instruction, "", 1).strip() if prompt.examples else ""
    parts = [
        f"---\nname: {_slug(name)}\ndescription: {json.dumps(about, ensure_ascii=False)}\n---",
        prompt.role,
        prompt.asking.instruction,
        "\n\nThen:\n\n".join(steps),
        f"## Examples\n\n{examples}" if examples else "",
        *_legend(prompt),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _slug(name: str) -> str:
    """A skill's name: lower case, digits and single hyphens, at most 64 characters.

    >>> _slug("Ledger v1!")
    'ledger-v1'
    """
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:64] or "answer"


FORMS: dict[str, Callable[[DistilledPrompt], str]] = {
    form.__name__: form for form in (text, markdown, jinja, chat, openai, anthropic, mcp, dspy, python, skill)
}


def form_of(path: Path | str | None, form: str | None = None) -> str:
    """The form asked for, else the one that the file's ending names, else ``text``.

    >>> form_of("prompt.md"), form_of("prompt.py", "dspy"), form_of(None)
    ('markdown', 'dspy', 'text')
    """
    if form is not None and form not in FORMS:
        raise InputError(f"form {form!r} does not exist; choose one of {', '.join(FORMS)}")
    if form is None and Path(path or "").name == "SKILL.md":
        return "skill"
    return form or _SUFFIXES.get(Path(path or "").suffix.lower(), "text")


def written(prompt: DistilledPrompt, form: str) -> str:
    """The prompt in that form. Raises `InputError` where it cannot take it."""
    return FORMS[form_of(None, form)](prompt)


_PROBLEM = (
    "{% for passage in context or [] %}Passage {{ loop.index }}: {{ passage }}\n{% endfor %}"
    "Problem: {{ question }}{% if choices %}\nOptions:{% for choice in choices %}\n"
    "{{ choice if choice.startswith('(') else '- ' ~ choice }}{% endfor %}{% endif %}"
)
"""The problem as `_problem.j2` writes it."""
_LETTERED = "'(' ~ 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'[loop.index0] ~ ') ' ~ choice"


_MEANING = {
    "{part}": "a question that the replies before list; the turn is asked once for each",
    "{evidence}": "the passage that is closest in words to the question of the turn",
    "{findings}": "these questions, each with its answer",
    "{problem}": "the problem without its passages",
    "{new}": "here a new conversation begins: nothing that was said before is sent",
}


def _places(prompt: DistilledPrompt) -> list[tuple[str, str]]:
    """What turns hold that is filled when they are asked, and what it means."""
    told = "".join(prompt.turns[1:])
    return [(place, meaning) for place, meaning in _MEANING.items() if place.rstrip("}") in told]


def _legend(prompt: DistilledPrompt) -> list[str]:
    lines = [f"- {place}: {meaning}." for place, meaning in _places(prompt)]
    return ["\n".join(["To be filled in for each question:", *lines])] if lines else []


def _messages(prompt: DistilledPrompt) -> list[dict[str, str]]:
    return [{"role": m.role, "content": m.content} for m in _shown(prompt)]


def _json(document: object) -> str:
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def _shown(prompt: DistilledPrompt) -> list[Message]:
    marked = prompt.messages(Question(_MARK))
    return [Message(m.role, m.content.replace(_MARK, QUESTION)) for m in marked]


def _around(prompt: DistilledPrompt) -> tuple[str, str]:
    """What stands before and after the problem in the first request."""
    request = next(m.content for m in prompt.messages(Question(_MARK)) if m.role == "user")
    before, _, after = request.partition(f"Problem: {_MARK}")
    return before, after


def _check_single(prompt: DistilledPrompt, form: str, *, acts: bool = False) -> None:
    """Refuse a conversation, and a prompt that acts, where the form holds no such."""
    if len(prompt.turns) > 1 or (prompt.tools and not acts):
        what = (
            f"a conversation of {len(prompt.turns)} turns" if len(prompt.turns) > 1 else "an agent's prompt"
        )
        others = "python" if len(prompt.turns) > 1 else "openai or anthropic"
        raise InputError(f"{what} has no form {form}; take text, markdown, chat or {others}")


def _escaped(part: str) -> str:
    return _OPENING.sub("{{ '{' }}", part)


def _fenced(content: str) -> str:
    longest = max((len(run) for run in re.findall(r"`{3,}", content)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}text\n{content}\n{fence}"
