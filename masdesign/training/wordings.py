"""How each skill is asked for: wordings that are trained, wordings held out, and roles.

A template's own wording (the empty string here) has the largest share. The five last of each skill are
never trained on: the model card states how abacus does on them.
"""

from __future__ import annotations

import random

from masdesign.training import part_wordings

HELD_OUT = 5
"""So many wordings of each skill, the last ones, are kept out of training."""
DEFAULT_SHARE = 0.6

_TAIL = "Give the answer on the last line: Answer: ..."
_TAILS: dict[str, tuple[str, ...]] = {
    "direct": ("Answer: ...", "Reply with one line: Answer: ...", "Use one line: Answer: ..."),
    "steps": (_TAIL, "Finish with a line Answer: ...", "End with: Answer: ..."),
    "verify": (
        "Say on the last line: Verdict: right, or Verdict: wrong",
        "End with Verdict: right or Verdict: wrong",
        "Last line: Verdict: right|wrong",
    ),
    "choose": (
        "Give its number on the last line: Choice: ...",
        "End with: Choice: ...",
        "Last line: Choice: N",
    ),
    "write_program": ("On one line: Program: ...", "Reply with one line: Program: ...", "Program: ..."),
}

_STEMS: dict[str, tuple[str, ...]] = {
    "direct": (
        "Answer at once.",
        "Say only the answer.",
        "No steps, just the answer.",
        "Give the final answer and nothing else.",
        "Reply with the answer alone.",
        "Do not explain.",
        "Do not show any work.",
        "Answer right away, without thinking aloud.",
        "Guess the answer in one go.",
        "What is the answer? Be short.",
        "State the result directly.",
        "Be quick: only the result counts.",
        "Give your first idea.",
        "Skip the reasoning and answer.",
        "Short answer only.",
        "Write the answer with no explanation.",
        "Answer in a single line.",
        "Only the result, please.",
        "Just answer.",
        "Tell me the result, not how you found it.",
        "Without any working, answer the question.",
        "I need the answer only.",
        "Give an immediate answer.",
        "Answer directly.",
        "Leave out every step and write what comes out.",
        "Respond immediately with your answer.",
        "One line, no reasoning.",
        "Only tell me the final result.",
        "Produce the answer without intermediate work.",
    ),
    "chain_of_thought": (
        "Think step by step.",
        "Work it out step by step.",
        "Solve the problem in small steps.",
        "Show your work, one step a line.",
        "Reason carefully before you answer.",
        "Take your time and go through it one part at a time.",
        "Break the problem into parts and solve each part.",
        "First work out the parts, then put them together.",
        "Write down every step.",
        "Explain how you get there.",
        "Solve this carefully.",
        "Let us think step by step.",
        "Go through the problem in order.",
        "Do it slowly and check each step.",
        "Find the answer by working through the problem.",
        "Write your reasoning, then the answer.",
        "Think about it first.",
        "Work through the details before answering.",
        "Lay out the steps that lead to the answer.",
        "Use a clear chain of steps.",
        "Calculate carefully.",
        "Begin with the parts, end with the result.",
        "Please solve this problem.",
        "Solve the task and show how.",
        "Derive the answer one piece at a time.",
        "Reason through this in a few lines.",
        "Before answering, note each intermediate result.",
        "Tackle it piece by piece.",
        "Walk me through the solution.",
    ),
    "verify": (
        "Check the solution.",
        "Is this solution right?",
        "Check each step and name the first wrong one.",
        "Judge whether the solution is right.",
        "Look for mistakes in the solution.",
        "Go through the solution step by step and find errors.",
        "Verify the answer.",
        "Decide if the answer is right or wrong.",
        "Grade this solution.",
        "Examine every line of the solution.",
        "Can this solution be trusted?",
        "Find the first mistake, if there is one.",
        "Test the solution against the problem.",
        "Tell whether the steps are right.",
        "Review the work above.",
        "Act as a judge of this solution.",
        "Check the work carefully.",
        "Do the steps hold?",
        "Compare each step with the problem.",
        "Say if the solution has an error.",
        "Be strict: is every step true?",
        "Recompute each step.",
        "Mark this solution.",
        "Does the solution reach the right answer?",
        "Assess the solution for correctness.",
        "Inspect the steps and report any fault.",
        "Confirm or reject this solution.",
        "Audit the solution line by line.",
        "Evaluate if the reasoning is sound.",
    ),
    "revise": (
        "Correct the solution.",
        "Fix the mistakes in the solution.",
        "Use the critique to improve the solution.",
        "Write the solution again without the errors.",
        "Solve it again and mind the critique.",
        "Repair the wrong steps.",
        "Change what the critique found wrong.",
        "Improve the solution step by step.",
        "Give a corrected solution.",
        "Revise the solution.",
        "Take the critique into account and solve the problem.",
        "Do it again, better.",
        "Write a new solution that avoids the mistakes.",
        "Keep what is right and fix what is wrong.",
        "Rewrite the solution.",
        "Look at the critique, then correct each step.",
        "Redo the steps that are wrong.",
        "Make the solution right.",
        "With this critique in mind, solve the problem once more.",
        "Answer the critique with a better solution.",
        "Go over the solution again and correct it.",
        "The solution may be wrong; correct it.",
        "Produce a corrected version.",
        "Edit the solution so that every step is right.",
        "Try again with the help of the critique.",
        "Amend the solution following the feedback.",
        "Update your work given this review.",
        "Resolve the issues raised and finish the problem.",
        "Provide an improved solution.",
    ),
    "debate_round": (
        "Compare these solutions, then solve the problem again.",
        "Look at the other solutions and solve the problem again.",
        "Other people solved it too. Think again.",
        "Use the other solutions to check yours, then answer.",
        "Where do the solutions differ? Solve the problem again.",
        "Read all solutions and give your own new one.",
        "Update your solution after reading the others.",
        "Who is right? Solve it again step by step.",
        "Debate: consider the others, then give your solution.",
        "Change your mind if the others are right.",
        "Take the best of these solutions and solve the problem.",
        "Look for the mistakes in all solutions, then solve it.",
        "Consider the other opinions and answer again.",
        "Check your solution against the others.",
        "Give a final solution after this discussion.",
        "Think about why the solutions differ and solve it.",
        "Find out which solution is right and write it again.",
        "Use what the others found.",
        "After seeing the others, what is your solution?",
        "Weigh the solutions and solve the problem once more.",
        "Merge these solutions into one that is right.",
        "Put the solutions together and answer.",
        "Reconsider your solution.",
        "Defend or change your solution, step by step.",
        "Given what others say, refine your response.",
        "Examine your peers' work and respond again.",
        "Reach a conclusion from all the solutions.",
        "Settle the disagreement with a fresh solution.",
        "Reflect on these attempts and provide an updated one.",
    ),
    "choose": (
        "Which solution is right?",
        "Choose the best solution.",
        "Pick the solution that is right.",
        "Which of these solutions has no mistake?",
        "Select one solution.",
        "Say which solution you trust most.",
        "Find the solution without errors.",
        "Compare the solutions and choose one.",
        "Check all solutions and name the right one.",
        "Which one would you keep?",
        "Decide between the solutions.",
        "Judge the solutions and pick a winner.",
        "Only one of these may be right. Which?",
        "Name the number of the best solution.",
        "Look at each solution and choose.",
        "Which solution answers the problem?",
        "Vote for one solution.",
        "Choose the solution whose steps are all true.",
        "Rank the solutions and name the first.",
        "Which is the most reliable solution?",
        "Take the right one.",
        "Tell me the number of the right solution.",
        "Find the best among these.",
        "Which answer is true?",
        "Identify the correct candidate.",
        "Settle on a single solution.",
        "Determine which attempt succeeds.",
        "Indicate the strongest solution.",
        "Point out the accurate solution.",
    ),
    "write_program": (
        "Write one Python expression whose value is the answer.",
        "Write a Python expression that gives the answer.",
        "Turn the problem into Python.",
        "Give a program for this problem.",
        "Use Python: one expression.",
        "Write code that computes the answer.",
        "Express the problem as one line of Python.",
        "Translate the question into a Python expression.",
        "Do not solve it; write the Python expression.",
        "Let Python do the work.",
        "Which Python expression gives the answer?",
        "Write the computation in Python.",
        "Put the problem into code.",
        "Formulate the problem as a program.",
        "One line of Python, please.",
        "Write a short program.",
        "Make a Python expression for this.",
        "Code it in Python.",
        "Give the code only.",
        "Write down what Python should evaluate.",
        "Write an expression to be run by Python.",
        "Set up the calculation in Python.",
        "Encode the question in Python.",
        "A single Python expression is needed.",
        "Supply Python that evaluates to the result.",
        "Convert this into an executable expression.",
        "Implement the answer in Python.",
        "Provide a one-line script.",
        "Formalise it as Python.",
    ),
}

