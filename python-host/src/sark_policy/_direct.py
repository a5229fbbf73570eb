"""The direct way into the component: wasmtime's own C function, with values that are written in place.

wasmtime's Python package looks up a function's type, and builds and converts every value, for each call: that takes
many times as long as the call. Here the C function that it calls too is called through a prototype of ours, with
arguments that are laid out once for an instance. A text is not copied: the argument points at its UTF-8.

The functions are those of the very library that the package has loaded. `_known_answers` says when this way is taken,
and what is relied on; otherwise the package's own way is, which answers the same.
"""

import ctypes
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sark_policy._exceptions import Trapped
from sark_policy._signature import Kind, Signature

if TYPE_CHECKING:
    import wasmtime
    from wasmtime.component import Func

VALUE = 32
"""The bytes of a value: its kind is in the first, what it holds begins at the eighth."""

KEPT = 1 << 16
"""The largest text that the hot call points at until the next one, which saves forgetting it, in bytes."""

_WORDS = VALUE // 8
_HELD = 8
_LENGTH = 1
"""The word of a text's length. The next one has where the text is; of a `result` that one has where its value is."""


_HOT = Signature((Kind.U32, Kind.U64, Kind.STRING), Kind.U64)
_WARM = Signature((Kind.U64,), Kind.OPTION)
_LOOKUP = Signature((Kind.STRING, Kind.U64), Kind.OPTION)


class _Text(ctypes.Structure):
    _fields_ = (("length", ctypes.c_size_t), ("data", ctypes.c_char_p))


class _Found(ctypes.Structure):
    _fields_ = (("length", ctypes.c_size_t), ("data", ctypes.c_void_p))


class Library:
    """wasmtime's library, by prototypes of ours."""

    def __init__(self) -> None:
        """Find the functions; the package's own prototypes stay as they are."""
        from wasmtime import _ffi as ffi
        from wasmtime.component import _enter

        # Library objects of ours have function objects of their own, and the same library below.
        name, handle = ffi.dll._name, ffi.dll._handle
        # No `argtypes`: the arguments are ctypes objects that are made once, so that a call converts nothing.
        self.call = ctypes.CDLL(name, handle=handle).wasmtime_component_func_call
        self.call.restype = ctypes.c_void_p
        # Only a call lets other threads go on meanwhile, the clock of its deadline among them. These are over sooner
        # than another thread would wake: letting it go on for so short costs two threads more than they gain.
        brief = ctypes.PyDLL(name, handle=handle)
        self.call_briefly = brief.wasmtime_component_func_call
        self.call_briefly.restype = ctypes.c_void_p
        self.delete = brief.wasmtime_component_val_delete
        self.delete.restype = None
        self.set_deadline = brief.wasmtime_context_set_epoch_deadline
        self.set_deadline.restype = None
        self._error = ctypes.POINTER(ffi.wasmtime_error_t)
        self._raise_what_a_host_function_raised: Callable[[], None] = _enter.maybe_raise_last_exn

    def fail(self, error: int) -> None:
        """Raise the error at an address, and own it."""
        import wasmtime

        raised = wasmtime.WasmtimeError._from_ptr(ctypes.cast(error, self._error))
        try:
            self._raise_what_a_host_function_raised()
        except Exception as cause:
            raise raised from cause
        raise raised

    def function(self, store: "wasmtime.Store", function: "Func", signature: Signature) -> Callable[..., Any]:
        """Prepare the calls of a function.

        The store must live for as long as what is returned is called, by one thread at a time.
        """
        parameters = signature.parameters
        area = (ctypes.c_uint64 * (_WORDS * (len(parameters) + 1)))()
        for place, kind in enumerate(parameters):
            ctypes.c_uint8.from_buffer(area, VALUE * place).value = kind
        arguments = (
            ctypes.byref(function._func),
            ctypes.byref(store._context().contents),
            ctypes.byref(area),
            ctypes.c_size_t(len(parameters)),
            ctypes.byref(area, VALUE * len(parameters)),
            ctypes.c_size_t(1),
        )
        if signature == _HOT:
            return _number_of_a_text(self, area, arguments)
        if signature == _WARM:
            return _text_of_a_number(self, area, arguments)
        if signature == _LOOKUP:
            return _text_of_a_text(self, area, arguments)
        return _any(self, area, arguments, signature)

    def deadline(self, store: "wasmtime.Store") -> Callable[[int], None]:
        """Prepare setting a store's deadline, in ticks from now."""
        set_deadline, context, ticks = self.set_deadline, ctypes.byref(store._context().contents), ctypes.c_uint64

        def set(after: int) -> None:
            set_deadline(context, ticks(after))

        return set


