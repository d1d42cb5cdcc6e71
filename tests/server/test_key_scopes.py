import os
import stat
from pathlib import Path

import pytest
from pydantic import SecretStr

from withallo_server.key_scopes import KEPT, KeyFacts, KeyScopes

KEY, OTHER = SecretStr("ak_live_canary"), SecretStr("ak_live_other")
FACTS = KeyFacts(frozenset({"SMS_SEND", "CRM_READ"}), "FR", "team-1")


def test_facts_come_back_for_the_key_they_were_kept_for(tmp_path: Path) -> None:
    KeyScopes(tmp_path / "data").save(KEY, FACTS)
    assert KeyScopes(tmp_path / "data").load(KEY) == FACTS
    assert KeyScopes(tmp_path / "data").load(OTHER) == KeyFacts()


def test_the_file_holds_no_key_and_is_its_owners_alone(tmp_path: Path) -> None:
    KeyScopes(tmp_path).save(KEY, FACTS)
    file = tmp_path / "keys.json"
    assert "canary" not in file.read_text()
    if os.name == "posix":
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["keys.json"]


@pytest.mark.parametrize("content", ["", "{", "[]", '{"x": 1}', '"x"', "\x00", '{"%s": [1]}'])
def test_a_spoilt_file_is_no_file(tmp_path: Path, content: str) -> None:
    store = KeyScopes(tmp_path)
    store.save(KEY, FACTS)
    digest = store._path.read_text().split('"')[1]
    store._path.write_text(content.replace("%s", digest))
    assert store.load(KEY) == KeyFacts()
    store.save(KEY, FACTS)
    assert store.load(KEY) == FACTS


def test_only_the_newest_keys_are_kept(tmp_path: Path) -> None:
    store = KeyScopes(tmp_path)
    for number in range(KEPT + 1):
        store.save(SecretStr(f"key {number}"), FACTS)
    assert store.load(SecretStr("key 0")) == KeyFacts()
    assert store.load(SecretStr(f"key {KEPT}")) == FACTS


def test_a_folder_that_cannot_be_written_does_no_harm(tmp_path: Path) -> None:
    tmp_path.joinpath("file").write_text("")
    store = KeyScopes(tmp_path / "file")
    store.save(KEY, FACTS)
    assert store.load(KEY) == KeyFacts()
