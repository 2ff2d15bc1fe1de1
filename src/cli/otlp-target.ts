import type { Fault } from "../core/errors.ts";
import type { OtlpTarget } from "../telemetry/forwarding.ts";
import type { Terminal } from "./terminal.ts";

const PATH = "/v1/traces";
const HEADER_VARIABLES = ["OTEL_EXPORTER_OTLP_HEADERS", "OTEL_EXPORTER_OTLP_TRACES_HEADERS"] as const;

/**
 * Where a flag says that spans are to go, with the headers of the environment and then those of `--otlp-header`.
 *
 * What is wrong is told without the values, which may be keys.
 */
export function readOtlpTarget(
  flag: string,
  { url, headers }: { readonly url: string | undefined; readonly headers: readonly string[] },
  env: NonNullable<Terminal["env"]>,
  faults: Fault[],
): OtlpTarget | undefined {
  const own = headers.map((pair) => ({ pair, where: "--otlp-header", write: "--otlp-header NAME=VALUE" }));
  if (url === undefined) {
    if (own.length > 0)
      faults.push({ where: "--otlp-header", what: `there is no ${flag}`, mend: `Add ${flag} URL, or leave it out.` });
    return undefined;
  }
  const ofEnvironment = HEADER_VARIABLES.flatMap((name) =>
    (env[name] ?? "")
      .split(",")
      .filter((pair) => pair.trim() !== "")
      .map((pair) => ({ pair: decoded(pair), where: name, write: "NAME=VALUE pairs with commas between them" })),
  );
  const read: Record<string, string> = {};
  for (const { pair, where, write } of [...ofEnvironment, ...own]) {
    const [, name = "", value = ""] = /^([^=]*)=(.*)$/s.exec(pair) ?? [];
    if (isHeader(name.trim(), value.trim())) read[name.trim().toLowerCase()] = value.trim();
    else
      faults.push({ where, what: "it holds what is no header (not shown, it may be a key)", mend: `Write ${write}.` });
  }
  const address = addressOf(url);
  if (address !== undefined) return { url: address, headers: read };
  const what = "this is no address that spans can be sent to (not shown, it may hold a key)";
  const mend = "Write one such as http://127.0.0.1:4318; keys go into --otlp-header NAME=VALUE.";
  faults.push({ where: flag, what, mend });
  return undefined;
}

/** The address with `/v1/traces`, which is added as exporters do; undefined where it is none. */
function addressOf(text: string): string | undefined {
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (url.username !== "" || url.password !== "") return undefined;
  const path = url.pathname.replace(/\/+$/, "");
  url.pathname = path.endsWith(PATH) ? path : path + PATH;
  return url.href;
}

function isHeader(name: string, value: string): boolean {
  try {
    return new Headers([[name, value]]).has(name);
  } catch {
    return false;
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
