// A child that imports nothing of Troupe. Its first argument says what it does.
import { closeSync } from "node:fs";

const [, , what = "", detail = ""] = process.argv;

const deeds = {
  exit: () => process.exit(Number(detail)),
  complain: () => {
    process.stderr.write(detail);
    process.exitCode = 1;
  },
  flood: () => {
    const block = "x".repeat(1024 * 1024);
    const pour = () => process.stderr.write(block, pour);
    pour();
  },
  // Deaf to the end of its stdin and of its channel.
  hang: () => setInterval(() => {}, 1_000_000),
  // Leaves by itself when its stdin has ended.
  polite: () => {
    process.stdin.resume();
    process.stdin.on("end", () => process.exit(Number(detail)));
  },
  deaf: () => closeSync(0),
  mirror: () => process.on("message", (message) => process.send({ mirrored: message })),
  early: () => process.send({ said: "early" }, () => process.exit(0)),
  chatter: () => {
    for (let n = 1; n < Number(detail); n++) process.send({ n, text: "x".repeat(10_000) });
    process.send({ n: Number(detail) }, () => process.exit(0));
  },
  environment: () => process.stdout.write(JSON.stringify(process.env)),
  count: () => process.stdout.write("x".repeat(Number(detail))),
};

deeds[what]();
if (what === "deaf") setInterval(() => {}, 1_000_000);
