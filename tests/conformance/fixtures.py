"""What the official conformance suite asks a server to have, added to the production server for a test run only."""

import base64
import json
from typing import Any

import anyio
from mcp.server import ServerRequestContext
from mcp.server.mcpserver import AssistantMessage, Context, Message, UserMessage
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import (
    AudioContent,
    CallToolResult,
    EmbeddedResource,
    EmptyResult,
    ImageContent,
    SamplingMessage,
    SetLevelRequestParams,
    TextContent,
    TextResourceContents,
)
from tests.conformance.asking import INPUT_REQUIRED, STATELESS, ask, form, form_answer

from withallo_server.mcp_server import AlloServer

PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGP4z8DwHwAFAAH/iZk9HQAAAABJRU5ErkJggg=="
WAV = base64.b64encode(b"RIFF$\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0D\xac\0\0\x88X\1\0\2\0\x10\0data\0\0\0\0").decode()
IMAGE = ImageContent(type="image", data=PNG, mime_type="image/png")
AnyContext = Context[Any, Any]


def install(server: AlloServer) -> None:
    """Add tools, resources, prompts and handlers."""
    for tool in (
        test_simple_text,
        test_image_content,
        test_audio_content,
        test_embedded_resource,
        test_multiple_content_types,
        test_tool_with_logging,
        test_error_handling,
        test_tool_with_progress,
        test_sampling,
        test_elicitation,
        test_elicitation_sep1034_defaults,
        test_elicitation_sep1330_enums,
        *INPUT_REQUIRED,
        *STATELESS,
    ):
        server.add_tool(tool)
    _add_resources(server)
    _add_prompts(server)
    server._lowlevel_server.add_request_handler("logging/setLevel", SetLevelRequestParams, _set_level)


async def _set_level(_ctx: ServerRequestContext[Any, Any], _params: SetLevelRequestParams) -> EmptyResult:
    return EmptyResult()


async def test_simple_text() -> CallToolResult:
    """Return a text."""
    return _text("This is a simple text response for testing.")


async def test_image_content() -> CallToolResult:
    """Return an image."""
    return CallToolResult(content=[IMAGE])


async def test_audio_content() -> CallToolResult:
    """Return a sound."""
    return CallToolResult(content=[AudioContent(type="audio", data=WAV, mime_type="audio/wav")])


async def test_embedded_resource() -> CallToolResult:
    """Return a resource."""
    content = _embedded("test://embedded-resource", "text/plain", "This is an embedded resource content.")
    return CallToolResult(content=[content])


async def test_multiple_content_types() -> CallToolResult:
    """Return three kinds of content."""
    text = TextContent(type="text", text="Multiple content types test:")
    resource = _embedded("test://mixed-content-resource", "application/json", '{"test":"data","value":123}')
    return CallToolResult(content=[text, IMAGE, resource])


async def test_tool_with_logging(ctx: AnyContext) -> CallToolResult:
    """Log three times."""
    for line in ("Tool execution started", "Tool processing data", "Tool execution completed"):
        await ctx.info(line)
        await anyio.sleep(0.05)
    return _text("Logged three times.")


async def test_error_handling() -> CallToolResult:
    """Fail."""
    raise ToolError("This tool intentionally returns an error for testing")


async def test_tool_with_progress(ctx: AnyContext) -> CallToolResult:
    """Report progress three times."""
    for done in (0, 50, 100):
        await ctx.report_progress(done, 100)
        await anyio.sleep(0.05)
    return _text("Done.")


async def test_sampling(prompt: str, ctx: AnyContext) -> CallToolResult:
    """Ask the client's model."""
    message = SamplingMessage(role="user", content=TextContent(type="text", text=prompt))
    answer = await ctx.session.create_message([message], max_tokens=100, related_request_id=ctx.request_id)
    return _text(f"LLM response: {answer.content.text if isinstance(answer.content, TextContent) else answer.content}")


async def test_elicitation(message: str, ctx: AnyContext) -> CallToolResult:
    """Ask the client's user."""
    fields = {
        "username": {"type": "string", "description": "User's response"},
        "email": {"type": "string", "description": "User's email address"},
    }
    return await _asked(ctx, message, fields, ["username", "email"], "User response")


