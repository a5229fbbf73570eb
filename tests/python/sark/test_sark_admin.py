"""The admin API over real HTTP: a runtime of real parts, served by uvicorn, changed by httpx."""

import asyncio
import json
import re
import shutil
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request, Response

from real_browser import real_browser
from real_gateway import served
from real_opa import EXAMPLE, Opa
from real_redis import RealRedis
from sark_policy.sark import metrics
from sark_policy.sark.admin import admin_router
from sark_policy.sark.engine.engine import Engine
from sark_policy.sark.flags.state import MOST_USERS
from sark_policy.sark.runtime import Runtime
from sark_policy.sark.settings import SarkSettings

SETTINGS: dict[str, Any] = {"deadline": 10.0, "bundle": EXAMPLE / "r1", "watch": False, "opa_url": "http://127.0.0.1:9"}

ADMIN = {"Authorization": "Bearer ada"}
USERS: dict[str, Any] = {
    "ada": {"user_id": "u-3", "email": "ada@acme.test", "role": "admin"},
    "kim": {"user_id": "u-1", "email": "kim@acme.test", "role": "developer", "roles": ["developer"]},
    "lee": {"user_id": "u-2", "role": "developer", "is_admin": "yes"},
    "ops": {"user_id": "u-4", "roles": ["viewer", "admin"]},
    "out": {"user_id": "u-3", "role": "admin", "is_authenticated": False},
}


@dataclass
class Served:
    """A runtime behind the admin API, and who asks it."""

    runtime: Runtime
    app: FastAPI
    client: httpx.Client

    def get(self, address: str, **options: Any) -> Any:
        """Return what an admin is told."""
        response = self.client.get(f"/admin{address}", headers=ADMIN, **options)
        assert (200, "no-store") == (response.status_code, response.headers["Cache-Control"]), response.text
        return response.json()

    def post(self, address: str, body: Any = None, status: int = 200, method: str = "POST") -> Any:
        """Return what an admin who changes something is told."""
        response = self.client.request(method, f"/admin{address}", json=body, headers=ADMIN)
        assert status == response.status_code, response.text
        return response.json()

    def becomes(self, address: str, true: Callable[[Any], bool]) -> Any:
        """Wait until what an admin is told is so."""
        until = time.monotonic() + 20
        while not true(said := self.get(address)):
            assert time.monotonic() < until, said
            time.sleep(0.02)
        return said


def application(runtime: Runtime) -> FastAPI:
    """Return an application like the gateway: its middleware says who asks, by a token or by a session."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> Any:
        app.state.loop = asyncio.get_running_loop()
        await runtime.start()
        yield
        await runtime.stop()

    app = FastAPI(lifespan=lifespan)

    @app.middleware("http")
    async def who(request: Request, call_next: Any) -> Response:
        name = request.headers.get("Authorization", "").removeprefix("Bearer ") or request.cookies.get("session", "")
        request.state.user = USERS.get(name)
        response: Response = await call_next(request)
        return response

    app.include_router(admin_router(runtime))
    return app


Serve = Callable[..., Served]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Serve runtimes with these settings, and end them afterwards."""
    with ExitStack() as stack:

        def serve(**settings: Any) -> Served:
            runtime = Runtime(SarkSettings(**{**SETTINGS, **settings}))
            app = application(runtime)
            url = stack.enter_context(served(app))
            return Served(runtime, app, stack.enter_context(httpx.Client(base_url=url, timeout=30)))

        yield serve
    Engine.shutdown()


# --- Who may


@pytest.mark.parametrize(("name", "expected"), [("ada", 200), ("ops", 200), ("kim", 403), ("lee", 403), ("out", 401)])
def test_admins_only(serve: Serve, name: str, expected: int) -> None:
    """An admin is who has the role; whatever looks like it is none."""
    client = serve().client
    headers = {"Authorization": f"Bearer {name}"}
    for address in ("rollout/status", "overview", "audit", "shadow/differences", "workers"):
        assert expected == client.get(f"/admin/{address}", headers=headers).status_code
    change = {"feature": "rust_opa", "percentage": 1}
    assert expected == client.post("/admin/rollout/set", json=change, headers=headers).status_code


