import { createRequire } from "node:module";
import * as z from "zod";

const require = createRequire(import.meta.url);

/** The version of this package. */
export const VERSION: string = z.object({ version: z.string() }).parse(require("../../package.json")).version;
