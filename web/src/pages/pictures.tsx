// The pictures that several runs have under the same path, side by side.
import type { RunDetail } from "../api/client";
import { address, type FileEntry, list } from "../api/files";
import { useLoad } from "../api/load";
import { href } from "../lib/route";
import { Empty, Failure } from "../parts/states";

const PICTURE = /\.(png|jpe?g|gif|webp|bmp|avif)$/i;
const LARGEST = 20_000_000;
const FOLDERS = 20;

interface Props {
  runs: RunDetail[];
  palette: ReadonlyMap<string, string>;
}

export function Pictures({ runs, palette }: Props) {
  const ids = runs.map((run) => run.run.id);
  const found = useLoad((abort) => Promise.all(ids.map((id) => pictures(id, abort))), [ids.join()]);
  if (found.error) return <Failure error={found.error} again={found.reload} />;
  if (!found.value) return null;
  const paths = [...new Set(found.value.flatMap((some) => [...some]))].sort();
  if (!paths.length)
    return (
      <Empty title="These runs have no pictures">
        <p>
          <code>mlflow.log_figure(figure, "confusion.png")</code> logs one; pictures of the same
          name stand side by side here.
        </p>
      </Empty>
    );
  return (
    <div class="stack">
      {paths.map((path) => (
        <section key={path} class="card">
          <header>
            <h2 class="mono">{path}</h2>
          </header>
          <div class="pictures">
            {runs.map(({ run }, place) => (
              <figure key={run.id}>
                <figcaption>
                  <i class="dot" style={{ background: palette.get(run.id) }} />{" "}
                  <a href={href(["runs", run.id], { tab: "artifacts", path })}>{run.name}</a>
                </figcaption>
                {found.value?.[place]?.has(path) ? (
                  <img
                    class="picture"
                    loading="lazy"
                    src={address(run.id, path)}
                    alt={`${path} of ${run.name}`}
                  />
                ) : (
                  <p class="quiet">none</p>
                )}
              </figure>
            ))}
          </div>
        </section>
      ))}
    </div>
  );
}

/** Paths of a run's pictures, in its root and the folders directly below. */
async function pictures(run: string, abort: AbortSignal): Promise<Set<string>> {
  const root = await list(run, "", abort);
  const folders = root.filter((one) => one.is_dir).slice(0, FOLDERS);
  const inner = await Promise.all(folders.map((one) => list(run, one.path, abort)));
  const fits = (one: FileEntry) =>
    !one.is_dir && PICTURE.test(one.path) && (one.file_size ?? 0) <= LARGEST;
  return new Set(
    [root, ...inner]
      .flat()
      .filter(fits)
      .map((one) => one.path),
  );
}
