"""The sandbox: the engine, the compiled component, and what is linked to it.

The component may import randomness only, and `exit`. Randomness is linked, and nothing else: not even a clock, since
every call brings its `now`. All else is a trap, so that not even a bug could open a file.
"""

import os
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from sark_policy import _aot, _compile, _known_answers, _process
from sark_policy._direct import Library
from sark_policy._exceptions import BadSetting, SandboxUnavailable
from sark_policy._signature import Signature
from sark_policy._statistics import Crossing
from sark_policy._ticker import TICK, Ticker

if TYPE_CHECKING:
    import wasmtime
    from wasmtime.component import Component, ExportIndex, Func, Linker

OLDEST, NEWEST = 48, 50
"""The wasmtime releases that the tests pass on."""

_CURE = f"install `wasmtime>={OLDEST},<{NEWEST + 1}`"

POLICY = "sark:policy/policy@0.1.0"
CACHE = "sark:policy/cache@0.1.0"

INTERFACES = {
    POLICY: (
        "activate", "describe", "resolve", "decide", "answer", "decide-batch", "explain-index", "figures", "memory",
    ),
    CACHE: (
        "open", "get", "set", "get-batch", "set-batch", "delete", "delete-matching", "heads", "clear", "length",
        "sweep", "figures",
    ),
}  # fmt: skip


class Exports(NamedTuple):
    """A fresh instance: what it is called by, and what it lives in."""

    store: "wasmtime.Store"
    set_deadline: Callable[[int], None]
    """Lets calls end after so many ticks from now."""
    functions: dict[str, Callable[..., Any]]
    """By name. A text may be given as its UTF-8."""


class Sandbox:
    """Everything that instances share. There is one a process."""

    def __init__(self, probe: "Probe", aot_folder: Path | None) -> None:
        import wasmtime

        self.trap = wasmtime.WasmtimeError
        """What a call raises that the engine ended."""
        self.engine = probe.engine
        self.component = _aot.load(self.engine, probe.version, probe.component, aot_folder)
        self.ticker = Ticker(self.engine)
        self._linker = _link(self.engine, self.component)
        self._exports = {name: _exports(self.component, name) for name in INTERFACES}
        self._signatures: dict[str, dict[str, Signature]] = {}
        self._library: Library | None = None
        self.indirect: str | None = None
        """Why calls go through wasmtime's Python package, if they do."""
        try:
            self._library = self._try_directly(probe.version)
        except Exception as error:  # whatever another release, or a broken one, raises
            self.indirect = f"{type(error).__name__}: {error}"
        _process.join(self)

    @property
    def crossing(self) -> Crossing:
        """Which way the calls of instances go that are made from now on."""
        return Crossing.PUBLIC if self._library is None else Crossing.DIRECT

    @classmethod
    def shared(cls, aot_folder: str | Path | None) -> "Sandbox":
        """Return the sandbox of this process; the first caller's folder for compiled code counts.

        Raises:
            SandboxUnavailable: This machine cannot run it.
        """
        global _shared
        with _sharing:
            if _shared is None:
                probe = _probe()
                if isinstance(probe, str):
                    raise SandboxUnavailable(probe)
                try:
                    _shared = cls(probe, None if aot_folder is None else Path(aot_folder))
                except Exception as error:
                    raise SandboxUnavailable(f"the component cannot be compiled: {error}") from error
            return _shared

    def instantiate(self, interface: str, memory: int) -> Exports:
        """Instantiate the component, and find the functions of one of its interfaces."""
        store, functions = self._instantiate(interface, memory)
        called: dict[str, Callable[..., Any]] = {
            name: partial(_call, function, store) for name, function in functions.items()
        }
        library = self._library
        if library is None:
            return Exports(store, store.set_epoch_deadline, called)
        for name, signature in self._signatures[interface].items():
            called[name] = library.function(store, functions[name], signature)
        return Exports(store, library.deadline(store), called)

    def _instantiate(self, interface: str, memory: int) -> "tuple[wasmtime.Store, dict[str, Func]]":
        import wasmtime

        with _process.gate:
            store = wasmtime.Store(self.engine)
            store.set_limits(memory_size=memory, table_elements=100_000)
            store.set_epoch_deadline(round(10 / TICK))
            try:
                instance = self._linker.instantiate(store, self.component)
            except self.trap as error:
                store.close()
                if "memory" in str(error):
                    raise BadSetting("memory", f"{memory} bytes are too few to begin with; raise it") from error
                raise SandboxUnavailable(f"the component cannot be instantiated: {error}") from error
            functions: dict[str, Func] = {}
            for name, index in self._exports[interface].items():
                function = instance.get_func(store, index)
                if function is None:
                    raise SandboxUnavailable(f"the component has no `{name}`; install the package again")
                functions[name] = function
            return store, functions

    def _try_directly(self, version: str) -> Library:
        """Return wasmtime's library once known answers came from it.

        Raises:
            Exception: Why it cannot be called directly.
        """
        library = _known_answers.find_library(version)
        for interface, asked in ((POLICY, _known_answers.Trial.decisions), (CACHE, _known_answers.Trial.texts)):
            store, functions = self._instantiate(interface, _known_answers.MEMORY)
            try:
                trial = _known_answers.Trial(library, store, functions)
                asked(trial)
                self._signatures[interface] = trial.signatures
            finally:
                with _process.gate:
                    store.close()
        return library

    def before_fork(self, until: float) -> None:
        """Nothing: the gate holds instances still."""

    def after_fork_in_parent(self) -> None:
        """Nothing."""

    def after_fork_in_child(self) -> None:
        """Let the next call start the clock."""
        self.ticker.after_fork()


