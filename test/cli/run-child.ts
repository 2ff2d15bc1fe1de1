import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));

/** What starts the program from its build, which `test/build.ts` makes: an executable and its arguments. */
export const TROUPE = [process.execPath, MAIN] as const;

export interface Exited {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** The program as a child process; `readMax` closes its standard output after so many bytes. */
export async function troupeProcess(
  words: readonly string[],
  readMax: number = Number.POSITIVE_INFINITY,
): Promise<Exited> {
  const [node, ...args] = TROUPE;
  const child = spawn(node, [...args, ...words]);
  let [out, err] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => {
    out += chunk.toString();
    if (out.length >= readMax) child.stdout.destroy();
  });
  child.stderr.on("data", (chunk: Buffer) => (err += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  return { code, out, err };
}
