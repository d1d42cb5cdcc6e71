"""The account's own people."""

from mcp.server.mcpserver.exceptions import ToolError

from withallo_tools.keywords import plain
from withallo_tools.outsiders import clean
from withallo_tools.services import Services


async def find_user_id(reach: Services, text: str) -> str | None:
    """The id of the teammate somebody means by a name, an e-mail address or an id; None when nothing was said.

    Raises:
        ToolError: Nobody, or more than one, answers to it; the error lists the team.
    """
    wanted = plain(text.strip())
    if not wanted:
        return None
    if wanted.startswith(("usr-", "usr_")):
        return text.strip().replace("usr_", "usr-", 1)
    users = await reach.client.users.list()
    exact = [user for user in users if wanted in (plain(user.name or ""), plain(user.email or ""))]
    found = exact or [user for user in users if wanted in plain(user.name or "").split()]
    if len(found) == 1:
        return found[0].id
    names = ", ".join(clean(user.name or user.email or user.id, 60) for user in users[:30])
    raise ToolError(f"user: '{clean(text, 60)}' is {'several' if found else 'none'} of your team: {names}.")
