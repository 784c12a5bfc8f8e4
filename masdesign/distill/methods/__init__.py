"""How a design becomes a prompt: one method a file, and the registry of them."""

from masdesign.distill.job import Method
from masdesign.registry import Registry

DEFAULT_METHOD = "auto"

METHODS: Registry[type[Method]] = Registry("method", Method, home=__name__, classes=True)