class Probe:
    """What the sandbox is made of."""

    def __init__(self, engine: "wasmtime.Engine", version: str, component: Path) -> None:
        self.engine = engine
        self.version = version
        self.component = component
        _process.keep(engine)


_sharing = threading.RLock()
_shared: Sandbox | None = None
_probed: Probe | str | None = None


def unavailable_reason() -> str | None:
    """Return why this machine cannot run the sandbox, and what to do about it; None if it can."""
    with _sharing:
        probe = _probe()
    return probe if isinstance(probe, str) else None


def _probe() -> Probe | str:
    global _probed
    if _probed is None:
        try:
            _probed = _try()
        except Exception as error:  # whatever a broken installation raises
            first = str(error).strip().partition("\n")[0]
            _probed = f"wasmtime cannot be loaded: {type(error).__name__}: {first}; {_CURE}"
    return _probed


def _try() -> Probe | str:
    import wasmtime
    import wasmtime.component

    version = _version(Path(wasmtime.__file__).parents[1])
    if not OLDEST <= int(version.partition(".")[0]) <= NEWEST:
        return f"wasmtime {version} is installed; {_CURE}"
    component = find_component()
    if component is None:
        return "the package has no `component.wasm`; install a wheel, or in the repository run `just guest`"
    return Probe(wasmtime.Engine(_compile.config(parallel=False)), version, component)


def _version(site: Path) -> str:
    """Return wasmtime's version, from the name of the folder that describes its installation."""
    prefix, suffix = "wasmtime-", ".dist-info"
    for name in os.listdir(site):
        if name.startswith(prefix) and name.endswith(suffix):
            return name[len(prefix) : -len(suffix)]
    from importlib.metadata import version  # takes longer than all the rest of this module

    return version("wasmtime")


def find_component() -> Path | None:
    """Return the component beside this file; in the repository, the one that was built last."""
    here = Path(__file__).parent
    places = [here / "component.wasm"]
    noted = here / "component.path"
    if noted.is_file():  # an editable installation with `SARK_POLICY_COMPONENT`
        places.append(Path(noted.read_text("utf-8").strip()))
    workspace = here.parents[2]
    if (workspace / "wit").is_dir():
        places.append(workspace / "target/guest/wasm32-wasip2/guest/sark_policy_component.wasm")
    return next((place for place in places if place.is_file()), None)


def _call(function: "Func", store: "wasmtime.Store", *arguments: Any) -> Any:
    """Call by wasmtime's package."""
    return function(store, *map(_plain, arguments))


def _plain(argument: Any) -> Any:
    """Return an argument as the package takes it: no UTF-8, and no text that would encode to what is none.

    That would end the process.
    """
    if isinstance(argument, str):
        return str.__str__(argument)
    return argument.decode() if type(argument) is bytes else argument


def _exports(component: "Component", interface: str) -> "dict[str, ExportIndex]":
    instance = component.get_export_index(interface)
    if instance is None:
        raise ValueError(f"it has no `{interface}`; install the package again")
    found = {name: component.get_export_index(name, instance) for name in INTERFACES[interface]}
    return {name: index for name, index in found.items() if index is not None}


def _link(engine: "wasmtime.Engine", component: "Component") -> "Linker":
    from wasmtime.component import Linker

    linker = Linker(engine)
    with linker.root() as root:
        for name in component.type.imports(engine):
            plain = name.partition("@")[0]
            functions = LINKED.get(plain)
            if functions:
                with root.add_instance(name) as instance:
                    for function, implementation in functions.items():
                        instance.add_func(function, implementation)
    linker.define_unknown_imports_as_traps(component)
    return linker


# None of these can fail: what a host function raises may be swallowed.


def _insecure_seed(_: Any) -> tuple[int, int]:
    """Return the seed of the standard library's hash maps."""
    return _random_u64(_), _random_u64(_)


def _random_u64(_: Any) -> int:
    return int.from_bytes(os.urandom(8), "little")


def _random_bytes(_: Any, length: int) -> bytes:
    # `uuid.rfc4122` takes 16 at a time.
    return os.urandom(min(length, 4096))


LINKED: dict[str, dict[str, Any]] = {
    "wasi:random/insecure-seed": {"insecure-seed": _insecure_seed},
    "wasi:random/random": {"get-random-u64": _random_u64, "get-random-bytes": _random_bytes},
}
