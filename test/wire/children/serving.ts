// An MCP server over stdio on Troupe's own serving end: the far end of the official client.
import { stdioServing } from "../../../src/wire/stdio.ts";
import { echoServer } from "../echo-server.ts";

await echoServer().connect(stdioServing(process.stdin, process.stdout));
