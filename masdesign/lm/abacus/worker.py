"""A worker process: ``python -m masdesign.lm.abacus.worker FOLDER`` (see `masdesign.lm.abacus.link`).

It is started as a command and not through `multiprocessing`, which would import the user's script
again, and with one BLAS thread, set before NumPy is imported.
"""

import json
import os
import sys
import threading
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from queue import SimpleQueue
from types import TracebackType
from typing import Any, cast

from masdesign.lm.abacus.call import AbacusCall
from masdesign.lm.abacus.engine import Engine
from masdesign.lm.abacus.link import Ask, WireReply, line
from masdesign.lm.abacus.model import AbacusModel
from masdesign.lm.abacus.tokenizer import Tokenizer
from masdesign.lm.abacus.weights import load_weights
from masdesign.types import Message, Role

Inbox = SimpleQueue[dict[str, Any]]


def main(folder: Path) -> None:
    """Serve until the input ends."""
    sys.excepthook = _die
    inbox: Inbox = SimpleQueue()
    threading.Thread(target=_listen, args=(inbox,), daemon=True).start()
    engine = Engine(
        AbacusModel(load_weights(folder / "weights.npz")), Tokenizer.from_file(folder / "vocab.json")
    )
    while True:
        replies = [reply for message in _messages(inbox, engine.idle) for reply in _take(engine, message)]
        replies += [cast(WireReply, asdict(reply)) for reply in engine.step()]
        if replies:
            sys.stdout.buffer.write(line({"replies": replies}))
            sys.stdout.buffer.flush()


def _listen(inbox: Inbox) -> None:
    for received in sys.stdin.buffer:
        inbox.put(json.loads(received))
    os._exit(0)  # the owner is gone, and nobody waits for what is being computed


def _die(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Say why, and end at once: an orderly end would wait for the listening thread."""
    sys.__excepthook__(kind, error, trace)
    sys.stderr.flush()
    os._exit(1)


def _messages(inbox: Inbox, wait: bool) -> Iterator[dict[str, Any]]:
    """Everything that has come; where there is nothing else to do, wait for it."""
    if wait:
        yield inbox.get()
    while not inbox.empty():
        yield inbox.get()


def _take(engine: Engine, message: dict[str, Any]) -> Iterator[WireReply]:
    """Hand a message to the engine; what can be told at once."""
    if "cancel" in message:
        engine.cancel(message["cancel"])
    for call in message.get("calls", ()):
        refusal = _admit(engine, call)
        if refusal:
            yield refusal


def _admit(engine: Engine, call: Ask) -> WireReply | None:
    messages = [Message(cast(Role, role), content) for role, content in call["messages"]]
    prompt = tuple(engine.tokenizer.encode_chat(messages))
    window = engine.model.weights.window
    if len(prompt) >= window:
        reason = (
            f"the prompt has {len(prompt)} tokens, and abacus's window of {window} leaves no room for a reply"
        )
        return WireReply(key=call["key"], overflow=f"{reason}; shorten the prompt")
    limit = min(call["max_tokens"], window - len(prompt))
    if limit < 1:
        return WireReply(
            key=call["key"], text="", prompt_tokens=len(prompt), completion_tokens=0, finish="length"
        )
    engine.add(
        AbacusCall(
            key=call["key"],
            prompt=prompt,
            limit=limit,
            temperature=call["temperature"],
            stop=tuple(call["stop"]),
            sample=call["sample"],
            world=call["world"],
        )
    )
    return None


if __name__ == "__main__":
    main(Path(sys.argv[1]))
