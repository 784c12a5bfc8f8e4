"""What ADAS's agents for ARC ask of their system: `masdesign.environments.arc`, as methods of ``self``.

A part of the prelude of its own, so that sources without them stay what they were.
"""

from __future__ import annotations

import ast

METHODS = frozenset({"run_examples_and_get_feedback", "get_test_output_from_code"})


def asks_arc(tree: ast.AST) -> bool:
    """Whether a source calls one of `METHODS`.

    >>> asks_arc(ast.parse("self.get_test_output_from_code(code)"))
    True
    """
    return any(isinstance(node, ast.Attribute) and node.attr in METHODS for node in ast.walk(tree))


GUEST = """
import json as _md_arc_json

def _md_arc_call(tool, code):
    author, text = (code.author, code.content) if isinstance(code, _md_Info) else ("", code)
    observation = _md_in(_md_now("act", [tool], {"code": str(text)}))
    return (f"{author}'s code evaluator" if author else "code evaluator"), observation.text

class _md_AgentSystem:
    def run_examples_and_get_feedback(self, code):
        name, text = _md_arc_call("run_examples_and_get_feedback", code)
        try:
            feedback = _md_arc_json.loads(text)
        except ValueError:
            feedback = {"feedback": text, "correct": [], "wrong": []}
        return _md_Info("feedback", name, feedback["feedback"], -1), feedback["correct"], feedback["wrong"]

    def get_test_output_from_code(self, code):
        name, text = _md_arc_call("get_test_output_from_code", code)
        return _md_Info("answer", name, text, -1)
"""
