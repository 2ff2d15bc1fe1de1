/** Compiles sources, scenarios and benchmarks into `.bench`, a package of its own: a loader is not what is measured. */
import { execFileSync } from "node:child_process";
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";

rmSync(".bench", { recursive: true, force: true });
const tsc = ["node_modules/typescript/bin/tsc", "--outDir", ".bench", "--declaration", "false"];
execFileSync(process.execPath, tsc, { stdio: "inherit" });
const isData = (path) => !path.endsWith(".ts") && !path.includes("node_modules");
cpSync("scenarios", ".bench/scenarios", { recursive: true, filter: isData });
const { name, version, type } = JSON.parse(readFileSync("package.json", "utf8"));
const exports = { ".": "./src/index.js", "./run": "./src/run.js" };
writeFileSync(".bench/package.json", JSON.stringify({ name, version, type, exports }));
