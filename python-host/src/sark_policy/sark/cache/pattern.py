"""Patterns over what is cached, as `policy:decision:{user}:{action}:{resource}:{context digest}`."""

import fnmatch
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import compress

from sark_policy.sark.cache.keys import PARTS, Head, unescaped

KEY_PREFIX = "policy:decision"
"""How a key is rendered for patterns."""

_MASKS = sorted(range(1 << PARTS), key=int.bit_count)
"""Which parts are named, the fewest first."""


class Pattern:
    """A glob: `*` is anything, `?` one character, `[abc]`, `[a-z]` and `[^a]` one of a set.

    Only the pattern's own signs are special, never those in ids. A sign in brackets is itself, so
    `glob.escape` makes an id literal: `[*]`. A backslash is a character like any other.
    """

    def __init__(self, glob: str) -> None:
        self._matches = re.compile(fnmatch.translate(glob.replace("[^", "[!"))).match

    def matches(self, head: Head) -> bool:
        """Whether the pattern matches the whole rendering of a key that begins so."""
        return self._matches(rendered(head)) is not None

    def split(self, heads: Iterable[Head]) -> tuple[set[Head], set[Head]]:
        """Return the beginnings of keys that the pattern matches, and the others."""
        hit: set[Head] = set()
        missed: set[Head] = set()
        for head in heads:
            (hit if self.matches(head) else missed).add(head)
        return hit, missed


def cover(hit: set[Head], missed: set[Head]) -> Iterator[tuple[str | None, ...]]:
    """Return few beginnings of keys that together are all of `hit`, and none of `missed`.

    A part that is `None` is any. So what `policy:decision:kim:*` hits is the one beginning `("kim",)`.
    """
    for mask in _MASKS:
        if not hit:
            return
        parts = tuple(bool(mask >> n & 1) for n in range(PARTS))
        spared = {_projected(head, parts) for head in missed}
        found = {_projected(head, parts) for head in hit} - spared
        hit = {head for head in hit if _projected(head, parts) not in found}
        for projected in found:
            yield _restored(projected, parts)


def rendered(head: Head) -> str:
    """Return what a pattern is matched with."""
    return ":".join((KEY_PREFIX, *map(unescaped, head)))


def _projected(head: Head, parts: Sequence[bool]) -> tuple[str, ...]:
    return tuple(compress(head, parts))


def _restored(projected: tuple[str, ...], parts: Sequence[bool]) -> tuple[str | None, ...]:
    named = iter(projected)
    restored = [next(named) if part else None for part in parts]
    while restored and restored[-1] is None:
        restored.pop()
    return tuple(restored)
