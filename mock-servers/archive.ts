import { mcpServer, tool } from "troupe";
import * as z from "zod";

const BOXES: Readonly<Record<string, readonly string[]>> = {
  harbour: ["Harbour plan of 1887", "Letters of the pilot"],
  lighthouse: ["Log of the keeper", "Lamp oil accounts"],
};

/** The boxes of an archive, and what lies in them. */
export const archive = mcpServer("archive", {
  tools: {
    find_box: tool({
      description: "Finds the box on a subject",
      input: z.object({ subject: z.string() }),
      output: z.object({ box: z.string() }),
      handle: ({ subject }, { random }) => ({
        box: BOXES[subject] === undefined ? random.pick(Object.keys(BOXES)) : subject,
      }),
    }),
  },
  resources: {
    "box://{name}": { description: "What lies in a box", read: ({ name = "" }) => BOXES[name] ?? [] },
  },
});
