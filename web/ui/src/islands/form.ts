/**
 * A form drawn by form-js' viewer. What the person typed is never lost: drafts are saved while they type, a refusal of the
 * server is shown on the fields or above them, and a task that someone else took in the meantime keeps the input readable.
 */
import "../styles/vendor-form.css";
import flatpickr from "flatpickr";
import { Mandarin } from "flatpickr/dist/l10n/zh";
import { createForm, type Form } from "@bpmn-io/form-js-viewer";
import { post, type Answer, type Problem } from "../http";
import { word } from "../words";
import { clockTime } from "./times";
import { startSteps } from "./steps";
import { standing, type Standing } from "./standing";
import { beside } from "./beside";
import { startSimilar } from "./similar";
import { startTemplates } from "./template";
import { startWriting, type Writing } from "./writing";
import { translated } from "./form-words";
import { asWritten } from "./form-written";

type Data = Record<string, unknown>;
interface Field {
  id: string;
}
interface Result {
  data: Data;
  errors: Record<string, unknown>;
  files: Map<string, File[]>;
}

// form-js draws dates with flatpickr's own default language; a week begins on Monday in both of ours.
const page = document.documentElement.lang;
flatpickr.localize({ ...(page.startsWith("zh") ? Mandarin : flatpickr.l10ns.default), firstDayOfWeek: 1 });

// Its dates are written as in "default", the machine's language; a page has a language of its own.
const own = navigator.language.startsWith(page.slice(0, 2)) ? navigator.language : page;
const { DateTimeFormat } = Intl;
Intl.DateTimeFormat = new Proxy(DateTimeFormat, {
  construct: (made, [locale, options]: [string?, Intl.DateTimeFormatOptions?]) => new made(locale === "default" ? own : locale, options),
});

const DRAFT_AFTER = 700;

function part<T>(root: HTMLElement, name: string): T {
  return JSON.parse(root.querySelector(`script[data-part=${name}]`)?.textContent ?? "{}") as T;
}

/** Server-side findings, keyed by the field's key (dotted when nested), put where form-js shows its own. */
function showErrors(form: Form, errors: Record<string, string[]>): string[] {
  const paths = form.get("pathRegistry") as { getValuePath(field: Field): string[] };
  const fields = (form.get("formFieldRegistry") as { getAll(): Field[] }).getAll();
  const byKey = new Map(fields.map((field) => [paths.getValuePath(field).join("."), field.id]));
  const shown: Record<string, string[]> = {};
  const left: string[] = [];
  for (const [key, messages] of Object.entries(errors)) {
    const id = byKey.get(key);
    if (id) shown[id] = messages;
    else left.push(...messages);
  }
  form._setState({ errors: shown });
  return left;
}

function showProblem(root: HTMLElement, problem: Problem, rest: string[]): void {
  const box = root.querySelector<HTMLElement>("[data-problem]")!;
  const text = box.querySelector("[data-problem-text]")!;
  const title = Object.assign(document.createElement("strong"), { textContent: word(problem.detail || problem.title) });
  const lines = [...rest, word(problem.remedy ?? "")].filter(Boolean);
  text.replaceChildren(title, ...lines.map((line) => Object.assign(document.createElement("p"), { textContent: line })));
  box.hidden = false;
  box.scrollIntoView({ block: "nearest" });
}

/** form-js takes over what is typed a moment later, or when the field is left: leave it. */
function settle(): void {
  if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
}

/** Leaving a field may remove its error and move the buttons: they keep the focus where it is until the press is over. */
function steady(root: HTMLElement): void {
  for (const button of root.querySelectorAll("[data-submit], [data-forward], [data-back]")) {
    button.addEventListener("mousedown", (event) => event.preventDefault());
  }
}

function focusFirstError(root: HTMLElement): void {
  root.dispatchEvent(new CustomEvent("form:errors"));
  requestAnimationFrame(() => {
    const field = root.querySelector<HTMLElement>(".fjs-has-errors :is(input, textarea, select, button, [tabindex])");
    (field ?? root.querySelector<HTMLElement>("[data-problem]"))?.focus();
  });
}

class Drafts {
  private timer = 0;
  private last: string;
  constructor(private readonly url: string, private readonly note: HTMLElement | null, begun: Data) {
    this.last = JSON.stringify(begun);
  }

  later(data: Data): void {
    clearTimeout(this.timer);
    if (JSON.stringify(data) === this.last) return;
    this.timer = window.setTimeout(() => void this.save(data), DRAFT_AFTER);
  }