_ASK_STEMS = (
    *_STEMS["chain_of_thought"][:-HELD_OUT],
    "Solve the problem by this plan.",
    "Which rules does this problem need?",
    "Use the input above.",
    "You get a problem and some notes. Solve it.",
    "Answer the question.",
    "What is the answer?",
    "Combine the inputs and give one answer.",
    "Write the final answer.",
    "Help me with this.",
    "Simplify the problem and solve it.",
    "Plan first, then solve.",
    "Summarise the problem and answer it.",
    "Give your opinion as an expert.",
    "Decide what is true.",
    "Make the solution shorter.",
)

ROLES = (
    "You are a careful solver.",
    "You are a teacher.",
    "You are an expert in logic and numbers.",
    "You are a strict judge.",
    "You are a helpful assistant.",
    "You are a mathematician.",
    "You are a student who checks everything twice.",
    "You are careful with signs.",
    "You are a programmer.",
    "You are one of several experts in a debate.",
    "You are a critic who looks for mistakes.",
    "Be short and precise.",
    "You think in small steps.",
    "You are a detective.",
    "You never guess.",
    "You are patient and exact.",
    "You are an engineer.",
    "You answer questions.",
    "You are a skeptical reviewer.",
    "You work from the last part to the first.",
)
"""System messages that are trained; half of all prompts have none."""


