"""Versions of code whose meaning is that of an earlier one: scores made under either are the same.

A version changes with any name in the code. Where a change does not touch what a plainly asked question
(form ``line``, no instruction, no options) is shown and how its replies are read, the new version is listed
here with the one that it stands for, so that evaluations of either are found again. Held by ``tests/golden``.
"""

from collections.abc import Mapping

SAME: Mapping[str, Mapping[str, str]] = {
    "_examples.py": {"1dcc8bbf": "3ac51c2d"},
    "_step.py": {"ac35a08c": "8c38f0d9"},
    "_window.py": {"b29814a5": "e647e7c3"},
    "act": {"37d449f5": "7283359e"},
    "adas.py": {"5cde9a62": "049655a0"},
    "adas_arc.py": {"b8341c62": "b689df52"},
    "adas_fields.py": {"21ac67fa": "ecbed619"},
    "alphacode": {"a846e784": "54f97736"},
    "analogical": {"851ec5e6": "844c0e4b"},
    "analogical.j2": {"1:9230273d": "1:64a126b4"},
    "ask": {"6eb2ed55": "f84589c4"},
    "capability_match": {"49e393a3": "454de52d"},
    "cascade": {"663da5ec": "31d6d023"},
    "chain_of_thought": {"83d5fd80": "26e5c6cd"},
    "choose": {"0f64c401": "906d772c"},
    "classify": {"21d7f494": "640c4198"},
    "conversation": {"45ff036b": "abadf690"},
    "debate_round": {"78556a2f": "6310a12d"},
    "delegate": {"1b6f4635": "fa796f42"},
    "direct": {"519798f2": "9f9e6654"},
    "few_shot": {"075768cf": "a3fee3b4"},
    "focus": {"ce0c2f60": "8a3f57e6"},
    "insights": {"1f09d889": "c0305cdd"},
    "isolate": {"c6e90bfb": "485b67ed"},
    "iterative_retrieval": {"b76f9210": "025d9552"},
    "manager": {"77fee54f": "60e01e42"},
    "merge_answers": {"4702b000": "8e03f253"},
    "meta_prompting": {"30cf26c0": "94dd3591"},
    "muse": {"f9753809": "aa7bf210"},
    "next_step": {"35527d20": "f6493475"},
    "plan_and_act": {"1c291092": "0bbbe17d"},
    "rate": {"79ea0633": "a7694a25"},
    "react": {"52b822f0": "a375bc4d"},
    "react.j2": {"1:0423d2ee": "1:324bdcd0"},
    "reflexion_trials": {"d5680402": "6d81933d"},
    "revise": {"2dc20a6d": "0a493584"},
    "router": {"2172834d": "6d2d1c7e"},
    "solve_differently": {"ac4deb24": "08b7b590"},
    "split_question": {"36a0fcc6": "4ad6b6bd"},
    "tree_of_actions": {"38f30832": "fe3847d7"},
    "verify": {"f6b011bf": "dcaa2c86"},
    "write_program": {"dd71672e": "08c47b4d"},
    "xolver": {"1fe66c91": "6836f7d1"},
}
"""By the name of a block, template or shared module: the new version, and the earlier one that it means."""
