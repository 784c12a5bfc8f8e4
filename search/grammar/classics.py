"""Designs that the literature knows: where a search of the grammar begins."""

from collections.abc import Iterator, Sequence

from masdesign.search.grammar.expression import Expression
from masdesign.search.grammar.generate import Grammar

CLASSICS: tuple[str, ...] = (
    "self_consistency()",  # arXiv:2203.11171
    "vote(keep(repeat(chain_of_thought(temperature=0.8), n=5), verify()))",  # arXiv:2110.14168
    "weighted_vote()",  # arXiv:2206.02336
    "vote(discuss(repeat(chain_of_thought(temperature=0.8), n=3), debate_round()))",  # arXiv:2305.14325
    "repair(chain_of_thought(), verify(), revise())",  # arXiv:2303.11366
    "vote(more(repeat(chain_of_thought(temperature=0.8), n=3), chain_of_thought(temperature=0.8), n=6))",
    "retry(chain_of_thought(), verify(), self_consistency())",  # arXiv:2305.05176
    "universal_self_consistency(n=4)",  # arXiv:2311.17311
    "decompose()",  # arXiv:2210.02406
)

BASELINES: tuple[str, ...] = (
    "direct()",
    "chain_of_thought()",
    "chain_of_thought(temperature=0.8)",
    *(f"self_consistency(n={k})" for k in (3, 5, 9)),
)
"""The baselines of every run; of one with several models, or with something to act on, there are more."""


def baselines(grammar: Grammar) -> tuple[Expression, ...]:
    """The baselines of a run, each further model alone and the plain agent among them."""
    alone = (f"chain_of_thought(model={m!r})" for m in grammar.models)
    return tuple(grammar.known([*BASELINES, *alone, "agent()"]))


def classics(grammar: Grammar) -> list[Expression]:
    """The designs to begin with that the grammar admits: those of several models, with demonstrations,
    with a memory, programs, discovered blocks, each part from its own passages, and what else the
    literature knows.

    >>> len(classics(Grammar(max_calls=5))) < len(classics(Grammar()))
    True
    """
    if not grammar.literature:
        return []
    discovered = [text for block in grammar.promoted for text in _with(block.name)]
    programs = ("write_program()", "retry(write_program(), verify(), self_consistency())")
    acting = ("agent()", "plan_and_act()", "delegate()", "reflexion_trials()", "tree_of_actions()")
    shown = ("similar_cases()", "few_shot()") if grammar.demonstrations else ()
    texts = (
        *mixtures(grammar.models), *shown, "recall()", "cases()", *programs, *acting, "isolate()",
        *discovered, *CLASSICS,
    )  # fmt: skip
    return list(grammar.known(texts))


def _with(block: str) -> Iterator[str]:
    """Where a search begins with a discovered block: it revised, and with a vote where it fails."""
    yield f"repair({block}(), verify(), revise())"
    yield f"retry({block}(), verify(), self_consistency())"


def mixtures(models: Sequence[str]) -> tuple[str, ...]:
    """Known ways to let several models answer together: the default and ``models``, the dearest last.

    >>> mixtures(())
    ()
    """
    if not models:
        return ()
    small, *between, large = (f"chain_of_thought(model={name!r})" for name in ("", *models))
    judge = f"verify(model={models[-1]!r})"
    ways = [
        f"escalate(repeat({small}, n=3), {large})",  # cascade on low agreement, arXiv:2310.03094
        f"retry({small}, verify(), {large})",  # cascade on a low judge, arXiv:2305.05176
        f"retry({small}, {judge}, {large})",
        f"route({small}, {large})",  # hybrid by difficulty, arXiv:2404.14618
    ]
    if between:
        ways += [
            f"escalate(pair({small}, {between[0]}), {large})",
            f"vote(trio({small}, {between[0]}, {large}))",
        ]
    return tuple(ways)
