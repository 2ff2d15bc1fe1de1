import { evidenceOf } from "../src/shape/infer/evidence.ts";
import { inferShape } from "../src/shape/infer/infer.ts";
import { printShape } from "../src/shape/print.ts";
import { planted } from "../test/shape/planted.ts";

// Inferring the shape of one trace beside its floor: reading what each span says, from the leaves up, which whoever infers
// must do in some form. The ratio is of medians of interleaved pairs, so that a busy machine slows both; the aim is 10,000
// spans in a few seconds at most, and a time that grows as the spans do.
const PAIRS = 5;
const EDITS = { removed: 0, renamed: 0, moved: 0, added: 0 };

for (const spans of [1000, 10_000]) {
  const { before } = planted(spans, EDITS, 1);
  const pairs = Array.from({ length: PAIRS }, () => {
    return [time(() => evidenceOf([before])), time(() => inferShape([[before]]))] as const;
  });
  const [floors, wholes] = [pairs.map(([floor]) => floor), pairs.map(([, whole]) => whole)];
  const lines = printShape(inferShape([[before]])).split("\n").length - 1;
  console.log(
    `${spans.toLocaleString("en-US")} spans: inferred in ${Math.min(...wholes).toFixed(0)} ms (least of ${PAIRS}), ` +
      `${(median(wholes) / median(floors)).toFixed(1)} times the floor of ${median(floors).toFixed(1)} ms; ${lines} lines`,
  );
}

function time(work: () => unknown): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}
