import pytest

from withallo_server.http.grants import EVERYTHING, WRITE, grants_of, known_scopes
from withallo_tools.catalog import TOOLS
from withallo_tools.tool import Effect

READERS = {tool.__name__ for tool in TOOLS if tool.tool_info.effect is Effect.READ}
NAMES = {tool.__name__ for tool in TOOLS}


def open_tools(*scopes: str) -> set[str]:
    return NAMES - set(grants_of(scopes).closed())


def test_reading_opens_every_tool_that_reads_and_no_other() -> None:
    assert open_tools("allo:read") == READERS


def test_writing_opens_everything() -> None:
    assert open_tools("allo:write") == NAMES
    assert grants_of([WRITE]) == EVERYTHING


def test_a_toolset_opens_its_own_tools_and_the_account() -> None:
    toolsets = {tool.__name__: tool.tool_info.toolset for tool in TOOLS}

    assert {toolsets[name] for name in open_tools("allo:messages")} == {"messages", "account"}
    assert open_tools("allo:messages:read") <= READERS
    assert "send_sms" in open_tools("allo:messages", "allo:calls:read")
    assert "search_calls" in open_tools("allo:messages", "allo:calls:read")


@pytest.mark.parametrize("scopes", [[], ["openid", "profile"], ["allo:"], ["ALLO:WRITE"], ["allo:write:all"], ["*"]])
def test_what_is_no_scope_of_ours_opens_nothing(scopes: list[str]) -> None:
    assert grants_of(scopes).nothing


def test_every_known_scope_opens_something() -> None:
    assert all(not grants_of([scope]).nothing for scope in known_scopes())


def test_a_closed_tool_says_which_scope_opens_it() -> None:
    assert "allo:write or allo:messages" in grants_of(["allo:read"]).closed()["send_sms"]
