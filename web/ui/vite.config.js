import { resolve } from "node:path";
import { defineConfig } from "vite";

/** English texts inside form-js' viewer that a reader sees; each is looked up in the page's word list at run time. */
const FORM_TEXTS = [
  "Add new",
  "All values selected",
  "Browse",
  "Click to remove sorting",
  "Date and time must both be entered.",
  "Decrement",
  "Field is required.",
  "Field must be a valid email.",
  "Increment",
  "Next page",
  "No files selected",
  "No results",
  "Nothing to show.",
  "Previous page",
  "Remove tag",
  "Search",
  "Skip to search",
  "Value is not a number.",
];

/**
 * form-js 1.23 has no translation hook. Replacing whole string literals at build time keeps its source untouched; the build
 * fails when a new release drops one of them, so that no text silently goes back to English.
 */
function translateForms() {
  return {
    name: "translate-forms",
    transform(code, id) {
      if (!/form-js-viewer\/dist\/index\.es\.js/.test(id)) return null;
      const replaced = FORM_TEXTS.reduce((source, text) => {
        const literal = new RegExp(`(["'])${text.replace(/\./g, "\\.")}\\1`, "g");
        if (!literal.test(source)) this.error(`form-js no longer contains "${text}"`);
        return source.replace(literal, `globalThis.loopdesk.word(${JSON.stringify(text)})`);
      }, code);
      return { code: replaced, map: null };
    },
  };
}

export default defineConfig({
  base: "./", // the product may be mounted under any prefix of a host
  plugins: [translateForms()],
  build: {
    outDir: resolve(import.meta.dirname, "../static/build"),
    emptyOutDir: true,
    manifest: "manifest.json",
    target: "es2023",
    cssTarget: ["chrome123", "firefox120", "safari17.5"],
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 900,
    rollupOptions: { input: { desk: resolve(import.meta.dirname, "src/desk.ts"), style: resolve(import.meta.dirname, "src/style.css") } },
  },
});
