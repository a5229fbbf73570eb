"""A path to an answer: what the router, the breaker and the shadow know of one."""

from collections.abc import Sequence
from typing import Protocol

from sark_policy.sark.answer import Answer, PathFailed, Side
from sark_policy.sark.question import Question


class Path(Protocol):
    """One way to an answer. It answers or fails; it never decides what a failure means."""

    @property
    def side(self) -> Side:
        """Which of the two it is."""

    async def decide(self, question: Question) -> Answer:
        """Answer a question.

        Raises:
            PathFailed: There is no answer this way; `failure` says why.
        """

    async def decide_batch(self, questions: Sequence[Question]) -> list[Answer | PathFailed]:
        """Answer many questions, in their order. A failure stands in its question's place."""

    async def health(self) -> bool:
        """Return whether the path could answer now. Never raises."""

    async def close(self) -> None:
        """Let go of what the path holds. Closing twice does nothing."""
