"""StrategyQA: yes or no, by facts that the question does not name. Geva et al. 2021, arXiv:2101.02235."""

from masdesign.tasks.recipes import Recipe

strategyqa = Recipe(
    name="strategyqa",
    description="Answer a question with yes or no that takes an implicit chain of facts.",
    licence="MIT",
    source="https://allenai.org/data/strategyqa (strategyqa_train.json)",
    official="accuracy; the test set's answers are not public, so most report on the 2,290 train questions",
    scorer="bool",
    instruction="Answer with yes or no.",
    columns={"id": "qid", "question": "question", "target": "answer"},
    files={"test": "strategyqa/strategyqa_train.json"},
    hub={"test": "ChilleD/StrategyQA:test", "train": "ChilleD/StrategyQA:train"},
    keys=frozenset({"qid", "question", "answer", "facts"}),
)
