import pytest

from withallo_server.machine import machine_region, machine_zone


@pytest.fixture(autouse=True)
def no_language(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LC_ALL", "LC_TELEPHONE", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("variable", "value", "region"),
    [
        ("LANG", "fr_FR.UTF-8", "FR"),
        ("LC_ALL", "en_CA", "CA"),
        ("LANG", "C.UTF-8", "US"),
        ("LANG", "POSIX", "US"),
        ("LANG", "de_", "US"),
    ],
)
def test_the_region_comes_from_the_language_of_the_machine(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, region: str
) -> None:
    monkeypatch.setenv(variable, value)
    assert machine_region() == region


def test_the_zone_comes_from_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Europe/Paris")
    assert machine_zone().key == "Europe/Paris"


def test_a_machine_without_a_zone_that_is_known_is_in_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Nowhere/Nothing")
    assert machine_zone().key == "UTC"
