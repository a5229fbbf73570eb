"""The load itself: a loop over plain sockets, cheap enough not to be what is measured.

Ready-made bytes go out, and each answer is held against its question's. It costs some 20 µs a request, where a
gateway spends a millisecond. A client of the comfortable kind would cost as much as the gateway.
"""

import resource
import select
import socket
import threading
import time
from collections import deque
from collections.abc import Sequence
from itertools import count
from typing import Any

import orjson

from load.figures import Figures
from load.questions import Outcome, Question, judge
from load.truth import Truth

HEAD = b"\r\n\r\n"
LENGTH = b"content-length: "
LARGEST = 1 << 16
EXAMPLES = 5
ATTEMPTS = 40
"""How often a connection may come to a worker that has enough of them, for each connection that is wanted."""


class Lost(Exception):
    """There is no answer."""


class Connection:
    """One connection, and the request that is under way on it."""

    __slots__ = ("buffer", "due", "number", "question", "row", "socket")

    def __init__(self, address: tuple[str, int], seconds: float) -> None:
        self.socket = socket.create_connection(address, timeout=seconds)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""
        self.question: Question | None = None
        self.row = 0
        self.due = 0.0

    def answer(self) -> tuple[int, bytes] | None:
        """Read what there is; return status and body once they are whole.

        Raises:
            Lost: The connection ended.
        """
        try:
            got = self.socket.recv(LARGEST)
        except (BlockingIOError, TimeoutError):
            return None
        except OSError as error:
            raise Lost from error
        if not got:
            raise Lost
        self.buffer = self.buffer + got if self.buffer else got
        return self._parsed()

    def ask(self, request: bytes) -> tuple[int, bytes]:
        """Send a request and wait for its answer.

        Raises:
            Lost: There is none.
        """
        try:
            self.socket.sendall(request)
        except OSError as error:
            raise Lost from error
        until = time.perf_counter() + (self.socket.gettimeout() or 0)
        while time.perf_counter() < until:
            found = self.answer()
            if found is not None:
                return found
        raise Lost

    def _parsed(self) -> tuple[int, bytes] | None:
        head = self.buffer.find(HEAD)
        if head < 0:
            return None
        place = self.buffer.find(LENGTH, 0, head + 2)
        if place < 0:
            raise Lost
        end = head + len(HEAD) + int(self.buffer[place + len(LENGTH) : self.buffer.index(b"\r", place)])
        if len(self.buffer) < end:
            return None
        whole, self.buffer = self.buffer, b""
        return int(whole[9:12]), whole[head + len(HEAD) : end]


