import { seededSpanIds } from "../../../src/core/ids.ts";
import type { Hearing } from "../../../src/mock/recorder/hearing.ts";
import type { Exchange } from "../../../src/recording/exchange.ts";
import { type Service, openService } from "../../../src/telemetry/service.ts";
import type { Span } from "../../../src/trace/span.ts";
import { EPOCH_UNIX_NANO, SystemClock } from "../../../src/wire/system-clock.ts";

export interface Heard extends Hearing {
  readonly exchanges: Exchange[];
  readonly lacks: string[];
  readonly spans: () => readonly Span[];
}

/** A hearing that keeps what it is told; each question to the time is a millisecond later. */
export function hearing(): Heard {
  const [exchanges, lacks]: [Exchange[], string[]] = [[], []];
  const services = new Map<string, Service>();
  const clock = new SystemClock(EPOCH_UNIX_NANO);
  let now = 0;
  return {
    agent: "helper",
    exchanges,
    lacks,
    nowMs: () => now++,
    exchange: (one) => void exchanges.push(one),
    lack: ({ what }) => void lacks.push(what),
    service(name) {
      const service = services.get(name) ?? openService(name, seededSpanIds(1, name), clock);
      services.set(name, service);
      return service;
    },
    spans: () => [...services.values()].flatMap(({ spans }) => spans),
  };
}