def _number_of_a_text(library: Library, area: Any, arguments: tuple[Any, ...]) -> Callable[[int, int, bytes], int]:
    """Prepare the hot call: `decide`."""
    call, fail, words = library.call, library.fail, memoryview(area).cast("B").cast("Q")
    number, now, length, result = (_WORDS * place + 1 for place in range(4))
    pointer = _Text.from_buffer(area, VALUE * 2 + _HELD)

    def function(first: int, second: int, text: bytes) -> int:
        size = len(text)
        words[number] = first
        words[now] = second
        words[length] = size
        # INVARIANT: it is UTF-8. What is not would end the process.
        pointer.data = text
        error = call(*arguments)
        if size > KEPT:
            pointer.data = None
        if error is not None:
            fail(error)
        return words[result]

    return function


def _text_of_a_number(library: Library, area: Any, arguments: tuple[Any, ...]) -> Callable[[int], str | None]:
    """Prepare what follows the hot call where it made a decision: `answer`, which looks up a text and copies it."""
    # INVARIANT: it evaluates nothing, so it needs no clock.
    call, fail, words = library.call_briefly, library.fail, memoryview(area).cast("B").cast("Q")
    take: Callable[[], str | None] = _taker(library, area, 1, Kind.OPTION)

    def function(number: int) -> str | None:
        words[_LENGTH] = number
        error = call(*arguments)
        if error is not None:
            fail(error)
        return take()

    return function


def _text_of_a_text(library: Library, area: Any, arguments: tuple[Any, ...]) -> Callable[[bytes, int], str | None]:
    """Prepare a cache's look-up: `get`, which finds a text and copies it."""
    # INVARIANT: as above, it needs no clock.
    call, fail, words = library.call_briefly, library.fail, memoryview(area).cast("B").cast("Q")
    length, now = (_WORDS * place + _LENGTH for place in range(2))
    pointer = _Text.from_buffer(area, _HELD)
    take: Callable[[], str | None] = _taker(library, area, 2, Kind.OPTION)

    def function(text: bytes, number: int) -> str | None:
        words[length] = len(text)
        words[now] = number
        # INVARIANT: as above, it is UTF-8.
        pointer.data = text
        error = call(*arguments)
        pointer.data = None
        if error is not None:
            fail(error)
        return take()

    return function


def _any(
    library: Library, area: Any, arguments: tuple[Any, ...], signature: Signature
) -> Callable[..., bool | int | str | None]:
    """Prepare the calls of a function of any signature."""
    call, fail, words = library.call, library.fail, memoryview(area).cast("B").cast("Q")
    texts = [
        _Text.from_buffer(area, VALUE * place + _HELD) if kind is Kind.STRING else None
        for place, kind in enumerate(signature.parameters)
    ]
    places = [(_WORDS * place + _LENGTH, text) for place, text in enumerate(texts)]
    pointers = [text for text in texts if text is not None]
    take: Callable[[], bool | int | str | None] = _taker(library, area, len(places), signature.result)

    def function(*given: int | str | bytes) -> bool | int | str | None:
        for (word, pointer), argument in zip(places, given, strict=True):
            if pointer is None:
                words[word] = argument  # type: ignore[assignment]
                continue
            # INVARIANT: as above. A subclass could encode to anything, so it is not asked.
            text = argument if type(argument) is bytes else str.encode(argument)  # type: ignore[arg-type]
            words[word] = len(text)
            pointer.data = text
        error = call(*arguments)
        for pointer in pointers:
            pointer.data = None
        if error is not None:
            fail(error)
        return take()

    return function


def _taker(library: Library, area: Any, place: int, kind: Kind) -> Callable[[], Any]:
    """Prepare taking the result, the value at a place."""
    words, held = memoryview(area).cast("B").cast("Q"), _WORDS * place + 1
    if kind is Kind.U64:
        return lambda: words[held]
    if kind is Kind.U32:
        return lambda: words[held] & 0xFFFF_FFFF
    flag = ctypes.c_bool.from_buffer(area, VALUE * place + _HELD)
    if kind is Kind.BOOL:
        return lambda: flag.value
    if kind is Kind.OPTION:
        return _text_taker(library, area, place, kind, lambda: words[held])
    if kind is Kind.RESULT:
        return _text_taker(library, area, place, kind, lambda: words[held + 1] if flag.value else 0)
    here = ctypes.addressof(area) + VALUE * place
    return _text_taker(library, area, place, kind, lambda: here)


def _text_taker(
    library: Library, area: Any, place: int, kind: Kind, find: Callable[[], int]
) -> Callable[[], str | None]:
    """Prepare taking a text, which is in the value whose address `find` returns, if that is not 0."""
    delete, result = library.delete, ctypes.byref(area, VALUE * place)
    said, expected = ctypes.c_uint8.from_buffer(area, VALUE * place), int(kind)
    text_at, bytes_at = _Found.from_address, ctypes.string_at

    def take() -> str | None:
        # An address is looked at only where the value says that there is one.
        if said.value != expected:
            raise Trapped(f"a value of kind {said.value} came back, not {expected}")
        address, text = find(), None
        if address:
            found = text_at(address + _HELD)
            length = found.length
            text = bytes_at(found.data, length).decode() if length else ""
        delete(result)
        # INVARIANT: what was deleted is no longer said to be there, or the next call would delete it again.
        said.value = Kind.BOOL
        return text

    return take
