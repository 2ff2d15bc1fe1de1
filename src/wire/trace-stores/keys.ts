import { TroupeError } from "../../core/errors.ts";

/** The environment's variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What goes with each request; its values are keys. */
export type KeyHeaders = Readonly<Record<string, string>>;

export function bearer(variable: string, env: Environment): KeyHeaders {
  return env[variable] === undefined ? {} : { authorization: `Bearer ${key(variable, env)}` };
}

export function basic(user: string, password: string, env: Environment): KeyHeaders {
  if (env[user] === undefined || env[password] === undefined) return {};
  const pair = `${key(user, env)}:${key(password, env)}`;
  return { authorization: `Basic ${Buffer.from(pair).toString("base64")}` };
}

/** Checked here: the HTTP client would repeat a malformed one in its error. */
export function key(variable: string, env: Environment): string {
  const value = (env[variable] ?? "").trim();
  if (/^[\x21-\x7e]+$/.test(value)) return value;
  const what = `the variable ${variable} is empty or holds what no key has`;
  throw new TroupeError("USAGE", { where: "the environment", what, mend: "Set it to the key alone." });
}

/** A text without the keys that it may repeat. */
export function withoutKeys(text: string, keys: KeyHeaders): string {
  const secrets = Object.values(keys).flatMap((value) => [
    value,
    value.replace(/^\w+ /, ""),
    ...userAndPassword(value),
  ]);
  return secrets.filter((secret) => secret !== "").reduce((clean, secret) => clean.replaceAll(secret, "…"), text);
}

function userAndPassword(value: string): readonly string[] {
  const pair = /^Basic (.+)$/.exec(value)?.[1];
  return pair === undefined ? [] : Buffer.from(pair, "base64").toString().split(":");
}
