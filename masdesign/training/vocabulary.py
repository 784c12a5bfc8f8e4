"""The pieces of the vocabulary: what templates, wordings, questions and replies are made of."""

import string
from collections import Counter
from collections.abc import Iterator
from itertools import islice

from masdesign.building_blocks._prompt import template_source
from masdesign.environments import house
from masdesign.lm.abacus.tokenizer import PIECE
from masdesign.tasks.families import ledger, lookup, object_counting, shuffled_objects
from masdesign.tasks.families.truth_tellers import PEOPLE
from masdesign.training import composed, kinds, wordings
from masdesign.training.case import Exercise
from masdesign.training.instructions import instructions
from masdesign.training.mechanisms import draw
from masdesign.training.paths.object_counting import word
from masdesign.training.skills import SKILLS

_COMMON = 60
"""A capitalised word in so many cases is no invented name."""
_LEAST = 5
"""A piece in fewer cases is left to the byte fallback, as made-up names are."""


def pieces(stream: Iterator[list[Exercise]], cases: int = 6000) -> list[str]:
    """Pieces of the examples of so many cases, with all wordings, names and signs; sorted."""
    counts: Counter[str] = Counter()
    for examples in islice(stream, cases):
        texts = [text for e in examples for text in (e.reply, *(m.content for m in e.messages))]
        counts.update(set(PIECE.findall("\n".join(texts))))
    kept = {piece for piece, n in counts.items() if n >= (_COMMON if _is_made_up(piece) else _LEAST)}
    signs = string.digits + string.punctuation + string.ascii_uppercase
    kept |= {space + sign for sign in signs for space in ("", " ")} | {"\n", " "}
    kept |= {space + name for name in (*PEOPLE, *_world_words()) for space in ("", " ")}
    kept |= {f" {text}" for text in _family_words() if text.isalpha()} | _counted_words()
    for skill in SKILLS:
        for text in (*wordings.train_stems(skill), *wordings.tails(skill), *wordings.ROLES):
            kept |= set(PIECE.findall(text))
    return sorted(kept.union(*map(PIECE.findall, (*instructions(), *composed.words(), *draw.words()))))


def _is_made_up(piece: str) -> bool:
    """A capitalised word that no wording knows and that is no known name: one of the invented ones."""
    text = piece.strip()
    return text[:1].isupper() and len(text) > 1 and text not in PEOPLE and text not in _KNOWN


def _world_words() -> set[str]:
    """What stands in the brackets of a tool call, and so also without a space before it."""
    phrases = (
        *house.ROOMS,
        *house.SURFACES,
        *house.CONTAINERS,
        *house.MATERIALS,
        *house.COLOURS,
        *house.THINGS,
    )
    return {word for phrase in (*phrases, *lookup.FIGURES, *lookup.LINKS) for word in phrase.split()}


def _family_words() -> set[str]:
    """What the families' questions and steps are made of."""
    words = [*ledger.COMPANIES, *ledger.FIGURES, *shuffled_objects.USUAL]
    for scene in shuffled_objects.SCENES:
        for text in (scene.opening, scene.holds, scene.going_on, scene.swap, scene.asked, *scene.things):
            words += PIECE.findall(text)
    for kind in object_counting.KINDS:
        for name in object_counting.names(kind):
            words += PIECE.findall(f"{kind} {name} {object_counting.plural(name)}")
    return {text.strip() for text in words} - {""}


def _counted_words() -> set[str]:
    """What a line of a count begins with."""
    things = [
        object_counting.Thing(count, name, True)
        for kind in object_counting.KINDS
        for name in object_counting.names(kind)
        for count in (1, 2)
    ]
    return {word(thing) for thing in things}


def _prompt_words() -> set[str]:
    """What the templates, the wordings and the labels of kinds are made of."""
    texts = [template_source(name).partition("#}")[2] for name in ("_problem", *SKILLS)]
    for skill in SKILLS:
        texts += [*wordings.train_stems(skill), *wordings.tails(skill)]
    texts += [*wordings.ROLES, *kinds.words(), *composed.words()]
    return {piece.strip() for text in texts for piece in PIECE.findall(text)}


_REPLY_WORDS = (
    "Problem Options Yes No True False Question Does Solution Critique Another Your Input Answer Verdict "
    "Choice Program Score Kind Passage Passages Take Turn Always If Value Plan Result Final Output Something "
    "The AB BC CD DE EF ABC ABCDE ABCDEFG Be First Then Finally What By In Q I At"
)
_KNOWN = {*_family_words(), *_prompt_words(), *_REPLY_WORDS.split()}
"""Capitalised words that are no invented names."""
