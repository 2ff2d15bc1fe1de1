import { QUESTIONS } from "../check/proof/evidence.ts";
import { type Proof, type Remark, type Row, isBroken } from "../check/proof/proof.ts";
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

/** A proof as an issue would have it. What comes from the peer stands in code, where nobody is mentioned. */
export function proofMarkdown(proof: Proof, version: string): string {
  const { peer, kind, failure, notes } = proof;
  const blocks = [
    [`## Trace context of ${kind} ${code(peer.subject)}`],
    [`${prose(headOf(proof))}. Found by \`troupe prove\` ${version}.`],
    [`**${prose(conclusionOf(proof))}**`],
    failure === undefined ? [] : [code(failure)],
    table(["method", "carrier"], methodRows(proof)),
    table(["carrier", "context"], contextRows(proof)),
    proof.proved.length === 0 ? [] : legendOf(proof).map((line) => `- ${prose(line)}`),
    ...sectionsOf(proof).flatMap(({ title, remarks }) => [
      [`### ${title}`],
      [
        ...remarks
          .slice(0, REMARKS_MAX)
          .flatMap((remark) => [
            `- **${COLUMNS[remark.question]}**: ${prose(remark.finding.why)}`,
            `  - of ${code(whereWords(remark))}`,
            ...(isBroken(remark.finding) ? exampleLines(remark) : []),
            ...mendWords(remark).map((line) => `  - ${prose(line)}`),
          ]),
        ...(remarks.length > REMARKS_MAX ? [`- … and ${remarks.length - REMARKS_MAX} more`] : []),
      ],
    ]),
    notes.length === 0 ? [] : ["### Notes", "", ...notes.map((note) => `- ${prose(note)}`)],
  ];
  return `${blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join("\n"))
    .join("\n\n")}\n`;
}

function exampleLines(remark: Remark): readonly string[] {
  const words = exampleWords(remark);
  return words === undefined ? [] : [`  - for example ${code(words)}`];
}

function table(keys: readonly string[], rows: readonly Row[]): readonly string[] {
  if (rows.length === 0) return [];
  const heads = [...keys, ...QUESTIONS.map((question) => COLUMNS[question])];
  return [
    `| ${heads.join(" | ")} |`,
    `|${heads.map(() => " --- |").join("")}`,
    ...rows.map(({ key, answers }) => {
      const cells = QUESTIONS.map((question) => {
        const words = answerWords(answers[question]);
        return isBroken(answers[question].finding) ? `**${words}**` : words;
      });
      return `| ${[...key.map(code), ...cells].join(" | ")} |`;
    }),
  ];
}

/** On one line, as code whatever it holds, also in a cell. */
function code(text: string): string {
  return `\`${oneLine(text).replaceAll("`", "'").replaceAll("|", "\\|")}\``;
}

/** On one line: code stays code, and in the rest nothing is read as a mention, a tag or markup. */
function prose(text: string): string {
  return oneLine(text)
    .split(/(`[^`]*`)/)
    .map((part, at) => (at % 2 === 1 ? code(part.slice(1, -1)) : part.replaceAll(/[&<@|*_~#[\]`]/g, reference)))
    .join("");
}

function reference(sign: string): string {
  return `&#${sign.charCodeAt(0)};`;
}