def test_nobody_is_told_or_may_change_anything_without_a_user(serve: Serve) -> None:
    """Every route but the page answers 401, whatever it is sent."""
    app = serve()
    routes = app.client.get("/openapi.json").json()["paths"]
    asked = [(method, path) for path, methods in routes.items() for method in methods if path.startswith("/admin")]
    assert len(asked) > 15
    for method, path in asked:
        response = app.client.request(method, path, json={})
        assert (401, "Bearer") == (response.status_code, response.headers.get("WWW-Authenticate")), path


@pytest.mark.parametrize(
    ("headers", "cookies", "expected"),
    [
        ({}, {"session": "ada"}, 403),
        ({"X-CSRF-Token": "t"}, {"session": "ada"}, 403),
        ({"X-CSRF-Token": "t"}, {"session": "ada", "csrf_token": "other"}, 403),
        ({"X-CSRF-Token": ""}, {"session": "ada", "csrf_token": ""}, 403),
        ({"X-CSRF-Token": "t"}, {"session": "ada", "csrf_token": "t"}, 200),
        ({"Authorization": "Basic YWRhOmFkYQ=="}, {"session": "ada"}, 401),
        ({"Authorization": "Bearer ada"}, {}, 200),
    ],
)
def test_another_site_can_change_nothing(
    serve: Serve, headers: dict[str, str], cookies: dict[str, str], expected: int
) -> None:
    """A browser sends cookies by itself, and neither a bearer token nor our header."""
    app = serve()
    app.client.cookies.update(cookies)
    change = {"feature": "rust_opa", "percentage": 25}
    assert expected == app.client.post("/admin/rollout/set", json=change, headers=headers).status_code
    assert (25 if expected == 200 else 0) == app.runtime.flags.get_rollout_pct("rust_opa")


def test_a_session_may_look_without_a_token(serve: Serve) -> None:
    """Looking changes nothing."""
    app = serve()
    app.client.cookies.set("session", "ada")
    assert 200 == app.client.get("/admin/rollout/status").status_code


def test_an_application_may_say_itself_who_is_an_admin() -> None:
    """`require_admin` and `authenticate` are dependencies of the application's own."""
    runtime = Runtime(SarkSettings(**SETTINGS))

    def authenticate(request: Request) -> None:
        request.state.user = "root" if request.headers.get("Authorization") == "Bearer s" else None

    def require(request: Request) -> str:
        return str(request.state.user)

    app = FastAPI()
    app.include_router(admin_router(runtime, require, authenticate=authenticate))
    with served(app) as url:
        change = {"feature": "rust_opa", "percentage": 1}
        httpx.post(f"{url}/admin/rollout/set", json=change, headers={"Authorization": "Bearer s"}).raise_for_status()
        assert 200 == httpx.get(f"{url}/admin/").status_code
    assert "root" == runtime.audit.events()[0].by


# --- Rollout


def test_a_rollout_is_set_by_the_gateways_own_bodies(serve: Serve) -> None:
    """Same route, same body, same answer."""
    app = serve()
    assert {"rust_opa": 0, "rust_cache": 0} == app.get("/rollout/status")
    answer = app.post("/rollout/set", {"feature": "rust_opa", "percentage": 25})
    assert ({"feature", "percentage", "message"}, "rust_opa", 25) == (
        set(answer),
        answer["feature"],
        answer["percentage"],
    )
    assert {"rust_opa": 25, "rust_cache": 0} == app.get("/rollout/status")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"feature": "rust", "percentage": 5}, 400),
        ({"feature": "rust_opa", "percentage": 101}, 422),
        ({"feature": "rust_opa", "percentage": -1}, 422),
        ({"feature": "rust_opa", "percentage": "many"}, 422),
        ({"feature": "rust_opa"}, 422),
        ([], 422),
    ],
)
def test_a_rollout_that_makes_no_sense_is_refused(serve: Serve, body: Any, status: int) -> None:
    """400 for an unknown feature, 422 for what is no percentage; nothing changes."""
    app = serve()
    app.post("/rollout/set", body, status)
    assert {"rust_opa": 0, "rust_cache": 0} == app.get("/rollout/status")


