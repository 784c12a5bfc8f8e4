"""What every long job tells whoever watches it; where it stands, each kind of job tells in its own words."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Started:
    """The run has its name and has spent nothing yet."""

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
    """Watch nothing."""
