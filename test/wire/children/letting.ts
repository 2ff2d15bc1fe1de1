// Starts a child that never ends, lets it go, and has nothing else to do.
import { startChild } from "../../../src/wire/child.ts";

const [, , plain = ""] = process.argv;
const child = startChild({ command: process.execPath, args: [plain, "hang"], env: {}, label: "hanging" });
child.letGo();
process.send?.({ pid: child.pid });
