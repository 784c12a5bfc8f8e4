import numpy as np
import pytest

from masdesign.lm.abacus.call import pick, uniforms

FIXED = [0.7275357837743733, 0.1800310233608382]


def test_uniforms_depend_on_every_argument_and_begin_alike():
    base = uniforms(0, 0, 0.8, [1, 2, 3], 50)
    others = [
        uniforms(1, 0, 0.8, [1, 2, 3], 50),
        uniforms(0, 1, 0.8, [1, 2, 3], 50),
        uniforms(0, 0, 0.7, [1, 2, 3], 50),
        uniforms(0, 0, 0.8, [1, 23], 50),
    ]
    assert all(not np.array_equal(base, other) for other in others)
    assert np.array_equal(base[:7], uniforms(0, 0, 0.8, [1, 2, 3], 7))
    assert np.array_equal(base, uniforms(0, 0, 0.8, (1, 2, 3), 50))
    assert ((base >= 0) & (base < 1)).all()


def test_uniforms_are_the_same_on_every_machine():
    assert uniforms(0, 0, 1, [], 2).tolist() == pytest.approx(FIXED, abs=0)


def test_pick_follows_the_distribution():
    logits = np.log(np.array([0.5, 0.3, 0.2], np.float32))
    draws = np.random.default_rng(0).random(20_000)
    tokens = pick(np.tile(logits, (len(draws), 1)), np.ones(len(draws)), draws)
    np.testing.assert_allclose(np.bincount(tokens) / len(draws), [0.5, 0.3, 0.2], atol=0.02)


@pytest.mark.parametrize("draw", [2.0**-53, 0.5, np.nextafter(1.0, 0.0)])
@pytest.mark.parametrize("temperature", [1e-9, 0.8, 100.0])
def test_pick_stays_inside_the_vocabulary(draw, temperature):
    logits = np.array([[0.0, 60.0, -1e4, 2.0]], np.float32)
    token = pick(logits, np.array([temperature]), np.array([draw]))[0]
    assert 0 <= token < 4
    assert token == 1 or temperature > 1


def test_temperature_zero_takes_the_likeliest_whatever_the_draw():
    logits = np.array([[0.0, 2.0, 1.0]] * 2, np.float32)
    assert pick(logits, np.zeros(2), np.array([0.0, 0.999])).tolist() == [1, 1]
