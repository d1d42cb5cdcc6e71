"""`withallo-mcp doctor`."""

import json
import os
from collections.abc import Awaitable, Callable, Collection
from typing import Annotated

import anyio
import typer
from pydantic import ValidationError
from rich.console import Console
from rich.markup import escape

from withallo_client import __version__
from withallo_server.doctor.allo import LOGIN, check_key
from withallo_server.doctor.apps import check_clients
from withallo_server.doctor.findings import Finding, Level, red, worst
from withallo_server.doctor.itself import check_itself
from withallo_server.doctor.machine import check_data_folder, check_database, check_package, check_python
from withallo_server.doctor.network import check_answer, check_dns, check_tls
from withallo_server.settings import PREFIX, Settings, explain, load_settings

Found = Finding | list[Finding]
Check = Callable[[Settings], Found | Awaitable[Found]]

LOCAL: tuple[Check, ...] = (check_python, check_package, check_data_folder, check_database)
ALLO: tuple[Check, ...] = (check_dns, check_tls, check_answer, check_key)
LAST: tuple[Check, ...] = (check_clients, check_itself)

_COLOURS = {Level.GREEN: "green", Level.AMBER: "yellow", Level.RED: "red"}


def doctor(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
    sandbox: Annotated[bool, typer.Option("--sandbox", help="Leave out what needs a key or a network.")] = False,
) -> None:
    """Look for whatever keeps this server from working; each finding comes with what mends it.

    The exit status is 1 when something does not work.
    """
    if sandbox:
        os.environ[f"{PREFIX}SANDBOX"] = "true"
    settings, unusable = _usable_settings()
    findings = [*unusable, *anyio.run(examine, settings, {finding.check for finding in unusable})]
    if as_json:
        report = {"version": __version__, "level": worst(findings), "findings": [one.as_json() for one in findings]}
        typer.echo(json.dumps(report, indent=2, ensure_ascii=False))
    else:
        _show(findings)
    raise typer.Exit(1 if worst(findings) is Level.RED else 0)


def _usable_settings() -> tuple[Settings, list[Finding]]:
    """The settings without those that no server would start with, which are findings."""
    try:
        return Settings(), []
    except ValidationError as error:
        problems = error.errors(include_input=False)
    findings = []
    for problem in problems:
        variable = f"{PREFIX}{''.join(map(str, problem['loc'][:1]))}".upper()
        os.environ.pop(variable, None)
        is_key = variable == f"{PREFIX}API_KEY"
        mend = f"unset it, then {LOGIN}" if is_key else "correct it in the environment, the flag, or the client's file"
        findings.append(red("key" if is_key else "settings", explain(problem), mend))
    return load_settings(), findings


async def examine(settings: Settings, known: Collection[str] = ()) -> list[Finding]:
    """Run every check, in the order in which one thing depends on another; of the key only where nothing is known."""
    checks = (*LOCAL, *(() if settings.sandbox else ALLO), *LAST)
    findings: list[Finding] = []
    for check in checks:
        if check is check_key and "key" in known:
            continue
        try:
            answer = check(settings)
            found = await answer if isinstance(answer, Awaitable) else answer
        except Exception as error:  # noqa: BLE001  # a check that fails is a finding, not the end of the others
            name = check.__name__.removeprefix("check_").replace("_", " ")
            found = red(name, f"The check itself failed ({type(error).__name__}).", "report it with --log-level DEBUG")
        findings += found if isinstance(found, list) else [found]
    return findings


def _show(findings: list[Finding]) -> None:
    console = Console(highlight=False, soft_wrap=True)
    for finding in findings:
        colour = _COLOURS[finding.level]
        console.print(f"[{colour}]{finding.level:6}[/] [bold]{escape(finding.check)}[/]: {escape(finding.text)}")
        if finding.mend:
            console.print(f"       [dim]mend:[/] {escape(finding.mend)}")
