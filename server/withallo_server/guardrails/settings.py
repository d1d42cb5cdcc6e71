"""What the operator decides about sending; no client, header or model can loosen it."""

from typing import Literal

from pydantic import BaseModel, Field


class SendingSettings(BaseModel):
    """The part of the settings that safe sending reads; each is an environment variable with the prefix `ALLO_`."""

    consent: Literal["ask", "allow", "deny"] = Field(
        "ask", description="What happens before a tool sends, spends or deletes, unless ALLO_CONSENT_ALLOW names it"
    )
    duplicate_window: int = Field(
        600, ge=0, description="Seconds in which an identical text to the same person is held back; 0 switches it off"
    )
    dry_run: bool = Field(False, description="Do everything but the request")
