import * as z from "zod";
import type { Finding } from "../check/proof/evidence.ts";
import { type Proof, verdictOf } from "../check/proof/proof.ts";

const finding = z.strictObject({
  answer: z.enum(["yes", "no", "not-due", "cannot-tell"]),
  why: z.string().describe("the evidence, or which is missing"),
  causes: z.array(z.string()).describe("of a no: what breaks a trace; empty where nothing does"),
});

const count = z.int().nonnegative();

/** The document of `troupe prove --json`. */
export const proofSchema = z.strictObject({
  version: z.string(),
  verdict: z.enum(["passed", "failed", "inconclusive", "skipped"]),
  kind: z.enum(["mcp-server", "mcp-client", "a2a"]),
  peer: z.strictObject({
    subject: z.string().describe("its command line or URL"),
    name: z.string().nullable(),
    version: z.string().nullable(),
    protocol: z.string().nullable().describe("the revision of MCP"),
  }),
  transport: z.string(),
  counts: z.strictObject({ messages: count, spans: count, downstream: count }),
  messages: z.array(
    z.strictObject({
      method: z.string(),
      target: z.string().nullable().describe("the tool, prompt or resource"),
      requestId: z.string().nullable(),
      meta: z.record(z.string(), z.string()).describe("the W3C fields of params._meta, as they went"),
      header: z.record(z.string(), z.string()).describe("those of the HTTP headers, or of an environment"),
      carrier: z.string(),
      context: z.string(),
      read: finding,
      kept: finding,
      passedOn: finding,
      recorded: finding,
    }),
  ),
  notes: z.array(z.string()),
  failure: z.string().nullable().describe("why the peer could not be spoken to, or no longer"),
});

export type ProofJson = z.infer<typeof proofSchema>;

export function proofJson(proof: Proof, version: string): ProofJson {
  const { kind, peer, transport, counts, proved, notes, failure = null } = proof;
  const { subject, name = null, version: of = null, protocol = null } = peer;
  return {
    version,
    verdict: verdictOf(proof),
    kind,
    peer: { subject, name, version: of, protocol },
    transport,
    counts,
    messages: proved.map((one) => ({
      method: one.subject.method,
      target: one.subject.target ?? null,
      requestId: one.subject.requestId ?? null,
      meta: { ...one.carriers.meta },
      header: { ...one.carriers.header },
      carrier: one.carrier,
      context: one.context,
      read: findingJson(one.read),
      kept: findingJson(one.kept),
      passedOn: findingJson(one.passedOn),
      recorded: findingJson(one.recorded),
    })),
    notes: [...notes],
    failure,
  };
}

function findingJson({ answer, why, causes }: Finding): z.infer<typeof finding> {
  return { answer, why, causes: [...causes] };
}
