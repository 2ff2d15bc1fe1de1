import { persona } from "troupe";

/** Is sure of a wrong order number, until it hears that there is no such order. */
export const mistakenCustomer = persona("mistaken-customer", {
  traits: { misremembers: { "order number": "A-71" } },
  situation: "I was charged twice for my espresso machine.",
  goal: "I want the second charge back.",
  satisfiedBy: "refunded",
  facts: { "order number": "A-17" },
});
