/** Builds the package before tests that start processes: from a build one starts in half the time that it takes from source. */
import { execFileSync } from "node:child_process";

export function setup(): void {
  execFileSync("npm", ["run", "-s", "build"], { stdio: ["ignore", "ignore", "inherit"] });
}
