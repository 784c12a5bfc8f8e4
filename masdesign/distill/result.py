"""`Distillation`: what a distillation found, as a value, as files, and as the command line's JSON."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from masdesign.brief import ShortRepr
from masdesign.distill.forms import form_of, skill, written
from masdesign.distill.prompt import DistilledPrompt
from masdesign.distill.row import Row
from masdesign.evaluation import Evaluation
from masdesign.files import writing
from masdesign.spending.spend import Spend
from masdesign.types import PLAIN, Asking
from masdesign.workflow import Design


@dataclass(frozen=True, slots=True)
class Tried:
    """One draft, and how it did on val."""

    how: str
    design: Design
    val: Evaluation
    forecast: float | None = None
    """The share of the gain that it was expected to keep."""

    def to_json(self) -> dict[str, Any]:
        """``how``, ``id``, a score, ``tokens_per_item``; ``forecast``, where there is one."""
        told = {} if self.forecast is None else {"forecast": self.forecast}
        tokens = self.val.tokens_per_item
        return {
            "how": self.how, "id": self.design.id, **self.val.summary(), "tokens_per_item": tokens, **told
        }  # fmt: skip


@dataclass(frozen=True, repr=False)
class Distillation(ShortRepr):
    """A prompt that stands for a design, with what is lost measured.

    The draft was chosen on val, so its val score is flattering; ``test`` is the one look at items that
    decided nothing.
    """

    run: str
    task: str
    model: str
    method: str
    teacher: Design
    design: Design
    """The design that asks with the prompt; in the archive, with the teacher as its parent."""
    prompt: DistilledPrompt
    val: Row
    test: Row | None
    """``None`` where the budget left nothing for it."""
    drafts: tuple[Tried, ...]
    """All that were tried on val, in the order of trying."""
    spend: Spend
    test_openings: int = 0
    notes: tuple[str, ...] = ()
    student_model: str = ""
    """The name of the model that answers the prompt, where it was trained for it; else the run's own."""
    asking: Asking = PLAIN
    """How the task asks its questions, which the prompt then says."""
    files: Mapping[str, str] = field(default_factory=dict)
    """Texts by the ending of their names, which are saved instead of the prompt."""

    def facts(self) -> dict[str, str]:
        """What a short look shows."""
        return {
            "run": self.run,
            "task": self.task,
            "method": self.method,
            "design": self.teacher.name or self.teacher.id,
            "prompt": f"{self.row.student.score:.3f}",
            "teacher": f"{self.row.teacher.score:.3f}",
            "verdict": self.verdict,
        }

    @property
    def row(self) -> Row:
        """The row to go by: that of test, where there is one."""
        return self.test or self.val

    @property
    def verdict(self) -> str:
        """Whether the prompt is better than step by step, in one plain sentence."""
        return self.row.verdict

    def text(self, form: str = "text") -> str:
        """The prompt in one of `masdesign.distill.forms.FORMS`. Raises `InputError` where it has no such."""
        return written(replace(self.prompt, asking=self.asking), form)

    def save(self, path: Path | str, form: str | None = None) -> tuple[Path, ...]:
        """Write the prompt, in the form asked for or that of the file's ending; which files were written.

        A data set is written as ``PATH`` with its further files beside it.

        Raises:
            InputError: the form does not exist, or the file cannot be written.
        """
        target = Path(path)
        if self.files and form is None:
            texts = {_beside(target, ending, self.files): text for ending, text in self.files.items()}
        else:
            texts = {target: self.text(form_of(target, form))}
            if form_of(target, form) == "skill" and (folder := target.absolute().parent.name):
                texts = {target: skill(replace(self.prompt, asking=self.asking), folder)}
        for place, content in texts.items():
            with writing(place) as file:
                file.write(content.encode())
        return tuple(texts)

    def to_json(self) -> dict[str, Any]:
        """The document that ``masdesign distill --json`` prints: the row of val, and that of test below."""
        return {
            "run": self.run,
            "task": self.task,
            "model": self.model,
            "design": self.teacher.id,
            "method": self.method,
            "distillate": self.design.id,
            "student_model": self.student_model or None,
            "prompt": self.text(),
            **self.val.to_json(),
            "test": self.test.to_json() if self.test else None,
            "verdict": self.verdict,
            "drafts": [tried.to_json() for tried in self.drafts],
            "notes": list(self.notes),
            "test_openings": self.test_openings,
            "spend": self.spend.to_json(),
        }


def _beside(path: Path, ending: str, endings: Iterable[str]) -> Path:
    """The file of that ending; ``path`` may bear any of them, or one of its own.

    >>> endings = (".jsonl", ".pairs.jsonl")
    >>> [_beside(Path("a.pairs.jsonl"), ending, endings).name for ending in endings]
    ['a.jsonl', 'a.pairs.jsonl']
    """
    own = max((one for one in endings if path.name.endswith(one)), key=len, default=path.suffix)
    return path.with_name(path.name.removesuffix(own) + ending)
