"""What an exported script has of its own: a model through LiteLLM, and the run of one question.

These definitions are copied into every script (`masdesign.export.library`), beside the blocks that the
design calls: so they bear the names under which blocks know them, and import nothing that is not copied too.
"""

import argparse
import asyncio
import ctypes
import math
import os
import random
import sys
import threading
import time
from collections.abc import Awaitable, Iterable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, TypeVar

from masdesign.building_blocks._asking import asked_values, under_instruction
from masdesign.lm.chat.reply import split_reasoning
from masdesign.retrieval import words
from masdesign.tasks.formats import split_options
from masdesign.types import Answer, Completion, Example, Usage
from masdesign.utf8 import utf8
from masdesign.workflow.answers import AnswerClasses, final_answer

Each = TypeVar("Each")

MODELS: dict[str, str] = {"": "openai/gpt-4o-mini"}
"""The LiteLLM name of each model that the workflow asks for; "" is the default."""
BASE_URL = os.environ.get("OPENAI_BASE_URL", "")
"""An OpenAI-compatible server; empty: the vendor that the model's name says."""
WINDOW: int | None = None
"""Tokens of prompt and reply together that a call can use; None: as LiteLLM knows the model."""
SECONDS = 10.0
"""For the workflow's own code from one wait for a model to the next."""
TOOLS: frozenset[str] = frozenset()
EXAMPLES: tuple[Example, ...] = ()
TEMPLATES: dict[str, str] = {}
INSTRUCTION = ""
"""What the task asks for; every prompt says it."""
LABELS: tuple[str, ...] = ()
"""The answers there are, where they are the same for all questions."""
FORM = "line"
"""How an answer is asked for, read and compared."""
FORMS: dict[str, Any] = {}
"""The answer forms that the script has, by name."""
AnswerForm = Any
MOST_CALLS = 64
"""Completions that one question may take."""
MAX_TOKENS = 4096
"""The length of a completion."""
BASE_URLS: dict[str, str] = {}
"""The server of a model that has one of its own, by its name in MODELS."""


@dataclass(frozen=True)
class Question:
    """A problem: its text, passages that belong to it, options to choose from."""

    question: str
    context: Sequence[str] = ()
    choices: Sequence[str] = ()
    instruction: str = ""
    labels: Sequence[str] = ()
    form: str = "line"

    def __post_init__(self) -> None:
        object.__setattr__(self, "context", list(self.context))
        object.__setattr__(self, "choices", list(self.choices))

    @property
    def wording(self) -> str:
        """The question with its options, without passages."""
        if not self.choices:
            return self.question
        options = (choice if choice.startswith("(") else f"- {choice}" for choice in self.choices)
        return "\n".join((self.question, "Options:", *options))


class Message(dict[str, str]):
    """One message of a chat, as LiteLLM takes it."""

    def __init__(self, role: str, content: str, parts: Sequence[Any] = ()) -> None:
        super().__init__(role=role, content=content)
        self.role, self.content, self.parts = role, content, parts


class ToolError(Exception):
    """A tool could not do what it was asked for. The question goes on."""


class ScriptStopped(BaseException):
    """Ends the run of a question. A workflow cannot catch it, nor see what a provider said."""


@dataclass(frozen=True)
class ScriptModel:
    """A model by its LiteLLM name."""

    name: str

    @property
    def window(self) -> int:
        """Tokens of prompt and reply together that one call can use."""
        if WINDOW is not None:
            return WINDOW
        litellm = load_litellm()
        known = litellm.model_cost.get(self.name) or litellm.model_cost.get(self.name.partition("/")[2]) or {}
        prompt = known.get("max_input_tokens")
        return prompt if isinstance(prompt, int) else 32_768


class ScriptRun:
    """The run of one question: its calls are counted."""

    def __init__(self, question: Question) -> None:
        self.question, self.calls, self.classes = question, 0, AnswerClasses()
        self.tools, self.examples, self.runtime = TOOLS, EXAMPLES, self

    def lm(self, model: str = "") -> ScriptModel:
        """The model that the workflow knows as ``model``."""
        if model not in MODELS:
            raise self.failed(f"unknown model {model!r}", "name it in MODELS")
        return ScriptModel(MODELS[model])

    def own_count(self, model: str) -> None:
        """No model's tokenizer is at hand."""

    async def complete(
        self,
        messages: Iterable[Mapping[str, str]],
        *,
        model: str = "",
        temperature: float = 0.0,
        max_tokens: int | None = None,
        stop: tuple[str, ...] = (),
        tools: Sequence[Any] = (),
    ) -> Completion:
        """A completion of chat messages; a script calls tools in words."""
        if self.calls >= MOST_CALLS:
            raise self.failed(f"more than {MOST_CALLS} calls", "raise MOST_CALLS")
        self.calls += 1
        await asyncio.sleep(0)  # the loop comes round
        name, server = self.lm(model).name, BASE_URLS.get(model, BASE_URL)
        try:
            return await complete(list(messages), name, server, temperature, max_tokens or MAX_TOKENS, stop)
        except Exception as error:  # noqa: BLE001  (whatever a provider's client raises)
            raise ScriptStopped(f"{type(error).__name__}: {error}") from None

    async def retrieve(self, query: str, passages: Sequence[str], n: int = 1) -> list[str]:
        """At most n of the passages, the closest to the query first."""
        return [passages[place] for place in bm25(query, passages, n)]

    async def aclose(self) -> None:
        """End what was started for the question."""

    def failed(self, message: str, cure: str = "") -> ScriptStopped:
        """The end of the run by the workflow's own fault: to be raised."""
        return ScriptStopped(f"{message}; {cure}" if cure else message)


