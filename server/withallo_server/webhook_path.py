"""Where deliveries come in, whichever way this server receives them."""

from typing import Final

from pydantic import SecretStr

PREFIX: Final = "/webhooks/allo/"
ROUTE: Final = PREFIX + "{token}"


def path_of(token: SecretStr) -> str:
    """The path whose last part is a token; as secret as the token."""
    return PREFIX + token.get_secret_value()
