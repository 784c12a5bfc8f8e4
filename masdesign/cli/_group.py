"""A group of commands that are the files of one package: adding a command is adding a file."""

import logging
import pkgutil
import sys
from collections.abc import Sequence
from difflib import get_close_matches
from importlib import import_module
from importlib.resources import files
from typing import Any

import click

KEPT = "plugins"
"""Where a command's context keeps what was given (in ``meta``)."""


class CommandFolder(click.Group):
    """The click commands named ``command`` in the modules of a package, each imported when it is called.

    Short commands may share a module, whose name then begins with an underscore: they are added one by one,
    each with a ``short_help``.

    Parameters:
        package: its name; a module's first line, after its colon, is what help says of the command.
        first: the commands that help lists first; the others follow by name.
    """

    def __init__(self, *args: Any, package: str, first: Sequence[str] = (), **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.package, self.first = package, first

    def list_commands(self, ctx: click.Context) -> list[str]:
        names = {*self._modules(), *self.commands}
        return [name for name in self.first if name in names] + sorted(names - set(self.first))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        command, module = self.commands.get(cmd_name), self._modules().get(cmd_name)
        if command is None and module is not None:
            command = import_module(f"{self.package}.{module}").command
        return command if command is None or isinstance(command, click.Group) else _with_plugins(command)

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
        texts = {name: _summary(self.package, module) for name, module in self._modules().items()}
        texts |= {name: command.short_help or "" for name, command in self.commands.items()}
        with formatter.section("Commands"):
            formatter.write_dl([(name, texts[name]) for name in self.list_commands(ctx)])

    def _modules(self) -> dict[str, str]:
        """Modules by command; a name that Python keeps for itself has an underscore behind it."""
        modules = pkgutil.iter_modules(import_module(self.package).__path__)
        return {m.name.rstrip("_"): m.name for m in modules if not m.name.startswith("_")}


def _summary(package: str, module: str) -> str:
    folder = files(package) / module
    path = folder / "__init__.py" if folder.is_dir() else files(package) / f"{module}.py"
    with path.open(encoding="utf-8") as source:
        first = source.readline().strip().strip('"')
    return first.partition(": ")[2].rstrip(".") or first


def _with_plugins(command: click.Command) -> click.Command:
    """The command with ``--plugin``, whose files and modules are loaded before all else, and ``-v``."""
    if not any(parameter.name == KEPT for parameter in command.params):
        option = click.Option(
            ["--plugin", KEPT],
            multiple=True,
            is_eager=True,
            expose_value=False,
            callback=_load,
            metavar="FILE.py|MODULE",
            help="Your own blocks, strategies, scorers and models; several times.",
        )
        verbose = click.Option(
            ["-v", "--verbose", "verbose"],
            is_flag=True,
            expose_value=False,
            callback=_log,
            help="Say on standard error what is done, step by step.",
        )
        command.params += [option, verbose]
    return command


def _load(context: click.Context, option: click.Parameter, given: tuple[str, ...]) -> None:
    context.meta[KEPT] = given
    if given:
        from masdesign.plugins import load_plugins

        load_plugins(given)


def _log(context: click.Context, option: click.Parameter, given: bool) -> None:
    """Show what masdesign logs; its messages name designs, items and models, never a prompt or a key."""
    if not given:
        return
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S"))
    logger = logging.getLogger("masdesign")
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    context.call_on_close(lambda: logger.setLevel(level))
    context.call_on_close(lambda: logger.removeHandler(handler))
