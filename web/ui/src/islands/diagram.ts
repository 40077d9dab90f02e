/** A BPMN diagram to look at, with the token where it stands. bpmn.io's watermark stays (its licence asks for it). */
import "../styles/vendor-diagram.css";
import NavigatedViewer from "bpmn-js/lib/NavigatedViewer";
import { word } from "../words";
import { markChanges, type Change } from "./changes";
import { colour } from "./colour";

interface Canvas {
  addMarker(id: string, marker: string): void;
  scrollToElement(id: string, padding: { top: number; bottom: number; left: number; right: number }): void;
  zoom(level?: number | "fit-viewport", centre?: unknown): number;
}
const READABLE = 0.65;

interface Registry {
  get(id: string): object | undefined;
}
interface Overlays {
  add(id: string, overlay: { position: { top?: number; right?: number; bottom?: number; left?: number }; html: HTMLElement }): string;
}
interface Drawing {
  xml: string;
  tokens?: { active?: string[]; completed?: string[]; incidents?: string[] };
  notes?: Note[];
  changes?: Change[];
}
/** What stands at an element in words; `url` leads to what can be done about it, a quiet one only informs. */
interface Note {
  element: string;
  text: string;
  url?: string;
  tone?: string;
  below?: number;
}

function place(overlays: Overlays, id: string, tone: string, text: string): void {
  const mark = Object.assign(document.createElement("span"), { className: "token", textContent: tone ? "!" : "●", title: text });
  if (tone) mark.dataset["tone"] = tone;
  mark.setAttribute("role", "img");
  mark.setAttribute("aria-label", text);
  overlays.add(id, { position: { top: -9, left: -9 }, html: mark });
}

function mark(viewer: NavigatedViewer, tokens: NonNullable<Drawing["tokens"]>): void {
  const canvas = viewer.get<Canvas>("canvas");
  const registry = viewer.get<Registry>("elementRegistry");
  const overlays = viewer.get<Overlays>("overlays");
  const known = (ids: string[] = []) => ids.filter((id) => registry.get(id));
  for (const id of known(tokens.completed)) canvas.addMarker(id, "token-done");
  for (const id of known(tokens.active)) {
    canvas.addMarker(id, "token-here");
    place(overlays, id, "", word("The process stands here"));
  }
  for (const id of known(tokens.incidents)) {
    canvas.addMarker(id, "token-broken");
    place(overlays, id, "red", word("An incident stops the process here"));
  }
}

function tell(viewer: NavigatedViewer, notes: Note[]): void {
  const registry = viewer.get<Registry>("elementRegistry");
  const overlays = viewer.get<Overlays>("overlays");
  for (const note of notes) {
    if (!registry.get(note.element)) continue;
    const box = document.createElement(note.url ? "a" : "span");
    if (box instanceof HTMLAnchorElement && note.url) box.href = note.url;
    if (note.tone) box.dataset["tone"] = note.tone;
    Object.assign(box, { className: "token-note", textContent: note.text, title: note.text });
    overlays.add(note.element, { position: { bottom: -(note.below ?? 4), left: 0 }, html: box });
  }
}

function tools(root: HTMLElement, viewer: NavigatedViewer): void {
  const canvas = viewer.get<Canvas>("canvas");
  const scale = (factor: number) => canvas.zoom(Math.min(Math.max(canvas.zoom() * factor, 0.2), 4));
  const acts: [string, string, () => void][] = [
    ["−", word("Smaller"), () => scale(0.8)],
    ["+", word("Larger"), () => scale(1.25)],
    ["⤢", word("Fit"), () => canvas.zoom("fit-viewport", "auto")],
  ];
  const bar = Object.assign(document.createElement("div"), { className: "tools" });
  for (const [sign, label, act] of acts) {
    const button = Object.assign(document.createElement("button"), { type: "button", className: "button", textContent: sign, title: label });
    button.setAttribute("aria-label", label);
    button.addEventListener("click", act);
    bar.append(button);
  }
  root.append(bar);
}

async function draw(root: HTMLElement): Promise<void> {
  const view = root.querySelector<HTMLElement>(".view")!;
  const response = await fetch(root.dataset["diagram"]!, { headers: { Accept: "application/json" } });
  if (!response.ok) throw new Error(String(response.status));
  const drawing = (await response.json()) as Drawing;
  view.replaceChildren();
  const viewer = new NavigatedViewer({
    container: view,
    textRenderer: { defaultStyle: { fontFamily: getComputedStyle(document.body).fontFamily } },
    bpmnRenderer: { defaultFillColor: colour("--surface"), defaultStrokeColor: colour("--ink"), defaultLabelColor: colour("--ink") },
  });
  await viewer.importXML(drawing.xml);
  mark(viewer, drawing.tokens ?? {});
  markChanges(viewer, drawing.changes ?? []);
  tell(viewer, drawing.notes ?? []);
  tools(root, viewer);
  frame(root, viewer, drawing.tokens ?? {});
}

/** All of it where that can be read; in a small frame the part where the process stands. */
function frame(root: HTMLElement, viewer: NavigatedViewer, tokens: NonNullable<Drawing["tokens"]>): void {
  const canvas = viewer.get<Canvas>("canvas");
  const registry = viewer.get<Registry>("elementRegistry");
  const whole = canvas.zoom("fit-viewport", "auto");
  const here = [...(tokens.incidents ?? []), ...(tokens.active ?? [])].find((id) => registry.get(id));
  if (whole >= READABLE || !here || !root.classList.contains("small-view")) return;
  canvas.zoom(READABLE);
  canvas.scrollToElement(here, { top: 90, bottom: 90, left: 80, right: 80 });
}

/** Draw when the element first becomes visible: a diagram in a hidden tab has no size to fit to. */
export function mount(root: HTMLElement): void {
  const seen = new IntersectionObserver((entries) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    seen.disconnect();
    draw(root).catch((error: unknown) => {
      const note = root.querySelector<HTMLElement>(".view")!;
      note.textContent = word("The diagram cannot be shown. Load the page again.");
      note.classList.add("empty");
      console.warn(error);
    });
  });
  seen.observe(root);
}
