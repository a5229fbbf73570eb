"""The load tests' own logic: what is judged, computed and told there is right."""

import itertools
import socket
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benches"))

from load import questions, soak
from load.figures import Figures, quantile
from load.generator import Generator
from load.questions import Expected, Outcome, Question, judge
from load.results import MEASURED, Results
from load.soak import Sample
from load.truth import Truth

QUESTION = Question(
    "token",
    {"action": "a", "parameters": {"limit": 1, "row": 0}},
    {"r1": Expected(True, {"limit": 1, "row": 0}), "r2": Expected(False, None)},
)


def answer(allow: Any, filtered: Any = None, reason: str = "so it is") -> bytes:
    """Return the body of an answer."""
    return orjson.dumps({"allow": allow, "reason": reason, "filtered_parameters": filtered})


def test_the_right_answer_is_right() -> None:
    """An answer counts that the bundle in force gives."""
    assert Outcome.RIGHT is judge(QUESTION, 0, ["r1"], 200, answer(True, {"limit": 1, "row": 0}))
    assert Outcome.RIGHT is judge(QUESTION, 0, ["r2"], 200, answer(False))


def test_either_bundle_may_decide_while_one_is_replaced() -> None:
    """What was under way during a swap may have either answer, and no mixture of both."""
    assert Outcome.RIGHT is judge(QUESTION, 0, ["r1", "r2"], 200, answer(False))
    assert Outcome.WRONG is judge(QUESTION, 0, ["r1", "r2"], 200, answer(True))


@pytest.mark.parametrize(
    "body",
    [
        answer(False),
        answer(True),
        answer(True, {"limit": 2, "row": 0}),
        answer(True, {"limit": 1, "row": 7}),
        answer("true", {"limit": 1, "row": 0}),
        answer(False, None, "denied: fine, but not by this bundle"),
        b"{}",
        b"[]",
        b"not JSON",
    ],
)
def test_a_wrong_answer_is_caught(body: bytes) -> None:
    """Another decision, other parameters, another question's parameters, and what is no answer are wrong."""
    assert Outcome.WRONG is judge(QUESTION, 0, ["r1"], 200, body)


def test_an_allow_for_want_of_an_answer_is_wrong() -> None:
    """That nobody could decide excuses a denial alone."""
    failed = "Policy evaluation failed: OPA did not answer"
    assert Outcome.DENIED is judge(QUESTION, 0, ["r1"], 200, answer(False, None, failed))
    assert Outcome.WRONG is judge(QUESTION, 0, ["r1"], 200, answer(True, None, failed))


def test_each_row_is_another_question() -> None:
    """The answer to a question with a row of its own has that row."""
    assert b'"row":7' in QUESTION.body(7)
    assert Outcome.RIGHT is judge(QUESTION, 7, ["r1"], 200, answer(True, {"limit": 1, "row": 7}))
    assert Outcome.WRONG is judge(QUESTION, 7, ["r1"], 200, answer(True, {"limit": 1, "row": 0}))


@pytest.mark.parametrize(
    ("status", "outcome"),
    [(403, Outcome.DENIED), (503, Outcome.DENIED), (500, Outcome.LOST), (502, Outcome.LOST), (401, Outcome.WRONG)],
)
def test_statuses(status: int, outcome: Outcome) -> None:
    """To be turned away is safe, an error of the server is no answer, anything else is wrong."""
    assert outcome is judge(QUESTION, 0, ["r1"], status, b"")


def test_what_is_in_force(monkeypatch: pytest.MonkeyPatch) -> None:
    """A request may be decided by whatever was in force at some moment while it was under way."""
    now = 10.0
    monkeypatch.setattr("load.truth.time.perf_counter", lambda: now)
    truth = Truth("r1")
    truth.changing("r2")
    now = 20.0
    truth.changed("r2")
    assert {"r1"} == truth.possible(1, 9)
    assert {"r1", "r2"} == truth.possible(9, 11) == truth.possible(12, 19) == truth.possible(19, 21)
    assert {"r2"} == truth.possible(20.5, 21)


def test_quantiles() -> None:
    """The smallest value that so large a share does not exceed."""
    values = [float(value) for value in range(100, 0, -1)]
    assert [1, 50, 95, 99, 100] == [quantile(values, share) for share in (0.0, 0.5, 0.95, 0.99, 1.0)]
    assert 7.0 == quantile([7.0], 0.99)
    assert 0.0 == quantile([], 0.5)


