import { fileURLToPath } from "node:url";
import type { Command } from "commander";
import { UsageError } from "../../errors.js";
import { readPublicKey } from "../../inspect/signing-key.js";
import { storeSizes } from "../../inspect/store-sizes.js";
import { maskUrl } from "../../log/mask-url.js";
import { SessionStore } from "../../session/session-store.js";
import type { SignedFile } from "../../ui-server/integrity-routes.js";
import { UiServer } from "../../ui-server/ui-server.js";
import { notedPoint } from "../as-of.js";
import {
  type CommandContext,
  type CommonOptions,
  collected,
  examples,
  leaf,
  type RunState,
  wholeNumber,
} from "../command.js";
import { durationMs } from "../duration.js";
import { Endings } from "../ending.js";
import { EXIT } from "../exit-code.js";
import { openInBrowser } from "../open-in-browser.js";
import { VERSION } from "../version.js";

interface UiOptions extends CommonOptions {
  port: number;
  open?: boolean;
  at?: string;
  allowWrite?: boolean;
  untilIdle?: number;
  signed?: string;
  key?: string[];
}

const LOOKS_WHILE_IDLE = 4;

export function uiCommand(state: RunState): Command {
  const summary = "see the history of the store in a browser and walk through it, until Ctrl-C";
  const command = leaf<UiOptions>(state, "ui", summary, act)
    .option("--port <number>", "on 127.0.0.1; 0 takes any free one", wholeNumber("--port"), 0)
    .option("--open", "open the browser, too")
    .option("--at <point>", "begin there: 42, HEAD~3, mark:NAME, today 18:00, 2h; default the end")
    .option("--allow-write", "let the page take events back, after a confirmation; else it can only read")
    .option("--signed <file>", "show what these signatures of sign say about the log, too; with --key")
    .option("--key <file>", "with --signed: the public key; may be given several times", collected)
    .option("--until-idle <time>", "end when no page was open for so long: 30s, 5m", durationMs("--until-idle"));
  return examples(command, [
    "sessiondb ui --until-idle 1s --store sqlite:./s.db",
    "sessiondb ui --at HEAD~1 --allow-write --until-idle 1s --store sqlite:./s.db",
  ]);
}

async function act({ openStore, store, options, streams }: CommandContext<UiOptions>): Promise<number> {
  const { port, actor, allowWrite = false, at: text } = options;
  const signed = await signedFile(options);
  const log = await openStore({ mustExist: true });
  const at = text === undefined ? undefined : (await notedPoint(log, text, streams)).offset;
  const endings = new Endings();
  const writer = allowWrite ? { writer: new SessionStore(log, actor === undefined ? {} : { actor }) } : {};
  const began = at === undefined ? {} : { at };
  const sizes = () => storeSizes(store().url, store().options);
  const given = { ...writer, ...began, ...signed, sizes };
  const ui = await UiServer.start({ log, port, pageFolder: pageFolder(), version: VERSION, ...given });
  try {
    const { offset } = await log.tail();
    if (streams.json) streams.document({ schema: "ui/1", offset, url: ui.link, store: maskUrl(log.url), allowWrite });
    else streams.lines([ui.link]);
    streams.note("only this machine can open it, and the link works once · Ctrl-C ends");
    if (options.open === true) openInBrowser(ui.link, (why) => streams.note(why));
    await ended(ui, endings, options.untilIdle);
  } finally {
    endings.release();
    await ui.close();
  }
  return endings.ending?.exitCode ?? EXIT.done;
}

async function signedFile({ signed: path, key }: UiOptions): Promise<{ signed?: SignedFile }> {
  if ((path === undefined) !== (key === undefined)) {
    throw new UsageError("ARGUMENT_INVALID", "--signed and --key need each other", {
      hint: "name both: sessiondb ui --key FILE.pub --signed FILE",
    });
  }
  if (path === undefined || key === undefined) return {};
  return { signed: { path, keys: await Promise.all(key.map(readPublicKey)) } };
}

/** Beside the commands, as the build puts it. */
function pageFolder(): string {
  return fileURLToPath(new URL("../ui/", import.meta.url));
}

function ended(ui: UiServer, endings: Endings, untilIdleMs: number | undefined): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (untilIdleMs === undefined || ui.idleMs < untilIdleMs) return;
      endings.end({ exitCode: EXIT.done, why: "nobody looks" });
    };
    const timer = setInterval(look, untilIdleMs === undefined ? 60_000 : Math.max(10, untilIdleMs / LOOKS_WHILE_IDLE));
    const done = () => {
      clearInterval(timer);
      resolve();
    };
    if (endings.signal.aborted) done();
    else endings.signal.addEventListener("abort", done, { once: true });
  });
}
