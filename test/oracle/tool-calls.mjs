// Compares the tool calls of a trace with those that crossed the wires: `tool-calls SPANS.json LEDGER.json`.
//
// It knows OTLP/JSON, the GenAI and MCP attribute names, and JSON-RPC; it imports nothing of Troupe's.
import { readFileSync } from "node:fs";

const [, , spansFile, ledgerFile] = process.argv;

const byText = (a, b) => (a < b ? -1 : a > b ? 1 : 0);

/** JSON text with sorted keys. */
function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  const members = Object.keys(value)
    .toSorted(byText)
    .map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`);
  return `{${members.join()}}`;
}

function attribute(attributes, key) {
  const value = attributes.find((one) => one.key === key)?.value ?? {};
  return value.stringValue ?? value.intValue ?? value.boolValue;
}

/** A server's spans of tools/call by start, each with the arguments that its parent, the caller's span, tells. */
function callsInSpans(document) {
  const spans = document.resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap((scope) =>
      scope.spans.map((span) => ({ ...span, service: attribute(resource.attributes, "service.name") })),
    ),
  );
  const byId = new Map(spans.map((span) => [span.spanId, span]));
  return spans
    .filter(({ kind, attributes }) => kind === 2 && attribute(attributes, "mcp.method.name") === "tools/call")
    .toSorted((a, b) => (BigInt(a.startTimeUnixNano) < BigInt(b.startTimeUnixNano) ? -1 : 1))
    .map(({ service, attributes, parentSpanId }) => {
      const told = attribute(byId.get(parentSpanId)?.attributes ?? [], "gen_ai.tool.call.arguments") ?? "null";
      return { service, call: `${attribute(attributes, "gen_ai.tool.name")} ${canonical(JSON.parse(told))}` };
    });
}

/** The requests of tools/call as they arrived, in the order in which the ledger was written. */
function callsInLedger(entries) {
  return entries
    .filter(({ end, role, method }) => end === "received" && role === "request" && method === "tools/call")
    .map(({ to, text }) => {
      const { name, arguments: args = {} } = JSON.parse(text).params;
      return { service: to, call: `${name} ${canonical(args)}` };
    });
}

function byServer(calls) {
  const servers = [...new Set(calls.map(({ service }) => service))].toSorted(byText);
  return servers.map((server) => [server, calls.filter(({ service }) => service === server).map(({ call }) => call)]);
}

const read = (file) => JSON.parse(readFileSync(file, "utf8"));
const seen = { spans: byServer(callsInSpans(read(spansFile))), ledger: byServer(callsInLedger(read(ledgerFile))) };
process.stdout.write(`${JSON.stringify(seen, null, 2)}\n`);
process.exitCode = canonical(seen.spans) === canonical(seen.ledger) ? 0 : 1;
