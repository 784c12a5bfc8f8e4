"""Several solutions at once: who is asked, who sees what, when it stops, which answer wins."""

import pytest
from scipy.stats import beta

from masdesign.lm.providers.scripted import Scripted
from masdesign.types import Answer, Completion, Question, Usage
from masdesign.workflow import lead_confidence

TASK = Question("1 + 1 =")


def prompts(lm, words=""):
    """What was asked, in order, of the prompts that hold ``words``."""
    asked = [request.messages[-1].content for request in lm.requests]
    return [prompt for prompt in asked if words in prompt]


def draws(answers, **others):
    """A script: draw n gives answer n; a prompt that holds one of the other words gives its reply."""

    def script(request):
        prompt = request.messages[-1].content
        for words, reply in others.items():
            if f"{words}:" in prompt:
                return reply(prompt) if callable(reply) else reply
        return f"Answer: {answers[request.sample]}"

    return script


def score_of(scores):
    """Scores by the answer of the solution that is shown."""
    return lambda prompt: next(f"Score: {s}" for a, s in scores.items() if f"Answer: {a}\n" in prompt)


async def test_universal_self_consistency_shows_all_draws_and_takes_the_chosen(call):
    script = draws(["one apple", "an orange", "1 apple"], Choice="Choice: 3")
    outcome, lm = await call("universal_self_consistency(task)", script)
    (choice,) = prompts(lm, "Choice:")
    for n, answer in enumerate(["one apple", "an orange", "1 apple"], 1):
        assert f"Solution {n}:\nAnswer: {answer}\n" in choice
    assert "agrees best" in choice
    assert outcome.answer.text == "1 apple"
    assert outcome.calls == 4


async def test_universal_self_consistency_without_a_choice_counts(call):
    outcome, _ = await call("universal_self_consistency(task)", draws("454", Choice="I cannot say."))
    assert outcome.answer.text == "4"


def test_the_lead_s_confidence_is_the_tail_of_a_beta_distribution():
    for most in range(12):
        for second in range(most + 1):
            answers = [Answer("yes")] * second + [Answer("no")] * most + [Answer("")] * 3
            assert lead_confidence(answers) == pytest.approx(beta.sf(0.5, most + 1, second + 1))


@pytest.mark.parametrize(
    ("answers", "calls"),
    [
        ("4444", 4),  # (1/2)^5 of doubt is little enough
        ("454444444", 8),  # one dissent takes twice as many
        ("45" * 8, 16),  # never settled: n at most
    ],
)
async def test_adaptive_consistency_stops_when_the_vote_has_settled(answers, calls, call):
    outcome, lm = await call("adaptive_consistency(task)", draws(answers))
    assert outcome.answer.text == "4"
    assert outcome.calls == calls
    assert len(set(prompts(lm))) == 1


async def test_adaptive_consistency_draws_waves_and_the_rest_of_n(call):
    outcome, _ = await call("adaptive_consistency(task, n=7, wave=3, confidence=1.0)", draws("4" * 7))
    assert outcome.calls == 7
    outcome, _ = await call("adaptive_consistency(task, wave=5)", draws("4" * 16))
    assert outcome.calls == 5


async def test_best_of_n_keeps_what_the_judge_rates_best(call):
    script = draws(["4", "", "5", "6"], Score=score_of({"4": 2, "5": 9, "6": 8}))
    outcome, lm = await call("best_of_n(task)", script)
    assert outcome.answer.text == "5"
    assert len(prompts(lm, "Score:")) == 3
    assert {request.temperature for request in lm.requests} == {0.8, 0.0}


async def test_best_of_n_takes_the_first_of_equals(call):
    outcome, _ = await call("best_of_n(task)", draws("4567", Score="Score: 7"))
    assert outcome.answer.text == "4"


async def test_a_weighted_vote_adds_the_weights_of_equal_answers(call):
    scores = score_of({"4": 3, "5": 4, "6": 7})
    outcome, _ = await call("weighted_vote(task)", draws("44655", Score=scores))
    assert outcome.answer.text == "5"
    outcome, _ = await call("best_of_n(task, n=5)", draws("44655", Score=scores))
    assert outcome.answer.text == "6"


async def test_a_vote_that_the_judge_gives_no_weight_is_a_plain_one(call):
    outcome, _ = await call("weighted_vote(task)", draws("54464", Score="Score: 0"))
    assert outcome.answer.text == "4"


async def test_each_layer_of_a_mixture_sees_all_of_the_layer_before(call):
    def script(request):
        shown = request.messages[-1].content.count("Solution:")
        return f"Layer after {shown}.\nAnswer: {shown}{request.sample}"

    outcome, lm = await call("mixture_of_agents(task, n=3, layers=2)", script, question=TASK)
    first, second, last = prompts(lm)[:3], prompts(lm)[3:6], prompts(lm)[6:]
    assert all("Solution:" not in prompt for prompt in first)
    assert all(f"Answer: 0{i}" in prompt for prompt in second for i in range(3))
    assert len(last) == 1
    assert all(f"Answer: 3{i}" in last[0] for i in range(3))
    assert "Answer: 00" not in last[0]
    assert outcome.answer.text.startswith("3")


async def test_the_agents_of_a_mixture_take_the_models_in_turn(call):
    models = {name: Scripted(lambda request, name=name: f"Answer: {name}", model=name) for name in "ab"}
    outcome, lm = await call(
        'mixture_of_agents(task, n=3, models=["a", "b"])', lambda request: "Answer: 9", **models
    )
    assert [len(models[name].requests) for name in "ab"] == [2, 1]
    assert len(lm.requests) == 1
    assert outcome.answer.text == "9"


async def test_a_mixture_whose_last_word_cannot_be_read_counts(call):
    script = draws("545", Input="Hm.", Solution="Hm.")
    outcome, _ = await call("mixture_of_agents(task)", script)
    assert outcome.answer.text == "5"


async def test_quality_diversity_shows_each_way_those_before(call):
    def script(request):
        prompt = request.messages[-1].content
        if "Choice:" in prompt:
            return "Choice: 2"
        return f"Answer: {prompt.count('Solution ')}"

    outcome, lm = await call("quality_diversity(task)", script)
    assert [prompt.count("Solution ") for prompt in prompts(lm)] == [0, 1, 2, 3]
    assert "in a different way" in prompts(lm)[2]
    assert outcome.answer.text == "1"


@pytest.mark.parametrize(
    "expression",
    [
        "universal_self_consistency(task, n=0)", "adaptive_consistency(task, n=0)",
        "adaptive_consistency(task, wave=0)", "best_of_n(task, n=0)", "weighted_vote(task, n=-1)",
        "mixture_of_agents(task, layers=0)", "mixture_of_agents(task, n=0)", "quality_diversity(task, n=0)",
    ],
)  # fmt: skip
async def test_a_number_below_one_is_refused_before_a_call(expression, call):
    outcome, lm = await call(expression)
    assert outcome.failure.kind == "design"
    assert expression.partition("(")[0] in outcome.failure.message
    assert not lm.requests


async def test_a_reply_that_filled_the_window_is_shown_by_its_beginning(run):
    """It has lost its way, and with it the next prompt would not fit the window."""
    filled = Completion("I turn " * 600, Usage(96, 4000), finish="length")
    source = """async def workflow(task):
    draft = await chain_of_thought(task)
    verdict = await verify(task, draft)
    return verdict.critique"""
    _, lm = await run(source, lambda request: "Verdict: wrong" if "Verdict:" in str(request) else filled)
    assert len(prompts(lm, "Verdict:")[0]) < 600
    assert "I turn I turn" in prompts(lm, "Verdict:")[0]
