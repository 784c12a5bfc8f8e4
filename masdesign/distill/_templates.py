"""The templates of distillation, rendered in Jinja2's sandbox; what they are given is never a template."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import FunctionLoader, StrictUndefined
from jinja2.sandbox import SandboxedEnvironment


@cache
def _environment() -> SandboxedEnvironment:
    folder = files(__package__) / "templates"
    loader = FunctionLoader(lambda name: (folder / name).read_text(encoding="utf-8"))
    return SandboxedEnvironment(loader=loader, undefined=StrictUndefined, autoescape=False)


def render(name: str, **values: Any) -> str:
    """The text of the template ``name`` (without ``.j2``)."""
    return _environment().get_template(f"{name}.j2").render(values).strip()
