import fc from "fast-check";
import { expect, test } from "vitest";
import { redactor } from "../../src/recording/redactor.ts";

test("one value is replaced by the same words wherever it stands, and another one by others", () => {
  const { text, value, replaced } = redactor();
  expect(text("from ann@example.org to bob@example.org")).toBe("from [email-1] to [email-2]");
  expect(value({ to: ["bob@example.org"], "ann@example.org": 1 })).toEqual({ to: ["[email-2]"], "[email-1]": 1 });
  expect(replaced()).toEqual({ email: 2 });
});

test("JSON text stays JSON, and says the same as the value it spells", () => {
  const { text, value } = redactor();
  const given = { password: "hunter2222", card: 4111111111111111, note: "x" };
  expect(JSON.parse(text(JSON.stringify(given)))).toEqual(value(given));
  expect(value(given)).toEqual({ password: "[named-secret-1]", card: 1, note: "x" });
});

test("text without anything sensitive is left to the byte", () => {
  const { text } = redactor();
  fc.assert(fc.property(fc.json(), (json) => text(` ${json}`) === ` ${json}` || /\[\w/.test(text(json))));
});

test("patterns and secrets of the user's are replaced, the longest secret first", () => {
  const { text, replaced } = redactor({
    patterns: [/order (?<value>\d+)/],
    secrets: ["tops", "topsecret", "topsecret9"],
  });
  expect(text("order 17, topsecret9 topsecret tops, order 18")).toBe(
    "order [redacted-1], [secret-1] [secret-2] tops, order [redacted-2]",
  );
  expect(replaced()).toEqual({ secret: 2, redacted: 2 });
});
