"""`masdesign.toml` on the command line: defaults of options, which every flag goes before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

if TYPE_CHECKING:
    from masdesign.session.config import Config

KEPT = "config"
"""Where the root context keeps the configuration (in ``obj``)."""

_ON_A_TASK = frozenset({"search", "evaluate", "baseline", "compare", "distill", "ablate", "advise"})
"""Commands whose TASK may be left out where the configuration names one."""
_SEARCHES = frozenset({"search", "compare"})
_SHARED = frozenset({"objective", "batch", "meta_model"})
"""Entries of ``[search]`` that a comparison takes, too."""


class Defaults(dict[str, Any]):
    """What click looks a command's defaults up in; ``group`` is a group whose commands are looked up next."""

    def __init__(self, config: Config, group: str = "") -> None:
        super().__init__()
        self._config, self._group = config, group

    def get(self, name: str, default: Any = None) -> Any:
        """The defaults of a command, or of the commands of a group."""
        if name == "archive" and not self._group:
            return Defaults(self._config, name)
        config = self._config
        values: dict[str, Any] = dict(config.conduct)
        if config.plugins:
            values["plugins"] = config.plugins
        if name in _ON_A_TASK and "name" in config.task:
            values["task"] = config.task["name"]
        if name in _SEARCHES:
            values |= {k: v for k, v in config.search.items() if name == "search" or k in _SHARED}
        return {_PARAMETERS.get(name, name): _as_given(name, value) for name, value in values.items()}


_PARAMETERS = {"with": "only"}
"""Parameters whose names are not those of their options."""


def _as_given(name: str, value: Any) -> Any:
    """A value of the configuration in the form that its option has on the command line."""
    return ",".join(value) if name in ("with", "without") and not isinstance(value, str) else value


def read_config(context: click.Context) -> None:
    """Find the configuration, keep it, and let the commands have their defaults from it."""
    from masdesign.session.config import Config

    config = Config.find()
    context.ensure_object(dict)[KEPT] = config
    context.default_map = Defaults(config)


def config_of(context: click.Context | None = None) -> Config:
    """The configuration that a command was called with; empty outside a command."""
    from masdesign.session.config import Config

    context = context or click.get_current_context(silent=True)
    kept = None if context is None else (context.find_root().obj or {}).get(KEPT)
    return kept if isinstance(kept, Config) else Config()


def configured_task() -> Mapping[str, Any]:
    """What ``[task]`` says beside its name; nothing where the command line names a task itself."""
    context = click.get_current_context(silent=True)
    if context is None or context.get_parameter_source("task") is not ParameterSource.DEFAULT_MAP:
        return {}
    return config_of(context).task_arguments
