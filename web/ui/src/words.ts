/** Texts that scripts show, in the language of the page; the server writes them into `<script id="words">`. */
declare global {
  var loopdesk: { word: (text: string) => string };
}

const list: Record<string, string> = JSON.parse(document.getElementById("words")?.textContent ?? "{}");

/** The text in the language of the page, `%(name)s` filled in; itself where the catalogue has no other. */
export function word(text: string, values: Record<string, string | number> = {}): string {
  return (list[text] ?? text).replace(/%\((\w+)\)s/g, (_, name: string) => String(values[name] ?? ""));
}

globalThis.loopdesk = { word };
