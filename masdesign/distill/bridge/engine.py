"""Our models as DSPy's: an engine of `dspy.LM`, so that what DSPy asks is cached and charged as all else."""

from __future__ import annotations

from collections import Counter
from threading import Lock
from typing import TYPE_CHECKING, Any

from masdesign.distill.bridge.host import Host
from masdesign.lm.profile import profile_of
from masdesign.types import Completion, Message, Request, Role
from masdesign.workflow import Runtime

if TYPE_CHECKING:
    import dspy

    from masdesign.lm import LM


def dspy_lm(model: str | LM = "abacus", *, host: Host | None = None, **options: Any) -> dspy.LM:
    """A model of ours as a `dspy.LM`.

    Parameters:
        model: its name (`masdesign.lm.load_lm`), or one that is open (then with the ``host`` of its loop).
        host: where it runs; by default one of its own.
        options: of `open_runtime`, where the host is its own: ``cache``, ``price``, ``base_url`` …

    The n-th request with the same messages and parameters is the n-th draw; DSPy's own cache is off.

    Example::

        dspy.configure(lm=dspy_lm("abacus"))
    """
    import dspy

    if host is None:
        host = Host.of_its_own({"models": model, **options})
    draws = _Draws()
    name = model if isinstance(model, str) else model.model
    lm = None if isinstance(model, str) else model
    engine, async_engine = DspyEngine(host, draws, lm), AsyncEngine(host, draws, lm)
    return dspy.LM(f"masdesign/{name}", engine=engine, async_engine=async_engine, cache=False, num_retries=0)


class _Draws:
    """Numbers equal requests, in the order in which they are made."""

    def __init__(self) -> None:
        self._seen: Counter[object] = Counter()
        self._lock = Lock()

    def __call__(self, key: object) -> int:
        with self._lock:
            self._seen[key] += 1
            return self._seen[key] - 1


class DspyEngine:
    """DSPy's synchronous engine (``complete(request)``) over a model of ours."""

    def __init__(self, host: Host, draws: _Draws, lm: LM | None) -> None:
        self._host, self._draws, self._lm = host, draws, lm

    def complete(self, request: Any) -> Any:
        """One completion. Raises as the model does, and `Stopped` where the run has ended."""
        return _response(self.model, self._host.run(lambda runtime: self.ask(runtime, request)))

    async def ask(self, runtime: Runtime, request: Any) -> Completion:
        """The completion, in the host's loop."""
        lm = self._lm or runtime.models[""]
        config = request.config
        messages = tuple(_messages(request))
        temperature = 0.0 if config.temperature is None else float(config.temperature)
        most = min(config.max_tokens or profile_of(lm).length, lm.window // 2)
        sample = self._draws((messages, temperature, most, tuple(config.stop)))
        return await lm.complete(
            Request(messages, "", temperature, most, tuple(config.stop), sample, runtime.world)
        )

    @property
    def model(self) -> str:
        """The model's id, where it is known before a call."""
        return self._lm.model if self._lm is not None else "masdesign"

    def stream(self, request: Any) -> Any:
        """The whole completion as one event."""
        from dspy.lm15 import response_to_events

        return response_to_events(self.complete(request))

    def close(self) -> None:
        """Nothing: the host is its owner's."""

    def __deepcopy__(self, memo: dict[int, Any]) -> DspyEngine:
        return self


class AsyncEngine(DspyEngine):
    """The same for DSPy's async calls."""

    async def complete(self, request: Any) -> Any:
        """One completion, from any loop."""
        return _response(self.model, await self._host.arun(lambda runtime: self.ask(runtime, request)))

    async def stream(self, request: Any) -> Any:
        """The whole completion as one event."""
        from dspy.lm15 import response_to_events

        for event in response_to_events(await self.complete(request)):
            yield event

    async def aclose(self) -> None:
        """Nothing: the host is its owner's."""


def _messages(request: Any) -> list[Message]:
    messages = []
    if request.system is not None:
        whole = request.system
        messages.append(
            Message("system", whole if isinstance(whole, str) else "".join(p.text for p in whole))
        )
    for message in request.messages:
        role: Role = "assistant" if message.role == "assistant" else "user"
        messages.append(Message(role, message.text or ""))
    return messages


def _response(model: str, completion: Completion) -> Any:
    from dspy.lm15 import Message as Said
    from dspy.lm15 import Response, TextPart, Usage

    used = completion.usage
    return Response(
        id=None,
        model=model,
        message=Said.assistant([TextPart(completion.text)]),
        finish_reason=completion.finish,
        usage=Usage(
            input_tokens=used.prompt_tokens, output_tokens=used.completion_tokens, total_tokens=used.tokens
        ),
    )
