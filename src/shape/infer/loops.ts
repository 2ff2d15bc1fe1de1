/** A row of `period` tokens that stands `rounds` times. */
export interface Repeat {
  readonly from: number;
  readonly period: number;
  readonly rounds: number;
  /** Whether it is the body of a loop, though it may stand here once. */
  readonly isLoop: boolean;
}

const PERIOD_MAX = 8;

/** The loops of one inference at most; more are no loops but chance. */
const LOOPS_MAX = 8;

/** Cuts a row of tokens into its repeats, the longest first at each place. A period above 1 needs `roundsMin` rounds. */
export function repeatsIn(tokens: readonly string[], roundsMin: number): readonly Repeat[] {
  const periods = Math.min(PERIOD_MAX, tokens.length >> 1);
  const lengths = Array.from({ length: periods }, (_, index) => sameAhead(tokens, index + 1));
  const repeats: Repeat[] = [];
  for (let from = 0; from < tokens.length;) {
    let best: Repeat = { from, period: 1, rounds: 1, isLoop: false };
    for (const [index, same] of lengths.entries()) {
      const period = index + 1;
      const rounds = Math.floor((same[from] ?? 0) / period) + 1;
      if (rounds >= (period === 1 ? 2 : roundsMin) && period * rounds > best.period * best.rounds)
        best = { from, period, rounds, isLoop: true };
    }
    repeats.push(best);
    from += best.period * best.rounds;
  }
  return repeats;
}

/** For each place, how many tokens in a row from there on are equal to the one `period` later. */
function sameAhead(tokens: readonly string[], period: number): Int32Array {
  const same = new Int32Array(tokens.length + 1);
  for (let place = tokens.length - 1 - period; place >= 0; place--) {
    same[place] = tokens[place] === tokens[place + period] ? (same[place + 1] ?? 0) + 1 : 0;
  }
  return same;
}

/** The bodies of loops that stand in some of the rows, those that cover most first; of two that begin elsewhere in one circle, one. */
export function loopBodies(rows: readonly (readonly string[])[]): readonly (readonly string[])[] {
  const covered = new Map<string, { readonly body: readonly string[]; tokens: number }>();
  for (const row of rows) {
    for (const { from, period, rounds } of repeatsIn(row, 2)) {
      if (rounds < 2) continue;
      const body = row.slice(from, from + period);
      const known = covered.get(JSON.stringify(body)) ?? { body, tokens: 0 };
      known.tokens += period * rounds;
      covered.set(JSON.stringify(body), known);
    }
  }
  const sorted = [...covered].toSorted(([a, one], [b, other]) => other.tokens - one.tokens || (a < b ? -1 : 1));
  const circles = new Set<string>();
  const bodies: (readonly string[])[] = [];
  for (const [, { body }] of sorted) {
    const circle = circleOf(body);
    if (!circles.has(circle)) bodies.push(body);
    circles.add(circle);
  }
  return bodies.slice(0, LOOPS_MAX);
}

function circleOf(body: readonly string[]): string {
  const turned = body.map((_, index) => JSON.stringify([...body.slice(index), ...body.slice(0, index)]));
  return turned.toSorted()[0] ?? "";
}

/** Cuts a row of tokens into the rounds of known loops, the longest first at each place, and single tokens. */
export function loopsIn(tokens: readonly string[], bodies: readonly (readonly string[])[]): readonly Repeat[] {
  const repeats: Repeat[] = [];
  for (let from = 0; from < tokens.length;) {
    let best: Repeat = { from, period: 1, rounds: 1, isLoop: false };
    for (const body of bodies) {
      const rounds = roundsOf(body, tokens, from);
      const isBetter = !best.isLoop || body.length * rounds > best.period * best.rounds;
      if (rounds > 0 && isBetter) best = { from, period: body.length, rounds, isLoop: true };
    }
    repeats.push(best);
    from += best.period * best.rounds;
  }
  return repeats;
}

function roundsOf(body: readonly string[], tokens: readonly string[], from: number): number {
  let length = 0;
  while (from + length < tokens.length && tokens[from + length] === body[length % body.length]) length++;
  return Math.floor(length / body.length);
}
