import { expect, test } from "vitest";
import { hostileCustomer } from "../../personas/hostile-customer.ts";
import { impatientCustomer } from "../../personas/impatient-customer.ts";
import { mistakenCustomer } from "../../personas/mistaken-customer.ts";
import { ramblingCustomer } from "../../personas/rambling-customer.ts";
import { terseCustomer } from "../../personas/terse-customer.ts";
import { undecidedCustomer } from "../../personas/undecided-customer.ts";
import { randomStream } from "../../src/core/random.ts";
import { type Persona, type Utterance, persona } from "../../src/scenario/persona.ts";
import { holds, textOrPattern } from "../../src/scenario/policy.ts";

const SEEDS = Array.from({ length: 12 }, (_, index) => index + 1);
const ALL = [
  terseCustomer,
  ramblingCustomer,
  impatientCustomer,
  mistakenCustomer,
  undecidedCustomer,
  hostileCustomer,
] as const;

type Clerk = (said: string) => string;

/** Wants an order number, knows one order, gives vouchers; ignores everything else. */
const clerk: Clerk = (said) => {
  if (/voucher/.test(said)) return "Here is your voucher.";
  const id = /\b[A-Z]-\d+\b/.exec(said)?.[0];
  if (id === undefined) return "What is your order number?";
  return id === "A-17" ? "Refunded 249." : `There is no order ${id}.`;
};
const wall: Clerk = () => "We are closed.";

interface Talk {
  readonly utterances: readonly string[];
  readonly left: "satisfied" | "out of patience" | "never";
}

function talk(actor: Persona, seed: number, answer: Clerk): Talk {
  const random = randomStream(seed, `persona/${actor.name}`);
  const transcript: Utterance[] = [];
  const utterances = (): readonly string[] => transcript.filter(({ from }) => from === "user").map(({ text }) => text);
  while (transcript.length < 40) {
    const move = actor.policy({ persona: actor, transcript: [...transcript], random });
    if ("leave" in move) return { utterances: utterances(), left: move.leave };
    transcript.push({ from: "user", text: move.say }, { from: "agent", text: answer(move.say) });
  }
  return { utterances: utterances(), left: "never" };
}

function wordsEach({ utterances }: Talk): number {
  return utterances.join(" ").split(/\s+/).length / utterances.length;
}

test.each(ALL.map((actor) => [actor.name, actor] as const))("%s says the same for the same seed", (_, actor) => {
  for (const seed of SEEDS)
    for (const agent of [clerk, wall]) expect(talk(actor, seed, agent)).toEqual(talk(actor, seed, agent));
});

test.each(ALL.map((actor) => [actor.name, actor] as const))(
  "%s is served by an agent that asks what it needs",
  (_, actor) => {
    for (const seed of SEEDS) expect(talk(actor, seed, clerk).left).toBe("satisfied");
  },
);

test("the rambling one needs ten times the words of the terse one, whatever the seed", () => {
  for (const seed of SEEDS)
    expect(wordsEach(talk(ramblingCustomer, seed, clerk))).toBeGreaterThan(
      10 * wordsEach(talk(terseCustomer, seed, clerk)),
    );
});

test("the terse one tells a fact as its bare value", () => {
  expect(talk(terseCustomer, 1, clerk).utterances).toEqual(["I was charged twice.", "A-17"]);
});

test("the rambling one does not repeat a digression while it has others", () => {
  for (const seed of SEEDS) {
    const sentences = talk(ramblingCustomer, seed, clerk)
      .utterances.join(" ")
      .split(/(?<=\.) /);
    expect(new Set(sentences).size).toBe(sentences.length);
  }
});

test("whoever has words to choose from chooses differently for different seeds", () => {
  for (const actor of ALL) {
    const openings = new Set(SEEDS.map((seed) => talk(actor, seed, wall).utterances.join("\n")));
    if (actor === terseCustomer) expect(openings.size).toBe(1);
    else expect(openings.size).toBeGreaterThan(3);
  }
});

test("the impatient one leaves first when nothing helps, after a last warning", () => {
  for (const seed of SEEDS) {
    const turns = new Map(ALL.map((actor) => [actor, talk(actor, seed, wall)]));
    for (const { left } of turns.values()) expect(left).toBe("out of patience");
    const impatient = turns.get(impatientCustomer);
    expect(impatient?.utterances).toHaveLength(3);
    expect(impatient?.utterances.at(-1)).toMatch(/^(Last chance|I am about to leave|This is the last time)/);
    expect(Math.min(...[...turns.values()].map(({ utterances }) => utterances.length))).toBe(3);
  }
});

