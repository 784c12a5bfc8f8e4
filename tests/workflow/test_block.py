import pytest

from masdesign.errors import InternalFault
from masdesign.testing import answer
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


def test_each_parameter_and_the_result_have_a_type():
    with pytest.raises(TypeError, match="untyped has no type for task, its result; write them"):

        @block()
        async def untyped(task, n: int = 1):
            return task


def test_a_result_of_another_type_than_was_declared_is_one_line():
    @block()
    async def wrong(task: Question) -> Answer:
        return "4"  # type: ignore[return-value]

    with pytest.raises(InternalFault, match=r"block 'wrong' failed .TypeError: it gave '4', no Answer"):
        answer(wrong, "2 + 2 =", lambda request: "Answer: 4")


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
