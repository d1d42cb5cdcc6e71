"""How code deep inside a tool ends the call with something other than the tool's answer: a question to a human."""

from mcp.types import CallToolResult, InputRequiredResult


class InputNeeded(Exception):  # noqa: N818  # a question, not an error; `AlloServer.call_tool` returns it as the answer
    """Ends a tool call with a question for a human.

    Attributes:
        result: Questions that the client asks before it calls again (protocol 2026-07-28), or an answer that shows
            the question itself, such as a card.
    """

    def __init__(self, result: InputRequiredResult | CallToolResult) -> None:
        super().__init__("a human has to be asked")
        self.result = result
