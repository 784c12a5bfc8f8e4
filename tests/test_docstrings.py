"""Every example in a docstring does what it shows."""

import doctest
import importlib
import pkgutil

import pytest

import masdesign


def _modules():
    for module in pkgutil.walk_packages(masdesign.__path__, "masdesign."):
        if not module.name.endswith(".__main__"):
            yield module.name


@pytest.mark.slow
@pytest.mark.parametrize("name", list(_modules()))
def test_examples(name):
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as missing:
        if (missing.name or "").startswith("masdesign"):
            raise
        pytest.skip(f"needs the extra with {missing.name}")
    assert doctest.testmod(module).failed == 0
