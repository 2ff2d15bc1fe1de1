import { persona } from "troupe";

/** Buries what matters in what does not. */
export const ramblingCustomer = persona("rambling-customer", {
  traits: { verbosity: "rambling" },
  situation: "My bank sent the statement, and the shop took the money for my espresso machine twice.",
  goal: "I would like the second charge back.",
  satisfiedBy: "refunded",
  facts: { "order number": "A-17" },
});
