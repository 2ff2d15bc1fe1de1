import { type Proof, type Remark, type Row, isBroken, verdictOf } from "../check/proof/proof.ts";
import { QUESTIONS } from "../check/proof/evidence.ts";
import { PLAIN, type Paint } from "./paint.ts";
import {
  COLUMNS,
  REMARKS_MAX,
  answerWords,
  conclusionOf,
  contextRows,
  exampleWords,
  headOf,
  legendOf,
  mendWords,
  methodRows,
  sectionsOf,
  whereWords,
} from "./proof-words.ts";
import { oneLine } from "./wording.ts";

/** A proof for a terminal. */
export function proofText(proof: Proof, paint: Paint = PLAIN): string {
  const { peer, kind, failure, notes } = proof;
  const stress = verdictOf(proof) === "failed" ? paint.bad : verdictOf(proof) === "passed" ? paint.good : paint.warn;
  const blocks = [
    [paint.strong(oneLine(`${kind} ${peer.subject}`)), headOf(proof)],
    failure === undefined ? [] : [paint.bad(failure)],
    table(["method", "carrier"], methodRows(proof), paint),
    table(["carrier", "context"], contextRows(proof), paint),
    proof.proved.length === 0 ? [] : legendOf(proof).map((line) => paint.dim(line)),
    ...sectionsOf(proof).map(({ title, remarks }) => [
      paint.strong(title),
      ...remarks
        .slice(0, REMARKS_MAX)
        .flatMap((remark) => [
          `  ${COLUMNS[remark.question]}: ${oneLine(remark.finding.why)}`,
          `    ${paint.dim(whereWords(remark))}`,
          ...(isBroken(remark.finding) ? exampleLines(remark) : []).map((line) => `    ${paint.dim(line)}`),
          ...mendWords(remark).map((line) => `    ${line}`),
        ]),
      ...(remarks.length > REMARKS_MAX ? [`  … and ${remarks.length - REMARKS_MAX} more, which --json has`] : []),
    ]),
    notes.length === 0 ? [] : [paint.strong("Notes"), ...notes.map((note) => `  ${oneLine(note)}`)],
    [stress(conclusionOf(proof))],
  ];
  return blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join("\n"))
    .join("\n\n");
}

function exampleLines(remark: Remark): readonly string[] {
  const words = exampleWords(remark);
  return words === undefined ? [] : [`for example ${oneLine(words)}`];
}

function table(keys: readonly string[], rows: readonly Row[], paint: Paint): readonly string[] {
  if (rows.length === 0) return [];
  const cells = rows.map(({ key, answers }) => [
    ...key.map((word) => ({ text: oneLine(word), stress: (text: string) => text })),
    ...QUESTIONS.map((question) => {
      const tally = answers[question];
      const stress = isBroken(tally.finding) ? paint.bad : tally.finding.answer === "yes" ? paint.good : paint.dim;
      return { text: answerWords(tally), stress };
    }),
  ]);
  const heads = [...keys, ...QUESTIONS.map((question) => COLUMNS[question])];
  const widths = heads.map((head, at) => Math.max(head.length, ...cells.map((row) => row[at]?.text.length ?? 0)));
  const line = (texts: readonly string[]): string => texts.join("  ").trimEnd();
  return [
    line(heads.map((head, at) => paint.strong(head.padEnd(widths[at] ?? 0)))),
    ...cells.map((row) => line(row.map(({ text, stress }, at) => stress(text.padEnd(widths[at] ?? 0))))),
  ];
}
