import json
import tomllib
from pathlib import Path

import pytest

from withallo_server.install import jsonc
from withallo_server.install.clients import CLIENTS, ClientApp, InstallError, Launch, find_client
from withallo_server.install.files import plan_install, plan_removal, read_configuration

LAUNCH = Launch("/opt/allo/bin/withallo-mcp", ("--read-only",))


@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.name)
def test_install_and_uninstall_leave_a_file_that_the_client_reads(client: ClientApp, home: Path) -> None:
    change = plan_install(client, LAUNCH)

    assert change.apply() is None, "there was nothing to copy"
    text = client.file().read_text()
    content = tomllib.loads(text) if client.format == "toml" else json.loads(text)
    assert content == {client.key: {"allo": client.entry(LAUNCH)}}
    assert client.file().is_relative_to(home)
    assert not plan_install(client, LAUNCH).changes

    plan_removal(client).apply()
    assert read_configuration(client) == {}


def test_a_folder_that_is_missing_is_made(home: Path) -> None:
    plan_install(find_client("windsurf"), LAUNCH).apply()

    assert (home / ".codeium/windsurf/mcp_config.json").is_file()


def test_comments_other_servers_and_line_ends_stay(home: Path) -> None:
    path = home / ".config/zed/settings.json"
    path.parent.mkdir(parents=True)
    before = (
        '// Zed settings\r\n{\r\n    "theme": "One", // mine\r\n'
        '    "context_servers": {\r\n        "other": {"command": "x", "env": {"API_KEY": "s3cret"}},\r\n'
        "    },\r\n}\r\n"
    )
    path.write_bytes(before.encode())

    change = plan_install(find_client("zed"), LAUNCH)
    change.apply()

    after = path.read_bytes().decode()
    assert after.startswith('// Zed settings\r\n{\r\n    "theme": "One", // mine\r\n')
    assert after.count("\n") == after.count("\r\n")
    assert jsonc.loads(after)["context_servers"]["other"] == {"command": "x", "env": {"API_KEY": "s3cret"}}
    assert "s3cret" not in change.difference(), "a line that stays is not shown"
    plan_removal(find_client("zed")).apply()
    assert path.read_bytes().decode() == before


def test_what_a_person_added_to_the_entry_stays(home: Path) -> None:
    path = home / ".cursor/mcp.json"
    path.parent.mkdir()
    path.write_text('{"mcpServers": {"allo": {"command": "uvx", "env": {"ALLO_REGION": "FR"}, "disabled": true}}}')

    plan_install(find_client("cursor"), LAUNCH).apply()

    assert json.loads(path.read_text())["mcpServers"]["allo"] == {
        "command": LAUNCH.command,
        "args": ["--read-only"],
        "env": {"ALLO_REGION": "FR"},
        "disabled": True,
    }


def test_toml_keeps_comments_and_other_tables(home: Path) -> None:
    path = home / ".codex/config.toml"
    path.parent.mkdir()
    path.write_bytes(b'# mine\r\nmodel = "x"\r\n\r\n[mcp_servers.other]\r\ncommand = "y" # why\r\n')

    plan_install(find_client("codex"), LAUNCH).apply()

    text = path.read_bytes().decode()
    assert text.startswith('# mine\r\nmodel = "x"\r\n\r\n[mcp_servers.other]\r\ncommand = "y" # why\r\n')
    assert text.count("\n") == text.count("\r\n")
    assert tomllib.loads(text)["mcp_servers"]["allo"] == {"command": LAUNCH.command, "args": ["--read-only"]}


def test_a_copy_with_the_same_permissions_is_made_first(home: Path) -> None:
    path = home / ".cursor/mcp.json"
    path.parent.mkdir()
    path.write_text('{"mcpServers": {}}')
    path.chmod(0o640)

    backup = plan_install(find_client("cursor"), LAUNCH).apply()

    assert backup is not None
    assert backup.read_text() == '{"mcpServers": {}}'
    assert {oct(file.stat().st_mode & 0o777) for file in (path, backup)} == {"0o640"}


def test_what_was_there_before_each_change_is_kept(home: Path) -> None:
    path = home / ".cursor/mcp.json"
    path.parent.mkdir()
    path.write_text("{}")

    for name in ("one", "two", "three"):
        plan_install(find_client("cursor"), LAUNCH, name).apply()

    assert sorted(len(jsonc.loads(kept.read_text()).get("mcpServers", {})) for kept in path.parent.glob("*.bak")) == [
        0,
        1,
        2,
    ]


