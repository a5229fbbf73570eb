"""docs/migration.md, step by step: its blocks, a stand-in gateway to follow them on, policies that say who decided."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import jwt

from real_opa import free_port

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "docs/migration.md"
STANDIN = ROOT / "tests/python/sark/standin"
SECRET = "for-the-stand-in-alone-" + "0123456789abcdef"

POLICY = """package mcp.gateway

default allow := false

allow if "analyst" in input.user.roles

allow if input.user.role == "analyst"

audit_reason := sprintf("WHO: %s for %s", [input.action, input.user.id])

filtered_parameters := object.remove(input.parameters, ["password"]) if input.parameters

filtered_parameters := object.remove(input.tool.parameters, ["password"]) if input.tool.parameters
"""

AGENTS = """package mcp.gateway.a2a

default allow := false

allow if {
	input.source_agent.trust_level == "trusted"
	input.target_agent.id == "ag-2"
	input.capability == "query"
}

reason := sprintf("WHO: %s asks %s", [input.source_agent.id, input.target_agent.id])
"""

OLD = """package sark.gateway

default allow = false

allow { input.user.roles[_] == "analyst" }
"""

ENGINE, OPA = "the engine", "opa"


def bundle(folder: Path, who: str) -> Path:
    """Write a bundle whose reasons say who decided."""
    folder.mkdir(parents=True)
    (folder / "gateway.rego").write_text(POLICY.replace("WHO", who))
    (folder / "a2a.rego").write_text(AGENTS.replace("WHO", who))
    return folder


def level(name: str) -> str:
    """Return what the guide says under a level's heading."""
    (text,) = re.findall(rf"^## Level {name}: .*?\n(.*?)(?=^## )", GUIDE.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    return str(text)


def files(text: str) -> dict[str, str]:
    """Return the files in a text of the guide: each begins with its name."""
    blocks = re.findall(r"```python\n# (\w+\.py)\n(.*?)```", text, re.DOTALL)
    return dict(blocks)


def variables(text: str) -> dict[str, str]:
    """Return the variables that a text of the guide exports."""
    return dict(re.findall(r"^export (\w+)=(.*)$", text, re.MULTILINE))


def commands(text: str) -> list[str]:
    """Return how a text of the guide starts the gateway."""
    return re.findall(r"^uvicorn .*$", text, re.MULTILINE)


def token(user: str, role: str = "analyst", **claims: Any) -> dict[str, str]:
    """Return the header of a user of the gateway."""
    encoded = jwt.encode({"sub": user, "email": f"{user}@acme.test", "role": role} | claims, SECRET, "HS256")
    return {"Authorization": f"Bearer {encoded}"}


def agent_token(agent: str, trust: str = "trusted") -> dict[str, str]:
    """Return the header of an agent."""
    return {"Authorization": f"Bearer {jwt.encode({'agent_id': agent, 'trust_level': trust}, SECRET, 'HS256')}"}


class Gateway:
    """A gateway that runs, and what it is asked."""

    def __init__(self, url: str) -> None:
        self.client = httpx.Client(base_url=url, timeout=30, trust_env=False)

    def post(self, path: str, headers: Mapping[str, str], **body: Any) -> dict[str, Any]:
        """Send a request, and return what comes back."""
        response = self.client.post(path, headers=dict(headers), json=body)
        assert response.status_code == httpx.codes.OK, response.text
        answer: dict[str, Any] = response.json()
        return answer

    def authorize(self, user: str, role: str = "analyst", **changes: Any) -> dict[str, Any]:
        """Ask at the gateway's own route."""
        asked = {
            "action": "gateway:tool:invoke",
            "server_name": "pg-main",
            "tool_name": "run_sql",
            "sensitivity_level": "high",
            "parameters": {"query": "select 1", "password": "hunter2"},
        }
        return self.post("/api/v1/gateway/authorize", token(user, role), **asked | changes)

    def between_agents(self, agent: str, trust: str = "trusted") -> dict[str, Any]:
        """Ask as an agent."""
        headers = agent_token(agent, trust)
        return self.post("/api/v1/gateway/authorize-a2a", headers, target_agent_id="ag-2", capability="query")

    def evaluate(self, user: str, role: str = "analyst") -> dict[str, Any]:
        """Ask at the route that uses the policy client."""
        tool = {"name": "run_sql", "sensitivity_level": "high", "parameters": {"query": "select 1", "password": "x"}}
        return self.post("/api/v1/policy/evaluate", token(user, role), action="tool:invoke", tool=tool)

    def admin(self, method: str, path: str, **body: Any) -> dict[str, Any]:
        """Do something as an admin."""
        arguments: dict[str, Any] = {"json": body} if body else {}
        response = self.client.request(method, f"/admin{path}", headers=token("root", "admin"), **arguments)
        assert response.status_code == httpx.codes.OK, response.text
        answer: dict[str, Any] = response.json()
        return answer

    def metrics(self) -> dict[str, float]:
        """Return every sample by its name and labels, as a scrape sees them."""
        text = self.client.get("/metrics").text
        samples = (line.rpartition(" ") for line in text.splitlines() if line and not line.startswith("#"))
        return {name: float(value) for name, _, value in samples}

    def evaluated(self, implementation: str) -> float:
        """Return how many decisions an implementation has evaluated."""
        return sum(
            value
            for name, value in self.metrics().items()
            if name.startswith("opa_evaluation_total") and f'implementation="{implementation}"' in name
        )


def environment(given: Mapping[str, Any], *folders: Path) -> dict[str, str]:
    """Return this process's environment with these variables and no other of the gateway's, and these folders."""
    prefixes = ("SARK_", "OPA_", "RUST_", "REDIS_", "PROMETHEUS_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(prefixes)}
    paths = os.pathsep.join(str(folder) for folder in (*folders, STANDIN, Path(__file__).parent))
    return kept | {name: str(value) for name, value in given.items()} | {"PYTHONPATH": paths}


@contextmanager
def started(command: str, folder: Path, given: Mapping[str, Any]) -> Iterator[Gateway]:
    """Start the gateway by a command of the guide in a folder with the guide's files, and end it afterwards."""
    port = free_port()
    program, *arguments = command.split()
    log = folder / "gateway.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", program, *arguments, "--host", "127.0.0.1", "--port", str(port)],
            env=environment(given, folder),
            cwd=folder,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    gateway = Gateway(f"http://127.0.0.1:{port}")
    try:
        until = time.monotonic() + 60
        while True:
            try:
                gateway.client.get("/health")
                break
            except httpx.TransportError:
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < until, log.read_text()
                time.sleep(0.05)
        yield gateway
    finally:
        gateway.client.close()
        process.send_signal(signal.SIGTERM)
        process.wait(30)
