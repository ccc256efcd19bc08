// Choose the columns of the table: all keys with a search, in an order that can be changed.
import { useState } from "preact/hooks";
import type { Keys } from "../api/client";
import { columnTitle, splitColumn } from "../lib/columns";
import { Menu } from "../parts/menu";

interface Props {
  keys: Keys;
  columns: readonly string[];
  set: (columns: string[]) => void;
}

export function ColumnPicker(props: Props) {
  const label = (
    <>
      Columns <small>{props.columns.length}</small>
    </>
  );
  return (
    <Menu label={label} testid="columns">
      {() => <Panel {...props} />}
    </Menu>
  );
}

function Panel({ keys, columns, set }: Props) {
  const [wanted, setWanted] = useState("");
  const [dragged, setDragged] = useState<string | null>(null);
  const all = (["metrics", "params", "tags"] as const).flatMap((kind) =>
    keys[kind].map((key) => `${kind}.${key.name}`),
  );
  const match = (id: string) => id.toLowerCase().includes(wanted.toLowerCase());
  const others = all.filter((id) => !columns.includes(id) && match(id));
  const drop = (onto: string) => {
    if (!dragged || dragged === onto) return;
    const rest = columns.filter((id) => id !== dragged);
    rest.splice(columns.indexOf(onto), 0, dragged);
    set(rest);
  };
  return (
    <div class="panel columns" role="dialog" aria-label="Columns">
      <input
        type="search"
        placeholder="Find a metric, param or tag"
        aria-label="Find a column"
        value={wanted}
        onInput={(event) => setWanted(event.currentTarget.value)}
        ref={(element) => element?.focus()}
      />
      <ul>
        {columns.filter(match).map((id) => (
          <li
            key={id}
            draggable
            onDragStart={() => setDragged(id)}
            onDragOver={(event) => event.preventDefault()}
            onDrop={() => drop(id)}
          >
            <Choice id={id} on toggle={() => set(columns.filter((one) => one !== id))} />
            <span class="handle" aria-hidden="true">
              ⠿
            </span>
          </li>
        ))}
        {others.slice(0, 300).map((id) => (
          <li key={id}>
            <Choice id={id} on={false} toggle={() => set([...columns, id])} />
          </li>
        ))}
      </ul>
      {others.length > 300 && <p class="quiet">{others.length - 300} more: search for them</p>}
    </div>
  );
}

function Choice({ id, on, toggle }: { id: string; on: boolean; toggle: () => void }) {
  return (
    <label>
      <input type="checkbox" checked={on} onChange={toggle} />
      <span>{columnTitle(id)}</span>
      <small>{splitColumn(id).kind}</small>
    </label>
  );
}
