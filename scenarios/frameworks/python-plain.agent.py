"""A tool-calling agent on Python's standard library alone.

It reads a JSON message a line, asks an OpenAI-compatible model, calls the tools of its MCP servers over Streamable HTTP
or stdio, and exports its spans as OTLP/JSON. It knows nothing of Troupe: all that it needs stands in its environment.
"""

import json
import os
import secrets
import subprocess
import sys
import time
import urllib.request

TRACEPARENT = os.environ.get("TRACEPARENT", "").split("-")
RESOURCE = [pair.split("=", 1) for pair in os.environ.get("OTEL_RESOURCE_ATTRIBUTES", "").split(",") if "=" in pair]


def attributes_of(values):
    return [{"key": key, "value": {"stringValue": value}} for key, value in values.items()]


class Span:
    """One OpenTelemetry span, a child of `parent` or of what the environment says."""

    finished = []

    def __init__(self, name, kind, parent=None, **attributes):
        in_environment = len(TRACEPARENT) == 4
        self.trace_id = parent.trace_id if parent else TRACEPARENT[1] if in_environment else secrets.token_hex(16)
        self.parent_id = parent.span_id if parent else TRACEPARENT[2] if in_environment else ""
        self.span_id = secrets.token_hex(8)
        self.name, self.kind, self.attributes = name, kind, attributes
        self.status = {}

    def __enter__(self):
        self.start = time.time_ns()
        return self

    def __exit__(self, _type, error, _traceback):
        if error is not None:
            self.fail(str(error))
        Span.finished.append(
            {
                "traceId": self.trace_id,
                "spanId": self.span_id,
                "parentSpanId": self.parent_id,
                "name": self.name,
                "kind": self.kind,
                "startTimeUnixNano": str(self.start),
                "endTimeUnixNano": str(time.time_ns()),
                "attributes": attributes_of(self.attributes),
                "status": self.status,
            }
        )

    def fail(self, message):
        self.attributes["error.type"] = "tool_error"
        self.status = {"code": 2, "message": message}

    @property
    def traceparent(self):
        return f"00-{self.trace_id}-{self.span_id}-01"


def post(url, body, headers=None):
    data = json.dumps(body).encode()
    accept = {"content-type": "application/json", "accept": "application/json, text/event-stream"}
    request = urllib.request.Request(url, data, {**accept, **(headers or {})})
    with urllib.request.urlopen(request) as answer:
        text = answer.read().decode()
        if answer.headers.get_content_type() == "text/event-stream":
            text = [line[5:] for line in text.splitlines() if line.startswith("data:")][-1]
        return answer.headers, json.loads(text) if text else None


def export():
    """Hands in every span that has ended."""
    endpoint = os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT")
    if endpoint and Span.finished:
        resource = attributes_of({**dict(RESOURCE), "service.name": os.environ["OTEL_SERVICE_NAME"]})
        scopes = [{"scope": {"name": "python-plain"}, "spans": Span.finished}]
        post(f"{endpoint}/v1/traces", {"resourceSpans": [{"resource": {"attributes": resource}, "scopeSpans": scopes}]})
    Span.finished = []


class OverHttp:
    """Streamable HTTP: a message a request."""

    def __init__(self, url):
        self.url, self.headers = url, {}

    def exchange(self, message):
        headers, answer = post(self.url, message, self.headers)
        if "mcp-session-id" in headers:
            self.headers = {"mcp-session-id": headers["mcp-session-id"], "mcp-protocol-version": "2025-11-25"}
        return answer


class OverStdio:
    """A server of its own: a message a line."""

    def __init__(self, command, args):
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        self.process = subprocess.Popen([command, *args], text=True, **pipes)

    def exchange(self, message):
        self.process.stdin.write(json.dumps(message) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline()) if "id" in message else None


class McpServer:
    """A session with an MCP server, as the configuration of clients names it."""

    def __init__(self, entry, parent):
        self.wire = OverHttp(entry["url"]) if "url" in entry else OverStdio(entry["command"], entry["args"])
        self.count = 0
        client = {"name": os.environ["OTEL_SERVICE_NAME"], "version": "1.0.0"}
        version = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client}
        with Span("initialize", 3, parent, **{"mcp.method.name": "initialize"}) as span:
            self.ask("initialize", version, span)
            self.tell("notifications/initialized", span)
        with Span("tools/list", 3, parent, **{"mcp.method.name": "tools/list"}) as span:
            self.tools = self.ask("tools/list", {}, span)["tools"]

    def ask(self, method, params, span):
        self.count += 1
        params = {**params, "_meta": {"traceparent": span.traceparent}}
        answer = self.wire.exchange({"jsonrpc": "2.0", "id": self.count, "method": method, "params": params})
        if "error" in answer:
            raise RuntimeError(answer["error"]["message"])
        return answer["result"]

    def tell(self, method, span):
        params = {"_meta": {"traceparent": span.traceparent}}
        self.wire.exchange({"jsonrpc": "2.0", "method": method, "params": params})


class Agent:
    def __init__(self):
        self.name, self.messages, self.servers, self.step = os.environ["OTEL_SERVICE_NAME"], [], None, 0

    def answer(self, text):
        self.messages.append({"role": "user", "content": text})
        with Span(f"invoke_agent {self.name}", 1, **self.about("invoke_agent")) as turn:
            if self.servers is None:
                config = json.load(open(os.environ["MCP_CONFIG"]))["mcpServers"]
                self.servers = [McpServer(entry, turn) for entry in config.values()]
            while True:
                said = self.ask_model(turn)
                self.messages.append(said)
                if not said.get("tool_calls"):
                    return said["content"]
                for call in said["tool_calls"]:
                    self.call_tool(call, turn)

    def about(self, operation):
        return {"gen_ai.operation.name": operation, "gen_ai.agent.name": self.name}

    def ask_model(self, turn):
        tools = [
            {"type": "function", "function": {"name": tool["name"], "parameters": tool["inputSchema"]}}
            for server in self.servers
            for tool in server.tools
        ]
        model = os.environ.get("MODEL", "gpt-5")
        about = {**self.about("chat"), "gen_ai.request.model": model}
        with Span(f"chat {model}", 3, turn, **about) as span:
            headers = {"authorization": f"Bearer {os.environ['OPENAI_API_KEY']}", "traceparent": span.traceparent}
            body = {"model": model, "messages": self.messages, "tools": tools}
            _, answer = post(f"{os.environ['OPENAI_BASE_URL']}/chat/completions", body, headers)
            return answer["choices"][0]["message"]

    def call_tool(self, call, turn):
        name, arguments = call["function"]["name"], json.loads(call["function"]["arguments"])
        server = next(server for server in self.servers if any(tool["name"] == name for tool in server.tools))
        about = {**self.about("execute_tool"), "gen_ai.tool.name": name, "mcp.method.name": "tools/call"}
        about["gen_ai.tool.call.arguments"] = json.dumps(arguments)
        with Span(f"execute_tool {name}", 1, turn, **about) as span:
            result = server.ask("tools/call", {"name": name, "arguments": arguments}, span)
            text = "".join(part.get("text", "") for part in result["content"])
            span.attributes["gen_ai.tool.call.result"] = text
            if result.get("isError"):
                span.fail(text)
        self.messages.append({"role": "tool", "tool_call_id": call["id"], "content": text})


agent = Agent()
for line in sys.stdin:
    reply = agent.answer(json.loads(line)["text"])
    export()
    print(json.dumps({"text": reply}), flush=True)
