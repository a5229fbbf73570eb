"""docs/migration.md is followed, block by block, on a stand-in of the gateway: real requests, real OPA, real Redis."""

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

import migration
from migration import ENGINE, GUIDE, OLD, OPA, Gateway, bundle, commands, environment, files, level, started, variables
from policy_clients import LONG
from real_opa import Opa
from real_redis import RealRedis
from sark_policy.sark.clients.http_client import HttpOPAClient
from sark_policy.sark.clients.rust_client import RustOPAClient
from sark_policy.sark.settings import SarkSettings


class Site:
    """What a deployment has before it migrates: policies, an OPA with its own, Redis, a folder to start from."""

    def __init__(self, folder: Path, opa: Opa, redis: RealRedis) -> None:
        self.folder = folder
        self.opa = opa
        self.redis = redis
        self.policies = folder / "policies"

    def prepare(self, name: str, file: str = "asgi.py", **changes: str) -> dict[str, Any]:
        """Write the files of a level, and return its variables, with the addresses of this site."""
        text = level(name)
        written = files(GUIDE.read_text("utf-8").split("## Level A")[0]) | files(level("C") if name == "D" else text)
        for each, code in written.items():
            (self.folder / each).write_text(code)
        (self.folder / "asgi.py").write_text((self.folder / file).read_text())
        given = variables(text)
        places = {
            "SARK_POLICY_BUNDLE": self.policies,
            "OPA_URL": self.opa.url,
            "SARK_POLICY_FLAGS_URL": self.redis.url,
            "PROMETHEUS_MULTIPROC_DIR": self.folder / "metrics",
        }
        mine = {name: value for name, value in places.items() if name in given}
        # A busy machine misses the usual deadline; the gateway itself knows OPA and Redis whatever the level is.
        always = {
            "SARK_POLICY_DEADLINE": 10,
            "OPA_URL": self.opa.url,
            "OPA_TIMEOUT_SECONDS": 10,
            "REDIS_PORT": self.redis.port,
        }
        return given | always | mine | changes


@pytest.fixture
def site(tmp_path: Path, opa: Callable[[Path], Opa], redis_server: RealRedis) -> Site:
    """A site whose OPA and folder of policies decide alike, and say who they are."""
    there = Site(tmp_path, opa(bundle(tmp_path / "opa's", OPA)), redis_server)
    bundle(there.policies, ENGINE)
    old = tmp_path / "opa/policies"
    old.mkdir(parents=True)
    (old / "gateway_authorization.rego").write_text(OLD)
    (tmp_path / "metrics").mkdir()
    return there


def test_every_block_of_the_guide_is_run() -> None:
    """Each level says what to save, what to export and how to start; nothing else is in a block of Python."""
    text = GUIDE.read_text("utf-8")
    assert list(files(text.split("## Level A")[0])) == ["gateway_fixes.py"]
    assert [list(files(level(each))) for each in "ABCD"] == [["asgi.py"], ["asgi.py", "asgi_first.py"], ["asgi.py"], []]
    assert [len(commands(level(each))) for each in "ABCD"] == [1, 1, 1, 1]
    assert text.count("```python") == sum(len(files(level(each))) for each in "ABCD") + 1


# --- Before, and level by level


def test_before_the_gateway_is_as_it_is_known(site: Site) -> None:
    """The stand-in's own path works, and has the flaws that this is about."""
    site.prepare("B")
    given = {"OPA_URL": site.opa.url, "REDIS_PORT": site.redis.port, "OPA_POLICY_PATH": "/v1/data/mcp/gateway"}
    with started("uvicorn sark.api.main:app", site.folder, given) as gateway:
        refused = gateway.client.post("/api/v1/gateway/authorize", headers=migration.token("u"), json={"action": "x"})
        assert refused.status_code == 403  # CSRF
        gateway.client.cookies.set("csrf_token", "twice")
        gateway.client.headers["X-CSRF-Token"] = "twice"
        denied = gateway.authorize("u-1")
        assert "has no attribute 'roles'" in denied["reason"]
        assert (True, f"{OPA}: tool:invoke for u-1") == pair(gateway.evaluate("u-1"))
        assert gateway.evaluate("u-1", "viewer")["allow"], "a revoked role keeps its allow"
        assert gateway.client.get("/admin/rollout/status").status_code == 404


def test_level_a(site: Site) -> None:
    """The gateway's own Rust client decides with our engine, and keeps its flaws: no reason, no parameters."""
    given = site.prepare("A")
    with started(command("A"), site.folder, given) as gateway:
        assert pair(gateway.authorize("u-1")) == (True, "Policy evaluation completed")
        assert pair(gateway.authorize("u-1", "viewer")) == (False, "Policy evaluation completed")
        site.opa.kill()
        assert pair(gateway.authorize("u-2")) == (True, "Policy evaluation completed")
    # What it replaced is what the gateway had imported by then: nothing.
    assert "level A: nothing yet" in (site.folder / "gateway.log").read_text()


