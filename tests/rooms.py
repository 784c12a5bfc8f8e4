"""A small environment: a room with a lamp, in which things can be taken."""

from dataclasses import dataclass, field

from masdesign.types import Observation, Tool

TOOLS = (
    Tool("look", "Look around.", {"type": "object", "properties": {}}),
    Tool(
        "take",
        "Take a thing.",
        {"type": "object", "properties": {"thing": {"type": "string"}}, "required": ["thing"]},
    ),
    Tool("leave", "End.", {"type": "object", "properties": {}}),
)


@dataclass
class Room:
    """An episode: a room with a lamp."""

    has: list = field(default_factory=list)
    start: Observation = field(default_factory=lambda: Observation("You stand in a dark room."))

    async def call(self, tool, arguments):
        if tool == "take":
            self.has.append(arguments["thing"])
            return Observation(f"You have: {', '.join(self.has)}.")
        return Observation("There is a lamp. " * 3) if tool == "look" else Observation("You left.", done=True)

    async def fork(self):
        return None

    async def outcome(self):
        return {"has": self.has}

    async def aclose(self):
        pass


class Rooms:
    """The environment of rooms."""

    name, version, tools, places, calls, deterministic = "rooms", "1", TOOLS, 0, 0, True

    async def open(self, item, seed, services):
        return Room()
