"""Whether a block's essential step happened: read from the trace, whatever came of it in the end.

A block whose step does not happen (no tool is called, no question is split, no critique leads to a revision)
is its parts by a longer way. `ESSENTIAL` says for each block what its step is; a block that is not listed
fires where every block that it calls gave something back. `MADE_FOR` names, for each mechanism, a family in
which its step is needed, and a control in which it is not.
"""

from collections.abc import Callable
from dataclasses import dataclass

from masdesign.types import Answer, Verdict
from masdesign.workflow.trace import Node

Happened = Callable[[Node], bool]


@dataclass(frozen=True, slots=True)
class Essential:
    """A block's essential step, in words and as a test of an item's trace."""

    step: str
    happened: Happened


@dataclass(frozen=True, slots=True)
class Need:
    """Where a mechanism is needed, and where it is not, by a block that stands for it."""

    mechanism: str
    block: str
    family: str
    control: str
    difficulty: int | None = None
    """At which the family is measured, where its default is beyond abacus 3."""


def filled(value: object) -> bool:
    """Whether a block gave something back that could be read."""
    if isinstance(value, Answer):
        return bool(value.text)
    if isinstance(value, Verdict):
        return bool(value.critique)
    return value is not None and value not in ("", [], ())


def _outputs(root: Node, name: str) -> list[object]:
    return [node.output for node in root.walk() if node.kind == "block" and node.name == name]


def _gave(name: str, least: int = 1) -> Happened:
    """Number of calls of a block that changed something."""
    return lambda root: sum(map(filled, _outputs(root, name))) >= least


def _returns_list(name: str, least: int) -> Happened:
    """Length of the list that a block returned."""
    return lambda root: any(isinstance(o, list) and len(o) >= least for o in _outputs(root, name))


def _used_tool(root: Node) -> bool:
    """A tool was called, and did not only complain."""
    seen = (str(n.output) for n in root.walk() if n.kind == "tool" and n.output)
    return any(not text.startswith("Error") for text in seen)


def _all(*steps: Happened) -> Happened:
    return lambda root: all(step(root) for step in steps)


def _shown(text: str) -> Happened:
    """A prompt held this, and its reply could be read."""

    def happened(root: Node) -> bool:
        requests = [node.request for node in root.walk() if node.request is not None]
        return any(text in m.content for r in requests for m in r.messages) and _has_answer(root)

    return happened


def _has_answer(root: Node) -> bool:
    answers = [n.output for n in root.walk() if isinstance(n.output, Answer)]
    return any(map(filled, answers))


def _differ(name: str) -> Happened:
    """Several values were given, and not all the same."""
    return lambda root: len({str(o) for o in _outputs(root, name) if filled(o)}) > 1


def _branch_chosen(root: Node) -> bool:
    """Several branches were valued in words, and a debater chose one by its number."""
    valued = [o for o in _outputs(root, "appraise") if isinstance(o, tuple) and o[1]]
    return len(valued) > 1 and any(isinstance(o, tuple) and o[0] for o in _outputs(root, "discriminate"))


def _criticises(root: Node) -> bool:
    """A critique was written, not only another answer, and the solution was revised."""
    answers = [o for o in _outputs(root, "ask") if isinstance(o, Answer)]
    return any("answer:" not in o.text.casefold() for o in answers if o.text) and _gave("revise")(root)


def _rounds(root: Node) -> bool:
    """Something was noted, then something else was asked for."""
    answers = [o for o in _outputs(root, "ask") if isinstance(o, Answer)]
    noted = ["note:" in o.reasoning.casefold() for o in answers]
    return sum(noted) >= 2


def _all_gave(root: Node) -> bool:
    below = [n for n in root.walk() if n.kind == "block"]
    return bool(below) and all(filled(node.output) for node in below)


