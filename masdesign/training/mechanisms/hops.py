"""Retrieval in rounds: note what a passage tells, name what is missing, look for it, then answer."""

from collections.abc import Sequence

from masdesign.building_blocks._prompt import render
from masdesign.building_blocks._step import labelled
from masdesign.retrieval import bm25
from masdesign.tasks.families import two_hop
from masdesign.tasks.families.two_hop import Fact
from masdesign.training.case import Exercise
from masdesign.training.mechanisms.draw import Draw
from masdesign.types import Item, Message, Question

_NOTING = (
    "Do not solve the problem. Note what the passages tell that is needed to solve it, on one line: "
    "Note: ... Then ask for what is still missing, or say none."
)
_SOLVING = "Solve the problem step by step."


def _item(draw: Draw) -> Item:
    level = draw.rng.choice((0, 1)) if draw.easy else draw.rng.choice((1, 2, 2, 3))
    return draw.item(lambda rng: two_hop.generate(rng, level))


def fact_text(fact: Fact) -> str:
    """A fact as notes and steps have it."""
    return f"the {fact[1]} of {fact[0]} is {fact[2]}"


def need(fact: Fact) -> str:
    """What is missing where this fact is."""
    return f"the {fact[1]} of {fact[0]}"


def notes(draw: Draw) -> list[Exercise]:
    """One round after another, each with what was noted before; then the answer from the notes."""
    item = _item(draw)
    path, out, note = [tuple(f) for f in item.record["path"]], [], ""
    at, query, left = 0, item.question, list(item.context)
    instruction = draw.wording("missing") or _NOTING
    solving = draw.wording("solve") or _SOLVING
    for _ in range(len(path) + 1):
        count = draw.rng.choice((1, 1, 1, 2, 3))
        shown = [left[place] for place in bm25(query, left, count)]
        left = [passage for passage in left if passage not in shown]
        task = Question(item.question, tuple(shown))
        lines = []
        while at < len(path) and any(_states(passage, path[at]) for passage in shown):
            lines.append(fact_text(path[at]))
            at += 1
        missing = need(path[at]) if at < len(path) else "none"
        reply = f"Note: {'; '.join(lines)}\nMissing: {missing}" if lines else f"Missing: {missing}"
        out.append(Exercise("notes", _ask(draw, instruction, task, note, "missing"), reply))
        note = "\n".join([*([note] if note else []), *(["; ".join(lines)] if lines else [])])
        query = missing
        if missing == "none":
            break
    if at == len(path):
        reply = f"{fact_text(path[-1])}\nAnswer: {item.target}"
        out.append(Exercise("notes", _ask(draw, solving, Question(item.question), note, "answer"), reply))
    return out


def _ask(draw: Draw, instruction: str, task: Question, note: str, output: str) -> tuple[Message, ...]:
    inputs = [labelled(task), labelled(note)]
    return render("ask", role=draw.role, inputs=inputs, instruction=instruction, output=output)


def _states(passage: str, fact: Fact) -> bool:
    return any(passage.startswith(form.format(fact[1], fact[0], fact[2])) for form in two_hop._FACTS)


def read_hops(draw: Draw) -> list[Exercise]:
    """All passages at once: step by step, which passages matter, one figure or link alone."""
    item = _item(draw)
    path, rng = [tuple(f) for f in item.record["path"]], draw.rng
    task = Question(item.question, item.context)
    steps = "\n".join(map(fact_text, path))
    out = [Exercise("read_hops", _render("chain_of_thought", draw, task), f"{steps}\nAnswer: {item.target}")]
    for name, word, value in rng.sample([tuple(f) for f in item.record["facts"]], 2):
        question = Question(f"What is the {word} of {name}?", item.context)
        number = next(n for n, p in enumerate(item.context, 1) if _states(p, (name, word, value)))
        out.append(
            Exercise(
                "read_hops",
                _render("chain_of_thought", draw, question),
                f"{fact_text((name, word, value))}\nAnswer: {value}",
            )
        )
        focus = f"Passages: {number}\nProblem: {question.question}"
        out.append(Exercise("read_hops", _render("focus", draw, question), focus))
    return out


def _render(template: str, draw: Draw, task: Question) -> tuple[Message, ...]:
    return render(template, role=draw.role, task=task, instruction="")


def react(draw: Draw) -> list[Exercise]:
    """Thought and look-up in turns, the passages behind a tool."""
    item = _item(draw)
    path, steps, out = [tuple(f) for f in item.record["path"]], "", []
    tools = [("retrieval", "what to look for in the passages of the problem")]
    if draw.rng.random() < 0.5:
        tools.insert(0, ("calculator", "an arithmetic expression"))
    noted = ""
    for fact in path:
        turn = f"Thought: {noted}I need {need(fact)}.\nAction: retrieval[{need(fact)}]"
        out.append(Exercise("react", _react(draw, item, tools, steps), turn))
        seen = "\n".join(item.context[place] for place in bm25(need(fact), item.context, 3))
        if not any(_states(line, fact) for line in seen.splitlines()):
            return out
        steps = f"{steps}\n{turn}\nObservation: {seen}".strip()
        noted = f"{fact_text(fact)[:1].upper()}{fact_text(fact)[1:]}. "
    out.append(
        Exercise(
            "react", _react(draw, item, tools, steps), f"Thought: {noted}That is all.\nAnswer: {item.target}"
        )
    )
    return out


def _react(draw: Draw, item: Item, tools: Sequence[tuple[str, str]], steps: str) -> tuple[Message, ...]:
    return render(
        "react", role=draw.role, task=Question(item.question), tools=tools, steps=steps, instruction=""
    )
