/** Has this process start children and threads from the build, which `test/build.ts` made, instead of from source. */
import { vi } from "vitest";
import { TROUPE } from "./cli/run-child.ts";

vi.mock(import("../src/wire/own-program.ts"), async () => {
  const [command, ...program] = TROUPE;
  return {
    ownProgram: (words, env) => {
      const inherited = Object.entries(process.env).flatMap(([key, value]) =>
        value === undefined ? [] : [[key, value]],
      );
      return { command, args: [...program, ...words], env: { ...Object.fromEntries(inherited), ...env, TZ: "UTC" } };
    },
  };
});

vi.mock("../src/campaign/thread.ts", () => import(new URL("../dist/campaign/thread.js", import.meta.url).href));
