import { persona } from "troupe";

/** Wants one thing, now. */
export const impatientCustomer = persona("impatient-customer", {
  traits: { temper: "impatient" },
  situation: "I was charged twice for order A-17.",
  goal: "I want the second charge back.",
  satisfiedBy: "refunded",
  facts: { "order number": "A-17" },
  patienceTurns: 3,
});
