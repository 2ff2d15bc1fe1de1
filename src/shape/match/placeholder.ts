import { PLACEHOLDERS } from "../pattern.ts";

type Placeholder = (typeof PLACEHOLDERS)[number];

/** Whether a glob holds a word of {@link PLACEHOLDERS} in brackets. */
export function hasPlaceholder(glob: string): boolean {
  return PLACEHOLDERS.some((word) => glob.includes(`[${word}]`));
}

/**
 * The test of a glob with placeholders. All places of the glob at which the text may stand are followed at once, so the
 * time is the length of the text times that of the glob, whatever they hold.
 */
export function placeholderTester(glob: string): (text: string) => boolean {
  const { steps, accepting } = stepsOf(glob);
  return (text) => {
    let places = new Set<number>();
    enter(0, places, steps);
    for (let index = 0; index < text.length && places.size > 0; index++) {
      const character = text.charCodeAt(index);
      const next = new Set<number>();
      for (const place of places) {
        const step = steps[place];
        if (step?.takes(character) !== true) continue;
        for (const target of step.next) enter(target, next, steps);
      }
      places = next;
    }
    return places.has(accepting);
  };
}

/** A place in a glob: the characters that it takes, where it goes with one, and where it goes with none. */
interface Step {
  readonly takes: (character: number) => boolean;
  readonly next: readonly number[];
  readonly skips: readonly number[];
}

function enter(place: number, places: Set<number>, steps: readonly Step[]): void {
  const stack = [place];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    if (places.has(next)) continue;
    places.add(next);
    stack.push(...(steps[next]?.skips ?? []));
  }
}

function stepsOf(glob: string): { readonly steps: readonly Step[]; readonly accepting: number } {
  const steps: Step[] = [];
  for (let index = 0; index < glob.length;) {
    const word = PLACEHOLDERS.find((name) => glob.startsWith(`[${name}]`, index));
    if (word !== undefined) {
      FORMS[word](steps);
      index += word.length + 2;
    } else if (glob[index] === "*") {
      many(steps, () => true, 0);
      index++;
    } else {
      const wanted = glob.charCodeAt(index++);
      one(steps, (character) => character === wanted);
    }
  }
  return { accepting: steps.push({ takes: () => false, next: [], skips: [] }) - 1, steps };
}

type Takes = Step["takes"];

function one(steps: Step[], takes: Takes): void {
  steps.push({ takes, next: [steps.length + 1], skips: [] });
}

function times(steps: Step[], takes: Takes, count: number): void {
  for (let made = 0; made < count; made++) one(steps, takes);
}

/** `atLeast` of them or more. */
function many(steps: Step[], takes: Takes, atLeast: number): void {
  times(steps, takes, atLeast);
  steps.push({ takes, next: [steps.length], skips: [steps.length + 1] });
}

/** What `make` adds, or nothing. */
function maybe(steps: Step[], make: () => void): void {
  const at = steps.push({ takes: () => false, next: [], skips: [] }) - 1;
  make();
  steps[at] = { takes: () => false, next: [], skips: [at + 1, steps.length] };
}

function among(text: string): Takes {
  return (character) => text.includes(String.fromCharCode(character));
}

const isDigit: Takes = (character) => character >= 48 && character <= 57;
const isLetter: Takes = (character) => (character | 32) >= 97 && (character | 32) <= 122;
const isHex: Takes = (character) => isDigit(character) || ((character | 32) >= 97 && (character | 32) <= 102);
const isIdPart: Takes = (character) =>
  isDigit(character) || isLetter(character) || character === 95 || character === 45;

/** How each placeholder is written, in either case. */
const FORMS: Readonly<Record<Placeholder, (steps: Step[]) => void>> = {
  uuid: (steps) => {
    for (const [index, digits] of [8, 4, 4, 4, 12].entries()) {
      if (index > 0) one(steps, among("-"));
      times(steps, isHex, digits);
    }
  },
  hex: (steps) => many(steps, isHex, 8),
  number: (steps) => {
    maybe(steps, () => one(steps, among("-+")));
    many(steps, isDigit, 1);
    maybe(steps, () => {
      one(steps, among("."));
      many(steps, isDigit, 1);
    });
  },
  time: (steps) => {
    times(steps, isDigit, 4);
    for (let part = 0; part < 2; part++) {
      one(steps, among("-"));
      times(steps, isDigit, 2);
    }
    maybe(steps, () => clockTime(steps));
  },
  id: (steps) => many(steps, isIdPart, 1),
};

/** `T10:30`, with or without seconds, a fraction of them, and a zone. */
function clockTime(steps: Step[]): void {
  one(steps, among("Tt "));
  times(steps, isDigit, 2);
  one(steps, among(":"));
  times(steps, isDigit, 2);
  maybe(steps, () => {
    one(steps, among(":"));
    times(steps, isDigit, 2);
    maybe(steps, () => {
      one(steps, among(".,"));
      many(steps, isDigit, 1);
    });
  });
  maybe(steps, () => {
    const zulu = steps.push({ takes: among("Zz"), next: [], skips: [] }) - 1;
    one(steps, among("+-"));
    times(steps, isDigit, 2);
    maybe(steps, () => one(steps, among(":")));
    maybe(steps, () => times(steps, isDigit, 2));
    steps[zulu] = { takes: among("Zz"), next: [steps.length], skips: [zulu + 1] };
  });
}
