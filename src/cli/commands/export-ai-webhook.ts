import type { Command } from "commander";
import { exportCollabFiles } from "../../collab/export-files.js";
import { expandPath } from "../../config/paths.js";
import { type AsOfOptions, asOfOption } from "../as-of.js";
import { collabToRead } from "../collab-door.js";
import { type CommonOptions, examples, leaf, type RunState } from "../command.js";
import { interruptible } from "../interruptible.js";
import { printable } from "../output/escape.js";
import { fileOnly } from "../written-file.js";

export function exportAiWebhookCommand(state: RunState): Command {
  const summary = "the collaborative sessions as files of ai-webhook, in a new folder";
  const command = leaf<CommonOptions & AsOfOptions>(
    state,
    "ai-webhook <folder>",
    summary,
    async (context, folder = "") => {
      const { streams } = context;
      const { collab, asOf } = await collabToRead(context);
      const report = await interruptible((signal) =>
        exportCollabFiles(collab, expandPath(fileOnly("a folder", "name a new folder")(folder)), { ...asOf, signal }),
      );
      const { offset, sessions, files } = report;
      if (streams.json) streams.document({ schema: "collab-export/1", store: collab.log.url, ...report });
      else
        streams.lines([
          `${collab.log.url} → ${printable(folder)}: ${sessions} sessions in ${files} files at offset ${offset}`,
        ]);
    },
  );
  return examples(command.addOption(asOfOption()), ["sessiondb export ai-webhook webhook-out --store sqlite:./s.db"]);
}
