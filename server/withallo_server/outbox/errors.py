"""Why a write did not happen, in words the model can pass on.

ToolError
└── SendingError
    ├── NotSentError          nothing left this machine
    └── OutcomeUnknownError   the request left, or may have; it is never repeated by us
"""

from mcp.server.mcpserver.exceptions import ToolError


class SendingError(ToolError):
    """A write that cannot be reported as done; the text is complete and safe to show."""


class NotSentError(SendingError):
    """Nothing left this machine: held back, refused or declined.

    Attributes:
        why: In a few words without names or numbers, for the audit log.
    """

    def __init__(self, text: str, why: str) -> None:
        super().__init__(text)
        self.why = why


class OutcomeUnknownError(SendingError):
    """Whether the API took the request is not known; the text says what was found when we looked."""
