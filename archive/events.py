"""Events that every long job emits: it has started; a note. Progress is each job's own event."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Started:
    """The run is named; nothing is spent yet."""

    run: str
    resumed: bool
    """Whether a run of that name was there already."""

    def __str__(self) -> str:
        return f"{'going on with run' if self.resumed else 'run'} {self.run}"


@dataclass(frozen=True, slots=True)
class Note:
    """One line that a person should read."""

    text: str

    def __str__(self) -> str:
        return f"note: {self.text}"


def ignore(event: object) -> None:
    """Ignore an event."""
