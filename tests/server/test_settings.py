from pathlib import Path

import pytest
from pydantic import SecretStr

from withallo_server.settings import Settings, SettingsError, load_settings, misspelt, options, take_flags


def test_every_setting_has_a_variable_a_flag_and_a_description() -> None:
    for option in options():
        assert option.variable == "ALLO_" + option.field.upper()
        assert option.flag == "--" + option.field.replace("_", "-")
        assert option.description.endswith("."), option


def test_the_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLO_API_KEY", "ak_live_1")
    monkeypatch.setenv("ALLO_READ_ONLY", "1")
    monkeypatch.setenv("ALLO_TOOLSETS", "calls, contacts,")
    monkeypatch.setenv("ALLO_WEBHOOK_SECRETS", "whsec_MTIzNDU2Nzg=,whsec_ODc2NTQzMjE=")
    settings = load_settings()
    assert settings.api_key == SecretStr("ak_live_1")
    assert settings.read_only
    assert settings.toolsets == ("calls", "contacts")
    assert [secret.get_secret_value() for secret in settings.webhook_secrets] == [
        "whsec_MTIzNDU2Nzg=",
        "whsec_ODc2NTQzMjE=",
    ]


def test_an_empty_variable_is_one_that_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLO_API_KEY", "")
    monkeypatch.setenv("ALLO_BASE_URL", "")
    settings = load_settings()
    assert settings.api_key is None
    assert settings.base_url == "https://api.withallo.com"


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("ALLO_API_KEY", "${user_config.api_key}"),
        ("ALLO_BASE_URL", "api.withallo.com"),
        ("ALLO_BASE_URL", "http://api.withallo.com"),
        ("ALLO_AUTH_SCHEME", "Bearer"),
        ("ALLO_DATABASE_URL", "mysql://somewhere"),
        ("ALLO_WEBHOOK_SECRETS", "whsec_MTIzNDU2Nzg=,nonsense"),
        ("ALLO_WEBHOOK_TOKEN", "short"),
        ("ALLO_TIMEZONE", "Europe/Pariss"),
        ("ALLO_REGION", "UK"),
        ("ALLO_TOOLSETS", "calls,faxes"),
        ("ALLO_READ_ONLY", "perhaps"),
        ("ALLO_ANSWER_TOKENS", "1"),
        ("ALLO_LISTEN", "8787"),
        ("ALLO_LISTEN", "127.0.0.1:99999"),
        ("ALLO_LOG_LEVEL", "LOUD"),
        ("ALLO_CONSENT", "maybe"),
        ("ALLO_CONSENT_ALLOW", "send_smss"),
        ("ALLO_CONSENT_ALLOW", "sms:+336*"),
        ("ALLO_CONSENT_ALLOW", "send_sms:"),
    ],
)
def test_a_wrong_value_is_told_in_one_line_that_names_the_setting(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert variable in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_unknown_toolset_is_refused_with_the_known_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLO_TOOLSETS", "faxes")
    with pytest.raises(SettingsError, match="faxes; known: account, all, calls"):
        load_settings()


@pytest.mark.parametrize(
    ("variable", "secret"),
    [
        ("ALLO_WEBHOOK_SECRETS", "whsec_not base64 at all"),
        ("ALLO_WEBHOOK_TOKEN", "a token with blanks in it"),
        ("ALLO_DATABASE_URL", "mysql://user:canary-password@host/name"),
        ("ALLO_DATABASE_URL", "postgresql://user:canary@password@host/name"),
    ],
)
def test_a_secret_is_not_repeated_in_the_refusal(monkeypatch: pytest.MonkeyPatch, variable: str, secret: str) -> None:
    monkeypatch.setenv(variable, secret)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert secret not in str(caught.value)
    assert "canary-password" not in str(caught.value)


def test_secrets_do_not_show_in_the_repr() -> None:
    settings = Settings(
        api_key=SecretStr("ak_live_canary"),
        webhook_token=SecretStr("canary-canary-canary"),
        webhook_secrets=(SecretStr("whsec_Y2FuYXJ5"),),
        database_url=SecretStr("postgresql://me:canary@host/name"),
    )
    assert "canary" not in repr(settings)
    assert "Y2FuYXJ5" not in repr(settings)


def test_a_misspelt_variable_is_told_with_what_was_meant(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLO_READONLY", "1")
    monkeypatch.setenv("ALLO_REGION", "FR")
    monkeypatch.setenv("ALLO_HOST", "127.0.0.1")
    monkeypatch.setenv("ALLO_PORT", "8788")
    monkeypatch.setenv("ALLO_FOO", "1")
    assert list(misspelt()) == [
        "ALLO_FOO is no setting and changes nothing",
        "ALLO_READONLY is no setting and changes nothing; did you mean ALLO_READ_ONLY?",
    ]


def test_a_tilde_in_the_data_folder_is_the_home_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.setenv("ALLO_DATA_DIR", "~/allo data")
    assert load_settings().data_dir == tmp_path / "allo data"


def test_the_embedded_account_has_a_folder_of_its_own(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, sandbox=True)
    assert settings.data_dir == tmp_path / "sandbox"
    assert Settings(data_dir=settings.data_dir, sandbox=True).data_dir == settings.data_dir
    assert settings.account != Settings(data_dir=tmp_path).account


def test_flags_are_taken_until_the_first_argument_that_is_none() -> None:
    given, rest = take_flags(["--sandbox", "--data-dir", "/x", "--region=FR", "events", "--sandbox", "list"])
    assert given == {"ALLO_SANDBOX": "true", "ALLO_DATA_DIR": "/x", "ALLO_REGION": "FR"}
    assert rest == ["events", "--sandbox", "list"]


def test_a_switch_can_be_switched_off_by_flag(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLO_READ_ONLY", "1")
    given, rest = take_flags(["--no-read-only"])
    monkeypatch.setenv("ALLO_READ_ONLY", given["ALLO_READ_ONLY"])
    assert not rest
    assert not load_settings().read_only


def test_a_flag_without_its_value_is_refused() -> None:
    with pytest.raises(SettingsError, match="--data-dir needs a value"):
        take_flags(["--sandbox", "--data-dir"])


@pytest.mark.parametrize("argument", ["--nonsense", "--no-region", "-h", "--no-sandbox=1"])
def test_what_is_no_flag_of_a_setting_is_left(argument: str) -> None:
    assert take_flags([argument]) == ({}, [argument])
