"""The files of `deploy/`: settings that exist, and containers that are set up soundly."""

import re
import shutil
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest
import yaml

from conftest import Opener
from deployed import CHART, DEPLOY, made, settings
from sark_policy import Watch
from sark_policy.gateway.settings import GatewaySettings
from sark_policy.sark.settings import SarkSettings

FILES = sorted(path for path in DEPLOY.rglob("*") if path.is_file() and not path.is_symlink())


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(DEPLOY)))
def test_every_setting_is_a_real_one(path: Path) -> None:
    """A name that nothing reads is a setting that does not take effect."""
    real = settings(SarkSettings, GatewaySettings) | {"SARK_POLICY_COMPONENT"}
    named = set(re.findall(r"\bSARK_(?:POLICY|GATEWAY)_[A-Z0-9_]*[A-Z0-9]\b", path.read_text()))
    assert set() == named - real


@pytest.mark.parametrize(
    "path",
    [path for path in FILES if path.suffix in (".yaml", ".json") and "templates" not in path.parts],
    ids=lambda path: str(path.relative_to(DEPLOY)),
)
def test_it_parses(path: Path) -> None:
    """YAML and JSON are well-formed."""
    assert yaml.safe_load(path.read_text())


def test_compose_sets_the_gateway_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """The variables of the compose file and the image are settings with sound values, and lead to each other."""
    compose = yaml.safe_load((DEPLOY / "compose" / "compose.yaml").read_text())
    environment = dict(compose["services"]["gateway"]["environment"])
    for name, value in environment.items():
        if value.startswith("${"):
            environment[name] = "x" * 64
    image = re.findall(r"(SARK_\w+)=(\S+)", (DEPLOY / "Dockerfile").read_text().rsplit("FROM", 1)[1])
    gateway, policy = made(monkeypatch, {**dict(image), **environment})
    mounts = [volume.rsplit(":", 2)[-2] for volume in compose["services"]["gateway"]["volumes"]]
    assert ["/policies", "/catalogue.json"] == mounts == [str(policy.bundle), str(gateway.catalogue)]
    assert ("0.0.0.0", 8080, 4) == (gateway.host, gateway.port, gateway.workers)
    assert "http://opa:8181" == policy.opa_url
    assert policy.flags_url is not None
    assert "redis://valkey:6379/0" == policy.flags_url.get_secret_value()
    for default in re.findall(r":-([^}]+)\}", " ".join(compose["services"]["gateway"]["volumes"])):
        assert (DEPLOY / "compose" / default).exists()


def test_containers_are_hardened() -> None:
    """None is root, none writes to its own file system, none gains privileges."""
    compose = yaml.safe_load((DEPLOY / "compose" / "compose.yaml").read_text())
    for name, service in compose["services"].items():
        assert (True, ["ALL"]) == (service["read_only"], service["cap_drop"]), name
        assert ["no-new-privileges:true"] == service["security_opt"], name
        published = [port.split(":")[0] for port in service.get("ports", [])]
        assert ["127.0.0.1"] * len(published) == published
    deployment = (CHART / "templates" / "deployment.yaml").read_text()
    assert deployment.count("image: ") == deployment.count('include "gateway.security"')
    assert "runAsUser: 1000" in deployment


def test_the_chart_ships_the_same_alerts_and_dashboard() -> None:
    """They are links, so that there is one copy."""
    for name, where in (("alerts.yaml", "prometheus"), ("sark-policy.json", "grafana")):
        link = CHART / "files" / name
        assert link.is_symlink()
        assert DEPLOY / where / name == link.resolve()


def test_the_image_is_built_of_what_is_there() -> None:
    """Everything that the Dockerfile copies exists, and is not ignored."""
    dockerfile = (DEPLOY / "Dockerfile").read_text()
    kept = re.findall(r"^!(\S+)$", (DEPLOY / "Dockerfile.dockerignore").read_text(), re.MULTILINE)
    copied = [
        source
        for line in re.findall(r"^COPY (?!--from)(.*)$", dockerfile, re.MULTILINE)
        for source in line.split()[:-1]
    ]
    assert set(kept) == set(copied)
    assert all((DEPLOY.parent / source).exists() for source in copied)


def test_a_config_map_is_a_bundle(opened: Opener, tmp_path: Path) -> None:
    """Kubernetes publishes a ConfigMap by exchanging a link; the bundle behind it goes live all the same."""

    def publish(revision: str) -> None:
        folder = tmp_path / f"..{revision}"
        folder.mkdir()
        (folder / "p.rego").write_text(f'package p\n\nv := "{revision}"\n')
        (folder / ".manifest").write_text(f'{{"revision": "{revision}"}}')
        (tmp_path / "..data_tmp").symlink_to(folder.name)
        (tmp_path / "..data_tmp").rename(tmp_path / "..data")

    publish("r1")
    for name in ("p.rego", ".manifest"):
        (tmp_path / name).symlink_to(f"..data/{name}")
    host = opened(tmp_path)
    told: SimpleQueue[Any] = SimpleQueue()
    watch: Watch = host.watch(tmp_path, told.put)
    try:
        assert "r1" == host.decide("p/v", {}).result
        publish("r2")
        shutil.rmtree(tmp_path / "..r1")
        assert "r2" == told.get(timeout=60).revision
        assert ("r2", "r2") == (host.decide("p/v", {}).result, host.decide("p/v", {}).revision)
    finally:
        watch.close()