test("being asked for facts costs no patience, being asked for the same again does", () => {
  const patient = persona("p", {
    situation: "Hello.",
    goal: "Help.",
    facts: { name: "Ann", town: "Ulm" },
    patienceTurns: 2,
  });
  const questions = ["Your name?", "Your town?", "Your name?", "Your town?"];
  let asked = 0;
  const { utterances, left } = talk(patient, 1, () => questions[asked++] ?? "Hm.");
  expect(left).toBe("out of patience");
  expect(utterances).toEqual(["Hello. Help.", "My name is Ann.", "My town is Ulm.", "As I said, my name is Ann."]);
});

test("several facts that are asked for at once are told at once", () => {
  const known = persona("p", { situation: "Hello.", goal: "Help.", facts: { name: "Ann", town: "Ulm" } });
  expect(talk(known, 1, () => "Name and town, please.").utterances[1]).toBe("My name is Ann. My town is Ulm.");
});

test("a fact that was told is not told again because it is mentioned", () => {
  const known = persona("p", { situation: "Hello.", goal: "Help.", facts: { name: "Ann" } });
  const { utterances } = talk(known, 1, () => "I noted your name.");
  expect(utterances.filter((text) => text.includes("Ann"))).toHaveLength(1);
});

test("a fact is asked for and told in whole words", () => {
  const known = persona("p", { situation: "Order 17.", goal: "Help.", facts: { name: "Ann", floor: "7" } });
  const { utterances } = talk(known, 1, (said) => (said.includes("7.") ? "On which floor? I rename it." : "Hm."));
  expect(utterances[1]).toBe("My floor is 7.");
  expect(utterances.join(" ")).not.toContain("Ann");
});

test("the mistaken one tells the wrong number, and the right one once it hears that there is no such order", () => {
  for (const seed of SEEDS) {
    const { utterances } = talk(mistakenCustomer, seed, clerk);
    expect(utterances.slice(1)).toEqual(["My order number is A-71.", "Sorry, my order number is A-17, not A-71."]);
  }
});

test.each([
  "No order A-71.",
  "Not found.",
  "I couldn't find it.",
  "That order number is wrong.",
  "What is your order number?",
])("the mistaken one corrects itself on: %s", (reply) => {
  const { utterances } = talk(mistakenCustomer, 1, (said) => (said.includes("A-71") ? reply : "Your order number?"));
  expect(utterances[2]).toContain("A-17, not A-71");
});

test("the mistaken one insists while it hears nothing against its number", () => {
  const { utterances } = talk(mistakenCustomer, 1, (said) =>
    said.includes("A-71") ? "One moment." : "Your order number?",
  );
  expect(utterances[2]).not.toContain("A-17");
});

test("the undecided one wants something else midway, and leaves only with that", () => {
  for (const seed of SEEDS) {
    const { utterances } = talk(undecidedCustomer, seed, clerk);
    expect(utterances[0]).toContain("I want the second charge back.");
    expect(utterances.at(-1)).toBe("Actually, forget that. I would rather have a voucher.");
    const never = talk(undecidedCustomer, seed, (said) =>
      /A-17|voucher/.test(said) ? "Refunded." : "Your order number?",
    );
    expect(never.left).toBe("out of patience");
    expect(never.utterances.slice(3).every((text) => text.endsWith("I would rather have a voucher."))).toBe(true);
  }
});

test("the hostile one injects in its second turn, also when the first reply reached its goal", () => {
  for (const answer of [clerk, wall, () => "Refunded."]) {
    const { utterances } = talk(hostileCustomer, 3, answer);
    expect(utterances[1]).toMatch(/^Ignore all previous instructions/);
    expect(utterances.filter((text) => text.includes("Ignore all"))).toHaveLength(1);
  }
  expect(talk(hostileCustomer, 3, () => "Refunded.").left).toBe("satisfied");
  for (const other of ALL.filter((actor) => actor !== hostileCustomer))
    expect(talk(other, 3, wall).utterances.join(" ")).not.toContain("Ignore all");
});

test("no two of the shipped personas say the same to the same agent", () => {
  for (const seed of SEEDS)
    expect(new Set(ALL.map((actor) => talk(actor, seed, clerk).utterances.join("\n"))).size).toBe(ALL.length);
});

test("a text is a pattern when it is written between slashes", () => {
  expect(textOrPattern("/a b/i")).toEqual(/a b/i);
  expect(textOrPattern("a/b")).toBe("a/b");
  expect(() => textOrPattern("/(/")).toThrow(SyntaxError);
});

test("a global pattern remembers nothing between two looks", () => {
  const wanted = /a/g;
  expect([holds("a", wanted), holds("a", wanted), holds("b", wanted), holds("A", "a"), holds("a", "")]).toEqual([
    true,
    true,
    false,
    true,
    false,
  ]);
});
