"""What the evaluator lends while an item is scored: models by role, programs, processes."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from masdesign.errors import InputError, ProviderError
from masdesign.evaluation.workers import SECONDS, workers
from masdesign.lm.protocol import completed
from masdesign.types import Completion, Message, ProgramResult, Request, Usage
from masdesign.workflow import Runtime, Sandbox
from masdesign.workflow.faults import ending, failure_of, usable
from masdesign.workflow.programs import Programs

R = TypeVar("R")

JUDGE_TOKENS = 1024
"""The length of a completion where a scorer does not say."""

_programs: WeakKeyDictionary[Sandbox, Programs] = WeakKeyDictionary()


@dataclass(eq=False)
class ItemServices:
    """`masdesign.protocols.Services` for one item, within its account.

    It remembers what must not be lost where a scorer catches too much: ``fatal`` ends the run, and an
    ``outage`` leaves the item unscored, whatever the scorer makes of them.
    """

    runtime: Runtime
    used: Usage = field(default_factory=Usage)
    """Of all completions, in full: the item's overhead."""
    calls: int = 0
    fatal: BaseException | None = None
    outage: ProviderError | None = None
    asked: list[tuple[str, list[Any], dict[str, Any]]] = field(default_factory=list)
    """Role, messages and options of every completion, as JSON."""
    _samples: Counter[Request] = field(default_factory=Counter)

    @property
    def stopped(self) -> BaseException | None:
        """What ends the run, or leaves the item unscored."""
        return self.fatal or self.outage

    @property
    def embeds(self) -> bool:
        """Whether there is a model in the role ``embedding``."""
        return "embedding" in self.runtime.roles

    async def complete(self, role: str, messages: Sequence[Message], **options: Any) -> Completion:
        """Have a completion of the model in ``role``; the n-th same request of an item is sample n.

        ``options`` are fields of a `Request`: ``temperature``, ``max_tokens``, ``stop``, ``sample``.
        """
        try:
            lm = self.runtime.roles.get(role)
            if lm is None:
                raise InputError(f"the task needs a model in the role {role!r}; name one")
            request = self._request(messages, options)
            rows = [[message.role, message.content] for message in messages]
            self.asked.append((role, rows, {**options, "sample": request.sample}))
            completion = await completed(lm, request)
            self.used, self.calls = self.used + completion.usage, self.calls + 1
            return usable(completion)
        except ProviderError as error:
            self.outage = self.outage or error
            raise
        except Exception as error:
            if failure_of(error) is None:
                self.fatal = self.fatal or ending(error, f"the model in the role {role!r}")
            raise

    async def run_program(self, source: str, *, stdin: str = "", seconds: float = 5.0) -> ProgramResult:
        """Run a Python program without network, files or environment, within limits."""
        sandbox = self.runtime.sandbox
        if sandbox not in _programs:
            _programs[sandbox] = Programs(sandbox)
        return await _programs[sandbox].run(source, stdin=stdin, seconds=seconds)

    async def in_process(self, function: Callable[..., R], *arguments: Any, seconds: float = SECONDS) -> R:
        """Run a picklable function in a worker process that is killed when it takes too long.

        Raises:
            TimeoutError: it took longer than ``seconds``.
            Exception: whatever the function raises.
        """
        return await workers().run(function, *arguments, seconds=seconds)

    def _request(self, messages: Sequence[Message], options: dict[str, Any]) -> Request:
        given = {"max_tokens": JUDGE_TOKENS, "world": self.runtime.world, **options}
        request = Request(tuple(messages), **given)
        if "sample" in options:
            return request
        self._samples[request] += 1
        return replace(request, sample=self._samples[request] - 1)
