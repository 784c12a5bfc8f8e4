"""Bringing things where they belong: a teacher who knows no more of the house than has been seen."""

import copy
from collections import deque
from collections.abc import Callable, Generator

from masdesign.environments.house import House, make, task_of
from masdesign.environments.state import WrongCall
from masdesign.tasks.buckets import is_reserved
from masdesign.training.case import Exercise
from masdesign.training.mechanisms.draw import Draw
from masdesign.training.mechanisms.episode import (
    Move,
    Playthrough,
    Policy,
    conversation,
    play,
    shown_tools,
)
from masdesign.types import Observation, Question

Moves = Generator[Move, str, None]


class Explorer:
    """A teacher's view of a house: the rooms that were entered, and what is open in them."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.entered = {house.room}
        self.locked: set[str] = set()

    def policy(self) -> Policy:
        """Reach the goals one after another."""
        for thing, place in self.house.world.goals:
            if self.house.things[thing] != place:
                yield from self.fetch(thing)
                yield from self.bring(thing, place)
        return ""

    def fetch(self, thing: str) -> Moves:
        """Find a thing and take it."""
        house = self.house
        if house.things[thing] == "you":
            return
        while not self._sees(thing):
            yield from self._explore(f"I look for the {thing}.", boxes=True)
        where = house.things[thing]
        yield from self._walk(where, f"The {thing} is in the {where}." if self._is_box(where) else "")
        yield Move(f"The {thing} is here.", "take", {"thing": thing})

    def bring(self, thing: str, place: str) -> Moves:
        """Carry a thing to its place and put it there."""
        house = self.house
        carry = f"I carry the {thing}."
        while house.world.places[place] not in self.entered:
            yield from self._explore(f"{carry} I look for the {place}.", boxes=False)
        yield from self._walk(place, f"{carry} The {place} is in the {house.world.places[place]}.")
        if place in house.shut:
            yield from self._open(place, f"The {place} is closed.")
            yield from self._walk(place, f"{carry} The {place} is in the {house.world.places[place]}.")
        yield Move(f"The {place} is here and open.", "put", {"thing": thing, "place": place})

    def _open(self, place: str, why: str) -> Moves:
        """Open a closed place; where it is locked, fetch the key first."""
        seen = yield Move(why, "open", {"place": place})
        if "locked" in seen:
            self.locked.add(place)
            key = self.house.world.locks[place]
            yield from self.fetch(key)
            yield from self._walk(place, f"I carry the {key}.")
            yield Move(f"I have the {key}.", "open", {"place": place})

    def _sees(self, thing: str) -> bool:
        house, place = self.house, self.house.things[thing]
        return place not in house.shut and house.world.places[place] in self.entered

    def _is_box(self, place: str) -> bool:
        return place in self.house.world.closed

    def _explore(self, why: str, *, boxes: bool) -> Moves:
        """One step towards what was not seen yet: a closed place here, or the nearest such place or room."""
        house = self.house
        here = self._closed(house.room) if boxes else []
        if here:
            yield from self._open(here[0], why)
            return
        target = self._nearest(lambda room: room not in self.entered or (boxes and bool(self._closed(room))))
        room, doors = self._way(target)[1], house.world.rooms[house.room]
        new = [door for door in doors if door not in self.entered]
        names = f"Doors: {', '.join(doors)}. New: {', '.join(new) or 'none'}."
        yield Move(f"{why} {names}", "go", {"room": room})
        self.entered.add(room)

    def _closed(self, room: str) -> list[str]:
        house = self.house
        return [
            place
            for place, where in house.world.places.items()
            if where == room and place in house.shut and place not in self.locked
        ]

    def _walk(self, place: str, why: str) -> Moves:
        while self.house.room != self.house.world.places[place]:
            room = self._way(self.house.world.places[place])[1]
            yield Move(
                why or f"The {place} is in the {self.house.world.places[place]}.", "go", {"room": room}
            )

    def _way(self, target: str) -> list[str]:
        """The shortest way through rooms that were entered."""
        before, waiting = {self.house.room: ""}, deque([self.house.room])
        while waiting:
            room = waiting.popleft()
            for other in self.house.world.rooms[room] if room in self.entered else ():
                if other not in before:
                    before[other] = room
                    waiting.append(other)
        way = [target]
        while before[way[-1]]:
            way.append(before[way[-1]])
        return way[::-1]

    def _nearest(self, wanted: Callable[[str], bool]) -> str:
        seen, waiting = {self.house.room}, deque([self.house.room])
        while waiting:
            room = waiting.popleft()
            if wanted(room):
                return room
            for other in self.house.world.rooms[room] if room in self.entered else ():
                if other not in seen:
                    seen.add(other)
                    waiting.append(other)
        raise AssertionError("every thing can be reached")


def house_for(draw: Draw) -> House:
    """A house; an easy one is near the goal, so that few steps are left."""
    level = 1 if draw.easy else draw.rng.choice((1, 1, 1, 2))
    while True:
        house = House(make(draw.rng, level))
        if draw.easy:
            house = _near_the_end(draw, house)
        if is_reserved(task_in(house)) is draw.held:
            return house


def _near_the_end(draw: Draw, house: House) -> House:
    other = copy.deepcopy(house)
    steps = len(play(other, shown_tools(House), Explorer(other).policy(), "").steps)
    return house if steps < 4 else _advanced(house, steps - draw.rng.randint(1, 4))


def _advanced(house: House, steps: int) -> House:
    """The house after so many steps of the teacher."""
    policy = Explorer(house).policy()
    step = next(policy)
    for _ in range(steps):
        seen = house.after(Observation(_text(house, step)))
        step = policy.send(seen.text)
    house.steps = 0
    return house


def _text(house: House, step: Move) -> str:
    try:
        return str(getattr(house, step.tool)(**step.arguments))
    except WrongCall as error:
        return f"Error: {error}"


def task_in(house: House) -> str:
    """The task as it is posed in this state."""
    text = task_of(house.world)
    return text.replace(f"in the {house.world.start}.", f"in the {house.room}.", 1)


def house_episode(house: House) -> Playthrough:
    """The teacher's episode from this state on, which it changes."""
    start = house.look()
    return play(house, shown_tools(House), Explorer(house).policy(), start)


def act_house(draw: Draw) -> list[Exercise]:
    """Bring things where they belong."""
    house = house_for(draw)
    question = Question(task_in(house))
    return [conversation("act_house", draw, question, house_episode(house))]
