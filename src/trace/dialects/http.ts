import type { Attributes } from "../span.ts";
import type { Dialect } from "./dialect.ts";

const METHOD_KEYS = ["http.request.method", "http.method"] as const;
const ROUTE_KEYS = ["http.route", "url.template", "url.path", "http.target", "url.full", "http.url"] as const;

/** OpenTelemetry's HTTP conventions, old and new. */
export const HTTP: Dialect = {
  name: "otel-http",
  kinds: [
    {
      rule: METHOD_KEYS.join(" or "),
      kindOf: ({ attributes }) => (METHOD_KEYS.some((key) => key in attributes) ? "http" : undefined),
    },
  ],
};

/** `{method} {route}`; without a route the path, and without either the method alone. */
export function httpName(attributes: Attributes): string {
  const method = firstText(attributes, METHOD_KEYS) ?? "";
  const route = firstText(attributes, ROUTE_KEYS);
  return route === undefined ? method : `${method} ${pathOf(route)}`;
}

function firstText(attributes: Attributes, keys: readonly string[]): string | undefined {
  for (const key of keys) {
    const value = attributes[key];
    if (typeof value === "string" && value !== "") return value;
  }
  return undefined;
}

function pathOf(route: string): string {
  const withoutOrigin = route.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, "");
  const path = withoutOrigin.replace(/[?#].*$/s, "");
  return path === "" ? "/" : path;
}
