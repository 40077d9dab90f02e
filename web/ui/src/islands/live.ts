/**
 * One event stream a page. An element with `data-live="inbox"`, `data-live="case"` or the kind of an event, such as
 * `data-live="milestone"`, is loaded again (htmx trigger `live`) when something of that kind happened; many events at
 * once are one load. Focus and what is being typed stay.
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
  let since = liveSince;
  let lost = 0;
  connect();

  function connect(): void {
    if (since) url.searchParams.set("since", since);
    const source = new EventSource(url);
    source.addEventListener("open", () => {
      clearTimeout(lost);
      lost = 0;
      tell(true);
    });
    source.addEventListener("error", () => {
      lost ||= window.setTimeout(() => tell(false), 5000);
      // The browser comes back by itself after a break, but not after an answer like 503.
      if (source.readyState === EventSource.CLOSED) setTimeout(connect, 3000);
    });
    source.addEventListener("message", (message: MessageEvent<string>) => {
      since = message.lastEventId || since;
      const { kind, key } = JSON.parse(message.data) as { kind: string; key: string };
      reload(htmx, kind.startsWith("task.") ? "inbox" : (kind.split(".")[0] ?? ""));
      if (liveCase && key === liveCase) reload(htmx, "case");
    });
    addEventListener("pagehide", () => source.close(), { once: true });
  }
}
