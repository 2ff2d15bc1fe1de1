import { contextFields, type ContextKind } from "../../check/proof/contexts.ts";
import type { Carriers, Place, Reply, Subject, Trial } from "../../check/proof/evidence.ts";
import { contextIn } from "../../check/proof/onward.ts";
import type { Clock } from "../../core/clock.ts";
import { seededSpanIds } from "../../core/ids.ts";
import type { Span } from "../../trace/span.ts";
import { after } from "../../wire/system-clock.ts";

/** A context, and where a request brings it. */
export interface Bringing {
  readonly context: ContextKind;
  readonly place: Place;
}

/** One request to a peer. */
export interface Request extends Bringing {
  readonly subject: Omit<Subject, "requestId">;
  /** Makes it, with exactly these carriers; the id is what the protocol gave the request. */
  readonly ask: (carriers: Carriers) => Promise<{ readonly reply: Reply; readonly requestId?: string }>;
}

/** SDKs stamp starts in whole milliseconds: what starts in one request must not seem to have started in another. */
const APART_MS = 4;

/** Makes requests to a peer one after the other, each with a trace of its own. */
export class Trials {
  readonly done: Trial[] = [];
  readonly #clock: Clock;
  readonly #ids: ReturnType<typeof seededSpanIds>;
  #count = 0;

  constructor(clock: Clock, seed: number) {
    this.#clock = clock;
    this.#ids = seededSpanIds(seed, "proof");
  }

  async make({ subject, context, place, ask }: Request): Promise<Trial> {
    const carriers = this.#carriers({ context, place });
    const startUnixNano = this.#clock.nowUnixNano();
    const { reply, requestId } = await ask(carriers);
    await new Promise<void>((resolve) => void after(APART_MS, resolve));
    const endUnixNano = this.#clock.nowUnixNano();
    const id = requestId === undefined ? {} : { requestId };
    const trial = { ...subject, ...id, context, place, carriers, reply, startUnixNano, endUnixNano };
    this.done.push(trial);
    return trial;
  }

  #carriers({ context, place }: Bringing): Carriers {
    const variant = this.#count++;
    const fields = (): Carriers["meta"] =>
      contextFields(context, { traceId: this.#ids.generateTraceId(), spanId: this.#ids.generateSpanId() }, variant);
    return { meta: place === "header" ? {} : fields(), header: place === "_meta" ? {} : fields() };
  }
}

/** Whether each request with a sampled context has a child among spans: more need not come then, the last being one. */
export function areAllRead(trials: readonly Trial[], due: "_meta" | "header", spans: readonly Span[]): boolean {
  const parents = new Set(spans.map(({ parentSpanId }) => parentSpanId));
  return trials.every(({ carriers }) => {
    const context = contextIn(due === "_meta" ? carriers.meta : carriers.header);
    return context?.isSampled !== true || parents.has(context.spanId);
  });
}
