"""Tools of an MCP server, over stdio or streamable HTTP (https://modelcontextprotocol.io).

Commands, addresses, environment variables and tokens are in no record: an environment is known by the name
that its user gives it and by the tools that its server lists. Needs the package ``mcp`` (extra ``mcp``).
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import shlex
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, TextIO, cast

from masdesign.aio import run_sync
from masdesign.environments.toolbox import TIMED_OUT
from masdesign.errors import InputError
from masdesign.protocols import Services
from masdesign.types import Effect, Item, Observation, Tool
from masdesign.versions import short_hash

if TYPE_CHECKING:
    from mcp import Client

SERVER_SECONDS = 60.0
"""Wall-clock limit of a call."""
START_SECONDS = 120.0
"""Patience with a server that starts; a command may download it first (``npx``)."""
PLACES = 4
"""Server processes at once, where each episode starts one."""
SHORTEST_SECRET = 6
"""Values that are shorter are not looked for in what a server answers: they may be ordinary words."""


@dataclass(frozen=True)
class McpServer:
    """An MCP server as an environment. Over stdio each episode starts a process of its own.

    Its tools are of effect ``world`` unless ``effect`` says that they change nothing (``pure``) or
    their own episode alone: what a server says of itself is not relied upon.

    Example::

        McpServer("files", command=["npx", "some-server"], env={"TOKEN": token}, effect="pure")
        McpServer("tracker", url="https://example.org/mcp", token=token)
    """

    name: str
    command: Sequence[str] = field(default=(), repr=False)
    url: str = field(default="", repr=False)
    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Variables of the server's process, beside a few harmless ones (PATH, HOME …)."""
    token: str = field(default="", repr=False)
    """Sent as a bearer token to ``url``."""
    effect: Effect = "world"
    seconds: float = SERVER_SECONDS
    calls: int = 0

    def __post_init__(self) -> None:
        if not self.name or bool(self.command) == bool(self.url):
            raise InputError("an MCP server has a name, and either a command or a URL")

    @classmethod
    def parse(cls, text: str) -> McpServer:
        """Read ``NAME[:EFFECT]=COMMAND`` or ``NAME[:EFFECT]=URL``.

        A command may begin with variables, of which ``$NAME`` is taken from this process's environment:
        ``tracker=TOKEN=$TRACKER_TOKEN npx tracker-server``. A URL's bearer token is read from the variable
        ``MCP_NAME_TOKEN`` (the server's name in upper case).

        Raises:
            InputError: the text has another form, or a variable is not set.

        >>> server = McpServer.parse("files:pure=LEVEL=3 python -m files_server")
        >>> server.name, server.effect, server.command, dict(server.env)
        ('files', 'pure', ('python', '-m', 'files_server'), {'LEVEL': '3'})
        """
        head, equals, rest = text.partition("=")
        name, _, effect = head.strip().partition(":")
        if not equals or not name or not rest.strip() or effect not in ("", "pure", "episode", "world"):
            seen = repr(head) if equals else "a text without ="  # which may be a secret
            raise InputError(
                f"an MCP server is NAME=COMMAND or NAME=URL (or NAME:pure=…, NAME:episode=…), not {seen}"
            )
        chosen: Effect = effect or "world"  # type: ignore[assignment]
        if rest.strip().startswith(("http://", "https://")):
            variable = f"MCP_{name.upper().replace('-', '_')}_TOKEN"
            return cls(name, url=rest.strip(), token=os.environ.get(variable, ""), effect=chosen)
        env, command = _read_command(name, rest)
        return cls(name, command=command, env=env, effect=chosen)

    @property
    def places(self) -> int:
        """Episodes at once: as many as there may be server processes."""
        return PLACES if self.command else 0

    @property
    def deterministic(self) -> bool:
        """Whether the user vouches that the outside plays no part."""
        return self.effect != "world"

    @cached_property
    def tools(self) -> tuple[Tool, ...]:
        """What the server lists; it is started, or asked, once.

        Raises:
            InputError: it cannot be started or reached, or ``mcp`` is not installed.
        """
        return run_sync(self._listed)

    @cached_property
    def version(self) -> str:
        """Changes with the tools that the server lists."""
        tools = [[t.name, t.description, t.schema] for t in self.tools]
        return short_hash(json.dumps(tools, sort_keys=True, default=str))

    async def open(self, item: Item, seed: int, services: Services) -> McpEpisode:
        """Begin an episode; the server is started with the first call."""
        return McpEpisode(self)

    async def _listed(self) -> tuple[Tool, ...]:
        async with self.connected() as client:
            tools, cursor = [], None
            while True:
                page = await client.list_tools(cursor=cursor)
                tools += [Tool(t.name, t.description or "", t.input_schema, self.effect) for t in page.tools]
                cursor = page.next_cursor
                if not cursor:
                    return tuple(tools)

    @contextlib.asynccontextmanager
    async def connected(self) -> AsyncIterator[Client]:
        """A connection, within the ``with``; to be entered and left in the same task.

        Raises:
            InputError: the server cannot be started or reached.
        """
        try:
            from mcp import Client
        except ImportError as error:
            raise InputError("MCP servers need the package mcp; install masdesign[mcp]") from error
        with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as log:
            async with contextlib.AsyncExitStack() as stack:
                try:
                    client = Client(
                        await self._transport(cast(TextIO, log), stack),
                        read_timeout_seconds=START_SECONDS + self.seconds,
                    )
                    async with asyncio.timeout(START_SECONDS):
                        await stack.enter_async_context(client)
                except (Exception, asyncio.CancelledError) as error:
                    if isinstance(error, asyncio.CancelledError) and _is_cancelled():
                        raise
                    what, where = ("started", "command") if self.command else ("reached", "URL")
                    reason = self.scrubbed(_reason(error, cast(TextIO, log)))
                    raise InputError(
                        f"the MCP server {self.name} cannot be {what} ({reason}); check its {where}"
                    ) from None
                yield client

    async def _transport(self, log: TextIO, stack: contextlib.AsyncExitStack) -> Any:
        if self.command:
            from mcp import StdioServerParameters, stdio_client

            program, *arguments = self.command
            return stdio_client(
                StdioServerParameters(command=program, args=arguments, env=dict(self.env)), errlog=log
            )
        from mcp.client.streamable_http import streamable_http_client
        from mcp.shared._httpx_utils import create_mcp_http_client

        headers = {"Authorization": f"Bearer {self.token}"} if self.token else None
        http = await stack.enter_async_context(create_mcp_http_client(headers=headers))
        return streamable_http_client(self.url, http_client=http)

    def scrubbed(self, text: str) -> str:
        """A text of the server without the secrets that were given to it."""
        secrets = {*self.env.values(), self.token, self.url if "@" in self.url else ""}
        for secret in sorted(secrets, key=len, reverse=True):
            if len(secret) >= SHORTEST_SECRET:
                text = text.replace(secret, "[secret]")
        return text


