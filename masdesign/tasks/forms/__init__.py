"""Answer forms: how an answer is asked for, read from a reply, and compared. One module each.

A module of this folder, or of a plug-in, offers a form as a value (``LINE = Line()``); see
`masdesign.protocols.AnswerForm` for the contract.
"""

from masdesign.protocols import AnswerForm
from masdesign.registry import Registry
from masdesign.tasks.forms.line import LINE

__all__ = ["FORMS", "LINE", "form_named", "takes_lists"]


FORMS: Registry[AnswerForm] = Registry("answer form", AnswerForm, home=__name__)


def form_named(what: AnswerForm | str) -> AnswerForm:
    """The answer form of that name; an object is registered under its own, so that its name will do.

    Raises:
        InputError: there is no such form, or another one has the object's name.

    >>> form_named("number").equal("4.0", "4")
    True
    """
    return FORMS.get(what) if isinstance(what, str) else FORMS.register(what)


def takes_lists(form: AnswerForm) -> bool:
    """Whether an answer under a form may be a list as it stands: a grid, a list, any JSON.

    >>> [name for name in FORMS.names() if takes_lists(form_named(name))]
    ['grid', 'json', 'list']
    """
    answer = (form.schema() or {}).get("properties", {}).get("answer", {})
    return form.name == "json" or answer.get("type") == "array"
