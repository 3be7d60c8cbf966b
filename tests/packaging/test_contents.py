"""What an installation contains: nothing third-party in the repository, everything needed in the wheel."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
LOCKS = ("requirements.lock", "tests/requirements.lock")


def run(*command: str, cwd: Path = ROOT) -> str:
    done = subprocess.run([sys.executable, *command], cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


def tracked_files() -> list[str]:
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    return subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A wheel from the checkout, an sdist, and a wheel from that sdist alone."""
    if not (ROOT / "engine/web/static/dist/.stamp").is_file():
        pytest.fail("the browser bundle is not built; run: make install")
    folder = tmp_path_factory.mktemp("built")
    run("-m", "build", "--no-isolation", "--wheel", "--outdir", str(folder / "wheel"))
    run("-m", "build", "--no-isolation", "--sdist", "--outdir", str(folder / "sdist"))
    sdist = next((folder / "sdist").glob("*.tar.gz"))
    with tarfile.open(sdist) as archive:
        archive.extractall(folder / "unpacked", filter="data")
    source = next((folder / "unpacked").iterdir())
    run("-m", "build", "--no-isolation", "--wheel", "--outdir", str(folder / "rebuilt"), cwd=source)
    return {
        "wheel": next((folder / "wheel").glob("*.whl")),
        "sdist": sdist,
        "rebuilt": next((folder / "rebuilt").glob("*.whl")),
    }


def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


@pytest.mark.slow
@pytest.mark.parametrize("which", ["wheel", "rebuilt"])
def test_the_wheel_holds_every_file_that_the_manifest_names(built: dict[str, Path], which: str) -> None:
    inside = names(built[which])
    with zipfile.ZipFile(built[which]) as archive:
        manifest = json.loads(archive.read("engine/web/static/dist/manifest.json"))
    wanted = {entry["file"] for entry in manifest.values()} | {css for entry in manifest.values() for css in entry.get("css", [])}
    assert wanted
    assert {f"engine/web/static/dist/{name}" for name in wanted | {"icons.json", "third-party-licenses.md"}} <= inside


@pytest.mark.slow
@pytest.mark.parametrize("which", ["wheel", "rebuilt"])
@pytest.mark.parametrize("folder", ["apps", "schemas", "examples"])
def test_the_wheel_holds_every_tracked_data_file(built: dict[str, Path], which: str, folder: str) -> None:
    wanted = {f"engine/_packaged/{name}" for name in tracked_files() if name.startswith(folder + "/")}
    assert wanted <= names(built[which])


@pytest.mark.slow
@pytest.mark.parametrize("which", ["wheel", "rebuilt"])
def test_the_wheel_holds_every_file_of_the_engine(built: dict[str, Path], which: str) -> None:
    wanted = {name for name in tracked_files() if name.startswith("engine/")}
    assert wanted <= names(built[which])


@pytest.mark.slow
def test_the_wheel_from_the_sdist_equals_the_wheel_from_the_checkout(built: dict[str, Path]) -> None:
    assert names(built["rebuilt"]) == names(built["wheel"])


@pytest.mark.slow
def test_the_wheel_brings_no_other_top_level_package(built: dict[str, Path]) -> None:
    tops = {name.split("/")[0] for name in names(built["wheel"])}
    assert tops == {"engine", f"dougong-{PROJECT['project']['version']}.dist-info"}


@pytest.mark.slow
def test_an_editable_install_points_at_the_checkout_and_copies_nothing(tmp_path: Path) -> None:
    run("-c", f"from hatchling.build import build_editable; build_editable({str(tmp_path)!r})")
    wheel = next(tmp_path.glob("*.whl"))
    with zipfile.ZipFile(wheel) as archive:
        pointers = [name for name in archive.namelist() if name.endswith(".pth")]
        assert [name for name in archive.namelist() if "dist-info" not in name] == pointers
        assert archive.read(pointers[0]).decode().strip() == str(ROOT)


