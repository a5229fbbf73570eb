"""What `deploy/` holds: where it is, what it asks Prometheus, and which settings it names."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from pydantic_settings import BaseSettings

from sark_policy.gateway.settings import GatewaySettings
from sark_policy.sark.settings import SarkSettings

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"

CHART = DEPLOY / "helm" / "sark-policy-gateway"

DASHBOARD = json.loads((DEPLOY / "grafana" / "sark-policy.json").read_text())

ALERTS = yaml.safe_load((DEPLOY / "prometheus" / "alerts.yaml").read_text())


def panels() -> Iterator[tuple[str, str]]:
    """Yield each query of the dashboard, by its panel and letter."""
    for panel in DASHBOARD["panels"]:
        for target in panel.get("targets", []):
            yield f"{panel['title']}, {target['refId']}", target["expr"]


def marks() -> Iterator[tuple[str, str]]:
    """Yield the queries of what is marked on every panel; most of the time nothing is."""
    for annotation in DASHBOARD["annotations"]["list"]:
        yield annotation["name"], annotation["expr"]


def alerts() -> Iterator[tuple[str, str]]:
    """Yield each alert's expression."""
    for group in ALERTS["groups"]:
        for rule in group["rules"]:
            yield rule["alert"], rule["expr"]


def settings(*classes: type[BaseSettings]) -> set[str]:
    """Return the names in the environment that settings are read from."""
    names = set()
    for each in classes:
        prefix = each.model_config["env_prefix"]
        for field, info in each.model_fields.items():
            names.add(f"{prefix}{field.upper()}")
            alias = info.validation_alias
            names |= {str(choice) for choice in getattr(alias, "choices", ())}
    return names


def made(monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]) -> tuple[GatewaySettings, SarkSettings]:
    """Read the settings from an environment of nothing else."""
    for name in list(os.environ):
        if name in settings(SarkSettings, GatewaySettings):
            monkeypatch.delenv(name)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return GatewaySettings(), SarkSettings()
