import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { onTestFinished } from "vitest";
import { createModelApi } from "../../src/mock/model-api/handler.ts";
import { type ModelRule, scriptedModel } from "../../src/scenario/model.ts";
import { listenEndpoint } from "../../src/wire/http-endpoint.ts";

export interface Served {
  readonly openai: OpenAI;
  readonly anthropic: Anthropic;
  readonly url: string;
  /** What the mock was asked, oldest first: method and path. */
  readonly asked: readonly string[];
  /** How many requests the mock is still at work on. */
  readonly open: () => number;
  /** What the mock had no answer for. */
  readonly faults: readonly string[];
}

/** A model's API behind a real socket, and the official clients of it. */
export async function served(rules: readonly ModelRule[], agent = "shop"): Promise<Served> {
  const asked: string[] = [];
  const faults: string[] = [];
  let open = 0;
  const endpoint = createModelApi(scriptedModel("mock-model", rules), {
    seed: 1,
    clock: { nowUnixNano: () => 1_735_689_600_000_000_000n },
    pause: () => Promise.resolve(),
    onFault: (sentence) => void faults.push(sentence),
  });
  const { url, close } = await listenEndpoint({
    port: 0,
    endpoint: () => async (request) => {
      asked.push(`${request.method} ${new URL(request.url).pathname}`);
      open++;
      return await endpoint(request).finally(() => open--);
    },
  });
  onTestFinished(close);
  const base = `${url}/agents/${agent}`;
  const more = { apiKey: "none", maxRetries: 2 };
  return {
    openai: new OpenAI({ ...more, baseURL: `${base}/v1` }),
    anthropic: new Anthropic({ ...more, baseURL: base }),
    url,
    asked,
    open: () => open,
    faults,
  };
}