@pytest.mark.parametrize(("name", "file"), [("B", "asgi.py"), ("B", "asgi_first.py"), ("C", "asgi.py")])
def test_levels_b_and_c_start_with_everybody_on_opa(site: Site, name: str, file: str) -> None:
    """Nothing has changed for anybody until somebody is rolled out."""
    given = site.prepare(name, file)
    with started(command(name), site.folder, given) as gateway:
        assert (True, f"{OPA}: tool:invoke for u-1") == pair(gateway.evaluate("u-1"))
        assert (False, f"{OPA}: tool:invoke for u-1") == pair(gateway.evaluate("u-1", "viewer"))
        assert (True, f"{OPA}: gateway:tool:invoke for u-1") == pair(gateway.authorize("u-1"))
        assert (gateway.evaluated("rust"), gateway.evaluated("python") > 0) == (0, True)
    assert site.redis("KEYS", "policy:decision:*"), "the gateway's own cache is in use"


@pytest.mark.parametrize("name", ["B", "C"])
def test_the_flag_moves_users(site: Site, name: str) -> None:
    """By the guide's own commands: first you, then some, then nobody."""
    given = site.prepare(name)
    with started(command(name), site.folder, given) as gateway:
        gateway.admin("PUT", "/rollout/users", feature="rust_opa", users=["u-1"])
        assert f"{ENGINE}: tool:invoke for u-1" == gateway.evaluate("u-1")["reason"]
        assert f"{OPA}: tool:invoke for u-2" == gateway.evaluate("u-2")["reason"]
        assert gateway.admin("GET", "/rollout/user?user_id=u-1")["rust_opa"]["in_process"]
        gateway.admin("POST", "/rollout/set", feature="rust_opa", percentage=50)
        users = [f"u-{n}" for n in range(2, 40)]
        sides = set()
        for user in users:
            flag = gateway.admin("GET", f"/rollout/user?user_id={user}")["rust_opa"]
            who = ENGINE if flag["in_process"] else OPA
            assert f"{who}: tool:invoke for {user}" == gateway.evaluate(user)["reason"]
            assert f"{who}: gateway:tool:invoke for {user}" == gateway.authorize(user)["reason"]
            sides.add(who)
        assert {ENGINE, OPA} == sides
        gateway.admin("POST", "/rollout/rollback-all")
        assert f"{OPA}: tool:invoke for u-1" == gateway.evaluate("u-1", "viewer")["reason"]


def test_level_b_keeps_the_inputs_that_the_gateway_builds(site: Site) -> None:
    """Its own `evaluate_policy` drops parameters: reason and decision are right, there is nothing to filter."""
    given = site.prepare("B", SARK_POLICY_ROLLOUT='{"rust_opa": 100, "rust_cache": 100}')
    with started(command("B"), site.folder, given) as gateway:
        site.opa.kill()
        answer = gateway.authorize("u-1")
        assert (True, f"{ENGINE}: gateway:tool:invoke for u-1") == pair(answer)
        assert answer["filtered_parameters"] is None
        answer = gateway.evaluate("u-1")
        assert answer["filtered_parameters"] == {"query": "select 1"}
        assert not gateway.evaluate("u-1", "viewer")["allow"]


def test_level_c_decides_the_whole_request(site: Site) -> None:
    """Users with parameters and agents, in this process, without OPA; and cached for the identical question alone."""
    given = site.prepare("C", SARK_POLICY_ROLLOUT='{"rust_opa": 100, "rust_cache": 100}')
    with started(command("C"), site.folder, given) as gateway:
        site.opa.kill()
        for _ in range(2):
            answer = gateway.authorize("u-1")
            assert (True, f"{ENGINE}: gateway:tool:invoke for u-1") == pair(answer)
            assert answer["filtered_parameters"] == {"query": "select 1"}
        assert gateway.evaluated("rust") == 1
        other = gateway.authorize("u-1", parameters={"password": "only"})
        assert (other["allow"], other["filtered_parameters"]) == (True, {})
        assert not gateway.authorize("u-1", "viewer")["allow"]
        assert (True, f"{ENGINE}: ag-1 asks ag-2") == pair(gateway.between_agents("ag-1"))
        assert not gateway.between_agents("ag-1", "limited")["allow"]
        (site.policies / "gateway.rego").write_text("package mcp.gateway\nallow := false\naudit_reason := `closed`")
        until = time.monotonic() + 30
        while gateway.authorize("u-1")["allow"]:
            assert time.monotonic() < until, "a change on disk goes live by itself"
            time.sleep(0.05)
        assert pair(gateway.authorize("u-1")) == (False, "closed")


