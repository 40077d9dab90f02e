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

/** Where a form takes files, what is dropped onto it or pasted into it is chosen like any other. */
function fieldAt(target: EventTarget | null): HTMLInputElement | null {
  const form = target instanceof Element ? target.closest("form") : null;
  return form?.querySelector<HTMLInputElement>(".filepick input[type=file]") ?? null;
}

/** A screenshot comes out of the clipboard as `image.png`, each time the same: two of them are told apart by number. */
function named(file: File, taken: string[]): File {
  if (!taken.includes(file.name)) return file;
  const [, stem = "", end = ""] = /^(.*?)(\.[^.]*)?$/.exec(file.name) ?? [];
  const number = taken.filter((name) => name.startsWith(stem)).length + 1;
  return new File([file], `${stem}-${number}${end}`, { type: file.type });
}

function take(event: Event, given: FileList | undefined): void {
  const input = fieldAt(event.target);
  if (!input || !given?.length) return;
  event.preventDefault();
  const kept = [...(input.files ?? [])];
  for (const file of given) kept.push(named(file, kept.map(({ name }) => name)));
  hold(input, kept);
  input.dispatchEvent(new Event("change", { bubbles: true }));
}

function mayDrop(event: DragEvent): void {
  if (event.dataTransfer?.types.includes("Files") && fieldAt(event.target)) event.preventDefault();
}

export function startFiles(): void {
  document.addEventListener("change", show, { capture: true });
  document.addEventListener("paste", (event) => take(event, event.clipboardData?.files));
  document.addEventListener("dragover", mayDrop);
  document.addEventListener("drop", (event) => take(event, event.dataTransfer?.files));
}
