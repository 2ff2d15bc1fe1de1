import { textTester } from "../match/text-test.ts";
import type { TextTest } from "../pattern.ts";
import { isGlob, isPlainName } from "../text/plain-text.ts";

/** What differs from run to run in a name, most telling first. */
const FORMS = [
  "(?<uuid>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})",
  String.raw`(?<time>\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?)`,
  String.raw`(?<=(?:call|toolu|msg|run|thread|resp|chatcmpl)[_-])(?<id>(?=[a-z]*\d)[a-z0-9]{8,})`,
  "(?<hex>(?=[a-f]*[0-9])(?=[0-9]*[a-f])[0-9a-f]{8,})",
];
const VOLATILE = volatile(String.raw`(?<number>\d{5,}(?:\.\d+)?)`);
const VOLATILE_OR_COUNTED = volatile(String.raw`(?<number>\d+)`);

/** Each form stands between characters that belong to no word. */
function volatile(number: string): RegExp {
  return new RegExp([...FORMS, number].map((form) => `(?<![a-z0-9])${form}(?![a-z0-9])`).join("|"), "gi");
}

/** The test that a name or service stands for: itself, or a glob where it holds an id or a time of its run. */
export function lastingText(text: string): TextTest {
  return textWithout(text, VOLATILE);
}

/** As {@link lastingText}, of a name that may count its rounds: `Step 3` is `Step [number]`. */
export function uncountedText(text: string): TextTest {
  return textWithout(text, VOLATILE_OR_COUNTED);
}

function textWithout(text: string, volatileParts: RegExp): TextTest {
  const literal: TextTest = { type: "literal", text };
  if (isGlob(text)) return literal;
  const glob = text.replace(volatileParts, (found: string, ...rest: readonly unknown[]) => {
    const forms: object = Object(rest.at(-1));
    const form = Object.entries(forms).find(([, value]) => value !== undefined)?.[0];
    return form === undefined ? found : `[${form}]`;
  });
  return glob === text ? literal : (usableGlob(glob, [text]) ?? literal);
}

/** The glob, if a shape can say it and it fits all of `texts`. */
function usableGlob(glob: string, texts: readonly string[]): TextTest | undefined {
  const test: TextTest = { type: "glob", text: glob };
  return isPlainName(glob) && texts.every(textTester(test)) ? test : undefined;
}

/** A token that stands for data: one with a digit, or one of an address. What else differs is another name. */
const TOKEN = /[\p{L}\p{N}]+/gu;
const TOKENS_MAX = 16;

/**
 * Each form of a name in which one token of data is left open: `box [ ]` for `box 12`. Two names that share a form differ
 * in that token alone.
 */
export function openForms(name: string): readonly string[] {
  if (isGlob(name)) return [];
  const tokens = [...name.matchAll(TOKEN)];
  if (tokens.length > TOKENS_MAX) return [];
  const address = name.indexOf("://");
  return tokens
    .filter(({ 0: token, index }) => /\d/.test(token) || (address !== -1 && index > address))
    .map(({ 0: token, index }) => `${name.slice(0, index)}${OPEN}${name.slice(index + token.length)}`);
}

/** Stands for the open token; no name holds it, since traces are text. */
const OPEN = "\u0000";

/** One test for names that share an open form: a typed placeholder where it fits them all, else `*`. */
export function joinedText(form: string, names: readonly string[]): TextTest | undefined {
  for (const open of ["[number]", "[id]", "*"]) {
    const test = usableGlob(form.replace(OPEN, open), names);
    if (test !== undefined) return test;
  }
  return undefined;
}
