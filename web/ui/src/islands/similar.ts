/** While somebody types, cases that the text reminds of stand below the form; without an answer nothing changes. */
import type { Form } from "@bpmn-io/form-js-viewer";
import { beside } from "./beside";
import { text } from "./template";

const AFTER = 800;

export function startSimilar(root: HTMLElement, form: Form): void {
  const url = root.dataset["similar"];
  const box = root.querySelector<HTMLElement>("[data-similar-box]");
  if (!url || !box) return;
  let timer = 0;
  let looked = "";

  async function look(): Promise<void> {
    const around = beside(root);
    const asked = new URLSearchParams({ text: text(form._getState().data as Record<string, unknown>) });
    for (const name of ["contact", "customer_number"]) if (around[name]) asked.set(name, around[name]);
    if (asked.toString() === looked) return;
    looked = asked.toString();
    const answer = await fetch(`${url}?${looked}`, { headers: { Accept: "text/html" } }).catch(() => null);
    // An answer to older words is of no use.
    if (answer?.ok && asked.toString() === looked) box!.innerHTML = await answer.text();
  }

  form.on("changed", () => {
    clearTimeout(timer);
    timer = window.setTimeout(() => void look(), AFTER);
  });
}