class McpEpisode:
    """An episode of an MCP server. The connection lives in a task of its own, since whoever opens one has to
    close it, and calls come from many tasks."""

    start = Observation("")

    def __init__(self, server: McpServer) -> None:
        self.server = server
        self._client: asyncio.Future[Client] | None = None
        self._holder: asyncio.Task[None] | None = None
        self._closing = asyncio.Event()

    async def call(self, tool: str, arguments: Mapping[str, Any]) -> Observation:
        """Call a tool of the server.

        Raises:
            InputError: the server cannot be started or reached.
            ConnectionError: it broke off.
        """
        client = await self._connection()
        try:
            async with asyncio.timeout(self.server.seconds):
                result = await client.call_tool(tool, dict(arguments))
        except TimeoutError:
            return Observation(f"{TIMED_OUT} {self.server.seconds:g} seconds.", error=True)
        except Exception as error:  # noqa: BLE001 - a client raises many things when a server breaks off
            reason = self.server.scrubbed(str(error) or type(error).__name__)
            raise ConnectionError(reason) from None
        return Observation(self.server.scrubbed(_text(result)), error=bool(result.is_error))

    async def fork(self) -> None:
        """A server cannot be copied."""

    async def outcome(self) -> Mapping[str, Any]:
        """Nothing: what is outside is not looked at."""
        return {}

    async def aclose(self) -> None:
        """End the connection, and over stdio the process."""
        self._closing.set()
        if self._holder is not None:
            await asyncio.gather(self._holder, return_exceptions=True)

    async def _connection(self) -> Client:
        if self._client is None:
            self._client = asyncio.get_running_loop().create_future()
            self._holder = asyncio.create_task(self._hold(self._client))
        return await asyncio.shield(self._client)

    async def _hold(self, ready: asyncio.Future[Client]) -> None:
        try:
            async with self.server.connected() as client:
                ready.set_result(client)
                await self._closing.wait()
        except BaseException as error:
            if not ready.done():
                ready.set_exception(error)
                ready.exception()  # whoever waits has it; nobody may
            else:
                raise


