/** Relative times that stay true while the page is open; the exact time is the element's title, written by the server. */
const language = document.documentElement.lang || "en";
const relative = new Intl.RelativeTimeFormat(language, { numeric: "auto", style: "short" });
const STEPS: [limit: number, unit: Intl.RelativeTimeFormatUnit, size: number][] = [
  [45, "second", 1],
  [45 * 60, "minute", 60],
  [22 * 3600, "hour", 3600],
  [26 * 86400, "day", 86400],
  [320 * 86400, "month", 30.44 * 86400],
  [Infinity, "year", 365.25 * 86400],
];

const clock = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: document.documentElement.dataset["zone"] || undefined });

/** Hour and minute of this moment in the person's zone. */
export function clockTime(): string {
  return clock.format(new Date());
}

function say(seconds: number): string {
  const [, unit, size] = STEPS.find(([limit]) => Math.abs(seconds) < limit)!;
  return relative.format(unit === "second" ? 0 : Math.round(seconds / size), unit);
}

function refresh(): void {
  for (const time of document.querySelectorAll<HTMLTimeElement>("time[data-relative]")) {
    const seconds = (Date.parse(time.dateTime) - Date.now()) / 1000;
    const text = say(seconds);
    if (time.textContent !== text) time.textContent = text;
    const clock = time.closest<HTMLElement>("[data-clock]");
    if (clock && seconds < 0) clock.dataset["tone"] = "red";
  }
}

export function startTimes(): void {
  refresh();
  setInterval(refresh, 20_000);
  document.addEventListener("htmx:after:swap", refresh);
}
