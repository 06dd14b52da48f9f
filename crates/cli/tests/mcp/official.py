# The official client, and a validator of JSON Schema: what they make of the server. Each thing that holds is a line of JSON.
import asyncio
import json
import os
import sys

from jsonschema import Draft202012Validator
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.shared.exceptions import MCPError

BINARY, DIRECTORY, MODE, STORY = sys.argv[1:5]

# One of each kind of value; which of them a schema takes, its server takes too, and no other.
VALUES = ["text", "", 7, -7, 0.5, True, None, [], ["text"], [7], {}]
# What stands for a text where the command asks for a form.
FORMS = {"decision_id": "input:key", "conflict_id": "01KT11A2B3C4D5E6F7G8H9JKMN", "wp": "WP01"}


def told(event, **more):
    print(json.dumps({"event": event, **more}), flush=True)


def example(name, schema):
    if "enum" in schema:
        return schema["enum"][0]
    if schema["type"] == "array":
        return [FORMS.get(name, "text")]
    return {"string": FORMS.get(name, "text"), "integer": 7, "number": 0.5, "boolean": True}[schema["type"]]


def refused(result):
    """Whether the server has refused the input itself; a command has no list of problems."""
    error = (result.structured_content or {}).get("error") or {}
    return error.get("code") == "INVALID_ARGUMENT" and "problems" in error.get("details", {})


async def story(client):
    async def must(tool, **given):
        result = await client.call_tool(tool, given)
        assert not result.is_error, (tool, given, result.structured_content)
        assert json.loads(result.content[0].text) == result.structured_content
        assert result.meta["exit_code"] == 0
        return result.structured_content

    asked = await must("decision_request", question="Which?", option=["a", "b"], input_key=f"of-{MODE}")
    decision = asked["data"]["decision_id"]
    answered, again = await asyncio.gather(
        must("decision_answer", decision_id=decision, answer="a"),
        must("decision_answer", decision_id=decision, answer="a"),
    )
    assert answered["receipt"]["committed"] and answered["receipt"]["event_id"] == again["receipt"]["event_id"]
    other = await client.call_tool("decision_answer", {"decision_id": decision, "answer": "b"})
    assert other.is_error and other.meta["exit_code"] == 5, other
    assert other.structured_content["error"]["code"] == "DECISION_ALREADY_ANSWERED"
    await must("verify")
    try:
        await client.call_tool("sync_enable", {"url": "http://127.0.0.1:1"})
    except MCPError as error:
        assert error.code == -32602, error
    else:
        raise AssertionError("there is a tool that grants consent")
    told("story", commit=answered["receipt"]["commit"])


async def hang(client):
    told("calling")
    await client.call_tool("sync_now", {"timeout": 3600})


async def schemas(client, tools):
    for tool in tools:
        Draft202012Validator.check_schema(tool.input_schema)
        judge = Draft202012Validator(tool.input_schema)
        properties = tool.input_schema["properties"]
        least = {name: example(name, properties[name]) for name in tool.input_schema.get("required", [])}
        assert judge.is_valid(least), (tool.name, least)
        assert not refused(await client.call_tool(tool.name, least)), (tool.name, least)
        wrong = [{**least, "unheard_of": 1}]
        wrong += [{key: value for key, value in least.items() if key != name} for name in least]
        for name, schema in properties.items():
            wrong += [{**least, name: value} for value in VALUES]
            # What it takes says nothing here of what the command makes of it.
        for given in wrong:
            if not judge.is_valid(given):
                assert refused(await client.call_tool(tool.name, given)), (tool.name, given)
    told("schemas", count=len(tools))


async def main():
    server = StdioServerParameters(command=BINARY, args=["mcp"], cwd=DIRECTORY, env=dict(os.environ))
    async with Client(stdio_client(server), mode=MODE) as client:
        told("version", version=client.protocol_version)
        tools = (await client.list_tools()).tools
        told("tools", names=[tool.name for tool in tools])
        await {"story": story, "hang": hang, "schemas": lambda client: schemas(client, tools)}[STORY](client)
    told("end")


asyncio.run(main())
