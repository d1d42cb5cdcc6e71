"""The files for hosting: nothing here can build an image or start a cluster, so what they name is looked up instead."""

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from withallo_client import __version__
from withallo_server.cli import COMMANDS
from withallo_server.settings import options

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "docs" / "deploy"
SETTINGS = {option.variable for option in options()} | {"ALLO_HOST", "ALLO_PORT"}
IMAGE = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
CLUSTER = list(yaml.safe_load_all((DEPLOY / "kubernetes.yaml").read_text(encoding="utf-8")))


def instructions(name: str) -> list[str]:
    """The arguments of every instruction of that name in the Dockerfile."""
    return [found.strip() for found in re.findall(rf"^{name}\s+(.+)$", IMAGE, re.MULTILINE)]


def image_environment() -> dict[str, str]:
    """What ENV sets in the image."""
    return dict(pair.split("=", 1) for line in instructions("ENV") for pair in shlex.split(line))


def container() -> dict[str, Any]:
    found: dict[str, Any] = CLUSTER[0]["spec"]["template"]["spec"]["containers"][0]
    return found


def probes() -> dict[str, str]:
    return {name: each["httpGet"]["path"] for name, each in container().items() if name.endswith("Probe")}


def test_the_image_copies_what_there_is_and_what_a_build_needs() -> None:
    copied = [part for line in instructions("COPY") for part in shlex.split(line)[:-1] if not part.startswith("--")]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    needed = {"pyproject.toml", project["project"]["readme"], *project["project"]["license-files"]}
    needed |= {package.split("/")[0] for package in project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]}
    let_in = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}

    assert set(copied) == needed
    assert needed <= let_in, ".dockerignore leaves it out"
    extras = set(re.findall(r"\[([a-z,]+)\]", " ".join(instructions("RUN"))))
    assert {name for each in extras for name in each.split(",")} <= set(project["project"]["optional-dependencies"])


def test_the_image_runs_a_command_there_is_as_somebody_without_rights() -> None:
    entry, command = (json.loads(instructions(name)[0]) for name in ("ENTRYPOINT", "CMD"))

    assert entry[0] in tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    assert command[0] in COMMANDS
    assert instructions("USER") == ["10001:10001"]
    assert instructions("STOPSIGNAL") == ["SIGTERM"]
    assert instructions("EXPOSE") == [image_environment()["ALLO_PORT"]]


