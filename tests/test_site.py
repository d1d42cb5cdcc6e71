"""The documentation: every tool has an example that works, and what pages say about commands and settings is true."""

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

from withallo_server.cli import COMMANDS
from withallo_server.install.clients import CLIENTS
from withallo_server.settings import options
from withallo_tools.catalog import TOOLS

ROOT = Path(__file__).parents[1]
PAGES = [page for page in (ROOT / "docs").rglob("*.md") if "includes" not in page.parts]


def script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"site_{name}", ROOT / "docs" / "site" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def tool_pages() -> dict[str, str]:
    written: dict[str, str] = script("tool_pages").pages(script("examples").EXAMPLES)
    return written


def test_every_tool_is_shown_with_a_call_and_an_answer_that_is_no_failure(tool_pages: dict[str, str]) -> None:
    text = "\n".join(tool_pages.values())

    for tool in TOOLS:
        assert f"{{ #{tool.__name__} }}" in text
    answers = re.findall(r'title="answer"\n(.+?)\n```', text, re.DOTALL)
    assert len(answers) == len(TOOLS)
    assert not [answer for answer in answers if re.match(r"Error|Not sent|.*(failed|cannot)", answer)]


def test_a_text_is_shown_with_the_question_to_the_human(tool_pages: dict[str, str]) -> None:
    assert "question to the human" in tool_pages["tools/messages.md"]


def test_no_example_is_left_over() -> None:
    assert set(script("examples").EXAMPLES) == {tool.__name__ for tool in TOOLS}


def test_each_client_is_shown_with_its_command_and_its_file() -> None:
    tabs = script("reference_pages").client_tabs()

    assert all(f'=== "{client.title}"' in tabs and f"install {client.name}" in tabs for client in CLIENTS)


def test_the_table_of_coverage_has_every_method_of_the_client() -> None:
    page = script("coverage").table()

    for name in ("account.me", "sms.send", "contacts.update", "conversations.search", "webhook_endpoints.update"):
        assert f"`{name}`" in page
    assert page.count("`webhooks.") == 3


def test_pictures_are_small_and_each_is_shown_with_words_for_those_who_do_not_see_it() -> None:
    text = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)

    for picture in (ROOT / "docs" / "images").iterdir():
        assert picture.read_bytes().startswith(b"\x89PNG")
        assert picture.stat().st_size < 60_000
        assert re.search(rf"!\[[^\]]{{30,}}\]\([./]*images/{picture.name}\)", text), picture.name


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_names_only_commands_and_settings_that_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    commands = set(re.findall(r"(?:\$ |`)withallo-mcp (?:--[a-z-]+ )*([a-z]+)", text))
    settings = {option.variable for option in options()} | {"ALLO_HOST", "ALLO_PORT"}

    assert commands <= set(COMMANDS)
    assert set(re.findall(r"\bALLO_[A-Z_]+[A-Z]\b", text)) <= settings
