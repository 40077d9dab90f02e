/**
 * Chosen files by name and size, each can be taken out again; one that is too large is not taken at all, and it says so.
 * The browser's own words would be in the machine's language.
 */
import { word } from "../words";

const LARGEST = 25;
const MB = 1024 * 1024;

function sizeOf(file: File): string {
  return file.size < MB ? `${Math.ceil(file.size / 1024)} kB` : `${(file.size / MB).toFixed(1)} MB`;
}

/** The list below a file field: form-js' own field, or one of our forms. */
function listOf(input: HTMLInputElement): HTMLElement {
  const field = input.closest<HTMLElement>(".fjs-form-field, .filepick") ?? input.parentElement!;
  const found = field.querySelector<HTMLElement>(":scope > .chosen");
  if (found) return found;
  const made = Object.assign(document.createElement("ul"), { className: "chosen" });
  made.setAttribute("aria-live", "polite");
  field.append(made);
  return made;
}

function hold(input: HTMLInputElement, files: File[]): void {
  const kept = new DataTransfer();
  for (const file of files) kept.items.add(file);
  input.files = kept.files;
}

function row(input: HTMLInputElement, file: File, at: number): HTMLElement {
  const item = Object.assign(document.createElement("li"), { className: "file" });
  const name = Object.assign(document.createElement("span"), { className: "clip", textContent: file.name });
  const size = Object.assign(document.createElement("span"), { className: "muted", textContent: sizeOf(file) });
  const out = Object.assign(document.createElement("button"), { type: "button", className: "button quiet icon-only", textContent: "×" });
  out.setAttribute("aria-label", word("Remove %(name)s", { name: file.name }));
  out.addEventListener("click", () => {
    hold(input, [...(input.files ?? [])].filter((_, index) => index !== at));
    input.dispatchEvent(new Event("change", { bubbles: true }));
  });
  item.append(name, size, out);
  return item;
}

function refused(file: File): HTMLElement {
  const text = word("%(name)s has %(size)s; at most %(limit)s MB can be attached.", { name: file.name, size: sizeOf(file), limit: LARGEST });
  return Object.assign(document.createElement("li"), { className: "error", textContent: text });
}

/** Before anybody else hears of it: what is too large is not chosen at all. */
function show(event: Event): void {
  const input = event.target as HTMLInputElement;
  if (input.type !== "file") return;
  const chosen = [...(input.files ?? [])];
  const files = chosen.filter((file) => file.size <= LARGEST * MB);
  const list = listOf(input);
  if (files.length < chosen.length) {
    hold(input, files);
    // form-js would keep an empty choice as if it were one.
    if (files.length === 0 && !list.querySelector(".file")) event.stopPropagation();
  }
  const large = chosen.filter((file) => !files.includes(file));
  list.replaceChildren(...large.map(refused), ...files.map((file, at) => row(input, file, at)));
}

export function startFiles(): void {
  document.addEventListener("change", show, { capture: true });
}