def test_level_c_falls_back_to_opa(site: Site) -> None:
    """Where the engine has no answer, OPA decides; where neither has, the request is denied."""
    given = site.prepare("C", SARK_POLICY_ROLLOUT='{"rust_opa": 100}')
    (site.policies / "gateway.rego").write_text("package mcp.gateway\nallow := 1 / 0")
    with started(command("C"), site.folder, given) as gateway:
        assert (True, f"{OPA}: gateway:tool:invoke for u-1") == pair(gateway.authorize("u-1"))
        fallen = 'implementation_fallback_total{error_type="evaluation",feature="rust_opa"}'
        assert gateway.metrics()[fallen] >= 1
        site.opa.kill()
        answer = gateway.authorize("u-2")
        assert not answer["allow"]
        assert answer["reason"].startswith("Policy evaluation failed: ")


def test_level_d(site: Site) -> None:
    """Four workers are one: a change is in force in each of them, and any of them shows the figures of all."""
    given = site.prepare("D", SARK_POLICY_SHADOW_SHARE="1")
    assert command("D").endswith("--workers 4")
    with started(command("D"), site.folder, given) as gateway:
        alive(gateway, 4)
        assert {OPA} == answers(gateway, 40)
        gateway.admin("POST", "/rollout/set", feature="rust_opa", percentage=100)
        gateway.admin("POST", "/rollout/set", feature="rust_cache", percentage=100)
        time.sleep(1)
        assert {ENGINE} == answers(gateway, 40)
        figures = gateway.metrics()
        assert sum(value for name, value in figures.items() if name.startswith("sark_policy_workers{")) == 4
        assert gateway.evaluated("rust") == 40
        assert figures['feature_flag_rollout_percentage{feature="rust_opa"}'] == 100
        comparison = gateway.admin("GET", "/metrics/comparison")
        assert (comparison["rust_opa"]["count"], comparison["python_opa"]["count"]) == (80, 80)
        assert gateway.admin("GET", "/shadow")["compared"] > 0
        gateway.admin("POST", "/rollout/rollback-all")
        time.sleep(1)
        assert {OPA} == answers(gateway, 40)


# --- What install did, and that uninstall leaves nothing


FOLLOW = """
import json, pathlib, sys, threading
import uvicorn
file, imported, level = sys.argv[1:]
if imported == "before":
    import sark.api.main, sark.main, gateway_fixes
from prometheus_client import REGISTRY

def gateway():
    return {name: module for name, module in sys.modules.items() if name == "sark" or name.startswith("sark.")}

before = {name: dict(vars(module)) for name, module in gateway().items()}
finders, collectors = list(sys.meta_path), set(REGISTRY._collector_to_names)
if imported == "before":
    from sark.api.main import app
    routes, lifespan = list(app.router.routes), app.router.lifespan_context

source = pathlib.Path(f"{file}.py").read_text()
exec(compile(source.replace('install("B"', f'install("{level}"'), file, "exec"), {"__name__": file})
from sark_policy.sark import installation, uninstall
done = installation._installed
replaced = sorted({str(each) for each in done.replaced})

from sark.api.main import app
from migration import Gateway
from sark_policy.sark.flags import get_feature_flag_manager

def ask():
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        thread.join(0.01)
    asked = Gateway(f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}")
    answer = [asked.authorize("u-1")["reason"], asked.evaluate("u-1")["reason"]]
    asked.client.close()
    server.should_exit = True
    thread.join()
    return answer

if level != "A":
    get_feature_flag_manager().set_rollout_pct("rust_opa", 100)
ours = ask()
uninstall()
uninstall()
left = [
    f"{name}.{key}"
    for name, module in gateway().items()
    for key, value in vars(module).items()
    if str(getattr(value, "__module__", "")).startswith("sark_policy") or "sark_policy" in repr(value)
]
if imported == "before":
    for name, names in before.items():
        now = vars(sys.modules[name])
        for key in (names.keys() | now.keys()) - {"_cache", "_manager"}:  # what they have made is theirs
            left += [f"{name}.{key}"] if now.get(key) is not names.get(key) else []
    assert routes == app.router.routes, "the application has its routes"
    assert lifespan is app.router.lifespan_context, "and its own lifespan"
assert finders == sys.meta_path and "sark.sark_rust" not in sys.modules
assert collectors == set(REGISTRY._collector_to_names), "the registry is as it was"
theirs = ask()
print(json.dumps({"replaced": replaced, "missing": done.missing, "ours": ours, "left": left, "theirs": theirs}))
"""

