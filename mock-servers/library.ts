import { mcpServer, tool } from "troupe";
import * as z from "zod";

const TITLES = [
  "On tides",
  "A history of salt",
  "Harbours of the north",
  "Wind and rope",
  "The lighthouse keepers",
] as const;

/** A search engine over a few books, as slow as the seed will have it. */
export const library = mcpServer("library", {
  latencyMs: [5, 400],
  tools: {
    search: tool({
      description: "Finds titles on a subject",
      input: z.object({ subject: z.string() }),
      output: z.object({ titles: z.array(z.string()) }),
      handle: (_, { random }) => ({ titles: [random.pick(TITLES), random.pick(TITLES)] }),
    }),
  },
});
