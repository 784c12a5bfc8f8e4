"""Keep the passages of a problem that are closest to it."""

from dataclasses import replace

from masdesign.building_blocks._arguments import at_least_one
from masdesign.building_blocks._passages import passages_for
from masdesign.types import Question
from masdesign.workflow import block


@block(cost="1 call; none with retrieval by words", reference="arXiv:2005.11401")
async def retrieve(
    task: Question,
    n: int = 1,
    *,
    role: str = "",
    temperature: float = 0.0,
    model: str = "",
) -> Question:
    """Keeps the n passages of a problem that are closest to it.

    Its text stays as it is. It helps where few of the passages are needed, above all for a part of a
    problem, which may need a single one. Where the task declares the tool ``retrieval`` they are found by
    BM25, or an embedding model where the run has one; elsewhere the model names them (`focus`), however
    many these are. What was not found is lost. A problem with one passage or none stays as it is.

    Cost: 1 call at most; none with retrieval by words.

    The item fails where n is below 1.

    References: Lewis et al. 2020, Retrieval-Augmented Generation for Knowledge-Intensive NLP Tasks,
    arXiv:2005.11401; Robertson and Zaragoza 2009, The Probabilistic Relevance Framework: BM25 and Beyond.

    Example::

        async def workflow(task):
            return await chain_of_thought(await retrieve(task, n=2))
    """
    at_least_one("retrieve", n=n)
    kept = await passages_for(task.question, task.context, n, role=role, temperature=temperature, model=model)
    return replace(task, context=kept)