def test_a_rollback_answers_what_was_before(serve: Serve) -> None:
    """One feature goes back, the other stays; an unknown one is 400."""
    app = serve(rollout={"rust_opa": 50, "rust_cache": 40})
    answer = app.post("/rollout/rollback?feature=rust_opa")
    message = answer.pop("message")
    expected = {"feature": "rust_opa", "previous_percentage": 50, "new_percentage": 0, "rolled_back": True}
    assert (expected, "rust_opa rolled back to 0%") == (answer, message)
    assert {"rust_opa": 0, "rust_cache": 40} == app.get("/rollout/status")
    app.post("/rollout/rollback?feature=rust", status=400)


def test_a_rollback_of_all_answers_what_was_before(serve: Serve) -> None:
    """Every feature goes back."""
    app = serve(rollout={"rust_opa": 50, "rust_cache": 40})
    answer = app.post("/rollout/rollback-all")
    assert {
        "rolled_back": True,
        "previous_rollouts": {"rust_opa": 50, "rust_cache": 40},
        "new_rollouts": {"rust_opa": 0, "rust_cache": 0},
        "message": "All features rolled back to 0%",
    } == answer


def test_an_allow_list_is_set_as_a_whole(serve: Serve) -> None:
    """The list that is sent is the list."""
    app = serve()
    app.post("/rollout/users", {"feature": "rust_opa", "users": ["bo", "alice", "bo"]}, method="PUT")
    answer = app.post("/rollout/users", {"feature": "rust_opa", "users": ["alice"]}, method="PUT")
    assert {"feature": "rust_opa", "users": ["alice"], "previous_users": ["alice", "bo"]} == answer
    assert {"rust_opa": ["alice"], "rust_cache": []} == app.get("/rollout/users")
    app.post("/rollout/users", {"feature": "rust", "users": []}, 400, "PUT")
    app.post("/rollout/users", {"feature": "rust_opa", "users": ["u"] * (MOST_USERS + 1)}, 422, "PUT")


def test_a_user_can_be_looked_up(serve: Serve) -> None:
    """Which side, and why."""
    app = serve(rollout={"rust_opa": 15})
    side = app.get("/rollout/user", params={"user_id": "unknown"})
    expected = {"in_process": True, "bucket": 14, "percentage": 15, "listed": False, "killed": False}
    assert ("unknown", expected, False) == (side["user_id"], side["rust_opa"], side["rust_cache"]["in_process"])


def test_the_kill_switch_is_turned_on_and_off(serve: Serve) -> None:
    """On, nobody is decided in-process; off, the rollout counts again."""
    app = serve(rollout={"rust_opa": 100})
    assert (False, True) == (app.get("/kill-switch")["enabled"], app.runtime.flags.should_use_rust("rust_opa", "a"))
    assert False is app.post("/kill-switch", {"enabled": True})["previous"]
    assert (True, False) == (app.get("/kill-switch")["enabled"], app.runtime.flags.should_use_rust("rust_opa", "a"))
    assert True is app.post("/kill-switch", {"enabled": False})["previous"]
    assert {"rust_opa": 100, "rust_cache": 0} == app.get("/rollout/status")


# --- Bundles


@pytest.fixture
def bundles(tmp_path: Path) -> Path:
    """A folder with two bundles, and something outside of it."""
    for name in ("r1", "r2"):
        shutil.copytree(EXAMPLE / name, tmp_path / "bundles" / name)
    shutil.copytree(EXAMPLE / "r2", tmp_path / "secret")
    (tmp_path / "bundles/broken").mkdir()
    (tmp_path / "bundles/broken/p.rego").write_text("package p\nallow if {")
    (tmp_path / "bundles/out").symlink_to(tmp_path / "secret")
    (tmp_path / "bundles/.hidden").mkdir()
    return tmp_path / "bundles"


