import { render } from "preact";
import { App } from "./app.js";
import { listenToKeys } from "./keyboard.js";
import { connect } from "./live.js";

const page = document.getElementById("page");
if (page !== null) render(<App />, page);
listenToKeys();
void connect();