@contextmanager
def as_in_the_image(folder: Path, **settings: str) -> Iterator[tuple[dict[str, str], "subprocess.Popen[bytes]"]]:
    """The command of the image with the environment of the image, on a port and a folder of this test."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("ALLO_")}
    environment = {**clean, **image_environment(), "ALLO_DATA_DIR": str(folder), "ALLO_PORT": "0", **settings}
    log = folder / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "withallo_server", *json.loads(instructions("CMD")[0])],
            env=environment,
            stderr=output,
        )
    try:
        deadline = time.monotonic() + 40
        found = None
        while found is None and process.poll() is None and time.monotonic() < deadline:
            found = re.search(r"answers at http://0\.0\.0\.0:(\d+)/mcp", log.read_text())
            time.sleep(0.02)
        yield {**environment, "ALLO_PORT": found[1] if found else "0"}, process
    finally:
        process.kill()
        process.wait(10)


def test_the_image_starts_is_healthy_logs_json_and_ends_in_time(tmp_path: Path) -> None:
    safe = {
        "ALLO_SANDBOX": "1",
        "ALLO_TLS_IN_FRONT": "1",
        "ALLO_PUBLIC_URL": "https://mcp.example.com",
        "ALLO_TOKENS": "desk:sha256:" + "ab" * 32,
    }
    check = json.loads(instructions("HEALTHCHECK")[0].partition("CMD ")[2])
    with as_in_the_image(tmp_path, **safe) as (environment, process):
        healthy = subprocess.run([sys.executable, *check[1:]], env=environment, check=False, timeout=20)
        assert healthy.returncode == 0
        base = f"http://127.0.0.1:{environment['ALLO_PORT']}"
        for path in probes().values():
            assert httpx.get(base + path, timeout=10).status_code == 200
        metrics = CLUSTER[0]["spec"]["template"]["metadata"]["annotations"]["prometheus.io/path"]
        assert httpx.get(base + metrics, timeout=10).status_code == 401, "the collector has to send a token"
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
        assert time.monotonic() - began < 5 < CLUSTER[0]["spec"]["template"]["spec"]["terminationGracePeriodSeconds"]
        unhealthy = subprocess.run([sys.executable, *check[1:]], env=environment, check=False, capture_output=True)
        assert unhealthy.returncode != 0
    for line in (tmp_path / "log").read_text().splitlines():
        assert json.loads(line)["message"]


def test_what_the_image_lacks_is_said_and_not_guessed(tmp_path: Path) -> None:
    with as_in_the_image(tmp_path, ALLO_SANDBOX="1") as (_, process):
        assert process.wait(20) == 2
        assert "ALLO_TOKENS" in (tmp_path / "log").read_text()


def test_compose_names_only_what_there_is() -> None:
    services = COMPOSE["services"]
    settings = {name for name in services["allo"]["environment"] if name.startswith("ALLO_")}
    example = re.findall(r"^([A-Z_]+)=", (DEPLOY / "env.example").read_text(), re.MULTILINE)

    assert settings <= SETTINGS
    assert set(example) <= SETTINGS | {"POSTGRES_PASSWORD"}
    assert set(re.findall(r"\$\{([A-Z_]+)", (ROOT / "compose.yaml").read_text())) <= set(example)
    mounted = [volume.split(":")[0] for volume in services["nginx"]["volumes"]]
    assert (ROOT / mounted[0]).is_file()
    assert mounted[1].removeprefix("./") in (ROOT / "compose.yaml").read_text().split("services:")[0], (
        "the comment says to fill it"
    )
    assert services["allo"]["read_only"]
    assert any(each.startswith(image_environment()["ALLO_DATA_DIR"]) for each in services["allo"]["tmpfs"])
    database = services["database"]["environment"]
    url = services["allo"]["environment"]["ALLO_DATABASE_URL"]
    assert url.startswith(f"postgresql://{database['POSTGRES_USER']}:")
    assert url.endswith(f"@database/{database['POSTGRES_DB']}")


def test_kubernetes_names_only_what_there_is() -> None:
    here = container()
    ports = {port["name"]: port["containerPort"] for port in here["ports"]}
    mounts = {mount["mountPath"] for mount in here["volumeMounts"]}
    pod = CLUSTER[0]["spec"]["template"]["spec"]
    labels = CLUSTER[0]["spec"]["template"]["metadata"]["labels"]

    assert [document["kind"] for document in CLUSTER] == ["Deployment", "Service", "PodDisruptionBudget"]
    assert here["image"] == f"withallo-mcp:{__version__}"
    assert here["args"][0] in COMMANDS
    assert {each["name"] for each in here["env"]} <= SETTINGS
    assert str(ports["http"]) == image_environment()["ALLO_PORT"]
    assert {"/tmp", image_environment()["ALLO_DATA_DIR"]} <= mounts
    assert {mount["name"] for mount in here["volumeMounts"]} == {volume["name"] for volume in pod["volumes"]}
    assert set(probes()) == {"startupProbe", "livenessProbe", "readinessProbe"}
    assert pod["securityContext"]["runAsUser"] == int(instructions("USER")[0].split(":")[0])
    assert here["securityContext"]["readOnlyRootFilesystem"]
    for document in CLUSTER[1:]:
        selector = document["spec"]["selector"]
        assert selector.get("matchLabels", selector) == labels
    head = (DEPLOY / "kubernetes.yaml").read_text().partition("apiVersion")[0]
    assert set(re.findall(r"\bALLO_[A-Z_]+[A-Z]\b", head)) <= SETTINGS


def test_the_real_nginx_takes_its_configuration(tmp_path: Path) -> None:
    """As it is, but for the name of the upstream and the place of the certificate, which only the hosts have."""
    nginx = shutil.which("nginx")
    if nginx is None:
        pytest.skip("nginx is not installed")
    subprocess.run(
        [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-days",
            "1",
            "-subj",
            "/CN=mcp.example.com",
            "-keyout",
            str(tmp_path / "privkey.pem"),
            "-out",
            str(tmp_path / "fullchain.pem"),
        ],
        check=True,
        capture_output=True,
    )
    text = (DEPLOY / "nginx.conf").read_text()
    text = text.replace("/etc/nginx/certificates", str(tmp_path)).replace("server allo:8788", "server 127.0.0.1:8788")
    (tmp_path / "nginx.conf").write_text(f"pid {tmp_path}/nginx.pid;\nerror_log stderr;\n{text}")

    result = subprocess.run(
        [nginx, "-t", "-c", str(tmp_path / "nginx.conf")], capture_output=True, text=True, check=False
    )

    assert result.returncode == 0, result.stderr
    assert "warn" not in result.stderr
