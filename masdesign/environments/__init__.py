"""Where agents act: tools, and environments whose state is opened anew for each item.

`Toolbox` makes an environment of functions with typed hints; the others are a file each. What all of
them keep to is `masdesign.protocols.Environment`. Names are imported on first use.
"""

from masdesign.modules import lazily

__getattr__, __dir__ = lazily(
    __name__,
    {
        "ENVIRONMENTS": "_registry",
        "TOOLS": "_registry",
        "Combined": "combined",
        "Corpus": "corpus",
        "McpServer": "mcp",
        "State": "state",
        "StateEnvironment": "state",
        "Toolbox": "toolbox",
        "WrongCall": "state",
        "argument_error": "arguments",
        "parse_tools": "parse",
        "read_arguments": "arguments",
        "tool": "schema",
    },
)
