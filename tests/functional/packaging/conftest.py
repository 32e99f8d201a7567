"""Wheels built from copies of the tree, folders they are installed in, and programs that see nothing else."""

from __future__ import annotations

import base64
import configparser
import fcntl
import json
import os
import shutil
import site
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from portico.db.embedded import EmbeddedServer

TREE = Path(__file__).parents[3]
ROOTS = ("core", "plugins", "connectors", "themes", "migrations")
LEAVE_OUT = shutil.ignore_patterns("__pycache__", "*.pyc", "*.egg-info", "build")
LONE_PROJECT = """
[build-system]
requires = ["setuptools>=77,<81"]
build-backend = "setuptools.build_meta"
[project]
name = "{distribution}"
version = "0.1.0"
[project.entry-points."portico.plugins"]
{package} = "{package}"
{stages}
[tool.setuptools]
packages = {packages}
include-package-data = false
[tool.setuptools.package-data]
"*" = {data}
"""


def setup_cfg(folder: Path = TREE) -> configparser.ConfigParser:
    parser = configparser.ConfigParser()
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(folder / "setup.cfg")
    return parser


def plugin_packages() -> list[str]:
    """Every plugin that the tree declares."""
    lines = setup_cfg()["options.entry_points"]["portico.plugins"].strip().splitlines()
    return [line.split("=")[1].strip() for line in lines]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "feature" in metafunc.fixturenames:
        metafunc.parametrize("feature", [one for one in plugin_packages() if kind_of(one) == "feature"])


@pytest.fixture
def others() -> list[str]:
    """The tree's connectors and themes."""
    return [one for one in plugin_packages() if kind_of(one) != "feature"]


def kind_of(package: str) -> str:
    file = next(TREE.glob(f"*/{package}/plugin.toml"))
    return str(tomllib.loads(file.read_text(encoding="utf-8")).get("kind", "feature"))


def copy_tree(target: Path, without: frozenset[str] = frozenset()) -> Path:
    """The project, without some packages and what setup.cfg says of them."""
    for root in ROOTS:
        shutil.copytree(
            TREE / root, target / root, ignore=shutil.ignore_patterns(*without, "__pycache__", "*.egg-info")
        )
    for name in ("setup.cfg", "setup.py", "pyproject.toml", "README.md"):
        shutil.copy(TREE / name, target / name)
    if without:
        lines = (target / "setup.cfg").read_text().splitlines()
        kept = [line for line in lines if not any(f"= {package}" in line for package in without)]
        (target / "setup.cfg").write_text("\n".join(kept) + "\n")
    return target


def build_wheel(project: Path, out: Path) -> Path:
    """By the project's own build backend, in this environment: nothing is fetched."""
    out.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(project)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return max(out.glob("*.whl"), key=lambda file: file.stat().st_mtime_ns)


def stages_of(package: str) -> str:
    """What the package's own project says of its stage, if it has one."""
    lines = setup_cfg()["options.entry_points"]["portico.stages"].strip().splitlines()
    named = [line.split(" = ") for line in lines if f"= {package}." in line]
    return "\n".join(['[project.entry-points."portico.stages"]', *(f'{name} = "{point}"' for name, point in named)]) if named else ""


def lone_project(package: str, target: Path) -> Path:
    """A project of one package of the tree, as its author would publish it."""
    source = next(TREE / root / package for root in ROOTS if (TREE / root / package).is_dir())
    shutil.copytree(source, target / package, ignore=LEAVE_OUT)
    inner = [str(file.parent.relative_to(target)).replace("/", ".") for file in (target / package).rglob("__init__.py")]
    data = [part.strip() for part in setup_cfg()["options.package_data"]["*"].split(",")]
    (target / "pyproject.toml").write_text(
        LONE_PROJECT.format(
            distribution=package.replace("_", "-"),
            package=package,
            stages=stages_of(package),
            packages=json.dumps(sorted(inner)),
            data=json.dumps(data),
        )
    )
    return target


def install(wheel: Path, target: Path) -> Path:
    """As pip would, into a folder of its own."""
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--no-deps",
            "--no-index",
            "--no-compile",
            "--disable-pip-version-check",
            "--target",
            str(target),
            str(wheel),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return target


