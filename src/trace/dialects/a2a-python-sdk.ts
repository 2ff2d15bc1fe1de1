import type { Dialect } from "./dialect.ts";

const SERVER_ENTRY = /^a2a\.server\.request_handlers\.\w+\.(?:JSONRPC|REST|Grpc)Handler\.\w+$/;
const CLIENT_ENTRY = /^a2a\.client\.transports\.\w+\.\w+Transport\.(?:send_|get_|cancel_|resubscribe|set_)\w*$/;

/**
 * The A2A SDK for Python traces every method of its classes, most of them as SERVER. One span of a call is the call: the
 * protocol's entry on each side. The rest (queues, task stores, the handler behind the handler) is plumbing.
 */
export const A2A_PYTHON_SDK: Dialect = {
  name: "a2a-python-sdk",
  kinds: [
    {
      rule: 'the scope "a2a-python-sdk" and the span\'s name',
      kindOf: ({ name, scope }) => {
        if (scope.name !== "a2a-python-sdk") return undefined;
        if (SERVER_ENTRY.test(name)) return "a2a.server";
        return CLIENT_ENTRY.test(name) ? "a2a.client" : "span";
      },
    },
  ],
};
