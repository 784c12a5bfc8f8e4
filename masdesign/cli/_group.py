"""A group of commands that are the files of one package: adding a command is adding a file."""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from importlib import import_module
from importlib.resources import files
from typing import Any

import click

from masdesign.cli._plugins import with_plugins


class CommandFolder(click.Group):
    """The click commands named ``command`` in the modules of a package, each imported when it is called.

    Parameters:
        package: its name; a module's first line, after its colon, is what help says of the command.
        first: the commands that help lists first; the others follow by name.
        members: short commands that share a module: its name, and what help says, by the command's name. In
            the module each has its own name, with an underscore behind it where Python keeps that for itself.
    """

    def __init__(
        self,
        *args: Any,
        package: str,
        first: Sequence[str] = (),
        members: Mapping[str, tuple[str, str]] | None = None,
        **settings: Any,
    ) -> None:
        super().__init__(*args, **settings)
        self.package, self.first, self.members = package, first, members or {}

    def list_commands(self, ctx: click.Context) -> list[str]:
        modules = self._modules()
        return [name for name in self.first if name in modules] + sorted(modules.keys() - set(self.first))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        module = self._modules().get(cmd_name)
        if module is None:
            return None
        names = (cmd_name, f"{cmd_name}_") if cmd_name in self.members else ("command",)
        defined = vars(import_module(f"{self.package}.{module}"))
        command = next(defined[name] for name in names if name in defined)
        assert isinstance(command, click.Command)
        return command if isinstance(command, click.Group) else with_plugins(command)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click's, with the nearest name where there is no such command."""
        name = args[0] if args else ""
        if name and not name.startswith("-") and self.get_command(ctx, name) is None:
            near = get_close_matches(name, self.list_commands(ctx), n=1, cutoff=0.5)
            cure = f"did you mean {near[0]}?" if near else f"see {ctx.command_path} --help"
            ctx.fail(f"no command {name!r}; {cure}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """One line each, read from the file's own first line, so that help imports nothing."""
        modules = self._modules()
        rows = [
            (name, self.members[name][1] if name in self.members else _summary(self.package, modules[name]))
            for name in self.list_commands(ctx)
        ]
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def _modules(self) -> dict[str, str]:
        """Modules by command; a name that Python keeps for itself has an underscore behind it."""
        modules = pkgutil.iter_modules(import_module(self.package).__path__)
        own = {m.name.rstrip("_"): m.name for m in modules if not m.name.startswith("_")}
        return own | {name: module for name, (module, _) in self.members.items()}


def _summary(package: str, module: str) -> str:
    folder = files(package) / module
    path = folder / "__init__.py" if folder.is_dir() else files(package) / f"{module}.py"
    with path.open(encoding="utf-8") as source:
        first = source.readline().strip().strip('"')
    return first.partition(": ")[2].rstrip(".") or first
