// Views of an experiment that its people keep: names for addresses, stored with the experiment for everybody.
import { useState } from "preact/hooks";
import { mlflow, type OneExperiment } from "../api/client";
import { here, href, parse } from "../lib/route";
import { Menu } from "../parts/menu";

const MARK = "padauk.view.";

interface Props {
  experiment: OneExperiment;
  saved: () => void;
}

export function Views({ experiment, saved }: Props) {
  const views = (experiment.tags ?? []).filter((tag) => tag.key.startsWith(MARK));
  const now = here.value.query.toString();
  const current = views.find((view) => view.value === now);
  return (
    <Menu label={current ? current.key.slice(MARK.length) : "Views"} testid="views" right>
      {(close) => <Panel experiment={experiment} saved={saved} close={close} />}
    </Menu>
  );
}

function Panel({ experiment, saved, close }: Props & { close: () => void }) {
  const [name, setName] = useState("");
  const [error, setError] = useState("");
  const views = (experiment.tags ?? []).filter((tag) => tag.key.startsWith(MARK));
  const change = (path: string, key: string, value?: string) =>
    mlflow(path, {
      experiment_id: experiment.id,
      key: MARK + key,
      ...(value === undefined ? {} : { value }),
    }).then(saved, (trouble: Error) => setError(trouble.message));
  const save = (event: Event) => {
    event.preventDefault();
    const key = name.trim();
    if (!key) return;
    // what is selected belongs to the moment, not to the view
    const query = new URLSearchParams(here.value.query);
    query.delete("sel");
    change("experiments/set-experiment-tag", key, query.toString()).then(() => setName(""));
  };
  return (
    <div class="panel" role="dialog" aria-label="Views">
      {views.length > 0 && (
        <ul>
          {views.map((view) => {
            const key = view.key.slice(MARK.length);
            const place = { path: here.value.path, query: parse(`#/?${view.value}`).query };
            return (
              <li key={view.key}>
                <a
                  class="view"
                  href={href(place.path, Object.fromEntries(place.query))}
                  onClick={close}
                >
                  {key}
                </a>
                <button
                  type="button"
                  class="icon"
                  aria-label={`Forget the view ${key}`}
                  onClick={() => change("experiments/delete-experiment-tag", key)}
                >
                  ×
                </button>
              </li>
            );
          })}
        </ul>
      )}
      <form class="row" onSubmit={save}>
        <input
          aria-label="Name of the view"
          placeholder="Keep this view as …"
          value={name}
          onInput={(event) => setName(event.currentTarget.value)}
        />
        <button type="submit" disabled={!name.trim()}>
          Keep
        </button>
      </form>
      {error && <p class="bad">{error}</p>}
      <p class="quiet small">Filter, order, columns and charts, for everybody.</p>
    </div>
  );
}
