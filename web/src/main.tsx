import { render } from "preact";
import "uplot/dist/uPlot.min.css";
import "./style/base.css";
import "./style/parts.css";
import "./style/pages.css";
import { App } from "./app";
import { watchSlash } from "./lib/keys";

watchSlash();

render(<App />, document.getElementById("app")!);
