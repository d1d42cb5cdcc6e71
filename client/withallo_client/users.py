"""Teammates."""

import builtins
from typing import Literal

from withallo_client import _arguments as arguments
from withallo_client._http import HttpClient
from withallo_client.models.users import User

Role = Literal["ADMIN", "MANAGER", "MEMBER"]
Status = Literal["ACTIVE", "BLOCKED"]


class Users:
    """The people of the team, scope USERS_READ (API contract 6.6)."""

    def __init__(self, http: HttpClient) -> None:
        self._http = http

    async def list(self, role: Role | None = None, status: Status | None = None) -> builtins.list[User]:
        """`GET /v2/api/users`: active teammates, unless another status is asked for."""
        query = arguments.given(
            role=role and arguments.choice("role", role, ("ADMIN", "MANAGER", "MEMBER")),
            status=status and arguments.choice("status", status, ("ACTIVE", "BLOCKED")),
        )
        return (await self._http.get("/v2/api/users", query)).many(User)

    async def get(self, user_id: str) -> User:
        """`GET /v2/api/users/{user_id}`.

        Raises:
            NotFoundError: USER_NOT_FOUND.
        """
        return (await self._http.get(f"/v2/api/users/{arguments.segment('user_id', user_id)}")).one(User)
