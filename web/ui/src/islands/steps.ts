/** A long form in steps: each group at the top of the form file is one step; Back keeps what was typed. */
import type { Form } from "@bpmn-io/form-js-viewer";

export function startSteps(root: HTMLElement, form: Form): void {
  const groups = [...root.querySelectorAll<HTMLElement>(".fjs-form-field-group")].filter((group) => !group.parentElement!.closest(".fjs-form-field-group"));
  const marks = [...root.querySelectorAll<HTMLElement>("[data-step]")];
  const [back, forward, submit] = ["[data-back]", "[data-forward]", "[data-submit]"].map((name) => root.querySelector<HTMLElement>(name)!);
  if (groups.length < 2) return;
  let here = 0;

  function column(group: HTMLElement): HTMLElement {
    return group.closest<HTMLElement>(".fjs-layout-row") ?? group;
  }

  function show(step: number, focus: boolean): void {
    here = step;
    groups.forEach((group, index) => { column(group).hidden = index !== here; });
    marks.forEach((mark, index) => {
      if (index === here) mark.setAttribute("aria-current", "step");
      else mark.removeAttribute("aria-current");
      mark.toggleAttribute("data-done", index < here);
    });
    back!.hidden = here === 0;
    forward!.hidden = here === groups.length - 1;
    submit!.hidden = here !== groups.length - 1;
    if (!focus) return;
    // The step's name is read out; the first field would open its calendar.
    marks[here]!.tabIndex = -1;
    marks[here]!.focus({ preventScroll: true });
    root.scrollIntoView({ block: "nearest" });
  }

  function broken(): HTMLElement | null {
    return groups[here]!.querySelector<HTMLElement>(".fjs-has-errors");
  }

  forward!.addEventListener("click", () => {
    form.validate();
    requestAnimationFrame(() => requestAnimationFrame(() => {
      const field = broken();
      if (field) return field.querySelector<HTMLElement>("input, textarea, select, button")?.focus();
      form._setState({ errors: {} });
      show(here + 1, true);
    }));
  });
  back!.addEventListener("click", () => show(here - 1, true));
  // An error of the server may belong to an earlier step: go where it is.
  new MutationObserver(() => {
    const at = groups.findIndex((group) => group.querySelector(".fjs-has-errors"));
    if (at >= 0 && at < here) show(at, false);
  }).observe(root, { subtree: true, attributes: true, attributeFilter: ["class"] });
  show(0, false);
}
