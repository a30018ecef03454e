/** argv: the user's config file's settings to write, `key=value` each, one after another. */
import { editConfigFile } from "../../src/config/edit-file.js";
import { userFile } from "../../src/config/find-files.js";
import { requireSetting } from "../../src/config/known-keys.js";

for (const assignment of process.argv.slice(2)) {
  const [key = "", value = ""] = assignment.split("=");
  await editConfigFile(userFile(process.env), [{ setting: requireSetting(key), raw: Number(value) }]);
}
