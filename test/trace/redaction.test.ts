import * as fc from "fast-check";
import { expect, test } from "vitest";
import { detectSensitive, redactText, SENSITIVE_PATTERNS } from "../../src/trace/redaction.ts";

/** Cuts what looks real in two, so that no scanner takes this file for a leak. */
const CUT: string = "";

/** Each kind, with a text that it must be found in. */
const REAL: readonly (readonly [kind: string, text: string])[] = [
  ["private-key", `-----BEGIN RSA ${CUT}PRIVATE KEY-----\nMIIEow==\n-----END RSA ${CUT}PRIVATE KEY-----`],
  ["private-key", `-----BEGIN ${CUT}PRIVATE KEY-----\\nMIIEow${"A".repeat(50)}`],
  ["aws-access-key", `AKIA${CUT}Q3EGRZ7WQJ4XKPLM`],
  ["google-key", `AIza${CUT}SyA1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q`],
  ["azure-key", `AccountKey=${"a1B2".repeat(21)}Zz==`],
  ["github-token", `ghp_${"a1B2c3D4e5F6".repeat(3)}`],
  ["model-key", `sk-proj-${"a1B2c3D4e5F6".repeat(3)}`],
  ["model-key", `sk-ant-api03-${"a1B2c3D4e5F6".repeat(3)}`],
  ["slack-token", `xoxb-${CUT}123456789012-abcdef`],
  ["stripe-key", `sk_live_${CUT}a1B2c3D4e5F6g7H8`],
  ["jwt", `eyJ${CUT}hbGciOiJIUzI1NiJ9.eyJ${CUT}zdWIiOiIxMjM0In0.${CUT}abcdefghij`],
  ["bearer-token", `Authorization: Bearer ${CUT}a1b2c3d4e5f6g7h8`],
  ["url-password", `postgres://app:${CUT}hunter22@db.local/orders`],
  ["named-secret", `{"password": "${CUT}hunter22"}`],
  ["named-secret", `{\\"api_key\\":\\"${CUT}q1w2e3r4\\"}`],
  ["email", "ann.lee+shop@mail.example.co.uk"],
  ["card-number", "4111 1111 1111 1111"],
  ["card-number", "3782-822463-10005"],
  ["phone", "+1 (415) 555-2671"],
  ["phone", "(415) 555-2671"],
  ["phone", "+4915112345678"],
];

test.for(REAL)("%s is found in the middle of a text, and nothing of it is left when it is redacted", ([kind, real]) => {
  const text = `before ${real} after`;
  expect(detectSensitive(text).map((found) => found.kind)).toEqual([kind]);
  const redacted = redactText(text);
  expect(redacted).toContain(`[${kind}]`);
  expect(redacted).toMatch(/^before .* after$/s);
  expect(detectSensitive(redacted)).toEqual([]);
});

test("every kind has a text here that it is found in", () => {
  const shown = new Set(REAL.map(([kind]) => kind));
  expect(SENSITIVE_PATTERNS.map(({ kind }) => kind).filter((kind) => !shown.has(kind))).toEqual([]);
});

test.for([
  ["a card number with one wrong digit", "4111 1111 1111 1112"],
  ["a time in nanoseconds", "1795246604071000000"],
  ["a number with a fraction", "0.4111111111111111"],
  ["an UUID", "550e8400-e29b-41d4-a716-446655440000"],
  ["a trace id", "0af7651916cd43dd8448eb211c80319c"],
  ["a time with its zone", "2026-11-21T10:00:00+02:00"],
  ["a version", "1.2.3-rc.4"],
  ["how many tokens there may be", '{"max_tokens": 100000, "token": "input_tokens"}'],
  ["a placeholder", 'password: required, api_key=${API_KEY}, {"password":"********"}'],
  ["a sentence on bearers", "Bearer authentication is used everywhere"],
  ["a handle", "@ann is here, and so is sk-ip"],
  ["a git remote without a dot", "git@localhost"],
  ["a range", "100-200-3000"],
])("%s is nothing sensitive", ([, text = ""]) => {
  expect(detectSensitive(text)).toEqual([]);
});

test("what overlaps is told once, by what begins first", () => {
  const jwt = `eyJ${CUT}hbGciOiJIUzI1NiJ9.eyJ${CUT}zdWIiOiIxMjM0In0.${CUT}abcdefghij`;
  expect(detectSensitive(`Bearer ${jwt}`).map(({ kind }) => kind)).toHaveLength(1);
  expect(redactText(`Bearer ${jwt}`)).not.toContain("eyJ");
});

test("detections lie inside of their text, in order, and do not overlap", () => {
  const part = fc.oneof(fc.string(), fc.constantFrom(...REAL.map(([, text]) => text)));
  fc.assert(
    fc.property(fc.array(part, { maxLength: 6 }), (parts) => {
      const text = parts.join(" ");
      let free = 0;
      for (const { start, end } of detectSensitive(text)) {
        expect(start).toBeGreaterThanOrEqual(free);
        expect(end).toBeGreaterThan(start);
        free = end;
      }
      expect(free).toBeLessThanOrEqual(text.length);
    }),
  );
});

test("no pattern repeats anything without a bound, so that time grows with the text and not with its square", () => {
  for (const { kind, pattern } of SENSITIVE_PATTERNS) {
    const bare = pattern.source.replaceAll(/\\./g, "x").replaceAll(/\[[^\]]*\]/g, "x");
    expect([kind, bare]).toEqual([kind, expect.not.stringMatching(/[*+]|\{\d+,\}/)]);
  }
});
