"""`make demo`: what it shows last is there to be copied."""

import json
import os
import subprocess
import sys


def test_the_configuration_to_paste_is_whole_however_narrow_the_terminal_is() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "withallo_server", "demo"],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
        env={**os.environ, "COLUMNS": "30"},
    )

    start = done.stdout.index('{\n  "mcpServers"')
    configuration, _ = json.JSONDecoder().raw_decode(done.stdout[start:])
    assert configuration["mcpServers"]["allo"]["args"][-1] == "--sandbox"
