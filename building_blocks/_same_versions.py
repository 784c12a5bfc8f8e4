"""Versions of code whose meaning is that of an earlier one: scores made under either are the same.

A version changes with any name in the code. Where a change does not touch what a plainly asked question
(form ``line``, no instruction) is shown and how its replies are read, the new version is listed here with
the one that it stands for, so that evaluations of either are found again. Held by ``tests/golden``.
"""

from __future__ import annotations

from collections.abc import Mapping

SAME: Mapping[str, Mapping[str, str]] = {
    "_examples.py": {"08bcc50e": "3ac51c2d"},
    "_step.py": {"94877e20": "8c38f0d9"},
    "agent.j2": {"1:efd69f87": "1:6ca457f9"},
    "analogical": {"851ec5e6": "844c0e4b"},
    "analogical.j2": {"1:9230273d": "1:64a126b4"},
    "ask": {"5afbb705": "f84589c4"},
    "chain_of_thought": {"83d5fd80": "26e5c6cd"},
    "choose": {"0f64c401": "906d772c"},
    "classify": {"21d7f494": "640c4198"},
    "conversation": {"a1fa566b": "abadf690"},
    "debate_round": {"78556a2f": "6310a12d"},
    "direct": {"519798f2": "9f9e6654"},
    "few_shot": {"075768cf": "a3fee3b4"},
    "focus": {"ce0c2f60": "8a3f57e6"},
    "helpers.py": {"23c3cfac": "eba0bedd"},
    "iterative_retrieval": {"84963a33": "025d9552"},
    "manager": {"77fee54f": "60e01e42"},
    "merge_answers": {"4702b000": "8e03f253"},
    "next_step": {"35527d20": "f6493475"},
    "rate": {"79ea0633": "a7694a25"},
    "react": {"52b822f0": "a375bc4d"},
    "react.j2": {"1:0423d2ee": "1:324bdcd0"},
    "read.py": {"79fbfc07": "ad746434"},
    "revise": {"2dc20a6d": "0a493584"},
    "solve_differently": {"ac4deb24": "08b7b590"},
    "split_question": {"36a0fcc6": "4ad6b6bd"},
    "verify": {"f6b011bf": "dcaa2c86"},
    "write_program": {"bd55c890": "08c47b4d"},
}
"""By the name of a block, template or shared module: the new version, and the earlier one that it means."""
