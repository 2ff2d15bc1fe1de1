import type { AttributeValue } from "../../trace/span.ts";
import { numberIn } from "../text/number-text.ts";
import { hasPlaceholder, placeholderTester } from "./placeholder.ts";
import type { Capture, TextTest, ValueTest } from "../pattern.ts";

/** Longer values are not given to a regular expression: they do not match. */
const REGEX_VALUE_MAX = 64 * 1024;

/** The test as a function, compiled once. A glob is never tried twice at one place: time is linear in the text. */
export function textTester(test: TextTest): (text: string) => boolean {
  if (test.type === "literal") return (text) => text === test.text;
  if (test.type === "glob") {
    if (hasPlaceholder(test.text)) return placeholderTester(test.text);
    const pieces = test.text.split("*");
    return (text) => fitsGlob(text, pieces);
  }
  const regex = new RegExp(test.source, test.flags);
  return (text) => text.length <= REGEX_VALUE_MAX && regex.test(text);
}

/** The test of one attribute value; arrays hold if any element does. */
export function valueTester(test: Exclude<ValueTest, Capture>): (value: AttributeValue) => boolean {
  const fits = test.type === "word" ? wordTester(test.text) : textTester(test);
  return (value) => scalarsOf(value).some((scalar) => fits(String(scalar)));
}

/** The texts and numbers that a value offers to tests: itself, or each element of an array. Objects and bytes offer none. */
export function scalarsOf(value: AttributeValue): readonly (string | number | bigint | boolean | null)[] {
  const flat: (string | number | bigint | boolean | null)[] = [];
  for (const element of Array.isArray(value) ? (value as readonly AttributeValue[]) : [value]) {
    if (element === null || typeof element !== "object") flat.push(element);
  }
  return flat;
}

/** What a capture may be to equal a value, as texts that are the same for values that are equal by text or by number. */
export function captureKeys(value: AttributeValue): readonly string[] {
  return scalarsOf(value).map((scalar) => {
    const text = String(scalar);
    const number = numberIn(text);
    return number === undefined || !isExact(number) ? `=${text}` : `#${number}`;
  });
}

function wordTester(word: string): (text: string) => boolean {
  const number = numberIn(word);
  if (number === undefined || !isExact(number)) return (text) => text === word;
  return (text) => text === word || numberIn(text) === number;
}

// Beyond 2^53 two integers may share one float, so only their digits decide.
function isExact(number: number): boolean {
  return Math.abs(number) <= Number.MAX_SAFE_INTEGER;
}

/** Whether `text` is the pieces in order with anything between: leftmost first suffices, so there is no backtracking. */
function fitsGlob(text: string, pieces: readonly string[]): boolean {
  const first = pieces[0] ?? "";
  if (pieces.length === 1) return text === first;
  const last = pieces.at(-1) ?? "";
  if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last)) return false;
  const end = text.length - last.length;
  let from = first.length;
  for (const piece of pieces.slice(1, -1)) {
    const found = text.indexOf(piece, from);
    if (found === -1 || found + piece.length > end) return false;
    from = found + piece.length;
  }
  return true;
}
