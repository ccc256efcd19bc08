// A windowed table: only the rows that can be seen exist, and they come page by page as they are scrolled to.
import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";

export interface Column<R> {
  id: string;
  title: string;
  /** What stands above the title in small print. */
  group?: string;
  width: number;
  numeric?: boolean;
  /** A key to sort by; none: not sortable. */
  sort?: string;
  cell: (row: R) => ComponentChildren;
}

export interface Sorted {
  key: string;
  descending: boolean;
}

interface Props<R> {
  columns: Column<R>[];
  total: number;
  /** The row at an index, or undefined while it is on its way. */
  row: (index: number) => R | undefined;
  /** Told which rows are to be seen. */
  show: (first: number, last: number) => void;
  sorted: Sorted | null;
  sort: (key: string) => void;
  id: (row: R) => string;
  selected: ReadonlySet<string>;
  select: (row: R, range: boolean) => void;
  open: (row: R) => void;
  focus: number;
  setFocus: (index: number) => void;
  label: string;
  /** Changes when other rows are shown: the table goes back to its top. */
  subject: string;
}

export const ROW = 32;
const HEAD = 40;
const MARGIN = 8;

export function Grid<R>(props: Props<R>) {
  const { columns, total, row, show, sorted, sort, id, selected, select, open, focus, setFocus } =
    props;
  const box = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 600 });
  useLayoutEffect(() => {
    const element = box.current!;
    const observer = new ResizeObserver(() =>
      setView({ top: element.scrollTop, height: element.clientHeight }),
    );
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  useEffect(() => {
    box.current!.scrollTop = 0;
  }, [props.subject]);
  const first = Math.max(0, Math.floor(view.top / ROW) - MARGIN);
  const last = Math.min(total, Math.ceil((view.top + view.height) / ROW) + MARGIN);
  useEffect(() => show(first, last), [first, last, show]);
  useEffect(() => {
    const element = box.current!;
    if (focus < 0) return;
    const top = focus * ROW;
    if (top < element.scrollTop) element.scrollTop = top;
    else if (top + ROW + HEAD > element.scrollTop + element.clientHeight)
      element.scrollTop = top + ROW + HEAD - element.clientHeight;
  }, [focus]);
  const width = useMemo(() => columns.reduce((sum, one) => sum + one.width, 36), [columns]);
  const template = `36px ${columns.map((one) => `${one.width}px`).join(" ")} 1fr`;
  const rows: ComponentChildren[] = [];
  for (let index = first; index < last; index += 1) {
    const found = row(index);
    const chosen = found !== undefined && selected.has(id(found));
    rows.push(
      <div
        key={index}
        role="row"
        aria-rowindex={index + 2}
        aria-selected={chosen}
        class={`tr${index === focus ? " focus" : ""}${chosen ? " chosen" : ""}`}
        style={{ transform: `translateY(${index * ROW}px)`, gridTemplateColumns: template }}
        onClick={() => setFocus(index)}
        onDblClick={() => found && open(found)}
      >
        {found && (
          <span role="gridcell" class="td pick">
            <input
              type="checkbox"
              checked={chosen}
              aria-label={`select row ${index + 1}`}
              onClick={(event) => {
                event.stopPropagation();
                select(found, event.shiftKey);
              }}
            />
          </span>
        )}
        {found &&
          columns.map((column, place) => (
            <span
              key={column.id}
              role="gridcell"
              class={`td${column.numeric ? " num" : ""}${place === 0 ? " first" : ""}`}
            >
              {column.cell(found)}
            </span>
          ))}
      </div>,
    );
  }
  return (
    <div
      class="grid"
      ref={box}
      role="grid"
      tabIndex={0}
      aria-label={props.label}
      aria-rowcount={total + 1}
      onScroll={(event) =>
        setView({ top: event.currentTarget.scrollTop, height: event.currentTarget.clientHeight })
      }
    >
      <div
        class="thead"
        role="row"
        style={{ minWidth: `${width}px`, gridTemplateColumns: template }}
      >
        <span class="th pick" role="columnheader">
          <span class="hidden">selected</span>
        </span>
        {columns.map((column, place) => (
          <Head
            key={column.id}
            column={column}
            first={place === 0}
            sorted={sorted?.key === column.sort && column.sort ? sorted : null}
            sort={sort}
          />
        ))}
      </div>
      <div
        class="tbody"
        role="rowgroup"
        style={{ height: `${total * ROW}px`, minWidth: `${width}px` }}
      >
        {rows}
      </div>
    </div>
  );
}

function Head<R>(props: {
  column: Column<R>;
  first: boolean;
  sorted: Sorted | null;
  sort: (key: string) => void;
}) {
  const { column, sorted } = props;
  const order = sorted ? (sorted.descending ? "descending" : "ascending") : undefined;
  const inner = (
    <>
      {column.group && <small>{column.group}</small>}
      <span>
        {column.title}
        {sorted && <i aria-hidden="true">{sorted.descending ? "↓" : "↑"}</i>}
      </span>
    </>
  );
  return (
    <span
      role="columnheader"
      aria-sort={order}
      class={`th${column.numeric ? " num" : ""}${props.first ? " first" : ""}`}
      title={`${column.group ? `${column.group} ` : ""}${column.title}`}
    >
      {column.sort ? (
        <button type="button" onClick={() => props.sort(column.sort!)}>
          {inner}
        </button>
      ) : (
        inner
      )}
    </span>
  );
}
