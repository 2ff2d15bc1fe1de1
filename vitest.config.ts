import { defineConfig } from "vitest/config";

const resolve = { conditions: ["troupe-source"] };

export default defineConfig({
  resolve,
  ssr: { resolve },
  test: {
    sequence: { shuffle: true },
    maxWorkers: "100%",
    projects: [
      { extends: true, test: { name: "unit", include: ["test/**/*.test.ts"], exclude: ["test/long/**"] } },
      { extends: true, test: { name: "long", include: ["test/long/**/*.test.ts"], testTimeout: 600_000 } },
    ],
  },
});
