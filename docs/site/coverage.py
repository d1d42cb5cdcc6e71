"""Which operation of the API contract each method of the client makes, found out by calling every one."""

import inspect
import re
from collections import defaultdict
from pathlib import Path
from typing import Any

import anyio
import httpx
import yaml

from withallo_client import AlloClient, ItemFilter, WithalloError

CONTRACT = Path(__file__).parents[1] / "openapi.yaml"
SAMPLES: dict[str, Any] = {
    "action": "READ",
    "allo_number": "+12125550100",
    "content": "x",
    "contact_number": "+12125550123",
    "from_": "+12125550100",
    "message": "x",
    "name": "x",
    "numbers": ["+12125550123"],
    "sender_id": "ATELIER",
    "tag": "vip",
    "tags": ["vip"],
    "to": "+33612345678",
    "topics": ["sms.received"],
    "url": "https://example.com/hook",
    "wanted": ItemFilter(),
}


def table() -> str:
    """Every operation with the methods that make it."""
    document = yaml.safe_load(CONTRACT.read_text(encoding="utf-8"))
    methods = anyio.run(methods_by_operation, list(document["paths"]))
    rows = [
        (f"{verb.upper()} {path}", operation.get("summary", ""), methods.get((verb.upper(), path), []))
        for path, operations in document["paths"].items()
        for verb, operation in operations.items()
        if verb in ("get", "post", "put", "patch", "delete")
    ]
    count = f"{sum(1 for _, _, names in rows if names)} of {len(rows)} operations have a method.\n\n"
    lines = [f"| `{name}` | {what} | {', '.join(f'`{each}`' for each in names)} |" for name, what, names in rows]
    return count + "| Operation | Is | Method |\n|---|---|---|\n" + "\n".join(lines) + "\n"


async def methods_by_operation(paths: list[str]) -> dict[tuple[str, str], list[str]]:
    """The methods that send each verb and path, by calling every method on an API that refuses everything."""
    patterns = [
        (path, re.compile(re.sub(r"\\{[^}]*\\}", "[^/]+", re.escape(path)))) for path in sorted(paths, key=_braces)
    ]
    made: dict[tuple[str, str], list[str]] = defaultdict(list)
    current = ""

    def refuse(request: httpx.Request) -> httpx.Response:
        path = request.url.raw_path.decode().partition("?")[0]
        found = next((name for name, pattern in patterns if pattern.fullmatch(path)), path)
        if current not in made[request.method, found]:
            made[request.method, found].append(current)
        return httpx.Response(404, json={"error": {"type": "not_found_error", "code": "X", "message": "x"}})

    async with AlloClient("ak_live_x", transport=httpx.MockTransport(refuse)) as client:
        for resource_name, resource in vars(client).items():
            if resource_name.startswith("_"):
                continue
            for name, method in inspect.getmembers(resource, inspect.iscoroutinefunction):
                if not name.startswith("_") and name != "recording":
                    current = f"{resource_name}.{name}"
                    await _try(method, update=name == "update")
    return made


async def _try(method: Any, *, update: bool) -> None:
    needed = {
        name: SAMPLES.get(name, ["x"] if name == "ids" else "x_1")
        for name, parameter in inspect.signature(method).parameters.items()
        if parameter.default is inspect.Parameter.empty or (update and name in ("name", "url"))
    }
    try:
        await method(**needed)
    except WithalloError:
        return


def _braces(path: str) -> int:
    return path.count("{")
