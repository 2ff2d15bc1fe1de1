import { expect, test } from "vitest";
import type { MutationRequest, MutationResult } from "../../src/campaign/mutation.ts";
import { readArguments } from "../../src/cli/arguments.ts";
import { COMMANDS } from "../../src/cli/commands.ts";
import { mutate } from "../../src/cli/mutate.ts";
import { mutationSchema } from "../../src/report/mutation-json.ts";
import { PLAIN } from "../../src/report/paint.ts";
import { MUTATIONS } from "../../src/scenario/survivor.ts";
import { mutationOf, scenarioMutation } from "../report/mutations.ts";
import { FAILED } from "../report/results.ts";

/** `troupe mutate` over a campaign that has ended as given. */
async function mutated(words: readonly string[], result: MutationResult = mutationOf()) {
  const printed = { out: "", err: "" };
  const requests: MutationRequest[] = [];
  const code = await mutate(
    readArguments("mutate", COMMANDS.mutate, ["a.scenario.ts", ...words]),
    {
      out: { paint: PLAIN, print: (text) => void (printed.out += `${text}\n`) },
      err: { paint: PLAIN, print: (text) => void (printed.err += `${text}\n`) },
    },
    (request) => {
      requests.push(request);
      return Promise.resolve(result);
    },
  );
  return { code, ...printed, request: requests[0] };
}

const ALL_CAUGHT = { caught: 9, survived: 0, accepted: 0, "not-applicable": 2, "without-effect": 0 };
const WHOLE = scenarioMutation({ tally: ALL_CAUGHT });
const tallied = (changes: Partial<typeof ALL_CAUGHT>): MutationResult =>
  mutationOf({ ...WHOLE, tally: { ...ALL_CAUGHT, ...changes } });

test("every mutation is asked for with seed 1 in sim where nothing else is said", async () => {
  const { request } = await mutated([]);
  expect(request).toMatchObject({ paths: ["a.scenario.ts"], seed: 1, mode: "sim" });
  expect(request?.choice).toEqual({ mutations: MUTATIONS, isOncePerKind: false });
});

test("mode, transport, seed and choice are handed on, mutations in their own order", async () => {
  const words = ["--mode", "wire", "--transport", "http", "--seed", "7", "--once-per-kind"];
  const { request } = await mutated([...words, "--only", "stale", "--only", "dropped"]);
  expect(request).toMatchObject({ seed: 7, mode: "wire", transport: "http" });
  expect(request?.choice).toEqual({ mutations: ["dropped", "stale"], isOncePerKind: true });
});

test.for([
  [["--only", "droped"], 'there is no mutation "droped"; did you mean "dropped"?'],
  [["--survivors", "-1"], "--survivors -1 is no number"],
  [["--survivors", "some"], "--survivors some is no number"],
  [["--transport", "http"], "sim mode has no transports"],
  [["--seed", "x"], "--seed x is no seed"],
  [["--jobs", "0"], "--jobs 0 is no number of threads"],
  [["--mode", "simm"], 'unknown mode "simm"'],
] as const)("%j is refused: %s", async ([words, what]) => {
  await expect(mutated(words)).rejects.toThrow(what);
});

test.for([
  ["all that was broken was noticed", [], tallied({}), 0],
  ["one survived", [], tallied({ survived: 1 }), 1],
  ["as many survived as may", ["--survivors", "1"], tallied({ survived: 1 }), 0],
  ["one more survived than may", ["--survivors", "1"], tallied({ survived: 2 }), 1],
  ["what survived is accepted", [], tallied({ accepted: 3 }), 0],
  ["something took no effect", [], tallied({ survived: 1, "without-effect": 1 }), 3],
  ["the whole run failed", [], mutationOf({ ...WHOLE, whole: FAILED }), 1],
] as const)("where %s, it ends with the code for that", async ([, words, result, expected]) => {
  expect((await mutated(words, result)).code).toBe(expected);
});

test("the document stands alone on standard output, and the pace on standard error", async () => {
  const { out, err } = await mutated(["--json"], tallied({}));
  expect(mutationSchema.parse(JSON.parse(out)).scenarios).toHaveLength(1);
  expect(err).toMatch(/^10 runs in \d+\.\d s, [\d,]+ a second with the start\n$/);
});
