/** Light, dark or as the machine has it; a cookie lets the server paint the first frame right. */
export function startTheme(): void {
  document.addEventListener("click", (event) => {
    const button = (event.target as Element).closest<HTMLElement>("[data-set-theme]");
    if (!button) return;
    const theme = button.dataset["setTheme"]!;
    document.documentElement.dataset["theme"] = theme;
    const path = document.documentElement.dataset["root"] || "/";
    document.cookie = `loopdesk_theme=${theme}; path=${path}; max-age=31536000; samesite=lax`;
    for (const other of document.querySelectorAll<HTMLElement>("[data-set-theme]")) {
      other.setAttribute("aria-pressed", String(other.dataset["setTheme"] === theme));
    }
  });
}