def test_figures_of_a_stretch() -> None:
    """Of a run the requests of a stretch can be told from the others."""
    figures = Figures()
    figures.began, figures.ended = 0.0, 4.0
    for at, took in ((1.0, 0.001), (2.0, 0.002), (3.0, 0.5)):
        figures.add(Outcome.RIGHT, at, took)
    figures.add(Outcome.LOST, 4.0, 1.0)
    assert (0.75, 75.0, 4) == (figures.rps, figures.success, figures.count)
    assert 2.0 == pytest.approx(figures.ms(0.99, 0.0, 2.5))
    assert 500.0 == pytest.approx(figures.ms(0.99, 2.5, 3.5))


def samples(memory: Callable[[int], int], many: int = 100) -> list[Sample]:
    """Return samples of two workers whose memory is a function of time."""
    return [Sample(float(at), (memory(at), memory(at)), (10, 10 + at // 50)) for at in range(many)]


def test_growth_leaves_the_warm_up_out() -> None:
    """What is filled in the warm-up is no growth; what goes on to grow is."""
    assert 0.0 == soak.growth(samples(lambda at: 100 if at < 20 else 200))
    leaking = soak.growth(samples(lambda at: 1_000 + at))
    assert leaking == pytest.approx(100 * (1_091.5 - 1_027.5) / 1_027.5)
    assert 1 == soak.leaked(samples(lambda at: 1))


def test_soak_is_written_down(tmp_path: Path) -> None:
    """The samples are a table with a column for each worker, and a plot with a line for each."""
    taken = samples(lambda at: (100 << 20) + at)
    soak.save(taken, tmp_path / "soak.csv")
    lines = (tmp_path / "soak.csv").read_text("utf-8").splitlines()
    assert ["seconds,rss_0,rss_1,fds_0,fds_1", f"0.0,{100 << 20},{100 << 20},10,10"] == lines[:2]
    assert 101 == len(lines)
    assert 2 == soak.plot(taken).count("<polyline")


def test_table_and_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each value is a line of JSON with its round; the table has medians and spreads."""
    monkeypatch.setenv(MEASURED, str(tmp_path / "measured.jsonl"))
    results = Results.of_environment()
    for value in (3_000, 1_000, 2_000):
        results.add("load/warm-rps", value, "req/s")
    lines = [orjson.loads(line) for line in (tmp_path / "measured.jsonl").read_bytes().splitlines()]
    assert {"case": "load/warm-rps", "value": 1_000, "unit": "req/s", "round": 2} == lines[1]
    assert 3 == len(lines)
    row = results.table().splitlines()[1].split()
    assert ["load/warm-rps", "2,000.00", "1,000.00", "3,000.00", "req/s", "3"] == row


def test_goals_are_ratios_of_the_same_round() -> None:
    """A slow round slows both paths: the ratio is what counts, and what was not measured has no verdict."""
    results = Results()
    for none, warm in ((4_000, 3_600), (1_000, 900), (2_000, 1_500)):
        results.add("load/none-rps", none, "req/s")
        results.add("load/warm-rps", warm, "req/s")
    assert [("warm / no policy at all, at least 0.85: 0.90", True)] == results.verdicts()
    results.add("load/wrong", 1, "answers")
    assert ("wrong answers, none: 1.00", False) == results.verdicts()[-1]


def test_questions_come_back_as_they_were(tmp_path: Path) -> None:
    """Another process reads the questions that one has written down."""
    questions.save([QUESTION, replace(QUESTION, token="other")], tmp_path / "questions")
    assert [QUESTION, replace(QUESTION, token="other")] == questions.load(tmp_path / "questions")


class _Server:
    """Answers every request on a thread, right or wrong by turns of the caller's choice."""

    def __init__(self, bodies: list[bytes]) -> None:
        self._bodies = bodies
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = ("127.0.0.1", self._listener.getsockname()[1])
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        with self._listener, self._listener.accept()[0] as connection:
            for body in itertools.cycle(self._bodies):
                if not connection.recv(1 << 16):
                    return
                connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body))

    def join(self) -> None:
        """Wait until the caller has gone."""
        self._thread.join(10)


def test_the_generator_catches_one_wrong_answer_among_others() -> None:
    """Over a real connection: what is wrong is counted, and kept for a person to read."""
    right = answer(True, {"limit": 1, "row": 0})
    server = _Server([right, answer(False), right, right])
    generator = Generator(server.address, [QUESTION], Truth("r1"), connections=1)
    while generator.figures.outcomes[Outcome.WRONG] == 0:
        generator.run(0.02)
    generator.close()
    server.join()
    assert 1 <= generator.figures.outcomes[Outcome.WRONG]
    assert '"allow":false' in generator.figures.examples[0]
