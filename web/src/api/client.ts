// Typed calls of the server's own API. Only api/ talks to the network.
import { decode, type Series } from "../charts/decode";
import type { Operations, SeriesQuery } from "./schema";

export type * from "./schema";

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

type Name = keyof Operations;
type Body<N extends Name> = Operations[N] extends { body: infer B }
  ? { body: B }
  : { body?: never };
type Query<N extends Name> = Operations[N] extends { query: infer Q }
  ? { query: Q }
  : { query?: never };
type Names<N extends string> = N extends `${string}{${infer P}}${infer R}` ? P | Names<R> : never;
type Path<N extends Name> = [Names<N>] extends [never]
  ? { path?: never }
  : { path: Record<Names<N>, string> };
export type Ask<N extends Name> = Body<N> &
  Query<N> &
  Path<N> & { abort?: AbortSignal | undefined };
export type Answer<N extends Name> = Operations[N]["answer"];

const ROOT = "api/v1";

/** Call an operation by its method and path, as in `call("GET /runs/{id}", { path: { id } })`. */
export async function call<N extends Name>(name: N, ask: Ask<N>): Promise<Answer<N>> {
  return (await send(name, ask)).json();
}

export async function series(body: SeriesQuery, abort?: AbortSignal): Promise<Series[]> {
  return decode(await (await send("POST /series", { body, abort })).arrayBuffer());
}

export interface LineageAnswer {
  ref: string;
  start: string;
  nodes: Record<string, unknown>[];
  edges: Record<string, unknown>[];
  cut: unknown;
}

async function send<N extends Name>(name: N, ask: Ask<N>): Promise<Response> {
  const [method = "GET", template = ""] = name.split(" ");
  const names = (ask.path ?? {}) as Record<string, string>;
  const path = template.replace(/{(\w+)}/g, (_, key: string) =>
    encodeURIComponent(names[key] ?? ""),
  );
  return fetched(`${ROOT}${path}${search(ask.query as object | undefined)}`, {
    method,
    signal: ask.abort ?? null,
    ...(ask.body === undefined
      ? {}
      : { body: JSON.stringify(ask.body), headers: { "content-type": "application/json" } }),
  });
}

/** A change, made through the same MLflow call that a client would make. */
export async function mlflow(path: string, body: object): Promise<void> {
  await fetched(`ajax-api/2.0/mlflow/${path}`, {
    method: "POST",
    body: JSON.stringify(body),
    headers: { "content-type": "application/json" },
  });
}

export async function fetched(url: string, init: RequestInit): Promise<Response> {
  let answer: Response;
  try {
    answer = await fetch(url, init);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ApiError(0, "UNREACHABLE", "the server does not answer");
  }
  if (answer.ok) return answer;
  const text = await answer.text();
  try {
    const { error_code, message } = JSON.parse(text);
    throw new ApiError(answer.status, String(error_code), String(message));
  } catch (error) {
    if (error instanceof ApiError) throw error;
    throw new ApiError(answer.status, "", text.slice(0, 200) || answer.statusText);
  }
}

export function search(query: object | undefined): string {
  const out = new URLSearchParams();
  for (const [key, value] of Object.entries(query ?? {})) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== undefined && one !== null) out.append(key, String(one));
    }
  }
  const text = out.toString();
  return text ? `?${text}` : "";
}
