"""What all scenarios share: the questions, the results, what became of all requests, and how to tell a person."""

import secrets
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from load import stack
from load.figures import Figures
from load.generator import Generator
from load.questions import Outcome, Question, save
from load.results import Results
from load.stack import NOBODY, REVISIONS, WORKERS, Stack
from load.truth import Truth

CONNECTIONS = 16
"""Connections of a sustained run: four for each worker."""

Say = Callable[[str], None]


@dataclass
class Bench:
    """A run."""

    folder: Path
    """What the gateways write, for as long as the run takes."""
    out: Path
    """What is left behind: the soak's samples and its plot."""
    results: Results
    say: Say
    quick: bool = False
    secret: str = field(default_factory=lambda: secrets.token_urlsafe(48))
    questions: list[Question] = field(default_factory=list)
    outcomes: Counter[Outcome] = field(default_factory=Counter)
    """Of all requests but those of the ramp, which is there to break."""
    wrong: list[str] = field(default_factory=list)
    """A few of the wrong answers."""
    started: int = 0

    def prepare(self) -> None:
        """Find out what is right, and write it down for Locust."""
        self.say("asking OPA what is right")
        self.questions = stack.questions(self.secret)
        self.out.mkdir(parents=True, exist_ok=True)
        save(self.questions, self.questions_file)

    @property
    def questions_file(self) -> Path:
        """Where the questions are written down."""
        return self.folder / "questions.jsonl"

    def running(self, path: str, *, opa: bool = False, **variables: object) -> AbstractContextManager[Stack]:
        """Start a gateway on a path."""
        self.started += 1
        return stack.running(self.folder / f"{self.started}-{path}", path, self.secret, opa=opa, **variables)

    @contextmanager
    def generator(
        self,
        running: Stack,
        path: str,
        truth: Truth | None = None,
        *,
        connections: int = CONNECTIONS,
        balanced: bool = True,
        rate: float | None = None,
        new_each: int = 0,
    ) -> Iterator[Generator]:
        """Open connections to a gateway."""
        generator = Generator(
            running.address,
            self.questions,
            truth or Truth(NOBODY if path == "none" else REVISIONS["r1"]),
            connections=connections,
            workers=WORKERS if balanced else 0,
            rate=rate,
            new_each=new_each,
        )
        try:
            yield generator
        finally:
            generator.close()

    def count(self, figures: Figures) -> Figures:
        """Count what became of the requests of a run."""
        self.outcomes += figures.outcomes
        self.note(figures)
        return figures

    def note(self, figures: Figures) -> None:
        """Keep a few wrong answers for a person."""
        self.wrong += figures.examples[: max(0, 5 - len(self.wrong))]


def await_that(holds: Callable[[], bool], seconds: float, what: str) -> None:
    """Wait until something holds.

    Raises:
        TimeoutError: It did not come to that.
    """
    until = time.perf_counter() + seconds
    while not holds():
        if time.perf_counter() > until:
            raise TimeoutError(f"{what} took more than {seconds:g} s")
        time.sleep(0.05)
