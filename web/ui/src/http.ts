/** What the server says went wrong: RFC 9457 problem details with our additions. */
export interface Problem {
  type?: string;
  status: number;
  title: string;
  detail: string;
  remedy?: string;
  errors?: Record<string, string[]>;
}

export type Answer<T> = { ok: true; body: T } | { ok: false; problem: Problem };

const AWAY: Problem = { status: 0, title: "The server does not answer", detail: "", remedy: "Check your connection. What you entered stays here." };

/** POST JSON or a form with our CSRF token; a refusal and a lost connection are answers, not exceptions. */
export async function post<T>(url: string, body: unknown): Promise<Answer<T>> {
  const headers: Record<string, string> = {
    Accept: "application/json",
    "X-CSRFToken": document.querySelector<HTMLMetaElement>("meta[name=csrf-token]")?.content ?? "",
  };
  if (!(body instanceof FormData)) headers["Content-Type"] = "application/json";
  let response: Response;
  try {
    response = await fetch(url, { method: "POST", headers, body: body instanceof FormData ? body : JSON.stringify(body) });
  } catch {
    return { ok: false, problem: AWAY };
  }
  const parsed: unknown = await response.json().catch(() => null);
  if (response.ok) return { ok: true, body: parsed as T };
  return { ok: false, problem: { ...AWAY, ...(parsed as Partial<Problem> | null), status: response.status } };
}
