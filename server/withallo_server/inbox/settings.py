"""What the operator decides about the inbox."""

from pydantic import BaseModel, Field


class InboxSettings(BaseModel):
    """The part of the settings that the inbox reads; each is an environment variable with the prefix `ALLO_`."""

    inbox_days: int = Field(365, ge=2, description="Days the inbox keeps an event; Allo may deliver one again for two.")
    inbox_events: int = Field(1_000_000, ge=1000, description="Events the inbox keeps at most.")
    claude_channel: bool = Field(
        False,
        description="Push signed events of known contacts into a Claude Code session (experimental, stdio only).",
    )
