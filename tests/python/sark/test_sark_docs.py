"""What docs/migration.md and docs/operations.md name is there: settings, metrics, events, routes, files."""

import re
from pathlib import Path

import pytest
from fastapi import FastAPI

from sark_policy.sark.admin import admin_router
from sark_policy.sark.metrics.families import FAMILIES
from sark_policy.sark.metrics.tallies import DIFFERENCES, FAILURES, SIDES
from sark_policy.sark.runtime import Runtime
from sark_policy.sark.settings import SarkSettings

ROOT = Path(__file__).parents[3]
SOURCES = ROOT / "python-host/src/sark_policy"
PAGES = [ROOT / "docs" / name for name in ("migration.md", "operations.md")]
OTHERS = {"PROMETHEUS_MULTIPROC_DIR", "XDG_CACHE_HOME", "RUST_ENABLED", "OPA_URL"}


@pytest.fixture(params=PAGES, ids=lambda page: page.name)
def page(request: pytest.FixtureRequest) -> str:
    """Each page in turn."""
    text: str = request.param.read_text("utf-8")
    return text


def code(text: str) -> set[str]:
    """Return what a page has in backticks."""
    return set(re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL)))


def test_settings_are_there(page: str) -> None:
    """Every variable that a page names is read."""
    known = {f"SARK_POLICY_{name.upper()}" for name in SarkSettings.model_fields}
    aliases = {alias for field in SarkSettings.model_fields.values() for alias in _aliases(field.validation_alias)}
    named = set(re.findall(r"\b(?:SARK_POLICY|OPA|RUST|PROMETHEUS)_[A-Z_]+\b", page))
    assert set() == named - known - aliases - OTHERS


def _aliases(alias: object) -> list[str]:
    return [str(choice) for choice in getattr(alias, "choices", [])]


def test_metrics_are_exposed(page: str) -> None:
    """Every metric that a page names is shown, and the labels' values exist."""
    known = {family.name for family in FAMILIES}
    prefixes = ("sark_policy_", "opa_evaluation", "cache_operation", "feature_flag_", "implementation_", "sark_redis_")
    events = _events()
    named = {re.split(r"[{ ]", each)[0] for each in code(page) if each.startswith(prefixes)}
    assert set() == {each for each in named if ":" not in each and "." not in each} - known - events
    causes = {f"{path}_{failure}" for path in ("opa", "engine") for failure in FAILURES}
    assert {each for each in code(page) if re.fullmatch(r"(engine|opa)_(?!evaluation_)[a-z]+", each)} <= causes
    assert {"allowed_denied", "denied_allowed", "filtered_parameters"} <= set(DIFFERENCES)
    assert ("rust", "python") == SIDES


def _events() -> set[str]:
    sources = "\n".join(file.read_text("utf-8") for file in SOURCES.rglob("*.py"))
    return set(re.findall(r'\b_?log(?:\.\w+)?\(\s*"(\w+)"', sources))


def test_events_are_logged() -> None:
    """Every event that operations.md names is one."""
    text = PAGES[1].read_text("utf-8")
    named = set(re.findall(r"`((?:policy|circuit|flag|rust|sark_policy|cache|bundle)_[a-z_]+)`", text))
    metrics = {family.name for family in FAMILIES}
    features = {"rust_opa", "rust_cache", "sark_policy"}
    gone = named - _events() - metrics - features
    assert set() == gone


def test_routes_are_served(page: str, tmp_path: Path) -> None:
    """Every route of the admin API that a page names is one."""
    app = FastAPI()
    app.include_router(admin_router(Runtime(SarkSettings(bundle=tmp_path))))
    served = {path.rstrip("/") for path in app.openapi()["paths"]} | {"/admin"}
    named = {found.rstrip("/") for found in re.findall(r"(/admin[a-z/-]*)", page)}
    assert set() == named - served - {"/admin/…"}


def test_links_lead_somewhere(page: str) -> None:
    """Every file and every heading that a page links to is there."""
    headings = {
        re.sub(r"[^a-z0-9 -]", "", title.lower()).replace(" ", "-")
        for title in re.findall(r"^#+ (.*)$", page, re.MULTILINE)
    }
    for target in re.findall(r"\]\(([^)]+)\)", page):
        file, _, heading = target.partition("#")
        assert not file or (ROOT / "docs" / file).exists(), target
        assert file or heading in headings, target
