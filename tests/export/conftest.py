"""Scripts as they are exported, loaded as modules, their one door to a model held by the test."""

from __future__ import annotations

import hashlib
import importlib.util
import itertools
import json
import sys
from collections import Counter

import pytest

from masdesign.export import export_script
from masdesign.types import Completion, Usage
from masdesign.workflow import Design

_numbers = itertools.count()


def roll_dice(messages, sample):
    """A model that errs: what it says depends on the prompt and on the number of the draw."""
    roll = hashlib.sha256(json.dumps([messages, sample]).encode()).digest()[0]
    lines = [
        f"I roll {roll}.",
        f"Score: {roll % 11}",
        f"Passages: {1 + roll % 2}",
        f"Kind: {['easy', 'hard'][roll % 2]}",
    ]
    lines += ["Question 1: What is 1 + 2?", "Question 2: What is 3 * 3?", "Problem: (1 + 2) * 3 ="]
    lines += [f"Plan: add {roll}", f"Choice: {1 + roll % 2}", f"Verdict: {['right', 'wrong'][roll % 2]}"]
    lines += ["Missing: none" if roll % 3 == 0 else "Missing: the rest", f"Note: seen {roll}"]
    return "\n".join([*lines, f"Answer: {roll % 3}"])


@pytest.fixture
def dice():
    """The model that errs."""
    return roll_dice


@pytest.fixture
def load_script(tmp_path, monkeypatch):
    """``script = load_script(source, **options)``: the exported module; ``script.asked``: its prompts."""

    def load(source, *, reply=roll_dice, window=None, design=None, **options):
        path = tmp_path / f"script{next(_numbers)}.py"
        path.write_text(export_script(design or Design(source), **options), encoding="utf-8")
        spec = importlib.util.spec_from_file_location(path.stem, path)
        script = importlib.util.module_from_spec(spec)
        monkeypatch.setitem(sys.modules, path.stem, script)
        spec.loader.exec_module(script)
        drawn = Counter()
        script.asked = []

        async def complete(messages, model, server, temperature, max_tokens, stop):
            key = json.dumps([messages, temperature, max_tokens, stop])
            text = reply(messages, drawn[key])
            script.asked.append((json.dumps(messages), temperature, max_tokens, tuple(stop), drawn[key]))
            drawn[key] += 1
            return Completion(text, Usage(10, 10))

        script.complete, script.WINDOW, script.path = complete, window, path
        script.MAX_TOKENS = 512  # as the scripted model here
        return script

    return load
