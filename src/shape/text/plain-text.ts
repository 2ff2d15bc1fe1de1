import { PLACEHOLDERS } from "../pattern.ts";

const PLACEHOLDER = new RegExp(String.raw`\[(?:${PLACEHOLDERS.join("|")})\]`);
const WORD = /^[\p{L}_][\p{L}\p{N}_-]*$/u;

// What JSON escapes, what YAML takes for the end of a line, and what a file could not hold.
const UNSEEN = /[\p{Cc}\p{Cs}\u2028\u2029\uFEFF]/u;

// YAML takes these for something else than text.
const YAML_WORD = /^(?:null|true|false|yes|no|on|off|y|n|\d[\w.:+-]*)$/i;

/** Whether an unquoted text is a glob: it holds `*` or a placeholder. */
export function isGlob(text: string): boolean {
  return text.includes("*") || PLACEHOLDER.test(text);
}

/** Whether a text may name a definition or a capture: letters, digits, `_` and `-`, a letter or `_` first. */
export function isWord(text: string): boolean {
  return WORD.test(text);
}

/** Whether a text may stand unquoted as a name, literal or glob: nothing in it ends a name. */
export function isPlainName(text: string): boolean {
  return (
    /^[^\s"/@{]/.test(text) &&
    !UNSEEN.test(text) &&
    !/ [@{ ]| $|(?:^| )x\d+(?:\.\.\S*)?$/.test(text) &&
    text.trim() === text
  );
}

/** Whether a text may stand unquoted as a value, word or glob. */
export function isPlainValue(text: string): boolean {
  return /^[^\s"/$=<>!~,}]/.test(text) && !UNSEEN.test(text) && !/[,}]/.test(text) && text.trim() === text;
}

/** The text in double quotes, as lines and YAML both read it. */
export function quoted(text: string): string {
  return JSON.stringify(text).replace(/[\u007f-\u009f\u2028\u2029\uFEFF]/g, (char) => {
    return `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

/** A line as a YAML scalar, quoted where YAML would read something else. */
export function yamlScalar(text: string): string {
  if (UNSEEN.test(text)) return quoted(text);
  return isPlainYaml(text) ? text : `'${text.replaceAll("'", "''")}'`;
}

/** YAML cuts a plain scalar at ": " and " #", and gives many first characters a meaning. */
function isPlainYaml(text: string): boolean {
  return /^(?:[\p{L}\p{N}/<_]|\.\/)/u.test(text) && !/: | #|:$|^<<$|\s$/.test(text) && !YAML_WORD.test(text);
}
