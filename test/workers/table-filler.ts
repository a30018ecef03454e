/**
 * Makes tables for the list of sessions beside the live ones, writes documents into them, prints a line, and stands still:
 * whoever started it kills it there.
 *
 * Arguments: url
 */
import { sessions } from "../../projections/sessions.js";
import { openLog } from "../../src/open-log.js";
import { ModelRows } from "../../src/replay/read-model/model-row.js";

const [url = ""] = process.argv.slice(2);
const log = await openLog(url);
const { shape } = new ModelRows(sessions);
const fill = await log.readModels?.beginFill?.(shape, false);
const values = shape.fields.map(() => null);
const isWritten = await fill?.write([{ id: "half", body: "{}", values, wordsHash: "", searchText: "half" }]);
process.stdout.write(`${JSON.stringify({ isWritten })}\n`);
setInterval(() => undefined, 60_000);
