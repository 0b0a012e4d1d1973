import { defineConfig, type ViteUserConfig } from "vitest/config";

// Unit tests sit beside their code and need nothing but Node; integration tests (test/) may start
// programs that ci/test.ts has installed. Both talk to loopback only.
const config: ViteUserConfig = defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["{app,build,ci,signing,updater}/**/*.test.ts"],
          testTimeout: 10_000,
        },
      },
      {
        test: {
          name: "integration",
          include: ["test/**/*.test.ts"],
          testTimeout: 300_000,
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
    ],
  },
});

export default config;
