"""How code deep inside a tool asks a human when the protocol has the client ask and call again."""

from mcp.types import InputRequiredResult


class InputNeeded(Exception):  # noqa: N818 - a question, not an error; `AlloServer.call_tool` returns it as the answer
    """Ends a tool call with questions for a human (protocol 2026-07-28, multi round-trip requests).

    Attributes:
        result: The questions, and the state to bring back with the answers.
    """

    def __init__(self, result: InputRequiredResult) -> None:
        super().__init__("the client has to ask its user")
        self.result = result
