import { spawn } from "node:child_process";

/** A program of Node's that prints where it listens, and its address. */
export async function started(
  file: string,
  env: Readonly<Record<string, string>>,
  atEnd: (work: () => void) => unknown,
  flags: readonly string[] = [],
): Promise<string> {
  const child = spawn(process.execPath, [...flags, file], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  atEnd(() => void child.kill("SIGKILL"));
  for await (const line of child.stdout) return String(line).trim();
  throw new Error(`${file} ended before it listened`);
}
