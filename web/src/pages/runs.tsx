// The runs of one or several experiments: a table, or curves of what is chosen in it.
import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";
import { call, type Keys, type RunRow } from "../api/client";
import { useLive } from "../api/live";
import { useLoad } from "../api/load";
import { base } from "../lib/base";
import { nextSort, orderBy, usualColumns } from "../lib/columns";
import { count } from "../lib/format";
import { useKeys } from "../lib/keys";
import { colours } from "../lib/palette";
import { changed, go, here, href, patch } from "../lib/route";
import { Code, Empty, Failure, useTitle } from "../parts/states";
import { ColumnPicker } from "../table/columns";
import { FilterLine } from "../table/filter";
import { Grid, type Sorted } from "../table/grid";
import { useRows } from "../table/rows";
import { runColumns } from "../table/runcells";
import { Views } from "../table/views";
import { Page } from "./lazy";

const NO_KEYS: Keys = { metrics: [], params: [], tags: [] };
const NO_COLOURS: ReadonlyMap<string, string> = new Map();
const DRAWN = 12;
const charts = async () => (await import("./charts")).Charts;

export function Runs({ ids }: { ids: string[] }) {
  const { query } = here.value;
  const filter = query.get("filter") ?? "";
  const sort = query.get("sort") ?? "";
  const view = query.get("view") ?? "table";
  const deleted = query.get("deleted") === "1";
  const chosenColumns = query.get("cols");
  const names = useLoad(
    (abort) => Promise.all(ids.map((id) => call("GET /experiments/{id}", { path: { id }, abort }))),
    [ids.join()],
  );
  const found = useLoad(
    (abort) => call("GET /keys", { query: { experiment: ids }, abort }),
    [ids.join()],
  );
  const keys = found.value ?? NO_KEYS;
  const columns = useMemo(
    () => (chosenColumns === null ? usualColumns(keys) : chosenColumns.split(",").filter(Boolean)),
    [chosenColumns, keys],
  );
  const title = names.value?.map((one) => one.name).join(", ") ?? "";
  useTitle(title);

  const selected = useMemo(() => (query.get("sel") ?? "").split(",").filter(Boolean), [query]);
  const select = useCallback((some: string[]) => patch({ sel: some.join(",") }), []);
  const ready = found.value !== null || found.error !== null;
  const rows = useRows({
    // nothing is asked for until the columns are known, or each page would come twice
    experiments: ready || chosenColumns !== null ? ids : [],
    filter,
    order_by: orderBy(sort),
    columns,
    view: deleted ? "DELETED_ONLY" : "ACTIVE_ONLY",
  });
  const [news, setNews] = useState(false);
  const [focus, setFocus] = useState(-1);
  const running = useMemo(() => {
    const some: string[] = [];
    for (let index = 0; index < Math.min(rows.total ?? 0, 300); index += 1) {
      const row = rows.row(index);
      if (row?.status === "RUNNING") some.push(row.id);
    }
    return some;
  }, [rows.version, rows.total, rows.row]);
  const pulse = useRef(0);
  useLive(ids, running, {
    runs: () => (document.querySelector(".grid")?.scrollTop ? setNews(true) : rows.refresh()),
    run: (beat) => {
      rows.update(beat.run, { status: beat.status, end: beat.end ?? null });
      clearTimeout(pulse.current);
      pulse.current = window.setTimeout(() => {
        call("POST /runs/rows", { body: { runs: running.slice(0, 100), columns } }).then(
          (fresh) => {
            for (const row of fresh.rows) rows.update(row.id, row);
          },
          () => {},
        );
      }, 400);
    },
  });

  const open = useCallback(
    (row: RunRow) => go(href(["experiments", row.experiment, "runs", row.id])),
    [],
  );
  const anchor = useRef<number | null>(null);
  const pick = useCallback(
    (row: RunRow, range: boolean) => {
      let index = -1;
      for (let at = 0; at < (rows.total ?? 0); at += 1) if (rows.row(at)?.id === row.id) index = at;
      const next = new Set(selected);
      if (range && anchor.current !== null && index >= 0) {
        const [from, to] = [Math.min(anchor.current, index), Math.max(anchor.current, index)];
        for (let at = from; at <= to; at += 1) {
          const one = rows.row(at);
          if (one) next.add(one.id);
        }
      } else if (!next.delete(row.id)) next.add(row.id);
      anchor.current = index;
      select([...next].slice(0, 60));
    },
    [rows, selected, select],
  );
  const compare = () =>
    selected.length > 1 && go(href(["compare"], { runs: selected.slice(0, 8).join(",") }));
  useKeys({
    j: () => setFocus((old) => Math.min((rows.total ?? 1) - 1, old + 1)),
    k: () => setFocus((old) => Math.max(0, old - 1)),
    x: () => {
      const row = rows.row(focus);
      if (row) pick(row, false);
    },
    c: compare,
    Enter: () => {
      const row = rows.row(focus);
      if (row) open(row);
    },
    Escape: () => select([]),
  });
  useEffect(() => setFocus(-1), [filter, sort, ids.join()]);

  const drawn = useMemo(() => {
    if (selected.length) return selected;
    const some: string[] = [];
    for (let index = 0; index < DRAWN; index += 1) {
      const row = rows.row(index);
      if (row) some.push(row.id);
    }
    return some;
  }, [selected, rows.version, rows.row]);
  const palette = useMemo(() => colours(drawn), [drawn.join()]);
  const shownColumns = useMemo(
    () =>
      runColumns(
        columns,
        ids.length > 1 ? (names.value ?? []) : [],
        selected.length ? palette : NO_COLOURS,
      ),
    [columns, names.value, palette, ids.length, selected.length > 0],
  );
  const sorted: Sorted | null = sort
    ? { key: sort.replace(/^-/, ""), descending: sort.startsWith("-") }
    : { key: "attributes.start_time", descending: true };
  const chosen = useMemo(() => new Set(selected), [selected]);
  const filterError = rows.error && filter ? rows.error : null;
  return (
    <div class="page full">
      <div class="titlebar">
        <h1>
          <a href="#/" class="up" aria-label="All experiments">
            Experiments
          </a>
          <span>{title}</span>
        </h1>
        {names.value?.length === 1 && <Views experiment={names.value[0]!} saved={names.reload} />}
        <div class="tabs" role="tablist" aria-label="View">
          {(["table", "charts"] as const).map((name) => (
            <a
              key={name}
              role="tab"
              aria-selected={view === name}
              href={changed(here.value, { view: name === "table" ? null : name })}
            >
              {name === "table" ? "Table" : "Charts"}
            </a>
          ))}
        </div>
      </div>
      <div class="toolbar">
        <FilterLine
          value={filter}
          keys={keys}
          error={filterError}
          set={(text) => patch({ filter: text, sel: query.get("sel") })}
        />
        {view === "table" && (
          <ColumnPicker
            keys={keys}
            columns={columns}
            set={(some) => patch({ cols: some.join(",") || "," })}
          />
        )}
        <label class="check">
          <input
            type="checkbox"
            checked={deleted}
            onChange={(event) => patch({ deleted: event.currentTarget.checked ? "1" : null })}
          />
          deleted
        </label>
        <span class="grow" />
        <span class="count" data-testid="total" aria-live="polite">
          {rows.total === null ? "" : count(rows.total, "run")}
          {selected.length > 0 && ` · ${selected.length} selected`}
        </span>
        {news && (
          <button
            type="button"
            onClick={() => {
              setNews(false);
              rows.refresh();
            }}
          >
            New runs
          </button>
        )}
        {selected.length > 0 && (
          <>
            <button type="button" class="main" disabled={selected.length < 2} onClick={compare}>
              Compare
            </button>
            <button type="button" onClick={() => select([])}>
              Clear
            </button>
          </>
        )}
      </div>
      {rows.error && !filterError && <Failure error={rows.error} again={rows.refresh} />}
      {rows.total === 0 &&
        !rows.loading &&
        ready &&
        (filter ? <NoMatch /> : <NoRuns name={title} />)}
      {view === "charts" ? (
        <Page
          load={charts}
          keys={keys}
          runs={drawn}
          palette={palette}
          experiments={ids}
          implied={selected.length === 0}
        />
      ) : (
        <Grid<RunRow>
          columns={shownColumns}
          total={rows.total ?? 0}
          row={rows.row}
          show={rows.show}
          sorted={sorted}
          sort={(key) => {
            const numeric = key.startsWith("metrics.") || key.endsWith("_time");
            patch({ sort: nextSort(sort, key, numeric) });
          }}
          id={(row) => row.id}
          selected={chosen}
          select={pick}
          open={open}
          focus={focus}
          setFocus={setFocus}
          label={`Runs of ${title}`}
          subject={`${filter} ${sort} ${ids}`}
        />
      )}
    </div>
  );
}

function NoMatch() {
  return (
    <Empty title="No run matches">
      <p>
        Filters look like <code>metrics.accuracy &gt; 0.9 and params.lr in ('0.1', '0.01')</code>;
        with <code>or</code>, <code>not</code> and parentheses where needed.
      </p>
    </Empty>
  );
}

function NoRuns({ name }: { name: string }) {
  return (
    <Empty title="No runs yet">
      <p>Runs of this experiment appear here as they start:</p>
      <Code
        text={`mlflow.set_tracking_uri("${base}")
mlflow.set_experiment("${name}")
with mlflow.start_run():
    mlflow.log_metric("loss", 0.5)`}
      />
    </Empty>
  );
}
