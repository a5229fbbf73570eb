"""Whether the direct way can be taken: what `_direct` relies on is so, and known answers come back by it.

It relies on private names of wasmtime's Python package, and on the layout of wasmtime's values. The package declares
that layout too, release by release, so the two are compared first: a wrong one would not give a wrong answer, but end
the process. Then an instance of each interface is asked, both ways, what is known. Whatever is not as it should be:
calls go the package's own way.
"""

import ctypes
import sys
from base64 import b64encode
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from sark_policy._bundle import Bundle
from sark_policy._direct import VALUE, Library
from sark_policy._signature import Kind, Signature, signature_of

if TYPE_CHECKING:
    import wasmtime
    from wasmtime.component import Func

    Functions = dict[str, Func]

RELEASES = range(48, 51)
"""The releases of wasmtime that this was written for."""

MEMORY = 64 << 20
_DEADLINE = 1000
_LATER = 1 << 60
_KEY, _TEXT = "kéy\n", "a text, ünd 𝄞"
_POLICY = f'package p\nx := [input, "{_TEXT}"]'


class Unfit(Exception):
    """The direct way cannot be taken: why."""


def find_library(version: str) -> Library:
    """Return wasmtime's library, if it and its Python package are as they should be.

    Raises:
        Unfit: They are not.
        Exception: Whatever is raised where a private name is gone.
    """
    if int(version.partition(".")[0]) not in RELEASES:
        raise Unfit(f"wasmtime {version} was not looked at")
    if sys.byteorder != "little" or ctypes.sizeof(ctypes.c_void_p) != 8:
        raise Unfit("a machine word is not of 64 bits, the lowest first")
    check_layout()
    return Library()


def check_layout() -> None:
    """Compare the layout of values with what wasmtime's package declares.

    Raises:
        Unfit: It is another one.
    """
    from wasmtime import _ffi

    ffi: Any = _ffi
    value, held, result = ffi.wasmtime_component_val, ffi.wasmtime_component_valunion, ffi.wasmtime_component_valresult
    text = ffi.wasm_byte_vec_t
    contents = ("boolean", "u32", "u64", "string", "enumeration", "option", "result")
    found = {
        "a value": (ctypes.sizeof(value), value.kind.offset, value.kind.size, value.of.offset),
        "what it holds": {getattr(held, name).offset for name in contents},
        "a text": (text.size.offset, text.size.size, text.data.offset, text.data.size),
        "a result": (result.is_ok.offset, result.is_ok.size, result.val.offset, result.val.size),
        "kinds": {kind.name: getattr(ffi, f"WASMTIME_COMPONENT_{kind.name}").value for kind in Kind},
    }
    known = {
        "a value": (VALUE, 0, 1, 8),
        "what it holds": {0},
        "a text": (0, 8, 8, 8),
        "a result": (0, 1, 8, 8),
        "kinds": {kind.name: kind.value for kind in Kind},
    }
    for name in known:
        if found[name] != known[name]:
            raise Unfit(f"{name}: the layout is {found[name]}, not {known[name]}")


def signatures(functions: "Functions", store: "wasmtime.Store") -> dict[str, Signature]:
    """Return the signatures of those functions that can be called directly."""
    found = {name: signature_of(function, store) for name, function in functions.items()}
    return {name: signature for name, signature in found.items() if signature is not None}


class Trial:
    """A fresh instance that is asked both ways. It is of no use afterwards."""

    def __init__(self, library: Library, store: "wasmtime.Store", functions: "Functions") -> None:
        self._store = store
        self._functions = functions
        self._set_deadline = library.deadline(store)
        self._set_deadline(_DEADLINE)
        self.signatures = signatures(functions, store)
        self._direct = {
            name: library.function(store, functions[name], signature) for name, signature in self.signatures.items()
        }

    def decisions(self) -> None:
        """Try what the interface `policy` has.

        Raises:
            Unfit: An answer is not the one that is known.
        """
        self._alike("decide", 0, 1, 1, "{}")
        self._alike("answer", None, 1)
        self._publicly("activate", b64encode(Bundle.of_files({"p.rego": _POLICY}).archive).decode(), _settings())
        number = self._publicly("resolve", "p/x")
        question = f'{{"a":"{_TEXT}"}}'
        made = self._directly("decide", number, 1, question.encode())
        self._alike("decide", made, number, 2, question)
        self._alike("answer", f'{{"result":[{question},"{_TEXT}"]}}', made)
        self._alike("decide-batch", f"{made}\n{made}", str(number), 3, f"{question}\n{question}")
        self._alike("memory", self._publicly("memory"))
        self._ends()

    def texts(self) -> None:
        """Try what the interface `cache` has.

        Raises:
            Unfit: An answer is not the one that is known.
        """
        self._publicly("open", SimpleNamespace(entries=2, bytes=1000, seed=1))
        self._alike("get", None, _KEY, 1)
        self._expect("stored", self._directly("set", _KEY, _TEXT, _LATER, 1))
        self._alike("set", "replaced", _KEY, _TEXT, _LATER, 1)
        self._alike("get", _TEXT, _KEY, _LATER)
        self._alike("get-batch", None, "no number", 1)
        self._alike("get-batch", f"{_TEXT}\n{len(_TEXT.encode())}", f"{_KEY}\n{len(_KEY.encode())}", 1)
        self._alike("length", 1)
        self._expect(True, self._directly("delete", _KEY, 1))
        self._alike("delete", False, _KEY, 1)
        self._ends()

    def _alike(self, name: str, known: Any, *arguments: Any) -> None:
        """Expect one answer both ways."""
        self._expect(known, self._publicly(name, *arguments))
        hot = [each.encode() if isinstance(each, str) else each for each in arguments]
        self._expect(known, self._directly(name, *hot))

    def _ends(self) -> None:
        """Expect a call to be ended by its deadline."""
        import wasmtime

        self._set_deadline(0)
        try:
            self._directly("memory" if "memory" in self._functions else "length")
        except wasmtime.WasmtimeError as error:
            self._expect(True, "wasm trap: interrupt" in str(error))
        else:
            raise Unfit("a deadline did not end a call")

    def _directly(self, name: str, *arguments: Any) -> Any:
        if name not in self._direct:
            raise Unfit(f"`{name}` takes or returns what is neither a number nor a text")
        return self._direct[name](*arguments)

    def _publicly(self, name: str, *arguments: Any) -> Any:
        return self._functions[name](self._store, *arguments)

    def _expect(self, known: Any, answer: Any) -> None:
        if known != answer or type(known) is not type(answer):
            raise Unfit("an answer is not the one that is known")


def _settings() -> SimpleNamespace:
    return SimpleNamespace(
        entrypoints=[], unpacked=10_000, input=1000, depth=100, entries=10, bytes=10_000, ttl=_LATER, seed=1,
        unverified=False, strict=True,
    )  # fmt: skip
