"""The container file and the Kubernetes manifests agree with the code and with each other; they are not run here."""

from __future__ import annotations

import importlib.util
import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from lulc_explorer.service.settings import read_settings

ROOT = Path(__file__).parents[2]
KUBERNETES = ROOT / "deploy" / "kubernetes"
IMAGE = (ROOT / "deploy" / "container" / "Containerfile").read_text()
VALUES = yaml.safe_load((KUBERNETES / "values.yaml").read_text())
PARTS = {part["kind"]: part for part in yaml.safe_load_all((KUBERNETES / "explorer.yaml").read_text())}
POD = PARTS["Deployment"]["spec"]["template"]["spec"]
(CONTAINER,) = POD["containers"]
ENVIRONMENT = {one["name"]: one["value"] for one in CONTAINER["env"]}
SECRETS = PARTS["Secret"]["stringData"]


def test_the_service_starts_with_the_variables_of_the_deployment() -> None:
    settings = read_settings(ENVIRONMENT | SECRETS | {"BOKEH_SECRET_KEY": 32 * "x"})
    assert CONTAINER["ports"] == [{"containerPort": settings.port}]
    assert PARTS["Service"]["spec"]["ports"] == [{"port": settings.port}]
    for probe in ("readinessProbe", "livenessProbe"):
        assert CONTAINER[probe]["httpGet"] == {"path": f"{settings.prefix}/liveness", "port": settings.port}


def test_hub_and_deployment_name_each_other() -> None:
    (name,) = VALUES["hub"]["services"]
    service = VALUES["hub"]["services"][name]
    assert service["url"] == f"http://{PARTS['Service']['metadata']['name']}:{CONTAINER['ports'][0]['containerPort']}"
    assert service["oauth_client_id"] == ENVIRONMENT["JUPYTERHUB_CLIENT_ID"]
    assert ENVIRONMENT["JUPYTERHUB_SERVICE_NAME"] == name
    assert ENVIRONMENT["JUPYTERHUB_SERVICE_PREFIX"] == f"/services/{name}/"
    (scope,) = json.loads(ENVIRONMENT["JUPYTERHUB_OAUTH_ACCESS_SCOPES"])
    assert scope in VALUES["hub"]["loadRoles"]["user"]["scopes"]
    labels = PARTS["Deployment"]["spec"]["template"]["metadata"]["labels"]
    assert PARTS["Service"]["spec"]["selector"].items() <= labels.items()


def test_every_variable_is_one_that_the_code_reads() -> None:
    pytest.importorskip("jupyterhub")
    login = Path(importlib.util.find_spec("jupyterhub.services.auth").origin).read_text()
    code = login + "".join(path.read_text() for path in (ROOT / "app").rglob("*.py"))
    image = re.findall(r"^ENV (\w+)=", IMAGE, re.MULTILINE)
    assert [name for name in [*ENVIRONMENT, *SECRETS, *image] if name not in code] == []


def test_the_image_has_what_both_start() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    (wanted,) = re.findall(r"'\.\[([a-z,]+)\]'", IMAGE)
    assert {"app", "hub"} <= set(wanted.split(",")) <= extras.keys()
    command = json.loads(re.search(r"^CMD (.+)$", IMAGE, re.MULTILINE)[1])
    assert command[:2] == ["python", "-m"]
    assert importlib.util.find_spec(command[2]) is not None
    for copied in re.findall(r"^COPY (.+) \S+$", IMAGE, re.MULTILINE):
        assert all((ROOT / name).exists() for name in copied.split())


def test_folders_and_users_of_the_image_are_those_of_the_pods() -> None:
    user, group = (re.search(rf"--{kind} (\d+)", IMAGE)[1] for kind in ("uid", "gid"))
    security: dict[str, Any] = POD["securityContext"]
    assert (security["runAsUser"], security["fsGroup"]) == (int(user), int(group))
    home = re.findall(r"^WORKDIR (\S+)$", IMAGE, re.MULTILINE)[-1]
    assert VALUES["singleuser"]["storage"]["homeMountPath"] == home
    cache = re.search(r"^ENV LULC_CACHE=(\S+)$", IMAGE, re.MULTILINE)[1]
    assert [mount["mountPath"] for mount in CONTAINER["volumeMounts"]] == [cache]
