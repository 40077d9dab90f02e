/** A long form in steps: each group at the top of the form file is one step; Back keeps what was typed. */
import type { Form } from "@bpmn-io/form-js-viewer";

interface Component {
  id?: string;
  components?: Component[];
}

function inside(one: Component): string[] {
  return [one.id ?? "", ...(one.components ?? []).flatMap(inside)];
}

export function startSteps(root: HTMLElement, form: Form, settle: () => void): void {
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

  /** Whether a field of the present step has an error; the page itself is drawn a little later. */
  function broken(errors: Record<string, unknown>): boolean {
    const components = (form._getState().schema as Component).components ?? [];
    return inside(components[here]!).some((id) => id in errors);
  }

  forward!.addEventListener("click", () => {
    settle();
    if (broken(form.validate() as unknown as Record<string, unknown>)) {
      const wrong = () => groups[here]!.querySelector<HTMLElement>(".fjs-has-errors :is(input, textarea, select, button)")?.focus();
      return void setTimeout(wrong, 50);
    }
    form._setState({ errors: {} });
    show(here + 1, true);
  });
  back!.addEventListener("click", () => show(here - 1, true));
  // An error found at the end may belong to an earlier step: go where it is.
  root.addEventListener("form:errors", () => {
    const errors = form._getState().errors as Record<string, unknown>;
    const components = (form._getState().schema as Component).components ?? [];
    const at = components.findIndex((group) => inside(group).some((id) => id in errors));
    if (at >= 0 && at !== here) show(at, false);
  });
  show(0, false);
}