P = "sark.services.policy"
EXTENSION = ["sark._rust.RUST_AVAILABLE", "sark._rust.RustCache", "sark._rust.RustOPAEngine"]
CLIENTS = [
    f"{P}.{name}"
    for name in (
        "CacheCleanupTask",
        "OPAClient",
        "PolicyCache",
        "RustOPAClient",
        "RustPolicyCache",
        "factory.create_opa_client",
        "factory.create_policy_cache",
        "factory.create_policy_clients",
        "get_cleanup_task",
        "get_policy_cache",
        "get_rust_policy_cache",
        "is_rust_cache_available",
        "opa_client.AuthorizationDecision",
        "opa_client.AuthorizationInput",
        "rust_opa_client.AuthorizationDecision",
        "start_cache_cleanup",
        "stop_cache_cleanup",
    )
] + ["sark.services.feature_flags.FeatureFlagManager", "sark.services.feature_flags.get_feature_flag_manager"]
WHOLE = [f"{P}.opa.evaluate_policy"]


@pytest.mark.parametrize("imported", ["before", "after"])
@pytest.mark.parametrize(
    ("name", "expected", "reasons"),
    [
        ("A", EXTENSION, ["Policy evaluation completed", f"{OPA}: tool:invoke for u-1"]),
        (
            "B",
            [*EXTENSION, *CLIENTS],
            [f"{ENGINE}: gateway:tool:invoke for u-1", f"{ENGINE}: tool:invoke for u-1"],
        ),
        (
            "C",
            [*EXTENSION, *CLIENTS, *WHOLE],
            [f"{ENGINE}: gateway:tool:invoke for u-1", f"{ENGINE}: tool:invoke for u-1"],
        ),
    ],
    ids=["A", "B", "C"],
)
def test_install_says_what_it_replaced_and_uninstall_leaves_nothing(
    site: Site, name: str, expected: list[str], reasons: list[str], imported: str
) -> None:
    """In a process of its own, with the gateway imported before and after; every object is the one that it was."""
    file = "asgi_first" if name != "A" and imported == "after" else "asgi"
    given = site.prepare("A" if name == "A" else "B", f"{file}.py")
    done = subprocess.run(
        [sys.executable, "-W", "error::ResourceWarning", "-c", FOLLOW, file, imported, name],
        env=environment(given | {"OPA_POLICY_PATH": "/v1/data/mcp/gateway"}, site.folder),
        cwd=site.folder,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told: Mapping[str, Any] = json.loads(done.stdout.splitlines()[-1])
    assert [each for each in expected if each not in told["replaced"]] == []
    assert told["missing"] == []
    assert reasons == told["ours"]
    assert told["left"] == []
    assert [f"{OPA}: gateway:tool:invoke for u-1", f"{OPA}: tool:invoke for u-1"] == told["theirs"]


# --- How an entry point is read


@pytest.mark.anyio
@pytest.mark.usefixtures("afresh")
async def test_the_example_of_how_an_entry_point_is_read(opa: Callable[[Path], Opa], tmp_path: Path) -> None:
    """Two reasons conflict: OPA fails the package, and either of our paths allows without a reason."""
    (policy,) = re.findall(r"```rego\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL)
    folder = tmp_path / "policies"
    folder.mkdir()
    (folder / "gateway.rego").write_text(policy)
    server = opa(folder)
    document = {"user": {"roles": ["analyst", "auditor"]}}
    whole = httpx.post(f"{server.url}/v1/data/mcp/gateway", json={"input": document}, trust_env=False)
    assert 500 == whole.status_code
    settings = SarkSettings(bundle=folder, deadline=LONG)
    for client in (RustOPAClient(folder, settings=settings), HttpOPAClient(server.url, LONG, settings=settings)):
        decision = await client.decide("/v1/data/mcp/gateway/allow", document)
        assert (True, "Policy evaluation completed") == (decision.allow, decision.reason)
        assert 0 == await client.get_cache_size()
        await client.close()


# --- Helpers


def command(name: str) -> str:
    """Return how a level starts the gateway."""
    (found,) = commands(level(name))
    return found


def pair(answer: Mapping[str, Any]) -> tuple[bool, str]:
    """Return the decision and its reason."""
    return answer["allow"], answer["reason"]


def answers(gateway: Gateway, count: int) -> set[str]:
    """Return who has decided, of many requests by connections of their own: each worker has some of them."""
    found = set()
    for n in range(count):
        with Gateway(str(gateway.client.base_url)).client as client:
            body = {"action": "gateway:tool:invoke", "parameters": {"n": n}, "context": {"at": time.time()}}
            answer = client.post("/api/v1/gateway/authorize", headers=migration.token(f"u-{n}"), json=body).json()
            assert answer["allow"]
            found.add(answer["reason"].split(":")[0])
    return found


def alive(gateway: Gateway, count: int) -> None:
    """Wait until so many workers say that they are there."""
    until = time.monotonic() + 60
    while len(gateway.admin("GET", "/workers")["workers"]) < count:
        assert time.monotonic() < until
        time.sleep(0.1)