@dataclass(frozen=True)
class Installation:
    """Programs that import from these folders and the libraries, and never from the working tree."""

    home: Path
    database: str
    folders: tuple[Path, ...]

    def environ(self) -> dict[str, str]:
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("PORTICO_", "PYTHON", "PYTEST_", "COV_"))}
        path = os.pathsep.join(map(str, [*self.folders, *site.getsitepackages()]))
        key = base64.urlsafe_b64encode(bytes(32)).decode()
        return {
            **kept,
            "PYTHONPATH": path,
            "PYTHONDONTWRITEBYTECODE": "1",
            "PORTICO_HOME": str(self.home),
            "PORTICO_DATABASE": self.database,
            "PORTICO_MASTER_KEY": key,
            "PORTICO_DEMO": "1",
            "PORTICO_LOG_LEVEL": "WARNING",
        }

    def python(self, *arguments: str, status: int = 0) -> str:
        """Standard output. `-S` keeps the editable installation of the tree, a .pth file, out of sight."""
        done = subprocess.run(
            [sys.executable, "-S", *arguments],
            env=self.environ(),
            cwd=self.home,
            text=True,
            capture_output=True,
            check=False,
            timeout=110,
        )
        assert done.returncode == status, f"{done.stdout[-3000:]}\n{done.stderr[-5000:]}"
        return done.stdout

    def command(self, *arguments: str, status: int = 0) -> str:
        """What `portico …` prints."""
        return self.python("-m", "portico.cli", *arguments, status=status)

    def program(self, file: str, **options: Any) -> Any:
        """The answer of a program beside this file, as it prints it in its last line."""
        out = self.python(str(Path(__file__).with_name(file)), json.dumps(options))
        return json.loads(out.strip().splitlines()[-1])


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A data folder with a running server; each installation has a database of its own in it."""
    folder = tmp_path_factory.mktemp("packaging")
    server = EmbeddedServer(folder, {"fsync": "off", "full_page_writes": "off"})
    server.start()
    yield folder
    server.destroy()


@pytest.fixture(scope="session")
def whole_wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole")
    return build_wheel(copy_tree(folder / "tree"), folder / "out")


@pytest.fixture(scope="session")
def whole(whole_wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel installed."""
    return install(whole_wheel, tmp_path_factory.mktemp("whole_installed"))


@pytest.fixture(scope="session")
def core_alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with core and the contract package, and none of the plugins that the tree has."""
    folder = tmp_path_factory.mktemp("core")
    without = frozenset(plugin_packages()) | {"portico_demo"}
    return install(build_wheel(copy_tree(folder / "tree", without), folder / "out"), folder / "installed")


@pytest.fixture(scope="session")
def lone(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """A plugin of the tree, by its package's name, from a wheel of its own in a folder of its own."""
    made: dict[str, Path] = {}

    def make(package: str) -> Path:
        if package not in made:
            folder = tmp_path_factory.mktemp(package)
            made[package] = install(
                build_wheel(lone_project(package, folder / "project"), folder / "out"), folder / "installed"
            )
        return made[package]

    return make


@pytest.fixture(scope="session")
def strangers(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """A package of tests/strangers, built outside of the tree and installed in a folder of its own."""
    made: dict[str, Path] = {}

    def make(name: str) -> Path:
        if name not in made:
            folder = tmp_path_factory.mktemp(name)
            shutil.copytree(TREE / "tests" / "strangers" / name, folder / "project", ignore=LEAVE_OUT)
            made[name] = install(build_wheel(folder / "project", folder / "out"), folder / "installed")
        return made[name]

    return make


@pytest.fixture(scope="session")
def make_installation(home: Path) -> Callable[..., Installation]:
    """`make_installation("database", folder, …)`."""

    def make(database: str, *folders: Path) -> Installation:
        return Installation(home, database, folders)

    return make


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Callable[..., Any]:
    """`once("name", make)`: what `make` gave (JSON) to the first of the processes that share this run."""

    def get(name: str, make: Callable[[], Any]) -> Any:
        if worker_id == "master":
            return make()
        file = tmp_path_factory.getbasetemp().parent / f"{name}.json"
        with file.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not file.exists():
                file.write_text(json.dumps(make()))
        return json.loads(file.read_text())

    return get
