"""`withallo-mcp webhook`: register at Allo, look, take back."""

from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import anyio
import httpx
import typer

from withallo_client import AlloClient, WithalloError
from withallo_server import errors
from withallo_server.credentials import CredentialError, with_kept_key
from withallo_server.inbox.registration import Registered, Registration
from withallo_server.receiving import webhook_token
from withallo_server.settings import SettingsError, load_settings
from withallo_tools.outsiders import clean

Result = TypeVar("Result")

app = typer.Typer(
    help="Register this server at Allo as a webhook endpoint.", no_args_is_help=True, pretty_exceptions_enable=False
)


@app.command()
def setup(
    url: Annotated[str, typer.Option(help="Public https address that leads here; the secret path is added.")],
    topics: Annotated[str, typer.Option(help="Topics with commas; everything but partner events when left out.")] = "",
) -> None:
    """Register the address, keep the signing secret, and prove that deliveries arrive.

    The exit status is 1 when they do not arrive yet; the registration stays, and `status` looks again.
    """
    wanted = [topic.strip() for topic in topics.split(",") if topic.strip()]
    registered = _run(lambda registration: registration.set_up(url, wanted))
    typer.echo(f"{'Registered' if registered.is_new else 'Brought up to date'}: {_shown(registered)}")
    typer.echo(f"Topics: {', '.join(clean(topic) for topic in registered.endpoint.topics)}")
    if registered.kept_in:
        typer.echo(f"The signing secret is kept in {registered.kept_in}.")
    _tell_probe(registered)
    raise typer.Exit(0 if registered.probed and registered.probed.reached else 1)


@app.command()
def status() -> None:
    """Show the endpoints at Allo that lead here, and whether a signed probe arrives.

    The exit status is 1 when none does.
    """
    found = _run(Registration.status)
    if not found:
        typer.echo("No endpoint at Allo leads here: withallo-mcp webhook setup --url https://...")
        raise typer.Exit(1)
    for registered in found:
        state = "enabled" if registered.endpoint.enabled else "DISABLED by Allo or by hand: setup enables it again"
        typer.echo(f"{_shown(registered)}: {state}")
        _tell_probe(registered)
    works = any(each.endpoint.enabled and each.probed and each.probed.reached for each in found)
    raise typer.Exit(0 if works else 1)


@app.command()
def remove() -> None:
    """Delete the endpoints at Allo that lead here and forget their signing secrets."""
    gone = _run(Registration.remove)
    for endpoint in gone:
        typer.echo(f"Deleted {clean(endpoint.id)}.")
    if not gone:
        typer.echo("No endpoint at Allo leads here.")


def _run(work: Callable[[Registration], Awaitable[Result]]) -> Result:
    try:
        settings = with_kept_key(load_settings())
        if settings.sandbox:
            typer.echo("The embedded account has its webhook already: what happens there arrives in this inbox.")
            raise typer.Exit
        if settings.api_key is None:
            raise typer.BadParameter("there is no API key: set ALLO_API_KEY, or withallo-mcp auth login")
        key = settings.api_key

        async def run() -> Result:
            client = AlloClient(key, base_url=settings.base_url, auth_scheme=settings.auth_scheme)
            async with client, httpx.AsyncClient() as http:
                token = webhook_token(settings)
                given = settings.webhook_secrets
                return await work(Registration(client, http, token=token, folder=settings.data_dir, given=given))

        return anyio.run(run)
    except CredentialError as error:
        raise SettingsError(str(error)) from error
    except WithalloError as error:
        typer.echo(f"withallo-mcp: {errors.explain(error)}", err=True)
        raise typer.Exit(1) from None


def _shown(registered: Registered) -> str:
    """The address without its secret last part."""
    address = (registered.endpoint.url or "").rpartition("/")[0]
    return f"{clean(registered.endpoint.id)} at {clean(address)}/..."


def _tell_probe(registered: Registered) -> None:
    if registered.probed is None:
        typer.echo("Not probed: Allo did not tell the signing secret; put it into ALLO_WEBHOOK_SECRETS.")
    else:
        typer.echo(("OK: " if registered.probed.reached else "NOT YET: ") + registered.probed.finding)
