/**
 * One event stream a page. An element with `data-live="inbox"` or `data-live="case"` is loaded again (htmx trigger `live`)
 * when something of that kind happened; many events at once are one load. Focus and what is being typed stay.
 */
import type { Htmx } from "htmx.org";

const GATHER = 200; // milliseconds
const waiting = new Set<Element>();

function reload(htmx: Htmx, what: string): void {
  for (const element of document.querySelectorAll<HTMLElement>(`[data-live~="${what}"]`)) {
    if (waiting.has(element)) continue;
    waiting.add(element);
    setTimeout(() => {
      waiting.delete(element);
      if (element.isConnected) htmx.trigger(element, "live");
    }, GATHER);
  }
}

/** A note appears when the stream is lost for more than a moment, so that nobody trusts a stale list. */
function tell(connected: boolean): void {
  for (const note of document.querySelectorAll<HTMLElement>("[data-live-off]")) note.hidden = connected;
}

export function startLive(htmx: Htmx): void {
  const { liveUrl, liveCase, liveSince } = document.documentElement.dataset;
  if (!liveUrl || !document.querySelector("[data-live]")) return;
  const url = new URL(liveUrl, location.href);
  if (liveCase) url.searchParams.set("case", liveCase);
  if (liveSince) url.searchParams.set("since", liveSince);
  const source = new EventSource(url);
  let late = 0;
  source.addEventListener("open", () => {
    clearTimeout(late);
    tell(true);
  });
  source.addEventListener("error", () => {
    clearTimeout(late);
    late = window.setTimeout(() => tell(false), 5000);
  });
  source.addEventListener("message", (message: MessageEvent<string>) => {
    const { kind, key } = JSON.parse(message.data) as { kind: string; key: string };
    if (kind.startsWith("task.")) reload(htmx, "inbox");
    if (liveCase && key === liveCase) reload(htmx, "case");
  });
  addEventListener("pagehide", () => source.close());
}
