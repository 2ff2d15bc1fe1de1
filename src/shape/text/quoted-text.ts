import type { TextTest } from "../pattern.ts";
import { regexFault } from "./regex.ts";
import type { Scanner } from "./scanner.ts";

/** A `"…"` or `/…/flags` that starts here, or `undefined` if neither does. */
export function readQuotedOrRegex(scanner: Scanner): TextTest | undefined {
  const at = scanner.index;
  if (scanner.rest.startsWith('"')) {
    const quoted = scanner.take(/"(?:[^"\\]|\\.)*"/y);
    if (quoted === "") {
      scanner.fail(at, {
        what: 'the closing " is missing; YAML cuts a line at ": " and " #"',
        mend: "Close the quote, or put the whole line in single quotes.",
      });
    }
    return { type: "literal", text: unquote(scanner, at, quoted) };
  }
  if (!scanner.rest.startsWith("/")) return undefined;
  const regex = scanner.take(/\/(?:[^/\\[]|\\.|\[(?:[^\]\\]|\\.)*\])+\//y);
  if (regex === "") {
    scanner.fail(at, {
      what: "the closing / of the regular expression is missing",
      mend: "Close it, or put a text that starts with / in double quotes.",
    });
  }
  const source = regex.slice(1, -1);
  const flags = scanner.take(/[^\s,}]*/y);
  const fault = regexFault(source, flags);
  return fault === undefined ? { type: "regex", source, flags } : scanner.fail(at, fault);
}

function unquote(scanner: Scanner, at: number, quoted: string): string {
  try {
    return String(JSON.parse(quoted));
  } catch {
    return scanner.fail(at, {
      what: `${quoted} holds an escape that is not JSON's`,
      mend: String.raw`Write \" for a quote and \\ for a backslash.`,
    });
  }
}
