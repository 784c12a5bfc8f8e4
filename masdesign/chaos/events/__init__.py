"""What happens to a search: one public function an event. Adding an event is adding such a function.

An event starts the search, disturbs it, and returns how its process ended. What a user would do before going
on, such as moving a file away that a message calls damaged, it does itself.
"""

from inspect import isfunction
from types import ModuleType

from masdesign.chaos.events import files, machine, provider, signals
from masdesign.chaos.scene import Happening


def _events_of(module: ModuleType) -> dict[str, Happening]:
    """The public functions that a module defines."""
    own = {name: value for name, value in vars(module).items() if isfunction(value)}
    return {n: f for n, f in own.items() if f.__module__ == module.__name__ and not n.startswith("_")}


EVENTS: dict[str, Happening] = {}
for part in (signals, provider, files, machine):
    EVENTS |= _events_of(part)
