import { defineConfig } from "vite";

declare const process: { env: Record<string, string | undefined> };

// PADAUK_SERVER: the server that `make ui-dev` shows (default http://127.0.0.1:5000)
const server = process.env["PADAUK_SERVER"] ?? "http://127.0.0.1:5000";

export default defineConfig({
  base: "./",
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: "../src/padauk/ui",
    emptyOutDir: true,
    target: "es2022",
    modulePreload: { polyfill: false },
    // fonts and pictures stay files: the page's policy allows no data: addresses
    assetsInlineLimit: 0,
  },
  server: {
    proxy: Object.fromEntries(
      ["/api", "/ajax-api", "/health", "/version", "/get-artifact"].map((path) => [path, server]),
    ),
  },
});
