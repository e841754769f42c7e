"""Files for those who install the demo agree with each other and with what they start."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from latentdemo.checkpoints.intake import LARGEST_ARCHIVE
from latentdemo.data.opening import LARGEST_BYTES
from tests.test_declarations import pinned

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"
IDLE = 30  # seconds of silence after which many proxies close a connection
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
SERVER = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))["server"]
SOURCES = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "latentdemo").rglob("*.py"))


def documents(path: Path) -> list[dict[str, Any]]:
    """What a YAML file holds."""
    return [each for each in yaml.safe_load_all(path.read_text(encoding="utf-8")) if each]


KUBERNETES = {path.stem: documents(path) for path in sorted((DEPLOY / "kubernetes").glob("*.yaml"))}
COMPOSE = documents(ROOT / "compose.yaml")[0]
SIGN_IN = documents(DEPLOY / "compose.sign-in.yaml")[0]


def test_an_image_holds_the_versions_that_everything_was_tested_with() -> None:
    pins, tested = pinned("deploy/requirements.txt"), pinned("requirements-dev.txt")
    assert pinned("requirements.txt").items() <= pins.items() <= tested.items()
    assert {"psycopg", "prometheus-client"} <= pins.keys()


def test_an_image_is_run_by_somebody_without_rights_and_says_whether_it_is_well() -> None:
    assert re.search(r"^USER \d+$", DOCKERFILE, re.MULTILINE)
    assert re.search(r"^HEALTHCHECK .*(\n.*)?/ready", DOCKERFILE, re.MULTILINE)


@pytest.mark.parametrize(
    "text", [DOCKERFILE, *(path.read_text() for path in [ROOT / "compose.yaml", *DEPLOY.rglob("*.yaml")])]
)
def test_settings_have_names_that_the_demo_reads(text: str) -> None:
    for name in re.findall(r"\bLATENTDEMO_\w+", text):
        assert f'"{name}"' in SOURCES, name


def test_settings_that_the_demo_reads_are_told() -> None:
    told = "".join((ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "docs/deployment.md"))
    for name in set(re.findall(r'"(LATENTDEMO_\w+)"', SOURCES)):
        assert name in told, name


def test_what_is_silent_is_not_closed() -> None:
    assert SERVER["websocketPingInterval"] < IDLE
    assert "enableXsrfProtection" not in SERVER
    assert "enableCORS" not in SERVER


def test_the_largest_upload_passes_everyone_on_its_way() -> None:
    largest = max(LARGEST_ARCHIVE, LARGEST_BYTES) // 2**20
    assert SERVER["maxUploadSize"] >= largest
    for path in [DEPLOY / "nginx.conf", *DEPLOY.glob("kubernetes/ingress*.yaml")]:
        sizes = re.findall(r"body[-_]size:? (\d+)m", path.read_text(encoding="utf-8"))
        assert [int(size) > largest for size in sizes] == [True], path.name  # its form takes some bytes as well


def test_what_compose_mounts_is_there() -> None:
    mounted = [each.split(":") for service in COMPOSE["services"].values() for each in service.get("volumes", ())]
    for source, *_ in mounted:
        if source.startswith("./") and "certificates" not in source:  # these are the administrator's own
            assert (ROOT / source).exists(), source
        elif not source.startswith("./"):
            assert source in COMPOSE["volumes"], source
    assert COMPOSE["services"]["demo"]["read_only"]
    assert "ports" not in COMPOSE["services"]["demo"]
    assert "ports" not in COMPOSE["services"]["database"]


def test_secrets_are_neither_committed_nor_built_in() -> None:
    for name in (".gitignore", ".dockerignore"):
        left_out = {line.strip("/") for line in (ROOT / name).read_text(encoding="utf-8").splitlines()}
        assert left_out >= {".env", ".streamlit/secrets.toml", "deploy/secrets.toml", "deploy/certificates"}, name


def test_sign_in_reads_the_secret_that_is_mounted() -> None:
    demo, (pod,) = SIGN_IN["services"]["demo"], (each["spec"]["template"]["spec"] for each in KUBERNETES["deployment"])
    assert demo["environment"] == {"STREAMLIT_SECRETS_FILES": f"/run/secrets/{next(iter(SIGN_IN['secrets']))}"}
    assert demo["secrets"] == list(SIGN_IN["secrets"])
    assert SIGN_IN["services"].keys() <= COMPOSE["services"].keys()
    (container,) = pod["containers"]
    (file,) = (each["value"] for each in container["env"] if each["name"] == "STREAMLIT_SECRETS_FILES")
    (folder,) = (each["mountPath"] for each in container["volumeMounts"] if each["name"] == "sign-in")
    (secret,) = (each["secret"] for each in pod["volumes"] if each["name"] == "sign-in")
    assert file == f"{folder}/secrets.toml"
    assert secret["optional"]  # Most have no sign-in.


def test_kubernetes_finds_what_it_names() -> None:
    (deployment,), (service,) = KUBERNETES["deployment"], KUBERNETES["service"]
    pod = deployment["spec"]["template"]
    labels = pod["metadata"]["labels"]
    assert deployment["spec"]["selector"]["matchLabels"] == service["spec"]["selector"] == labels
    (container,) = pod["spec"]["containers"]
    ports = {port["name"] for port in container["ports"]}
    assert {port["targetPort"] for port in service["spec"]["ports"]} == {"http"}
    probes = [container[name]["httpGet"] for name in ("startupProbe", "readinessProbe", "livenessProbe")]
    assert {probe["port"] for probe in probes} <= ports
    assert {mount["name"] for mount in container["volumeMounts"]} == {each["name"] for each in pod["spec"]["volumes"]}
    assert container["securityContext"]["readOnlyRootFilesystem"]


@pytest.mark.parametrize("name", ["ingress", "ingress-below-a-path"])
def test_an_ingress_keeps_visitors_at_their_replica(name: str) -> None:
    (service,) = KUBERNETES["service"]
    ingress = KUBERNETES[name][0]
    settings = {
        key.removeprefix("nginx.ingress.kubernetes.io/"): value
        for key, value in ingress["metadata"]["annotations"].items()
    }
    assert settings["affinity"] == "cookie"
    assert int(settings["proxy-read-timeout"]) >= IDLE
    paths = [path for rule in ingress["spec"]["rules"] for path in rule["http"]["paths"]]
    assert {path["backend"]["service"]["name"] for path in paths} == {service["metadata"]["name"]}
    assert ("rewrite-target" in settings) == (name != "ingress")


def test_nginx_and_ingress_protect_visitors_alike() -> None:
    shipped = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    headers = dict(re.findall(r'add_header ([\w-]+) "?([^"\n]*?)"? always;', shipped))
    (_, config) = KUBERNETES["ingress"]
    assert config["data"].items() <= headers.items()
    assert headers.keys() - config["data"].keys() == {"Set-Cookie", "Strict-Transport-Security"}
