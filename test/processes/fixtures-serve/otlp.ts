import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { onTestFinished } from "vitest";

/** A span as it came in, read without any of Troupe's own code. */
export interface Exported {
  readonly service: string;
  readonly name: string;
  /** OTLP's number: 2 is SERVER, 3 is CLIENT. */
  readonly kind: number;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
}

interface Pair {
  readonly key: string;
  readonly value: Readonly<Record<string, unknown>>;
}

interface Body {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly Pair[] };
    readonly scopeSpans: readonly {
      readonly spans: readonly (Omit<Exported, "attributes" | "service" | "parentSpanId" | "links"> & {
        readonly attributes?: readonly Pair[];
        readonly parentSpanId?: string;
        readonly links?: Exported["links"];
      })[];
    }[];
  }[];
}

/** A store for spans over OTLP/HTTP in JSON, gone after the test. */
export async function otlpStore(): Promise<{
  readonly url: string;
  /** In order of arrival. */
  readonly spans: readonly Exported[];
  readonly paths: readonly string[];
}> {
  const spans: Exported[] = [];
  const paths: string[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      paths.push(request.url ?? "");
      spans.push(...spansIn(JSON.parse(body) as Body));
      response.writeHead(200, { "content-type": "application/json" }).end("{}");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("it does not listen");
  return { url: `http://127.0.0.1:${address.port}`, spans, paths };
}

function spansIn({ resourceSpans }: Body): Exported[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const service = String(record(resource.attributes)["service.name"]);
    return scopeSpans.flatMap(({ spans }) =>
      spans.map(({ attributes = [], parentSpanId = "", links = [], ...span }) => ({
        ...span,
        service,
        parentSpanId,
        links: links.map(({ traceId, spanId }) => ({ traceId, spanId })),
        attributes: record(attributes),
      })),
    );
  });
}

function record(pairs: readonly Pair[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(pairs.map(({ key, value }) => [key, Object.values(value)[0]]));
}