def test_a_bundle_is_activated_and_rolled_back(serve: Serve, bundles: Path) -> None:
    """By its name in the folder; the answer says what decides now and what did before."""
    app = serve(bundles=bundles)
    listed = app.get("/generations")
    first = listed["generations"][0]["revision"]
    assert ([str(EXAMPLE / "r1"), "broken", "out", "r1", "r2"], "current", None) == (
        listed["sources"],
        listed["generations"][0]["state"],
        listed["order"],
    )
    activated = app.post("/generations/activate", {"source": "r2"})
    assert first == activated["previous_revision"]
    assert first != activated["revision"] == app.runtime.engine.revision
    after = app.get("/generations")
    assert ["current", "previous"] == [each["state"] for each in after["generations"]]
    assert ("u-3 <ada@acme.test>", activated["revision"], str(bundles / "r2")) == (
        after["generations"][0]["by"],
        after["order"]["revision"],
        after["order"]["source"],
    )
    back = app.post("/generations/rollback")
    assert (first, activated["revision"], True) == (back["revision"], back["previous_revision"], back["rolled_back"])
    assert first == app.runtime.engine.revision


@pytest.mark.parametrize("source", ["../secret", "out", ".", "..", "r3", "", "/etc", "/etc/passwd", "r1/../../secret"])
def test_no_file_outside_is_ever_read(serve: Serve, bundles: Path, source: str) -> None:
    """No name leads out of the folder: not upwards, not by a link, not by a whole path."""
    app = serve(bundles=bundles)
    app.post("/generations/activate", {"source": source}, 400 if source else 422)
    app.post("/generations/activate", {"source": str(bundles.parent / "secret")}, 400)
    assert 1 == len(app.get("/generations")["generations"])


def test_without_a_folder_only_the_settings_bundle_can_be_activated(serve: Serve, bundles: Path) -> None:
    """By its path, as it is on disk now."""
    app = serve(bundle=bundles / "r1")
    app.post("/generations/activate", {"source": str(bundles / "r2")}, 400)
    assert 2 == app.post("/generations/activate", {"source": str(bundles / "r1")})["generation"]


def test_a_bundle_that_is_not_sound_changes_nothing(serve: Serve, bundles: Path) -> None:
    """422 with what is wrong where; what was current decides on."""
    app = serve(bundles=bundles)
    before = app.get("/generations")["generations"]
    refused = app.post("/generations/activate", {"source": "broken"}, 422)
    assert "p.rego" in refused["detail"]
    assert before == app.get("/generations")["generations"]


def test_there_may_be_nothing_to_go_back_to(serve: Serve) -> None:
    """409."""
    assert "no earlier generation" in serve().post("/generations/rollback", status=409)["detail"]


# --- Shadow, cache, comparison, audit


