import type { Comparison, Pair, VariantSum } from "../campaign/compare.ts";
import type { Paint } from "./paint.ts";
import { PLAIN } from "./paint.ts";
import { counted, durationText, oneLine, thousands } from "./wording.ts";

const FLIPS_MAX = 20;

/** Both variants side by side, then the pairs that flipped, and what can be said of chance. */
export function drawVariants(comparison: Comparison, paint: Paint = PLAIN): string {
  const { a, b, pairs, unpaired } = comparison;
  const flipped = pairs.filter(({ flip }) => flip !== null);
  const rest = flipped.length - FLIPS_MAX;
  const reshaped = pairs.filter(({ isSameShape }) => !isSameShape).length;
  return [
    table(a, b, paint),
    `${counted(pairs.length, "pair")}, ${thousands(reshaped)} of another shape`,
    [
      chanceText(comparison, paint),
      ...flipped.slice(0, FLIPS_MAX).map((pair) => flipText(pair, paint)),
      ...(rest > 0 ? [paint.warn(`  … and ${counted(rest, "more pair")}; --json lists them`)] : []),
    ].join("\n"),
    ...unpaired.map((words) => paint.warn(oneLine(words))),
  ].join("\n\n");
}

function table(a: VariantSum, b: VariantSum, paint: Paint): string {
  const rows: readonly (readonly [string, (sum: VariantSum) => string])[] = [
    ["", ({ name }) => oneLine(name, 40)],
    ["passed", ({ passed, runs }) => `${thousands(passed)} of ${thousands(runs)}${share(passed, runs)}`],
    ["inconclusive", ({ inconclusive }) => thousands(inconclusive)],
    ["shapes", ({ shapes }) => thousands(shapes)],
    ["tokens in", ({ inputTokens }) => thousands(inputTokens)],
    ["tokens out", ({ outputTokens }) => thousands(outputTokens)],
    ["cost", ({ costUsd }) => (costUsd === null ? "not stated" : `$${costUsd.toPrecision(4)}`)],
    ["time", ({ durationMs }) => durationText(durationMs)],
  ];
  const texts = rows.map(([title, textOf]) => ({ title, cells: [textOf(a), textOf(b)] as const }));
  const titles = Math.max(...texts.map(({ title }) => title.length));
  const width = Math.max(...texts.map(({ cells: [first] }) => first.length));
  return texts
    .map(({ title, cells: [first, second] }, row) => {
      const line = `${first.padEnd(width)}  ${second}`;
      return `${paint.dim(title.padEnd(titles))}  ${row === 0 ? paint.strong(line) : line}`.trimEnd();
    })
    .join("\n");
}

function share(passed: number, runs: number): string {
  return runs === 0 ? "" : ` (${Number(((100 * passed) / runs).toFixed(1))} %)`;
}

const FLIPS_FOR_PROOF = 6;

function chanceText({ flips: { onlyA, onlyB, p } }: Comparison, paint: Paint): string {
  const flips = onlyA + onlyB;
  if (flips === 0) return paint.good("no pair flipped");
  const counts = `${counted(flips, "pair")} flipped: ${thousands(onlyA)} lost, ${thousands(onlyB)} won`;
  const test = `McNemar's exact test, two-sided: p = ${p < 0.001 ? p.toExponential(1) : p.toFixed(3)}`;
  const few = flips < FLIPS_FOR_PROOF ? `; fewer than ${FLIPS_FOR_PROOF} flips cannot tell the two apart` : "";
  return `${onlyA > 0 ? paint.bad(counts) : paint.good(counts)} (${test}${few})`;
}

function flipText({ scenario, seed, a, b, flip, isSameShape }: Pair, paint: Paint): string {
  const isLost = flip === "lost";
  const sign = isLost ? paint.bad("✗ lost") : paint.good("✓ won ");
  const cause = (isLost ? b : a).cause;
  const shape = isSameShape ? "" : ", another shape";
  return `  ${sign} ${oneLine(scenario, 60)} seed ${seed}${shape}${cause === null ? "" : `: ${oneLine(cause, 120)}`}`;
}
