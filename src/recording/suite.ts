import * as z from "zod";
import { TroupeError } from "../core/errors.ts";
import type { Recording } from "./recording.ts";
import { readableJson } from "./readable-json.ts";

/** A case of a suite, and where it comes from. */
export interface SuiteCase {
  readonly slug: string;
  /** Of the shape of its trace, as `troupe mine` has it. */
  readonly key: string;
  readonly traceId: string;
  readonly store: string;
  readonly recordedAt: string | null;
  readonly readBy: string;
  /** How many traces had the shape when it was promoted, and how many of them had failed. */
  readonly traces: number;
  readonly failed: number;
}

/** Cases that were promoted from what was mined, over time. */
export interface CaseSuite {
  /** One more each time that cases were added. */
  readonly revision: number;
  readonly cases: readonly SuiteCase[];
}

/** The file of a suite, in the folder of its cases. */
export const SUITE_FILE = "suite.json";

const FORMAT = "troupe-suite";
const VERSION = 1;

/** A suite with one more case, which its recording describes. */
export function suiteCase(slug: string, { source }: Recording): SuiteCase {
  const { cluster, traceIds, store = "", recordedAt = null, readBy } = source;
  const { key = "", traces = 0, failed = 0 } = cluster ?? {};
  return { slug, key, traceId: traceIds[0] ?? "", store, recordedAt, readBy, traces, failed };
}

export function suiteText(suite: CaseSuite): string {
  return readableJson({ format: FORMAT, version: VERSION, ...suite });
}

/**
 * Reads the file of a suite.
 *
 * @throws TroupeError `SCENARIO_INVALID` where it is none, or of another version.
 */
export function readSuite(text: string, where: string): CaseSuite {
  const read = form.safeParse(documentIn(text));
  if (read.success) return { revision: read.data.revision, cases: read.data.cases };
  const [issue] = read.error.issues;
  throw new TroupeError("SCENARIO_INVALID", {
    where,
    what: `this is no suite of version ${VERSION} (${issue?.path.join(".") || "it"}: ${issue?.message ?? ""})`,
    mend: "Take it from version control, or name another folder with --out.",
  });
}

function documentIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const form = z.object({
  format: z.literal(FORMAT),
  version: z.literal(VERSION),
  revision: z.int(),
  cases: z.array(
    z.object({
      slug: z.string(),
      key: z.string(),
      traceId: z.string(),
      store: z.string(),
      recordedAt: z.string().nullable(),
      readBy: z.string(),
      traces: z.int(),
      failed: z.int(),
    }),
  ),
});