_STEMS |= part_wordings.STEMS
_TAILS |= part_wordings.TAILS


def train_stems(skill: str) -> tuple[str, ...]:
    """The wordings of a skill that are trained on."""
    return _ASK_STEMS if skill == "ask" else _STEMS[skill][:-HELD_OUT]


def held_out(skill: str) -> tuple[str, ...]:
    """Five whole instructions that training never shows."""
    stems = _STEMS["chain_of_thought" if skill == "ask" else skill][-HELD_OUT:]
    return tuple(f"{stem} {tails(skill)[0]}".strip() for stem in stems)


def tails(skill: str) -> tuple[str, ...]:
    """How the reply's last line is asked for."""
    return _TAILS.get(skill, _TAILS["steps"])


def instruction(skill: str, rng: random.Random) -> str:
    """A trained instruction; empty for the template's own."""
    if rng.random() < DEFAULT_SHARE:
        return ""
    return f"{rng.choice(train_stems(skill))} {rng.choice(tails(skill))}".strip()


def ask_instruction(rng: random.Random) -> str:
    """An instruction for the free form: a known one, or words strung together."""
    if rng.random() < 0.8:
        return rng.choice(_ASK_STEMS)
    words = [w for stem in rng.sample(_ASK_STEMS, 3) for w in stem.split()]
    rng.shuffle(words)
    return " ".join(words[: rng.randint(3, 9)]).capitalize() + "."


def role(rng: random.Random) -> str:
    """A system message; empty in half of all cases."""
    return "" if rng.random() < 0.5 else rng.choice(ROLES)
