import { defineConfig } from "vitest/config";

const resolve = { conditions: ["troupe-source"] };

/** Sockets, child processes and worker threads. */
const WIRE = [
  "test/wire/**/*.test.ts",
  "test/processes/**/*.test.ts",
  "test/e2e/**/*.test.ts",
  "test/oracle/**/*.test.ts",
  "test/campaign/{suite,mutation}.test.ts",
  "test/cli/main.test.ts",
  "test/package.test.ts",
];

/** Of tests of processes and threads, those that are in the long tier alone. */
const LONG_ALONE = ["test/campaign/threads.test.ts", "test/processes/live.test.ts"];

/** What takes too long for every change; some of these files have more cases here than in their own tier. */
const LONG = [
  "test/long/**/*.test.ts",
  "test/processes/equality.test.ts",
  "test/processes/propagation.test.ts",
  "test/processes/lost.test.ts",
  "test/processes/faults.test.ts",
  "test/processes/leftovers.test.ts",
  "test/processes/seams.test.ts",
  "test/processes/kill-at-each-step.test.ts",
  ...LONG_ALONE,
];

/** Which provider is registered first is what these are about: each needs a process of its own. */
const ALONE = ["other-provider", "registration", "api-registered", "api-copies"].map(
  (name) => `test/telemetry/${name}.test.ts`,
);

/** Processes start from a build: `npm start` and the runs of `.ci/run` start them from source. */
const FROM_BUILD = { globalSetup: ["test/build.ts"], setupFiles: ["test/built-program.ts"] };

export default defineConfig({
  resolve,
  ssr: { resolve },
  test: {
    sequence: { shuffle: true },
    maxWorkers: "100%",
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: ["**/node_modules/**", "test/long/**", ...WIRE, ...LONG_ALONE, ...ALONE],
          // Loading the SDKs anew for each file would take as long as all tests of the tier.
          isolate: false,
          testTimeout: 60_000,
        },
      },
      { extends: true, test: { name: "unit-alone", include: ALONE, testTimeout: 60_000 } },
      {
        extends: true,
        test: {
          name: "wire",
          include: WIRE,
          exclude: ["test/processes/kill-at-each-step.test.ts", ...LONG_ALONE],
          testTimeout: 60_000,
          ...FROM_BUILD,
        },
      },
      {
        extends: true,
        test: {
          name: "long",
          include: LONG,
          testTimeout: 600_000,
          env: { TROUPE_TEST_TIER: "long" },
          ...FROM_BUILD,
        },
      },
    ],
  },
});
