"""The tools that a script carries: functions as they stand, MCP servers by their commands; else none."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from masdesign.environments.call_text import signature
from masdesign.environments.mcp import McpServer
from masdesign.environments.references import parts_of
from masdesign.environments.toolbox import Function, Toolbox
from masdesign.errors import InputError
from masdesign.export.library import ACTING
from masdesign.protocols import Environment
from masdesign.public import public_url
from masdesign.types import Tool


@dataclass(frozen=True)
class Carried:
    """The parts of an environment that a script carries."""

    functions: tuple[Function, ...] = ()
    servers: tuple[McpServer, ...] = ()

    @classmethod
    def of(cls, environment: Environment | None) -> Carried:
        """Sort the parts. Raises `InputError` where one can only be had here."""
        functions: list[Function] = []
        servers: list[McpServer] = []
        for part in parts_of(environment):
            if isinstance(part, Toolbox):
                functions += part.functions.values()
            elif isinstance(part, McpServer):
                servers.append(part)
            else:
                cure = "serve the design instead"
                raise InputError(f"a script cannot carry the environment {part.name}; {cure}")
        for function in functions:
            if "$defs" in function.tool.schema:
                raise InputError(
                    f"a script cannot carry the tool {signature(function.tool)}: an argument is of a class; "
                    "give it arguments of JSON's types"
                )
        return cls(tuple(functions), tuple(servers))

    def __bool__(self) -> bool:
        return bool(self.functions or self.servers)

    @property
    def symbols(self) -> list[tuple[str, str]]:
        """What the script has to hold, as modules and names."""
        if not self:
            return []
        own = [(part.function.__module__, part.function.__name__) for part in self.functions]
        names = ["ActingRun", "ScriptTool", "load_schema"]
        server = [("masdesign.environments.mcp", "McpServer")] if self.servers else []
        return [*own, *((ACTING, name) for name in names), ("masdesign.types", "Tool"), *server]

    @property
    def requirements(self) -> list[str]:
        """Distributions that are imported where they are used."""
        return ["mcp"] if self.servers else []

    def source(self) -> str:
        """The tools, as the script's own code reads them."""
        return "\n".join(["ACTIONS = {", *self._entries(), "}", "RUN = ActingRun"])

    def _entries(self) -> Iterator[str]:
        for part in self.functions:
            yield _entry(part.tool, f"{part.function.__name__}, seconds={part.seconds!r}")
        for server in self.servers:
            variable = f"MCP_{server.name.upper().replace('-', '_')}_TOKEN"
            env = ", ".join(f"{name!r}: os.environ.get({name!r}, '')" for name in sorted(server.env))
            made = (
                f"McpServer({server.name!r}, command={list(server.command)!r}, "
                f"url={public_url(server.url)!r}, env={{{env}}}, token=os.environ.get({variable!r}, ''), "
                f"effect={server.effect!r})"
            )
            for tool in server.tools:
                yield _entry(tool, f"server={made}")


def _entry(tool: Tool, rest: str) -> str:
    schema = json.dumps(dict(tool.schema))
    made = f"Tool({tool.name!r}, {tool.description!r}, load_schema({schema!r}), {tool.effect!r})"
    return f"    {tool.name!r}: ScriptTool({made}, {rest}),"
