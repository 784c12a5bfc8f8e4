"""A text house: an agent walks through rooms, opens places, and brings things where they belong.

The state is a plain table (`make`), so items are generated from a seed at any difficulty, and `oracle` says
which actions reach the goals. In the spirit of TextWorld (Côté et al. 2018, arXiv:1806.11532) and ALFWorld
(Shridhar et al. 2021, arXiv:2010.03768).
"""

import random
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from masdesign.environments.schema import tool
from masdesign.environments.state import CountedState, State, StateEnvironment, WrongCall
from masdesign.types import Action, Item

ROOMS = (
    "kitchen", "hall", "study", "bedroom", "bathroom", "pantry", "cellar", "attic", "garage", "library",
    "nursery", "workshop", "parlour", "laundry", "conservatory", "guest room",
)  # fmt: skip
SURFACES = ("table", "shelf", "bench", "desk", "stool", "rack")
CONTAINERS = ("cupboard", "drawer", "chest", "cabinet", "box", "wardrobe")
MATERIALS = ("oak", "pine", "steel", "wicker", "marble", "bamboo", "walnut", "copper", "glass", "stone")
COLOURS = ("red", "blue", "green", "white", "black", "yellow", "grey", "purple", "orange", "brown")
THINGS = (
    "cup", "book", "lamp", "candle", "spoon", "hammer", "scarf", "bottle", "clock", "brush", "plate", "pen",
    "basket", "mirror", "glove", "bell", "vase", "ladle", "rope", "torch", "letter", "coin", "jar", "towel",
)  # fmt: skip
HANDS = 2
"""Things that can be carried at once."""


@dataclass(frozen=True, slots=True)
class World:
    """Where everything is when an episode begins."""

    rooms: dict[str, list[str]]
    """Exits by room."""
    start: str
    places: dict[str, str]
    """Each place, and its room."""
    closed: list[str]
    """Places that are to be opened first."""
    locks: dict[str, str]
    """Closed places that a key opens, and the thing that is the key."""
    things: dict[str, str]
    """Each thing, and its place."""
    goals: list[list[str]]
    """Pairs of a thing and the place where it belongs."""
    steps: int
    """Actions after which the episode ends."""


def make(rng: random.Random, difficulty: int) -> World:
    """Return a house with ``difficulty`` goals (at least one), in 3 + difficulty rooms.

    From difficulty 2 on a place is locked, and its key lies elsewhere.
    """
    goals = max(1, difficulty)
    rooms = rng.sample(ROOMS, min(len(ROOMS), 3 + goals))
    exits: dict[str, list[str]] = {room: [] for room in rooms}
    for number, room in enumerate(rooms[1:], 1):  # a tree, so that every room can be reached
        other = rooms[rng.randrange(max(0, number - 2), number)]
        exits[room].append(other)
        exits[other].append(room)
    places, closed = _places(rng, rooms)
    names = [f"{c} {t}" for c in COLOURS for t in THINGS]
    things = {name: rng.choice(list(places)) for name in rng.sample(names, 2 * len(rooms))}
    wanted = rng.sample(sorted(things), goals)
    aims = [[thing, rng.choice([p for p in places if p != things[thing]])] for thing in wanted]
    locks: dict[str, str] = {}
    boxes = sorted({p for aim in aims for p in (aim[1], things[aim[0]]) if p in closed})
    if difficulty >= 2 and boxes:
        locks[boxes[0]] = "iron key"
        things["iron key"] = rng.choice([p for p in places if p not in locks])
    return World(exits, rooms[0], places, closed, locks, things, aims, 20 + 30 * goals)


def _places(rng: random.Random, rooms: list[str]) -> tuple[dict[str, str], list[str]]:
    """A surface and a closed container in every room."""
    surfaces = rng.sample([f"{m} {s}" for m in MATERIALS for s in SURFACES], len(rooms))
    closed = rng.sample([f"{m} {c}" for m in MATERIALS for c in CONTAINERS], len(rooms))
    pairs = zip(rooms, surfaces, closed, strict=True)
    return {place: room for room, *both in pairs for place in both}, closed


def task_of(world: World) -> str:
    """What is to be done, in words."""
    aims = " ".join(f"Bring the {thing} to the {place}." for thing, place in world.goals)
    return f"You are in a house of {len(world.rooms)} rooms, in the {world.start}. {aims}"


