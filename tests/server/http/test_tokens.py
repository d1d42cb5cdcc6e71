import os
from pathlib import Path
from typing import Any

import pytest
from mcp.client import advertise
from mcp.server.apps import APP_MIME_TYPE, EXTENSION_ID
from pydantic import SecretStr

from withallo_server.http.grants import grants_of
from withallo_server.http.tokens import HashedToken, StaticTokens, TokenLineError, make_token, read_line


def keep(path: Path, *tokens: HashedToken, stamp: int = 0) -> None:
    path.write_text("# our tokens\n\n" + "".join(f"{token.line}\n" for token in tokens))
    os.utime(path, ns=(stamp, stamp))


def test_a_token_is_its_users_and_its_hash_tells_nobody_else() -> None:
    secret, kept = make_token("desk", ("allo:calls:read",))

    caller = StaticTokens([SecretStr(kept.line)]).caller(secret.get_secret_value())

    assert caller is not None
    assert caller.name == "desk"
    assert caller.grants == grants_of(["allo:calls:read"])
    assert secret.get_secret_value() not in kept.line
    assert secret.get_secret_value() not in repr(caller)


@pytest.mark.parametrize("given", ["", "wam_", "desk", "é\udcff", "x" * 100_000])
def test_anything_else_is_nobodys(given: str) -> None:
    _, kept = make_token("desk")

    assert StaticTokens([SecretStr(kept.line)]).caller(given) is None


def test_the_hash_itself_opens_nothing() -> None:
    _, kept = make_token("desk")
    tokens = StaticTokens([SecretStr(kept.line)])

    assert tokens.caller(kept.line) is None
    assert tokens.caller(kept.digest.hex()) is None


def test_tokens_are_rotated_without_a_restart(tmp_path: Path) -> None:
    old, kept_old = make_token("old")
    new, kept_new = make_token("new")
    file = tmp_path / "tokens"
    keep(file, kept_old, stamp=1)
    tokens = StaticTokens(file=file)
    assert tokens.caller(old.get_secret_value()) is not None

    keep(file, kept_old, kept_new, stamp=2)
    assert tokens.caller(new.get_secret_value()) is not None

    keep(file, kept_new, stamp=3)
    assert tokens.caller(old.get_secret_value()) is None


def test_a_file_that_became_wrong_changes_nothing_and_a_file_that_is_gone_revokes(tmp_path: Path) -> None:
    secret, kept = make_token("desk")
    file = tmp_path / "tokens"
    keep(file, kept, stamp=1)
    tokens = StaticTokens(file=file)

    file.write_text("half a li")
    assert tokens.caller(secret.get_secret_value()) is not None

    file.unlink()
    assert tokens.caller(secret.get_secret_value()) is None


@pytest.mark.parametrize(
    "line",
    [
        "",
        "desk",
        "desk:sha256:",
        "desk:sha256:zz",
        ":sha256:" + "0" * 64,
        "desk:md5:" + "0" * 32,
        "desk:sha256:" + "0" * 64 + ":admin",
        "desk:sha256:" + "0" * 63,
    ],
)
def test_a_line_that_is_no_token_stops_the_start_and_is_not_repeated(line: str) -> None:
    with pytest.raises(TokenLineError) as caught:
        read_line(line)

    assert "0000" not in str(caught.value)


def test_a_file_that_is_not_there_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(TokenLineError):
        StaticTokens(file=tmp_path / "none")


@pytest.mark.anyio
async def test_a_send_card_answers_to_nobody_else_and_stays_good_for_its_own_human(
    served: Any, hashed: Any, sandbox: Any
) -> None:
    (mine, mine_kept), (theirs, theirs_kept) = hashed("desk"), hashed("other")
    apps = [advertise(EXTENSION_ID, {"mimeTypes": [APP_MIME_TYPE]})]
    async with (
        served(sandbox=sandbox, tokens=(mine_kept, theirs_kept)) as it,
        it.client(mine, extensions=apps) as asker,
        it.client(theirs, extensions=apps) as thief,
    ):
        card = (await asker.call_tool("send_sms", {"to": "+12125550133", "message": "Nine."})).meta
        shown = card["withallo/send-card"]
        press = {"question": shown["question"], "secret": shown["secret"], "decision": "send"}
        assert (await thief.call_tool("answer_send_card", press)).is_error
        assert sandbox.sent == []
        assert not (await asker.call_tool("answer_send_card", press)).is_error
    assert [message.content for message in sandbox.sent] == ["Nine."]
