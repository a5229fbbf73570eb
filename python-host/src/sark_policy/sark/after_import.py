"""Doing something with each module of a package right after it was imported for the first time.

What bounds its life: it works while it stands in `sys.meta_path`.
"""

import sys
from collections.abc import Callable, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any


class AfterImport(MetaPathFinder):
    """Finds the package's modules as they would be found, and notes what is to follow."""

    def __init__(self, package: str, then: Callable[[ModuleType], object]) -> None:
        self._package = package
        self._then = then

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return the spec that the other finders have, if it is of the package."""
        if fullname != self._package and not fullname.startswith(f"{self._package}."):
            return None
        for finder in sys.meta_path:
            spec = None if finder is self else finder.find_spec(fullname, path, target)
            if spec is None:
                continue
            # A folder without `__init__.py` has nothing to execute.
            if spec.loader is not None and hasattr(spec.loader, "exec_module"):
                self._follow(spec.loader)
            return spec
        return None

    def _follow(self, loader: Any) -> None:
        execute = loader.exec_module

        def exec_module(module: ModuleType) -> None:
            # Once: the loader stays with the module, also when nothing is to follow any more.
            del loader.exec_module
            execute(module)
            self._then(module)

        loader.exec_module = exec_module