def decide(app: Served, count: int, user: str = "u") -> None:
    """Ask the runtime as the gateway does."""
    lines = (EXAMPLE / "inputs.jsonl").read_text("utf-8").splitlines()
    inputs = [json.loads(line)["input"] for line in lines[:: len(lines) // count][:count]]

    async def ask() -> None:
        client = app.runtime.client()
        for each in inputs:
            await client.decide("mcp/gateway/result", each, user_id=user)
        await app.runtime.shadow.drain()

    run(app, ask)


def run(app: Served, work: Callable[[], Any]) -> None:
    """Run a coroutine on the loop that serves the application."""
    asyncio.run_coroutine_threadsafe(work(), app.app.state.loop).result(60)


def test_the_shadow_is_set_and_what_it_finds_is_shown(serve: Serve, opa: Callable[..., Opa]) -> None:
    """OPA decides by another bundle, and the differences say so, without inputs unless asked for."""
    app = serve(opa_url=opa(EXAMPLE / "r2").url, rollout={"rust_opa": 100})
    assert {"share": 0, "inputs": False, "compared": 0, "dropped": 0, "differences": {}} == app.get("/shadow")
    assert 1 == app.post("/shadow", {"share": 1.0})["share"]
    decide(app, 200)
    found = app.get("/shadow")
    differences = app.get("/shadow/differences?limit=5")["differences"]
    assert found["compared"] + found["dropped"] == 200
    assert sum(found["differences"].values()) >= len(differences) > 0
    assert {None} == {each["input"] for each in differences}
    assert differences[0]["at"] >= differences[-1]["at"]
    assert True is app.post("/shadow", {"inputs": True})["inputs"]
    decide(app, 300)
    assert app.get("/shadow/differences?limit=1")["differences"][0]["input"]["user"]


@pytest.mark.parametrize("body", [{"share": 1.5}, {"share": -1}, {"share": "all"}, {"shares": 1}])
def test_a_share_is_from_0_to_1(serve: Serve, body: Any) -> None:
    """Whatever else is refused."""
    app = serve()
    app.post("/shadow", body, 422)
    assert 0 == app.get("/shadow")["share"]


def test_the_figures_of_the_cache_are_shown_and_it_can_be_emptied(serve: Serve) -> None:
    """What it holds, what it may hold, and how often it had the answer."""
    app = serve(rollout={"rust_opa": 100, "rust_cache": 100})
    app.post("/cache/clear")
    decide(app, 20)
    shown = app.get("/cache/stats")
    assert shown["entries"] > 0
    assert {"entries", "bytes", "hits", "misses", "evictions", "hit_rate", "limits", "worker"} <= set(shown)
    assert shown["entries"] == app.post("/cache/clear")["cleared"]
    assert 0 == app.get("/cache/stats")["entries"]


def test_flaw_14_the_comparison_has_real_figures(serve: Serve, opa: Callable[..., Opa]) -> None:
    """Count, error rate and quantiles for each implementation, and a recommendation with its grounds."""
    app = serve(opa_url=opa(EXAMPLE / "r1").url, rollout={"rust_opa": 100})
    before = app.get("/metrics/comparison")
    decide(app, 50)
    app.post("/rollout/set", {"feature": "rust_opa", "percentage": 0})
    decide(app, 50, "another")
    after = app.get("/metrics/comparison")
    for name in ("rust_opa", "python_opa"):
        assert after[name]["count"] > before[name]["count"]
        assert 0 < after[name]["p50"] <= after[name]["p95"] <= after[name]["p99"]
        assert 0 <= after[name]["error_rate"] <= 1
    assert {"rust_cache", "python_cache"} < set(after)
    assert (after["recommendation"], True) == (
        f"{after['recommendation'].split(':')[0]}: {'; '.join(after['grounds'])}",
        bool(after["grounds"]),
    )


def test_every_change_is_in_the_audit_trail(serve: Serve, bundles: Path) -> None:
    """Who, when, what, from what, to what; what was refused is no change."""
    app = serve(bundles=bundles)
    app.post("/rollout/set", {"feature": "rust_opa", "percentage": 25})
    app.post("/rollout/set", {"feature": "rust", "percentage": 25}, 400)
    app.post("/rollout/users", {"feature": "rust_opa", "users": ["alice"]}, method="PUT")
    app.post("/rollout/rollback?feature=rust_opa")
    app.post("/rollout/rollback-all")
    app.post("/kill-switch", {"enabled": True})
    app.post("/shadow", {"share": 0.5})
    revision = app.post("/generations/activate", {"source": "r2"})["revision"]
    app.post("/generations/rollback")
    events = app.get("/audit")["events"]
    assert {"u-3 <ada@acme.test>"} == {event["by"] for event in events}
    assert [
        ("bundle_rolled_back", "bundle"),
        ("bundle_activated", str(bundles / "r2")),
        ("shadow_changed", "shadow"),
        ("kill_switch_changed", "kill_switch"),
        ("ALL_FEATURES_ROLLED_BACK", "all"),
        ("ROLLBACK_EXECUTED", "rust_opa"),
        ("rollout_users_changed", "rust_opa"),
        ("rollout_percentage_changed", "rust_opa"),
    ] == [(event["change"], event["what"]) for event in events]
    assert ({"percentage": 25, "users": ["alice"]}, {"percentage": 0, "users": []}, revision) == (
        events[5]["before"],
        events[5]["after"],
        events[1]["after"],
    )
    assert 2 == len(app.get("/audit?limit=2")["events"])


# --- Several workers, one Redis


def test_what_is_ordered_in_one_worker_is_followed_in_the_other(
    serve: Serve, bundles: Path, redis_server: RealRedis
) -> None:
    """Rollout, shadow, bundle, and the way back; each is seen from both sides, and so is who did it."""
    # An engine is one per bundle and process, so the second worker's is at a path of its own.
    one = serve(bundle=bundles / "r1", bundles=bundles, flags_url=redis_server.url)
    shutil.copytree(bundles / "r1", bundles.parent / "r1")
    two = serve(bundle=bundles.parent / "r1", bundles=bundles, flags_url=redis_server.url)
    first = two.runtime.engine.revision
    one.post("/rollout/set", {"feature": "rust_opa", "percentage": 25})
    one.post("/shadow", {"share": 0.25, "inputs": True})
    revision = one.post("/generations/activate", {"source": "r2"})["revision"]
    two.becomes("/rollout/status", lambda said: said["rust_opa"] == 25)
    two.becomes("/shadow", lambda said: (said["share"], said["inputs"]) == (0.25, True))
    two.becomes("/generations", lambda said: said["generations"][0]["revision"] == revision)
    assert first == two.post("/generations/rollback")["revision"]
    one.becomes("/overview", lambda said: {each["revision"] for each in said["workers"]} == {first})
    assert one.get("/audit")["events"] == two.get("/audit")["events"] != []
    assert ["current"] == [
        each["state"] for each in one.get("/generations")["generations"] if each["revision"] == first
    ]


def test_a_worker_that_starts_later_follows_the_order_that_stands(
    serve: Serve, bundles: Path, redis_server: RealRedis
) -> None:
    """It decides by the same bundle as the others from its first request on."""
    one = serve(bundle=bundles / "r1", bundles=bundles, flags_url=redis_server.url)
    revision = one.post("/generations/activate", {"source": "r2"})["revision"]
    shutil.copytree(bundles / "r1", bundles.parent / "r1")
    two = serve(bundle=bundles.parent / "r1", bundles=bundles, flags_url=redis_server.url)
    assert revision == two.runtime.engine.revision


def test_a_bundle_that_changes_on_disk_is_newer_than_an_order(
    serve: Serve, bundles: Path, redis_server: RealRedis
) -> None:
    """Publishing and activating are both an operator's will: the last one counts, also for who starts later."""
    shutil.copytree(bundles / "r1", bundles.parent / "live")
    one = serve(bundle=bundles.parent / "live", bundles=bundles, flags_url=redis_server.url, watch=True)
    one.post("/generations/activate", {"source": "r2"})
    manifest = bundles.parent / "live/.manifest"
    manifest.write_text(json.dumps({**json.loads(manifest.read_text()), "revision": "published"}))
    one.becomes("/generations", lambda said: said["generations"][0]["revision"] == "published")
    one.becomes("/generations", lambda said: said["order"]["by"] == "watch")
    assert "published" == one.runtime.engine.revision


@pytest.mark.parametrize("order", ['{"source": "/etc", "revision": "x", "by": "m", "at": "2026-01-01T00:00:00+00:00"}'])
def test_an_order_from_the_store_reads_no_file_outside_either(
    serve: Serve, bundles: Path, redis_server: RealRedis, order: str
) -> None:
    """Who can write to Redis can choose among the bundles, and nothing else."""
    redis_server("SET", "feature_flag:bundle", order)
    app = serve(bundles=bundles, flags_url=redis_server.url)
    app.becomes("/overview", lambda said: said["generations"]["order"] is not None)
    assert 1 == len(app.get("/generations")["generations"])


def test_without_the_store_only_the_ways_back_are_open(serve: Serve, bundles: Path, redis_server: RealRedis) -> None:
    """503 and nothing changed for what the others could not follow; rollback, kill and going back work at once."""
    app = serve(bundles=bundles, flags_url=redis_server.url)
    first = app.runtime.engine.revision
    app.post("/rollout/set", {"feature": "rust_opa", "percentage": 50})
    app.post("/generations/activate", {"source": "r2"})
    redis_server.kill()
    assert "nothing was changed" in app.post("/rollout/set", {"feature": "rust_opa", "percentage": 60}, 503)["detail"]
    app.post("/rollout/users", {"feature": "rust_opa", "users": []}, 503, "PUT")
    app.post("/shadow", {"share": 1}, 503)
    app.post("/generations/activate", {"source": "r1"}, 503)
    app.post("/kill-switch", {"enabled": False}, 503)
    assert "this worker" in app.post("/rollout/rollback-all")["message"]
    assert "this worker" in app.post("/kill-switch", {"enabled": True})["message"]
    assert first == app.post("/generations/rollback")["revision"]
    overview = app.get("/overview")
    assert (False, 3, True) == tuple(overview["flags"][name] for name in ("connected", "pending", "killed"))
    assert "bundle_rolled_back" == overview["audit"][0]["change"]
    redis_server.start()
    app.becomes("/overview", lambda said: said["flags"]["connected"] and not said["flags"]["pending"])
    assert ("1", "0") == (redis_server("GET", "feature_flag:kill"), redis_server("GET", "feature_flag:rust_opa"))


def test_garbage_in_the_store_breaks_no_answer(serve: Serve, redis_server: RealRedis) -> None:
    """What is no report, no event and no difference is passed over."""
    for key in ("audit", "differences"):
        redis_server("RPUSH", f"feature_flag:{key}", "no JSON", "[]", "7")
    redis_server("HSET", "feature_flag:workers", "x", f"{int(time.time())} nonsense", "y", "", "z", "9 {}")
    app = serve(flags_url=redis_server.url)
    overview = app.get("/overview")
    assert ([], [], 1) == (overview["audit"], overview["differences"], len(overview["workers"]))


# --- The page


def test_the_page_holds_no_data_and_runs_nothing_but_its_own(serve: Serve) -> None:
    """Anybody may load it; its policy names its script and its style by digest, and nothing else."""
    app = serve(rollout={"rust_opa": 37})
    response = app.client.get("/admin/")
    assert (200, "text/html; charset=utf-8") == (response.status_code, response.headers["Content-Type"])
    policy = dict(each.split(" ", 1) for each in response.headers["Content-Security-Policy"].split("; "))
    for tag, directive in (("script", "script-src"), ("style", "style-src")):
        [inline] = re.findall(f"<{tag}>(.*?)</{tag}>", response.text, re.DOTALL)
        assert f"'sha256-{b64encode(sha256(inline.encode()).digest()).decode()}'" == policy[directive]
    assert ("'none'", "'self'", "'none'", "'none'", "'none'", "'script'") == tuple(
        policy[name]
        for name in (
            "default-src",
            "connect-src",
            "frame-ancestors",
            "base-uri",
            "form-action",
            "require-trusted-types-for",
        )
    )
    assert ("nosniff", "no-store", "no-referrer", "DENY") == tuple(
        response.headers[name]
        for name in ("X-Content-Type-Options", "Cache-Control", "Referrer-Policy", "X-Frame-Options")
    )


def test_the_page_builds_no_markup_from_text(serve: Serve) -> None:
    """Its script knows no way to make elements of strings, and keeps no token anywhere."""
    html = serve().client.get("/admin/").text
    for word in ("innerHTML", "outerHTML", "insertAdjacent", "document.write", "eval(", "Storage", "javascript:"):
        assert word not in html
    assert [] == re.findall(r"\son\w+=|\sstyle=|(?:src|href)=\"(?!data:)", html)


def test_the_page_is_found_without_its_slash(serve: Serve) -> None:
    """A person types `/admin`."""
    assert "/admin/" == httpx.URL(serve().client.get("/admin").headers["Location"]).path


def test_observing_goes_on_beside_the_admin_api(serve: Serve) -> None:
    """What the API sets is what the metrics say."""
    app = serve()
    app.post("/rollout/set", {"feature": "rust_opa", "percentage": 42})
    body, _ = metrics.exposition()
    assert re.search(rb'feature_flag_rollout_percentage\{feature="rust_opa"[^}]*\} 42', body)


HOSTILE = "</script><img src=x onerror=document.title='broken'>"


def test_a_person_signs_in_looks_and_turns_a_rollout(serve: Serve, opa: Callable[..., Opa]) -> None:
    """The page in a real browser: with a token, with what outsiders wrote on it, to the end of a change."""
    app = serve(opa_url=opa(EXAMPLE / "r2").url)
    app.post("/rollout/users", {"feature": "rust_opa", "users": [HOSTILE]}, method="PUT")
    app.post("/shadow", {"share": 1})
    decide(app, 100)
    with real_browser() as browser:
        browser.open(f"{app.client.base_url}/admin/")
        browser.becomes("!!document.getElementById('door') && !document.getElementById('door').hidden")
        sign_in = "document.getElementById('token').value = '{}'; document.getElementById('sign-in').requestSubmit()"
        browser(sign_in.format("kim"))
        assert "this is for admins" == browser.becomes("document.getElementById('door-problem').textContent")
        browser.complaints.clear()  # the answers 401 and 403, which it logs
        browser(sign_in.format("ada"))
        text = browser.becomes("!document.getElementById('room').hidden && document.body.innerText")
        assert HOSTILE in text
        assert "100 compared" in text
        assert [] == browser(
            "[...document.querySelectorAll('img, iframe, object, embed')].map((each) => each.outerHTML)"
        )
        step = "[...document.querySelectorAll('.feature button')].find((each) => each.textContent === '25 %').click()"
        browser(step)
        browser.becomes("document.getElementById('message').textContent.includes('set to 25%')")
        assert 25 == app.runtime.flags.get_rollout_pct("rust_opa")
        assert ["Set rust_opa to 25 % of the users, in every worker?"] == browser.asked
        browser("document.getElementById('kill').click()")
        browser.becomes("document.getElementById('rollout').innerText.includes('kill switch is on')")
        browser("document.getElementById('sign-out').click()")
        assert "" == browser("document.getElementById('rollout').innerText")
        assert ("Policy rollout", []) == (browser("document.title"), browser.complaints)


def test_what_the_shadow_found_can_be_forgotten(serve: Serve, opa: Callable[..., Opa], redis_server: RealRedis) -> None:
    """When its cause was seen to, it counts anew in every worker, and the recommendation goes by that."""
    server = opa(EXAMPLE / "r2")
    app = serve(opa_url=server.url, rollout={"rust_opa": 100}, flags_url=redis_server.url)
    app.post("/shadow", {"share": 1})
    decide(app, 200)
    assert "roll_back" == app.get("/metrics/comparison")["advice"]
    kinds = app.get("/shadow")["differences"]
    kind = next(iter(kinds))
    listed = app.get(f"/shadow/differences?limit=1000&kind={kind}")["differences"]
    assert {kind} == {each["kind"] for each in listed}
    assert sum(kinds.values()) == app.post("/shadow/clear")["cleared"]
    app.becomes("/shadow", lambda said: (said["compared"], said["differences"]) == (0, {}))
    assert [] == app.get("/shadow/differences")["differences"]
    # What else it goes by is counted by the whole process, other tests included.
    assert not [ground for ground in app.get("/metrics/comparison")["grounds"] if "shadow compared" in ground]
    decide(app, 300)
    assert app.get("/shadow/differences")["differences"]
