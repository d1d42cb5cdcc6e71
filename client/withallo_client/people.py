"""People of the v2 CRM."""

from collections.abc import Mapping
from typing import Any, Literal

from withallo_client import _arguments as arguments
from withallo_client._http import HttpClient
from withallo_client.models.base import Page
from withallo_client.models.people import CrmPerson

PersonSort = Literal["DATE_DESC", "DATE_ASC", "NAME_ASC", "NAME_DESC", "CREATED_DESC", "CREATED_ASC"]

_SORTS = ("DATE_DESC", "DATE_ASC", "NAME_ASC", "NAME_DESC", "CREATED_DESC", "CREATED_ASC")
_FILTERS = ("name", "last_name", "job_title", "website", "company", "email", "phone_number", "deal_status")


class People:
    """The people of the CRM, scope CRM_READ (API contract 6.10)."""

    def __init__(self, http: HttpClient) -> None:
        self._http = http

    async def search(
        self,
        search: str | None = None,
        filters: Mapping[str, str] | None = None,
        sort: PersonSort | None = None,
        page: int = 1,
        size: int = 20,
    ) -> Page[CrmPerson]:
        """`POST /v2/api/crm/people/search`.

        Args:
            search: Name, e-mail, phone or company.
            filters: Of `name`, `last_name`, `job_title`, `website`, `company`, `email` (contained) and
                `phone_number`, `deal_status` (exact). Another key is refused here, Allo would ignore it silently.
            sort: Allo's default is DATE_DESC.
            page: Counts from 1.
            size: Rows a page, 1 to 100.
        """
        members: dict[str, Any] = arguments.given(
            search=None if search is None else arguments.text("search", search),
            sort=None if sort is None else arguments.choice("sort", sort, _SORTS),
        )
        if filters:
            members["filters"] = {
                arguments.choice("filters", name, _FILTERS): arguments.text(f"filters.{name}", value)
                for name, value in filters.items()
            }
        members |= arguments.paging(page, size, first=1)
        return (await self._http.query("/v2/api/crm/people/search", members)).page(CrmPerson, page, size)

    async def get(self, person_id: str) -> CrmPerson:
        """`GET /v2/api/crm/people/{person_id}`.

        Args:
            person_id: `per-…`.

        Raises:
            NotFoundError: PERSON_NOT_FOUND.
        """
        return (await self._http.get(f"/v2/api/crm/people/{arguments.segment('person_id', person_id)}")).one(CrmPerson)
