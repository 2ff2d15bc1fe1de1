// Compares recorded tool calls with those of exported runs: `recorded-calls RECORDED.json FOLDER`.
//
// RECORDED is a list of tau-bench runs. FOLDER holds {run}.{label}.spans.json and {run}.{label}.ledger.json, where {run} is
// a place in that list. It knows tau-bench, OTLP/JSON, the GenAI and MCP attribute names, and JSON-RPC; it imports nothing
// of Troupe's.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";

const [, , recordedFile, folder] = process.argv;
const read = (file) => JSON.parse(readFileSync(file, "utf8"));

/** A call's result is the next one with its id: models use an id more than once in a conversation. */
function callsInRecording({ traj }) {
  return traj.flatMap(({ tool_calls: calls }, at) =>
    (calls ?? []).map(({ id, function: called }) => ({
      name: called.name,
      arguments: JSON.parse(called.arguments),
      result: traj.slice(at).find(({ tool_call_id: answered }) => answered === id)?.content,
    })),
  );
}

function attribute(attributes, key) {
  const value = attributes.find((one) => one.key === key)?.value ?? {};
  return value.stringValue ?? value.intValue ?? value.boolValue;
}

/** A server's spans of tools/call by start, each with what its parent, the caller's span, tells of the call. */
function callsInSpans(document) {
  const spans = document.resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans));
  const byId = new Map(spans.map((span) => [span.spanId, span]));
  return spans
    .filter(({ kind, attributes }) => kind === 2 && attribute(attributes, "mcp.method.name") === "tools/call")
    .toSorted((a, b) => (BigInt(a.startTimeUnixNano) < BigInt(b.startTimeUnixNano) ? -1 : 1))
    .map(({ attributes, parentSpanId }) => {
      const told = byId.get(parentSpanId)?.attributes ?? [];
      return {
        name: attribute(attributes, "gen_ai.tool.name"),
        arguments: JSON.parse(attribute(told, "gen_ai.tool.call.arguments") ?? "null"),
        result: attribute(told, "gen_ai.tool.call.result"),
      };
    });
}

/** The requests of tools/call as the server received them, each with the answer as the caller received it. */
function callsInLedger(entries) {
  const arrived = entries.filter(({ end, method }) => end === "received" && method === "tools/call");
  const answers = new Map(
    arrived
      .filter(({ role }) => role === "reply")
      .map(({ from, text }) => [`${from} ${JSON.parse(text).id}`, JSON.parse(text).result]),
  );
  return arrived
    .filter(({ role }) => role === "request")
    .map(({ to, text }) => {
      const { id, params } = JSON.parse(text);
      const content = answers.get(`${to} ${id}`)?.content ?? [];
      return { name: params.name, arguments: params.arguments, result: content.map((part) => part.text).join("\n") };
    });
}

/** Where two lists of calls differ, in name or arguments, in order or number. */
function callDifferences(wanted, given) {
  return Array.from({ length: Math.max(wanted.length, given.length) }, (_, index) => index)
    .filter((index) => {
      const [a, b] = [wanted[index], given[index]];
      return a?.name !== b?.name || !isDeepStrictEqual(a?.arguments, b?.arguments);
    })
    .map(
      (index) => `call ${index + 1}: ${wanted[index]?.name ?? "none"} recorded, ${given[index]?.name ?? "none"} seen`,
    );
}

function resultDifferences(wanted, given) {
  return wanted
    .map(({ result }, index) => ({ result, seen: given[index]?.result, index }))
    .filter(({ result, seen }) => result === undefined || result !== seen)
    .map(({ index }) => `call ${index + 1}: another result`);
}

const runs = read(recordedFile);
const output = {};
for (const file of readdirSync(folder).filter((name) => name.endsWith(".spans.json"))) {
  const name = file.slice(0, -".spans.json".length);
  const recorded = callsInRecording(runs[Number.parseInt(name, 10)]);
  const spans = callsInSpans(read(join(folder, file)));
  const ledger = callsInLedger(read(join(folder, `${name}.ledger.json`)));
  output[name] = {
    recorded: recorded.length,
    calls: { spans: callDifferences(recorded, spans), ledger: callDifferences(recorded, ledger) },
    results: { spans: resultDifferences(recorded, spans), ledger: resultDifferences(recorded, ledger) },
  };
}
process.stdout.write(JSON.stringify(output));