async def test_elicitation_sep1034_defaults(ctx: AnyContext) -> CallToolResult:
    """Ask with a default for every kind of field."""
    fields = {
        "name": {"type": "string", "default": "John Doe"},
        "age": {"type": "integer", "default": 30},
        "score": {"type": "number", "default": 95.5},
        "status": {"type": "string", "enum": ["active", "inactive", "pending"], "default": "active"},
        "verified": {"type": "boolean", "default": True},
    }
    return await _asked(ctx, "Please confirm the defaults", fields, [], "Elicitation completed")


async def test_elicitation_sep1330_enums(ctx: AnyContext) -> CallToolResult:
    """Ask with every kind of enumeration."""
    options = ["option1", "option2", "option3"]
    titled = [
        {"const": f"value{n}", "title": f"{word} Option"} for n, word in enumerate(("First", "Second", "Third"), 1)
    ]
    names = {"enum": ["opt1", "opt2", "opt3"], "enumNames": ["Option One", "Option Two", "Option Three"]}
    fields = {
        "untitledSingle": {"type": "string", "enum": options},
        "titledSingle": {"type": "string", "oneOf": titled},
        "legacyEnum": {"type": "string", **names},
        "untitledMulti": {"type": "array", "items": {"type": "string", "enum": options}},
        "titledMulti": {"type": "array", "items": {"anyOf": titled}},
    }
    return await _asked(ctx, "Please choose", fields, [], "Elicitation completed")


async def _asked(
    ctx: AnyContext, message: str, fields: dict[str, Any], required: list[str], said: str
) -> CallToolResult:
    schema = {"type": "object", "properties": fields, "required": required}
    answer = await ctx.session.elicit_form(message, schema, related_request_id=ctx.request_id)
    return _text(f"{said}: action={answer.action}, content={json.dumps(answer.content)}")


def _add_resources(server: AlloServer) -> None:
    @server.resource("test://static-text", mime_type="text/plain")
    def static_text() -> str:
        return "This is the content of the static text resource."

    @server.resource("test://static-binary", mime_type="image/png")
    def static_binary() -> bytes:
        return base64.b64decode(PNG)

    @server.resource("test://template/{id}/data", mime_type="application/json")
    def template(id: str) -> str:  # noqa: A002  # the suite's name for it
        return json.dumps({"id": id, "templateTest": True, "data": f"Data for ID: {id}"})

    @server.resource("test://watched-resource", mime_type="text/plain")
    def watched() -> str:
        return "Watched."


def _add_prompts(server: AlloServer) -> None:
    @server.prompt(description="A prompt.")
    def test_simple_prompt() -> str:
        return "This is a simple prompt for testing."

    @server.prompt(description="A prompt with arguments.")
    def test_prompt_with_arguments(arg1: str, arg2: str) -> str:
        return f"Prompt with arguments: arg1='{arg1}', arg2='{arg2}'"

    @server.prompt(description="A prompt with a resource.")
    def test_prompt_with_embedded_resource(resourceUri: str) -> list[Message]:  # noqa: N803  # the suite's name
        content = _embedded(resourceUri, "text/plain", "Embedded resource content for testing.")
        return [UserMessage(content), UserMessage("Please process the embedded resource above.")]

    @server.prompt(description="A prompt with an image.")
    def test_prompt_with_image() -> list[Message]:
        return [UserMessage(IMAGE), UserMessage("Please analyze the image above.")]

    @server.prompt(description="A prompt that asks first.")
    def test_input_required_result_prompt(ctx: AnyContext) -> Any:
        given = form_answer(ctx, "user_context", "context")
        if given is None:
            return ask(user_context=form("What context should the prompt use?", "context"))
        return [UserMessage(f"Context: {given}"), AssistantMessage("Understood.")]


def _text(text: str) -> CallToolResult:
    return CallToolResult(content=[TextContent(type="text", text=text)])


def _embedded(uri: str, mime_type: str, text: str) -> EmbeddedResource:
    return EmbeddedResource(type="resource", resource=TextResourceContents(uri=uri, mime_type=mime_type, text=text))
