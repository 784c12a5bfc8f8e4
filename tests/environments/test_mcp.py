"""Tools of a real MCP server, over stdio and over streamable HTTP."""

import asyncio
import contextlib
import socket
import sys
import time
from pathlib import Path

import pytest

from masdesign.cli import main
from masdesign.environments.mcp import McpServer
from masdesign.errors import InputError
from masdesign.protocols import Environment
from masdesign.testing import LentServices
from masdesign.types import Item

pytest.importorskip("mcp")

ITEM = Item("a", "?", "")
SCRIPT = str(Path(__file__).parent / "mcp_server.py")


@pytest.fixture(scope="module")
def shop() -> McpServer:
    return McpServer("shop", command=[sys.executable, SCRIPT], env={"SHOP_TOKEN": "s3cr3t-value"})


@contextlib.asynccontextmanager
async def opened(server):
    episode = await server.open(ITEM, 0, LentServices())
    try:
        yield episode
    finally:
        await episode.aclose()
        await episode.aclose()


@pytest.mark.slow
def test_its_tools_are_those_that_the_server_lists(shop):
    assert isinstance(shop, Environment)
    assert [tool.name for tool in shop.tools] == ["count", "take", "reveal", "sleep", "crash"]
    assert {tool.effect for tool in shop.tools} == {"world"}
    assert shop.tools[1].schema["required"] == ["thing"]
    assert not shop.deterministic
    assert shop.version == McpServer("other", command=[sys.executable, SCRIPT]).version
    assert McpServer("a", command=[sys.executable, SCRIPT], effect="pure").tools[0].effect == "pure"


@pytest.mark.slow
async def test_calls_errors_and_separate_processes(shop):
    async with opened(shop) as one, opened(shop) as two:
        assert (await one.call("take", {"thing": "cups", "number": 2})).text == "1 left"
        assert (await one.call("count", {"thing": "cups"})).text == "1"
        assert (await two.call("count", {"thing": "cups"})).text == "3"
        wrong = await one.call("take", {"thing": "cups", "number": 5})
        assert wrong.error
        assert "not 5 cups" in wrong.text
        assert (await one.call("count", {})).error  # bad arguments
        assert await one.fork() is None
        several = await asyncio.gather(*(one.call("count", {"thing": "cups"}) for _ in range(3)))
        assert [seen.text for seen in several] == ["1"] * 3


@pytest.mark.slow
async def test_secrets_reach_the_server_and_nothing_else(shop, monkeypatch):
    monkeypatch.setenv("OUTER_SECRET", "not for servers")
    async with opened(shop) as episode:
        assert (await episode.call("reveal", {})).text == "token [secret], other None"
    assert "s3cr3t" not in repr(shop)
    assert "s3cr3t" not in shop.version


@pytest.mark.slow
async def test_a_call_that_takes_too_long_and_a_server_that_ends():
    shop = McpServer("shop", command=[sys.executable, SCRIPT], seconds=1.0)
    async with opened(shop) as episode:
        seen = await episode.call("sleep", {})
        assert (seen.text, seen.error) == ("The tool did not finish within 1 seconds.", True)
        assert (await episode.call("count", {"thing": "cups"})).text == "3"  # the next one is served
    patient = McpServer("shop", command=[sys.executable, SCRIPT])
    async with opened(patient) as episode:
        with pytest.raises(ConnectionError, match="closed"):
            await episode.call("crash", {})


def test_a_server_that_does_not_start_is_named_without_its_secrets():
    secret = "s3cr3t-value"
    code = f"import sys; sys.exit('no database for {secret}')"
    server = McpServer("broken", command=[sys.executable, "-c", code], env={"KEY": secret})
    with pytest.raises(InputError) as error:
        _ = server.tools
    told = "the MCP server broken cannot be started (no database for [secret]); check its command"
    assert str(error.value) == told
    with pytest.raises(InputError, match="the MCP server gone cannot be started"):
        _ = McpServer("gone", command=["/no/such/program"]).tools
    with pytest.raises(InputError, match="the MCP server far cannot be reached"):
        _ = McpServer("far", url=f"http://127.0.0.1:{_free_port()}/mcp").tools


@pytest.mark.slow
async def test_streamable_http():
    port = _free_port()
    quiet = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(
        sys.executable, SCRIPT, str(port), stdout=quiet, stderr=quiet
    )
    try:
        await _listening(port)
        shop = McpServer("shop", url=f"http://127.0.0.1:{port}/mcp", token="a-long-token")
        assert [tool.name for tool in await asyncio.to_thread(lambda: shop.tools)][:2] == ["count", "take"]
        assert shop.places == 0
        async with opened(shop) as episode:
            assert (await episode.call("count", {"thing": "cups"})).text == "3"
        async with opened(shop) as unused:
            assert unused.start.text == ""
    finally:
        process.kill()
        await process.wait()


@pytest.mark.parametrize("text", ["shop", "=python x.py", "shop=", "shop:free=python x.py", "shop= 'x"])
def test_what_is_no_server_is_refused(text):
    with pytest.raises(InputError):
        McpServer.parse(text)


@pytest.mark.parametrize(
    "text",
    [
        *("shop=KEY=s3cr3t-value", "shop=s3cr3t-value npx x", "shop KEY=s3cr3t-value", "s3cr3t-value npx x"),
        *("shop=KEY:s3cr3t-value", "shop=-KEY=s3cr3t-value npx x", "shop=KEY='s3cr3t-value", "s3cr3t-value"),
    ],
)
def test_a_mangled_text_is_refused_without_its_secret(text, capsys):
    assert main(["tools", "--mcp", text]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "s3cr3t" not in line
    assert "MCP server" in line


def test_a_server_on_the_command_line(monkeypatch):
    monkeypatch.setenv("OUTER", "outer value")
    server = McpServer.parse("shop=TOKEN=$OUTER LEVEL=2 python 'my server.py'")
    assert (server.command, server.effect) == (("python", "my server.py"), "world")
    assert server.env == {"TOKEN": "outer value", "LEVEL": "2"}
    monkeypatch.setenv("MCP_MY_SHOP_TOKEN", "bearer")
    remote = McpServer.parse("my-shop:pure=https://example.org/mcp?a=b")
    assert (remote.url, remote.token, remote.effect) == ("https://example.org/mcp?a=b", "bearer", "pure")
    with pytest.raises(InputError, match="needs the variable ABSENT"):
        McpServer.parse("shop=TOKEN=$ABSENT python x.py")


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


async def _listening(port: int) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.1)
        else:
            writer.close()
            return
    raise AssertionError("the server does not listen")