@pytest.mark.slow
def test_an_installed_wheel_finds_its_packaged_folders(built: dict[str, Path], tmp_path: Path) -> None:
    with zipfile.ZipFile(built["rebuilt"]) as archive:
        archive.extractall(tmp_path / "site")
    script = "from engine import resources as r; print(r.apps(), r.schemas(), (r.assets() / 'manifest.json').is_file())"
    printed = run("-c", f"import sys; sys.path.insert(0, {str(tmp_path / 'site')!r}); {script}", cwd=tmp_path).split()
    packaged = tmp_path / "site" / "engine" / "_packaged"
    assert printed == [str(packaged / "apps"), str(packaged / "schemas"), "True"]


def test_a_stale_bundle_is_noticed(tmp_path: Path) -> None:
    copy = tmp_path / "project"
    shutil.copytree(ROOT / "designer", copy / "designer", ignore=shutil.ignore_patterns("node_modules"))
    script = f"import hatch_build, pathlib; print(hatch_build.Bundle(pathlib.Path({str(copy)!r})).fresh())"
    assert run("-c", script).strip() == "False"
    output = copy / "engine/web/static/dist"
    output.mkdir(parents=True)
    (output / ".stamp").write_text(
        run("-c", f"import hatch_build, pathlib; print(hatch_build.digest(pathlib.Path({str(copy / 'designer')!r})), end='')")
    )
    assert run("-c", script).strip() == "True"
    (copy / "designer/src/app.css").write_text("body { color: red }")
    assert run("-c", script).strip() == "False"


@pytest.mark.parametrize("lock", LOCKS)
def test_python_locks_name_no_host_and_hash_every_package(lock: str) -> None:
    text = (ROOT / lock).read_text("utf-8")
    assert "://" not in text
    assert "--index-url" not in text
    assert "--find-links" not in text
    pins = re.findall(r"^([a-z0-9._-]+)==[^\\\n]+(\\?)\n(    --hash=sha256:[0-9a-f]{64})?", text, re.M)
    assert len(pins) > 20
    assert all(backslash and hashed for _, backslash, hashed in pins)


def test_the_locks_pin_every_declared_dependency() -> None:
    def declared(requirements: list[str]) -> set[str]:
        return {re.match(r"[A-Za-z0-9._-]+", one)[0].lower().replace("_", "-") for one in requirements}  # type: ignore[index]

    def pinned(lock: str) -> set[str]:
        return set(re.findall(r"^([a-z0-9._-]+)==", (ROOT / lock).read_text("utf-8"), re.M))

    runtime = declared(PROJECT["project"]["dependencies"])
    assert runtime <= pinned("requirements.lock")
    assert runtime | declared(PROJECT["dependency-groups"]["dev"]) <= pinned("tests/requirements.lock")


def test_the_test_lock_agrees_with_the_runtime_lock() -> None:
    def pins(lock: str) -> set[str]:
        return set(re.findall(r"^[a-z0-9._-]+==\S+", (ROOT / lock).read_text("utf-8"), re.M))

    assert pins("requirements.lock") <= pins("tests/requirements.lock")


def test_the_npm_lock_names_no_registry_and_hashes_every_package() -> None:
    text = (ROOT / "designer/package-lock.json").read_text("utf-8")
    packages = json.loads(text)["packages"]
    assert '"resolved"' not in text
    assert all(entry.get("integrity", "").startswith("sha512-") for name, entry in packages.items() if name)


def test_npm_dependencies_are_pinned_exactly() -> None:
    project = json.loads((ROOT / "designer/package.json").read_text("utf-8"))
    versions = [*project["dependencies"].values(), *project["devDependencies"].values()]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in versions)


def test_build_requirements_are_pinned_exactly() -> None:
    assert all("==" in requirement for requirement in PROJECT["build-system"]["requires"])


def test_no_third_party_code_is_tracked() -> None:
    suspicious = re.compile(r"(node_modules|vendor|/dist/|\.min\.(js|css)$|bundle\.js$)")
    assert [name for name in tracked_files() if suspicious.search(name)] == []


def test_the_one_check_is_make_test() -> None:
    lines = [line.strip() for line in (ROOT / ".ci/run").read_text("utf-8").splitlines()]
    commands = [line for line in lines if line and not line.startswith(("#", "set ", "cd "))]
    assert commands == ["exec make test"]
