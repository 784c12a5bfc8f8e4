"""Composite blocks are designs too: each, without its decorator, asks the same in the sandbox."""

import ast
import inspect

import pytest

from masdesign.building_blocks import blocks

NAMES = (
    "adaptive_consistency", "best_of_n", "branch_solve_merge", "chain_of_verification", "critic_reviser",
    "debate", "generator_verifier_refiner", "manager", "meta_prompting", "mixture_of_agents",
    "monte_carlo_tree_search", "quality_diversity", "reflexion", "role_assignment", "self_consistency",
    "self_refine", "solo_performance", "standard_operating_procedure", "thinker_planner_executor",
    "tree_of_thoughts", "universal_self_consistency", "weighted_vote",
)  # fmt: skip
"""All but `analyst_coder_tester`, which asks the run for the task's tools."""

WITHOUT_CHECKS = """
def at_least_one(block, **numbers):
    pass

class Run:
    def failed(self, message, cure):
        return RuntimeError(message)

def running():
    return Run()
"""
"""What refuses bad arguments stands on the host; a design has no need of it."""


def as_design(name):
    """The block's function as a workflow's helper, with the modules that it imports."""
    module = ast.parse(inspect.getsource(inspect.getmodule(blocks()[name].function)))
    (function,) = [node for node in module.body if isinstance(node, ast.AsyncFunctionDef)]
    function.decorator_list, function.name = [], "made_of_blocks"
    function.body = [node for node in function.body if not _is_docstring(node)]
    imports = [ast.unparse(node) for node in module.body if isinstance(node, ast.Import)]
    call = "async def workflow(task):\n    return await made_of_blocks(task)\n"
    return "\n".join([*imports, WITHOUT_CHECKS, ast.unparse(function), "", call])


def _is_docstring(node):
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
async def test_it_asks_the_same_in_the_sandbox(name, run, call):
    guest_outcome, guest = await run(as_design(name))
    host_outcome, host = await call(f"{name}(task)")
    assert guest_outcome.failure is None
    assert guest_outcome.answer == host_outcome.answer
    assert guest.requests == host.requests


def contrary(request):
    """A model that is not content for long, reaches no answer by steps, and needs an expert every time."""
    prompt = request.messages[-1].content
    if "next step only" in prompt:
        return f"Step {request.sample} of {len(prompt)}."
    questions = "\n".join(f"Question {n}: What is {n}?" for n in range(1, 9))
    verdict = "right" if request.temperature > 0 and request.sample % 2 == 0 else "wrong"
    return f"{questions}\nExpert: cook: What is 1?\nVerdict: {verdict}\nScore: 5\nAnswer: {request.sample}"


@pytest.mark.parametrize("name", [*NAMES, "analyst_coder_tester"])
async def test_the_bound_is_what_a_model_that_is_never_content_costs(name, call):
    outcome, _ = await call(f"{name}(task)", contrary, tools={"python"})
    assert outcome.failure is None
    assert outcome.calls == blocks()[name].bound({})
