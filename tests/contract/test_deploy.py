"""The compose file and the image say what the code says."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.main import get_command

from chassis.settings import ChassisSettings
from rapport.checks import ROOT
from rapport.cli import app
from rapport.reference.rendering import Files
from rapport.services import GATEWAY, SERVICES

DOCKERFILE = (ROOT / "deploy/Dockerfile").read_text("utf-8")
COMPOSE = (ROOT / "docker-compose.yml").read_text("utf-8")
SERVERS = {"postgres", "rabbitmq"}
CHOICES = {"SERVICE", "PORT"}
WORKERS = {f"{service}-worker": service for service in SERVICES}


@pytest.fixture(scope="module")
def containers() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(COMPOSE)["services"]
    return found


def has_compose() -> bool:
    command = ["docker", "compose", "version"]
    return (
        shutil.which("docker") is not None
        and not subprocess.run(command, check=False, capture_output=True).returncode
    )


def verbs() -> dict[str, Any]:
    """Answer the verbs of the command line by name."""
    commands: dict[str, Any] = vars(get_command(app))["commands"]
    return commands


def test_every_service_has_an_api_and_a_worker(containers: dict[str, Any]) -> None:
    assert set(containers) == {*SERVERS, "setup", *SERVICES, *WORKERS}


def test_an_api_is_its_service_on_its_port(containers: dict[str, Any]) -> None:
    for name, service in SERVICES.items():
        environment = containers[name]["environment"]
        assert environment["SERVICE"] == name
        assert environment["PORT"] == str(service.port)
        assert "command" not in containers[name]
        assert not containers[name].get("healthcheck")


def test_the_image_serves_the_service_it_is_told_and_asks_whether_it_is_ready() -> None:
    served = re.search(r"exec rapport (\w+) .*--host (\S+) --port", DOCKERFILE)
    assert served
    assert served.groups() == ("serve", "0.0.0.0")  # noqa: S104 - inside a container
    assert {option.name for option in verbs()["serve"].params} >= {"service", "host", "port"}
    assert "/health/ready" in DOCKERFILE
    assert set(re.findall(r"^ARG (\w+)=", DOCKERFILE, re.MULTILINE)) == CHOICES
    assert f"ARG SERVICE={GATEWAY}" in DOCKERFILE
    assert f"ARG PORT={SERVICES[GATEWAY].port}" in DOCKERFILE


def test_the_image_copies_only_what_exists_and_is_not_ignored() -> None:
    ignored = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    copied = [path for line in re.findall(r"^COPY (?!--)(.+) \S+$", DOCKERFILE, re.MULTILINE)
              for path in line.split()]  # fmt: skip
    assert {"pyproject.toml", "uv.lock", "shared", "services", "deploy/rapport"} == set(copied)
    assert {f"!{path}" for path in copied} == {line for line in ignored if line.startswith("!")}
    assert all((ROOT / path).exists() for path in copied)


def test_the_image_is_built_with_the_uv_the_project_uses_and_nobodys_rights() -> None:
    (uv,) = re.findall(r"^uv='(.+)'$", (ROOT / "rapport").read_text("utf-8"), re.MULTILINE)
    assert f'"{uv}"' in DOCKERFILE
    assert "uv sync --locked --no-dev" in DOCKERFILE
    assert DOCKERFILE.rindex("USER rapport") > DOCKERFILE.rindex("RUN ")


def test_commands_are_verbs_of_the_command_line(containers: dict[str, Any]) -> None:
    commands = {
        name: container["command"].split()
        for name, container in containers.items()
        if name not in SERVERS and "command" in container
    }
    assert commands.pop("setup") == ["rapport", "setup"]
    assert commands == {name: ["rapport", "worker", of] for name, of in WORKERS.items()}
    assert {"setup", "worker"} <= verbs().keys()


def test_the_environment_names_settings_that_exist(containers: dict[str, Any]) -> None:
    for name, container in containers.items():
        if name in SERVERS:
            continue
        of = WORKERS.get(name, GATEWAY if name == "setup" else name)
        known = {f"RAPPORT_{field}".upper() for field in SERVICES[of].settings.model_fields}
        assert set(container["environment"]) - CHOICES - {"POSTGRES_PASSWORD"} <= known, name


def test_the_gateway_finds_every_service_where_it_listens(containers: dict[str, Any]) -> None:
    environment = containers[GATEWAY]["environment"]
    upstreams = {k: v for k, v in environment.items() if k.startswith("RAPPORT_UPSTREAM_")}
    assert upstreams == {
        f"RAPPORT_UPSTREAM_{name.upper()}": f"http://{name}:{service.port}"
        for name, service in SERVICES.items()
        if name != GATEWAY
    }


def test_the_gateway_looks_for_every_service_on_its_port_by_default() -> None:
    fields = SERVICES[GATEWAY].settings.model_fields
    defaults = {n: f.default for n, f in fields.items() if n.startswith("upstream_")}
    assert defaults == {
        f"upstream_{name}": f"http://127.0.0.1:{service.port}"
        for name, service in SERVICES.items()
        if name != GATEWAY
    }


def test_only_the_gateway_can_be_reached_and_only_from_this_host(
    containers: dict[str, Any],
) -> None:
    published = {name: c["ports"] for name, c in containers.items() if "ports" in c}
    port = SERVICES[GATEWAY].port
    assert published == {GATEWAY: [f"127.0.0.1:{port}:{port}"]}


def test_everything_waits_for_the_set_up_and_the_set_up_for_the_servers(
    containers: dict[str, Any],
) -> None:
    healthy = {name: {"condition": "service_healthy"} for name in SERVERS}
    assert containers["setup"]["depends_on"] == healthy
    assert all(containers[name]["healthcheck"]["test"] for name in SERVERS)
    for name in (*SERVICES, *WORKERS):
        condition = {"setup": {"condition": "service_completed_successfully"}}
        assert containers[name]["depends_on"] == condition


def test_only_what_makes_the_keys_can_write_them(containers: dict[str, Any]) -> None:
    folder = containers["setup"]["environment"]["RAPPORT_KEYS_FOLDER"]
    assert f"--mode=0700 {folder}" in DOCKERFILE
    assert containers["setup"]["volumes"] == [f"keys:{folder}"]
    for name in (*SERVICES, *WORKERS):
        assert containers[name]["volumes"] == [f"keys:{folder}:ro"]


def test_there_is_no_password_but_from_the_environment(generated: Files) -> None:
    passwords = set(re.findall(r"\$\{(\w+)", COMPOSE))
    assert passwords == set(re.findall(r"\$\{(\w+):\?[^}]+\}", COMPOSE))
    assert passwords == {"POSTGRES_PASSWORD", "DATABASE_PASSWORD", "RABBITMQ_PASSWORD"}
    assert all(f"\n{name}=\n" in generated[".env.example"] for name in passwords)


def test_each_service_has_a_role_of_its_own_and_none_the_administrators_password(
    containers: dict[str, Any],
) -> None:
    for name in (*SERVICES, *WORKERS):
        environment = containers[name]["environment"]
        url = re.sub(r"\$\{[^}]+\}", "secret", environment["RAPPORT_DATABASE_URL"])
        settings = ChassisSettings(database_url=url)
        service = WORKERS.get(name, name)
        assert settings.database_of(service).username == f"rapport_{service}"
        assert settings.database_of(service).database == f"rapport_{service}"
        assert environment["POSTGRES_PASSWORD"] == ""
        assert "RAPPORT_DATABASE_ADMIN_URL" not in environment
    assert "POSTGRES_PASSWORD" in containers["setup"]["environment"]["RAPPORT_DATABASE_ADMIN_URL"]


def test_data_outlive_their_containers(containers: dict[str, Any]) -> None:
    kept = {volume.partition(":")[0] for c in containers.values() for volume in c["volumes"]}
    assert kept == set(yaml.safe_load(COMPOSE)["volumes"]) == {*SERVERS, "keys"}
    assert containers["postgres"]["image"] == "postgres:18"
    assert containers["postgres"]["volumes"] == ["postgres:/var/lib/postgresql"]


def test_docker_compose_understands_the_file(tmp_path: Path) -> None:
    if not has_compose():
        pytest.skip("there is no docker with compose here")
    (tmp_path / "docker-compose.yml").write_text(COMPOSE)
    (tmp_path / ".env").write_text(
        "POSTGRES_PASSWORD=a\nDATABASE_PASSWORD=b\nRABBITMQ_PASSWORD=c\n"
    )
    command = ["docker", "compose", "config", "--quiet"]
    answer = subprocess.run(command, check=False, capture_output=True, text=True, cwd=tmp_path)
    assert answer.returncode == 0, answer.stderr
