import { createRequire } from "node:module";
import { join, sep } from "node:path";

/** One copy of `@opentelemetry/api` that this process has loaded. */
export interface ApiCopy {
  readonly folder: string;
  readonly version: string;
}

const ENTRY = join("@opentelemetry", "api", "build", "src", "index.js");

/**
 * Copies that cannot use the global provider which another one registered: those newer than it by a minor version, and
 * those of another major one. What asks them for a tracer gets one that records nothing.
 *
 * @see the API's `isCompatible`
 */
export function shutOut(copies: readonly ApiCopy[], registered: string): readonly ApiCopy[] {
  const [major = 0, minor = 0] = numbersOf(registered);
  return copies.filter(({ version }) => {
    const [ownMajor = 0, ownMinor = 0] = numbersOf(version);
    return ownMajor !== major || ownMinor > minor;
  });
}

/** Every loaded copy; each is CommonJS to Node, also for those who import it. */
export function loadedApiCopies(): readonly ApiCopy[] {
  const require = createRequire(import.meta.url);
  return Object.keys(require.cache)
    .filter((path) => path.endsWith(sep + ENTRY))
    .map((path) => {
      const folder = path.slice(0, -"/build/src/index.js".length);
      const { version }: { readonly version: string } = require(join(folder, "package.json"));
      return { folder, version };
    });
}

/** `FOLDER (VERSION) and FOLDER (VERSION)`. */
export function copiesText(copies: readonly ApiCopy[]): string {
  return copies.map(({ folder, version }) => `${folder} (${version})`).join(" and ");
}

/** The version of the copy that registered the globals of API 1.x; `undefined` where none did. */
export function registeredApiVersion(): string | undefined {
  const globals: { readonly version?: string } | undefined = Reflect.get(
    globalThis,
    Symbol.for("opentelemetry.js.api.1"),
  );
  return globals?.version;
}

function numbersOf(version: string): readonly number[] {
  return version.split(".").map(Number);
}