class House(CountedState):
    """A house in the course of an episode."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.room = world.start
        self.things = dict(world.things)
        self.shut = set(world.closed)
        self.most_steps = world.steps

    @tool
    def look(self) -> str:
        """Look around: the room's doors, its places, what lies there, and what you carry."""
        lines = [f"You are in the {self.room}. Doors lead to: {', '.join(self.world.rooms[self.room])}."]
        for place, room in self.world.places.items():
            if room == self.room:
                lines.append(self._contents(place))
        carried = self._at("you")
        return "\n".join([*lines, f"You carry: {_listed(carried)}."])

    @tool
    def go(self, room: str) -> str:
        """Go through a door to a room next to this one."""
        name = _named(room)
        if name not in self.world.rooms[self.room]:
            raise WrongCall(f"No door leads to the {name} from the {self.room}.")
        self.room = name
        return self.look()

    @tool
    def open(self, place: str) -> str:
        """Open a closed place of this room. A locked one needs its key, which you must carry."""
        name = self._here(place)
        if name not in self.shut:
            raise WrongCall(f"The {name} is open already.")
        key = self.world.locks.get(name)
        if key and self.things[key] != "you":
            raise WrongCall(f"The {name} is locked. You need the {key}.")
        if key:
            self.things[key] = name  # it stays in the lock
        self.shut.discard(name)
        return self._contents(name)

    @tool
    def take(self, thing: str) -> str:
        """Take a thing that lies in this room, in an open place. You can carry two."""
        name = _named(thing)
        place = self.things.get(name, "")
        if place == "you":
            raise WrongCall(f"You carry the {name} already.")
        if self.world.places.get(place) != self.room or place in self.shut:
            raise WrongCall(f"You see no {name} here.")
        if len(self._at("you")) >= HANDS:
            raise WrongCall("Your hands are full.")
        self.things[name] = "you"
        return f"You take the {name}."

    @tool
    def put(self, thing: str, place: str) -> str:
        """Put a thing that you carry into an open place of this room."""
        name, where = _named(thing), self._here(place)
        if self.things.get(name) != "you":
            raise WrongCall(f"You do not carry the {name}.")
        if where in self.shut:
            raise WrongCall(f"The {where} is closed.")
        self.things[name] = where
        return f"You put the {name} there."

    def finished(self) -> bool:
        """Whether every goal is reached."""
        return all(self._reached())

    def outcome(self) -> Mapping[str, Any]:
        """``reward`` is 1.0 where every goal is reached; ``goals`` says which are."""
        reached = self._reached()
        return {"reward": float(all(reached)), "goals": reached, "steps": self.steps}

    def _reached(self) -> list[bool]:
        return [self.things[thing] == place for thing, place in self.world.goals]

    def _here(self, place: str) -> str:
        name = _named(place)
        if self.world.places.get(name) != self.room:
            raise WrongCall(f"There is no {name} in the {self.room}.")
        return name

    def _at(self, place: str) -> list[str]:
        return [thing for thing, where in self.things.items() if where == place]

    def _contents(self, place: str) -> str:
        return f"The {place}: {'closed' if place in self.shut else _listed(self._at(place))}."


def _named(text: str) -> str:
    """A name as an agent may write it."""
    return " ".join(text.casefold().split()).removeprefix("the ")


def _listed(names: list[str]) -> str:
    return ", ".join(names) or "nothing"


def oracle(item: Item) -> list[Action]:
    """Return actions that reach every goal of an item, found with the whole house in view."""
    house, actions = House(World(**item.record["world"])), list[Action]()

    def act(name: str, **arguments: str) -> None:
        getattr(house, name)(**arguments)
        actions.append(Action(name, arguments))

    def walk(place: str) -> None:
        for room in _path(house.world.rooms, house.room, house.world.places[place])[1:]:
            act("go", room=room)

    def unlock(place: str) -> None:
        if place in house.shut:
            if key := house.world.locks.get(place):
                fetch(key)
            walk(place)
            act("open", place=place)

    def fetch(thing: str) -> None:
        unlock(house.things[thing])
        walk(house.things[thing])
        act("take", thing=thing)

    for thing, place in house.world.goals:
        unlock(place)
        fetch(thing)
        walk(place)
        act("put", thing=thing, place=place)
    return actions


def _path(rooms: Mapping[str, list[str]], start: str, end: str) -> list[str]:
    """The shortest way, both ends included."""
    waiting, before = deque([start]), {start: start}
    while end not in before:
        room = waiting.popleft()
        for other in rooms[room]:
            if other not in before:
                before[other] = room
                waiting.append(other)
    way = [end]
    while way[-1] != start:
        way.append(before[way[-1]])
    return way[::-1]


def _begin(item: Item, seed: int) -> tuple[State, str]:
    house = House(World(**item.record["world"]))
    return house, house.look()


HOUSE = StateEnvironment("house", "1", House, _begin)
"""The environment; an item's ``record["world"]`` is a `World` as JSON."""
