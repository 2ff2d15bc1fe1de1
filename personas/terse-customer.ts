import { persona } from "troupe";

/** Says no more than it must; has to be asked for everything. */
export const terseCustomer = persona("terse-customer", {
  traits: { verbosity: "terse" },
  situation: "I was charged twice.",
  goal: "Refund it.",
  satisfiedBy: "refunded",
  facts: { "order number": "A-17" },
});
