"""List the tools of an installed wheel over stdio, as a client would; run by `make build` outside the checkout."""

import json
import pathlib
import subprocess
import sys
import tempfile

REQUEST = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "tools/list",
    "params": {
        "_meta": {
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientInfo": {"name": "wheel check", "version": "1"},
            "io.modelcontextprotocol/clientCapabilities": {},
        }
    },
}


def main() -> None:
    """Start the script named on the command line and fail unless it lists tools on a clean stdout."""
    script = str(pathlib.Path(sys.argv[1]).absolute())
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [script, "--sandbox", "--data-dir", folder],
            input=json.dumps(REQUEST) + "\n",
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    messages = [json.loads(line) for line in done.stdout.splitlines()]
    answers = [message for message in messages if message.get("id") == 1]
    if done.returncode or not answers or "result" not in answers[0]:
        sys.exit(f"the wheel does not serve (exit {done.returncode}):\n{done.stdout}\n{done.stderr}")
    names = [tool["name"] for tool in answers[0]["result"]["tools"]]
    if "send_sms" not in names or "search_calls" not in names:
        sys.exit(f"tools are missing from the wheel: {names}")
    sys.stderr.write(f"the wheel lists {len(names)} tools: {', '.join(names)}\n")


if __name__ == "__main__":
    main()
