import pytest

from masdesign.types import Answer, Question
from masdesign.workflow import block


@block(cost="n calls", reference="arXiv:1", calls=lambda n=5, **_: n, templates=("x",))
async def several(task: Question, n: int = 5, *others: Answer, role: str = "a") -> list[Answer]:
    """Does this. And that.

    Further down.
    """
    return []


def test_a_block_says_what_it_is():
    assert several.name == "several"
    assert several.summary == "Does this."
    assert several.templates == ("x",)
    assert "async def several" in several.source
    assert len(several.version) == 8


def test_the_stub_is_the_typed_signature():
    assert several.stub() == (
        "async def several(task: Question, n: int = 5, *others: Answer, role: str = 'a') -> list[Answer]: ..."
    )


@pytest.mark.parametrize(
    ("arguments", "unknown", "bound"),
    [
        ({}, (), 5),
        ({"n": 3}, (), 3),
        ({}, ("n",), 64),
        ({"n": 10**9}, (), 64),
        ({"n": "x"}, (), 64),
        ({}, ("role",), 5),
    ],
)
def test_the_bound_of_a_call(arguments, unknown, bound):
    assert several.bound(arguments, unknown) == bound


def test_only_async_functions_are_blocks():
    with pytest.raises(TypeError, match="async"):

        @block()
        def plain(task):
            return task


def test_another_source_is_another_version():
    @block()
    async def one(task: Question) -> str:
        """One."""
        return "1"

    @block()
    async def two(task: Question) -> str:
        """One."""
        return "2"

    assert one.version != two.version
