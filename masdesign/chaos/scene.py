"""What an event works on: the search, its model, and a source of chance."""

import random
import subprocess
from collections.abc import Callable
from dataclasses import dataclass

from masdesign.chaos.server import ChaosModel
from masdesign.chaos.victim import Ending, Victim

PAGE = 4096
"""Bytes of a page of SQLite."""


class NotPossible(Exception):
    """This machine does not allow the event."""


@dataclass(frozen=True)
class ChaosScene:
    """What an event works on."""

    victim: Victim
    model: ChaosModel
    rng: random.Random
    database: str = ""
    """URL of a PostgreSQL server, without a database's name, for the events that need one."""

    def moment(self) -> float:
        """Any moment of an undisturbed search, in seconds from its start."""
        return self.rng.uniform(0.0, self.victim.seconds)

    def strike(self, process: subprocess.Popen[str]) -> bool:
        """Wait until a moment of the search; return whether it still runs."""
        try:
            process.wait(self.moment())
        except subprocess.TimeoutExpired:
            return True
        return False

    def kill(self) -> None:
        """Start the search, and kill it at any moment."""
        process = self.victim.start()
        if self.strike(process):
            process.kill()
        self.victim.wait(process)

    def while_it_runs(self, disturb: Callable[[], None]) -> Ending:
        """Start the search, disturb it at any moment, and wait for its end."""
        process = self.victim.start()
        if self.strike(process):
            disturb()
        return self.victim.wait(process)


Happening = Callable[[ChaosScene], Ending]