RUN: type[ScriptRun] = ScriptRun
"""How a question is run."""
current_run: ContextVar[ScriptRun | None] = ContextVar("current_run", default=None)


def running() -> ScriptRun:
    """The run of the question now in progress."""
    run = current_run.get()
    if run is None:
        raise RuntimeError("no question is being answered")
    return run


def takes_tools(model: ScriptModel) -> bool:
    """Whether a model is offered tools natively: a script calls them in words."""
    return False


def form_named(name: str) -> Any:
    """The answer form of that name."""
    return FORMS[name]


async def gather(*awaitables: Awaitable[Each]) -> list[Each]:
    """The results of all, run at once, in order; the first error in order, once all have ended."""
    results: list[Any] = await asyncio.gather(*awaitables, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return results


def render(name: str, *, role: str = "", **values: Any) -> list[Message]:
    """The chat messages of a template; what is asked and replied is a value, never part of a template."""
    from jinja2 import DictLoader, StrictUndefined
    from jinja2.sandbox import SandboxedEnvironment

    environment = SandboxedEnvironment(loader=DictLoader(TEMPLATES), undefined=StrictUndefined)
    asked = asked_values(TEMPLATES[f"{name}.j2"], values)
    text = under_instruction(asked.get("task"), environment.get_template(f"{name}.j2").render(asked).strip())
    return [Message("system", role), Message("user", text)] if role else [Message("user", text)]


_LOGICAL = frozenset({"and", "if", "no", "not", "or", "then"})
_COMMON = frozenset(
    {"a", "an", "and", "are", "as", "at", "be", "but", "by", "for", "if", "in", "into", "is", "it", "no",
     "not", "of", "on", "or", "such", "that", "the", "their", "then", "there", "these", "they", "this", "to",
     "was", "will", "with"}
)  # fmt: skip


def bm25(query: str, texts: Sequence[str], n: int) -> list[int]:
    """The places of at most n texts that share most words with the query (Okapi BM25, k1 = 1.5, b = 0.75)."""
    bags = [[word for word in words(text) if word in _LOGICAL or word not in _COMMON] for text in texts]
    asked = [word for word in words(query) if word in _LOGICAL or word not in _COMMON]
    mean = sum(map(len, bags)) / len(bags) if bags else 0.0
    scores = [0.0] * len(bags)
    for word in asked:
        holding = sum(word in bag for bag in bags)
        rarity = math.log(1 + (len(bags) - holding + 0.5) / (holding + 0.5))
        for place, bag in enumerate(bags):
            count = bag.count(word)
            if count:
                scores[place] += rarity * count / (1.5 * (0.25 + 0.75 * len(bag) / mean) + count)
    return sorted(range(len(bags)), key=lambda place: (-round(scores[place], 5), place))[:n]


async def complete(
    messages: list[Mapping[str, str]],
    model: str,
    server: str,
    temperature: float,
    max_tokens: int,
    stop: tuple[str, ...],
) -> Completion:
    """One completion; a call that fails by the provider's fault is made again, three times at most."""
    litellm = load_litellm()
    messages = [{**message, "content": utf8(message["content"])} for message in messages]
    passing = (
        litellm.exceptions.RateLimitError,
        litellm.exceptions.Timeout,
        litellm.exceptions.APIConnectionError,
        litellm.exceptions.InternalServerError,
        litellm.exceptions.ServiceUnavailableError,
    )
    arguments: dict[str, Any] = {"stop": list(stop)} if stop else {}
    if server:
        arguments |= {"api_base": server, "api_key": os.environ.get("OPENAI_API_KEY", "none")}
    for seconds in (1.0, 4.0, 15.0, None):
        try:
            reply = await litellm.acompletion(
                model=model,
                messages=messages,
                temperature=temperature,
                max_tokens=max_tokens,
                drop_params=True,
                max_retries=0,
                **arguments,
            )
            break
        except passing:
            if seconds is None:
                raise
            await asyncio.sleep(seconds)
    choice, used = reply.choices[0], getattr(reply, "usage", None)
    usage = Usage(getattr(used, "prompt_tokens", 0) or 0, getattr(used, "completion_tokens", 0) or 0)
    text, _ = split_reasoning(choice.message.content or "")
    return Completion(text, usage, "length" if choice.finish_reason == "length" else "stop")


class Overtime(ScriptStopped):
    """The workflow's own code ran too long between two waits for a model."""

    def __str__(self) -> str:
        return f"the workflow's own code ran longer than {SECONDS:g} s"


def tell(kind: type[BaseException], error: BaseException, _: object = None) -> None:
    """Say in one line why there is no answer; `sys.excepthook` of a script, for its design's top level."""
    sys.stderr.write(utf8(f"no answer: {kind.__name__}: {error}\n"))


class ScriptWatch:
    """Ends the code of this thread where it does not say for `SECONDS` that it goes on."""

    def __init__(self) -> None:
        self.seen, self.ended, self.thread = time.monotonic(), threading.Event(), threading.get_ident()
        threading.Thread(target=self.watch, daemon=True).start()
        sys.excepthook = tell if __name__ == "__main__" else sys.excepthook

    async def beat(self) -> None:
        """Say so whenever the event loop comes round, as it does while a model is asked."""
        while True:
            self.seen = time.monotonic()
            await asyncio.sleep(0.2)

    def watch(self) -> None:
        """Raise `Overtime` in the thread; end the process where that is caught again and again."""
        tries, thread = 0, ctypes.c_ulong(self.thread)
        while not self.ended.wait(0.2):
            if time.monotonic() - self.seen < SECONDS:
                continue
            files = self.files()
            if any(name.startswith("<frozen importlib") for name in files):
                self.seen = time.monotonic()  # LiteLLM takes seconds to import
                continue
            tries += 1
            if __file__ not in files:
                return
            if tries > 10:
                os.write(2, f"no answer: {Overtime()}, and does not end\n".encode())
                os._exit(1)
            ctypes.pythonapi.PyThreadState_SetAsyncExc(thread, ctypes.py_object(Overtime))

    def files(self) -> list[str]:
        """The files of the code that the thread is in."""
        names, frame = [], sys._current_frames().get(self.thread)
        while frame is not None:
            names.append(frame.f_code.co_filename)
            frame = frame.f_back
        return names

    def end(self) -> None:
        """The code has come to its end."""
        self.ended.set()


def load_litellm() -> Any:
    """LiteLLM, without what it would fetch and print on its own."""
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    import litellm

    litellm.telemetry, litellm.suppress_debug_info = False, True
    return litellm


async def answer(question: str, context: Sequence[str] = (), choices: Sequence[str] = ()) -> Answer:
    """The workflow's answer; its ``text`` is empty where none could be read from a reply.

    Raises:
        RuntimeError: the model could not be reached, or the workflow failed.
    """
    run = RUN(Question(question, context, choices, INSTRUCTION, LABELS, FORM))
    token = current_run.set(run)
    random.seed(int.from_bytes(sha256(f"0\0{question}".encode("utf-8", "surrogatepass")).digest()[:6], "big"))
    watch = ScriptWatch()
    beating = asyncio.create_task(watch.beat())
    try:
        result = await workflow(run.question)
    except ScriptStopped as error:
        raise RuntimeError(str(error)) from None
    finally:
        watch.end()
        beating.cancel()
        await run.aclose()
        current_run.reset(token)
    given: Any = run.question
    return final_answer(result if isinstance(result, Answer) else Answer(result), given)


async def workflow(task: Question) -> Answer | str:
    """The design; never copied."""
    raise NotImplementedError


def main() -> int:
    """Answer the question of the command line; exit code 1 where no answer could be read."""
    global BASE_URL
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("question", help="the question; - reads it from standard input")
    parser.add_argument("--context", action="append", default=[], help="a passage; several times")
    parser.add_argument("--model", action="append", default=[], help="a LiteLLM name, or small=NAME")
    parser.add_argument("--base-url", default=BASE_URL, help="an OpenAI-compatible server")
    given = parser.parse_args()
    for entry in given.model:
        name, sign, model = entry.partition("=")
        MODELS[name if sign else ""] = model if sign else entry
    BASE_URL = given.base_url
    asked = sys.stdin.read() if given.question == "-" else given.question
    question, choices = split_options(asked.strip())
    try:
        reply = asyncio.run(answer(question, given.context, choices))
    except Exception as error:  # noqa: BLE001  (the workflow's own errors; a script says so in one line)
        tell(type(error), error)
        return 1
    sys.stdout.write(f"{utf8(reply.text)}\n")
    return 0 if reply.text else 1
