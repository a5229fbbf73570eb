"""The described load, for Locust: people who ask the gateway for tools, every answer checked.

`run.py --scenario locust` starts it, with the questions of the run in the file that `LOAD_QUESTIONS` names.

Locust takes more time for a request than the gateway does, so no throughput is read off it: what it shows is that
users with pauses of their own get right answers, and how long they wait.
"""

import os
import random
import sys
from pathlib import Path

from locust import FastHttpUser, constant_pacing, task

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from load.questions import ROUTE, Outcome, judge, load

QUESTIONS = load(Path(os.environ["LOAD_QUESTIONS"]))
REVISIONS = os.environ.get("LOAD_REVISIONS", "mcp-gateway-1").split(",")


class Person(FastHttpUser):
    """Somebody who asks ten times a second, mostly what was asked before."""

    wait_time = constant_pacing(0.1)

    @task(9)
    def known(self) -> None:
        """Ask what others have asked."""
        self._ask(0)

    @task(1)
    def new(self) -> None:
        """Ask what nobody has asked."""
        self._ask(random.randrange(1, 1 << 50))

    def _ask(self, row: int) -> None:
        question = random.choice(QUESTIONS)
        headers = {"Authorization": f"Bearer {question.token}", "Content-Type": "application/json"}
        body = question.body(row).decode()
        with self.client.post(ROUTE, data=body, headers=headers, catch_response=True) as response:
            outcome = judge(question, row, REVISIONS, response.status_code, response.content or b"")
            if outcome is Outcome.RIGHT:
                response.success()
            else:
                response.failure(f"{outcome.name.lower()}: status {response.status_code}")
