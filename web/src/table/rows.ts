// Rows of a query by page: fetched as they are looked at, kept while the query stays the same.
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { call, type RunRow, type TableQuery } from "../api/client";

const PAGE = 100;

export interface Rows {
  total: number | null;
  error: Error | null;
  loading: boolean;
  /** Grows when rows have come. */
  version: number;
  row: (index: number) => RunRow | undefined;
  show: (first: number, last: number) => void;
  /** Fetch again what is to be seen. */
  refresh: () => void;
  /** Put newer facts into a row that is there. */
  update: (id: string, change: Partial<RunRow>) => void;
}

export function useRows(query: Omit<TableQuery, "offset" | "limit">): Rows {
  const name = JSON.stringify(query);
  const pages = useRef(new Map<number, RunRow[] | "coming">());
  const seen = useRef<[number, number]>([0, 40]);
  const [turn, setTurn] = useState(0);
  const [state, setState] = useState({
    total: null as number | null,
    error: null as Error | null,
    loading: true,
    version: 0,
    name: "",
  });
  const asked = useRef("");
  const abort = useRef(new AbortController());

  const fetchPage = useCallback(
    (page: number) => {
      const wanted: TableQuery = JSON.parse(name);
      if (pages.current.has(page) || !wanted.experiments?.length) return;
      pages.current.set(page, "coming");
      const mine = asked.current;
      const body = { ...wanted, offset: page * PAGE, limit: PAGE };
      call("POST /runs/table", { body, abort: abort.current.signal }).then(
        (found) => {
          if (asked.current !== mine) return;
          pages.current.set(page, found.rows);
          setState((old) => ({
            total: found.total,
            error: null,
            loading: false,
            version: old.version + 1,
            name,
          }));
        },
        (error: Error) => {
          if (asked.current !== mine || error.name === "AbortError") return;
          pages.current.delete(page);
          setState((old) => ({ ...old, error, loading: false }));
        },
      );
    },
    [name],
  );

  useEffect(() => {
    abort.current.abort();
    abort.current = new AbortController();
    asked.current = `${name} ${turn}`;
    const old = pages.current;
    pages.current = new Map();
    setState((before) => ({ ...before, loading: true }));
    // a query of its own starts at the top; the same one again stays where it is
    const [first, last] = turn ? seen.current : [0, 40];
    for (let page = Math.floor(first / PAGE); page <= Math.floor(last / PAGE); page += 1)
      fetchPage(page);
    stale.current = old;
  }, [name, turn, fetchPage]);

  const stale = useRef(new Map<number, RunRow[] | "coming">());
  const waiting = useRef(0);
  const show = useCallback(
    (first: number, last: number) => {
      seen.current = [first, last];
      clearTimeout(waiting.current);
      const missing: number[] = [];
      for (
        let page = Math.floor(first / PAGE);
        page <= Math.floor(Math.max(first, last - 1) / PAGE);
        page += 1
      )
        if (!pages.current.has(page)) missing.push(page);
      // a thumb that is dragged passes many pages: fetch where it rests
      if (missing.length) waiting.current = window.setTimeout(() => missing.forEach(fetchPage), 40);
    },
    [fetchPage],
  );

  const row = useCallback((index: number) => {
    const page = Math.floor(index / PAGE);
    const found = pages.current.get(page);
    if (Array.isArray(found)) return found[index % PAGE];
    // what was there before stands until its successor comes
    const old = stale.current.get(page);
    return Array.isArray(old) ? old[index % PAGE] : undefined;
  }, []);

  const refresh = useCallback(() => setTurn((old) => old + 1), []);
  const update = useCallback((id: string, change: Partial<RunRow>) => {
    for (const page of pages.current.values()) {
      if (!Array.isArray(page)) continue;
      const at = page.findIndex((one) => one.id === id);
      if (at >= 0) {
        page[at] = { ...page[at]!, ...change };
        setState((old) => ({ ...old, version: old.version + 1 }));
        return;
      }
    }
  }, []);
  return {
    ...state,
    loading: state.loading || (state.name !== name && !state.error),
    row,
    show,
    refresh,
    update,
  };
}
