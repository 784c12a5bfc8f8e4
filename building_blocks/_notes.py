"""The item's own notes as two tools: they outlive a conversation, and all agents of the item share them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from masdesign.environments.arguments import read_arguments
from masdesign.environments.state import WrongCall
from masdesign.types import Observation, Tool, ToolCall
from masdesign.workflow import running


def _note_tool(name: str, description: str, *arguments: str) -> Tool:
    properties = {argument: {"type": "string"} for argument in arguments}
    return Tool(name, description, {"type": "object", "properties": properties, "required": list(arguments)})


def write_note(name: str, text: str) -> str:
    """Keep a note under a name, in place of an earlier one."""
    return running().notes.write_file(name, text)


def read_note(name: str) -> str:
    """Read a note."""
    return running().notes.read_file(name)


NOTE_TOOLS = (
    _note_tool("write_note", "Keep a note under a name, in place of an earlier one.", "name", "text"),
    _note_tool("read_note", "Read a note.", "name"),
)
"""What an agent that takes notes is offered beside the tools of the environment."""
OF_NOTES: Mapping[str, Callable[..., str]] = {"write_note": write_note, "read_note": read_note}


def use_notes(call: ToolCall) -> Observation:
    """Write or read a note as a model asks for it, seen in the trace; a wrong call is an observation."""
    tool = next(tool for tool in NOTE_TOOLS if tool.name == call.name)
    arguments = read_arguments(tool, call.arguments)
    try:
        if isinstance(arguments, str):
            raise WrongCall(arguments)
        observation = Observation(OF_NOTES[call.name](**arguments))
    except WrongCall as error:
        observation = Observation(str(error), error=True)
    running().note(call.name, observation.text)
    return observation


def names_of_notes() -> str:
    """What an agent is told of the notes that there are; empty where there are none."""
    names = ", ".join(sorted(running().notes.files))
    return f"Notes: {names}" if names else ""
