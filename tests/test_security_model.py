"""Every claim of the security model names a test that exists."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MODEL = (ROOT / "docs" / "SECURITY-MODEL.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py(?:::\w+)?)`", MODEL)))


@pytest.mark.parametrize("name", NAMED)
def test_the_named_test_exists(name: str) -> None:
    path, _, function = name.partition("::")
    text = (ROOT / path).read_text(encoding="utf-8")
    assert f"def {function}(" in text if function else "def test_" in text


def test_every_row_of_the_claims_names_a_test() -> None:
    claims = MODEL.partition("## What is claimed")[2].partition("## What is not protected")[0]
    rows = [line for line in claims.splitlines() if line.startswith("| ") and "Shown by" not in line]
    assert len(rows) >= 15
    assert [row for row in rows if "`tests/" not in row] == []