  stop(): void {
    clearTimeout(this.timer);
    this.note?.replaceChildren();
  }

  private async save(data: Data): Promise<void> {
    const text = JSON.stringify(data);
    if (text === this.last) return;
    const answer = await post(this.url, { data });
    if (answer.ok) this.last = text;
    if (!this.note) return;
    this.note.textContent = answer.ok ? word("Draft saved %(time)s", { time: clockTime() }) : word("Draft not saved");
  }
}

function body(root: HTMLElement, result: Result): unknown {
  if (result.files.size === 0) return { data: result.data, beside: beside(root) };
  const form = new FormData();
  form.append("data", JSON.stringify(result.data));
  form.append("beside", JSON.stringify(beside(root)));
  for (const [key, files] of result.files) for (const file of files) form.append(key, file, file.name);
  return form;
}

/** The address of the form, with the reader's zone: a time without one is meant in it. */
function target(root: HTMLElement): string {
  const url = new URL(root.dataset["form"]!, location.href);
  url.searchParams.set("zone", Intl.DateTimeFormat().resolvedOptions().timeZone);
  return url.href;
}

interface Around {
  drafts: Drafts | null;
  state: Standing | null;
  writing: Writing | null;
}

async function send(root: HTMLElement, form: Form, { drafts, state, writing }: Around): Promise<void> {
  settle();
  const result = form.submit() as unknown as Result;
  if (Object.keys(result.errors).length > 0) return focusFirstError(root);
  const button = root.querySelector<HTMLButtonElement>("[data-submit]")!;
  drafts?.stop();
  button.setAttribute("aria-busy", "true");
  button.disabled = true;
  const answer: Answer<{ next: string }> = await post(target(root), body(root, result));
  if (answer.ok) {
    location.assign(answer.body.next);
    return;
  }
  button.removeAttribute("aria-busy");
  button.disabled = false;
  const held = answer.problem.type?.endsWith(":suspended") ?? false;
  if (answer.problem.status === 409 && state && !held) return state.refresh();
  // Said once, where it was flagged while one typed and can be sent all the same.
  if (answer.problem.type?.endsWith(":jargon") && (await writing?.refused())) {
    root.querySelector<HTMLElement>("[data-problem]")!.hidden = true;
    return;
  }
  showProblem(root, answer.problem, showErrors(form, answer.problem.errors ?? {}));
  focusFirstError(root);
}

/** A process knows a variable as null before anybody has filled it in; a list of ticks cannot begin with that. */
function given(data: Data): Data {
  return Object.fromEntries(Object.entries(data).filter(([, value]) => value !== null)) as Data;
}

async function draw(root: HTMLElement): Promise<void> {
  const view = root.querySelector<HTMLElement>(".form-view")!;
  // Without this form-js takes typed words over 300 ms later, and loses them when it draws itself in between.
  const options = { debounce: false, additionalModules: [asWritten] } as object;
  const form = await createForm({ ...options, container: view, schema: part(root, "schema"), data: given(part<Data>(root, "data")) });
  translated(form);
  view.removeAttribute("aria-busy");
  root.querySelector(".skeleton")?.remove();
  if (root.hasAttribute("data-read-only")) return form.setProperty("readOnly", true);
  const draftUrl = root.dataset["draft"];
  const drafts = draftUrl ? new Drafts(draftUrl, root.querySelector("[data-draft-note]"), form._getState().data) : null;
  // form-js says "changed" while it draws itself, too; only what a person does is a draft.
  let touched = false;
  for (const kind of ["input", "click", "keydown"]) view.addEventListener(kind, () => { touched = true; }, { once: true, capture: true });
  const state = standing(root, (closed) => {
    form.setProperty("readOnly", closed);
    if (closed) drafts?.stop();
  });
  form.on("changed", (event: { data: Data }) => touched && !state?.closed && drafts?.later(event.data));
  const around = { drafts, state, writing: startWriting(root, form) };
  root.querySelector("[data-submit]")?.addEventListener("click", () => void send(root, form, around));
  steady(root);
  startTemplates(root, form);
  startSimilar(root, form);
  if (root.hasAttribute("data-steps")) startSteps(root, form, settle);
}

export function mount(root: HTMLElement): void {
  draw(root).catch((error: unknown) => {
    root.querySelector(".skeleton")?.remove();
    const detail = word("This form cannot be shown");
    showProblem(root, { status: 0, title: detail, detail, remedy: word("Load the page again. If it stays, tell the process owner.") }, []);
    console.warn(error);
  });
}
