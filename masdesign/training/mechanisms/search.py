"""Searching two hundred documents: one fact after another, each from the beginnings that a search shows."""

import re

from masdesign.environments.corpus import Library
from masdesign.environments.wide_search import Company, documents, register
from masdesign.tasks.buckets import is_reserved
from masdesign.training.case import Exercise
from masdesign.training.mechanisms.draw import Draw
from masdesign.training.mechanisms.episode import Move, Policy, conversation, play, shown_tools
from masdesign.training.mechanisms.registers import total
from masdesign.types import Question

_START = "There are 200 documents. Search them, read what you need, then answer."
_SEEDS = 40
"""So many registers are trained on; a library takes a tenth of a second to make."""


def act_search(draw: Draw) -> list[Exercise]:
    """Answer a question over the documents."""
    rng = draw.rng
    level = 1 if draw.easy or rng.random() < 0.7 else 2
    seed = rng.randrange(_SEEDS) + (_SEEDS if draw.held else 0)
    companies = register(seed, level)
    chain = rng.random() < 0.6
    question = _chain_question(rng.choice(companies), level) if chain else _sum_question(companies[0])
    text = f"Register {rng.randrange(10**9)}. {question}"
    if is_reserved(text) is not draw.held:
        return []
    policy = _chain(question) if chain else _sum(question)
    episode = play(_library(seed, level), shown_tools(Library), policy, _START)
    return [conversation("act_search", draw, Question(text), episode)] if episode.answer else []


def _library(seed: int, level: int) -> Library:
    return Library(documents(seed, level))


def _chain_question(first: Company, hops: int) -> str:
    return f"In which year was the head of {'the company that supplies ' * hops}{first.name} born?"


def _sum_question(first: Company) -> str:
    return f"How many people do all the companies that make {first.product} employ together?"


def _chain(question: str) -> Policy:
    name = question.removesuffix(" born?").rpartition(" ")[2]
    fact = ""
    for _ in range(question.count("supplies")):
        seen = yield Move(
            f"{fact}I need the supplier of {name}.", "search", {"query": f"{name} supplied", "results": 1}
        )
        match = re.search(rf"materials of {name} are supplied by (\w+)", seen)
        if match is None:
            return ""
        fact = f"The supplier of {name} is {match[1]}. "
        name = match[1]
    seen = yield Move(
        f"{fact}I need the head of {name}.", "search", {"query": f"{name} head born", "results": 1}
    )
    match = re.search(rf"born in (\d+), is the head of {name}", seen)
    return (
        f"Thought: The head of {name} was born in {match[1]}. That is all.\nAnswer: {match[1]}"
        if match
        else ""
    )


def _sum(question: str) -> Policy:
    product = re.search(r"that make (\w+)", question)
    assert product is not None
    seen = yield Move(
        f"I need the companies that make {product[1]}.",
        "search",
        {"query": f"makes {product[1]}", "results": 5},
    )
    names = re.findall(rf"(\w+), founded in \w+, makes {product[1]}", seen)
    staff: list[int] = []
    fact = f"They are {', '.join(names)}. "
    for name in names:
        seen = yield Move(
            f"{fact}I need the staff of {name}.", "search", {"query": f"{name} employed", "results": 1}
        )
        match = re.search(rf"{name} employed (\d+)", seen)
        if match is None:
            return ""
        fact = f"The staff of {name} is {match[1]}. "
        staff.append(int(match[1]))
    return f"Thought: {fact}{total(staff)}" if staff else ""
