import { existsSync } from "node:fs";
import { type Command, Option } from "commander";
import { repositoryFile, userFile } from "../../config/find-files.js";
import { type CommandContext, examples, type ReadOptions, type RunState, readLeaf } from "../command.js";
import { printable } from "../output/escape.js";
import { renderFields } from "../output/table.js";

export interface LayerOptions extends ReadOptions {
  repo?: boolean;
  user?: boolean;
}

export function configPathCommand(state: RunState): Command {
  const command = withLayer(readLeaf<LayerOptions>(state, "path", "where the files are, or would be", path));
  return examples(command, ["sessiondb config path", "sessiondb config path --user"]);
}

export function withLayer(command: Command): Command {
  return command
    .addOption(new Option("--repo", "the repository's file, .minsky/config.yaml").conflicts("user"))
    .addOption(new Option("--user", "the user's own file (default)"));
}

/** Reads none of them, so that it also helps where one is broken. */
async function path({ options, streams }: CommandContext<LayerOptions>): Promise<undefined> {
  const [user, repository] = [userFile(process.env).path, repositoryFile(process.cwd(), process.env).path];
  if (streams.json) {
    const files = {
      user: { path: user, exists: existsSync(user) },
      repository: { path: repository, exists: existsSync(repository) },
    };
    streams.document({ schema: "config-path/1", ...files });
  } else if (options.user === true || options.repo === true) {
    streams.lines([printable(options.repo === true ? repository : user)]);
  } else {
    const told = (file: string) => (existsSync(file) ? file : `${file}  (not there)`);
    streams.lines(
      renderFields([
        ["repository", told(repository)],
        ["user", told(user)],
      ]),
    );
  }
}
