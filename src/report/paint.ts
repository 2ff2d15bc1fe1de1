/** How a report stresses words. Whoever prints chooses; the words are the same. */
export interface Paint {
  readonly strong: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly warn: (text: string) => string;
}

const same = (text: string): string => text;

/** No colour: for files, pipes and tests. */
export const PLAIN: Paint = { strong: same, dim: same, good: same, bad: same, warn: same };

/** Colours of a terminal. */
export const ANSI: Paint = {
  strong: (text) => `\u001B[1m${text}\u001B[22m`,
  dim: (text) => `\u001B[2m${text}\u001B[22m`,
  good: (text) => `\u001B[32m${text}\u001B[39m`,
  bad: (text) => `\u001B[31m${text}\u001B[39m`,
  warn: (text) => `\u001B[33m${text}\u001B[39m`,
};
