import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
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

/** Packed once here, so that the server never packs while somebody waits. */
function packed(): Plugin {
  const folder = "../engine/web/static/dist/assets/";
  return {
    name: "packed",
    closeBundle() {
      for (const name of readdirSync(folder).filter((each) => /\.(js|css)$/.test(each))) {
        writeFileSync(`${folder}${name}.gz`, gzipSync(readFileSync(folder + name), { level: 9 }));
      }
    },
  };
}

export default defineConfig({
  base: "./",
  plugins: [icons(), packed()],
  build: {
    outDir: "../engine/web/static/dist",
    emptyOutDir: true,
    manifest: "manifest.json",
    target: "es2022",
    // Older CSS targets make the minifier lower light-dark(), which breaks dark areas inside light pages.
    cssTarget: ["chrome123", "edge123", "firefox120", "safari17.5"],
    license: { fileName: "third-party-licenses.md" },
    rollupOptions: { input: { app: "src/app.ts", theme: "src/theme.ts" } },
  },
});
