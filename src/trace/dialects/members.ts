import type { Attributes, AttributeValue } from "../span.ts";

export type Members = Readonly<Record<string, AttributeValue>>;

/** What stands under `key`; `key#a.b` is the member `a.b`, or `b` of `a`, of an attribute that is an object or its JSON text. */
export function valueAt(attributes: Attributes, key: string): AttributeValue | undefined {
  const [name = "", path] = key.split("#");
  const value = attributes[name];
  if (path === undefined || value === undefined) return value;
  const object = membersOf(value);
  return object === undefined ? undefined : memberAt(object, path);
}

/** The members of an object, or of the one that a JSON text holds. */
export function membersOf(value: AttributeValue): Members | undefined {
  if (typeof value === "object" && value !== null) return isMembers(value) ? value : undefined;
  if (typeof value !== "string" || !value.trimStart().startsWith("{")) return undefined;
  try {
    const parsed: AttributeValue = JSON.parse(value);
    return isMembers(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

function isMembers(value: AttributeValue): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}

/** The member of that name, or else the one that the name's dots lead to. */
export function memberAt(object: Members, path: string): AttributeValue | undefined {
  if (Object.hasOwn(object, path)) return object[path];
  let value: AttributeValue | undefined = object;
  for (const name of path.split(".")) {
    value = value !== undefined && isMembers(value) && Object.hasOwn(value, name) ? value[name] : undefined;
  }
  return value;
}
