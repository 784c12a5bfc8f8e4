"""Where items run: one executor a file, each an `Executor` (`masdesign.workflow.runtime`)."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace

from masdesign.registry import Registry
from masdesign.workflow import Executor

LOCAL = "local"


@dataclass(frozen=True)
class Place:
    """A kind of executor, by the name that stands before the first colon (``ray`` of ``ray://HOST:PORT``)."""

    name: str
    connect: Callable[[str], AbstractContextManager[Executor]]
    """Opens the executor that the whole name means, for as long as the ``with`` lasts.

    Raises InputError: what it needs is not installed, or nothing answers there."""
    rest: str = ""
    """What the user gave behind the name, with the colon."""


EXECUTORS: Registry[Place] = Registry(
    "executor", Place, home=__name__, argument=lambda place, text: replace(place, rest=f":{text}")
)


def open_executor(name: str = LOCAL) -> AbstractContextManager[Executor]:
    """The executor called ``name``, for as long as the ``with`` lasts.

    ``local`` is this process. ``ray`` is Ray on this machine, or the cluster that the environment variable
    ``RAY_ADDRESS`` names (as in a Ray job). ``ray://HOST:PORT`` is the cluster whose client port that is.

    Raises:
        InputError: there is no such executor, the extra ``ray`` is not installed, or nothing answers there.
    """
    place = EXECUTORS.get(name)
    return place.connect(place.name + place.rest)