def test_a_file_that_is_no_object_is_told_apart_from_servers_that_are_none(home: Path) -> None:
    path = home / ".cursor/mcp.json"
    path.parent.mkdir()
    for content, what in (("[]", "the file"), ('{"mcpServers": []}', "mcpServers")):
        path.write_text(content)
        with pytest.raises(InstallError, match=f": {what} is no object"):
            plan_install(find_client("cursor"), LAUNCH)


def test_a_file_behind_a_link_is_changed_where_it_is(home: Path) -> None:
    real = home / "dotfiles/cursor.json"
    real.parent.mkdir()
    real.write_text("{}")
    (home / ".cursor").mkdir()
    (home / ".cursor/mcp.json").symlink_to(real)

    plan_install(find_client("cursor"), LAUNCH).apply()

    assert (home / ".cursor/mcp.json").is_symlink()
    assert "allo" in real.read_text()


@pytest.mark.parametrize(
    ("client", "content"),
    [
        ("cursor", b'{"mcpServers": {'),
        ("cursor", b'{"mcpServers": []}'),
        ("cursor", b"[]"),
        ("cursor", b"\xff\xfe{\x00}\x00"),
        ("codex", b"[mcp_servers"),
        ("codex", b"mcp_servers = 3"),
    ],
)
def test_a_broken_file_is_refused_and_stays_as_it_is(home: Path, client: str, content: bytes) -> None:
    path = find_client(client).file()
    path.parent.mkdir()
    path.write_bytes(content)

    with pytest.raises(InstallError, match=r"[Mm]end it first"):
        plan_install(find_client(client), LAUNCH)

    assert path.read_bytes() == content


def test_a_read_only_file_is_not_written(home: Path) -> None:
    path = home / ".cursor/mcp.json"
    path.parent.mkdir()
    path.write_text("{}")
    path.chmod(0o400)

    with pytest.raises(InstallError, match=r"read-only.*--print"):
        plan_install(find_client("cursor"), LAUNCH).apply()

    assert path.read_text() == "{}"


def test_a_folder_that_cannot_be_made_is_said(home: Path) -> None:
    (home / ".cursor").write_text("a file where the folder should be")

    with pytest.raises(InstallError, match=r"cannot be (read|written)"):
        plan_install(find_client("cursor"), LAUNCH).apply()


def test_a_file_that_somebody_changed_meanwhile_is_left_alone(home: Path) -> None:
    path = home / ".cursor/mcp.json"
    path.parent.mkdir()
    path.write_text("{}")
    change = plan_install(find_client("cursor"), LAUNCH)
    path.write_text('{"theirs": 1}')

    with pytest.raises(InstallError, match="changed in the meantime"):
        change.apply()

    assert path.read_text() == '{"theirs": 1}'


def test_a_key_that_leaves_the_file_is_not_shown(home: Path) -> None:
    path = home / ".cursor/mcp.json"
    path.parent.mkdir()
    path.write_text('{"mcpServers": {\n"allo": {"command": "x",\n"env": {"ALLO_API_KEY": "ak_live_canary"}}\n}}')

    difference = plan_removal(find_client("cursor")).difference()

    assert "ak_live_canary" not in difference
    assert "ALLO_API_KEY" in difference


@pytest.mark.parametrize(
    ("name", "platform", "ending"),
    [
        ("claude-desktop", "darwin", "Library/Application Support/Claude/claude_desktop_config.json"),
        ("claude-desktop", "win32", "AppData/Roaming/Claude/claude_desktop_config.json"),
        ("claude-desktop", "linux", ".config/Claude/claude_desktop_config.json"),
        ("vscode", "darwin", "Library/Application Support/Code/User/mcp.json"),
        ("zed", "darwin", ".config/zed/settings.json"),
        ("zed", "win32", "AppData/Roaming/Zed/settings.json"),
    ],
)
def test_every_system_has_its_own_place(home: Path, name: str, platform: str, ending: str) -> None:
    assert find_client(name).file(platform) == home / ending


def test_an_unknown_client_is_answered_with_the_known_ones() -> None:
    with pytest.raises(InstallError, match="claude-desktop"):
        find_client("eudora")
