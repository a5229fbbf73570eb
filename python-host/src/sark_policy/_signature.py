"""What a function of the component takes and returns, where these are numbers and texts: see `_direct`."""

from enum import IntEnum
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import wasmtime
    from wasmtime.component import Func


class Kind(IntEnum):
    """What a value is, as it says itself."""

    BOOL = 0
    U32 = 6
    U64 = 8
    STRING = 12
    ENUM = 17
    OPTION = 18
    RESULT = 19


class Signature(NamedTuple):
    """What a function takes and returns: numbers and texts."""

    parameters: tuple[Kind, ...]
    """Each is `U32`, `U64` or `STRING`."""
    result: Kind
    """What an `OPTION` or a good `RESULT` holds is a text, and a bad one holds nothing."""


def signature_of(function: "Func", store: "wasmtime.Store") -> Signature | None:
    """Return what a function takes and returns; None if these are not numbers and texts alone."""
    from wasmtime import component

    kinds = {component.Bool: Kind.BOOL, component.U32: Kind.U32, component.U64: Kind.U64, component.String: Kind.STRING}
    type_ = function.type(store)
    parameters = [kinds.get(type(parameter)) for _, parameter in type_.params]
    result = _result(type_.result, kinds)
    if result is None or any(kind is None or kind is Kind.BOOL for kind in parameters):
        return None
    return Signature(tuple(kind for kind in parameters if kind is not None), result)


def _result(type_: Any, kinds: dict[Any, Kind]) -> Kind | None:
    from wasmtime import component

    if isinstance(type_, component.EnumType):
        return Kind.ENUM
    if isinstance(type_, component.OptionType):
        return Kind.OPTION if isinstance(type_.payload, component.String) else None
    if isinstance(type_, component.ResultType):
        return Kind.RESULT if isinstance(type_.ok, component.String) and type_.err is None else None
    return kinds.get(type(type_))
