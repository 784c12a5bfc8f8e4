"""What a block asks for, in the words of its own template; and the templates of distillation.

They are rendered in Jinja2's sandbox; what they are given is never a template.
"""

import re
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import FunctionLoader, StrictUndefined
from jinja2.sandbox import SandboxedEnvironment

from masdesign.building_blocks._asking import without_ending
from masdesign.building_blocks._prompt import own_templates, template_source
from masdesign.workflow import Block

_DEFAULT = re.compile(r'instruction or "([^"]+)"')


def default_instruction(block: Block[..., object]) -> str:
    """The instruction that the block's template gives where a design gives none; empty: it has none.

    >>> from masdesign.building_blocks import blocks
    >>> default_instruction(blocks()["chain_of_thought"]).partition(",")[0]
    'Think step by step'
    """
    instruction = (
        _DEFAULT.search(template_source(block.templates[0], own_templates(block)))
        if block.templates
        else None
    )
    return instruction.group(1) if instruction else ""


def request_of(block: Block[..., object]) -> str:
    """The sentence with which the block asks where no instruction is given; else its summary.

    >>> from masdesign.building_blocks import blocks
    >>> request_of(blocks()["chain_of_thought"])
    'Think step by step.'
    >>> request_of(blocks()["verify"])[:18]
    'Check the solution'
    """
    default = default_instruction(block)
    text = plain(default) if default else block.summary
    return f"{text} Then work out what it gives." if "run_python(" in block.source else text


def plain(instruction: str) -> str:
    """An instruction without its request for a last line: in one reply, only the end has one.

    >>> plain("Solve it by this plan. Give the answer on the last line: Answer: ...")
    'Solve it by this plan.'
    """
    return without_ending(" ".join(instruction.split())) or "."


@cache
def _environment() -> SandboxedEnvironment:
    folder = files(__package__) / "templates"
    loader = FunctionLoader(lambda name: (folder / name).read_text(encoding="utf-8"))
    return SandboxedEnvironment(loader=loader, undefined=StrictUndefined, autoescape=False)


def render(name: str, **values: Any) -> str:
    """The text of the template ``name`` (without ``.j2``)."""
    return _environment().get_template(f"{name}.j2").render(values).strip()
