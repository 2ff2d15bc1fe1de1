/** A program around the `answer` of an agent's module: a message a line, and a line for each answer. */
import { createInterface } from "node:readline";

const { answer } = await import(new URL(process.argv[2], import.meta.url));

for await (const line of createInterface({ input: process.stdin })) {
  const text = await answer(JSON.parse(line).text, process.env);
  process.stdout.write(`${JSON.stringify({ text })}\n`);
}
