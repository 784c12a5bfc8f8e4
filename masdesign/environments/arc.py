"""The two tools of an ARC item: try a transformation on the examples, apply it to the test's input.

They are those that ADAS gave its agents (Hu, Lu, Clune 2024, arXiv:2408.08435). An item's record is ARC's own
row (Chollet 2019, arXiv:1911.01547): ``train`` and ``test``, pairs of ``input`` and ``output``.
"""

import ast
import json
from typing import Any

from masdesign.environments.schema import tool
from masdesign.environments.state import State, StateEnvironment, WrongCall
from masdesign.types import Item

SECONDS = 5.0
"""Processor time of one call, over all examples."""
Grid = list[list[int]]


class Puzzle(State):
    """The examples of an item, and the input of its test."""

    def __init__(self, examples: list[dict[str, Grid]], test_input: Grid) -> None:
        self.examples, self.test_input = examples, test_input

    @tool
    async def run_examples_and_get_feedback(self, code: str) -> str:
        """Run a Python function on every example. Gives JSON: feedback, and the examples correct and wrong.

        Args:
            code: a program that defines transform(grid), which takes and gives a list of rows of integers.
        """
        outputs = await self._outputs(code, [example["input"] for example in self.examples])
        feedback, correct, wrong = list[str](), list[Any](), list[Any]()
        for number, (example, (grid, error)) in enumerate(zip(self.examples, outputs, strict=True)):
            right = not error and grid == example["output"]
            (correct if right else wrong).append(example)
            if error:
                feedback.append(f"Error during function execution in Example {number}: {error}")
                continue
            verdict = "CORRECT" if right else "WRONG"
            told = "" if right else f"\nExpect: {example['output']}\nYou got: {grid}"
            feedback.append(
                f"Your transform function generates a {verdict} answer in Example {number}!{told}"
            )
        return json.dumps({"feedback": "\n\n".join(feedback), "correct": correct, "wrong": wrong})

    @tool
    async def get_test_output_from_code(self, code: str) -> str:
        """Apply a Python function to the test's input, and show the grid that it gives.

        Args:
            code: a program that defines transform(grid).
        """
        ((grid, error),) = await self._outputs(code, [self.test_input])
        if error:
            raise WrongCall(f"Error during function execution: {error}")
        return repr(grid)

    async def _outputs(self, code: str, inputs: list[Grid]) -> list[tuple[Any, str]]:
        """The grid that ``transform`` gives for each input, or what it raises.

        Raises:
            WrongCall: the program does not run, or defines no ``transform``.
        """
        program = f"{code}\n{_TRY}\nprint([_try(grid) for grid in {inputs!r}])"
        result = await self.services.run_program(program, seconds=SECONDS)
        if result.status == "timeout":
            raise WrongCall("Error during function execution: it did not end in time")
        lines = result.stdout.strip().splitlines()
        try:
            outputs = ast.literal_eval(lines[-1]) if lines and result.status == "ok" else None
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            raise WrongCall("Error: transform gave something that is no list of rows of integers") from None
        if not isinstance(outputs, list) or len(outputs) != len(inputs):
            error = result.stderr.strip().splitlines()
            raise WrongCall(f"Error during code execution: {error[-1] if error else 'it printed nothing'}")
        return outputs


_TRY = """
def _try(grid):
    try:
        return (transform(grid), "")
    except Exception as error:
        return (None, type(error).__name__ + ": " + str(error))
"""


def _begin(item: Item, seed: int) -> tuple[State, str]:
    examples = [{"input": pair["input"], "output": pair["output"]} for pair in item.record["train"]]
    return Puzzle(examples, item.record["test"][0]["input"]), ""


ARC = StateEnvironment("arc", "1", Puzzle, _begin)
"""The environment of ARC's items."""
