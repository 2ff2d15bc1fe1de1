import { byText } from "../infer/evidence.ts";
import { repeatsIn } from "../infer/loops.ts";
import { ONCE, type Count } from "../pattern.ts";
import type { Bunch, Entry, Form, Piece } from "./form.ts";

/** Spans that stood together, by the key of their head. */
type Together = ReadonlyMap<string, readonly Form[]>;

/**
 * Siblings, given in runs, with what repeats put together: neighbours of one head are one entry, and places that come
 * again in the same order are a loop. Once stays once; twice and more are the same, unless it `isCounted`; in a loop, once
 * in some rounds and more in others is the same too.
 */
export function foldedList(runs: readonly (readonly Form[])[], isCounted: boolean): readonly Piece[] {
  const places = neighboursJoined(runs.map(byHead));
  const tokens = places.map((place) => [...place.keys()].join("\n"));
  const countOf = isCounted ? seenCount : foldedCount;
  return repeatsIn(tokens, 2).map(({ from, period, rounds, isLoop }): Piece => {
    const body = Array.from({ length: period }, (_, step) => {
      return bunchOf(
        Array.from({ length: rounds }, (__, round) => places[from + round * period + step] ?? new Map()),
        countOf,
      );
    });
    const [only] = body;
    return isLoop || only === undefined ? { type: "loop", body, rounds: countOf([rounds]) } : only;
  });
}

function byHead(run: readonly Form[]): Together {
  const groups = new Map<string, Form[]>();
  for (const form of run) {
    const group = groups.get(form.head.key);
    if (group === undefined) groups.set(form.head.key, [form]);
    else group.push(form);
  }
  return groups.size < 2 ? groups : new Map([...groups].toSorted(([a], [b]) => byText(a, b)));
}

/** Among spans of one head order says nothing. */
function neighboursJoined(places: readonly Together[]): readonly Together[] {
  const joined: Together[] = [];
  let last: { readonly key: string; readonly forms: Form[] } | undefined;
  for (const place of places) {
    const [only, second] = place;
    if (only === undefined) continue;
    const [key, forms] = only;
    if (second === undefined && last?.key === key) for (const form of forms) last.forms.push(form);
    else {
      last = second === undefined ? { key, forms: [...forms] } : undefined;
      joined.push(last === undefined ? place : new Map([[key, last.forms]]));
    }
  }
  return joined;
}

/** What stood at one place, in each round of its loop. */
function bunchOf(rounds: readonly Together[], countOf: (seen: readonly number[]) => Count): Bunch {
  const keys = [...(rounds[0]?.keys() ?? [])];
  const entries = keys.flatMap((key): readonly Entry[] => {
    const forms = rounds.map((round) => round.get(key) ?? []);
    const ways = distinctForms(forms.flat());
    const [first] = ways;
    return first === undefined ? [] : [{ head: first.head, ways, times: countOf(forms.map(({ length }) => length)) }];
  });
  return { type: "bunch", entries };
}

/** Each form once: those without an error first, then the shorter. */
function distinctForms(forms: readonly Form[]): readonly Form[] {
  const byDigest = new Map(forms.map((form) => [form.digest, form]));
  return [...byDigest.values()].toSorted(
    (a, b) => Number(a.isError) - Number(b.isError) || a.below.steps - b.below.steps || byText(a.digest, b.digest),
  );
}

function seenCount(seen: readonly number[]): Count {
  return seen.reduce(({ min, max }, times) => ({ min: Math.min(min, times), max: Math.max(max, times) }), {
    min: Number.POSITIVE_INFINITY,
    max: 0,
  });
}

/** Of a place in a loop, whether it was ever more than one. */
function foldedCount(seen: readonly number[]): Count {
  const { max } = seenCount(seen);
  if (max === 1) return ONCE;
  return { min: seen.length === 1 ? 2 : 1, max: Number.POSITIVE_INFINITY };
}
