"""Asking the gateway: requests of every kind, and the table of what it said."""

import json
import time
from typing import Any

import httpx
from parts import Parts
from real_gateway import bearer

API = "/api/v1/gateway"
SQL = {"action": "gateway:tool:invoke", "server_name": "pg-main", "tool_name": "run_sql"}
WAREHOUSE = {"action": "gateway:tool:invoke", "server_name": "warehouse", "tool_name": "query"}
A2A = {"target_agent_id": "ag-2", "capability": "query", "message_type": "request", "target_environment": "prod"}

NOBODY = "-"


class Asking:
    """Asks a gateway, and keeps what it said."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self.sound = True
        """Whether every answer so far was the right one."""
        self._rows: list[tuple[str, str, str, str]] = []

    def ask(self, who: str, method: str, address: str, **what: Any) -> tuple[httpx.Response, float]:
        """Ask as somebody, and return the answer and how long it took, in seconds."""
        headers = {} if who == NOBODY else bearer(who, self.parts.secret)
        headers |= what.pop("headers", {})
        # A connection each, so that with several workers any of them may answer; it is open before the clock runs.
        with httpx.Client(base_url=self.parts.gateway.url, timeout=30) as client:
            client.get("/health/live")
            start = time.perf_counter()
            response = client.request(method, address, headers=headers, **what)
            return response, time.perf_counter() - start

    def row(self, what: str, who: str, said: str, seconds: float | None = None, *, right: bool = True) -> None:
        """Add a row to the table."""
        self.sound &= right
        took = "" if seconds is None else f"{seconds * 1e3:.1f}"
        self._rows.append((what, who, said if right else f"WRONG: {said}", took))

    def authorize(self, what: str, who: str, asked: dict[str, Any], *, allow: bool) -> None:
        """Ask for a decision, which should be this one."""
        response, seconds = self.ask(who, "POST", f"{API}/authorize", json=asked)
        self.row(what, who, brief(response.json()), seconds, right=response.json()["allow"] is allow)

    def agent(self, what: str, who: str, asked: dict[str, Any], *, allow: bool) -> None:
        """Ask as an agent for a decision, which should be this one."""
        body = {**A2A, "source_agent_id": who, **asked}
        response, seconds = self.ask(who, "POST", f"{API}/authorize-a2a", json=body)
        self.row(what, who, brief(response.json()), seconds, right=response.json()["allow"] is allow)

    def listed(self, what: str, kind: str, of: int, who: str, seen: int) -> None:
        """Ask for a list, of which somebody should see so much."""
        response, seconds = self.ask(who, "GET", f"{API}/{kind}")
        count = len(response.json())
        self.row(what, who, f"{count} of {of}", seconds, right=count == seen)

    def admin(self, what: str, method: str, address: str, **body: Any) -> tuple[Any, float]:
        """Ask the admin API, and return what it said and how long it took, in seconds."""
        response, seconds = self.ask("ada", method, f"/admin{address}", **body)
        if not response.is_success:
            self.row(what, "ada", f"{response.status_code} {response.text[:60]}", seconds, right=False)
            return {}, seconds
        return response.json(), seconds

    def table(self) -> str:
        """Return the table as text."""
        widths = [max(len(row[column]) for row in self._rows) for column in range(2)]
        lines = [f"{'what':{widths[0]}}  {'who':{widths[1]}}  {'ms':>7}  answer"]
        lines += [f"{what:{widths[0]}}  {who:{widths[1]}}  {took:>7}  {said}" for what, who, said, took in self._rows]
        return "\n".join(lines)


def brief(answer: dict[str, Any]) -> str:
    """Return an answer in a few words."""
    said = answer["reason"].removeprefix("allowed: ").removeprefix("denied: ")
    passed = answer["filtered_parameters"]
    on = f"; pass on {json.dumps(passed)}" if passed is not None and "read_only" not in passed else ""
    return f"{'allow' if answer['allow'] else 'deny'}: {said}{on}"


def everything(asking: Asking) -> None:
    """Send a request of every kind."""
    with_secret = {"query": "select 1", "password": "hunter2"}
    asking.authorize("invoke a tool with a password", "kim", {**SQL, "parameters": with_secret}, allow=True)
    asking.authorize("  … with nothing but secrets", "kim", {**SQL, "parameters": {"token": "t"}}, allow=True)
    asking.authorize("  … to destroy", "kim", {**SQL, "parameters": {"query": "drop table t"}}, allow=False)
    asking.authorize("  … as a viewer", "vic", SQL, allow=False)
    asking.authorize("  … as somebody suspended", "sus", SQL, allow=False)
    response, seconds = asking.ask(NOBODY, "POST", f"{API}/authorize", json=SQL)
    asking.row("  … as nobody", NOBODY, f"{response.status_code}", seconds, right=response.status_code == 401)
    asking.listed("list servers", "servers", 12, "vic", 3)
    asking.listed("list servers", "servers", 12, "kim", 10)
    asking.listed("list tools", "tools", 36, "kim", 26)
    asking.agent("an agent asks an agent", "planner", {}, allow=True)
    asking.agent("  … untrusted, in another environment", "ag-5", {}, allow=False)
    asking.agent("  … by another agent's token", "ag-3", {"source_agent_id": "planner"}, allow=False)
    event = {"event_type": "tool_invoked", "user_id": "u-17", "decision": "allow"}
    key = {"X-Gateway-Api-Key": asking.parts.api_key}
    response, seconds = asking.ask(NOBODY, "POST", f"{API}/audit", json=event, headers=key)
    asking.row("report an event", "gateway", f"{response.status_code}", seconds, right=response.status_code == 201)