_SPLITS = Essential("splits the problem into two parts or more", _returns_list("split_question", 2))
_SORTS = Essential("names a kind", _gave("classify"))
_REVISES = Essential("a critique leads to a new solution", _all(_gave("verify"), _gave("revise")))
_VOTES = Essential("several solutions can be read and are counted", _gave("chain_of_thought", 2))
_HANDS_OVER = Essential(
    "drafts are compared, or a step is rated and the rest left to another",
    lambda root: (
        _VOTES.happened(root)
        or (_gave("rate")(root) and (_gave("ask")(root) or _gave("chain_of_thought")(root)))
    ),
)
_VALUES = Essential("values that differ decide", _differ("rate"))
_EXAMPLES = Essential("solves after worked examples", _shown("\nSolution:\n"))
_SLOWS = Essential("the fast answer is doubted, and slow thinking answers", _gave("chain_of_thought"))
_LISTENS = Essential("a solution is written after others were seen", _gave("debate_round"))
_LISTS_AND_ACTS = _all(_returns_list("todo", 1), _used_tool)
_SEES_AND_VALUES = _all(_LISTENS.happened, _VALUES.happened)
_ACTS = Essential("calls a tool and goes on from what it gives", _used_tool)
_BY_STEP: tuple[tuple[str, Essential], ...] = (
    ("branch_solve_merge decompose isolate least_to_most", _SPLITS),
    ("capability_match manager router", _SORTS),
    ("generator_verifier_refiner reflexion self_refine", _REVISES),
    ("critic_reviser", Essential("a critique leads to a new solution", _criticises)),
    ("adaptive_consistency self_consistency", _VOTES),
    ("cascade", _HANDS_OVER),
    ("best_of_n monte_carlo_tree_search tree_of_thoughts weighted_vote", _VALUES),
    ("auto_chain_of_thought few_shot similar_cases", _EXAMPLES),
    ("fast_and_slow", _SLOWS),
    ("debate", _LISTENS),
    ("agent react", _ACTS),
    ("analyst_coder_tester write_program", Essential("a program runs", _used_tool)),
    ("cases", Essential("solves after earlier cases", _shown("Case 1\n"))),
    ("recall", Essential("solves with lessons", _shown("Lesson 1\n"))),
    ("delegate", Essential("hands out parts, on which others act", _LISTS_AND_ACTS)),
    ("plan_and_act", Essential("writes a list and acts on it", _LISTS_AND_ACTS)),
    ("tree_of_actions", Essential("branches are valued, and a debate chooses one", _branch_chosen)),
    ("imagine", Essential("the outcomes of actions that differ are told", _gave("foresee", 2))),
    ("iterative_retrieval", Essential("notes something, then asks for what is missing", _rounds)),
    ("muse", Essential("works on parts and reflects on them", _all(_SPLITS.happened, _gave("reflect")))),
    ("xolver", Essential("solutions that others gave are seen, and values differ", _SEES_AND_VALUES)),
    ("system2_attention", Essential("writes the problem without what does not matter", _gave("focus"))),
    ("teacher_student", Essential("gives guidance before the problem is solved", _gave("guide"))),
    ("universal_self_consistency", Essential("chooses a solution by its number", _gave("choose"))),
)
ESSENTIAL = {block: essential for blocks, essential in _BY_STEP for block in blocks.split()}
"""By block; what is not listed fires where every block below it gave something back."""
MADE_FOR: tuple[Need, ...] = (
    Need("tools over turns", "agent", "lookup", "ledger"),
    Need("acting on what a test says", "agent", "mend", "ledger"),
    Need("searching documents", "agent", "wide_search", "ledger", 1),
    Need("exploring", "agent", "house", "ledger", 1),
    Need("a search over actions", "tree_of_actions", "house", "ledger", 1),
    Need("a plan with a to-do list", "plan_and_act", "house", "ledger", 1),
    Need("delegation", "delegate", "lookup", "ledger"),
    Need("predicting an action's outcome", "imagine", "house", "ledger", 1),
    Need("routing by kind", "router", "mixed", "boolean"),
    Need("roles", "role_assignment", "mixed", "boolean"),
    Need("critique", "generator_verifier_refiner", "ledger", "boolean"),
    Need("retrieval over several rounds", "iterative_retrieval", "two_hop", "ledger"),
    Need("retrieval as a tool", "react", "two_hop", "arithmetic"),
    Need("decomposition with contexts apart", "isolate", "ledger", "boolean"),
    Need("decomposition in one context", "decompose", "arithmetic", "boolean"),
    Need("demonstrations", "similar_cases", "novel", "arithmetic"),
    Need("cases", "cases", "convention", "arithmetic"),
    Need("lessons", "recall", "convention", "arithmetic"),
    Need("sub-tasks with lessons of their own", "muse", "lookup", "boolean"),
    Need("others' answers", "debate", "navigate", "boolean"),
    Need("votes", "self_consistency", "navigate", "mend"),
    Need("judging", "universal_self_consistency", "navigate", "boolean"),
)
"""The mechanisms, each with a family made for it (or in which it is needed) and a control."""


def fired(block: str, root: Node) -> bool:
    """Whether the essential step of a block happened in an item's trace.

    >>> node = Node("workflow", "workflow")
    >>> split = node.child("split_question", "block")
    >>> split.output = ["How many?", "For how much?"]
    >>> fired("decompose", node)
    True
    >>> split.output = []
    >>> fired("decompose", node)
    False
    """
    essential = ESSENTIAL.get(block)
    return essential.happened(root) if essential is not None else _all_gave(root)
