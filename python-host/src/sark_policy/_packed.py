r"""Many texts as one, since a crossing takes a text at the cost of one, and a list element by element.

`ab`, an absent text and `c` are `abc\n2 - 1`: the texts, a line feed, and their lengths in bytes.
"""

from collections.abc import Iterator, Sequence

CROSSING = 1 << 20
"""Most bytes of a crossing, but for one text alone that has more."""


def sizes(texts: Sequence[str]) -> list[int]:
    """Return the length of each text in bytes of UTF-8.

    Raises:
        UnicodeEncodeError: A text has a lone surrogate.
        TypeError: One is no text.
    """
    return [len(raw) for raw in map(str.encode, texts)]


def pack(texts: Sequence[str], sizes: Sequence[int]) -> str:
    """Return texts as one; `sizes` are their lengths in bytes."""
    return f"{''.join(texts)}\n{' '.join(map(str, sizes))}"


def unpack(packed: str) -> list[str | None]:
    """Return the texts that were packed."""
    body, _, lengths = packed.rpartition("\n")
    # Lengths are in bytes; in ASCII these are characters, and nothing need be decoded again.
    raw = None if body.isascii() else body.encode()
    texts: list[str | None] = []
    start = 0
    for length in lengths.split():
        if length == "-":
            texts.append(None)
            continue
        end = start + int(length)
        texts.append(body[start:end] if raw is None else raw[start:end].decode())
        start = end
    return texts


def crossings(places: Sequence[int], sizes: Sequence[int], most: int) -> Iterator[Sequence[int]]:
    """Split places into crossings of at most `most`, and of bytes as few as may cross at once."""
    start = room = 0
    for end, place in enumerate(places):
        room -= sizes[place]
        if end - start == most or room < 0:
            if end > start:
                yield places[start:end]
            start, room = end, CROSSING - sizes[place]
    if start < len(places):
        yield places[start:]
