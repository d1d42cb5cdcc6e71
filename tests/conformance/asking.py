"""Tools of the conformance suite for the 2026-07-28 protocol: questions in answers, capabilities, lists that change."""

from typing import Any

from mcp import MCPError
from mcp.server.mcpserver import Context
from mcp.types import (
    CallToolResult,
    CreateMessageRequest,
    CreateMessageRequestParams,
    CreateMessageResult,
    ElicitRequest,
    ElicitRequestFormParams,
    ElicitResult,
    InputRequiredResult,
    ListRootsRequest,
    ListRootsResult,
    SamplingMessage,
    TextContent,
)

AnyContext = Context[Any, Any]


async def test_input_required_result_elicitation(ctx: AnyContext) -> CallToolResult | InputRequiredResult:
    """Ask for a name in the answer."""
    given = form_answer(ctx, "user_name", "name")
    return ask(user_name=form("What is your name?", "name")) if given is None else _text(f"Hello, {given}!")


async def test_input_required_result_sampling(ctx: AnyContext) -> CallToolResult | InputRequiredResult:
    """Ask the client's model in the answer."""
    given = (ctx.input_responses or {}).get("capital_question")
    if not isinstance(given, CreateMessageResult):
        return ask(capital_question=_sample("What is the capital of France?", 100))
    return _text(str(given.content))


async def test_input_required_result_list_roots(ctx: AnyContext) -> CallToolResult | InputRequiredResult:
    """Ask for the client's roots in the answer."""
    given = (ctx.input_responses or {}).get("client_roots")
    if not isinstance(given, ListRootsResult):
        return ask(client_roots=ListRootsRequest())
    return _text(f"Roots: {', '.join(str(root.uri) for root in given.roots)}")


async def test_input_required_result_request_state(ctx: AnyContext) -> CallToolResult | InputRequiredResult:
    """Give a state along with the question."""
    if ctx.request_state == "first" and form_answer(ctx, "confirm", "ok") is not None:
        return _text("state-ok")
    return ask("first", confirm=form("Please confirm", "ok", "boolean"))


async def test_input_required_result_tampered_state(ctx: AnyContext) -> CallToolResult | InputRequiredResult:
    """Give a state that must come back as it was."""
    return await test_input_required_result_request_state(ctx)


async def test_input_required_result_multiple_inputs(ctx: AnyContext) -> CallToolResult | InputRequiredResult:
    """Ask three things at once."""
    given = ctx.input_responses or {}
    if not {"user_name", "greeting", "client_roots"} <= set(given):
        return ask(
            "first",
            user_name=form("What is your name?", "name"),
            greeting=_sample("Generate a greeting", 50),
            client_roots=ListRootsRequest(),
        )
    return _text("All three came.")


async def test_input_required_result_multi_round(ctx: AnyContext) -> CallToolResult | InputRequiredResult:
    """Ask twice."""
    if ctx.request_state == "second" and (colour := form_answer(ctx, "step2", "color")) is not None:
        return _text(f"Favourite colour: {colour}")
    if ctx.request_state == "first" and form_answer(ctx, "step1", "name") is not None:
        return ask("second", step2=form("Step 2: What is your favorite color?", "color"))
    return ask("first", step1=form("Step 1: What is your name?", "name"))


async def test_input_required_result_capabilities(ctx: AnyContext) -> CallToolResult | InputRequiredResult:
    """Ask only what the client says it can answer."""
    able = ctx.client_capabilities
    wanted: dict[str, Any] = {}
    if able is not None and able.elicitation is not None:
        wanted["user_name"] = form("What is your name?", "name")
    if able is not None and able.sampling is not None:
        wanted["greeting"] = _sample("Generate a greeting", 50)
    return _text("Nothing to ask.") if not wanted or ctx.input_responses else ask(**wanted)


async def test_missing_capability(ctx: AnyContext) -> CallToolResult:
    """Need a client that samples."""
    able = ctx.client_capabilities
    if able is None or able.sampling is None:
        raise MCPError(-32021, "This needs sampling.", {"requiredCapabilities": {"sampling": {}}})
    return _text("The client samples.")


async def test_streaming_elicitation(ctx: AnyContext) -> CallToolResult | InputRequiredResult:
    """Say something, then ask."""
    await ctx.report_progress(1, 2)
    return await test_input_required_result_elicitation(ctx)


async def test_logging_tool(ctx: AnyContext) -> CallToolResult:
    """Log, for those who want it."""
    await ctx.info("Working")
    return _text("Logged.")


async def test_trigger_tool_change(ctx: AnyContext) -> CallToolResult:
    """Say that the list of tools is another."""
    await ctx.notify_tools_changed()
    return _text("Told.")


async def test_trigger_prompt_change(ctx: AnyContext) -> CallToolResult:
    """Say that the list of prompts is another."""
    await ctx.notify_prompts_changed()
    return _text("Told.")


STATELESS = (
    test_missing_capability,
    test_streaming_elicitation,
    test_logging_tool,
    test_trigger_tool_change,
    test_trigger_prompt_change,
)
INPUT_REQUIRED = (
    test_input_required_result_elicitation,
    test_input_required_result_sampling,
    test_input_required_result_list_roots,
    test_input_required_result_request_state,
    test_input_required_result_tampered_state,
    test_input_required_result_multiple_inputs,
    test_input_required_result_multi_round,
    test_input_required_result_capabilities,
)


def _text(text: str) -> CallToolResult:
    return CallToolResult(content=[TextContent(type="text", text=text)])


def form(message: str, name: str, kind: str = "string") -> ElicitRequest:
    schema = {"type": "object", "properties": {name: {"type": kind}}, "required": [name]}
    return ElicitRequest(params=ElicitRequestFormParams(message=message, requested_schema=schema))


def _sample(question: str, tokens: int) -> CreateMessageRequest:
    message = SamplingMessage(role="user", content=TextContent(type="text", text=question))
    return CreateMessageRequest(params=CreateMessageRequestParams(messages=[message], max_tokens=tokens))


def ask(state: str | None = None, /, **questions: Any) -> InputRequiredResult:
    return InputRequiredResult(input_requests=questions, request_state=state)


def form_answer(ctx: AnyContext, question: str, name: str) -> Any:
    given = (ctx.input_responses or {}).get(question)
    accepted = isinstance(given, ElicitResult) and given.action == "accept" and given.content is not None
    return given.content.get(name) if accepted and isinstance(given, ElicitResult) and given.content else None
