"""What the documents promise is what the code has."""

import pathlib
import re
import tomllib

import pytest

from withallo_client import __version__
from withallo_server.settings import options
from withallo_tools.catalog import TOOLS

ROOT = pathlib.Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
TEXTS = [
    path
    for path in ROOT.rglob("*.md")
    if not {".venv", "build", "dist", "node_modules", "site"} & set(path.relative_to(ROOT).parts)
] + [ROOT / "llms.txt"]


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.__name__)
def test_readme_names_every_tool(tool: object) -> None:
    assert f"`{tool.__name__}`" in README  # type: ignore[attr-defined]  # every tool is a named function


@pytest.mark.parametrize("option", list(options()), ids=lambda option: option.variable)
def test_readme_lists_every_setting_as_the_help_does(option: object) -> None:
    row = next((line for line in README.splitlines() if line.startswith(f"| `{option.variable}`")), "")  # type: ignore[attr-defined]  # an Option
    assert option.flag in row  # type: ignore[attr-defined]  # an Option
    assert option.description in row  # type: ignore[attr-defined]  # an Option


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_between_documents_lead_somewhere(path: pathlib.Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)[^)]*\)", path.read_text(encoding="utf-8"))
    local = [target for target in targets if "://" not in target and not target.startswith("mailto:")]

    assert [target for target in local if not (path.parent / target).exists()] == []


def test_the_skill_names_only_tools_that_exist() -> None:
    known = {tool.__name__ for tool in TOOLS}
    words = set(re.findall(r"`([a-z]+(?:_[a-z]+)+)\b", (ROOT / "skill" / "SKILL.md").read_text(encoding="utf-8")))

    assert words <= known | {"idempotency_key"}


def test_the_changelog_knows_this_version() -> None:
    assert f"## {__version__}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_the_wheel_holds_the_four_packages() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    packages = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]

    assert [(ROOT / package / "py.typed").exists() for package in packages] == [True] * 4
