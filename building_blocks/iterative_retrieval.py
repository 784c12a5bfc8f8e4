"""Retrieve, note what was learnt, ask for what is missing, and retrieve again."""

from masdesign.building_blocks._arguments import at_least_one
from masdesign.building_blocks._passages import passages_for
from masdesign.building_blocks._window import line_that_fits, note_that_fits
from masdesign.building_blocks.ask import ask
from masdesign.building_blocks.read import read_field
from masdesign.types import Answer, Question
from masdesign.workflow import block, normalise


@block(cost="up to 2n + 1 calls", reference="arXiv:2212.10509", calls=lambda n=3, **_: 2 * n + 1)
async def iterative_retrieval(
    task: Question,
    n: int = 3,
    passages: int = 1,
    *,
    instruction: str = "",
    role: str = "",
    temperature: float = 0.0,
    model: str = "",
) -> Answer:
    """Retrieves, notes, asks for what is missing, again and again; then solves.

    Each round finds passages that were not seen yet, notes what they tell, and says what is still
    missing: the query of the next round. It helps where what to look for depends on what was found, as
    with a fact about the person that another passage names. Where all that is needed can be told from
    the problem, `isolate` is faster.
    Passages are found by retrieval where the task declares the tool ``retrieval`` (``passages`` of them
    a round, by BM25 or an embedding model), else the model names them. The last call sees the note,
    and those passages of which nothing could be noted; an ``instruction`` replaces its request.
    ``text`` is empty where no answer could be read from the last reply.

    Cost: 2n + 1 calls at most; n + 1 with retrieval by words. Fewer where nothing is missing any more.

    The item fails where n or ``passages`` is below 1.

    References: Trivedi et al. 2022, Interleaving Retrieval with Chain-of-Thought Reasoning for
    Knowledge-Intensive Multi-Step Questions, arXiv:2212.10509; Robertson and Zaragoza 2009, The
    Probabilistic Relevance Framework: BM25 and Beyond.

    Example::

        async def workflow(task):
            return await iterative_retrieval(task, n=2)
    """
    at_least_one("iterative_retrieval", n=n, passages=passages)
    query, note = task.question, ""
    unread: list[str] = []
    left = list(task.context)
    for _ in range(n):
        retrieved = await passages_for(query, left, passages, role=role, temperature=temperature, model=model)
        if not retrieved:
            break
        left = [passage for passage in left if passage not in retrieved]
        reply_text = await ask(
            "Do not solve the problem. Note what the passages tell that is needed to solve it, on one line: "
            "Note: ... Then ask for what is still missing, or say none.",
            Question(task.question, retrieved, task.choices),
            note,
            output="missing",
            role=role,
            temperature=temperature,
            model=model,
        )
        learnt = read_field(reply_text.reasoning, "note").text
        note = note_that_fits(f"{note}\n{learnt}".strip(), model)
        unread += [] if learnt else retrieved
        query = line_that_fits(reply_text.text, model)
        if not query or normalise(query) in ("none", "nothing", "no"):
            break
    return await ask(
        instruction or "Solve the problem step by step.",
        Question(task.question, tuple(unread), task.choices),
        note,
        role=role,
        temperature=temperature,
        model=model,
    )
