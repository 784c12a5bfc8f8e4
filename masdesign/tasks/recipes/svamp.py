"""SVAMP: word problems with varied structure. Patel et al. 2021, arXiv:2103.07191."""

from masdesign.tasks.recipes import Recipe

svamp = Recipe(
    name="svamp",
    description="Solve an elementary word problem; the answer is a number.",
    licence="MIT",
    source="https://github.com/arkilpatel/SVAMP",
    official="share of the 1,000 challenge questions whose number is right",
    scorer="numeric",
    columns={"id": "ID", "question": "{Body}. {Question}", "target": "Answer"},
    files={"test": "svamp/SVAMP.json"},
    keys=frozenset({"ID", "Body", "Question", "Answer"}),
)
