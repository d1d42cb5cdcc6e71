"""Contacts of the v1 API."""

from collections.abc import Collection
from typing import Any, Literal

from withallo_client import _arguments as arguments
from withallo_client._http import HttpClient
from withallo_client.errors import InvalidArgumentError
from withallo_client.models.base import Page
from withallo_client.models.contacts import Contact, ContactContext, ConversationRow

Extension = Literal["engagement", "activity"]


class Contacts:
    """The contacts of the team (API contract 6.2). Reads of one contact are singular in the path, writes plural."""

    def __init__(self, http: HttpClient) -> None:
        self._http = http

    async def get(self, contact_id: str, extend: Collection[Extension] = ()) -> ContactContext:
        """`GET /v1/api/contact/{contact_id}`, scope CONTACTS_READ.

        Args:
            contact_id: `cnt_…`.
            extend: Also `engagement`, `activity`.

        Raises:
            NotFoundError: There is no such contact.
        """
        if isinstance(extend, str):
            raise InvalidArgumentError("extend", "must be a list")
        wanted = [arguments.choice("extend", one, ("engagement", "activity")) for one in extend]
        query = {"extend": ",".join(wanted)} if wanted else {}
        return (await self._http.get(f"/v1/api/contact/{arguments.segment('contact_id', contact_id)}", query)).one(
            ContactContext
        )

    async def search(self, page: int = 0, size: int = 10) -> Page[Contact]:
        """`GET /v1/api/contacts`, scope CONTACTS_READ: a page of all contacts; the route takes no words to search for.

        Args:
            page: Counts from 0.
            size: Rows a page, 1 to 100.
        """
        query = arguments.paging(page, size, first=0)
        return (await self._http.get("/v1/api/contacts", query)).results(Contact, page, size)

    async def search_conversation(
        self,
        contact_id: str,
        allo_number: str | None = None,
        page: int = 0,
        size: int = 10,
    ) -> Page[ConversationRow]:
        """`GET /v1/api/contact/{contact_id}/conversation`, scope CONVERSATIONS_READ: calls and texts with one contact.

        Args:
            contact_id: `cnt_…`.
            allo_number: Only on this line, E.164.
            page: Counts from 0.
            size: Rows a page, 1 to 100.

        Raises:
            NotFoundError: There is no such contact.
        """
        query = arguments.given(
            allo_number=allo_number and arguments.e164("allo_number", allo_number),
            **arguments.paging(page, size, first=0),
        )
        path = f"/v1/api/contact/{arguments.segment('contact_id', contact_id)}/conversation"
        return (await self._http.get(path, query)).results(ConversationRow, page, size)

    def check(
        self,
        *,
        numbers: Collection[str] | None = None,
        name: str | None = None,
        last_name: str | None = None,
        job_title: str | None = None,
        website: str | None = None,
        emails: Collection[str] | None = None,
    ) -> None:
        """Refuse what `create` and `update` refuse, without a request.

        Raises:
            InvalidArgumentError: Allo cannot take one of them.
        """
        _members(numbers, emails, name=name, last_name=last_name, job_title=job_title, website=website)

    async def create(
        self,
        numbers: Collection[str],
        *,
        name: str | None = None,
        last_name: str | None = None,
        job_title: str | None = None,
        website: str | None = None,
        emails: Collection[str] | None = None,
    ) -> Contact:
        """`POST /v1/api/contacts`, scope CONTACTS_READ_WRITE. Never repeated by this client.

        Args:
            numbers: One or more, E.164.
            name: First name.
            last_name: Last name.
            job_title: Job title.
            website: Website.
            emails: E-mail addresses.
        """
        members = _members(numbers, emails, name=name, last_name=last_name, job_title=job_title, website=website)
        return (await self._http.write("POST", "/v1/api/contacts", members)).one(Contact)

    async def update(
        self,
        contact_id: str,
        *,
        numbers: Collection[str] | None = None,
        name: str | None = None,
        last_name: str | None = None,
        job_title: str | None = None,
        website: str | None = None,
        emails: Collection[str] | None = None,
    ) -> Contact:
        """`PUT /v1/api/contacts/{contact_id}`, scope CONTACTS_READ_WRITE. What is left out stays as it is.

        Args:
            contact_id: `cnt_…`.
            numbers: Replaces all numbers.
            name: First name.
            last_name: Last name.
            job_title: Job title.
            website: Website.
            emails: Replaces all e-mail addresses.

        Raises:
            NotFoundError: There is no such contact.
        """
        members = _members(numbers, emails, name=name, last_name=last_name, job_title=job_title, website=website)
        if not members:
            raise InvalidArgumentError("update", "needs at least one member to change")
        path = f"/v1/api/contacts/{arguments.segment('contact_id', contact_id)}"
        return (await self._http.write("PUT", path, members)).one(Contact)


def _members(numbers: Collection[str] | None, emails: Collection[str] | None, **words: str | None) -> dict[str, Any]:
    members: dict[str, Any] = {
        field: (arguments.website if field == "website" else arguments.text)(field, value)
        for field, value in words.items()
        if value is not None
    }
    if numbers is not None:
        members["numbers"] = [arguments.e164("numbers", number) for number in arguments.texts("numbers", numbers)]
    if emails is not None:
        members["emails"] = [arguments.email("emails", email) for email in arguments.texts("emails", emails, least=0)]
    return members