def unlimited() -> None:
    """Let this process, and those that it starts, open as many connections as the system lets them."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


class Generator:
    """Asks a gateway from many connections, from one thread."""

    def __init__(
        self,
        address: tuple[str, int],
        questions: Sequence[Question],
        truth: Truth,
        *,
        connections: int,
        workers: int = 0,
        rate: float | None = None,
        new_each: int = 0,
        patience: float = 10,
    ) -> None:
        """Open the connections.

        Args:
            address: Where the gateway is.
            questions: What is asked, in this order, over and over.
            truth: Which bundles may decide.
            connections: How many requests are under way at most.
            workers: Spread the connections evenly over so many workers, as a balancer does; 0: as they come.
            rate: Requests a second; each counts from the moment it was due. `None`: as many as there are answers.
            new_each: Make every so-many-th question one that nobody has asked before: 1 all of them, 0 none.
            patience: How long an answer may take, in seconds.
        """
        self._address = address
        self._host = f"{address[0]}:{address[1]}"
        self._questions = questions
        self._truth = truth
        self._rate = rate
        self._new_each = new_each
        self._patience = patience
        self._requests = [each.request(self._host) for each in questions]
        # Beyond what any earlier run has asked.
        self._next = count(time.time_ns() // 1_000_000 * 1_000 if new_each else 0)
        self._stopped = threading.Event()
        self._poll = select.epoll()
        self._all: dict[int, Connection] = {}
        self._free: deque[Connection] = deque()
        self.figures = Figures()
        for connection in self._opened(connections, workers):
            self._join(connection)

    def run(self, seconds: float) -> Figures:
        """Ask for so long, or until `stop`, wait for what is under way, and return the figures."""
        self.figures = figures = Figures()
        figures.began = began = time.perf_counter()
        until = began + seconds
        sent, looked = 0, began
        while True:
            now = time.perf_counter()
            if now >= until or self._stopped.is_set():
                break
            while self._free:
                due = now if self._rate is None else began + sent / self._rate
                if due > now:
                    break
                self._send(self._free.popleft(), due)
                sent += 1
            pause = min(until, self._due(began, sent)) - now
            self._receive(max(0.0, min(pause, 0.05)))
            if now - looked > 0.2:
                looked = now
                self._give_up(now)
        figures.ended = time.perf_counter()
        while any(each.question is not None for each in self._all.values()):
            self._receive(0.05)
            self._give_up(time.perf_counter())
        return figures

    def stop(self) -> None:
        """End a run early; from another thread."""
        self._stopped.set()

    def close(self) -> None:
        """Close all connections."""
        for connection in self._all.values():
            connection.socket.close()
        self._all.clear()
        self._poll.close()

    def _due(self, began: float, sent: int) -> float:
        """Return when there is something to send, if nothing arrives before."""
        return began + sent / self._rate if self._rate is not None and self._free else float("inf")

    def _send(self, connection: Connection, due: float) -> None:
        number = next(self._next)
        place = number % len(self._questions)
        connection.question, connection.due = self._questions[place], due
        new = self._new_each and not number % self._new_each
        connection.row = number if new else 0
        request = connection.question.request(self._host, number) if new else self._requests[place]
        try:
            connection.socket.sendall(request)
        except OSError:
            self._lose(connection)

    def _receive(self, seconds: float) -> None:
        for number, _ in self._poll.poll(seconds):
            connection = self._all.get(number)
            if connection is None:
                continue
            try:
                answer = connection.answer()
            except Lost:
                self._lose(connection)
                continue
            if answer is not None:
                self._judge(connection, *answer)

    def _judge(self, connection: Connection, status: int, body: bytes) -> None:
        question, connection.question = connection.question, None
        self._free.append(connection)
        if question is None:
            return  # an answer that nobody waits for any more
        now = time.perf_counter()
        possible = self._truth.possible(connection.due, now)
        outcome = judge(question, connection.row, possible, status, body)
        if outcome is Outcome.WRONG and len(self.figures.examples) < EXAMPLES:
            self.figures.examples.append(f"{status} {body[:300]!r} to {question.body(connection.row)!r}")
        self.figures.add(outcome, now, now - connection.due)

    def _lose(self, connection: Connection) -> None:
        """Count what was under way as lost, and connect anew. A connection that ended at rest has lost nothing."""
        if connection.question is not None:
            now = time.perf_counter()
            self.figures.add(Outcome.LOST, now, now - connection.due)
        self._all.pop(connection.socket.fileno(), None)
        connection.socket.close()
        if connection.question is None:
            self._free.remove(connection)
        try:
            self._join(Connection(self._address, 1))
        except OSError:
            self.figures.add(Outcome.LOST, time.perf_counter(), 1.0)

    def _give_up(self, now: float) -> None:
        for connection in [*self._all.values()]:
            if connection.question is not None and now - connection.due > self._patience:
                self._lose(connection)

    def _join(self, connection: Connection) -> None:
        connection.socket.setblocking(False)
        self._all[connection.socket.fileno()] = connection
        self._poll.register(connection.socket.fileno(), select.EPOLLIN)
        self._free.append(connection)

    def _opened(self, connections: int, workers: int) -> list[Connection]:
        if not workers:
            return [Connection(self._address, 5) for _ in range(connections)]
        each = -(-connections // workers)
        found: dict[Any, list[Connection]] = {}
        for _ in range(ATTEMPTS * connections):
            if len(found) == workers and all(len(some) >= each for some in found.values()):
                break
            connection = Connection(self._address, 10)
            worker = worker_of(connection, self._host)
            if len(found.setdefault(worker, [])) < each:
                found[worker].append(connection)
            else:
                connection.socket.close()
        return [connection for some in found.values() for connection in some]


def worker_of(connection: Connection, host: str) -> Any:
    """Return which worker a connection has come to.

    Raises:
        Lost: It does not say.
    """
    _, body = connection.ask(f"GET /health HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
    return orjson.loads(body)["worker"]
