/** A mock with what the Model Context Protocol's conformance suite looks for in a server, as far as a mock has it. */
import { mcpServer, tool, toolContents, toolError } from "troupe";
import * as z from "zod";

/** A red pixel, and a sound of no length. */
const PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==";
const WAV = "UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAAB9AAACABAAZGF0YQIAAAA=";

const TEXT = { type: "text", text: "This is a simple text response for testing." } as const;
const IMAGE = { type: "image", data: PNG, mimeType: "image/png" } as const;
const AUDIO = { type: "audio", data: WAV, mimeType: "audio/wav" } as const;
const embedded = (uri: string, mimeType: string, text: string) =>
  ({ type: "resource", resource: { uri, mimeType, text } }) as const;

const input = z.object({});

const address = { type: "object", properties: { street: { type: "string" }, city: { type: "string" } } };
const SCHEMA_2020_12 = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  type: "object",
  $defs: { address },
  properties: { name: { type: "string" }, address: { $ref: "#/$defs/address" } },
  additionalProperties: false,
};

export const everything = mcpServer("everything", {
  latencyMs: [0, 0],
  tools: {
    test_simple_text: tool({ description: "Says a text", input, handle: () => TEXT.text }),
    test_image_content: tool({
      description: "Shows an image",
      input,
      handle: () => toolContents({ content: [IMAGE], isError: false }),
    }),
    test_audio_content: tool({
      description: "Plays a sound",
      input,
      handle: () => toolContents({ content: [AUDIO], isError: false }),
    }),
    test_embedded_resource: tool({
      description: "Holds a resource",
      input,
      handle: () =>
        toolContents({
          content: [embedded("test://embedded-resource", "text/plain", "This is an embedded resource content.")],
          isError: false,
        }),
    }),
    test_multiple_content_types: tool({
      description: "Says, shows and holds",
      input,
      handle: () =>
        toolContents({
          content: [
            TEXT,
            IMAGE,
            embedded("test://mixed-content-resource", "application/json", '{"test":"data","value":123}'),
          ],
          isError: false,
        }),
    }),
    test_error_handling: tool({
      description: "Fails",
      input,
      handle: () => toolError("This tool intentionally returns an error for testing"),
    }),
    json_schema_2020_12_tool: tool({
      description: "Takes arguments by a schema of 2020-12",
      input: SCHEMA_2020_12,
      handle: () => "done",
    }),
  },
  resources: {
    "test://static-text": {
      description: "A text",
      read: () => "This is the content of the static text resource.",
    },
    "test://template/{id}/data": {
      description: "A resource for each id",
      mimeType: "application/json",
      read: ({ id = "" }) => ({ id, templateTest: true, data: `Data for ID: ${id}` }),
    },
  },
  prompts: {
    test_simple_prompt: { description: "A prompt", text: () => "This is a simple prompt for testing." },
    test_prompt_with_arguments: {
      description: "A prompt with arguments",
      arguments: { arg1: "The first", arg2: "The second" },
      text: ({ arg1 = "", arg2 = "" }) => `Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`,
    },
  },
});
