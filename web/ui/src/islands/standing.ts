/** Who has the task now, as the server says it above the form; while it is somebody else's, nothing can be done here. */
export interface Standing {
  closed: boolean;
  refresh: () => void;
}

export function standing(root: HTMLElement, changed: (closed: boolean) => void): Standing | null {
  const said = root.closest(".task")?.querySelector<HTMLElement>("#task-state");
  if (!said) return null;
  const now = () => said.querySelector("[data-closed]") !== null;
  const state: Standing = {
    closed: now(),
    refresh() {
      // htmx loads it again; who looked at the end of the form is brought to what it says.
      said.addEventListener("htmx:after:swap", () => said.scrollIntoView({ block: "center" }), { once: true });
      said.dispatchEvent(new CustomEvent("live"));
    },
  };
  new MutationObserver(() => {
    if (now() === state.closed) return;
    state.closed = !state.closed;
    changed(state.closed);
  }).observe(said, { childList: true, subtree: true });
  return state;
}
