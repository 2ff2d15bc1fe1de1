import { randomBytes } from "node:crypto";

/** 16 hex digits that nobody has had before. */
export function freshId(): string {
  return randomBytes(8).toString("hex");
}
