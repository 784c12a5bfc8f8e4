"""A call's text depends on the call alone."""

import random

import pytest

from masdesign.lm.abacus import engine as engine_module
from masdesign.lm.abacus.call import AbacusCall
from masdesign.lm.abacus.engine import Engine


def run(model, tokenizer, calls, slots=48):
    engine = Engine(model, tokenizer, slots=slots)
    for call in calls:
        engine.add(call)
    replies = {reply.key: reply for reply in engine.run()}
    assert engine.idle
    return replies


def alone(model, tokenizer, calls):
    return {call.key: run(model, tokenizer, [call])[call.key] for call in calls}


@pytest.mark.slow
def test_replies_are_those_had_alone(model, tokenizer, make_calls):
    expected = alone(model, tokenizer, make_calls(40))
    assert len({reply.text for reply in expected.values()}) > 25
    for slots in (1, 3, 48):
        for seed in (1, 2):
            calls = make_calls(40)
            random.Random(seed).shuffle(calls)
            assert run(model, tokenizer, calls, slots) == expected


def test_replies_are_those_had_alone_at_full_size(full_size, make_calls):
    model, tokenizer = full_size
    expected = alone(model, tokenizer, make_calls(8, longest=200, replies=12))
    for slots in (5, 48):
        assert run(model, tokenizer, make_calls(8, longest=200, replies=12)[::-1], slots) == expected


def test_calls_join_and_leave_between_steps(model, tokenizer, make_calls):
    expected = alone(model, tokenizer, make_calls(30))
    engine, calls, replies = Engine(model, tokenizer, slots=7), make_calls(30), []
    rng = random.Random(3)
    while calls or not engine.idle:
        for _ in range(rng.randint(0, 4)):
            if calls:
                engine.add(calls.pop())
        replies += engine.step()
    assert {reply.key: reply for reply in replies} == expected


def test_cancelled_calls_leave_the_others_as_they_are(model, tokenizer, make_calls):
    expected = alone(model, tokenizer, make_calls(30))
    engine, replies = Engine(model, tokenizer, slots=10), []
    for call in make_calls(30):
        engine.add(call)
    rng, cancelled = random.Random(4), set()
    while not engine.idle:
        replies += engine.step()
        if len(cancelled) < 12:
            key = rng.randrange(30)
            cancelled.add(key)
            engine.cancel(key)
    got = {reply.key: reply for reply in replies}
    assert set(expected) - cancelled <= set(got)
    assert all(expected[key] == reply for key, reply in got.items())
    engine.cancel(999)


def test_draws_of_one_prompt_are_read_once(model, tokenizer, monkeypatch):
    read = []
    engine = Engine(model, tokenizer)
    prefill = model.prefill
    monkeypatch.setattr(
        model, "prefill", lambda arena, prompts: read.extend(prompts) or prefill(arena, prompts)
    )
    for sample in range(9):
        engine.add(AbacusCall(key=sample, prompt=(0, 2, 50, 4, 3), limit=12, temperature=1.0, sample=sample))
    assert len({reply.text for reply in engine.run()}) > 1
    assert read == [(0, 2, 50, 4, 3)]


def test_more_draws_than_slots(model, tokenizer):
    calls = [AbacusCall(key=k, prompt=(0, 9), limit=5, temperature=1.0, sample=k) for k in range(20)]
    assert len(run(model, tokenizer, calls, slots=3)) == 20


@pytest.mark.parametrize("length", [1, 31, 32, 33, 63, 64, 65, 199])
def test_prompts_and_replies_at_the_edges_of_blocks(model, tokenizer, length):
    prompt = tuple(5 + k % 200 for k in range(length))
    reply = run(model, tokenizer, [AbacusCall(key=0, prompt=prompt, limit=200 - length, temperature=1.0)])[0]
    assert reply.prompt_tokens == length
    assert 1 <= reply.completion_tokens <= 200 - length


def test_sample_and_world_change_a_draw_and_not_the_greedy_reply(model, tokenizer):
    def texts(temperature):
        kinds = [(0, 0), (1, 0), (0, 1)]
        return [
            run(
                model,
                tokenizer,
                [AbacusCall(key=0, prompt=(0, 2, 80), limit=20, temperature=temperature, sample=s, world=w)],
            )[0].text
            for s, w in kinds
        ]

    assert len(set(texts(1.0))) == 3
    assert len(set(texts(0.0))) == 1


@pytest.mark.slow
@pytest.mark.parametrize("kept", [0, 200_000, engine_module.KEPT])
def test_memory_of_earlier_calls_is_kept_within_bounds_and_changes_nothing(
    model, tokenizer, make_calls, monkeypatch, kept
):
    expected = alone(model, tokenizer, make_calls(20))
    monkeypatch.setattr(engine_module, "KEPT", kept)
    engine = Engine(model, tokenizer)
    for _ in range(2):
        for call in make_calls(20):
            engine.add(call)
        assert {reply.key: reply for reply in engine.run()} == expected
        assert sum(arena.size for arena in engine._arenas.values()) <= kept
