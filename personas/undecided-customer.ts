import { persona } from "troupe";

/** Asks for money back, then for something else. */
export const undecidedCustomer = persona("undecided-customer", {
  traits: {
    changesGoal: {
      afterTurns: 2,
      goal: "I would rather have a voucher.",
      satisfiedBy: "voucher",
    },
  },
  situation: "I was charged twice for my espresso machine.",
  goal: "I want the second charge back.",
  satisfiedBy: "refunded",
  facts: { "order number": "A-17" },
});
