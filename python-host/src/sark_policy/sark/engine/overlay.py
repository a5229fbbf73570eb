"""Policies loaded by name, laid over a bundle: its files, theirs on top, one bundle.

A policy by name takes the place of the bundle's file of that name, wherever in the bundle that file is.
It may be Rego v1 or v0, whatever the others are: `.manifest` says which, file by file.
"""

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar
from urllib.parse import quote

from sark_policy._bundle import Bundle, Source
from sark_policy._exceptions import BundleRefused, Problem
from sark_policy.sark.exceptions import OPACompilationError, OverlayRefused

T = TypeVar("T")

MANIFEST = ".manifest"
FOLDER = "!loaded"
"""Where policies by name are in the bundle. Of several patterns in `file_rego_versions` the first in sorted
order counts, and nothing that could match sorts before this."""
SYNTAX = "rego_parse_error"
KEYWORDS = ("/if", "/contains")
"""How the entry points of rules end that are no rules, but keywords of v1 read as v0."""


@dataclass(frozen=True, slots=True)
class Module:
    """A policy that was given by name."""

    text: str
    version: int
    """The version of Rego that it is written in: 0 or 1."""


Modules = Mapping[str, Module]
"""By name, in the order of loading."""


class Base:
    """A bundle beneath policies by name."""

    __slots__ = ("_archive", "_files", "name")

    def __init__(self, name: str, files: Mapping[str, bytes] | None, archive: Bundle | None) -> None:
        """Use `read`."""
        self.name = name
        """What to call it in front of people."""
        self._files = files
        self._archive = archive

    @classmethod
    def read(cls, source: Source | None) -> "Base":
        """Read a folder's files, or take an archive as it is; `None` is a bundle of nothing.

        Raises:
            BundleUnreadable: The source cannot be read.
        """
        if source is None:
            return cls("nothing", {}, None)
        if isinstance(source, (str, os.PathLike)):
            path = os.path.abspath(source)
            if os.path.isdir(path):
                return cls(path, Bundle.files_of(path), None)
            return cls(path, None, Bundle.read(path))
        bundle = Bundle.of(source)
        return cls(f"an archive of {len(bundle.archive)} bytes", None, bundle)

    @classmethod
    def unknown(cls) -> "Base":
        """Return what nothing is known of, and nothing can be laid over."""
        return cls("a bundle that the engine was not told of", None, None)

    def lay(self, modules: Modules) -> Bundle:
        """Lay policies over it.

        Raises:
            OverlayRefused: There are some, and this is an archive.
            ValueError: A name could mean several files.
        """
        if self._files is None:
            if modules or self._archive is None:
                raise OverlayRefused(self.name)
            return self._archive
        if not modules:
            return Bundle.of_files(self._files)
        files: dict[str, str | bytes] = dict(self._files)
        for name in modules:
            files.pop(self._replaced(name), None)
        files |= {place(name): module.text for name, module in modules.items()}
        files[MANIFEST] = _manifest(self._files.get(MANIFEST), modules)
        return Bundle.of_files(files)

    def digest(self) -> str:
        """Return the SHA-256 of it alone, in hex."""
        return digest_of(self.lay({}))

    def _replaced(self, name: str) -> str:
        """Return the path of the file that a policy of this name replaces."""
        path = f"{name}.rego"
        found = [file for file in self._files or () if file == path or file.endswith(f"/{path}")]
        if path in found or not found:
            return path
        if len(found) > 1:
            files = ", ".join(f"`{file.removesuffix('.rego')}`" for file in sorted(found))
            raise ValueError(f"the name `{name}` could mean several files of {self.name}; give one of {files}")
        return found[0]


def load(
    modules: Modules, name: str, text: str, rules: Callable[[Modules], Iterable[str]], use: Callable[[Modules], T]
) -> T:
    """Put one more policy to others, in place of an earlier one of its name, and use them all.

    A policy is read as Rego v1, and as v0 only if it is no v1 at all. In v0 `if` may be a rule's name, so that
    `allow := true if { … }` allows whatever follows: what mixes both is refused.

    Args:
        modules: The policies that are there.
        name: The policy's name.
        text: The policy.
        rules: Compiles policies on trial, and returns the entry points of all rules.
        use: Compiles policies and puts them into force.

    Raises:
        OPACompilationError: It does not compile.
        ValueError: Name or policy is empty or no text.
    """
    if not name.strip():
        raise ValueError("the policy has no name; give one")
    if not text.strip():
        raise ValueError(f"the policy `{name}` is empty; give Rego")
    name.encode(), text.encode()  # a lone surrogate is a `ValueError`
    laid = {**modules, name: Module(text, 1)}
    try:
        return use(laid)
    except BundleRefused as refused:
        told = refused
    if _misread(told, name):
        laid[name] = Module(text, 0)
        try:
            if not any(rule.endswith(KEYWORDS) for rule in rules(laid)):
                return use(laid)
        except BundleRefused as refused:
            # What reads as v0 is v0, and wrong in another way.
            told = told if _misread(refused, name) else refused
    raise explain(told, f"the policy `{name}` does not compile", laid) from told


def explain(refused: BundleRefused, what: str, names: Iterable[str]) -> OPACompilationError:
    """Return what a refused bundle is to somebody who knows policies by name."""
    called = {place(name): name for name in names}
    problems = tuple(_told(each, called) for each in refused.problems)
    lines = [str(problem) for problem in problems]
    text = lines[0] if len(lines) == 1 else "".join(f"\n  {line}" for line in lines)
    return OPACompilationError(f"{what}: {text}", problems)


def _told(problem: Problem, called: Mapping[str, str]) -> Problem:
    name = called.get(problem.file)
    if name is None:
        return problem
    cure = "correct the syntax at this place; it is neither Rego v1 nor v0" if problem.code == SYNTAX else problem.cure
    return replace(problem, file=name, cure=cure)


def place(name: str) -> str:
    """Return the path of a policy by name in the bundle: never that of a test, nor one with a special character."""
    return f"{FOLDER}/{quote(name, safe='')}.module.rego"


def digest_of(bundle: Bundle) -> str:
    """Return the SHA-256 of a bundle's bytes, in hex."""
    return hashlib.sha256(bundle.archive).hexdigest()


def _misread(refused: BundleRefused, name: str) -> bool:
    return any(problem.code == SYNTAX and problem.file == place(name) for problem in refused.problems)


def _manifest(base: bytes | None, modules: Modules) -> str | bytes:
    """Return the manifest of the whole: the bundle's own, but for what the policies change.

    - Their versions come first.
    - A revision names the policies too, so that no decision is taken for one without them.
    - They may be of any package: the bundle's roots, which it was checked for alone, end here.
    """
    if base is None:
        base = b"{}"
    try:
        manifest: Any = json.loads(base)
        versions = {**(manifest.get("file_rego_versions") or {})}
    except (ValueError, RecursionError, AttributeError, TypeError):
        return base  # the sandbox says what is wrong with it
    manifest.pop("roots", None)
    manifest["file_rego_versions"] = versions | {place(name): module.version for name, module in modules.items()}
    revision = manifest.get("revision")
    if isinstance(revision, str) and revision:
        manifest["revision"] = f"{revision}+{_short(modules)}"
    return json.dumps(manifest)


def _short(modules: Modules) -> str:
    """Return what tells these policies from others."""
    described = json.dumps([[name, modules[name].version, modules[name].text] for name in sorted(modules)])
    return hashlib.sha256(described.encode()).hexdigest()[:12]
