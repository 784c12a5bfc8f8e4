"""An MCP server for tests: ``python mcp_server.py`` over stdio, ``… PORT`` over streamable HTTP."""

import asyncio
import os
import sys

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError

server = MCPServer("shop")
stock = {"cups": 3}


@server.tool()
def count(thing: str) -> int:
    """How many there are."""
    return stock.get(thing, 0)


@server.tool()
def take(thing: str, number: int = 1) -> str:
    """Take some away."""
    if stock.get(thing, 0) < number:
        raise ToolError(f"not {number} {thing}")
    stock[thing] -= number
    return f"{stock[thing]} left"


@server.tool()
def reveal() -> str:
    """Tell the environment."""
    return f"token {os.environ.get('SHOP_TOKEN')}, other {os.environ.get('OUTER_SECRET')}"


@server.tool()
async def sleep() -> str:
    """Take very long."""
    await asyncio.sleep(600)
    return "done"


@server.tool()
def crash() -> str:
    """End the process."""
    os._exit(3)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        server.run("streamable-http", port=int(sys.argv[1]))
    else:
        server.run()
