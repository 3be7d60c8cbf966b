import { readFileSync } from "node:fs";
import { defineConfig, type Plugin } from "vite";

/** Icon names come from app definitions at run time, so the server needs the drawing of every icon. */
function icons(): Plugin {
  return {
    name: "icons",
    generateBundle() {
      const source = readFileSync("node_modules/@tabler/icons/tabler-nodes-outline.json", "utf8");
      this.emitFile({ type: "asset", fileName: "icons.json", source: JSON.stringify(JSON.parse(source)) });
    },
  };
}

export default defineConfig({
  base: "./",
  plugins: [icons()],
  build: {
    outDir: "../engine/web/static/dist",
    emptyOutDir: true,
    manifest: "manifest.json",
    target: "es2022",
    // Older CSS targets make the minifier lower light-dark(), which breaks dark areas inside light pages.
    cssTarget: ["chrome123", "edge123", "firefox120", "safari17.5"],
    license: { fileName: "third-party-licenses.md" },
    rollupOptions: { input: { app: "src/app.ts" } },
  },
});
