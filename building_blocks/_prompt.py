"""Prompts: each a Jinja2 template beside the block that uses it, also of a plug-in's block.

A question, a reply or a critique is always a *value* of a template, never part of one, and
templates render in Jinja2's sandbox.
"""

import re
from collections.abc import Iterable, Mapping, MutableMapping
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

from jinja2 import FunctionLoader, StrictUndefined
from jinja2.meta import find_referenced_templates
from jinja2.sandbox import SandboxedEnvironment

from masdesign.building_blocks._asking import asked_values, under_instruction
from masdesign.errors import ContextOverflow, InputError
from masdesign.types import Answer, Message, Origin, Prompt, Question, Verdict
from masdesign.workflow.block import Block, current_block
from masdesign.workflow.run import current_run

_VERSION = re.compile(r"\A\{#\s*version:\s*(\d+)\s*#\}")
_SHIPPED = f"{__package__}."

Own = tuple[tuple[str, str], ...]
"""A plug-in block's own templates, name and text: they go before those of this folder."""


def is_shipped(block: Block[..., Any]) -> bool:
    """Whether the block is of this folder, and not a plug-in's."""
    return block.function.__module__.startswith(_SHIPPED)


def own_templates(block: Block[..., Any] | None) -> Own:
    """The templates that a plug-in's block brings with it; empty for one of this folder."""
    return () if block is None or is_shipped(block) else block.prompts


@cache
def template_source(name: str, own: Own = ()) -> str:
    """The text of the template ``name`` (without ``.j2``).

    Raises:
        InputError: there is none, neither among ``own`` nor in this folder.
    """
    text = dict(own).get(name)
    if text is not None:
        return text
    try:
        return (files(__package__) / f"{name}.j2").read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InputError(
            f"template {name}.j2 does not exist; write it beside the block's file, and name it in the "
            f"block's templates"
        ) from None


def template_version(name: str, own: Own = ()) -> int:
    """The version that the template's first line declares; 1 where a plug-in's declares none."""
    match = _VERSION.match(template_source(name, own))
    if match is None and name not in dict(own):
        raise ValueError(f"template {name}.j2 must begin with {{# version: N #}}")
    return int(match.group(1)) if match is not None else 1


@cache
def template_names(name: str, own: Own = ()) -> tuple[str, ...]:
    """The template and those that it includes, transitively.

    >>> template_names("direct")
    ('direct', '_problem')
    """
    names, waiting = [], [name]
    while waiting:
        names.append(waiting.pop())
        tree = _environment(own).parse(template_source(names[-1], own))
        included = {part.removesuffix(".j2") for part in find_referenced_templates(tree) if part}
        waiting += sorted(included.difference(names, waiting))
    return tuple(names)


class _Environment(SandboxedEnvironment):
    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        return {**self.globals, **(d or {})}  # Jinja2's own is a ChainMap, which each prompt copies slowly


@cache
def _environment(own: Own) -> SandboxedEnvironment:
    return _Environment(
        loader=FunctionLoader(lambda name: template_source(name.removesuffix(".j2"), own)),
        undefined=StrictUndefined,
        autoescape=False,
    )


def render(name: str, *, role: str = "", **values: Any) -> Prompt:
    """The chat messages of the template ``name``: a system message where there is a role, and the user's.

    >>> from masdesign.types import Question
    >>> render("direct", task=Question("1 + 1 ="), instruction="Answer at once.")[0].content
    'Problem: 1 + 1 =\\n\\nAnswer at once.'
    """
    large = check_window(values)
    own = own_templates(current_block.get())
    shown = tuple(sorted(asked_values(template_source(name, own), values).items()))
    kept = not large and _is_hashable(shown)
    user = _remembered(name, shown, own) if kept else _user_message(name, shown, own)
    prompt = Prompt((Message("system", role), user) if role else (user,))
    task = values.get("task")
    alone = not role and not any(value for key, value in values.items() if key != "task")
    if alone and isinstance(task, Question):
        prompt.origin = Origin(name, task.question, tuple(task.choices), tuple(task.context))
    return prompt


def _user_message(name: str, values: tuple[tuple[str, Any], ...], own: Own) -> Message:
    text = _environment(own).get_template(f"{name}.j2").render(dict(values)).strip()
    return Message("user", under_instruction(dict(values).get("task"), text))


_remembered = lru_cache(8192)(_user_message)
"""A search renders the same few prompts of an item for one design after another."""


def _is_hashable(values: object) -> bool:
    try:
        hash(values)
    except TypeError:
        return False
    return True


_CHARACTERS = 256
"""Characters of one token, at most: tokenizers merge long runs of blanks."""
_LARGE = 100_000
"""Characters from which a rendered prompt is not kept for the next design."""


def check_window(values: Mapping[str, Any]) -> bool:
    """Return whether the values of a prompt are many or long; raise where no model of the run takes them.

    Every value that is shown, an empty passage too, is at least one token.

    Raises:
        ContextOverflow: the least that they can take is beyond the widest window of the run's models.
    """
    count, characters = _measure(values.values())
    run = current_run.get()
    if run is not None:
        window = max(model.window for model in run.runtime.models.values())
        least = count + characters // _CHARACTERS
        if least > window:
            raise ContextOverflow(
                f"the prompt has at least {least} tokens, and the widest window is of {window}"
            )
    return characters + count * 32 > _LARGE


def _measure(values: Iterable[Any]) -> tuple[int, int]:
    """How many texts are shown, and their characters."""
    count = characters = 0
    stack = list(values)
    while stack:
        value = stack.pop()
        if isinstance(value, str):
            count, characters = count + bool(value), characters + len(value)
        elif isinstance(value, Question):
            stack += [value.question, *value.context, *value.choices]
            count += sum(not text for text in (*value.context, *value.choices))  # each has its label
        elif isinstance(value, Answer):
            stack += [value.text, value.reasoning]
        elif isinstance(value, Verdict):
            stack.append(value.critique)
        elif isinstance(value, Mapping):
            stack.extend(value.values())
        elif isinstance(value, list | tuple):
            stack.extend(value)
    return count, characters
