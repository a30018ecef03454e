import type { Command } from "commander";
import { UsageError } from "../errors.js";

/** What the help calls files and folders. An empty name would be taken for the current folder. */
const PLACE = /^(file|folder|place|source)$/;

/** An unset variable of a shell gives one. @throws UsageError ARGUMENT_INVALID for an empty name of a file or folder */
export function assertPlacesNamed(command: Command): void {
  command.registeredArguments.forEach((argument, at) => {
    if (PLACE.test(argument.name()) && command.processedArgs[at] === "") throw emptyName(argument.name().toUpperCase());
  });
  for (let one: Command | null = command; one !== null; one = one.parent) {
    for (const option of one.options) {
      const place = /<([^>]+)>/.exec(option.flags)?.[1] ?? "";
      const given: unknown = one.getOptionValue(option.attributeName());
      const isEmpty = given === "" || (Array.isArray(given) && given.includes(""));
      if (PLACE.test(place) && isEmpty) throw emptyName(option.long ?? option.flags);
    }
  }
}

function emptyName(what: string): UsageError {
  return new UsageError("ARGUMENT_INVALID", `${what} is empty, and names nothing`, {
    hint: 'write the path; where it comes from a variable, see that it is set: echo "$NAME"',
  });
}
