"""Versions of code whose meaning is that of an earlier one: scores made under either are the same.

A version changes with any name in the code. Where a change does not touch what a plainly asked question
(form ``line``, no instruction) is shown and how its replies are read, the new version is listed here with
the one that it stands for, so that evaluations of either are found again. Held by ``tests/golden``.
"""

from __future__ import annotations

from collections.abc import Mapping

SAME: Mapping[str, Mapping[str, str]] = {
    "_examples.py": {"08bcc50e": "3ac51c2d"},
    "_step.py": {"08e5f522": "8c38f0d9"},
    "agent": {"a42cb0ee": "cb74e512"},
    "agent.j2": {"1:efd69f87": "1:6ca457f9"},
    "analogical": {"3e2b59cd": "844c0e4b"},
    "analogical.j2": {"1:9230273d": "1:64a126b4"},
    "ask": {"156cdaf6": "f84589c4"},
    "chain_of_thought": {"797e9309": "26e5c6cd"},
    "conversation": {"da2f0e37": "abadf690"},
    "debate_round": {"380b1aac": "6310a12d"},
    "direct": {"e785e96a": "9f9e6654"},
    "few_shot": {"bb36056f": "a3fee3b4"},
    "focus": {"6495a0e3": "8a3f57e6"},
    "helpers.py": {"23c3cfac": "eba0bedd"},
    "merge_answers": {"4e0f5072": "8e03f253"},
    "next_step": {"7792bd1c": "f6493475"},
    "react": {"a31b19fd": "a375bc4d"},
    "react.j2": {"1:0423d2ee": "1:324bdcd0"},
    "read.py": {"79fbfc07": "ad746434"},
    "revise": {"b2a5bc9a": "0a493584"},
    "solve_differently": {"7e65bb39": "08b7b590"},
    "write_program": {"2b45ac8d": "08c47b4d"},
}
"""By the name of a block, template or shared module: the new version, and the earlier one that it means."""
