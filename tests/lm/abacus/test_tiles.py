import numpy as np
import pytest

from masdesign.lm.abacus import layers


@pytest.mark.parametrize("shape", [(160, 480), (160, 640), (640, 160), (160, 405), (64, 192)])
def test_a_row_keeps_its_bits_wherever_it_stands_and_whatever_stands_beside_it(shape):
    rng = np.random.default_rng(1)
    matrix = rng.standard_normal(shape, dtype=np.float32)
    tile = layers.even_tile([matrix], rng)
    row = rng.standard_normal(shape[0], dtype=np.float32)
    seen = set()
    for rows in (tile, 2 * tile, 16 * tile):
        for place in range(0, rows, max(1, rows // 16)):
            x = rng.standard_normal((rows, shape[0]), dtype=np.float32)
            x[place] = row
            seen.add(layers.product(x, matrix, tile)[place].tobytes())
    assert len(seen) == 1


def test_product_is_the_matrix_product():
    rng = np.random.default_rng(2)
    x, matrix = (
        rng.standard_normal((16, 32), dtype=np.float32),
        rng.standard_normal((32, 7), dtype=np.float32),
    )
    for tile in layers.CANDIDATES:
        np.testing.assert_allclose(layers.product(x, matrix, tile), x @ matrix, rtol=1e-4, atol=1e-5)


def test_a_kernel_without_any_even_tile_falls_back_to_single_rows(monkeypatch):
    monkeypatch.setattr(layers, "_is_even", lambda *_: False)
    assert layers.even_tile([np.zeros((2, 2), np.float32)], np.random.default_rng(0)) == 1
