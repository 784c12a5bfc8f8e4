"""Tokens a second of abacus in NumPy, beside a plain batched PyTorch loop over the same weights.

    python tests/benchmarks/bench_abacus.py [--quick]

Every call is an arithmetic problem of its own of about 100 tokens, sampled to 40 tokens (a reply may end
before; the loop in PyTorch never does). Rows: the
provider with all its parts (worker processes, JSON, sampling); the engine alone on one core, in
seconds of *processor* time, which other jobs on the machine disturb less; and the PyTorch loop,
which keeps a KV cache, pads all prompts to one length, samples, and promises no bit-equality. The
PyTorch rows are left out where torch is not installed. A ratio is that of tokens a second, prompts
included, to the faster PyTorch row at as many calls.
"""

from __future__ import annotations

# ruff: noqa: E402
import os

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
os.environ |= dict.fromkeys(THREADS, "1")  # before NumPy; PyTorch is told its own number below

import asyncio
import importlib.util
import random
import time
from collections.abc import Callable

from outcome import Curve, Outcome, Row, main

from masdesign.lm.abacus.call import AbacusCall
from masdesign.lm.abacus.engine import Engine
from masdesign.lm.abacus.model import AbacusModel
from masdesign.lm.abacus.provider import AbacusLM
from masdesign.lm.abacus.tokenizer import WEIGHTS, Tokenizer
from masdesign.lm.abacus.weights import load_weights
from masdesign.types import Message, Request

Timed = tuple[str, int, int, float, float]
"""What ran, calls in flight, tokens written, wall seconds, processor seconds of this process."""


CALLS, QUICK = (16, 32, 64, 128, 256), (4, 8)
REPLY, WORKERS = 40, 2


def measure(quick: bool) -> Outcome:
    rows: list[Timed] = []
    for calls in QUICK if quick else CALLS:
        questions = [question(random.Random(k)) for k in range(calls)]
        prompts = [Tokenizer.load().encode_chat(messages) for messages in questions]
        rows += [provider(questions, REPLY, WORKERS), engine(prompts, REPLY)]
        if importlib.util.find_spec("torch"):
            rows += [pytorch(prompts, REPLY, threads) for threads in (1, WORKERS)]
    return outcome_of(rows, len(prompts[0]))


def outcome_of(rows: list[Timed], prompt: int) -> Outcome:
    """Tokens a second, prompts included; of the most calls as rows, of all as lines."""
    lines: dict[str, list[tuple[float, float]]] = {}
    for name, calls, tokens, wall, _ in rows:
        lines.setdefault(name, []).append((float(calls), (tokens + calls * prompt) / wall))
    most = max(calls for _, calls, *_ in rows)
    fastest = max([line[-1][1] for name, line in lines.items() if name.startswith("PyTorch")], default=None)
    table = [
        Row(
            f"abacus, {most} calls in flight: {name}",
            line[-1][1],
            "tokens a second",
            *(("PyTorch", line[-1][1] / fastest) if fastest and not name.startswith("PyTorch") else ()),
        )
        for name, line in lines.items()
    ]
    notes = [
        f"{name}: {(tokens + calls * prompt) / cpu:,.0f} tokens a second of processor time at {calls} calls"
        for name, calls, tokens, _, cpu in rows
        if calls == most and name.startswith("engine")
    ]
    return Outcome(
        "abacus", tuple(table), (Curve("abacus", "calls in flight", "tokens a second", lines),), tuple(notes)
    )


def question(rng: random.Random) -> tuple[Message, ...]:
    """Every one has as many tokens."""
    terms = " + ".join(f"({rng.randint(1, 9)} * {rng.randint(1, 9)})" for _ in range(12))
    return (Message("user", f"Problem: {terms} =\n\nThink step by step, then give the answer."),)


def timed(name: str, calls: int, run: Callable[[], int]) -> Timed:
    wall, processor = time.perf_counter(), time.process_time()
    tokens = run()
    return name, calls, tokens, time.perf_counter() - wall, time.process_time() - processor


def provider(questions: list[tuple[Message, ...]], reply: int, workers: int) -> Timed:
    lm = AbacusLM(workers=workers)

    async def run() -> int:
        asked = [Request(messages, temperature=0.8, max_tokens=reply) for messages in questions]
        replies = await asyncio.gather(*map(lm.complete, asked))
        return sum(reply.usage.completion_tokens for reply in replies)

    asyncio.run(run())  # starts the workers
    row = timed(f"provider, {workers} workers", len(questions), lambda: asyncio.run(run()))
    asyncio.run(lm.aclose())
    return row


def engine(prompts: list[list[int]], reply: int) -> Timed:
    running = Engine(AbacusModel(load_weights(WEIGHTS / "weights.npz")), Tokenizer.load())
    for key, prompt in enumerate(prompts):
        running.add(AbacusCall(key=key, prompt=tuple(prompt), limit=reply, temperature=0.8))
    return timed(
        "engine, 1 core", len(prompts), lambda: sum(done.completion_tokens for done in running.run())
    )


def pytorch(prompts: list[list[int]], reply: int, threads: int) -> Timed:
    import torch
    from torch.nn import functional as F

    from masdesign.training.export import load
    from masdesign.training.model import rotate

    torch.set_num_threads(threads)
    module = load(WEIGHTS)[0].eval()
    arch = module.arch

    def forward(
        ids: torch.Tensor, start: int, cache: list[tuple[torch.Tensor, torch.Tensor]]
    ) -> torch.Tensor:
        batch, steps = ids.shape
        cos, sin = module.cos[start : start + steps], module.sin[start : start + steps]
        x = module.embed(ids)
        for layer, (keys, values) in zip(module.layers, cache, strict=True):
            qkv = layer.qkv(layer.norm1(x)).view(batch, steps, 3, arch.heads, -1).permute(2, 0, 3, 1, 4)
            keys[:, :, start : start + steps] = rotate(qkv[1], cos, sin)
            values[:, :, start : start + steps] = qkv[2]
            mixed = F.scaled_dot_product_attention(
                rotate(qkv[0], cos, sin),
                keys[:, :, : start + steps],
                values[:, :, : start + steps],
                is_causal=steps > 1,
            )
            x = x + layer.out(mixed.transpose(1, 2).reshape(batch, steps, -1))
            x = x + layer.down(F.relu(layer.up(layer.norm2(x))).square())
        return module.logits(module.norm(x[:, -1]))

    def run() -> int:
        shape = (len(prompts), arch.heads, len(prompts[0]) + reply, arch.width // arch.heads)
        cache = [(torch.empty(shape), torch.empty(shape)) for _ in range(arch.layers)]
        ids, start = torch.tensor(prompts), 0
        for _ in range(reply):
            logits = forward(ids, start, cache)
            start += ids.shape[1]
            ids = torch.multinomial(torch.softmax(logits / 0.8, dim=-1), 1)
        return len(prompts) * reply

    with torch.inference_mode():
        return timed(f"PyTorch, {threads} threads", len(prompts), run)


if __name__ == "__main__":
    main(measure, __doc__)
