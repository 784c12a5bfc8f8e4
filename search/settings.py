"""`Settings`: all that decides the course of a search besides its budget."""

from dataclasses import dataclass, replace

from masdesign.errors import InputError
from masdesign.search.grammar.generate import MAX_CALLS
from masdesign.search.objective import OBJECTIVES
from masdesign.search.strategies import DEFAULT_STRATEGY, STRATEGIES
from masdesign.session.spec import RunSpec
from masdesign.tasks import Task
from masdesign.workflow import Design

DEFAULT_BATCH = 8
EXPERIENCE = ("cold", "warm", "shuffled", "seeds")
"""What a run may begin with, where that is measured: nothing; lessons of other tasks, without their designs;
the same, each dealt to another feature; the best designs of similar tasks, and no lesson."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How to search. A run that goes on must have the same."""

    strategy: str = DEFAULT_STRATEGY
    objective: str = "score"
    seed: int = 0
    batch: int = DEFAULT_BATCH
    """Proposals that are made, and tried, together."""
    world: int = 0
    """An independent replicate of all draws."""
    transfer: bool = True
    """Whether a new run may begin with what did well on similar tasks; one that goes on keeps what it has."""

    experience: str = ""
    """One of `EXPERIENCE`; by default whatever the strategy takes."""
    only: tuple[str, ...] = ()
    """Names of the blocks that designs may be made of; all, where there are none."""
    without: tuple[str, ...] = ()
    """Names of blocks of which no design is made, nor of what is one of them in other words."""
    literature: bool = True
    """Whether it begins with the designs that the literature knows."""
    start: tuple[Design, ...] = ()
    """A user's own designs, which are tried first and built on."""

    def __post_init__(self) -> None:
        STRATEGIES.get(self.strategy)
        if self.objective not in OBJECTIVES:
            raise InputError(
                f"objective {self.objective!r} does not exist; choose one of {', '.join(OBJECTIVES)}"
            )
        if self.experience not in ("", *EXPERIENCE):
            raise InputError(
                f"experience {self.experience!r} does not exist; choose one of {', '.join(EXPERIENCE)}"
            )
        if self.batch < 1:
            raise InputError(f"batch {self.batch} is too small; give 1 or more")

    @property
    def label(self) -> str:
        """The strategy, and what it begins with where that is measured.

        >>> Settings("random", experience="cold").label
        'random (cold)'
        """
        return f"{self.strategy} ({self.experience})" if self.experience else self.strategy

    def admits(self, block: str) -> bool:
        """Whether designs may be made of the block of that name."""
        return (not self.only or block in self.only) and block not in self.without

    def spec(self, run: RunSpec, task: Task, **more: object) -> RunSpec:
        """The run's specification, with the task as far as it is used.

        ``more`` is what else decides its course, as JSON values by name, where there is any: ``prices`` of
        the models, ``seeds`` and ``promoted`` blocks that it begins with, ``insights`` that are known then,
        the ``designer`` where a model writes designs.
        """
        options = {
            "objective": self.objective,
            "batch": self.batch,
            "max_calls": MAX_CALLS,
            "val_items": len(task.val),
            "test_items": task.size("test"),
        }
        bounds = {
            "with": sorted(self.only),
            "without": sorted(self.without),
            "from_scratch": not self.literature,
            "start": [design.id for design in self.start],
            "experience": self.experience,
        }
        spec = replace(run, job=self.strategy, task=task, seed=self.seed, world=self.world, options=options)
        return spec.with_options(**bounds, **more)