def _text(result: Any) -> str:
    """A result as an agent reads it: its texts; else its structure as JSON."""
    texts = [
        block.text
        if block.type == "text"
        else f"[{block.type} {getattr(block, 'mime_type', '')}]".replace(" ]", "]")
        for block in result.content
    ]
    if not texts and result.structured_content is not None:
        return json.dumps(result.structured_content, ensure_ascii=False)
    return "\n".join(texts)


def hide_secrets(text: str) -> str:
    """``NAME=COMMAND`` with ``***`` for the values of variables, which are to be put in again.

    >>> hide_secrets("shop:pure=TOKEN=abc LEVEL=$LEVEL python shop.py --size=3")
    'shop:pure=TOKEN=*** LEVEL=$LEVEL python shop.py --size=3'
    >>> hide_secrets("shop=TOKEN='a b' python shop.py"), hide_secrets("shop=https://example.org/?a=b")
    ('shop=TOKEN=*** python shop.py', 'shop=https://example.org/?a=b')
    """
    head, equals, rest = text.partition("=")
    value = r"""(?:'[^']*'|"[^"]*"|\S*)"""
    variables = re.match(rf"(?:\s*[A-Za-z_]\w*={value}(?=\s))*", rest)
    end = variables.end() if variables else 0
    return f"{head}{equals}{re.sub(rf'=(?![$]){value}', '=***', rest[:end])}{rest[end:]}"


def _read_command(name: str, text: str) -> tuple[dict[str, str], tuple[str, ...]]:
    """Variables before a command, and the command."""
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise InputError(f"the command of the MCP server {name} cannot be read ({error})") from error
    env: dict[str, str] = {}
    while words and "=" in words[0] and words[0].partition("=")[0].isidentifier():
        variable, _, value = words.pop(0).partition("=")
        if value.startswith("$"):
            if value[1:] not in os.environ:
                raise InputError(f"the MCP server {name} needs the variable {value[1:]}, which is not set")
            value = os.environ[value[1:]]
        env[variable] = value
    if not words:
        raise InputError(f"the MCP server {name} has no command")
    return env, tuple(words)


def _reason(error: BaseException, log: TextIO) -> str:
    """Why a server did not start: the last line that it wrote, else the innermost error."""
    log.seek(0)
    written = [line.strip() for line in log if line.strip()]
    if written:
        return written[-1]
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if isinstance(error, TimeoutError | asyncio.CancelledError):
        return f"no answer within {START_SECONDS:g} seconds"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror  # without the program's name, which is a secret where the text was mangled
    return str(error) or type(error).__name__


def _is_cancelled() -> bool:
    """Whether this task itself is to end (anyio cancels within it, too, when a server breaks off)."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
