"""A soak's samples: memory and file descriptors of all workers, how much they have grown, and a plot of it."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from load import processes

WARM_UP = 0.2
"""The share of a soak that is warm-up: caches fill, pools open, the allocator finds its size."""
STRETCH = 0.2
"""The share of the rest that its beginning is, and its end. Their medians are compared."""

WIDTH, HEIGHT, MARGIN = 720, 240, 48
COLOURS = ("#1b6ca8", "#c0562f", "#3a8f5c", "#7d4e9e", "#8a7a1f", "#555555")


@dataclass(frozen=True)
class Sample:
    """What the workers take at a moment."""

    at: float
    """Seconds since the start."""
    memory: tuple[int, ...]
    """Resident memory of each worker, in bytes."""
    descriptors: tuple[int, ...]
    """Open file descriptors of each worker."""

    @classmethod
    def take(cls, at: float, workers: Sequence[int]) -> "Sample":
        """Look at the workers."""
        return cls(at, tuple(map(processes.rss, workers)), tuple(map(processes.descriptors, workers)))


def _ends(samples: Sequence[Sample]) -> tuple[Sequence[Sample], Sequence[Sample]]:
    """Return the samples just after the warm-up, and the last ones."""
    settled = samples[int(WARM_UP * len(samples)) :]
    many = max(1, int(STRETCH * len(settled)))
    return settled[:many], settled[-many:]


def growth(samples: Sequence[Sample]) -> float:
    """Return how much the memory of all workers has grown after the warm-up, in percent."""
    first, last = (median(sum(each.memory) for each in some) for some in _ends(samples))
    return 100 * (last - first) / first if first else 0.0


def leaked(samples: Sequence[Sample]) -> float:
    """Return how many more file descriptors are open than after the warm-up."""
    first, last = (median(sum(each.descriptors) for each in some) for some in _ends(samples))
    return last - first


def save(samples: Sequence[Sample], path: Path) -> None:
    """Write the samples down as CSV: bytes, and counts."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        workers = range(len(samples[0].memory))
        writer.writerow(["seconds", *(f"rss_{n}" for n in workers), *(f"fds_{n}" for n in workers)])
        for each in samples:
            writer.writerow([f"{each.at:.1f}", *each.memory, *each.descriptors])


def plot(samples: Sequence[Sample]) -> str:
    """Return an SVG: the memory of each worker, from the least to the most that any had."""
    most = max(max(each.memory) for each in samples) / processes.MIB
    least = min(min(each.memory) for each in samples) / processes.MIB
    span, length = max(most - least, 1.0), max(samples[-1].at, 1.0)

    def place(at: float, mib: float) -> str:
        x = MARGIN + (WIDTH - 2 * MARGIN) * at / length
        y = HEIGHT - MARGIN - (HEIGHT - 2 * MARGIN) * (mib - least) / span
        return f"{x:.1f},{y:.1f}"

    lines = []
    for worker in range(len(samples[0].memory)):
        points = " ".join(place(each.at, each.memory[worker] / processes.MIB) for each in samples)
        colour = COLOURS[worker % len(COLOURS)]
        lines.append(f'<polyline fill="none" stroke="{colour}" stroke-width="1.5" points="{points}"/>')
    bottom, warm = HEIGHT - MARGIN, MARGIN + (WIDTH - 2 * MARGIN) * WARM_UP
    texts = [
        (8, MARGIN, f"{most:.0f} MiB"),
        (8, bottom, f"{least:.0f} MiB"),
        (MARGIN, HEIGHT - 16, "0"),
        (WIDTH - 2 * MARGIN, HEIGHT - 16, f"{length / 60:.0f} min"),
        (MARGIN, 20, f"resident memory of each worker; {growth(samples):+.2f} % after the warm-up"),
    ]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" '
            'font-size="12">',
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
            f'<path d="M{warm:.0f},{MARGIN}V{bottom}" stroke="#bbbbbb" stroke-dasharray="4"/>',
            *lines,
            *(f'<text x="{x}" y="{y}" fill="#333333">{text}</text>' for x, y, text in texts),
            "</svg>\n",
        ]
    )
