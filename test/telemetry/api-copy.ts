import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import type * as Api from "@opentelemetry/api";
import { afterAll } from "vitest";

const home = mkdtempSync(join("test", ".tmp-api-"));
afterAll(() => rmSync(home, { recursive: true }));

/** A second copy of the API, loaded, as a package of its own dependencies would bring it. */
export function copyOf(version: string): { readonly folder: string; readonly api: typeof Api } {
  const folder = resolve(home, version, "node_modules", "@opentelemetry", "api");
  cpSync(resolve("node_modules/@opentelemetry/api"), folder, { recursive: true });
  for (const file of ["package.json", "build/src/version.js"]) {
    const path = join(folder, file);
    writeFileSync(path, readFileSync(path, "utf8").replace(/1\.9\.\d+/, version));
  }
  return { folder, api: createRequire(import.meta.url)(folder) };
}
