"""The clusters to start from are of the form that Ray and KubeRay read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from ray.autoscaler._private.util import prepare_config, validate_config

from tests.test_declarations import pinned

DEPLOY = Path(__file__).parents[2] / "deploy" / "ray"


def read(name: str) -> dict[str, Any]:
    return yaml.safe_load((DEPLOY / name).read_text(encoding="utf-8"))


def test_ray_up_takes_its_file() -> None:
    validate_config(prepare_config(read("cluster.yaml")))


def test_the_cluster_on_kubernetes_is_one_of_this_version() -> None:
    cluster = read("kuberay.yaml")
    assert (cluster["apiVersion"], cluster["kind"]) == ("ray.io/v1", "RayCluster")
    assert cluster["spec"]["rayVersion"] == pinned("requirements-dev.txt")["ray"]
    groups = [cluster["spec"]["headGroupSpec"], *cluster["spec"]["workerGroupSpecs"]]
    for group in groups:
        (container,) = group["template"]["spec"]["containers"]
        assert {each["name"] for each in container["env"]} >= {"RAY_AUTH_MODE", "RAY_AUTH_TOKEN"}
        assert container["resources"]["limits"] == container["resources"]["requests"]
